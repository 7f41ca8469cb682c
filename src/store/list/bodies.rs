//! The bytes of a piece's first records, one after the other: what a fingerprint was made of need
//! not be made again to be stored.
//!
//! Must not do: keep more than has room. Of a day's report that is all.

use crate::store::codec::Bad;
use crate::store::codec::fingerprint::Fingerprint;

/// So many bytes of a piece are kept at most.
pub(super) const BODIES_MOST: usize = 8 << 20;

/// In one room that grows, rather than one each: there are as many as findings.
#[derive(Default)]
pub(in crate::store) struct Bodies {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    is_full: bool,
}

impl Bodies {
    /// Takes the next record's bytes, which `encode` adds to what it is given, and gives their
    /// fingerprint.
    pub(super) fn print(
        &mut self,
        encode: impl FnOnce(Vec<u8>) -> Result<Vec<u8>, Bad>,
    ) -> Result<Fingerprint, Bad> {
        let from = self.bytes.len();
        self.bytes = encode(std::mem::take(&mut self.bytes))?;
        let print = Fingerprint::of(&self.bytes[from..]);
        // The first ones are kept, without a gap.
        self.is_full |= self.bytes.len() > BODIES_MOST;
        if self.is_full {
            self.bytes.truncate(from);
        } else {
            self.ends.push(self.bytes.len());
        }
        Ok(print)
    }

    /// Those of a record, counted from the first; `None` where they are not kept.
    pub(super) fn get(&self, n: usize) -> Option<&[u8]> {
        let end = *self.ends.get(n)?;
        let from = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(from..end)
    }

    /// Of how many records they are kept.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }
}
