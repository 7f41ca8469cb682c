//! A file that appears whole or not at all.
//!
//! Must not do: leave a half-written file under the name asked for.

use std::fs::Permissions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::headless::exit::Trouble;

/// Reports name devices and customers: only their owner may read them.
pub const PRIVATE: u32 = 0o600;
/// Metrics hold counts only, and the node exporter runs as another user.
pub const PUBLIC: u32 = 0o644;

/// A file being written beside the one it will replace.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    mode: u32,
    out: BufWriter<NamedTempFile>,
}

impl WholeFile {
    /// Opens it, before any work is done: a wrong path is known at once.
    ///
    /// # Errors
    /// Where its folder does not exist or may not be written.
    pub fn create(path: &Path, mode: u32) -> Result<Self, Trouble> {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let open = || {
            if path.is_dir() {
                return Err(io::Error::other("it is a folder"));
            }
            if !folder.is_dir() {
                return Err(io::Error::other("its folder does not exist"));
            }
            // The dot keeps the node exporter and shells from reading the unfinished file.
            Builder::new().prefix(".acerto-").tempfile_in(folder)
        };
        let out = open().map(BufWriter::new).map_err(Trouble::early(path))?;
        Ok(Self { path: path.to_owned(), mode, out })
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// Where the disk is full or the place can't be taken.
    pub fn finish(self) -> Result<(), Trouble> {
        let place = || {
            let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.as_file().set_permissions(Permissions::from_mode(self.mode))?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|e| e.error)?;
            Ok(())
        };
        place().map_err(Trouble::late(&self.path))
    }

    /// Writes through `write`, and tells a failure with the file's name.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn fill(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Trouble> {
        write(&mut self.out).map_err(Trouble::late(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appears_whole_with_its_mode_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.json");
        let mut file = WholeFile::create(&path, PRIVATE).unwrap();
        file.fill(|out| out.write_all(b"{}")).unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"{}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        drop(WholeFile::create(&dir.path().join("given-up"), PUBLIC).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let missing = dir.path().join("no/such/folder.prom");
        assert_eq!(WholeFile::create(&missing, PUBLIC).unwrap_err().code(), 2);
        assert_eq!(WholeFile::create(dir.path(), PUBLIC).unwrap_err().code(), 2);
    }
}
