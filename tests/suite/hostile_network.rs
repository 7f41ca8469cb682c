//! A network that fails at the very request that changes something: each fault, for a link of
//! the Provider and for a removal from each side.
//!
//! Must not do: count on a reply. What the two systems hold afterwards is what counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::apply::kinds::Kind;
use crate::apply::{Applied, Field, calls};
use crate::hostile::{skipped, tool};

/// What becomes of a step whose first request is struck once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The request was done, though nobody was told so: it is never sent again.
    DoneOnce,
    /// It was not done; it is sent again, once that is known.
    SentAgain,
    /// It was refused for good.
    Refused,
}

use End::{DoneOnce, Refused, SentAgain};

const FAULTS: [(&str, End); 16] = [
    ("late-effect", DoneOnce),
    ("rst-before-reply", DoneOnce),
    ("rst-mid-body", DoneOnce),
    ("fin-mid-chunk", DoneOnce),
    ("truncated", DoneOnce),
    ("half-open", DoneOnce),
    ("drip", DoneOnce),
    ("502-html", DoneOnce),
    ("500", SentAgain),
    ("503-storm", SentAgain),
    ("302", SentAgain),
    ("html-200", SentAgain),
    ("429", SentAgain),
    ("401", SentAgain),
    ("403", Refused),
    ("error-200", Refused),
];

/// The field, and how a plan is sent there.
struct Ground {
    field: Field,
    kind: Kind,
    side: &'static str,
}

impl Ground {
    fn new(kind: Kind, profile: &'static str, side: &'static str) -> Self {
        let guard = Field::wide_but(&[]);
        Self { field: Field::of(7, 140, profile, &guard), kind, side }
    }

    fn send(&self, plan: &Path) -> Applied {
        if self.kind.wants_a_person() {
            self.field.typed_by(self.field.typing(plan, 1))
        } else {
            self.field.apply(plan)
        }
    }

    /// A plan, and the faults that strike its first write so often.
    fn struck(&self, fault: &str, times: u32) -> (PathBuf, Value) {
        let made = self.field.made(self.kind, "plan.json");
        let fault = json!({"name": fault, "side": self.side, "times": times, "only": "writes"});
        self.field.lab.post("/_lab/fault", &fault);
        made
    }

    /// Effects of each call since so many writes, and how many requests there were.
    fn effects(&self, since: usize) -> (BTreeMap<String, usize>, usize) {
        let writes = &self.field.writes()[since..];
        let mut effects = BTreeMap::new();
        for write in writes.iter().filter(|write| write.took_effect) {
            *effects.entry(write.call.clone()).or_default() += 1;
        }
        (effects, writes.len())
    }

    fn strikes(&self, fault: &str, end: End) {
        let since = self.field.writes().len();
        let (path, plan) = self.struck(fault, 1);
        let mut applied = self.send(&path);
        // A busy machine reads too slowly, now and then.
        for _ in 0..3 {
            if applied.exit == Some(6) {
                applied = self.send(&path);
            }
        }
        let all = format!("{fault}: {:?} {} {}", applied.exit, applied.document, applied.stderr);
        let (effects, requests) = self.effects(since);
        let planned: Vec<String> = calls(&plan).into_values().collect();
        assert!(effects.keys().all(|call| planned.contains(call)), "{all}: {effects:?}");
        assert!(effects.values().all(|times| *times == 1), "{all}: {effects:?}");
        let states: Vec<String> = applied.states().into_values().collect();
        match end {
            DoneOnce => assert_eq!(requests, planned.len(), "{all}"),
            SentAgain => assert_eq!(requests, planned.len() + 1, "{all}"),
            Refused => assert!(effects.is_empty() && requests == 1, "{all}"),
        }
        if end == Refused {
            let code = if fault.starts_with("40") { 7 } else { 4 };
            assert_eq!(applied.exit, Some(code), "{all}");
            assert!(states.iter().any(|state| state == "failed"), "{all}");
            return;
        }
        assert_eq!(applied.exit, Some(0), "{all}");
        assert!(states.iter().all(|state| state == "verified" || state == "noop"), "{all}");
    }
}

#[test]
fn every_fault_of_a_link() {
    let ground = Ground::new(Kind::LinkLogin, "lab", "provider");
    for (fault, end) in FAULTS {
        // The web service's user and token are a constant: there is none to renew.
        let end = if fault == "401" { Refused } else { end };
        ground.strikes(fault, end);
    }
}

#[test]
fn every_fault_of_a_removal_in_the_provider() {
    let ground = Ground::new(Kind::RemoveInProvider, "lab", "provider");
    for (fault, end) in FAULTS {
        let end = if fault == "401" { Refused } else { end };
        ground.strikes(fault, end);
    }
}

fn every_fault_of_a_delete(profile: &'static str, otherwise: &[(&str, End)]) {
    if tool("script").is_none() {
        return skipped("there is no `script` to be a terminal (apt-get install bsdutils)");
    }
    let ground = Ground::new(Kind::DeleteInAcs, profile, "acs");
    for (fault, end) in FAULTS {
        let other = otherwise.iter().find(|(name, _)| *name == fault);
        ground.strikes(fault, other.map_or(end, |(_, end)| *end));
    }
}

#[test]
fn every_fault_of_a_delete_in_ixc_acs() {
    every_fault_of_a_delete("lab", &[]);
}

#[test]
fn every_fault_of_a_delete_in_genieacs() {
    // Its NBI asks for no login, and answers a deletion with nothing: who says more is not
    // GenieACS, and what became of the request is not known.
    every_fault_of_a_delete("lab-genieacs", &[("401", Refused), ("error-200", SentAgain)]);
}

#[test]
fn a_box_in_a_session_is_deleted_once_it_is_over() {
    if tool("script").is_none() {
        return skipped("there is no `script` to be a terminal (apt-get install bsdutils)");
    }
    for profile in ["lab", "lab-genieacs"] {
        let ground = Ground::new(Kind::DeleteInAcs, profile, "acs");
        let (path, _) = ground.struck("in-session", 1);
        let applied = std::thread::scope(|scope| {
            let applying = scope.spawn(|| ground.send(&path));
            while ground.effects(0).1 == 0 {
                std::thread::sleep(Duration::from_millis(20));
                assert!(!applying.is_finished(), "{profile}: nothing was sent");
            }
            ground.field.advance(1);
            applying.join().unwrap()
        });
        let all = format!("{profile}: {} {}", applied.document, applied.stderr);
        assert_eq!(applied.exit, Some(0), "{all}");
        let (effects, requests) = ground.effects(0);
        assert_eq!((effects.len(), requests), (1, 2), "{all}");
    }
}
