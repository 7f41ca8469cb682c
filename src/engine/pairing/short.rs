//! An id so short that it is held beside its record's place: nearly all entries of a Provider have
//! one, and to compare two of them neither record is read again.
//!
//! Must not do: take two ids for one. A longer id is none, and is compared where it stands.

use crate::domain::Untrusted;

/// So many bytes fit, beside how many they are.
const BYTES_MOST: usize = 7;

/// An id of a few bytes, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Short(u64);

/// No id, or one that is longer.
const NONE: Short = Short(0);

impl Short {
    /// Of a record's id, where it has one.
    pub(super) fn of(id: Option<&Untrusted>) -> Self {
        let Some(bytes) = id.map(|id| id.raw().as_bytes()) else { return NONE };
        if bytes.len() > BYTES_MOST {
            return NONE;
        }
        let mut held = [0; BYTES_MOST + 1];
        held[..bytes.len()].copy_from_slice(bytes);
        // One more than its length: the id without a byte is one, too.
        held[BYTES_MOST] = u8::try_from(bytes.len() + 1).unwrap_or(u8::MAX);
        Self(u64::from_le_bytes(held))
    }

    /// Are these one id? `None` where the records have to tell.
    pub(super) fn is(self, other: Self) -> Option<bool> {
        (self != NONE && other != NONE).then_some(self == other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn two_ids_are_one_where_they_are_one_text(
            ours in "[0a\\x00]{0,9}",
            theirs in "[0a\\x00]{0,9}",
        ) {
            let of = |id: &str| Short::of(Some(&Untrusted::new(id)));
            let known = ours.len() <= BYTES_MOST && theirs.len() <= BYTES_MOST;
            let are_one = known.then_some(ours == theirs);
            proptest::prop_assert_eq!(of(&ours).is(of(&theirs)), are_one);
            let is_short = ours.len() <= BYTES_MOST;
            proptest::prop_assert_eq!(of(&ours).is(of(&ours)), is_short.then_some(true));
            proptest::prop_assert_eq!(of(&ours).is(Short::of(None)), None);
        }
    }
}
