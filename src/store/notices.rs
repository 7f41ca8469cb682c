//! What was told of the runs that nobody watches: how things stood, and when a run was due last.
//!
//! Must not do: decide what is worth telling, or keep a message.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::Store;
use crate::store::codec::{from_json, to_json};
use crate::store::error::StoreError;
use crate::store::rows::Rows;
use crate::store::tables::NOTICES;

const STANDING: &[u8] = b"standing";
const UNTOLD: &[u8] = b"untold";
const SCHEDULED: &[u8] = b"scheduled";

/// How things stood at the last run that was told, or that was no worse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// When both lists were read last; findings first seen later are new.
    pub seen: Option<Timestamp>,
    /// The exit code.
    pub exit: u8,
    /// The gap without what is ignored, unsigned.
    pub gap: u64,
    /// How many differences each cause has, by its name; none of a standing of an older version.
    #[serde(default)]
    pub causes: BTreeMap<String, u64>,
    /// Steps in doubt, or that need a person.
    pub doubts: u64,
    /// Warnings, each code with its side.
    pub warnings: Vec<String>,
    /// When somebody was told last.
    pub told: Option<Timestamp>,
}

/// A message that reached nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// When it was sent.
    pub at: Timestamp,
    /// What failed; safe to show.
    pub what: String,
    /// Was somebody else told? Then it is not sent again.
    #[serde(default)]
    pub partly: bool,
}

/// Everything that is remembered of telling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// How things stood.
    pub standing: Option<Standing>,
    /// The message that reached nobody, until another did.
    pub untold: Option<Untold>,
    /// When the last scheduled run began, whatever came of it.
    pub scheduled: Option<Timestamp>,
}

impl Store {
    /// What is remembered of telling.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn notices(&self) -> Result<Notices, StoreError> {
        self.journal.read(all)
    }

    /// Remembers how things stand, and what reached nobody, if anything.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn put_standing(
        &self,
        standing: Option<&Standing>,
        untold: Option<&Untold>,
    ) -> Result<(), StoreError> {
        self.journal.write(|journal| {
            if let Some(standing) = standing {
                journal.put(NOTICES, STANDING, &journal.believe(to_json(standing))?)?;
            }
            match untold {
                Some(untold) => journal.put(NOTICES, UNTOLD, &journal.believe(to_json(untold))?),
                None => journal.remove(NOTICES, [UNTOLD]).map(drop),
            }
        })
    }

    /// Remembers when a scheduled run began, which then need not have come to a report.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn put_scheduled(&self, at: Timestamp) -> Result<(), StoreError> {
        self.journal
            .write(|journal| journal.put(NOTICES, SCHEDULED, &journal.believe(to_json(&at))?))
    }
}

fn all(rows: &impl Rows) -> Result<Notices, StoreError> {
    fn one<T: for<'a> Deserialize<'a>>(
        rows: &impl Rows,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        let body = rows.get(NOTICES, key)?;
        body.map(|body| rows.believe(from_json(&body))).transpose()
    }
    Ok(Notices {
        standing: one(rows, STANDING)?,
        untold: one(rows, UNTOLD)?,
        scheduled: one(rows, SCHEDULED)?,
    })
}

/// Reads everything once.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    all(rows).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreOptions;

    #[test]
    fn what_was_told_outlives_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Store::open(dir.path(), &StoreOptions::default()).unwrap();
        assert_eq!(open().notices().unwrap(), Notices::default());
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        let warnings = vec!["side-shrank acs".to_owned()];
        let standing =
            Standing { exit: 3, gap: 7, warnings, told: Some(at), ..Standing::default() };
        let untold = Untold { at, what: "no answer".to_owned(), partly: false };
        open().put_standing(Some(&standing), Some(&untold)).unwrap();
        open().put_scheduled(at).unwrap();
        let known = open().notices().unwrap();
        assert_eq!(known.standing.as_ref(), Some(&standing));
        assert_eq!((known.untold, known.scheduled), (Some(untold), Some(at)));
        open().put_standing(None, None).unwrap();
        let known = open().notices().unwrap();
        assert_eq!((known.standing, known.untold), (Some(standing), None));
    }
}
