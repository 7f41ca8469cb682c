//! A stored list laid out for a walk: every record that is left of its chain, one after the other.
//!
//! Unpacking, putting newer entries in their places and the sum over all of it are done once, where
//! somebody waits anyway; who walks along it then looks at fingerprints and times, and hardly ever
//! at the bytes. Must not do: sum up what it is given, which [`super::Walk`] does before it is
//! believed, or be for a list that takes more than its room.

use crate::store::codec::fingerprint::Fingerprint;
use crate::store::codec::{Bad, Instant};
use crate::store::entries::{Item, take_bytes};
use crate::store::list::small;

/// Bytes of a list at most: of so many more records than a hundred thousand their room is worth
/// more than the time.
const BYTES_MOST: u64 = 48 << 20;
/// So many records tell how long those of a list are.
const TELLING: u64 = 256;
/// Of a record beside its bytes.
const RECORD_BYTES: u64 = size_of::<Record>() as u64;

/// Records as a walk meets them.
#[derive(Default)]
pub(super) struct Laid {
    /// Of each its key, its time and its fingerprint as they are stored, and its body.
    bytes: Vec<u8>,
    records: Vec<Record>,
}

/// A record, and how many of the bytes are its own.
struct Record {
    seen: Instant,
    print: Option<Fingerprint>,
    key: u32,
    front: u32,
    body: u32,
    /// Is it surely the only one with its key?
    alone: bool,
}

impl Laid {
    /// Is there room for a list of so many records, as far as those that are laid out tell?
    pub(super) fn has_room_for(&self, records: u64) -> bool {
        let laid = self.records.len() as u64;
        let bytes = self.bytes.len() as u64 + laid * RECORD_BYTES;
        laid < TELLING || bytes.saturating_mul(records) <= BYTES_MOST.saturating_mul(laid)
    }

    /// Adds the record that is met next.
    pub(super) fn add(&mut self, item: &Item<'_>, alone: bool) -> Result<(), Bad> {
        let [key, front, body] = [item.key, item.front, item.body].map(<[u8]>::len);
        let [key, front, body] = [small(key)?, small(front)?, small(body)?];
        self.bytes.extend_from_slice(item.front);
        self.bytes.extend_from_slice(item.body);
        let Item { seen, print, .. } = *item;
        self.records.push(Record { seen, print, key, front, body, alone });
        Ok(())
    }

    /// Meets each record as the walk did.
    pub(super) fn each(
        &self,
        mut meet: impl FnMut(Item<'_>, bool) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        let mut rest = self.bytes.as_slice();
        for record in &self.records {
            let Record { seen, print, .. } = *record;
            let front = take_bytes(&mut rest, record.front as usize)?;
            let body = take_bytes(&mut rest, record.body as usize)?;
            let key = take_bytes(&mut &*front, record.key as usize)?;
            meet(Item { key, seen, print, body, front }, record.alone)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_too_long_is_seen_early_and_others_come_back() {
        let (front, body) = ([7; 30], [8; 1000]);
        let item = Item {
            key: &front[..10],
            seen: Instant::of_parts(1, 2),
            print: None,
            body: &body,
            front: &front,
        };
        let mut laid = Laid::default();
        for _ in 0..TELLING {
            assert!(laid.has_room_for(u64::MAX));
            laid.add(&item, true).unwrap();
        }
        let most = BYTES_MOST / (1030 + RECORD_BYTES);
        assert!(laid.has_room_for(most) && !laid.has_room_for(most + 1));
        assert!(!laid.has_room_for(u64::MAX));
        let mut met = 0;
        let each = laid.each(|again, alone| {
            assert_eq!((again, alone), (item, true));
            met += 1;
            Ok(())
        });
        assert_eq!((each, met), (Ok(()), TELLING));
    }
}
