//! What a person should know that is not one device's story: the warnings.
//!
//! Must not do: repeat what a finding says.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{CoverageKind, EventKind, Side, SnapshotMeta};
use crate::engine::finding::{Cause, Finding};
use crate::engine::glance::Glance;
use crate::engine::ledger::{Since, SinceSide};
use crate::engine::scene::{ACS_SYNC_EVERY, Scene};
use crate::engine::warning::{Warning, WarningCode};

/// A Provider that has not synchronised for this long keeps what a mass exclusion took.
const PROVIDER_SYNC_OLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So many new devices, none of them counted, for at least [`DOWN_FOR`]: the integration is down.
const DOWN_DEVICES_MIN: usize = 5;
const DOWN_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The two sources' clocks may differ by this much, and a record's times lead its source's by it.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// Files are exported by hand, minutes apart; beyond this the pair tells two different days.
const READ_APART_MAX: SignedDuration = SignedDuration::from_hours(2);

/// All warnings, in the order of their codes, those of the lists among them.
#[must_use]
pub fn warnings(scene: &Scene<'_>, findings: &[Finding], of_lists: Vec<Warning>) -> Vec<Warning> {
    let mut found = of_lists;
    found.extend(provider_sync_old(scene, findings));
    found.sort_by_key(|w| w.code);
    found
}

/// Those that need no finding: they are looked for while what differs is explained.
#[must_use]
pub fn of_lists(scene: &Scene<'_>, glance: &Glance, since: &Since) -> Vec<Warning> {
    let mut found = Vec::new();
    found.extend(acs_sync_missed(scene));
    found.extend(listener_gap(scene));
    found.extend(integration_down(scene, glance));
    found.extend(side_shrank(scene, since));
    found.extend(clock_skew(scene, glance));
    for (side, meta) in
        [(Side::Acs, scene.input.acs.meta()), (Side::Provider, scene.input.provider.meta())]
    {
        found.extend(partial(side, meta));
        found.extend(unparsed(side, meta));
    }
    found
}

fn count(n: usize) -> Option<i64> {
    i64::try_from(n).ok()
}

fn acs_sync_missed(scene: &Scene<'_>) -> Option<Warning> {
    let last = scene.acs_sync?.at;
    let missed = scene.acs_at.duration_since(last) > ACS_SYNC_EVERY;
    let warning = Warning::new(WarningCode::AcsSyncMissed);
    missed.then_some(Warning { side: Some(Side::Acs), at: Some(last), ..warning })
}

fn provider_sync_old(scene: &Scene<'_>, findings: &[Finding]) -> Option<Warning> {
    let last = last_provider_sync(scene)?;
    let old = scene.provider_at.duration_since(last) > PROVIDER_SYNC_OLD;
    let waiting = findings.iter().filter(|f| {
        matches!(f.cause, Cause::PendingPurge | Cause::LostWebhook | Cause::RemovedUnknown)
    });
    let warning = Warning::new(WarningCode::ProviderSyncOld);
    let n = count(waiting.count());
    old.then_some(Warning { side: Some(Side::Provider), at: Some(last), n, ..warning })
}

/// The Provider's last synchronisation, from the source or an event.
#[must_use]
pub fn last_provider_sync(scene: &Scene<'_>) -> Option<Timestamp> {
    let told = scene.input.provider.meta().last_synchronised;
    let event = scene.input.baseline.log.last(EventKind::ProviderSync, scene.provider_at);
    told.max(event)
}

/// The last hole in the coverage since the baseline; on a first run, within what was covered.
fn listener_gap(scene: &Scene<'_>) -> Option<Warning> {
    let coverage = &scene.input.baseline.log.coverage;
    let first = coverage.iter().map(|c| c.from).min()?;
    let from = scene.input.baseline.acs.as_ref().map_or(first, |p| p.fetched_at.max(first));
    let to = scene.acs_at;
    let mut spans: Vec<(Timestamp, Timestamp)> = coverage.iter().map(|c| (c.from, c.to)).collect();
    spans.sort_unstable();
    let mut reached = from;
    let mut gap = None;
    for (start, end) in spans {
        if start > reached && reached < to {
            gap = Some((reached, start.min(to)));
        }
        reached = reached.max(end);
    }
    // An export ends when it was made; only a listener is expected to go on.
    let listens = coverage.iter().any(|c| c.kind == CoverageKind::Listening);
    if listens && reached < to && to.duration_since(reached) > SKEW_MAX {
        gap = Some((reached, to));
    }
    let (at, until) = gap.filter(|(at, until)| at < until)?;
    let warning = Warning::new(WarningCode::ListenerGap);
    Some(Warning { at: Some(at), until: Some(until), ..warning })
}

/// Nothing that registered after a time T is counted: not N single stories, but one.
fn integration_down(scene: &Scene<'_>, glance: &Glance) -> Option<Warning> {
    let last_counted = glance.matched?;
    if glance.registered <= Some(last_counted) {
        return None;
    }
    let later = glance.unmatched.iter().filter(|at| **at > last_counted);
    let (n, since) = later.fold((0, Timestamp::MAX), |(n, since), at| (n + 1, since.min(*at)));
    let down = n >= DOWN_DEVICES_MIN && scene.acs_at.duration_since(since) >= DOWN_FOR;
    let warning = Warning::new(WarningCode::IntegrationDown);
    down.then_some(Warning { at: Some(since), n: count(n), ..warning })
}

fn side_shrank(scene: &Scene<'_>, since: &Since) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut look = |side, counts: &SinceSide, complete: bool| {
        let then = counts.then.unwrap_or(0);
        let Some(lost) = then.checked_sub(counts.now) else { return };
        if complete && lost * 50 > then {
            let warning = Warning::new(WarningCode::SideShrank);
            found.push(Warning { side: Some(side), n: i64::try_from(lost).ok(), ..warning });
        }
    };
    look(Side::Acs, &since.acs, scene.input.acs.is_complete());
    look(Side::Provider, &since.provider, scene.input.provider.is_complete());
    found
}

fn clock_skew(scene: &Scene<'_>, glance: &Glance) -> Option<Warning> {
    let warning = Warning::new(WarningCode::ClockSkew);
    if let Some(ahead) =
        glance.latest.map(|t| t.duration_since(scene.acs_at)).filter(|d| *d > SKEW_MAX)
    {
        return Some(Warning { side: Some(Side::Acs), n: Some(ahead.as_secs()), ..warning });
    }
    let apart = scene.provider_at.duration_since(scene.acs_at);
    let too_far = apart.abs() > READ_APART_MAX;
    too_far.then_some(Warning { n: Some(apart.as_secs()), ..warning })
}

fn partial(side: Side, meta: &SnapshotMeta) -> Vec<Warning> {
    Warning::counted(WarningCode::SnapshotPartial, Some(side), &meta.bad, meta.bad_count)
}

fn unparsed(side: Side, meta: &SnapshotMeta) -> Vec<Warning> {
    let code = WarningCode::ValueUnparsed;
    let remarks = meta.remarks.iter();
    let remark = |r: &String| Warning { side: Some(side), ..Warning::remark(code, r) };
    let mut found: Vec<Warning> = remarks.map(remark).collect();
    found.extend(Warning::counted(code, Some(side), &meta.unparsed, meta.unparsed_count));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AcsDevice, AnySnapshot, Problem, ProviderRecord, Untrusted};
    use crate::engine::{Baseline, Input, Rules, reconcile};

    /// A device that informed, or registered, so many seconds after its list was read.
    fn ahead(inform: Option<i64>, registered: Option<i64>) -> Option<(Option<Side>, Option<i64>)> {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let device = AcsDevice {
            id: Untrusted::new("a1"),
            last_inform: inform.map(at),
            registered: registered.map(at),
            ..AcsDevice::default()
        };
        let row = ProviderRecord { serial: Untrusted::present("x1"), ..ProviderRecord::default() };
        let lists = (vec![device, AcsDevice::default()], vec![row]);
        let skew = warned(WarningCode::ClockSkew, lists, at(0));
        skew.map(|warning| (warning.side, warning.n))
    }

    /// What is warned of by this code, of two lists that were read at one time.
    fn warned(
        code: WarningCode,
        (devices, rows): (Vec<AcsDevice>, Vec<ProviderRecord>),
        at: Timestamp,
    ) -> Option<Warning> {
        let acs = AnySnapshot::new(SnapshotMeta::at(at), devices);
        let provider = AnySnapshot::new(SnapshotMeta::at(at), rows);
        let (baseline, rules) = (Baseline::default(), Rules::default());
        let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
        reconcile(&input).warnings.into_iter().find(|warning| warning.code == code)
    }

    #[test]
    fn a_time_that_leads_its_list_by_more_than_five_minutes_is_a_clock_that_is_ahead() {
        assert_eq!(ahead(None, None), None);
        assert_eq!(ahead(Some(300), Some(300)), None);
        let warned = |seconds| Some((Some(Side::Acs), Some(seconds)));
        assert_eq!(ahead(Some(301), Some(-9)), warned(301));
        assert_eq!(ahead(Some(-9), Some(3_600)), warned(3_600));
        assert_eq!(ahead(None, Some(400)), warned(400));
    }

    /// What is told of devices that registered so many hours ago, and are counted or not.
    fn down(devices: &[(i64, bool)]) -> Option<(Option<i64>, Option<Timestamp>)> {
        let serial = |n: usize| Untrusted::present(&format!("HWTC{n:08}"));
        let device = |(n, (hours, _)): (usize, &(i64, bool))| AcsDevice {
            id: Untrusted::new(&format!("a{n}")),
            serial: serial(n),
            registered: Some(hours_ago(*hours)),
            ..AcsDevice::default()
        };
        let row = |(n, (_, counted)): (usize, &(i64, bool))| ProviderRecord {
            device_id: Untrusted::present(&format!("d{n}")),
            login_id: Untrusted::present(&n.to_string()),
            serial: serial(n),
            linked: Some(*counted),
            active: Some(*counted),
            ..ProviderRecord::default()
        };
        let numbered = || devices.iter().enumerate();
        let lists = (numbered().map(device).collect(), numbered().map(row).collect());
        let told = warned(WarningCode::IntegrationDown, lists, hours_ago(0));
        told.map(|warning| (warning.n, warning.at))
    }

    fn hours_ago(hours: i64) -> Timestamp {
        Timestamp::from_second(1_760_000_000 - hours * 3_600).unwrap()
    }

    proptest::proptest! {
        /// However the list is ordered.
        #[test]
        fn the_integration_is_down_since_the_first_device_after_the_last_counted(
            devices in proptest::collection::vec((0..60_i64, proptest::bool::weighted(0.3)), 1..30),
        ) {
            let last = devices.iter().filter(|(_, counted)| *counted).map(|d| d.0).min();
            let later = || devices.iter().map(|d| d.0).filter(|hours| Some(*hours) < last);
            let (n, since) = (later().count(), later().max().unwrap_or(0));
            let is_down = n >= DOWN_DEVICES_MIN && since >= 24;
            let told = is_down.then(|| (count(n), Some(hours_ago(since))));
            proptest::prop_assert_eq!(down(&devices), told);
        }
    }

    #[test]
    fn every_listed_line_and_value_is_a_warning_of_its_own() {
        let problem = |line: usize| Problem {
            place: format!("acs.csv:{line}:2"),
            what: "not a time".to_owned(),
            value: Some(Untrusted::new("123.456.789-00")),
        };
        let listed: Vec<Problem> = (2..5).map(problem).collect();
        let meta = SnapshotMeta {
            bad: listed.clone(),
            bad_count: 7,
            unparsed: listed,
            unparsed_count: 3,
            remarks: vec!["read as Windows-1252".to_owned()],
            ..SnapshotMeta::at(Timestamp::UNIX_EPOCH)
        };
        let bad = partial(Side::Acs, &meta);
        assert_eq!((bad.len(), bad[0].n, bad[0].text.as_deref()), (4, Some(7), None));
        let told = "acs.csv:3:2: not a time \"***.456.789-**\"";
        assert_eq!((bad[2].n, bad[2].text.as_deref()), (None, Some(told)));
        assert!(bad[1..].iter().all(|w| w.is_listed_by(&bad[0])));
        let values = unparsed(Side::Acs, &meta);
        assert_eq!((values.len(), values[1].n), (5, Some(3)));
        assert!(!values[2].is_listed_by(&bad[0]));
    }
}
