//! Lists: filtered, sorted, cut, projected, and sent a chunk an item.
//!
//! Must not do: build a document that nobody will see.

use serde_json::{Value, json};

use super::project::{paths, projected};
use super::query::{Bad, Query};
use super::sort::Sort;
use super::{Nbi, device_id, killed, not_allowed, tree};
use crate::lab::server::faults::rows::in_chunks;
use crate::lab::server::message::{Answer, Asked, Body};
use crate::lab::world::{Cpe, World};

/// What a list was asked for, beside its query.
struct Cut {
    skip: usize,
    limit: usize,
    sort: Sort,
}

impl Cut {
    fn of(asked: &Asked) -> Result<Self, Bad> {
        let sort = Sort::read(asked.parameter("sort"))?;
        let number = |name| asked.parameter(name).and_then(|text| text.parse::<i64>().ok());
        let skip = usize::try_from(number("skip").unwrap_or(0)).map_err(|_| Bad::Fatal)?;
        // A negative limit counts as a positive one; none and 0 are all.
        let limit = match number("limit").unwrap_or(0).unsigned_abs() {
            0 => usize::MAX,
            limit => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        Ok(Self { skip, limit, sort })
    }
}

fn refused(bad: Bad) -> Answer {
    match bad {
        Bad::Syntax(words) => Answer::words(400, words),
        Bad::Fatal => killed(),
    }
}

/// `GET` and `HEAD /devices`.
pub(super) fn devices(nbi: &Nbi, world: &World, asked: &Asked) -> Answer {
    if !matches!(asked.method.as_str(), "GET" | "HEAD") {
        return not_allowed("GET, HEAD");
    }
    let (query, cut) = match (Query::read(asked.parameter("query")), Cut::of(asked)) {
        (Ok(query), Ok(cut)) => (query, cut),
        (Err(bad), _) | (_, Err(bad)) => return refused(bad),
    };
    let document = |cpe: &Cpe, full| {
        let mut document = tree::document(cpe, nbi.had_tags(cpe), full);
        nbi.diagnostics.show(cpe, &mut document);
        document
    };
    let fits = |cpe: &&Cpe| {
        if query.only_of_ids() {
            query.fits(&json!({"_id": device_id(cpe)}))
        } else {
            query.fits(&document(cpe, true))
        }
    };
    let mut found: Vec<&Cpe> = world.acs.cpes.values().filter(fits).collect();
    let total = found.len();
    if asked.method == "HEAD" {
        return answered(total, Vec::new());
    }
    if !cut.sort.is_empty() {
        found = sorted(found, &cut.sort, &document);
    }
    let wanted = paths(asked.parameter("projection"));
    let full = wanted.as_ref().is_none_or(|paths| paths.iter().any(|path| needs_full(path)));
    let rows = found.into_iter().skip(cut.skip).take(cut.limit).map(|cpe| {
        let document = document(cpe, full);
        let shown = match &wanted {
            Some(paths) => projected(&document, paths),
            None => document,
        };
        shown.to_string().into_bytes()
    });
    answered(total, rows.collect())
}

fn sorted<'w>(
    found: Vec<&'w Cpe>,
    sort: &Sort,
    document: &dyn Fn(&Cpe, bool) -> Value,
) -> Vec<&'w Cpe> {
    let by_id = sort.is_only_of_ids();
    let key = |cpe: &Cpe| {
        if by_id { json!({"_id": device_id(cpe)}) } else { document(cpe, false) }
    };
    let mut keyed: Vec<(Value, &Cpe)> = found.into_iter().map(|cpe| (key(cpe), cpe)).collect();
    keyed.sort_by(|(a, _), (b, _)| sort.order(a, b));
    keyed.into_iter().map(|(_, cpe)| cpe).collect()
}

/// Is a path in, or above, what only a box has that was read in full?
fn needs_full(path: &[&str]) -> bool {
    match path {
        []
        | ["InternetGatewayDevice" | "Device"]
        | ["InternetGatewayDevice", "LANDevice"]
        | ["InternetGatewayDevice", "LANDevice", _]
        | [_, "X_LAB_Full" | "WiFi", ..] => true,
        [_, "LANDevice", _, third, ..] => *third == "WLANConfiguration",
        _ => false,
    }
}

/// A list of anything else: tasks, faults.
pub(super) fn of(asked: &Asked, all: Vec<Value>) -> Answer {
    if !matches!(asked.method.as_str(), "GET" | "HEAD") {
        return not_allowed("GET, HEAD");
    }
    let (query, cut) = match (Query::read(asked.parameter("query")), Cut::of(asked)) {
        (Ok(query), Ok(cut)) => (query, cut),
        (Err(bad), _) | (_, Err(bad)) => return refused(bad),
    };
    let mut found: Vec<Value> = all.into_iter().filter(|one| query.fits(one)).collect();
    found.sort_by(|a, b| cut.sort.order(a, b));
    let total = found.len();
    let rows = found.iter().skip(cut.skip).take(cut.limit);
    answered(total, rows.map(|row| row.to_string().into_bytes()).collect())
}

fn answered(total: usize, rows: Vec<Vec<u8>>) -> Answer {
    Answer { body: Body::Chunks(in_chunks(rows)), ..Answer::empty(200) }
        .with("content-type", "application/json")
        .with("total", total.to_string())
}
