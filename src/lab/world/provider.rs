//! What the Provider holds: tables of rows whose values are all text, as its web service has them.
//!
//! Must not do: know the ACS, or page and filter; the server does.

use std::collections::BTreeMap;

use super::columns;

/// Logins.
pub const LOGINS: &str = "radusuarios";
/// ONUs.
pub const ONUS: &str = "radpop_radio_cliente_fibra";
/// Customers.
pub const CUSTOMERS: &str = "cliente";
/// Contracts.
pub const CONTRACTS: &str = "cliente_contrato";
/// Speed profiles.
pub const PROFILES: &str = "radgrupos";
/// Products of contracts.
pub const PRODUCTS: &str = "vd_contratos_produtos";
/// Equipment lent.
pub const LENT: &str = "movimento_produtos";
/// Who changed what.
pub const LOGS: &str = "ixc_logs";

/// A row: column and value. A column that is not there is one that was erased.
pub type Row = BTreeMap<&'static str, String>;

/// One table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// All its columns, those that a listing never shows among them.
    pub columns: &'static [&'static str],
    /// Columns that a listing never shows, and that a whole-row PUT therefore loses.
    pub hidden: &'static [&'static str],
    /// Its rows by id.
    pub rows: BTreeMap<u64, Row>,
}

impl Table {
    fn new(columns: &'static [&'static str], hidden: &'static [&'static str]) -> Self {
        Self { columns, hidden, rows: BTreeMap::new() }
    }

    /// The id that the next row gets. Ids are never used again while the last row stays.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.rows.last_key_value().map_or(1, |(id, _)| id + 1)
    }

    /// A row as a new one is before anybody filled it.
    #[must_use]
    pub fn blank(&self) -> Row {
        self.columns.iter().map(|c| (*c, columns::unset(c).to_owned())).collect()
    }
}

/// All tables by name (`radusuarios`, `radpop_radio_cliente_fibra`, `cliente`, …).
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// By name.
    pub tables: BTreeMap<&'static str, Table>,
}

impl Tables {
    /// The tables that the product knows, empty.
    #[must_use]
    pub fn empty() -> Self {
        let plain = |columns| Table::new(columns, &[]);
        let tables = [
            (LOGINS, Table::new(columns::RADUSUARIOS, columns::RADUSUARIOS_HIDDEN)),
            (ONUS, Table::new(columns::FIBRA, columns::FIBRA_HIDDEN)),
            (CUSTOMERS, Table::new(columns::CLIENTE, columns::CLIENTE_HIDDEN)),
            (CONTRACTS, Table::new(columns::CONTRATO, columns::CONTRATO_HIDDEN)),
            (PROFILES, plain(columns::RADGRUPOS)),
            (PRODUCTS, plain(columns::PRODUTOS_CONTRATO)),
            (LENT, plain(columns::MOVIMENTO)),
            (LOGS, plain(columns::LOGS)),
        ];
        Self { tables: tables.into_iter().collect() }
    }

    /// The rows of a table; none where there is no such table.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = (u64, &Row)> {
        self.tables.get(table).into_iter().flat_map(|t| t.rows.iter().map(|(id, row)| (*id, row)))
    }

    /// One row.
    #[must_use]
    pub fn row(&self, table: &str, id: u64) -> Option<&Row> {
        self.tables.get(table)?.rows.get(&id)
    }

    /// One value; empty where the row or the column is not there.
    #[must_use]
    pub fn cell(&self, table: &str, id: u64, column: &str) -> &str {
        self.row(table, id).map_or("", |row| cell(row, column))
    }
}

/// A value of a row; empty where the column is not there.
#[must_use]
pub fn cell<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).map_or("", String::as_str)
}

/// The id that a column names; `None` for `"0"` and for no text.
#[must_use]
pub fn id_in(row: &Row, column: &str) -> Option<u64> {
    cell(row, column).trim().parse().ok().filter(|id| *id != 0)
}
