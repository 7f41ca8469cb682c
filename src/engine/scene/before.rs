//! The Provider as the baseline held it.
//!
//! Must not do: speak of the present.

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::domain::{MacAddr, ProviderRecord, Serial};
use crate::engine::Input;
use crate::engine::pairing::{Identity, record_key};

/// The baseline's Provider, found by key and by identity.
#[derive(Debug, Default)]
pub struct Before<'a> {
    by_key: HashMap<String, (&'a ProviderRecord, Timestamp)>,
    by_serial: HashMap<Serial, &'a ProviderRecord>,
    by_mac: HashMap<MacAddr, &'a ProviderRecord>,
    /// When the Provider was first read whole, as far as its records tell.
    pub first_seen_min: Option<Timestamp>,
}

impl<'a> Before<'a> {
    /// Indexes it; empty where there is no baseline.
    #[must_use]
    pub fn of(input: Input<'a>) -> Self {
        let Some(previous) = &input.baseline.provider else { return Self::default() };
        let mut before =
            Self { first_seen_min: previous.first_seen.iter().min().copied(), ..Self::default() };
        for (record, seen) in previous.records.iter().zip(&previous.first_seen) {
            // Of several rows under one key the counted one speaks for it, in any order.
            let speaks = before.by_key.entry(record_key(record)).or_insert((record, *seen));
            if !record.is_counted() {
                continue;
            }
            *speaks = (record, *seen);
            let identity = Identity::of_provider(record, None, input.rules);
            for mac in identity.all_macs() {
                before.by_mac.insert(mac, record);
            }
            if let Some(serial) = identity.serial {
                before.by_serial.insert(serial, record);
            }
        }
        before
    }

    /// The counted entry with this identity.
    #[must_use]
    pub fn find(&self, identity: &Identity) -> Option<&'a ProviderRecord> {
        let by_serial = identity.serial.as_ref().and_then(|s| self.by_serial.get(s));
        by_serial.or_else(|| identity.all_macs().find_map(|m| self.by_mac.get(&m))).copied()
    }

    /// When the record with this key was first seen.
    #[must_use]
    pub fn first_seen(&self, record: &ProviderRecord) -> Option<Timestamp> {
        self.by_key.get(&record_key(record)).map(|(_, seen)| *seen)
    }

    /// The record with this key, as the baseline held it.
    #[must_use]
    pub fn record(&self, key: &str) -> Option<&'a ProviderRecord> {
        self.by_key.get(key).map(|(record, _)| *record)
    }
}
