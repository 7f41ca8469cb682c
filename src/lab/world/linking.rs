//! Which login fits a device, and what a person at the Provider writes to make it hold one.
//!
//! Must not do: link what another counted entry holds.

use super::World;
use super::clock;
use super::identity::{local_part, same_login};
use super::models::Kept;
use super::provider::{LOGINS, ONUS};
use super::rules::{CONFIRMED, EntryRow};
use super::writes::By;

impl World {
    /// Links the one active, free login whose name is the box's PPPoE login, or that the
    /// device's own row carries.
    pub(super) fn link_if_it_fits(&mut self, serial: &str) -> bool {
        let Some(unit) = self.fleet.get(serial) else { return false };
        let identity = unit.identity.clone();
        let rows = self.rows_of(&identity);
        if rows.iter().any(|row| self.login_of(*row).is_some()) || rows.len() > 1 {
            return false;
        }
        let Some(name) = &identity.login else { return false };
        let fitting: Vec<u64> = self
            .index
            .logins_named(local_part(name))
            .filter(|login| self.is_named(*login, name))
            .collect();
        let [login] = fitting[..] else { return false };
        if !self.is_active(login) || self.is_held(login) || self.others_carry(serial, name) {
            return false;
        }
        self.give_login(serial, login, By::Integration);
        true
    }

    fn is_named(&self, login: u64, name: &str) -> bool {
        same_login(&self.provider.cell(LOGINS, login, "login").trim().to_lowercase(), name)
    }

    /// Does a device entry stand on this login?
    pub(super) fn is_held(&self, login: u64) -> bool {
        let carries = |column| !self.provider.cell(LOGINS, login, column).trim().is_empty();
        self.index.onus_on(login).next().is_some() || carries("mac") || carries("onu_mac")
    }

    /// Does another box in the ACS carry this login?
    fn others_carry(&self, serial: &str, name: &str) -> bool {
        self.carriers_of(name).filter(|other| *other != serial).any(|other| {
            let login = self.fleet.get(other).and_then(|unit| unit.identity.login.as_ref());
            login.is_some_and(|theirs| same_login(theirs, name))
        })
    }

    /// A login's session begins or ends with its box, unless another box goes on with it.
    pub(super) fn dials(&mut self, serial: &str, is_on: bool) {
        let Some(unit) = self.fleet.get(serial) else { return };
        let name = unit.identity.login.as_ref();
        let Some(login) = unit.login.filter(|login| self.is_active(*login)) else { return };
        let goes_on = |other: &str| {
            let other = self.fleet.get(other).filter(|unit| unit.is_alive);
            let theirs = other.and_then(|unit| unit.identity.login.as_ref());
            theirs.zip(name).is_some_and(|(theirs, ours)| same_login(theirs, ours))
        };
        let others = || name.into_iter().flat_map(|n| self.carriers_of(n));
        let is_online = is_on || others().any(|other| other != serial && goes_on(other));
        self.stamp(LOGINS, login, "online", if is_online { "S" } else { "N" });
    }

    /// Writes at the Provider that a login has this box: the ONU's row, else the login itself.
    pub(super) fn give_login(&mut self, serial: &str, login: u64, by: By) {
        let Some(unit) = self.fleet.get(serial) else { return };
        let label = unit.label.clone();
        let (model, identity) = (unit.cpe.model.clone(), unit.identity.clone());
        let others: Vec<u64> = self.index.onus_on(login).collect();
        let own = self.rows_of(&identity).into_iter().find_map(|row| match row {
            EntryRow::Onu(id) => Some(id),
            EntryRow::Login(_) => None,
        });
        match (label.kept, own, others.first()) {
            (Kept::Login, None, _) => {
                for onu in others {
                    self.drop_row(ONUS, onu, by);
                }
            }
            (_, Some(own), _) => {
                for onu in others.into_iter().filter(|onu| *onu != own) {
                    self.drop_row(ONUS, onu, by);
                }
                self.set(ONUS, own, &[("id_login", login.to_string())], by);
            }
            (Kept::OnuRow, None, Some(old)) => {
                let cells = [("mac", label.serial.clone()), ("onu_tipo", model)];
                self.set(ONUS, *old, &cells, by);
            }
            (Kept::OnuRow, None, None) => {
                self.add_onu(&label.serial, &model, Some(login), by);
            }
        }
        self.set(LOGINS, login, &[("mac", label.mac), ("onu_mac", label.onu_mac)], by);
    }

    /// Takes a login away from its device: the row stays, with nobody's login.
    pub(super) fn unlink(&mut self, row: EntryRow) {
        match row {
            EntryRow::Onu(id) => {
                let login = self.login_of(row);
                self.set(ONUS, id, &[("id_login", "0".to_owned())], By::Person);
                if let Some(login) = login {
                    self.strip(login);
                }
            }
            EntryRow::Login(login) => self.strip(login),
        }
    }

    /// A login carries no device any more.
    fn strip(&mut self, login: u64) {
        if self.index.onus_on(login).next().is_none() {
            let none = clock::NO_DATE.to_owned();
            let cells = [("mac", String::new()), ("onu_mac", String::new()), (CONFIRMED, none)];
            self.set(LOGINS, login, &cells, By::Person);
        }
    }
}
