//! What an answer is made of, by the names and types of its parts, for `doctor --probe`.
//!
//! Must not do: keep or show a value; only keys that are asked for, and types.

use serde_json::Value;

use crate::ports::{Check, FetchErrorKind, Verdict};

/// The type of a value, in JSON's words.
#[must_use]
pub fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    }
}

/// How grave it is where an assumption does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// A fetch fails without it.
    Needed,
    /// A fetch goes on with less.
    Useful,
}

/// One assumption about an API.
#[derive(Clone, Copy, Debug)]
pub struct Assumption {
    /// Which, without its side: `assumes-total`.
    pub id: &'static str,
    /// What is assumed, one sentence.
    pub what: &'static str,
    /// How grave it is.
    pub weight: Weight,
}

impl Assumption {
    /// The check of `side`: that it holds, or what was found instead, in keys and types.
    #[must_use]
    pub fn told(&self, side: &str, found: Result<(), String>) -> Check {
        let id = format!("{side}-{}", self.id);
        let Err(instead) = found else {
            return Check { id, verdict: Verdict::Ok, text: self.what.to_owned(), fix: None };
        };
        let verdict = match self.weight {
            Weight::Needed => Verdict::Fail(FetchErrorKind::Unavailable),
            Weight::Useful => Verdict::Warn,
        };
        let fix = "this system speaks another dialect than acerto knows: send the output of \
                   acerto doctor --probe --bundle FILE to support";
        let text = format!("assumed: {}; found: {instead}", self.what);
        Check { id, verdict, text, fix: Some(fix.to_owned()) }
    }

    /// The check where there was nothing to look at.
    #[must_use]
    pub fn skipped(&self, side: &str) -> Check {
        let (id, text) = (format!("{side}-{}", self.id), "not checked: no answer to look at");
        Check { id, verdict: Verdict::Skip, text: text.to_owned(), fix: None }
    }
}

/// `name` is there in each of `rows`, and of a type that `is` takes.
///
/// # Errors
/// What the first that is not so is instead.
pub fn each(
    rows: &[Value],
    name: &str,
    wanted: &str,
    is: impl Fn(&Value) -> bool,
) -> Result<(), String> {
    let odd = rows.iter().map(|row| at(row, name)).find(|value| !value.is_some_and(&is));
    odd.map_or(Ok(()), |value| Err(format!("{name} is {}, not {wanted}", kind(value))))
}

/// The same where it may also be missing, null or empty.
///
/// # Errors
/// As [`each`].
pub fn each_set(
    rows: &[Value],
    name: &str,
    wanted: &str,
    is: impl Fn(&Value) -> bool,
) -> Result<(), String> {
    let empty = |value: &&Value| !matches!(value, Value::Null) && value.as_str() != Some("");
    let mut odd = rows.iter().filter_map(|row| at(row, name)).filter(empty);
    odd.find(|value| !is(value))
        .map_or(Ok(()), |value| Err(format!("{name} is {}, not {wanted}", kind(Some(value)))))
}

/// A part by its name; `a.b` is `b` within `a`.
fn at<'a>(row: &'a Value, name: &str) -> Option<&'a Value> {
    name.split('.').try_fold(row, |value, part| value.get(part))
}

/// A time as RFC 3339 writes it.
#[must_use]
pub fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_instead_is_told_by_its_type_alone() {
        let rows = [json!({"a": {"b": "secret"}}), json!({"a": {"b": 7}})];
        assert_eq!(
            each(&rows, "a.b", "a string", Value::is_string).unwrap_err(),
            "a.b is a number, not a string"
        );
        assert_eq!(
            each(&rows, "a.c", "a string", Value::is_string).unwrap_err(),
            "a.c is nothing, not a string"
        );
        assert_eq!(each_set(&rows, "a.c", "a string", Value::is_string), Ok(()));
        assert!(each_set(&rows, "a.b", "a time", is_time).unwrap_err().contains("a string"));
        assert!(is_time(&json!("2026-11-26T10:00:00.000Z")) && !is_time(&json!("26/11/2026")));
    }
}
