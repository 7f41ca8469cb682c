//! Forgetting: snapshots and findings after weeks, runs, events and tombstones after a year.
//!
//! Must not do: forget the newest complete snapshot of a side, the findings of the newest
//! complete run and of those after it, the runs of these (without its run a list is nobody's),
//! or the newest run, however old. Time is that of the run being recorded.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::store::SEQUENCE;
use crate::store::codec::run::RunLine;
use crate::store::codec::{bad, from_json, to_json};
use crate::store::door::{Amount, DbFile};
use crate::store::error::StoreError;
use crate::store::journal as apply;
use crate::store::marks;
use crate::store::options::StoreOptions;
use crate::store::rows::{Edit, Order, Rows, View};
use crate::store::search;
use crate::store::series::{self, Head, Lists, Series};
use crate::store::speed_tests;
use crate::store::tables::{DETAILS, META, RUN_IDS, RUNS, TRAIL, key_seq, seq_key};
use crate::store::tombstones;

/// When it was last looked for old things.
const PRUNED: &[u8] = b"pruned";

/// Often enough for things kept for weeks.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Once a day: forgets what is past its time in both files. History goes first: should the
/// journal's change fail, a run without findings is left, which is no harm.
pub(super) fn forget(
    journal: &Edit,
    history: &DbFile,
    now: Timestamp,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    if !due(journal, now)? {
        return Ok(());
    }
    let (old, amount) = history.read(|view| {
        Ok((old_runs(journal, view, now, options)?, amount_of(view, now, options)?))
    })?;
    history.write_where(amount, |edit| prune_history(edit, now, options, &old))?;
    prune_journal(journal, now, options, &old)
}

/// Is it time to forget? Then it is noted that it was done.
fn due(journal: &Edit, now: Timestamp) -> Result<bool, StoreError> {
    let last = journal.get(META, PRUNED)?;
    let last: Option<Timestamp> = last.map(|l| journal.believe(from_json(&l))).transpose()?;
    let due = last.is_none_or(|last| now.duration_since(last) >= EVERY || now < last);
    if due {
        journal.put(META, PRUNED, &journal.believe(to_json(&now))?)?;
    }
    // On the first day there is nothing old.
    Ok(due && last.is_some())
}

fn before(now: Timestamp, keep: SignedDuration) -> Timestamp {
    now.checked_sub(keep).unwrap_or(Timestamp::MIN)
}

/// A run past its time: sequence and id.
struct OldRun {
    seq: u64,
    id: String,
}

/// The runs that are to be forgotten; the newest is never among them, nor one whose list
/// stays.
fn old_runs(
    journal: &Edit,
    history: &View,
    now: Timestamp,
    options: &StoreOptions,
) -> Result<Vec<OldRun>, StoreError> {
    let until = before(now, options.keep_history.max(options.keep_snapshots));
    let mut stay = BTreeSet::from([journal.count(META, SEQUENCE)?]);
    for series in Series::ALL {
        stay.extend(staying(series, &series::lists(history, series)?));
    }
    let mut old = Vec::new();
    journal.walk(RUNS, &[], Order::Up, &mut |key, body| {
        let line: RunLine = from_json(body)?;
        let seq = key_seq(key).ok_or_else(|| bad("a run without a number"))?;
        let is_old = line.started < until;
        if is_old && !stay.contains(&seq) {
            old.push(OldRun { seq, id: line.id });
        }
        Ok(is_old)
    })?;
    Ok(old)
}

/// Forgets old runs, tombstones and events.
fn prune_journal(
    journal: &Edit,
    now: Timestamp,
    options: &StoreOptions,
    old: &[OldRun],
) -> Result<(), StoreError> {
    let until = before(now, options.keep_history);
    journal.remove(RUNS, old.iter().map(|o| seq_key(o.seq)))?;
    journal.remove(RUN_IDS, old.iter().map(|o| &o.id))?;
    tombstones::prune(journal, until)?;
    apply::prune(journal, until)?;
    speed_tests::prune(journal, until)?;
    marks::prune(journal, until)
}

/// Forgets old snapshots and findings, and the trail of old runs. Was there anything to forget?
/// Until the first list is past its time there is not, and what is not changed need not reach the
/// disk.
fn prune_history(
    edit: &Edit,
    now: Timestamp,
    options: &StoreOptions,
    old: &[OldRun],
) -> Result<bool, StoreError> {
    let until = before(now, options.keep_snapshots);
    let mut any = false;
    for series in Series::ALL {
        any |= prune_series(edit, series, until)?;
        any |= search::is_searched(series) && prune_searched(edit, series)?;
    }
    let trails = edit.remove(TRAIL, old.iter().map(|o| seq_key(o.seq)))?;
    Ok(any || trails > 0)
}

/// Forgets what is searched of lists that are searched no more: it is as large as the lists.
/// Should one be searched all the same, it is made again of its entries. Was there any?
fn prune_searched(edit: &Edit, series: Series) -> Result<bool, StoreError> {
    let Some((_, newest)) = series::complete(edit, series)?.first().copied() else {
        return Ok(false);
    };
    let searched = series::chain_of(edit, series, newest)?;
    let mut gone = 0;
    for (seq, head) in series::lists(edit, series)? {
        if seq < newest && !searched.contains(&seq) {
            gone += series::remove_searched(edit, series, seq, &head)?;
        }
    }
    Ok(gone > 0)
}

/// The lists of a series that stay, however old; `all` is newest first.
fn staying(series: Series, all: &[(u64, Head)]) -> BTreeSet<u64> {
    let complete = || all.iter().filter(|(_, head)| head.complete);
    if series != Series::Findings {
        let newest = complete().max_by_key(|(seq, head)| (head.taken, *seq));
        return newest.map(|(seq, _)| *seq).into_iter().collect();
    }
    // The newest findings are the last report, be it of a Partial run; those since the last
    // complete ones are compared with by the next run.
    let first = all.first().map(|(seq, _)| *seq);
    let newest = complete().next().map(|(seq, _)| *seq);
    let stays = |seq: &u64| newest.is_some_and(|n| *seq >= n) || Some(*seq) == first;
    all.iter().map(|(seq, _)| *seq).filter(stays).collect()
}

/// How much is written to forget what is old: where a chain loses its first list, a whole one. As
/// far as can be told before the change begins, which looks for itself what is old.
fn amount_of(view: &View, now: Timestamp, options: &StoreOptions) -> Result<Amount, StoreError> {
    let until = before(now, options.keep_snapshots);
    for series in Series::ALL {
        let (gone, kept) = gone_and_kept(view, series, until)?;
        if series::is_turned(&gone, &kept) {
            return Ok(Amount::Much);
        }
    }
    Ok(Amount::Little)
}

/// The lists of a series that go, and those that stay, in the order of their numbers.
fn gone_and_kept(
    rows: &impl Rows,
    series: Series,
    until: Timestamp,
) -> Result<(Lists, Lists), StoreError> {
    let all = series::lists(rows, series)?;
    let stay = staying(series, &all);
    let (mut gone, mut kept) = (Lists::new(), Lists::new());
    for (seq, head) in all.into_iter().rev() {
        let is_old = rows.believe(head.started.time())? < until;
        if is_old && !stay.contains(&seq) { gone.push((seq, head)) } else { kept.push((seq, head)) }
    }
    Ok((gone, kept))
}

/// Forgets old lists of a series. Was there any?
fn prune_series(edit: &Edit, series: Series, until: Timestamp) -> Result<bool, StoreError> {
    let (gone, kept) = gone_and_kept(edit, series, until)?;
    if gone.is_empty() {
        return Ok(false);
    }
    series::forget(edit, series, &gone, kept)?;
    if series == Series::Findings {
        edit.remove(DETAILS, gone.iter().map(|(seq, _)| seq_key(*seq)))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{AcsDevice, Untrusted};
    use crate::store::series::testing::{assert_hang, history, store, store_on};
    use crate::store::series::{Loaded, Walk};
    use crate::store::tables::SEARCH;

    fn devices(from: usize) -> Vec<AcsDevice> {
        let id = |n| Untrusted::new(&format!("d{n:04}"));
        (from..from + 500).map(|n| AcsDevice { id: id(n), ..AcsDevice::default() }).collect()
    }

    #[test]
    fn what_is_searched_is_kept_of_the_newest_list_and_of_what_it_hangs_on() {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        // Of the third list all is new: it is stored whole.
        for (seq, from, kept) in
            [(1, 0, &[1][..]), (2, 5, &[1, 2]), (3, 900, &[3]), (4, 905, &[3, 4])]
        {
            store(&history, seq, &devices(from));
            let prune = |edit: &Edit| prune_searched(edit, Series::Acs);
            assert_eq!(history.write(prune).unwrap(), seq == 3, "after list {seq}");
            let mut seqs = Vec::new();
            let read = history.read(|view| {
                view.walk(SEARCH, &[], Order::Up, &mut |key, _| {
                    seqs.push(key.get(1..9).and_then(key_seq).unwrap());
                    Ok(true)
                })
            });
            read.unwrap();
            assert_eq!(seqs, kept, "after list {seq}");
        }
    }

    /// Of a run that left no list, which is old by itself.
    #[test]
    fn a_trail_alone_is_something_to_forget() {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        history.write(|edit| edit.put(TRAIL, &seq_key(1), b"trail")).unwrap();
        let old = [OldRun { seq: 1, id: "r".to_owned() }];
        let forget = || {
            let prune = |edit: &Edit| {
                prune_history(edit, Timestamp::UNIX_EPOCH, &StoreOptions::default(), &old)
            };
            history.write(prune).unwrap()
        };
        assert_eq!([forget(), forget()], [true, false]);
    }

    /// A record of a list as it is stored.
    type Record = (Vec<u8>, Vec<u8>);

    /// What a list holds, as it is read at once and as it is walked along.
    fn held(history: &DbFile, seq: u64) -> Option<Vec<Record>> {
        let read = history.read(|view| {
            let Some(loaded) = Loaded::read(view, Series::Acs, seq)? else { return Ok(None) };
            let items = view.believe(loaded.items())?;
            let bytes = |front: &[u8], body: &[u8]| (front.to_vec(), body.to_vec());
            let held: Vec<_> = items.iter().map(|item| bytes(item.front, item.body)).collect();
            let (mut walked, walk) = (Vec::new(), Walk::of(view, Series::Acs, seq)?.unwrap());
            walk.each(view, |item, _| {
                walked.push(bytes(item.front, item.body));
                Ok(())
            })?;
            assert_eq!(walked, held);
            Ok(Some(held))
        });
        read.unwrap()
    }

    /// The lists that are stored whole.
    fn whole(history: &DbFile) -> BTreeSet<u64> {
        let all = history.read(|view| series::lists(view, Series::Acs)).unwrap();
        all.into_iter().filter(|(_, head)| head.parent.is_none()).map(|(seq, _)| seq).collect()
    }

    /// Stores a list a day and forgets what is older than so many days. Each one that stays holds
    /// what it held. Gives how many were stored whole, and how many were made so later.
    fn days_pass(lists: &[Vec<AcsDevice>], keep: u64) -> (usize, usize) {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        let (mut all, mut stored_whole, mut made_whole) = (Vec::new(), 0, 0);
        for (seq, devices) in (1..).zip(lists) {
            store(&history, seq, devices);
            all.push(held(&history, seq));
            let before = whole(&history);
            stored_whole += usize::from(before.contains(&seq));
            let first = seq.saturating_sub(keep);
            let until = Timestamp::from_second(first.cast_signed()).unwrap();
            history.write(|edit| prune_series(edit, Series::Acs, until)).unwrap();
            made_whole += whole(&history).difference(&before).count();
            assert_hang(&history);
            for (there, then) in (1..).zip(&all) {
                let expected = if there < first { &None } else { then };
                assert_eq!(&held(&history, there), expected, "list {there} on day {seq}");
            }
        }
        (stored_whole, made_whole)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn lists_that_stay_hold_what_they_held(
            mut known in vec((0..250_u8, 0..2_u8), 200),
            days in vec(vec((0..250_u8, 0..3_u8), 0..12), 3..16),
            keep in 1..6_u64,
        ) {
            let device = |&(id, firmware): &(u8, u8)| AcsDevice {
                id: Untrusted::new(&format!("d{id:03}")),
                firmware: Untrusted::present(&format!("V{firmware}")),
                ..AcsDevice::default()
            };
            let mut lists = Vec::new();
            for edits in &days {
                lists.push(known.iter().map(device).collect::<Vec<_>>());
                for &(id, firmware) in edits {
                    known.retain(|(other, _)| *other != id);
                    known.extend((firmware < 2).then_some((id, firmware)));
                }
            }
            let (stored, made) = days_pass(&lists, keep);
            prop_assert!(made <= stored + days.len() / usize::try_from(keep).unwrap());
        }
    }

    #[test]
    fn a_chain_is_made_whole_once_in_the_time_that_lists_are_kept_for() {
        let lists: Vec<_> = (0..41).map(devices).collect();
        assert_eq!(days_pass(&lists, 10), (1, 3));
    }

    /// Beside those of one line hang lists of which a part could not be read, and reports of the
    /// past.
    #[test]
    fn lists_that_hang_on_one_list_hold_what_they_held() {
        for (hang, made) in [
            // One line, with lists beside it; one of them newer than the line's last one.
            (&[(2, 1), (3, 2), (4, 2), (5, 3), (6, 5), (7, 5)][..], 1),
            // Two lines that part, and one on the list that goes.
            (&[(2, 1), (3, 2), (4, 2), (5, 3), (6, 4), (7, 1), (8, 7)], 2),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let (_file, history) = history(dir.path());
            store(&history, 1, &devices(0));
            for (seq, on) in hang {
                let complete = *seq != 7;
                let devices = devices(usize::try_from(*seq).unwrap());
                store_on(&history, *seq, (*on, complete), &devices);
            }
            let all = || hang.iter().map(|(seq, _)| held(&history, *seq)).collect::<Vec<_>>();
            let before = all();
            let until = Timestamp::from_second(2).unwrap();
            history.write(|edit| prune_series(edit, Series::Acs, until)).unwrap();
            assert_eq!(held(&history, 1), None);
            assert!(before == all() && before.iter().all(Option::is_some), "{hang:?}");
            assert_eq!(whole(&history).len(), made, "{hang:?}");
            if made == 1 {
                assert_eq!(whole(&history), [6].into(), "the last complete one");
                assert_hang(&history);
            }
        }
    }

    /// Those of runs that a restored journal does not know.
    #[test]
    fn lists_outlive_later_ones_that_they_hang_on() {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        (1..=5).for_each(|seq| store(&history, seq, &devices(usize::try_from(seq).unwrap())));
        let until = Timestamp::from_second(2).unwrap();
        history.write(|edit| prune_series(edit, Series::Acs, until)).unwrap();
        assert_eq!(whole(&history), [5].into());
        let all = || [2, 3].map(|seq| held(&history, seq));
        let before = all();
        let forget = |edit: &Edit| {
            let mut kept = series::lists(edit, Series::Acs)?;
            kept.reverse();
            let gone = kept.split_off(2);
            series::forget(edit, Series::Acs, &gone, kept)
        };
        history.write(forget).unwrap();
        assert!(before == all() && before.iter().all(Option::is_some));
        assert_eq!([4, 5].map(|seq| held(&history, seq)), [None, None]);
        assert_hang(&history);
    }

    #[test]
    fn of_a_list_of_many_pieces_none_is_left() {
        let firmware = |n: usize| Untrusted::present(&format!("V{n}").repeat(500));
        let mut devices: Vec<_> = devices(0).into_iter().chain(devices(500)).collect();
        let mut lists = Vec::new();
        for (day, changed) in [(1, 1000), (2, 20), (3, 400), (4, 5), (5, 2)] {
            devices[..changed].iter_mut().for_each(|device| device.firmware = firmware(day));
            lists.push(devices.clone());
        }
        assert_eq!(days_pass(&lists, 3), (1, 1));
    }
}
