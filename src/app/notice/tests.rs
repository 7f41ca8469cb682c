//! Tables: what is worse, what is the same or better, and what is told again.

use super::*;
use crate::app::testing::{finding, reconciliation};
use crate::engine::Ignored;
use crate::store::{JournalCounts, NetCounts};

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + hours * 3600).unwrap()
}

fn run(exit: u8, findings: Vec<Finding>) -> Run {
    let mut reconciliation = reconciliation(findings);
    reconciliation.acs.fetched_at = at(0);
    Run {
        id: "r".into(),
        profile: "prod".into(),
        started: at(0),
        seconds: 1.0,
        actor: "ana".into(),
        exit,
        reconciliation,
        net: NetCounts::default(),
        journal: JournalCounts::default(),
    }
}

/// A finding first seen `hours` from [`at`] 0 that moves the count by one.
fn seen(cause: Cause, hours: i64) -> Finding {
    let acs = vec![crate::domain::AcsDevice::default()];
    Finding { first_seen: at(hours), acs, ..finding(cause) }
}

fn ignored(of: Finding) -> Finding {
    let by = Ignored { reason: "known".into(), until: None };
    Finding { ignored: Some(by), ..of }
}

fn codes(before: Option<&Standing>, run: &Run) -> Vec<&'static str> {
    let outcome = Outcome { exit: run.exit, run: Some(run), at: at(0) };
    let reasons = worse(before, &outcome).unwrap_or_default();
    reasons.iter().map(Reason::code).collect()
}

/// Yesterday: one difference, told then.
fn yesterday() -> Standing {
    let told = Some(at(-24));
    Standing { seen: Some(at(-24)), exit: 3, gap: 1, told, ..Standing::default() }
}

#[test]
fn only_what_is_worse_is_told() {
    use Cause::{FieldDrift, ManualDelete, NeverSeen, UnlinkedLogin};
    let old = || seen(UnlinkedLogin, -48);
    for (what, findings, exit, told) in [
        ("the same", vec![old()], 3, vec![]),
        ("better", vec![], 0, vec![]),
        ("a new one", vec![old(), seen(NeverSeen, 0)], 3, vec!["new-findings", "gap-grew"]),
        ("one for another", vec![seen(NeverSeen, 0)], 3, vec!["new-findings"]),
        (
            "a new one that moves no count",
            vec![old(), seen(FieldDrift, 0)],
            3,
            vec!["new-findings"],
        ),
        ("deleted by hand", vec![old(), seen(ManualDelete, 0)], 3, vec![]),
        ("a new one that is ignored", vec![old(), ignored(seen(NeverSeen, 0))], 3, vec![]),
        ("an old one that moves the count now", vec![old(), old()], 3, vec!["gap-grew"]),
        ("not read whole", vec![old()], 6, vec!["exit"]),
    ] {
        assert_eq!(codes(Some(&yesterday()), &run(exit, findings)), told, "{what}");
    }
}

#[test]
fn one_that_waited_and_now_is_lost_is_told_however_long_it_is_known() {
    let waiting = run(3, vec![seen(Cause::AwaitingSync, -48), seen(Cause::AwaitingSync, -48)]);
    let outcome = Outcome { exit: 3, run: Some(&waiting), at: at(-24) };
    let before = standing(None, &outcome, true);
    let lost = run(3, vec![seen(Cause::UnlinkedLogin, -48), seen(Cause::AwaitingSync, -48)]);
    let told = worse(Some(&before), &Outcome { exit: 3, run: Some(&lost), at: at(0) });
    assert_eq!(told, Some(vec![Reason::NewFindings(vec![(Cause::UnlinkedLogin, 1)])]));
    let same = worse(Some(&before), &Outcome { exit: 3, run: Some(&waiting), at: at(0) });
    assert_eq!(same, None);
}

#[test]
fn of_a_list_that_was_not_read_whole_only_that_is_told() {
    let found = || vec![seen(Cause::NeverSeen, 0), seen(Cause::NeverSeen, 0)];
    let mut partial = run(6, found());
    partial.reconciliation.acs.complete = false;
    assert_eq!(codes(Some(&yesterday()), &partial), ["exit"]);
    let outcome = Outcome { exit: 6, run: Some(&partial), at: at(0) };
    let after = standing(Some(&yesterday()), &outcome, true);
    assert_eq!((after.seen, after.gap, after.exit), (yesterday().seen, 1, 6));
    // Read whole again, what was found is news.
    assert_eq!(codes(Some(&after), &run(3, found())), ["new-findings", "gap-grew"]);
}

#[test]
fn without_anything_before_everything_wrong_is_news() {
    let found = run(3, vec![seen(Cause::UnlinkedLogin, -48)]);
    assert_eq!(codes(None, &found), ["new-findings", "gap-grew"]);
    assert!(codes(None, &run(0, vec![])).is_empty());
    let failed = Outcome { exit: 7, run: None, at: at(0) };
    assert_eq!(worse(None, &failed), Some(vec![Reason::Exit { now: 7, before: 0 }]));
}

#[test]
fn warnings_and_steps_in_doubt_are_told_once() {
    use WarningCode::{IntegrationDown, NotifyFailed, SideShrank, ValueUnparsed};

    let warned = |codes: &[(WarningCode, Option<Side>)]| {
        let mut run = run(3, vec![seen(Cause::UnlinkedLogin, -48)]);
        let warning = |(code, side): &(_, _)| Warning { side: *side, ..Warning::new(*code) };
        run.reconciliation.warnings = codes.iter().map(warning).collect();
        run
    };
    let (acs, provider) = (Some(Side::Acs), Some(Side::Provider));
    let down = warned(&[(IntegrationDown, None), (SideShrank, acs)]);
    assert_eq!(codes(Some(&yesterday()), &down), ["integration-down", "side-shrank"]);
    let outcome = Outcome { exit: 3, run: Some(&down), at: at(0) };
    let after = standing(Some(&yesterday()), &outcome, true);
    assert!(codes(Some(&after), &down).is_empty());
    let other = warned(&[(SideShrank, acs), (SideShrank, provider), (SideShrank, provider)]);
    assert_eq!(codes(Some(&after), &other), ["side-shrank"]);
    let quiet = warned(&[(ValueUnparsed, acs), (NotifyFailed, None)]);
    assert!(codes(Some(&yesterday()), &quiet).is_empty());

    let mut doubt = run(9, vec![]);
    doubt.journal = JournalCounts { in_doubt: 1, needs_human: 1, ..JournalCounts::default() };
    assert_eq!(codes(Some(&yesterday()), &doubt), ["exit", "steps-in-doubt"]);
}

#[test]
fn a_failure_is_told_once_and_again_after_three_days() {
    let failed = |hours, exit| Outcome { exit, run: None, at: at(hours) };
    let mut known = Some(yesterday());
    let mut told = Vec::new();
    for (hours, exit) in
        [(0, 6), (24, 6), (48, 6), (72, 6), (96, 6), (120, 7), (144, 7), (168, 6), (192, 7)]
    {
        let outcome = failed(hours, exit);
        let reasons = worse(known.as_ref(), &outcome);
        known = Some(standing(known.as_ref(), &outcome, reasons.is_some()));
        told.extend(reasons.map(|reasons| (hours, reasons[0].code())));
    }
    assert_eq!(told, [(0, "exit"), (72, "still-fails"), (120, "exit"), (192, "exit")]);
    // What was found before it failed is still known after it, and no news.
    let again = run(3, vec![seen(Cause::UnlinkedLogin, -48)]);
    assert!(codes(known.as_ref(), &again).is_empty());
}

#[test]
fn trouble_that_went_and_came_back_is_told_again() {
    let fine = run(0, vec![]);
    let outcome = Outcome { exit: 0, run: Some(&fine), at: at(0) };
    let after = standing(Some(&yesterday()), &outcome, false);
    assert_eq!((after.exit, after.gap, after.told), (0, 0, yesterday().told));
    let back = run(3, vec![seen(Cause::UnlinkedLogin, 24)]);
    assert_eq!(codes(Some(&after), &back), ["new-findings", "gap-grew"]);
}

#[test]
fn a_message_that_reached_nobody_stands_in_the_next_report() {
    let folder = tempfile::tempdir().unwrap();
    let settings = crate::app::testing::network_settings(folder.path(), "good.test", "");
    assert_eq!(recall(&settings).unwrap(), Notices::default());
    let untold = Untold { at: at(0), what: "no answer".into(), partly: false };
    remember(&settings, None, Some(&untold)).unwrap();
    let store = memory::must_look(&settings).unwrap();
    let told = warning(&store).unwrap().unwrap();
    assert_eq!((told.code, told.at), (WarningCode::NotifyFailed, Some(at(0))));
    remember(&settings, Some(&yesterday()), None).unwrap();
    assert!(warning(&store).unwrap().is_none());
}

#[test]
fn the_last_scheduled_run_is_one_that_began() {
    let folder = tempfile::tempdir().unwrap();
    let settings = crate::app::testing::network_settings(folder.path(), "good.test", "");
    assert_eq!(last_scheduled(&settings, at(0)).unwrap(), None);
    scheduled(&settings, at(-3)).unwrap();
    assert_eq!(last_scheduled(&settings, at(0)).unwrap(), Some(at(-3)));
    // Of a clock that was far ahead: as if it had never been.
    assert_eq!(last_scheduled(&settings, at(-48)).unwrap(), None);
}
