//! What people and boxes do: install, unplug, delete, swap, block, mistake, repair.
//!
//! Must not do: write to a table but through `paperwork`, `linking` and `rules`.

use super::Task;
use crate::lab::world::World;
use crate::lab::world::acs::Cpe;
use crate::lab::world::clock;
use crate::lab::world::identity::hex_form;
use crate::lab::world::models::{self, Kept, Label};
use crate::lab::world::provider::{LOGINS, ONUS};
use crate::lab::world::rules::EntryRow;
use crate::lab::world::writes::By;

/// One webhook in so many is lost.
const WEBHOOK_LOST: f64 = 0.08;

/// How often the old box of a swap is deleted in the ACS once the new one is entered.
const OLD_DELETED: f64 = 0.8;

/// Serials that boxes carry out of the factory when something went wrong there.
const JUNK: [&str; 3] = ["0000000000000000", "1234567890123456", "999999999999"];

/// How an installation goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Install {
    Plain,
    /// The Provider's papers come after the box's first call.
    PapersLater,
    /// The serial is typed wrong.
    Typo,
    /// The box stays in its carton.
    NeverCalls,
    /// Nobody made a login for it.
    NoLogin,
    /// The ONU is listed, without a login.
    ListedOnly,
    /// The box reports a serial that identifies nobody.
    Junk,
}

impl World {
    fn throw_install(&mut self) -> Install {
        match self.dice.below(1000) {
            0..=299 => Install::PapersLater,
            300..=313 => Install::Typo,
            314..=337 => Install::NeverCalls,
            338..=345 => Install::NoLogin,
            346..=350 => Install::ListedOnly,
            351..=352 => Install::Junk,
            _ => Install::Plain,
        }
    }

    /// A box that nobody has yet.
    pub(in crate::lab::world) fn fresh_box(&mut self, kept: Kept) -> (Label, Cpe) {
        loop {
            let made = models::new_box(&mut self.dice, kept, self.now);
            if !self.is_taken(&made.1) {
                return made;
            }
        }
    }

    fn some_kept(&mut self) -> Kept {
        if self.dice.chance(0.7) { Kept::OnuRow } else { Kept::Login }
    }

    /// How the box spells its login: now and then with a realm.
    pub(in crate::lab::world) fn spelt_login(&mut self, login: u64) -> String {
        let name = self.provider.cell(LOGINS, login, "login").to_owned();
        if self.dice.chance(0.1) { format!("{name}@isp") } else { name }
    }

    pub(super) fn install(&mut self) {
        let how = self.throw_install();
        let kept = match how {
            Install::Typo | Install::ListedOnly => Kept::OnuRow,
            Install::Junk => Kept::Login,
            _ => self.some_kept(),
        };
        let (label, mut cpe) = self.fresh_box(kept);
        if matches!(how, Install::NoLogin | Install::ListedOnly) {
            self.install_without_login(how, label, cpe);
            return;
        }
        let login = self.sign_customer();
        cpe.pppoe_login = Some(self.spelt_login(login));
        if how == Install::Typo {
            // Without its MAC nobody could tell that it is the same box.
            cpe.macs = vec![label.mac.clone()];
        }
        if let (Install::Junk, Some(junk)) = (how, self.free_junk()) {
            junk.clone_into(&mut cpe.serial);
            cpe.macs = vec![label.mac.clone()];
        }
        if let Some(ip) = cpe.wan_ip.clone() {
            self.set(LOGINS, login, &[("ip", ip)], By::Person);
        }
        let lent = label.serial.clone();
        let serial = self.unpack(cpe, label, Some(login));
        if self.dice.chance(0.3) {
            self.lend(&lent, login);
        }
        self.enter_papers(how, &serial, login);
        let first_call = match how {
            Install::NeverCalls => return self.wait_for_first_call(serial, login),
            Install::PapersLater => self.dice.between(60, clock::hours(6)),
            _ if self.dice.chance(0.05) => self.dice.between(clock::hours(6), clock::days(3)),
            _ => self.dice.between(60, clock::hours(2)),
        };
        self.plan_at(clock::after(self.now, first_call), Task::Call(serial));
    }

    fn free_junk(&self) -> Option<&'static str> {
        JUNK.into_iter().find(|junk| !self.fleet.contains_key(*junk))
    }

    fn install_without_login(&mut self, how: Install, label: Label, mut cpe: Cpe) {
        if how == Install::ListedOnly {
            self.add_onu(&label.serial, &cpe.model, None, By::Person);
        }
        cpe.pppoe_login = match self.dice.below(3) {
            0 => None,
            1 => Some("preset@preset".to_owned()),
            _ => Some(format!("instalacao.{}", self.dice.hex(6).to_lowercase())),
        };
        let serial = self.unpack(cpe, label, None);
        let first_call = self.dice.between(60, clock::hours(4));
        self.plan_at(clock::after(self.now, first_call), Task::Call(serial));
    }

    fn enter_papers(&mut self, how: Install, serial: &str, login: u64) {
        match how {
            Install::PapersLater => {
                let unit = self.fleet.get(serial);
                let listed = unit.map(|u| (u.label.clone(), u.cpe.model.clone()));
                let is_listed = self.dice.chance(0.5);
                if let Some((label, model)) =
                    listed.filter(|(l, _)| is_listed && l.kept == Kept::OnuRow)
                {
                    self.add_onu(&label.serial, &model, None, By::Person);
                }
            }
            Install::Typo => self.mistype(serial, login),
            _ => self.give_login(serial, login, By::Person),
        }
        if how == Install::Typo && self.dice.chance(0.8) {
            self.repair_in(serial, (3, 30));
        }
    }

    /// Enters a box with one wrong character in its serial.
    pub(in crate::lab::world) fn mistype(&mut self, serial: &str, login: u64) {
        let Some(unit) = self.fleet.get(serial) else { return };
        let (label, model) = (unit.label.clone(), unit.cpe.model.clone());
        let wrong = self.with_slip(&label.serial);
        let rows: Vec<u64> = self.index.onus_on(login).collect();
        for row in rows {
            self.drop_row(ONUS, row, By::Person);
        }
        self.add_onu(&wrong, &model, Some(login), By::Person);
        self.set(LOGINS, login, &[("mac", label.mac), ("onu_mac", String::new())], By::Person);
    }

    /// The serial with one of its last eight characters wrong.
    fn with_slip(&mut self, serial: &str) -> String {
        loop {
            let at = serial.len() - 1 - self.dice.below(8.min(serial.len()));
            let other = self.dice.hex(1);
            let mut wrong = serial.to_owned();
            wrong.replace_range(at..=at, &other);
            let is_free =
                self.index.onus_of(&wrong).next().is_none() && self.listed_as(&wrong).is_empty();
            if wrong != serial && is_free {
                return wrong;
            }
        }
    }

    /// In its carton for weeks; half of them for ever, until the customer gives up.
    fn wait_for_first_call(&mut self, serial: String, login: u64) {
        let weeks = clock::days(self.dice.between(12, 60));
        let at = clock::after(self.now, weeks);
        if self.dice.chance(0.5) {
            self.plan_at(at, Task::Call(serial));
        } else {
            if let Some(unit) = self.fleet.get_mut(&serial) {
                unit.is_alive = false;
            }
            self.plan_at(at, Task::GiveUp(login));
        }
    }

    fn repair_in(&mut self, serial: &str, (low, high): (i64, i64)) {
        let wait = self.dice.between(clock::days(low), clock::days(high));
        self.plan_at(clock::after(self.now, wait), Task::Repair(serial.to_owned()));
    }

    /// Some box of the ACS that `fits`; a few tries.
    fn some_box(&mut self, fits: impl Fn(&Self, &str) -> bool) -> Option<String> {
        const TRIES: usize = 30;
        for _ in 0..TRIES {
            let at = self.dice.below(self.acs.cpes.len());
            let serial = self.acs.cpes.keys().nth(at)?.clone();
            if fits(self, &serial) {
                return Some(serial);
            }
        }
        None
    }

    /// Alive, and matched with the one entry of its active login.
    pub(in crate::lab::world) fn is_well(&self, serial: &str) -> bool {
        self.well_row(serial).is_some()
    }

    /// The one counted row of a box that is alive and alone on its login.
    pub(in crate::lab::world) fn well_row(&self, serial: &str) -> Option<(EntryRow, u64)> {
        let unit = self.fleet.get(serial).filter(|u| u.is_alive)?;
        let login = unit.login.filter(|login| self.is_active(*login))?;
        let rows = self.rows_of(&unit.identity);
        let [row] = rows[..] else { return None };
        let alone = unit.identity.all_keys().all(|key| self.listed_as(key).len() == 1);
        (alone && self.login_of(row) == Some(login)).then_some((row, login))
    }

    pub(super) fn somebody_unplugs(&mut self) {
        let Some(serial) = self.some_box(|w, s| w.fleet.get(s).is_some_and(|u| u.is_alive)) else {
            return;
        };
        self.unplug(&serial);
        let login = self.fleet.get(&serial).and_then(|unit| unit.login);
        if let Some(login) = login.filter(|_| self.dice.chance(0.12)) {
            self.set_active(login, false);
        }
    }

    pub(super) fn somebody_deletes(&mut self) {
        let Some(serial) = self.some_box(Self::is_well) else { return };
        let comes_back = self.dice.chance(0.4);
        if !comes_back {
            self.unplug(&serial);
        }
        if self.dice.chance(WEBHOOK_LOST) {
            self.delete_cpe_unheard(&serial);
        } else {
            self.delete_cpe(&serial);
        }
        if comes_back {
            self.repair_in(&serial, (2, 20));
        } else if let Some(login) = self.fleet.get(&serial).and_then(|u| u.login) {
            self.set_active(login, false);
        }
    }

    /// A new box at a customer's: the old one is in the drawer. The Provider hears of it late,
    /// or only much later.
    pub(super) fn somebody_swaps(&mut self) {
        let Some(old) = self
            .some_box(|w, s| w.well_row(s).is_some_and(|(row, _)| matches!(row, EntryRow::Onu(_))))
        else {
            return;
        };
        if let Some(new) = self.swap(&old) {
            let noticed = if self.dice.chance(0.8) { (0, 8) } else { (25, 60) };
            self.repair_in(&new, noticed);
        }
    }

    /// Unplugs a box and plugs another in its place, with the same login.
    pub(in crate::lab::world) fn swap(&mut self, old: &str) -> Option<String> {
        let unit = self.fleet.get(old)?;
        let (login, kept, pppoe) = (unit.login?, unit.label.kept, unit.cpe.pppoe_login.clone());
        self.unplug(old);
        let (label, mut cpe) = self.fresh_box(kept);
        cpe.pppoe_login = pppoe;
        let new = self.unpack(cpe, label, Some(login));
        if let Some(unit) = self.fleet.get_mut(&new) {
            unit.replaces = Some(old.to_owned());
        }
        let minutes = self.dice.between(15, 90);
        self.plan_at(clock::after(self.now, minutes * 60), Task::Call(new.clone()));
        Some(new)
    }

    pub(super) fn somebody_is_blocked(&mut self) {
        let Some(serial) = self.some_box(Self::is_well) else { return };
        let Some(login) = self.fleet.get(&serial).and_then(|u| u.login) else { return };
        self.set_active(login, false);
        let wait = clock::days(self.dice.between(2, 18));
        self.plan_at(clock::after(self.now, wait), Task::Unblock(login));
    }

    pub(super) fn somebody_unlinks(&mut self) {
        let Some(serial) = self.some_box(Self::is_well) else { return };
        if let Some((row, _)) = self.well_row(&serial) {
            self.unlink(row);
            self.repair_in(&serial, (2, 25));
        }
    }

    pub(super) fn some_box_respells(&mut self) {
        let Some(serial) = self.some_box(|w, s| w.is_well(s) && s.len() == 12) else { return };
        self.respell(&serial);
    }

    /// An update makes a box spell its GPON serial in hex: to the ACS it is another box. The
    /// old record falls silent.
    pub(in crate::lab::world) fn respell(&mut self, serial: &str) -> Option<String> {
        let unit = self.fleet.get(serial)?;
        let canonical = unit.identity.serial.clone().filter(|s| s.len() == 12)?;
        let hex = hex_form(&canonical);
        let other = if serial == hex { canonical } else { hex };
        if self.fleet.contains_key(&other) {
            return None;
        }
        let (label, login) = (unit.label.clone(), unit.login);
        let mut cpe = unit.cpe.clone();
        cpe.serial.clone_from(&other);
        self.unplug(serial);
        let new = self.unpack(cpe, label, login);
        let minutes = self.dice.between(5, 40);
        self.plan_at(clock::after(self.now, minutes * 60), Task::Call(new.clone()));
        Some(new)
    }

    pub(super) fn somebody_enters_twice(&mut self) {
        let onu =
            |w: &Self, s: &str| w.well_row(s).is_some_and(|(r, _)| matches!(r, EntryRow::Onu(_)));
        let Some(serial) = self.some_box(onu) else { return };
        if self.enter_twice(&serial) {
            self.repair_in(&serial, (5, 25));
        }
    }

    /// A second ONU row for a box.
    pub(in crate::lab::world) fn enter_twice(&mut self, serial: &str) -> bool {
        let Some(unit) = self.fleet.get(serial) else { return false };
        let (written, model) = (unit.label.serial.clone(), unit.cpe.model.clone());
        let login = self.rows_of(&unit.identity).first().and_then(|row| self.login_of(*row));
        self.add_onu(&written, &model, login, By::Person).is_some()
    }

    pub(super) fn somebody_misconfigures(&mut self) {
        let Some(serial) = self.some_box(Self::is_well) else { return };
        let Some(name) = self.fleet.get(&serial).and_then(|u| u.cpe.pppoe_login.clone()) else {
            return;
        };
        let (local, _) = name.split_once('@').unwrap_or((&name, ""));
        let other = format!("{local}.velho");
        self.configure(&serial, Some(other));
        self.repair_in(&serial, (3, 20));
    }

    /// Somebody puts right what is wrong with a box: its login, its row, its settings.
    pub(super) fn repair(&mut self, serial: &str) {
        let Some(unit) = self.fleet.get(serial).filter(|_| self.acs.cpes.contains_key(serial))
        else {
            return;
        };
        let (identity, Some(login)) = (unit.identity.clone(), unit.login) else { return };
        for row in self.rows_of(&identity).into_iter().skip(1) {
            if let EntryRow::Onu(id) = row {
                self.drop_row(ONUS, id, By::Person);
            }
        }
        let name = self.spelt_login(login);
        self.configure(serial, Some(name));
        let held = self.rows_of(&identity).first().and_then(|row| self.login_of(*row));
        if held != Some(login) {
            self.give_login(serial, login, By::Person);
        }
        self.send(serial);
        let old = self.fleet.get_mut(serial).and_then(|unit| unit.replaces.take());
        if let Some(old) = old.filter(|_| self.dice.chance(OLD_DELETED)) {
            self.delete_cpe(&old);
        }
    }
}
