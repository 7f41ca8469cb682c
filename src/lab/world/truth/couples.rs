//! Couples: a device and an entry of one story that are no pair.
//!
//! Must not do: take a record twice.

use jiff::{SignedDuration, Timestamp};

use super::super::identity::{hex_form, is_slip, one_digit_off};
use super::causes::{Found, Open};
use super::scene::{Bucket, Scene};

/// An old box that stopped informing for less than this may be there still.
const SILENT: SignedDuration = SignedDuration::from_hours(1);

impl Scene<'_> {
    /// Entries that are only written wrong.
    pub(in super::super) fn mismatched_entries(&self) -> Vec<usize> {
        let found = self.explained().into_iter().filter(|f| f.cause == "identity-mismatch");
        found.flat_map(|f| f.provider).collect()
    }

    /// Mistyped identities, then swaps, then swaps whose old box is still listed.
    pub(super) fn couples(&self, open: &mut Open) -> Vec<Found> {
        let mut found = Vec::new();
        let alone: Vec<usize> = open.acs(|a| self.of_devices[a] == Bucket::Left).collect();
        for &a in &alone {
            let by_login = self.couple_by_login(open, a);
            let p = by_login
                .filter(|p| self.is_mistyped(a, *p))
                .or_else(|| self.couple_by_mac(open, a));
            if let Some(p) = p {
                open.take(a, p);
                found.push(self.couple("identity-mismatch", a, p));
            }
        }
        for &a in &alone {
            let Some(p) = open.has_acs(a).then(|| self.couple_by_login(open, a)).flatten() else {
                continue;
            };
            open.take(a, p);
            found.push(self.couple("swapped-device", a, p));
        }
        for &a in &alone {
            if open.has_acs(a) && self.replaces_a_silent_one(a) {
                open.take_acs(a);
                let since = self.devices[a].registered;
                let (acs, provider) = (vec![a], Vec::new());
                found.push(Found { cause: "swapped-device", acs, provider, since });
            }
        }
        found
    }

    fn couple(&self, cause: &'static str, a: usize, p: usize) -> Found {
        let since = self.devices[a].registered.max(self.entry_since(p));
        Found { cause, acs: vec![a], provider: vec![p], since }
    }

    /// Since when an entry is as it is.
    pub(super) fn entry_since(&self, p: usize) -> Timestamp {
        let entry = &self.entries[p];
        let changed = self.past.changed.get(&entry.device_id).copied();
        changed.or(entry.registered).unwrap_or(self.start)
    }

    /// The open counted entry with the device's login, where they are the only open ones.
    fn couple_by_login(&self, open: &Open, a: usize) -> Option<usize> {
        let mine = &self.devices[a].identity;
        let mut entries = self.entries_like(mine).filter(|p| open.has_counted(self, *p));
        let p = entries.next().filter(|_| entries.next().is_none())?;
        let theirs = &self.entries[p].identity;
        let others = self.entries_like(theirs).any(|x| x != p && open.has_counted(self, x));
        let rivals = self.devices_like(mine).chain(self.devices_like(theirs));
        let rival = rivals.into_iter().any(|x| x != a && open.has_acs(x));
        (!others && !rival).then_some(p)
    }

    /// A slip of the pen in the serial; the login, and the MAC or the address, say it is one.
    fn is_mistyped(&self, a: usize, p: usize) -> bool {
        let (device, entry) = (&self.devices[a], &self.entries[p]);
        let (mine, theirs) = (&device.identity, &entry.identity);
        let (Some(ours), Some(written)) = (&mine.serial, &theirs.serial) else { return false };
        let gpon = |s: &String| s.len() == 12 && s.is_char_boundary(4);
        let mixed = gpon(ours) != gpon(written);
        let form = |s: &String| if gpon(s) { hex_form(s) } else { s.clone() };
        let alike = is_slip(ours, written) || (mixed && is_slip(&form(ours), &form(written)));
        let after = entry.synchronised.is_some_and(|confirmed| device.registered > confirmed);
        let near = |m: &String| theirs.macs.iter().any(|o| m == o || one_digit_off(m, o));
        let same_ip = !device.wan_ip.is_empty() && device.wan_ip == entry.wan_ip;
        alike && !after && (same_ip || mine.macs.iter().any(near))
    }

    /// The open entry with the device's MAC and another serial, where they are the only ones.
    fn couple_by_mac(&self, open: &Open, a: usize) -> Option<usize> {
        let mine = &self.devices[a].identity;
        if mine.serial.is_none() || mine.macs.is_empty() {
            return None;
        }
        let mut entries = (0..self.entries.len())
            .filter(|p| open.has_counted(self, *p) && self.entries[*p].identity.shares_mac(mine));
        let p = entries.next().filter(|_| entries.next().is_none())?;
        let theirs = &self.entries[p].identity;
        let rival = open
            .acs(|x| x != a && self.of_devices[x] == Bucket::Left)
            .any(|x| self.devices[x].identity.shares_mac(theirs));
        (!rival && mine.serials_differ(theirs)).then_some(p)
    }

    /// Is the only other device of this login the one that the Provider holds, and did it
    /// fall silent at or before this one's first Inform?
    fn replaces_a_silent_one(&self, a: usize) -> bool {
        let new = &self.devices[a];
        let mut others = self.devices_like(&new.identity).filter(|x| *x != a);
        let Some(old) = others.next().filter(|_| others.next().is_none()) else { return false };
        let Some(entry) = self.entry_of(old) else { return false };
        let silent = self.now.duration_since(self.devices[old].last_inform);
        self.entries[entry].identity.same_login(&new.identity)
            && self.devices[old].last_inform <= new.registered
            && silent > SILENT
    }
}
