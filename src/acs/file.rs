//! The ACS as an exported file (CLI.md section 3).
//!
//! Must not do: normalise an identity; the engine does.

use crate::domain::{AcsDevice, AnySnapshot, Query, Untrusted};
use crate::ports::{Acs, FetchError, Found, Growing, Progress};
use crate::tabular::{self, FileSource, Required, Row, Schema, fields};

fields! {
    Id = "id",
    Serial = "serial",
    Oui = "oui",
    ProductClass = "product_class",
    Manufacturer = "manufacturer",
    Model = "model",
    Mac = "mac",
    PppoeLogin = "pppoe_login",
    Firmware = "firmware",
    WanIp = "wan_ip",
    LastInform = "last_inform",
    Registered = "registered",
    Tags = "tags",
    ProviderDeviceId = "provider_device_id",
    Integrated = "integrated",
}

static SCHEMA: Schema = Schema {
    rows: "devices",
    fields: NAMES,
    required: Required::All(&["id", "serial"]),
    renamed: true,
};

/// Reads a device list that the ACS exported.
#[derive(Clone, Debug)]
pub struct FileAcs {
    source: FileSource,
}

impl FileAcs {
    /// Will read `source`, at every fetch anew.
    #[must_use]
    pub fn new(source: FileSource) -> Self {
        Self { source }
    }
}

impl Acs for FileAcs {
    fn fetch_into(
        &self,
        progress: Progress<'_>,
        list: Growing<'_, AcsDevice>,
    ) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        let mut table = tabular::read(&self.source, &SCHEMA, progress, list, device)?;
        table.meta.supplies.integrated = table.has(Field::Integrated);
        table.into_side()
    }

    fn device(&self, id: &Untrusted) -> Result<Option<AcsDevice>, FetchError> {
        Ok(self.fetch(&|_| {})?.records().iter().find(|d| d.id == *id).cloned())
    }

    fn search(&self, query: &Query, most: usize) -> Result<Found<AcsDevice>, FetchError> {
        let mut found = Found::default();
        for device in self.fetch(&|_| {})?.into_parts().1 {
            found.add(device, |device| query.matches_device(device), most);
        }
        Ok(found)
    }
}

/// A row without an id is still a device where it has any other identity, which then stands
/// in for the id.
fn device(row: &mut Row<'_, '_, '_>) -> Option<AcsDevice> {
    let id = row.text(Field::Id);
    let serial = row.text(Field::Serial);
    let macs = row.macs(Field::Mac);
    let pppoe_login = row.text(Field::PppoeLogin);
    let id = match id {
        Some(id) => id,
        None => stand_in(row, [serial.as_ref(), macs.first(), pppoe_login.as_ref()])?,
    };
    Some(AcsDevice {
        id,
        serial,
        oui: row.text(Field::Oui),
        product_class: row.text(Field::ProductClass),
        manufacturer: row.text(Field::Manufacturer),
        model: row.text(Field::Model),
        macs,
        pppoe_login,
        firmware: row.text(Field::Firmware),
        wan_ip: row.text(Field::WanIp),
        last_inform: row.time(Field::LastInform),
        registered: row.time(Field::Registered),
        tags: row.tags(Field::Tags),
        provider_device_id: row.text(Field::ProviderDeviceId),
        integrated: row.yes_no(Field::Integrated),
        extra: row.take_extra(),
    })
}

fn stand_in(row: &mut Row<'_, '_, '_>, others: [Option<&Untrusted>; 3]) -> Option<Untrusted> {
    let names = ["serial", "mac", "pppoe_login"];
    let found = names.iter().zip(others).find_map(|(name, value)| Some((name, value?.clone())));
    let Some((name, value)) = found else {
        row.bad("no id, and no serial, MAC or login either: the row identifies nothing");
        return None;
    };
    row.note(Field::Id, format!("empty; `{name}` stands in for it"), Some(value.clone()));
    Some(value)
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

    fn fetch(path: &Path) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        let source = FileSource {
            path: path.to_owned(),
            columns: BTreeMap::new(),
            timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
            as_of: None,
            now: Timestamp::UNIX_EPOCH,
            strict: false,
        };
        followed(|list| FileAcs::new(source).fetch_into(&|_| {}, list))
    }

    fn fetch_text(text: &str) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        fetch(file.path())
    }

    fn raw(values: &[Untrusted]) -> Vec<&str> {
        values.iter().map(Untrusted::raw).collect()
    }

    #[test]
    fn reads_the_sample_worlds() {
        for (world, count) in [("first-world", 16), ("quiet-world", 5)] {
            let path = format!("{}/tests/samples/{world}/acs.ndjson", env!("CARGO_MANIFEST_DIR"));
            let snapshot = fetch(Path::new(&path)).unwrap();
            assert!(snapshot.is_complete());
            let (meta, records) = (snapshot.meta(), snapshot.records());
            assert_eq!(records.len(), count);
            assert_eq!((meta.unparsed_count, meta.remarks.len()), (0, 0));
            assert!(!meta.supplies.integrated && meta.extra_columns.is_empty());
            assert!(records.iter().all(|r| r.registered.is_some() && r.last_inform.is_some()));
            if world == "first-world" {
                assert_eq!(raw(&records[2].macs), ["0025.9e00.0030", "0025.9e00.0031"]);
                assert_eq!(
                    records[1].pppoe_login.as_ref().unwrap().raw(),
                    "BRUNO.ROCHA@isp.example"
                );
                assert_eq!(records[5].pppoe_login, None);
            }
        }
    }

    #[test]
    fn reads_every_column() {
        let snapshot = fetch_text(
            "{\"id\":1,\"Serial\":\"HWTC00000001\",\"oui\":\"00259E\",\"ProductClass\":\"HG\",\
             \"manufacturer\":\"H\",\"model\":\"M\",\"mac\":[\"00:25:9E:00:00:10\",\"\",null],\
             \"pppoe_login\":\"ana\",\"firmware\":\"V5\",\"wan_ip\":\"100.72.0.1\",\
             \"last_inform\":\"20/11/2026 09:00\",\"registered\":\"0000-00-00 00:00:00\",\
             \"tags\":\"vip; lab\",\"provider_device_id\":17,\"integrated\":false,\
             \"OLT\":\"olt-1\"}\n\
             {\"id\":2,\"serial\":\"\",\"tags\":[\"x\"],\"mac\":\"00259e000011 00259e000012\"}\n",
        )
        .unwrap();
        let r = &snapshot.records()[0];
        assert_eq!(
            (r.id.raw(), raw(&r.macs), raw(&r.tags)),
            ("1", vec!["00:25:9E:00:00:10"], vec!["vip", "lab"])
        );
        assert_eq!(r.last_inform, Some("2026-11-20T12:00:00Z".parse().unwrap()));
        assert_eq!((r.registered, r.integrated), (None, Some(false)));
        assert_eq!(r.provider_device_id.as_ref().unwrap().raw(), "17");
        assert_eq!(r.extra, [(0, Untrusted::new("olt-1"))]);
        assert_eq!(snapshot.meta().extra_columns, ["OLT".into()]);
        assert!(snapshot.meta().supplies.integrated && snapshot.is_complete());
        let r = &snapshot.records()[1];
        assert_eq!((r.macs.len(), raw(&r.tags), r.serial.is_none()), (2, vec!["x"], true));
    }

    #[test]
    fn only_a_row_without_any_identity_is_bad() {
        let text = "id,serial,mac,pppoe_login,model\n,HWTC1,,,M\n,,00:25:9E:00:00:10,,M\n\
                    ,,,ana,M\n,,,,M\nok,,,,\n";
        let snapshot = fetch_text(text).unwrap();
        let ids: Vec<&str> = snapshot.records().iter().map(|r| r.id.raw()).collect();
        assert_eq!(ids, ["HWTC1", "00:25:9E:00:00:10", "ana", "ok"]);
        let meta = snapshot.meta();
        assert_eq!((meta.unparsed_count, meta.bad_count), (3, 1));
        assert!(meta.bad[0].place.ends_with(", line 5, column 1"));
        assert!(!snapshot.is_complete());
    }

    #[test]
    fn id_and_serial_are_required() {
        for text in ["id,mac\n1,2\n", "{\"id\":1}\n{\"id\":2}\n", "serial\nx\n"] {
            assert_eq!(fetch_text(text).unwrap_err().kind, FetchErrorKind::Config);
        }
        assert!(fetch_text("{\"id\":1}\n{\"id\":2,\"serial\":\"\"}\n").is_ok());
    }
}
