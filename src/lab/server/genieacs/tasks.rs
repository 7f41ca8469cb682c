//! Tasks: what a box is to do at its next session, or at once where it can be called.
//!
//! Must not do: change anything of a box but its diagnostics; nothing else that the product reads
//! depends on a task.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Nbi, find, killed, tree};
use crate::lab::server::message::{Answer, Asked};
use crate::lab::world::{Cpe, World};

/// A box that called within this time can be called.
const ONLINE: SignedDuration = SignedDuration::from_hours(24);

const KNOWN: [&str; 9] = [
    "getParameterValues",
    "setParameterValues",
    "refreshObject",
    "reboot",
    "factoryReset",
    "download",
    "addObject",
    "deleteObject",
    "provisions",
];

impl Nbi {
    /// `POST /devices/<id>/tasks`.
    pub(super) fn queue(&mut self, world: &World, asked: &Asked, id: &str) -> Answer {
        let Some(cpe) = find(world, id) else { return Answer::words(404, "No such device") };
        let calls = asked.query.iter().any(|(name, _)| name == "connection_request");
        let is_online = world.now().duration_since(cpe.last_inform) <= ONLINE
            && !self.diagnostics.behind_nat.contains(&cpe.serial);
        if asked.body.is_empty() {
            return match (calls, is_online) {
                (false, _) => Answer::words(400, "Bad Request"),
                (true, true) => {
                    self.run_waiting(world, cpe, id);
                    Answer::empty(200)
                }
                (true, false) => Answer::words(504, "Device is offline"),
            };
        }
        let Ok(Value::Object(mut task)) = serde_json::from_slice(&asked.body) else {
            return Answer::words(400, "SyntaxError: Unexpected token in JSON");
        };
        if !task.get("name").and_then(Value::as_str).is_some_and(|name| KNOWN.contains(&name)) {
            return killed();
        }
        self.next += 1;
        let task_id = format!("{:08x}{:016x}", world.now().as_second(), self.next);
        task.insert("device".to_owned(), Value::String(id.to_owned()));
        task.insert("timestamp".to_owned(), Value::String(tree::date(world.now())));
        task.insert("_id".to_owned(), Value::String(task_id.clone()));
        let task = Value::Object(task);
        if calls && is_online {
            self.run_waiting(world, cpe, id);
            self.diagnostics.run(world, cpe, &task);
            return Answer::json(200, &task);
        }
        let answer = Answer::json(202, &task);
        self.tasks.insert(task_id, task);
        if calls { answer.because("Device is offline") } else { answer }
    }

    /// The box does what waits for it, in order.
    fn run_waiting(&mut self, world: &World, cpe: &Cpe, id: &str) {
        let waiting = self.tasks.iter().filter(|(_, task)| task["device"] == id);
        let waiting: Vec<String> = waiting.map(|(task, _)| task.clone()).collect();
        for task in waiting.iter().filter_map(|task| self.tasks.remove(task)) {
            self.diagnostics.run(world, cpe, &task);
        }
    }

    /// Boxes that called since a task was given do it.
    pub(super) fn run_due(&mut self, world: &World) {
        let devices = self.tasks.values().filter_map(|task| {
            let given = task["timestamp"].as_str()?.parse::<Timestamp>().ok()?;
            let id = task["device"].as_str()?;
            find(world, id).filter(|cpe| cpe.last_inform > given)?;
            Some(id.to_owned())
        });
        let devices: BTreeSet<String> = devices.collect();
        for id in devices {
            if let Some(cpe) = find(world, &id) {
                self.run_waiting(world, cpe, &id);
            }
        }
    }

    /// `DELETE /tasks/<id>`: what is no `ObjectId` is thrown over.
    pub(super) fn delete_task(&mut self, id: &str) -> Answer {
        if id.len() != 24 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return killed();
        }
        match self.tasks.remove(id) {
            Some(_) => Answer::empty(200),
            None => Answer::words(404, "Task not found"),
        }
    }
}
