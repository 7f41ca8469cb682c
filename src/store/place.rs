//! Where a store lies: its directory and files, made with the right modes from the start.
//!
//! Must not do: open a database, or widen what somebody else made.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::store::error::StoreError;
use crate::store::{
    FORWARD_KEY_FILE, HISTORY_FILE, JOURNAL_FILE, LISTEN_LOCK_FILE, LOCK_FILE, SEARCH_KEY_FILE,
    TOLD_FILE,
};

/// Every file of a store.
const FILES: [&str; 7] = [
    JOURNAL_FILE,
    HISTORY_FILE,
    LOCK_FILE,
    TOLD_FILE,
    LISTEN_LOCK_FILE,
    FORWARD_KEY_FILE,
    SEARCH_KEY_FILE,
];

/// Owner alone.
const DIR_MODE: u32 = 0o700;
/// With `[store] group`: the group too, and what is made within belongs to it.
const GROUP_DIR_MODE: u32 = 0o2770;
/// With `[store] group`, of a parent made on the way: the group passes through.
const GROUP_PARENT_MODE: u32 = 0o750;
/// Owner alone.
const FILE_MODE: u32 = 0o600;
/// With `[store] group`.
const GROUP_FILE_MODE: u32 = 0o660;
/// What is made within belongs to the directory's group: the mark of a store that is shared.
const SETGID: u32 = 0o2000;

/// Begins the name of a file in the making; the maker's process id follows.
pub(super) const MAKING: &str = ".new-";
/// Begins the name of a directory in which a backup is restored.
pub(super) const RESTORING: &str = ".restore-";
/// Begins the name of a backup in the making.
pub(super) const BACKING_UP: &str = ".acerto-backup-";
/// Begins the name of a directory in which a backup is restored for trial.
pub(super) const DRILLING: &str = ".acerto-drill-";
/// The folder of logs that may stand in a store's: no part of it, but acerto's own.
const LOGS: &str = "logs";

/// What is in the making is whole after seconds; what is older was left by a kill.
const LEFT: Duration = Duration::from_secs(3600);
/// The same, where the process that made it is there no more.
const LEFT_BY_THE_DEAD: Duration = Duration::from_secs(60);

/// A Unix group, known to this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group(u32);

impl Group {
    /// The group of `[store] group`, where one is named.
    pub(super) fn of(name: Option<&str>) -> Result<Option<Self>, StoreError> {
        name.map(|name| group_id(name).map(Self)).transpose()
    }

    fn give(self, path: &Path, mode: u32) -> io::Result<()> {
        chown(path, None, Some(self.0))?;
        fs::set_permissions(path, Permissions::from_mode(mode))
    }
}

/// Makes the directory, with its parents, unless it is there.
pub(super) fn make_dir(dir: &Path, group: Option<Group>) -> Result<(), StoreError> {
    let fail = |e: io::Error| StoreError::io(dir, e);
    match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => return Err(StoreError::NotADirectory { path: dir.to_owned() }),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(fail(e)),
    }
    let missing = |p: &&Path| !p.as_os_str().is_empty() && !p.exists();
    let parents: Vec<&Path> = dir.ancestors().skip(1).take_while(missing).collect();
    DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir).map_err(fail)?;
    for made in parents.iter().rev().copied().chain([dir]) {
        give_to_owner_of(folder_of(made), made)?;
    }
    let Some(group) = group else { return Ok(()) };
    // Made narrow, then given to the group: there is no moment at which others may enter.
    for parent in parents {
        group.give(parent, GROUP_PARENT_MODE).map_err(|e| StoreError::io(parent, e))?;
    }
    group.give(dir, GROUP_DIR_MODE).map_err(fail)
}

/// Gives a file just made to the group, where one shares the store. It was made for its
/// owner alone, so there is no moment at which others may read it.
pub(super) fn share(path: &Path, group: Option<Group>) -> Result<(), StoreError> {
    give_to_owner_of(folder_of(path), path)?;
    let Some(group) = group else { return Ok(()) };
    group.give(path, GROUP_FILE_MODE).map_err(|e| StoreError::io(path, e))
}

/// The folder that a path is in; of a name alone this one.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What root makes within another's folder is theirs, as if they had made it: a command given as
/// root must not leave a store that its own service can't open.
pub(super) fn give_to_owner_of(folder: &Path, path: &Path) -> Result<(), StoreError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = fs::metadata(folder).map_err(|e| StoreError::io(folder, e))?;
    if owner.uid() == 0 {
        return Ok(());
    }
    chown(path, Some(owner.uid()), Some(owner.gid())).map_err(|e| StoreError::io(path, e))
}

/// Opens a small file of the store for reading and appending. Where it is not there it is made,
/// and gets its name once its mode is right.
pub(super) fn open_or_make(path: &Path, group: Option<Group>) -> Result<File, StoreError> {
    let fail = |e: io::Error| StoreError::io(path, e);
    let open = || File::options().read(true).append(true).open(path);
    match open() {
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        opened => return opened.map_err(fail),
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    // Made with 0600.
    let made = tempfile::Builder::new().prefix(&passing(MAKING)).tempfile_in(dir).map_err(fail)?;
    share(made.path(), group)?;
    match made.persist_noclobber(path) {
        Ok(_) => sync_dir(dir)?,
        // Another process was faster.
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => {}
        Err(e) => return Err(fail(e.error)),
    }
    open().map_err(fail)
}

/// Takes from others what an earlier hand, a copy or an unpacked archive left open to them.
/// A directory that holds more than a store stays as it is, and so does what is not ours to
/// change; both are said. A directory with the mark of a shared store keeps its group.
pub(super) fn tighten(dir: &Path, group: Option<Group>) {
    let Ok(meta) = fs::metadata(dir) else { return };
    let shared = group.is_some() || meta.mode() & SETGID != 0;
    let (dir_mode, file_mode) =
        if shared { (GROUP_DIR_MODE, GROUP_FILE_MODE) } else { (DIR_MODE, FILE_MODE) };
    for name in FILES {
        let path = dir.join(name);
        if let Ok(meta) = fs::metadata(&path) {
            narrow(&path, &meta, file_mode, meta.is_file());
        }
    }
    let is_wide = meta.mode() & 0o777 & !dir_mode != 0;
    narrow(dir, &meta, dir_mode, is_wide && holds_a_store_alone(dir));
}

fn narrow(path: &Path, meta: &Metadata, most: u32, may: bool) {
    let mode = meta.mode() & 0o7777;
    if mode & 0o777 & !most == 0 {
        return;
    }
    let wanted = mode & (most | SETGID);
    let place = crate::domain::text::visible(&path.to_string_lossy());
    if may && fs::set_permissions(path, Permissions::from_mode(wanted)).is_ok() {
        tracing::info!("{place} was open to others (mode {mode:o}); it is {wanted:o} now");
    } else {
        tracing::warn!("{place} is open to others (mode {mode:o}): chmod {wanted:o} {place}");
    }
}

/// Nothing but what acerto makes: `--store /srv` must not close `/srv` to others.
fn holds_a_store_alone(dir: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(dir) else { return false };
    entries.all(|entry| {
        entry.is_ok_and(|e| {
            let name = e.file_name();
            let name = name.to_string_lossy();
            let ours = FILES.iter().chain(&[MAKING, RESTORING]);
            name == LOGS || ours.into_iter().any(|ours| name.starts_with(ours))
        })
    })
}

/// The beginning of a passing name that tells who made it.
pub(super) fn passing(prefix: &str) -> String {
    format!("{prefix}{}-", std::process::id())
}

/// Removes what a kill left in `dir`: passing files and directories of `prefix` that are old,
/// or whose maker is dead. What can't be removed hurts nobody.
pub(super) fn sweep(dir: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|n| n.strip_prefix(prefix)) else { continue };
        let Ok(meta) = entry.metadata() else { continue };
        if !is_left(rest, &meta) {
            continue;
        }
        let path = entry.path();
        let gone = if meta.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        tracing::debug!(path = %path.display(), gone = gone.is_ok(), "left by a kill");
    }
}

fn is_left(rest: &str, meta: &Metadata) -> bool {
    let age = meta.modified().ok().and_then(|m| SystemTime::now().duration_since(m).ok());
    let age = age.unwrap_or_default();
    let maker = rest.split_once('-').and_then(|(pid, _)| pid.parse::<u32>().ok());
    // A process of another container has no place in our /proc: hence the minute.
    let is_dead = maker.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists());
    age > LEFT || (is_dead && age > LEFT_BY_THE_DEAD && Path::new("/proc/self").exists())
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
    use std::fs::FileTimes;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_owner_alone_unless_a_group_shares_it() {
        let parent = tempfile::tempdir().unwrap();
        let own = parent.path().join("a/b");
        make_dir(&own, None).unwrap();
        assert_eq!(mode(&own), 0o700);
        let group = Some(Group(fs::metadata(&own).unwrap().gid()));
        let shared = parent.path().join("root/shared");
        make_dir(&shared, group).unwrap();
        File::create(shared.join("x")).unwrap();
        share(&shared.join("x"), group).unwrap();
        assert_eq!((mode(&shared), mode(&shared.join("x"))), (0o2770, 0o660));
        assert_eq!(mode(&parent.path().join("root")), 0o750, "members pass through");
    }

    #[test]
    fn what_is_open_to_others_is_closed_where_it_is_a_store() {
        let parent = tempfile::tempdir().unwrap();
        for (beside, dir_mode, group, after) in [
            (None, 0o755, None, (0o700, 0o600)),
            (None, 0o2775, None, (0o2770, 0o660)),
            (None, 0o755, Some(()), (0o750, 0o660)),
            (None, 0o500, None, (0o500, 0o600)),
            (Some("photos"), 0o755, None, (0o755, 0o600)),
        ] {
            let dir = tempfile::tempdir_in(parent.path()).unwrap();
            let file = dir.path().join(JOURNAL_FILE);
            for name in beside.into_iter().chain([JOURNAL_FILE]) {
                File::create(dir.path().join(name)).unwrap();
            }
            fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
            fs::set_permissions(dir.path(), Permissions::from_mode(dir_mode)).unwrap();
            let group = group.map(|()| Group(fs::metadata(&file).unwrap().gid()));
            tighten(dir.path(), group);
            assert_eq!((mode(dir.path()), mode(&file)), after, "{beside:?} {dir_mode:o}");
        }
    }

    #[test]
    fn only_what_a_kill_left_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let mine = std::process::id();
        let make = |name: &str, minutes: u64| {
            let path = dir.path().join(name);
            let file = File::create(&path).unwrap();
            let then = SystemTime::now() - Duration::from_secs(minutes * 60);
            file.set_times(FileTimes::new().set_modified(then)).unwrap();
            path
        };
        // No process has the number 0.
        for (name, minutes, left) in [
            (format!(".new-{mine}-a"), 5, false),
            (format!(".new-{mine}-b"), 61, true),
            (".new-0-c".to_owned(), 0, false),
            (".new-0-d".to_owned(), 2, true),
            (".new-ABC".to_owned(), 5, false),
            (".new-ABC2".to_owned(), 61, true),
            ("new-0-e".to_owned(), 90, false),
        ] {
            let path = make(&name, minutes);
            sweep(dir.path(), MAKING);
            assert_eq!(path.exists(), !left, "{name}");
        }
    }

    #[test]
    fn says_what_is_in_the_way() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        File::create(&file).unwrap();
        assert!(matches!(make_dir(&file, None), Err(StoreError::NotADirectory { .. })));
        assert!(matches!(make_dir(&file.join("x"), None), Err(StoreError::NotADirectory { .. })));
        let made = Group::of(Some("no-such-group-here"));
        assert!(matches!(made, Err(StoreError::NoGroup { .. })));
    }

    #[test]
    fn reads_group_lines() {
        let text = "root:x:0:\nnoc:x:1042:ana,bia\n";
        assert_eq!(find_group(text, "noc"), Some(1042));
        assert_eq!(find_group(text, "no"), None);
    }
}
