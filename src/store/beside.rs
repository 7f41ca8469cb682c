//! One list beside the last complete one known of its side.
//!
//! Must not do: change a table, or hand out a record that the store does not hold.

use jiff::Timestamp;

use crate::domain::{AnySnapshot, Side};
use crate::engine::{PreviousSide, Rules};
use crate::store::Store;
use crate::store::baseline::{Remembered, acknowledged};
use crate::store::codec::columns::Cells;
use crate::store::codec::{Bad, bad};
use crate::store::entries::Change;
use crate::store::error::StoreError;
use crate::store::list::{NewList, Record};
use crate::store::options::Mode;
use crate::store::rows::{Rows, View};
use crate::store::series::{self, Compared, Series, Walk, columns, newest};

/// What a list that is still being read will be held against, and then the findings of both, as the
/// store holds it now.
#[derive(Default)]
pub struct Known {
    /// The last complete list of its side.
    walk: Option<Walk>,
    pub(super) remembered: Option<Remembered>,
    /// The last findings, which those of this run will be held against.
    pub(super) findings: Option<Walk>,
}

impl Known {
    /// Identifies the devices that left, so that they need not be when both lists are there.
    pub fn identify(&self, rules: &Rules) {
        if let Some(remembered) = &self.remembered {
            remembered.tombstones.identify(rules);
        }
    }

    /// The last complete list, where it is of this series.
    pub(super) fn take(&mut self, series: Series) -> Option<Walk> {
        self.walk.take_if(|walk| walk.is_of(series))
    }
}

/// What was seen early, or why it could not be; `None`: nobody looked.
pub(super) type SeenEarly<R> = Option<Result<Beside<R>, StoreError>>;

/// What a list is beside the last complete one known, and what the engine is told of that.
pub(super) struct Beside<R> {
    pub compared: Compared,
    pub then: Option<PreviousSide<R>>,
}

impl Store {
    /// What a side's list and the findings will be held against: as much as there is time for while
    /// somebody is `waiting`. What can't be read is left out: that is told when it is needed.
    #[must_use]
    pub fn known(&self, side: Side, waiting: impl Fn() -> bool) -> Known {
        let mut known = Known::default();
        // A store that is held alone is held once, when both lists are there.
        if self.options.mode == Mode::Exclusive || !waiting() {
            return known;
        }
        let series = Series::of(side);
        let _: Result<(), StoreError> = self.read_both(|journal, history| {
            let last = history.map(|view| Ok((view, last(journal, view, series, None)?)));
            if let Some((view, Some(mut walk))) = last.transpose()? {
                walk.lay_out(view, &waiting)?;
                known.walk = Some(walk);
            }
            if waiting() {
                known.remembered = Some(Remembered::read(journal, history)?);
            }
            known.findings = history.map(|view| findings(view, &waiting)).transpose()?.flatten();
            Ok(())
        });
        known
    }
}

/// The last findings, as long as somebody is `waiting`.
fn findings(view: &View, waiting: impl Fn() -> bool) -> Result<Option<Walk>, StoreError> {
    let last = if waiting() { last_findings(view)? } else { None };
    let walk = last.map(|seq| Walk::of(view, Series::Findings, seq)).transpose()?.flatten();
    let Some(mut walk) = walk else { return Ok(None) };
    walk.lay_out(view, waiting)?;
    Ok(Some(walk))
}

/// The number of the last findings that are not late.
pub(super) fn last_findings(view: &View) -> Result<Option<u64>, StoreError> {
    let last = newest(view, Series::Findings, |_, head| !head.is_late())?;
    Ok(last.map(|(seq, _)| seq))
}

/// Is the list that was compared with still the last complete one?
pub(super) fn is_beside<R>(
    (journal, history): (&View, Option<&View>),
    series: Series,
    beside: &Beside<R>,
) -> Result<bool, StoreError> {
    let known = history.map(|view| acknowledged(journal, view, series)).transpose()?.flatten();
    beside.compared.is_beside(history.unwrap_or(journal), series, known)
}

/// Compares one list with the last complete one, which may be `known`; breaks off where nobody is
/// `waiting` any more.
pub(super) fn compare<R: Record>(
    (journal, history): (&View, Option<&View>),
    series: Series,
    (snapshot, list): (&AnySnapshot<R>, &NewList<'_, R>),
    known: Option<Walk>,
    waiting: impl Fn() -> bool,
) -> Result<Beside<R>, StoreError> {
    let taken = snapshot.meta().fetched_at.into();
    let last = match history {
        Some(view) => last(journal, view, series, known)?.map(|walk| (view, walk)),
        None => None,
    };
    let Some((view, before)) = last else {
        let compared = series::compare(journal, list, None, taken, |_| Ok(()))?;
        return Ok(Beside { compared, then: None });
    };
    let mut then = Then::new(view, series, &before, snapshot.records().len())?;
    let compared = series::compare(view, list, Some(&before), taken, |change| {
        if waiting() { then.meet(change, list) } else { Err(bad("nobody waits for it")) }
    })?;
    let then = Some(view.believe(then.side(&before))?);
    Ok(Beside { compared, then })
}

/// The last complete list: the one `known`, where that is still it.
fn last(
    journal: &View,
    view: &View,
    series: Series,
    known: Option<Walk>,
) -> Result<Option<Walk>, StoreError> {
    let Some(seq) = acknowledged(journal, view, series)? else { return Ok(None) };
    match known {
        Some(walk) if walk.is_still(view, seq)? => Ok(Some(walk)),
        _ => Walk::of(view, series, seq),
    }
}

/// The list before, as it is met record by record.
struct Then<R> {
    cells: Cells,
    /// How many records were met since the last one whose cells were read.
    passed: usize,
    records: Vec<R>,
    first_seen: Vec<Timestamp>,
    unchanged: Vec<Option<Timestamp>>,
}

impl<R: Record> Then<R> {
    fn new(view: &View, series: Series, before: &Walk, present: usize) -> Result<Self, StoreError> {
        let cells = columns(view, series, before.seq, &before.head)?;
        let unchanged = vec![None; present];
        Ok(Self { cells, passed: 0, records: Vec::new(), first_seen: Vec::new(), unchanged })
    }

    /// Decodes a record that is not as it was; of the others only their times are told.
    fn meet(&mut self, change: &Change<'_>, list: &NewList<'_, R>) -> Result<(), Bad> {
        let item = match change {
            Change::New { .. } => return Ok(()),
            Change::Same(same) if same.alone => {
                self.unchanged[list.place(same.at)] = Some(same.item.seen.time()?);
                self.passed += 1;
                return Ok(());
            }
            Change::Same(same) => same.item,
            Change::Changed { before, .. } | Change::Left(before) => *before,
        };
        self.cells.skip(std::mem::take(&mut self.passed))?;
        self.records.push(R::decode(item.body, &mut self.cells)?);
        self.first_seen.push(item.seen.time()?);
        Ok(())
    }

    fn side(mut self, before: &Walk) -> Result<PreviousSide<R>, Bad> {
        self.cells.skip(self.passed)?;
        self.cells.end()?;
        Ok(PreviousSide {
            run_id: before.head.run_id.clone(),
            fetched_at: before.head.taken.time()?,
            records: self.records,
            first_seen: self.first_seen,
            unchanged: self.unchanged,
        })
    }
}
