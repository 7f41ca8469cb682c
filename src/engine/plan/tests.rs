//! The planner's choices, and the checker against every edit of a plan.

use super::*;
use crate::domain::{AcsChange, Cell, ProviderChange, RecordKey};
use crate::engine::finding::{Field, FieldDrift, Finding, Ignored, Related};
use crate::engine::testing::{at, candidate, device, entry, finding, head, send, u};
use crate::engine::{Between, Projected};
use jiff::SignedDuration;

/// Everything can be sent but to the sides named; an ONU's row is one request a change.
struct Can {
    acs: bool,
    provider: bool,
}

impl Abilities for Can {
    fn propose(&self, change: &Change, _: &Record) -> Result<Vec<Send>, String> {
        let may = match change.side() {
            Side::Acs => self.acs,
            Side::Provider => self.provider,
        };
        let key = match change {
            Change::Provider(ProviderChange::Set { row, .. }) => format!("{row:?}"),
            other @ (Change::Acs(_) | Change::Provider(_)) => format!("{other:?}"),
        };
        may.then(|| vec![Send { key, ..send(change.clone()) }]).ok_or("by hand".to_owned())
    }
}

const ALL: Can = Can { acs: true, provider: true };

fn with(fixes: &[Fix], finding: Finding) -> Finding {
    Finding { fixes: fixes.to_vec(), ..finding }
}

/// The device alone in the ACS, silent for two days.
fn unlinked(n: u32, candidates: Vec<crate::engine::Candidate>) -> Finding {
    let finding = finding(n, Cause::UnlinkedLogin, Some(device(n)), None);
    with(&[Fix::LinkLogin, Fix::Ignore], Finding { candidates, ..finding })
}

fn purged(n: u32) -> Finding {
    let fixes = [Fix::SynchroniseProvider, Fix::RemoveInProvider];
    with(&fixes, finding(n, Cause::PendingPurge, None, Some(entry(n))))
}

fn returned(n: u32) -> Finding {
    with(&[Fix::SendDevice, Fix::DeleteInAcs], finding(n, Cause::Returned, Some(device(n)), None))
}

fn mistyped(n: u32) -> Finding {
    let mut wrong = entry(n);
    wrong.serial = Some(u("HWTC0000FFFF"));
    let finding = finding(n, Cause::IdentityMismatch, Some(device(n)), Some(wrong));
    with(&[Fix::CorrectIdentity], finding)
}

fn swapped(n: u32) -> Finding {
    let mut old = entry(n);
    old.serial = Some(u("ZTEG0000AAAA"));
    old.mac = Some(u("00:25:9E:AA:AA:AA"));
    with(&[Fix::ReplaceIdentity], finding(n, Cause::SwappedDevice, Some(device(n)), Some(old)))
}

fn planned_by(
    findings: &[Finding],
    selection: &Selection,
    (can, whole): (&Can, bool),
) -> FixPlan {
    let between = Between { acs: 100, provider: 90, matched: 80, rows: Vec::new() };
    let wanted = Wanted {
        findings,
        between: &between,
        whole: whole.then_some(Whole(())),
        abilities: can,
        acs_at: at(0),
        absence: SignedDuration::from_hours(6),
    };
    plan(wanted, selection, head())
}

fn planned(findings: &[Finding], selection: &Selection) -> FixPlan {
    planned_by(findings, selection, (&ALL, true))
}

fn headless() -> Selection {
    Selection { headless: true, ..Selection::default() }
}

fn fixes(plan: &FixPlan) -> Vec<(Fix, bool)> {
    plan.steps.iter().map(|s| (s.fix, s.send.is_some())).collect()
}

fn whys(plan: &FixPlan) -> Vec<&Why> {
    plan.skipped.iter().map(|s| &s.why).collect()
}

#[test]
fn the_first_fix_that_can_be_sent_is_taken() {
    let none = Selection::default();
    for (finding, can, taken) in [
        (unlinked(1, vec![candidate("57", 2)]), ALL, vec![(Fix::LinkLogin, true)]),
        (returned(1), ALL, vec![(Fix::SendDevice, true)]),
        (mistyped(1), ALL, vec![(Fix::CorrectIdentity, true)]),
        (purged(1), ALL, vec![(Fix::SynchroniseProvider, true)]),
        (mistyped(1), Can { acs: true, provider: false }, vec![(Fix::CorrectIdentity, false)]),
        (returned(1), Can { acs: false, provider: true }, vec![(Fix::SendDevice, false)]),
        (swapped(1), ALL, vec![(Fix::ReplaceIdentity, true); 4]),
    ] {
        let plan = planned_by(std::slice::from_ref(&finding), &none, (&can, true));
        assert_eq!(fixes(&plan), taken, "{finding:?}");
    }
    let other = Selection { fix: Some(Fix::RemoveInProvider), ..none };
    let plan = planned(&[purged(1)], &other);
    assert_eq!(fixes(&plan), [(Fix::RemoveInProvider, true); 2]);
    assert_eq!((plan.steps[0].removes, plan.steps[1].removes), (1, 0), "one device, two rows");
    assert_eq!(plan.steps[1].follows, Some(1));
    let foreign = Selection { fix: Some(Fix::DeleteInAcs), ..Selection::default() };
    assert_eq!(whys(&planned(&[purged(1)], &foreign)), [&Why::NotOffered]);
}

#[test]
fn a_swap_writes_the_new_identity_and_frees_the_login() {
    let plan = planned(&[swapped(3)], &Selection::default());
    let changes: Vec<&Change> = plan.sent().map(|s| &s.send.as_ref().unwrap().change).collect();
    let serial = vec![(Cell::Serial, u("HWTC00000003"))];
    let set = |row, held_only| {
        Change::Provider(ProviderChange::Set { row, cells: serial.clone(), held_only })
    };
    let login_id = u("53");
    assert_eq!(
        changes,
        [
            &set(RecordKey::Entry(u("3")), false),
            &set(RecordKey::Login(login_id.clone()), true),
            &Change::Provider(ProviderChange::ClearMac { login_id: login_id.clone() }),
            &Change::Provider(ProviderChange::EndSession { login_id }),
        ]
    );
    let follows: Vec<Option<u32>> = plan.steps.iter().map(|s| s.follows).collect();
    assert_eq!(follows, [None, Some(1), Some(2), Some(3)]);
    let alone = planned(&[swapped(3)], &headless());
    assert!(matches!(whys(&alone)[..], [Why::NeedsAPerson(_)]), "{alone:?}");
    let old_pair = Finding {
        provider: Vec::new(),
        related: Some(Related { acs: Some(device(9)), provider: Some(entry(9)) }),
        ..swapped(3)
    };
    assert_eq!(planned(&[old_pair], &Selection::default()).steps.len(), 4);
}

#[test]
fn a_login_is_taken_by_itself_only_where_it_is_the_only_one_and_agrees() {
    let one = |n| vec![candidate("57", n)];
    let two = vec![candidate("57", 2), candidate("58", 2)];
    for (candidates, headless, chosen, taken) in [
        (one(2), true, None, true),
        (one(1), true, None, false),
        (one(1), false, None, true),
        (one(0), false, None, false),
        (two.clone(), false, None, false),
        (two.clone(), false, Some("58"), true),
        (two, false, Some("59"), false),
        (Vec::new(), false, None, false),
    ] {
        let candidate = chosen.map(str::to_owned);
        let selection = Selection { headless, candidate, ..Selection::default() };
        let plan = planned(&[unlinked(1, candidates)], &selection);
        assert_eq!(plan.steps.len(), usize::from(taken), "{plan:?}");
        assert_eq!(plan.skipped.len(), usize::from(!taken));
        assert_eq!(plan.projection.provider, 90 + u64::from(taken));
    }
}

#[test]
fn without_a_person_only_what_is_proven_silent_and_long_gone_is_removed() {
    let sure = returned(1);
    let inferred = Finding { strength: Strength::Inferred, ..returned(1) };
    let mut alive = returned(1);
    alive.acs[0].last_inform = Some(at(-60));
    let young = Finding { first_seen: at(-5 * 60), ..returned(1) };
    let delete = |headless| Selection {
        headless,
        fix: Some(Fix::DeleteInAcs),
        ..Selection::default()
    };
    for (finding, why) in [
        (sure, None),
        (inferred, Some(Why::OnlyInferred)),
        (alive, Some(Why::LifeSign)),
        (young, Some(Why::AbsentTooShortly)),
    ] {
        let plan = planned(std::slice::from_ref(&finding), &delete(true));
        assert_eq!(plan.skipped.first().map(|s| s.why.clone()), why);
        assert_eq!(planned(&[finding], &delete(false)).steps.len(), 1, "a person may");
    }
    let ignored = Ignored { reason: "bench".to_owned(), until: None };
    let ignored = Finding { ignored: Some(ignored), ..returned(1) };
    assert_eq!(whys(&planned(&[ignored], &delete(false))), [&Why::Ignored("bench".to_owned())]);
}

#[test]
fn a_side_that_was_not_read_whole_loses_nothing() {
    for (finding, fix) in [
        (purged(1), Fix::SynchroniseProvider),
        (purged(1), Fix::RemoveInProvider),
        (returned(1), Fix::DeleteInAcs),
    ] {
        let selection = Selection { fix: Some(fix), ..Selection::default() };
        let plan = planned_by(&[finding], &selection, (&ALL, false));
        assert!(plan.steps.is_empty());
        assert_eq!(whys(&plan), [&Why::NotWhole]);
    }
    let linked = [unlinked(1, vec![candidate("57", 2)])];
    assert_eq!(planned_by(&linked, &Selection::default(), (&ALL, false)).steps.len(), 1);
}

#[test]
fn one_synchronisation_ends_everything_that_it_drops_chosen_or_not() {
    let unsure = Finding { strength: Strength::Inferred, ..purged(3) };
    let findings = [purged(1), purged(2), unsure];
    let chosen = Selection { ids: vec![findings[0].id.clone()], ..Selection::default() };
    let plan = planned(&findings, &chosen);
    let [step] = &plan.steps[..] else { panic!("{plan:?}") };
    assert_eq!((step.removes, step.strength, step.effect), (3, Strength::Inferred, (0, -3)));
    assert_eq!(step.also, [findings[1].id.clone(), findings[2].id.clone()]);
    assert_eq!(plan.projection.provider, 87);
    assert_eq!(plan.projection.step, Projected::Plan);
    assert_eq!(plan.expires, at(1) + SignedDuration::from_mins(15), "it removes");
}

#[test]
fn one_record_is_changed_for_one_finding() {
    let twice = Finding { id: "f-other".to_owned(), ..mistyped(1) };
    let plan = planned(&[mistyped(1), twice], &Selection::default());
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(whys(&plan), [&Why::RecordTaken]);
    assert_eq!(plan.expires, at(1) + SignedDuration::from_mins(60));
}

#[test]
fn a_login_that_drifted_is_never_renamed() {
    let drift = |field, acs: &str| FieldDrift { field, acs: u(acs), provider: u("x") };
    let of = |fields| {
        let finding = finding(1, Cause::FieldDrift, Some(device(1)), Some(entry(1)));
        with(&[Fix::UpdateProvider], Finding { fields, ..finding })
    };
    let plan = planned(&[of(vec![drift(Field::Login, "ana")])], &Selection::default());
    assert!(matches!(whys(&plan)[..], [Why::NeedsAPerson(_)]));
    let both = vec![drift(Field::Login, "ana"), drift(Field::Model, "HG8")];
    let plan = planned(&[of(both)], &Selection::default());
    let Change::Provider(ProviderChange::Set { cells, .. }) =
        &plan.steps[0].send.as_ref().unwrap().change
    else {
        panic!("{plan:?}")
    };
    assert_eq!(cells, &[(Cell::Model, u("HG8"))]);
}

fn world() -> Vec<Finding> {
    vec![
        unlinked(1, vec![candidate("57", 2)]),
        mistyped(2),
        swapped(3),
        returned(4),
        purged(5),
    ]
}

fn remove() -> Selection {
    Selection { fix: Some(Fix::RemoveInProvider), ..Selection::default() }
}

#[test]
fn the_checker_takes_what_the_planner_makes() {
    let findings = world();
    for selection in [Selection::default(), remove()] {
        for can in [ALL, Can { acs: false, provider: true }, Can { acs: false, provider: false }] {
            let plan = planned_by(&findings, &selection, (&can, true));
            assert_eq!(check(&plan, &findings, Some(Whole(()))), [], "{plan:?}");
        }
    }
}

type Edit = fn(&mut Step);

#[test]
fn the_checker_meets_every_edit() {
    let findings = world();
    let edits: [(usize, Edit); 12] = [
        (0, |s| s.seq = 9),
        (0, |s| s.because = "f-none".to_owned()),
        (0, |s| s.cause = Cause::Returned),
        (0, |s| s.fix = Fix::CorrectIdentity),
        (0, |s| s.side = Side::Acs),
        (0, |s| s.removal = true),
        (0, |s| to(s, RecordKey::Login(u("99")), vec![(Cell::Serial, u("HWTC00000001"))])),
        (0, |s| to(s, RecordKey::Login(u("57")), vec![(Cell::Serial, u("HWTC00000009"))])),
        (0, |s| to(s, RecordKey::Login(u("57")), vec![(Cell::Serial, u(""))])),
        (0, |s| s.also.push("f-none".to_owned())),
        (3, |s| s.follows = Some(1)),
        (3, |s| s.follows = Some(40)),
    ];
    for (number, (at, edit)) in edits.into_iter().enumerate() {
        let mut plan = planned(&findings, &Selection::default());
        edit(&mut plan.steps[at]);
        let objections = check(&plan, &findings, Some(Whole(())));
        assert!(!objections.is_empty(), "edit {number}: {:?}", plan.steps[at]);
    }
    let unsure = [Finding { strength: Strength::Inferred, ..returned(4) }];
    let delete = Selection { fix: Some(Fix::DeleteInAcs), ..Selection::default() };
    let mut plan = planned(&unsure, &delete);
    plan.steps[0].strength = Strength::Proven;
    assert_eq!(check(&plan, &unsure, Some(Whole(()))).len(), 1, "surer than its finding");
}

fn to(step: &mut Step, row: RecordKey, cells: Vec<(Cell, Untrusted)>) {
    let change = Change::Provider(ProviderChange::Set { row, cells, held_only: false });
    step.send.as_mut().unwrap().change = change;
}

#[test]
fn the_checker_lets_nothing_be_removed_unseen() {
    let findings = [purged(5), returned(4)];
    let delete = Change::Acs(AcsChange::Delete { id: u("a4") });
    let plan = planned(&findings[..1], &remove());
    assert_eq!(check(&plan, &findings, None).len(), 2, "a side was not read whole");
    let mut blind = plan.clone();
    for step in &mut blind.steps {
        step.expect = Expect::default();
    }
    assert_eq!(check(&blind, &findings, Some(Whole(()))).len(), 2);
    let mut other = plan;
    other.steps[0].send.as_mut().unwrap().change = delete;
    assert!(!check(&other, &findings, Some(Whole(()))).is_empty());
    let ignored = Ignored { reason: "bench".to_owned(), until: None };
    let findings = [Finding { ignored: Some(ignored), ..purged(5) }];
    let plan = planned(&[purged(5)], &remove());
    assert_eq!(check(&plan, &findings, Some(Whole(()))).len(), 2);
}
