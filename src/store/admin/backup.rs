//! One file that holds both: the journal first, history after, each in one consistent view.
//!
//! Layout: [`MAGIC`], a zstd stream of rows, the SHA-256 of all before. Must not do: leave a
//! half written backup under its name, or one that others may read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

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

/// Writes a backup of the store in `dir` to `to`, in the place of one that is there, mode
/// 0600. Every checksum is verified on the way. Returns its size.
///
/// # Errors
/// Where nothing is stored, the store is damaged, or the file can't be written.
pub fn backup(dir: &Path, to: &Path, options: &StoreOptions) -> Result<u64, StoreError> {
    let store = existing(dir, options)?;
    let fail = |e: io::Error| StoreError::io(to, e);
    let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made with 0600.
    let file = tempfile::NamedTempFile::new_in(parent).map_err(fail)?;
    write_all(&store, file.as_file(), to)?;
    file.as_file().sync_all().map_err(fail)?;
    let bytes = file.as_file().metadata().map_err(fail)?.len();
    file.persist(to).map_err(|e| fail(e.error))?;
    place::sync_dir(parent)?;
    Ok(bytes)
}

fn write_all(store: &Store, file: &File, to: &Path) -> Result<(), StoreError> {
    let fail = |e: io::Error| StoreError::io(to, e);
    let mut out = Hashing { out: BufWriter::new(file), digest: Sha256::new() };
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
    let Hashing { mut out, digest } = out;
    out.write_all(&digest.finalize()).map_err(fail)?;
    out.flush().map_err(fail)
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

fn write_row(out: &mut impl Write, place: [u8; 2], key: &[u8], body: &[u8]) -> io::Result<()> {
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
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
