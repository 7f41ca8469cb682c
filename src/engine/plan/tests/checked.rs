//! The checker takes every plan of the planner, and objects to each single edit of one.

use super::*;
use crate::domain::{Cell, Macs, Side};
use crate::engine::plan::{BY_REQUEST, check, synchronisation};
use crate::engine::{Cause, Ignored, Strength};

fn objections(plan: &FixPlan, findings: &[Finding]) -> Vec<&'static str> {
    check(plan, findings, Some(whole())).iter().map(|o| o.why).collect()
}

/// Plans of every cause with each of its fixes, and both synchronisations.
fn plans(findings: &[Finding]) -> Vec<FixPlan> {
    let able = Able::default();
    let by_hand = Able { unable: vec!["set", "send"], ..Able::default() };
    let mut plans = vec![
        made(findings, &able, &any()),
        made(findings, &able, &headless()),
        made(findings, &by_hand, &any()),
    ];
    plans.extend(Fix::ALL.iter().map(|fix| made(findings, &able, &by(*fix))));
    for side in [Side::Acs, Side::Provider] {
        plans.push(synchronisation(wanted(findings, &able), side, head()));
    }
    plans
}

#[test]
fn it_takes_what_the_planner_makes() {
    let mut findings = one_of_each();
    let mut old_there = of(C::SwappedDevice, 30);
    let record = old_there.provider.pop();
    let related = crate::engine::Related { acs: None, provider: record };
    old_there.related = Some(Box::new(related));
    let mut linked = of(C::UnlinkedLogin, 31);
    linked.provider =
        vec![ProviderRecord { login_id: None, login: None, linked: Some(false), ..entry(31) }];
    let mut nameless = of(C::Returned, 32);
    (nameless.acs[0].serial, nameless.acs[0].macs) = (None, Macs::new());
    let mut unsure = of(C::RemovedUnknown, 33);
    unsure.strength = Strength::Inferred;
    findings.extend([old_there, linked, nameless, unsure]);
    let mut steps = 0;
    for plan in plans(&findings) {
        assert_eq!(objections(&plan, &findings), [""; 0], "{:?}", lines(&plan));
        steps += plan.steps.len();
    }
    assert!(steps > 30, "{steps}");
}

type Edit = fn(&mut FixPlan);

fn change(plan: &mut FixPlan) -> &mut Change {
    &mut plan.steps[0].send.as_mut().unwrap().change
}

fn cells(plan: &mut FixPlan) -> &mut Vec<(Cell, crate::domain::Untrusted)> {
    let Change::Provider(ProviderChange::Set { cells, .. }) = change(plan) else { panic!() };
    cells
}

fn row(plan: &mut FixPlan) -> &mut RecordKey {
    let Change::Provider(ProviderChange::Set { row, .. }) = change(plan) else { panic!() };
    row
}

/// Over a plan of these findings, with this fix, each edit is objected to, in these words.
fn objected(findings: &[Finding], fix: Fix, edits: &[(&str, Edit)]) {
    let able = Able::default();
    let first = Selection { ids: vec![findings[0].id.clone()], ..by(fix) };
    let plan = made(findings, &able, &first);
    assert!(plan.sent().next().is_some(), "{fix:?}");
    assert_eq!(objections(&plan, findings), [""; 0]);
    for (words, edit) in edits {
        let mut edited = plan.clone();
        edit(&mut edited);
        assert_ne!(edited, plan, "{words}");
        let said = objections(&edited, findings);
        assert!(said.iter().any(|why| why.contains(words)), "{said:?}, not {words}");
    }
}

#[test]
fn a_write_is_of_its_findings_record_and_values() {
    let findings = [of(C::FieldDrift, 1), of(C::FieldDrift, 2)];
    objected(
        &findings,
        Fix::UpdateProvider,
        &[
            ("a record that is not its finding's", |p| *row(p) = RecordKey::Entry(u("2"))),
            ("a record that is not its finding's", |p| *row(p) = RecordKey::Login(u("52"))),
            ("a value that is not its finding's", |p| cells(p)[0].1 = u("00:25:9E:00:00:02")),
            ("a value that is not its finding's", |p| cells(p).push((Cell::Login, u("52")))),
            ("a value that is not its finding's", |p| cells(p).push((Cell::Serial, u("HWTCX")))),
            ("a value that is not its finding's", |p| cells(p).push((Cell::Model, u("X")))),
            // An empty value takes something away.
            ("whether it removes", |p| cells(p)[0].1 = u("")),
            ("whether it removes", |p| p.steps[0].removal = true),
            ("how many it removes", |p| p.steps[0].removes = 1),
            ("another system", |p| p.steps[0].side = Side::Acs),
            ("not offer this fix", |p| p.steps[0].fix = Fix::LinkLogin),
            ("not offer this fix", |p| p.steps[0].fix = Fix::RemoveInProvider),
            ("another cause", |p| p.steps[0].cause = Cause::Duplicate),
            ("not in the run", |p| p.steps[0].because = "f-of-nobody".to_owned()),
            ("a record that is not its finding's", |p| {
                p.steps[0].because = of(C::FieldDrift, 2).id;
            }),
            ("no finding asks for it", |p| p.steps[0].because = BY_REQUEST.to_owned()),
            ("not in the run", |p| p.steps[0].also.push("f-of-nobody".to_owned())),
            ("numbered", |p| p.steps[0].seq = 2),
            ("is not before it", |p| p.steps[0].follows = Some(1)),
            ("is not before it", |p| p.steps[0].follows = Some(9)),
            ("holds for longer", |p| p.expires += SignedDuration::from_secs(1)),
            ("does not look again", |p| p.steps[0].expect.acs.clear()),
            ("does not look again", |p| p.steps[0].expect.provider.clear()),
            ("does not look again", |p| p.steps[0].expect.provider[0].mac = u("X").into()),
            ("does not look again", |p| p.steps[0].expect.acs[0].serial = None),
            ("the change is none of its fix", |p| {
                *change(p) = Change::Provider(ProviderChange::EndSession { login_id: u("51") });
            }),
        ],
    );
}

#[test]
fn a_link_is_of_a_candidate() {
    objected(
        &[of(C::UnlinkedLogin, 1), of(C::UnlinkedLogin, 2)],
        Fix::LinkLogin,
        &[
            ("a record that is not its finding's", |p| *row(p) = RecordKey::Login(u("72"))),
            ("a value that is not its finding's", |p| cells(p)[0].1 = u("HWTC00000002")),
            ("does not look again", |p| p.steps[0].expect.provider.clear()),
            ("does not look again", |p| p.steps[0].expect.acs.clear()),
        ],
    );
    let own = ProviderRecord { login_id: None, login: None, linked: Some(false), ..entry(1) };
    let found = Finding { provider: vec![own], ..of(C::UnlinkedLogin, 1) };
    objected(
        &[found],
        Fix::LinkLogin,
        &[
            ("a value that is not its finding's", |p| cells(p)[0].1 = u("99")),
            ("a record that is not its finding's", |p| *row(p) = RecordKey::Entry(u("9"))),
        ],
    );
}

#[test]
fn a_removal_says_so_and_looks_across() {
    let findings = [of(C::PendingPurge, 1), of(C::PendingPurge, 2)];
    objected(
        &findings,
        Fix::RemoveInProvider,
        &[
            ("whether it removes", |p| p.steps[0].removal = false),
            ("how many it removes", |p| p.steps[0].removes = 0),
            ("how many it removes", |p| p.steps[1].removes = 1),
            ("still lacks it", |p| p.steps[0].expect.acs_lacks = None),
            ("still lacks it", |p| p.steps[1].expect.acs_lacks = None),
            ("still lacks it", |p| {
                p.steps[0].expect.acs_lacks = Some(crate::domain::Sought::of_record(&entry(2)));
            }),
            ("still lacks it", |p| p.steps[0].expect.silent = false),
            ("is not its finding's", |p| *row(p) = RecordKey::Entry(u("2"))),
            ("holds for longer", |p| p.expires += SignedDuration::from_secs(1)),
            ("two findings change one record", |p| {
                p.steps[1].because = of(C::PendingPurge, 2).id;
                p.steps[1].send.as_mut().unwrap().key = "entry:1".to_owned();
            }),
            ("another finding", |p| p.steps[1].because = of(C::PendingPurge, 2).id),
        ],
    );
    objected(
        &[of(C::Returned, 1), of(C::Returned, 2)],
        Fix::DeleteInAcs,
        &[
            ("whether it removes", |p| p.steps[0].removal = false),
            ("how many it removes", |p| p.steps[0].removes = 0),
            ("still lacks it", |p| p.steps[0].expect.provider_lacks = None),
            ("still lacks it", |p| {
                p.steps[0].expect.provider_lacks.as_mut().unwrap().serials.clear();
            }),
            ("does not look again", |p| p.steps[0].expect.acs.clear()),
            ("is not its finding's", |p| {
                *change(p) = Change::Acs(AcsChange::Delete { id: u("a2") });
            }),
            ("none of its fix", |p| *change(p) = Change::Acs(AcsChange::Send { id: u("a1") })),
        ],
    );
}

#[test]
fn removals_need_both_sides_whole() {
    for (cause, fix) in [
        (C::PendingPurge, Fix::RemoveInProvider),
        (C::PendingPurge, Fix::SynchroniseProvider),
        (C::Returned, Fix::DeleteInAcs),
    ] {
        let findings = [of(cause, 1)];
        let plan = made(&findings, &Able::default(), &by(fix));
        let said = check(&plan, &findings, None);
        assert!(said.iter().any(|o| o.why.contains("not read whole")), "{fix:?}");
    }
    let findings = [of(C::FieldDrift, 1)];
    let plan = made(&findings, &Able::default(), &any());
    assert_eq!(check(&plan, &findings, None), []);
}

#[test]
fn nothing_is_surer_than_what_it_rests_on() {
    let mut inferred = of(C::FieldDrift, 1);
    inferred.strength = Strength::Inferred;
    objected(
        &[inferred],
        Fix::UpdateProvider,
        &[("surer than its finding", |p| {
            p.steps[0].strength = Strength::Proven;
        })],
    );
    let mut unsure = of(C::RemovedUnknown, 2);
    unsure.strength = Strength::Inferred;
    let findings = [of(C::PendingPurge, 1), unsure, of(C::LostWebhook, 3)];
    let edits: [(&str, Edit); 4] = [
        ("surer than what it drops", |p| p.steps[0].strength = Strength::Proven),
        ("how many it removes", |p| p.steps[0].removes = 2),
        ("name all that it drops", |p| drop(p.steps[0].also.pop())),
        ("whether it removes", |p| p.steps[0].removal = false),
    ];
    objected(&findings, Fix::SynchroniseProvider, &edits);
    // The same of one that was asked for.
    let able = Able::default();
    let plan = synchronisation(wanted(&findings, &able), Side::Provider, head());
    for (words, edit) in edits {
        let mut edited = plan.clone();
        edit(&mut edited);
        let said = objections(&edited, &findings);
        assert!(said.iter().any(|why| why.contains(words)), "{said:?}, not {words}");
    }
    let mut other = plan.clone();
    *change(&mut other) = Change::Acs(AcsChange::Delete { id: u("a1") });
    assert!(objections(&other, &findings).contains(&"no finding asks for it"));
    let nothing = synchronisation(wanted(&[], &able), Side::Provider, head());
    assert_eq!(objections(&nothing, &[]), [""; 0]);
}

#[test]
fn what_is_ignored_has_no_step() {
    let findings = [of(C::FieldDrift, 1)];
    let plan = made(&findings, &Able::default(), &any());
    let ignored = Some(Ignored { reason: "known".to_owned(), until: None });
    let now = [Finding { ignored, ..findings[0].clone() }];
    assert_eq!(objections(&plan, &now), ["its finding is ignored"]);
}

#[test]
fn two_findings_never_change_one_record() {
    let findings = [of(C::FieldDrift, 1), of(C::FieldDrift, 2)];
    let mut plan = made(&findings, &Able::default(), &any());
    assert_eq!(objections(&plan, &findings), [""; 0]);
    plan.steps[1].send.as_mut().unwrap().key = "entry:1".to_owned();
    assert_eq!(objections(&plan, &findings), ["two findings change one record"]);
}
