//! One record of the list to the values that are looked for in it, without a tree of the rest.
//!
//! GenieACS writes a parameter as `{"_value":…,"_type":…,…}`, its own keys as plain values, and
//! instances as keys "1", "2" (GENIEACS.md section 2). Whatever no path leads to is passed over.
//! Must not do: choose between values, or depend on the order of keys.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use crate::acs::genieacs::fields::{Field, Paths, Step};
use crate::domain::text::KEPT_BYTES_MAX;
use crate::domain::{Tags, Untrusted};

/// The most values that are kept of one record; a device with 30 connections has about 200.
const FOUND_MAX: usize = 2000;

/// The most tags of a record.
const TAGS_MAX: usize = 256;

/// Instance numbers on the way to a value, outermost first.
pub(super) type Instances = SmallVec<[u32; 4]>;

/// A value and where it stood.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Which field's.
    pub field: Field,
    /// Which of the node's fields.
    pub take: usize,
    /// The node of the path.
    pub node: usize,
    /// The instances on the way.
    pub at: Instances,
    /// The value, never empty.
    pub value: Untrusted,
}

/// What was found in one record.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// The id as it was served.
    pub id: Option<Untrusted>,
    /// All other values.
    pub found: Vec<Found>,
    /// The tags.
    pub tags: Tags,
    /// Values beyond the bound were left out.
    pub too_many: bool,
    at: Instances,
}

impl Values {
    /// Reads the record `bytes`, in place of what was read before.
    ///
    /// # Errors
    /// Where it is not one well-formed object with an id; the reason, without its text.
    pub fn read(&mut self, bytes: &[u8], paths: &Paths) -> Result<(), String> {
        self.id = None;
        self.found.clear();
        self.tags.clear();
        self.at.clear();
        self.too_many = false;
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let walk = Walk { paths, node: 0, values: self };
        walk.deserialize(&mut json).and_then(|()| json.end()).map_err(|why| plain(&why))?;
        match &self.id {
            None => Err("a record without an `_id`".to_owned()),
            Some(_) => Ok(()),
        }
    }

    /// Keeps `text` for every path that ends at `node` here.
    fn keep(&mut self, text: &str, node: usize, paths: &Paths) {
        for (take, of) in paths.takes(node).iter().enumerate() {
            if !of.covers(&self.at) {
                continue;
            }
            let Some(value) = Untrusted::present(text) else { continue };
            if self.found.len() == FOUND_MAX {
                self.too_many = true;
                return;
            }
            let at = self.at.clone();
            self.found.push(Found { field: of.field, take, node, at, value });
        }
    }

    fn is(node: usize, field: Field, paths: &Paths) -> bool {
        paths.takes(node).iter().any(|take| take.field == field)
    }
}

/// The parser's reason without what it points at.
fn plain(why: &serde_json::Error) -> String {
    let message = why.to_string();
    let reason = message.split(" at line ").next().unwrap_or_default();
    format!("a record can't be read: {reason}")
}

/// Reads what stands at a node.
struct Walk<'p, 'v> {
    paths: &'p Paths,
    node: usize,
    values: &'v mut Values,
}

impl<'j> DeserializeSeed<'j> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, json: D) -> Result<(), D::Error> {
        if self.node == 0 { json.deserialize_map(self) } else { json.deserialize_any(self) }
    }
}

impl Walk<'_, '_> {
    fn has_value(&self) -> bool {
        !self.paths.takes(self.node).is_empty()
    }
}

impl<'j> Visitor<'j> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { paths, node, values } = self;
        while let Some(step) = map.next_key_seed(Key { paths, node })? {
            match step {
                Some(Step::To(node)) => map.next_value_seed(Walk { paths, node, values })?,
                Some(Step::Instance(node, number)) => {
                    values.at.push(number);
                    map.next_value_seed(Walk { paths, node, values })?;
                    values.at.pop();
                }
                Some(Step::Off) => drop(map.next_value::<IgnoredAny>()?),
                None => map.next_value_seed(Scalar { paths, node, values })?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { paths, node, values } = self;
        if !Values::is(node, Field::Tags, paths) {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while let Some(()) = seq.next_element_seed(Tag(values))? {}
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if Values::is(self.node, Field::Id, self.paths) {
            return self.values.keep_id(text);
        }
        if self.has_value() {
            self.values.keep(text, self.node, self.paths);
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        Scalar::from(self).visit_bool(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        Scalar::from(self).visit_u64(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        Scalar::from(self).visit_i64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        Scalar::from(self).visit_f64(value)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl Values {
    /// An id is kept as it was served, blanks and all; half an id would be another one.
    fn keep_id<E: Error>(&mut self, text: &str) -> Result<(), E> {
        if text.is_empty() {
            return Err(E::custom("its `_id` is empty"));
        }
        if text.len() > KEPT_BYTES_MAX {
            return Err(E::custom("its `_id` is longer than 4 KiB"));
        }
        self.id = Some(Untrusted::new(text));
        Ok(())
    }
}

/// A value by itself: text, a number, yes or no; anything else is none.
struct Scalar<'p, 'v> {
    paths: &'p Paths,
    node: usize,
    values: &'v mut Values,
}

impl<'p, 'v> From<Walk<'p, 'v>> for Scalar<'p, 'v> {
    fn from(walk: Walk<'p, 'v>) -> Self {
        Self { paths: walk.paths, node: walk.node, values: walk.values }
    }
}

impl Scalar<'_, '_> {
    fn keep(self, value: &dyn fmt::Display) {
        let own = [Field::Id, Field::Tags];
        let wanted = |field: Field| !own.contains(&field);
        if self.paths.takes(self.node).iter().any(|take| wanted(take.field)) {
            self.values.keep(&value.to_string(), self.node, self.paths);
        }
    }
}

impl<'j> DeserializeSeed<'j> for Scalar<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, json: D) -> Result<(), D::Error> {
        if self.paths.takes(self.node).is_empty() {
            return json.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        json.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Scalar<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.values.keep(text, self.node, self.paths);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.keep(&value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.keep(&value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.keep(&value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.keep(&value);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A key: where it leads, or `None` for the parameter's `_value` at this node.
struct Key<'p> {
    paths: &'p Paths,
    node: usize,
}

impl<'j> DeserializeSeed<'j> for Key<'_> {
    type Value = Option<Step>;

    fn deserialize<D: Deserializer<'j>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<Step>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(if key == "_value" { None } else { Some(self.paths.step(self.node, key)) })
    }
}

/// A tag.
struct Tag<'v>(&'v mut Values);

impl<'j> DeserializeSeed<'j> for Tag<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Tag<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.0.tags.len() == TAGS_MAX {
            self.0.too_many = true;
        } else {
            self.0.tags.extend(Untrusted::present(text));
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
