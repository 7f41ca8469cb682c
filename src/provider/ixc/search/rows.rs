//! The records of the rows that were found, through the same join as a fetch.
//!
//! Must not do: hand out a record that the query does not match.

use std::collections::BTreeSet;

use crate::domain::{ProviderRecord, Untrusted};
use crate::ports::{FetchError, Found};
use crate::provider::ixc::envelope::Fault;
use crate::provider::ixc::gate;
use crate::provider::ixc::join::{self, Join, Tables};
use crate::provider::ixc::rows::{Row, number};
use crate::provider::ixc::search::{Searching, is_closed};
use crate::provider::ixc::tables::Table;

/// Ids in one list of the web service.
const IDS_MAX: usize = 50;

impl Searching<'_> {
    /// All rows of which a column is one of the ids.
    pub(super) fn of_ids(
        &mut self,
        table: Table,
        column: &'static str,
        ids: &BTreeSet<u64>,
    ) -> Result<Vec<Row>, FetchError> {
        self.rows_of(table, column, ids).map_err(|fault| fault.error)
    }

    pub(super) fn rows_of(
        &mut self,
        table: Table,
        column: &'static str,
        ids: &BTreeSet<u64>,
    ) -> Result<Vec<Row>, Fault> {
        let (adapter, ids) = (self.adapter, ids.iter().copied().collect::<Vec<_>>());
        let columns = adapter.fields.wanted(table);
        let mut rows = Vec::new();
        for some in ids.chunks(IDS_MAX) {
            let list = some.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            // A list of one is answered with a page of HTML (IXC.md section 1).
            let oper = if some.len() == 1 { "=" } else { "IN" };
            let equal = gate::Query::equal(table, column, &list, adapter.rows);
            let page = adapter.gate.list(&gate::Query { oper, ..equal }, &columns)?;
            self.more |= page.total > page.rows.read.len() as u64;
            let of = |row: &Row| match column {
                "id" => Some(row.id),
                _ => row.get(&columns, column).and_then(|v| number(v.raw())),
            };
            let asked =
                page.rows.read.into_iter().filter(|r| of(r).is_some_and(|id| some.contains(&id)));
            rows.extend(asked);
        }
        Ok(rows)
    }

    /// The records of what was found, through the same join as a fetch.
    pub(super) fn records(mut self, most: usize) -> Result<Found<ProviderRecord>, FetchError> {
        let tables = self.tables(most)?;
        let settings = &self.adapter.settings;
        let (zone, source) = (&settings.timezone, settings.device_source);
        let all = Join::new(&tables, &self.adapter.fields, zone, source).records();
        let matched = |record: ProviderRecord| {
            let on = self.query.matches_record(&record)?;
            Some((record, on))
        };
        let mut records: Vec<_> = all.into_iter().filter_map(matched).collect();
        records.sort_by_key(|(_, on)| *on);
        let more = self.more || records.len() > most;
        records.truncate(most);
        Ok(Found { records, more, not_asked: self.not_asked.into_iter().collect() })
    }

    /// Every row that the records are made of; of more logins and ONUs than are wanted twice over
    /// the first ones only.
    fn tables(&mut self, most: usize) -> Result<Tables, FetchError> {
        let most = most.saturating_mul(2);
        for ids in [&mut self.logins, &mut self.onus] {
            if ids.len() > most {
                self.more = true;
                *ids = ids.iter().copied().take(most).collect();
            }
        }
        let mut tables = Tables::default();
        let (logins, onus) = (self.logins.clone(), self.onus.clone());
        if self.with_onus() {
            let mut rows = self.of_ids(Table::Onus, "id", &onus)?;
            rows.extend(self.of_ids(Table::Onus, "id_login", &logins)?);
            self.put(&mut tables, Table::Onus, rows);
        }
        let linked = ids_of(&tables.onus, "id_login");
        let logins = &logins | &linked;
        let rows = self.of_ids(Table::Logins, "id", &logins)?;
        self.put(&mut tables, Table::Logins, rows);
        let contracts =
            &ids_of(&tables.logins, "id_contrato") | &ids_of(&tables.onus, "id_contrato");
        self.optional(&mut tables, Table::Contracts, "id", &contracts)?;
        let customers =
            &ids_of(&tables.logins, "id_cliente") | &ids_of(&tables.contracts, "id_cliente");
        self.optional(&mut tables, Table::Customers, "id", &customers)?;
        self.optional(&mut tables, Table::Products, "id_contrato", &contracts)?;
        let groups = &ids_of(&tables.logins, "id_grupo") | &ids_of(&tables.products, "id_plano");
        self.optional(&mut tables, Table::Groups, "id", &groups)?;
        Ok(tables)
    }

    /// A table that the token may not read leaves its fields empty.
    fn optional(
        &mut self,
        tables: &mut Tables,
        table: Table,
        column: &'static str,
        ids: &BTreeSet<u64>,
    ) -> Result<(), FetchError> {
        match self.rows_of(table, column, ids) {
            Ok(rows) => self.put(tables, table, rows),
            Err(fault) if is_closed(&fault) => {}
            Err(fault) => return Err(fault.error),
        }
        Ok(())
    }

    fn put(&self, tables: &mut Tables, table: Table, rows: Vec<Row>) {
        let into = tables.of(table);
        into.columns = self.adapter.fields.wanted(table);
        for row in rows {
            if !into.rows.iter().any(|known| known.id == row.id) {
                into.rows.push(row);
            }
        }
    }
}

/// The ids in a column; `0` and nothing are none.
fn ids_of(rows: &join::Rows, column: &str) -> BTreeSet<u64> {
    let id = |row: &Row| row.get(&rows.columns, column).and_then(|v: &Untrusted| number(v.raw()));
    rows.rows.iter().filter_map(id).filter(|id| *id > 0).collect()
}
