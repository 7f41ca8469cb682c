//! Rows of a file within one transaction, every value checked as it is read.
//!
//! Must not do: open files, or know what a table holds.

use std::ops::Bound;
use std::path::{Path, PathBuf};

use redb::{
    ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, TableError,
    WriteTransaction,
};

use crate::store::codec::{Bad, bad, frame, unframe};
use crate::store::error::StoreError;
use crate::store::tables::Table;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
type Open = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

fn definition(table: Table) -> Definition {
    TableDefinition::new(table.name)
}

/// Takes a key and a value's body; `false` ends the walk.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<bool, Bad>;

/// Which way a walk goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Up,
    Down,
}

/// What can be read of a file, in a reading or a writing transaction.
pub(super) trait Rows {
    /// The file.
    fn path(&self) -> &Path;

    /// A value's body; `None` where there is none.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Reads a value where it lies; `None` where there is none.
    fn look<T>(
        &self,
        table: Table,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, Bad>,
    ) -> Result<Option<T>, StoreError>;

    /// Walks the rows whose keys begin with `prefix`.
    fn walk(
        &self,
        table: Table,
        prefix: &[u8],
        order: Order,
        visit: Visit<'_>,
    ) -> Result<(), StoreError>;

    /// How many rows a table has.
    fn rows(&self, table: Table) -> Result<u64, StoreError>;

    /// A counter; 0 where it was never set.
    fn count(&self, table: Table, key: &[u8]) -> Result<u64, StoreError> {
        let Some(body) = self.get(table, key)? else { return Ok(0) };
        let text = std::str::from_utf8(&body).ok().and_then(|t| t.parse().ok());
        text.ok_or_else(|| self.damaged("a counter that is no number"))
    }

    /// An error about this file.
    fn damaged(&self, what: &str) -> StoreError {
        StoreError::damaged(self.path(), what)
    }

    /// Names this file in what the codec found.
    fn believe<T>(&self, decoded: Result<T, Bad>) -> Result<T, StoreError> {
        decoded.map_err(|b| b.at(self.path()))
    }
}

/// A consistent view of a file.
pub(super) struct View {
    path: PathBuf,
    txn: ReadTransaction,
}

impl View {
    pub(super) fn new(path: &Path, txn: ReadTransaction) -> Self {
        Self { path: path.to_owned(), txn }
    }

    fn table<T>(
        &self,
        table: Table,
        with: impl FnOnce(Open) -> Result<T, StoreError>,
        none: T,
    ) -> Result<T, StoreError> {
        match self.txn.open_table(definition(table)) {
            Ok(open) => with(open),
            // Made with the first write; a file without it is empty, not damaged.
            Err(TableError::TableDoesNotExist(_)) => Ok(none),
            Err(e) => Err(StoreError::redb(&self.path, e)),
        }
    }
}

impl Rows for View {
    fn path(&self) -> &Path {
        &self.path
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.look(table, key, |body| Ok(body.to_vec()))
    }

    fn look<T>(
        &self,
        table: Table,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, Bad>,
    ) -> Result<Option<T>, StoreError> {
        self.table(table, |open| look_in(&self.path, table, (&open, key), read), None)
    }

    fn walk(
        &self,
        table: Table,
        prefix: &[u8],
        order: Order,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.table(table, |open| walk_in(&self.path, table, &open, (prefix, order), visit), ())
    }

    fn rows(&self, table: Table) -> Result<u64, StoreError> {
        self.table(table, |open| open.len().map_err(|e| StoreError::redb(&self.path, e)), 0)
    }
}

/// A change in the making.
pub(super) struct Edit {
    path: PathBuf,
    txn: WriteTransaction,
}

impl Edit {
    pub(super) fn new(path: &Path, txn: WriteTransaction) -> Self {
        Self { path: path.to_owned(), txn }
    }

    fn open(
        &self,
        table: Table,
    ) -> Result<redb::Table<'_, &'static [u8], &'static [u8]>, StoreError> {
        self.txn.open_table(definition(table)).map_err(|e| StoreError::redb(&self.path, e))
    }

    /// Writes a value in the place of any before.
    pub(super) fn put(&self, table: Table, key: &[u8], body: &[u8]) -> Result<(), StoreError> {
        self.put_all(table, [(key, body)]).map(|_| ())
    }

    /// Writes values, best in key order; returns how many were new.
    pub(super) fn put_all<K: AsRef<[u8]>, B: AsRef<[u8]>>(
        &self,
        table: Table,
        rows: impl IntoIterator<Item = (K, B)>,
    ) -> Result<u64, StoreError> {
        let mut open = self.open(table)?;
        let mut new = 0;
        for (key, body) in rows {
            let framed = frame(table, key.as_ref(), body.as_ref());
            let before = open
                .insert(key.as_ref(), framed.as_slice())
                .map_err(|e| StoreError::redb(&self.path, e))?;
            new += u64::from(before.is_none());
        }
        Ok(new)
    }

    /// Writes only what is not there; rows that are cost no write.
    pub(super) fn put_missing(
        &self,
        table: Table,
        rows: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let mut open = self.open(table)?;
        for (key, body) in rows {
            if get_in(&self.path, table, &open, &key)?.is_none() {
                let framed = frame(table, &key, &body);
                open.insert(key.as_slice(), framed.as_slice())
                    .map_err(|e| StoreError::redb(&self.path, e))?;
            }
        }
        Ok(())
    }

    /// Writes a counter.
    pub(super) fn put_count(&self, table: Table, key: &[u8], n: u64) -> Result<(), StoreError> {
        self.put(table, key, n.to_string().as_bytes())
    }

    /// Removes rows; what is not there is no error. Returns how many were.
    pub(super) fn remove<K: AsRef<[u8]>>(
        &self,
        table: Table,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<u64, StoreError> {
        let mut open = self.open(table)?;
        let mut gone = 0;
        for key in keys {
            let before = open.remove(key.as_ref()).map_err(|e| StoreError::redb(&self.path, e))?;
            gone += u64::from(before.is_some());
        }
        Ok(gone)
    }

    /// Makes tables that are not there yet.
    pub(super) fn make(&self, tables: &[Table]) -> Result<(), StoreError> {
        tables.iter().try_for_each(|&t| self.open(t).map(|_| ()))
    }

    /// Makes it durable.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.txn.commit().map_err(|e| StoreError::redb(&self.path, e))
    }
}

impl Rows for Edit {
    fn path(&self) -> &Path {
        &self.path
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get_in(&self.path, table, &self.open(table)?, key)
    }

    fn look<T>(
        &self,
        table: Table,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, Bad>,
    ) -> Result<Option<T>, StoreError> {
        look_in(&self.path, table, (&self.open(table)?, key), read)
    }

    fn walk(
        &self,
        table: Table,
        prefix: &[u8],
        order: Order,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        walk_in(&self.path, table, &self.open(table)?, (prefix, order), visit)
    }

    fn rows(&self, table: Table) -> Result<u64, StoreError> {
        self.open(table)?.len().map_err(|e| StoreError::redb(&self.path, e))
    }
}

fn get_in(
    path: &Path,
    table: Table,
    open: &impl ReadableTable<&'static [u8], &'static [u8]>,
    key: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    look_in(path, table, (open, key), |body| Ok(body.to_vec()))
}

fn look_in<T>(
    path: &Path,
    table: Table,
    (open, key): (&impl ReadableTable<&'static [u8], &'static [u8]>, &[u8]),
    read: impl FnOnce(&[u8]) -> Result<T, Bad>,
) -> Result<Option<T>, StoreError> {
    let Some(found) = open.get(key).map_err(|e| StoreError::redb(path, e))? else {
        return Ok(None);
    };
    let value = unframe(table, key, found.value()).and_then(read);
    value.map(Some).map_err(|b| b.at(path))
}

fn walk_in(
    path: &Path,
    table: Table,
    open: &impl ReadableTable<&'static [u8], &'static [u8]>,
    (prefix, order): (&[u8], Order),
    visit: Visit<'_>,
) -> Result<(), StoreError> {
    let fail = |e: redb::StorageError| StoreError::redb(path, e);
    let end = after(prefix);
    let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut range = open.range::<&[u8]>((Bound::Included(prefix), end)).map_err(fail)?;
    loop {
        let next = match order {
            Order::Up => range.next(),
            Order::Down => range.next_back(),
        };
        let Some(row) = next else { return Ok(()) };
        let (key, value) = row.map_err(fail)?;
        let visited =
            unframe(table, key.value(), value.value()).and_then(|body| visit(key.value(), body));
        if !visited.map_err(|b| b.at(path))? {
            return Ok(());
        }
    }
}

/// The first key after all that begin with `prefix`.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

/// Text of a key.
pub(super) fn key_text(key: &[u8]) -> Result<&str, Bad> {
    std::str::from_utf8(key).map_err(|_| bad("a key that is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix() {
        assert_eq!(after(b""), None);
        assert_eq!(after(b"a").as_deref(), Some(&b"b"[..]));
        assert_eq!(after(b"a\xff").as_deref(), Some(&b"b"[..]));
        assert_eq!(after(b"\xff\xff"), None);
    }
}
