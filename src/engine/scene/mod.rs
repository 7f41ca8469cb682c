//! Everything that the causes look at, indexed once.
//!
//! Must not do: decide. It answers questions about one record; `cause/` asks them.

mod before;
mod free_logins;
mod priors;

use std::sync::OnceLock;

use hashbrown::HashMap;
use jiff::{SignedDuration, Timestamp};
use smallvec::SmallVec;

use crate::domain::{
    AcsDevice, CoverageKind, Event, EventKind, PppoeLogin, ProviderRecord, Serial, Untrusted,
};
use crate::engine::Input;
use crate::engine::baseline::Tombstone;
use crate::engine::both::both;
use crate::engine::finding::Cause;
use crate::engine::happenings::Happenings;
use crate::engine::memory::{self, Memory, Missing};
use crate::engine::pairing::{Bucket, Identity, Pairing, Pass, RowKey};

pub use before::Before;
pub use free_logins::FreeLogins;
pub use priors::Priors;

/// The input with its indexes.
pub struct Scene<'a> {
    /// What came in.
    pub input: Input<'a>,
    /// ACS devices.
    pub acs: &'a [AcsDevice],
    /// Provider rows.
    pub provider: &'a [ProviderRecord],
    /// When the ACS was read.
    pub acs_at: Timestamp,
    /// When the Provider was read.
    pub provider_at: Timestamp,
    /// Who is who.
    pub pairing: &'a Pairing,
    /// Events by device.
    pub happenings: Happenings<'a>,
    /// Devices that left.
    pub memory: Memory<'a>,
    /// The Provider as the baseline held it.
    pub before: Before<'a>,
    /// Devices of the baseline's ACS that have another id now, by serial.
    pub moved: HashMap<Serial, u32>,
    /// The findings of the last complete run.
    pub priors: Priors<'a>,
    /// The last ACS synchronisation known.
    pub acs_sync: Option<KnownSync>,
    free_logins: OnceLock<FreeLogins<'a>>,
    acs_then: OnceLock<HashMap<&'a str, &'a AcsDevice>>,
}

/// When the ACS last synchronised, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownSync {
    /// When.
    pub at: Timestamp,
    /// Can there have been none later that we do not know of?
    pub surely_last: bool,
}

/// What is known of when a Provider entry's device was in the ACS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The last sign of it.
    pub last_sign: Timestamp,
    /// The first complete ACS snapshot without it; this one, where none came before.
    pub first_absent: Timestamp,
}

impl<'a> Scene<'a> {
    /// Builds all indexes.
    #[must_use]
    pub fn new(input: Input<'a>, pairing: &'a Pairing) -> Self {
        let (acs, provider) = (input.acs.records(), input.provider.records());
        let (acs_at, provider_at) = (input.acs.meta().fetched_at, input.provider.meta().fetched_at);
        let missing = || Missing::of(input.baseline, input.acs, pairing, input.rules);
        // Of devices that leave it is asked who in the Provider holds their MACs.
        let index_macs = || {
            if input.baseline.acs.is_some() {
                pairing.provider_listed().index_macs();
            }
        };
        let then = || both(missing, || Before::of(input, pairing));
        // As many as have left in the store's time, while what changed since yesterday is few.
        let tombstones = &input.baseline.tombstones;
        let (stones, ((), (Missing { left, moved }, before))) =
            both(|| tombstones.stones(input.rules), || both(index_macs, then));
        let mut happenings = Happenings::of(&input.baseline.log, input.rules);
        let known_acs = pairing.acs_ids.iter().zip(acs).map(|(i, d)| (i, Some(d.id.raw())));
        let known_provider = pairing.provider_ids.iter().zip(provider);
        let known_provider =
            known_provider.map(|(i, r)| (i, r.acs_id.as_ref().map(Untrusted::raw)));
        let known_left = left.iter().map(|(d, i)| (i, Some(d.id.raw())));
        let known_stones = stones.identified().map(|(t, i)| (i, Some(t.device.id.raw())));
        happenings.close(known_acs.chain(known_provider).chain(known_left).chain(known_stones));
        let departures = {
            let now = memory::Now {
                acs,
                at: acs_at,
                pairing,
                before: &before,
                happenings: &happenings,
                rules: input.rules,
            };
            memory::departures(left, input.baseline, &now)
        };
        Self {
            acs,
            provider,
            acs_at,
            provider_at,
            pairing,
            memory: Memory::of(departures, stones),
            priors: Priors::of(&input.baseline.priors),
            acs_sync: last_acs_sync(input, pairing, &happenings),
            happenings,
            free_logins: OnceLock::new(),
            before,
            moved,
            acs_then: OnceLock::new(),
            input,
        }
    }

    /// Were both sides read whole?
    #[must_use]
    pub fn both_complete(&self) -> bool {
        self.input.acs.is_complete() && self.input.provider.is_complete()
    }

    /// What identifies an ACS device.
    #[must_use]
    pub fn acs_id(&self, a: u32) -> &'a Identity {
        &self.pairing.acs_ids[a as usize]
    }

    /// What identifies a Provider row.
    #[must_use]
    pub fn provider_id(&self, p: u32) -> &'a Identity {
        &self.pairing.provider_ids[p as usize]
    }

    /// An ACS device.
    #[must_use]
    pub fn device(&self, a: u32) -> &'a AcsDevice {
        &self.acs[a as usize]
    }

    /// A Provider row.
    #[must_use]
    pub fn row(&self, p: u32) -> &'a ProviderRecord {
        &self.provider[p as usize]
    }

    /// Is a Provider row in the Provider's count?
    #[must_use]
    pub fn is_counted(&self, p: u32) -> bool {
        self.pairing.counted[p as usize]
    }

    /// The entry an ACS device is paired with.
    #[must_use]
    pub fn entry_of(&self, a: u32) -> Option<u32> {
        self.pairing.acs[a as usize].partner().map(|(p, _)| p)
    }

    /// The matched pairs: paired, and the entry is counted; and what paired each.
    pub fn matched(&self) -> impl Iterator<Item = (u32, u32, Pass)> + '_ {
        let pairs = self
            .pairing
            .acs
            .iter()
            .zip(0..)
            .filter_map(|(bucket, a)| bucket.partner().map(|(p, pass)| (a, p, pass)));
        pairs.filter(|&(_, p, _)| self.is_counted(p))
    }

    /// Is an ACS device in this bucket matched?
    #[must_use]
    pub fn is_matched(&self, bucket: Bucket) -> bool {
        bucket.partner().is_some_and(|(p, _)| self.is_counted(p))
    }

    /// Does the ACS hold a device with this identity: its serial or one of its MACs?
    #[must_use]
    pub fn acs_holds(&self, identity: &Identity) -> bool {
        self.pairing.acs_listed().holds(identity)
    }

    /// Does a stored link tie the entry to a device of the ACS, though not to it alone?
    fn is_linked_by_id(&self, p: u32) -> bool {
        let (row, pairing) = (self.row(p), self.pairing);
        row.acs_id.as_ref().is_some_and(|id| pairing.is_id_of_acs(self.acs, id))
            || row.device_id.as_ref().is_some_and(|id| pairing.is_named_by_acs(self.acs, id))
    }

    /// May an entry that is paired with nothing be in the ACS all the same: is its serial or
    /// one of its MACs on some device, or its login on one that nothing else identifies?
    /// Then its absence is not sure, and nothing that follows from it is.
    #[must_use]
    pub fn may_be_in_acs(&self, p: u32) -> bool {
        let identity = self.provider_id(p);
        let nothing_else = |a: u32| {
            let device = self.acs_id(a);
            device.serial.is_none() && device.macs.is_empty()
        };
        self.acs_holds(identity)
            || self.is_linked_by_id(p)
            || identity.login.as_ref().is_some_and(|l| self.acs_with(l).any(nothing_else))
    }

    /// The ACS devices that carry this login.
    pub fn acs_with<'s>(&'s self, login: &'s PppoeLogin) -> impl Iterator<Item = u32> + 's {
        self.pairing.acs_logins.holders(&self.pairing.acs_ids, login)
    }

    /// The Provider rows that carry this login.
    pub fn rows_with<'s>(&'s self, login: &'s PppoeLogin) -> impl Iterator<Item = u32> + 's {
        self.pairing.provider_logins.holders(&self.pairing.provider_ids, login)
    }

    /// Do an ACS device and a Provider row share a login that, in either's spelling (with or
    /// without realm), no other device of `devices` and no other entry of `entries` carries?
    #[must_use]
    pub fn only_they_share_login(
        &self,
        (a, p): (u32, u32),
        devices: impl Fn(u32) -> bool,
        entries: impl Fn(u32) -> bool,
    ) -> bool {
        let (mine, theirs) = (self.acs_id(a), self.provider_id(p));
        let spellings = [mine.login.as_ref(), theirs.login.as_ref()];
        mine.same_login(theirs)
            && spellings.into_iter().flatten().all(|login| {
                self.acs_with(login).all(|x| x == a || !devices(x))
                    && self.rows_with(login).all(|x| x == p || !entries(x))
            })
    }

    /// The logins that fit an ACS device: by its PPPoE login, or because its own entry names
    /// them. Each login once; one that a counted entry holds fits nobody.
    #[must_use]
    pub fn fits(&self, a: u32) -> SmallVec<[u32; 2]> {
        let mut rows: SmallVec<[u32; 2]> = SmallVec::new();
        rows.extend(self.entry_of(a).filter(|&p| self.row(p).has_login()));
        if let Some(login) = &self.acs_id(a).login {
            let own = rows.len();
            rows.extend(self.rows_with(login));
            // A canonical order, so that of two rows of one login the same one stands for it.
            rows[own..].sort_by_cached_key(|&row| RowKey::of(self.row(row)));
        }
        let mut fits: SmallVec<[u32; 2]> = SmallVec::new();
        for row in rows {
            if !fits.iter().any(|&f| self.is_one_login(f, row)) && !self.is_held(row) {
                fits.push(row);
            }
        }
        fits
    }

    /// Do two rows name one login?
    #[must_use]
    pub fn is_one_login(&self, x: u32, y: u32) -> bool {
        match (&self.row(x).login_id, &self.row(y).login_id) {
            (Some(a), Some(b)) => a == b,
            _ => self.provider_id(x).same_login(self.provider_id(y)),
        }
    }

    /// Does a counted entry hold the login that this row names?
    #[must_use]
    pub fn is_held(&self, row: u32) -> bool {
        self.holder(row).is_some()
    }

    /// The counted entry that holds the login that this row names.
    #[must_use]
    pub fn holder(&self, row: u32) -> Option<u32> {
        if self.is_counted(row) {
            return Some(row);
        }
        let login = self.provider_id(row).login.as_ref()?;
        let mut holders = self.rows_with(login);
        holders.find(|&p| self.is_counted(p) && self.is_one_login(p, row))
    }

    /// The events that name an ACS device, in time order.
    #[must_use]
    pub fn acs_events(&self, a: u32) -> Vec<&'a Event> {
        self.happenings.naming(self.acs_id(a), Some(self.device(a).id.raw()))
    }

    /// What is remembered of when an ACS device was gone.
    #[must_use]
    pub fn left(&self, a: u32) -> Option<&Tombstone> {
        self.memory.find(self.acs_id(a), Some(self.device(a).id.raw()))
    }

    /// What is remembered of a Provider entry's device.
    #[must_use]
    pub fn remembered(&self, p: u32) -> Option<&Tombstone> {
        let id = self.row(p).acs_id.as_ref().map(Untrusted::raw);
        self.memory.find(self.provider_id(p), id)
    }

    /// The events that name a Provider entry's device, in time order.
    #[must_use]
    pub fn entry_events(&self, p: u32) -> Vec<&'a Event> {
        let remembered = self.remembered(p).map(|t| t.device.id.raw());
        let id = self.row(p).acs_id.as_ref().map(Untrusted::raw).or(remembered);
        self.happenings.naming(self.provider_id(p), id)
    }

    /// The last deletion by hand of a device that left with this entry's login, where nothing
    /// says that it was another device and nobody else has the login.
    #[must_use]
    pub fn deletion_of_login(&self, p: u32) -> Option<&'a Event> {
        let identity = self.provider_id(p);
        let login = identity.login.as_ref()?;
        if self.acs_with(login).next().is_some() || self.rows_with(login).any(|row| row != p) {
            return None;
        }
        let left = self.memory.with_login(identity);
        let events = left.flat_map(|(stone, theirs)| {
            self.happenings.naming(theirs, Some(stone.device.id.raw()))
        });
        let deleted = events.filter(|e| e.kind == EventKind::DeviceDeleted);
        deleted.filter(|e| e.time <= self.provider_at).max_by_key(|e| e.time)
    }

    /// When a Provider entry's device was surely in the ACS, where anything tells that.
    #[must_use]
    pub fn presence(&self, p: u32) -> Option<Presence> {
        let remembered = self.remembered(p);
        let events = self.entry_events(p);
        let added = events.iter().filter(|e| e.kind == EventKind::DeviceAdded).map(|e| e.time);
        let stone = remembered.map(|t| {
            let device = &t.device;
            t.seen
                .max(device.registered.unwrap_or(t.seen))
                .max(device.last_inform.unwrap_or(t.seen))
        });
        let last_sign = self.row(p).synchronised.into_iter().chain(stone).chain(added).max()?;
        // A confirmation after the snapshot that missed it: it was back, and left again.
        let missed = remembered.map(|t| t.missed).or_else(|| self.absent_before(p));
        let missed = missed.filter(|&missed| last_sign <= missed);
        Some(Presence { last_sign, first_absent: missed.unwrap_or(self.acs_at) })
    }

    /// The first complete ACS snapshot without an entry's device: of an earlier run, else
    /// this one, if it is complete.
    #[must_use]
    pub fn first_absent(&self, p: u32) -> Option<Timestamp> {
        let before = match self.presence(p) {
            Some(presence) if presence.first_absent < self.acs_at => Some(presence.first_absent),
            Some(_) => None,
            None => self.absent_before(p),
        };
        before.or_else(|| self.input.acs.is_complete().then_some(self.acs_at))
    }

    /// The first complete ACS snapshot without it that an earlier run noted.
    fn absent_before(&self, p: u32) -> Option<Timestamp> {
        let key = self.provider_id(p).provider_key(self.row(p));
        let prior = self.priors.find(Cause::PendingPurge, &[key])?;
        prior.absent_since.filter(|_| !prior.cause.is_not_integrated())
    }

    /// Can an entry's device not have come back after it left at `time`, and left again some
    /// other way? Not where nothing could be missed, nor where the ACS's synchronisations
    /// confirm entries: they would have confirmed this one again.
    #[must_use]
    pub fn stayed_away(&self, p: u32, time: Timestamp) -> bool {
        let until = self.first_absent(p).unwrap_or(self.acs_at).max(time);
        let watched = self.happenings.coverage(time, until) == Some(CoverageKind::Complete);
        watched || self.input.provider.meta().supplies.synchronised
    }

    /// A Provider synchronisation after `time` that the entry survived (R4b).
    #[must_use]
    pub fn survived(&self, time: Timestamp) -> Option<Timestamp> {
        self.happenings.provider_sync_between(time, self.provider_at)
    }
}

impl<'a> Scene<'a> {
    /// Logins that no counted entry holds, found by what may resemble a device.
    #[must_use]
    pub fn free_logins(&self) -> &FreeLogins<'a> {
        self.free_logins.get_or_init(|| FreeLogins::of(self))
    }

    /// Does the Provider list an entry with this identity, counted or not?
    #[must_use]
    pub fn provider_lists(&self, identity: &Identity) -> bool {
        self.pairing.provider_listed().holds(identity)
    }

    /// Did the baseline's ACS hold this very registration of a device?
    #[must_use]
    pub fn was_registered(&self, a: u32) -> bool {
        self.device_then(a).is_some_and(|then| then.registered == self.device(a).registered)
    }

    /// The older registration of a device that the baseline's ACS held, where it has registered
    /// anew since.
    #[must_use]
    pub fn registered_before(&self, a: u32) -> Option<Timestamp> {
        let then = self.device_then(a)?.registered?;
        self.device(a).registered.is_some_and(|now| now > then).then_some(then)
    }

    /// The device as the baseline's ACS held it, but for what changes with every look.
    fn device_then(&self, a: u32) -> Option<&'a AcsDevice> {
        let previous = self.input.baseline.acs.as_ref()?;
        if previous.unchanged(a as usize).is_some() {
            return Some(self.device(a));
        }
        let changed = self.acs_then.get_or_init(|| {
            previous.records.iter().map(|device| (device.id.raw(), device)).collect()
        });
        changed.get(self.device(a).id.raw()).copied()
    }

    /// Did the baseline's Provider count an entry with this identity?
    #[must_use]
    pub fn was_listed(&self, identity: &Identity) -> bool {
        self.was_entry(identity).is_some()
    }

    /// The counted entry with this identity, as the baseline held it.
    #[must_use]
    pub fn was_entry(&self, identity: &Identity) -> Option<&'a ProviderRecord> {
        self.before.find(identity)
    }

    /// When the entry was first seen in the Provider, where that was after our first
    /// complete look at both sides.
    #[must_use]
    pub fn arrived_after_first_look(&self, p: u32) -> Option<Timestamp> {
        let first_look = self.input.baseline.first_complete_acs?;
        let first_look = first_look.max(self.before.first_seen_min?);
        let arrived = self.before.first_seen(p).unwrap_or(self.provider_at);
        (arrived > first_look).then_some(arrived)
    }
}

/// R1 promises one ACS synchronisation a day; two hours of patience on top.
pub const ACS_SYNC_EVERY: SignedDuration = SignedDuration::from_hours(26);

/// The last ACS synchronisation known: from the source, an event, or the entries it confirmed.
fn last_acs_sync(
    input: Input<'_>,
    pairing: &Pairing,
    happenings: &Happenings<'_>,
) -> Option<KnownSync> {
    let acs_at = input.acs.meta().fetched_at;
    let told = input.acs.meta().last_synchronised.filter(|&t| t <= acs_at);
    let event = input.baseline.log.last(EventKind::AcsSync, acs_at);
    let known = told.max(event);
    // Where nothing could be missed since, there was none later: what entries say of a later
    // confirmation is then of single devices (R2).
    if let Some(at) = known
        && happenings.coverage(at, acs_at) == Some(CoverageKind::Complete)
    {
        return Some(KnownSync { at, surely_last: true });
    }
    let confirmed = last_confirmation(&pairing.synchronised, acs_at);
    let at = known.max(confirmed)?;
    // What the source calls its last one is the last. Of events, R1's daily one: a younger one
    // is the last, unless somebody asked by hand; after an older one another must have come.
    let todays = event == Some(at) && acs_at.duration_since(at) <= ACS_SYNC_EVERY;
    Some(KnownSync { at, surely_last: told == Some(at) || todays })
}

/// The last time at which entries were confirmed together. A synchronisation confirms them
/// all within minutes; a device that registers is confirmed by itself (R2).
fn last_confirmation(synchronised: &[Timestamp], until: Timestamp) -> Option<Timestamp> {
    let mut times: Vec<Timestamp> = synchronised.iter().copied().filter(|&t| t <= until).collect();
    times.sort_unstable_by(|x, y| y.cmp(x));
    let together = times.len() / TOGETHER_PER;
    let at_once = |(newest, oldest): (&Timestamp, &Timestamp)| {
        newest.duration_since(*oldest) <= CONFIRMED_WITHIN
    };
    let mut sets = times.iter().zip(times.iter().skip(together));
    sets.find(|set| at_once(*set)).map(|(newest, _)| *newest).or(times.first().copied())
}

/// Entries confirmed within this time are confirmed by one synchronisation.
const CONFIRMED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// One of so many entries, at least, is confirmed by a synchronisation.
const TOGETHER_PER: usize = 100;
