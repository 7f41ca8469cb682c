//! Both sides of a simulated world as export files, as an operator would save them.
//!
//! Must not do: write anything that the systems would not show, above all no true cause.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::lab::world::{Cpe, LOGINS, ONUS, Row, World, cell, id_in};

/// The ISP's offset to UTC, in which the Provider writes its times (Brazil, no summer time).
const OFFSET: &str = "-03:00";

/// The ACS's devices, one a line.
pub fn acs(world: &World) -> String {
    let mut text = String::new();
    for cpe in world.acs.cpes.values() {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{}", device(cpe));
    }
    text
}

fn device(cpe: &Cpe) -> Value {
    json!({
        "id": cpe.serial, "serial": cpe.serial, "oui": cpe.oui, "model": cpe.model,
        "manufacturer": cpe.manufacturer, "firmware": cpe.firmware, "mac": cpe.macs,
        "product_class": cpe.product_class, "pppoe_login": cpe.pppoe_login,
        "wan_ip": cpe.wan_ip, "last_inform": cpe.last_inform.to_string(),
        "registered": cpe.registered.to_string(),
    })
}

/// The Provider's entries and logins, one a line: the ONU table first, then the logins that no
/// ONU names (IXC.md section 1).
pub fn provider(world: &World) -> String {
    let (mut text, mut named) = (String::new(), BTreeSet::new());
    for (id, row) in world.provider.rows(ONUS) {
        let login = id_in(row, "id_login");
        let login = login.and_then(|l| Some((l, world.provider.row(LOGINS, l)?)));
        let mut entry = login.map(|(id, row)| of_login(id, row)).unwrap_or_default();
        named.extend(login.map(|(id, _)| id));
        put(&mut entry, "device_id", &id.to_string());
        put(&mut entry, "serial", cell(row, "mac"));
        put(&mut entry, "model", cell(row, "onu_tipo"));
        put(&mut entry, "linked", if login.is_some() { "S" } else { "N" });
        put_times(&mut entry, row);
        let _ = writeln!(text, "{}", Value::Object(entry));
    }
    for (id, row) in world.provider.rows(LOGINS).filter(|(id, _)| !named.contains(id)) {
        let mut entry = of_login(id, row);
        put(&mut entry, "serial", cell(row, "onu_mac"));
        if entry.contains_key("serial") || entry.contains_key("mac") {
            put(&mut entry, "device_id", &format!("login-{id}"));
            put(&mut entry, "linked", "S");
            put_times(&mut entry, row);
        }
        let _ = writeln!(text, "{}", Value::Object(entry));
    }
    text
}

fn of_login(id: u64, row: &Row) -> Map<String, Value> {
    let mut entry = Map::new();
    put(&mut entry, "login_id", &id.to_string());
    for (ours, theirs) in
        [("login", "login"), ("active", "ativo"), ("mac", "mac"), ("wan_ip", "ip")]
    {
        put(&mut entry, ours, cell(row, theirs));
    }
    entry
}

fn put_times(entry: &mut Map<String, Value>, row: &Row) {
    for (ours, theirs) in
        [("registered", "data_cadastro"), ("synchronised", "ultima_sincronizacao")]
    {
        let time = cell(row, theirs);
        // What was never set is written as zeros.
        if !time.starts_with("0000") && time.len() == "2026-01-01 00:00:00".len() {
            put(entry, ours, &format!("{}{OFFSET}", time.replace(' ', "T")));
        }
    }
}

fn put(entry: &mut Map<String, Value>, key: &str, value: &str) {
    if !value.trim().is_empty() {
        entry.insert(key.to_owned(), value.into());
    }
}
