//! The keys of a file's JSON objects: whose values go where, and how they are written.
//!
//! Objects of one file have their keys in one order and one style, nearly always: what led to the
//! value after the last one is compared first, all of it at once. Must not do: take a key for
//! another one; what is not byte by byte what was read before is read again.

use std::collections::HashMap;

use crate::tabular::columns::{Columns, Slot};

/// The most different keys that are remembered.
const KEYS_MAX: usize = 4096;

/// The keys met so far.
#[derive(Debug, Default)]
pub struct Keys {
    known: Vec<Known>,
    index: HashMap<Box<str>, usize>,
    next: usize,
    /// Where the last key beyond [`KEYS_MAX`] went.
    beyond: Option<Slot>,
}

#[derive(Debug)]
struct Known {
    key: Box<str>,
    slot: Slot,
    /// What leads to its value after another one, and at the object's start.
    leads: [Option<Lead>; 2],
}

impl Keys {
    /// An object begins.
    pub fn begin(&mut self) {
        self.next = 0;
    }

    /// The slot of the key that is expected next, and how many bytes lead to its value, where
    /// `json` begins with them; `first`: is it the object's first?
    #[inline]
    pub fn expected(&mut self, json: &[u8], first: bool) -> Option<(&Slot, usize)> {
        let known = self.known.get(self.next)?;
        let lead = known.leads[usize::from(first)].as_ref().filter(|lead| lead.begins(json))?;
        self.next += 1;
        Some((&known.slot, lead.text.len()))
    }

    /// Where the values of `key` go.
    pub fn slot(&mut self, key: &str, columns: &mut Columns) -> &Slot {
        let at = self.place(key, columns);
        self.slot_at(at)
    }

    /// The same of a key that an ordinary object has: what stands from the value before it, or from
    /// the object's start where it is the `first`, to its own value, is remembered.
    pub fn led_to(&mut self, key: &str, lead: &[u8], first: bool, columns: &mut Columns) -> &Slot {
        let at = self.place(key, columns);
        if let Some(known) = self.known.get_mut(at) {
            let kept = &mut known.leads[usize::from(first)];
            if kept.is_none() {
                *kept = Lead::of(lead);
            }
        }
        self.slot_at(at)
    }

    /// Where it stands among those that are known, or beyond them.
    fn place(&mut self, key: &str, columns: &mut Columns) -> usize {
        let hinted = self.known.get(self.next).is_some_and(|known| *known.key == *key);
        let at = if hinted { self.next } else { self.find(key, columns) };
        self.next = at + 1;
        at
    }

    fn slot_at(&self, at: usize) -> &Slot {
        match self.known.get(at) {
            Some(known) => &known.slot,
            None => self.beyond.as_ref().unwrap_or(&Slot::Dropped),
        }
    }

    fn find(&mut self, key: &str, columns: &mut Columns) -> usize {
        if let Some(&at) = self.index.get(key) {
            return at;
        }
        let slot = match columns.slot(key) {
            // A key has a name by itself, be it of blanks only.
            Slot::Unnamed => columns.extra_slot(key),
            slot => slot,
        };
        let at = self.known.len();
        if at < KEYS_MAX {
            self.known.push(Known { key: key.into(), slot, leads: [None, None] });
            self.index.insert(key.into(), at);
        } else {
            self.beyond = Some(slot);
        }
        at
    }
}

/// What leads to a value: `,"serial":`, with the blanks that the file has there. Some twenty of
/// each record are compared, and most are shorter than it takes to call what compares any.
#[derive(Debug)]
struct Lead {
    text: Box<[u8]>,
    /// The text, and which bits of it count.
    words: [u128; 2],
    masks: [u128; 2],
}

impl Lead {
    /// The longest, in bytes: that of a key of some 28 letters.
    const MOST: usize = 2 * size_of::<u128>();

    fn of(text: &[u8]) -> Option<Self> {
        let mut padded = [0; Self::MOST];
        padded.get_mut(..text.len())?.copy_from_slice(text);
        let mut counts = [0; Self::MOST];
        counts[..text.len()].fill(u8::MAX);
        Some(Self { text: text.into(), words: words(&padded), masks: words(&counts) })
    }

    #[inline]
    fn begins(&self, json: &[u8]) -> bool {
        let Some(there) = json.first_chunk::<{ Self::MOST }>() else {
            return json.starts_with(&self.text);
        };
        let there = words(there);
        let other = |n: usize| (there[n] ^ self.words[n]) & self.masks[n];
        other(0) | other(1) == 0
    }
}

#[inline]
fn words(bytes: &[u8; Lead::MOST]) -> [u128; 2] {
    let (halves, _) = bytes.as_chunks();
    [halves[0], halves[1]].map(u128::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_begins_what_begins_with_its_bytes_and_nothing_else() {
        let json = br#","provider_device_id": "1","serial":"2","mac":"3"}"#;
        for from in 0..json.len() {
            for len in 0..=Lead::MOST {
                let Some(text) = json[from..].get(..len) else { continue };
                let lead = Lead::of(text).unwrap();
                for at in 0..json.len() {
                    let begins = json[at..].starts_with(text);
                    assert_eq!(lead.begins(&json[at..]), begins, "{from} {len} {at}");
                }
                // As long as it is compared in words, and with one byte that differs.
                let mut there = json[from..].to_vec();
                there.resize(2 * Lead::MOST, b'x');
                for at in 0..there.len() {
                    there[at] ^= 1;
                    assert_eq!(lead.begins(&there), at >= len, "{from} {len}, another at {at}");
                    there[at] ^= 1;
                }
            }
        }
        assert!(Lead::of(&json[..=Lead::MOST]).is_none());
    }
}
