//! Two systems in memory, written to by a script: what each request does, and what it says.
//!
//! Must not do: know what an apply should do with that.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::domain::{
    AcsChange, AcsDevice, Cell, Change, Mark, ProviderChange, ProviderRecord, RecordKey, Untrusted,
};
use crate::ports::{Answer, Image, Outcome, Seen};

/// What becomes of a request. Without a script it is done, and said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done, and said so.
    Done,
    /// Refused for good.
    Refused,
    /// Refused for now.
    Busy,
    /// No connection.
    NotSent,
    /// Done, but the reply is lost.
    Lost,
    /// The reply is lost, and it is done so many seconds later.
    Late(u64),
    /// The reply is lost, and nothing is done.
    Nothing,
    /// Said to be done, and is not.
    Lie,
    /// Done, but another column changes too.
    Vandal,
    /// The reply is lost, and the record is neither as before nor as wanted.
    Garbled,
}

/// A row of a table, by column.
pub type Row = BTreeMap<String, String>;

/// Both systems' tables.
#[derive(Default)]
pub struct Books {
    pub devices: BTreeMap<String, AcsDevice>,
    /// Device entries: `serial`, `mac`, `id_login`, `model`, `note`.
    pub entries: BTreeMap<String, Row>,
    /// Logins: `login`, `active`, `online`, `serial`, `mac`.
    pub logins: BTreeMap<String, Row>,
    pub marks: Vec<Mark>,
    /// What becomes of the next requests of a record, by its key.
    pub script: BTreeMap<String, VecDeque<Reply>>,
    /// Effects that land later, with the time when they do.
    pub late: Vec<(Duration, Change)>,
    /// Everything that was asked, in order.
    pub log: Vec<String>,
    /// So many looks fail from now on.
    pub down: u32,
    /// So many looks at a record take 11 s from now on.
    pub slow: u32,
    /// The machine stands still for a minute after the next look at a record.
    pub stalls: bool,
    /// Minutes that pass while the first request of a record is on its way.
    pub passes: BTreeMap<String, i64>,
    /// Records whose next request makes somebody ask to stop.
    pub stops: Vec<String>,
    pub now: Duration,
}

/// The key of the record that a change is of.
pub fn key(change: &Change) -> String {
    match change {
        Change::Acs(AcsChange::Delete { id } | AcsChange::Send { id }) => format!("device:{id}"),
        Change::Acs(AcsChange::Synchronise) => "acs".to_owned(),
        Change::Provider(ProviderChange::Set { row: RecordKey::Entry(id), .. }) => {
            format!("entry:{id}")
        }
        Change::Provider(
            ProviderChange::Set { row: RecordKey::Login(id), .. }
            | ProviderChange::ClearMac { login_id: id }
            | ProviderChange::EndSession { login_id: id },
        ) => format!("login:{id}"),
        Change::Provider(ProviderChange::Synchronise) => "provider".to_owned(),
    }
}

/// The column of a cell.
pub fn column(row: &RecordKey, cell: Cell) -> &'static str {
    match (row, cell) {
        (_, Cell::Serial) => "serial",
        (_, Cell::Mac) => "mac",
        (RecordKey::Entry(_), Cell::Login) => "id_login",
        (_, Cell::Model) => "model",
        (RecordKey::Login(_), Cell::Login) => "none",
    }
}

/// What a change writes, by column.
pub fn written(change: &Change) -> Vec<(String, Untrusted)> {
    let Change::Provider(change) = change else { return Vec::new() };
    match change {
        ProviderChange::Set { row, cells, .. } => {
            cells.iter().map(|(cell, v)| (column(row, *cell).to_owned(), v.clone())).collect()
        }
        ProviderChange::ClearMac { .. } => vec![("mac".to_owned(), Untrusted::default())],
        ProviderChange::EndSession { .. } => {
            vec![("online".to_owned(), Untrusted::new("no"))]
        }
        ProviderChange::Synchronise => Vec::new(),
    }
}

impl Books {
    /// The answer to a request, and what it does.
    pub fn sent(&mut self, change: &Change, journal: &str) -> Answer {
        let key = key(change);
        let reply = self.script.get_mut(&key).and_then(VecDeque::pop_front);
        let reply = reply.unwrap_or(Reply::Done);
        self.log.push(format!("send {key} while {journal}"));
        match reply {
            Reply::Done | Reply::Lost => self.write(change),
            Reply::Vandal => {
                self.write(change);
                self.spoil(change, "note");
            }
            Reply::Garbled => {
                let column = written(change).first().map(|(name, _)| name.clone());
                self.spoil(change, &column.unwrap_or_default());
            }
            Reply::Late(seconds) => {
                self.late.push((self.now + Duration::from_secs(seconds), change.clone()));
            }
            Reply::Refused | Reply::Busy | Reply::NotSent | Reply::Nothing | Reply::Lie => {}
        }
        let (outcome, status) = match reply {
            Reply::Done | Reply::Lie | Reply::Vandal => (Outcome::Done, Some(200)),
            Reply::Refused => (Outcome::Refused, Some(422)),
            Reply::Busy => (Outcome::RefusedForNow, Some(429)),
            Reply::NotSent => (Outcome::NotSent, None),
            Reply::Lost | Reply::Late(_) | Reply::Nothing | Reply::Garbled => {
                (Outcome::Unknown, None)
            }
        };
        Answer { outcome, status, what: format!("{reply:?}"), body_hash: status.map(|_| [1; 32]) }
    }

    /// What landed until now.
    pub fn land(&mut self, now: Duration) {
        self.now = now;
        let late = std::mem::take(&mut self.late);
        for (at, change) in late {
            if at <= now { self.write(&change) } else { self.late.push((at, change)) }
        }
    }

    fn row(&mut self, change: &Change) -> Option<&mut Row> {
        let key = key(change);
        let (table, id) = key.split_once(':')?;
        let rows = if table == "entry" { &mut self.entries } else { &mut self.logins };
        rows.get_mut(id)
    }

    fn spoil(&mut self, change: &Change, column: &str) {
        if let Some(row) = self.row(change) {
            row.insert(column.to_owned(), "spoilt".to_owned());
        }
    }

    fn write(&mut self, change: &Change) {
        match change {
            Change::Acs(AcsChange::Delete { id }) => {
                self.devices.remove(id.raw());
            }
            Change::Acs(AcsChange::Send { .. } | AcsChange::Synchronise) => {}
            Change::Provider(ProviderChange::Synchronise) => self.drop_what_the_acs_lacks(),
            Change::Provider(change_of_row) => {
                let held_only =
                    matches!(change_of_row, ProviderChange::Set { held_only: true, .. });
                let cells = written(change);
                let Some(row) = self.row(change) else { return };
                for (column, value) in cells {
                    let held = row.get(&column).is_some_and(|v| !v.is_empty());
                    if held || !held_only {
                        row.insert(column, value.raw().to_owned());
                    }
                }
            }
        }
    }

    fn drop_what_the_acs_lacks(&mut self) {
        let held: Vec<String> = self
            .devices
            .values()
            .filter_map(|d| d.serial.as_ref())
            .map(Untrusted::raw)
            .map(str::to_owned)
            .collect();
        let (kept, dropped): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|(_, row)| held.contains(&row["serial"]));
        self.entries = kept;
        for row in dropped.values() {
            if let Some(login) = self.logins.get_mut(&row["id_login"]) {
                login.extend([("serial", ""), ("mac", "")].map(|(n, v)| (n.into(), v.into())));
            }
        }
    }

    /// The record of a change, whole.
    pub fn look(&mut self, change: &Change) -> Seen {
        self.log.push(format!("look {}", key(change)));
        let cells: Row = match change {
            Change::Acs(AcsChange::Delete { id } | AcsChange::Send { id }) => {
                match self.devices.get(id.raw()) {
                    Some(device) => [("id".to_owned(), device.id.raw().to_owned())].into(),
                    None => return Seen::Missing,
                }
            }
            Change::Acs(AcsChange::Synchronise) | Change::Provider(ProviderChange::Synchronise) => {
                Row::new()
            }
            Change::Provider(_) => match self.row(change) {
                Some(row) => row.clone(),
                None => return Seen::Missing,
            },
        };
        let cells = cells.into_iter().map(|(name, value)| (name, value.into())).collect();
        Seen::There(Image { cells, kept_by_server: [].into(), at: None })
    }

    /// A device entry joined with its login.
    pub fn record(&self, key: &RecordKey) -> Option<ProviderRecord> {
        let value = |row: &Row, name: &str| row.get(name).and_then(|v| Untrusted::present(v));
        let (id, entry, login) = match key {
            RecordKey::Entry(id) => {
                let entry = self.entries.get(id.raw())?;
                (Some(id.clone()), Some(entry), value(entry, "id_login"))
            }
            RecordKey::Login(id) => {
                self.logins.get(id.raw())?;
                (None, None, Some(id.clone()))
            }
        };
        let of_login = login.as_ref().and_then(|id| self.logins.get(id.raw()));
        let row = entry.or(of_login)?;
        Some(ProviderRecord {
            device_id: id,
            serial: value(row, "serial"),
            mac: value(row, "mac"),
            login_id: login.clone(),
            login: of_login.and_then(|row| value(row, "login")),
            active: of_login.map(|row| row["active"] == "yes"),
            linked: Some(login.is_some()),
            online: of_login.map(|row| row["online"] == "yes"),
            ..ProviderRecord::default()
        })
    }

    /// Every entry, and the logins without one.
    pub fn records(&self) -> Vec<ProviderRecord> {
        let entries: Vec<_> = self
            .entries
            .keys()
            .filter_map(|id| self.record(&RecordKey::Entry(Untrusted::new(id))))
            .collect();
        let free = self
            .logins
            .keys()
            .filter(|id| !self.entries.values().any(|row| row.get("id_login") == Some(id)));
        let free = free.filter_map(|id| self.record(&RecordKey::Login(Untrusted::new(id))));
        entries.iter().cloned().chain(free).collect()
    }
}
