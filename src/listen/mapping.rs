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
pub const TIMES: [&str; 6] =
    ["/time", "/timestamp", "/date", "/createdAt", "/data/time", "/data/timestamp"];
/// Where it has an id of its own.
pub const IDS: [&str; 6] = ["/eventId", "/event_id", "/uuid", "/requestId", "/messageId", "/id"];

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

/// Words of a result that says it was not done.
const FAILED: [&str; 7] = ["error", "failed", "failure", "fail", "erro", "falha", "falhou"];

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
        let time = self.time.iter().find_map(|at| named(entry, at));
        let is_keys = |at: &String| key.as_ref().is_some_and(|(of, _)| *of == at);
        let has_id = self.id.iter().any(|at| !is_keys(at) && named(entry, at).is_some());
        heard.is_unique |= time.is_some() || has_id;
        let at = time.and_then(|text| (self.read_time)(text.raw(), &self.zone));
        heard.oldest = heard.oldest.into_iter().chain(at).min();
        heard.newest = heard.newest.max(at);
        let Some(word) = self.kind.iter().find_map(|at| named(entry, at)) else {
            heard.unmapped.push(Untrusted::new("(none)"));
            return;
        };
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
        (!is_of_one && (has_key || !needs_key) && !has_failed(entry)).then_some(meaning)
    }
}

fn is_of_device(kind: EventKind) -> bool {
    match kind {
        EventKind::DeviceAdded | EventKind::DeviceDeleted | EventKind::MassExclusion => true,
        EventKind::AcsSync | EventKind::ProviderSync => false,
    }
}

/// Hooks tell results of actions: one that failed did not happen.
fn has_failed(entry: &Value) -> bool {
    let says_no = entry.get("success").is_some_and(|v| v == &Value::Bool(false));
    let words = ["status", "result"].iter().filter_map(|name| entry.get(name)?.as_str());
    says_no || words.map(fold).any(|word| FAILED.contains(&word.as_str()))
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
