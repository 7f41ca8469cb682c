//! Rows of six tables become records: one for each ONU row, one for each login without one.
//!
//! An ONU row and the login that it links to are one record, whose serial is the ONU row's; its
//! MAC is the login's CPE MAC, which only pairs what no serial pairs. Where the login's own
//! `onu_mac` is another identity, a swap in progress, it stands in the extra column
//! `login_onu_mac`: as a second identity of the record it could pair the entry with the new box
//! and hide the difference that the engine has to explain.
//! Must not do: decide which of several rows of one serial is right; take a row for two records.

use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::thread;

use crate::domain::{ProviderRecord, Untrusted};
use crate::ports::Growing;
use crate::provider::ixc::joining::{Joining, Source};
use crate::provider::ixc::rows::{Row, number};
use crate::provider::ixc::settings::{DeviceSource, Fields};
use crate::provider::ixc::tables::Table;
use crate::provider::ixc::values::Unparsed;

/// From so many records on they are made on two threads.
const MANY: usize = 1024;

/// Prefix of the id of an entry that is a login, not an ONU row.
pub(super) const LOGIN_ENTRY: &str = "login-";

/// The columns of a customer's phones.
pub(super) const PHONES: [&str; 4] = ["fone", "telefone_celular", "telefone_comercial", "whatsapp"];

/// Columns that are shown and can be grouped by, beside the known ones.
pub(super) const EXTRA: [&str; 9] = [
    "id_transmissor",
    "ponid",
    "onu_numero",
    "sinal_rx",
    "autenticacao",
    "tipo_conexao_mapa",
    "status_internet",
    "login_onu_mac",
    "id_login",
];

/// Rows of one table, with the columns that were kept of it.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// Rows of all tables.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) logins: Rows,
    pub(super) onus: Rows,
    pub(super) customers: Rows,
    pub(super) contracts: Rows,
    pub(super) groups: Rows,
    pub(super) products: Rows,
    /// A fetch reads none.
    pub(super) logs: Rows,
}

impl Tables {
    pub(super) fn of(&mut self, table: Table) -> &mut Rows {
        match table {
            Table::Logins => &mut self.logins,
            Table::Onus => &mut self.onus,
            Table::Customers => &mut self.customers,
            Table::Contracts => &mut self.contracts,
            Table::Groups => &mut self.groups,
            Table::Products => &mut self.products,
            Table::Logs => &mut self.logs,
        }
    }
}

/// A row with the names of its cells.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    columns: &'a [String],
    pub(super) row: &'a Row,
}

impl<'a> Named<'a> {
    pub(super) fn text(self, column: &str) -> Option<&'a Untrusted> {
        self.row.get(self.columns, column)
    }

    /// The id of another row; `0` and nothing are none.
    pub(super) fn link(self, column: &str) -> Option<u64> {
        self.text(column).and_then(|v| number(v.raw())).filter(|id| *id > 0)
    }

    pub(super) fn field(self, fields: &Fields, key: &str) -> Option<&'a Untrusted> {
        fields.columns(key).iter().find_map(|column| self.text(column))
    }
}

/// Finds rows by id, and by what they belong to.
pub(super) struct Join<'a> {
    pub(super) fields: &'a Fields,
    pub(super) zone: &'a jiff::tz::TimeZone,
    pub(super) source: DeviceSource,
    pub(super) tables: &'a Tables,
    pub(super) logins: HashMap<u64, Named<'a>>,
    pub(super) customers: HashMap<u64, Named<'a>>,
    pub(super) contracts: HashMap<u64, Named<'a>>,
    pub(super) contracts_of: HashMap<u64, Vec<u64>>,
    pub(super) groups: HashMap<u64, Named<'a>>,
    pub(super) plans_of_contract: HashMap<u64, Vec<u64>>,
    pub(super) plans_of_sale: HashMap<u64, Vec<u64>>,
}

fn named(rows: &Rows) -> impl Iterator<Item = Named<'_>> {
    rows.rows.iter().map(|row| Named { columns: &rows.columns, row })
}

fn by_id(rows: &Rows) -> HashMap<u64, Named<'_>> {
    named(rows).map(|n| (n.row.id, n)).collect()
}

/// Values of `value`, by `key`, each once.
fn grouped<'a>(
    rows: &'a Rows,
    key: &str,
    value: impl Fn(Named<'a>) -> Option<u64>,
) -> HashMap<u64, Vec<u64>> {
    let mut map: HashMap<u64, Vec<u64>> = HashMap::new();
    for row in named(rows) {
        if let (Some(key), Some(value)) = (row.link(key), value(row)) {
            let values = map.entry(key).or_default();
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    map
}

impl<'a> Join<'a> {
    pub(super) fn new(
        tables: &'a Tables,
        fields: &'a Fields,
        zone: &'a jiff::tz::TimeZone,
        source: DeviceSource,
    ) -> Self {
        let plan = |row: Named<'a>| row.link("id_plano");
        Self {
            fields,
            zone,
            source,
            tables,
            logins: by_id(&tables.logins),
            customers: by_id(&tables.customers),
            contracts: by_id(&tables.contracts),
            contracts_of: grouped(&tables.contracts, "id_cliente", |c| Some(c.row.id)),
            groups: by_id(&tables.groups),
            plans_of_contract: grouped(&tables.products, "id_contrato", plan),
            plans_of_sale: grouped(&tables.products, "id_vd_contrato", plan),
        }
    }

    /// All records: entries of ONU rows, then logins that no ONU row links to.
    pub(super) fn records(&self) -> Vec<ProviderRecord> {
        self.add_to(Growing::alone(), &[]).0.into_records()
    }

    /// Adds all records to a list that has none yet, the later half of many on a thread of its own;
    /// and says what could not be read. `columns`: the names of [`EXTRA`].
    pub(super) fn add_to<'f>(
        &self,
        list: Growing<'f, ProviderRecord>,
        columns: &[Box<str>],
    ) -> (Growing<'f, ProviderRecord>, Unparsed) {
        let rows = self.rows();
        // All that came is there: whoever waits now waits for this alone.
        let early = if rows.len() < MANY { rows.len() } else { rows.len() / 2 };
        let (early, late) = rows.split_at(early);
        let (mut list, mut after) = list.parted(early.len());
        list.reserve(rows.len());
        after.reserve(late.len());
        let fill = |rows: &[Source<'a>], list: &mut Growing<'f, ProviderRecord>| {
            let mut joining = Joining { join: self, unparsed: Unparsed::default() };
            for row in rows {
                list.push(joining.record(*row), columns);
            }
            joining.unparsed
        };
        let unparsed = thread::scope(|scope| {
            let late = (!late.is_empty()).then(|| scope.spawn(|| fill(late, &mut after)));
            let mut unparsed = fill(early, &mut list);
            if let Some(late) = late {
                unparsed.append(late.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            unparsed
        });
        list.append(after, columns);
        (list, unparsed)
    }

    /// What becomes a record, in the order of the records.
    fn rows(&self) -> Vec<Source<'a>> {
        let onus = || named(&self.tables.onus);
        let linked: HashSet<u64> = onus().filter_map(|onu| onu.link("id_login")).collect();
        let logins = named(&self.tables.logins).filter(|login| !linked.contains(&login.row.id));
        onus().map(Source::Onu).chain(logins.map(Source::Login)).collect()
    }
}
