//! The engine against the lab's world: daily runs, each finding judged by what really happened.
//!
//! Must not do: use an adapter; both sides are read straight from the world, as an adapter that
//! makes no mistake would.

use std::collections::BTreeMap;

use acerto::domain::{
    AcsDevice, AnySnapshot, EventLog, ProviderRecord, SnapshotMeta, Supplies, Untrusted,
};
use acerto::engine::{Baseline, Input, Reconciliation, Rules, Strength, reconcile};
use acerto::lab::world::{Cpe, LOGINS, ONUS, Plan, Row, Truth, World, cell, id_in};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::judge;
use crate::memory;

/// The ISP's zone, in which the Provider writes its times.
const ZONE: Offset = Offset::constant(-3);

fn text(value: &str) -> Option<Untrusted> {
    Untrusted::present(value)
}

fn time(value: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", value).ok()?;
    ZONE.to_timestamp(civil).ok()
}

fn device(cpe: &Cpe) -> AcsDevice {
    AcsDevice {
        id: Untrusted::new(&cpe.serial),
        serial: text(&cpe.serial),
        oui: text(&cpe.oui),
        model: text(&cpe.model),
        macs: cpe.macs.iter().filter_map(|m| text(m)).collect(),
        pppoe_login: cpe.pppoe_login.as_deref().and_then(text),
        wan_ip: cpe.wan_ip.as_deref().and_then(text),
        last_inform: Some(cpe.last_inform),
        registered: Some(cpe.registered),
        ..AcsDevice::default()
    }
}

fn of_login(id: u64, row: &Row) -> ProviderRecord {
    ProviderRecord {
        login_id: text(&id.to_string()),
        login: text(cell(row, "login")),
        active: Some(cell(row, "ativo") == "S"),
        mac: text(cell(row, "mac")),
        wan_ip: text(cell(row, "ip")),
        ..ProviderRecord::default()
    }
}

/// The Provider's device set as IXC.md section 1 describes it.
fn records(world: &World) -> Vec<ProviderRecord> {
    let mut records = Vec::new();
    let mut with_onu = Vec::new();
    for (id, row) in world.provider.rows(ONUS) {
        let login = id_in(row, "id_login").filter(|l| world.provider.row(LOGINS, *l).is_some());
        let base = login.and_then(|l| Some(of_login(l, world.provider.row(LOGINS, l)?)));
        with_onu.extend(login);
        records.push(ProviderRecord {
            device_id: text(&id.to_string()),
            serial: text(cell(row, "mac")),
            linked: Some(login.is_some()),
            registered: time(cell(row, "data_cadastro")),
            synchronised: time(cell(row, "ultima_sincronizacao")),
            model: text(cell(row, "onu_tipo")),
            ..base.unwrap_or_default()
        });
    }
    for (id, row) in world.provider.rows(LOGINS).filter(|(id, _)| !with_onu.contains(id)) {
        let mut record = of_login(id, row);
        record.serial = text(cell(row, "onu_mac"));
        if record.serial.is_some() || record.mac.is_some() {
            record.device_id = text(&format!("login-{id}"));
            record.linked = Some(true);
            record.registered = time(cell(row, "data_cadastro"));
            record.synchronised = time(cell(row, "ultima_sincronizacao"));
        }
        records.push(record);
    }
    records
}

fn sides(world: &World) -> (AnySnapshot<AcsDevice>, AnySnapshot<ProviderRecord>) {
    let mut acs = SnapshotMeta::at(world.now());
    acs.last_synchronised = world.acs.last_synchronised;
    let devices = world.acs.cpes.values().map(device).collect();
    let mut provider = SnapshotMeta::at(world.now());
    let rows = records(world);
    let synchronised = rows.iter().any(|r| r.synchronised.is_some());
    provider.supplies = Supplies { synchronised, active: true, integrated: false };
    (AnySnapshot::new(acs, devices), AnySnapshot::new(provider, rows))
}

/// Each record that is in a difference, and why.
type Causes = BTreeMap<String, &'static str>;

fn true_causes(truth: &Truth) -> Causes {
    let mut causes = Causes::new();
    for d in &truth.differences {
        causes.extend(d.acs.iter().map(|id| (format!("A {id}"), d.cause)));
        if d.cause != GONE {
            causes.extend(d.provider.iter().map(|id| (format!("P {id}"), d.cause)));
        }
    }
    causes
}

fn told_causes(answer: &Reconciliation) -> (Causes, Vec<String>) {
    let (mut causes, mut proven) = (Causes::new(), Vec::new());
    for f in &answer.findings {
        let acs = f.acs.iter().map(|d| format!("A {}", d.id.raw()));
        let entries = f.provider.iter().filter(|_| f.cause.wire() != GONE);
        let entries = entries.filter_map(|r| r.device_id.as_ref());
        for record in acs.chain(entries.map(|id| format!("P {}", id.raw()))) {
            if f.strength == Strength::Proven {
                proven.push(record.clone());
            }
            causes.insert(record, f.cause.wire());
        }
    }
    (causes, proven)
}

/// Its entry is told as it was: by now it may be another device's.
const GONE: &str = "manual-delete";

#[derive(Default)]
struct Score {
    right: usize,
    of: usize,
    confusion: BTreeMap<(&'static str, &'static str), usize>,
    proven_wrong: Vec<String>,
    broken: Vec<String>,
}

impl Score {
    fn judge(&mut self, truth: &Truth, answer: &Reconciliation, is_first: bool) {
        let mut wanted = true_causes(truth);
        if is_first {
            // Without a day before nothing can be said to have changed.
            wanted.retain(|_, cause| *cause != "manual-delete");
        }
        let (told, proven) = told_causes(answer);
        for record in wanted.keys().chain(told.keys().filter(|r| !wanted.contains_key(*r))) {
            let (want, got) = (wanted.get(record), told.get(record));
            self.of += 1;
            if want == got {
                self.right += 1;
                continue;
            }
            let pair = (*want.unwrap_or(&"nothing"), *got.unwrap_or(&"nothing"));
            *self.confusion.entry(pair).or_default() += 1;
            if proven.contains(record) {
                self.proven_wrong.push(format!("{} {record}: {pair:?}", truth.now));
            }
        }
        let counts = (answer.acs.devices, answer.provider.devices, answer.matched);
        let real = [truth.counts.acs, truth.counts.provider, truth.counts.matched];
        if [counts.0, counts.1, counts.2] != real.map(|n| n as u64) {
            self.broken.push(format!("{}: {counts:?} instead of {real:?}", truth.now));
        }
    }

    fn accuracy(&self) -> f64 {
        let [right, of] = [self.right, self.of].map(|n| f64::from(u32::try_from(n).unwrap()));
        right / of.max(1.0)
    }

    fn told(&self) -> String {
        let (first, more) = (self.proven_wrong.iter().take(8), self.proven_wrong.len());
        format!(
            "{:.4} of {}: {:?}\nwrongly proven {more}: {:#?}\n{:#?}",
            self.accuracy(),
            self.of,
            self.confusion,
            first.collect::<Vec<_>>(),
            self.broken
        )
    }
}

fn heard(world: &World, from: Timestamp) -> EventLog {
    let file = tempfile::Builder::new().suffix(".ndjson").tempfile().unwrap();
    std::fs::write(file.path(), world.events(from, false)).unwrap();
    let read = acerto::event_file::read(file.path(), &TimeZone::UTC, true).unwrap();
    EventLog::from_marks(read.marks)
}

/// Reconciles once a day for so many days.
fn score(seed: u64, with_events: bool, days: u32) -> Score {
    let end: Timestamp = "2026-11-23T19:20:00Z".parse().unwrap();
    let mut world = World::new(&Plan { seed, devices: 500, days: 120, end });
    let mut rules = Rules { mass_exclusion_days: Some(30), ..Rules::default() };
    rules.drift.sort_unstable();
    let (mut score, mut baseline) = (Score::default(), Baseline::default());
    let mut from = world.start();
    for day in 0..days {
        if with_events {
            baseline = memory::hear(baseline, heard(&world, from));
            from = world.now();
        }
        let (acs, provider) = sides(&world);
        let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
        let answer = reconcile(&input);
        score.broken.extend(judge::broken(&input, &answer));
        // From snapshots alone the first weeks have no memory to judge by.
        if with_events || day >= WARM_UP {
            score.judge(&world.truth(), &answer, day == 0);
        }
        baseline = memory::remember("yesterday", &input, &answer);
        world.advance_hours(24);
    }
    score
}

/// Days of snapshots after which the bar for snapshots alone holds.
const WARM_UP: u32 = 16;

#[test]
fn with_an_audit_log_nearly_all_is_told_and_nothing_is_wrongly_proven() {
    for seed in 1..=3 {
        let score = score(seed, true, 10);
        let sound = score.proven_wrong.is_empty() && score.broken.is_empty();
        assert!(sound && score.accuracy() >= 0.99, "seed {seed}: {}", score.told());
    }
}

#[test]
fn from_daily_snapshots_alone_most_is_told() {
    for seed in [3, 5] {
        let score = score(seed, false, WARM_UP + 8);
        let sound = score.proven_wrong.is_empty() && score.broken.is_empty();
        assert!(sound && score.accuracy() >= 0.95, "seed {seed}: {}", score.told());
    }
}
