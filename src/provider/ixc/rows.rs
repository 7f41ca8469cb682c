//! Rows of a listing, of which only wanted columns are ever kept.
//!
//! A whole row, for a PUT, is another decoder over the same page; this one can't make it.
//! Must not do: copy the value of a column that is not wanted.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::Untrusted;
use crate::domain::text::KEPT_BYTES_MAX;
use crate::provider::ixc::settings::PAGE_ROWS_MAX;

/// A row: its id, and its wanted cells in the order of the wanted columns.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: u64,
    cells: Box<[Option<Untrusted>]>,
}

impl Row {
    /// The value of a wanted column; `None` where it is empty or not there.
    pub(super) fn get(&self, columns: &[String], name: &str) -> Option<&Untrusted> {
        let at = columns.iter().position(|c| c == name)?;
        self.cells.get(at)?.as_ref().filter(|cell| !cell.raw().is_empty())
    }

    /// Which wanted columns are there at all, empty or not.
    pub(super) fn has(&self) -> impl Iterator<Item = bool> + '_ {
        self.cells.iter().map(Option::is_some)
    }
}

/// The rows of one page.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) read: Vec<Row>,
    /// Rows whose id could not be read.
    pub(super) bad: u64,
    /// Values longer than what is kept.
    pub(super) cut: u64,
}

/// Decodes `registros`, keeping these columns.
pub(super) struct Wanted<'a>(pub(super) &'a [String]);

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Rows;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Rows, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Rows, A::Error> {
        let mut rows = Rows::default();
        while let Some(one) = from.next_element_seed(One(self.0, &mut rows.cut))? {
            match one {
                Some(row) => rows.read.push(row),
                None => rows.bad += 1,
            }
            if rows.read.len() as u64 + rows.bad > u64::from(PAGE_ROWS_MAX) {
                return Err(A::Error::custom("more than 10,000 rows in one answer"));
            }
        }
        Ok(rows)
    }
}

struct One<'a>(&'a [String], &'a mut u64);

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = Option<Row>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<Row>, D::Error> {
        from.deserialize_map(self)
    }
}

/// What a key of a row turned out to be.
enum Key {
    Id,
    Wanted(usize),
    Other,
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = Option<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Option<Row>, A::Error> {
        let mut cells = vec![None; self.0.len()];
        let mut id = None;
        while let Some(key) = from.next_key_seed(KeyOf(self.0))? {
            match key {
                Key::Other => drop(from.next_value::<IgnoredAny>()?),
                Key::Id => id = from.next_value_seed(Cell(self.1))?,
                Key::Wanted(at) => cells[at] = from.next_value_seed(Cell(self.1))?,
            }
        }
        let id = id.and_then(|id| number(id.raw())).filter(|id| *id > 0);
        Ok(id.map(|id| Row { id, cells: cells.into_boxed_slice() }))
    }
}

struct KeyOf<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for KeyOf<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        if name == "id" {
            return Ok(Key::Id);
        }
        Ok(self.0.iter().position(|c| c == name).map_or(Key::Other, Key::Wanted))
    }
}

/// One value as text; counts those that are longer than what is kept.
pub(super) struct Cell<'a>(pub(super) &'a mut u64);

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = Option<Untrusted>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell<'_> {
    type Value = Option<Untrusted>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let text = text.trim();
        *self.0 += u64::from(text.len() > KEPT_BYTES_MAX);
        Ok(Some(Untrusted::new(text)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(Untrusted::new(&value.to_string())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(Untrusted::new(&value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(Untrusted::new(&value.to_string())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Untrusted::new(if value { "S" } else { "N" })))
    }

    /// Empty, but there.
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Some(Untrusted::default()))
    }

    /// No value of a table: it counts as not there.
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Digits alone.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
