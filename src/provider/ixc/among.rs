//! Rows of which a column is any of several values: one question for all of them where the web
//! service is seen to read such a list, else a question a value.
//!
//! How a list of texts is read is documented nowhere, and one that is misread finds nothing. So
//! two values that the column is known to hold stand at the list's ends, and only an answer that
//! has a row of each counts.
//! Must not do: take an answer without both for "none".

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::Untrusted;
use crate::domain::text::visible;
use crate::ports::{FetchError, FetchErrorKind};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::envelope::Page;
use crate::provider::ixc::gate::Query;
use crate::provider::ixc::rows::Row;
use crate::provider::ixc::tables::Table;
use crate::provider::ixc::target::is_plain;

/// Rows that are looked through for values to put at a list's ends.
const LOOKED_THROUGH: u32 = 50;

/// Values in one list, with its ends.
const VALUES_MOST: usize = 50;

/// Are a held value and one that is looked for the same?
pub(super) type Same = fn(&str, &str) -> bool;

/// A column, and how its values are compared.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    pub(super) table: Table,
    pub(super) name: &'a str,
    pub(super) same: Same,
}

/// How a column is asked about several values.
#[derive(Clone, Debug)]
enum Way {
    /// By a list between these two, which it holds.
    Between([String; 2]),
    /// One by one: a list is misread, or there is nothing to prove it by.
    OneByOne,
}

/// What is known of the columns that were asked about.
#[derive(Debug, Default)]
pub(super) struct Ways(Mutex<Known>);

type Known = HashMap<(Table, String), Way>;

impl Ways {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, column: Column<'_>) -> Option<Way> {
        self.known().get(&(column.table, column.name.to_owned())).cloned()
    }

    fn set(&self, column: Column<'_>, way: Way) {
        self.known().insert((column.table, column.name.to_owned()), way);
    }
}

/// All rows of which the column is one of the values, or an error.
pub(super) fn rows(
    adapter: &IxcProvedor,
    column: Column<'_>,
    values: &[String],
) -> Result<Vec<Row>, FetchError> {
    if values.len() > 1
        && let Some(rows) = at_once(adapter, column, values)
    {
        return Ok(rows);
    }
    let mut rows = Vec::new();
    for value in values {
        rows.extend(of_one(adapter, column, value)?);
    }
    Ok(rows)
}

/// `None` where it is not proven that the list was read as one.
fn at_once(adapter: &IxcProvedor, column: Column<'_>, values: &[String]) -> Option<Vec<Row>> {
    if values.len() + 2 > VALUES_MOST || values.iter().any(|value| value.contains(',')) {
        return None;
    }
    match adapter.ways.get(column) {
        Some(Way::OneByOne) => return None,
        Some(Way::Between(ends)) => {
            // One of them may be gone by now; others are looked for once.
            if let Some(rows) = proven(adapter, column, values, &ends) {
                return Some(rows);
            }
        }
        None => {}
    }
    let way = way(adapter, column)?;
    let Way::Between(ends) = &way else {
        adapter.ways.set(column, way);
        return None;
    };
    let rows = proven(adapter, column, values, ends);
    adapter.ways.set(column, if rows.is_some() { way } else { Way::OneByOne });
    rows
}

fn proven(
    adapter: &IxcProvedor,
    column: Column<'_>,
    values: &[String],
    [first, last]: &[String; 2],
) -> Option<Vec<Row>> {
    let list: Vec<&str> =
        [first].into_iter().chain(values).chain([last]).map(String::as_str).collect();
    let query = Query { oper: "IN", ..query(adapter, column, &list.join(",")) };
    let columns = adapter.fields.wanted(column.table);
    let page = adapter.gate.list(&query, &columns).ok()?;
    let held = |row: &Row| row.get(&columns, column.name).map(|held| held.raw().to_owned());
    let is = |row: &Row, value: &str| held(row).is_some_and(|held| (column.same)(&held, value));
    let rows = whole(page)?;
    let has = |value: &str| rows.iter().any(|row| is(row, value));
    let has_no_other = || rows.iter().all(|row| list.iter().any(|value| is(row, value)));
    if !(has(first) && has(last) && has_no_other()) {
        return None;
    }
    let is_sought = |row: &Row| values.iter().any(|value| is(row, value));
    Some(rows.into_iter().filter(is_sought).collect())
}

/// By two values that the column holds, with letters in them: a list of numbers would prove
/// nothing of texts. `None` where the question was not answered.
fn way(adapter: &IxcProvedor, column: Column<'_>) -> Option<Way> {
    let rows = adapter.rows.min(LOOKED_THROUGH);
    let query = Query { oper: "!=", rows, ..query(adapter, column, "") };
    let columns = adapter.fields.wanted(column.table);
    let page = adapter.gate.list(&query, &columns).ok()?;
    let held = page.rows.read.iter().filter_map(|row| row.get(&columns, column.name));
    let is_text = |value: &&str| {
        value.chars().any(char::is_alphabetic)
            && value.trim() == *value
            && value.chars().all(is_plain)
    };
    let mut texts = held.map(Untrusted::raw).filter(is_text);
    let Some(first) = texts.next() else { return Some(Way::OneByOne) };
    let last = texts.find(|value| !(column.same)(first, value));
    Some(last.map_or(Way::OneByOne, |last| Way::Between([first.to_owned(), last.to_owned()])))
}

fn of_one(adapter: &IxcProvedor, column: Column<'_>, value: &str) -> Result<Vec<Row>, FetchError> {
    let columns = adapter.fields.wanted(column.table);
    let page = adapter.gate.list(&query(adapter, column, value), &columns);
    let rows = whole(page.map_err(|fault| fault.error)?);
    let is_it = |row: &Row| {
        row.get(&columns, column.name).is_some_and(|held| (column.same)(held.raw(), value))
    };
    rows.filter(|rows| rows.iter().all(is_it)).ok_or_else(|| {
        let (table, name) = (column.table.name(), column.name);
        let shown = visible(value);
        let what =
            format!("{table}: asked for {name} = `{shown}`, and other rows or another number came");
        FetchError::new(FetchErrorKind::Unavailable, what, &["try again"])
    })
}

fn query(adapter: &IxcProvedor, column: Column<'_>, value: &str) -> Query {
    Query::equal(column.table, column.name, value, adapter.rows)
}

/// The rows of a page that is all there is.
fn whole(page: Page) -> Option<Vec<Row>> {
    let (rows, total) = (page.rows, page.total);
    (rows.read.len() as u64 == total && rows.bad == 0).then_some(rows.read)
}
