//! The findings of a run, read from their list and put in the report's order.
//!
//! Two threads read: a report of 100,000 findings is most of what a dashboard waits for. Must not
//! do: take what lies where another finding's cells do for this one's.

use crate::engine::Finding;
use crate::store::codec::columns::Cells;
use crate::store::codec::finding::{FindingRow, each};
use crate::store::codec::{Bad, bad, from_postcard};
use crate::store::entries::Item;
use crate::store::twin::at_once;

/// So many findings are read at a time, a half by each thread: what they are read from needs room
/// too.
pub(super) const AT_A_TIME: usize = 8192;

/// The findings of a list, with the cells that stand beside it.
pub(super) fn in_order(
    items: &[Item<'_>],
    mut cells: Cells,
    at_a_time: usize,
) -> Result<Vec<Finding>, Bad> {
    let mut report: Vec<Option<Finding>> = Vec::new();
    report.resize_with(items.len(), || None);
    for some in items.chunks(at_a_time) {
        let (early, late) = some.split_at(some.len() / 2);
        let (early, late) = at_once(|| rows(early), || rows(late))?;
        // Where the second half's cells begin is known once the first half's rows are.
        let begin = cells.after(early.iter().map(FindingRow::cells))?;
        let mut after = begin.clone();
        let (placed, more) = at_once(|| read(&early, &mut cells), || read(&late, &mut after))?;
        if !cells.is_where(&begin) {
            return Err(bad("findings and their cells do not fit"));
        }
        for (place, finding) in placed.into_iter().chain(more) {
            let slot = report.get_mut(place).ok_or_else(|| bad("a place past a report's end"))?;
            *slot = Some(finding);
        }
        cells = after;
    }
    cells.end()?;
    let report: Option<Vec<Finding>> = report.into_iter().collect();
    report.ok_or_else(|| bad("two findings in one place"))
}

fn rows<'i>(items: &[Item<'i>]) -> Result<Vec<FindingRow<'i>>, Bad> {
    each(items, |item| from_postcard(item.body))
}

/// Findings, each with its place in the report.
fn read(rows: &[FindingRow<'_>], cells: &mut Cells) -> Result<Vec<(usize, Finding)>, Bad> {
    each(rows, |row| {
        let place = usize::try_from(cells.number(0)?).map_err(|_| bad("a place below 0"))?;
        Ok((place, row.finding(cells)?))
    })
}
