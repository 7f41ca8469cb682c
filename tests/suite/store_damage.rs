//! The store's files as a bad disk leaves them: never a silent wrong answer, never a panic.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use acerto::domain::Side;
use acerto::store::{
    AcsPrints, Prints, ProviderPrints, Run, Store, StoreError, StoreErrorKind, StoreOptions, admin,
};

use crate::store_world::{World, at, finding_without_pii, findings, id, mix, run, tombstone};
use acerto::engine::{Baseline, Removal};

const FILES: [&str; 2] = ["journal.redb", "history.redb"];

/// What a disk loses at once.
const SECTOR: usize = 4096;

/// Where a sector of a file begins on which anything stands: most of a small file is empty, and
/// nobody would miss anything there.
fn written(bytes: &[u8], n: u64) -> usize {
    let sectors = bytes.chunks_exact(SECTOR).enumerate();
    let written = sectors.filter(|(_, sector)| sector.iter().any(|byte| *byte != 0));
    let all: Vec<usize> = written.map(|(at, _)| at * SECTOR).collect();
    all[mix(n, 30) as usize % all.len()]
}

fn days(dir: &Path, days: Range<u64>) -> Vec<Run> {
    let store = Store::open(dir, &StoreOptions::default()).unwrap();
    let mut runs = Vec::new();
    for day in days {
        let world = World::new(150, day);
        let mut run = run(&id(day), day, &world, findings(150, day));
        run.reconciliation.departures = vec![tombstone(day, day, Removal::ByHand)];
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
        for f in &mut run.reconciliation.findings {
            *f = finding_without_pii(f);
        }
        runs.push(run);
    }
    runs
}

/// All that a store tells.
type Told = (String, Vec<Option<Run>>);

/// All that can be read, or the first error.
fn read(dir: &Path) -> Result<Option<Told>, StoreError> {
    let Some(store) = Store::open_existing(dir, &StoreOptions::default())? else { return Ok(None) };
    let Baseline { acs, provider, tombstones, log, priors, .. } = store.baseline(at(0))?;
    let acs = acs.map(|a| (a.run_id, a.records, a.first_seen));
    let provider = provider.map(|a| (a.run_id, a.records, a.first_seen));
    // The next run reads them beside its own lists. A copy without its key seals people anew.
    let next = World::new(40, 4);
    let (Baseline { acs: acs_then, provider: provider_then, .. }, _) =
        store.compare(&next.acs, &next.provider, at(0))?;
    let provider_then = provider_then.map(|a| (a.run_id, a.unchanged.len()));
    let sides = format!("{acs:?} {provider:?} {acs_then:?} {provider_then:?}");
    let text = format!("{sides} {tombstones:?} {log:?} {priors:?} {:?}", store.runs(99)?);
    Ok(Some((text, (0..4).map(|n| store.run(&id(n))).collect::<Result<_, _>>()?)))
}

fn copy(from: &Path, to: &Path) {
    for file in FILES {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// Damage is an error of the right kind, and whatever is read is what was written.
fn assert_honest(dir: &Path, truth: &Told, what: &str) -> bool {
    match read(dir) {
        Ok(Some(found)) => {
            assert!(found == *truth, "silently wrong after {what}");
            false
        }
        Ok(None) => panic!("silently empty after {what}"),
        Err(error) => {
            assert_eq!(error.kind(), StoreErrorKind::Store, "{error} after {what}");
            assert!(!error.hints().is_empty());
            true
        }
    }
}

#[test]
fn flipped_bits_are_found_or_harmless() {
    let (sound, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    days(sound.path(), 0..4);
    let truth = read(sound.path()).unwrap().unwrap();
    let mut found = 0;
    for n in 0..200_u64 {
        copy(sound.path(), broken.path());
        let path = broken.path().join(FILES[(n % 2) as usize]);
        let mut bytes = fs::read(&path).unwrap();
        let place = (mix(n, 11) % bytes.len() as u64) as usize;
        bytes[place] ^= 1 << (mix(n, 12) % 8);
        fs::write(&path, bytes).unwrap();
        found += u64::from(assert_honest(broken.path(), &truth, &format!("{path:?} byte {place}")));
    }
    assert!(found > 20, "only {found} of 200 flips hit anything");
}

/// A disk does not wait with its faults until a store is opened: what a run read of it ahead, and
/// what it has yet to read, hide nothing.
#[test]
fn damage_that_comes_during_a_run_is_found_or_harmless() {
    let [sound, whole, broken] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    days(sound.path(), 0..3);
    let world = World::new(150, 3);
    let mut today = run(&id(3), 3, &world, findings(150, 3));
    today.reconciliation.departures = vec![tombstone(3, 3, Removal::ByHand)];
    // What the run does, the disk failing before it does the step of this number.
    let run_on = |dir: &Path, step: u64, fail: &dyn Fn()| {
        copy(sound.path(), dir);
        fs::copy(sound.path().join("search.key"), dir.join("search.key")).unwrap();
        let store = Store::open(dir, &StoreOptions::default()).unwrap();
        let at_step = |now| {
            if now == step {
                fail();
            }
        };
        at_step(0);
        let acs = AcsPrints::of(&world.acs).beside(&world.acs, &store, || true);
        let known = store.known(Side::Provider, || true);
        at_step(1);
        let prints = (acs, ProviderPrints::of(&world.provider, &store.sealing()));
        let lists = (&world.acs, &world.provider);
        let (_, draft) = store.compare_printed(lists, prints, known, at(0))?;
        at_step(2);
        store.record_compared(&today, &draft.packed(), &[])
    };
    run_on(whole.path(), 0, &|| ()).unwrap();
    let truth = read(whole.path()).unwrap().unwrap();
    let mut found = [0, 0];
    for n in 0..180_u64 {
        let path = broken.path().join(FILES[(n % 2) as usize]);
        // A bit alone, or all that a disk loses at once.
        let kind = usize::from(n >= 120);
        let fail = || {
            let mut bytes = fs::read(&path).unwrap();
            let sector = written(&bytes, n);
            let bit = sector + mix(n, 31) as usize % SECTOR;
            let places = [bit..bit + 1, sector..sector + SECTOR][kind].clone();
            bytes[places.clone()].iter_mut().for_each(|byte| *byte ^= 1 << (mix(n, 32) % 8));
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all_at(&bytes[places.clone()], places.start as u64).unwrap();
        };
        match run_on(broken.path(), n % 3, &fail) {
            Ok(()) => {
                let is_found = assert_honest(broken.path(), &truth, &format!("{n}"));
                found[kind] += u64::from(is_found);
            }
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Store, "{error} after {n}");
                found[kind] += 1;
            }
        }
    }
    let [bits, sectors] = found;
    assert!(bits > 6 && sectors > 12, "of 120 bits {bits}, of 60 sectors {sectors} hit");
}

#[test]
fn zeroed_and_cut_files_are_found() {
    let (sound, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    days(sound.path(), 0..4);
    let truth = read(sound.path()).unwrap().unwrap();
    for n in 0..40_u64 {
        copy(sound.path(), broken.path());
        let path = broken.path().join(FILES[(n % 2) as usize]);
        let mut bytes = fs::read(&path).unwrap();
        let page = (mix(n, 21) % (bytes.len() as u64 / 4096)) as usize * 4096;
        if n % 4 < 2 {
            bytes[page..page + 4096].fill(0);
        } else {
            bytes.truncate(page);
        }
        fs::write(&path, bytes).unwrap();
        assert_honest(broken.path(), &truth, &format!("{path:?} page {page}"));
    }
}

#[test]
fn foreign_files_are_refused_with_what_to_do() {
    for file in FILES {
        let dir = tempfile::tempdir().unwrap();
        days(dir.path(), 0..1);
        fs::write(dir.path().join(file), "serial;mac\n").unwrap();
        let refused = Store::open(dir.path(), &StoreOptions::default()).err().unwrap();
        assert!(matches!(&refused, StoreError::Damaged { path, .. } if path.ends_with(file)));
        assert!(!refused.hints().is_empty());
        let report = admin::check(dir.path(), &StoreOptions::default()).unwrap().unwrap();
        assert_eq!(report.problems.len(), 1, "{report:?}");
    }
}

#[test]
fn a_lost_journal_is_no_empty_store() {
    let dir = tempfile::tempdir().unwrap();
    days(dir.path(), 0..1);
    fs::remove_file(dir.path().join("journal.redb")).unwrap();
    let options = StoreOptions::default();
    for opened in
        [Store::open(dir.path(), &options).err(), Store::open_existing(dir.path(), &options).err()]
    {
        assert!(matches!(opened, Some(StoreError::Damaged { .. })), "{opened:?}");
    }
}

#[test]
fn files_are_for_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("profile");
    days(&place, 0..1);
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&place), 0o700);
    let names: Vec<_> = fs::read_dir(&place).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names.len(), 3, "both, and the key of the search: {names:?}");
    for file in FILES.into_iter().chain([acerto::store::SEARCH_KEY_FILE]) {
        assert_eq!(mode(&place.join(file)), 0o600);
    }
}

#[test]
fn a_check_counts_and_finds_nothing_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions::default();
    assert!(admin::check(dir.path(), &options).unwrap().is_none());
    days(dir.path(), 0..4);
    let report = admin::check(dir.path(), &options).unwrap().unwrap();
    assert_eq!((report.problems.len(), report.runs, report.lists), (0, 4, 12));
    assert!(report.records > 1_000 && report.files.len() == 2);
}

#[test]
fn backup_and_restore() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = StoreOptions::default();
    let file = other.path().join("store.acerto");
    assert!(admin::backup(dir.path(), &file, &options, false).is_err(), "nothing to back up");
    days(dir.path(), 0..4);
    let truth = read(dir.path()).unwrap().unwrap();
    admin::backup(dir.path(), &file, &options, false).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Into an empty place.
    let new = other.path().join("new");
    admin::restore(&file, &new, &options, false).unwrap();
    assert_eq!(read(&new).unwrap().unwrap(), truth);
    // Over a store that went on.
    days(&new, 4..5);
    let refused = admin::restore(&file, &new, &options, false);
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
    admin::restore(&file, &new, &options, true).unwrap();
    assert_eq!(read(&new).unwrap().unwrap(), truth);
    assert!(new.join("journal.redb.before-restore").exists());
    let left: Vec<_> = fs::read_dir(&new).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 7, "both files, those before, two locks and the key: {left:?}");
    // A second one leaves what the first put aside.
    let first = fs::read(new.join("journal.redb.before-restore")).unwrap();
    admin::restore(&file, &new, &options, true).unwrap();
    assert_eq!(fs::read(new.join("journal.redb.before-restore")).unwrap(), first);
    assert!(new.join("journal.redb.before-restore.2").exists());
    // Never while somebody has it open.
    let open = Store::open(&new, &options).unwrap();
    assert!(matches!(admin::restore(&file, &new, &options, true), Err(StoreError::Held { .. })));
    drop(open);
    // A backup with a flipped bit replaces nothing.
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert!(matches!(admin::restore(&file, &new, &options, true), Err(StoreError::Backup { .. })));
    assert_eq!(read(&new).unwrap().unwrap(), truth);
}

#[test]
fn compact_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    days(dir.path(), 0..4);
    let truth = read(dir.path()).unwrap().unwrap();
    let (before, after) = admin::compact(dir.path(), &StoreOptions::default()).unwrap();
    assert!(after <= before && after > 0);
    assert_eq!(read(dir.path()).unwrap().unwrap(), truth);
}

#[test]
fn an_export_is_ndjson_with_people_masked() {
    let dir = tempfile::tempdir().unwrap();
    days(dir.path(), 0..2);
    for names in [false, true] {
        let mut out = Vec::new();
        admin::export(dir.path(), &StoreOptions::default(), &mut out, names).unwrap();
        let out = String::from_utf8(out).unwrap();
        for kind in ["run", "tombstone", "event", "finding", "acs", "provider"] {
            assert!(out.contains(&format!("\"kind\":\"{kind}\"")), "{kind}");
        }
        for line in out.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        assert_eq!(out.contains("Ana Teste"), names);
        assert!(!out.contains("456.789-00") && !out.contains("90000-") && !out.contains('\u{1b}'));
    }
}

#[test]
fn no_person_is_legible_in_the_raw_files() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { store_pii: acerto::store::Pii::None, ..StoreOptions::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    let world = World::new(40, 0);
    store
        .record(&run(&id(0), 0, &world, findings(40, 0)), &world.acs, &world.provider, &[])
        .unwrap();
    let mut out = Vec::new();
    drop(store);
    admin::export(dir.path(), &options, &mut out, true).unwrap();
    for file in FILES {
        out.extend(fs::read(dir.path().join(file)).unwrap());
    }
    for secret in ["456.789-00", "90000-", "Ana Teste", "ana@mail"] {
        assert!(!out.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret}");
    }
}
