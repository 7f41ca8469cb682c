//! `--reconcile --apply`: no person looks, so little is done, and what is done is sure.

use super::books::Reply as R;
use super::shop::{Shop, states};
use crate::app::apply::Unattended;
use crate::domain::Side;
use crate::engine::Cause;
use crate::engine::guard::{Guard, Verdict};
use crate::engine::plan::Why;

fn removing() -> Shop {
    Shop::with("[guard]\nremovals = true\nremovals_percent = 10\n")
}

fn refused(unattended: &Unattended) -> Vec<Guard> {
    match &unattended.planned.verdict {
        Verdict::Refuse(reasons) => reasons.iter().map(|r| r.guard).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_reads_plans_sends_and_reads_again() {
    let shop = Shop::new();
    shop.drifted([3]);
    let ran = shop.unattended(Cause::FieldDrift, false).unwrap();
    let applied = ran.applied.unwrap();
    assert_eq!((states(applied.rows()), applied.exit()), (vec!["verified"], 0));
    assert_eq!(applied.after.unwrap().fixed.len(), 1);
    // Nothing is left to do.
    let ran = shop.unattended(Cause::FieldDrift, false).unwrap();
    assert!(ran.applied.is_none());
    assert_eq!(shop.sent().len(), 1);
}

#[test]
fn a_dry_run_sends_nothing_and_takes_no_lock() {
    let shop = Shop::new();
    shop.drifted([3]);
    let store = shop.store();
    let lock = store.lock_for_apply().unwrap().unwrap();
    let ran = shop.unattended(Cause::FieldDrift, true).unwrap();
    assert_eq!(ran.planned.plan.steps.len(), 1);
    assert!(ran.applied.is_none());
    let error = shop.unattended(Cause::FieldDrift, false).unwrap_err();
    assert_eq!(error.exit(), 8, "{error}");
    drop(lock);
    assert_eq!(shop.sent().len(), 0);
    assert_eq!(shop.unattended(Cause::FieldDrift, false).unwrap().applied.unwrap().exit(), 0);
}

#[test]
fn more_than_its_share_is_refused_whole() {
    let shop = Shop::new();
    shop.drifted(1..=4);
    let ran = shop.unattended(Cause::FieldDrift, false).unwrap();
    assert_eq!(refused(&ran), [Guard::Changes]);
    assert_eq!(ran.applied.unwrap().exit(), 5);
    assert_eq!(shop.sent().len(), 0);
}

/// Off as shipped; and only of what two lists hours apart lack.
#[test]
fn removals_have_to_be_enabled_and_the_absence_to_last() {
    let shop = Shop::new();
    shop.purged([61]);
    let ran = shop.unattended(Cause::PendingPurge, false).unwrap();
    assert!(refused(&ran).contains(&Guard::RemovalsOff));

    let shop = removing();
    shop.purged([61]);
    let ran = shop.unattended(Cause::PendingPurge, false).unwrap();
    assert_eq!(refused(&ran), [Guard::Absence]);
    shop.later(5 * 60 + 59);
    assert_eq!(refused(&shop.unattended(Cause::PendingPurge, false).unwrap()), [Guard::Absence]);
    shop.later(1);
    let ran = shop.unattended(Cause::PendingPurge, false).unwrap();
    let applied = ran.applied.unwrap();
    assert_eq!((states(applied.rows()), applied.exit()), (vec!["verified"], 0));
    assert_eq!(shop.sent(), ["provider"]);
    let after = applied.after.unwrap();
    assert_eq!((after.found(), after.predicted), ((60, 60), (60, 60)));
    assert_eq!((after.fixed.len(), after.left.len()), (1, 0));
    let since = shop.at(0);
    assert_eq!(shop.store().removals_since(Side::Provider, since).unwrap(), 1);
}

#[test]
fn somebody_online_is_not_removed() {
    let shop = removing();
    shop.purged([61]);
    shop.unattended(Cause::PendingPurge, true).unwrap();
    shop.later(7 * 60);
    shop.books().logins.get_mut("61").unwrap().insert("online".to_owned(), "yes".to_owned());
    let ran = shop.unattended(Cause::PendingPurge, false).unwrap();
    assert_eq!(refused(&ran), [Guard::LifeSign]);
    assert_eq!(shop.sent().len(), 0);
}

/// A swap agrees in the login alone: it is for a person.
#[test]
fn what_needs_a_person_is_skipped() {
    let shop = Shop::new();
    shop.swapped(61);
    let ran = shop.unattended(Cause::SwappedDevice, false).unwrap();
    let why: Vec<_> = ran.planned.plan.skipped.iter().map(|s| s.why.clone()).collect();
    assert_eq!(why, [Why::NeedsAPerson("a swap agrees in the login alone")]);
    assert!(ran.applied.is_none());
}

#[test]
fn what_is_in_doubt_ends_the_run_with_nine() {
    let shop = Shop::new();
    shop.drifted([3]).script("entry:3", &[R::Vandal]);
    let applied = shop.unattended(Cause::FieldDrift, false).unwrap().applied.unwrap();
    assert_eq!(applied.exit(), 9);
    assert_eq!(shop.unattended(Cause::FieldDrift, false).unwrap_err().exit(), 9);
}
