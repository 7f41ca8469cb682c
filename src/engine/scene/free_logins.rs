//! Active logins that no counted entry holds, found by what may resemble a device.
//!
//! Must not do: compare everything with everything; only what shares a key is looked at.

use hashbrown::HashMap;

use super::Scene;
use crate::engine::candidates::{login_key, name_key};
use crate::engine::pairing::Identity;

/// Logins that no counted entry holds, by WAN IP, by how they begin, and by their customer.
#[derive(Debug, Default)]
pub struct FreeLogins<'a> {
    wan_ips: HashMap<&'a str, Vec<u32>>,
    beginnings: HashMap<&'a str, Vec<u32>>,
    ends: HashMap<&'a str, Vec<u32>>,
    names: HashMap<String, Vec<u32>>,
    identities: HashMap<IdentityKey, Vec<u32>>,
}

/// What two identities within one slip of the pen share.
#[derive(Debug, PartialEq, Eq, Hash)]
enum IdentityKey {
    /// All but the last byte of a MAC.
    Mac(u64),
    /// The first half of a serial.
    Beginning(String),
    /// The second half of a serial.
    End(String),
}

fn identity_keys(identity: &Identity) -> Vec<IdentityKey> {
    let macs = identity.macs.iter().map(|m| IdentityKey::Mac(m.as_u64() >> 8));
    let halves = identity.serial.iter().flat_map(|serial| {
        let text = serial.as_str();
        let (head, tail) = (text.get(..text.len() / 2), text.get(text.len() - text.len() / 2..));
        [
            head.map(|h| IdentityKey::Beginning(h.to_owned())),
            tail.map(|t| IdentityKey::End(t.to_owned())),
        ]
    });
    macs.chain(halves.flatten()).collect()
}

/// Logins alike within one slip share their beginning or their end of this length.
const AFFIX: usize = 3;

/// A key that this many logins share tells nothing.
const NEAR_MAX: usize = 64;

impl<'a> FreeLogins<'a> {
    /// Indexes them.
    #[must_use]
    pub fn of(scene: &Scene<'a>) -> Self {
        let mut free = Self::default();
        for (p, row) in scene.provider.iter().enumerate() {
            let p = u32::try_from(p).unwrap_or(u32::MAX);
            let paired = scene.pairing.provider[p as usize].partner().is_some();
            if !row.has_login() || !row.is_active() || paired || scene.is_held(p) {
                continue;
            }
            for key in identity_keys(scene.provider_id(p)) {
                free.identities.entry(key).or_default().push(p);
            }
            if let Some(ip) = &row.wan_ip {
                free.wan_ips.entry(ip.raw()).or_default().push(p);
            }
            if let Some(login) = &scene.provider_id(p).login {
                let local = login.local();
                if let Some(beginning) = local.get(..AFFIX) {
                    free.beginnings.entry(beginning).or_default().push(p);
                }
                if let Some(end) = local.len().checked_sub(AFFIX).and_then(|at| local.get(at..)) {
                    free.ends.entry(end).or_default().push(p);
                }
            }
            if let Some(key) = row.customer_name.as_ref().and_then(|n| name_key(n.0.raw())) {
                free.names.entry(key).or_default().push(p);
            }
        }
        free
    }

    /// Rows that may resemble the device, each once.
    #[must_use]
    pub fn near(&self, scene: &Scene<'_>, a: u32) -> Vec<u32> {
        let mut rows = Vec::new();
        let ip = scene.device(a).wan_ip.as_ref().and_then(|ip| self.wan_ips.get(ip.raw()));
        let mut lists = vec![ip];
        for key in identity_keys(scene.acs_id(a)) {
            lists.push(self.identities.get(&key));
        }
        if let Some(login) = &scene.acs_id(a).login {
            let local = login.local();
            lists.push(local.get(..AFFIX).and_then(|k| self.beginnings.get(k)));
            let end = local.len().checked_sub(AFFIX).and_then(|at| local.get(at..));
            lists.push(end.and_then(|k| self.ends.get(k)));
            lists.push(login_key(local).and_then(|k| self.names.get(&k)));
        }
        for list in lists.into_iter().flatten().filter(|l| l.len() <= NEAR_MAX) {
            rows.extend_from_slice(list);
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}
