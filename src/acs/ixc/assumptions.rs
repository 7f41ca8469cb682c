//! What is assumed of an IXC ACS (IXC.md section 2), looked at on one small page.
//!
//! Must not do: keep a register, or show a value: they carry customers' and Wi-Fi data.

use serde_json::Value;

use crate::acs::ixc::IxcAcs;
use crate::http::Reply;
use crate::http::shape::{Assumption, Weight, each, each_set, is_time, kind};
use crate::ports::Check;

/// Devices asked for: enough to see an order.
const ROWS: u32 = 3;

const fn of(id: &'static str, what: &'static str, weight: Weight) -> Assumption {
    Assumption { id, what, weight }
}

const LIST: Assumption =
    of("assumes-list", "a page is an object with the array registers", Weight::Needed);
const NEXT: Assumption = of("assumes-next", "hasNextPage is a boolean", Weight::Needed);
const SIZE: Assumption = of("assumes-page-size", "pageSize is respected", Weight::Needed);
const SERIAL: Assumption = of("assumes-serial", "serialNumber is a string", Weight::Needed);
const ORDER: Assumption =
    of("assumes-order", "pages are sorted by serialNumber, ascending", Weight::Needed);
const STATUS: Assumption = of("assumes-status", "status is a boolean", Weight::Useful);
const TIMES: Assumption =
    of("assumes-times", "lastInform and created are RFC 3339 times", Weight::Useful);
const PARTS: Assumption = of(
    "assumes-parts",
    "deviceInfo and connection are objects, modelName and pppoeLogin strings",
    Weight::Useful,
);
const ALL: [Assumption; 8] = [LIST, NEXT, SIZE, SERIAL, ORDER, STATUS, TIMES, PARTS];

impl IxcAcs {
    /// One request, and one more for a token where there is none.
    pub(super) fn assumed(&self) -> Vec<Check> {
        match self.ask(&self.page_request(1, ROWS)) {
            Ok(reply) if reply.head.is_success() => looked_at(&reply),
            _ => ALL.iter().map(|one| one.skipped("acs")).collect(),
        }
    }
}

fn looked_at(reply: &Reply) -> Vec<Check> {
    let whole: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let rows = whole.as_ref().and_then(|whole| whole.get("registers")?.as_array());
    let (Some(whole), Some(rows)) = (&whole, rows) else {
        let found = match &whole {
            None => "no JSON".to_owned(),
            Some(whole) => {
                format!("{}, its registers {}", kind(Some(whole)), kind(whole.get("registers")))
            }
        };
        let mut checks = vec![LIST.told("acs", Err(found))];
        checks.extend(ALL.iter().skip(1).map(|one| one.skipped("acs")));
        return checks;
    };
    let next = whole.get("hasNextPage");
    let is_next = next.is_some_and(Value::is_boolean).then_some(());
    let n = rows.len();
    let is_few = u32::try_from(n).is_ok_and(|n| n <= ROWS).then_some(());
    let times = ["lastInform", "created"];
    let told = [
        (LIST, Ok(())),
        (NEXT, is_next.ok_or_else(|| format!("hasNextPage is {}", kind(next)))),
        (SIZE, is_few.ok_or_else(|| format!("{n} rows where {ROWS} were asked for"))),
        (SERIAL, each(rows, "serialNumber", "a string", Value::is_string)),
        (ORDER, ordered(rows)),
        (STATUS, each_set(rows, "status", "a boolean", Value::is_boolean)),
        (TIMES, times.iter().try_for_each(|name| each_set(rows, name, "a time", is_time))),
        (PARTS, parts(rows)),
    ];
    told.into_iter().map(|(one, found)| one.told("acs", found)).collect()
}

fn ordered(rows: &[Value]) -> Result<(), String> {
    let serials: Vec<&str> =
        rows.iter().filter_map(|row| row.get("serialNumber")?.as_str()).collect();
    if serials.is_sorted() { Ok(()) } else { Err("rows in another order".to_owned()) }
}

fn parts(rows: &[Value]) -> Result<(), String> {
    each_set(rows, "deviceInfo", "an object", Value::is_object)?;
    each_set(rows, "connection", "an object", Value::is_object)?;
    each_set(rows, "deviceInfo.modelName", "a string", Value::is_string)?;
    each_set(rows, "connection.pppoeLogin", "a string", Value::is_string)
}
