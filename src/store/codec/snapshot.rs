//! Stored form of what is known of a fetch, and of what a run's answer holds besides findings.
//!
//! Must not do: keep a value that could not be parsed: nobody knows what stands in it.

use serde::{Deserialize, Serialize};

use crate::domain::subscriber::scrub;
use crate::domain::{AcsDevice, Problem, SnapshotMeta, Supplies};
use crate::engine::{Cause, Removal, Resolved, ResolvedHow, Tombstone};
use crate::store::codec::columns::{Cells, acs_column};
use crate::store::codec::device::{AcsRow, Keep};
use crate::store::codec::finding::device_key;
use crate::store::codec::{Bad, Instant, instant, time, wired};

/// Mirror of [`SnapshotMeta`]; problems keep their place and what was wrong, not the value.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct MetaRow {
    fetched_at: Instant,
    pages: u32,
    last_synchronised: Option<Instant>,
    supplies: (bool, bool, bool),
    extra_columns: Vec<String>,
    unparsed: Vec<(String, String)>,
    unparsed_count: u64,
    bad: Vec<(String, String)>,
    bad_count: u64,
    remarks: Vec<String>,
}

impl MetaRow {
    pub(in crate::store) fn of(meta: &SnapshotMeta) -> Self {
        let Supplies { synchronised, active, integrated } = meta.supplies;
        let problems = |of: &[Problem]| {
            let kept = |p: &Problem| (p.place.clone(), scrub(&p.what).into_owned());
            of.iter().map(kept).collect::<Vec<_>>()
        };
        Self {
            fetched_at: meta.fetched_at.into(),
            pages: meta.pages,
            last_synchronised: instant(meta.last_synchronised),
            supplies: (synchronised, active, integrated),
            extra_columns: meta.extra_columns.iter().map(ToString::to_string).collect(),
            unparsed: problems(&meta.unparsed),
            unparsed_count: meta.unparsed_count,
            bad: problems(&meta.bad),
            bad_count: meta.bad_count,
            remarks: meta.remarks.clone(),
        }
    }

    pub(in crate::store) fn meta(self) -> Result<SnapshotMeta, Bad> {
        let (synchronised, active, integrated) = self.supplies;
        let problems = |of: Vec<(String, String)>| {
            of.into_iter().map(|(place, what)| Problem { place, what, value: None }).collect()
        };
        Ok(SnapshotMeta {
            fetched_at: self.fetched_at.time()?,
            pages: self.pages,
            last_synchronised: time(self.last_synchronised)?,
            supplies: Supplies { synchronised, active, integrated },
            extra_columns: self.extra_columns.into_iter().map(String::into_boxed_str).collect(),
            unparsed: problems(self.unparsed),
            unparsed_count: self.unparsed_count,
            bad: problems(self.bad),
            bad_count: self.bad_count,
            remarks: self.remarks,
            // The journal keeps these, until the next complete list.
            gone: Vec::new(),
        })
    }
}

/// What a run's answer holds besides findings and ledgers.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct DetailRow<'a> {
    #[serde(borrow)]
    departures: Vec<DepartureRow<'a>>,
    #[serde(borrow)]
    resolved: Vec<(&'a str, &'a str, Vec<String>, &'a str)>,
}

#[derive(Serialize, Deserialize)]
struct DepartureRow<'a> {
    #[serde(borrow)]
    device: AcsRow<'a>,
    last_inform: Option<Instant>,
    seen: Instant,
    missed: Instant,
    removal: &'a str,
    cohort: u32,
}

impl<'a> DetailRow<'a> {
    pub(in crate::store) fn of(
        departures: &'a [Tombstone],
        resolved: &'a [Resolved],
        keep: &Keep,
    ) -> Self {
        let departure = |t: &'a Tombstone| DepartureRow {
            device: AcsRow::of(&t.device, keep),
            last_inform: instant(t.device.last_inform),
            seen: t.seen.into(),
            missed: t.missed.into(),
            removal: t.removal.wire(),
            cohort: t.cohort,
        };
        let keys = |r: &Resolved| r.keys.iter().map(ToString::to_string).collect();
        Self {
            departures: departures.iter().map(departure).collect(),
            resolved: resolved
                .iter()
                .map(|r| (r.id.as_str(), r.cause.wire(), keys(r), r.how.wire()))
                .collect(),
        }
    }

    pub(in crate::store) fn departures(&self) -> Result<Vec<Tombstone>, Bad> {
        self.departures.iter().map(DepartureRow::tombstone).collect()
    }

    pub(in crate::store) fn resolved(&self) -> Result<Vec<Resolved>, Bad> {
        let resolved = |(id, cause, keys, how): &(&str, &str, Vec<String>, &str)| {
            Ok(Resolved {
                id: (*id).to_owned(),
                cause: wired(Cause::from_wire, cause)?,
                keys: keys.iter().map(|k| device_key(k)).collect::<Result<_, _>>()?,
                how: wired(ResolvedHow::from_wire, how)?,
            })
        };
        self.resolved.iter().map(resolved).collect()
    }
}

impl DepartureRow<'_> {
    fn tombstone(&self) -> Result<Tombstone, Bad> {
        let mut cells = Cells::new(acs_column(time(self.last_inform)?));
        let device: AcsDevice = self.device.device(&mut cells, 0)?;
        Ok(Tombstone {
            device,
            seen: self.seen.time()?,
            missed: self.missed.time()?,
            removal: wired(Removal::from_wire, self.removal)?,
            cohort: self.cohort,
        })
    }
}
