//! A run is undone by a new plan, last change first; what somebody changed since stays.

use super::shop::{Shop, states, wrong_mac};
use crate::app::plan::{Filed, PlanDocument, decode, encode};
use crate::engine::plan::Why;
use crate::engine::{Cause, Fix};

type Tables = (Vec<(String, super::books::Row)>, Vec<(String, super::books::Row)>);

fn tables(shop: &Shop) -> Tables {
    let books = shop.books();
    let all = |rows: &std::collections::BTreeMap<String, super::books::Row>| {
        rows.iter().map(|(id, row)| (id.clone(), row.clone())).collect()
    };
    (all(&books.entries), all(&books.logins))
}

type Edit = fn(&mut PlanDocument);

#[test]
fn there_and_back_leaves_everything_as_it_was() {
    let shop = Shop::new();
    shop.drifted([3, 4]).purged([61]).swapped(62);
    for (cause, fix, steps, undone) in [
        (Cause::FieldDrift, None, 2, 2),
        // The entry's link, then the login's serial and MAC, in one row.
        (Cause::PendingPurge, Some(Fix::RemoveInProvider), 2, 2),
        // A session that was ended stays ended.
        (Cause::SwappedDevice, None, 4, 3),
    ] {
        let before = tables(&shop);
        let filed = shop.filed(&shop.planned(cause, fix));
        let applied = shop.apply(&filed).unwrap();
        assert_eq!(states(applied.rows()), vec!["verified"; steps], "{cause:?}");
        assert_ne!(tables(&shop), before);
        let undo = shop.undo(&applied.run_id).unwrap();
        assert!(undo.undoes);
        let keys = |filed: &Filed| -> Vec<String> {
            filed.plan.sent().filter_map(|s| Some(s.send.as_ref()?.key.clone())).collect()
        };
        let mut back = keys(&filed);
        back.truncate(undone);
        back.reverse();
        assert_eq!(keys(&undo), back, "{cause:?}: last change first");
        let applied = shop.apply(&undo).unwrap();
        assert_eq!(states(applied.rows()), vec!["verified"; undone], "{cause:?}");
        assert_eq!(applied.exit(), 0);
        let mut now = tables(&shop);
        if cause == Cause::SwappedDevice {
            for (id, login) in &mut now.1 {
                if id == "62" {
                    login.insert("online".to_owned(), "yes".to_owned());
                }
            }
        }
        assert_eq!(now, before, "{cause:?}");
        let after = applied.after.unwrap();
        assert_eq!(after.found(), after.predicted, "{cause:?}");
        shop.later(1);
    }
}

#[test]
fn what_can_not_be_undone_is_said() {
    let shop = Shop::new();
    shop.swapped(62);
    let filed = shop.filed(&shop.planned(Cause::SwappedDevice, None));
    let applied = shop.apply(&filed).unwrap();
    let (plan, _) = shop.undone(&applied.run_id).unwrap();
    let why: Vec<_> = plan.skipped.iter().map(|s| s.why.clone()).collect();
    assert_eq!(why, [Why::CantBeUndone]);
    assert_eq!(shop.undo("nobody").unwrap_err().exit(), 3);
}

#[test]
fn what_somebody_changed_since_is_not_undone() {
    let shop = Shop::new();
    shop.drifted([3, 4]);
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    let applied = shop.apply(&filed).unwrap();
    let undo = shop.undo(&applied.run_id).unwrap();
    let theirs = "00:25:9E:BB:BB:BB".to_owned();
    shop.books().entries.get_mut("3").unwrap().insert("mac".to_owned(), theirs.clone());
    // And this one was put back by hand.
    shop.books().entries.get_mut("4").unwrap().insert("mac".to_owned(), wrong_mac(4));
    shop.sent();
    let applied = shop.apply(&undo).unwrap();
    let mut ends = states(applied.rows());
    ends.sort_unstable();
    assert_eq!(ends, ["noop", "superseded"]);
    assert_eq!((shop.mac_of(3), shop.sent().len()), (theirs, 0));
}

/// An undoing is made again from the journal before it is sent, and compared.
#[test]
fn an_undoing_that_was_edited_is_refused() {
    let shop = Shop::new();
    shop.drifted([3, 4]);
    let filed = shop.filed(&shop.planned(Cause::FieldDrift, None));
    let run = shop.apply(&filed).unwrap().run_id;
    let edits: [(&str, Edit); 5] = [
        ("a step less", |plan| drop(plan.steps.pop())),
        ("another value", |plan| {
            let call = plan.steps[0].call.as_mut().unwrap();
            call.body.insert("mac".to_owned(), "00:25:9E:CC:CC:CC".to_owned());
        }),
        ("without its condition", |plan| plan.steps[0].expect.in_force = None),
        ("for longer", |plan| plan.expires = "2027-01-01T00:00:00Z".to_owned()),
        ("of another run", |plan| plan.parent = "nobody".to_owned()),
    ];
    for (what, edit) in edits {
        let (_, mut document) = shop.undone(&run).unwrap();
        edit(&mut document);
        document.sha256 = encode::sha256(&document);
        let error = shop.apply(&decode::plan(&document).unwrap()).unwrap_err();
        assert!([3, 5].contains(&error.exit()), "{what}: {error}");
    }
    assert_eq!(shop.sent().len(), 2);
}
