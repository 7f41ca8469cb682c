//! Seals what waits to be passed on: a payload may name a customer, and pages that a database
//! gave back keep what they held.
//!
//! Must not do: seal anything that has to be read once the key is lost; a restored backup has no
//! key.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::store::error::StoreError;
use crate::store::key_file::key_file;
use crate::store::{FORWARD_KEY_FILE, Store};

/// The key of a store's queue.
pub(super) struct Key(LessSafeKey);

impl Store {
    /// The key, made where there is none yet.
    pub(super) fn forward_key(&self) -> Result<Key, StoreError> {
        let bytes = key_file(&self.dir, self.options.group.as_deref(), FORWARD_KEY_FILE)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes);
        let key =
            key.map_err(|_| StoreError::damaged(&self.dir.join(FORWARD_KEY_FILE), "it is no key"))?;
        Ok(Key(LessSafeKey::new(key)))
    }
}

impl Key {
    /// `plain` so that only this key opens it, at the place that `at` names.
    pub(super) fn seal(&self, at: &[u8], plain: Vec<u8>) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut sealed = plain;
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(unique, Aad::from(at), &mut sealed).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// What was sealed; `None` where it was by another key, at another place, or is damaged.
    pub(super) fn open(&self, at: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut opened = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, Aad::from(at), &mut opened).ok()?.len();
        opened.truncate(length);
        Some(opened)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::StoreOptions;

    #[test]
    fn only_the_same_key_at_the_same_place_opens_it() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |dir: &Path| Store::open(dir, &StoreOptions::default()).unwrap();
        let key = open(dir.path()).forward_key().unwrap();
        let sealed = key.seal(b"7", b"CPF 123".to_vec()).unwrap();
        assert!(!sealed.windows(3).any(|w| w == b"CPF"));
        let again = open(dir.path()).forward_key().unwrap();
        assert_eq!(again.open(b"7", &sealed).as_deref(), Some(&b"CPF 123"[..]));
        assert_eq!(again.open(b"8", &sealed), None);
        assert_eq!(open(other.path()).forward_key().unwrap().open(b"7", &sealed), None);
        let mut flipped = sealed;
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(again.open(b"7", &flipped), None);
        assert_eq!(again.open(b"7", b"short"), None);
        let mode = std::fs::metadata(dir.path().join(FORWARD_KEY_FILE)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    }
}
