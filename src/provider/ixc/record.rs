//! Reads one record again, with everything that belongs to it, through the same join.
//!
//! Must not do: say "not there" on anything but an empty list.

use crate::domain::{ProviderRecord, Untrusted};
use crate::ports::{FetchError, FetchErrorKind, RecordKey};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::envelope::{Class, Fault};
use crate::provider::ixc::join::{Join, LOGIN_ENTRY, Tables};
use crate::provider::ixc::rows::number;
use crate::provider::ixc::settings::DeviceSource;
use crate::provider::ixc::tables::Table;

pub(super) fn one(
    adapter: &IxcProvedor,
    key: &RecordKey,
) -> Result<Option<ProviderRecord>, FetchError> {
    let mut tables = Tables::default();
    let found = match key {
        RecordKey::Entry(id) => match id.raw().strip_prefix(LOGIN_ENTRY) {
            Some(login) => login_alone(adapter, &mut tables, id, login)?,
            None => onu(adapter, &mut tables, id)?,
        },
        RecordKey::Login(id) => login_alone(adapter, &mut tables, id, id.raw())?,
    };
    if !found {
        return Ok(None);
    }
    belongings(adapter, &mut tables)?;
    let settings = &adapter.settings;
    let join = Join::new(&tables, &adapter.fields, &settings.timezone, settings.device_source);
    let record = join.records().into_iter().next();
    // An entry of a login that has lost its identity is an entry no more.
    let is_it = |record: &ProviderRecord| match key {
        RecordKey::Entry(id) => record.device_id.as_ref() == Some(id),
        RecordKey::Login(id) => record.login_id.as_ref() == Some(id),
    };
    Ok(record.filter(is_it))
}

fn onu(adapter: &IxcProvedor, tables: &mut Tables, id: &Untrusted) -> Result<bool, FetchError> {
    read(adapter, tables, Table::Onus, "id", parsed(id, id.raw())?)?;
    let onus = &tables.onus;
    let Some(onu) = onus.rows.first() else { return Ok(false) };
    let login = onu.get(&onus.columns, "id_login").and_then(|v| number(v.raw()));
    if let Some(login) = login.filter(|id| *id > 0) {
        read(adapter, tables, Table::Logins, "id", login)?;
    }
    Ok(true)
}

/// A login that no ONU row links to: one that has got one is part of that row's record now.
fn login_alone(
    adapter: &IxcProvedor,
    tables: &mut Tables,
    id: &Untrusted,
    login: &str,
) -> Result<bool, FetchError> {
    let login = parsed(id, login)?;
    read(adapter, tables, Table::Logins, "id", login)?;
    if tables.logins.rows.is_empty() {
        return Ok(false);
    }
    if adapter.settings.device_source == DeviceSource::Radusuarios {
        return Ok(true);
    }
    let mut linked = Tables::default();
    read(adapter, &mut linked, Table::Onus, "id_login", login)?;
    Ok(linked.onus.rows.is_empty())
}

/// Customer, contract and plan of the one login or ONU row.
fn belongings(adapter: &IxcProvedor, tables: &mut Tables) -> Result<(), FetchError> {
    let link = |tables: &Tables, table: Table, column: &str| {
        let rows = match table {
            Table::Logins => &tables.logins,
            Table::Onus => &tables.onus,
            _ => &tables.contracts,
        };
        let value = rows.rows.first()?.get(&rows.columns, column)?;
        number(value.raw()).filter(|id| *id > 0)
    };
    let customer = link(tables, Table::Logins, "id_cliente");
    let contract = link(tables, Table::Logins, "id_contrato")
        .or_else(|| link(tables, Table::Onus, "id_contrato"));
    match (contract, customer) {
        (Some(id), _) => optional(adapter, tables, Table::Contracts, "id", id)?,
        (None, Some(id)) => optional(adapter, tables, Table::Contracts, "id_cliente", id)?,
        (None, None) => {}
    }
    let customer = customer.or_else(|| link(tables, Table::Contracts, "id_cliente"));
    if let Some(id) = customer {
        optional(adapter, tables, Table::Customers, "id", id)?;
    }
    if let Some(group) = link(tables, Table::Logins, "id_grupo") {
        return optional(adapter, tables, Table::Groups, "id", group);
    }
    let one = tables.contracts.rows.len() == 1;
    let contract = contract.or_else(|| tables.contracts.rows.first().filter(|_| one).map(|c| c.id));
    let Some(contract) = contract else { return Ok(()) };
    optional(adapter, tables, Table::Products, "id_contrato", contract)?;
    if let Some(sale) = link(tables, Table::Contracts, "id_vd_contrato")
        && tables.products.rows.is_empty()
    {
        optional(adapter, tables, Table::Products, "id_vd_contrato", sale)?;
    }
    let products = &tables.products;
    let plan = |row: &crate::provider::ixc::rows::Row| {
        row.get(&products.columns, "id_plano").and_then(|v| number(v.raw()))
    };
    let mut plans: Vec<u64> = products.rows.iter().filter_map(plan).filter(|id| *id > 0).collect();
    plans.sort_unstable();
    plans.dedup();
    match plans.as_slice() {
        [plan] => optional(adapter, tables, Table::Groups, "id", *plan),
        _ => Ok(()),
    }
}

fn read(
    adapter: &IxcProvedor,
    tables: &mut Tables,
    table: Table,
    column: &'static str,
    value: u64,
) -> Result<(), FetchError> {
    some(adapter, tables, table, column, value).map_err(|fault| fault.error)
}

/// As [`read`]; a table that the token may not read leaves its fields empty.
fn optional(
    adapter: &IxcProvedor,
    tables: &mut Tables,
    table: Table,
    column: &'static str,
    value: u64,
) -> Result<(), FetchError> {
    match some(adapter, tables, table, column, value) {
        Err(fault) if fault.class != Class::Permission => Err(fault.error),
        _ => Ok(()),
    }
}

fn some(
    adapter: &IxcProvedor,
    tables: &mut Tables,
    table: Table,
    column: &'static str,
    value: u64,
) -> Result<(), Fault> {
    let columns = adapter.fields.wanted(table);
    let rows = adapter.reader().some(table, column, value, &columns)?;
    let into = tables.of(table);
    (into.columns, into.rows) = (columns, rows);
    Ok(())
}

fn parsed(whole: &Untrusted, id: &str) -> Result<u64, FetchError> {
    number(id).filter(|id| *id > 0).ok_or_else(|| {
        let what = format!("`{whole}` is no id of a row of IXC Provedor");
        FetchError::new(FetchErrorKind::Unavailable, what, &["collect again, then try again"])
    })
}
