//! Everything readable, one JSON object a line: for other programs, and for leaving acerto.
//!
//! Must not do: show a person's name unless asked to, or let a character through that
//! changes a screen unseen.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::text::visible;
use crate::domain::{AcsDevice, Extra, ProviderRecord, Untrusted};
use crate::engine::{Evidence, Finding, PreviousSide, Tombstone};
use crate::store::admin::existing;
use crate::store::codec::journal::TombstoneLine;
use crate::store::codec::{bad, from_json};
use crate::store::error::StoreError;
use crate::store::notes::REVEALED_KEY;
use crate::store::options::StoreOptions;
use crate::store::rows::{Order, Rows, View};
use crate::store::tables::{
    COVERAGE, EVENTS, IGNORES, NOTES, PLANS, RUNS, SPEED_TESTS, STEPS, Table,
};
use crate::store::tombstones;

/// Writes the journal's runs, tombstones, events, coverage, ignores, notes, plans, steps and
/// speed tests, the findings of the newest run, and the last complete snapshots, as NDJSON; each
/// line has a `kind`. Who had personal data shown whole, and why, is of kind `revealed`.
/// Names of persons are masked unless `names`.
///
/// # Errors
/// Where nothing is stored, the store is damaged, or `out` does not take it.
pub fn export(
    dir: &Path,
    options: &StoreOptions,
    out: &mut dyn Write,
    names: bool,
) -> Result<(), StoreError> {
    let store = existing(dir, options)?;
    let mut lines = Lines { out };
    for (key, value) in store.journal.read(|journal| values(journal, RUNS))? {
        lines.put("run", journal_line(RUNS, &key, value))?;
    }
    for value in store.journal.read(departed)? {
        lines.put("tombstone", value)?;
    }
    let tables = [
        (EVENTS, "event"),
        (COVERAGE, "coverage"),
        (IGNORES, "ignore"),
        (NOTES, "note"),
        (PLANS, "plan"),
        (STEPS, "step"),
        (SPEED_TESTS, "speed-test"),
    ];
    for (table, kind) in tables {
        for (key, value) in store.journal.read(|journal| values(journal, table))? {
            let is_reveal = table == NOTES && note_key(&key) == REVEALED_KEY.as_bytes();
            let kind = if is_reveal { "revealed" } else { kind };
            lines.put(kind, journal_line(table, &key, value))?;
        }
    }
    if let Some(run) = store.latest()? {
        for f in &run.reconciliation.findings {
            lines.put("finding", finding(f, &run.id, names))?;
        }
    }
    let baseline = store.baseline(Timestamp::MAX)?;
    lines.side("acs", baseline.acs, acs)?;
    lines.side("provider", baseline.provider, |p| provider(p, names))
}

fn values(journal: &View, table: Table) -> Result<Vec<(Vec<u8>, Value)>, StoreError> {
    let mut all = Vec::new();
    journal.walk(table, &[], Order::Up, &mut |key, body| {
        all.push((key.to_vec(), from_json(body)?));
        Ok(true)
    })?;
    Ok(all)
}

/// Tombstones, in the order of the devices' ids.
fn departed(journal: &View) -> Result<Vec<Value>, StoreError> {
    let mut all = tombstones::all(journal)?;
    all.sort_unstable_by(|x, y| x.device.id.cmp(&y.device.id));
    let line = |t: &Tombstone| serde_json::to_value(TombstoneLine::of(t));
    let lines = all.iter().map(line).collect::<Result<_, _>>();
    journal.believe(lines.map_err(|e| bad(format!("encoding: {e}"))))
}

/// The journal's own JSON; what only the key tells is added.
fn journal_line(table: Table, key: &[u8], value: Value) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match value {
        Value::Object(mut object) if table == NOTES => {
            object.insert("key".to_owned(), text(note_key(key)).into());
            Value::Object(object)
        }
        Value::Object(mut object) if table == IGNORES => {
            object.insert("device_key".to_owned(), text(key).into());
            Value::Object(object)
        }
        Value::Array(intervals) => json!({ "coverage": text(key), "intervals": intervals }),
        other => other,
    }
}

/// Length, key, time, number: `notes::note_prefix`.
fn note_key(key: &[u8]) -> &[u8] {
    let length = key.first_chunk().map_or(0, |b| u32::from_be_bytes(*b) as usize);
    key.get(4..4 + length).unwrap_or_default()
}

struct Lines<'a> {
    out: &'a mut dyn Write,
}

impl Lines<'_> {
    fn put(&mut self, kind: &str, value: Value) -> Result<(), StoreError> {
        let mut line = Map::new();
        line.insert("kind".to_owned(), kind.into());
        match value {
            Value::Object(mut object) => {
                // A line's kind says which table it is of; a value's own one is what happened.
                let own = object.remove("kind");
                line.extend(object.into_iter().filter(|(_, v)| !v.is_null()));
                line.extend(own.map(|own| ("what".to_owned(), own)));
            }
            other => {
                line.insert("value".to_owned(), other);
            }
        }
        let line = plain(&Value::Object(line).to_string());
        writeln!(self.out, "{line}").map_err(|source| StoreError::Output { source })
    }

    fn side<R>(
        &mut self,
        kind: &str,
        side: Option<PreviousSide<R>>,
        of: impl Fn(&R) -> Value,
    ) -> Result<(), StoreError> {
        let Some(side) = side else { return Ok(()) };
        for (record, seen) in side.records.iter().zip(&side.first_seen) {
            let mut value = of(record);
            value["first_seen"] = json!(seen);
            value["run_id"] = json!(side.run_id);
            self.put(kind, value)?;
        }
        Ok(())
    }
}

/// JSON in which every character that could change a screen unseen is escaped.
fn plain(json: &str) -> String {
    if visible(json) == json {
        return json.to_owned();
    }
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        if visible(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            plain.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String can't fail.
            let _ = write!(plain, "\\u{unit:04x}");
        }
    }
    plain
}

fn text(value: Option<&Untrusted>) -> Value {
    value.map_or(Value::Null, |v| v.raw().into())
}

fn texts(values: &[Untrusted]) -> Value {
    values.iter().map(Untrusted::raw).collect()
}

fn extra(extra: &Extra) -> Value {
    extra.iter().map(|(column, value)| json!([column, value.raw()])).collect()
}

fn acs(d: &AcsDevice) -> Value {
    json!({
        "id": d.id.raw(),
        "serial": text(d.serial.as_ref()),
        "oui": text(d.oui.as_ref()),
        "product_class": text(d.product_class.as_ref()),
        "manufacturer": text(d.manufacturer.as_ref()),
        "model": text(d.model.as_ref()),
        "mac": texts(&d.macs),
        "pppoe_login": text(d.pppoe_login.as_ref()),
        "firmware": text(d.firmware.as_ref()),
        "wan_ip": text(d.wan_ip.as_ref()),
        "last_inform": d.last_inform,
        "registered": d.registered,
        "tags": texts(&d.tags),
        "provider_device_id": text(d.provider_device_id.as_ref()),
        "integrated": d.integrated,
        "extra": extra(&d.extra),
    })
}

fn provider(p: &ProviderRecord, names: bool) -> Value {
    let name = p.customer_name.as_ref();
    let name = name.map(|n| if names { n.0.raw().to_owned() } else { n.to_string() });
    json!({
        "device_id": text(p.device_id.as_ref()),
        "serial": text(p.serial.as_ref()),
        "mac": text(p.mac.as_ref()),
        "login_id": text(p.login_id.as_ref()),
        "login": text(p.login.as_ref()),
        "active": p.active,
        "linked": p.linked,
        "registered": p.registered,
        "synchronised": p.synchronised,
        "customer_id": text(p.customer_id.as_ref()),
        "customer_name": name,
        "contract_id": text(p.contract_id.as_ref()),
        "contract_status": text(p.contract_status.as_ref()),
        "plan": text(p.plan.as_ref()),
        "plan_down_kbps": p.plan_down_kbps,
        "plan_up_kbps": p.plan_up_kbps,
        "wan_ip": text(p.wan_ip.as_ref()),
        "model": text(p.model.as_ref()),
        "acs_id": text(p.acs_id.as_ref()),
        "online": p.online,
        "last_online": p.last_online,
        "extra": extra(&p.extra),
    })
}

fn finding(f: &Finding, run_id: &str, names: bool) -> Value {
    let fact = |e: &Evidence| {
        json!({
            "kind": e.kind.wire(), "at": e.at, "until": e.until, "n": e.n,
            "a": text(e.a.as_ref()), "b": text(e.b.as_ref()),
        })
    };
    json!({
        "run_id": run_id,
        "id": f.id,
        "cause": f.cause.wire(),
        "strength": f.strength.wire(),
        "score": f.score,
        "state": f.state.wire(),
        "first_seen": f.first_seen,
        "keys": f.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "acs": f.acs.iter().map(acs).collect::<Vec<_>>(),
        "provider": f.provider.iter().map(|p| provider(p, names)).collect::<Vec<_>>(),
        "evidence": f.evidence.iter().map(fact).collect::<Vec<_>>(),
        "fixes": f.fixes.iter().map(|x| x.wire()).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_screen_is_escaped_and_reads_back() {
        let hostile = json!({ "a": "x\u{202e}y\u{9b}\u{1b}[31m\u{e0041}é" });
        let line = plain(&hostile.to_string());
        assert_eq!(visible(&line), line);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), hostile);
    }
}
