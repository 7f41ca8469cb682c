//! Searching a store that lives: what is found is what the newest lists hold, whatever chain of
//! changes they are, whatever was forgotten or made by an older version.
//!
//! Must not do: look into the index. Truth is the lists that were recorded.

use std::path::Path;

use acerto::domain::{AnySnapshot, MatchedOn, Problem, Query};
use acerto::store::{Hits, People, Place, SearchIndex, Store, StoreOptions, admin};

use crate::store_world::{
    World, acs_device, acs_meta, findings, id, provider_meta, provider_record, run,
};

/// Devices of the world.
const DEVICES: u64 = 400;

fn open(dir: &Path) -> Store {
    Store::open(dir, &StoreOptions::default()).unwrap()
}

fn record(dir: &Path, day: u64) -> World {
    let world = World::new(DEVICES, day);
    let run = run(&id(day), day, &world, findings(DEVICES, day));
    open(dir).record(&run, &world.acs, &world.provider, &[]).unwrap();
    world
}

fn search(store: &Store, typed: &str) -> Hits {
    found(store, &store.search_index().unwrap().unwrap(), typed)
}

/// What an index finds; who searches once, without one, finds the same.
fn found(store: &Store, index: &SearchIndex, typed: &str) -> Hits {
    let query = Query::new(typed).unwrap();
    let hits = store.search(index, &query, 40).unwrap().unwrap();
    let once = store.search_once(&query, 40).unwrap().unwrap();
    assert_eq!(once.hits, hits, "{typed}");
    assert_eq!((once.taken, once.people), (index.taken(), index.people()));
    hits
}

/// Every device of a world is found by its login, as it is in that world, and none that is not.
fn assert_found(store: &Store, world: &World, step: usize) {
    let index = store.search_index().unwrap().unwrap();
    for i in (0..DEVICES).step_by(step) {
        let typed = format!("cliente{i}@isp.example");
        let hits = found(store, &index, &typed);
        let login = |l: Option<&acerto::domain::Untrusted>| l.is_some_and(|l| l.raw() == typed);
        let held = world.acs.records().iter().find(|d| login(d.pppoe_login.as_ref()));
        let found: Vec<_> = hits.acs.iter().filter(|d| login(d.pppoe_login.as_ref())).collect();
        assert_eq!(found.len(), usize::from(held.is_some()), "{typed}");
        if let (Some(held), [found]) = (held, found.as_slice()) {
            // What changes with every look is not told.
            let held = acerto::domain::AcsDevice { last_inform: None, ..held.clone() };
            assert_eq!(**found, held);
        }
        let held = world.provider.records().iter().find(|p| login(p.login.as_ref()));
        let found: Vec<_> = hits.provider.iter().filter(|p| login(p.login.as_ref())).collect();
        assert_eq!(found.len(), usize::from(held.is_some()), "{typed}");
        if let (Some(held), [found]) = (held, found.as_slice()) {
            assert_eq!((&found.plan, &found.customer_name), (&held.plan, &held.customer_name));
        }
    }
}

#[test]
fn every_day_what_is_found_is_that_days() {
    let dir = tempfile::tempdir().unwrap();
    for day in 0..30 {
        let world = record(dir.path(), day);
        assert_found(&open(dir.path()), &world, 7);
    }
    // Past the time of most of these lists: what they were changes of is put together anew.
    let world = record(dir.path(), 75);
    assert_found(&open(dir.path()), &world, 1);
}

#[test]
fn a_changed_number_is_a_change_and_an_old_one_finds_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = record(dir.path(), 0);
    let store = open(dir.path());
    let phone = "(47) 90000-0007";
    let hits = search(&store, phone);
    assert_eq!(hits.found, [(Place::Provider(0), MatchedOn::Phone)]);
    assert_eq!(hits.acs.len(), 1, "the ACS's record of the same box comes along");
    let mut records = world.provider.records().to_vec();
    let of = records.iter_mut().find(|r| r.device_id.as_ref().unwrap().raw() == "7").unwrap();
    of.phone =
        Some(acerto::domain::subscriber::Phone(acerto::domain::Untrusted::new("47 3333-0000")));
    world.provider = AnySnapshot::new(provider_meta(1), records);
    let run = run(&id(1), 1, &world, findings(DEVICES, 1));
    store.record(&run, &world.acs, &world.provider, &[]).unwrap();
    assert!(search(&store, phone).found.is_empty());
    assert_eq!(search(&store, "47 3333-0000").provider[0].device_id.as_ref().unwrap().raw(), "7");
}

#[test]
fn of_more_than_is_ranked_the_same_is_found_with_an_index_and_without() {
    const MANY: u64 = 2_500;
    let dir = tempfile::tempdir().unwrap();
    for day in 0..2 {
        let world = World::new(MANY, day);
        let run = run(&id(day), day, &world, Vec::new());
        open(dir.path()).record(&run, &world.acs, &world.provider, &[]).unwrap();
    }
    let store = open(dir.path());
    for (typed, more) in [
        ("cliente", true),
        ("ana teste", true),
        ("cliente7@isp.example", false),
        ("ana teste 2499", false),
        ("nobody at all", false),
    ] {
        let hits = search(&store, typed);
        assert_eq!(hits.more, more, "{typed}");
        assert_eq!(hits.found.is_empty(), typed.starts_with("nobody"), "{typed}");
        if typed.contains('@') {
            let login = hits.acs[0].pppoe_login.as_ref().unwrap();
            assert_eq!((hits.found[0].0, login.raw()), (Place::Acs(0), typed));
        }
    }
}

#[test]
fn a_list_read_in_part_does_not_hide_the_last_whole_one() {
    let dir = tempfile::tempdir().unwrap();
    let world = record(dir.path(), 0);
    let mut meta = provider_meta(1);
    let lost = Problem { place: "page 2".into(), what: "lost".into(), value: None };
    (meta.bad, meta.bad_count) = (vec![lost], 1);
    let part = World {
        acs: AnySnapshot::new(acs_meta(1), vec![acs_device(1, 1)]),
        provider: AnySnapshot::new(meta, vec![provider_record(1, 1)]),
    };
    let second = run(&id(1), 1, &part, Vec::new());
    open(dir.path()).record(&second, &part.acs, &part.provider, &[]).unwrap();
    let hits = search(&open(dir.path()), "Ana Teste 5");
    let known =
        world.provider.records().iter().any(|r| r.login_id == provider_record(5, 0).login_id);
    assert_eq!(hits.found.iter().any(|(_, on)| *on == MatchedOn::Name), known);
}

#[test]
fn a_store_of_an_older_version_and_a_restored_one_are_searched_too() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut world = record(dir.path(), 0);
    for day in 1..4 {
        world = record(dir.path(), day);
    }
    // As before there was a search: without its table.
    let db = redb::Database::open(dir.path().join("history.redb")).unwrap();
    let change = db.begin_write().unwrap();
    let table: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("search");
    assert!(change.delete_table(table).unwrap());
    change.commit().unwrap();
    drop(db);
    assert_found(&open(dir.path()), &world, 11);
    let file = other.path().join("backup");
    admin::backup(dir.path(), &file, &StoreOptions::default(), false).unwrap();
    let new = other.path().join("new");
    admin::restore(&file, &new, &StoreOptions::default(), false).unwrap();
    let store = open(&new);
    assert_found(&store, &world, 11);
    // No backup holds the key: people's numbers are found after the next reading.
    let index = store.search_index().unwrap().unwrap();
    assert_eq!(index.people(), People::KeyLost);
    record(&new, 4);
    assert_eq!(store.search_index().unwrap().unwrap().people(), People::Kept);
    assert!(!search(&store, "(47) 90000-0007").found.is_empty());
}

/// The list of the twentieth day is still there on the thirty-first, but hangs on that one's.
#[test]
fn lists_that_are_stored_anew_since_are_told_too() {
    let dir = tempfile::tempdir().unwrap();
    for day in [0, 20] {
        record(dir.path(), day);
    }
    let store = open(dir.path());
    let index = store.search_index().unwrap().unwrap();
    let query = Query::new("Ana Teste 5").unwrap();
    let found = |index| store.search(index, &query, 10).unwrap().map(|hits| hits.found.len());
    assert!(found(&index).unwrap() > 0);
    record(dir.path(), 31);
    assert_eq!(found(&index), None, "read the index again");
    assert!(found(&store.search_index().unwrap().unwrap()).unwrap() > 0);
}

#[test]
fn lists_that_are_gone_since_are_told_and_not_mixed() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 0);
    let store = open(dir.path());
    let index = store.search_index().unwrap().unwrap();
    for day in [40, 80, 120] {
        record(dir.path(), day);
    }
    let query = Query::new("Ana Teste 5").unwrap();
    assert!(store.search(&index, &query, 10).unwrap().is_none(), "read the index again");
}
