//! Histories: the same seed gives the same world, with every cause, and it balances.
//!
//! Must not do: depend on the machine's clock.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::*;
use crate::lab::world::{CUSTOMERS, LOGS, ONUS, cell};

fn print(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", world.acs).hash(&mut hasher);
    format!("{:?}", world.provider).hash(&mut hasher);
    world.events(world.start(), false).hash(&mut hasher);
    format!("{:?}", world.truth()).hash(&mut hasher);
    hasher.finish()
}

#[test]
fn the_same_seed_gives_the_same_world_whatever_the_steps() {
    let (mut one, mut two) = (world(9, 80, 40), world(9, 80, 40));
    assert_eq!(print(&one), print(&two));
    one.advance_hours(30);
    for _ in 0..60 {
        two.advance_to(two.now() + jiff::SignedDuration::from_mins(30));
    }
    assert_eq!(print(&one), print(&two));
    assert_ne!(print(&one), print(&world(10, 80, 40)));
}

#[test]
fn a_grown_world_has_its_size_and_its_causes() {
    let mut told = BTreeSet::new();
    let (mut differences, mut lost) = (0, 0);
    for seed in 1..=5 {
        let mut world = world(seed, 600, 120);
        let daily: Vec<Truth> = (0..8)
            .map(|_| {
                world.advance_hours(24);
                world.truth()
            })
            .collect();
        for truth in daily {
            assert_eq!(broken(&truth), Vec::<String>::new(), "seed {seed}");
            told.extend(truth.differences.iter().map(|d| d.cause));
            differences += truth.differences.len();
            lost += truth.differences.iter().filter(|d| d.cause == "lost-webhook").count();
            let share = truth.differences.len() * 1000 / truth.counts.acs;
            assert!((30..130).contains(&share), "seed {seed}: {share} per mille");
            assert!((540..=700).contains(&truth.counts.acs), "seed {seed}: {:?}", truth.counts);
        }
    }
    let all = crate::lab::world::truth::CAUSES.iter().filter(|c| **c != "unexplained");
    assert_eq!(told, all.copied().collect());
    assert!(lost * 60 < differences, "{lost} lost webhooks of {differences}");
}

/// The world of the demonstration: seed 1, 2,000 devices, 120 days, at any hour.
#[test]
fn the_first_seed_shows_most_causes() {
    let mut world = world(1, 2000, 120);
    for _ in 0..4 {
        let truth = world.truth();
        let causes: BTreeSet<_> = truth.differences.iter().map(|d| d.cause).collect();
        assert!(causes.len() >= 10, "{causes:?} at {}", truth.now);
        assert!((1900..=2100).contains(&truth.counts.acs), "{:?}", truth.counts);
        let share = truth.differences.len() * 100 / truth.counts.acs;
        assert!((4..=9).contains(&share), "{share} %");
        world.advance_hours(6);
    }
}

#[test]
fn rows_are_as_the_real_ones() {
    let world = world(2, 150, 40);
    for (name, table) in &world.provider.tables {
        for (id, row) in &table.rows {
            assert!(row.keys().all(|c| table.columns.contains(c)), "{name} {id}");
            assert_eq!(row.len(), table.columns.len(), "{name} {id}");
        }
        assert!(table.hidden.iter().all(|c| table.columns.contains(c)), "{name}");
        let names: BTreeSet<_> = table.columns.iter().collect();
        assert_eq!(names.len(), table.columns.len(), "{name} names a column twice");
    }
    assert!((114..=135).contains(&world.provider.tables[LOGINS].columns.len()));
    let secret =
        |(_, row): (u64, &crate::lab::world::Row)| cell(row, "senha").starts_with("CANARY");
    assert!(world.provider.rows(LOGINS).all(secret) && world.provider.rows(CUSTOMERS).all(secret));
    assert!(world.provider.rows(LOGS).count() > 300);
    let spelt: BTreeSet<usize> =
        world.provider.rows(ONUS).map(|(_, row)| cell(row, "mac").len()).collect();
    assert_eq!(spelt, [12, 16].into(), "both spellings of GPON serials");
}

#[test]
fn a_very_young_and_a_very_small_world_stand() {
    for (devices, days) in [(0, 0), (0, 30), (1, 1), (5, 3), (40, 0)] {
        let mut world = world(4, devices, days);
        world.advance_hours(50);
        assert_eq!(broken(&world.truth()), Vec::<String>::new(), "{devices} {days}");
    }
}

#[test]
fn informs_are_of_the_last_day_but_for_silent_boxes() {
    let mut world = world(5, 300, 60);
    for _ in 0..2 {
        let day = jiff::SignedDuration::from_hours(25);
        let recent =
            world.acs.cpes.values().filter(|c| world.now().duration_since(c.last_inform) < day);
        assert!(recent.count() * 10 > world.acs.cpes.len() * 8);
        for (serial, cpe) in &world.acs.cpes {
            assert_eq!(serial, &cpe.serial);
            assert!(cpe.registered <= cpe.last_inform && cpe.last_inform <= world.now(), "{cpe:?}");
        }
        world.advance_hours(24);
    }
}
