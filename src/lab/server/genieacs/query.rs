//! `query`: a part of `MongoDB`'s language, with GenieACS's expansion of strings: each is also
//! tried as a number, a date and a `*` pattern. `/…/` patterns are taken as they stand.
//!
//! Must not do: answer what the real one throws over.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Why there is no query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// 400 with these words.
    Syntax(String),
    /// The worker dies.
    Fatal,
}

/// A query that was looked through.
#[derive(Clone, Debug)]
pub(super) struct Query(Map<String, Value>);

const OPERATORS: [&str; 9] = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists"];

impl Query {
    /// Reads a query; all documents fit where there is none.
    pub fn read(text: Option<&str>) -> Result<Self, Bad> {
        let Some(text) = text else { return Ok(Self(Map::new())) };
        match serde_json::from_str(text) {
            Ok(Value::Object(query)) => {
                check(&query)?;
                Ok(Self(query))
            }
            Ok(_) => Err(Bad::Fatal),
            Err(error) => Err(Bad::Syntax(format!("SyntaxError: {error}"))),
        }
    }

    /// Is there nothing to be looked at but the `_id`?
    pub fn only_of_ids(&self) -> bool {
        self.0.keys().all(|name| name == "_id")
    }

    /// Does a document fit?
    pub fn fits(&self, document: &Value) -> bool {
        fits(document, &self.0)
    }
}

fn check(query: &Map<String, Value>) -> Result<(), Bad> {
    for (name, condition) in query {
        if ["$and", "$or", "$nor"].contains(&name.as_str()) {
            let list = condition.as_array().ok_or(Bad::Fatal)?;
            for one in list {
                check(one.as_object().ok_or(Bad::Fatal)?)?;
            }
        } else if name.starts_with('$') {
            return Err(Bad::Fatal);
        } else if let Value::Object(operators) = condition {
            let is_known = |name: &String| OPERATORS.contains(&name.as_str());
            let is_pattern = |value: &Value| value.as_str().is_some_and(|t| t.contains('*'));
            let mixes = operators.len() > 1 && operators.values().any(is_pattern);
            if !operators.keys().all(is_known) || mixes {
                return Err(Bad::Fatal);
            }
        }
    }
    Ok(())
}

fn fits(document: &Value, query: &Map<String, Value>) -> bool {
    query.iter().all(|(name, condition)| {
        let any = |list: &Value| {
            list.as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .any(|q| fits(document, q))
        };
        match name.as_str() {
            "$and" => condition
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .all(|q| fits(document, q)),
            "$or" => any(condition),
            "$nor" => !any(condition),
            path => {
                let held = at(document, path);
                match condition {
                    Value::Object(operators) => {
                        operators.iter().all(|(name, wanted)| tested(held, name, wanted))
                    }
                    wanted => is(held, wanted),
                }
            }
        }
    })
}

/// The value at a path; a name whose last part has no `_` before it is a parameter.
pub(super) fn at<'d>(document: &'d Value, path: &str) -> Option<&'d Value> {
    let mut found = document;
    for part in path.split('.') {
        found = found.get(part)?;
    }
    let is_meta = path.rsplit('.').next().is_some_and(|last| last.starts_with('_'));
    if is_meta { Some(found) } else { found.get("_value") }
}

fn tested(held: Option<&Value>, operator: &str, wanted: &Value) -> bool {
    let by =
        |fits: fn(Ordering) -> bool| held.and_then(|held| compared(held, wanted)).is_some_and(fits);
    let any = || wanted.as_array().into_iter().flatten().any(|one| is(held, one));
    match operator {
        "$eq" => is(held, wanted),
        "$ne" => !is(held, wanted),
        "$gt" => by(Ordering::is_gt),
        "$gte" => by(Ordering::is_ge),
        "$lt" => by(Ordering::is_lt),
        "$lte" => by(Ordering::is_le),
        "$in" => any(),
        "$nin" => !any(),
        _ => held.is_some() == wanted.as_bool().unwrap_or(true),
    }
}

fn is(held: Option<&Value>, wanted: &Value) -> bool {
    match held {
        None => wanted.is_null(),
        Some(Value::Array(several)) => {
            several.iter().any(|one| is(Some(one), wanted)) || held == Some(wanted)
        }
        Some(held) => {
            if let (Value::String(held), Value::String(pattern)) = (held, wanted)
                && pattern.contains('*')
            {
                return matches(held, pattern);
            }
            compared(held, wanted) == Some(Ordering::Equal)
        }
    }
}

/// Of one kind only, after a string has been tried as what the other is.
pub(super) fn compared(held: &Value, wanted: &Value) -> Option<Ordering> {
    match (held, wanted) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::Number(a), Value::String(b)) => a.as_f64()?.partial_cmp(&b.parse().ok()?),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => match (a.parse(), b.parse::<Timestamp>()) {
            (Ok(a), Ok(b)) => Some(Timestamp::cmp(&a, &b)),
            _ => Some(a.cmp(b)),
        },
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    }
}

/// `*` stands for anything.
fn matches(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_fits() {
        let document = json!({
            "_id": "A-1", "_lastInform": "2026-11-23T06:00:00.000Z", "_tags": ["x", "y"],
            "D": {"Username": {"_value": "ana"}, "N": {"_value": 7}},
        });
        for (query, fit) in [
            (json!({}), true),
            (json!({"_id": "A-1"}), true),
            (json!({"_id": {"$in": ["B", "A-1"]}}), true),
            (json!({"_id": {"$gt": "A-1"}}), false),
            (json!({"D.Username": "ana"}), true),
            (json!({"D.Username._value": "bia"}), false),
            (json!({"D.Username": "a*a"}), true),
            (json!({"D.N": "7"}), true),
            (json!({"D.N": {"$lt": 7}}), false),
            (json!({"_lastInform": {"$lt": "2026-11-23T06:00:01Z"}}), true),
            (json!({"_lastInform": {"$gt": "2026-11-23T06:00:00Z"}}), false),
            (json!({"_tags": "y"}), true),
            (json!({"_lastBoot": {"$exists": false}}), true),
            (json!({"$or": [{"_id": "B"}, {"_tags": "x"}]}), true),
            (json!({"$and": [{"_id": "B"}, {"_tags": "x"}]}), false),
            (json!({"_id": {"$ne": "B"}}), true),
        ] {
            let read = Query::read(Some(&query.to_string())).unwrap();
            assert_eq!(read.fits(&document), fit, "{query}");
        }
    }

    #[test]
    fn what_kills_a_worker_and_what_is_only_wrong() {
        for fatal in [
            "null",
            "[]",
            r#"{"_id":{"$like":"a"}}"#,
            r#"{"$where":"1"}"#,
            r#"{"a":{"$ne":"a*","$exists":true}}"#,
        ] {
            assert_eq!(Query::read(Some(fatal)).unwrap_err(), Bad::Fatal, "{fatal}");
        }
        assert!(matches!(Query::read(Some("{")), Err(Bad::Syntax(_))));
    }
}
