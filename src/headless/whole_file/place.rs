//! What stands at a path that is to be written: a file, a device or pipe, or nothing yet.
//!
//! Must not do: open or change anything.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

/// As many symbolic links as Linux follows.
const LINKS_MAX: usize = 40;

/// How a path has to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A regular file, there or not: it is replaced as a whole. Links are followed.
    File(PathBuf),
    /// A device, a pipe, an open file of this process: it is written into, never replaced.
    Through,
}

/// What stands at `path`.
///
/// # Errors
/// Where nothing can be written there.
pub fn at(path: &Path) -> io::Result<Place> {
    if let Ok(meta) = fs::metadata(path) {
        let kind = meta.file_type();
        if kind.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        if kind.is_block_device() {
            return Err(io::Error::other("it is a disk; a report would destroy what is on it"));
        }
        if !kind.is_file() {
            return Ok(Place::Through);
        }
    }
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        // Links of /proc name files that are open already (`/dev/stdout`).
        if path.starts_with("/proc") || path.starts_with("/dev/fd") {
            return Ok(Place::Through);
        }
        if !fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink()) {
            let whole = !path.as_os_str().as_encoded_bytes().ends_with(b"/");
            if whole && folder(&path).is_dir() {
                return Ok(Place::File(path));
            }
            return Err(io::Error::other("its folder does not exist"));
        }
        path = folder(&path).join(fs::read_link(&path)?);
    }
    Err(io::Error::other("it is a circle of links"))
}

/// The folder of a path; `.` where it names none.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// One name for one file, however it is spelled: its folder without links, and its name.
/// `None` for what is neither file nor folder, or can't be written anyway.
pub fn identity(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return path.canonicalize().ok();
    }
    match at(path).ok()? {
        Place::Through => None,
        Place::File(file) => Some(folder(&file).canonicalize().ok()?.join(file.file_name()?)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_what_they_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        symlink("sub/report.json", path("link")).unwrap();
        symlink("link", path("twice")).unwrap();
        symlink("/dev/null", path("null")).unwrap();
        symlink("round", path("round")).unwrap();
        assert_eq!(at(&path("twice")).unwrap(), Place::File(path("sub/report.json")));
        assert_eq!(at(&path("null")).unwrap(), Place::Through);
        assert_eq!(at(Path::new("/dev/stdout")).unwrap(), Place::Through);
        for wrong in ["round", "sub", "no/such", "new/"] {
            assert!(at(&path(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(identity(&path("twice")), identity(&path("sub/../sub/report.json")));
        assert_eq!(identity(Path::new("/dev/null")), None);
    }
}
