//! What the Provider holds: tables of rows whose values are all text, as its web service has them.
//!
//! Must not do: know the ACS, or page and filter; the server does.

use std::collections::BTreeMap;

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

/// All tables by name (`radusuarios`, `radpop_radio_cliente_fibra`, `cliente`, …).
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// By name.
    pub tables: BTreeMap<&'static str, Table>,
}
