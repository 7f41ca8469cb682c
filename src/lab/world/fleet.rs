//! The boxes as they really are, whether a system lists them or not.
//!
//! Must not do: write to either system.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::World;
use super::acs::Cpe;
use super::clock;
use super::identity::{Identity, local_part};
use super::models::Label;

/// Logins and serials are told apart in the one index.
fn login_key(login: &str) -> String {
    format!("login {}", local_part(login))
}

/// A box.
#[derive(Debug)]
pub(super) struct Unit {
    /// What it tells the ACS.
    pub cpe: Cpe,
    pub identity: Identity,
    /// What stands on it.
    pub label: Label,
    /// The login it was installed for.
    pub login: Option<u64>,
    /// The box that it took the place of.
    pub replaces: Option<String>,
    /// Plugged in and calling home.
    pub is_alive: bool,
    /// Seconds between two Informs.
    period: i64,
    /// When in its period it calls.
    phase: i64,
}

impl Unit {
    /// Its last Inform at or before `at`, while it lives.
    pub(super) fn last_call(&self, at: Timestamp) -> Timestamp {
        let since = (at.as_second() - self.phase).rem_euclid(self.period);
        clock::after(clock::whole_seconds(at), -since)
    }

    /// Its next Inform after `at`.
    pub(super) fn next_call(&self, at: Timestamp) -> Timestamp {
        clock::after(self.last_call(at), self.period)
    }

    fn of(cpe: Cpe, label: Label, login: Option<u64>, (period, phase): (i64, i64)) -> Self {
        let serial_then_macs = std::iter::once(cpe.serial.as_str());
        let values = serial_then_macs.chain(cpe.macs.iter().map(String::as_str));
        let identity = Identity::of(values, cpe.pppoe_login.as_deref());
        Self { identity, cpe, label, login, replaces: None, is_alive: true, period, phase }
    }
}

impl World {
    /// A box that exists from now on. Most call home every few hours, all of them within a day.
    pub(super) fn unpack(&mut self, cpe: Cpe, label: Label, login: Option<u64>) -> String {
        const PERIODS: [i64; 6] = [1, 1, 6, 6, 12, 24];
        let period = clock::hours(self.dice.pick(&PERIODS));
        let phase = self.dice.between(0, period - 1);
        let serial = cpe.serial.clone();
        self.fleet.insert(serial.clone(), Unit::of(cpe, label, login, (period, phase)));
        serial
    }

    /// Has any box, listed or not, this identity?
    pub(super) fn is_taken(&self, cpe: &Cpe) -> bool {
        self.fleet.contains_key(&cpe.serial)
    }

    /// The login that a box is set up with changes.
    pub(super) fn configure(&mut self, serial: &str, login: Option<String>) {
        let Some(unit) = self.fleet.get_mut(serial) else { return };
        let before = unit.identity.clone();
        unit.cpe.pppoe_login.clone_from(&login);
        let values = std::iter::once(unit.cpe.serial.as_str());
        let values = values.chain(unit.cpe.macs.iter().map(String::as_str));
        let after = Identity::of(values, login.as_deref());
        unit.identity = after.clone();
        if let Some(cpe) = self.acs.cpes.get_mut(serial) {
            cpe.pppoe_login = login;
            self.list_under(&before, serial, false);
            self.list_under(&after, serial, true);
        }
    }

    /// The box is unplugged, after its last Inform before now.
    pub(super) fn unplug(&mut self, serial: &str) {
        let now = self.now;
        let Some(unit) = self.fleet.get_mut(serial).filter(|u| u.is_alive) else { return };
        unit.is_alive = false;
        let last = unit.last_call(now);
        if let Some(cpe) = self.acs.cpes.get_mut(serial) {
            cpe.last_inform = cpe.last_inform.max(last);
        }
        self.dials(serial, false);
    }

    /// Writes down the Informs up to now.
    pub(super) fn settle_informs(&mut self) {
        for (serial, cpe) in &mut self.acs.cpes {
            let unit = self.fleet.get(serial).filter(|u| u.is_alive);
            if let Some(last) = unit.map(|u| u.last_call(self.now)) {
                cpe.last_inform = cpe.last_inform.max(last);
            }
        }
    }

    /// The ACS lists a box under all that identifies it, or no longer.
    pub(super) fn list_under(&mut self, identity: &Identity, serial: &str, add: bool) {
        let login = identity.login.as_deref().map(login_key);
        for key in identity.all_keys().cloned().chain(login) {
            let held = self.acs_keys.entry(key).or_default();
            if add {
                held.insert(serial.to_owned());
            } else {
                held.remove(serial);
            }
        }
    }

    /// Boxes of the ACS that carry this login, realm or not.
    pub(super) fn carriers_of(&self, login: &str) -> impl Iterator<Item = &String> {
        self.acs_keys.get(&login_key(login)).into_iter().flatten()
    }

    /// The boxes that the ACS lists under an identity, whatever their spelling.
    pub(super) fn listed_as(&self, key: &str) -> BTreeSet<String> {
        self.acs_keys.get(key).cloned().unwrap_or_default()
    }

    /// Finds a box by its serial in any spelling, or by a MAC.
    pub(super) fn find_box(&self, key: &str) -> Option<String> {
        if self.fleet.contains_key(key) {
            return Some(key.to_owned());
        }
        let wanted = Identity::of([key].into_iter(), None);
        let wanted = wanted.all_keys().next()?;
        let listed = self.listed_as(wanted).into_iter().next();
        listed.or_else(|| {
            let mut units = self.fleet.iter();
            let found = units.find(|(_, unit)| unit.identity.all_keys().any(|k| k == wanted));
            found.map(|(serial, _)| serial.clone())
        })
    }
}
