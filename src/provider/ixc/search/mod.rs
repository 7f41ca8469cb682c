//! Searches the Provider itself, by what somebody typed: customers by document, phone and name,
//! logins and ONUs by their own columns.
//!
//! The web service compares a column as it was typed, so documents are asked for in both
//! spellings, and phones by their last digits, which every spelling ends in. What it answers is
//! looked at again: only what really matches is handed out. Must not do: put what was typed into
//! an error; it may be somebody's number.

mod devices;
mod people;
mod rows;
mod values;

use std::collections::BTreeSet;

use crate::domain::{MatchedOn, ProviderRecord, Query};
use crate::ports::{FetchError, Found};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::envelope::{Class, Fault};
use crate::provider::ixc::gate::{self, And};
use crate::provider::ixc::rows::Row;
use crate::provider::ixc::settings::DeviceSource;
use crate::provider::ixc::tables::Table;

/// Requests of one search, before what was found is read; a loose query is not worth more.
const REQUESTS_MAX: u32 = 40;

/// A search that goes on.
struct Searching<'a> {
    adapter: &'a IxcProvedor,
    query: &'a Query,
    logins: BTreeSet<u64>,
    onus: BTreeSet<u64>,
    /// Customers, those first whose own columns match all of the query.
    customers: Vec<u64>,
    requests: u32,
    more: bool,
    not_asked: BTreeSet<MatchedOn>,
}

pub(super) fn all(
    adapter: &IxcProvedor,
    query: &Query,
    most: usize,
) -> Result<Found<ProviderRecord>, FetchError> {
    let mut searching = Searching {
        adapter,
        query,
        logins: BTreeSet::new(),
        onus: BTreeSet::new(),
        customers: Vec::new(),
        requests: 0,
        more: false,
        not_asked: BTreeSet::new(),
    };
    searching.by_person()?;
    searching.by_id()?;
    searching.by_hardware()?;
    searching.by_login()?;
    searching.by_model()?;
    searching.records(most)
}

impl Searching<'_> {
    pub(super) fn with_onus(&self) -> bool {
        self.adapter.settings.device_source != DeviceSource::Radusuarios
    }

    pub(super) fn take(&mut self, table: Table, rows: &[Row]) {
        let into = if table == Table::Onus { &mut self.onus } else { &mut self.logins };
        into.extend(rows.iter().map(|row| row.id));
    }

    pub(super) fn must(
        &mut self,
        table: Table,
        column: &str,
        wanted: (&'static str, String),
    ) -> Result<Vec<Row>, FetchError> {
        let (rows, _) = self.list(table, column, wanted, None, &[]).map_err(|fault| fault.error)?;
        Ok(rows)
    }

    /// The first rows of a list, and whether there are more; past the most requests none.
    pub(super) fn list(
        &mut self,
        table: Table,
        column: &str,
        (oper, value): (&'static str, String),
        and: Option<And>,
        columns: &[String],
    ) -> Result<(Vec<Row>, bool), Fault> {
        if self.requests >= REQUESTS_MAX {
            self.more = true;
            return Ok((Vec::new(), true));
        }
        self.requests += 1;
        let adapter = self.adapter;
        let equal = gate::Query::equal(table, column, &value, adapter.rows);
        let page = adapter.gate.list(&gate::Query { oper, and, ..equal }, columns)?;
        let is_cut = page.total > page.rows.read.len() as u64;
        self.more |= is_cut;
        Ok((page.rows.read, is_cut))
    }
}

/// May the token not read the table? A status 403 may be about one table, too; where it is not,
/// the next table says the same.
fn is_closed(fault: &Fault) -> bool {
    matches!(fault.class, Class::Permission | Class::Token)
}
