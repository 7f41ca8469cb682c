//! What holds of every world, however unlikely: identities from tiny alphabets collide.
//!
//! Must not do: expect a cause. Only what the contract promises of any answer is asked.

use std::collections::BTreeSet;
use std::fmt;

use acerto::domain::event::{CoverageKind, Event, EventKind, EventLog, Mark};
use acerto::domain::{
    AcsDevice, AnySnapshot, Call, Change, ProviderChange, ProviderRecord, SnapshotMeta, Undo,
    Untrusted,
};
use acerto::engine::plan::{
    Abilities, FixPlan, Letterhead, Record, Selection, Send, Step, Wanted, Whole, check, plan,
};
use acerto::engine::{Baseline, Cause, Fix, Input, Reconciliation, Rules, reconcile};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::judge::{self, acs_name, provider_name};
use crate::memory;

const SERIALS: [&str; 9] = [
    "HWTC00000001",
    "HWTC00000002",
    "4857544300000001",
    "HWTC0000000",
    "ZTEGC0000001",
    "0000000000000000",
    "00:25:9E:00:00:01",
    "00259E000002",
    "GPONROUTER",
];
const MACS: [&str; 6] = [
    "00:25:9E:00:00:01",
    "00259e000002",
    "0025.9e00.0003",
    "00:00:00:00:00:00",
    "HWTC00000001",
    "D0:60:8C:00:00:01",
];
const LOGINS: [&str; 6] = ["ana", "ANA@isp", "ana@other", "bia", "teste", "caio"];
const IPS: [&str; 2] = ["100.64.0.1", "100.64.0.2"];

pub fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn text(of: &'static [&'static str]) -> impl Strategy<Value = Option<Untrusted>> {
    proptest::option::of(select(of).prop_map(Untrusted::new))
}

/// Some time of the last hundred days, in coarse steps so that times coincide too.
fn time() -> impl Strategy<Value = Timestamp> {
    select(&[0_i64, 1, 3, 9, 10, 30, 48, 100, 200, 400, 2_400][..])
        .prop_map(|h| now() - SignedDuration::from_hours(h))
}

fn device() -> impl Strategy<Value = AcsDevice> {
    let macs = proptest::collection::vec(select(&MACS[..]).prop_map(Untrusted::new), 0..3);
    let link = proptest::option::weighted(0.1, select(&["P0", "P1", "P2"][..]));
    let times = (proptest::option::of(time()), proptest::option::of(time()));
    (text(&SERIALS), macs, text(&LOGINS), text(&IPS), times, link).prop_map(
        |(serial, macs, pppoe_login, wan_ip, (last_inform, registered), link)| AcsDevice {
            serial,
            macs: macs.into(),
            pppoe_login,
            wan_ip,
            last_inform,
            registered,
            provider_device_id: link.map(Untrusted::new),
            ..AcsDevice::default()
        },
    )
}

fn row() -> impl Strategy<Value = ProviderRecord> {
    let yes_no = || proptest::option::of(any::<bool>());
    let times = (proptest::option::of(time()), proptest::option::of(time()));
    let link = proptest::option::weighted(0.1, select(&["A0", "A1", "A2"][..]));
    (text(&SERIALS), text(&MACS), text(&LOGINS), text(&IPS), yes_no(), yes_no(), times, link)
        .prop_map(|(serial, mac, login, wan_ip, active, linked, times, link)| ProviderRecord {
            serial,
            mac,
            login,
            wan_ip,
            active,
            linked,
            registered: times.0,
            synchronised: times.1,
            acs_id: link.map(Untrusted::new),
            ..ProviderRecord::default()
        })
}

fn mark() -> impl Strategy<Value = Mark> {
    use CoverageKind::{Complete, Listening};
    use EventKind::{AcsSync, DeviceAdded, DeviceDeleted, MassExclusion, ProviderSync};
    let kinds = vec![AcsSync, DeviceAdded, DeviceDeleted, MassExclusion, ProviderSync];
    let key = prop_oneof![text(&SERIALS), text(&MACS)];
    let event = (time(), select(kinds), key)
        .prop_map(|(time, kind, key)| Mark::Event(Event { time, kind, key, note: None }));
    let bound = (time(), any::<bool>(), any::<bool>()).prop_map(|(at, complete, from)| {
        let kind = if complete { Complete } else { Listening };
        if from { Mark::From(kind, at) } else { Mark::To(kind, at) }
    });
    prop_oneof![3 => event, 1 => bound]
}

/// Both lists and a log, every record with a name of its own.
#[derive(Clone)]
pub struct Small {
    pub acs: Vec<AcsDevice>,
    pub provider: Vec<ProviderRecord>,
    pub marks: Vec<Mark>,
}

/// A line a record, without the fields that no property sets.
impl fmt::Debug for Small {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for d in &self.acs {
            let times = (d.registered, d.last_inform);
            let link = &d.provider_device_id;
            let AcsDevice { id, serial, macs, pppoe_login, wan_ip, .. } = d;
            writeln!(
                f,
                "\n {id} {serial:?} {macs:?} {pppoe_login:?} {wan_ip:?} {link:?} {times:?}"
            )?;
        }
        for p in &self.provider {
            let times = (p.registered, p.synchronised);
            let state = (p.active, p.linked, &p.acs_id);
            let who = (&p.device_id, &p.serial, &p.mac, &p.login, &p.wan_ip);
            writeln!(f, "\n {who:?} active, linked, link {state:?} {times:?}")?;
        }
        writeln!(f, "\n {:?}", self.marks)
    }
}

fn named_acs(mut devices: Vec<AcsDevice>) -> Vec<AcsDevice> {
    for (n, device) in devices.iter_mut().enumerate() {
        device.id = Untrusted::new(&format!("A{n}"));
    }
    devices
}

/// Entries get a device id, logins an id of their own; what names nothing is left out.
fn named_rows(rows: Vec<ProviderRecord>) -> Vec<ProviderRecord> {
    let mut named: Vec<_> = rows.into_iter().filter(|r| r.is_entry() || r.has_login()).collect();
    for (n, row) in named.iter_mut().enumerate() {
        if row.login.is_some() {
            row.login_id = Some(Untrusted::new(&format!("L{n}")));
        }
        if row.serial.is_some() || row.mac.is_some() {
            row.device_id = Some(Untrusted::new(&format!("P{n}")));
        } else {
            // a login without a device is known by its name: keep those apart
            row.login = Some(Untrusted::new(&format!("login{n}")));
        }
    }
    named
}

pub fn small() -> impl Strategy<Value = Small> {
    let acs = proptest::collection::vec(device(), 0..9).prop_map(named_acs);
    let provider = proptest::collection::vec(row(), 0..9).prop_map(named_rows);
    let marks = proptest::collection::vec(mark(), 0..8);
    (acs, provider, marks).prop_map(|(acs, provider, marks)| Small { acs, provider, marks })
}

fn meta(rows: &[ProviderRecord], partial: bool) -> SnapshotMeta {
    let mut meta = SnapshotMeta::at(now());
    meta.supplies.synchronised = rows.iter().any(|r| r.synchronised.is_some());
    meta.supplies.active = true;
    meta.bad_count = u64::from(partial);
    meta
}

impl Small {
    fn baseline(&self) -> Baseline {
        let log = EventLog::from_marks(self.marks.iter().cloned());
        Baseline { log, ..Baseline::default() }
    }

    pub fn sides(
        &self,
        partial: (bool, bool),
    ) -> (AnySnapshot<AcsDevice>, AnySnapshot<ProviderRecord>) {
        (
            AnySnapshot::new(meta(&[], partial.0), self.acs.clone()),
            AnySnapshot::new(meta(&self.provider, partial.1), self.provider.clone()),
        )
    }

    fn answer(&self, baseline: &Baseline, partial: (bool, bool)) -> (Reconciliation, Vec<String>) {
        let (acs, provider) = self.sides(partial);
        let rules = Rules::default();
        let input = Input { acs: &acs, provider: &provider, baseline, rules: &rules };
        let answer = reconcile(&input);
        let broken = judge::broken(&input, &answer);
        (answer, broken)
    }
}

/// An answer without the order of the records inside a finding.
fn settled(mut answer: Reconciliation) -> Reconciliation {
    for finding in &mut answer.findings {
        finding.acs.sort_by_key(acs_name);
        finding.provider.sort_by_key(provider_name);
    }
    answer
}

fn shuffled<T: Clone>(items: &[T], by: &[Index]) -> Vec<T> {
    let mut items = items.to_vec();
    for (at, to) in (0..items.len()).zip(by) {
        let to = to.index(items.len());
        items.swap(at, to);
    }
    items
}

fn swaps() -> impl Strategy<Value = Vec<Index>> {
    proptest::collection::vec(any::<Index>(), 10)
}

/// Both sides say the same of a record here, so that they can change places.
fn mirrored(world: &Small) -> (Small, Small) {
    let plain: Vec<(Option<Untrusted>, Option<Untrusted>, Option<Untrusted>)> = world
        .provider
        .iter()
        .filter(|r| r.is_entry())
        .map(|r| (r.serial.clone(), r.mac.clone(), r.login.clone()))
        .collect();
    let other: Vec<_> = world
        .acs
        .iter()
        .filter(|d| d.serial.is_some() || !d.macs.is_empty())
        .map(|d| (d.serial.clone(), d.macs.first().cloned(), d.pppoe_login.clone()))
        .collect();
    let acs = |side: &[(Option<Untrusted>, Option<Untrusted>, Option<Untrusted>)]| {
        let devices = side.iter().map(|(serial, mac, login)| AcsDevice {
            serial: serial.clone(),
            macs: mac.iter().cloned().collect(),
            pppoe_login: login.clone(),
            ..AcsDevice::default()
        });
        named_acs(devices.collect())
    };
    let provider = |side: &[(Option<Untrusted>, Option<Untrusted>, Option<Untrusted>)]| {
        let rows = side.iter().enumerate().map(|(n, (serial, mac, login))| ProviderRecord {
            device_id: Some(Untrusted::new(&format!("P{n}"))),
            serial: serial.clone(),
            mac: mac.clone(),
            // every entry is counted, with a login that pairs nobody where it had none
            login: login.clone().or_else(|| Some(Untrusted::new(&format!("none{n}")))),
            login_id: Some(Untrusted::new(&format!("L{n}"))),
            ..ProviderRecord::default()
        });
        rows.collect()
    };
    let here = Small { acs: acs(&other), provider: provider(&plain), marks: Vec::new() };
    let there = Small { acs: acs(&plain), provider: provider(&other), marks: Vec::new() };
    (here, there)
}

fn members(answer: &Reconciliation, acs: bool) -> BTreeSet<String> {
    let groups = answer.findings.iter().filter(|f| f.cause == Cause::Duplicate);
    let number = |name: String| name[1..].to_owned();
    groups
        .flat_map(|f| {
            if acs {
                f.acs.iter().map(|d| number(acs_name(d))).collect::<Vec<_>>()
            } else {
                f.provider.iter().map(|p| number(provider_name(p))).collect()
            }
        })
        .collect()
}

/// Failing inputs are printed whole; nothing is written beside the tests. `PROPTEST_CASES`
/// asks for more.
/// Both systems can be asked for everything; each change is one request of its own record.
struct Able;

impl Abilities for Able {
    fn propose(&self, change: &Change, _: &Record) -> Result<Vec<Send>, String> {
        let key = match change {
            Change::Provider(ProviderChange::Set { row, .. }) => format!("{row:?}"),
            other => format!("{other:?}"),
        };
        let call = Call {
            method: "PUT".to_owned(),
            path: "/".to_owned(),
            body: Vec::new(),
            whole_row: true,
        };
        Ok(vec![Send { change: change.clone(), key, call, undo: Undo::Tries }])
    }
}

fn planned(answer: &Reconciliation, fix: Option<Fix>, headless: bool) -> FixPlan {
    let wanted = Wanted {
        findings: &answer.findings,
        between: &answer.between,
        whole: Whole::remembered(answer),
        abilities: &Able,
        acs_at: answer.acs.fetched_at,
        absence: SignedDuration::from_hours(6),
    };
    let head = Letterhead {
        id: "p".to_owned(),
        parent: "r".to_owned(),
        profile: "prod".to_owned(),
        generation: 1,
        made: now(),
        planner: "ana".to_owned(),
    };
    plan(wanted, &Selection { fix, headless, ..Selection::default() }, head)
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    let cases = cases.unwrap_or(1_000);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_answer_is_sound(world in small()) {
        let (_, broken) = world.answer(&world.baseline(), (false, false));
        prop_assert!(broken.is_empty(), "{broken:#?}");
    }

    #[test]
    fn any_second_answer_is_sound(before in small(), after in small()) {
        let (acs, provider) = before.sides((false, false));
        let (rules, baseline) = (Rules::default(), before.baseline());
        let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
        let memory = memory::remember("one", &input, &reconcile(&input));
        let memory = memory::hear(memory, after.baseline().log);
        let (_, broken) = after.answer(&memory, (false, false));
        prop_assert!(broken.is_empty(), "{broken:#?}");
    }

    #[test]
    fn the_order_of_the_input_means_nothing(world in small(), by in swaps()) {
        let other = Small {
            acs: shuffled(&world.acs, &by),
            provider: shuffled(&world.provider, &by),
            marks: shuffled(&world.marks, &by),
        };
        let (one, _) = world.answer(&world.baseline(), (false, false));
        let (two, _) = other.answer(&other.baseline(), (false, false));
        let (one, two) = (settled(one), settled(two));
        for (a, b) in one.findings.iter().zip(&two.findings) {
            prop_assert_eq!(a, b);
        }
        prop_assert_eq!(one, two);
    }

    #[test]
    fn the_same_again_changes_nothing(world in small()) {
        let (acs, provider) = world.sides((false, false));
        let (rules, baseline) = (Rules::default(), world.baseline());
        let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
        let first = reconcile(&input);
        let memory = memory::remember("one", &input, &first);
        let (second, broken) = world.answer(&memory, (false, false));
        prop_assert!(broken.is_empty(), "{broken:#?}");
        prop_assert_eq!(first.matched, second.matched);
        prop_assert!(second.since.acs.rows.is_empty() && second.since.provider.rows.is_empty());
        let keys = |r: &Reconciliation| -> BTreeSet<String> {
            r.findings.iter().map(|f| format!("{:?}", f.keys)).collect()
        };
        prop_assert_eq!(keys(&first), keys(&second));
        prop_assert!(second.resolved.is_empty(), "{:?}", second.resolved);
    }

    #[test]
    fn a_partial_side_proves_no_absence(world in small(), which in 0_u8..3) {
        let partial = (which != 0, which != 1);
        let (answer, broken) = world.answer(&world.baseline(), partial);
        prop_assert!(broken.is_empty(), "{broken:#?}");
        prop_assert!(!partial.0 || answer.departures.is_empty());
    }

    /// Whatever was found: no plan holds a step that the checker would not let pass, and none
    /// removes where a side was not read whole.
    #[test]
    fn every_plan_is_one_that_its_findings_allow(
        before in small(), after in small(), headless in any::<bool>(), which in 0_u8..4,
    ) {
        let (acs, provider) = before.sides((false, false));
        let (rules, baseline) = (Rules::default(), before.baseline());
        let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
        let memory = memory::remember("one", &input, &reconcile(&input));
        let memory = memory::hear(memory, after.baseline().log);
        let (answer, _) = after.answer(&memory, (which == 1, which == 2));
        for fix in Fix::ALL.iter().copied().map(Some).chain([None]) {
            let plan = planned(&answer, fix, headless);
            let whole = Whole::remembered(&answer);
            prop_assert_eq!(check(&plan, &answer.findings, whole), vec![]);
            prop_assert!(whole.is_some() || !plan.removes());
            for finding in &answer.findings {
                let ends = |s: &Step| s.because == finding.id || s.also.contains(&finding.id);
                let skipped = plan.skipped.iter().any(|s| s.because == finding.id);
                prop_assert!(plan.steps.iter().any(ends) || skipped, "{:?}", finding);
            }
        }
    }

    #[test]
    fn mirrored_sides_mirror_the_pairing(world in small()) {
        let (here, there) = mirrored(&world);
        let (one, _) = here.answer(&Baseline::default(), (false, false));
        let (two, _) = there.answer(&Baseline::default(), (false, false));
        prop_assert_eq!(one.matched, two.matched);
        prop_assert_eq!(members(&one, true), members(&two, false));
        prop_assert_eq!(members(&one, false), members(&two, true));
    }
}
