//! Where the values of one record stand in its text: found once, read by column.
//!
//! Must not do: own text, or allocate for every record.

use crate::tabular::columns::Slot;

/// How a value is written in the record's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// There is none.
    #[default]
    Absent,
    /// As it is.
    Plain,
    /// A JSON string's inside, with escapes.
    Escaped,
    /// A JSON array or object.
    Nested,
}

/// A value: where in the record's text it stands, and how it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell {
    start: u32,
    end: u32,
    column: u16,
    written: Written,
}

impl Cell {
    /// The value at these bytes of the record's text, in the file's column of that number.
    /// Records are far shorter, and have far fewer columns, than the numbers kept can tell.
    pub fn new(start: usize, end: usize, column: usize, written: Written) -> Self {
        let short = |n| u32::try_from(n).unwrap_or(u32::MAX);
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        Self { start: short(start), end: short(end), column, written }
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// Byte after the last.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// Number of the file's column, in CSV.
    pub fn column(self) -> usize {
        self.column.into()
    }

    /// How it is written.
    pub fn written(self) -> Written {
        self.written
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
        if cell.written == Written::Absent || cell.start == cell.end {
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
        if field.written == Written::Absent {
            *field = cell;
        }
    }
}
