//! The view of devices, and what is asked of one device.
//!
//! Must not do: sort where the world lies in order already.

use serde_json::{Value, json};

use super::{problem, register, unknown};
use crate::lab::server::message::{Answer, Asked};
use crate::lab::world::{Cpe, World};

const SIZE: usize = 50;

/// Larger pages are cut to this.
const SIZE_MOST: usize = 200;

/// One condition on a field.
struct Condition {
    field: String,
    operator: String,
    value: String,
}

impl Condition {
    fn fits(&self, cpe: &Cpe) -> bool {
        let held = register::field(cpe, &self.field).unwrap_or_default().to_lowercase();
        let wanted = self.value.to_lowercase();
        match self.operator.as_str() {
            "contains" | "like" => held.contains(&wanted),
            "notEquals" | "!=" => held != wanted,
            "greaterThan" | ">" => held > wanted,
            "lessThan" | "<" => held < wanted,
            _ => held == wanted,
        }
    }
}

/// `GET /api/v2/devices/views/natural`.
pub(super) fn view(world: &World, asked: &Asked) -> Answer {
    let number = |name, usual| match asked.parameter(name) {
        None => Some(usual),
        Some(text) => text.parse::<usize>().ok().filter(|number| *number > 0),
    };
    let (Some(size), Some(page)) =
        (number("pagination[pageSize]", SIZE), number("pagination[currentPage]", 1))
    else {
        return problem(400, "pagination must be numbers from 1 on");
    };
    let size = size.min(SIZE_MOST);
    let sort = asked.parameter("sorting[sortBy]").unwrap_or("lastInform");
    let conditions = conditions(asked);
    let Some(first) = world.acs.cpes.values().next() else { return page_of(world, &[], false) };
    let is_known = |name: &str| register::field(first, name).is_some();
    if !is_known(sort) || !conditions.iter().all(|c| is_known(&c.field)) {
        return problem(400, "no such column");
    }
    let descends = asked.parameter("sorting[sortOrder]") == Some("desc");
    let fits = |cpe: &&Cpe| conditions.iter().all(|c| c.fits(cpe));
    let skip = (page - 1).saturating_mul(size);
    let mut rows: Vec<&Cpe> = if sort == "serialNumber" && !descends {
        world.acs.cpes.values().filter(fits).skip(skip).take(size + 1).collect()
    } else {
        let mut all: Vec<&Cpe> = world.acs.cpes.values().filter(fits).collect();
        all.sort_by_cached_key(|cpe| register::field(cpe, sort));
        if descends {
            all.reverse();
        }
        all.into_iter().skip(skip).take(size + 1).collect()
    };
    let has_next = rows.len() > size;
    rows.truncate(size);
    page_of(world, &rows, has_next)
}

fn page_of(world: &World, rows: &[&Cpe], has_next: bool) -> Answer {
    let registers: Vec<Value> = rows.iter().map(|cpe| register::of(world, cpe)).collect();
    Answer::json(200, &json!({"registers": registers, "hasNextPage": has_next}))
}

/// `filters[i][j][accessor|operator|value]`, all of them, and `search[column]`, `search[search]`.
fn conditions(asked: &Asked) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (name, field) in &asked.query {
        if let Some(place) = name.strip_suffix("[accessor]").filter(|n| n.starts_with("filters[")) {
            let part = |part: &str| asked.parameter(&format!("{place}[{part}]"));
            conditions.push(Condition {
                field: field.clone(),
                operator: part("operator").unwrap_or("equals").to_owned(),
                value: part("value").unwrap_or_default().to_owned(),
            });
        }
    }
    let search = (asked.parameter("search[column]"), asked.parameter("search[search]"));
    if let (Some(column), Some(text)) = search {
        conditions.push(Condition {
            field: column.to_owned(),
            operator: "contains".to_owned(),
            value: text.to_owned(),
        });
    }
    conditions
}

/// `GET /api/v1/devices/capabilities?sn=`: 404 tells that a serial is unknown.
pub(super) fn capabilities(world: &World, asked: &Asked) -> Answer {
    let Some(serial) = asked.parameter("sn") else { return problem(400, "sn is required") };
    match world.acs.cpes.get(serial) {
        None => unknown(),
        Some(cpe) => Answer::json(
            200,
            &json!({
                "serialNumber": cpe.serial, "wifi": true, "wifi5": true, "reboot": true,
                "speedtest": true,
            }),
        ),
    }
}

/// `GET /api/v2/devices/{serial}/ethernet/ppp`: MACs, a connection each.
pub(super) fn ppp(world: &World, serial: &str) -> Answer {
    let Some(cpe) = world.acs.cpes.get(serial) else { return unknown() };
    let connection = |(n, mac): (usize, &String)| {
        json!({
            "name": if n == 0 { "INTERNET".to_owned() } else { format!("LAN{n}") },
            "macAddress": mac,
            "username": if n == 0 { cpe.pppoe_login.as_deref() } else { None },
            "externalIpAddress": if n == 0 { cpe.wan_ip.as_deref() } else { None },
        })
    };
    let connections: Vec<Value> = cpe.macs.iter().enumerate().map(connection).collect();
    Answer::json(200, &Value::Array(connections))
}

/// `DELETE /api/v2/devices/{serial}`.
pub(super) fn delete(world: &mut World, serial: &str) -> Answer {
    let now = world.now();
    match world.acs.cpes.get(serial) {
        None => unknown(),
        Some(cpe) if cpe.in_session_until.is_some_and(|until| until > now) => {
            problem(409, "Device is in session")
        }
        Some(_) => {
            world.delete_cpe(serial);
            Answer::json(200, &json!({"message": "Device deleted"}))
        }
    }
}
