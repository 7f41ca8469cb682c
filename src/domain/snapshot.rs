//! One side at one time, with its completeness in the type.
//!
//! Must not do: call a partial fetch complete. `Snapshot<_, Complete>` is the only
//! thing from which absence may be concluded; its size never decides it.

use std::marker::PhantomData;

use jiff::Timestamp;

use crate::domain::text::Untrusted;

/// Which of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The TR-069 device manager.
    Acs,
    /// The ERP.
    Provider,
}

/// Marker: the source was read to its end, with nothing missing.
#[derive(Clone, Copy, Debug)]
pub struct Complete;

/// Marker: something is missing, so absence means nothing.
#[derive(Clone, Copy, Debug)]
pub struct Partial;

/// Which optional facts a source tells at all: an absent value differs from an absent column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supplies {
    /// Provider: the `synchronised` column exists and at least one row has a value.
    pub synchronised: bool,
    /// Provider: the `active` column exists.
    pub active: bool,
    /// ACS: the `integrated` column exists.
    pub integrated: bool,
}

/// Something in the source that could not be read as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: file, line and column, or page and row.
    pub place: String,
    /// What was wrong with it, in English.
    pub what: String,
    /// The value as it came, where there is one to show.
    pub value: Option<Untrusted>,
}

/// What is known of a fetch besides its records.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotMeta {
    /// When the source says it was read.
    pub fetched_at: Timestamp,
    /// Pages, or files, read.
    pub pages: u32,
    /// The last synchronisation that the source itself reports.
    pub last_synchronised: Option<Timestamp>,
    /// Which optional facts the source tells.
    pub supplies: Supplies,
    /// Names of unknown columns, as the source writes them.
    pub extra_columns: Vec<Box<str>>,
    /// Optional values that could not be parsed (`value-unparsed` warnings); capped by the adapter.
    pub unparsed: Vec<Problem>,
    /// How many values could not be parsed, listed or not.
    pub unparsed_count: u64,
    /// Bad lines or lost pages; not empty exactly where the snapshot is partial; capped.
    pub bad: Vec<Problem>,
    /// How many bad lines there were, listed or not.
    pub bad_count: u64,
    /// Things a person should know, in English: an encoding recognised, a column assumed.
    pub remarks: Vec<String>,
    /// Ids of the last complete list that the source, asked for each by itself in this fetch,
    /// positively said it does not have; as many as an adapter asks for in one fetch at most.
    pub gone: Vec<Untrusted>,
}

impl SnapshotMeta {
    /// A clean fetch at `fetched_at`.
    #[must_use]
    pub fn at(fetched_at: Timestamp) -> Self {
        Self {
            fetched_at,
            pages: 1,
            last_synchronised: None,
            supplies: Supplies::default(),
            extra_columns: Vec::new(),
            unparsed: Vec::new(),
            unparsed_count: 0,
            bad: Vec::new(),
            bad_count: 0,
            remarks: Vec::new(),
            gone: Vec::new(),
        }
    }
}

/// The records of one side, `C` telling whether any can be missing.
#[derive(Clone, Debug)]
pub struct Snapshot<R, C> {
    /// What is known of the fetch.
    pub meta: SnapshotMeta,
    /// The records, in any order.
    pub records: Vec<R>,
    completeness: PhantomData<C>,
}

/// A snapshot whose completeness is known only at run time.
#[derive(Clone, Debug)]
pub enum AnySnapshot<R> {
    /// Nothing is missing.
    Complete(Snapshot<R, Complete>),
    /// Something may be missing.
    Partial(Snapshot<R, Partial>),
}

impl<R> AnySnapshot<R> {
    /// Complete exactly where `meta.bad_count` is 0: a lost page or a bad line is never silent.
    #[must_use]
    pub fn new(meta: SnapshotMeta, records: Vec<R>) -> Self {
        if meta.bad_count == 0 {
            Self::Complete(Snapshot { meta, records, completeness: PhantomData })
        } else {
            Self::Partial(Snapshot { meta, records, completeness: PhantomData })
        }
    }

    /// Is nothing missing?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete(_))
    }

    /// What is known of the fetch.
    #[must_use]
    pub fn meta(&self) -> &SnapshotMeta {
        match self {
            Self::Complete(s) => &s.meta,
            Self::Partial(s) => &s.meta,
        }
    }

    /// The records.
    #[must_use]
    pub fn records(&self) -> &[R] {
        match self {
            Self::Complete(s) => &s.records,
            Self::Partial(s) => &s.records,
        }
    }

    /// Takes it apart. [`AnySnapshot::new`] puts it together again, as complete as it was.
    #[must_use]
    pub fn into_parts(self) -> (SnapshotMeta, Vec<R>) {
        match self {
            Self::Complete(s) => (s.meta, s.records),
            Self::Partial(s) => (s.meta, s.records),
        }
    }

    /// The complete snapshot, where it is one: what a removal has to be planned from.
    #[must_use]
    pub fn complete(&self) -> Option<&Snapshot<R, Complete>> {
        match self {
            Self::Complete(s) => Some(s),
            Self::Partial(_) => None,
        }
    }
}
