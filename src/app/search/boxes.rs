//! Both records of a device beside each other, each device once.
//!
//! Must not do: pair otherwise than `explain` does.

use std::collections::HashSet;

use crate::app::lookup::Index;
use crate::app::search::{FoundDevice, SearchAnswer};
use crate::domain::{AcsDevice, MatchedOn, ProviderRecord};
use crate::store::{Hits, Place};

/// The first `most` devices of what was found, in its order.
pub(super) fn together(hits: Hits, most: usize) -> SearchAnswer {
    let Hits { acs, provider, found, more } = hits;
    let index = Index::new(&acs, &provider);
    let mut devices = Vec::new();
    let mut told: HashSet<(Option<usize>, Option<usize>)> = HashSet::new();
    for (place, matched_on) in found {
        let (device, record) = match place {
            Place::Acs(at) => (Some(at), acs.get(at).and_then(|d| index.of_device(d))),
            Place::Provider(at) => (provider.get(at).and_then(|r| index.of_record(r)), Some(at)),
        };
        let is_new = told.insert((device, record));
        // A device and its record are one, whichever was found first.
        let alone = |pair: (Option<usize>, Option<usize>)| told.contains(&pair);
        let known = device.is_some()
            && record.is_some()
            && (alone((device, None)) || alone((None, record)));
        if is_new && !known {
            let of = |at: Option<usize>| at.and_then(|at| acs.get(at)).cloned();
            let in_provider = |at: Option<usize>| at.and_then(|at| provider.get(at)).cloned();
            devices.push(FoundDevice {
                acs: of(device),
                provider: in_provider(record),
                matched_on,
            });
        }
    }
    let more = more || devices.len() > most;
    devices.truncate(most);
    SearchAnswer { devices, more, ..SearchAnswer::default() }
}

/// The same of what both systems answered.
pub(super) fn beside(
    acs: Vec<(AcsDevice, MatchedOn)>,
    provider: Vec<(ProviderRecord, MatchedOn)>,
    others: (Vec<AcsDevice>, Vec<ProviderRecord>),
    (more, most): (bool, usize),
) -> SearchAnswer {
    let mut found: Vec<(Place, MatchedOn)> = Vec::new();
    found.extend((0..).zip(&acs).map(|(at, (_, on))| (Place::Acs(at), *on)));
    found.extend((0..).zip(&provider).map(|(at, (_, on))| (Place::Provider(at), *on)));
    found.sort_by_key(|(_, on)| *on);
    let mut hits = Hits { found, more, ..Hits::default() };
    hits.acs = acs.into_iter().map(|(device, _)| device).collect();
    hits.provider = provider.into_iter().map(|(record, _)| record).collect();
    let new = |device: &AcsDevice| !hits.acs.iter().any(|known| known.id == device.id);
    let more_acs: Vec<_> = others.0.into_iter().filter(new).collect();
    let same = |a: &ProviderRecord, b: &ProviderRecord| {
        (&a.device_id, &a.login_id, &a.serial) == (&b.device_id, &b.login_id, &b.serial)
    };
    let new = |record: &ProviderRecord| !hits.provider.iter().any(|known| same(known, record));
    let more_provider: Vec<_> = others.1.into_iter().filter(new).collect();
    hits.acs.extend(more_acs);
    hits.provider.extend(more_provider);
    together(hits, most)
}
