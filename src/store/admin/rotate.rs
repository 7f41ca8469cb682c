//! A folder of dated backups: their names, the newest, and how many stay.
//!
//! Must not do: remove a file that has no name of its own making, or the newest.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::store::error::StoreError;
use crate::store::place;

/// Ends the name of every dated backup.
const ENDING: &str = ".backup";

/// The digits of a time in a name, in UTC: names sort as times do.
const FORM: &str = "%Y%m%dT%H%M%SZ";

/// The place of a backup of `profile` made at `at`, in `folder`.
#[must_use]
pub fn dated(folder: &Path, profile: &str, at: Timestamp) -> PathBuf {
    folder.join(format!("{profile}-{}{ENDING}", at.strftime(FORM)))
}

/// The newest dated backup of `profile`.
///
/// # Errors
/// Where the folder can't be read, or holds none.
pub fn newest(folder: &Path, profile: &str) -> Result<PathBuf, StoreError> {
    let none = || StoreError::BackupPath {
        path: folder.to_owned(),
        what: "this folder holds no dated backup of the profile",
    };
    all(folder, profile)?.pop().ok_or_else(none)
}

/// Removes all dated backups of `profile` but the newest `keep` (at least one), and never `new`,
/// which a clock that was wrong may have dated before others; gives how many.
///
/// # Errors
/// Where the folder can't be read, or a file can't be removed.
pub fn rotate(folder: &Path, profile: &str, keep: usize, new: &Path) -> Result<usize, StoreError> {
    let mut all = all(folder, profile)?;
    all.retain(|path| path != new);
    let old = all.len().saturating_sub(keep.saturating_sub(1));
    for path in &all[..old] {
        fs::remove_file(path).map_err(|e| StoreError::io(path, e))?;
    }
    place::sync_dir(folder)?;
    Ok(old)
}

/// Oldest first.
fn all(folder: &Path, profile: &str) -> Result<Vec<PathBuf>, StoreError> {
    let fail = |e| StoreError::io(folder, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let is_file = entry.file_type().is_ok_and(|t| t.is_file());
        if is_file && name.to_str().is_some_and(|name| is_dated(name, profile)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// `prod-20261126T070000Z.backup`: whatever differs by a character is somebody else's.
fn is_dated(name: &str, profile: &str) -> bool {
    let time = name.strip_prefix(profile).and_then(|n| n.strip_prefix('-'));
    let time = time.and_then(|n| n.strip_suffix(ENDING)).unwrap_or_default();
    let form = b"dddddddd-dddddd-";
    time.len() == form.len()
        && time.bytes().zip(form).enumerate().all(|(at, (byte, form))| match (at, form) {
            (8, _) => byte == b'T',
            (15, _) => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_and_only_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let mine: Vec<PathBuf> = (0..5).map(|n| dated(dir.path(), "prod", at(n))).collect();
        let others = ["prod-mine.backup", "prod-20261126T070000Z.backup.old", "notes.txt"];
        let other_profile = dated(dir.path(), "prod-2", at(0));
        for path in &mine {
            fs::write(path, "").unwrap();
        }
        for name in others {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::write(&other_profile, "").unwrap();
        assert_eq!(newest(dir.path(), "prod").unwrap(), mine[4]);
        assert_eq!(rotate(dir.path(), "prod", 2, &mine[4]).unwrap(), 3);
        let there: Vec<bool> = mine.iter().map(|p| p.exists()).collect();
        assert_eq!(there, [false, false, false, true, true]);
        assert!(others.iter().all(|name| dir.path().join(name).exists()));
        assert!(other_profile.exists());
        assert_eq!(rotate(dir.path(), "prod", 0, &mine[4]).unwrap(), 1, "the newest always stays");
        assert!(mine[4].exists());
        // Made after the clock was set right: its name is the eldest, and it stays.
        let new = dated(dir.path(), "prod", at(-9));
        fs::write(&new, "").unwrap();
        assert_eq!(rotate(dir.path(), "prod", 1, &new).unwrap(), 1);
        assert!(new.exists() && !mine[4].exists());
        assert!(newest(dir.path(), "other").is_err());
    }
}
