//! A list that is cut, changed or disturbed is never called complete.
//!
//! Must not do: count a failed fetch as a complete one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{Answer, Ask, StandIn, World};
use super::{acs, acs_knowing, fetch, ids, name, names, row, rows};
use crate::domain::{AcsDevice, AnySnapshot};
use crate::ports::{Acs as _, FetchError, FetchErrorKind, Growing, Told};

/// 3 pages of 3 devices, the last of 2.
const COUNT: usize = 8;

fn is_complete(outcome: &Result<AnySnapshot<AcsDevice>, FetchError>) -> bool {
    outcome.as_ref().is_ok_and(AnySnapshot::is_complete)
}

/// Fetches what `lie` makes of each page.
fn fetch_of(
    lie: impl Fn(&World, &Ask, usize, Answer) -> Answer + Send + Sync + 'static,
) -> Result<AnySnapshot<AcsDevice>, FetchError> {
    let server = StandIn::lying(rows(COUNT), move |world, ask, answer| match ask.page() {
        Some(page) => lie(world, ask, page, answer),
        None => answer,
    });
    fetch(&acs(&server))
}

#[test]
fn a_list_that_is_cut_at_any_byte_of_any_page_is_never_complete() {
    // Which page is cut, after how many bytes, and whether the server notices it itself.
    static CUT: Mutex<(usize, usize, bool)> = Mutex::new((0, 0, false));
    let server = StandIn::lying(rows(COUNT), |_, ask, mut answer| {
        let (page, at, noticed) = *CUT.lock().unwrap();
        if ask.page() == Some(page) {
            if noticed {
                answer.body.truncate(at);
            } else {
                answer.cut = Some(at);
            }
        }
        answer
    });
    let acs = acs(&server);
    assert!(is_complete(&fetch(&acs)));
    let length = |page: usize| {
        let rows = server.world.rows.lock().unwrap();
        let rows = &rows[(page - 1) * 3..COUNT.min(page * 3)];
        Answer::page(rows, page < 3).body.len()
    };
    let mut fetches = 0;
    for (page, noticed) in [(1, false), (2, false), (3, false), (1, true), (2, true), (3, true)] {
        for at in 0..length(page) {
            *CUT.lock().unwrap() = (page, at, noticed);
            assert!(!is_complete(&fetch(&acs)), "page {page} after {at} bytes");
            fetches += 1;
        }
    }
    assert!(fetches > 500, "{fetches}");
    *CUT.lock().unwrap() = (0, 0, false);
    assert!(is_complete(&fetch(&acs)));
}

#[test]
fn a_page_that_is_dropped_in_any_way_is_never_overlooked() {
    type Drop = fn(&World, &Ask, usize) -> Answer;
    let ways: [(&str, Drop); 7] = [
        ("empty and the last", |_, _, _| Answer::page(&[], false)),
        ("empty in the middle", |_, _, _| Answer::page(&[], true)),
        ("not there", |_, _, _| Answer::new(404, "{}")),
        ("the next one instead", |world, ask, page| world.page(ask, 3, page + 1)),
        ("the one before instead", |world, ask, page| world.page(ask, 3, page.max(2) - 1)),
        ("a web page instead", |_, _, _| Answer::new(200, "<html>login</html>")),
        ("an error in a 200", |_, _, _| Answer::new(200, "{\"type\":\"error\"}")),
    ];
    for (way, drop) in ways {
        for dropped in 1..=3 {
            if (way, dropped) == ("the one before instead", 1) {
                continue;
            }
            let outcome = fetch_of(
                move |world, ask, page, answer| {
                    if page == dropped { drop(world, ask, page) } else { answer }
                },
            );
            assert!(!is_complete(&outcome), "page {dropped}: {way}");
        }
    }
}

#[test]
fn a_list_that_contradicts_itself_is_partial_and_says_how() {
    type Lie = fn(&World, &Ask, usize, Answer) -> Answer;
    let lies: [(&str, Lie); 7] = [
        ("already", |w, a, page, _| w.page(a, 3, if page == 2 { 1 } else { page })),
        ("follow", |w, a, page, _| w.page(a, 3, [1, 3, 2].get(page - 1).map_or(9, |p| *p))),
        ("follow", |w, _, page, answer| {
            if page == 2 { Answer::page(&w.rows.lock().unwrap()[3..6], false) } else { answer }
        }),
        ("instead of 3", |w, _, page, answer| {
            if page == 2 { Answer::page(&w.rows.lock().unwrap()[3..5], true) } else { answer }
        }),
        ("not in order", |w, _, page, answer| {
            let rows = w.rows.lock().unwrap();
            let swapped = [rows[4].clone(), rows[3].clone(), rows[5].clone()];
            if page == 2 { Answer::page(&swapped, true) } else { answer }
        }),
        ("already", |w, _, page, answer| {
            let rows = w.rows.lock().unwrap();
            let twice = [rows[3].clone(), rows[3].clone(), rows[5].clone()];
            if page == 2 { Answer::page(&twice, true) } else { answer }
        }),
        ("no serial", |w, _, page, answer| {
            let rows = w.rows.lock().unwrap();
            let blank = [rows[3].clone(), row(" "), rows[5].clone()];
            if page == 2 { Answer::page(&blank, true) } else { answer }
        }),
    ];
    for (n, (words, lie)) in lies.into_iter().enumerate() {
        let snapshot = fetch_of(lie).unwrap();
        assert!(!snapshot.is_complete(), "lie {n}");
        let meta = snapshot.meta();
        let told = meta.bad.iter().any(|p| p.what.contains(words));
        assert!(told && meta.bad_count > 0, "lie {n}: {:?}", meta.bad);
    }
}

#[test]
fn a_list_that_is_read_once_more_is_followed_by_nobody() {
    let asked = AtomicUsize::new(0);
    let server = StandIn::lying(rows(COUNT), move |world, ask, answer| match ask.page() {
        Some(2) if asked.fetch_add(1, Ordering::SeqCst) == 0 => {
            Answer::page(&world.rows.lock().unwrap()[..3], true)
        }
        _ => answer,
    });
    let mut told = Told::default();
    let list = acs(&server).fetch_into(&|_| {}, Growing::followed(&mut told)).unwrap();
    assert!(list.is_complete() && list.records().len() == COUNT);
    assert!(told.all().is_empty());
}

#[test]
fn a_list_without_an_end_ends() {
    let server = StandIn::lying(rows(COUNT), |world, ask, answer| match ask.page() {
        Some(_) => Answer::page(&world.rows.lock().unwrap()[..3], true),
        None => answer,
    });
    assert!(!fetch(&acs(&server)).unwrap().is_complete());
    assert!(server.count("/natural") < 10);
}

#[test]
fn a_first_page_that_changed_means_that_devices_may_have_slipped() {
    let firsts = AtomicUsize::new(0);
    let outcome = fetch_of(move |world, _, page, answer| {
        if page == 1 && firsts.fetch_add(1, Ordering::SeqCst) % 2 == 1 {
            // A device that sorts first was deleted after the first page was read.
            let rows = world.rows.lock().unwrap();
            return Answer::page(&rows[1..4], true);
        }
        answer
    });
    let snapshot = outcome.unwrap();
    assert!(!snapshot.is_complete());
    assert!(snapshot.meta().bad[0].what.contains("changed"));
}

#[test]
fn a_disturbance_that_passes_costs_one_more_reading() {
    let asked = AtomicUsize::new(0);
    let outcome = fetch_of(move |world, ask, page, answer| {
        if page == 2 && asked.fetch_add(1, Ordering::SeqCst) == 0 {
            return world.page(ask, 3, 1);
        }
        answer
    });
    let snapshot = outcome.unwrap();
    assert!(snapshot.is_complete(), "{:?}", snapshot.meta().bad);
    assert_eq!(ids(&snapshot), names(COUNT));
}

#[test]
fn a_failure_in_the_middle_is_a_failed_fetch() {
    for (status, kind) in [(500, FetchErrorKind::Unavailable), (403, FetchErrorKind::Auth)] {
        let outcome = fetch_of(
            move |_, _, page, answer| {
                if page == 2 { Answer::new(status, "{}") } else { answer }
            },
        );
        assert_eq!(outcome.unwrap_err().kind, kind);
    }
}

/// A server that does not list the `n`th device, though it has it.
fn slipping(n: usize) -> StandIn {
    StandIn::lying(rows(COUNT), move |world, ask, answer| {
        let Some(page) = ask.page() else { return answer };
        let mut rows = world.rows.lock().unwrap().clone();
        rows.remove(n);
        let from = ((page - 1) * 3).min(rows.len());
        let to = (from + 3).min(rows.len());
        Answer::page(&rows[from..to], to < rows.len())
    })
}

#[test]
fn a_device_that_slipped_out_of_the_list_is_found_alone() {
    for n in 0..COUNT {
        let snapshot = fetch(&acs_knowing(&slipping(n), &names(COUNT))).unwrap();
        assert!(snapshot.is_complete(), "{:?}", snapshot.meta().bad);
        assert_eq!(ids(&snapshot), names(COUNT));
    }
}

#[test]
fn a_device_that_is_positively_unknown_is_gone() {
    let mut known = names(COUNT);
    known.push(name(77));
    let server = StandIn::honest(rows(COUNT));
    let snapshot = fetch(&acs_knowing(&server, &known)).unwrap();
    assert!(snapshot.is_complete());
    assert_eq!(ids(&snapshot), names(COUNT));
    // And one that the ACS is asked for to learn what its "unknown" is worth.
    assert_eq!(server.count("/capabilities"), 2);
}

#[test]
fn a_missing_device_of_which_nothing_is_known_makes_the_list_partial() {
    type Lie = fn(&World, &Ask, Answer) -> Answer;
    let lies: [(&str, Lie); 6] = [
        ("same of a device", |_, _, _| Answer::new(404, "{}")),
        ("web page", |_, _, _| Answer::new(404, "<html>nginx</html>")),
        ("web page", |_, _, _| Answer::new(200, "<html>login</html>")),
        ("403", |_, _, _| Answer::new(403, "{}")),
        ("500", |_, _, _| Answer::new(500, "{}")),
        ("does not list it", |_, _, _| Answer::new(200, "{}")),
    ];
    for (words, lie) in lies {
        let server = StandIn::lying(rows(COUNT), move |world, ask, answer| {
            if ask.path.ends_with("/capabilities") { lie(world, ask, answer) } else { answer }
        });
        let mut known = names(COUNT);
        known.extend((50..60).map(name));
        let snapshot = fetch(&acs_knowing(&server, &known)).unwrap();
        assert!(!snapshot.is_complete(), "{words}");
        let meta = snapshot.meta();
        assert!(meta.bad[0].what.contains(words), "{words}: {:?}", meta.bad);
        assert_eq!(ids(&snapshot), names(COUNT));
        // Three in a row, each with a second question at most: the rest is not asked.
        assert!(server.count("/capabilities") <= 4, "{words}");
    }
}

#[test]
fn more_missing_devices_than_can_be_asked_for_make_the_list_partial() {
    for (missing, complete) in [(200, true), (201, false)] {
        let server = StandIn::honest(rows(COUNT));
        let known: Vec<String> = names(COUNT + missing);
        let snapshot = fetch(&acs_knowing(&server, &known)).unwrap();
        assert_eq!(snapshot.is_complete(), complete);
        // And one that is listed.
        assert_eq!(server.count("/capabilities"), 201);
        assert_eq!(snapshot.meta().gone.len(), 200);
    }
}
