//! `projection`: only these paths of a document, and its `_id`.
//!
//! Must not do: expand a name; the real one does not.

use serde_json::{Map, Value};

/// The paths asked for; `None` where all is.
pub(super) fn paths(projection: Option<&str>) -> Option<Vec<Vec<&str>>> {
    let wanted: Vec<Vec<&str>> = projection?
        .split(',')
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .map(|path| path.split('.').collect())
        .collect();
    (!wanted.is_empty()).then_some(wanted)
}

/// The document as far as it was asked for.
pub(super) fn projected(document: &Value, paths: &[Vec<&str>]) -> Value {
    let mut out = Map::new();
    if let Some(id) = document.get("_id") {
        out.insert("_id".to_owned(), id.clone());
    }
    for path in paths {
        copy(document, path, &mut out);
    }
    Value::Object(out)
}

fn copy(from: &Value, path: &[&str], to: &mut Map<String, Value>) {
    let [name, rest @ ..] = path else { return };
    let Some(value) = from.get(*name) else { return };
    if rest.is_empty() {
        to.insert((*name).to_owned(), value.clone());
        return;
    }
    if !value.is_object() {
        return;
    }
    let inner = to.entry((*name).to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        copy(value, rest, inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_asked_for() {
        let document = json!({"_id": "A", "_tags": ["x"], "D": {"1": {"a": 1, "b": 2}, "c": 3}});
        for (asked, given) in [
            ("_id", json!({"_id": "A"})),
            ("D.1.a, D.c", json!({"_id": "A", "D": {"1": {"a": 1}, "c": 3}})),
            ("D,_tags", json!({"_id": "A", "_tags": ["x"], "D": {"1": {"a": 1, "b": 2}, "c": 3}})),
            ("E.1", json!({"_id": "A"})),
        ] {
            assert_eq!(projected(&document, &paths(Some(asked)).unwrap()), given, "{asked}");
        }
        assert!(paths(None).is_none() && paths(Some("")).is_none());
    }
}
