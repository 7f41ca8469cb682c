//! A folder of log files: one a day, the next where one is full, the oldest removed.
//!
//! Nothing is ever renamed, so several processes of acerto need not agree on anything: each
//! appends whole lines to the newest file of the day. tracing-appender rotates by time alone and
//! makes files that others may read; file-rotate renames, and two processes then lose lines.
//! Must not do: end or block a run. What can't be written is said once.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustix::fs::{Mode, OFlags};

use crate::config::{LogLevel, Origin, Settings};
use crate::domain::text::visible;

/// Lines before the store is there are kept this far.
const PENDING_MOST: usize = 64 * 1024;
/// So many files of a day may belong to others before this one gives up.
const TRIED_MOST: u32 = 32;
/// So many milliseconds a line waits for another thread's.
const PATIENCE: u32 = 100;

/// Where a profile logs to, and how much.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folder.
    pub dir: PathBuf,
    /// The folder is made only where this one is there already: a log makes no store.
    pub within: Option<PathBuf>,
    /// Begins the names of the files.
    pub profile: String,
    /// What is logged.
    pub level: LogLevel,
    /// The most bytes of a file.
    pub max_size: u64,
    /// How many files stay.
    pub keep: usize,
}

impl Place {
    /// As the settings say.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let is_default = settings.log_origin == Origin::Default;
        Self {
            dir: settings.log_dir.clone(),
            within: is_default.then(|| settings.store_dir.clone()),
            profile: settings.profile.clone(),
            level: settings.log.level,
            max_size: settings.log.max_size.0,
            keep: settings.log.keep.0,
        }
    }
}

/// Lines into the files of a [`Place`].
pub struct LogFile {
    place: Place,
    tell: Box<dyn Fn(&str) + Send + Sync>,
    now: fn() -> Timestamp,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    pending: String,
    told: bool,
    /// The last line was cut off by a full disk.
    cut: bool,
}

struct Open {
    file: File,
    day: Date,
}

impl LogFile {
    /// Nothing is made before the first line. `tell` is given a line for a person, once, where
    /// nothing can be written.
    #[must_use]
    pub fn new(place: Place, tell: Box<dyn Fn(&str) + Send + Sync>) -> Self {
        Self { place, tell, now: Timestamp::now, state: Mutex::default() }
    }

    /// The same by another clock.
    #[cfg(test)]
    pub(super) fn at(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// What is logged.
    #[must_use]
    pub fn level(&self) -> LogLevel {
        self.place.level
    }

    /// Appends a line.
    pub fn write(&self, line: &str) {
        // A panic while this thread writes is logged too: it must not wait for itself.
        for _ in 0..PATIENCE {
            let mut state = match self.state.try_lock() {
                Ok(state) => state,
                Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
            };
            self.append(&mut state, line);
            return;
        }
    }

    fn append(&self, state: &mut State, line: &str) {
        if self.place.within.as_ref().is_some_and(|store| !store.is_dir()) {
            if state.pending.len() + line.len() <= PENDING_MOST {
                state.pending.push_str(line);
            }
            return;
        }
        let mut text = std::mem::take(&mut state.pending);
        text.push_str(line);
        let written = self.opened(state, text.len() as u64).and_then(|cut| {
            let Some(open) = &mut state.open else { return Ok(()) };
            if cut {
                text.insert(0, '\n');
            }
            // One call: lines of several processes never mix.
            state.cut = true;
            open.file.write_all(text.as_bytes())?;
            state.cut = false;
            Ok(())
        });
        if let Err(error) = written
            && !std::mem::replace(&mut state.told, true)
        {
            let dir = visible(&self.place.dir.to_string_lossy());
            let why = visible(error.to_string().split(" (os error").next().unwrap_or_default());
            (self.tell)(&format!(
                "the log in {dir} can't be written ({why}); the run goes on without it\n"
            ));
        }
    }

    /// Sees to it that a file is open that takes so many bytes more; is the last line in it cut?
    fn opened(&self, state: &mut State, more: u64) -> io::Result<bool> {
        let day = TimeZone::UTC.to_datetime((self.now)()).date();
        let cut = state.cut;
        if let Some(open) = &state.open {
            let meta = open.file.metadata()?;
            // Removed by an administrator, full (others write too), or of yesterday.
            if open.day == day && meta.nlink() > 0 && meta.len() + more <= self.place.max_size {
                return Ok(cut);
            }
        }
        state.cut = false;
        let file = self.next(day, more)?;
        state.open = Some(Open { file, day });
        self.forget();
        Ok(false)
    }

    /// The newest file of the day that has room, or a new one.
    fn next(&self, day: Date, more: u64) -> io::Result<File> {
        if !self.place.dir.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.place.dir)?;
        }
        let of_day = |name: &Name| name.day == day;
        let newest = self.all()?.into_iter().filter(of_day).map(|name| name.number).max();
        let first = newest.unwrap_or(1);
        let mut refused = io::Error::from(io::ErrorKind::PermissionDenied);
        for number in first..first.saturating_add(TRIED_MOST) {
            let path = self.place.dir.join(Name { day, number }.text(&self.place.profile));
            match open(&path, &self.place.dir) {
                Ok(file) if file.metadata()?.len() + more <= self.place.max_size => {
                    return Ok(file);
                }
                Ok(file) if file.metadata()?.len() == 0 => return Ok(file),
                Ok(_) => {}
                // Begun by another user of this machine, who keeps it: the next one is ours.
                Err(error) if is_anothers(&error) => refused = error,
                Err(error) => return Err(error),
            }
        }
        Err(refused)
    }

    /// The files of the profile, oldest first.
    fn all(&self) -> io::Result<Vec<Name>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.place.dir)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| Name::read(name, &self.place.profile)));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Removes the oldest. Where that fails another process may have done it.
    fn forget(&self) {
        let all = self.all().unwrap_or_default();
        for name in &all[..all.len().saturating_sub(self.place.keep)] {
            let _ = fs::remove_file(self.place.dir.join(name.text(&self.place.profile)));
        }
    }
}

fn is_anothers(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
        || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
        || error.kind() == io::ErrorKind::InvalidInput
}

/// Opens a file to append to, made with 0600; never through a link, never a pipe.
fn open(path: &Path, dir: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let there = flags | OFlags::NONBLOCK;
    match rustix::fs::open(path, there, Mode::empty()) {
        Ok(file) => {
            let file = File::from(file);
            let meta = file.metadata()?;
            if !meta.is_file() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            if meta.mode() & 0o177 != 0 {
                // Where it is not ours it can't be narrowed, and is none for us.
                file.set_permissions(Permissions::from_mode(0o600))?;
            }
            Ok(file)
        }
        Err(rustix::io::Errno::NOENT) => {
            let mode = Mode::RUSR | Mode::WUSR;
            // Another process may be faster: the file is the same.
            let file = File::from(rustix::fs::open(path, flags | OFlags::CREATE, mode)?);
            // What root begins by hand the service has to go on with.
            if rustix::process::geteuid().is_root() {
                let owner = fs::metadata(dir)?;
                fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
            }
            Ok(file)
        }
        Err(error) => Err(error.into()),
    }
}

/// `prod-2026-11-26.log`, then `prod-2026-11-26.2.log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub day: Date,
    pub number: u32,
}

impl Name {
    pub(super) fn text(self, profile: &str) -> String {
        let Self { day, number } = self;
        if number == 1 {
            format!("{profile}-{day}.log")
        } else {
            format!("{profile}-{day}.{number}.log")
        }
    }

    /// `None` where it is not a name of ours to the last character.
    pub(super) fn read(text: &str, profile: &str) -> Option<Self> {
        let rest = text.strip_prefix(profile)?.strip_prefix('-')?.strip_suffix(".log")?;
        let (day, number) = rest.split_once('.').map_or((rest, "1"), |(day, n)| (day, n));
        let name = Self { day: day.parse().ok()?, number: number.parse().ok()? };
        (name.text(profile) == text).then_some(name)
    }
}
