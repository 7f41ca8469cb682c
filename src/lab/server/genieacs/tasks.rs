//! Tasks: what a box is to do at its next session, or at once where it can be called.
//!
//! Must not do: change a box; nothing that the product reads depends on a task.

use jiff::SignedDuration;
use serde_json::Value;

use super::{Nbi, find, killed, tree};
use crate::lab::server::message::{Answer, Asked};
use crate::lab::world::World;

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
        let is_online = world.now().duration_since(cpe.last_inform) <= ONLINE;
        if asked.body.is_empty() {
            return match (calls, is_online) {
                (false, _) => Answer::words(400, "Bad Request"),
                (true, true) => Answer::empty(200),
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
            return Answer::json(200, &task);
        }
        let answer = Answer::json(202, &task);
        self.tasks.insert(task_id, task);
        if calls { answer.because("Device is offline") } else { answer }
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
