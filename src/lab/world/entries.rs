//! The Provider's device set: an ONU row and the login it links to are one entry; a login that
//! carries a device identity and has no ONU row is one by itself (IXC.md section 1).
//!
//! Must not do: pair with the ACS.

use jiff::Timestamp;

use super::clock;
use super::identity::Identity;
use super::index::Index;
use super::provider::{LOGINS, ONUS, Row, Tables, cell, id_in};

/// One device entry.
#[derive(Clone, Debug)]
pub(super) struct ProviderEntry {
    /// The ONU row's id, or `login-ID`.
    pub device_id: String,
    pub onu: Option<u64>,
    /// The login it is linked to.
    pub login: Option<u64>,
    pub identity: Identity,
    pub active: bool,
    pub synchronised: Option<Timestamp>,
    pub registered: Option<Timestamp>,
    pub wan_ip: String,
    pub model: String,
}

impl ProviderEntry {
    /// R1: linked and active.
    pub(super) fn is_counted(&self) -> bool {
        self.login.is_some() && self.active
    }
}

/// A login's name, folded, and whether it is active.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub id: u64,
    pub name: Identity,
    pub active: bool,
}

/// All device entries, ONU rows first, each kind by id.
pub(super) fn all(tables: &Tables, index: &Index) -> Vec<ProviderEntry> {
    let onus = tables.rows(ONUS).filter_map(|(id, row)| of_onu(tables, id, row));
    let logins = tables.rows(LOGINS).filter_map(|(id, row)| of_login(index, id, row));
    onus.chain(logins).collect()
}

/// All logins.
pub(super) fn logins(tables: &Tables) -> Vec<Login> {
    let read = |(id, row): (u64, &Row)| Login {
        id,
        name: Identity::of(std::iter::empty(), Some(cell(row, "login"))),
        active: cell(row, "ativo") == "S",
    };
    tables.rows(LOGINS).map(read).collect()
}

fn of_onu(tables: &Tables, id: u64, row: &Row) -> Option<ProviderEntry> {
    let login = id_in(row, "id_login").filter(|l| tables.row(LOGINS, *l).is_some());
    let linked = login.and_then(|l| tables.row(LOGINS, l));
    let of_login = |column| linked.map_or("", |l| cell(l, column));
    let serial = cell(row, "mac");
    let mac = of_login("mac");
    // No identity at all: no device entry.
    if serial.trim().is_empty() && mac.trim().is_empty() {
        return None;
    }
    Some(ProviderEntry {
        device_id: id.to_string(),
        onu: Some(id),
        login,
        identity: Identity::of([serial, mac].into_iter(), linked.map(|l| cell(l, "login"))),
        active: of_login("ativo") == "S",
        synchronised: clock::read_local(cell(row, "ultima_sincronizacao")),
        registered: clock::read_local(cell(row, "data_cadastro")),
        wan_ip: of_login("ip").to_owned(),
        model: cell(row, "onu_tipo").to_owned(),
    })
}

fn of_login(index: &Index, id: u64, row: &Row) -> Option<ProviderEntry> {
    let (onu_mac, mac) = (cell(row, "onu_mac"), cell(row, "mac"));
    let carries = !onu_mac.trim().is_empty() || !mac.trim().is_empty();
    if !carries || index.onus_on(id).next().is_some() {
        return None;
    }
    Some(ProviderEntry {
        device_id: format!("login-{id}"),
        onu: None,
        login: Some(id),
        identity: Identity::of([onu_mac, mac].into_iter(), Some(cell(row, "login"))),
        active: cell(row, "ativo") == "S",
        synchronised: clock::read_local(cell(row, "ultima_sincronizacao")),
        registered: clock::read_local(cell(row, "data_cadastro")),
        wan_ip: cell(row, "ip").to_owned(),
        model: String::new(),
    })
}
