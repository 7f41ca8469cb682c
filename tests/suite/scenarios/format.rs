//! The scenario files' format: two device lists and a baseline in, ledger and causes out.
//!
//! Must not do: know the engine. Defaults keep a file short: what a story does not need,
//! it does not say. An empty text (`registered = ""`) takes a default away.
//!
//! Times are RFC 3339 or `YYYY-MM-DD[ HH:MM]` in UTC. An event is a line
//! `YYYY-MM-DD HH:MM KIND [KEY] [| NOTE]`. A record of the Provider is named in `[expect]` by
//! its device id, else by `login:LOGIN`; `provider = "*"` leaves open which.

use std::collections::BTreeMap;

use serde::Deserialize;

/// When a scenario is "now", unless it says otherwise.
pub const AS_OF: &str = "2026-11-20 12:00";

/// One value or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn list(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

/// A device of the ACS. Defaults: registered 2025-06-01 10:00, last Inform an hour ago.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcsRow {
    pub id: String,
    pub serial: Option<String>,
    pub oui: Option<String>,
    pub model: Option<String>,
    pub mac: Option<OneOrMany>,
    pub login: Option<String>,
    pub wan_ip: Option<String>,
    pub last_inform: Option<String>,
    pub registered: Option<String>,
    pub link: Option<String>,
    pub integrated: Option<bool>,
    pub first_seen: Option<String>,
}

/// A row of the Provider. Defaults: registered 2025-03-01; the login is its own id; active.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderRow {
    pub id: Option<String>,
    pub serial: Option<String>,
    pub mac: Option<String>,
    pub login_id: Option<String>,
    pub login: Option<String>,
    pub active: Option<bool>,
    pub linked: Option<bool>,
    pub registered: Option<String>,
    pub synchronised: Option<String>,
    pub customer: Option<String>,
    pub contract_status: Option<String>,
    pub wan_ip: Option<String>,
    pub model: Option<String>,
    pub link: Option<String>,
    pub online: Option<bool>,
    pub last_online: Option<String>,
    pub first_seen: Option<String>,
}

/// `[rules]`: the settings of `[causes]` that differ from the defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesTable {
    pub webhook_grace_hours: Option<i64>,
    pub first_contact_grace_days: Option<i64>,
    pub mass_exclusion_days: Option<u32>,
    pub drift: Option<Vec<String>>,
    pub placeholder_serials: Option<Vec<String>>,
    pub ignore_logins: Option<Vec<String>>,
}

/// A device that left the ACS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TombstoneRow {
    pub device: AcsRow,
    pub seen: String,
    pub missed: String,
    pub removal: String,
    #[serde(default = "one")]
    pub cohort: u32,
}

fn one() -> u32 {
    1
}

/// A device that a person left alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoreRow {
    pub key: String,
    pub reason: String,
    pub until: Option<String>,
}

/// `[baseline]`: what earlier runs left. A list that is not given was never read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BaselineTable {
    pub acs_at: Option<String>,
    pub acs: Option<Vec<AcsRow>>,
    pub provider_at: Option<String>,
    pub provider: Option<Vec<ProviderRow>>,
    pub first_complete_acs: Option<String>,
    pub tombstones: Vec<TombstoneRow>,
    pub ignores: Vec<IgnoreRow>,
}

/// One run. On later days the lists go on from the day before: `*_set` adds a record or
/// replaces the one of that id, `*_drop` takes records out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Day {
    pub as_of: Option<String>,
    pub acs: Option<Vec<AcsRow>>,
    pub acs_set: Vec<AcsRow>,
    pub acs_drop: Vec<String>,
    pub provider: Option<Vec<ProviderRow>>,
    pub provider_set: Vec<ProviderRow>,
    pub provider_drop: Vec<String>,
    pub events: Vec<String>,
    pub acs_at: Option<String>,
    pub provider_at: Option<String>,
    pub acs_last_sync: Option<String>,
    pub provider_last_sync: Option<String>,
    pub acs_partial: bool,
    pub provider_partial: bool,
    pub baseline: Option<BaselineTable>,
    pub expect: Expect,
}

/// One finding as told. What is not said is not compared, but records are: an omitted side
/// has none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Told {
    pub cause: String,
    pub strength: Option<String>,
    pub acs: Option<OneOrMany>,
    pub provider: Option<OneOrMany>,
    pub related_acs: Option<String>,
    pub related_provider: Option<String>,
    pub candidates: Option<Vec<String>>,
    pub fields: Option<Vec<String>>,
    pub evidence: Vec<String>,
    pub fix: Option<String>,
    pub state: Option<String>,
    pub was: Option<String>,
    pub ignored: Option<bool>,
}

/// A projection as told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldProjection {
    pub acs: u64,
    pub provider: u64,
    pub least: Option<u64>,
    pub devices: Option<u64>,
    pub active_logins: Option<u64>,
}

/// Signed changes of one side.
pub type Rows = BTreeMap<String, i64>;

/// What the engine must answer. `findings` is the exact set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    pub matched: u64,
    pub findings: Vec<Told>,
    pub not_integrated: Option<u64>,
    pub since_acs: Option<Rows>,
    pub since_provider: Option<Rows>,
    pub projections: BTreeMap<String, ToldProjection>,
    pub no_projections: Vec<String>,
    pub warnings: Vec<String>,
    pub no_warnings: Vec<String>,
    pub resolved: Option<BTreeMap<String, String>>,
    pub departures: Option<BTreeMap<String, String>>,
}

/// A whole file.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub file: String,
    pub story: String,
    pub rules: RulesTable,
    pub days: Vec<Day>,
}

impl Scenario {
    /// Reads a file: either one run at the top level, or `[[day]]`s.
    pub fn parse(file: &str, text: &str) -> Result<Self, String> {
        let mut table: toml::Table = text.parse().map_err(|e| format!("{file}: {e}"))?;
        let story = match table.remove("story") {
            Some(toml::Value::String(s)) if s.trim().len() > 20 => s,
            _ => return Err(format!("{file}: needs a `story`, a sentence")),
        };
        let read = |e: toml::de::Error| format!("{file}: {e}");
        let rules = match table.remove("rules") {
            Some(rules) => rules.try_into().map_err(read)?,
            None => RulesTable::default(),
        };
        let days = match table.remove("day") {
            Some(days) if table.is_empty() => days.try_into().map_err(read)?,
            Some(_) => return Err(format!("{file}: `[[day]]` beside a run at the top level")),
            None if !table.contains_key("expect") => {
                return Err(format!("{file}: needs `[expect]`"));
            }
            None => vec![toml::Value::Table(table).try_into().map_err(read)?],
        };
        Ok(Self { file: file.to_owned(), story, rules, days })
    }
}
