//! Faults on demand: which there are, which are on, and which strikes a request.
//!
//! Must not do: send bytes.

mod answers;
mod catalogue;
pub(super) mod rows;

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::genieacs::Trap;
use super::message::{Answer, Asked, decoded};
use super::route::Api;
use super::wire::Send;
use crate::lab::world::{Dice, World};

pub(super) use catalogue::{FAULTS, Fault};

/// What a fault does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    /// How the answer's bytes are sent.
    Sent(fn(&Active) -> Send),
    /// This is answered, and nothing done.
    Instead(fn(&Asked, u16) -> Answer),
    /// It is done, and this is answered.
    After(fn() -> Answer),
    /// The rows of a list are not those that there are.
    Rows(rows::Lie),
    /// Another list is answered than the one asked for.
    Ask(fn(&mut Asked, Option<&Asked>)),
    /// The header that makes a request a list is lost on its way.
    Stripped,
    /// The request reaches another tenant's system.
    Tenant,
    /// The box is in a session, for half a minute.
    Session,
    /// The box makes its next speed test wrongly.
    Trap(Trap),
    /// The login holds no longer.
    Revoked,
    /// The write is done after the client was left alone.
    Late,
    /// Before the row of a PUT is replaced, something else happens to it.
    Meanwhile(fn(&mut World, &str, u64) -> bool),
    /// After the row of a PUT was replaced, something else happens to it.
    Afterwards(fn(&mut World, &str, u64) -> bool),
}

/// A fault that is on.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Active {
    #[serde(skip)]
    pub name: &'static str,
    pub side: &'static str,
    /// How many answers more it strikes; `None`: until the lab is reset.
    pub left: Option<u64>,
    /// How many answers it lets through before.
    pub after: u64,
    /// Only requests that name this.
    pub key: Option<String>,
    /// Only requests that change something.
    pub writes: bool,
    /// A time in milliseconds, for those that take time.
    pub ms: Option<u64>,
    /// A byte of the body, for those that cut.
    pub at: Option<usize>,
    /// Of a hundred requests that it could strike, so many; `None`: every one.
    pub percent: Option<f64>,
    /// How many it has struck.
    pub struck: u64,
}

impl Active {
    pub fn wait(&self, usual: Duration) -> Duration {
        self.ms.map_or(usual, Duration::from_millis)
    }
}

/// The faults that are on.
#[derive(Debug, Default)]
pub(super) struct Faults {
    on: Vec<On>,
}

/// A fault that is on, and its chance.
#[derive(Debug)]
struct On {
    active: Active,
    dice: Dice,
}

impl On {
    /// Does it strike now, as far as chance goes?
    fn is_its_turn(&mut self) -> bool {
        self.active.percent.is_none_or(|percent| self.dice.chance(percent / 100.0))
    }
}

/// Why a fault was not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is none of this name.
    Unknown(String),
    /// A value makes no sense.
    Wrong(&'static str),
}

impl Faults {
    /// Sets a fault as `POST /_lab/fault` has it; `times` 0 ends it, on this side, but with a
    /// `percent` it then goes on until the lab is reset or the fault set anew. Chance is thrown
    /// by `seed`: the same requests, the same strikes.
    pub fn set(&mut self, wanted: &Value, seed: u64) -> Result<(), Refused> {
        let text = |name| wanted.get(name).and_then(Value::as_str);
        let name = text("name").ok_or(Refused::Wrong("name is missing"))?;
        let fault = FAULTS
            .iter()
            .find(|fault| fault.name == name)
            .ok_or_else(|| Refused::Unknown(name.to_owned()))?;
        let side = match text("side") {
            Some("acs") => "acs",
            Some("provider") => "provider",
            _ => return Err(Refused::Wrong("side is acs or provider")),
        };
        let number = |name: &str, usual: u64| match wanted.get(name) {
            None | Some(Value::Null) => Ok(usual),
            Some(value) => value.as_u64().ok_or(Refused::Wrong("a number is no whole number")),
        };
        let percent = percent(wanted)?;
        let left = match number("times", 1)? {
            0 if percent.is_some() => None,
            times => Some(times),
        };
        let after = number("after", 0)?;
        let writes = match text("only") {
            None => false,
            Some("writes") => true,
            Some(_) => return Err(Refused::Wrong("only is writes")),
        };
        let given = |name: &str| wanted.get(name).and_then(Value::as_u64);
        if fault.needs_key && text("key").is_none() {
            return Err(Refused::Wrong("this fault needs a key"));
        }
        self.on.retain(|on| on.active.name != fault.name || on.active.side != side);
        if left != Some(0) {
            let active = Active {
                name: fault.name,
                side,
                left,
                after,
                key: text("key").map(str::to_owned),
                writes,
                ms: given("ms"),
                at: given("at").and_then(|at| usize::try_from(at).ok()),
                percent,
                struck: 0,
            };
            let dice = Dice::new(seed ^ number_of(fault.name) ^ number_of(side));
            self.on.push(On { active, dice });
        }
        Ok(())
    }

    /// Ends all.
    pub fn clear(&mut self) {
        self.on.clear();
    }

    /// The fault that strikes this request, if one does; it has one answer less then.
    pub fn strike(&mut self, api: Api, asked: &Asked) -> Option<(&'static Fault, Active)> {
        if api.is_login(asked) {
            return None;
        }
        let is_struck = |active: &Active, fault: &Fault| {
            active.side == api.side()
                && fault.strikes(api, asked)
                && (!active.writes || api.is_write(asked))
                && active.key.as_deref().is_none_or(|key| names(asked, key))
        };
        let mut found = None;
        for on in &mut self.on {
            let Some(fault) = FAULTS.iter().find(|fault| fault.name == on.active.name) else {
                continue;
            };
            if !is_struck(&on.active, fault) {
                continue;
            }
            if on.active.after > 0 {
                on.active.after -= 1;
            } else if found.is_none() && on.is_its_turn() {
                on.active.left = on.active.left.map(|left| left - 1);
                on.active.struck += 1;
                found = Some((fault, on.active.clone()));
            }
        }
        self.on.retain(|on| on.active.left != Some(0));
        found
    }

    /// All that there are, and where each is on.
    pub fn listed(&self) -> Value {
        let one = |fault: &Fault| {
            let active = self.on.iter().map(|on| &on.active);
            let on: Vec<&Active> = active.filter(|active| active.name == fault.name).collect();
            json!({
                "name": fault.name, "description": fault.description, "takes": TAKES, "active": on,
            })
        };
        FAULTS.iter().map(one).collect()
    }
}

/// What every fault takes; what else one takes its description tells.
const TAKES: [&str; 6] = [
    "side: acs or provider",
    "times: how many requests are struck (1); 0 ends it, and with percent it means without an end",
    "after: how many are let through before (0)",
    "percent: of a hundred requests that could be struck so many are, by the lab's seed (100)",
    "only: writes, and no request that only reads is struck",
    "key: only requests that name this serial, id or table row",
];

fn percent(wanted: &Value) -> Result<Option<f64>, Refused> {
    match wanted.get("percent") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64().filter(|percent| *percent > 0.0 && *percent <= 100.0) {
            Some(percent) => Ok(Some(percent)),
            None => Err(Refused::Wrong("percent is a number above 0, at most 100")),
        },
    }
}

/// A number for a word, so that each fault throws its own dice (FNV-1a).
fn number_of(word: &str) -> u64 {
    word.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Does a request name this device or row?
fn names(asked: &Asked, key: &str) -> bool {
    let path = decoded(&asked.path).unwrap_or_default();
    let path_twice = decoded(&path).unwrap_or_default();
    path.split('/').any(|part| part == key)
        || path_twice.split('/').any(|part| part == key)
        || path.ends_with(key)
        || asked.query.iter().any(|(_, value)| value.contains(key))
        || String::from_utf8_lossy(&asked.body).contains(&format!("\"{key}\""))
}
