//! What the simulated world promises.
//!
//! Must not do: ask the engine.

mod actions;
mod history;
mod rules;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Difference, EXCLUSION_DAYS, LOGINS, Options, Plan, Truth, World};

/// A world of so many devices that lived so many days.
fn world(seed: u64, devices: usize, days: u32) -> World {
    let end: Timestamp = "2026-11-23T19:20:00Z".parse().unwrap();
    World::new(&Plan { seed, devices, days, end })
}

/// A young world: nothing in it is silent for long.
fn small() -> World {
    world(3, 60, 12)
}

/// Serials of boxes that are well, in order; each matched with the entry of its own login.
fn well(world: &World) -> Vec<String> {
    let differing: BTreeSet<String> =
        world.truth().differences.into_iter().flat_map(|d| d.acs).collect();
    let all = world.acs.cpes.keys().filter(|s| world.is_well(s) && !differing.contains(*s));
    all.cloned().collect()
}

/// One of them that has a GPON serial, a login and MACs.
fn an_onu(world: &World) -> String {
    let full = |serial: &String| {
        let identity = &world.fleet[serial].identity;
        identity.serial.as_ref().is_some_and(|s| s.len() == 12) && !identity.macs.is_empty()
    };
    well(world).into_iter().find(full).unwrap()
}

/// The difference that a device is in.
fn of_device(truth: &Truth, serial: &str) -> Option<Difference> {
    truth.differences.iter().find(|d| d.acs.iter().any(|s| s == serial)).cloned()
}

fn cause_of(world: &World, serial: &str) -> Option<&'static str> {
    of_device(&world.truth(), serial).map(|d| d.cause)
}

fn cause_of_entry(world: &World, device_id: &str) -> Option<&'static str> {
    let truth = world.truth();
    let found = truth.differences.iter().find(|d| d.provider.iter().any(|p| p == device_id));
    found.map(|d| d.cause)
}

fn act(world: &mut World, kind: &str, key: &str) {
    world.act(kind, Some(key), &Options::default()).unwrap();
}

fn is_of_the_ledger(difference: &Difference) -> bool {
    !matches!(difference.cause, "field-drift" | "manual-delete")
}

/// Everything that is wrong with a truth; empty where it is sound.
fn broken(truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    let ledger = || truth.differences.iter().filter(|d| is_of_the_ledger(d));
    let acs = truth.counts.matched + ledger().map(|d| d.acs.len()).sum::<usize>();
    let provider = truth.counts.matched + ledger().map(|d| d.counted).sum::<usize>();
    if (acs, provider) != (truth.counts.acs, truth.counts.provider) {
        wrong.push(format!("{acs} and {provider} instead of {:?}", truth.counts));
    }
    let mut seen = BTreeMap::new();
    for difference in truth.differences.iter().filter(|d| d.cause != "manual-delete") {
        let acs = difference.acs.iter().map(|s| format!("ACS {s}"));
        for record in acs.chain(difference.provider.iter().map(|p| format!("Provider {p}"))) {
            if let Some(other) = seen.insert(record.clone(), difference.cause) {
                wrong.push(format!("{record} is {other} and {}", difference.cause));
            }
        }
        if matches!(difference.cause, "removed-unknown" | "unexplained") {
            wrong.push(format!("{difference:?} is no truth"));
        }
        if difference.since > truth.now {
            wrong.push(format!("{difference:?} is not yet"));
        }
    }
    wrong
}
