//! Two lists that every tool can join: each serial spelled once, the same on both sides.
//!
//! Of fifty devices one is the ACS's alone and one the Provider's, and of a hundred one has
//! another model there. The Provider tells them in another order. Must not do: hold the lists;
//! a million devices are written as they are made.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// When the lists were read.
pub const AS_OF: &str = "2026-11-20T12:00:00Z";

const MODELS: [&str; 4] = ["HG8145V5", "EG8145X6", "F670L", "AN5506-04"];
const OTHER_MODEL: &str = "Archer C6";

/// How lists are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Ndjson,
    Csv,
}

impl Form {
    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

/// The true lists, of serials, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    pub acs: Vec<String>,
    pub provider: Vec<String>,
    pub differs: Vec<String>,
}

impl Lists {
    pub fn sort(&mut self) {
        for list in [&mut self.acs, &mut self.provider, &mut self.differs] {
            list.sort_unstable();
        }
    }
}

/// Where a device is known.
fn is_acs_only(n: u32) -> bool {
    n % 50 == 7
}

fn is_provider_only(n: u32) -> bool {
    n % 50 == 31
}

fn differs(n: u32) -> bool {
    n % 100 == 42
}

/// No two numbers below 2^32 give one serial: the factor is odd.
fn serial(n: u32) -> String {
    format!("HWTC{:08X}", n.wrapping_mul(2_654_435_761))
}

fn mac(n: u32) -> String {
    format!("E0:28:6D:{:02X}:{:02X}:{:02X}", n >> 16 & 255, n >> 8 & 255, n & 255)
}

fn model(n: u32) -> &'static str {
    MODELS[n as usize % MODELS.len()]
}

type Row<'a> = [(&'static str, &'a str)];

fn write_row(out: &mut impl Write, form: Form, row: &Row<'_>) -> Result<()> {
    // No value here needs an escape, in either form.
    match form {
        Form::Ndjson => {
            for (at, (name, value)) in row.iter().enumerate() {
                let before = if at == 0 { '{' } else { ',' };
                write!(out, "{before}\"{name}\":\"{value}\"")?;
            }
            out.write_all(b"}\n")
        }
        Form::Csv => {
            let values: Vec<&str> = row.iter().map(|(_, value)| *value).collect();
            writeln!(out, "{}", values.join(","))
        }
    }
}

struct Side {
    out: BufWriter<File>,
    form: Form,
    is_begun: bool,
}

impl Side {
    fn create(folder: &Path, name: &str, form: Form) -> Result<Self> {
        let path = folder.join(format!("{name}.{}", form.ending()));
        let out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        Ok(Self { out, form, is_begun: false })
    }

    fn write(&mut self, row: &Row<'_>) -> Result<()> {
        if self.form == Form::Csv && !self.is_begun {
            let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
            writeln!(self.out, "{}", names.join(","))?;
        }
        self.is_begun = true;
        write_row(&mut self.out, self.form, row)
    }
}

/// Writes `acs.*` and `provider.*` of so many devices into the folder; gives the truth.
pub fn write(folder: &Path, devices: u32, form: Form) -> Result<Lists> {
    let mut acs = Side::create(folder, "acs", form)?;
    let mut truth = Lists::default();
    for n in 0..devices {
        if is_provider_only(n) {
            truth.provider.push(serial(n));
            continue;
        }
        if is_acs_only(n) {
            truth.acs.push(serial(n));
        } else if differs(n) {
            truth.differs.push(serial(n));
        }
        acs_row(&mut acs, n)?;
    }
    acs.out.flush()?;
    let mut provider = Side::create(folder, "provider", form)?;
    for n in shuffled(devices).filter(|n| !is_acs_only(*n)) {
        provider_row(&mut provider, n)?;
    }
    provider.out.flush()?;
    truth.sort();
    Ok(truth)
}

/// All numbers below it, each once, far from their neighbours.
fn shuffled(devices: u32) -> impl Iterator<Item = u32> {
    /// A prime larger than any number of devices here.
    const STEP: u64 = 4_294_967_291;
    (0..u64::from(devices)).map(move |n| {
        let place = n * STEP % u64::from(devices);
        u32::try_from(place).unwrap_or_default()
    })
}

fn acs_row(out: &mut Side, n: u32) -> Result<()> {
    let (serial, mac, model) = (serial(n), mac(n), model(n));
    let id = format!("00259E-{model}-{serial}");
    let login = format!("cliente{n}");
    let ip = format!("100.64.{}.{}", n >> 8 & 255, n & 255);
    let informed = format!("2026-11-20T{:02}:{:02}:00Z", n / 60 % 12, n % 60);
    out.write(&[
        ("id", &id),
        ("serial", &serial),
        ("oui", "E0286D"),
        ("product_class", model),
        ("manufacturer", "Huawei Technologies"),
        ("model", model),
        ("mac", &mac),
        ("pppoe_login", &login),
        ("firmware", "V5R019C10S125"),
        ("wan_ip", &ip),
        ("last_inform", &informed),
        ("registered", "2025-06-01T10:00:00Z"),
    ])
}

fn provider_row(out: &mut Side, n: u32) -> Result<()> {
    let (serial, mac) = (serial(n), mac(n));
    let model = if differs(n) { OTHER_MODEL } else { model(n) };
    let (device, login, number) = (format!("d{n}"), format!("cliente{n}"), n.to_string());
    let name = format!("Cliente Inventado {n}");
    let phone = format!("(47) 9{:04}-{:04}", n / 10_000 % 10_000, n % 10_000);
    out.write(&[
        ("device_id", &device),
        ("serial", &serial),
        ("mac", &mac),
        ("login_id", &number),
        ("login", &login),
        ("active", "S"),
        ("linked", "S"),
        ("registered", "2025-03-01T00:00:00Z"),
        ("customer_id", &number),
        ("customer_name", &name),
        ("phone", &phone),
        ("contract_id", &number),
        ("contract_status", "A"),
        ("plan", "FIBRA 500"),
        ("plan_down_kbps", "512000"),
        ("plan_up_kbps", "256000"),
        ("model", model),
    ])
}
