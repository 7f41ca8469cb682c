//! The findings of the last complete run, by the devices they concerned.
//!
//! Must not do: judge; what was found then is no proof now.

use hashbrown::HashMap;

use crate::domain::DeviceKey;
use crate::engine::baseline::Prior;
use crate::engine::finding::Cause;

/// The last run's findings, by key.
#[derive(Debug)]
pub struct Priors<'a> {
    by_key: HashMap<&'a DeviceKey, Vec<&'a Prior>>,
}

impl<'a> Priors<'a> {
    /// Indexes them.
    #[must_use]
    pub fn of(priors: &'a [Prior]) -> Self {
        let mut by_key: HashMap<&DeviceKey, Vec<&Prior>> = HashMap::new();
        for prior in priors.iter().filter(|p| p.cause != Cause::ManualDelete) {
            for key in &prior.keys {
                by_key.entry(key).or_default().push(prior);
            }
        }
        Self { by_key }
    }

    /// All findings that concerned this device.
    pub fn of_key(&self, key: &DeviceKey) -> impl Iterator<Item = &'a Prior> + use<'a, '_> {
        self.by_key.get(key).into_iter().flatten().copied()
    }

    /// The finding that this one continues: of the same cause, else of any; the oldest.
    #[must_use]
    pub fn find(&self, cause: Cause, keys: &[DeviceKey]) -> Option<&'a Prior> {
        let all = keys.iter().filter_map(|k| self.by_key.get(k)).flatten().copied();
        all.min_by(|x, y| {
            (x.cause != cause, x.first_seen, &x.id).cmp(&(y.cause != cause, y.first_seen, &y.id))
        })
    }
}
