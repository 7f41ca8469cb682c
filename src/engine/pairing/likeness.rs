//! What a matched pair is compared by, as four numbers: nearly all pairs agree in everything, and
//! to see that, neither record is read again.
//!
//! Must not do: say that two differ. Numbers that differ only say where to look; that two
//! different texts have one seeded 64-bit hash happens once in 10^19 pairs.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use super::identity::Identity;
use crate::domain::Untrusted;

/// A value that the record does not have.
const NONE: u64 = 0;

/// Login, model and first MAC of a record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Likeness {
    /// Of the login's local part.
    login: u64,
    realm: u64,
    model: u64,
    mac: u64,
}

impl Likeness {
    /// Of one record; `local` is the hash of its login's local part. Those that are compared share
    /// the hasher.
    #[must_use]
    pub fn of(
        identity: &Identity,
        local: Option<u64>,
        model: Option<&Untrusted>,
        hasher: &DefaultHashBuilder,
    ) -> Self {
        let number = |text: Option<&str>| some(text.map(|text| hasher.hash_one(text)));
        Self {
            login: some(local),
            realm: number(identity.login.as_ref().and_then(|login| login.parts().1)),
            model: number(model.map(Untrusted::raw)),
            // A MAC is a number already.
            mac: identity.macs.first().map_or(NONE, |mac| mac.as_u64() + 1),
        }
    }

    /// Does each that both have surely say the same? Many write their logins with a realm here and
    /// without one there.
    #[must_use]
    pub fn surely_agrees(self, other: Self) -> bool {
        let agree = |ours: u64, theirs: u64| ours == NONE || theirs == NONE || ours == theirs;
        agree(self.login, other.login)
            && agree(self.realm, other.realm)
            && agree(self.model, other.model)
            && agree(self.mac, other.mac)
    }
}

fn some(hash: Option<u64>) -> u64 {
    hash.map_or(NONE, |hash| hash.max(NONE + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AcsDevice;
    use crate::engine::pairing::LoginIndex;
    use crate::engine::rules::Rules;

    proptest::proptest! {
        /// Both ways: no pair that is one is looked at again, and every other one is.
        #[test]
        fn logins_surely_agree_where_they_are_one(ours in "[ab@]{1,4}", theirs in "[ab@]{1,4}") {
            let hasher = DefaultHashBuilder::default();
            let [ours, theirs] = [ours, theirs].map(|login| {
                let pppoe_login = Untrusted::present(&login);
                let device = AcsDevice { pppoe_login, ..AcsDevice::default() };
                Identity::of_acs(&device, &Rules::default())
            });
            let of = |identity: &Identity| {
                let local = LoginIndex::key(identity).map(|local| hasher.hash_one(local));
                Likeness::of(identity, local, None, &hasher)
            };
            let are_one = ours.same_login(&theirs);
            proptest::prop_assert_eq!(of(&ours).surely_agrees(of(&theirs)), are_one);
        }
    }
}
