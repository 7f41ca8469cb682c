//! How a count moved since the last run, as a sum.
//!
//! Must not do: count.

use crate::engine::SinceSide;
use crate::words::{Voice, change_count, say};

/// `12,470 + 14 arrived - 4 deleted by hand = 12,480.`
#[must_use]
pub fn since_sum(voice: &Voice, side: &SinceSide) -> String {
    let now = voice.number(side.now);
    let Some(then) = side.then else {
        return say!(voice, en: "{now} now; nothing to compare with yet.",
            pt: "{now} agora; ainda não há com que comparar.");
    };
    let mut line = voice.number(then);
    for &(change, n) in &side.rows {
        let sign = if n < 0 { '-' } else { '+' };
        let term = change_count(voice, change, n.unsigned_abs());
        line = format!("{line} {sign} {term}");
    }
    if side.rows.is_empty() {
        return say!(voice, en: "{line}, unchanged.", pt: "{line}, sem mudança.");
    }
    format!("{line} = {now}.")
}
