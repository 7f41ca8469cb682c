//! A key of a store, in a small file of its own beside the tables: made once, only its owner's.
//!
//! Must not do: know what a key is used for, or put one into a table or a backup.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::place::{self, Group};

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;

/// The key in the file of this name in `dir`, made where there is none yet. It is on the disk
/// before anything is made with it.
pub(super) fn key_file(
    dir: &Path,
    group: Option<&str>,
    name: &str,
) -> Result<[u8; KEY_BYTES], StoreError> {
    let path = dir.join(name);
    let mut file = place::open_or_make(&path, Group::of(group)?)?;
    let fail = |e: std::io::Error| StoreError::io(&path, e);
    file.lock().map_err(fail)?;
    file.seek(SeekFrom::Start(0)).map_err(fail)?;
    if let Some(key) = read(&mut file, &path)? {
        return Ok(key);
    }
    // A kill while it was written leaves less; nothing was made with it.
    let mut made = [0; KEY_BYTES];
    SystemRandom::new().fill(&mut made).map_err(|_| no_random(&path))?;
    file.set_len(0).map_err(fail)?;
    file.write_all(&made).and_then(|()| file.sync_all()).map_err(fail)?;
    place::sync_dir(dir)?;
    Ok(made)
}

impl Store {
    /// The key in the file of this name, for somebody who only reads; `None` where there is none.
    pub(super) fn key_file_there(&self, name: &str) -> Result<Option<[u8; KEY_BYTES]>, StoreError> {
        let path = self.dir.join(name);
        match std::fs::File::open(&path) {
            Ok(mut file) => read(&mut file, &path),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(StoreError::io(&path, e)),
        }
    }
}

/// A whole key; `None` of one that was never written to its end.
fn read(file: &mut std::fs::File, path: &Path) -> Result<Option<[u8; KEY_BYTES]>, StoreError> {
    let mut bytes = Vec::with_capacity(KEY_BYTES + 1);
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, e))?;
    if bytes.len() < KEY_BYTES {
        return Ok(None);
    }
    let key = bytes.try_into().map_err(|_| StoreError::damaged(path, "it is no key"))?;
    Ok(Some(key))
}

fn no_random(path: &Path) -> StoreError {
    StoreError::io(path, std::io::Error::other("the system gives no random bytes"))
}
