//! Looks for entries and logins that carry an identity, in every spelling that it may have.
//!
//! Must not do: say that there are none unless every question was answered by a whole list.

use std::collections::BTreeSet;

use crate::domain::identity::{Shape, classify, mac};
use crate::domain::{ProviderRecord, RecordKey, Untrusted};
use crate::ports::{FetchError, FetchErrorKind, Sought};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::among::{self, Column};
use crate::provider::ixc::record;
use crate::provider::ixc::settings::DeviceSource;
use crate::provider::ixc::tables::Table;
use crate::provider::ixc::target::is_plain;

/// The most characters of a value that is looked for.
const VALUE_CHARS_MOST: usize = 128;

pub(super) fn all(
    adapter: &IxcProvedor,
    sought: &Sought,
) -> Result<Vec<ProviderRecord>, FetchError> {
    let devices = device_values(sought);
    let logins = safe(&sought.logins);
    if devices.is_empty() && logins.is_empty() {
        let what = "none of the identities can be looked for in the Provider";
        let hint = "they are empty or hold characters that none has: look for it by hand";
        return Err(FetchError::new(FetchErrorKind::Unavailable, what, &[hint]));
    }
    let (mut onus, mut found) = (BTreeSet::new(), BTreeSet::new());
    let with_onus = adapter.settings.device_source != DeviceSource::Radusuarios;
    let mut asked = BTreeSet::new();
    for (table, key, values) in [
        (Table::Onus, "fibra.serial", &devices),
        (Table::Onus, "fibra.mac", &devices),
        (Table::Logins, "radusuarios.serial", &devices),
        (Table::Logins, "radusuarios.mac", &devices),
        (Table::Logins, "radusuarios.login", &logins),
    ] {
        if table == Table::Onus && !with_onus {
            continue;
        }
        let same = if key == "radusuarios.login" { is_one_login } else { agree };
        for name in adapter.fields.columns(key) {
            if !asked.insert((table, name, key == "radusuarios.login")) {
                continue;
            }
            let rows = among::rows(adapter, Column { table, name, same }, values)?;
            let into = if table == Table::Onus { &mut onus } else { &mut found };
            into.extend(rows.iter().map(|row| row.id));
        }
    }
    records(adapter, onus, &found, with_onus)
}

/// The records that rows belong to: a login that ONU rows link to is part of theirs.
fn records(
    adapter: &IxcProvedor,
    mut onus: BTreeSet<u64>,
    logins: &BTreeSet<u64>,
    with_onus: bool,
) -> Result<Vec<ProviderRecord>, FetchError> {
    let mut keys = Vec::new();
    for login in logins {
        let columns = adapter.fields.wanted(Table::Onus);
        let linked = if with_onus {
            let linked = adapter.reader().some(Table::Onus, "id_login", *login, &columns);
            linked.map_err(|fault| fault.error)?
        } else {
            Vec::new()
        };
        if linked.is_empty() {
            keys.push(RecordKey::Login(Untrusted::new(&login.to_string())));
        }
        onus.extend(linked.iter().map(|row| row.id));
    }
    keys.extend(onus.iter().map(|id| RecordKey::Entry(Untrusted::new(&id.to_string()))));
    let mut records = Vec::new();
    for key in keys {
        match record::one(adapter, &key)? {
            Some(record) => records.push(record),
            None => return Err(elusive(&key)),
        }
    }
    Ok(records)
}

/// It was there a moment ago: what it is now is not known.
fn elusive(key: &RecordKey) -> FetchError {
    let (RecordKey::Entry(id) | RecordKey::Login(id)) = key;
    let what = format!("row {id} of the Provider changed while it was looked for");
    FetchError::new(FetchErrorKind::Unavailable, what, &["try again"])
}

/// Are two names one login? Their case does not count.
fn is_one_login(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Are two values one identity?
fn agree(a: &str, b: &str) -> bool {
    match (classify(a), classify(b)) {
        (Shape::Either(s, _), Shape::Serial(o)) | (Shape::Serial(s), Shape::Either(o, _)) => s == o,
        (Shape::Either(_, s), Shape::Mac(o)) | (Shape::Mac(s), Shape::Either(_, o)) => s == o,
        (a, b) => a == b,
    }
}

/// Serials as they are given, and MACs in every form that a column may hold them in.
fn device_values(sought: &Sought) -> Vec<String> {
    let mut values = safe(&sought.serials);
    for given in safe(&sought.macs) {
        if let Some(address) = mac(&given) {
            let colons = address.to_string();
            for form in [colons.clone(), colons.replace(':', ""), colons.replace(':', "-")] {
                values.extend([form.to_lowercase(), form]);
            }
        }
        values.push(given);
    }
    each_once(values)
}

/// Values that no program takes for anything but text.
fn safe(values: &[Untrusted]) -> Vec<String> {
    let fits = |text: &&str| {
        !text.is_empty() && text.chars().count() <= VALUE_CHARS_MOST && text.chars().all(is_plain)
    };
    let values = values.iter().map(|value| value.raw().trim()).filter(fits);
    each_once(values.map(str::to_owned).collect())
}

fn each_once(values: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    values.into_iter().filter(|value| seen.insert(value.clone())).collect()
}
