//! The last word of a chain's links on each record that they name.
//!
//! Keys lie apart, where they were unpacked, and each costs a wait for memory; so a word is put in
//! its place by what lies at hand of its key, and hardly ever by a look at it.
//! Must not do: believe that a link is sorted; one that is not takes longer, no more.

use crate::store::codec::{Bad, bad};
use crate::store::entries::{Entry, entries};
use crate::store::list::{HEAD_BYTES, beginning};

/// Of a key so many times eight bytes are at hand: they tell most keys apart that begin with a
/// maker and a model.
const AT_HAND: usize = 4;

/// A word, and how its key goes on after what all keys begin with.
struct Word {
    begin: [u64; AT_HAND],
    at: u32,
}

/// The last word of some links, newest first, on each key that they name; sorted by key.
pub(super) fn last_words(links: &[Vec<Vec<u8>>]) -> Result<Vec<Entry<'_>>, Bad> {
    let entries = links.iter().flat_map(|link| entries(link)).collect::<Result<Vec<_>, _>>()?;
    let begins = entries.iter().map(Entry::key).reduce(alike).map_or(0, <[u8]>::len);
    let word = |(at, entry): (u32, &Entry<'_>)| {
        let rest = entry.key().get(begins..).unwrap_or_default();
        let eight = |i| beginning(rest.get(i * HEAD_BYTES..).unwrap_or_default());
        Word { begin: std::array::from_fn(eight), at }
    };
    u32::try_from(entries.len()).map_err(|_| bad("a chain of too many entries"))?;
    let mut words: Vec<Word> = (0..).zip(&entries).map(word).collect();
    let entry = |word: &Word| entries[word.at as usize];
    // Stable, so that the newest comes first; and of links that are sorted, so it only merges.
    words.sort_by(|a, b| a.begin.cmp(&b.begin).then_with(|| entry(a).key().cmp(entry(b).key())));
    words.dedup_by(|b, a| a.begin == b.begin && entry(a).key() == entry(b).key());
    Ok(words.iter().map(entry).collect())
}

/// What two keys begin with.
fn alike<'k>(one: &'k [u8], other: &[u8]) -> &'k [u8] {
    if other.starts_with(one) {
        return one;
    }
    let length = one.iter().zip(other).take_while(|(x, y)| x == y).count();
    &one[..length]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::store::codec::Instant;
    use crate::store::entries::Pieces;

    /// Keys that differ in the bytes that are at hand, after them, and in their length alone.
    fn key((maker, number, end): (u8, u8, u8)) -> Vec<u8> {
        let filler = [b"".as_slice(), b"0", &[b'-'; AT_HAND * HEAD_BYTES]][usize::from(maker)];
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
        let line = ((0..3_u8, 0..4_u8, 0..3_u8), option::of(any::<u8>()));
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
            prop_assert_eq!(last_words(&links).unwrap(), expected);
        }
    }
}
