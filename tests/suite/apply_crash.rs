//! A crash at each point of the contract, for each kind of fix: the same command again ends
//! right, and each effect happened once.
//!
//! Must not do: crash by a signal; that is `apply_kills`.

use crate::apply::kinds::Kind;
use crate::apply::{Applied, Field, calls, ends, found};

/// The points before C7; each at every write of a plan.
const POINTS: [&str; 7] = ["C0", "C1", "C2", "C3", "C4", "C5", "C6"];

/// Once per plan, not per write.
const OF_THE_PLAN: [&str; 2] = ["C0", "C1"];

/// Sends the plan; the same again where a system did not answer in time.
fn send(field: &Field, kind: Kind, plan: &std::path::Path, point: Option<&str>) -> Applied {
    let mut tries = (0..5).map(|_| send_once(field, kind, plan, point));
    tries.find(|applied| applied.exit != Some(6)).unwrap()
}

/// Sends the plan once, dying at `point` where one is given.
fn send_once(field: &Field, kind: Kind, plan: &std::path::Path, point: Option<&str>) -> Applied {
    let mut command =
        if kind.wants_a_person() { field.typing(plan, 1) } else { field.applying(plan) };
    if let Some(point) = point {
        command.env("ACERTO_CRASH_AT", point);
    }
    if kind.wants_a_person() { field.typed_by(command) } else { Applied::of(command) }
}

/// Crashes, applies again, and looks at what the systems received.
fn crash(field: &Field, kind: Kind, points: &[&str]) {
    let what = format!("{kind:?} {points:?}");
    let (path, plan) = field.made(kind, "plan.json");
    let before = field.writes().len();
    for point in points {
        let died = send(field, kind, &path, Some(point));
        // By SIGABRT; a shell says 134.
        assert!(
            matches!(died.exit, None | Some(134)),
            "{what}: it did not die at {point}: {:?} {} {}",
            died.exit,
            died.document,
            died.stderr
        );
    }
    let done = send(field, kind, &path, None);
    done.assert_done(&what);
    let states = done.states();
    let writes = field.writes().split_off(before);
    for (seq, call) in calls(&plan) {
        let effects = writes.iter().filter(|w| w.took_effect && w.call == call).count();
        let most = if kind.shows() { 1 } else { 1 + points.len() };
        let is_right = match states[&seq].as_str() {
            "noop" => effects == 0,
            _ => (1..=most).contains(&effects),
        };
        assert!(is_right, "{what}: step {seq} had {effects} effects: {writes:#?}");
    }
    let planned: Vec<String> = calls(&plan).into_values().collect();
    assert!(writes.iter().all(|w| planned.contains(&w.call)), "{what}: {writes:#?}");
    let left = found(&field.reconcile());
    assert!(left.is_disjoint(&ends(&plan)), "{what}: the finding is still there");
}

/// Every point for one kind.
fn all_points(kind: Kind) {
    for point in POINTS {
        let times = if OF_THE_PLAN.contains(&point) { 1 } else { kind.writes() };
        for time in 1..=times {
            let field = Field::new(3, 100);
            crash(&field, kind, &[&format!("{point}:{time}")]);
        }
    }
    // During the recovery of a request that was done, and of one that never left.
    for first in ["C2", "C5"] {
        crash(&Field::new(3, 100), kind, &[first, "C7"]);
    }
}

macro_rules! kinds {
    ($($name:ident: $kind:ident;)*) => {
        $(#[test]
        fn $name() {
            all_points(Kind::$kind);
        })*

        #[test]
        fn no_kind_is_left_out() {
            let tested = [$(Kind::$kind),*];
            assert!(Kind::ALL.iter().all(|kind| tested.contains(kind)));
        }
    };
}

kinds! {
    a_login_is_linked_once: LinkLogin;
    an_identity_is_replaced_once: ReplaceIdentity;
    an_identity_is_corrected_once: CorrectIdentity;
    a_record_is_updated_once: UpdateProvider;
    a_device_is_sent_again: SendDevice;
    the_acs_synchronises_once: Synchronise;
    the_provider_synchronises: SynchroniseProvider;
    a_device_is_deleted_once: DeleteInAcs;
    an_entry_is_removed_once: RemoveInProvider;
}
