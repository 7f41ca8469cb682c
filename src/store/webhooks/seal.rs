//! Seals what waits to be passed on: a payload may name a customer, and pages that a database
//! gave back keep what they held.
//!
//! Must not do: seal anything that has to be read once the key is lost; a restored backup has no
//! key.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::store::error::StoreError;
use crate::store::place::{self, Group};
use crate::store::{FORWARD_KEY_FILE, Store};

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// The key of a store's queue.
pub(super) struct Key(LessSafeKey);

impl Store {
    /// The key, made where there is none yet. It is on the disk before anything is sealed.
    pub(super) fn forward_key(&self) -> Result<Key, StoreError> {
        let group = Group::of(self.options.group.as_deref())?;
        let path = self.dir.join(FORWARD_KEY_FILE);
        let mut file = place::open_or_make(&path, group)?;
        let fail = |e: std::io::Error| StoreError::io(&path, e);
        file.lock().map_err(fail)?;
        let mut bytes = Vec::with_capacity(KEY_BYTES);
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        std::io::Read::by_ref(&mut file)
            .take(KEY_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(fail)?;
        // A kill while it was written leaves less; nothing was sealed with it.
        if bytes.len() < KEY_BYTES {
            let mut made = [0; KEY_BYTES];
            SystemRandom::new().fill(&mut made).map_err(|_| no_random(&path))?;
            file.set_len(0).map_err(fail)?;
            file.write_all(&made).and_then(|()| file.sync_all()).map_err(fail)?;
            place::sync_dir(&self.dir)?;
            bytes = made.to_vec();
        }
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes);
        let key = key.map_err(|_| StoreError::damaged(&path, "it is no key"))?;
        Ok(Key(LessSafeKey::new(key)))
    }
}

fn no_random(path: &Path) -> StoreError {
    StoreError::io(path, std::io::Error::other("the system gives no random bytes"))
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
