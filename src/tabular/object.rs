//! One JSON object to the cells of a row, without copying its values.
//!
//! Must not do: build a tree of values; read numbers (their text is kept, to the last digit).

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::tabular::cells::{Cell, Cells, Written};
use crate::tabular::columns::{Columns, Slot};

/// The most different keys that are remembered.
const KEYS_MAX: usize = 4096;

/// The keys met so far. Objects of one file have their keys in one order, nearly always, so
/// the key after the last one is tried first.
#[derive(Debug, Default)]
pub struct Keys {
    known: Vec<(Box<str>, Slot)>,
    index: HashMap<Box<str>, usize>,
    next: usize,
    /// Where the last key beyond [`KEYS_MAX`] went.
    beyond: Option<Slot>,
}

impl Keys {
    /// Where the values of `key` go.
    fn slot(&mut self, key: &str, columns: &mut Columns) -> &Slot {
        let hinted = self.known.get(self.next).is_some_and(|(known, _)| **known == *key);
        let at = if hinted { self.next } else { self.find(key, columns) };
        self.next = at + 1;
        match self.known.get(at) {
            Some((_, slot)) => slot,
            None => self.beyond.as_ref().unwrap_or(&Slot::Dropped),
        }
    }

    fn find(&mut self, key: &str, columns: &mut Columns) -> usize {
        if let Some(&at) = self.index.get(key) {
            return at;
        }
        let slot = match columns.slot(key) {
            // A key has a name by itself, be it of blanks only.
            Slot::Unnamed => columns.extra_slot(key),
            slot => slot,
        };
        let at = self.known.len();
        if at < KEYS_MAX {
            self.known.push((key.into(), slot));
            self.index.insert(key.into(), at);
        } else {
            self.beyond = Some(slot);
        }
        at
    }
}

/// Reads the object `text` into `cells`.
///
/// # Errors
/// Where it is not one well-formed JSON object.
pub fn read(
    text: &str,
    keys: &mut Keys,
    columns: &mut Columns,
    cells: &mut Cells,
) -> Result<(), serde_json::Error> {
    cells.clear(columns.count());
    keys.next = 0;
    let mut json = serde_json::Deserializer::from_str(text);
    Object { text, keys, columns, cells }.deserialize(&mut json)?;
    json.end()
}

struct Object<'t, 'k> {
    text: &'t str,
    keys: &'k mut Keys,
    columns: &'k mut Columns,
    cells: &'k mut Cells,
}

impl<'t> DeserializeSeed<'t> for Object<'t, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'t> Visitor<'t> for Object<'t, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { text, keys, columns, cells } = self;
        while let Some(slot) = map.next_key_seed(Key { keys, columns })? {
            let raw: &'t RawValue = map.next_value()?;
            cells.put(slot, cell(text, raw.get()));
        }
        Ok(())
    }
}

struct Key<'k, 'c> {
    keys: &'k mut Keys,
    columns: &'c mut Columns,
}

impl<'t, 'k> DeserializeSeed<'t> for Key<'k, '_> {
    type Value = &'k Slot;

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<&'k Slot, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'k> Visitor<'_> for Key<'k, '_> {
    type Value = &'k Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<&'k Slot, E> {
        Ok(self.keys.slot(key, self.columns))
    }
}

/// Where `raw`, a piece of `text`, stands, and how it is written.
fn cell(text: &str, raw: &str) -> Cell {
    let start = raw.as_ptr().addr() - text.as_ptr().addr();
    let end = start + raw.len();
    match raw.as_bytes().first() {
        None | Some(b'n') => Cell::default(),
        Some(b'"') => {
            let escaped = memchr::memchr(b'\\', raw.as_bytes()).is_some();
            let written = if escaped { Written::Escaped } else { Written::Plain };
            Cell::new(start + 1, end - 1, 0, written)
        }
        Some(b'{' | b'[') => Cell::new(start, end, 0, Written::Nested),
        Some(_) => Cell::new(start, end, 0, Written::Plain),
    }
}
