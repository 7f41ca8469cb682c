//! The tables of both files, and the bytes of their keys.
//!
//! Must not do: know what a value means. Every key and value is bytes, so that checking,
//! backing up and restoring treat all tables alike.

/// A table: its name, and the version of its values' encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Its name in the file, also part of every value's checksum.
    pub name: &'static str,
    /// The version of what its values hold.
    pub version: u8,
}

const fn table(name: &'static str) -> Table {
    Table { name, version: 1 }
}

/// Both files: schema, counters, time of the last pruning.
pub(super) const META: Table = table("meta");

/// Journal: sequence -> a run with its ledgers.
pub(super) const RUNS: Table = table("runs");
/// Journal: run id -> sequence.
pub(super) const RUN_IDS: Table = table("run-ids");
/// Journal: ACS id -> tombstone; empty since [`DEPARTED`].
pub(super) const TOMBSTONES: Table = table("tombstones");
/// Journal: time, kind, digest -> event.
pub(super) const EVENTS: Table = table("events");
/// Journal: kind of coverage -> its intervals.
pub(super) const COVERAGE: Table = table("coverage");
/// Journal: key -> ignore.
pub(super) const IGNORES: Table = table("ignores");
/// Journal: key, time, number -> note.
pub(super) const NOTES: Table = table("notes");
/// Journal: side, hour -> requests sent to it in that hour.
pub(super) const REQUESTS: Table = table("requests");
/// Journal: ACS id -> when the ACS said that it does not have it.
pub(super) const GONE: Table = table("gone");
/// Journal: plan -> what was begun of it.
pub(super) const PLANS: Table = table("plans");
/// Journal: plan, number -> a step of the apply journal.
pub(super) const STEPS: Table = table("steps");
/// Journal: plan, number -> state and natural key of a step that has not ended.
pub(super) const OPEN_STEPS: Table = table("open-steps");
/// Journal: plan, number of a step that ended and may not stand in `journal.jsonl` yet.
pub(super) const UNTOLD: Table = table("untold");
/// Journal: side, time, plan, number -> how many removals were sent.
pub(super) const REMOVALS: Table = table("removals");
/// Journal: ACS id, time, test -> a speed test.
pub(super) const SPEED_TESTS: Table = table("speed-tests");
/// Journal: how things stood when somebody was told, and when a run was due last.
pub(super) const NOTICES: Table = table("notices");
/// Journal: digest of a delivery of the ACS -> until when it is known as a replay.
pub(super) const REPLAYS: Table = table("replays");
/// Journal: number -> a delivery that is still to be passed on, sealed.
pub(super) const FORWARDS: Table = table("forwards");
/// Journal: what the receiver has to tell (unmapped kinds, what was not passed on) -> how often.
pub(super) const TALLIES: Table = table("tallies");
/// Journal: when they were missed, sequence, number -> packed tombstones.
pub(super) const DEPARTED: Table = table("departed");

/// History: series, sequence -> head of a list.
pub(super) const HEADS: Table = table("heads");
/// History: series, sequence, number -> packed entries.
pub(super) const ENTRIES: Table = table("entries");
/// History: series, sequence, number -> packed columns.
pub(super) const COLUMNS: Table = table("columns");
/// History: sequence -> what a run's answer holds besides findings.
pub(super) const DETAILS: Table = table("details");
/// History: sequence -> which devices' findings changed.
pub(super) const TRAIL: Table = table("trail");
/// History: series, sequence, number -> what is searched of packed entries.
pub(super) const SEARCH: Table = table("search");

/// The tables of `journal.redb`. A backup names them by their places: new ones go last.
pub(super) const JOURNAL: [Table; 21] = [
    META,
    RUNS,
    RUN_IDS,
    TOMBSTONES,
    EVENTS,
    COVERAGE,
    IGNORES,
    NOTES,
    REQUESTS,
    GONE,
    PLANS,
    STEPS,
    OPEN_STEPS,
    UNTOLD,
    REMOVALS,
    SPEED_TESTS,
    NOTICES,
    REPLAYS,
    FORWARDS,
    TALLIES,
    DEPARTED,
];
/// The tables of `history.redb`.
pub(super) const HISTORY: [Table; 7] = [META, HEADS, ENTRIES, COLUMNS, DETAILS, TRAIL, SEARCH];

/// The key of a sequence number; big-endian, so that it sorts.
pub(super) fn seq_key(seq: u64) -> [u8; 8] {
    seq.to_be_bytes()
}

/// Reads a sequence number off the end of a key.
pub(super) fn key_seq(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|b| u64::from_be_bytes(*b))
}
