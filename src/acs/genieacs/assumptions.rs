//! What is assumed of GenieACS' NBI (GENIEACS.md), looked at on one device.
//!
//! Must not do: read more than one device, ask for its parameters, or show a value.

use serde_json::Value;

use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::fetch::total;
use crate::http::shape::{Assumption, Weight, each, each_set, is_time, kind};
use crate::http::{Method, Reply};
use crate::ports::Check;

const fn of(id: &'static str, what: &'static str, weight: Weight) -> Assumption {
    Assumption { id, what, weight }
}

const LIST: Assumption = of("assumes-list", "a list is a JSON array of objects", Weight::Needed);
const TOTAL: Assumption =
    of("assumes-total", "the header total is a number, with limit too", Weight::Needed);
const LIMIT: Assumption = of("assumes-limit", "limit is respected", Weight::Needed);
const ID: Assumption = of("assumes-id", "_id is a string", Weight::Needed);
const IDENTITY: Assumption =
    of("assumes-identity", "_deviceId is an object with the string _SerialNumber", Weight::Needed);
const TIMES: Assumption =
    of("assumes-times", "_lastInform and _registered are RFC 3339 times", Weight::Useful);
const ALL: [Assumption; 6] = [LIST, TOTAL, LIMIT, ID, IDENTITY, TIMES];

impl GenieAcs {
    /// One request.
    pub(super) fn assumed(&self) -> Vec<Check> {
        let wanted = "_id,_deviceId,_lastInform,_registered";
        let request = self.read(Method::Get).query("projection", wanted).query("limit", "1");
        match self.client.send(&request) {
            Ok(reply) if reply.head.is_success() => looked_at(&reply),
            _ => ALL.iter().map(|one| one.skipped("acs")).collect(),
        }
    }
}

fn looked_at(reply: &Reply) -> Vec<Check> {
    let whole: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let mut checks = vec![TOTAL.told(
        "acs",
        total(&reply.head).map(drop).ok_or_else(|| "no header total that is one".to_owned()),
    )];
    let rows = whole.as_ref().and_then(Value::as_array);
    let rows = rows.filter(|rows| rows.iter().all(Value::is_object));
    let Some(rows) = rows else {
        let found = if whole.is_none() { "no JSON" } else { kind(whole.as_ref()) };
        checks.insert(0, LIST.told("acs", Err(found.to_owned())));
        checks.extend([LIMIT, ID, IDENTITY, TIMES].iter().map(|one| one.skipped("acs")));
        return checks;
    };
    checks.insert(0, LIST.told("acs", Ok(())));
    let n = rows.len();
    let few = if n > 1 { Err(format!("{n} rows where 1 was asked for")) } else { Ok(()) };
    checks.push(LIMIT.told("acs", few));
    checks.push(ID.told("acs", each(rows, "_id", "a string", Value::is_string)));
    let serial = each(rows, "_deviceId._SerialNumber", "a string", Value::is_string);
    checks.push(IDENTITY.told("acs", serial));
    let times = ["_lastInform", "_registered"];
    let times = times.iter().try_for_each(|name| each_set(rows, name, "a time", is_time));
    checks.push(TIMES.told("acs", times));
    checks
}
