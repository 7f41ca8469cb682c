//! A file that appears whole or not at all; devices and pipes are written into.
//!
//! Must not do: leave a half-written file under the name asked for, or beside it.

mod place;

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Seek as _, Write};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use tempfile::{Builder, NamedTempFile};

use crate::app::AppError;
use crate::domain::text::visible;
use crate::headless::exit::Trouble;
use crate::headless::stream::write_to;
use place::{Place, folder};

/// Reports name devices and customers: only their owner may read them.
pub const PRIVATE: u32 = 0o600;
/// Metrics hold counts only, and the node exporter runs as another user.
pub const PUBLIC: u32 = 0o644;

/// The dot keeps the node exporter and shells from reading an unfinished file.
const UNFINISHED: &str = ".acerto-";

/// Something being written, whatever stands at its path.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    mode: u32,
    out: BufWriter<Out>,
}

#[derive(Debug)]
enum Out {
    /// No name yet: it is gone with the process, however that ends.
    Unnamed(File, PathBuf),
    /// Beside its place, where the file system has no files without a name.
    Beside(NamedTempFile, PathBuf),
    /// A device, a pipe, an open file.
    Through(File),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unnamed(file, _) | Self::Through(file) => file.write(bytes),
            Self::Beside(file, _) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WholeFile {
    /// Opens it, before any work is done: a wrong path is known at once.
    ///
    /// # Errors
    /// Where it can't be written: no folder, no permission, a disk.
    pub fn create(path: &Path, mode: u32) -> Result<Self, Trouble> {
        let out = open(path).map(BufWriter::new).map_err(Trouble::early(path))?;
        Ok(Self { path: path.to_owned(), mode, out })
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// Where the disk is full or the place can't be taken.
    pub fn finish(self) -> Result<(), Trouble> {
        let mode = Permissions::from_mode(self.mode);
        let place = || match self.out.into_inner().map_err(io::IntoInnerError::into_error)? {
            Out::Through(_) => Ok(()),
            Out::Beside(file, target) => settle(file, mode, &target),
            Out::Unnamed(mut file, target) => {
                file.set_permissions(mode.clone())?;
                file.sync_all()?;
                if link(&file, &target).is_ok() {
                    return Ok(());
                }
                // Without /proc it can't be given a name: its content can.
                let mut beside = beside(&target)?;
                file.rewind()?;
                io::copy(&mut file, &mut beside)?;
                settle(beside, mode, &target)
            }
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
        write_to(&mut self.out, write, Trouble::late(&self.path))
    }
}

fn open(path: &Path) -> io::Result<Out> {
    let target = match place::at(path)? {
        Place::File(target) => target,
        // Appending: an open file named by /dev/stdout may hold something already.
        Place::Through => return OpenOptions::new().append(true).open(path).map(Out::Through),
    };
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(folder(&target), flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(Out::Unnamed(file.into(), target)),
        Err(_) => beside(&target).map(|file| Out::Beside(file, target)),
    }
}

fn beside(target: &Path) -> io::Result<NamedTempFile> {
    Builder::new().prefix(UNFINISHED).tempfile_in(folder(target))
}

fn settle(file: NamedTempFile, mode: Permissions, target: &Path) -> io::Result<()> {
    file.as_file().set_permissions(mode)?;
    file.as_file().sync_all()?;
    file.persist(target).map(drop).map_err(|e| e.error)
}

/// Gives a file without a name the name asked for; one that is there is replaced at once.
fn link(file: &File, target: &Path) -> io::Result<()> {
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    let name = |at: &Path| rustix::fs::linkat(CWD, &own, CWD, at, AtFlags::SYMLINK_FOLLOW);
    if name(target).is_ok() {
        return Ok(());
    }
    // No call both names a file and replaces another: it gets a name for a moment.
    let made = Builder::new().prefix(UNFINISHED).make_in(folder(target), |at| Ok(name(at)?))?;
    made.persist(target).map_err(|e| e.error)
}

/// Refuses to write over what this command reads, or twice over the same file; `outputs` and
/// `inputs` with the flags or words that name them.
///
/// # Errors
/// A usage error that names both.
pub fn distinct(outputs: &[(&str, &Path)], inputs: &[(&str, &Path)]) -> Result<(), AppError> {
    for (n, (flag, path)) in outputs.iter().enumerate() {
        let Some(own) = place::identity(path) else { continue };
        let others = inputs.iter().chain(&outputs[..n]);
        let clash = |other: &&(&str, &Path)| {
            place::identity(other.1).is_some_and(|other| other == own || own.starts_with(&other))
                || same_file(path, other.1)
        };
        if let Some((other, _)) = others.into_iter().find(clash) {
            let what = format!(
                "{flag} {} is also {other}: writing it would destroy that",
                visible(&path.to_string_lossy())
            );
            return Err(AppError::usage(what, &["name another file"]));
        }
    }
    Ok(())
}

/// Two names of one file (hard links too).
fn same_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let id = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    id(a).is_some_and(|own| id(b) == Some(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn write(path: &Path, text: &str) {
        let mut file = WholeFile::create(path, PRIVATE).unwrap();
        file.fill(|out| out.write_all(text.as_bytes())).unwrap();
        file.finish().unwrap();
    }

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
        assert_eq!(names(dir.path()), ["report.json"]);
        let missing = dir.path().join("no/such/folder.prom");
        assert_eq!(WholeFile::create(&missing, PUBLIC).unwrap_err().code(), 2);
        assert_eq!(WholeFile::create(dir.path(), PUBLIC).unwrap_err().code(), 2);
    }

    #[test]
    fn replaces_the_file_that_a_link_names() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::os::unix::fs::symlink("file", &link).unwrap();
        for text in ["first", "second, longer", "3"] {
            write(&link, text);
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(dir.path()), ["file", "link"]);
    }

    #[test]
    fn a_kill_while_writing_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = WholeFile::create(&dir.path().join("r"), PRIVATE).unwrap();
        file.fill(|out| out.write_all(&vec![b'x'; 100_000])).unwrap();
        // What a killed process leaves is what has a name now.
        let unnamed = matches!(file.out.get_ref(), Out::Unnamed(..));
        assert!(names(dir.path()).is_empty() || !unnamed);
    }

    #[test]
    fn nothing_is_written_over_what_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("acs.csv"), "").unwrap();
        std::fs::hard_link(path("acs.csv"), path("hard")).unwrap();
        std::os::unix::fs::symlink("acs.csv", path("soft")).unwrap();
        std::fs::create_dir(path("store")).unwrap();
        let (input, store) = (path("acs.csv"), path("store"));
        let inputs = [("--acs-file", input.as_path()), ("the store", store.as_path())];
        for (name, refused) in [
            ("acs.csv", true),
            ("hard", true),
            ("soft", true),
            ("store/journal.redb", true),
            ("report.json", false),
        ] {
            let clash = distinct(&[("--output", &path(name))], &inputs);
            assert_eq!(clash.is_err(), refused, "{name}");
        }
        let twice = [("--output", path("x")), ("--metrics", dir.path().join("./x"))];
        let twice: Vec<(&str, &Path)> = twice.iter().map(|(f, p)| (*f, p.as_path())).collect();
        assert!(distinct(&twice, &[]).is_err());
        let null = Path::new("/dev/null");
        assert!(distinct(&[("--output", null), ("--metrics", null)], &[]).is_ok());
    }
}
