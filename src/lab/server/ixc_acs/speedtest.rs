//! Speed tests: a box measures beside what its customer bought.
//!
//! Must not do: let chance in; the same box measures the same.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{AcsApi, problem, unknown};
use crate::lab::server::message::Answer;
use crate::lab::world::{LOGINS, PROFILES, World, cell, id_in};

/// When a test's download begins and ends, seconds after it was asked for.
const BEGINS: i64 = 5;
const ENDS: i64 = 15;

/// kbit/s where the customer's profile is not known.
const UNKNOWN_PLAN: u64 = 100_000;

/// A test that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    at: Timestamp,
    /// A box measures in real time, also where the lab's clock stands still.
    since: Instant,
    down: u64,
    up: u64,
}

impl AcsApi {
    /// `POST /api/v2/devices/{serial}/speedtest`.
    pub(super) fn start_test(&mut self, world: &World, serial: &str) -> Answer {
        let Some((down, up)) = measured(world, serial) else { return unknown() };
        self.tests
            .insert(serial.to_owned(), Test { at: world.now(), since: Instant::now(), down, up });
        self.acknowledged(202)
    }

    /// `GET /api/v2/devices/{serial}/speedtest`.
    pub(super) fn test(&self, world: &World, serial: &str) -> Answer {
        if !world.acs.cpes.contains_key(serial) {
            return unknown();
        }
        let Some(test) = self.tests.get(serial) else {
            return problem(404, "No speed test was asked for");
        };
        let after = |seconds| test.at.checked_add(SignedDuration::from_secs(seconds)).ok();
        let requested = test.at.to_string();
        let (Some(begin), Some(end)) = (after(BEGINS), after(ENDS)) else { return unknown() };
        let passed = SignedDuration::try_from(test.since.elapsed()).unwrap_or_default();
        let now = world.now().max(test.at.checked_add(passed).unwrap_or(test.at));
        if now < end {
            return Answer::json(200, &json!({"state": "Requested", "requestedAt": requested}));
        }
        let bytes = |kbps: u64| kbps * 125 * u64::try_from(ENDS - BEGINS).unwrap_or_default();
        Answer::json(
            200,
            &json!({
                "state": "Completed",
                "requestedAt": requested,
                "bomTime": begin.to_string(),
                "eomTime": end.to_string(),
                "testBytesReceived": bytes(test.down),
                "testBytesSent": bytes(test.up),
                "downloadKbps": test.down,
                "uploadKbps": test.up,
            }),
        )
    }
}

/// What a box measures down and up, kbit/s: 60 to 105 % of the plan, by its serial.
pub(in crate::lab::server) fn measured(world: &World, serial: &str) -> Option<(u64, u64)> {
    let cpe = world.acs.cpes.get(serial)?;
    let login = cpe.pppoe_login.as_deref().unwrap_or_default();
    let row = world.provider.rows(LOGINS).find(|(_, row)| {
        let known = cell(row, "login");
        known == login || login.split('@').next() == Some(known)
    });
    let profile = row
        .and_then(|(_, row)| id_in(row, "id_grupo"))
        .and_then(|id| world.provider.row(PROFILES, id));
    let speed = |column| profile.and_then(|row| kbps(cell(row, column))).unwrap_or(UNKNOWN_PLAN);
    let share = 60 + serial.bytes().fold(7u64, |sum, b| sum * 31 % 46 + u64::from(b)) % 46;
    Some((speed("download") * share / 100, speed("upload") * share / 100))
}

/// `850M`, `1G`, `512k`; without a letter kbit/s.
fn kbps(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "k" => Some(number),
        "m" => Some(number * 1000),
        "g" => Some(number * 1_000_000),
        _ => None,
    }
}
