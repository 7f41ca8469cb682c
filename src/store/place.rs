//! Where a store lies: its directory and files, made with the right modes from the start.
//!
//! Must not do: open a database, or widen what somebody else made.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::Path;

use crate::store::error::StoreError;

/// Owner alone.
const DIR_MODE: u32 = 0o700;
/// With `[store] group`: the group too, and what is made within belongs to it.
const GROUP_DIR_MODE: u32 = 0o2770;
/// With `[store] group`.
const GROUP_FILE_MODE: u32 = 0o660;

/// Makes the directory, with its parents, unless it is there.
pub(super) fn make_dir(dir: &Path, group: Option<&str>) -> Result<(), StoreError> {
    let fail = |e: io::Error| StoreError::io(dir, e);
    match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => return Err(StoreError::NotADirectory { path: dir.to_owned() }),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(fail(e)),
    }
    DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir).map_err(fail)?;
    let Some(group) = group else { return Ok(()) };
    // Made narrow, then given to the group: there is no moment at which others may enter.
    chown(dir, None, Some(group_id(group)?)).map_err(fail)?;
    fs::set_permissions(dir, Permissions::from_mode(GROUP_DIR_MODE)).map_err(fail)
}

/// Gives a file just made to the group, where one shares the store. It was made for its
/// owner alone, so there is no moment at which others may read it.
pub(super) fn share(path: &Path, group: Option<&str>) -> Result<(), StoreError> {
    let fail = |e: io::Error| StoreError::io(path, e);
    let Some(group) = group else { return Ok(()) };
    chown(path, None, Some(group_id(group)?)).map_err(fail)?;
    fs::set_permissions(path, Permissions::from_mode(GROUP_FILE_MODE)).map_err(fail)
}

/// Makes what was renamed or created in `dir` survive a power cut.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| StoreError::io(dir, e))
}

/// The number of a group: of `/etc/group`, or given as a number (for groups that a
/// directory service keeps).
fn group_id(name: &str) -> Result<u32, StoreError> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let groups = Path::new("/etc/group");
    let text = fs::read_to_string(groups).map_err(|e| StoreError::io(groups, e))?;
    find_group(&text, name).ok_or_else(|| StoreError::NoGroup { name: name.to_owned() })
}

fn find_group(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_owner_alone_unless_a_group_shares_it() {
        let parent = tempfile::tempdir().unwrap();
        let own = parent.path().join("a/b");
        make_dir(&own, None).unwrap();
        assert_eq!(mode(&own), 0o700);
        let gid = std::os::unix::fs::MetadataExt::gid(&fs::metadata(&own).unwrap()).to_string();
        let shared = parent.path().join("shared");
        make_dir(&shared, Some(&gid)).unwrap();
        File::create(shared.join("x")).unwrap();
        share(&shared.join("x"), Some(&gid)).unwrap();
        assert_eq!((mode(&shared), mode(&shared.join("x"))), (0o2770, 0o660));
    }

    #[test]
    fn says_what_is_in_the_way() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        File::create(&file).unwrap();
        assert!(matches!(make_dir(&file, None), Err(StoreError::NotADirectory { .. })));
        assert!(matches!(make_dir(&file.join("x"), None), Err(StoreError::NotADirectory { .. })));
        let made = make_dir(&parent.path().join("g"), Some("no-such-group-here"));
        assert!(matches!(made, Err(StoreError::NoGroup { .. })));
    }

    #[test]
    fn reads_group_lines() {
        let text = "root:x:0:\nnoc:x:1042:ana,bia\n";
        assert_eq!(find_group(text, "noc"), Some(1042));
        assert_eq!(find_group(text, "no"), None);
    }
}
