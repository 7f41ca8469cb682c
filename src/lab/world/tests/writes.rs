//! Writes through the web service, and the event log as a receiver got it.
//!
//! Must not do: write what no client could.

use super::*;
use crate::lab::world::{LOGS, ONUS, Row, cell, clock, id_in};

/// The ONU row of a box.
fn onu_row(world: &World, serial: &str) -> u64 {
    let identity = &world.fleet[serial].identity;
    world.index.onus_of(&identity.keys()[0]).next().unwrap()
}

fn a_fibre_box(world: &World) -> String {
    let has_row = |serial: &String| {
        let identity = &world.fleet[serial].identity;
        identity.keys().first().is_some_and(|k| world.index.onus_of(k).next().is_some())
    };
    well(world).into_iter().find(has_row).unwrap()
}

#[test]
fn a_put_erases_what_was_not_sent() {
    let mut world = small();
    let id = *world.provider.tables[LOGINS].rows.keys().next().unwrap();
    let before = world.provider.cell(LOGINS, id, "ultima_atualizacao").to_owned();
    assert!(world.fill_hidden(LOGINS, id));
    assert_eq!(world.provider.cell(LOGINS, id, "senha_md5"), "guardado");
    let row = Row::from([("login", "nova.pessoa".to_owned()), ("ativo", "S".to_owned())]);
    assert!(world.replace(LOGINS, id, row));
    let row = world.provider.row(LOGINS, id).unwrap();
    assert_eq!(cell(row, "id"), id.to_string());
    assert_eq!((cell(row, "senha_md5"), cell(row, "id_cliente")), ("", ""));
    assert_ne!(cell(row, "ultima_atualizacao"), before, "the server keeps this one itself");
    let log = world.provider.tables[LOGS].rows.last_key_value().unwrap().1;
    assert_eq!((cell(log, "operador"), cell(log, "tipo")), ("webservice", "U"));
    assert_eq!((cell(log, "tabela"), cell(log, "id_tabela")), (LOGINS, id.to_string().as_str()));
    let changed = cell(log, "campos");
    assert!(changed.contains("id_cliente") && changed.contains("senha_md5"), "{changed}");
    assert!(!changed.contains("CANARY") && !changed.contains("guardado"));
    assert!(!world.replace(LOGINS, 999_999, Row::new()) && !world.replace("x", 1, Row::new()));
}

#[test]
fn a_whole_row_sent_back_loses_and_changes_nothing() {
    let mut world = small();
    for table in [LOGINS, ONUS] {
        let id = *world.provider.tables[table].rows.keys().next().unwrap();
        let hidden = world.provider.tables[table].hidden;
        let mut row = world.provider.row(table, id).unwrap().clone();
        assert!(!hidden.is_empty() && hidden.iter().all(|column| cell(&row, column).is_empty()));
        assert!(row.values().any(|value| value.starts_with("CANARY")), "others hold secrets");
        row.retain(|column, _| !hidden.contains(column));
        assert!(world.replace(table, id, row));
        let log = world.provider.tables[LOGS].rows.last_key_value().unwrap().1;
        assert_eq!((cell(log, "tabela"), cell(log, "campos")), (table, ""));
    }
}

#[test]
fn puts_are_part_of_the_truth() {
    let mut world = small();
    let onu = a_fibre_box(&world);
    let id = onu_row(&world, &onu);
    let full = world.provider.row(ONUS, id).unwrap().clone();
    // With its MAC still on the login there would be two entries for one box.
    assert!(world.clear_mac(id_in(&full, "id_login").unwrap()));
    let mut unlinked = full.clone();
    unlinked.insert("id_login", "0".to_owned());
    assert!(world.replace(ONUS, id, unlinked));
    let found = of_device(&world.truth(), &onu).unwrap();
    assert_eq!((found.cause, found.provider), ("unlinked-login", vec![id.to_string()]));
    assert_eq!(found.since, world.now());
    assert!(world.replace(ONUS, id, full));
    assert_eq!(cause_of(&world, &onu), None);
    assert_eq!(broken(&world.truth()), Vec::<String>::new());
}

#[test]
fn rows_come_and_go_and_no_id_is_given_twice() {
    let mut world = small();
    let one = world.insert(ONUS, Row::from([("mac", "HWTC0000AAAA".to_owned())])).unwrap();
    assert_eq!(cell(world.provider.row(ONUS, one).unwrap(), "id_login"), "0");
    assert!(world.remove(ONUS, one) && !world.remove(ONUS, one));
    assert!(world.insert(ONUS, Row::new()).unwrap() > one);
    assert_eq!(world.insert("nothing", Row::new()), None);
}

#[test]
fn actions_of_the_web_service() {
    let mut world = small();
    let login = *world.provider.tables[LOGINS].rows.keys().next().unwrap();
    assert!(world.clear_mac(login) && world.disconnect(login));
    let row = world.provider.row(LOGINS, login).unwrap();
    assert_eq!((cell(row, "mac"), cell(row, "online")), ("", "N"));
    assert!(!world.clear_mac(999_999) && !world.disconnect(999_999));
}

#[test]
fn a_receiver_hears_nothing_while_it_is_down() {
    let mut world = small();
    let (down, up) = (clock::after(world.now(), 600), clock::after(world.now(), 22_200));
    world.listener_gaps.push((down, up));
    let from = world.now();
    world.advance_to(clock::after(down, 60));
    act(&mut world, "new-device", "HWTC00000A01");
    world.advance_to(clock::after(up, 60));
    act(&mut world, "new-device", "HWTC00000A02");
    world.advance_to(clock::after(world.now(), 10));
    let heard = world.events(from, true);
    assert!(!heard.contains("HWTC00000A01") && heard.contains("HWTC00000A02"), "{heard}");
    let bounds = |kind: &str| heard.lines().filter(|l| l.contains(kind)).count();
    assert_eq!((bounds("webhook-from"), bounds("webhook-to")), (2, 2));
    let audit = world.events(from, false);
    assert!(audit.contains("HWTC00000A01") && audit.contains("listening-from"));
    for line in audit.lines().chain(heard.lines()) {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["time"].as_str().unwrap().parse::<Timestamp>().is_ok(), "{line}");
        assert!(event["kind"].is_string(), "{line}");
    }
}
