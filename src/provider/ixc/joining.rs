//! One record of the rows that belong together.
//!
//! Must not do: decide which of several rows of one serial is right; put a customer's data into a
//! message.

use crate::domain::identity::{Shape, classify};
use crate::domain::search::folded;
use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::{Extra, ProviderRecord, Untrusted};
use crate::provider::ixc::join::{EXTRA, Join, LOGIN_ENTRY, Named, PHONES};
use crate::provider::ixc::settings::DeviceSource;
use crate::provider::ixc::values::{Unparsed, yes_no};

/// A row that becomes a record.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// An ONU row, and the login that it links to.
    Onu(Named<'a>),
    /// A login that no ONU row links to.
    Login(Named<'a>),
}

/// Makes records, and notes what of them could not be read.
pub(super) struct Joining<'j, 'a> {
    pub join: &'j Join<'a>,
    pub unparsed: Unparsed,
}

impl<'a> Joining<'_, 'a> {
    pub fn record(&mut self, source: Source<'a>) -> ProviderRecord {
        match source {
            Source::Onu(onu) => self.onu(onu),
            Source::Login(login) => self.login(login),
        }
    }

    fn onu(&mut self, onu: Named<'a>) -> ProviderRecord {
        let login = onu.link("id_login").and_then(|id| self.join.logins.get(&id).copied());
        let contract = login.and_then(|l| l.link("id_contrato")).or(onu.link("id_contrato"));
        let mut record = self.person(login, contract);
        let serial = onu.field(self.join.fields, "fibra.serial");
        record.device_id = Some(id_text(onu.row.id));
        record.serial = serial.cloned();
        let login_mac = login.and_then(|l| l.field(self.join.fields, "radusuarios.mac"));
        record.mac = onu.field(self.join.fields, "fibra.mac").or(login_mac).cloned();
        record.linked = Some(login.is_some());
        self.entry_fields(&mut record, onu, "fibra");
        for (at, column) in (0..).zip(&EXTRA[..4]) {
            record.extra.extend(onu.text(column).map(|v| (at, v.clone())));
        }
        let other = login.and_then(|l| l.field(self.join.fields, "radusuarios.serial"));
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
        if self.join.source == DeviceSource::Fibra {
            return record;
        }
        record.serial = login.field(self.join.fields, "radusuarios.serial").cloned();
        record.mac = login.field(self.join.fields, "radusuarios.mac").cloned();
        if record.is_entry() {
            record.device_id = Some(Untrusted::new(&format!("{LOGIN_ENTRY}{}", login.row.id)));
            record.linked = Some(true);
            self.entry_fields(&mut record, login, "radusuarios");
        }
        record
    }

    fn entry_fields(&mut self, record: &mut ProviderRecord, row: Named<'a>, table: &str) {
        let field = |name: &str| row.field(self.join.fields, &format!("{table}.{name}"));
        let place = |name: &str| format!("{table}.{name} of row {}", row.row.id);
        record.model = field("model").cloned();
        record.acs_id = field("acs_id").cloned();
        let (registered, synchronised) = (field("registered"), field("synchronised"));
        record.registered = self.unparsed.time(|| place("registered"), registered, self.join.zone);
        record.synchronised =
            self.unparsed.time(|| place("synchronised"), synchronised, self.join.zone);
    }

    /// What is known of the login and the person behind it.
    fn person(&mut self, login: Option<Named<'a>>, contract: Option<u64>) -> ProviderRecord {
        let customer = login.and_then(|l| l.link("id_cliente"));
        let only = || match self.join.contracts_of.get(&customer?).map(Vec::as_slice) {
            Some([one]) => Some(*one),
            _ => None,
        };
        let contract = contract.or_else(only);
        let row = contract.and_then(|id| self.join.contracts.get(&id).copied());
        let customer = customer.or_else(|| row.and_then(|c| c.link("id_cliente")));
        let mut record = ProviderRecord {
            contract_id: contract.map(id_text),
            contract_status: row.and_then(|c| c.text("status")).cloned(),
            customer_id: customer.map(id_text),
            ..ProviderRecord::default()
        };
        if let Some(customer) = customer.and_then(|id| self.join.customers.get(&id).copied()) {
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
        let field = |name: &str| login.field(self.join.fields, name);
        record.login_id = Some(id_text(login.row.id));
        record.login = field("radusuarios.login").cloned();
        // Only `S` is active: a value that is not known is no reason to count a device.
        record.active = Some(yes_no(field("radusuarios.active")) == Some(true));
        record.wan_ip = field("radusuarios.wan_ip").cloned();
        record.online = yes_no(login.text("online"));
        let last = field("radusuarios.last_online");
        let place = || format!("last_online of login {}", login.row.id);
        record.last_online = self.unparsed.time(place, last, self.join.zone);
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
                .and_then(|id| one(self.join.plans_of_contract.get(&id)))
                .or_else(|| sale.and_then(|id| one(self.join.plans_of_sale.get(&id))))
        };
        let group = login.and_then(|l| l.link("id_grupo")).or_else(sold);
        let Some(group) = group.and_then(|id| self.join.groups.get(&id).copied()) else { return };
        record.plan = group.text("grupo").cloned();
        let place = || format!("radgrupos, row {}", group.row.id);
        record.plan_down_kbps = self.unparsed.speed(place, group.text("download"));
        record.plan_up_kbps = self.unparsed.speed(place, group.text("upload"));
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
