//! R1 to R4b, one by one.
//!
//! Must not do: wait for chance; each test makes happen what it looks at.

use super::*;
use crate::lab::world::identity::Identity;
use crate::lab::world::rules::CONFIRMED;
use crate::lab::world::{ONUS, clock, id_in};

/// The device ids of a device's entries.
fn entries_of(world: &World, serial: &str) -> Vec<String> {
    let identity = &world.fleet[serial].identity;
    let all = crate::lab::world::entries::all(&world.provider, &world.index);
    let same = |other: &Identity| {
        let shared = identity.all_keys().any(|k| other.all_keys().any(|o| o == k));
        shared && !identity.serials_differ(other)
    };
    all.into_iter().filter(|e| same(&e.identity)).map(|e| e.device_id).collect()
}

fn confirmed(world: &World, device_id: &str) -> Option<Timestamp> {
    let all = crate::lab::world::entries::all(&world.provider, &world.index);
    all.into_iter().find(|e| e.device_id == device_id).and_then(|e| e.synchronised)
}

#[test]
fn r1_only_linked_and_active_entries_are_confirmed() {
    let mut world = small();
    let boxes = well(&world);
    let (blocked, unlinked, fine) = (&boxes[0], &an_onu(&world), &boxes[boxes.len() - 1]);
    act(&mut world, "deactivate", blocked);
    act(&mut world, "unlink", unlinked);
    world.advance_to(clock::after(world.now(), 5));
    world.synchronise_acs();
    let now = Some(world.now());
    assert_eq!(world.acs.last_synchronised, now);
    assert_eq!(confirmed(&world, &entries_of(&world, fine)[0]), now);
    assert_ne!(confirmed(&world, &entries_of(&world, blocked)[0]), now);
    for entry in entries_of(&world, unlinked) {
        assert_ne!(confirmed(&world, &entry), now);
    }
}

#[test]
fn r1_the_acs_synchronises_at_dawn() {
    let mut world = world(6, 30, 2);
    let nights = world.happenings(world.start()).filter(|(_, h)| h.told().0 == "acs-sync");
    let nights: Vec<String> = nights.map(|(at, _)| clock::local(*at)).collect();
    assert!(!nights.is_empty() && nights.iter().all(|n| n.ends_with(" 03:00:00")), "{nights:?}");
    let before = world.acs.last_synchronised;
    world.advance_hours(24 * 3);
    assert!(world.acs.last_synchronised > before);
}

#[test]
fn r2_a_new_device_awaits_the_next_synchronisation() {
    let mut world = small();
    act(&mut world, "new-device", "HWTC0A0B0C0D");
    assert_eq!(cause_of(&world, "HWTC0A0B0C0D"), Some("awaiting-sync"));
    act(&mut world, "acs-sync", "");
    assert_eq!(cause_of(&world, "HWTC0A0B0C0D"), None);
    assert_eq!(entries_of(&world, "HWTC0A0B0C0D").len(), 1);
    assert_eq!(broken(&world.truth()), Vec::<String>::new());
}

#[test]
fn r2_a_linked_device_is_confirmed_when_it_calls() {
    let mut world = small();
    let onu = an_onu(&world);
    let entry = entries_of(&world, &onu)[0].clone();
    world.exclude_these(std::slice::from_ref(&onu));
    act(&mut world, "return", &onu);
    assert_eq!(cause_of(&world, &onu), None, "its entry was there all the time");
    assert_eq!(confirmed(&world, &entry), Some(world.acs.cpes[&onu].registered));
}

#[test]
fn r3_a_delete_by_hand_removes_it_from_both() {
    let mut world = small();
    let boxes = well(&world);
    let (heard, lost) = (&boxes[0], &boxes[1]);
    let entry = entries_of(&world, lost)[0].clone();
    let counts = world.truth().counts;
    act(&mut world, "manual-delete", heard);
    let options = Options { webhook_lost: true, ..Options::default() };
    world.act("manual-delete", Some(lost), &options).unwrap();
    let after = world.truth();
    assert_eq!((after.counts.acs, after.counts.provider), (counts.acs - 2, counts.provider - 1));
    assert!(entries_of(&world, heard).is_empty());
    assert_eq!(cause_of(&world, heard), Some("manual-delete"));
    assert_eq!(cause_of_entry(&world, &entry), Some("lost-webhook"));
    assert_eq!(broken(&after), Vec::<String>::new());
    let told = |listener| world.events(world.start(), listener);
    assert!(told(false).contains(lost.as_str()) && told(true).contains(heard.as_str()));
    let deletes = |text: String| text.lines().filter(|l| l.contains("device-deleted")).count();
    assert!(deletes(told(false)) > deletes(told(true)));
}

#[test]
fn r4_a_mass_exclusion_takes_silent_ones_from_the_acs_only() {
    let mut world = small();
    let quiet = an_onu(&world);
    let entry = entries_of(&world, &quiet)[0].clone();
    world.unplug(&quiet);
    let long_ago = clock::after(world.now(), -clock::days(40));
    world.acs.cpes.get_mut(&quiet).unwrap().last_inform = long_ago;
    let counts = world.truth().counts;
    assert_eq!(world.exclude(EXCLUSION_DAYS), std::slice::from_ref(&quiet));
    let after = world.truth();
    assert_eq!((after.counts.acs, after.counts.provider), (counts.acs - 1, counts.provider));
    assert_eq!(cause_of_entry(&world, &entry), Some("pending-purge"));
    let events = world.events(world.now(), false);
    let lines: Vec<&str> = events.lines().filter(|l| l.contains("mass-exclusion")).collect();
    assert_eq!(lines.len(), 2, "one names the run, one the device: {lines:?}");
    assert!(!world.events(world.now(), true).contains("mass-exclusion"), "no webhook");
}

#[test]
fn r4b_the_provider_drops_what_it_had_synchronised_and_the_acs_lost() {
    let mut world = small();
    let boxes = well(&world);
    let (gone, typed) = (boxes[0].clone(), an_onu(&world));
    assert_ne!(gone, typed);
    let pending = entries_of(&world, &gone)[0].clone();
    world.exclude_these(std::slice::from_ref(&gone));
    act(&mut world, "typo", &typed);
    let truth = world.truth();
    let mistyped = of_device(&truth, &typed).unwrap();
    assert_eq!(mistyped.cause, "identity-mismatch");
    let never = truth.differences.iter().filter(|d| d.cause == "never-seen").count();
    act(&mut world, "provider-sync", "");
    assert_eq!(cause_of_entry(&world, &pending), None);
    assert!(entries_of(&world, &gone).is_empty());
    assert_eq!(cause_of(&world, &typed), Some("identity-mismatch"), "it stays");
    let after = world.truth();
    assert_eq!(after.differences.iter().filter(|d| d.cause == "never-seen").count(), never);
    assert_eq!(broken(&after), Vec::<String>::new());
}

#[test]
fn a_deleted_box_that_lives_is_back_within_a_day() {
    let mut world = small();
    let onu = an_onu(&world);
    let first = world.acs.cpes[&onu].registered;
    assert!(world.delete_cpe(&onu) && !world.delete_cpe(&onu));
    world.advance_hours(24);
    assert!(world.acs.cpes[&onu].registered > first);
    assert_eq!(cause_of(&world, &onu), Some("returned"));
    assert!(world.send(&onu));
    assert_eq!(cause_of(&world, &onu), None);
}

#[test]
fn the_confirmed_column_stands_in_both_tables() {
    let world = small();
    for table in [ONUS, LOGINS] {
        let columns = world.provider.tables[table].columns;
        assert!(columns.contains(&CONFIRMED) && columns.contains(&"data_cadastro"));
    }
    let linked = world.provider.rows(ONUS).filter(|(_, row)| id_in(row, "id_login").is_some());
    assert!(linked.count() > 20);
}
