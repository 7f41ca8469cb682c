//! What becomes of a single step, by what the systems say and show.

use super::books::Reply as R;
use super::shop::{Shop, mac, states, wrong_mac};
use crate::app::apply::{Applied, Halt};
use crate::engine::{Cause, Fix};
use crate::store::Undoable;

/// One step that writes a MAC, whose requests are answered so.
fn one(replies: &[R]) -> (Shop, Applied) {
    let shop = Shop::new();
    shop.drifted([7]).script("entry:7", replies);
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    let applied = shop.apply(&filed).unwrap();
    (shop, applied)
}

#[test]
fn what_is_done_is_verified_by_a_fresh_look_after_both_sides_were_read_again() {
    let (shop, applied) = one(&[R::Done]);
    let row = &applied.rows()[0];
    assert_eq!(states(applied.rows()), ["verified"]);
    assert_eq!((row.status, row.attempt, applied.exit()), (Some(200), 1, 0));
    assert_eq!(shop.mac_of(7), mac(7));
    // The rest of the row was compared, so what was there can be put back exactly.
    assert_eq!(row.undo, Undoable::Yes);
    assert_eq!(row.before.as_ref().unwrap().cells["mac"].raw(), wrong_mac(7));
    let log = shop.books().log.clone();
    let order =
        ["device a7", "record 7", "look entry:7", "send entry:7 while sent", "look entry:7"];
    assert_eq!(log, order);
    let after = applied.after.unwrap();
    assert_eq!((after.found(), after.predicted), ((60, 60), (60, 60)));
    assert_eq!((after.fixed.len(), after.left.len()), (1, 0));
    let told = ["begun 1", "batch 0+1", "1 sent", "1 acked", "1 verified", "collecting"];
    assert_eq!(*shop.told.borrow(), told);
}

/// Each way that a request can go: where the step ends, how often it is sent, the exit code.
#[test]
fn every_reply_leads_to_its_state() {
    for (replies, state, sent, exit) in [
        (&[R::Done][..], "verified", 1, 0),
        (&[R::Refused], "failed", 1, 4),
        (&[R::Busy], "verified", 2, 0),
        (&[R::Busy, R::Busy, R::Busy], "verified", 4, 0),
        (&[R::Busy, R::Busy, R::Busy, R::Busy], "failed", 4, 4),
        (&[R::NotSent], "verified", 2, 0),
        (&[R::NotSent, R::NotSent, R::NotSent], "intent", 3, 6),
        (&[R::Lost], "verified", 1, 0),
        (&[R::Late(30)], "verified", 1, 0),
        (&[R::Late(100)], "verified", 1, 0),
        (&[R::Nothing], "verified", 2, 0),
        (&[R::Nothing, R::Lost], "verified", 2, 0),
        (&[R::Nothing, R::Nothing], "verified", 3, 0),
        (&[R::Nothing, R::Nothing, R::Nothing], "needs-human", 3, 9),
        (&[R::Garbled], "needs-human", 1, 9),
        (&[R::Lie], "verified", 2, 0),
        (&[R::Lie, R::Lie, R::Lie], "needs-human", 3, 9),
        (&[R::Vandal], "needs-human", 1, 9),
        (&[R::Busy, R::Nothing, R::NotSent, R::Refused], "failed", 4, 4),
    ] {
        let (shop, applied) = one(replies);
        assert_eq!(states(applied.rows()), [state], "{replies:?}");
        assert_eq!(shop.sent(), vec!["entry:7"; sent], "{replies:?}");
        assert_eq!(applied.exit(), exit, "{replies:?}");
        let is_wrong = shop.mac_of(7) != mac(7);
        assert_eq!(is_wrong, state != "verified" && replies != [R::Vandal], "{replies:?}");
    }
}

#[test]
fn a_doubt_is_told_and_its_probes_are_counted() {
    let (shop, applied) = one(&[R::Nothing]);
    assert_eq!(applied.rows()[0].attempt, 2);
    assert!(shop.told.borrow().contains(&"waiting".to_owned()));
    let (_, applied) = one(&[R::Garbled]);
    assert_eq!(applied.rows()[0].probes, 3);
    let (shop, applied) = one(&[R::Lie]);
    let told = shop.told.borrow().join(", ");
    assert!(told.contains("1 sent, 1 acked, 1 in-doubt, waiting, 1 intent"), "{told}");
    assert_eq!(applied.rows()[0].attempt, 2);
}

/// A late effect of the first sending would be written over by a second: it is waited for.
#[test]
fn nothing_is_sent_again_before_a_late_effect_can_no_longer_land() {
    for seconds in [1, 60, 119] {
        let (shop, applied) = one(&[R::Late(seconds)]);
        assert_eq!(shop.sent(), ["entry:7"], "{seconds}");
        assert_eq!(states(applied.rows()), ["verified"], "{seconds}");
    }
}

#[test]
fn what_somebody_set_right_meanwhile_is_not_sent() {
    let shop = Shop::new();
    shop.drifted([7]);
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    shop.books().entries.get_mut("7").unwrap().insert("mac".to_owned(), mac(7));
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(states(applied.rows()), ["noop"]);
    assert_eq!((shop.sent().len(), applied.exit()), (0, 0));
}

#[test]
fn what_changed_meanwhile_is_superseded() {
    type Edit = fn(&Shop);
    let edits: [(&str, Edit); 9] = [
        ("no longer has the device", |shop| drop(shop.books().devices.remove("a7"))),
        ("its serial changed", |shop| {
            let mut books = shop.books();
            let device = books.devices.get_mut("a7").unwrap();
            device.serial = Some(crate::domain::Untrusted::new("HWTC0000BEEF"));
        }),
        ("its PPPoE login changed", |shop| {
            let mut books = shop.books();
            books.devices.get_mut("a7").unwrap().pppoe_login = None;
        }),
        ("when it registered changed", |shop| {
            let (at, mut books) = (shop.at(0), shop.books());
            books.devices.get_mut("a7").unwrap().registered = Some(at);
        }),
        ("its MACs changed", |shop| {
            let mut books = shop.books();
            let macs = &mut books.devices.get_mut("a7").unwrap().macs;
            *macs = [crate::domain::Untrusted::new("00:25:9E:77:77:77")].into();
        }),
        ("no longer has the record", |shop| drop(shop.books().entries.remove("7"))),
        ("its MAC changed", |shop| set(shop, "mac", "00:25:9E:AA:AA:AA")),
        ("its serial changed", |shop| set(shop, "serial", "HWTC0000AAAA")),
        ("linked to changed", |shop| set(shop, "id_login", "8")),
    ];
    for (why, edit) in edits {
        let shop = Shop::new();
        shop.drifted([7]);
        let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
        edit(&shop);
        let applied = shop.apply(&filed).unwrap();
        let row = &applied.rows()[0];
        assert_eq!(states(applied.rows()), ["superseded"], "{why}");
        assert!(row.note.contains(why), "{}, not {why}", row.note);
        assert_eq!((shop.sent().len(), applied.exit()), (0, 4), "{why}");
    }
}

fn set(shop: &Shop, column: &str, value: &str) {
    let mut books = shop.books();
    books.entries.get_mut("7").unwrap().insert(column.to_owned(), value.to_owned());
}

#[test]
fn a_removal_looks_on_both_sides_first() {
    let remove = Some(Fix::RemoveInProvider);
    let shop = Shop::new();
    shop.purged([61]);
    let filed = shop.filed(&shop.planned(Cause::PendingPurge, remove));
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(states(applied.rows()), ["verified", "verified"]);
    let log = shop.books().log.clone();
    let first = ["record 61", "acs holding", "look entry:61", "send entry:61 while sent"];
    assert_eq!(log[..4], first);
    let second = ["acs holding", "look login:61", "send login:61 while sent"];
    assert_eq!(log[5..8], second);
    let after = applied.after.unwrap();
    assert_eq!((after.found(), after.predicted), ((60, 60), (60, 60)));

    // It called home again.
    let shop = Shop::new();
    shop.purged([61]);
    let filed = shop.filed(&shop.planned(Cause::PendingPurge, remove));
    shop.customer(61);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(states(applied.rows()), ["superseded", "superseded"]);
    assert!(applied.rows()[0].note.contains("the ACS has it again"));
    assert_eq!(shop.sent().len(), 0);
}

#[test]
fn a_system_that_fails_for_a_while_makes_it_wait() {
    for (down, states_then, exit) in [(1, "verified", 0), (3, "verified", 0), (9, "intent", 6)] {
        let shop = Shop::new();
        shop.drifted([7]);
        let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
        shop.books().down = down;
        let applied = shop.apply(&filed).unwrap();
        assert_eq!(states(applied.rows()), [states_then], "{down}");
        assert_eq!(applied.exit(), exit, "{down}");
        assert_eq!(shop.sent().len(), usize::from(exit == 0), "{down}");
        assert!(shop.told.borrow().contains(&"paused 2".to_owned()));
        assert_eq!(matches!(applied.halted(), Some(Halt::Error(_))), exit == 6);
    }
}

/// What was read more than 10 s ago is read again; a system that never manages is not written to.
#[test]
fn nothing_is_sent_by_what_was_read_too_long_ago() {
    for (slow, sent, exit) in [(1, 1, 0), (2, 1, 0), (3, 0, 6)] {
        let shop = Shop::new();
        shop.drifted([7]).books().slow = slow;
        let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
        let applied = shop.apply(&filed).unwrap();
        assert_eq!((shop.sent().len(), applied.exit()), (sent, exit), "{slow} slow looks");
        let state = if sent == 1 { "verified" } else { "intent" };
        assert_eq!(states(applied.rows()), [state], "{slow} slow looks");
    }
}

/// Between its row and its sending a minute passed: it is looked at again, and sent once.
#[test]
fn nothing_is_sent_by_a_machine_that_stood_still_since_it_looked() {
    let shop = Shop::new();
    shop.drifted([7]).books().stalls = true;
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    let applied = shop.apply(&filed).unwrap();
    assert_eq!((states(applied.rows()), applied.exit()), (vec!["verified"], 0));
    let told = shop.told.borrow();
    let told: Vec<&str> = told.iter().filter_map(|told| told.strip_prefix("1 ")).collect();
    assert_eq!(told, ["sent", "intent", "sent", "acked", "verified"]);
    assert_eq!(shop.sent().len(), 1);
}
