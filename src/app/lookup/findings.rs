//! Finding a device's finding: by its records, keys or id, many keys over one run.
//!
//! Must not do: build anything per key; a file may hold thousands of them.

use std::cell::OnceCell;

use super::{Index, Records, Wanted};
use crate::domain::ProviderRecord;
use crate::engine::Finding;

/// The findings of a run, findable by what a person has at hand.
#[derive(Debug)]
pub struct Findings<'a> {
    all: &'a [Finding],
    /// Made once a key needs it.
    records: OnceCell<FindingRecords<'a>>,
}

/// The records of all findings, and whose each is.
#[derive(Debug)]
struct FindingRecords<'a> {
    index: Index<'a>,
    /// The place of a record's finding.
    acs: Vec<usize>,
    provider: Vec<usize>,
}

impl<'a> Findings<'a> {
    /// Over the findings of a run.
    #[must_use]
    pub fn new(all: &'a [Finding]) -> Self {
        Self { all, records: OnceCell::new() }
    }

    /// The finding of a key: by its records, its keys, or its id. A device that both sides
    /// lost is in no snapshot; its finding still has its records.
    #[must_use]
    pub fn find(&self, wanted: &Wanted, records: Records<'_>) -> Option<&'a Finding> {
        let holds = |f: &&Finding| {
            f.id == wanted.raw
                || wanted.key.as_ref().is_some_and(|key| f.keys.contains(key))
                || records.acs.is_some_and(|d| f.acs.iter().any(|a| a.id == d.id))
                || records.provider.is_some_and(|p| f.provider.iter().any(|q| same_row(p, q)))
        };
        let found = self.all.iter().find(holds);
        if found.is_some() || records != Records::default() {
            return found;
        }
        self.records.get_or_init(|| FindingRecords::of(self.all)).first(wanted, self.all)
    }
}

impl<'a> FindingRecords<'a> {
    fn of(all: &'a [Finding]) -> Self {
        let acs = || all.iter().enumerate().flat_map(|(at, f)| f.acs.iter().map(move |d| (at, d)));
        let provider =
            || all.iter().enumerate().flat_map(|(at, f)| f.provider.iter().map(move |p| (at, p)));
        Self {
            index: Index::over(acs().map(|d| d.1).collect(), provider().map(|p| p.1).collect()),
            acs: acs().map(|d| d.0).collect(),
            provider: provider().map(|p| p.0).collect(),
        }
    }

    /// The first finding with a record that the key names.
    fn first(&self, wanted: &Wanted, all: &'a [Finding]) -> Option<&'a Finding> {
        let (acs, provider) = self.index.named(wanted);
        let acs = acs.into_iter().filter_map(|at| self.acs.get(at));
        let provider = provider.into_iter().filter_map(|at| self.provider.get(at));
        acs.chain(provider).min().and_then(|at| all.get(*at))
    }
}

fn same_row(a: &ProviderRecord, b: &ProviderRecord) -> bool {
    a.device_id == b.device_id && a.login_id == b.login_id && a.serial == b.serial && a.mac == b.mac
}
