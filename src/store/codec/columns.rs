//! What changes with every look: one column of numbers a field, packed tight.
//!
//! Must not do: know records. A column is as long as its list, in the list's order.

use std::sync::Arc;

use jiff::Timestamp;

use crate::store::codec::{Bad, bad, pack, unpack};

/// A value: seconds and nanoseconds of a time, or any small number.
pub(in crate::store) type Cell = Option<(i64, i32)>;

/// The columns of one list.
pub(in crate::store) type Columns = Vec<Vec<Tight>>;

/// A cell that takes no room for whether it is there: a list has hundreds of thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Tight(i64, i32);

/// No time has so many nanoseconds, and no number any.
const NOT_THERE: i32 = i32::MIN;

impl From<Cell> for Tight {
    fn from(cell: Cell) -> Self {
        debug_assert!(cell.is_none_or(|(_, second)| second != NOT_THERE), "{cell:?}");
        cell.map_or(Self(0, NOT_THERE), |(first, second)| Self(first, second))
    }
}

impl Tight {
    pub(in crate::store) fn cell(self) -> Cell {
        (self.1 != NOT_THERE).then_some((self.0, self.1))
    }
}

/// A time as a cell.
pub(in crate::store) fn time_cell(time: Option<Timestamp>) -> Cell {
    time.map(|t| (t.as_second(), t.subsec_nanosecond()))
}

/// Yes, no or unknown as a cell.
pub(in crate::store) fn flag_cell(flag: Option<bool>) -> Cell {
    flag.map(|f| (i64::from(f), 0))
}

/// The columns of a single ACS device.
pub(in crate::store) fn acs_column(last_inform: Option<Timestamp>) -> Vec<Vec<Cell>> {
    vec![vec![time_cell(last_inform)]]
}

/// Hands out the cells of each column in order; those that are passed over are not decoded. A clone
/// goes on where this one is.
#[derive(Clone)]
pub(in crate::store) struct Cells {
    /// What the packed columns were packed as.
    raw: Arc<Vec<u8>>,
    columns: Vec<Column>,
}

#[derive(Clone)]
enum Column {
    Plain(std::vec::IntoIter<Cell>),
    Packed(Packed),
}

/// Where a column lies in the bytes, and how far it was read.
#[derive(Clone)]
struct Packed {
    rows: usize,
    next: usize,
    base: i64,
    seconds: Planes,
    nanos: Planes,
}

/// So many planes of bytes from here on, each as long as the list.
#[derive(Clone)]
struct Planes {
    from: usize,
    count: usize,
}

impl Cells {
    pub(in crate::store) fn new(columns: Vec<Vec<Cell>>) -> Self {
        let plain = |column: Vec<Cell>| Column::Plain(column.into_iter());
        Self { raw: Arc::default(), columns: columns.into_iter().map(plain).collect() }
    }

    /// Of what a [`Packer`] made.
    pub(in crate::store) fn unpack(packed: &[u8]) -> Result<Self, Bad> {
        let raw = unpack(packed)?;
        let mut rest = raw.as_slice();
        let count = take_length(&mut rest)?;
        let column = |_| Packed::take(raw.len(), &mut rest).map(Column::Packed);
        let columns = (0..count).map(column).collect::<Result<_, _>>()?;
        if rest.is_empty() {
            Ok(Self { raw: Arc::new(raw), columns })
        } else {
            Err(bad("columns with something after them"))
        }
    }

    fn next(&mut self, column: usize) -> Result<Cell, Bad> {
        match self.columns.get_mut(column).ok_or_else(|| bad("a column too few"))? {
            Column::Plain(cells) => cells.next().ok_or_else(too_short),
            Column::Packed(packed) => {
                let row = packed.pass()?;
                packed.cell(&self.raw, row)
            }
        }
    }

    pub(in crate::store) fn time(&mut self, column: usize) -> Result<Option<Timestamp>, Bad> {
        let Some((second, nano)) = self.next(column)? else { return Ok(None) };
        Timestamp::new(second, nano).map(Some).map_err(|_| bad("a time out of range"))
    }

    pub(in crate::store) fn flag(&mut self, column: usize) -> Result<Option<bool>, Bad> {
        match self.next(column)? {
            None => Ok(None),
            Some((0, 0)) => Ok(Some(false)),
            Some((1, 0)) => Ok(Some(true)),
            Some(_) => Err(bad("a flag that is neither yes nor no")),
        }
    }

    pub(in crate::store) fn number(&mut self, column: usize) -> Result<i64, Bad> {
        self.next(column)?.map(|(n, _)| n).ok_or_else(|| bad("a number is missing"))
    }

    /// Passes over so many cells of each column.
    pub(in crate::store) fn skip(&mut self, cells: usize) -> Result<(), Bad> {
        self.columns.iter_mut().try_for_each(|column| column.skip(cells))
    }

    /// These, after records of so many cells in each column.
    pub(in crate::store) fn after<const N: usize>(
        &self,
        mut records: impl Iterator<Item = [usize; N]>,
    ) -> Result<Self, Bad> {
        let mut after = self.clone();
        records.try_for_each(|cells| {
            let mut columns = after.columns.iter_mut().zip(cells);
            columns.try_for_each(|(column, cells)| column.skip(cells))
        })?;
        Ok(after)
    }

    /// Are these cells, of the same columns, read as far as those?
    pub(in crate::store) fn is_where(&self, others: &Self) -> bool {
        self.columns.iter().map(Column::left).eq(others.columns.iter().map(Column::left))
    }

    /// Nothing may be left when the list ends.
    pub(in crate::store) fn end(mut self) -> Result<(), Bad> {
        let left = self.columns.iter_mut().any(|column| match column {
            Column::Plain(cells) => cells.next().is_some(),
            Column::Packed(packed) => packed.next < packed.rows,
        });
        if left { Err(bad("a column too long")) } else { Ok(()) }
    }
}

impl Column {
    /// How many cells are still to be read.
    fn left(&self) -> usize {
        match self {
            Self::Plain(plain) => plain.len(),
            Self::Packed(packed) => packed.rows.saturating_sub(packed.next),
        }
    }

    fn skip(&mut self, cells: usize) -> Result<(), Bad> {
        match self {
            Self::Plain(plain) => {
                let there = plain.take(cells).count();
                if there == cells { Ok(()) } else { Err(too_short()) }
            }
            Self::Packed(packed) => packed.skip(cells),
        }
    }
}

fn too_short() -> Bad {
    bad("a column too short")
}

impl Packed {
    /// Takes a column from the front of `rest`, which is the end of `all` bytes.
    fn take(all: usize, rest: &mut &[u8]) -> Result<Self, Bad> {
        let rows = take_length(rest)?;
        let base = i64::from_le_bytes(*take::<8>(rest)?);
        let seconds = Planes::take(all, rows, rest)?;
        let nanos = Planes::take(all, rows, rest)?;
        Ok(Self { rows, next: 0, base, seconds, nanos })
    }

    /// The row that is next, passed over.
    fn pass(&mut self) -> Result<usize, Bad> {
        let row = self.next;
        self.skip(1).map(|()| row)
    }

    fn skip(&mut self, rows: usize) -> Result<(), Bad> {
        self.next = self.next.saturating_add(rows);
        if self.next <= self.rows { Ok(()) } else { Err(too_short()) }
    }

    fn cell(&self, raw: &[u8], row: usize) -> Result<Cell, Bad> {
        let second = self.seconds.value(raw, self.rows, row);
        let Some(from_base) = second.checked_sub(1) else { return Ok(None) };
        let second = self.base.checked_add_unsigned(from_base);
        let second = second.ok_or_else(|| bad("a number out of range"))?;
        Ok(Some((second, unzigzag(self.nanos.value(raw, self.rows, row))?)))
    }
}

impl Planes {
    fn take(all: usize, rows: usize, rest: &mut &[u8]) -> Result<Self, Bad> {
        let [count] = *take::<1>(rest)?;
        if count > 8 {
            return Err(bad("a column too wide"));
        }
        let (from, count) = (all - rest.len(), usize::from(count));
        let length = rows.checked_mul(count);
        let after = length.and_then(|length| rest.get(length..));
        *rest = after.ok_or_else(|| bad("a cut column"))?;
        Ok(Self { from, count })
    }

    /// Of a row below `rows`.
    fn value(&self, raw: &[u8], rows: usize, row: usize) -> u64 {
        let byte = |plane: usize| u64::from(raw[self.from + plane * rows + row]);
        (0..self.count).fold(0, |value, plane| value | byte(plane) << (8 * plane))
    }
}

/// Packs columns, one after the other. Each is split into planes of bytes, lowest first: the high
/// planes hold nearly one value only and pack to nothing, the low ones stay as they are.
pub(in crate::store) struct Packer {
    raw: Vec<u8>,
    /// Room that is used again: of a column as it comes, and of what its planes are cut from.
    column: Vec<Tight>,
    values: Vec<u64>,
}

impl Packer {
    pub(in crate::store) fn new(columns: usize) -> Result<Self, Bad> {
        Ok(Self { raw: length(columns)?.into(), column: Vec::new(), values: Vec::new() })
    }

    /// Adds the next column.
    pub(in crate::store) fn add(&mut self, cells: impl Iterator<Item = Tight>) -> Result<(), Bad> {
        let Self { raw, column, values } = self;
        column.clear();
        column.extend(cells);
        let cells = || column.iter().map(|tight| tight.cell());
        let base = cells().flatten().map(|c| c.0).min().unwrap_or_default();
        raw.extend_from_slice(&length(column.len())?);
        raw.extend_from_slice(&base.to_le_bytes());
        // 0 is "absent"; the rest is counted from the smallest, so equal data packs equally.
        values.clear();
        values.extend(cells().map(|c| c.map_or(0, |c| c.0.abs_diff(base).saturating_add(1))));
        put_planes(raw, values);
        values.clear();
        values.extend(cells().map(|c| c.map_or(0, |c| c.1.zigzag())));
        put_planes(raw, values);
        Ok(())
    }

    pub(in crate::store) fn packed(self) -> Result<Vec<u8>, Bad> {
        pack(&self.raw)
    }
}

trait ZigZag {
    fn zigzag(self) -> u64;
}

impl ZigZag for i32 {
    fn zigzag(self) -> u64 {
        u64::from(self.unsigned_abs()) * 2 + u64::from(self < 0)
    }
}

fn unzigzag(coded: u64) -> Result<i32, Bad> {
    let size = i32::try_from(coded / 2).map_err(|_| bad("a number out of range"))?;
    Ok(if coded % 2 == 1 { -size } else { size })
}

fn put_planes(raw: &mut Vec<u8>, values: &[u64]) {
    let most = values.iter().copied().max().unwrap_or_default();
    let planes = (0..8).take_while(|p| most >> (8 * p) != 0).count();
    raw.push(u8::try_from(planes).unwrap_or_default());
    for plane in 0..planes {
        raw.extend(values.iter().map(|v| v.to_le_bytes()[plane]));
    }
}

fn length(n: usize) -> Result<[u8; 4], Bad> {
    u32::try_from(n).map(u32::to_le_bytes).map_err(|_| bad("more than 4 thousand million rows"))
}

fn take_length(rest: &mut &[u8]) -> Result<usize, Bad> {
    Ok(u32::from_le_bytes(*take::<4>(rest)?) as usize)
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Bad> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or_else(|| bad("a cut column"))?;
    *rest = after;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pack_columns(columns: &[Vec<Cell>]) -> Vec<u8> {
        let mut packer = Packer::new(columns.len()).unwrap();
        for column in columns {
            packer.add(column.iter().map(|cell| Tight::from(*cell))).unwrap();
        }
        packer.packed().unwrap()
    }

    proptest! {
        #[test]
        fn columns_come_back(columns in prop::collection::vec(
            prop::collection::vec(
                prop::option::of((i64::MIN / 4..i64::MAX / 4, -999_999_999..999_999_999_i32)),
                0..50,
            ),
            0..4,
        )) {
            let mut cells = Cells::unpack(&pack_columns(&columns)).unwrap();
            let longest = columns.iter().map(Vec::len).max().unwrap_or_default();
            for row in 0..longest {
                for (at, column) in columns.iter().enumerate() {
                    prop_assert_eq!(cells.next(at).ok(), column.get(row).copied());
                }
            }
            prop_assert_eq!(cells.end().is_ok(), true);
        }
    }

    #[test]
    fn a_day_of_informs_takes_few_bytes() {
        let cells: Vec<Cell> =
            (0..100_000_i64).map(|i| Some((1_763_000_000 + i * 48_271 % 86_400, 0))).collect();
        let packed = pack_columns(&[cells]);
        assert!(packed.len() < 300_000, "{}", packed.len());
    }

    #[test]
    fn cells_are_given_out_once() {
        let mut cells = Cells::new(vec![vec![flag_cell(Some(true))], vec![Some((5, 0))]]);
        assert_eq!(cells.flag(0), Ok(Some(true)));
        assert_eq!(cells.number(1), Ok(5));
        assert!(cells.number(1).is_err());
        assert!(cells.flag(7).is_err());
        assert!(Cells::new(vec![vec![None]]).end().is_err());
        let packed = pack_columns(&[vec![Some((5, 0)), Some((6, 7)), None]]);
        let mut cells = Cells::unpack(&packed).unwrap();
        cells.skip(1).unwrap();
        assert!(cells.after([[1], [2]].into_iter()).is_err());
        let mut after = cells.after([[0], [1]].into_iter()).unwrap();
        assert!(!after.is_where(&cells) && after.is_where(&after.clone()));
        assert_eq!((after.next(0), after.next(0).is_err()), (Ok(None), true));
        assert_eq!(cells.next(0), Ok(Some((6, 7))));
        assert!(Cells::unpack(&packed).unwrap().end().is_err());
        cells.skip(1).unwrap();
        assert!(cells.skip(1).is_err());
    }
}
