//! What a check found, as facts: `words` says them in both languages.
//!
//! Must not do: hold a secret, a person's data or a sentence, but those of errors and adapters.

use jiff::Timestamp;

use crate::domain::Side;

/// Why something was not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchecked {
    /// There are no settings to check by.
    Configuration,
    /// No configuration names this side.
    Side(Side),
    /// A secret of this side can't be used, so nothing was asked.
    Secret,
    /// No secret is set for this side.
    NoSecret,
    /// Too few requests of a day are left, so nothing was asked.
    Budget,
    /// Nothing is remembered yet.
    NoRun,
    /// The store can't be read.
    Store,
    /// The key of the configuration is not set.
    Unset(&'static str),
    /// A key of the configuration switches it off.
    Off(&'static str),
    /// Standard output is no terminal.
    Terminal,
}

/// What a check found. Texts in it are safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An error's or an adapter's own words, in English as all errors are.
    Said {
        /// What happened, to what.
        text: String,
        /// What to do about it.
        fix: Option<String>,
    },
    /// Not checked.
    Not(Unchecked),
    /// The configuration loads.
    Loads {
        /// The file, where there is one.
        file: Option<String>,
        /// The profile.
        profile: String,
    },
    /// Who may read the configuration's file: its mode, where others may.
    FileMode {
        /// The file.
        file: String,
        /// Permission bits, where group or others may read it.
        wide: Option<u32>,
    },
    /// The zone of times without one.
    Zone {
        /// Its name; `None`: this machine's, which has no name.
        zone: Option<String>,
        /// The time there now, with its offset.
        there: String,
        /// Nobody set one, and this machine runs in UTC.
        nobodys: bool,
    },
    /// The language and characters of this machine.
    Locale {
        /// `LC_ALL`, `LC_CTYPE` or `LANG`; `None`: none is set.
        name: Option<String>,
        /// Does it use UTF-8?
        utf8: bool,
    },
    /// The terminal.
    Terminal {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
        /// `TERM`; `None`: it is not set.
        term: Option<String>,
        /// What is wrong with it.
        trouble: Option<TerminalTrouble>,
    },
    /// A proxy that the environment names.
    Proxy {
        /// The variables that name one.
        names: Vec<&'static str>,
        /// A system was not reached.
        unreached: bool,
    },
    /// The store is whole and can be written.
    StoreWhole {
        /// Where it is.
        place: String,
        /// Complete runs that it remembers.
        runs: u64,
    },
    /// There is no store yet.
    StoreAbsent {
        /// Where the first run makes it.
        place: String,
    },
    /// There is none, and none can be made.
    StoreUnmakable {
        /// Where it should be.
        place: String,
        /// The next folder above.
        above: String,
        /// Is that a folder that may not be written, or no folder at all?
        folder: bool,
    },
    /// The disk under the store.
    Disk {
        /// The folder that was looked at.
        place: String,
        /// Bytes free for this user.
        free: u64,
        /// Bytes of the store.
        store: u64,
        /// The file system, where it is one over a network.
        network: Option<&'static str>,
    },
    /// The folder of the logs.
    Log {
        /// The folder.
        place: String,
        /// How many files of which size at most.
        most: String,
        /// The next folder above, where this user may not write in it.
        closed: Option<String>,
    },
    /// Who applies.
    Lock(Option<LockTold>),
    /// Steps of the journal that have not ended.
    Steps {
        /// Nobody knows yet.
        in_doubt: u64,
        /// A person must decide.
        needs_human: u64,
        /// Planned or under way.
        others: u64,
    },
    /// The last runs.
    Runs {
        /// The newest: when, and its exit code.
        newest: (Timestamp, u8),
        /// The newest in which both sides were read whole.
        complete: Option<Timestamp>,
        /// It is too long ago.
        stale: bool,
    },
    /// Until when webhooks were listened for; `None`: never.
    Listener(Option<Timestamp>),
    /// A side's devices against what the ISP expects.
    Expected {
        /// Which side.
        side: Side,
        /// Counted in the last run.
        counted: u64,
        /// `expected_devices`.
        expected: u64,
    },
    /// A side's requests of the last 24 hours.
    Budget {
        /// Sent.
        used: u64,
        /// `requests_per_day`.
        limit: u64,
        /// Too few are left to check anything by.
        spent: bool,
    },
    /// A side's secrets.
    Secrets {
        /// Their keys.
        keys: Vec<&'static str>,
        /// A character inside that no secret holds: key, name and place, from 1.
        odd: Option<(&'static str, String, usize)>,
    },
    /// A side that is a file.
    File {
        /// Which side.
        side: Side,
        /// The file.
        path: String,
        /// Devices or rows.
        rows: u64,
        /// When it was exported.
        at: Timestamp,
        /// What is wrong with it.
        trouble: Option<FileTrouble>,
    },
}

/// Who holds the lock of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockTold {
    /// User, process and since when, as they wrote it down.
    pub holder: Option<(String, u32, Timestamp)>,
}

/// What is wrong with a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalTrouble {
    /// Under 80 columns or 24 rows.
    Small,
    /// `TERM` is `dumb`, or not set.
    Dumb,
}

/// What is wrong with an exported file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileTrouble {
    /// Lines that can't be read: how many, and the first.
    Lines(u64, Option<String>),
    /// Values that can't be read, and what else should be known.
    Values(String),
}
