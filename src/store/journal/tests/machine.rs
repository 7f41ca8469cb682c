//! The table of states and arrows, and what no sequence of them may ever do.

use proptest::prelude::*;

use super::*;
use crate::store::journal::arrow::{settle, take};
use crate::store::journal::{ATTEMPTS_MAX, PROBES_MAX, REFUSALS_MAX, Resolution, may};

use StepState as S;

fn standing(state: StepState) -> StepRow {
    let sent = Some(Duration::from_secs(1000));
    StepRow { state, sent_boottime: sent, boot_id: "boot".to_owned(), ..row("p", 1).planned(at(0)) }
}

/// Every arrow, and from where to where it leads a step that took none before.
fn table() -> Vec<(Arrow, &'static [(S, S)])> {
    vec![
        (supersede(), &[(S::Intent, S::Superseded)]),
        (Arrow::Expire, &[(S::Intent, S::Superseded)]),
        (Arrow::AlreadySo, &[(S::Intent, S::Noop)]),
        (send(0), &[(S::Intent, S::Sent)]),
        (ack(), &[(S::Sent, S::Acked)]),
        (doubt(), &[(S::Sent, S::InDoubt)]),
        (refuse(false), &[(S::Sent, S::Failed)]),
        (refuse(true), &[(S::Sent, S::Intent)]),
        (not_sent(), &[(S::Sent, S::Intent)]),
        (verify(), &[(S::Sent, S::Verified), (S::Acked, S::Verified), (S::InDoubt, S::Verified)]),
        (contradict(), &[(S::Acked, S::InDoubt)]),
        (not_done(120), &[(S::Sent, S::Intent), (S::InDoubt, S::Intent)]),
        (differs(), &[(S::Sent, S::InDoubt), (S::InDoubt, S::InDoubt)]),
        (
            give_up(),
            &[(S::Sent, S::NeedsHuman), (S::Acked, S::NeedsHuman), (S::InDoubt, S::NeedsHuman)],
        ),
    ]
}

/// Arrows that lead elsewhere once they were taken often enough.
fn table_at_last() -> Vec<(Arrow, &'static [(S, S)])> {
    vec![
        (refuse(true), &[(S::Sent, S::Failed)]),
        (not_done(120), &[(S::Sent, S::NeedsHuman), (S::InDoubt, S::NeedsHuman)]),
        (differs(), &[(S::Sent, S::NeedsHuman), (S::InDoubt, S::NeedsHuman)]),
    ]
}

#[test]
fn every_state_and_every_arrow() {
    let at_last = |state| StepRow {
        attempt: ATTEMPTS_MAX,
        refusals: REFUSALS_MAX,
        probes: PROBES_MAX - 1,
        ..standing(state)
    };
    let fresh = table().into_iter().map(|(arrow, ways)| (arrow, ways, false));
    let last = table_at_last().into_iter().map(|(arrow, ways)| (arrow, ways, true));
    let mut taken = 0;
    for (arrow, ways, is_last) in fresh.chain(last) {
        for &from in StepState::ALL {
            let before = if is_last { at_last(from) } else { standing(from) };
            let to = ways.iter().find(|way| way.0 == from).map(|way| way.1);
            let next = take(&before, &arrow, at(5));
            assert_eq!(next.as_ref().ok().map(|n| n.state), to, "{from:?} {arrow:?}: {next:?}");
            if let Ok(next) = next {
                taken += 1;
                assert_eq!(next.updated, at(5));
                assert!(may(from, next.state, &arrow));
            }
        }
    }
    assert_eq!(taken, 25);
}

#[test]
fn a_rule_names_no_way_that_the_table_has_not() {
    let all: Vec<_> = table().into_iter().chain(table_at_last()).collect();
    for (arrow, _) in table() {
        for &from in StepState::ALL {
            for &to in StepState::ALL {
                let drawn = all.iter().any(|(a, ways)| *a == arrow && ways.contains(&(from, to)));
                assert_eq!(may(from, to, &arrow), drawn, "{from:?} {to:?} {arrow:?}");
                assert!(!from.is_end() || !drawn, "I5");
            }
        }
    }
}

#[test]
fn a_person_decides_only_what_needs_one_and_ends_it() {
    for &from in StepState::ALL {
        for &resolution in Resolution::ALL {
            let next = settle(&standing(from), resolution, ("seen in the ERP", "ana"), at(3));
            let ends = (from == S::NeedsHuman).then(|| resolution.state());
            assert_eq!(next.as_ref().map(|n| n.state), ends, "{from:?} {resolution:?}");
            if let Some(next) = next {
                assert!(next.state.is_end());
                assert_eq!(next.decided_by.as_deref(), Some("ana"));
                assert_eq!((next.note.as_str(), next.updated), ("seen in the ERP", at(3)));
            }
        }
    }
}

#[test]
fn nothing_is_called_not_done_before_the_quiet_period_is_over() {
    let sent = take(&standing(S::Intent), &send(0), at(0)).unwrap();
    assert!(take(&sent, &not_done(119), at(0)).unwrap_err().contains("may land until 120 s"));
    assert!(take(&sent, &not_done(120), at(0)).is_ok());
    // After a reboot the time of the sending says nothing: the full period of this boot counts.
    let rebooted = |uptime| Arrow::NotDone {
        boot_id: "another boot".to_owned(),
        boottime: Duration::from_secs(uptime),
        quiet: QUIET,
        locked: Duration::from_secs(9_000),
    };
    // However long the other machine is up: the full period from when the lock was taken.
    assert!(take(&sent, &rebooted(9_119), at(0)).is_err());
    assert!(take(&sent, &rebooted(9_120), at(0)).is_ok());
}

#[test]
fn what_is_remembered_on_the_way() {
    let step = row("p", 1).planned(at(0));
    assert_eq!((step.attempt, step.refusals, step.sent_utc), (1, 0, None));
    let sent = take(&step, &send(4), at(4)).unwrap();
    assert_eq!((sent.boot_id.as_str(), sent.sent_utc), ("boot", Some(at(4))));
    assert_eq!(sent.before.as_ref().unwrap().rest, [2; 32]);
    let back = take(&sent, &refuse(true), at(5)).unwrap();
    assert_eq!((back.refusals, back.attempt, back.status), (1, 1, Some(429)));
    assert_eq!(back.note, "too many requests");
    let doubtful = take(&take(&back, &send(6), at(6)).unwrap(), &differs(), at(7)).unwrap();
    assert_eq!((doubtful.probes, doubtful.status), (1, None));
    let again = take(&doubtful, &not_done(126), at(8)).unwrap();
    assert_eq!((again.attempt, again.probes), (2, 1));
    let again = take(&again, &send(9), at(9)).unwrap();
    assert_eq!((again.attempt, again.probes, again.note.as_str()), (2, 0, ""));
    let acked = take(&again, &ack(), at(10)).unwrap();
    assert_eq!((acked.status, acked.body_hash), (Some(200), Some([3; 32])));
    let done = take(&acked, &verify(), at(11)).unwrap();
    assert_eq!((done.undo, done.attempt), (Undoable::Yes, 2));
}

#[test]
fn words_of_a_server_are_stored_without_numbers_of_persons_and_safe_to_show() {
    let why = "\u{1b}[31mcpf 123.456.789-00".to_owned();
    let note = take(&standing(S::Intent), &Arrow::Supersede { why }, at(0)).unwrap().note;
    assert_eq!(note, "\\x1b[31mcpf ***.456.789-**");
}

fn any_arrow() -> impl Strategy<Value = Arrow> {
    // Early and late probes alike: an early one must be refused.
    let probes = (0_u64..400).prop_map(not_done);
    let drawn = proptest::sample::select(table().into_iter().map(|t| t.0).collect::<Vec<_>>());
    prop_oneof![3 => drawn, 1 => probes]
}

proptest! {
    #[test]
    fn no_sequence_of_arrows_leaves_the_machine(
        arrows in prop::collection::vec(any_arrow(), 0..60),
    ) {
        let mut step = row("p", 1).planned(at(0));
        let mut sendings = 0_u32;
        for arrow in arrows {
            let Ok(next) = take(&step, &arrow, at(1)) else { continue };
            prop_assert!(!step.state.is_end(), "an end changed: {:?} by {arrow:?}", step.state);
            prop_assert!(step.state != S::NeedsHuman, "only a person changes it");
            prop_assert!(may(step.state, next.state, &arrow));
            if next.state == S::Verified {
                prop_assert!(next.sent_utc.is_some(), "verified, and was never sent");
            }
            sendings += u32::from(next.state == S::Sent);
            prop_assert!(next.attempt <= ATTEMPTS_MAX && next.probes <= PROBES_MAX);
            prop_assert!(next.refusals <= REFUSALS_MAX + 1);
            // What was planned never changes; how it can be undone only by what was seen.
            let planned = StepRow { undo: next.undo, ..next.clone() }.planned(at(0));
            let before = StepRow { undo: next.undo, ..step }.planned(at(0));
            prop_assert_eq!(planned, before);
            step = next;
        }
        prop_assert!(step.state == S::Intent || sendings > 0 || step.state.is_end());
    }
}
