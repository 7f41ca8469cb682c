//! An invented ISP for the store's tests: devices, entries, findings, and how a day changes them.
//!
//! Must not do: touch a store. People are invented; CPFs have wrong check digits.

use acerto::domain::subscriber::{CustomerName, Document, Phone};
use acerto::domain::{
    AcsDevice, AnySnapshot, DeviceKey, Extra, ProviderRecord, Side, SnapshotMeta, Supplies, Tags,
    Untrusted,
};
use acerto::engine::{
    Between, Candidate, Cause, Change, Evidence, EvidenceKind, Field, FieldDrift, Finding, Fix,
    Ignored, Informed, Projected, Projection, Reason, Reconciliation, Related, Removal, Resolved,
    ResolvedHow, SideCounts, Since, SinceSide, State, Strength, Tombstone, Warning, WarningCode,
};
use acerto::store::{JournalCounts, NetCounts, Run};
use jiff::{SignedDuration, Timestamp};

/// The first day, at dawn.
pub const EPOCH: i64 = 1_760_000_000;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn text(value: impl AsRef<str>) -> Option<Untrusted> {
    Untrusted::present(value.as_ref())
}

/// A number that looks random and is the same every time.
pub fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xd1b5_4a32_d192_ed03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 32)
}

/// How often device `i` was changed until `day`, at 2 % a day.
fn version(i: u64, day: u64) -> u64 {
    (1..=day).filter(|d| mix(i, *d).is_multiple_of(50)).count() as u64
}

pub fn acs_device(i: u64, day: u64) -> AcsDevice {
    let now = EPOCH + day.cast_signed() * DAY;
    let late = (mix(i, day + 1_000) % 3_600).cast_signed();
    AcsDevice {
        id: Untrusted::new(&format!("00259E-HG8145V5-HWTC{i:08X}")),
        serial: text(format!("HWTC{i:08X}")),
        oui: text("00259E"),
        product_class: text("HG8145V5"),
        manufacturer: text("Huawei Technologies Co., Ltd"),
        model: text(if i.is_multiple_of(3) { "HG8145V5" } else { "EG8145X6" }),
        macs: [Untrusted::new(&format!(
            "00:25:9E:{:02X}:{:02X}:{:02X}",
            i >> 16 & 255,
            i >> 8 & 255,
            i & 255
        ))]
        .into(),
        pppoe_login: text(format!("cliente{i}@isp.example")),
        firmware: text(format!("V5R020C10S{:03}", 100 + version(i, day))),
        wan_ip: text(format!("100.64.{}.{}", i >> 8 & 255, i & 255)),
        last_inform: Some(at(now - late)),
        registered: Some(at(EPOCH - 90 * DAY + i.cast_signed() * 37)),
        tags: i.is_multiple_of(10).then(|| Untrusted::new("fibra")).into_iter().collect(),
        provider_device_id: text(i.to_string()),
        integrated: Some(!i.is_multiple_of(40)),
        extra: [(0, Untrusted::new(&format!("OLT-{}", i % 12)))].into(),
    }
}

pub fn provider_record(i: u64, day: u64) -> ProviderRecord {
    let now = EPOCH + day.cast_signed() * DAY;
    ProviderRecord {
        trade_name: None,
        device_id: text(i.to_string()),
        serial: text(format!("HWTC{i:08X}")),
        mac: None,
        login_id: text((50_000 + i).to_string()),
        login: text(format!("cliente{i}@isp.example")),
        active: Some(!i.is_multiple_of(41)),
        linked: Some(true),
        registered: Some(at(EPOCH - 90 * DAY + i.cast_signed() * 37)),
        synchronised: Some(at(now - 3 * 3_600)),
        customer_id: text((9_000 + i).to_string()),
        customer_name: Some(CustomerName(Untrusted::new(&format!("Ana Teste {i}")))),
        document: Some(Document(Untrusted::new(&format!("{:03}.456.789-00", i % 1_000)))),
        phone: Some(Phone(Untrusted::new(&format!("(47) 90000-{:04}", i % 10_000)))),
        contract_id: text((7_000 + i).to_string()),
        contract_status: text("A"),
        plan: text(format!("FIBRA {}M", 100 * (1 + (i + version(i, day)) % 6))),
        plan_down_kbps: Some(100_000),
        plan_up_kbps: Some(50_000),
        wan_ip: text(format!("100.64.{}.{}", i >> 8 & 255, i & 255)),
        model: text("HG8145V5"),
        acs_id: text(format!("00259E-HG8145V5-HWTC{i:08X}")),
        online: Some(!mix(i, day).is_multiple_of(9)),
        last_online: Some(at(now - (mix(i, day + 7) % 7_200).cast_signed())),
        extra: [(0, Untrusted::new("SC")), (1, Untrusted::new("ana@mail.example"))].into(),
    }
}

pub fn acs_meta(day: u64) -> SnapshotMeta {
    SnapshotMeta {
        extra_columns: vec!["olt".into()],
        supplies: Supplies { synchronised: false, active: false, integrated: true },
        ..SnapshotMeta::at(at(EPOCH + day.cast_signed() * DAY))
    }
}

pub fn provider_meta(day: u64) -> SnapshotMeta {
    SnapshotMeta {
        extra_columns: vec!["uf".into(), "e-mail".into()],
        supplies: Supplies { synchronised: true, active: true, integrated: false },
        last_synchronised: Some(at(EPOCH + day.cast_signed() * DAY - 3_600)),
        ..SnapshotMeta::at(at(EPOCH + day.cast_signed() * DAY + 60))
    }
}

/// Both sides of `n` devices on a day: 2 % changed, 1 % come and go.
pub struct World {
    pub acs: AnySnapshot<AcsDevice>,
    pub provider: AnySnapshot<ProviderRecord>,
}

impl World {
    pub fn new(n: u64, day: u64) -> Self {
        let there = |i: &u64| mix(*i, 3) % 100 != day % 100;
        let range = || (0..n).filter(there);
        Self {
            acs: AnySnapshot::new(acs_meta(day), range().map(|i| acs_device(i, day)).collect()),
            provider: AnySnapshot::new(
                provider_meta(day),
                range().map(|i| provider_record(i, day)).collect(),
            ),
        }
    }
}

/// A provider record as it comes back: without what is never stored.
pub fn without_pii(record: &ProviderRecord) -> ProviderRecord {
    let extra = record.extra.iter().filter(|e| e.0 != 1).cloned().collect();
    ProviderRecord { document: None, phone: None, extra, ..record.clone() }
}

/// A finding as it comes back.
pub fn finding_without_pii(finding: &Finding) -> Finding {
    let related = finding.related.as_ref().map(|r| {
        let provider = r.provider.as_ref().map(without_pii);
        Box::new(Related { acs: r.acs.clone(), provider })
    });
    let provider = finding.provider.iter().map(without_pii).collect();
    Finding { provider, related, ..finding.clone() }
}

pub fn key(i: u64) -> DeviceKey {
    DeviceKey::parse(&format!("serial=HWTC{i:08X}")).unwrap()
}

/// A finding with every slot filled.
pub fn finding(i: u64, cause: Cause, state: State, day: u64) -> Finding {
    let when = at(EPOCH + i.cast_signed() % 500);
    let evidence = |k: &EvidenceKind| {
        Evidence::new(*k).at(when).until(when).a(text("x\u{1b}[31m")).b(text("y")).n(-3)
    };
    Finding {
        id: format!("f-{:016x}", mix(i, cause as u64)),
        cause,
        strength: Strength::Proven,
        score: 1.0 - i as f64 / 1e7,
        state,
        was: Some(Cause::AwaitingSync),
        first_seen: when,
        absent_since: None,
        ignored: i.is_multiple_of(3).then(|| Ignored { reason: "known".into(), until: Some(when) }),
        keys: vec![key(i)],
        acs: vec![acs_device(i, day)],
        provider: vec![provider_record(i, day)],
        related: Some(Box::new(Related {
            acs: Some(acs_device(i + 1, day)),
            provider: Some(provider_record(i + 1, day)),
        })),
        evidence: EvidenceKind::ALL.iter().skip(i as usize % 50).take(3).map(evidence).collect(),
        fixes: Fix::ALL.to_vec(),
        candidates: vec![Candidate {
            login_id: text("1"),
            login: text("ana"),
            device_id: text("2"),
            acs_id: text("3"),
            score: 0.25,
            why: Reason::ALL.to_vec(),
        }],
        fields: vec![FieldDrift {
            field: Field::Mac,
            acs: Untrusted::new("a"),
            provider: Untrusted::new("b"),
        }],
    }
}

pub fn tombstone(i: u64, day: u64, removal: Removal) -> Tombstone {
    let (seen, missed) =
        (at(EPOCH + (day.cast_signed() - 1) * DAY), at(EPOCH + day.cast_signed() * DAY));
    let device = AcsDevice {
        tags: Tags::new(),
        wan_ip: None,
        integrated: None,
        extra: Extra::new(),
        ..acs_device(i, day)
    };
    Tombstone { device, seen, missed, removal, cohort: 3 }
}

fn counts(devices: u64, complete: bool, meta: &SnapshotMeta) -> SideCounts {
    SideCounts {
        devices,
        integrated: Some(devices / 2),
        entries: devices + 1,
        logins: devices + 2,
        complete,
        pages: 3,
        fetched_at: meta.fetched_at,
        last_synchronised: meta.last_synchronised,
        informed: Some(Informed { now: 1, day: 2, older: 3, unknown: 4 }),
        extra_columns: meta.extra_columns.clone(),
    }
}

/// A run over a world, with every slot of its answer filled.
pub fn run(id: &str, day: u64, world: &World, findings: Vec<Finding>) -> Run {
    let (a, p) = (world.acs.records().len() as u64, world.provider.records().len() as u64);
    let side = |change| SinceSide {
        baseline: Some("0196".into()),
        then: Some(a + 2),
        now: a,
        rows: vec![(change, -2)],
    };
    Run {
        id: id.into(),
        profile: "prod".into(),
        started: at(EPOCH + day.cast_signed() * DAY + 90),
        seconds: 1.5,
        actor: "cron".into(),
        exit: 3,
        reconciliation: Reconciliation {
            acs: counts(a, world.acs.is_complete(), world.acs.meta()),
            provider: counts(p, world.provider.is_complete(), world.provider.meta()),
            matched: a.min(p),
            between: Between::of(a, p, a.min(p), &findings),
            findings,
            since: Since { acs: side(Change::ManualDelete), provider: side(Change::Purged) },
            projections: vec![Projection {
                step: Projected::AcsSynchronises,
                acs: a,
                provider: p,
                provider_least: 1,
                devices: 2,
                active_logins: 3,
            }],
            resolved: vec![Resolved {
                id: "f-0".into(),
                cause: Cause::Duplicate,
                keys: vec![key(1), key(2)],
                how: ResolvedHow::SetRight,
            }],
            warnings: vec![Warning {
                side: Some(Side::Provider),
                at: Some(at(EPOCH)),
                n: Some(4),
                text: Some("line 3".into()),
                ..Warning::new(WarningCode::ValueUnparsed)
            }],
            departures: Vec::new(),
        },
        net: NetCounts { requests: 9, retries: 1, http_429: 2 },
        journal: JournalCounts {
            verified: 1,
            superseded: 2,
            failed: 3,
            in_doubt: 4,
            needs_human: 5,
        },
    }
}

/// An id that sorts by `n`, as UUIDv7 does by time.
pub fn id(n: u64) -> String {
    format!("0197{n:04x}-aaaa-7bbb-8ccc-{n:012x}")
}

/// Findings of one device in 20; a third of them end the day after.
pub fn findings(n: u64, day: u64) -> Vec<Finding> {
    let there = |i: &u64| i.is_multiple_of(20) && (!i.is_multiple_of(60) || day.is_multiple_of(2));
    let state = if day == 0 { State::New } else { State::Ongoing };
    let cause = |i: u64| Cause::ALL[(i / 20) as usize % Cause::ALL.len()];
    let mut found: Vec<_> =
        (0..n).filter(there).map(|i| finding(i, cause(i), state, day)).collect();
    found.sort_by(|a, b| a.cause.cmp(&b.cause).then_with(|| a.keys.cmp(&b.keys)));
    found
}

/// `days` after the epoch.
pub fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}
