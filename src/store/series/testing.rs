//! A history of lists alone, for tests.
//!
//! Must not do: be built into the product.

use std::path::Path;
use std::sync::Arc;

use tempfile::NamedTempFile;

use crate::domain::AcsDevice;
use crate::store::codec::Instant;
use crate::store::codec::device::Keep;
use crate::store::door::DbFile;
use crate::store::list::NewList;
use crate::store::series::{Origin, Series, Walk, compare, prepare};
use crate::store::tables::HISTORY;

/// An empty one; the file goes with the first.
pub(in crate::store) fn history(dir: &Path) -> (NamedTempFile, DbFile) {
    let (file, history) = DbFile::new_in(dir).unwrap();
    history.write(|edit| edit.make(&HISTORY)).unwrap();
    (file, history)
}

/// Stores a list as what changed since the one of the number before.
pub(in crate::store) fn store(history: &DbFile, seq: u64, devices: &[AcsDevice]) {
    store_on(history, seq, seq - 1, devices);
}

/// Stores a list as what changed since another one.
pub(in crate::store) fn store_on(history: &DbFile, seq: u64, on: u64, devices: &[AcsDevice]) {
    let list = NewList::of(devices, &Arc::new(Keep::nothing())).unwrap();
    let at = Instant::of_parts(seq.cast_signed(), 0);
    let prepared = history.read(|view| {
        let before = Walk::of(view, Series::Acs, on)?;
        let compared = compare(view, &list, before.as_ref(), at, |_| Ok(()))?;
        let (run_id, complete, meta) = ("r", true, Vec::new());
        let origin = Origin { seq, run_id, started: at, taken: at, complete, meta };
        prepare(view, Series::Acs, origin, &list, &compared)
    });
    history.write(|edit| prepared.unwrap().write(edit)).unwrap();
}
