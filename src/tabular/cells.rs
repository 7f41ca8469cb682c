//! Where the values of one record stand in its text: found once, read by column.
//!
//! Must not do: own text, or allocate for every record.

use crate::tabular::RECORD_MAX;
use crate::tabular::columns::Slot;

/// How a value is written in the record's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// There is none.
    Absent = 0,
    /// As it is.
    Plain = 1,
    /// A JSON string's inside, with escapes.
    Escaped = 2,
    /// A JSON array or object.
    Nested = 3,
}

/// A value: where in the record's text it stands, and how it is written.
///
/// All in one word, from the lowest bit: start, end, column, [`Written`]. There are some twenty of
/// each record; parts that are written one by one and then moved as one are waited for each time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell(u64);

/// Bits that a place in a record takes.
const PLACE_BITS: u32 = 21;
const PLACE_MOST: u64 = (1 << PLACE_BITS) - 1;
const _: () = assert!(RECORD_MAX as u64 <= PLACE_MOST);
const COLUMN_AT: u32 = 2 * PLACE_BITS;
const WRITTEN_AT: u32 = COLUMN_AT + u16::BITS;

impl Cell {
    /// The value at these bytes of the record's text, in the file's column of that number: no
    /// more than 65,535 are told apart.
    #[inline]
    pub fn new(start: usize, end: usize, column: usize, written: Written) -> Self {
        let place = |at: usize| (at as u64).min(PLACE_MOST);
        let column = u64::from(u16::try_from(column).unwrap_or(u16::MAX));
        Self(
            place(start)
                | place(end) << PLACE_BITS
                | column << COLUMN_AT
                | (written as u64) << WRITTEN_AT,
        )
    }

    /// First byte.
    #[inline]
    pub fn start(self) -> usize {
        self.part(0, PLACE_MOST)
    }

    /// Byte after the last.
    #[inline]
    pub fn end(self) -> usize {
        self.part(PLACE_BITS, PLACE_MOST)
    }

    /// Number of the file's column, in CSV.
    pub fn column(self) -> usize {
        self.part(COLUMN_AT, u64::from(u16::MAX))
    }

    /// How it is written.
    #[inline]
    pub fn written(self) -> Written {
        match self.0 >> WRITTEN_AT {
            0 => Written::Absent,
            1 => Written::Plain,
            2 => Written::Escaped,
            _ => Written::Nested,
        }
    }

    #[inline]
    fn part(self, at: u32, most: u64) -> usize {
        usize::try_from(self.0 >> at & most).unwrap_or(usize::MAX)
    }
}

/// The values of one record, by our columns, and the unknown ones. Reused for every record.
#[derive(Debug, Default)]
pub struct Cells {
    fields: Vec<Cell>,
    extra: Vec<(u16, Cell)>,
}

impl Cells {
    /// Empties all `fields` cells.
    pub fn clear(&mut self, fields: usize) {
        self.fields.clear();
        self.fields.resize(fields, Cell::default());
        self.extra.clear();
    }

    /// Puts a value where its column goes. A column met twice: the first value counts.
    #[inline]
    pub fn put(&mut self, slot: &Slot, cell: Cell) {
        if cell.written() == Written::Absent || cell.start() == cell.end() {
            return;
        }
        match slot {
            Slot::Field(at) => self.put_field(*at, cell),
            Slot::Fields(several) => several.iter().for_each(|at| self.put_field(*at, cell)),
            Slot::Extra(at) => self.extra.push((*at, cell)),
            Slot::Unnamed | Slot::Dropped => {}
        }
    }

    /// The cell of one of our columns.
    #[inline]
    pub fn field(&self, field: usize) -> Cell {
        self.fields[field]
    }

    /// The cells of unknown columns.
    pub fn extra(&self) -> &[(u16, Cell)] {
        &self.extra
    }

    #[inline]
    fn put_field(&mut self, at: u8, cell: Cell) {
        let field = &mut self.fields[usize::from(at)];
        if field.written() == Written::Absent {
            *field = cell;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_tells_what_it_was_made_of() {
        let ends = [0, 1, RECORD_MAX - 1, RECORD_MAX];
        for written in [Written::Absent, Written::Plain, Written::Escaped, Written::Nested] {
            for (start, end) in ends.into_iter().flat_map(|s| ends.map(|e| (s, e))) {
                for (column, kept) in [(0, 0), (7, 7), (65_535, 65_535), (70_000, 65_535)] {
                    let cell = Cell::new(start, end, column, written);
                    assert_eq!((cell.start(), cell.end()), (start, end));
                    assert_eq!((cell.column(), cell.written()), (kept, written));
                }
            }
        }
        assert_eq!(Cell::default().written(), Written::Absent);
    }
}
