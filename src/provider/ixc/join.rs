//! Rows of six tables become records: one for each ONU row, one for each login without one.
//!
//! An ONU row and the login that it links to are one record, whose serial is the ONU row's; its
//! MAC is the login's CPE MAC, which only pairs what no serial pairs. Where the login's own
//! `onu_mac` is another identity, a swap in progress, it stands in the extra column
//! `login_onu_mac`: as a second identity of the record it could pair the entry with the new box
//! and hide the difference that the engine has to explain.
//! Must not do: decide which of several rows of one serial is right; take a row for two records.

use std::collections::HashMap;

use crate::domain::identity::{Shape, classify};
use crate::domain::search::folded;
use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::{Extra, ProviderRecord, Untrusted};
use crate::provider::ixc::rows::{Row, number};
use crate::provider::ixc::settings::{DeviceSource, Fields};
use crate::provider::ixc::tables::Table;
use crate::provider::ixc::values::{Unparsed, yes_no};

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
struct Named<'a> {
    columns: &'a [String],
    row: &'a Row,
}

impl<'a> Named<'a> {
    fn text(self, column: &str) -> Option<&'a Untrusted> {
        self.row.get(self.columns, column)
    }

    /// The id of another row; `0` and nothing are none.
    fn link(self, column: &str) -> Option<u64> {
        self.text(column).and_then(|v| number(v.raw())).filter(|id| *id > 0)
    }

    fn field(self, fields: &Fields, key: &str) -> Option<&'a Untrusted> {
        fields.columns(key).iter().find_map(|column| self.text(column))
    }
}

/// Finds rows by id, and by what they belong to.
pub(super) struct Join<'a> {
    fields: &'a Fields,
    zone: &'a jiff::tz::TimeZone,
    source: DeviceSource,
    tables: &'a Tables,
    logins: HashMap<u64, Named<'a>>,
    customers: HashMap<u64, Named<'a>>,
    contracts: HashMap<u64, Named<'a>>,
    contracts_of: HashMap<u64, Vec<u64>>,
    groups: HashMap<u64, Named<'a>>,
    plans_of_contract: HashMap<u64, Vec<u64>>,
    plans_of_sale: HashMap<u64, Vec<u64>>,
    pub(super) unparsed: Unparsed,
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
            unparsed: Unparsed::default(),
        }
    }

    /// All records: entries of ONU rows, then logins that no ONU row links to.
    pub(super) fn records(&mut self) -> Vec<ProviderRecord> {
        let tables = self.tables;
        let mut records = Vec::with_capacity(tables.logins.rows.len());
        let mut linked = std::collections::HashSet::new();
        for onu in named(&tables.onus) {
            linked.extend(onu.link("id_login"));
            records.push(self.onu(onu));
        }
        for login in named(&tables.logins) {
            if !linked.contains(&login.row.id) {
                records.push(self.login(login));
            }
        }
        records
    }

    fn onu(&mut self, onu: Named<'a>) -> ProviderRecord {
        let login = onu.link("id_login").and_then(|id| self.logins.get(&id).copied());
        let contract = login.and_then(|l| l.link("id_contrato")).or(onu.link("id_contrato"));
        let mut record = self.person(login, contract);
        let serial = onu.field(self.fields, "fibra.serial");
        record.device_id = Some(id_text(onu.row.id));
        record.serial = serial.cloned();
        let login_mac = login.and_then(|l| l.field(self.fields, "radusuarios.mac"));
        record.mac = onu.field(self.fields, "fibra.mac").or(login_mac).cloned();
        record.linked = Some(login.is_some());
        self.entry_fields(&mut record, onu, "fibra");
        for (at, column) in (0..).zip(&EXTRA[..4]) {
            record.extra.extend(onu.text(column).map(|v| (at, v.clone())));
        }
        let other = login.and_then(|l| l.field(self.fields, "radusuarios.serial"));
        if let Some(other) = other.filter(|other| !agrees(serial, other)) {
            record.extra.push((7, other.clone()));
        }
        if login.is_none() && onu.link("id_login").is_some() {
            record.extra.extend(onu.text("id_login").map(|v| (8, v.clone())));
        }
        record
    }

    fn login(&mut self, login: Named<'a>) -> ProviderRecord {
        let mut record = self.person(Some(login), login.link("id_contrato"));
        if self.source == DeviceSource::Fibra {
            return record;
        }
        record.serial = login.field(self.fields, "radusuarios.serial").cloned();
        record.mac = login.field(self.fields, "radusuarios.mac").cloned();
        if record.is_entry() {
            record.device_id = Some(Untrusted::new(&format!("{LOGIN_ENTRY}{}", login.row.id)));
            record.linked = Some(true);
            self.entry_fields(&mut record, login, "radusuarios");
        }
        record
    }

    fn entry_fields(&mut self, record: &mut ProviderRecord, row: Named<'a>, table: &str) {
        let field = |name: &str| row.field(self.fields, &format!("{table}.{name}"));
        let place = |name: &str| format!("{table}.{name} of row {}", row.row.id);
        record.model = field("model").cloned();
        record.acs_id = field("acs_id").cloned();
        let (registered, synchronised) = (field("registered"), field("synchronised"));
        record.registered = self.unparsed.time(&place("registered"), registered, self.zone);
        record.synchronised = self.unparsed.time(&place("synchronised"), synchronised, self.zone);
    }

    /// What is known of the login and the person behind it.
    fn person(&mut self, login: Option<Named<'a>>, contract: Option<u64>) -> ProviderRecord {
        let customer = login.and_then(|l| l.link("id_cliente"));
        let only = || match self.contracts_of.get(&customer?).map(Vec::as_slice) {
            Some([one]) => Some(*one),
            _ => None,
        };
        let contract = contract.or_else(only);
        let row = contract.and_then(|id| self.contracts.get(&id).copied());
        let customer = customer.or_else(|| row.and_then(|c| c.link("id_cliente")));
        let mut record = ProviderRecord {
            contract_id: contract.map(id_text),
            contract_status: row.and_then(|c| c.text("status")).cloned(),
            customer_id: customer.map(id_text),
            ..ProviderRecord::default()
        };
        if let Some(customer) = customer.and_then(|id| self.customers.get(&id).copied()) {
            let first = |columns: &[&str]| columns.iter().find_map(|c| customer.text(c)).cloned();
            let name = first(&["razao", "fantasia"]);
            let is_other = |trade: &Untrusted| {
                name.as_ref().is_some_and(|name| folded(name.raw()) != folded(trade.raw()))
            };
            record.trade_name =
                first(&["fantasia"]).filter(is_other).map(|name| Box::new(CustomerName(name)));
            record.customer_name = name.map(CustomerName);
            record.document = first(&["cnpj_cpf"]).map(Document);
            record.phone = phones(customer);
        }
        let mut extra = Extra::new();
        if let Some(login) = login {
            self.session(&mut record, login);
            for (at, column) in (4..).zip(&EXTRA[4..6]) {
                extra.extend(login.text(column).map(|v| (at, v.clone())));
            }
        }
        extra.extend(row.and_then(|c| c.text("status_internet")).map(|v| (6, v.clone())));
        record.extra = extra;
        self.plan(&mut record, login, row, contract);
        record
    }

    fn session(&mut self, record: &mut ProviderRecord, login: Named<'a>) {
        let field = |name: &str| login.field(self.fields, name);
        record.login_id = Some(id_text(login.row.id));
        record.login = field("radusuarios.login").cloned();
        // Only `S` is active: a value that is not known is no reason to count a device.
        record.active = Some(yes_no(field("radusuarios.active")) == Some(true));
        record.wan_ip = field("radusuarios.wan_ip").cloned();
        record.online = yes_no(login.text("online"));
        let last = field("radusuarios.last_online");
        let place = format!("last_online of login {}", login.row.id);
        record.last_online = self.unparsed.time(&place, last, self.zone);
    }

    /// The login's own speed profile, else the one that its contract sells, where it is one.
    fn plan(
        &mut self,
        record: &mut ProviderRecord,
        login: Option<Named<'a>>,
        contract: Option<Named<'a>>,
        contract_id: Option<u64>,
    ) {
        let one = |plans: Option<&Vec<u64>>| match plans.map(Vec::as_slice) {
            Some([one]) => Some(*one),
            _ => None,
        };
        let sold = || {
            let sale = contract.and_then(|c| c.link("id_vd_contrato"));
            contract_id
                .and_then(|id| one(self.plans_of_contract.get(&id)))
                .or_else(|| sale.and_then(|id| one(self.plans_of_sale.get(&id))))
        };
        let group = login.and_then(|l| l.link("id_grupo")).or_else(sold);
        let Some(group) = group.and_then(|id| self.groups.get(&id).copied()) else { return };
        record.plan = group.text("grupo").cloned();
        let place = format!("radgrupos, row {}", group.row.id);
        record.plan_down_kbps = self.unparsed.speed(&place, group.text("download"));
        record.plan_up_kbps = self.unparsed.speed(&place, group.text("upload"));
    }
}

/// All numbers of a customer, each once.
fn phones(customer: Named<'_>) -> Option<Phone> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut all: Vec<&str> = Vec::new();
    for number in PHONES.iter().filter_map(|c| customer.text(c)).map(Untrusted::raw) {
        if !all.iter().any(|known| digits(known) == digits(number)) {
            all.push(number);
        }
    }
    Untrusted::present(&all.join(" / ")).map(Phone)
}

fn id_text(id: u64) -> Untrusted {
    Untrusted::new(&id.to_string())
}

/// Are the two one identity, in whatever spelling? One that is blank contradicts nobody.
fn agrees(serial: Option<&Untrusted>, other: &Untrusted) -> bool {
    let Some(serial) = serial else { return false };
    match (classify(serial.raw()), classify(other.raw())) {
        (_, Shape::Blank) => true,
        (Shape::Either(s, _), Shape::Serial(o)) | (Shape::Serial(s), Shape::Either(o, _)) => s == o,
        (Shape::Either(_, s), Shape::Mac(o)) | (Shape::Mac(s), Shape::Either(_, o)) => s == o,
        (serial, other) => serial == other,
    }
}
