//! A profile over two systems in memory, and the use-cases over it as a face calls them.
//!
//! Must not do: look into an apply; what is told is what a face is told.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::books::{Books, Reply, Row};
use super::sides::{AcsSide, Place, ProviderSide, TestClock};
use crate::app::apply::rows::{Hand, rows};
use crate::app::apply::{self, Applied, Order, Said, Unattended};
use crate::app::collect::{Adapters, Events, Progress};
use crate::app::error::AppError;
use crate::app::plan::encode::{self, Words};
use crate::app::plan::{self, Filed, PlanDocument, Planned, decode};
use crate::app::reconcile::{Request, World};
use crate::app::stop::Stop;
use crate::config::{self, Flags, Settings, SideSettings};
use crate::domain::{AcsDevice, Event, EventKind, Mark, Side, Untrusted};
use crate::engine::guard::{self, Mode};
use crate::engine::plan::{FixPlan, Selection, Why};
use crate::engine::{Cause, Fix};
use crate::ports::{FetchError, FetchErrorKind};
use crate::store::{Arrow, Reply as StoredReply, StepRow, Store, StoreOptions, Undoable};

/// Noon at São Paulo, when no system synchronises.
const NOON: i64 = 1_795_014_000;

static PLACES: LazyLock<Mutex<HashMap<String, Arc<Place>>>> = LazyLock::new(Mutex::default);

fn place(name: &str) -> Arc<Place> {
    Arc::clone(&PLACES.lock().unwrap_or_else(PoisonError::into_inner)[name])
}

fn of_side(side: &SideSettings) -> Arc<Place> {
    let SideSettings::Network(network) = side else { panic!("a network side") };
    place(network.url.to_string().trim_start_matches("https://").trim_end_matches('/'))
}

#[allow(clippy::unnecessary_wraps, reason = "the shape of an adapter")]
fn marks_of(path: &Path, _: &TimeZone, _: bool) -> Result<Events, FetchError> {
    let marks = place(&path.to_string_lossy()).books().marks.clone();
    Ok(Events { marks, ..Events::default() })
}

fn no_probe() -> FetchError {
    FetchError::new(FetchErrorKind::Config, "nothing to probe", &[])
}

/// A profile with its two systems.
pub struct Shop {
    name: String,
    pub place: Arc<Place>,
    pub settings: Settings,
    adapters: Adapters,
    folder: TempDir,
    /// What was told, in a word each.
    pub told: RefCell<Vec<String>>,
    /// Variables of the environment.
    env: BTreeMap<String, String>,
}

/// Sentences that no test looks at.
struct Plain;

impl Words for Plain {
    fn reason(&self, reason: &guard::Reason) -> String {
        reason.guard.wire().to_owned()
    }

    fn why(&self, why: &Why) -> String {
        format!("{why:?}")
    }
}

impl Shop {
    /// Sixty customers whose devices both systems have, and nothing that differs.
    pub fn new() -> Self {
        Self::with("")
    }

    /// The same, with more in the configuration.
    pub fn with(more: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("shop{}.test", NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().unwrap();
        let clock: &'static TestClock = Box::leak(Box::new(TestClock {
            wall: AtomicI64::new(NOON),
            boot: AtomicU64::new(1_000_000),
            step: AtomicU64::new(4),
            stall: AtomicU64::new(0),
        }));
        let store = folder.path().join("store");
        let books = Mutex::new(Books::default());
        let place = Arc::new(Place { books, clock, store, stop: Stop::default() });
        let known = || PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        known().insert(name.clone(), Arc::clone(&place));
        let adapters = Adapters {
            acs: |side, _| Ok(Box::new(AcsSide(of_side(side)))),
            provider: |side, _| Ok(Box::new(ProviderSide(of_side(side)))),
            events: marks_of,
            time: |_, _| None,
            probe: |_, _, _| Err(no_probe()),
            clock,
        };
        let settings = settings(folder.path(), &name, more);
        let told = RefCell::default();
        let env = BTreeMap::from([("SECRET".to_owned(), "s".to_owned())]);
        let shop = Self { name, place, settings, adapters, folder, told, env };
        for n in 1..=60 {
            shop.customer(n);
        }
        shop
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.place.books()
    }

    /// What becomes of the next requests of a record.
    pub fn script(&self, key: &str, replies: &[Reply]) {
        self.books().script.insert(key.to_owned(), replies.iter().copied().collect());
    }

    /// A customer: the device in the ACS, its entry and its login in the Provider.
    pub fn customer(&self, n: u32) {
        self.entry(n);
        let mut books = self.books();
        let device = AcsDevice {
            id: Untrusted::new(&format!("a{n}")),
            serial: Some(Untrusted::new(&serial(n))),
            macs: [Untrusted::new(&mac(n))].into(),
            pppoe_login: Some(Untrusted::new(&format!("cliente{n}"))),
            registered: Some(self.at(-90 * 24 * 60)),
            last_inform: Some(self.at(-48 * 60)),
            ..AcsDevice::default()
        };
        books.devices.insert(format!("a{n}"), device);
    }

    /// An entry and its login, whose device the ACS does not have.
    fn entry(&self, n: u32) {
        let row = |cells: &[(&str, &str)]| -> Row {
            cells.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let (serial, mac, login) = (serial(n), mac(n), format!("cliente{n}"));
        let entry = row(&[
            ("serial", &serial),
            ("mac", &mac),
            ("id_login", &n.to_string()),
            ("note", "kept"),
        ]);
        let login = row(&[
            ("login", &login),
            ("active", "yes"),
            ("online", "no"),
            ("serial", &serial),
            ("mac", &mac),
            ("note", "kept"),
        ]);
        let mut books = self.books();
        books.entries.insert(n.to_string(), entry);
        books.logins.insert(n.to_string(), login);
    }

    /// Customers whose entries have another MAC.
    pub fn drifted(&self, customers: impl IntoIterator<Item = u32>) -> &Self {
        let mut books = self.books();
        for n in customers {
            let entry = books.entries.get_mut(&n.to_string()).unwrap();
            entry.insert("mac".to_owned(), wrong_mac(n));
        }
        drop(books);
        self
    }

    /// Entries whose devices a mass exclusion took.
    pub fn purged(&self, customers: impl IntoIterator<Item = u32>) -> &Self {
        for n in customers {
            self.entry(n);
            let mut books = self.books();
            books.devices.remove(&format!("a{n}"));
            let key = Some(Untrusted::new(&serial(n)));
            let (time, kind) = (self.at(-24 * 60), EventKind::MassExclusion);
            books.marks.push(Mark::Event(Event { time, kind, key, note: None }));
        }
        self
    }

    /// A customer with a new device, whose old one the Provider still has.
    pub fn swapped(&self, n: u32) -> &Self {
        self.customer(n);
        let mut books = self.books();
        let device = books.devices.get_mut(&format!("a{n}")).unwrap();
        device.serial = Some(Untrusted::new(&format!("ZTEG{n:08X}")));
        device.macs = [Untrusted::new(&format!("00:11:22:00:00:{n:02X}"))].into();
        device.registered = Some(self.at(-60));
        let login = books.logins.get_mut(&n.to_string()).unwrap();
        login.insert("online".to_owned(), "yes".to_owned());
        drop(books);
        self
    }

    /// Noon, plus so many minutes.
    #[allow(clippy::unused_self, reason = "every time is the shop's")]
    pub fn at(&self, minutes: i64) -> Timestamp {
        Timestamp::from_second(NOON + minutes * 60).unwrap()
    }

    /// So many minutes pass.
    pub fn later(&self, minutes: i64) {
        self.place.clock.wall.fetch_add(minutes * 60, Ordering::Relaxed);
    }

    pub fn store(&self) -> Store {
        Store::open(&self.place.store, &StoreOptions::default()).unwrap()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How the sides are read.
    pub fn request(&self) -> Request {
        let events = Some(self.name.clone().into());
        Request { actor: "ana".to_owned(), events, ..Request::default() }
    }

    fn world<T>(&self, work: impl FnOnce(World<'_>) -> T) -> T {
        let progress: Progress = Arc::new(|_, _| {});
        let (adapters, stop) = (&self.adapters, self.place.stop.clone());
        let env: BTreeMap<&str, &str> =
            self.env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        work(World { adapters, env: &env, progress: &progress, stop: &stop })
    }

    /// As `plan --cause` makes it, with a person.
    pub fn planned(&self, cause: Cause, fix: Option<Fix>) -> Planned {
        let selection = Selection { causes: vec![cause], fix, ..Selection::default() };
        self.made(selection, None, Mode::Interactive).unwrap()
    }

    /// As `synchronise` makes it.
    pub fn synchronisation(&self, side: Side) -> Planned {
        self.made(Selection::default(), Some(side), Mode::Interactive).unwrap()
    }

    fn made(
        &self,
        selection: Selection,
        synchronise: Option<Side>,
        mode: Mode,
    ) -> Result<Planned, AppError> {
        let request = self.request();
        let order =
            plan::Order { selection, keys: Vec::new(), synchronise, fresh: true, mode, request };
        self.world(|world| plan::make(&self.settings, &order, world))
    }

    /// The same plan as its file has it.
    #[allow(clippy::unused_self, reason = "a plan is the shop's")]
    pub fn filed(&self, planned: &Planned) -> Filed {
        filed(&document(planned))
    }

    /// With a person who typed this count.
    pub fn order(&self, typed: Option<u64>) -> Order {
        Order {
            mode: Mode::Interactive,
            typed,
            approver: None,
            acknowledged: None,
            keeps: true,
            request: self.request(),
        }
    }

    /// As `apply --yes`, with the count where it is asked for.
    pub fn apply(&self, filed: &Filed) -> Result<Applied, AppError> {
        self.applied(filed, &self.order(Some(guard::count(&filed.plan))))
    }

    pub fn applied(&self, filed: &Filed, order: &Order) -> Result<Applied, AppError> {
        let say = |said: Said<'_>| self.hear(said);
        self.world(|world| apply::apply(&self.settings, filed, order, world, &say))
    }

    /// As `--reconcile --apply CAUSE`.
    pub fn unattended(&self, cause: Cause, dry_run: bool) -> Result<Unattended, AppError> {
        let filing = |planned: &Planned| self.filed(planned);
        let say = |said: Said<'_>| self.hear(said);
        let (asked, request) = ((&[cause][..], dry_run), self.request());
        self.world(|world| {
            apply::unattended(&self.settings, asked, (&request, &filing), world, &say)
        })
    }

    /// By other settings, with the count.
    pub fn applied_by(&self, settings: &Settings, filed: &Filed) -> Result<Applied, AppError> {
        let say = |said: Said<'_>| self.hear(said);
        let order = self.order(Some(guard::count(&filed.plan)));
        self.world(|world| apply::apply(settings, filed, &order, world, &say))
    }

    /// As a run that only reports settles what was left.
    pub fn recovered(&self) -> Result<(), AppError> {
        let say = |said: Said<'_>| self.hear(said);
        let request = self.request();
        self.world(|world| apply::recover_if_free(&self.settings, &request, world, &say))
    }

    /// As `undo RUN`, as its file has it.
    pub fn undo(&self, run: &str) -> Result<Filed, AppError> {
        Ok(filed(&self.undone(run)?.1))
    }

    /// The same, with what is left out.
    pub fn undone(&self, run: &str) -> Result<(FixPlan, PlanDocument), AppError> {
        let (mode, request) = (Mode::Interactive, self.request());
        let (plan, verdict) =
            self.world(|world| plan::undo::make(&self.settings, run, (mode, &request), world))?;
        let document = encode::document(&plan, true, &verdict, &Plain);
        Ok((plan, document))
    }

    /// Begins a plan, and dies.
    pub fn begun(&self, filed: &Filed) -> Vec<StepRow> {
        let store = self.store();
        let lock = store.lock_for_apply().unwrap().unwrap();
        let hand = Hand { run_id: "run-that-died", actor: "ana", approver: None };
        let (begun, planned) = rows(filed, &hand, self.at(0));
        store.begin(&lock, &begun, planned).unwrap()
    }

    /// Another plan's first step, of another record, is sent and verified.
    pub fn removed_by_another(&self, like: &Filed) {
        let mut other = like.clone();
        other.plan.id = "another".to_owned();
        other.plan.steps.truncate(1);
        other.plan.steps[0].send.as_mut().unwrap().key = "entry:another".to_owned();
        let row = self.begun(&other).remove(0);
        let store = self.store();
        let lock = store.lock_for_apply().unwrap().unwrap();
        let (boot_id, boottime) = (String::new(), self.place.clock.peek());
        let (utc, image_hash, before) = (self.at(0), None, None);
        let send = Arrow::Send { boot_id, boottime, utc, image_hash, before };
        let verify = Arrow::Verify { undo: Undoable::No, note: String::new() };
        for arrow in [send, Arrow::Ack { reply: StoredReply::default() }, verify] {
            store.advance(&lock, &row.id(), &arrow, self.at(0)).unwrap();
        }
    }

    fn hear(&self, said: Said<'_>) {
        let word = match said {
            Said::Recovering(n) => format!("recovering {n}"),
            Said::Begun(n) => format!("begun {n}"),
            Said::Step(row) => format!("{} {}", row.seq, row.state.wire()),
            Said::Batch { done, steps } => format!("batch {done}+{steps}"),
            Said::Waiting { .. } => "waiting".to_owned(),
            Said::Paused { pause, .. } => format!("paused {}", pause.as_secs()),
            Said::Collecting => "collecting".to_owned(),
        };
        self.told.borrow_mut().push(word);
    }

    /// What was sent until now, in order; and forgets what was asked.
    pub fn sent(&self) -> Vec<String> {
        let log = std::mem::take(&mut self.books().log);
        assert!(!log.iter().any(|line| line.contains("NOT SENT")), "I1: {log:?}");
        let sent = log.iter().filter_map(|line| line.strip_prefix("send "));
        sent.map(|line| line.trim_end_matches(" while sent").to_owned()).collect()
    }

    /// The MAC that an entry has.
    pub fn mac_of(&self, n: u32) -> String {
        self.books().entries[&n.to_string()]["mac"].clone()
    }
}

/// The states of an apply's steps, in order.
pub fn states(rows: &[StepRow]) -> Vec<&'static str> {
    rows.iter().map(|row| row.state.wire()).collect()
}

/// The file of a plan.
pub fn document(planned: &Planned) -> PlanDocument {
    encode::document(&planned.plan, false, &planned.verdict, &Plain)
}

/// Written to text, and read back.
pub fn filed(document: &PlanDocument) -> Filed {
    let text = serde_json::to_string_pretty(document).unwrap();
    let read: PlanDocument = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *document);
    decode::plan(&read).unwrap()
}

pub fn serial(n: u32) -> String {
    format!("HWTC{n:08X}")
}

pub fn mac(n: u32) -> String {
    format!("00:25:9E:00:00:{n:02X}")
}

pub fn wrong_mac(n: u32) -> String {
    format!("00:25:9E:F0:00:{n:02X}")
}

fn settings(folder: &Path, host: &str, more: &str) -> Settings {
    let path = folder.join("config.toml");
    let text = format!(
        "[profiles.prod]\ntimezone = \"America/Sao_Paulo\"\n\
         [profiles.prod.acs]\nkind = \"genieacs\"\nurl = \"https://{host}\"\n\
         [profiles.prod.provider]\nkind = \"ixc-provedor\"\nurl = \"https://{host}\"\n\
         client_id = \"12\"\nclient_secret_env = \"SECRET\"\n{more}\n"
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let store = Some(folder.join("store"));
    let flags = Flags { config: Some(path), store, ..Flags::default() };
    config::load(&flags, &BTreeMap::<&str, &str>::new()).unwrap()
}
