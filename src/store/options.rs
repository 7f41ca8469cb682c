//! How a store is kept: shared or not, by whom, with which people's names, for how long.
//!
//! Must not do: read a configuration file; the caller fills this.

use std::time::Duration;

use jiff::SignedDuration;

/// How processes share the two files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Any number of processes read and write at once.
    #[default]
    Multi,
    /// One process at a time has the files open, and only while it reads or writes.
    Exclusive,
}

/// Which data of people is kept (SAFETY.md section 5). CPF, CNPJ and phone numbers never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pii {
    /// Customers' names, for search.
    #[default]
    Names,
    /// Nothing.
    None,
}

/// The settings of `[store]`, as the store needs them.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How processes share the files.
    pub mode: Mode,
    /// A Unix group (name or number) that shares the store; `None`: the owner alone.
    pub group: Option<String>,
    /// Which data of people is kept.
    pub store_pii: Pii,
    /// How long snapshots and findings are kept.
    pub keep_snapshots: SignedDuration,
    /// How long runs, events, tombstones and the devices' history are kept.
    pub keep_history: SignedDuration,
    /// How long to wait for a file that another process keeps to itself.
    pub patience: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Multi,
            group: None,
            store_pii: Pii::Names,
            keep_snapshots: SignedDuration::from_hours(30 * 24),
            keep_history: SignedDuration::from_hours(400 * 24),
            patience: Duration::from_secs(30),
        }
    }
}
