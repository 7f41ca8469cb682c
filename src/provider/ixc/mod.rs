//! IXC Provedor over its webservice v1: reads logins, ONUs, and the people behind them; writes
//! single rows of logins and ONUs.
//!
//! A row is listed by POST, which without the header `ixcsoft: listar` would insert one: see
//! `gate`, the only way out.
//! Must not do: offer a call that makes or removes a row; read a table that is not named here.

mod among;
mod assumptions;
mod credential;
mod envelope;
mod fetch;
mod gate;
mod holding;
mod join;
mod joining;
mod judge;
mod list;
mod logs;
mod look;
mod outcome;
mod probe;
mod propose;
mod record;
mod reverse;
mod rows;
mod search;
mod settings;
mod tables;
mod target;
mod values;
mod whole_row;
mod write;
mod writing;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{AnySnapshot, ProviderChange, ProviderRecord, Query};
use crate::http::Client;
use crate::ports::{
    Check, FetchError, Found, Growing, Probe, Progress, Provider, RecordKey, Sought, Traffic,
    Writer,
};
use crate::provider::ixc::among::Ways;
use crate::provider::ixc::credential::Authorization;
use crate::provider::ixc::gate::Gate;
use crate::provider::ixc::judge::Memory;
use crate::provider::ixc::list::Reader;
use crate::provider::ixc::settings::{Fields, page_rows};
use crate::provider::ixc::writing::Writing;

pub use settings::{
    Auth, Credential, DeviceSource, IxcProvedorSettings, Paging, Update, UpdateMode,
};

/// Reads one IXC Provedor, and writes to it.
pub struct IxcProvedor {
    gate: Gate,
    settings: IxcProvedorSettings,
    fields: Fields,
    writing: Writing,
    rows: u32,
    by_page: AtomicBool,
    /// The token may not read who changed what.
    without_logs: AtomicBool,
    memory: Mutex<Memory>,
    /// What is known of columns that are asked for several values at once.
    ways: Ways,
}

impl IxcProvedor {
    /// An adapter; nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings can't be used: an unknown key of `fields`, a secret of another form,
    /// an address that is none, a synchronisation that would be a row.
    pub fn new(settings: IxcProvedorSettings) -> Result<Self, FetchError> {
        let fields = Fields::new(&settings.fields)?;
        let path = settings.synchronise_path.as_deref();
        let writing = Writing::new(&settings.update, &settings.server_columns, path)?;
        let rows = page_rows(settings.page_size)?;
        let authorization = Authorization::new(&settings.auth, &settings.credential)?;
        let client = Client::new(settings.http.clone())?;
        let gate = Gate::new(client, authorization);
        Ok(Self {
            gate,
            settings,
            fields,
            writing,
            rows,
            by_page: AtomicBool::new(false),
            without_logs: AtomicBool::new(false),
            memory: Mutex::default(),
            ways: Ways::default(),
        })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            gate: &self.gate,
            rows: self.rows,
            by_page: &self.by_page,
            paging: self.settings.paging,
        }
    }
}

impl Provider for IxcProvedor {
    fn fetch_into(
        &self,
        progress: Progress<'_>,
        list: Growing<'_, ProviderRecord>,
    ) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        self.gate.begin();
        fetch::all(self, progress, list)
    }

    fn record(&self, key: &RecordKey) -> Result<Option<ProviderRecord>, FetchError> {
        self.gate.begin();
        record::one(self, key)
    }

    fn holding(&self, sought: &Sought) -> Result<Vec<ProviderRecord>, FetchError> {
        self.gate.begin();
        holding::all(self, sought)
    }

    fn search(&self, query: &Query, most: usize) -> Result<Found<ProviderRecord>, FetchError> {
        self.gate.begin();
        search::all(self, query, most)
    }

    fn writer(&self) -> Option<&dyn Writer<Change = ProviderChange, Record = ProviderRecord>> {
        Some(self)
    }

    fn traffic(&self) -> Traffic {
        self.gate.traffic()
    }
}

impl Probe for IxcProvedor {
    fn probe(&self) -> Vec<Check> {
        self.gate.begin();
        probe::all(self)
    }

    fn assumptions(&self) -> Vec<Check> {
        self.gate.begin();
        self.assumed()
    }
}
