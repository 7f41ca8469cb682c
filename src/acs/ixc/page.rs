//! A page of the device list: its strict envelope, and of each register only what is wanted.
//!
//! Must not do: keep, or show, what no field names: registers carry customers' and Wi-Fi data.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::acs::ixc::fields::{COUNT, Field, Place};

/// The most registers of one page (SAFETY.md section 4).
const ROWS_MAX: usize = 10_000;

/// The most values of one field.
const VALUES_MAX: usize = 32;

/// The wanted values of one register, as text.
#[derive(Clone, Default)]
pub(super) struct Values([(usize, Vec<String>); COUNT]);

impl Values {
    /// A field's values: those of the first of its places that has any.
    pub fn all(&self, field: Field) -> &[String] {
        &self.0[field as usize].1
    }

    /// A field's first value.
    pub fn one(&self, field: Field) -> Option<&str> {
        self.all(field).first().map(String::as_str)
    }

    fn take(&mut self, place: &Place, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        for &(field, rank) in &place.wanted {
            let (best, values) = &mut self.0[field as usize];
            if values.is_empty() || rank < *best {
                values.clear();
                *best = rank;
            }
            if rank == *best && values.len() < VALUES_MAX {
                values.push(text.to_owned());
            }
        }
    }
}

/// A page.
pub(super) struct Page {
    /// Its registers.
    pub rows: Vec<Values>,
    /// Does the server say that more follow?
    pub has_next: bool,
}

impl Page {
    /// Reads a page; `None` where it is none.
    pub fn read(body: &[u8], root: &Place) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_slice(body);
        let page = Envelope(root).deserialize(&mut reader).ok()?;
        reader.end().ok().map(|()| page)
    }
}

struct Envelope<'p>(&'p Place);

impl<'de> DeserializeSeed<'de> for Envelope<'_> {
    type Value = Page;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Page, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = Page;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of registers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
        let (mut rows, mut has_next) = (None, None);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let twice = match &*key {
                "registers" => rows.replace(map.next_value_seed(Rows(self.0))?).is_some(),
                "hasNextPage" => has_next.replace(map.next_value()?).is_some(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if twice {
                return Err(A::Error::custom("twice the same name"));
            }
        }
        match (rows, has_next) {
            (Some(rows), Some(has_next)) => Ok(Page { rows, has_next }),
            _ => Err(A::Error::custom("no page")),
        }
    }
}

struct Rows<'p>(&'p Place);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = Vec<Values>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = Vec<Values>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("registers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(Row(self.0))? {
            if rows.len() == ROWS_MAX {
                return Err(A::Error::custom("too many registers"));
            }
            rows.push(row);
        }
        Ok(rows)
    }
}

/// A register, which is an object and nothing else.
struct Row<'p>(&'p Place);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Values;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Values, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a register")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Values, A::Error> {
        let mut values = Values::default();
        Walk { place: self.0, values: &mut values }.visit_map(map)?;
        Ok(values)
    }
}

/// Anything at a wanted place, or above one.
struct Walk<'p, 'v> {
    place: &'p Place,
    values: &'v mut Values,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match self.place.step(&key) {
                Some(place) => map.next_value_seed(Walk { place, values: self.values })?,
                None => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Walk { place: self.place, values: self.values })?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.values.take(self.place, text);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.values.take(self.place, if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.values.take(self.place, &value.to_string());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.values.take(self.place, &value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.values.take(self.place, &value.to_string());
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(body: &str) -> Option<Page> {
        Page::read(body.as_bytes(), &Place::root(&BTreeMap::new()).unwrap())
    }

    #[test]
    fn the_envelope_is_strict() {
        for body in [
            "",
            "[]",
            "{}",
            "null",
            "{\"registers\":[]}",
            "{\"hasNextPage\":false}",
            "{\"registers\":{},\"hasNextPage\":false}",
            "{\"registers\":[],\"hasNextPage\":\"false\"}",
            "{\"registers\":[],\"hasNextPage\":0}",
            "{\"registers\":null,\"hasNextPage\":false}",
            "{\"registers\":[1],\"hasNextPage\":false}",
            "{\"registers\":[null],\"hasNextPage\":false}",
            "{\"registers\":[[]],\"hasNextPage\":false}",
            "{\"registers\":[],\"registers\":[],\"hasNextPage\":false}",
            "{\"registers\":[],\"hasNextPage\":true,\"hasNextPage\":false}",
            "{\"registers\":[],\"hasNextPage\":false} {}",
            "{\"registers\":[],\"hasNextPage\":false",
            "{\"type\":\"success\",\"id\":\"6\"}",
            "<html></html>",
        ] {
            assert!(read(body).is_none(), "{body}");
        }
        let page = read("{\"x\":[{}],\"hasNextPage\":true,\"registers\":[{}]}").unwrap();
        assert!(page.has_next && page.rows.len() == 1);
    }

    #[test]
    fn only_what_is_wanted_is_kept_whatever_its_shape() {
        let page = read(
            "{\"registers\":[{\"serialNumber\":12,\"status\":true,\"wifi\":{\"key\":\"GEHEIM\"},\
             \"customer\":\"GEHEIM\",\"deviceInfo\":{\"modelName\":[\"A\",\"B\"],\"x\":\"GEHEIM\",\
             \"manufacturer\":{\"serialNumber\":\"GEHEIM\"}},\"connection\":null,\
             \"lastInform\":\"\"}],\"hasNextPage\":false}",
        )
        .unwrap();
        let row = &page.rows[0];
        assert_eq!(row.one(Field::Serial), Some("12"));
        assert_eq!(row.one(Field::Status), Some("true"));
        assert_eq!(row.all(Field::Model), ["A", "B"]);
        assert!(row.all(Field::LastInform).is_empty() && row.all(Field::PppoeLogin).is_empty());
        assert!(row.0.iter().all(|(_, values)| values.iter().all(|v| v != "GEHEIM")));
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = "[".repeat(100_000);
        assert!(read(&format!("{{\"registers\":[{{\"x\":{deep}")).is_none());
        assert!(read(&format!("{{\"registers\":[{{\"serialNumber\":{deep}")).is_none());
    }
}
