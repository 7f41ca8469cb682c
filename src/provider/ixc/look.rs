//! What a change is about, now: the row with all its columns, and who changed it last.
//!
//! Must not do: say that there is no such row on anything but an empty list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::{ProviderChange, Untrusted};
use crate::ports::{FetchError, FetchErrorKind, Image, Seen, Unable};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::envelope::{Class, Fault};
use crate::provider::ixc::gate::{And, Query};
use crate::provider::ixc::logs::{self, Entry};
use crate::provider::ixc::tables::Table;
use crate::provider::ixc::target::{Target, Written, login_target};
use crate::provider::ixc::whole_row::kind_of;

/// A login's MAC, as the action clears it.
pub(super) const MAC: &str = "mac";
/// Is a login's session open?
pub(super) const ONLINE: &str = "online";
/// Since when it is.
pub(super) const SINCE: &str = "ultima_conexao_inicial";

pub(super) fn at(adapter: &IxcProvedor, change: &ProviderChange) -> Result<Seen, FetchError> {
    match change {
        ProviderChange::Set { row, cells, held_only } => {
            let written = Written::of(&adapter.fields, row, cells, *held_only).map_err(config)?;
            row_of(adapter, &written)
        }
        ProviderChange::ClearMac { login_id } => part(adapter, login_id, &[MAC], &[]),
        // Whether it is online may go and come back; since when tells one session from another.
        ProviderChange::EndSession { login_id } => {
            part(adapter, login_id, &[ONLINE, SINCE], &[ONLINE])
        }
        ProviderChange::Synchronise => Ok(Seen::There(image(adapter, BTreeMap::new()))),
    }
}

fn row_of(adapter: &IxcProvedor, written: &Written) -> Result<Seen, FetchError> {
    // Before the row: what changes between the two is then newer than the log that was seen.
    let logged = logged(adapter, written.target);
    if let Err(fault) = &logged
        && fault.class != Class::Other
    {
        return Err(fault.error.clone());
    }
    let row = adapter.gate.whole(written.target).map_err(|fault| fault.error)?;
    // The row is answered and the log is not: it takes too long, or is something else.
    let logged = logged.unwrap_or_else(|_| {
        adapter.without_logs.store(true, Ordering::Relaxed);
        None
    });
    let Some(cells) = row else { return Ok(Seen::Missing) };
    let missing = written.columns.iter().find(|column| !cells.contains_key(&column.name));
    if let Some(column) = missing {
        let what = format!("{} has no column `{}`", written.target, column.name);
        let hint = "see `fields`: it has to name columns that a listing shows";
        return Err(FetchError::new(FetchErrorKind::Config, what, &[hint]));
    }
    let mut image = image(adapter, cells);
    image.kept_by_server.extend(adapter.writing.server_columns.iter().cloned());
    // When a synchronisation confirmed the row, which may run while it is looked at.
    for key in ["fibra.synchronised", "radusuarios.synchronised"] {
        image.kept_by_server.extend(adapter.fields.columns(key).iter().cloned());
    }
    let kinds: Vec<String> = image.kept_by_server.iter().map(|name| kind_of(name)).collect();
    image.kept_by_server.extend(kinds);
    // What is written is a text from then on.
    image.kept_by_server.extend(written.columns.iter().map(|column| kind_of(&column.name)));
    if let Some(entries) = logged {
        logs::note(&mut image, &entries);
    }
    Ok(Seen::There(image))
}

/// Some columns of a login alone: what an action is about.
fn part(
    adapter: &IxcProvedor,
    login_id: &Untrusted,
    columns: &[&str],
    unsteady: &[&str],
) -> Result<Seen, FetchError> {
    let target = login_target(login_id).map_err(config)?;
    let row = adapter.gate.whole(target).map_err(|fault| fault.error)?;
    let Some(mut cells) = row else { return Ok(Seen::Missing) };
    if let Some(missing) = columns.iter().find(|column| !cells.contains_key(**column)) {
        let what = format!("{target} has no column `{missing}`: nothing can be said of it");
        return Err(FetchError::new(FetchErrorKind::Unavailable, what, &["make it by hand"]));
    }
    cells.retain(|name, _| name == "id" || columns.contains(&name.as_str()));
    let mut image = image(adapter, cells);
    image.kept_by_server.extend(unsteady.iter().map(|name| (*name).to_owned()));
    Ok(Seen::There(image))
}

fn image(adapter: &IxcProvedor, cells: BTreeMap<String, SecretString>) -> Image {
    Image { cells, kept_by_server: BTreeSet::new(), at: adapter.gate.date() }
}

/// The newest log entries of a row; `None` where the token may not read them, which is found
/// out once.
fn logged(adapter: &IxcProvedor, target: Target) -> Result<Option<Vec<Entry>>, Fault> {
    if adapter.without_logs.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let columns: Vec<String> = Table::Logs.columns().iter().map(|c| (*c).to_owned()).collect();
    let query = Query {
        and: Some(And::equal("tabela", target.table().name())),
        descending: true,
        ..Query::equal(Table::Logs, "id_tabela", &target.id().to_string(), logs::ENTRIES_MOST)
    };
    match adapter.gate.list(&query, &columns) {
        Ok(page) => Ok(Some(logs::entries(&page.rows.read, &columns, target))),
        Err(fault) if matches!(fault.class, Class::Permission | Class::Rejected | Class::Html) => {
            adapter.without_logs.store(true, Ordering::Relaxed);
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

fn config(unable: Unable) -> FetchError {
    let hints = ["collect again and plan again", "or make the change by hand"];
    FetchError::new(FetchErrorKind::Config, unable.why, &hints)
}

/// Is this the image of that row?
pub(super) fn is_of(image: &Image, target: Target) -> bool {
    image.cells.get("id").is_some_and(|id| id.expose_secret().trim() == target.id().to_string())
}
