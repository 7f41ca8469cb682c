//! One JSON object to the cells of a row, without copying its values.
//!
//! Must not do: build a tree of values; read numbers (their text is kept, to the last digit).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::tabular::cells::{Cell, Cells, Written};
use crate::tabular::columns::{Columns, Slot};
use crate::tabular::keys::Keys;
use crate::tabular::ordinary;

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
    keys.begin();
    if ordinary::read(text, keys, columns, cells) {
        return Ok(());
    }
    general(text, keys, columns, cells)
}

/// The same of any object.
fn general(
    text: &str,
    keys: &mut Keys,
    columns: &mut Columns,
    cells: &mut Cells,
) -> Result<(), serde_json::Error> {
    cells.clear(columns.count());
    keys.begin();
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tabular::columns::{Required, Schema};

    static SCHEMA: Schema = Schema {
        rows: "rows",
        fields: &["id", "serial", "mac"],
        required: Required::All(&["id"]),
        renamed: true,
    };

    /// What a reader makes of it: the text of each cell, and of unknown columns.
    fn cells(known: &str, text: &str, is_ordinary: bool) -> Option<Vec<String>> {
        let mut columns = Columns::new(&SCHEMA, &BTreeMap::new()).unwrap();
        let (mut keys, mut cells) = (Keys::default(), Cells::default());
        read(known, &mut keys, &mut columns, &mut cells).unwrap();
        cells.clear(columns.count());
        keys.begin();
        let read = if is_ordinary {
            ordinary::read(text, &mut keys, &mut columns, &mut cells)
        } else {
            general(text, &mut keys, &mut columns, &mut cells).is_ok()
        };
        let fields = (0..columns.count()).map(|at| cells.field(at));
        let shown =
            |cell: Cell| format!("{:?} {}", cell.written(), &text[cell.start()..cell.end()]);
        let extra = cells.extra().iter().map(|(at, cell)| format!("{at} {}", shown(*cell)));
        read.then(|| fields.map(shown).chain(extra).collect())
    }

    #[test]
    fn what_reads_ordinary_objects_reads_them_as_the_general_reader_does() {
        const BYTES: &[u8] = b"\"\\{}[]:, \t\n\x01\x1f0123456789-+.eenulltrfas";
        // The keys are known from a line before, one of them with an escape, in another style or
        // in the same.
        let known = [
            r#"{"id":"1","a\"b":"2","serial":"3","mac":null}"#,
            r#" { "id" : 1 , "serial":"", "mac" :"2" ,"x": 3 } "#,
            r#"{"id":"1","serial":"2","mac":"3","olt":"4"}"#,
            r#"{"serial":"1"}"#,
        ];
        let texts = [
            r#"{"id":"A1","serial":"HWTC00000001","mac":"00:25:9E:00:00:10","olt":"x"}"#,
            r#" { "id" : 17 , "serial":-1.5e+3,"x":0.25, "mac":null, "y":true,"z":false } "#,
            r#"{"id":"ação","a\"b":"1","serial":"\u0041","mac":["1","2"],"z":{"a":1}}"#,
            r#"{"id":"A1","serial":  -5,"mac":"9"}"#,
            "{}",
        ];
        let mut ordinary = 0;
        for text in texts {
            for at in 0..=text.len() {
                for replaced in 0..=1 {
                    for byte in BYTES {
                        let mut bytes = text.as_bytes().to_vec();
                        let end = (at + replaced).min(text.len());
                        bytes.splice(at..end, [*byte]);
                        let Ok(changed) = String::from_utf8(bytes) else { continue };
                        for known in known {
                            if let Some(found) = cells(known, &changed, true) {
                                ordinary += 1;
                                assert_eq!(Some(found), cells(known, &changed, false), "{changed}");
                            }
                        }
                    }
                }
            }
        }
        assert!(ordinary > 3000, "{ordinary}: most that stay well-formed are ordinary");
        for text in &texts[..2] {
            assert!(known.iter().all(|known| cells(known, text, true).is_some()), "{text}");
        }
    }

    #[test]
    fn what_begins_an_object_in_one_line_follows_no_value_in_another() {
        let read = |lines: &[&str]| {
            let mut columns = Columns::new(&SCHEMA, &BTreeMap::new()).unwrap();
            let (mut keys, mut cells) = (Keys::default(), Cells::default());
            let one = |line: &&str| read(line, &mut keys, &mut columns, &mut cells).is_ok();
            lines.iter().map(one).collect::<Vec<bool>>()
        };
        let (id, serial) = (r#"{"id":"1"}"#, r#"{"serial":"2"}"#);
        assert_eq!(read(&[id, serial, r#"{"id":"1"{"serial":"2"}"#]), [true, true, false]);
        // The first key is known without what led to it.
        let (escaped, second) = (r#"{"\u0069d":"1"}"#, r#"{"serial":"2","id":"1"}"#);
        assert_eq!(read(&[escaped, second, r#","id":"1"}"#, id]), [true, true, false, true]);
        // A key that was met with an escape is never met without one.
        assert_eq!(read(&[r#"{"a\"b":"1"}"#, r#"{"a"b":"2"}"#]), [true, false]);
    }
}
