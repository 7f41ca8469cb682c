//! Many steps: the canary, what ends an apply, what follows what, and going on.

use super::books::Reply as R;
use super::shop::{Shop, document, filed, states};
use crate::app::apply::{Applied, Halt};
use crate::app::plan::Filed;
use crate::app::plan::encode::sha256;
use crate::engine::Cause;

/// So many steps, each of another record: those of entry 1, 2, 3, ….
fn many(n: u32) -> (Shop, Filed) {
    let shop = Shop::with("[guard.interactive]\nchanges_percent = 100\n");
    shop.drifted(1..=n);
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    // In the plan's order, whatever that is.
    assert_eq!(filed.plan.steps.len(), n as usize);
    (shop, filed)
}

/// The record that a step changes.
fn key(filed: &Filed, seq: usize) -> String {
    filed.plan.steps[seq - 1].send.as_ref().unwrap().key.clone()
}

fn counted(applied: &Applied) -> Vec<(&'static str, usize)> {
    let all = states(applied.rows());
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for state in all {
        match counted.last_mut() {
            Some((last, n)) if *last == state => *n += 1,
            _ => counted.push((state, 1)),
        }
    }
    counted
}

#[test]
fn five_then_25_then_the_rest() {
    let (shop, filed) = many(35);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(counted(&applied), [("verified", 35)]);
    let told = shop.told.borrow();
    let batches: Vec<_> = told.iter().filter(|word| word.starts_with("batch")).collect();
    assert_eq!(batches, ["batch 0+5", "batch 5+25", "batch 30+5"]);
    assert_eq!(applied.exit(), 0);
}

/// All of a batch is settled before the next begins.
#[test]
fn a_doubt_of_the_canary_is_settled_before_anything_else_is_sent() {
    let (shop, filed) = many(7);
    shop.script(&key(&filed, 2), &[R::Nothing]);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(counted(&applied), [("verified", 7)]);
    let order: Vec<_> = [1, 2, 3, 4, 5, 2, 6, 7].iter().map(|n| key(&filed, *n)).collect();
    assert_eq!(shop.sent(), order);
}

#[test]
fn a_failure_in_the_first_five_stops_it() {
    for failing in 1..=5 {
        let (shop, filed) = many(8);
        shop.script(&key(&filed, failing), &[R::Refused]);
        let applied = shop.apply(&filed).unwrap();
        assert!(matches!(applied.halted(), Some(Halt::Canary(seq)) if *seq as usize == failing));
        assert_eq!(shop.sent().len(), failing);
        let states = states(applied.rows());
        assert_eq!(states[failing - 1], "failed");
        assert!(states[failing..].iter().all(|state| *state == "superseded"), "{states:?}");
        assert_eq!(applied.exit(), 4);
    }
    let (shop, filed) = many(8);
    shop.script(&key(&filed, 6), &[R::Refused]);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(counted(&applied), [("verified", 5), ("failed", 1), ("verified", 2)]);
    assert!(applied.halted().is_none());
    assert_eq!(applied.exit(), 4);
}

#[test]
fn what_was_in_doubt_when_the_canary_failed_is_settled_still() {
    let (shop, filed) = many(8);
    shop.script(&key(&filed, 1), &[R::Lost]);
    shop.script(&key(&filed, 2), &[R::Nothing]);
    shop.script(&key(&filed, 3), &[R::Refused]);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(
        counted(&applied),
        [("verified", 1), ("superseded", 1), ("failed", 1), ("superseded", 5)]
    );
    assert_eq!(shop.sent().len(), 3);
    assert_eq!(applied.exit(), 4);
}

/// A row that changed beside what was written may be a sign that all would.
#[test]
fn a_step_that_needs_a_person_stops_it_at_once() {
    for odd in [2, 7] {
        for reply in [R::Vandal, R::Garbled] {
            let (shop, filed) = many(9);
            shop.script(&key(&filed, odd), &[reply]);
            let applied = shop.apply(&filed).unwrap();
            let halted = applied.halted();
            assert!(matches!(halted, Some(Halt::NeedsHuman(seq)) if *seq as usize == odd));
            let states = states(applied.rows());
            assert_eq!(states[odd - 1], "needs-human");
            assert_eq!(applied.exit(), 9);
            if reply == R::Vandal {
                assert_eq!(shop.sent().len(), odd, "nothing was sent after it");
                assert!(states[odd..].iter().all(|state| *state == "superseded"));
            }
            assert_eq!(
                states[8],
                if reply == R::Vandal || odd == 2 { "superseded" } else { "verified" }
            );
        }
    }
}

#[test]
fn what_follows_a_step_waits_for_it_and_ends_with_it() {
    let three = || {
        let shop = Shop::new();
        shop.swapped(61).swapped(62).swapped(63);
        let filed = shop.filed(&shop.planned(Cause::SwappedDevice, None));
        assert_eq!(filed.plan.steps.len(), 12);
        let follows: Vec<_> = filed.plan.steps[..4].iter().map(|s| s.follows).collect();
        assert_eq!(follows, [None, Some(1), Some(2), Some(3)]);
        (shop, filed)
    };
    let (shop, filed) = three();
    shop.script(&key(&filed, 1), &[R::Nothing]);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(counted(&applied), [("verified", 12)], "{:?}", shop.told.borrow());
    let sent = shop.sent();
    // The first is sent twice; the login behind it is only touched after that.
    let entry = key(&filed, 1);
    let login = key(&filed, 2);
    let last = sent.iter().rposition(|key| *key == entry).unwrap();
    assert!(sent.iter().position(|key| *key == login).unwrap() > last, "{sent:?}");
    assert_eq!(sent.len(), 13);

    let (shop, filed) = three();
    shop.script(&key(&filed, 9), &[R::Refused]);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(counted(&applied), [("verified", 8), ("failed", 1), ("superseded", 3)]);
    assert!(applied.halted().is_none());
    assert!(!shop.sent().contains(&key(&filed, 10)));
    assert!(applied.rows()[9].note.contains("the step before it"));
}

/// Found right already is as good as done, for what follows.
#[test]
fn what_follows_something_that_was_so_already_goes_on() {
    let shop = Shop::new();
    shop.swapped(61);
    let filed = shop.filed(&shop.planned(Cause::SwappedDevice, None));
    let serial = shop.books().devices["a61"].serial.clone().unwrap();
    let mut books = shop.books();
    let entry = books.entries.get_mut("61").unwrap();
    entry.insert("serial".to_owned(), serial.raw().to_owned());
    drop(books);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(states(applied.rows()), ["noop", "verified", "verified", "verified"]);
}

#[test]
fn the_plans_end_and_the_systems_own_hour_are_looked_at_before_each_step() {
    let (shop, filed) = many(4);
    shop.books().passes.insert(key(&filed, 2), 61);
    let applied = shop.apply(&filed).unwrap();
    assert!(matches!(applied.halted(), Some(Halt::Expired)));
    assert_eq!(counted(&applied), [("verified", 2), ("superseded", 2)]);
    assert_eq!((shop.sent().len(), applied.exit()), (2, 4));

    let shop = Shop::with("[guard]\nsync_window = \"12:10-12:40\"\n");
    shop.drifted(1..=4);
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    shop.books().passes.insert(key(&filed, 2), 15);
    let applied = shop.apply(&filed).unwrap();
    assert!(matches!(applied.halted(), Some(Halt::SyncWindow)), "{:?}", applied.halted());
    assert_eq!(counted(&applied), [("verified", 2), ("intent", 2)]);
    assert_eq!((shop.sent().len(), applied.exit()), (2, 5));
}

#[test]
fn a_signal_ends_it_between_steps_and_the_same_plan_goes_on() {
    let (shop, filed) = many(8);
    shop.books().stops.push(key(&filed, 3));
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(counted(&applied), [("verified", 3), ("intent", 5)]);
    assert_eq!(applied.exit(), 143);
    assert!(applied.after.is_none(), "nothing is read again after a signal");
    assert_eq!(shop.sent().len(), 3);

    shop.place.stop.forget();
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(counted(&applied), [("verified", 8)]);
    assert_eq!(applied.exit(), 0);
    let rest: Vec<_> = (4..=8).map(|n| key(&filed, n)).collect();
    assert_eq!(shop.sent(), rest, "what was done is not sent again");
    // Both runs are of the plan.
    assert_eq!(shop.store().plan_applied(&filed.plan.id).unwrap().unwrap().runs.len(), 2);
}

/// Another file under the same plan's id is another plan.
#[test]
fn a_begun_plan_is_gone_on_with_as_it_was_or_not_at_all() {
    let shop = Shop::new();
    shop.drifted(1..=4);
    let planned = shop.planned(Cause::FieldDrift, None);
    let first = shop.filed(&planned);
    shop.books().stops.push(key(&first, 2));
    assert_eq!(shop.apply(&first).unwrap().exit(), 143);
    shop.place.stop.forget();
    let mut other = document(&planned);
    other.steps.pop();
    other.sha256 = sha256(&other);
    let error = shop.apply(&filed(&other)).unwrap_err();
    assert_eq!(error.exit(), 5, "{error}");
    assert_eq!(shop.sent().len(), 2);
}
