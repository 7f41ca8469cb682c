//! What the next run compares its findings with, when some runs read a side in part only.

use acerto::domain::AnySnapshot;
use acerto::engine::{Cause, Evidence, EvidenceKind, Finding, Resolved, ResolvedHow, State};
use acerto::store::{HistoryState, Store, StoreOptions};

use crate::store_world::{World, at, days, finding, id, key, run};

fn of(i: u64) -> Finding {
    finding(i, Cause::UnlinkedLogin, State::New, 0)
}

fn first_seen(i: u64, second: i64) -> Finding {
    Finding { first_seen: at(second), ..of(i) }
}

/// Records a day's run: its findings, which of the earlier ones it resolved, and whether it
/// read both sides whole.
fn record(store: &Store, day: u64, found: Vec<Finding>, resolved: &[u64], whole: bool) {
    let mut world = World::new(40, day);
    if !whole {
        let mut meta = world.acs.meta().clone();
        meta.bad_count = 1;
        world.acs = AnySnapshot::new(meta, world.acs.records().to_vec());
    }
    let mut run = run(&id(day), day, &world, found);
    let ended = |&i: &u64| Resolved {
        id: of(i).id,
        cause: Cause::UnlinkedLogin,
        keys: vec![key(i)],
        how: ResolvedHow::Matched,
    };
    run.reconciliation.resolved = resolved.iter().map(ended).collect();
    store.record(&run, &world.acs, &world.provider, &[]).unwrap();
}

fn priors(store: &Store) -> Vec<(String, i64)> {
    let priors = store.baseline(at(0)).unwrap().priors;
    let mut priors: Vec<_> =
        priors.iter().map(|p| (p.id.clone(), p.first_seen.as_second())).collect();
    priors.sort();
    priors
}

fn expected(these: &[(u64, i64)]) -> Vec<(String, i64)> {
    let mut all: Vec<_> = these.iter().map(|&(i, second)| (of(i).id, second)).collect();
    all.sort();
    all
}

#[test]
fn partial_runs_add_and_resolve_but_forget_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { keep_snapshots: days(20), ..StoreOptions::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    // Never whole: what was found is known all the same.
    record(&store, 0, vec![first_seen(1, 10)], &[], false);
    assert_eq!(priors(&store), expected(&[(1, 10)]));
    record(&store, 1, vec![first_seen(1, 10), first_seen(2, 20), first_seen(3, 30)], &[], true);
    // 2 is in the line that was bad; 3 was set right; 4 is new; 1 is another cause for a day.
    let other = Finding { cause: Cause::Unexplained, id: "f-x".into(), ..first_seen(1, 10) };
    record(&store, 2, vec![other, first_seen(4, 40)], &[3], false);
    assert_eq!(priors(&store), expected(&[(1, 10), (2, 20), (4, 40)]));
    // 3 is back, which is another difference; 4 is unread.
    record(&store, 3, vec![first_seen(1, 10), first_seen(3, 50)], &[], false);
    let all = expected(&[(1, 10), (2, 20), (3, 50), (4, 40)]);
    assert_eq!(priors(&store), all);
    // Weeks of bad lines: the last whole run is kept as long as it is the last.
    record(&store, 40, vec![first_seen(3, 50)], &[], false);
    record(&store, 80, vec![first_seen(3, 50)], &[], false);
    assert_eq!(priors(&store), expected(&[(1, 10), (2, 20), (3, 50), (4, 40)]));
    assert_eq!(store.latest().unwrap().unwrap().reconciliation.findings.len(), 1);
    // Whole again: that is all there is.
    record(&store, 81, vec![first_seen(2, 20)], &[1, 3], true);
    assert_eq!(priors(&store), expected(&[(2, 20)]));
    let told = |i| {
        let history = store.trails().unwrap().of(&[key(i)]).into_iter();
        history.map(|h| (h.run_id, h.state)).collect::<Vec<_>>()
    };
    assert_eq!(told(1)[0], (id(81), HistoryState::Resolved), "told where it ended");
    let ended: Vec<_> = told(2).into_iter().filter(|h| h.1 == HistoryState::Resolved).collect();
    assert_eq!(ended, [], "unread is not resolved");
    let report = acerto::store::admin::check(dir.path(), &options).unwrap().unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

/// Nothing is proven of a device whose past is in doubt; the day after has no other witness.
#[test]
fn what_a_finding_told_of_the_past_is_told_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
    let told = |i, kinds: &[EvidenceKind]| Finding {
        evidence: kinds.iter().copied().map(Evidence::new).collect(),
        ..of(i)
    };
    let (counted, again) = (EvidenceKind::CountedBefore, EvidenceKind::RegisteredAgain);
    let nothing = EvidenceKind::NoLoginFits;
    let found = vec![told(1, &[nothing]), told(2, &[nothing, counted]), told(3, &[again])];
    record(&store, 0, found, &[], true);
    let past = |i: u64| {
        let priors = store.baseline(at(0)).unwrap().priors;
        priors.iter().find(|p| p.id == of(i).id).unwrap().past
    };
    assert_eq!([past(1), past(2), past(3)], [None, Some(counted), Some(again)]);
}
