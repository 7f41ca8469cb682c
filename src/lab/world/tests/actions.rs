//! Control actions: each gives the cause that it is named for, whatever came before.
//!
//! Must not do: leave the truth out of balance.

use super::*;
use crate::lab::world::actions::KINDS;
use crate::lab::world::dice::Dice;
use crate::lab::world::{ActError, clock};

#[test]
fn each_action_gives_its_cause() {
    let mut world = small();
    for (kind, cause) in [
        ("unlink", Some("unlinked-login")),
        ("link", None),
        ("deactivate", Some("inactive-login")),
        ("activate", None),
        ("typo", Some("identity-mismatch")),
        ("return", Some("returned")),
    ] {
        let onu = if matches!(kind, "link" | "activate") {
            let waiting = if kind == "link" { "unlinked-login" } else { "inactive-login" };
            let truth = world.truth();
            let last = truth.differences.iter().filter(|d| d.cause == waiting && d.counted == 0);
            let known = |s: &String| world.fleet[s].login.is_some();
            last.flat_map(|d| d.acs.clone()).find(known).unwrap()
        } else {
            an_onu(&world)
        };
        act(&mut world, kind, &onu);
        assert_eq!(cause_of(&world, &onu), cause, "{kind} {onu}");
        assert_eq!(broken(&world.truth()), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn a_swap_names_the_new_box_and_later_the_couple() {
    let mut world = small();
    let old = an_onu(&world);
    let changes = world.act("swap", Some(&old), &Options::default()).unwrap();
    let new = changes.iter().find(|c| c.what == "added").and_then(|c| c.key.clone()).unwrap();
    let found = of_device(&world.truth(), &new).unwrap();
    assert_eq!((found.cause, found.counted), ("swapped-device", 0));
    assert_eq!(cause_of(&world, &old), None, "the old pair stays matched");
    let keys = vec![old.clone()];
    world.act("mass-exclusion", None, &Options { keys, ..Options::default() }).unwrap();
    let found = of_device(&world.truth(), &new).unwrap();
    assert_eq!((found.cause, found.counted), ("swapped-device", 1));
    act(&mut world, "provider-sync", "");
    assert_eq!(cause_of(&world, &new), Some("awaiting-sync"), "its login is free now");
    act(&mut world, "acs-sync", "");
    assert_eq!(cause_of(&world, &new), None);
}

#[test]
fn a_login_is_offline_once_its_box_is_unplugged_unless_another_dials_in() {
    let mut world = small();
    let old = an_onu(&world);
    let login = world.fleet[&old].login.unwrap();
    let online = |world: &World| world.provider.cell(LOGINS, login, "online").to_owned();
    assert!(online(&world).starts_with('S'));
    let keys = vec![old.clone()];
    world.act("mass-exclusion", None, &Options { keys, ..Options::default() }).unwrap();
    assert_eq!(online(&world), "N");
    act(&mut world, "return", &old);
    assert_eq!(online(&world), "S");
    let changes = world.act("swap", Some(&old), &Options::default()).unwrap();
    let new = changes.iter().find(|c| c.what == "added").and_then(|c| c.key.clone()).unwrap();
    world.unplug(&old);
    assert_eq!(online(&world), "S", "the new box dials in with it");
    world.unplug(&new);
    assert_eq!(online(&world), "N");
}

#[test]
fn every_kind_of_box_can_be_doubled() {
    let mut world = world(8, 120, 20);
    for serial in well(&world) {
        if cause_of(&world, &serial).is_none() && world.is_well(&serial) {
            act(&mut world, "duplicate", &serial);
            assert_eq!(cause_of(&world, &serial), Some("duplicate"), "{serial}");
        }
    }
    assert_eq!(broken(&world.truth()), Vec::<String>::new());
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let mut world = small();
    let before = format!("{:?}{:?}", world.acs, world.provider);
    let options = Options::default();
    assert_eq!(world.act("explode", None, &options), Err(ActError::UnknownKind));
    for kind in KINDS {
        let whole = ["new-device", "mass-exclusion", "provider-sync", "acs-sync"];
        if !whole.contains(&kind) {
            assert_eq!(
                world.act(kind, Some("NOBODY"), &options),
                Err(ActError::UnknownKey),
                "{kind}"
            );
            assert_eq!(world.act(kind, None, &options), Err(ActError::UnknownKey), "{kind}");
        }
    }
    let well = an_onu(&world);
    let refused = [("link", &well), ("new-device", &well)];
    for (kind, key) in refused {
        let answer = world.act(kind, Some(key), &options);
        assert!(matches!(answer, Err(ActError::Impossible(_))), "{kind}: {answer:?}");
    }
    let keys = vec!["NOBODY".to_owned()];
    let unknown = world.act("mass-exclusion", None, &Options { keys, ..options });
    assert_eq!(unknown, Err(ActError::UnknownKey));
    assert_eq!(format!("{:?}{:?}", world.acs, world.provider), before);
}

#[test]
fn the_answer_lists_what_changed_on_both_sides() {
    let mut world = small();
    let onu = an_onu(&world);
    let changes = world.act("manual-delete", Some(&onu), &Options::default()).unwrap();
    assert!(changes.iter().any(|c| c.side == "acs" && c.what == "removed"));
    assert!(changes.iter().any(|c| c.side == "provider"));
    let any_spelling = onu.to_lowercase();
    assert!(world.act("return", Some(&any_spelling), &Options::default()).is_ok());
}

#[test]
fn the_truth_balances_after_anything() {
    for seed in 0..12 {
        let mut world = world(seed, 50, 35);
        let mut dice = Dice::new(seed);
        for step in 0..60 {
            let kind = dice.pick(&KINDS);
            let known: Vec<&String> = world.fleet.keys().collect();
            let key = known[dice.below(known.len())].clone();
            let options = Options { webhook_lost: dice.chance(0.5), ..Options::default() };
            let key = (kind != "new-device").then_some(key);
            let answer = world.act(kind, key.as_deref(), &options);
            assert_ne!(answer, Err(ActError::UnknownKind));
            if dice.chance(0.3) {
                world.advance_to(clock::after(world.now(), dice.between(1, 90_000)));
            }
            let wrong = broken(&world.truth());
            assert!(wrong.is_empty(), "seed {seed}, step {step}, {kind} {key:?}: {wrong:?}");
        }
    }
}
