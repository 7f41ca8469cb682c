//! GenieACS's NBI, version 1.2.16, as it was seen: a streamed list, deletions that always succeed,
//! and requests that kill a worker and are never answered.
//!
//! Must not do: check who asks; the NBI has no login at all.

mod diagnostics;
mod id;
mod list;
mod project;
mod query;
mod sort;
mod tasks;
mod tree;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use self::diagnostics::Diagnostics;
use super::message::{Answer, Asked, decoded};
use crate::lab::world::{Cpe, World};

pub(super) use diagnostics::Trap;
pub(super) use id::device_id;

/// What the NBI keeps beside the world.
#[derive(Debug, Default)]
pub struct Nbi {
    tasks: BTreeMap<String, Value>,
    next: u64,
    /// Serials that had a tag once, and when their record began: that record's tags are an
    /// empty list, not none. A box that was deleted and registers again has a record of its own.
    tagged: BTreeMap<String, Timestamp>,
    diagnostics: Diagnostics,
}

/// A request whose handler throws: the worker dies, and nothing is ever answered.
fn killed() -> Answer {
    Answer::empty(0)
}

fn not_allowed(allow: &'static str) -> Answer {
    Answer::words(405, "405 Method Not Allowed").with("allow", allow)
}

impl Nbi {
    /// An NBI without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a request below `/devices`, `/tasks` or `/faults`. Status 0: never answer.
    pub fn answer(&mut self, world: &mut World, asked: &Asked) -> Answer {
        self.run_due(world);
        let answer = self.route(world, asked);
        if answer.status == 0 { answer } else { answer.with("genieacs-version", "1.2.16+lab") }
    }

    fn route(&mut self, world: &mut World, asked: &Asked) -> Answer {
        let parts: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        // A malformed percent is thrown over.
        let Some(known) = parts.iter().map(|part| decoded(part)).collect::<Option<Vec<_>>>() else {
            return killed();
        };
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        match known.as_slice() {
            ["devices"] => list::devices(self, world, asked),
            ["devices", id] if asked.method == "DELETE" => self.delete(world, id),
            // A dot that was not encoded ends the route, as in the real one's pattern.
            ["devices", _, "tags", _] if parts.get(3).is_some_and(|raw| raw.contains('.')) => {
                Answer::words(404, "404 Not Found")
            }
            ["devices", id, "tags", tag] => self.tag(world, asked, id, tag),
            ["devices", id, "tasks"] if asked.method == "POST" => self.queue(world, asked, id),
            ["devices", _, "tasks"] => not_allowed("POST"),
            ["tasks"] => list::of(asked, self.tasks.values().cloned().collect()),
            ["tasks", id] if asked.method == "DELETE" => self.delete_task(id),
            ["tasks", id, "retry"] if self.tasks.contains_key(*id) => Answer::empty(200),
            ["tasks", _, "retry"] => killed(),
            ["faults"] => list::of(asked, Vec::new()),
            ["faults", _] if asked.method == "DELETE" => Answer::empty(200),
            ["devices" | "tasks" | "faults", _] => not_allowed("DELETE"),
            _ => Answer::words(404, "404 Not Found"),
        }
    }

    /// 200 whatever happens, but for a box in a session: nothing is told of what was not there.
    fn delete(&mut self, world: &mut World, id: &str) -> Answer {
        let Some(cpe) = find(world, id) else { return Answer::empty(200) };
        let now = world.now();
        if cpe.in_session_until.is_some_and(|until| until > now) {
            return Answer::words(503, "Device is in session");
        }
        let serial = cpe.serial.clone();
        self.tasks.retain(|_, task| task["device"] != id);
        self.tagged.remove(&serial);
        world.delete_cpe(&serial);
        Answer::empty(200)
    }

    fn tag(&mut self, world: &mut World, asked: &Asked, id: &str, tag: &str) -> Answer {
        let Some(serial) = find(world, id).map(|cpe| cpe.serial.clone()) else {
            return Answer::words(404, "No such device");
        };
        let Some(cpe) = world.acs.cpes.get_mut(&serial) else { return killed() };
        match asked.method.as_str() {
            "POST" => {
                if !cpe.tags.iter().any(|known| known == tag) {
                    cpe.tags.push(tag.to_owned());
                }
            }
            "DELETE" => cpe.tags.retain(|known| known != tag),
            _ => return not_allowed("POST, DELETE"),
        }
        self.tagged.insert(serial, cpe.registered);
        Answer::empty(200)
    }

    /// What the next test of this box does wrongly; one behind NAT stays there.
    pub fn trap(&mut self, world: &World, asked: &Asked, trap: Trap) {
        if trap != Trap::Nat {
            self.diagnostics.trap = Some(trap);
            return;
        }
        let id = asked.path.split('/').nth(2).and_then(decoded);
        let cpe = id.and_then(|id| find(world, &id));
        self.diagnostics.behind_nat.extend(cpe.map(|cpe| cpe.serial.clone()));
    }

    /// Had this record a tag once?
    fn had_tags(&self, cpe: &Cpe) -> bool {
        self.tagged.get(&cpe.serial) == Some(&cpe.registered)
    }
}

/// The device of an id, which can't be decoded: all are tried.
fn find<'w>(world: &'w World, id: &str) -> Option<&'w Cpe> {
    world.acs.cpes.values().find(|cpe| device_id(cpe) == id)
}
