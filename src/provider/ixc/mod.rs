//! IXC Provedor over its webservice v1: reads logins, ONUs, and the people behind them.
//!
//! A row is listed by POST, which without the header `ixcsoft: listar` would insert one: see
//! `gate`, the only file that sends anything.
//! Must not do: write, or offer any call that could; read a table that is not named here.

mod credential;
mod envelope;
mod fetch;
mod gate;
mod join;
mod list;
mod probe;
mod record;
mod rows;
mod settings;
mod tables;
mod values;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

use crate::domain::{AnySnapshot, ProviderRecord};
use crate::http::Client;
use crate::ports::{Check, FetchError, Probe, Progress, Provider, RecordKey, Traffic};
use crate::provider::ixc::credential::Authorization;
use crate::provider::ixc::gate::Gate;
use crate::provider::ixc::list::Reader;
use crate::provider::ixc::settings::{Fields, page_rows};

pub use settings::{Auth, Credential, DeviceSource, IxcProvedorSettings, Paging};

/// Reads one IXC Provedor.
pub struct IxcProvedor {
    gate: Gate,
    settings: IxcProvedorSettings,
    fields: Fields,
    rows: u32,
    by_page: AtomicBool,
}

impl IxcProvedor {
    /// An adapter; nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings can't be used: an unknown key of `fields`, a secret of another form,
    /// an address that is none.
    pub fn new(settings: IxcProvedorSettings) -> Result<Self, FetchError> {
        let fields = Fields::new(&settings.fields)?;
        let rows = page_rows(settings.page_size)?;
        let authorization = Authorization::new(&settings.auth, &settings.credential)?;
        let client = Client::new(settings.http.clone())?;
        let gate = Gate::new(client, authorization);
        Ok(Self { gate, settings, fields, rows, by_page: AtomicBool::new(false) })
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
    fn fetch(&self, progress: Progress<'_>) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        self.gate.begin();
        fetch::all(self, progress)
    }

    fn record(&self, key: &RecordKey) -> Result<Option<ProviderRecord>, FetchError> {
        self.gate.begin();
        record::one(self, key)
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
}
