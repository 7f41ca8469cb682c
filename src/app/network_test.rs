//! A run over the network, by a fake ACS whose host says how it behaves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::app::collect::Progress;
use crate::app::error::AppError;
use crate::app::memory;
use crate::app::reconcile::{Finished, Request, World, reconcile};
use crate::app::stop::Stop;
use crate::app::testing::{HOSTS, network_settings};
use crate::domain::Side;
use crate::engine::WarningCode;
use crate::store::{HISTORY_FILE, NetCounts};

fn run_with(folder: &Path, host: &str, more: &str, stop: &Stop) -> Result<Finished, AppError> {
    let settings = network_settings(folder, host, more);
    let progress: Progress = Arc::new(|_, _| {});
    let env = BTreeMap::<&str, &str>::new();
    let world = World { adapters: &HOSTS, env: &env, progress: &progress, stop };
    reconcile(&settings, &Request::default(), world)
}

fn run(folder: &Path, host: &str) -> Result<Finished, AppError> {
    run_with(folder, host, "", &Stop::default())
}

fn codes(finished: &Finished) -> Vec<(WarningCode, Option<Side>, Option<i64>)> {
    finished.run.reconciliation.warnings.iter().map(|w| (w.code, w.side, w.n)).collect()
}

/// Requests counted for the ACS.
fn counted(folder: &Path) -> u64 {
    let settings = network_settings(folder, "good.test", "");
    let store = memory::must_look(&settings).unwrap();
    store.requests_since(Side::Acs, Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn what_did_not_pair_is_looked_at_again_and_then_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let finished = run(folder.path(), "good.test").unwrap();
    assert_eq!((finished.run.reconciliation.matched, finished.run.exit), (2, 0));
    assert_eq!(finished.run.net, NetCounts { requests: 11, retries: 2, http_429: 1 });
    assert!(finished.collected.acs.is_complete());
    assert_eq!(counted(folder.path()), 11);
    // Stored is what the second look was told too: of the same lists nothing is new.
    let store = memory::must_look(&network_settings(folder.path(), "good.test", "")).unwrap();
    let lists = (&finished.collected.acs, &finished.collected.provider);
    let (known, _) = store.compare(lists.0, lists.1, Timestamp::UNIX_EPOCH).unwrap();
    let acs = known.acs.unwrap();
    assert_eq!((acs.records.len(), acs.unchanged.iter().flatten().count()), (0, 2));
}

#[test]
fn a_second_look_that_fails_is_told_and_fails_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let finished = run(folder.path(), "shy.test").unwrap();
    assert_eq!((finished.run.reconciliation.matched, finished.run.exit), (1, 3));
    assert!(finished.collected.acs.is_complete());
    let warnings = &finished.run.reconciliation.warnings;
    let told = warnings.iter().filter_map(|w| w.text.as_deref()).collect::<String>();
    assert!(told.contains("did not pair") && told.contains("no answer"), "{told}");
}

#[test]
fn a_failed_run_counts_its_requests_and_names_the_doctor() {
    let folder = tempfile::tempdir().unwrap();
    for (host, code, said, so_far) in [
        ("denied.test", 7, "the token was refused", 10),
        ("tells.test", 6, "known 0, spent 10", 20),
        ("empty.test", 6, "the ACS is empty", 30),
    ] {
        let error = run(folder.path(), host).unwrap_err();
        assert_eq!(error.exit(), code, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        let hints = error.hints();
        assert!(hints.last().unwrap().contains("acerto doctor"), "{hints:?}");
        assert!(!hints.iter().any(|hint| hint.contains("export")), "{hints:?}");
        assert_eq!(counted(folder.path()), so_far);
    }
}

#[test]
fn nothing_is_asked_of_a_system_while_the_memory_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "good.test").unwrap();
    let settings = network_settings(folder.path(), "good.test", "");
    let history = settings.store_dir.join(HISTORY_FILE);
    let whole = std::fs::read(&history).unwrap();
    std::fs::write(&history, &whole[..whole.len() / 2]).unwrap();
    for host in ["good.test", "denied.test"] {
        let error = run(folder.path(), host).unwrap_err();
        assert_eq!(error.exit(), 10, "{error}");
    }
    assert_eq!(memory::begin_run(&settings).err().map(|e| e.exit()), Some(10));
    std::fs::write(&history, whole).unwrap();
    assert_eq!(counted(folder.path()), 11, "those of the first run");
}

#[test]
fn the_next_run_knows_the_devices_and_the_requests_of_the_last() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "good.test").unwrap();
    let error = run(folder.path(), "tells.test").unwrap_err();
    assert!(error.to_string().contains("known 2, spent 11"), "{error}");
}

/// How many devices the next run is told are gone.
fn told_gone(folder: &Path) -> String {
    let error = run(folder, "tells.test").unwrap_err().to_string();
    error.rsplit_once("gone ").unwrap().1.to_owned()
}

#[test]
fn what_a_partial_run_found_gone_is_remembered_until_a_list_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "good.test").unwrap();
    assert_eq!(told_gone(folder.path()), "0");
    let partial = run(folder.path(), "purge.test").unwrap();
    assert_eq!((partial.collected.acs.is_complete(), partial.run.exit), (false, 6));
    assert_eq!(told_gone(folder.path()), "1");
    let whole = run(folder.path(), "purge.test").unwrap();
    assert!(whole.collected.acs.is_complete());
    assert_eq!(whole.run.reconciliation.departures[0].device.id.raw(), "a2");
    assert_eq!(told_gone(folder.path()), "0");
}

#[test]
fn without_the_store_nothing_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let settings = network_settings(folder.path(), "purge.test", "");
    let progress: Progress = Arc::new(|_, _| {});
    let env = BTreeMap::<&str, &str>::new();
    let stop = Stop::default();
    for _ in 0..2 {
        let world = World { adapters: &HOSTS, env: &env, progress: &progress, stop: &stop };
        let request = Request { forget: true, ..Request::default() };
        let finished = reconcile(&settings, &request, world).unwrap();
        assert!(!finished.collected.acs.is_complete());
    }
    assert_eq!(told_gone(folder.path()), "0");
}

#[test]
fn a_budget_more_than_four_fifths_used_is_warned_of() {
    let near = WarningCode::RequestsNearLimit;
    for (limit, warned) in [(0, false), (14, false), (13, true), (5, true)] {
        let folder = tempfile::tempdir().unwrap();
        let more = format!("requests_per_day = {limit}");
        let finished = run_with(folder.path(), "good.test", &more, &Stop::default()).unwrap();
        let found = codes(&finished).contains(&(near, Some(Side::Acs), Some(11)));
        assert_eq!(found, warned, "{limit}: {:?}", codes(&finished));
    }
}

#[test]
fn a_source_whose_clock_is_wrong_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let finished = run(folder.path(), "early.test").unwrap();
    let skew = (WarningCode::ClockSkew, Some(Side::Acs), Some(-600));
    assert!(codes(&finished).contains(&skew), "{:?}", codes(&finished));
    let finished = run(tempfile::tempdir().unwrap().path(), "good.test").unwrap();
    assert_eq!(codes(&finished), []);
}

#[test]
fn a_source_whose_clock_went_back_is_not_told_to_be_exported_again() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "good.test").unwrap();
    let error = run(folder.path(), "past.test").unwrap_err();
    assert_eq!(error.exit(), 6, "{error}");
    let hints = error.hints().join("\n");
    assert!(hints.contains("NTP") && !hints.contains("export"), "{hints}");
    assert_eq!(counted(folder.path()), 22, "the requests were sent");
}

#[test]
fn a_signal_ends_a_long_fetch_and_a_long_second_look() {
    for host in ["slow.test", "stuck.test"] {
        let folder = tempfile::tempdir().unwrap();
        let stop = Stop::default();
        let (asked, begun) = (stop.clone(), Instant::now());
        let signal = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            asked.ask();
        });
        let error = run_with(folder.path(), host, "", &stop).unwrap_err();
        signal.join().unwrap();
        assert_eq!(error.exit(), 143, "{host}: {error}");
        // The readers would need 20 s.
        assert!(begun.elapsed() < Duration::from_secs(15), "{host}: {:?}", begun.elapsed());
    }
}
