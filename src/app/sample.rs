//! A handmade run with every cause, for golden reports and screens. All people are invented.

use jiff::Timestamp;

use crate::app::{JournalCounts, NetCounts, Run};
use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::{AcsDevice, DeviceKey, Problem, ProviderRecord, Side, Untrusted};
use crate::engine::{
    Between, Candidate, Cause, Change, Evidence, EvidenceKind as K, Field, FieldDrift, Finding,
    Fix, Ignored, Informed, Projected, Projection, Reason, Reconciliation, Related, Resolved,
    ResolvedHow, SideCounts, Since, SinceSide, State, Strength, Warning, WarningCode,
};

/// A time of the sample.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A value.
pub fn u(text: &str) -> Untrusted {
    Untrusted::new(text)
}

fn device(n: u32, login: &str) -> AcsDevice {
    AcsDevice {
        id: u(&format!("a{n:02}")),
        serial: Some(u(&format!("HWTC000000{n:02}"))),
        macs: [u(&format!("00:25:9E:00:00:{n:02}"))].into(),
        pppoe_login: Some(u(login)),
        model: Some(u(if n.is_multiple_of(2) { "HG8145V5" } else { "EG8145X6" })),
        firmware: Some(u("V5R022")),
        last_inform: Some(at("2026-11-20T11:00:00Z")),
        registered: Some(at("2026-11-19T10:00:00Z")),
        extra: [(0, u("OLT-CENTRO"))].into(),
        ..AcsDevice::default()
    }
}

fn entry(n: u32, login: &str) -> ProviderRecord {
    ProviderRecord {
        device_id: Some(u(&format!("d{n:02}"))),
        serial: Some(u(&format!("HWTC000000{n:02}"))),
        mac: Some(u(&format!("00:25:9E:00:00:{n:02}"))),
        login_id: Some(u(&n.to_string())),
        login: Some(u(login)),
        active: Some(true),
        customer_name: Some(CustomerName(u("Ana Maria Lima"))),
        document: Some(Document(u("123.456.789-00"))),
        phone: Some(Phone(u("(47) 90000-1234"))),
        contract_status: Some(u("A")),
        plan: Some(u("FIBRA 500")),
        extra: [(0, u("Norte"))].into(),
        ..ProviderRecord::default()
    }
}

/// A finding of one cause with nothing but its records.
pub fn finding(n: u32, cause: Cause, acs: &[AcsDevice], provider: &[ProviderRecord]) -> Finding {
    Finding {
        id: format!("f-{n:016x}"),
        cause,
        strength: Strength::Proven,
        score: 1.0,
        state: State::New,
        was: None,
        first_seen: at("2026-11-20T12:00:00Z"),
        absent_since: None,
        ignored: None,
        keys: DeviceKey::parse(&format!("serial=HWTC000000{n:02}")).into_iter().collect(),
        acs: acs.to_vec(),
        provider: provider.to_vec(),
        related: None,
        evidence: Vec::new(),
        fixes: Vec::new(),
        candidates: Vec::new(),
        fields: Vec::new(),
    }
}

fn with(finding: Finding, evidence: Vec<Evidence>, fixes: &[Fix]) -> Finding {
    Finding { evidence, fixes: fixes.to_vec(), ..finding }
}

fn inferred(finding: Finding, score: f64) -> Finding {
    Finding { strength: Strength::Inferred, score, ..finding }
}

fn fact(kind: K) -> Evidence {
    Evidence::new(kind)
}

fn candidate(login: &str, score: f64) -> Candidate {
    Candidate {
        login_id: Some(u("14")),
        login: Some(u(login)),
        device_id: None,
        acs_id: None,
        score,
        why: vec![Reason::SameLogin, Reason::SameWanIp],
    }
}

fn couples() -> Vec<Finding> {
    let mut old = entry(22, "ana.lima");
    old.serial = Some(u("ZTEGC0A77A10"));
    vec![
        with(
            finding(
                13,
                Cause::Duplicate,
                &[device(13, "gabi.melo")],
                &[entry(13, "gabi.melo"), {
                    let mut second = entry(14, "gabi.melo");
                    second.serial = Some(u("485754430000 0013"));
                    second
                }],
            ),
            vec![fact(K::GroupSharesSerial).n(3).a(u("HWTC00000013"))],
            &[Fix::ChooseByHand],
        ),
        inferred(
            with(
                finding(
                    12,
                    Cause::IdentityMismatch,
                    &[device(12, "ivo.reis")],
                    &[entry(21, "ivo.reis")],
                ),
                vec![
                    fact(K::SerialsAlike).a(u("HWTC00000012")).b(u("HWTC00000021")),
                    fact(K::SameLogin).a(u("ivo.reis")),
                    fact(K::MacOneDigitOff).a(u("00:25:9E:00:00:12")).b(u("00:25:9E:00:00:17")),
                ],
                &[Fix::CorrectIdentity],
            ),
            0.913,
        ),
        with(
            finding(11, Cause::SwappedDevice, &[device(11, "ana.lima")], &[old]),
            vec![
                fact(K::SameLogin).a(u("ana.lima")),
                fact(K::OldIdentityGone).a(u("ZTEGC0A77A10")),
                fact(K::RegisteredAfterOld)
                    .at(at("2026-11-19T10:00:00Z"))
                    .until(at("2026-11-18T03:00:00Z")),
            ],
            &[Fix::ReplaceIdentity],
        ),
        Finding {
            related: Some(Box::new(Related {
                acs: Some(device(20, "caio.nunes")),
                provider: Some(entry(20, "caio.nunes")),
            })),
            ..inferred(
                with(
                    finding(19, Cause::SwappedDevice, &[device(19, "caio.nunes")], &[]),
                    vec![
                        fact(K::SameLogin).a(u("caio.nunes")),
                        fact(K::OldDeviceSilent)
                            .a(u("a20"))
                            .at(at("2026-11-19T09:30:00Z"))
                            .until(at("2026-11-19T10:00:00Z")),
                    ],
                    &[Fix::ReplaceIdentity],
                ),
                0.8,
            )
        },
    ]
}

fn acs_side() -> Vec<Finding> {
    let mut inactive = entry(8, "luis.dias");
    inactive.active = Some(false);
    inactive.contract_status = Some(u("D"));
    vec![
        Finding {
            ignored: Some(Ignored {
                reason: "contract ends, device \x1b[31mstays".to_owned(),
                until: Some(at("2026-12-20T00:00:00Z")),
            }),
            state: State::Ongoing,
            first_seen: at("2026-11-12T12:00:00Z"),
            ..with(
                finding(8, Cause::InactiveLogin, &[device(8, "luis.dias")], &[inactive]),
                vec![fact(K::LoginInactive).a(u("luis.dias")).b(u("D"))],
                &[Fix::Ignore],
            )
        },
        with(
            finding(10, Cause::Returned, &[device(10, "=cmd|'calc'")], &[]),
            vec![
                fact(K::DeletedByHand).at(at("2026-11-18T09:00:00Z")).a(u("by hand")),
                fact(K::RegisteredAgain).at(at("2026-11-19T10:00:00Z")),
            ],
            &[Fix::SendDevice, Fix::DeleteInAcs],
        ),
        Finding {
            candidates: vec![candidate("rita.melo", 0.914)],
            was: Some(Cause::UnlinkedLogin),
            state: State::Ongoing,
            first_seen: at("2026-11-19T12:00:00Z"),
            ..with(
                finding(9, Cause::AwaitingSync, &[device(9, "rita.melo")], &[]),
                vec![
                    fact(K::LoginFits).a(u("rita.melo")),
                    fact(K::RegisteredAfterSync)
                        .at(at("2026-11-20T10:00:00Z"))
                        .until(at("2026-11-20T03:00:00Z")),
                ],
                &[Fix::Synchronise, Fix::SendDevice],
            )
        },
        Finding {
            candidates: vec![candidate("ze.cruz", 0.7)],
            ..inferred(
                with(
                    finding(7, Cause::UnlinkedLogin, &[device(7, "AC\x1b[31mME\u{202e}")], &[]),
                    vec![fact(K::GenericLogin).a(u("AC\x1b[31mME\u{202e}")), fact(K::NoLoginFits)],
                    &[Fix::LinkLogin, Fix::Ignore],
                ),
                0.6,
            )
        },
    ]
}

fn provider_side() -> Vec<Finding> {
    vec![
        with(
            finding(17, Cause::LostWebhook, &[], &[entry(17, "nina.paz")]),
            vec![fact(K::DeletedByHand).at(at("2026-11-17T09:00:00Z"))],
            &[Fix::SynchroniseProvider, Fix::RemoveInProvider],
        ),
        with(
            finding(15, Cause::PendingPurge, &[], &[entry(15, "otto.luz")]),
            vec![
                fact(K::MassExclusionNames)
                    .at(at("2026-11-16T05:10:00Z"))
                    .a(u("criterion: 90 days without contact")),
                fact(K::LastConfirmed).at(at("2026-11-15T03:00:00Z")),
            ],
            &[Fix::SynchroniseProvider, Fix::RemoveInProvider],
        ),
        inferred(
            with(
                finding(23, Cause::PendingPurge, &[], &[entry(23, "eva.rio")]),
                vec![
                    fact(K::MassExclusionRan).at(at("2026-11-16T05:10:00Z")),
                    fact(K::SilentDays).at(at("2026-08-10T08:00:00Z")).n(98),
                    fact(K::LeftWithOthers).n(540),
                ],
                &[Fix::SynchroniseProvider, Fix::RemoveInProvider],
            ),
            0.8,
        ),
        with(
            finding(18, Cause::NeverSeen, &[], &[entry(18, "bia.sol")]),
            vec![fact(K::NeverConfirmed), fact(K::EntryAge).at(at("2025-03-01T00:00:00Z")).n(629)],
            &[Fix::Investigate, Fix::Ignore],
        ),
        inferred(
            with(
                finding(16, Cause::RemovedUnknown, &[], &[entry(16, "téo.mar")]),
                vec![
                    fact(K::LeftBetween)
                        .at(at("2026-11-18T12:00:00Z"))
                        .until(at("2026-11-19T12:00:00Z")),
                    fact(K::NobodyWatched)
                        .at(at("2026-11-18T12:00:00Z"))
                        .until(at("2026-11-19T12:00:00Z")),
                ],
                &[Fix::Investigate, Fix::Ignore],
            ),
            0.5,
        ),
    ]
}

fn others() -> Vec<Finding> {
    vec![
        inferred(
            with(
                finding(30, Cause::Unexplained, &[device(30, "x.y")], &[]),
                vec![fact(K::NothingFits)],
                &[Fix::Investigate],
            ),
            0.1,
        ),
        Finding {
            fields: vec![FieldDrift {
                field: Field::Model,
                acs: u("EG8145X6"),
                provider: u("HG8145V5"),
            }],
            ..with(
                finding(5, Cause::FieldDrift, &[device(5, "lia.rey")], &[entry(5, "lia.rey")]),
                vec![fact(K::FieldDiffers).a(u("model"))],
                &[Fix::UpdateProvider],
            )
        },
        with(
            finding(99, Cause::ManualDelete, &[device(99, "gil.tom")], &[]),
            vec![
                fact(K::GoneFromBoth)
                    .at(at("2026-11-19T12:00:00Z"))
                    .until(at("2026-11-20T12:00:00Z")),
            ],
            &[],
        ),
    ]
}

fn side(devices: u64, columns: &[&str], synchronised: &str) -> SideCounts {
    SideCounts {
        devices,
        integrated: None,
        entries: 0,
        logins: 0,
        complete: true,
        pages: 1,
        fetched_at: at("2026-11-20T12:00:00Z"),
        last_synchronised: Some(at(synchronised)),
        informed: None,
        extra_columns: columns.iter().map(|&c| c.into()).collect(),
    }
}

fn since(acs: u64, provider: u64) -> Since {
    let baseline = Some("0197aaaa-0000-7000-8000-000000000001".to_owned());
    Since {
        acs: SinceSide {
            baseline: baseline.clone(),
            then: Some(acs - 1),
            now: acs,
            rows: vec![
                (Change::Arrived, 3),
                (Change::ManualDelete, -1),
                (Change::MassExcluded, -1),
            ],
        },
        provider: SinceSide {
            baseline,
            then: Some(provider + 2),
            now: provider,
            rows: vec![(Change::Arrived, 1), (Change::Purged, -3)],
        },
    }
}

fn projections() -> Vec<Projection> {
    let next = |step, acs, provider, provider_least, devices, active_logins| Projection {
        step,
        acs,
        provider,
        provider_least,
        devices,
        active_logins,
    };
    vec![
        next(Projected::ProviderSynchronises, 1210, 1207, 1206, 4, 3),
        next(Projected::AcsSynchronises, 1210, 1211, 1211, 1, 1),
        next(Projected::MassExclusion, 1198, 1210, 1210, 12, 5),
    ]
}

fn warnings() -> Vec<Warning> {
    vec![
        Warning {
            at: Some(at("2026-11-11T06:00:00Z")),
            n: Some(4),
            side: Some(Side::Provider),
            ..Warning::new(WarningCode::ProviderSyncOld)
        },
        Warning {
            at: Some(at("2026-11-19T00:00:00Z")),
            n: Some(7),
            ..Warning::new(WarningCode::IntegrationDown)
        },
        Warning { n: Some(2), side: Some(Side::Acs), ..Warning::new(WarningCode::ValueUnparsed) },
        Warning {
            side: Some(Side::Acs),
            ..Warning::remark(WarningCode::ValueUnparsed, "acs.csv:17: last_inform `ontem`")
        },
    ]
}

/// A run with every cause, equal totals, a memory, warnings and an ignored finding.
pub fn run() -> Run {
    let findings: Vec<Finding> =
        [couples(), acs_side(), provider_side(), others()].into_iter().flatten().collect();
    let matched = 1201;
    let open = Between::of(0, 0, matched, &findings);
    let acs = matched + open.rows.iter().map(|r| r.acs).sum::<u64>();
    let provider = matched + open.rows.iter().map(|r| r.provider).sum::<u64>();
    let between = Between { acs, provider, ..open };
    let reconciliation = Reconciliation {
        acs: SideCounts {
            integrated: Some(acs - 5),
            informed: Some(Informed { now: acs - 9, day: 6, older: 3, unknown: 0 }),
            ..side(acs, &["OLT"], "2026-11-20T03:00:00Z")
        },
        provider: SideCounts {
            entries: provider + 11,
            logins: provider + 30,
            ..side(provider, &["região"], "2026-11-11T06:00:00Z")
        },
        matched,
        findings,
        between,
        since: since(acs, provider),
        projections: projections(),
        resolved: vec![Resolved {
            id: "f-00000000000000aa".to_owned(),
            cause: Cause::LostWebhook,
            keys: DeviceKey::parse("mac=00:25:9E:00:00:10").into_iter().collect(),
            how: ResolvedHow::GoneFromProvider,
        }],
        warnings: warnings(),
        departures: Vec::new(),
    };
    Run {
        id: "0197bbbb-0000-7000-8000-000000000002".to_owned(),
        profile: "prod".to_owned(),
        started: at("2026-11-20T12:00:07Z"),
        seconds: 41.0,
        actor: "cron".to_owned(),
        exit: 3,
        reconciliation,
        net: NetCounts { requests: 118, retries: 2, http_429: 1 },
        journal: JournalCounts::default(),
    }
}

/// The same as a first run: no memory, nothing resolved.
pub fn first_run() -> Run {
    let mut run = run();
    let all = &mut run.reconciliation;
    let now = |now| SinceSide { now, ..SinceSide::default() };
    all.since = Since { acs: now(all.acs.devices), provider: now(all.provider.devices) };
    all.resolved.clear();
    all.warnings.clear();
    all.findings.retain(|f| f.cause != Cause::ManualDelete);
    run
}

/// The same with a Provider that was not read whole.
pub fn partial_run() -> Run {
    let mut run = run();
    run.exit = 6;
    run.reconciliation.provider.complete = false;
    let bad = |line: u32| Problem {
        place: format!("provider.csv:{line}:1"),
        what: "the row has no identity".to_owned(),
        value: None,
    };
    let listed: Vec<Problem> = (5..27).map(bad).collect();
    run.reconciliation.warnings =
        Warning::counted(WarningCode::SnapshotPartial, Some(Side::Provider), &listed, 23);
    run
}

/// Two systems that agree.
pub fn quiet_run() -> Run {
    let mut run = run();
    run.exit = 0;
    let all = &mut run.reconciliation;
    all.findings.clear();
    all.resolved.clear();
    all.warnings.clear();
    all.projections.clear();
    all.between = Between::of(all.matched, all.matched, all.matched, &[]);
    (all.acs.devices, all.provider.devices) = (all.matched, all.matched);
    all.since = since(all.matched, all.matched);
    run
}
