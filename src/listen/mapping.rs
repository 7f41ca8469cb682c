//! From a payload that nobody documents to events: JSON pointers, and words of both languages.
//!
//! Must not do: make an event of what does not name its device and its kind for certain, or keep
//! anything else of a payload.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::domain::{Event, EventKind, Untrusted};
use crate::listen::refusal::Refusal;

/// More events than this are no delivery.
const EVENTS_MOST: usize = 1000;

/// Longer keys identify no device.
const KEY_BYTES_MAX: usize = 128;

/// Where a kind stands, unless the configuration says it.
pub const KINDS: [&str; 3] = ["/event", "/type", "/action"];
/// Where the device is named: an `id` last, since at the top it may be the delivery's own.
pub const KEYS: [&str; 12] = [
    "/device/serialNumber",
    "/data/serialNumber",
    "/serialNumber",
    "/device/serial",
    "/data/serial",
    "/serial",
    "/device/mac",
    "/data/mac",
    "/mac",
    "/device/id",
    "/data/id",
    "/id",
];
/// Where it tells its time.
/// A `createdAt` may be the device's birth.
pub const TIMES: [&str; 4] = ["/time", "/timestamp", "/data/time", "/data/timestamp"];
/// Where it has an id of its own. A bare `id` may be the device's, the same in every delivery.
pub const IDS: [&str; 5] = ["/eventId", "/event_id", "/uuid", "/requestId", "/messageId"];

/// Words that say for certain what happened, folded.
const WORDS: [(EventKind, &[&str]); 5] = [
    (
        EventKind::DeviceDeleted,
        &[
            "devicedeleted",
            "devicedelete",
            "deletedevice",
            "deviceremoved",
            "removedevice",
            "manualdelete",
            "dispositivoexcluido",
            "dispositivoremovido",
            "dispositivodeletado",
            "excluirdispositivo",
            "equipamentoexcluido",
            "equipamentoremovido",
        ],
    ),
    (
        EventKind::DeviceAdded,
        &[
            "deviceadded",
            "deviceadd",
            "adddevice",
            "devicecreated",
            "deviceregistered",
            "newdevice",
            "dispositivoadicionado",
            "dispositivocriado",
            "dispositivocadastrado",
            "novodispositivo",
            "equipamentoadicionado",
            "equipamentocadastrado",
            "novoequipamento",
        ],
    ),
    (
        EventKind::MassExclusion,
        &["massexclusion", "massdeletion", "exclusaoemmassa", "exclusaomassiva"],
    ),
    (
        EventKind::AcsSync,
        &[
            "acssync",
            "synchronizationfinished",
            "synchronisationfinished",
            "sincronizacaoconcluida",
        ],
    ),
    (EventKind::ProviderSync, &["providersync"]),
];

/// Words that ask for something: it happened only where the result says so.
const ORDERS: [&str; 4] = ["deletedevice", "removedevice", "excluirdispositivo", "adddevice"];

/// Words of a result that says it was done.
const DONE: [&str; 12] = [
    "true",
    "ok",
    "success",
    "successful",
    "succeeded",
    "done",
    "completed",
    "complete",
    "finished",
    "sucesso",
    "concluido",
    "1",
];

/// Words of a result that says it was not done, or not yet.
const NOT_DONE: [&str; 34] = [
    "false",
    "0",
    "no",
    "nao",
    "error",
    "failed",
    "failure",
    "fail",
    "erro",
    "falha",
    "falhou",
    "pending",
    "queued",
    "accepted",
    "processing",
    "inprogress",
    "running",
    "requested",
    "scheduled",
    "waiting",
    "pendente",
    "enfileirado",
    "processando",
    "aguardando",
    "emandamento",
    "agendado",
    "cancelled",
    "canceled",
    "cancelado",
    "timeout",
    "rejected",
    "denied",
    "recusado",
    "negado",
];

/// Where a result may stand.
const RESULTS: [&str; 9] = [
    "/success",
    "/status",
    "/result",
    "/data/success",
    "/data/status",
    "/data/result",
    "/device/success",
    "/device/status",
    "/device/result",
];

/// What a delivery says of its own result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Done,
    NotDone,
    /// Nothing that is known: a `status` may be the device's.
    Untold,
}

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// This happened.
    Kind(EventKind),
    /// Nothing that matters.
    Ignored,
}

impl Meaning {
    /// One of our own words.
    #[must_use]
    pub fn of(ours: &str) -> Option<Self> {
        Some(match ours {
            "device-added" => Self::Kind(EventKind::DeviceAdded),
            "device-deleted" => Self::Kind(EventKind::DeviceDeleted),
            "mass-exclusion" => Self::Kind(EventKind::MassExclusion),
            "acs-sync" => Self::Kind(EventKind::AcsSync),
            "provider-sync" => Self::Kind(EventKind::ProviderSync),
            "ignored" => Self::Ignored,
            _ => return None,
        })
    }
}

/// How payloads are read.
pub struct Mapping {
    /// JSON pointers to the kind.
    pub kind: Vec<String>,
    /// To the device.
    pub key: Vec<String>,
    /// To the time.
    pub time: Vec<String>,
    /// To the delivery's own id.
    pub id: Vec<String>,
    /// What words mean, folded; beside those that are known.
    pub kinds: BTreeMap<String, Meaning>,
    /// Reads a time.
    pub read_time: fn(&str, &TimeZone) -> Option<Timestamp>,
    /// Zone of times without one.
    pub zone: TimeZone,
}

/// What a body told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What happened.
    pub events: Vec<Event>,
    /// Kinds that nobody knows, as they were written.
    pub unmapped: Vec<Untrusted>,
    /// The earliest time that it tells.
    pub oldest: Option<Timestamp>,
    /// The latest.
    pub newest: Option<Timestamp>,
    /// Does it carry a time or an id, so that no two deliveries are the same?
    pub is_unique: bool,
}

impl Heard {
    /// Of a body that can't be read: nothing happened for certain, and it is passed on all the
    /// same.
    #[must_use]
    pub fn unreadable() -> Self {
        Self { unmapped: vec![Untrusted::new("(unreadable)")], ..Self::default() }
    }

    /// Is all of it recent, and none from the future? `age`: how old it may be.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, age: SignedDuration, ahead: SignedDuration) -> bool {
        self.oldest.is_none_or(|at| now.duration_since(at) <= age)
            && self.newest.is_none_or(|at| at.duration_since(now) <= ahead)
    }
}

impl Mapping {
    /// Reads a body.
    ///
    /// # Errors
    /// Where it is no JSON, neither an object nor a list of objects, or tells too much.
    pub fn read(&self, body: &[u8], now: Timestamp) -> Result<Heard, Refusal> {
        let value: Value = serde_json::from_slice(body).map_err(|_| Refusal::NotJson)?;
        let entries = match value {
            Value::Array(entries) if entries.len() > EVENTS_MOST => return Err(Refusal::TooMany),
            Value::Array(entries) if !entries.is_empty() => entries,
            Value::Object(_) => vec![value],
            _ => return Err(Refusal::NotJson),
        };
        if !entries.iter().all(Value::is_object) {
            return Err(Refusal::NotJson);
        }
        let mut heard = Heard::default();
        for entry in &entries {
            self.entry(entry, now, &mut heard);
        }
        Ok(heard)
    }

    fn entry(&self, entry: &Value, now: Timestamp, heard: &mut Heard) {
        let key = self.key.iter().find_map(|at| Some((at, named(entry, at)?)));
        let times: Vec<Untrusted> = self.time.iter().filter_map(|at| named(entry, at)).collect();
        let is_keys = |at: &String| key.as_ref().is_some_and(|(of, _)| *of == at);
        let has_id = self.id.iter().any(|at| !is_keys(at) && named(entry, at).is_some());
        let at = times.iter().find_map(|text| self.time(text.raw()));
        heard.is_unique |= at.is_some() || has_id;
        heard.oldest = heard.oldest.into_iter().chain(at).min();
        heard.newest = heard.newest.max(at);
        let Some(word) = self.kind.iter().find_map(|at| named(entry, at)) else {
            heard.unmapped.push(Untrusted::new("(none)"));
            return;
        };
        // It tells a time that nobody can read: it may be of last week.
        if !times.is_empty() && at.is_none() {
            heard.unmapped.push(word);
            return;
        }
        let key = key.map(|(_, key)| key);
        match self.event(&word, key.is_some(), entry) {
            Some(Meaning::Ignored) => {}
            Some(Meaning::Kind(kind)) => {
                let key = if is_of_device(kind) { key } else { None };
                heard.events.push(Event { time: at.unwrap_or(now), kind, key, note: None });
            }
            None => heard.unmapped.push(word),
        }
    }

    /// A time as hooks write it: as files do, as HTTP does (RFC 2822), or in seconds with a
    /// fraction.
    fn time(&self, text: &str) -> Option<Timestamp> {
        let whole = || {
            let (seconds, fraction) = text.split_once('.')?;
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            (digits(seconds) && digits(fraction)).then_some(seconds)
        };
        let read = |text: &str| (self.read_time)(text, &self.zone);
        let http = || jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp());
        read(text).or_else(|| read(whole()?)).or_else(http)
    }

    /// What an entry of this kind means; nothing where it is not certain.
    fn event(&self, word: &Untrusted, has_key: bool, entry: &Value) -> Option<Meaning> {
        let folded = fold(word.raw());
        let configured = self.kinds.get(&folded).copied();
        let known = || {
            let of = WORDS.iter().find(|(_, words)| words.contains(&folded.as_str()))?;
            Some(Meaning::Kind(of.0))
        };
        let meaning = configured.or_else(known)?;
        let Meaning::Kind(kind) = meaning else { return Some(meaning) };
        let needs_key = matches!(kind, EventKind::DeviceAdded | EventKind::DeviceDeleted);
        // A word of ours with a device is of that device alone: no whole synchronisation.
        let is_of_one = configured.is_none() && has_key && !is_of_device(kind);
        let happened = match ended(entry) {
            Ended::Done => true,
            Ended::NotDone => false,
            Ended::Untold => configured.is_some() || !ORDERS.contains(&folded.as_str()),
        };
        (!is_of_one && (has_key || !needs_key) && happened).then_some(meaning)
    }
}

fn is_of_device(kind: EventKind) -> bool {
    match kind {
        EventKind::DeviceAdded | EventKind::DeviceDeleted | EventKind::MassExclusion => true,
        EventKind::AcsSync | EventKind::ProviderSync => false,
    }
}

/// Hooks tell results of actions, and that one was asked for: what failed, or waits, did not
/// happen.
fn ended(entry: &Value) -> Ended {
    let words = RESULTS.iter().filter_map(|at| match entry.pointer(at)? {
        // Not clear: it may tell whether the device is online (IXC.md section 2).
        Value::Bool(_) if at.ends_with("/status") => None,
        Value::Number(_) if at.ends_with("/status") && *at != "/status" => None,
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(fold(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    let mut said = Ended::Untold;
    for word in words {
        // A status of HTTP.
        let code = word.parse::<u16>().ok().filter(|code| (100..600).contains(code));
        let is_done = code.map_or(DONE.contains(&word.as_str()), |code| (200..300).contains(&code));
        if NOT_DONE.contains(&word.as_str()) || code.is_some_and(|code| code >= 400) {
            return Ended::NotDone;
        }
        if is_done {
            said = Ended::Done;
        }
    }
    said
}

/// A short text or a number at a pointer.
fn named(entry: &Value, pointer: &str) -> Option<Untrusted> {
    let text = match entry.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.len() <= KEY_BYTES_MAX).then(|| Untrusted::new(&text))
}

/// Case, accents and whatever separates words mean nothing.
#[must_use]
pub fn fold(word: &str) -> String {
    let plain = word.nfkd().filter(|c| !is_combining_mark(*c) && c.is_alphanumeric());
    plain.flat_map(char::to_lowercase).collect()
}
