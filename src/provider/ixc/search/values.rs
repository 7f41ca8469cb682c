//! The texts by which columns are asked for.
//!
//! Must not do: let a value become more than text.

use crate::domain::Query;
use crate::domain::identity::{Shape, classify};
use crate::domain::search::{LAST_DIGITS, compact};
use crate::provider::ixc::target::is_plain;

/// The last digits of a serial by which it is asked for: a GPON serial's are the same whether its
/// vendor is written in letters or in hex (ITU-T G.984.3).
const SERIAL_END: usize = 8;

/// A document as it may have been typed: its places alone, and with the usual punctuation.
pub(super) fn spellings(places: &str) -> Vec<String> {
    let part = |from: usize, to: usize| places.get(from..to).unwrap_or_default();
    let typed = if places.len() == 11 {
        format!("{}.{}.{}-{}", part(0, 3), part(3, 6), part(6, 9), part(9, 11))
    } else {
        let (root, branch) = (part(0, 8), part(8, 12));
        let root = format!("{}.{}.{}", &root[..2], &root[2..5], &root[5..]);
        format!("{root}/{branch}-{}", part(12, 14))
    };
    vec![places.to_owned(), typed]
}

/// What serials and MACs are asked for by; nothing where the query is none of either.
pub(super) fn hardware(query: &Query) -> Vec<String> {
    let whole = compact(query.raw());
    let has_digit = whole.bytes().any(|b| b.is_ascii_digit());
    if whole.len() < LAST_DIGITS || !has_digit {
        return Vec::new();
    }
    let values = match classify(query.raw()) {
        Shape::Mac(mac) | Shape::Either(_, mac) => {
            let colons = mac.to_string();
            vec![colons.replace(':', ""), colons.replace(':', "-"), colons]
        }
        Shape::Serial(serial) if serial.is_gpon() => {
            let text = serial.as_str();
            vec![text.get(text.len() - SERIAL_END..).unwrap_or(text).to_owned()]
        }
        Shape::Serial(_) | Shape::Blank if query.words().len() == 1 => {
            let mut values = vec![query.raw().to_owned(), whole.clone()];
            // A part of a MAC, as columns write it.
            if whole.len().is_multiple_of(2) && whole.bytes().all(|b| b.is_ascii_hexdigit()) {
                let pairs = (0..whole.len()).step_by(2).filter_map(|at| whole.get(at..at + 2));
                values.push(pairs.collect::<Vec<_>>().join(":"));
            }
            values
        }
        Shape::Serial(_) | Shape::Blank => Vec::new(),
    };
    let mut values: Vec<String> = values.into_iter().filter(|v| is_safe(v)).collect();
    values.dedup();
    values
}

/// A text that no program takes for anything but text.
pub(super) fn is_safe(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_plain)
}
