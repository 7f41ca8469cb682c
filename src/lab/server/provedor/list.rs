//! Lists: filter, order, page; an envelope in which all is text, and nothing stands for no rows.
//!
//! Must not do: show a hidden column.

use std::ops::Bound;

use serde_json::{Map, Value};

use super::filter::{Condition, compared};
use super::{OOPS, error, text};
use crate::lab::server::message::Answer;
use crate::lab::world::{Row, Table, World, cell};

/// Rows of a page where none is asked for.
const ROWS: usize = 20;

/// What a list was asked for.
struct Wanted {
    conditions: Vec<Condition>,
    sort: &'static str,
    descends: bool,
    page: usize,
    rows: usize,
}

/// Why there is no list.
enum Refusal {
    /// A page of HTML with status 200.
    Unknown,
    /// Status 500.
    Broken,
}

/// Answers a list.
pub(super) fn answer(world: &World, table: &str, fields: &Map<String, Value>) -> Answer {
    let Some(held) = world.provider.tables.get(table) else {
        return error(&format!("Recurso {table} não está disponível!"));
    };
    match wanted(held, table, fields) {
        Ok(wanted) => listed(held, &wanted),
        Err(Refusal::Unknown) => Answer::html(200, OOPS),
        Err(Refusal::Broken) => Answer::html(500, OOPS),
    }
}

fn wanted(held: &Table, table: &str, fields: &Map<String, Value>) -> Result<Wanted, Refusal> {
    let field = |name| text(fields, name).unwrap_or_default();
    let mut conditions = Vec::new();
    let qtype = field("qtype");
    if !qtype.is_empty() {
        let column = column(held, table, &qtype)?;
        let oper = text(fields, "oper").unwrap_or_else(|| "=".to_owned());
        conditions.push(Condition::new(column, &oper, &field("query")).ok_or(Refusal::Unknown)?);
    }
    let grid = field("grid_param");
    if !grid.trim().is_empty() {
        let more: Vec<Map<String, Value>> =
            serde_json::from_str(&grid).map_err(|_| Refusal::Unknown)?;
        for one in more {
            let part = |name| text(&one, name).unwrap_or_default();
            let column = column(held, table, &part("TB"))?;
            let condition = Condition::new(column, &part("OP"), &part("P"));
            conditions.push(condition.ok_or(Refusal::Unknown)?);
        }
    }
    let sort = match field("sortname") {
        none if none.is_empty() => "id",
        name => column(held, table, &name)?,
    };
    let number = |name| field(name).trim().parse::<usize>().ok();
    Ok(Wanted {
        conditions,
        sort,
        descends: field("sortorder").eq_ignore_ascii_case("desc"),
        page: number("page").unwrap_or(1).max(1),
        rows: number("rp").unwrap_or(ROWS).max(1),
    })
}

/// `table.column`, as the table spells it.
fn column(held: &Table, table: &str, name: &str) -> Result<&'static str, Refusal> {
    let (of, column) = name.split_once('.').ok_or(Refusal::Broken)?;
    let known = held.columns.iter().find(|c| **c == column).filter(|_| of == table);
    known.copied().ok_or(Refusal::Unknown)
}

fn listed(held: &Table, wanted: &Wanted) -> Answer {
    let skip = (wanted.page - 1).saturating_mul(wanted.rows);
    let after = wanted.conditions.iter().filter_map(Condition::after_id).max();
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let fitting = held
        .rows
        .range((from, Bound::Unbounded))
        .map(|(_, row)| row)
        .filter(|row| wanted.conditions.iter().all(|c| c.after_id().is_some() || c.fits(row)));
    if wanted.sort == "id" && !wanted.descends {
        // The usual way: the rows lie in this order, only this page's are looked at closely.
        let mut page = Vec::with_capacity(wanted.rows.min(held.rows.len()));
        let mut total = 0;
        for row in fitting {
            if total >= skip && page.len() < wanted.rows {
                page.push(row);
            }
            total += 1;
        }
        return envelope(held, wanted.page, total, &page);
    }
    let mut rows: Vec<&Row> = fitting.collect();
    rows.sort_by(|a, b| compared(cell(a, wanted.sort), cell(b, wanted.sort)));
    if wanted.descends {
        rows.reverse();
    }
    let page: Vec<&Row> = rows.iter().skip(skip).take(wanted.rows).copied().collect();
    envelope(held, wanted.page, rows.len(), &page)
}

/// Written by hand: a table of 100 columns and pages of 1,000 rows are many small strings.
fn envelope(held: &Table, page: usize, total: usize, rows: &[&Row]) -> Answer {
    let mut json = format!("{{\"page\":\"{page}\",\"total\":\"{total}\"").into_bytes();
    if !rows.is_empty() {
        json.extend_from_slice(b",\"registros\":[");
        for (n, row) in rows.iter().enumerate() {
            json.extend_from_slice(if n == 0 { b"{" } else { b",{" });
            let mut is_first = true;
            for column in held.columns.iter().filter(|c| !held.hidden.contains(c)) {
                if !is_first {
                    json.push(b',');
                }
                is_first = false;
                json.push(b'"');
                json.extend_from_slice(column.as_bytes());
                json.extend_from_slice(b"\":");
                // Writing a string into memory can't fail.
                let _ = serde_json::to_writer(&mut json, cell(row, column));
            }
            json.push(b'}');
        }
        json.push(b']');
    }
    json.push(b'}');
    Answer::whole(200, "text/x-json", json)
}
