//! The Provider as the baseline held it.
//!
//! What is as it was stands in the present list, and only what is not has an index of its own: a
//! day's cost is that of its changes. Must not do: speak of the present.

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::domain::{MacAddr, ProviderRecord, Serial};
use crate::engine::Input;
use crate::engine::baseline::PreviousSide;
use crate::engine::pairing::{Identity, Listed, Pairing, RowKey};

/// The baseline's Provider, found by key and by identity.
#[derive(Debug)]
pub struct Before<'a> {
    previous: Option<&'a PreviousSide<ProviderRecord>>,
    now: &'a [ProviderRecord],
    listed: Listed<'a>,
    by_key: HashMap<RowKey<'a>, (&'a ProviderRecord, Timestamp)>,
    by_serial: HashMap<Serial, &'a ProviderRecord>,
    by_mac: HashMap<MacAddr, &'a ProviderRecord>,
    /// When the Provider was first read whole, as far as its records tell.
    pub first_seen_min: Option<Timestamp>,
}

impl<'a> Before<'a> {
    /// Indexes it; empty where there is no baseline.
    #[must_use]
    pub fn of(input: Input<'a>, pairing: &'a Pairing) -> Self {
        let mut before = Self {
            previous: input.baseline.provider.as_ref(),
            now: input.provider.records(),
            listed: pairing.provider_listed(),
            by_key: HashMap::new(),
            by_serial: HashMap::new(),
            by_mac: HashMap::new(),
            first_seen_min: None,
        };
        let Some(previous) = before.previous else { return before };
        before.first_seen_min = previous.first_seen_min();
        for (record, seen) in previous.records.iter().zip(&previous.first_seen) {
            // Of several rows under one key the counted one speaks for it, in any order.
            let speaks = before.by_key.entry(RowKey::of(record)).or_insert((record, *seen));
            if !record.is_counted() {
                continue;
            }
            *speaks = (record, *seen);
            let identity = pairing.then(Identity::of_provider(record, None, input.rules));
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
        self.previous?;
        let by_serial = identity.serial.as_ref().and_then(|serial| {
            let changed = self.by_serial.get(serial).copied();
            changed.or_else(|| self.still_counted(self.listed.with_serial(serial)))
        });
        let by_mac = |mac| {
            let changed = self.by_mac.get(&mac).copied();
            changed.or_else(|| self.still_counted(self.listed.with_mac(mac)))
        };
        by_serial.or_else(|| identity.all_macs().find_map(by_mac))
    }

    /// Of present rows the first that was counted already, as it is.
    fn still_counted(&self, rows: impl Iterator<Item = u32>) -> Option<&'a ProviderRecord> {
        let previous = self.previous?;
        let was = |p: &u32| previous.unchanged(*p as usize).is_some();
        rows.filter(was).map(|p| &self.now[p as usize]).find(|row| row.is_counted())
    }

    /// When the present row at this place was first seen, by its key.
    #[must_use]
    pub fn first_seen(&self, p: u32) -> Option<Timestamp> {
        let by_key = || self.by_key.get(&RowKey::of(&self.now[p as usize])).map(|(_, seen)| *seen);
        self.previous?.unchanged(p as usize).or_else(by_key)
    }

    /// The record with this key, as the baseline held it: of those that are not unchanged.
    #[must_use]
    pub fn changed(&self, key: RowKey<'_>) -> Option<&'a ProviderRecord> {
        self.by_key.get(&key).map(|(record, _)| *record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AcsDevice, AnySnapshot, SnapshotMeta, Untrusted};
    use crate::engine::pairing::Sides;
    use crate::engine::{Baseline, Rules};

    fn row(id: &str, serial: &str, mac: &str, linked: bool) -> ProviderRecord {
        ProviderRecord {
            device_id: Untrusted::present(id),
            login_id: Untrusted::present(id),
            serial: Untrusted::present(serial),
            mac: Untrusted::present(mac),
            linked: Some(linked),
            ..ProviderRecord::default()
        }
    }

    #[test]
    fn what_is_unchanged_is_found_in_the_present_list_and_only_that() {
        let rows = vec![
            row("d1", "HWTC00000001", "00:25:9E:00:00:01", true),
            row("d2", "HWTC00000002", "00:25:9E:00:00:02", false),
            row("d3", "HWTC00000003", "00:25:9E:00:00:03", true),
        ];
        let at = Timestamp::from_second(1_760_000_000).unwrap();
        let earlier = Timestamp::from_second(1_750_000_000).unwrap();
        let then = PreviousSide {
            run_id: "earlier".to_owned(),
            fetched_at: at,
            records: vec![row("d3", "HWTC00000009", "", true)],
            first_seen: vec![earlier],
            unchanged: vec![Some(at), Some(at), None],
        };
        let acs = AnySnapshot::<AcsDevice>::new(SnapshotMeta::at(at), Vec::new());
        let provider = AnySnapshot::new(SnapshotMeta::at(at), rows);
        let baseline = Baseline { provider: Some(then), ..Baseline::default() };
        let rules = Rules::default();
        let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
        let sides = Sides { acs: acs.records(), provider: provider.records() };
        let pairing = Pairing::of(sides, None, &rules);
        let before = Before::of(input, &pairing);
        let found = |serial: &str, mac: &str| {
            let identity = Identity::of_provider(&row("", serial, mac, true), None, &rules);
            let found = before.find(&identity).and_then(|r| r.device_id.as_ref());
            found.map(Untrusted::raw)
        };
        assert_eq!(found("HWTC00000001", ""), Some("d1"), "unchanged, by its serial");
        assert_eq!(found("", "00:25:9E:00:00:01"), Some("d1"), "unchanged, by its MAC");
        assert_eq!(found("HWTC00000002", "00:25:9E:00:00:02"), None, "it was not counted");
        assert_eq!(found("HWTC00000003", "00:25:9E:00:00:03"), None, "it was not like this");
        assert_eq!(found("HWTC00000009", ""), Some("d3"), "as it was then");
        assert_eq!([0, 1, 2].map(|p| before.first_seen(p)), [Some(at), Some(at), Some(earlier)]);
        assert_eq!(before.first_seen_min, Some(earlier));
        let changed = |id| before.changed(RowKey::Device(id)).is_some();
        assert!(changed("d3") && !changed("d1"));
    }
}
