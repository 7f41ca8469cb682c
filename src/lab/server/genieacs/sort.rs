//! `sort`: names of a JSON object, whose order counts.
//!
//! Must not do: read them into a map of its own order.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::query::{Bad, at, compared};

/// Paths, and whether each descends; the first decides first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sort(Vec<(String, bool)>);

impl Sort {
    /// Reads `sort`; as stored where there is none.
    pub fn read(text: Option<&str>) -> Result<Self, Bad> {
        let Some(text) = text else { return Ok(Self::default()) };
        // What is JSON but no object is thrown over; what is no JSON is only refused.
        serde_json::from_str::<Value>(text)
            .map_err(|error| Bad::Syntax(format!("SyntaxError: {error}")))?;
        serde_json::from_str(text).map_err(|_| Bad::Fatal)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is nothing looked at but the `_id`?
    pub fn is_only_of_ids(&self) -> bool {
        self.0.iter().all(|(path, _)| path == "_id")
    }

    /// Which of two documents comes first; one without the value comes before one with it.
    pub fn order(&self, a: &Value, b: &Value) -> Ordering {
        for (path, descends) in &self.0 {
            let order = match (at(a, path), at(b, path)) {
                (Some(a), Some(b)) => compared(a, b).unwrap_or(Ordering::Equal),
                (a, b) => a.is_some().cmp(&b.is_some()),
            };
            let order = if *descends { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl<'de> Deserialize<'de> for Sort {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Sort;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names and 1 or -1")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sort, A::Error> {
        let mut names = Vec::new();
        while let Some((name, way)) = map.next_entry::<String, Value>()? {
            names.push((name, way.as_f64() == Some(-1.0)));
        }
        Ok(Sort(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_order() {
        let sort = Sort::read(Some(r#"{"_registered":-1,"_id":1}"#)).unwrap();
        assert_eq!(sort, Sort(vec![("_registered".into(), true), ("_id".into(), false)]));
        assert!(Sort::read(None).unwrap().is_empty());
        assert!(Sort::read(Some("{}")).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_sort() {
        assert!(matches!(Sort::read(Some("{")), Err(Bad::Syntax(_))));
        for fatal in ["null", "1", r#"["_id"]"#] {
            assert_eq!(Sort::read(Some(fatal)), Err(Bad::Fatal), "{fatal}");
        }
    }
}
