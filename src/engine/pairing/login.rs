//! Pass 4: a PPPoE login fills the last holes; and the index of who holds which login.
//!
//! Must not do: pair by a generic login, by one that several records of a side hold, or
//! against differing serials or MACs.

use hashbrown::DefaultHashBuilder;

use super::index::Index;
use super::{Bucket, Identity, Pairing, Pass, Sides};
use crate::domain::{PppoeLogin, ProviderRecord};

/// Who holds each login, by its local part; the login itself is compared at look-up.
#[derive(Clone, Debug, Default)]
pub struct LoginIndex(Index);

impl LoginIndex {
    /// Indexes one side.
    #[must_use]
    pub fn of(ids: &[Identity], hasher: &DefaultHashBuilder) -> Self {
        Self(Index::of(ids.iter().map(Self::key), hasher))
    }

    /// The same, of an index of each record's [`LoginIndex::key`].
    pub(super) fn of_index(keys: Index) -> Self {
        Self(keys)
    }

    /// What a record's login is found by.
    pub(super) fn key(identity: &Identity) -> Option<&str> {
        identity.login.as_ref().map(PppoeLogin::local)
    }

    /// The records that hold `login`, with or without realm.
    pub fn holders<'s>(
        &'s self,
        ids: &'s [Identity],
        login: &'s PppoeLogin,
    ) -> impl Iterator<Item = u32> + 's {
        let maybe = self.0.maybe(login.local());
        maybe.filter(move |&i| ids[i as usize].login.as_ref().is_some_and(|l| l.same(login)))
    }
}

/// Do two Provider rows name one login: the same id, or no ids to tell them apart?
#[must_use]
pub fn is_one_login(x: &ProviderRecord, y: &ProviderRecord) -> bool {
    x.login_id == y.login_id
}

/// Pass 4.
pub(super) fn pair_by_login(pairing: &mut Pairing, sides: Sides<'_>) {
    let mut pairs = Vec::new();
    {
        for a in pairing.acs_left() {
            let found = partner(pairing, sides, a);
            pairs.extend(found.map(|p| (a, p)));
        }
    }
    for (a, p) in pairs {
        pairing.pair(a, p, Pass::Login);
    }
}

fn partner(pairing: &Pairing, sides: Sides<'_>, a: u32) -> Option<u32> {
    let mine = &pairing.acs_ids[a as usize];
    let login = mine.login.as_ref()?;
    // Two are as many as a thousand: a factory login on every box must not cost a product.
    let several = |l: &PppoeLogin| pairing.acs_logins.holders(&pairing.acs_ids, l).nth(1).is_some();
    if several(login) {
        return None;
    }
    let p = only_entry(pairing, sides, login)?;
    let theirs = &pairing.provider_ids[p as usize];
    // Either spelling, with or without realm, may be held by more records than the other.
    let spelt = theirs.login.as_ref()?;
    let devices = |l: &PppoeLogin| pairing.acs_logins.holders(&pairing.acs_ids, l).count();
    let only =
        devices(login) == 1 && devices(spelt) == 1 && only_entry(pairing, sides, spelt) == Some(p);
    let left = pairing.provider[p as usize] == Bucket::Left;
    (only && left && !mine.serials_differ(theirs) && !mine.macs_disagree(theirs)).then_some(p)
}

/// The one device entry that holds `login`, where no other login of that name exists.
fn only_entry(pairing: &Pairing, sides: Sides<'_>, login: &PppoeLogin) -> Option<u32> {
    let mut holders = pairing.provider_logins.holders(&pairing.provider_ids, login);
    let row = |p: u32| &sides.provider[p as usize];
    let first = holders.next()?;
    let mut entry = Some(first).filter(|&p| row(p).is_entry());
    for p in holders {
        if !is_one_login(row(p), row(first)) || (entry.is_some() && row(p).is_entry()) {
            return None;
        }
        entry = entry.or(Some(p).filter(|&p| row(p).is_entry()));
    }
    entry
}
