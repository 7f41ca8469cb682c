//! Devices that the list lacks and earlier ones had: asked for by themselves, fetch after fetch.
//!
//! Must not do: take a device for gone of which the ACS did not say so.

use std::collections::HashSet;

use super::server::{Answer, StandIn};
use super::{acs_knowing, fetch, ids, name, names, rows, settings};
use crate::acs::ixc::{IxcAcs, IxcAcsSettings};
use crate::domain::Untrusted;

/// Devices that are still listed.
const COUNT: usize = 8;

/// An ACS that knows a list, and what earlier fetches were told is gone.
fn acs_told(server: &StandIn, known: usize, gone: &[Untrusted]) -> IxcAcs {
    let known = names(known).iter().map(|id| Untrusted::new(id)).collect();
    IxcAcs::new(IxcAcsSettings { known, gone: gone.to_vec(), ..settings(server) }).unwrap()
}

#[test]
fn a_mass_exclusion_is_asked_for_over_several_fetches() {
    let server = StandIn::honest(rows(COUNT));
    let mut gone: Vec<Untrusted> = Vec::new();
    for (fetched, asked, left) in [(1, 200, Some(340)), (2, 400, Some(140)), (3, 540, None)] {
        let snapshot = fetch(&acs_told(&server, COUNT + 540, &gone)).unwrap();
        let meta = snapshot.meta();
        assert_eq!(snapshot.is_complete(), left.is_none(), "{fetched}: {:?}", meta.bad);
        assert_eq!(ids(&snapshot), names(COUNT));
        gone.extend(meta.gone.iter().cloned());
        assert_eq!(gone.iter().collect::<HashSet<_>>().len(), asked, "none is asked twice");
        assert_eq!(server.count("/capabilities"), asked + fetched, "one a fetch is listed");
        let said = left.map(|left| {
            format!(
                "540 of them are missing, as after a mass exclusion; \
             200 a run are asked for by themselves; run again: {left} are left"
            )
        });
        assert_eq!(meta.bad.first().map(|problem| problem.what.clone()), said);
    }
    assert!(gone.iter().all(|id| *id.raw() >= *name(COUNT)), "only what is missing");
}

#[test]
fn a_device_that_was_gone_is_there_once_it_is_listed_again() {
    let server = StandIn::honest(rows(COUNT));
    let gone = [name(0), name(COUNT)].map(|id| Untrusted::new(&id));
    let snapshot = fetch(&acs_told(&server, COUNT + 1, &gone)).unwrap();
    assert!(snapshot.is_complete());
    assert_eq!(ids(&snapshot), names(COUNT));
    assert_eq!((server.count("/capabilities"), snapshot.meta().gone.len()), (0, 0));
}

#[test]
fn only_what_the_acs_positively_does_not_know_is_told_as_gone() {
    let server = StandIn::lying(rows(COUNT), |_, ask, answer| {
        if ask.query("sn") == Some(&name(60)) { Answer::new(500, "{}") } else { answer }
    });
    server.world.hidden.lock().unwrap().push(name(61));
    let mut known = names(COUNT);
    known.extend([60, 61, 62].map(name));
    let snapshot = fetch(&acs_knowing(&server, &known)).unwrap();
    assert!(!snapshot.is_complete());
    assert_eq!(snapshot.meta().gone, [Untrusted::new(&name(62))]);
    // Nothing is told of an ACS that says so of every device.
    let server = StandIn::lying(rows(COUNT), |_, ask, answer| {
        if ask.path.ends_with("/capabilities") { Answer::new(404, "{}") } else { answer }
    });
    let snapshot = fetch(&acs_knowing(&server, &names(COUNT + 2))).unwrap();
    assert_eq!(snapshot.meta().gone, []);
}
