//! Histories: the same seed gives the same world, and it lives by the rules.
//!
//! Must not do: depend on the machine's clock.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::lab::world::{Plan, World};

fn plan(seed: u64, devices: usize, days: u32) -> Plan {
    let end: Timestamp = "2026-11-23T15:20:00Z".parse().unwrap();
    Plan { seed, devices, days, end }
}

#[test]
fn probe() {
    for seed in 1..4 {
        let t = std::time::Instant::now();
        let world = World::new(&plan(seed, 2000, 120));
        let built = t.elapsed();
        let t = std::time::Instant::now();
        let truth = world.truth();
        let told = t.elapsed();
        let mut by: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for d in &truth.differences {
            let e = by.entry(d.cause).or_default();
            e.0 += 1;
            e.1 += d.acs.len() + d.counted;
        }
        println!("{built:?} {told:?} {:?} {by:?}", truth.counts);
    }
}
