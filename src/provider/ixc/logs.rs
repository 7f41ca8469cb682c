//! The Provider's own record of changes (`ixc_logs`), as evidence of what else a write changed.
//!
//! Must not do: name a person who is in it, or take a form that is not known for evidence.

use std::collections::BTreeSet;

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::ports::Image;
use crate::provider::ixc::rows::Row;
use crate::provider::ixc::target::Target;

/// The most entries that are read of one row.
pub(super) const ENTRIES_MOST: u32 = 20;

/// The cell with the id of the newest entry at that moment. No column's name has a colon.
pub(super) const LAST: &str = "ixc_logs:last";
/// The cell with the newest entries.
const RECENT: &str = "ixc_logs:recent";

/// One change of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    id: u64,
    removed: bool,
    by: String,
    columns: Vec<String>,
}

/// The entries of this row among those that came.
pub(super) fn entries(rows: &[Row], wanted: &[String], target: Target) -> Vec<Entry> {
    let text = |row: &Row, name: &str| {
        row.get(wanted, name).map(|value| value.raw().to_owned()).unwrap_or_default()
    };
    let of_row = |row: &&Row| {
        text(row, "tabela") == target.table().name()
            && text(row, "id_tabela") == target.id().to_string()
    };
    let entry = |row: &Row| Entry {
        id: row.id,
        removed: text(row, "tipo").eq_ignore_ascii_case("D"),
        by: text(row, "operador"),
        columns: columns(&text(row, "campos")),
    };
    rows.iter().filter(of_row).map(entry).collect()
}

/// The names in `campos`: parted by commas, or a list or an object of JSON. Anything else is of
/// a form that is not known, and says nothing.
fn columns(text: &str) -> Vec<String> {
    let names: Vec<String> = match serde_json::from_str(text) {
        Ok(Value::Array(names)) => {
            names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        Ok(Value::Object(names)) => names.keys().cloned().collect(),
        _ => text.split([',', ';']).map(|name| name.trim().to_owned()).collect(),
    };
    let is_name = |name: &String| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
    };
    if names.iter().all(is_name) { names } else { Vec::new() }
}

/// Puts the entries into an image, where a later judgement finds them.
pub(super) fn note(image: &mut Image, entries: &[Entry]) {
    let last = entries.iter().map(|entry| entry.id).max().unwrap_or(0);
    let recent: Value = entries
        .iter()
        .map(|e| json!({"id": e.id, "removed": e.removed, "by": e.by, "columns": e.columns}))
        .collect();
    for (name, value) in [(LAST, last.to_string()), (RECENT, recent.to_string())] {
        image.cells.insert(name.to_owned(), SecretString::from(value));
        image.kept_by_server.insert(name.to_owned());
    }
}

/// The entries of an image that are newer than `last`.
fn newer(image: &Image, last: u64) -> Vec<Entry> {
    let read: Option<Value> = image.get(RECENT).and_then(|text| serde_json::from_str(text).ok());
    let Some(Value::Array(entries)) = read else { return Vec::new() };
    let entry = |value: &Value| {
        let names = value["columns"].as_array()?.iter();
        Some(Entry {
            id: value["id"].as_u64()?,
            removed: value["removed"].as_bool()?,
            by: value["by"].as_str()?.to_owned(),
            columns: names.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        })
    };
    entries.iter().filter_map(entry).filter(|entry| entry.id > last).collect()
}

/// What the entries after `last` show beside a write of the columns `ours`; nothing where all
/// is as it should be. Where it is not known which entry was the last before the write, the
/// newest is looked at alone, if it names one of `ours`: it is the write's own then.
pub(super) fn against(image: &Image, last: Option<u64>, ours: &BTreeSet<&str>) -> Option<String> {
    let is_kept = |name: &String| image.kept_by_server.contains(name);
    let is_own = |entry: &Entry| entry.columns.iter().any(|name| ours.contains(name.as_str()));
    let mut newer = newer(image, last.unwrap_or(0));
    if last.is_none() {
        let newest = newer.into_iter().max_by_key(|entry| entry.id);
        newer = newest.into_iter().filter(is_own).collect();
    }
    let newer: Vec<Entry> = newer
        .into_iter()
        .filter(|e| e.removed || e.columns.is_empty() || !e.columns.iter().all(is_kept))
        .collect();
    if newer.iter().any(|entry| entry.removed) {
        return Some("by ixc_logs the row was removed in between".to_owned());
    }
    let others: BTreeSet<&str> = newer
        .iter()
        .flat_map(|entry| &entry.columns)
        .filter(|name| !is_kept(name) && !ours.contains(name.as_str()))
        .map(String::as_str)
        .collect();
    let (shown, hidden): (Vec<&str>, Vec<&str>) =
        others.into_iter().partition(|name| image.cells.contains_key(*name));
    if !hidden.is_empty() {
        return Some(format!(
            "by ixc_logs a column that the listing hides was lost: {}",
            listed(&hidden)
        ));
    }
    if !shown.is_empty() {
        return Some(format!("by ixc_logs {} changed in between", listed(&shown)));
    }
    let people: BTreeSet<&str> = newer.iter().map(|entry| entry.by.as_str()).collect();
    (people.len() > 1).then(|| "by ixc_logs another operator changed the row too".to_owned())
}

/// Names, some of them.
pub(super) fn listed(names: &[&str]) -> String {
    const LISTED_MOST: usize = 8;
    let quoted = |name: &&str| format!("`{}`", crate::domain::text::visible(name));
    let first: Vec<String> = names.iter().take(LISTED_MOST).map(quoted).collect();
    match names.len().saturating_sub(LISTED_MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_the_forms_that_are_known() {
        for (text, names) in [
            ("mac,id_login", &["mac", "id_login"][..]),
            ("mac; obs", &["mac", "obs"]),
            ("[\"mac\"]", &["mac"]),
            ("{\"mac\":{\"de\":\"a\"}}", &["mac"]),
            ("mac", &["mac"]),
            ("", &[]),
            ("mac: A -> B", &[]),
            ("[1,2]", &[]),
            ("Campo MAC alterado", &[]),
        ] {
            assert_eq!(columns(text), names, "{text}");
        }
    }
}
