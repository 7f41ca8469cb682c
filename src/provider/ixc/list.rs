//! Reads a table to its end, and says whether anything can be missing.
//!
//! By ids beyond the last one, which misses nothing while rows come and go; by pages under an
//! upper bound on id where the server does not take that. A transport failure in the middle is
//! an error, not a partial list: trying again is cheap, and a half list explains nothing. What
//! is left in `doubts` is a list that was read to its end twice and contradicts itself.
//! Must not do: trust a `total`, an order, or the end of a list without asking again.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::Problem;
use crate::ports::Progress;
use crate::provider::ixc::envelope::{Class, Fault, Page};
use crate::provider::ixc::gate::{Gate, Query};
use crate::provider::ixc::rows::Row;
use crate::provider::ixc::settings::Paging;
use crate::provider::ixc::tables::Table;

/// A table that was read.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) rows: Vec<Row>,
    pub(super) pages: u32,
    /// Why rows may be missing.
    pub(super) doubts: Vec<Problem>,
    /// Values that were too long.
    pub(super) cut: u64,
    seen: HashSet<u64>,
}

impl Listing {
    fn doubt(&mut self, table: Table, what: impl Into<String>) {
        let place = format!("{}, page {}", table.name(), self.pages);
        self.doubts.push(Problem { place, what: what.into(), value: None });
    }

    /// Takes a page in; says how many rows of it are new.
    fn take(&mut self, table: Table, page: Page) -> usize {
        self.pages += 1;
        self.cut += page.rows.cut;
        if page.rows.bad > 0 {
            self.doubt(table, format!("{} rows have no readable id", page.rows.bad));
        }
        let before = self.rows.len();
        let (mut repeated, mut falling) = (0_u64, false);
        for row in page.rows.read {
            falling |= self.rows.last().is_some_and(|last| last.id > row.id);
            if self.seen.insert(row.id) {
                self.rows.push(row);
            } else {
                repeated += 1;
            }
        }
        if repeated > 0 {
            self.doubt(table, format!("{repeated} rows came a second time"));
        }
        if falling {
            self.doubt(table, "ids fall");
        }
        self.rows.len() - before
    }
}

/// So many rows may go between two readings of a table, or 2 % of it.
const GONE_MEANWHILE_MOST: usize = 10;

/// Reads tables.
pub(super) struct Reader<'a> {
    pub(super) gate: &'a Gate,
    pub(super) rows: u32,
    /// Set once the server turned out not to take `>`.
    pub(super) by_page: &'a AtomicBool,
    pub(super) paging: Paging,
}

impl Reader<'_> {
    /// The whole table; read a second time where the first contradicts itself.
    pub(super) fn all(
        &self,
        table: Table,
        wanted: &[String],
        progress: Progress<'_>,
    ) -> Result<Listing, Fault> {
        // By itself, so that its failure is not taken for a condition that was refused.
        self.gate.greet()?;
        let first = self.once(table, wanted, progress)?;
        if first.doubts.is_empty() {
            return Ok(first);
        }
        let mut second = self.once(table, wanted, progress)?;
        second.pages += first.pages;
        // Rows come and go while they are read, but not by the hundred: a second list that agrees
        // with itself does not unsay what the first one showed.
        let (before, now) = (first.rows.len(), second.rows.len());
        if before.saturating_sub(now) > GONE_MEANWHILE_MOST.max(before / 50) {
            second.doubt(table, format!("it was read twice: {before} rows, then {now}"));
        }
        Ok(second)
    }

    fn once(
        &self,
        table: Table,
        wanted: &[String],
        progress: Progress<'_>,
    ) -> Result<Listing, Fault> {
        if self.paging == Paging::Keyset && !self.by_page.load(Ordering::Relaxed) {
            match self.by_id(table, wanted, progress) {
                Ok(Some(listing)) => return Ok(listing),
                Ok(None) => self.by_page.store(true, Ordering::Relaxed),
                Err(fault) => return Err(fault),
            }
        }
        self.by_page(table, wanted, progress)
    }

    /// By ids beyond the last one; `None` where the server does not take the condition.
    fn by_id(
        &self,
        table: Table,
        wanted: &[String],
        progress: Progress<'_>,
    ) -> Result<Option<Listing>, Fault> {
        let mut listing = Listing::default();
        let (mut last, mut total) = (0, None);
        loop {
            let query = Query::new(table, "id", ">", last, self.rows);
            let page = match self.gate.list(&query, wanted) {
                Err(fault) if total.is_none() && is_refused(&fault) => return Ok(None),
                page => page?,
            };
            let counted = *total.get_or_insert(page.total);
            let rows = &page.rows.read;
            if last > 0 && rows.iter().any(|row| row.id <= last) {
                return Ok(None);
            }
            if rows.len() as u64 + page.rows.bad > page.total {
                listing.doubt(table, format!("more rows than its total of {}", page.total));
            }
            if page.rows.read.is_empty() {
                if page.total > 0 {
                    listing.doubt(table, format!("no row, with a total of {}", page.total));
                }
                self.compare(&mut listing, table, counted)?;
                return Ok(Some(listing));
            }
            let highest = rows.iter().map(|row| row.id).max().unwrap_or(last);
            listing.take(table, page);
            last = highest;
            progress(listing.rows.len() as u64);
        }
    }

    /// By pages, up to the highest id that there was at the start.
    fn by_page(
        &self,
        table: Table,
        wanted: &[String],
        progress: Progress<'_>,
    ) -> Result<Listing, Fault> {
        let mut listing = Listing::default();
        let newest = Query { descending: true, ..Query::new(table, "id", "!=", 0, 1) };
        let newest = self.gate.list(&newest, &[])?;
        let bound = newest.rows.read.iter().map(|row| row.id).max().unwrap_or(0);
        let mut query = Query::new(table, "id", "<=", bound, self.rows);
        let mut bad = 0;
        // Not asked beyond the end: what a page there looks like is not known.
        while (listing.rows.len() as u64 + bad) < newest.total {
            let page = match self.gate.list(&query, wanted) {
                // Without the bound a row that comes meanwhile is told by the total.
                Err(fault) if query.oper == "<=" && listing.pages == 0 && is_refused(&fault) => {
                    query = Query::new(table, "id", "!=", 0, self.rows);
                    continue;
                }
                page => page?,
            };
            if page.rows.read.iter().any(|row| row.id > bound) {
                listing.doubt(table, "rows beyond the bound on id that was asked for");
            }
            if page.total != newest.total {
                let (now, before) = (page.total, newest.total);
                listing.doubt(table, format!("its total went from {before} to {now}"));
            }
            bad += page.rows.bad;
            let new = listing.take(table, page);
            progress(listing.rows.len() as u64);
            // A page that holds nothing new would come again for ever.
            if new == 0 {
                break;
            }
            query.page += 1;
        }
        if bound > 0 && !listing.seen.contains(&bound) {
            listing.doubt(table, "the newest row is not in the list");
        }
        self.compare(&mut listing, table, newest.total)?;
        Ok(listing)
    }

    /// Is what was read as much as the source counts, before and after?
    fn compare(&self, listing: &mut Listing, table: Table, before: u64) -> Result<(), Fault> {
        let read = listing.rows.len();
        let oper = if self.by_page_now() { "!=" } else { ">" };
        let after = self.gate.list(&Query::new(table, "id", oper, 0, 1), &[])?.total;
        if before != after {
            listing.doubt(table, format!("its total went from {before} to {after}"));
        }
        if read as u64 != before {
            listing.doubt(table, format!("{read} rows were read of a total of {before}"));
        }
        Ok(())
    }

    fn by_page_now(&self) -> bool {
        self.paging == Paging::Page || self.by_page.load(Ordering::Relaxed)
    }

    /// The rows of which a column is `value`; few, and all of them, or an error.
    pub(super) fn some(
        &self,
        table: Table,
        column: &'static str,
        value: u64,
        wanted: &[String],
    ) -> Result<Vec<Row>, Fault> {
        let page = self.gate.list(&Query::new(table, column, "=", value, self.rows), wanted)?;
        let (rows, total) = (page.rows.read, page.total);
        let is_it = |row: &Row| match column {
            "id" => row.id == value,
            _ => row.get(wanted, column).is_some_and(|v| v.raw() == value.to_string()),
        };
        if rows.len() as u64 != total || !rows.iter().all(is_it) {
            let what = format!(
                "{}: asked for {column} = {value}, and other rows or another number came",
                table.name()
            );
            let kind = crate::ports::FetchErrorKind::Unavailable;
            return Err(Fault::new(Class::Other, kind, what, &["try again"]));
        }
        Ok(rows)
    }
}

/// An answer that a condition which the server does not take may have had.
fn is_refused(fault: &Fault) -> bool {
    matches!(fault.class, Class::Html | Class::Rejected)
}
