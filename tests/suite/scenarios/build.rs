//! From a scenario's words to the engine's values.
//!
//! Must not do: expect anything.

use acerto::domain::event::{CoverageKind, Event, EventKind, EventLog, Mark};
use acerto::domain::subscriber::CustomerName;
use acerto::domain::{
    AcsDevice, AnySnapshot, PppoeLogin, ProviderRecord, SnapshotMeta, Supplies, Untrusted,
};
use acerto::engine::rules::Placeholder;
use acerto::engine::{Baseline, Field, Ignore, PreviousSide, Removal, Rules, Tombstone};
use jiff::{SignedDuration, Timestamp};

use super::format::{AcsRow, BaselineTable, Day, OneOrMany, ProviderRow, RulesTable};

/// Reads RFC 3339, or `YYYY-MM-DD[ HH:MM]` in UTC.
pub fn time(text: &str) -> Timestamp {
    let text = text.trim();
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{}:00Z", text.replace(' ', "T")),
        _ => text.to_owned(),
    };
    full.parse().unwrap_or_else(|e| panic!("the time {text:?}: {e}"))
}

fn time_or(text: Option<&String>, default: Option<Timestamp>) -> Option<Timestamp> {
    match text.map(String::as_str) {
        None => default,
        Some("") => None,
        Some(text) => Some(time(text)),
    }
}

fn value(text: Option<&String>) -> Option<Untrusted> {
    text.and_then(|t| Untrusted::present(t))
}

/// The device as the ACS lists it at `now`.
pub fn device(row: &AcsRow, now: Timestamp) -> AcsDevice {
    AcsDevice {
        id: Untrusted::new(&row.id),
        serial: value(row.serial.as_ref()),
        oui: value(row.oui.as_ref()),
        model: value(row.model.as_ref()),
        macs: row.mac.iter().flat_map(OneOrMany::list).map(|m| Untrusted::new(&m)).collect(),
        pppoe_login: value(row.login.as_ref()),
        wan_ip: value(row.wan_ip.as_ref()),
        last_inform: time_or(row.last_inform.as_ref(), Some(now - SignedDuration::from_hours(1))),
        registered: time_or(row.registered.as_ref(), Some(time("2025-06-01 10:00"))),
        provider_device_id: value(row.link.as_ref()),
        integrated: row.integrated,
        ..AcsDevice::default()
    }
}

/// The row as the Provider lists it.
pub fn record(row: &ProviderRow) -> ProviderRecord {
    let login = value(row.login.as_ref());
    ProviderRecord {
        device_id: value(row.id.as_ref()),
        serial: value(row.serial.as_ref()),
        mac: value(row.mac.as_ref()),
        login_id: value(row.login_id.as_ref()).or_else(|| login.clone()),
        active: row.active.or_else(|| login.as_ref().map(|_| true)),
        login,
        linked: row.linked,
        registered: time_or(row.registered.as_ref(), Some(time("2025-03-01"))),
        synchronised: time_or(row.synchronised.as_ref(), None),
        customer_name: value(row.customer.as_ref()).map(CustomerName),
        contract_status: value(row.contract_status.as_ref()),
        wan_ip: value(row.wan_ip.as_ref()),
        model: value(row.model.as_ref()),
        acs_id: value(row.link.as_ref()),
        online: row.online,
        last_online: time_or(row.last_online.as_ref(), None),
        ..ProviderRecord::default()
    }
}

fn meta(at: Timestamp, last_sync: Option<&String>, partial: bool) -> SnapshotMeta {
    let mut meta = SnapshotMeta::at(at);
    meta.last_synchronised = time_or(last_sync, None);
    meta.bad_count = u64::from(partial);
    meta
}

/// The ACS of a day.
pub fn acs(day: &Day, rows: &[AcsRow], now: Timestamp) -> AnySnapshot<AcsDevice> {
    let at = day.acs_at.as_deref().map_or(now, time);
    let mut meta = meta(at, day.acs_last_sync.as_ref(), day.acs_partial);
    meta.supplies.integrated = rows.iter().any(|r| r.integrated.is_some());
    AnySnapshot::new(meta, rows.iter().map(|r| device(r, at)).collect())
}

/// The Provider of a day.
pub fn provider(day: &Day, rows: &[ProviderRow], now: Timestamp) -> AnySnapshot<ProviderRecord> {
    let at = day.provider_at.as_deref().map_or(now, time);
    let mut meta = meta(at, day.provider_last_sync.as_ref(), day.provider_partial);
    let records: Vec<_> = rows.iter().map(record).collect();
    let synchronised = records.iter().any(|r| r.synchronised.is_some());
    meta.supplies = Supplies { synchronised, active: true, integrated: false };
    AnySnapshot::new(meta, records)
}

/// The log told by event lines.
pub fn log(lines: &[String]) -> EventLog {
    EventLog::from_marks(lines.iter().map(|l| mark(l)))
}

fn mark(line: &str) -> Mark {
    let (facts, note) = line.split_once('|').map_or((line, None), |(f, n)| (f, Some(n)));
    let mut words = facts.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let at = time(&format!("{} {}", word(), word()));
    let kind = match word() {
        "device-added" => EventKind::DeviceAdded,
        "device-deleted" => EventKind::DeviceDeleted,
        "mass-exclusion" => EventKind::MassExclusion,
        "acs-sync" => EventKind::AcsSync,
        "provider-sync" => EventKind::ProviderSync,
        "listening-from" => return Mark::From(CoverageKind::Complete, at),
        "listening-to" => return Mark::To(CoverageKind::Complete, at),
        "webhook-from" => return Mark::From(CoverageKind::Listening, at),
        "webhook-to" => return Mark::To(CoverageKind::Listening, at),
        other => panic!("the event {line:?}: unknown kind {other:?}"),
    };
    let key = Untrusted::present(word());
    Mark::Event(Event { time: at, kind, key, note: note.and_then(Untrusted::present) })
}

/// The ISP's settings.
pub fn rules(table: &RulesTable) -> Rules {
    let mut rules = Rules::default();
    if let Some(hours) = table.webhook_grace_hours {
        rules.webhook_grace = SignedDuration::from_hours(hours);
    }
    if let Some(days) = table.first_contact_grace_days {
        rules.first_contact_grace = SignedDuration::from_hours(days * 24);
    }
    rules.mass_exclusion_days = table.mass_exclusion_days;
    if let Some(fields) = &table.drift {
        rules.drift = fields.iter().map(|f| Field::from_wire(f).unwrap()).collect();
    }
    if let Some(patterns) = &table.placeholder_serials {
        rules.placeholders = patterns.iter().filter_map(|p| Placeholder::parse(p)).collect();
    }
    if let Some(logins) = &table.ignore_logins {
        rules.ignore_logins = logins.iter().filter_map(|l| PppoeLogin::new(l)).collect();
    }
    rules
}

fn previous<R, T>(
    rows: Option<&Vec<R>>,
    at: Option<&String>,
    seen: impl Fn(&R) -> Option<&String>,
    build: impl Fn(&R, Timestamp) -> T,
) -> Option<PreviousSide<T>> {
    let rows = rows?;
    let at = at.map_or_else(|| time("2026-11-19 12:00"), |t| time(t));
    Some(PreviousSide {
        run_id: "earlier".to_owned(),
        fetched_at: at,
        records: rows.iter().map(|r| build(r, at)).collect(),
        first_seen: rows.iter().map(|r| seen(r).map_or(at, |t| time(t))).collect(),
        unchanged: Vec::new(),
    })
}

/// A baseline told by hand; default time of its lists: a day before [`super::format::AS_OF`].
pub fn baseline(table: &BaselineTable) -> Baseline {
    let acs =
        previous(table.acs.as_ref(), table.acs_at.as_ref(), |r| r.first_seen.as_ref(), device);
    let provider = previous(
        table.provider.as_ref(),
        table.provider_at.as_ref(),
        |r| r.first_seen.as_ref(),
        |r, _| record(r),
    );
    Baseline {
        first_complete_acs: table
            .first_complete_acs
            .as_deref()
            .map(time)
            .or_else(|| acs.as_ref().map(|a| a.fetched_at)),
        acs,
        provider,
        tombstones: table
            .tombstones
            .iter()
            .map(|t| Tombstone {
                device: device(&t.device, time(&t.seen)),
                seen: time(&t.seen),
                missed: time(&t.missed),
                removal: Removal::from_wire(&t.removal).unwrap(),
                cohort: t.cohort,
            })
            .collect(),
        ignores: table
            .ignores
            .iter()
            .map(|i| Ignore {
                key: Untrusted::new(&i.key),
                reason: i.reason.clone(),
                since: time("2026-11-01"),
                until: i.until.as_deref().map(time),
            })
            .collect(),
        ..Baseline::default()
    }
}
