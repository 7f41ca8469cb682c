//! The last word of a chain's links on each record that they name.
//!
//! Entries lie apart, where they were unpacked, and to come back to one costs a wait for memory: so
//! what its place depends on is noted as soon as its piece is there, and then a word is put in its
//! place by what was noted of its key, and hardly ever by a look at it.
//! Must not do: believe that a link is sorted; one that is not takes longer, no more.

use std::collections::HashSet;

use crate::store::codec::{Bad, bad};
use crate::store::entries::{Entry, entry_at, placed};
use crate::store::list::{HEAD_BYTES, beginning, has_ordinal, small, without_ordinal};

/// Of a key so many times eight bytes are noted: they tell most keys apart that begin with a maker
/// and a model.
const NOTED: usize = 4;

/// Links of a chain as they are unpacked, the newest first.
pub(super) struct LinkWords<P> {
    all: LastWords<P>,
    /// What all keys begin with.
    alike: Vec<u8>,
    /// So many words were noted before it was known that no more than this is alike.
    noted_early: usize,
}

/// The last words of some links, sorted by key.
pub(super) struct LastWords<P> {
    pieces: Vec<P>,
    words: Vec<Word>,
    /// Where keys have an ordinal, in any order.
    numbered: Vec<Place>,
}

/// A word, and how its key goes on after what all keys begin with.
struct Word {
    begin: [u64; NOTED],
    place: Place,
}

/// Where an entry lies.
#[derive(Clone, Copy)]
struct Place {
    piece: u32,
    at: u32,
}

impl<P: AsRef<[u8]>> LinkWords<P> {
    pub(super) fn new() -> Self {
        Self { all: LastWords::none(), alike: Vec::new(), noted_early: 0 }
    }

    /// Adds the next piece.
    pub(super) fn add(&mut self, piece: P) -> Result<(), Bad> {
        let number = small(self.all.pieces.len())?;
        for (at, entry) in placed(piece.as_ref()) {
            let (key, place) = (entry?.key(), Place { piece: number, at: small(at)? });
            self.note_alike(key);
            let begin = begin(key, self.alike.len());
            self.all.words.push(Word { begin, place });
            if has_ordinal(key) {
                self.all.numbered.push(place);
            }
        }
        self.all.pieces.push(piece);
        Ok(())
    }

    fn note_alike(&mut self, key: &[u8]) {
        if self.all.words.is_empty() {
            self.alike = key.to_vec();
        } else if !key.starts_with(&self.alike) {
            let length = self.alike.iter().zip(key).take_while(|(x, y)| x == y).count();
            self.alike.truncate(length);
            self.noted_early = self.all.words.len();
        }
    }

    /// Their last words.
    pub(super) fn last_words(self) -> Result<LastWords<P>, Bad> {
        let Self { all: LastWords { pieces, mut words, numbered }, alike, noted_early } = self;
        for word in &mut words[..noted_early] {
            word.begin = begin(entry_of(&pieces, word.place)?.key(), alike.len());
        }
        let key = |word: &Word| entry_of(&pieces, word.place).map(|entry| entry.key()).ok();
        // Stable, so that the newest comes first; and of links that are sorted, so it only merges.
        words.sort_by(|a, b| a.begin.cmp(&b.begin).then_with(|| key(a).cmp(&key(b))));
        words.dedup_by(|b, a| a.begin == b.begin && key(a) == key(b));
        Ok(LastWords { pieces, words, numbered })
    }
}

impl<P: AsRef<[u8]>> LastWords<P> {
    pub(super) fn none() -> Self {
        Self { pieces: Vec::new(), words: Vec::new(), numbered: Vec::new() }
    }

    /// One of them.
    pub(super) fn get(&self, at: usize) -> Result<Option<Entry<'_>>, Bad> {
        self.words.get(at).map(|word| entry_of(&self.pieces, word.place)).transpose()
    }

    /// Keys that have an ordinal, without it.
    pub(super) fn doubles(&self) -> Result<HashSet<&[u8]>, Bad> {
        let raw = |place: &Place| Ok(without_ordinal(entry_of(&self.pieces, *place)?.key()));
        self.numbered.iter().map(raw).collect()
    }
}

impl<'p> LastWords<&'p [u8]> {
    /// All of them.
    pub(super) fn entries(&self) -> Result<Vec<Entry<'p>>, Bad> {
        let entry =
            |word: &Word| entry_at(piece(&self.pieces, word.place)?, word.place.at as usize);
        self.words.iter().map(entry).collect()
    }
}

/// How a key goes on after so many bytes.
fn begin(key: &[u8], after: usize) -> [u64; NOTED] {
    let rest = key.get(after..).unwrap_or_default();
    std::array::from_fn(|i| beginning(rest.get(i * HEAD_BYTES..).unwrap_or_default()))
}

fn entry_of<P: AsRef<[u8]>>(pieces: &[P], place: Place) -> Result<Entry<'_>, Bad> {
    entry_at(piece(pieces, place)?.as_ref(), place.at as usize)
}

fn piece<P>(pieces: &[P], place: Place) -> Result<&P, Bad> {
    pieces.get(place.piece as usize).ok_or_else(|| bad("a piece too few"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::store::codec::Instant;
    use crate::store::entries::{Pieces, entries};
    use crate::store::series::testing::doubles;

    /// Keys that differ in the bytes that are noted, after them, and in their length alone.
    fn key((maker, number, end): (u8, u8, u8)) -> Vec<u8> {
        let filler = [b"".as_slice(), b"0", &[b'-'; NOTED * HEAD_BYTES]][usize::from(maker)];
        [b"00259E", filler, &[number], &vec![0; usize::from(end)]].concat()
    }

    type Line = ((u8, u8, u8), Option<u8>);

    fn link(lines: &[Line], is_sorted: bool) -> Vec<Vec<u8>> {
        let mut lines: Vec<_> = lines.iter().map(|(of, body)| (key(*of), body)).collect();
        if is_sorted {
            lines.sort();
        }
        let mut pieces = Pieces::default();
        for (key, body) in lines {
            match body {
                Some(body) => pieces.put(&key, Instant::of_parts(1, 0), None, &[*body]),
                None => pieces.left(&key),
            }
        }
        pieces.done()
    }

    fn some_links() -> impl Strategy<Value = Vec<(Vec<Line>, bool)>> {
        let line = ((0..3_u8, 0..4_u8, 0..6_u8), option::of(any::<u8>()));
        vec((vec(line, 0..12), any::<bool>()), 0..6)
    }

    proptest! {
        #[test]
        fn the_newest_word_on_each_key_stands_in_the_order_of_keys(links in some_links()) {
            let links: Vec<_> = links.iter().map(|(lines, sorted)| link(lines, *sorted)).collect();
            let mut expected = BTreeMap::new();
            for entry in links.iter().flat_map(|link| entries(link)) {
                let entry = entry.unwrap();
                expected.entry(entry.key()).or_insert(entry);
            }
            let expected: Vec<_> = expected.into_values().collect();
            let mut words = LinkWords::new();
            links.iter().flatten().for_each(|piece| words.add(piece.as_slice()).unwrap());
            let words = words.last_words().unwrap();
            let entries = words.entries().unwrap();
            prop_assert_eq!(words.get(entries.len()), Ok(None));
            let got = (0..entries.len()).map(|at| words.get(at).unwrap().unwrap());
            prop_assert_eq!(got.collect::<Vec<_>>(), entries.clone());
            prop_assert_eq!(words.doubles().unwrap(), doubles(expected.iter().map(Entry::key)));
            prop_assert_eq!(entries, expected);
        }
    }

    #[test]
    fn a_broken_entry_is_told_as_its_piece_comes() {
        let piece = link(&[((0, 1, 0), Some(1)), ((0, 2, 0), None)], true).concat();
        let mut words = LinkWords::new();
        assert!(words.add(&piece[..]).is_ok());
        assert!(words.add(&piece[..piece.len() - 1]).is_err());
        assert!(words.add(&[9][..]).is_err());
    }
}
