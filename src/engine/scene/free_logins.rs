//! Logins that no counted entry holds, found by what may resemble a device.
//!
//! Must not do: compare everything with everything; only what shares a key is looked at.

use hashbrown::HashMap;

use super::Scene;
use crate::engine::candidates::{login_key, name_key};

/// Logins that no counted entry holds, by WAN IP, by how they begin, and by their customer.
#[derive(Debug, Default)]
pub struct FreeLogins<'a> {
    wan_ips: HashMap<&'a str, Vec<u32>>,
    beginnings: HashMap<&'a str, Vec<u32>>,
    ends: HashMap<&'a str, Vec<u32>>,
    names: HashMap<String, Vec<u32>>,
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
            if !row.has_login() || scene.is_held(p) {
                continue;
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
