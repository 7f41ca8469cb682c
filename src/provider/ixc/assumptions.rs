//! What is assumed of IXC Provedor's lists (IXC.md section 1), looked at on a few rows.
//!
//! Must not do: keep a row, or show a value: rows carry passwords and customers.

use serde_json::Value;

use crate::http::shape::{Assumption, Weight, each, each_set, kind};
use crate::ports::Check;
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::gate::Query;
use crate::provider::ixc::tables::Table;

/// Rows asked for: enough to see an order and a limit.
const ROWS: u32 = 3;

const fn of(id: &'static str, what: &'static str, weight: Weight) -> Assumption {
    Assumption { id, what, weight }
}

const LIST: Assumption =
    of("assumes-list", "a list is an object with the array registros", Weight::Needed);
const TOTAL: Assumption =
    of("assumes-total", "total is a whole number, as a string or not", Weight::Needed);
const LIMIT: Assumption = of("assumes-rp", "rp is respected", Weight::Useful);
const IDS: Assumption = of("assumes-id", "id is a whole number in each row", Weight::Needed);
const KEYSET: Assumption =
    of("assumes-keyset", "oper > gives larger ids only, ascending", Weight::Needed);
const YES: Assumption = of("assumes-yes-no", "ativo is S or N", Weight::Needed);
const TEXT: Assumption = of("assumes-strings", "the columns we read are strings", Weight::Useful);
const TIMES: Assumption =
    of("assumes-times", "ultima_atualizacao is YYYY-MM-DD HH:MM:SS, or not set", Weight::Useful);
const ALL: [Assumption; 8] = [LIST, TOTAL, LIMIT, IDS, KEYSET, YES, TEXT, TIMES];

/// Columns of a login that are read.
const COLUMNS: [&str; 6] = ["login", "ativo", "id_cliente", "id_contrato", "onu_mac", "mac"];

impl IxcProvedor {
    /// Two lists of a few logins.
    pub(super) fn assumed(&self) -> Vec<Check> {
        let query = |after| Query::new(Table::Logins, "id", ">", after, ROWS);
        let Some(first) = self.gate.shape(&query(0)) else {
            return ALL.iter().map(|one| one.skipped("provider")).collect();
        };
        let Some(rows) = first.get("registros").and_then(Value::as_array) else {
            return without_rows(&first);
        };
        let least = rows.iter().find_map(id);
        let next = least.and_then(|least| Some((least, self.gate.shape(&query(least))?)));
        let n = rows.len();
        let few = u32::try_from(n).is_ok_and(|n| n <= ROWS).then_some(());
        let text =
            COLUMNS.iter().try_for_each(|name| each_set(rows, name, "a string", Value::is_string));
        let told = [
            (LIST, Ok(())),
            (TOTAL, total(&first)),
            (LIMIT, few.ok_or_else(|| format!("{n} rows where {ROWS} were asked for"))),
            (IDS, each(rows, "id", "a whole number", |value| number(value).is_some())),
            (KEYSET, keyset(rows, next.as_ref().map(|(least, page)| (*least, page)))),
            (YES, each(rows, "ativo", "S or N", |value| matches!(value.as_str(), Some("S" | "N")))),
            (TEXT, text),
            (TIMES, each_set(rows, "ultima_atualizacao", "such a time", is_local_time)),
        ];
        let countable = rows.iter().all(|row| id(row).is_some());
        // Without ids that are numbers no order can be looked at.
        let check = |(one, found): (Assumption, Result<(), String>)| match one.id {
            id if id == KEYSET.id && !countable => one.skipped("provider"),
            _ => one.told("provider", found),
        };
        told.into_iter().map(check).collect()
    }
}

/// A list of no rows has no `registros`: then nothing else can be looked at.
fn without_rows(list: &Value) -> Vec<Check> {
    let is_empty = list.get("total").and_then(number) == Some(0);
    let found = || format!("{}, its registros {}", kind(Some(list)), kind(list.get("registros")));
    let mut checks = vec![
        LIST.told("provider", if is_empty { Ok(()) } else { Err(found()) }),
        TOTAL.told("provider", total(list)),
    ];
    checks.extend(ALL.iter().skip(2).map(|one| one.skipped("provider")));
    checks
}

fn total(list: &Value) -> Result<(), String> {
    let total = list.get("total");
    let is_one = total.and_then(number).map(drop);
    is_one.ok_or_else(|| format!("total is {}", kind(total)))
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn id(row: &Value) -> Option<u64> {
    number(row.get("id")?)
}

fn keyset(rows: &[Value], next: Option<(u64, &Value)>) -> Result<(), String> {
    let ids = |rows: &[Value]| rows.iter().filter_map(id).collect::<Vec<_>>();
    let first = ids(rows);
    if !first.is_sorted_by(|a, b| a < b) {
        return Err("ids that do not rise".to_owned());
    }
    let Some((least, page)) = next else { return Ok(()) };
    let after = page.get("registros").and_then(Value::as_array).map(|rows| ids(rows));
    let after = after.unwrap_or_default();
    if after.iter().any(|id| *id <= least) {
        return Err("ids that are not larger than the one asked for".to_owned());
    }
    if first.len() > 1 && after.first() != first.get(1) {
        return Err("another row than the next one".to_owned());
    }
    Ok(())
}

fn is_local_time(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    text.starts_with("0000-00-00")
        || jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).is_ok()
}
