//! The store, the disk under it and the logs: can they be opened, believed and written, or made
//! where there are none, and is there room?
//!
//! Must not do: make one, or wait as long as a run would for somebody who holds it.

use std::path::Path;
use std::time::Duration;

use rustix::fs::{Access, access, statfs, statvfs};

use crate::app::doctor::told::{Told, Unchecked};
use crate::app::doctor::{Examined, Outcome};
use crate::app::error::AppError;
use crate::app::exit::Condition;
use crate::app::memory;
use crate::config::{LogLevel, Settings};
use crate::domain::text::visible;
use crate::store::{HISTORY_FILE, JOURNAL_FILE, Store, StoreError, StoreOptions};

/// A person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// With less room a run may end in a full disk, bytes.
const FREE_LEAST: u64 = 1 << 30;
/// Compaction and backup write the store anew beside itself.
const FREE_STORES: u64 = 3;

/// Kernel's numbers of file systems over a network (`linux/magic.h`), on which locks and
/// durable writes are not what a database needs.
const NETWORK: [(u64, &str); 8] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFE53_4D42, "SMB2"),
    (0xFF53_4D42, "CIFS"),
    (0x00C3_6400, "Ceph"),
    (0x0102_1997, "9p"),
    (0x5346_414F, "AFS"),
    (0x0BD0_0BD0, "Lustre"),
];

fn options(settings: &Settings) -> StoreOptions {
    StoreOptions { patience: PATIENCE, ..memory::options(settings) }
}

/// The store to read from, where it can be.
pub(super) fn look(settings: &Settings) -> Option<Store> {
    Store::open_existing(&settings.store_dir, &options(settings)).ok().flatten()
}

/// Opens the store as a run would, and writes to it without changing what it remembers.
pub(super) fn store(settings: &Settings) -> Examined {
    match Store::open_existing(&settings.store_dir, &options(settings)) {
        Ok(None) => absent(&settings.store_dir),
        Ok(Some(reader)) => {
            drop(reader);
            let opened = Store::open(&settings.store_dir, &options(settings));
            match opened.map_err(AppError::from).and_then(|store| used(&store, settings)) {
                Ok(runs) => {
                    let place = memory::shown(settings);
                    Examined::new("store", Outcome::Ok, Told::StoreWhole { place, runs })
                }
                Err(error) => refused(&error),
            }
        }
        Err(error) => refused(&error.into()),
    }
}

fn used(store: &Store, settings: &Settings) -> Result<u64, AppError> {
    memory::same_profile(store, settings)?;
    store.try_write()?;
    Ok(store.generation()?)
}

fn refused(error: &AppError) -> Examined {
    if matches!(error, AppError::Store(StoreError::Held { .. })) {
        let text = format!("{error}; a run would wait up to 30 s for it");
        return Examined::said("store", Outcome::Warn, text, &error.hints());
    }
    Examined::failed("store", error)
}

/// The folder of the logs. A run goes on without it, so it is never a failure.
pub(super) fn log(settings: &Settings) -> Examined {
    if settings.log.level == LogLevel::Off {
        return Examined::skipped("log", Unchecked::Off("[log] level"));
    }
    let place = visible(&settings.log_dir.to_string_lossy());
    let next = above(&settings.log_dir);
    if next.is_dir() && access(next, Access::WRITE_OK | Access::EXEC_OK).is_ok() {
        let most = format!("{} x {}", settings.log.keep, settings.log.max_size);
        return Examined::new("log", Outcome::Ok, Told::Log { place, most, closed: None });
    }
    let closed = Some(visible(&next.to_string_lossy()));
    Examined::new("log", Outcome::Warn, Told::Log { place, most: String::new(), closed })
}

/// The next folder above that is there.
fn above(dir: &Path) -> &Path {
    dir.ancestors().find(|p| p.exists()).unwrap_or(Path::new("."))
}

/// There is none yet: the next folder above must let us make it.
fn absent(dir: &Path) -> Examined {
    let next = above(dir);
    let place = visible(&dir.to_string_lossy());
    let above = visible(&next.to_string_lossy());
    let unmakable = |condition, folder| {
        let told = Told::StoreUnmakable { place: place.clone(), above: above.clone(), folder };
        Examined::new("store", Outcome::Fail(condition), told)
    };
    if !next.is_dir() {
        return unmakable(Condition::Usage, false);
    }
    if access(next, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return unmakable(Condition::Store, true);
    }
    Examined::new("store", Outcome::Ok, Told::StoreAbsent { place })
}

/// Is there room for the next runs, on a disk of this machine?
pub(super) fn disk(settings: &Settings) -> Examined {
    let next = above(&settings.store_dir);
    let shown = visible(&next.to_string_lossy());
    let (room, kind) = match (statvfs(next), statfs(next)) {
        (Ok(room), Ok(kind)) => (room, kind),
        (Err(error), _) | (_, Err(error)) => {
            let text = format!("the disk under {shown} can't be looked at: {error}");
            let hint = "look whether this user may enter the folder".to_owned();
            return Examined::said("disk", Outcome::Warn, text, &[hint]);
        }
    };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let size = |name| std::fs::metadata(settings.store_dir.join(name)).map_or(0, |m| m.len());
    let store = size(JOURNAL_FILE) + size(HISTORY_FILE);
    // The kernel's type is signed and of the machine's width; the numbers are of 32 bits.
    let magic = u64::from(u32::try_from(kind.f_type & 0xFFFF_FFFF).unwrap_or_default());
    let network = NETWORK.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name);
    let low = is_low(free, store);
    let outcome = if low || network.is_some() { Outcome::Warn } else { Outcome::Ok };
    Examined::new("disk", outcome, Told::Disk { place: shown, free, store, network })
}

/// Too little room for runs, compaction and a backup.
fn is_low(free: u64, store: u64) -> bool {
    free < FREE_LEAST.max(store.saturating_mul(FREE_STORES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_low_under_a_gibibyte_or_three_stores() {
        for (free, store, low) in [
            (FREE_LEAST, 0, false),
            (FREE_LEAST - 1, 0, true),
            (FREE_LEAST, FREE_LEAST / 3, false),
            (FREE_LEAST, FREE_LEAST / 3 + 1, true),
            (u64::MAX, u64::MAX, false),
        ] {
            assert_eq!(is_low(free, store), low, "{free} free, {store} stored");
        }
    }
}
