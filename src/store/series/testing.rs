//! A history of lists alone, for tests.
//!
//! Must not do: be built into the product.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use tempfile::NamedTempFile;

use crate::domain::AcsDevice;
use crate::store::codec::Instant;
use crate::store::codec::device::Keep;
use crate::store::door::DbFile;
use crate::store::entries::entries;
use crate::store::list::{NewList, has_ordinal, without_ordinal};
use crate::store::rows::{Order, Rows};
use crate::store::series::{Loaded, Origin, Series, Walk, compare, lists, prepare};
use crate::store::tables::{ENTRIES, HISTORY, SEARCH};

/// An empty one; the file goes with the first.
pub(in crate::store) fn history(dir: &Path) -> (NamedTempFile, DbFile) {
    let (file, history) = DbFile::new_in(dir).unwrap();
    history.write(|edit| edit.make(&HISTORY)).unwrap();
    (file, history)
}

/// Stores a list as what changed since the one of the number before.
pub(in crate::store) fn store(history: &DbFile, seq: u64, devices: &[AcsDevice]) {
    store_on(history, seq, (seq - 1, true), devices);
}

/// Stores a list, complete or not, as what changed since another one.
pub(in crate::store) fn store_on(
    history: &DbFile,
    seq: u64,
    (on, complete): (u64, bool),
    devices: &[AcsDevice],
) {
    let list = NewList::of(devices, &Arc::new(Keep::nothing())).unwrap();
    let at = Instant::of_parts(seq.cast_signed(), 0);
    let prepared = history.read(|view| {
        let before = Walk::of(view, Series::Acs, on)?;
        let compared = compare(view, &list, before.as_ref(), at, |_| Ok(()))?;
        let (run_id, meta) = ("r", Vec::new());
        let origin = Origin { seq, run_id, started: at, taken: at, complete, meta };
        prepare(view, Series::Acs, origin, &list, &compared)
    });
    history.write(|edit| prepared.unwrap().write(edit)).unwrap();
}

/// Keys that several records have, but for the ordinal.
pub(in crate::store) fn doubles<'a>(keys: impl Iterator<Item = &'a [u8]>) -> HashSet<&'a [u8]> {
    keys.filter(|key| has_ordinal(key)).map(without_ordinal).collect()
}

/// Each head tells how its list hangs on others, and no piece is there that no list has.
pub(in crate::store) fn assert_hang(history: &DbFile) {
    let read = history.read(|view| {
        let mut pieces = BTreeSet::new();
        for (seq, head) in lists(view, Series::Acs)? {
            let loaded = Loaded::read(view, Series::Acs, seq)?.unwrap();
            let (_, newer) = loaded.links.split_last().unwrap();
            let changed = newer.iter().map(|link| entries(link).count()).sum::<usize>();
            assert_eq!((head.links as usize, head.changed), (newer.len(), changed as u64));
            pieces.extend(super::pieces(Series::Acs, seq, &head));
        }
        let keys = |table| {
            let mut keys = BTreeSet::new();
            let walked = view.walk(table, &[], Order::Up, &mut |key, _| {
                keys.insert(key.to_vec());
                Ok(true)
            });
            walked.map(|()| keys)
        };
        assert_eq!(keys(ENTRIES)?, pieces);
        assert!(keys(SEARCH)?.is_subset(&pieces));
        Ok(())
    });
    read.unwrap();
}
