//! What is not sent at all: edited plans, old ones, those that guards or persons did not pass.

use super::shop::{Shop, document, filed, states};
use crate::app::apply::{Applied, Went};
use crate::app::plan::Planned;
use crate::app::plan::document::{PlanChange, PlanDocument};
use crate::app::plan::encode;
use crate::config::Settings;
use crate::domain::Side;
use crate::engine::guard::Guard;
use crate::engine::{Cause, Fix};

fn drifting() -> (Shop, Planned) {
    let shop = Shop::new();
    shop.drifted([3, 4]);
    let planned = shop.planned(Cause::FieldDrift, None);
    (shop, planned)
}

fn guards(applied: &Applied) -> Vec<Guard> {
    match &applied.went {
        Went::Refused(verdict) | Went::Unconfirmed(verdict) => {
            verdict.reasons().iter().map(|r| r.guard).collect()
        }
        Went::Sent { rows, .. } => panic!("it was sent: {rows:?}"),
    }
}

type Edit = fn(&mut PlanDocument);

fn cells(plan: &mut PlanDocument, value: &str) {
    let Some(PlanChange::ProviderSet { cells, .. }) = &mut plan.steps[0].change else { panic!() };
    cells.insert("mac".to_owned(), value.to_owned());
}

fn entry(plan: &mut PlanDocument, id: &str) {
    let Some(PlanChange::ProviderSet { entry, .. }) = &mut plan.steps[0].change else { panic!() };
    *entry = Some(id.to_owned());
}

/// Whoever edits a plan makes its hash again: the findings of the run are what counts.
#[test]
fn an_edited_plan_is_refused_whatever_its_hash_says() {
    let (shop, planned) = drifting();
    let edits: [(&str, Edit); 14] = [
        ("another value", |plan| cells(plan, "00:25:9E:CC:CC:CC")),
        ("another entry", |plan| entry(plan, "9")),
        ("an entry of another step", |plan| entry(plan, "4")),
        ("another call", |plan| {
            plan.steps[0].call.as_mut().unwrap().path = "/entry:9".to_owned();
        }),
        ("another body", |plan| {
            let call = plan.steps[0].call.as_mut().unwrap();
            call.body.insert("note".to_owned(), "x".to_owned());
        }),
        ("another key", |plan| plan.steps[0].key = Some("entry:9".to_owned())),
        ("undone otherwise", |plan| {
            plan.steps[0].undo = crate::app::plan::document::PlanUndo::Yes;
        }),
        ("another fix", |plan| plan.steps[0].fix = "link-login".to_owned()),
        ("another cause", |plan| plan.steps[0].cause = "duplicate".to_owned()),
        ("another finding", |plan| plan.steps[0].because = plan.steps[1].because.clone()),
        ("no look first", |plan| plan.steps[0].expect.provider.clear()),
        ("another profile", |plan| plan.profile = "other".to_owned()),
        ("for longer", |plan| plan.expires = "2027-01-01T00:00:00Z".to_owned()),
        ("of an unknown run", |plan| plan.parent = "nobody".to_owned()),
    ];
    for (what, edit) in edits {
        let mut plan = document(&planned);
        edit(&mut plan);
        plan.sha256 = encode::sha256(&plan);
        let error = shop.apply(&filed(&plan)).unwrap_err();
        assert_eq!(error.exit(), 5, "{what}: {error}");
        assert!(shop.store().steps_of(&planned.plan.id).unwrap().is_empty(), "{what}");
    }
    assert_eq!(shop.sent().len(), 0);
    assert_eq!(shop.apply(&shop.filed(&planned)).unwrap().exit(), 0, "as it was, it may go");
}

#[test]
fn a_plan_whose_time_is_over_is_refused() {
    let (shop, planned) = drifting();
    shop.later(60);
    let applied = shop.apply(&shop.filed(&planned)).unwrap();
    assert_eq!((guards(&applied), applied.exit()), (vec![Guard::Expired], 5));
    let shop = Shop::new();
    shop.purged([61]);
    let planned = shop.planned(Cause::PendingPurge, Some(Fix::RemoveInProvider));
    shop.later(15);
    let applied = shop.apply(&shop.filed(&planned)).unwrap();
    assert_eq!(guards(&applied), [Guard::Expired]);
    assert_eq!(shop.sent().len(), 0);
}

#[test]
fn a_plan_of_before_the_newest_run_is_refused() {
    let (shop, planned) = drifting();
    shop.later(1);
    shop.planned(Cause::FieldDrift, None);
    let applied = shop.apply(&shop.filed(&planned)).unwrap();
    assert_eq!((guards(&applied), applied.exit()), (vec![Guard::NewerRun], 5));
    assert_eq!(shop.sent().len(), 0);
}

#[test]
fn a_read_only_profile_and_the_hour_of_the_systems_send_nothing() {
    let (shop, planned) = drifting();
    let filed = shop.filed(&planned);
    let read_only = Settings { read_only: true, ..shop.settings.clone() };
    let applied = shop.applied_by(&read_only, &filed).unwrap();
    assert_eq!((guards(&applied), applied.exit()), (vec![Guard::ReadOnly], 5));
    let shop = Shop::with("[guard]\nsync_window = \"11:00-13:00\"\n");
    shop.drifted([3]);
    let applied = shop.apply(&shop.filed(&shop.planned(Cause::FieldDrift, None))).unwrap();
    assert_eq!((guards(&applied), applied.exit()), (vec![Guard::SyncWindow], 5));
    assert_eq!(shop.sent().len(), 0);
}

#[test]
fn another_apply_keeps_this_one_out() {
    let (shop, planned) = drifting();
    let store = shop.store();
    let lock = store.lock_for_apply().unwrap().unwrap();
    let error = shop.apply(&shop.filed(&planned)).unwrap_err();
    assert_eq!(error.exit(), 8, "{error}");
    drop(lock);
    assert_eq!(shop.apply(&shop.filed(&planned)).unwrap().exit(), 0);
}

#[test]
fn what_a_guard_asks_a_person_for_has_to_be_given() {
    let shop = Shop::new();
    shop.purged([61, 62]);
    let remove = Some(Fix::RemoveInProvider);
    let filed = shop.filed(&shop.planned(Cause::PendingPurge, remove));
    // Two of 62 are more than 2 %: a second person, and the count.
    for (typed, approver) in
        [(None, None), (Some(2), None), (None, Some("bia")), (Some(3), Some("bia"))]
    {
        let order =
            crate::app::apply::Order { approver: approver.map(str::to_owned), ..shop.order(typed) };
        let applied = shop.applied(&filed, &order).unwrap();
        assert!(matches!(applied.went, Went::Unconfirmed(_)), "{typed:?} {approver:?}");
        assert_eq!(applied.exit(), 5);
    }
    assert_eq!(shop.sent().len(), 0);
    let order =
        crate::app::apply::Order { approver: Some("bia".to_owned()), ..shop.order(Some(2)) };
    let applied = shop.applied(&filed, &order).unwrap();
    assert_eq!((states(applied.rows()), applied.exit()), (vec!["verified"; 4], 0));
    assert!(applied.rows().iter().all(|row| row.approver.as_deref() == Some("bia")));
}

#[test]
fn a_synchronisation_is_a_plan_of_one_step_and_counted() {
    let shop = Shop::new();
    shop.purged([61]);
    let filed = shop.filed(&shop.synchronisation(Side::Provider));
    assert_eq!(filed.plan.steps[0].removes, 1);
    let applied = shop.applied(&filed, &shop.order(None)).unwrap();
    assert_eq!(guards(&applied), [Guard::Removals]);
    let applied = shop.applied(&filed, &shop.order(Some(1))).unwrap();
    assert_eq!((states(applied.rows()), applied.exit()), (vec!["verified"], 0));
    assert!(applied.rows()[0].note.contains("shows nothing more"));
    assert_eq!(shop.books().entries.len(), 60);
    shop.later(1);
    let filed = shop.filed(&shop.synchronisation(Side::Acs));
    let applied = shop.applied(&filed, &shop.order(None)).unwrap();
    assert_eq!((states(applied.rows()), applied.exit()), (vec!["verified"], 0));
    assert_eq!(shop.sent(), ["provider", "acs"]);
}

/// What was still in the ACS when it was counted, and left since, is no more than was shown.
#[test]
fn a_synchronisation_that_would_drop_more_than_was_counted_is_not_sent() {
    let shop = Shop::new();
    shop.purged([61]);
    let filed = shop.filed(&shop.synchronisation(Side::Provider));
    shop.books().devices.remove("a7");
    let applied = shop.applied(&filed, &shop.order(Some(1))).unwrap();
    assert_eq!(states(applied.rows()), ["superseded"]);
    assert!(applied.rows()[0].note.contains("left the ACS"), "{:?}", applied.rows());
    assert_eq!((shop.sent().len(), shop.books().entries.len()), (0, 61));
}

/// What a plan removed before it was cut short counts once, and no more than that.
#[test]
fn going_on_counts_what_was_removed_once() {
    for (budget, goes) in [(3, true), (2, false)] {
        let shop = Shop::with(&format!(
            "[guard.interactive]\nremovals_percent = 10\ndaily_removals = {budget}\n"
        ));
        let remove = Some(Fix::RemoveInProvider);
        // One is removed by an earlier plan.
        shop.purged([61]);
        let applied = shop.apply(&shop.filed(&shop.planned(Cause::PendingPurge, remove))).unwrap();
        assert_eq!(applied.exit(), 0);
        shop.later(1);
        // Then two by a plan that is stopped after nothing, or after the first.
        shop.purged([62, 63]);
        let filed = shop.filed(&shop.planned(Cause::PendingPurge, remove));
        shop.sent();
        if goes {
            let first = filed.plan.steps[0].send.as_ref().unwrap().key.clone();
            shop.books().stops.push(first);
            assert_eq!(shop.apply(&filed).unwrap().exit(), 143);
            shop.place.stop.forget();
            let applied = shop.apply(&filed).unwrap();
            assert_eq!((states(applied.rows()), applied.exit()), (vec!["verified"; 4], 0));
        } else {
            let applied = shop.apply(&filed).unwrap();
            assert_eq!(guards(&applied), [Guard::DailyRemovals]);
        }
    }
    // Begun and stopped before it removed anything: its own share is not taken off the others'.
    let shop = Shop::with("[guard.interactive]\nremovals_percent = 10\ndaily_removals = 3\n");
    shop.drifted([5]).purged([61, 62, 63]);
    let remove = Some(Fix::RemoveInProvider);
    let filed = shop.filed(&shop.planned(Cause::PendingPurge, remove));
    shop.begun(&filed);
    shop.removed_by_another(&filed);
    let applied = shop.apply(&filed).unwrap();
    assert_eq!(guards(&applied), [Guard::DailyRemovals], "1 of another and 3 of its own");
}
