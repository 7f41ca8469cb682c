//! One file that holds both: the journal first, history after, each in one consistent view.
//!
//! Layout: [`MAGIC`], a zstd stream of rows, the SHA-256 of all before. Must not do: leave a
//! half written backup under its name, or one that others may read.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::store::admin::existing;
use crate::store::error::StoreError;
use crate::store::options::StoreOptions;
use crate::store::rows::{Order, Rows, View};
use crate::store::tables::{HISTORY, JOURNAL, Table};
use crate::store::{HISTORY_FILE, JOURNAL_FILE, Store, place};

/// Begins every backup; the number is that of its layout.
pub(super) const MAGIC: &[u8] = b"acerto-backup-1\n";

/// Begins a row; anything else but [`END`] is an error.
pub(super) const ROW: u8 = b'r';
/// Ends the rows.
pub(super) const END: u8 = b'e';

/// Both files and their tables, in the order of the backup.
pub(super) const FILES: [(&str, &[Table]); 2] =
    [(JOURNAL_FILE, &JOURNAL), (HISTORY_FILE, &HISTORY)];

/// A backup is read seldom and kept long.
const LEVEL: i32 = 3;

/// Writes a backup of the store in `dir` to `to`, mode 0600; in the place of a file that is
/// there only with `force`. A pipe or a device is written to as it is. Every checksum is
/// verified on the way. Returns the backup's size in bytes.
///
/// # Errors
/// Where nothing is stored, the store is damaged, the path can't be a backup's, or the file
/// can't be written.
pub fn backup(
    dir: &Path,
    to: &Path,
    options: &StoreOptions,
    force: bool,
) -> Result<u64, StoreError> {
    let store = existing(dir, options)?;
    let fail = |e: io::Error| StoreError::io(to, e);
    match target(dir, to, force)? {
        Target::Stream => {
            let file = File::options().write(true).open(to).map_err(fail)?;
            write_all(&store, &file, to)
        }
        Target::File { parent, path } => {
            place::sweep(&parent, place::BACKING_UP);
            // Made with 0600.
            let file = tempfile::Builder::new()
                .prefix(&place::passing(place::BACKING_UP))
                .tempfile_in(&parent)
                .map_err(fail)?;
            let bytes = write_all(&store, file.as_file(), to)?;
            file.as_file().sync_all().map_err(fail)?;
            file.persist(&path).map_err(|e| fail(e.error))?;
            place::sync_dir(&parent)?;
            Ok(bytes)
        }
    }
}

/// What a backup is written to.
enum Target {
    /// A pipe or a device: there is nothing to replace.
    Stream,
    /// A file, new or to be replaced; links are followed.
    File { parent: PathBuf, path: PathBuf },
}

fn target(dir: &Path, to: &Path, force: bool) -> Result<Target, StoreError> {
    let wrong = |what| StoreError::BackupPath { path: to.to_owned(), what };
    match fs::metadata(to) {
        Ok(meta) if meta.is_dir() => return Err(wrong("a directory can't be a backup")),
        Ok(meta) if !meta.is_file() => return Ok(Target::Stream),
        Ok(_) => {
            let path = fs::canonicalize(to).map_err(|e| StoreError::io(to, e))?;
            let own = |name| fs::canonicalize(dir.join(name)).is_ok_and(|own| own == path);
            if FILES.iter().any(|f| own(f.0)) {
                return Err(wrong("a backup can't take the place of the store itself"));
            }
            if !force {
                return Err(StoreError::Exists { path: to.to_owned() });
            }
            let parent = path.parent().unwrap_or(Path::new("/")).to_owned();
            return Ok(Target::File { parent, path });
        }
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
        Err(e) => return Err(StoreError::io(to, e)),
    }
    let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        return Err(wrong("the folder of the backup is not there"));
    }
    Ok(Target::File { parent: parent.to_owned(), path: to.to_owned() })
}

/// Returns how many bytes it wrote.
fn write_all(store: &Store, file: &File, to: &Path) -> Result<u64, StoreError> {
    let fail = |e: io::Error| StoreError::io(to, e);
    let mut out = Hashing { out: BufWriter::new(file), digest: Sha256::new(), bytes: 0 };
    out.write_all(MAGIC).map_err(fail)?;
    let mut packed = zstd::Encoder::new(&mut out, LEVEL).map_err(fail)?;
    store.journal.read(|journal| {
        write_file(0, journal, &mut packed, to)?;
        // Begun after the journal's: history holds every run that the journal knows.
        let Some(history) = store.history_file()? else { return Ok(()) };
        history.read(|history| write_file(1, history, &mut packed, to))
    })?;
    packed.write_all(&[END]).map_err(fail)?;
    packed.finish().map_err(fail)?;
    let Hashing { mut out, digest, bytes } = out;
    let digest = digest.finalize();
    out.write_all(&digest).map_err(fail)?;
    out.flush().map_err(fail)?;
    Ok(bytes + digest.len() as u64)
}

fn write_file(file: u8, view: &View, out: &mut impl Write, to: &Path) -> Result<(), StoreError> {
    let Some((_, tables)) = FILES.get(usize::from(file)) else { return Ok(()) };
    for (number, table) in (0..).zip(*tables) {
        let mut written = Ok(());
        view.walk(*table, &[], Order::Up, &mut |key, body| {
            written = write_row(out, [file, number], key, body);
            Ok(written.is_ok())
        })?;
        written.map_err(|e| StoreError::io(to, e))?;
    }
    Ok(())
}

pub(super) fn write_row(
    out: &mut impl Write,
    place: [u8; 2],
    key: &[u8],
    body: &[u8],
) -> io::Result<()> {
    out.write_all(&[ROW])?;
    out.write_all(&place)?;
    for part in [key, body] {
        let length = u32::try_from(part.len()).map_err(io::Error::other)?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(part)?;
    }
    Ok(())
}

/// Passes on what it is given, and digests it.
pub(super) struct Hashing<W> {
    pub out: W,
    pub digest: Sha256,
    /// How many there were.
    pub bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
