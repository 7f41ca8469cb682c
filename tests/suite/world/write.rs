//! Writes a world into files, in any of the habits that the contract names.
//!
//! Must not do: lose a value. Each form tells the same world.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use acerto::domain::event::{CoverageKind, EventKind, Mark};
use acerto::domain::{AcsDevice, ProviderRecord, Untrusted};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::World;

/// How device files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Comma, LF, UTF-8.
    Csv,
    /// What a Brazilian spreadsheet exports.
    SemicolonBomCrlf,
    Tab,
    Windows1252,
    /// One JSON array, last record first.
    JsonReversed,
    Ndjson,
    NdjsonGzip,
}

impl Form {
    pub const ALL: [Self; 7] = [
        Self::Csv,
        Self::SemicolonBomCrlf,
        Self::Tab,
        Self::Windows1252,
        Self::JsonReversed,
        Self::Ndjson,
        Self::NdjsonGzip,
    ];
}

/// Where a world was written.
#[derive(Clone, Debug)]
pub struct Files {
    pub acs: PathBuf,
    pub provider: PathBuf,
    pub events: PathBuf,
}

/// One record: column, value. A blank value stands in every form but is absent.
type Row = Vec<(&'static str, String)>;

fn text(value: Option<&Untrusted>) -> String {
    value.map_or_else(String::new, |v| v.raw().to_owned())
}

fn time(value: Option<Timestamp>) -> String {
    value.map_or_else(String::new, |t| t.to_string())
}

fn yes(value: Option<bool>) -> String {
    value.map_or_else(String::new, |v| if v { "S" } else { "N" }.to_owned())
}

fn acs_row(device: &AcsDevice) -> Row {
    let macs: Vec<&str> = device.macs.iter().map(Untrusted::raw).collect();
    vec![
        ("id", device.id.raw().to_owned()),
        ("serial", text(device.serial.as_ref())),
        ("oui", text(device.oui.as_ref())),
        ("product_class", text(device.product_class.as_ref())),
        ("manufacturer", text(device.manufacturer.as_ref())),
        ("model", text(device.model.as_ref())),
        ("mac", macs.join(";")),
        ("pppoe_login", text(device.pppoe_login.as_ref())),
        ("firmware", text(device.firmware.as_ref())),
        ("wan_ip", text(device.wan_ip.as_ref())),
        ("last_inform", time(device.last_inform)),
        ("registered", time(device.registered)),
    ]
}

fn provider_row(row: &ProviderRecord) -> Row {
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    vec![
        ("device_id", text(row.device_id.as_ref())),
        ("serial", text(row.serial.as_ref())),
        ("mac", text(row.mac.as_ref())),
        ("login_id", text(row.login_id.as_ref())),
        ("login", text(row.login.as_ref())),
        ("active", yes(row.active)),
        ("linked", yes(row.linked)),
        ("registered", time(row.registered)),
        ("synchronised", time(row.synchronised)),
        ("customer_id", text(row.customer_id.as_ref())),
        ("customer_name", text(row.customer_name.as_ref().map(|n| &n.0))),
        ("document", text(row.document.as_ref().map(|n| &n.0))),
        ("phone", text(row.phone.as_ref().map(|n| &n.0))),
        ("contract_id", text(row.contract_id.as_ref())),
        ("contract_status", text(row.contract_status.as_ref())),
        ("plan", text(row.plan.as_ref())),
        ("plan_down_kbps", number(row.plan_down_kbps)),
        ("plan_up_kbps", number(row.plan_up_kbps)),
        ("wan_ip", text(row.wan_ip.as_ref())),
        ("model", text(row.model.as_ref())),
    ]
}

fn event_row(mark: &Mark) -> Row {
    let row = |at: Timestamp, kind: &str, key: String, note: String| {
        vec![("time", at.to_string()), ("kind", kind.to_owned()), ("key", key), ("note", note)]
    };
    match mark {
        Mark::From(CoverageKind::Complete, at) => {
            row(*at, "listening-from", String::new(), String::new())
        }
        Mark::To(CoverageKind::Complete, at) => {
            row(*at, "listening-to", String::new(), String::new())
        }
        Mark::From(CoverageKind::Listening, at) => {
            row(*at, "webhook-from", String::new(), String::new())
        }
        Mark::To(CoverageKind::Listening, at) => {
            row(*at, "webhook-to", String::new(), String::new())
        }
        Mark::Event(event) => {
            let kind = match event.kind {
                EventKind::DeviceAdded => "device-added",
                EventKind::DeviceDeleted => "device-deleted",
                EventKind::MassExclusion => "mass-exclusion",
                EventKind::AcsSync => "acs-sync",
                EventKind::ProviderSync => "provider-sync",
            };
            row(event.time, kind, text(event.key.as_ref()), text(event.note.as_ref()))
        }
    }
}

/// Writes both sides in `form`, and the events as NDJSON.
pub fn files(world: &World, folder: &Path, form: Form) -> io::Result<Files> {
    lists(&world.acs, &world.provider, &world.marks, folder, form)
}

/// The same of any lists.
pub fn lists(
    acs: &[AcsDevice],
    provider: &[ProviderRecord],
    marks: &[Mark],
    folder: &Path,
    form: Form,
) -> io::Result<Files> {
    let at = |name: &str| folder.join(name);
    let files =
        Files { acs: at("acs.dat"), provider: at("provider.dat"), events: at("events.dat") };
    write(&files.acs, form, acs.iter().map(acs_row))?;
    write(&files.provider, form, provider.iter().map(provider_row))?;
    write(&files.events, Form::Ndjson, marks.iter().map(event_row))?;
    Ok(files)
}

fn write(path: &Path, form: Form, rows: impl Iterator<Item = Row>) -> io::Result<()> {
    let mut file = io::BufWriter::new(File::create(path)?);
    match form {
        Form::Csv => csv(&mut file, rows, b',', "\n", String::into_bytes)?,
        Form::Tab => csv(&mut file, rows, b'\t', "\n", String::into_bytes)?,
        Form::SemicolonBomCrlf => {
            file.write_all("\u{feff}".as_bytes())?;
            csv(&mut file, rows, b';', "\r\n", String::into_bytes)?;
        }
        Form::Windows1252 => csv(&mut file, rows, b';', "\r\n", |s| {
            encoding_rs::WINDOWS_1252.encode(&s).0.into_owned()
        })?,
        Form::JsonReversed => {
            let rows: Vec<String> = rows.map(|r| json(&r)).collect();
            let rows: Vec<String> = rows.into_iter().rev().collect();
            write!(file, "[\n{}\n]\n", rows.join(",\n"))?;
        }
        Form::Ndjson => lines(&mut file, rows)?,
        Form::NdjsonGzip => {
            let mut gzip = GzEncoder::new(&mut file, Compression::fast());
            lines(&mut gzip, rows)?;
            gzip.finish()?;
        }
    }
    file.flush()
}

fn lines(out: &mut impl Write, rows: impl Iterator<Item = Row>) -> io::Result<()> {
    for row in rows {
        writeln!(out, "{}", json(&row))?;
    }
    Ok(())
}

fn json(row: &Row) -> String {
    let values = row.iter().map(|(k, v)| ((*k).to_owned(), v.as_str().into()));
    serde_json::Value::Object(values.collect()).to_string()
}

fn csv(
    out: &mut impl Write,
    rows: impl Iterator<Item = Row>,
    separator: u8,
    end: &str,
    encode: impl Fn(String) -> Vec<u8>,
) -> io::Result<()> {
    let separator = char::from(separator);
    let quote = |value: &str| {
        if value.contains([separator, '"', '\n', '\r']) {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else {
            value.to_owned()
        }
    };
    let mut header_due = true;
    for row in rows {
        if std::mem::take(&mut header_due) {
            let names: Vec<&str> = row.iter().map(|(k, _)| *k).collect();
            out.write_all(&encode(names.join(&separator.to_string()) + end))?;
        }
        let values: Vec<String> = row.iter().map(|(_, v)| quote(v)).collect();
        out.write_all(&encode(values.join(&separator.to_string()) + end))?;
    }
    Ok(())
}
