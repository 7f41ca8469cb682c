//! The Provider as an exported file (CLI.md section 3).
//!
//! Must not do: normalise an identity, or put a customer's data into a message.

use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::{AnySnapshot, ProviderRecord, Supplies};
use crate::ports::{FetchError, Progress, Provider};
use crate::tabular::{self, FileSource, Required, Row, Schema, fields};

fields! {
    DeviceId = "device_id",
    Serial = "serial",
    Mac = "mac",
    LoginId = "login_id",
    Login = "login",
    Active = "active",
    Linked = "linked",
    Registered = "registered",
    Synchronised = "synchronised",
    CustomerId = "customer_id",
    CustomerName = "customer_name",
    Document = "document",
    Phone = "phone",
    ContractId = "contract_id",
    ContractStatus = "contract_status",
    Plan = "plan",
    PlanDown = "plan_down_kbps",
    PlanUp = "plan_up_kbps",
    WanIp = "wan_ip",
    Model = "model",
    AcsId = "acs_id",
    Online = "online",
    LastOnline = "last_online",
}

static SCHEMA: Schema = Schema {
    rows: "entries or logins",
    fields: NAMES,
    required: Required::Any(&["serial", "mac", "login", "login_id"]),
};

/// Reads a list of device entries and logins that the Provider exported.
#[derive(Clone, Debug)]
pub struct FileProvider {
    source: FileSource,
}

impl FileProvider {
    /// Will read `source`, at every fetch anew.
    #[must_use]
    pub fn new(source: FileSource) -> Self {
        Self { source }
    }
}

impl Provider for FileProvider {
    fn fetch(&self, progress: Progress<'_>) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        let table = tabular::read(&self.source, &SCHEMA, progress, record)?;
        let active = table.has(Field::Active);
        let synchronised = table.has(Field::Synchronised);
        let file = table.file().to_owned();
        let (mut meta, records) = table.into_side()?;
        meta.supplies = Supplies {
            active,
            synchronised: synchronised && records.iter().any(|r| r.synchronised.is_some()),
            integrated: false,
        };
        if !active {
            let remark = format!("{file}: no column `active`, so every login counts as active");
            meta.remarks.push(remark);
        }
        Ok(AnySnapshot::new(meta, records))
    }
}

fn record(row: &mut Row<'_, '_, '_>) -> Option<ProviderRecord> {
    let record = ProviderRecord {
        device_id: row.text(Field::DeviceId),
        serial: row.text(Field::Serial),
        mac: row.text(Field::Mac),
        login_id: row.text(Field::LoginId),
        login: row.text(Field::Login),
        active: row.yes_no(Field::Active),
        linked: row.yes_no(Field::Linked),
        registered: row.time(Field::Registered),
        synchronised: row.time(Field::Synchronised),
        customer_id: row.text(Field::CustomerId),
        customer_name: row.private(Field::CustomerName).map(CustomerName),
        document: row.private(Field::Document).map(Document),
        phone: row.private(Field::Phone).map(Phone),
        contract_id: row.text(Field::ContractId),
        contract_status: row.text(Field::ContractStatus),
        plan: row.text(Field::Plan),
        plan_down_kbps: row.kbps(Field::PlanDown),
        plan_up_kbps: row.kbps(Field::PlanUp),
        wan_ip: row.text(Field::WanIp),
        model: row.text(Field::Model),
        acs_id: row.text(Field::AcsId),
        online: row.yes_no(Field::Online),
        last_online: row.time(Field::LastOnline),
        extra: row.take_extra(),
    };
    if !record.is_entry() && !record.has_login() {
        row.bad("no serial, MAC, login or login id: the row identifies nothing");
        return None;
    }
    Some(record)
}
