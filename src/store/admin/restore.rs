//! From a backup to a store: verified, built beside, put in place last.
//!
//! Must not do: touch what is there before the backup proved whole, or throw it away.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::store::admin::backup::{END, FILES, Hashing, MAGIC, ROW};
use crate::store::admin::check;
use crate::store::door::{Access, DbFile, alone};
use crate::store::error::StoreError;
use crate::store::journal::{ApplyLock, mark_restored};
use crate::store::open_file;
use crate::store::options::{Mode, StoreOptions};
use crate::store::place::{self, Group};
use crate::store::tables::Table;
use crate::store::{JOURNAL_FILE, LISTEN_LOCK_FILE, LOCK_FILE};

/// Of the SHA-256 at the end.
const DIGEST_BYTES: u64 = 32;
/// Larger keys and bodies than this are not ours.
const PART_BYTES_MAX: u32 = 1 << 30;
/// Rows a transaction.
const BATCH: usize = 20_000;

/// Puts the backup `from` in the place of the store in `dir`. What was there is kept beside
/// it as `*.before-restore`; without `force` it is refused.
///
/// # Errors
/// Where the backup is not whole, a store is there and `force` is not set, or other
/// processes use it for longer than [`StoreOptions::patience`]. Nothing is replaced then.
pub fn restore(
    from: &Path,
    dir: &Path,
    options: &StoreOptions,
    force: bool,
) -> Result<(), StoreError> {
    let there: Vec<PathBuf> = FILES.iter().map(|f| dir.join(f.0)).filter(|p| p.exists()).collect();
    if let (Some(path), false) = (there.first(), force) {
        return Err(StoreError::Exists { path: path.clone() });
    }
    let rows = verify(from)?;
    let group = Group::of(options.group.as_deref())?;
    place::make_dir(dir, group)?;
    place::sweep(dir, place::RESTORING);
    let beside = tempfile::Builder::new()
        .prefix(&place::passing(place::RESTORING))
        .tempdir_in(dir)
        .map_err(|e| StoreError::io(dir, e))?;
    build(from, rows, beside.path(), options)?;
    if let Some(found) = check(beside.path(), options)?.and_then(|c| c.problems.into_iter().next())
    {
        return Err(refuse(from, found));
    }
    // Whoever applies must not have the journal taken from under them.
    let lock = ApplyLock::take(dir, group)?
        .ok_or_else(|| StoreError::Held { path: dir.join(LOCK_FILE), seconds: 0 })?;
    // Who listens would note a time as heard of which the restored journal knows nothing.
    let listens = ApplyLock::take_file(dir.join(LISTEN_LOCK_FILE), group)?
        .ok_or_else(|| StoreError::Held { path: dir.join(LISTEN_LOCK_FILE), seconds: 0 })?;
    let guards = there.iter().map(|p| alone(p, options.patience)).collect::<Result<Vec<_>, _>>()?;
    // A name that is free: what an earlier restore put aside may be the only whole store.
    let is_free = |n: &u32| there.iter().all(|path| !aside(path, *n).exists());
    let number = (1..ASIDE_MOST).find(is_free).unwrap_or(ASIDE_MOST);
    for path in &there {
        fs::rename(path, aside(path, number)).map_err(|e| StoreError::io(path, e))?;
    }
    // The journal last: without it there is no store.
    for (name, _) in FILES.iter().rev() {
        let (new, path) = (beside.path().join(name), dir.join(name));
        place::share(&new, group)?;
        place::give_to_owner_of(dir, &new)?;
        fs::rename(&new, &path).map_err(|e| StoreError::io(&path, e))?;
    }
    drop(guards);
    drop((lock, listens));
    place::sync_dir(dir)
}

/// So many restores keep what they put aside.
const ASIDE_MOST: u32 = 10_000;

/// Where a file is put before another takes its place.
fn aside(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".before-restore");
    if number > 1 {
        name.push(format!(".{number}"));
    }
    name.into()
}

fn no_backup(from: &Path) -> StoreError {
    StoreError::BackupPath { path: from.to_owned(), what: "there is no such backup file" }
}

pub(super) fn refuse(from: &Path, what: impl Into<String>) -> StoreError {
    StoreError::Backup { path: from.to_owned(), what: what.into() }
}

/// Verifies beginning and digest; returns the length of the packed rows.
pub(super) fn verify(from: &Path) -> Result<u64, StoreError> {
    let fail = |e: io::Error| StoreError::io(from, e);
    let mut file = File::open(from).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_backup(from),
        _ => fail(e),
    })?;
    let meta = file.metadata().map_err(fail)?;
    if meta.is_dir() {
        return Err(no_backup(from));
    }
    let length = meta.len();
    let head = MAGIC.len() as u64;
    let Some(rows) = length.checked_sub(DIGEST_BYTES + head) else {
        return Err(refuse(from, "it is too short"));
    };
    let mut read = Hashing { out: io::sink(), digest: Sha256::new(), bytes: 0 };
    let mut magic = vec![0; MAGIC.len()];
    file.read_exact(&mut magic).map_err(fail)?;
    if magic != MAGIC {
        return Err(refuse(from, "it does not begin like a backup of acerto"));
    }
    read.digest.update(&magic);
    io::copy(&mut Read::by_ref(&mut file).take(rows), &mut read).map_err(fail)?;
    let mut told = Vec::new();
    file.read_to_end(&mut told).map_err(fail)?;
    if told.as_slice() == read.digest.finalize().as_slice() {
        Ok(rows)
    } else {
        Err(refuse(from, "its checksum is wrong"))
    }
}

/// Builds both files from the rows.
pub(super) fn build(
    from: &Path,
    rows: u64,
    into: &Path,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    let options = StoreOptions { mode: Mode::Multi, group: None, ..options.clone() };
    let mut files = Vec::new();
    for (name, _) in FILES {
        let (made, file) = DbFile::new_in(into)?;
        let path = into.join(name);
        made.persist(&path).map_err(|e| StoreError::io(&path, e.error))?;
        files.push(file);
    }
    let mut batch: Vec<Row> = Vec::new();
    each_row(from, rows, &mut |row| {
        let full = batch.len() >= BATCH || batch.last().is_some_and(|b| b.place != row.place);
        if full {
            write_batch(&files, &mut batch, from)?;
        }
        batch.push(row);
        Ok(())
    })?;
    write_batch(&files, &mut batch, from)?;
    drop(files);
    // Migrates an older backup, and refuses a newer one.
    for (name, _) in FILES {
        let file = open_file(&into.join(name), &options, Access::Write)?;
        if name == JOURNAL_FILE {
            // What was sent since the backup was made is not known to it.
            mark_restored(&file, jiff::Timestamp::now())?;
        }
    }
    Ok(())
}

/// Gives every row of a backup whose packed rows have this length, in its order.
pub(super) fn each_row(
    from: &Path,
    rows: u64,
    take: &mut dyn FnMut(Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let fail = |e: io::Error| refuse(from, e.to_string());
    let mut file = File::open(from).map_err(fail)?;
    file.seek(SeekFrom::Start(MAGIC.len() as u64)).map_err(fail)?;
    let mut packed = zstd::Decoder::new(file.take(rows)).map(BufReader::new).map_err(fail)?;
    while let Some(row) = read_row(&mut packed).map_err(fail)? {
        take(row)?;
    }
    Ok(())
}

/// A row of a backup.
pub(super) struct Row {
    /// The numbers of its file and table in [`FILES`].
    pub place: [u8; 2],
    pub key: Vec<u8>,
    pub body: Vec<u8>,
}

fn read_row(from: &mut impl Read) -> io::Result<Option<Row>> {
    let mut tag = [0];
    from.read_exact(&mut tag)?;
    match tag[0] {
        END => return Ok(None),
        ROW => {}
        _ => return Err(io::Error::other("a row begins wrongly")),
    }
    let mut place = [0; 2];
    from.read_exact(&mut place)?;
    Ok(Some(Row { place, key: read_part(from)?, body: read_part(from)? }))
}

fn read_part(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > PART_BYTES_MAX {
        return Err(io::Error::other("a row is too long"));
    }
    let mut part = Vec::new();
    from.take(length.into()).read_to_end(&mut part)?;
    if part.len() == length as usize { Ok(part) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn write_batch(files: &[DbFile], batch: &mut Vec<Row>, from: &Path) -> Result<(), StoreError> {
    let Some(first) = batch.first() else { return Ok(()) };
    let [file, table] = first.place.map(usize::from);
    let table: Option<&Table> = FILES.get(file).and_then(|f| f.1.get(table));
    let (Some(table), Some(file)) = (table, files.get(file)) else {
        return Err(refuse(from, "it holds a table that this version does not know"));
    };
    file.write(|edit| edit.put_all(*table, batch.iter().map(|r| (&r.key, &r.body))))?;
    batch.clear();
    Ok(())
}
