//! The Provider as an exported file (CLI.md section 3).
//!
//! Must not do: normalise an identity, or put a customer's data into a message.

use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::{AnySnapshot, ProviderRecord, Query, Supplies};
use crate::ports::{FetchError, Found, Growing, Progress, Provider, RecordKey};
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
    renamed: true,
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
    fn fetch_into(
        &self,
        progress: Progress<'_>,
        list: Growing<'_, ProviderRecord>,
    ) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        let mut table = tabular::read(&self.source, &SCHEMA, progress, list, record)?;
        let active = table.has(Field::Active);
        let mut rows = table.records.records().iter();
        let synchronised =
            table.has(Field::Synchronised) && rows.any(|row| row.synchronised.is_some());
        table.meta.supplies = Supplies { active, synchronised, integrated: false };
        if !active {
            let file = table.file();
            let remark = format!("{file}: no column `active`, so every login counts as active");
            table.meta.remarks.push(remark);
        }
        table.into_side()
    }

    fn record(&self, key: &RecordKey) -> Result<Option<ProviderRecord>, FetchError> {
        let is_it = |r: &&ProviderRecord| match key {
            RecordKey::Entry(id) => r.device_id.as_ref() == Some(id),
            RecordKey::Login(id) => r.device_id.is_none() && r.login_id.as_ref() == Some(id),
        };
        Ok(self.fetch(&|_| {})?.records().iter().find(is_it).cloned())
    }

    fn search(&self, query: &Query, most: usize) -> Result<Found<ProviderRecord>, FetchError> {
        let mut found = Found::default();
        for record in self.fetch(&|_| {})?.into_parts().1 {
            found.add(record, |record| query.matches_record(record), most);
        }
        Ok(found)
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
        trade_name: None,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write as _;
    use std::path::Path;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::ports::{FetchErrorKind, followed};

    fn fetch(path: &Path) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        let source = FileSource {
            path: path.to_owned(),
            columns: BTreeMap::new(),
            timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
            as_of: None,
            now: Timestamp::UNIX_EPOCH,
            strict: false,
        };
        followed(|list| FileProvider::new(source).fetch_into(&|_| {}, list))
    }

    fn fetch_text(text: &str) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        fetch(file.path())
    }

    #[test]
    fn reads_the_sample_worlds() {
        for (world, rows, entries, counted, synchronised) in
            [("first-world", 19, 16, 14, true), ("quiet-world", 6, 6, 4, false)]
        {
            let path = format!("{}/tests/samples/{world}/provider.csv", env!("CARGO_MANIFEST_DIR"));
            let snapshot = fetch(Path::new(&path)).unwrap();
            assert!(snapshot.is_complete());
            let (meta, records) = (snapshot.meta(), snapshot.records());
            assert_eq!(records.len(), rows);
            assert_eq!(records.iter().filter(|r| r.is_entry()).count(), entries);
            assert_eq!(records.iter().filter(|r| r.is_counted()).count(), counted);
            assert_eq!((meta.unparsed_count, meta.remarks.len()), (0, 0));
            let supplies = Supplies { synchronised, active: true, integrated: false };
            assert_eq!(meta.supplies, supplies);
        }
    }

    #[test]
    fn reads_every_column() {
        let snapshot = fetch_text(
            "Device ID;SERIAL;MAC;login id;login;Active;linked;registered;synchronised;customer_id;\
             customer_name;document;phone;contract_id;contract_status;plan;plan_down_kbps;\
             plan_up_kbps;wan_ip;model;acs_id;online;last_online;Cidade\r\n\
             d1;HWTC1;00:25:9E:00:00:10;7;ana;S;;01/03/2025;2026-11-20 03:00:00;1;Ana Lima;\
             111.222.333-00;=\"47900000001\";71;A;FIBRA;512000.0;256M;100.72.0.1;HG;a1;SS;\
             20/11/2026 09:00;Blumenau\r\n",
        )
        .unwrap();
        let r = &snapshot.records()[0];
        assert_eq!((r.active, r.linked, r.online), (Some(true), None, Some(true)));
        assert_eq!((r.plan_down_kbps, r.plan_up_kbps), (Some(512_000), Some(256_000)));
        assert_eq!(r.registered, Some("2025-03-01T03:00:00Z".parse().unwrap()));
        assert_eq!(r.synchronised, Some("2026-11-20T06:00:00Z".parse().unwrap()));
        assert_eq!(r.phone.as_ref().unwrap().0.raw(), "47900000001");
        assert_eq!(r.extra.len(), 1);
        assert!(r.is_counted() && snapshot.is_complete());
    }

    #[test]
    fn a_rate_that_no_line_has_is_told_and_not_kept() {
        let snapshot = fetch_text(
            "serial,login,plan_down_kbps,plan_up_kbps\nHWTC1,ana,4294967295,4294967296\n",
        )
        .unwrap();
        let (meta, r) = (snapshot.meta(), &snapshot.records()[0]);
        assert_eq!((r.plan_down_kbps, r.plan_up_kbps), (Some(u32::MAX), None));
        assert_eq!(meta.unparsed_count, 1, "{:?}", meta.unparsed);
    }

    #[test]
    fn without_an_active_column_every_login_is_active_and_a_remark_says_so() {
        let snapshot = fetch_text("serial,login\nHWTC1,ana\n").unwrap();
        assert!(snapshot.records()[0].is_counted());
        assert!(snapshot.meta().remarks[0].contains("counts as active"));
        assert!(!snapshot.meta().supplies.active);
    }

    #[test]
    fn one_identity_is_enough_and_none_is_bad() {
        let error = fetch_text("device_id,customer_name\n1,Ana\n").unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert!(error.what.contains("none of the columns `serial`, `mac`, `login`, `login_id`"));
        let snapshot = fetch_text("login_id,device_id,active\n1,,S\n,d2,S\n").unwrap();
        assert_eq!((snapshot.records().len(), snapshot.meta().bad_count), (1, 1));
    }

    #[test]
    fn a_customers_data_is_in_no_message() {
        let snapshot = fetch_text(
            "{\"login\":\"ana\",\"document\":[\"11122233300\",\"2\"],\"active\":\"maybe\"}\n\
             {\"login\":\"11122233300\n",
        )
        .unwrap();
        let meta = snapshot.meta();
        assert_eq!((meta.unparsed_count, meta.bad_count), (2, 1));
        assert!(!format!("{meta:?} {:?}", snapshot.records()).contains("11122233300"));
    }
}
