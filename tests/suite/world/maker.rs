//! Puts a world together, record by record, with the truth of each.
//!
//! Must not do: decide stories; `pairs`, `couples`, `on_acs` and `on_provider` tell them.

use std::collections::{BTreeMap, BTreeSet};

use acerto::domain::event::{CoverageKind, Event, EventKind, Mark};
use acerto::domain::subscriber::{CustomerName, Document, Phone};
use acerto::domain::{AcsDevice, ProviderRecord, Untrusted};
use acerto::engine::Cause;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::boxes::{Cpe, Factory, Person};
use super::{Canon, Shape, Truth, Watch, World, spelling};

/// Hours and days as the stories count them.
pub fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

/// A world in the making.
pub struct Maker {
    pub rng: ChaCha8Rng,
    pub factory: Factory,
    pub shape: Shape,
    pub now: Timestamp,
    /// The ACS's last synchronisation, at dawn.
    pub acs_sync: Timestamp,
    /// The Provider's last one, nine days ago.
    pub provider_sync: Timestamp,
    /// The mass exclusion, four days ago.
    pub exclusion: Timestamp,
    acs: Vec<AcsDevice>,
    provider: Vec<ProviderRecord>,
    acs_gone_today: Vec<AcsDevice>,
    provider_gone_today: Vec<ProviderRecord>,
    marks: Vec<Mark>,
    truth: BTreeMap<String, Truth>,
    remembered: BTreeSet<String>,
    deleted: BTreeSet<String>,
    canon: BTreeMap<String, Canon>,
    counted: u64,
    matched: u64,
    next: u64,
}

impl Maker {
    pub fn new(shape: Shape) -> Self {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let mut maker = Self {
            rng: ChaCha8Rng::seed_from_u64(shape.seed),
            factory: Factory::default(),
            shape,
            now,
            acs_sync: now - hours(9),
            provider_sync: now - hours(9 * 24 + 6),
            exclusion: now - hours(4 * 24 + 7),
            acs: Vec::new(),
            provider: Vec::new(),
            acs_gone_today: Vec::new(),
            provider_gone_today: Vec::new(),
            marks: Vec::new(),
            truth: BTreeMap::new(),
            remembered: BTreeSet::new(),
            deleted: BTreeSet::new(),
            canon: BTreeMap::new(),
            counted: 0,
            matched: 0,
            next: 0,
        };
        maker.watching();
        maker
    }

    /// Coverage, and the synchronisations of both systems as far as anybody wrote them down.
    fn watching(&mut self) {
        let from = self.now - hours(60 * 24);
        let kind = match self.shape.watch {
            Watch::Audit => CoverageKind::Complete,
            Watch::Listener => CoverageKind::Listening,
            Watch::Nobody => return,
        };
        self.marks.extend([Mark::From(kind, from), Mark::To(kind, self.now)]);
        for day in 0..59 {
            self.note(self.acs_sync - hours(24 * day), EventKind::AcsSync, None);
        }
        self.note(self.provider_sync, EventKind::ProviderSync, None);
        if self.shape.watch == Watch::Audit {
            self.note(self.exclusion, EventKind::MassExclusion, None);
            self.note(self.now - hours(7), EventKind::MassExclusion, None);
        }
    }

    fn note(&mut self, time: Timestamp, kind: EventKind, key: Option<&str>) {
        let key = key.map(Untrusted::new);
        self.marks.push(Mark::Event(Event { time, kind, key, note: None }));
    }

    /// Something happened to a box; the source names it by serial or MAC.
    pub fn happened(&mut self, time: Timestamp, kind: EventKind, cpe: &Cpe) {
        let key = if spelling::chance(&mut self.rng, 70) {
            spelling::serial(&mut self.rng, &cpe.serial)
        } else {
            spelling::mac(&mut self.rng, cpe.mac)
        };
        self.note(time, kind, Some(&key));
    }

    fn name(&mut self, letter: char) -> String {
        self.next += 1;
        format!("{letter}{:06}", self.next)
    }

    /// A moment between two others.
    pub fn between(&mut self, from: Timestamp, to: Timestamp) -> Timestamp {
        let seconds = (to - from).as_secs();
        from + SignedDuration::from_secs(self.rng.random_range(0..seconds.max(1)))
    }

    /// A box as the ACS shows it: old, alive, spelled somehow. `login` as configured on it.
    pub fn device(&mut self, cpe: &Cpe, login: Option<&str>) -> AcsDevice {
        let id = self.name('A');
        let registered = self.between(self.now - hours(500 * 24), self.now - hours(30 * 24));
        let last_inform = self.between(self.now - hours(1), self.now);
        let macs: Vec<u64> = (0..self.rng.random_range(1..=3)).map(|i| cpe.mac + i).collect();
        let canon = Canon {
            serial: Some(cpe.serial.clone()),
            macs: macs.clone(),
            login: login.map(str::to_owned),
        };
        self.canon.insert(id.clone(), canon);
        let n = self.next;
        AcsDevice {
            id: Untrusted::new(&id),
            serial: Some(Untrusted::new(&spelling::serial(&mut self.rng, &cpe.serial))),
            oui: Some(Untrusted::new(&format!("{:06X}", cpe.mac >> 24))),
            product_class: Some(Untrusted::new(cpe.model)),
            manufacturer: Some(Untrusted::new(cpe.maker)),
            model: Some(Untrusted::new(cpe.model)),
            macs: macs.iter().map(|&m| Untrusted::new(&spelling::mac(&mut self.rng, m))).collect(),
            pppoe_login: login.map(|l| Untrusted::new(&spelling::login(&mut self.rng, l))),
            firmware: Some(Untrusted::new("V5R022")),
            wan_ip: Some(Untrusted::new(&format!(
                "100.{}.{}.{}",
                64 + n / 65_536,
                n / 256 % 256,
                n % 256
            ))),
            last_inform: Some(last_inform),
            registered: Some(registered),
            ..AcsDevice::default()
        }
    }

    /// A person's login, without a device.
    pub fn login_row(&mut self, person: &Person) -> ProviderRecord {
        let id = person.n.to_string();
        ProviderRecord {
            login_id: Some(Untrusted::new(&id)),
            login: Some(Untrusted::new(&spelling::login(&mut self.rng, &person.login))),
            active: Some(true),
            customer_id: Some(Untrusted::new(&id)),
            customer_name: Some(CustomerName(Untrusted::new(&person.name))),
            document: Some(Document(Untrusted::new("111.222.333-00"))),
            phone: Some(Phone(Untrusted::new(&format!("(47) 90000-{:04}", person.n % 10_000)))),
            contract_id: Some(Untrusted::new(&format!("7{id}"))),
            contract_status: Some(Untrusted::new("A")),
            plan: Some(Untrusted::new("FIBRA 500")),
            plan_down_kbps: Some(512_000),
            plan_up_kbps: Some(256_000),
            registered: Some(self.now - hours(600 * 24)),
            ..ProviderRecord::default()
        }
    }

    /// A device entry of a box and its person, confirmed at dawn where the source tells that.
    pub fn entry(&mut self, cpe: &Cpe, person: &Person) -> ProviderRecord {
        let id = self.name('D');
        let canon = Canon {
            serial: Some(cpe.serial.clone()),
            macs: vec![cpe.mac],
            login: Some(person.login.clone()),
        };
        self.canon.insert(id.clone(), canon);
        let mut row = self.login_row(person);
        row.device_id = Some(Untrusted::new(&id));
        row.serial = Some(Untrusted::new(&spelling::serial(&mut self.rng, &cpe.serial)));
        row.mac = Some(Untrusted::new(&spelling::mac(&mut self.rng, cpe.mac)));
        row.model = Some(Untrusted::new(cpe.model));
        row.linked = spelling::chance(&mut self.rng, 50).then_some(true);
        row.synchronised = self.confirmed(self.acs_sync);
        row
    }

    /// A time of `synchronised`, where the Provider tells it at all.
    pub fn confirmed(&self, at: Timestamp) -> Option<Timestamp> {
        self.shape.synchronised.then_some(at)
    }

    /// What a record really is, where it is not what it was made from.
    pub fn really(&mut self, name: &Untrusted, canon: Canon) {
        self.canon.insert(name.raw().to_owned(), canon);
    }

    pub fn push_acs(&mut self, device: AcsDevice, truth: Option<(Cause, bool)>) {
        self.tell(device.id.raw(), truth);
        self.acs.push(device);
    }

    /// Adds a row of the Provider; `counted` is the maker's own word on R1.
    pub fn push_entry(&mut self, row: ProviderRecord, counted: bool, truth: Option<(Cause, bool)>) {
        let name = row.device_id.as_ref().map(|id| id.raw().to_owned()).unwrap_or_default();
        self.tell(&name, truth);
        self.counted += u64::from(counted);
        self.provider.push(row);
    }

    pub fn push_login(&mut self, row: ProviderRecord) {
        self.provider.push(row);
    }

    /// A pair that is matched.
    pub fn push_pair(&mut self, device: AcsDevice, row: ProviderRecord, drift: bool) {
        let truth = drift.then_some((Cause::FieldDrift, true));
        self.push_acs(device, truth);
        self.push_entry(row, true, truth);
        self.matched += 1;
    }

    /// A device that was in the ACS yesterday and is not today.
    pub fn was_there_yesterday(&mut self, device: AcsDevice) {
        self.acs_gone_today.push(device);
    }

    /// A pair deleted by hand today, as both sides had it yesterday.
    pub fn deleted_today(&mut self, device: AcsDevice, row: ProviderRecord) {
        self.deleted.insert(device.id.raw().to_owned());
        self.acs_gone_today.push(device);
        self.provider_gone_today.push(row);
    }

    /// Yesterday's lists prove what becomes of this couple.
    pub fn memory_proves(&mut self, device: &AcsDevice, row: &ProviderRecord) {
        let names = [Some(&device.id), row.device_id.as_ref()];
        self.remembered.extend(names.into_iter().flatten().map(|n| n.raw().to_owned()));
    }

    fn tell(&mut self, name: &str, truth: Option<(Cause, bool)>) {
        if let Some((cause, provable)) = truth {
            self.truth.insert(name.to_owned(), Truth { cause, provable });
        }
    }

    /// The finished world, in no particular order.
    pub fn finish(mut self) -> World {
        let at = self.now - hours(24);
        let mut acs_yesterday: Vec<AcsDevice> =
            self.acs.iter().filter(|d| d.registered.is_none_or(|r| r <= at)).cloned().collect();
        acs_yesterday.extend(self.acs_gone_today);
        for device in &mut acs_yesterday {
            device.last_inform = device.last_inform.map(|t| t.min(at - hours(1)));
        }
        let mut provider_yesterday: Vec<ProviderRecord> = self.provider.clone();
        provider_yesterday.extend(self.provider_gone_today);
        for row in &mut provider_yesterday {
            row.synchronised = row.synchronised.map(|t| if t > at { t - hours(24) } else { t });
        }
        self.acs.shuffle(&mut self.rng);
        self.provider.shuffle(&mut self.rng);
        self.marks.shuffle(&mut self.rng);
        World {
            shape: self.shape,
            now: self.now,
            acs: self.acs,
            provider: self.provider,
            acs_yesterday,
            provider_yesterday,
            marks: self.marks,
            truth: self.truth,
            remembered: self.remembered,
            deleted: self.deleted,
            canon: self.canon,
            counted: self.counted,
            matched: self.matched,
        }
    }
}
