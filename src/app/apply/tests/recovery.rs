//! What an apply left when it died, and what the next one makes of it.

use std::time::Duration;

use super::books::Reply as R;
use super::shop::{Shop, mac, states};
use crate::app::AppError;
use crate::app::apply::desk::boot_id;
use crate::app::apply::resolve;
use crate::app::plan::Filed;
use crate::app::store_admin::{backup, restore};
use crate::engine::Cause;
use crate::store::{Arrow, BeforeRow, RESTORED_KEY, Reply, Resolution, StepRow};

/// Where the process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Died {
    /// After INTENT.
    Planned,
    /// After SENT; the system got nothing.
    Unsent,
    /// After SENT; the system did it.
    Done,
    /// After SENT; the system does it so many seconds later.
    DoneLater(u64),
    /// After ACKED; it is done.
    Acked,
    /// After ACKED; it is not done.
    AckedInVain,
    /// After `IN_DOUBT`; it is done.
    Doubted,
    /// After SENT, before this machine was started anew.
    BeforeBoot,
    /// A person has to decide.
    Person,
}

/// A plan of one step about entry 7, begun by a process that died there.
fn left(died: Died) -> (Shop, Filed) {
    let shop = Shop::new();
    shop.drifted([7]);
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    let row = shop.begun(&filed).remove(0);
    let store = shop.store();
    let lock = store.lock_for_apply().unwrap().unwrap();
    let take = |arrow: Arrow| store.advance(&lock, &row.id(), &arrow, shop.at(0)).unwrap();
    if died == Died::Planned {
        return (shop, filed);
    }
    let change = &row.change;
    let now = shop.place.clock.peek();
    let seen = shop.books().look(change);
    let crate::ports::Seen::There(image) = seen else { panic!("{seen:?}") };
    let before = image.before(&["mac"]);
    take(Arrow::Send {
        boot_id: if died == Died::BeforeBoot { "another".to_owned() } else { boot_id().unwrap() },
        boottime: now,
        utc: shop.at(0),
        image_hash: None,
        before: Some(BeforeRow { cells: before.cells, rest: before.rest }),
    });
    let does = |reply: R| {
        shop.script("entry:7", &[reply]);
        let mut books = shop.books();
        books.now = now;
        books.sent(change, "sent");
    };
    match died {
        Died::Planned | Died::Unsent | Died::BeforeBoot => {}
        Died::Done => does(R::Done),
        Died::DoneLater(seconds) => does(R::Late(seconds)),
        Died::Acked | Died::AckedInVain => {
            does(if died == Died::Acked { R::Done } else { R::Lie });
            take(Arrow::Ack { reply: Reply::default() });
        }
        Died::Doubted => {
            does(R::Lost);
            take(Arrow::Doubt { why: "no reply".to_owned(), reply: Reply::default() });
        }
        Died::Person => drop(take(Arrow::GiveUp { why: "nobody can tell".to_owned() })),
    }
    shop.books().log.clear();
    shop.books().script.clear();
    (shop, filed)
}

fn step_of(shop: &Shop, filed: &Filed) -> StepRow {
    shop.store().steps_of(&filed.plan.id).unwrap().remove(0)
}

/// The same plan goes on: each device is changed once, whatever the first process came to.
#[test]
fn going_on_with_a_plan_loses_and_doubles_nothing() {
    for (died, sent, attempt) in [
        (Died::Planned, 1, 1),
        (Died::Unsent, 1, 2),
        (Died::BeforeBoot, 1, 2),
        (Died::Done, 0, 1),
        (Died::DoneLater(60), 0, 1),
        (Died::DoneLater(119), 0, 1),
        (Died::Acked, 0, 1),
        (Died::AckedInVain, 1, 2),
        (Died::Doubted, 0, 1),
    ] {
        let (shop, filed) = left(died);
        let applied = shop.apply(&filed).unwrap();
        assert_eq!(states(applied.rows()), ["verified"], "{died:?}");
        assert_eq!(shop.sent().len(), sent, "{died:?}");
        assert_eq!(applied.rows()[0].attempt, attempt, "{died:?}");
        assert_eq!((shop.mac_of(7), applied.exit()), (mac(7), 0), "{died:?}");
    }
}

/// A run that applies something else settles it first, and sends nothing of it.
#[test]
fn another_run_settles_what_was_left_and_sends_nothing_of_it() {
    for (died, state) in [
        (Died::Planned, "superseded"),
        (Died::Unsent, "superseded"),
        (Died::BeforeBoot, "superseded"),
        (Died::Done, "verified"),
        (Died::DoneLater(60), "verified"),
        (Died::Acked, "verified"),
        (Died::AckedInVain, "superseded"),
        (Died::Doubted, "verified"),
    ] {
        let (shop, filed) = left(died);
        shop.recovered().unwrap();
        let row = step_of(&shop, &filed);
        assert_eq!(row.state.wire(), state, "{died:?}");
        assert_eq!(shop.sent().len(), 0, "{died:?}");
        assert!(shop.told.borrow().contains(&"recovering 1".to_owned()), "{died:?}");
        // Ended, it can't be gone on with.
        let again = shop.apply(&filed).unwrap();
        assert_eq!(states(again.rows()), [state], "{died:?}");
        assert_eq!(shop.sent().len(), 0, "{died:?}");
    }
}

#[test]
fn recovery_waits_for_what_may_still_land() {
    let (shop, filed) = left(Died::Done);
    let sent = shop.place.clock.peek();
    shop.recovered().unwrap();
    assert!(shop.told.borrow().contains(&"waiting".to_owned()));
    assert!(shop.place.clock.peek() >= sent + Duration::from_secs(120));
    assert_eq!(step_of(&shop, &filed).state.wire(), "verified");
}

#[test]
fn recovery_that_is_stopped_or_can_not_ask_is_made_again() {
    let (shop, filed) = left(Died::Doubted);
    shop.books().down = 99;
    assert_eq!(shop.apply(&filed).unwrap_err().exit(), 6);
    assert_eq!(step_of(&shop, &filed).state.wire(), "in-doubt");
    shop.books().down = 0;
    shop.place.stop.ask();
    assert_eq!(shop.apply(&filed).unwrap_err().exit(), 143);
    assert_eq!(step_of(&shop, &filed).state.wire(), "in-doubt");
    shop.place.stop.forget();
    shop.recovered().unwrap();
    assert_eq!(step_of(&shop, &filed).state.wire(), "verified");
}

/// Rows that need a person block every apply until one decided.
#[test]
fn what_needs_a_person_blocks_until_one_decided() {
    for (resolution, state) in
        [(Resolution::Done, "done"), (Resolution::Redo, "redo"), (Resolution::Drop, "dropped")]
    {
        let (shop, filed) = left(Died::Person);
        let blocked = shop.apply(&filed).unwrap_err();
        assert!(matches!(blocked, AppError::Journal { .. }), "{blocked}");
        assert_eq!(blocked.exit(), 9);
        shop.drifted([8]);
        let blocked = shop.unattended(Cause::FieldDrift, false).unwrap_err();
        assert_eq!(blocked.exit(), 9);
        assert_eq!(shop.sent().len(), 0);
        // A run that only reports says so, and goes on.
        shop.recovered().unwrap();
        let action = step_of(&shop, &filed).action;
        let decide = |action: &str| {
            resolve(&shop.settings, action, resolution, ("looked", "bia"), shop.at(1))
        };
        assert_eq!(decide("nobody").unwrap_err().exit(), 2);
        assert_eq!(decide(&action).unwrap().unwrap().state.wire(), state);
        assert_eq!(decide(&action).unwrap_err().exit(), 2, "decided once");
        let applied = shop.unattended(Cause::FieldDrift, false).unwrap().applied.unwrap();
        assert_eq!(states(applied.rows()), ["verified", "verified"], "a new plan may go");
    }
}

#[test]
fn a_store_put_back_from_a_backup_sends_nothing_until_a_person_looked() {
    let (shop, filed) = left(Died::Planned);
    let copy = shop.folder().join("backup");
    backup(&shop.settings, &copy, false).unwrap();
    restore(&shop.settings, &copy, true).unwrap();
    let blocked = shop.apply(&filed).unwrap_err();
    assert_eq!(blocked.exit(), 9, "{blocked}");
    assert_eq!(shop.sent().len(), 0);
    let by_bia = |resolution| {
        resolve(&shop.settings, "restored", resolution, ("both looked at", "bia"), shop.at(2))
    };
    assert_eq!(by_bia(Resolution::Redo).unwrap_err().exit(), 2);
    assert_eq!(shop.apply(&filed).unwrap_err().exit(), 9, "nothing was said");
    assert!(by_bia(Resolution::Done).unwrap().is_none());
    let notes = shop.store().notes(RESTORED_KEY).unwrap();
    assert_eq!((notes[0].text.as_str(), notes[0].actor.as_str()), ("both looked at", "bia"));
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(states(applied.rows()), ["verified"]);
}
