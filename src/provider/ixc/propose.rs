//! A change as calls: each of one row, or of one action.
//!
//! Must not do: send or read anything.

use crate::domain::{Cell, ProviderChange, ProviderRecord, RecordKey, Untrusted};
use crate::ports::{Call, Proposal, Unable, Undo};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::gate;
use crate::provider::ixc::join::LOGIN_ENTRY;
use crate::provider::ixc::rows::number;
use crate::provider::ixc::settings::{DeviceSource, UpdateMode};
use crate::provider::ixc::target::{Target, Written, login_target, target, unable};

type Proposals = Vec<Proposal<ProviderChange>>;
type Cells = Vec<(Cell, Untrusted)>;

pub(super) fn all(
    adapter: &IxcProvedor,
    change: &ProviderChange,
    of: &ProviderRecord,
) -> Result<Proposals, Unable> {
    match change {
        ProviderChange::Set { row, cells, held_only } => set(adapter, (row, cells, *held_only), of),
        ProviderChange::ClearMac { login_id } => {
            action(change, login_id, gate::clear_mac_call(), Undo::Tries)
        }
        ProviderChange::EndSession { login_id } => {
            action(change, login_id, gate::end_session_call(), Undo::No)
        }
        ProviderChange::Synchronise => synchronise(adapter),
    }
}

fn set(
    adapter: &IxcProvedor,
    (row, cells, held_only): (&RecordKey, &Cells, bool),
    of: &ProviderRecord,
) -> Result<Proposals, Unable> {
    let target = target(row)?;
    let is_onu = of.device_id.as_ref().is_some_and(|id| !id.raw().starts_with(LOGIN_ENTRY));
    let gives = cells.iter().any(|(_, value)| !value.raw().is_empty());
    let fibra = adapter.settings.device_source == DeviceSource::Fibra;
    if matches!(target, Target::Login(_)) && fibra && gives && !held_only && !is_onu {
        return Err(unable(
            "device_source is fibra: a device is an ONU row there, which a person has to make",
        ));
    }
    let (here, elsewhere) = split(adapter, target, cells)?;
    let mut proposals = Vec::new();
    if !here.is_empty() {
        proposals.push(put(adapter, row.clone(), here, held_only)?);
    }
    if !elsewhere.is_empty() {
        match login_of(cells, of) {
            Some(login) => {
                proposals.push(put(adapter, RecordKey::Login(login), elsewhere, held_only)?);
            }
            // Nothing is there to be cleared or replaced.
            None if held_only || elsewhere.iter().all(|(_, v)| v.raw().is_empty()) => {}
            None => {
                return Err(unable(format!(
                    "{target} is linked to no login, and the Provider keeps the MAC with the login"
                )));
            }
        }
    }
    Ok(proposals)
}

/// What is written to the row itself, and what to the login behind an ONU.
fn split(adapter: &IxcProvedor, target: Target, cells: &Cells) -> Result<(Cells, Cells), Unable> {
    let mac_is_here = !adapter.fields.columns("fibra.mac").is_empty();
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for (cell, value) in cells {
        match (target, cell) {
            // A login is what it is: there is nothing to link or to unlink.
            (Target::Login(id), Cell::Login) => {
                if !value.raw().is_empty() && number(value.raw()) != Some(id) {
                    return Err(unable(format!("{target} is a login: it links to no other")));
                }
            }
            (Target::Onu(_), Cell::Mac) if !mac_is_here => elsewhere.push((*cell, value.clone())),
            _ => here.push((*cell, value.clone())),
        }
    }
    Ok((here, elsewhere))
}

/// The login that an ONU has after the change, or has now.
fn login_of(cells: &Cells, of: &ProviderRecord) -> Option<Untrusted> {
    let new = cells.iter().find(|(cell, value)| *cell == Cell::Login && !value.raw().is_empty());
    let now = of.login_id.as_ref().filter(|id| number(id.raw()).is_some_and(|id| id > 0));
    new.map(|(_, id)| id).or(now).cloned()
}

fn put(
    adapter: &IxcProvedor,
    row: RecordKey,
    cells: Cells,
    held_only: bool,
) -> Result<Proposal<ProviderChange>, Unable> {
    let written = Written::of(&adapter.fields, &row, &cells, held_only)?;
    let target = written.target;
    let whole_row = adapter.writing.mode(target.table()) == UpdateMode::Full;
    let body = written.columns.iter().map(|c| (c.name.clone(), Untrusted::new(&c.value)));
    let call = Call {
        method: "PUT".to_owned(),
        path: gate::row_path(target),
        body: body.collect(),
        whole_row,
    };
    let undo = if whole_row { Undo::Tries } else { Undo::Yes };
    let change = ProviderChange::Set { row, cells, held_only };
    Ok(Proposal { change, key: target.key(), call, undo })
}

fn action(
    change: &ProviderChange,
    login_id: &Untrusted,
    (path, field): (String, &'static str),
    undo: Undo,
) -> Result<Proposals, Unable> {
    let login = login_target(login_id)?;
    let body = vec![(field.to_owned(), Untrusted::new(&login.id().to_string()))];
    let call = Call { method: "POST".to_owned(), path, body, whole_row: false };
    Ok(vec![Proposal { change: change.clone(), key: login.key(), call, undo }])
}

fn synchronise(adapter: &IxcProvedor) -> Result<Proposals, Unable> {
    let Some(path) = &adapter.writing.synchronise else {
        return Err(unable(
            "synchronise_path is not set: no call is known that makes the Provider synchronise",
        ));
    };
    let call = Call {
        method: "POST".to_owned(),
        path: path.as_str().to_owned(),
        body: Vec::new(),
        whole_row: false,
    };
    let key = "provider:synchronise".to_owned();
    Ok(vec![Proposal { change: ProviderChange::Synchronise, key, call, undo: Undo::No }])
}
