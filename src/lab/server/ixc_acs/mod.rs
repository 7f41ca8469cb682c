//! IXC ACS: tokens, a paged view of devices without a total, and calls by serial.
//!
//! Must not do: show a total, or a MAC in the view; the real one has neither.

mod devices;
mod integration;
mod register;
mod speedtest;
mod token;

pub(super) use self::speedtest::measured;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::message::{Answer, Asked, decoded};
use crate::lab::world::World;

use speedtest::Test;
pub use token::Credentials;
use token::Tokens;

/// What the API keeps beside the world.
#[derive(Debug)]
pub struct AcsApi {
    tokens: Tokens,
    tests: BTreeMap<String, Test>,
    calls: u64,
    /// What its API client may ask in a minute; `None`: as much as it likes.
    pub requests_per_minute: Option<u32>,
    minute: (i64, u32),
}

impl AcsApi {
    /// One API client, whose secret and keys are made from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            tokens: Tokens::new(seed),
            tests: BTreeMap::new(),
            calls: 0,
            requests_per_minute: None,
            minute: (0, 0),
        }
    }

    /// What its API client logs in with.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.tokens.credentials()
    }

    /// The tokens given so far hold no longer.
    pub fn revoke_tokens(&mut self) {
        self.tokens.revoke();
    }

    /// Answers a request below `/api/v1` or `/api/v2`.
    pub fn answer(&mut self, world: &mut World, asked: &Asked) -> Answer {
        let Some(path) = decoded_parts(&asked.path) else { return problem(400, "Bad Request") };
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let now = world.now();
        if let Some(answer) = self.tokens.answer(asked, &parts, now) {
            return answer;
        }
        if !self.tokens.holds(asked, now) {
            return problem(401, "Unauthorized");
        }
        if let Some(seconds) = self.over_budget(now) {
            return problem(429, "Too Many Requests").with("retry-after", seconds.to_string());
        }
        self.route(world, asked, &parts)
    }

    /// Answers a request whose token was looked at before.
    pub fn let_in(&mut self, world: &mut World, asked: &Asked) -> Answer {
        let Some(path) = decoded_parts(&asked.path) else { return problem(400, "Bad Request") };
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        self.route(world, asked, &parts)
    }

    fn route(&mut self, world: &mut World, asked: &Asked, parts: &[&str]) -> Answer {
        match (asked.method.as_str(), parts) {
            ("GET", ["v2", "devices", "views", "natural"]) => devices::view(world, asked),
            ("GET", ["v1", "devices", "capabilities"]) => devices::capabilities(world, asked),
            ("POST", ["v1", "devices", "reboot"]) => self.reboot(world, asked),
            ("GET", ["v2", "devices", serial, "ethernet", "ppp"]) => devices::ppp(world, serial),
            ("DELETE", ["v2", "devices", serial]) => devices::delete(world, serial),
            ("POST", ["v2", "devices", serial, "parameters", "update"]) => {
                self.update(world, serial, asked)
            }
            ("POST", ["v2", "devices", serial, "speedtest"]) => self.start_test(world, serial),
            ("GET", ["v2", "devices", serial, "speedtest"]) => self.test(world, serial),
            ("POST", ["v2", "devices", serial, "integration", "send"]) => self.send(world, serial),
            ("GET", ["v2", "integration"]) => integration::state(world),
            ("POST", ["v2", "integration", "synchronize"]) => self.synchronise(world),
            _ => problem(404, "Not Found"),
        }
    }

    /// Seconds until it may ask again, where it has asked too much in this minute.
    fn over_budget(&mut self, now: Timestamp) -> Option<i64> {
        let most = self.requests_per_minute?;
        let minute = now.as_second().div_euclid(60);
        if self.minute.0 != minute {
            self.minute = (minute, 0);
        }
        if self.minute.1 >= most {
            return Some(60 - now.as_second().rem_euclid(60));
        }
        self.minute.1 += 1;
        None
    }

    fn reboot(&mut self, world: &World, asked: &Asked) -> Answer {
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let named = ["sn", "serial", "serialNumber"].iter().find_map(|n| body.get(*n)?.as_str());
        match named {
            None => problem(400, "sn is required"),
            Some(serial) if world.acs.cpes.contains_key(serial) => self.acknowledged(202),
            Some(_) => unknown(),
        }
    }

    fn update(&mut self, world: &World, serial: &str, asked: &Asked) -> Answer {
        if !world.acs.cpes.contains_key(serial) {
            return unknown();
        }
        let list: Result<Vec<serde_json::Value>, _> = serde_json::from_slice(&asked.body);
        let is_whole = |one: &serde_json::Value| {
            ["parameter", "value", "type"].iter().all(|name| one.get(*name).is_some())
        };
        match list {
            Ok(list) if !list.is_empty() && list.iter().all(is_whole) => self.acknowledged(202),
            _ => problem(400, "a list of {parameter, value, type} is required"),
        }
    }

    /// What is asked of a box is acknowledged with a number; what came of it is told later.
    fn acknowledged(&mut self, status: u16) -> Answer {
        self.calls += 1;
        let uuid = format!("00000000-0000-4000-8000-{:012x}", self.calls);
        Answer::json(status, &json!({"uuid": uuid}))
    }
}

/// The path's parts below `/api`, decoded.
fn decoded_parts(path: &str) -> Option<Vec<String>> {
    let below = path.strip_prefix("/api/")?.trim_end_matches('/');
    below.split('/').map(decoded).collect()
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"statusCode": status, "message": message}))
}

fn unknown() -> Answer {
    problem(404, "Device not found")
}
