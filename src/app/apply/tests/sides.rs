//! The two systems in memory behind the ports, as adapters are.
//!
//! Must not do: decide what becomes of a request; the script does.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::books::{Books, column, key, written};
use crate::app::stop::Stop;
use crate::domain::{
    AcsChange, AcsDevice, AnySnapshot, Call, Cell, Change, ProviderChange, ProviderRecord,
    RecordKey, SnapshotMeta, Sought, Undo, Untrusted,
};
use crate::ports::{
    Acs, Answer, Before, Clock, Effect, FetchError, FetchErrorKind, Growing, Progress as Told,
    Proposal, Provider, Seen, Unable, Writer,
};
use crate::store::{StepState, Store, StoreOptions};

/// A clock that a test turns: every look at the time since boot takes 4 s, so that waits end.
pub struct TestClock {
    pub wall: AtomicI64,
    pub boot: AtomicU64,
    pub step: AtomicU64,
    /// After so many more looks at the time since boot a minute has passed; 0 for never.
    pub stall: AtomicU64,
}

impl TestClock {
    /// The time since boot, which stands still.
    pub fn peek(&self) -> Duration {
        Duration::from_secs(self.boot.load(Ordering::Relaxed))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.wall.load(Ordering::Relaxed)).unwrap()
    }

    fn monotonic(&self) -> Duration {
        let mut step = self.step.load(Ordering::Relaxed);
        let stall = self.stall.load(Ordering::Relaxed);
        if stall > 0 {
            self.stall.store(stall - 1, Ordering::Relaxed);
            step += if stall == 1 { 60 } else { 0 };
        }
        Duration::from_secs(self.boot.fetch_add(step, Ordering::Relaxed) + step)
    }
}

/// Both systems, the time there, and the store of who writes to them.
pub struct Place {
    pub books: Mutex<Books>,
    pub clock: &'static TestClock,
    pub store: PathBuf,
    pub stop: Stop,
}

impl Place {
    /// Both systems' tables.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tables as they are by now; or nobody answers.
    fn asked(&self) -> Result<MutexGuard<'_, Books>, FetchError> {
        let mut books = self.books();
        books.land(self.clock.peek());
        if books.down > 0 {
            books.down -= 1;
            return Err(FetchError::new(FetchErrorKind::Unavailable, "no answer", &[]));
        }
        Ok(books)
    }

    /// How the journal has the step that is being sent.
    fn journal(&self, key: &str) -> String {
        let store = Store::open(&self.store, &StoreOptions::default()).unwrap();
        let open = store.open_steps().unwrap();
        let states = open.iter().filter(|row| row.key == key && row.state == StepState::Sent);
        if states.count() == 1 { "sent".to_owned() } else { "NOT SENT".to_owned() }
    }
}

/// The ACS of a place.
pub struct AcsSide(pub Arc<Place>);

/// Its Provider.
pub struct ProviderSide(pub Arc<Place>);

fn holds(sought: &Sought, values: [Option<&Untrusted>; 2]) -> bool {
    let all = || sought.serials.iter().chain(&sought.macs);
    values.into_iter().flatten().any(|v| all().any(|s| s.raw().eq_ignore_ascii_case(v.raw())))
}

impl Acs for AcsSide {
    fn fetch_into(
        &self,
        _: Told<'_>,
        _: Growing<'_, AcsDevice>,
    ) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        let books = self.0.asked()?;
        let devices = books.devices.values().cloned().collect();
        Ok(AnySnapshot::new(SnapshotMeta::at(self.0.clock.now()), devices))
    }

    fn device(&self, id: &Untrusted) -> Result<Option<AcsDevice>, FetchError> {
        let mut books = self.0.asked()?;
        books.log.push(format!("device {id}"));
        Ok(books.devices.get(id.raw()).cloned())
    }

    fn holding(&self, sought: &Sought) -> Result<Vec<AcsDevice>, FetchError> {
        let mut books = self.0.asked()?;
        books.log.push("acs holding".to_owned());
        let all = books.devices.values();
        Ok(all.filter(|d| holds(sought, [d.serial.as_ref(), d.macs.first()])).cloned().collect())
    }

    fn writer(&self) -> Option<&dyn Writer<Change = AcsChange, Record = AcsDevice>> {
        Some(self)
    }
}

impl Provider for ProviderSide {
    fn fetch_into(
        &self,
        _: Told<'_>,
        _: Growing<'_, ProviderRecord>,
    ) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        let records = self.0.asked()?.records();
        Ok(AnySnapshot::new(SnapshotMeta::at(self.0.clock.now()), records))
    }

    fn record(&self, key: &RecordKey) -> Result<Option<ProviderRecord>, FetchError> {
        let mut books = self.0.asked()?;
        let (RecordKey::Entry(id) | RecordKey::Login(id)) = key;
        books.log.push(format!("record {id}"));
        if books.slow > 0 {
            books.slow -= 1;
            self.0.clock.boot.fetch_add(11, Ordering::Relaxed);
        }
        // The look's age is asked, then when it leaves, then whether it left at once.
        if std::mem::take(&mut books.stalls) {
            self.0.clock.stall.store(3, Ordering::Relaxed);
        }
        Ok(books.record(key))
    }

    fn holding(&self, sought: &Sought) -> Result<Vec<ProviderRecord>, FetchError> {
        let mut books = self.0.asked()?;
        books.log.push("provider holding".to_owned());
        let all = books.records();
        let held = |r: &ProviderRecord| holds(sought, [r.serial.as_ref(), r.mac.as_ref()]);
        Ok(all.into_iter().filter(held).collect())
    }

    fn writer(&self) -> Option<&dyn Writer<Change = ProviderChange, Record = ProviderRecord>> {
        Some(self)
    }
}

fn proposal<C: Clone>(change: &C, whole: &Change) -> Proposal<C> {
    let undo = match whole {
        Change::Provider(ProviderChange::Set { .. } | ProviderChange::ClearMac { .. }) => {
            Undo::Tries
        }
        _ => Undo::No,
    };
    let call = Call {
        method: "PUT".to_owned(),
        path: format!("/{}", key(whole)),
        body: written(whole),
        whole_row: true,
    };
    Proposal { change: change.clone(), key: key(whole), call, undo }
}

/// As wanted, as before, or neither; by the columns that the change writes.
fn judged(change: &Change, before: Option<&Before>, seen: &Seen) -> Effect {
    let Seen::There(image) = seen else {
        return match change {
            Change::Acs(AcsChange::Delete { .. }) => Effect::Done,
            _ => Effect::Differs("there is no such row".to_owned()),
        };
    };
    let held_only = matches!(change, Change::Provider(ProviderChange::Set { held_only: true, .. }));
    match change {
        Change::Acs(AcsChange::Delete { .. }) => return Effect::NotDone,
        Change::Acs(_) | Change::Provider(ProviderChange::Synchronise) => return Effect::Untold,
        Change::Provider(_) => {}
    }
    let now = |name: &str| image.get(name).unwrap_or_default();
    let was = |name: &str| {
        before.map_or(now(name), |b| b.cells.get(name).map(Untrusted::raw).unwrap_or_default())
    };
    let cells = written(change);
    let wanted = |(name, value): &(String, Untrusted)| {
        let stays = held_only && was(name).is_empty();
        if stays { now(name).is_empty() } else { now(name) == value.raw() }
    };
    let Some(before) = before else {
        return if cells.iter().all(wanted) { Effect::Done } else { Effect::NotDone };
    };
    let ours: Vec<&str> = before.cells.keys().map(String::as_str).collect();
    if image.rest(&ours) != before.rest {
        return Effect::Differs("a column that was not written".to_owned());
    }
    if cells.iter().all(wanted) {
        Effect::Done
    } else if cells.iter().all(|(name, _)| now(name) == was(name)) {
        Effect::NotDone
    } else {
        Effect::Differs("a column neither as before nor as wanted".to_owned())
    }
}

impl Place {
    fn looked(&self, change: &Change) -> Result<Seen, FetchError> {
        Ok(self.asked()?.look(change))
    }

    fn sends(&self, change: &Change) -> Answer {
        let journal = self.journal(&key(change));
        let mut books = self.books();
        books.land(self.clock.peek());
        let passes = books.passes.remove(&key(change)).unwrap_or_default();
        self.clock.wall.fetch_add(passes * 60, Ordering::Relaxed);
        if books.stops.contains(&key(change)) {
            self.stop.ask();
        }
        books.sent(change, &journal)
    }
}

impl Writer for AcsSide {
    type Change = AcsChange;
    type Record = AcsDevice;

    fn propose(
        &self,
        change: &AcsChange,
        _: &AcsDevice,
    ) -> Result<Vec<Proposal<AcsChange>>, Unable> {
        Ok(vec![proposal(change, &Change::Acs(change.clone()))])
    }

    fn look(&self, change: &AcsChange) -> Result<Seen, FetchError> {
        self.0.looked(&Change::Acs(change.clone()))
    }

    fn judge(&self, change: &AcsChange, before: Option<&Before>, seen: &Seen) -> Effect {
        judged(&Change::Acs(change.clone()), before, seen)
    }

    fn send(&self, change: &AcsChange, _: &Seen) -> Answer {
        self.0.sends(&Change::Acs(change.clone()))
    }
}

impl Writer for ProviderSide {
    type Change = ProviderChange;
    type Record = ProviderRecord;

    fn propose(
        &self,
        change: &ProviderChange,
        _: &ProviderRecord,
    ) -> Result<Vec<Proposal<ProviderChange>>, Unable> {
        Ok(vec![proposal(change, &Change::Provider(change.clone()))])
    }

    fn reverse(&self, change: &ProviderChange, before: &Before) -> Option<ProviderChange> {
        let was = |name: &str| before.cells.get(name).cloned().unwrap_or_default();
        let (row, cells) = match change {
            ProviderChange::Set { row, cells, .. } => {
                let was = |(cell, _): &(Cell, Untrusted)| (*cell, was(column(row, *cell)));
                (row.clone(), cells.iter().map(was).collect())
            }
            ProviderChange::ClearMac { login_id } => {
                (RecordKey::Login(login_id.clone()), vec![(Cell::Mac, was("mac"))])
            }
            ProviderChange::EndSession { .. } | ProviderChange::Synchronise => return None,
        };
        Some(ProviderChange::Set { row, cells, held_only: false })
    }

    fn look(&self, change: &ProviderChange) -> Result<Seen, FetchError> {
        self.0.looked(&Change::Provider(change.clone()))
    }

    fn judge(&self, change: &ProviderChange, before: Option<&Before>, seen: &Seen) -> Effect {
        judged(&Change::Provider(change.clone()), before, seen)
    }

    fn send(&self, change: &ProviderChange, _: &Seen) -> Answer {
        self.0.sends(&Change::Provider(change.clone()))
    }
}
