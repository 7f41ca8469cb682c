//! Care of a store: check, backup, drill, restore, export, compact.
//!
//! Must not do: replace anything by what was not verified before.

mod backup;
mod check;
mod drill;
mod export;
mod restore;
mod rotate;

use std::path::Path;

pub use backup::backup;
pub use check::{CheckReport, FileReport, check};
pub use drill::{DrillReport, drill};
pub use export::export;
pub use restore::restore;
pub use rotate::{dated, newest, rotate};

use crate::store::door::DbFile;
use crate::store::error::StoreError;
use crate::store::options::{Mode, StoreOptions};
use crate::store::{HISTORY_FILE, JOURNAL_FILE, Store};

/// Shrinks both files; needs the store alone. Returns their bytes before and after.
///
/// # Errors
/// Where another process reads or writes the store, or a file can't be written.
pub fn compact(dir: &Path, options: &StoreOptions) -> Result<(u64, u64), StoreError> {
    let mut sizes = (0, 0);
    // Others may have it open: they are waited for as long as they read.
    let options = StoreOptions { mode: Mode::Multi, ..options.clone() };
    for name in [JOURNAL_FILE, HISTORY_FILE] {
        let path = dir.join(name);
        let Ok(before) = std::fs::metadata(&path) else { continue };
        DbFile::compact(&path, &options)?;
        let after = std::fs::metadata(&path).map_err(|e| StoreError::io(&path, e))?;
        sizes = (sizes.0 + before.len(), sizes.1 + after.len());
    }
    Ok(sizes)
}

/// Opens a store that must be there.
fn existing(dir: &Path, options: &StoreOptions) -> Result<Store, StoreError> {
    Store::open_existing(dir, options)?.ok_or_else(|| StoreError::Nothing { path: dir.to_owned() })
}
