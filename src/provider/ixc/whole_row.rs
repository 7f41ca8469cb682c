//! A row with all its columns, as a PUT sends it back: what is not sent is erased.
//!
//! Texts are kept as they are, untrimmed and uncut; a number, `true` or `null` goes back as the
//! same bytes. All of it holds what nobody may see.
//! Must not do: log, shorten or repeat a value; guess where a row can be read in two ways.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Cells by column, and for a value that is no text one more cell that says so.
pub(super) type Cells = BTreeMap<String, SecretString>;

/// Ends the name of the cell that says that a column's value is no text but other JSON. No
/// column's name has a colon.
const KIND: &str = ":json";

/// The most columns of a row; the widest known has 135.
const COLUMNS_MOST: usize = 2_000;

/// The name of the cell that tells of what kind a column's value is.
pub(super) fn kind_of(column: &str) -> String {
    format!("{column}{KIND}")
}

/// The column that a cell belongs to.
pub(super) fn column_of(cell: &str) -> &str {
    cell.split_once(':').map_or(cell, |(column, _)| column)
}

/// Reads the one row of a list; the error says why not, and is safe to show.
pub(super) fn read(body: &[u8]) -> Result<Cells, &'static str> {
    // Read as another encoding and sent back as UTF-8, every accent of it would change.
    let text = std::str::from_utf8(body).map_err(|_| "it is not UTF-8")?;
    let text = text.trim_start_matches('\u{feff}');
    let list: List<'_> = serde_json::from_str(text).map_err(|_| "it can't be read")?;
    let [row] = list.registros.as_slice() else { return Err("it is not one row") };
    let mut from = serde_json::Deserializer::from_str(row.get());
    let columns = Columns.deserialize(&mut from).map_err(|_| "its columns can't be read")?;
    let mut cells = Cells::new();
    for (name, value) in columns {
        let raw = value.get();
        let text = if raw.starts_with('"') {
            serde_json::from_str(raw).map_err(|_| "a value of it can't be read")?
        } else {
            cells.insert(kind_of(&name), SecretString::from(""));
            if raw == "null" { String::new() } else { raw.to_owned() }
        };
        cells.insert(name, SecretString::from(text));
    }
    Ok(cells)
}

/// The body of a PUT: every column as it is, but `changed` as they are wanted.
pub(super) fn body<'a>(
    cells: impl Fn(&str) -> Option<&'a str>,
    names: impl Iterator<Item = &'a str>,
    changed: &[(&str, &str)],
) -> Zeroizing<Vec<u8>> {
    let mut parts: Vec<(&str, &str, bool)> = Vec::new();
    for name in names.filter(|name| !name.contains(':')) {
        let new = changed.iter().find(|(column, _)| *column == name);
        let is_text = new.is_some() || cells(&kind_of(name)).is_none();
        let value = new.map_or_else(|| cells(name).unwrap_or_default(), |(_, value)| *value);
        parts.push((name, value, is_text));
    }
    for (name, value) in changed {
        if !parts.iter().any(|(known, ..)| known == name) {
            parts.push((*name, *value, true));
        }
    }
    // Large enough at once: a vector that grows leaves copies behind.
    let most: usize = parts.iter().map(|(name, value, _)| name.len() + 6 * value.len() + 8).sum();
    let mut body = Zeroizing::new(Vec::with_capacity(most + 2));
    body.push(b'{');
    for (n, (name, value, is_text)) in parts.iter().enumerate() {
        if n > 0 {
            body.push(b',');
        }
        text(&mut body, name);
        body.push(b':');
        match (is_text, *value) {
            (true, value) => text(&mut body, value),
            (false, "") => body.extend_from_slice(b"null"),
            (false, raw) => body.extend_from_slice(raw.as_bytes()),
        }
    }
    body.push(b'}');
    body
}

fn text(body: &mut Vec<u8>, value: &str) {
    // Writing a text into memory can't fail.
    let _ = serde_json::to_writer(body, value);
}

/// Every value of a row that may not be repeated, but for those of the columns `ours`; longest
/// first.
pub(super) fn secrets<'a>(cells: &'a Cells, ours: &[&str]) -> Vec<&'a str> {
    let others = cells.iter().filter(|(name, _)| !ours.contains(&name.as_str()));
    let values = others.map(|(_, value)| value.expose_secret().trim());
    let mut values: Vec<&str> = values.filter(|value| value.len() >= 4).collect();
    values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
    values
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    registros: Vec<&'a RawValue>,
}

/// The columns of a row, each once.
struct Columns;

impl<'de> DeserializeSeed<'de> for Columns {
    type Value = BTreeMap<String, &'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Columns {
    type Value = BTreeMap<String, &'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut columns = BTreeMap::new();
        while let Some(name) = from.next_key::<Cow<'de, str>>()? {
            let value: &'de RawValue = from.next_value()?;
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | ' ');
            if name.is_empty() || !name.chars().all(is_name) || columns.len() == COLUMNS_MOST {
                return Err(A::Error::custom("a column's name"));
            }
            // Which of two values counts is not known.
            if columns.insert(name.into_owned(), value).is_some() {
                return Err(A::Error::custom("a column twice"));
            }
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(row: &str, changed: &[(&str, &str)]) -> String {
        let list = format!("{{\"total\":\"1\",\"registros\":[{row}],\"page\":\"1\"}}");
        let cells = read(list.as_bytes()).unwrap();
        let get = |name: &str| cells.get(name).map(SecretString::expose_secret);
        let body = body(get, cells.keys().map(String::as_str), changed);
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn a_row_goes_back_as_it_came() {
        for row in [
            r#"{"a":" x ","b":"","c":"0","id":"7"}"#,
            r#"{"a":1,"b":0.10000,"c":1e400,"d":true,"e":null,"f":"null","g":"1"}"#,
            r#"{"a":{"x":[1, 2]},"b":[]}"#,
            r#"{"a":"ação\n\u0001\"\\ \t"}"#,
        ] {
            assert_eq!(again(row, &[]), row);
        }
        let long = format!("{{\"a\":\"{}\"}}", "é\\\"".repeat(40_000));
        assert_eq!(again(&long, &[]), long);
    }

    #[test]
    fn only_what_is_meant_changes() {
        let row = r#"{"a":"1","b":null,"c":3}"#;
        assert_eq!(again(row, &[("b", "x")]), r#"{"a":"1","b":"x","c":3}"#);
        assert_eq!(again(row, &[("c", ""), ("d", "y")]), r#"{"a":"1","b":null,"c":"","d":"y"}"#);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for answer in [
            r#"{"registros":[{"a":"1","a":"2"}]}"#,
            r#"{"registros":[{"a":"1"},{"a":"2"}]}"#,
            r#"{"registros":[]}"#,
            r#"{"registros":[{"a":"1"}],"registros":[{"a":"1"}]}"#,
            r#"{"registros":[{"a:json":"1"}]}"#,
            r#"{"registros":[{"":"1"}]}"#,
            r#"{"registros":[{"a":"\ud800"}]}"#,
            r#"{"registros":["a"]}"#,
            r#"{"registros":[{"a":"1"}"#,
            "",
        ] {
            assert!(read(answer.as_bytes()).is_err(), "{answer}");
        }
        assert!(read(b"{\"registros\":[{\"a\":\"\xe7\"}]}").is_err(), "not UTF-8");
    }

    #[test]
    fn a_text_and_a_number_are_two_values() {
        let of = |row: &str| read(format!("{{\"registros\":[{row}]}}").as_bytes()).unwrap();
        let (text, number) = (of(r#"{"a":"1"}"#), of(r#"{"a":1}"#));
        assert_eq!((text.len(), number.len()), (1, 2));
        assert_eq!(column_of(number.keys().nth(1).unwrap()), "a");
        assert!(!format!("{text:?}").contains('1'));
    }
}
