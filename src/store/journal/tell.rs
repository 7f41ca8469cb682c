//! `journal.jsonl`: a line for each step that ended, for people and other programs.
//!
//! The journal itself is what counts: a line that can't be written stops nothing, and is
//! written when the lock is taken next.
//! Must not do: tell a secret, or who a customer is. Names of records are ids.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::Side;
use crate::domain::text::visible;
use crate::store::error::StoreError;
use crate::store::journal::filing::{step_at, step_key, untold};
use crate::store::journal::lock::ApplyLock;
use crate::store::journal::step::StepRow;
use crate::store::place::{self, Group};
use crate::store::rows::Rows;
use crate::store::tables::UNTOLD;
use crate::store::{Store, TOLD_FILE};

/// How much of the file's end is looked at for lines that stand there already. Each commit
/// forgets the lines of those before, so that a kill leaves only few to look for.
const TAIL_BYTES: u64 = 1 << 20;

/// A line. Keys are only ever added.
#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    action: String,
    plan: String,
    seq: u32,
    run: String,
    actor: String,
    approver: Option<String>,
    decided_by: Option<&'a str>,
    fix: &'static str,
    side: &'static str,
    key: String,
    state: &'static str,
    attempt: u32,
    status: Option<u16>,
    note: &'a str,
}

/// What tells a line from others.
#[derive(Deserialize)]
struct Told {
    action: String,
}

impl ApplyLock {
    fn told(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The marks that the next commit takes away.
    pub(super) fn take_told(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.told())
    }

    /// The commit did not come to be.
    pub(super) fn give_told(&self, keys: Vec<Vec<u8>>) {
        self.told().extend(keys);
    }
}

impl Store {
    /// Tells a step that ended; after its commit.
    pub(super) fn tell(&self, lock: &ApplyLock, row: &StepRow) {
        if !row.state.is_end() {
            return;
        }
        let mut told = lock.told();
        match self.append(&line(row)) {
            Ok(()) => told.push(step_key(&row.id())),
            Err(error) => warn(&error),
        }
    }

    /// Tells what a kill, or a full disk, kept from being told.
    pub(super) fn tell_missing(&self, lock: &ApplyLock) -> Result<(), StoreError> {
        let keys = self.journal.read(untold)?;
        if keys.is_empty() {
            return Ok(());
        }
        let row = |key: &Vec<u8>| {
            self.journal.read(|journal| {
                step_at(journal, key)?.ok_or_else(|| journal.damaged("a step that ended is lost"))
            })
        };
        let rows = keys.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let guard = lock.told();
        let missing = self.tail().and_then(|known| {
            let new = rows.iter().filter(|row| !known.contains(&visible(&row.action)));
            let lines: String = new.map(line).collect();
            if lines.is_empty() { Ok(()) } else { self.append(&lines) }
        });
        drop(guard);
        match missing {
            Ok(()) => self.journal.write(|journal| journal.remove(UNTOLD, &keys).map(drop)),
            Err(error) => {
                warn(&error);
                Ok(())
            }
        }
    }

    fn told_file(&self) -> Result<File, StoreError> {
        let group = Group::of(self.options.group.as_deref())?;
        place::open_or_make(&self.dir.join(TOLD_FILE), group)
    }

    /// Adds lines by one write, and makes them durable. A line that a kill or a full disk cut
    /// is left alone, on a line of its own.
    fn append(&self, lines: &str) -> Result<(), StoreError> {
        let mut file = self.told_file()?;
        let mut add = || {
            let length = file.metadata()?.len();
            let mut last = [b'\n'];
            if let Some(at) = length.checked_sub(1) {
                file.read_exact_at(&mut last, at)?;
            }
            let lines = if last == *b"\n" { lines.to_owned() } else { format!("\n{lines}") };
            if file.write(lines.as_bytes())? < lines.len() {
                return Err(io::Error::from(ErrorKind::StorageFull));
            }
            file.sync_all()
        };
        add().map_err(|e| StoreError::io(&self.dir.join(TOLD_FILE), e))
    }

    /// The actions of the last lines.
    fn tail(&self) -> Result<BTreeSet<String>, StoreError> {
        let file = self.told_file()?;
        let read = || {
            let length = file.metadata()?.len();
            let from = length.saturating_sub(TAIL_BYTES);
            let mut tail = vec![0; usize::try_from(length - from).unwrap_or_default()];
            file.read_exact_at(&mut tail, from)?;
            Ok(tail)
        };
        let tail = read().map_err(|e| StoreError::io(&self.dir.join(TOLD_FILE), e))?;
        // The last piece is no whole line, or empty.
        let mut lines: Vec<&[u8]> = tail.split(|b| *b == b'\n').collect();
        lines.pop();
        let told = lines.iter().filter_map(|line| serde_json::from_slice::<Told>(line).ok());
        Ok(told.map(|told| told.action).collect())
    }
}

fn warn(error: &StoreError) {
    tracing::warn!("{error}; the journal itself is whole, and the lines are added later");
}

fn line(row: &StepRow) -> String {
    let line = Line {
        time: row.updated,
        action: visible(&row.action),
        plan: visible(&row.plan_id),
        seq: row.seq,
        run: visible(&row.run_id),
        actor: visible(&row.actor),
        approver: row.approver.as_deref().map(visible),
        decided_by: row.decided_by.as_deref(),
        fix: row.fix.wire(),
        side: match row.side {
            Side::Acs => "acs",
            Side::Provider => "provider",
        },
        key: visible(&row.key),
        state: row.state.wire(),
        attempt: row.attempt,
        status: row.status,
        note: &row.note,
    };
    // Strings and numbers alone: there is nothing that JSON could not say.
    serde_json::to_string(&line).map_or_else(|_| String::new(), |line| line + "\n")
}
