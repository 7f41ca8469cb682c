//! The control API, `/_lab/*`: what tests and scripts steer the lab with.
//!
//! Must not do: be struck by a fault.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::faults::Refused;
use super::message::{Answer, Asked};
use super::state::State;
use crate::lab::world::{ActError, Options};

/// Hours that one `advance` may take: ten years.
const HOURS_MOST: i64 = 87_600;

/// Answers a request below `/_lab`.
pub(super) fn answer(state: &mut State, asked: &Asked) -> Answer {
    let name = asked.path.trim_start_matches("/_lab").trim_matches('/');
    match (asked.method.as_str(), name) {
        ("GET", "state") => shown(state),
        ("GET", "truth") => truth(state, asked.parameter("acs") == Some("genieacs")),
        ("GET", "events") => events(state, asked),
        ("GET", "writes") => of(&state.journal.all()),
        ("GET", "faults") => Answer::json(200, &state.faults.listed()),
        ("POST", "advance") => with_body(asked, |body| advance(state, body)),
        ("POST", "reset") => with_body(asked, |body| reset(state, body)),
        ("POST", "event") => with_body(asked, |body| event(state, body)),
        ("POST", "fault") => with_body(asked, |body| fault(state, body)),
        (_, "state" | "truth" | "events" | "writes" | "faults") => method("GET"),
        (_, "advance" | "reset" | "event" | "fault") => method("POST"),
        _ => refused(404, "the lab has no such control; see CLI.md section 5"),
    }
}

fn refused(status: u16, why: &str) -> Answer {
    Answer::json(status, &json!({"error": why}))
}

fn method(allowed: &'static str) -> Answer {
    refused(405, "another method is wanted here").with("allow", allowed)
}

fn of(value: &impl serde::Serialize) -> Answer {
    match serde_json::to_value(value) {
        Ok(value) => Answer::json(200, &value),
        Err(error) => refused(500, &error.to_string()),
    }
}

/// No body at all is an empty object.
fn with_body(asked: &Asked, act: impl FnOnce(&Value) -> Answer) -> Answer {
    if asked.body.is_empty() {
        return act(&json!({}));
    }
    match serde_json::from_slice::<Value>(&asked.body) {
        Ok(body) if body.is_object() => act(&body),
        _ => refused(400, "the body is no JSON object"),
    }
}

fn shown(state: &State) -> Answer {
    let counts = state.world.truth().counts;
    Answer::json(
        200,
        &json!({
            "now": state.world.now().to_string(),
            "start": state.world.start().to_string(),
            "seed": state.options.seed,
            "speed": state.options.speed,
            "counts": {"acs": counts.acs, "provider": counts.provider, "entries": counts.entries},
            "writes": state.journal.all().len(),
        }),
    )
}

/// With `acs=genieacs` the ACS's ids are those of GenieACS.
fn truth(state: &State, as_genieacs: bool) -> Answer {
    let truth = state.world.truth();
    let Ok(mut value) = serde_json::to_value(&truth) else {
        return refused(500, "the truth can't be written");
    };
    if let (true, Some(differences)) = (as_genieacs, value["differences"].as_array_mut()) {
        for difference in differences {
            let serials = difference["acs"].as_array_mut().into_iter().flatten();
            for serial in serials {
                let cpe = serial.as_str().and_then(|s| state.world.acs.cpes.get(s));
                if let Some(cpe) = cpe {
                    *serial = Value::String(super::genieacs::device_id(cpe));
                }
            }
        }
    }
    Answer::json(200, &value)
}

fn events(state: &State, asked: &Asked) -> Answer {
    let from = match asked.parameter("from") {
        None => Ok(state.world.start()),
        // A `+` of an offset that was not encoded has become a space.
        Some(text) => text.replace(' ', "+").parse::<Timestamp>(),
    };
    let Ok(from) = from else { return refused(400, "from is no time as 2026-11-23T06:00:00Z") };
    let as_listener = match asked.parameter("as") {
        None => false,
        Some("listener") => true,
        Some(_) => return refused(400, "as is listener, or not given"),
    };
    let lines = state.world.events(from, as_listener);
    Answer::whole(200, "application/x-ndjson", lines)
}

fn advance(state: &mut State, body: &Value) -> Answer {
    let hours = body.get("hours").map_or(Some(1.0), Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "a small whole number")]
    let most = HOURS_MOST as f64;
    let Some(hours) = hours.filter(|hours| (0.0..=most).contains(hours)) else {
        return refused(400, "hours is a number from 0 to 87600");
    };
    let span = SignedDuration::try_from_secs_f64(hours * 3600.0).unwrap_or_default();
    let Ok(to) = state.world.now().checked_add(span) else {
        return refused(400, "the clock can't go so far");
    };
    state.advance_to(to);
    shown(state)
}

fn reset(state: &mut State, body: &Value) -> Answer {
    let seed = match body.get("seed") {
        None => state.options.seed,
        Some(seed) => match seed.as_u64() {
            Some(seed) => seed,
            None => return refused(400, "seed is a whole number"),
        },
    };
    state.reset(seed);
    shown(state)
}

fn event(state: &mut State, body: &Value) -> Answer {
    let Some(kind) = body.get("kind").and_then(Value::as_str) else {
        return refused(400, "kind is missing");
    };
    let webhook_lost = match body.get("webhook").map(Value::as_str) {
        None | Some(Some("sent")) => false,
        Some(Some("lost")) => true,
        Some(_) => return refused(400, "webhook is sent or lost"),
    };
    let days = match body.get("days") {
        None => None,
        Some(days) => match days.as_u64().and_then(|days| u32::try_from(days).ok()) {
            Some(days) => Some(days),
            None => return refused(400, "days is a whole number"),
        },
    };
    let keys = match body.get("keys") {
        None => Vec::new(),
        Some(keys) => match serde_json::from_value(keys.clone()) {
            Ok(keys) => keys,
            Err(_) => return refused(400, "keys is a list of keys"),
        },
    };
    let key = body.get("key").and_then(Value::as_str);
    match state.world.act(kind, key, &Options { webhook_lost, days, keys }) {
        Ok(changes) => {
            // An action may have moved the world by a second: the clock does not stay behind.
            let now = state.world.now();
            state.clock.forward(now);
            Answer::json(200, &json!({"now": now.to_string(), "changed": changes}))
        }
        Err(error @ ActError::UnknownKey) => refused(404, &error.to_string()),
        Err(error) => refused(400, &error.to_string()),
    }
}

fn fault(state: &mut State, body: &Value) -> Answer {
    match state.faults.set(body, state.options.seed) {
        Ok(()) => Answer::json(200, &state.faults.listed()),
        Err(Refused::Unknown(name)) => {
            refused(400, &format!("there is no fault {name:?}; GET /_lab/faults lists them"))
        }
        Err(Refused::Wrong(why)) => refused(400, why),
    }
}
