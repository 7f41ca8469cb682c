//! What a matched pair is compared by, as three numbers: nearly all pairs agree in everything, and
//! to see that, neither record is read again.
//!
//! Must not do: say that two differ. Numbers that differ only say where to look; that two
//! different texts have one seeded 64-bit hash happens once in 10^19 pairs.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use super::identity::Identity;
use crate::domain::{PppoeLogin, Untrusted};

/// A value that the record does not have.
const NONE: u64 = 0;

/// Login, model and first MAC of a record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Likeness {
    login: u64,
    model: u64,
    mac: u64,
}

impl Likeness {
    /// Of one record. Those that are compared share a hasher.
    #[must_use]
    pub fn of(identity: &Identity, model: Option<&Untrusted>, hasher: &DefaultHashBuilder) -> Self {
        Self {
            login: number(identity.login.as_ref().map(PppoeLogin::as_str), hasher),
            model: number(model.map(Untrusted::raw), hasher),
            // A MAC is a number already.
            mac: identity.macs.first().map_or(NONE, |mac| mac.as_u64() + 1),
        }
    }

    /// Does each that both have surely say the same?
    #[must_use]
    pub fn surely_agrees(self, other: Self) -> bool {
        let agree = |ours: u64, theirs: u64| ours == NONE || theirs == NONE || ours == theirs;
        agree(self.login, other.login)
            && agree(self.model, other.model)
            && agree(self.mac, other.mac)
    }
}

fn number(value: Option<&str>, hasher: &DefaultHashBuilder) -> u64 {
    value.map_or(NONE, |value| hasher.hash_one(value).max(NONE + 1))
}
