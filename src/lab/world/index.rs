//! Where a device stands in the Provider's tables, kept up to date with every write.
//!
//! Must not do: decide anything.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::{Identity, local_part};
use super::provider::{LOGINS, ONUS, Row, cell, id_in};

/// Rows by what identifies them.
#[derive(Debug, Default)]
pub(super) struct Index {
    onus_by_key: BTreeMap<String, BTreeSet<u64>>,
    onus_by_login: BTreeMap<u64, BTreeSet<u64>>,
    logins_by_key: BTreeMap<String, BTreeSet<u64>>,
    logins_by_name: BTreeMap<String, BTreeSet<u64>>,
}

/// What an ONU row says its device is.
pub(super) fn onu_identity(row: &Row) -> Identity {
    Identity::of([cell(row, "mac")].into_iter(), None)
}

/// What a login row says its device is: `onu_mac`, and `mac`.
pub(super) fn login_identity(row: &Row) -> Identity {
    Identity::of([cell(row, "onu_mac"), cell(row, "mac")].into_iter(), None)
}

fn change<K: Ord>(map: &mut BTreeMap<K, BTreeSet<u64>>, key: K, id: u64, add: bool) {
    if add {
        map.entry(key).or_default().insert(id);
    } else if let Some(ids) = map.get_mut(&key) {
        ids.remove(&id);
        if ids.is_empty() {
            map.remove(&key);
        }
    }
}

fn ids<Q>(found: Option<&BTreeSet<Q>>) -> impl Iterator<Item = Q> + '_
where
    Q: Copy,
{
    found.into_iter().flatten().copied()
}

impl Index {
    /// A row came (`add`) or went.
    pub(super) fn note(&mut self, table: &str, id: u64, row: &Row, add: bool) {
        if table == ONUS {
            for key in onu_identity(row).all_keys() {
                change(&mut self.onus_by_key, key.clone(), id, add);
            }
            if let Some(login) = id_in(row, "id_login") {
                change(&mut self.onus_by_login, login, id, add);
            }
        } else if table == LOGINS {
            for key in login_identity(row).all_keys() {
                change(&mut self.logins_by_key, key.clone(), id, add);
            }
            let name = cell(row, "login").trim().to_lowercase();
            change(&mut self.logins_by_name, local_part(&name).to_owned(), id, add);
        }
    }

    /// ONU rows of a serial (or of a MAC that stands as one).
    pub(super) fn onus_of(&self, key: &str) -> impl Iterator<Item = u64> + '_ {
        ids(self.onus_by_key.get(key))
    }

    /// ONU rows linked to a login.
    pub(super) fn onus_on(&self, login: u64) -> impl Iterator<Item = u64> + '_ {
        ids(self.onus_by_login.get(&login))
    }

    /// Logins that carry this identity themselves.
    pub(super) fn logins_of(&self, key: &str) -> impl Iterator<Item = u64> + '_ {
        ids(self.logins_by_key.get(key))
    }

    /// Logins with this name, realm or not.
    pub(super) fn logins_named(&self, local: &str) -> impl Iterator<Item = u64> + '_ {
        ids(self.logins_by_name.get(local))
    }
}
