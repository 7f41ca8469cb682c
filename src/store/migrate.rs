//! Schema numbers: old files are brought up to date step by step, newer ones refused.
//!
//! Must not do: change a file that is current, or leave one half migrated: all steps of a
//! file are one transaction.

use crate::store::door::DbFile;
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Rows};
use crate::store::tables::{META, Table};
use crate::store::tombstones;

/// Where the schema number stands.
const NUMBER: &[u8] = b"schema";

/// What brings a file, of these tables, from one schema to the next.
pub(super) type Step = fn(&Edit, &[Table]) -> Result<(), StoreError>;

/// A schema, and the way to it.
pub(super) struct Schema {
    /// Its number; the first one is 1.
    pub number: u32,
    /// `(from, step)`: each brings a file from schema `from` to `from + 1`.
    pub steps: &'static [(u32, Step)],
}

/// The schema of this version. A change of a stored format raises the number and adds a step.
/// 2: the journal counts requests. 3: it remembers devices that the ACS said are gone. 4: it has
/// the steps of plans. 5: it has speed tests, what was told of runs, and what the receiver of
/// webhooks keeps. 6: history has what is searched. 7: rows of lists have fingerprints. Nothing
/// that was stored changes until then. 8: the journal packs tombstones. 9: lists of history may
/// hang on later ones.
pub(super) const SCHEMA: Schema = Schema {
    number: 9,
    steps: &[
        (1, only_new_tables),
        (2, only_new_tables),
        (3, only_new_tables),
        (4, only_new_tables),
        (5, only_new_tables),
        (6, only_new_tables),
        (7, tombstones::pack_rows),
        (8, nothing_stored_changes),
    ],
};

/// A step that only adds tables: [`to_current`] makes them.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every step")]
fn only_new_tables(_: &Edit, _: &[Table]) -> Result<(), StoreError> {
    Ok(())
}

/// A step to what older versions can't read, but nothing has yet.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every step")]
fn nothing_stored_changes(_: &Edit, _: &[Table]) -> Result<(), StoreError> {
    Ok(())
}

/// Is a file of `schema`? One that can't be read is not.
pub(super) fn is_current(file: &DbFile, schema: &Schema) -> bool {
    file.read(number).is_ok_and(|found| found == Some(schema.number))
}

/// Brings a file to `schema`; a new file gets its tables.
pub(super) fn to_current(
    file: &DbFile,
    schema: &Schema,
    tables: &[Table],
) -> Result<(), StoreError> {
    match file.read(number)? {
        Some(found) if found == schema.number => return Ok(()),
        Some(found) if found > schema.number => return Err(newer(file, schema, found)),
        _ => {}
    }
    file.write(|edit| {
        // Another process may have been faster: the number counts that stands there now.
        let found = number(edit)?;
        match found {
            None => {}
            Some(found) if found > schema.number => return Err(newer(file, schema, found)),
            Some(found) => {
                (found..schema.number).try_for_each(|n| step((edit, tables), schema, n))?;
            }
        }
        edit.make(tables)?;
        edit.put_count(META, NUMBER, schema.number.into())
    })
}

fn step((edit, tables): (&Edit, &[Table]), schema: &Schema, from: u32) -> Result<(), StoreError> {
    match schema.steps.iter().find(|s| s.0 == from) {
        Some((_, step)) => step(edit, tables),
        None => Err(edit.damaged(&format!("there never was a schema {from}"))),
    }
}

fn number(rows: &impl Rows) -> Result<Option<u32>, StoreError> {
    // A file without a number is new: the first transaction writes it.
    if rows.get(META, NUMBER)?.is_none() {
        return Ok(None);
    }
    let number = rows.count(META, NUMBER)?;
    u32::try_from(number).map(Some).map_err(|_| rows.damaged("an impossible schema number"))
}

fn newer(file: &DbFile, schema: &Schema, found: u32) -> StoreError {
    StoreError::NewerSchema { path: file.path().to_owned(), found, known: schema.number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tables::{IGNORES, NOTES};

    /// In the schema 0 of this test notes stood among the ignores, marked by their key.
    fn notes_move_out(edit: &Edit, _: &[Table]) -> Result<(), StoreError> {
        let mut notes = Vec::new();
        edit.walk(IGNORES, b"note ", crate::store::rows::Order::Up, &mut |key, body| {
            notes.push((key.to_vec(), body.to_vec()));
            Ok(true)
        })?;
        edit.put_all(NOTES, notes.iter().map(|(k, b)| (&k[5..], b)))?;
        edit.remove(IGNORES, notes.iter().map(|n| &n.0)).map(|_| ())
    }

    const OLD: Schema = Schema { number: 0, steps: &[] };
    const NEW: Schema = Schema { number: 1, steps: &[(0, notes_move_out)] };

    fn file(dir: &std::path::Path) -> DbFile {
        let (made, file) = DbFile::new_in(dir).unwrap();
        made.keep().unwrap();
        file
    }

    #[test]
    fn an_old_file_is_brought_up_to_date_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path());
        to_current(&file, &OLD, &[META, IGNORES]).unwrap();
        file.write(|e| {
            e.put(IGNORES, b"note serial=X", b"hello")?;
            e.put(IGNORES, b"serial=X", b"stays")
        })
        .unwrap();
        for _ in 0..2 {
            to_current(&file, &NEW, &[META, IGNORES, NOTES]).unwrap();
            file.read(|r| {
                assert_eq!(r.get(NOTES, b"serial=X")?.as_deref(), Some(&b"hello"[..]));
                assert_eq!(r.get(IGNORES, b"serial=X")?.as_deref(), Some(&b"stays"[..]));
                assert_eq!((r.rows(IGNORES)?, number(r)?), (1, Some(1)));
                Ok(())
            })
            .unwrap();
        }
    }

    #[test]
    fn a_journal_of_an_older_schema_gets_the_tables_that_it_lacks() {
        use crate::store::tables::{GONE, JOURNAL, OPEN_STEPS, REQUESTS, SPEED_TESTS, STEPS};

        for (old, tables) in [(1, 8), (2, 9), (3, 10), (4, 15)] {
            let dir = tempfile::tempdir().unwrap();
            let file = file(dir.path());
            to_current(&file, &Schema { number: old, steps: &[] }, &JOURNAL[..tables]).unwrap();
            file.write(|e| e.put(NOTES, b"n", b"stays")).unwrap();
            to_current(&file, &SCHEMA, &JOURNAL).unwrap();
            file.read(|r| {
                assert_eq!(r.get(NOTES, b"n")?.as_deref(), Some(&b"stays"[..]));
                assert_eq!((r.rows(REQUESTS)?, r.rows(GONE)?), (0, 0));
                assert_eq!((r.rows(STEPS)?, r.rows(OPEN_STEPS)?), (0, 0));
                assert_eq!(r.rows(SPEED_TESTS)?, 0);
                assert_eq!(number(r)?, Some(SCHEMA.number));
                Ok(())
            })
            .unwrap();
        }
    }

    #[test]
    fn a_newer_file_is_refused_and_an_impossible_one_too() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path());
        to_current(&file, &NEW, &[META]).unwrap();
        let refused = to_current(&file, &OLD, &[META]);
        assert!(matches!(refused, Err(StoreError::NewerSchema { found: 1, known: 0, .. })));
        let gap = Schema { number: 3, steps: &[(2, notes_move_out)] };
        assert!(matches!(to_current(&file, &gap, &[]), Err(StoreError::Damaged { .. })));
        assert_eq!(file.read(number).unwrap(), Some(1), "nothing half done");
    }
}
