//! Installations: a new customer's box, the papers for it, and what goes wrong with either.
//!
//! Must not do: write to a table but through `paperwork`, `linking` and `rules`.

use super::Task;
use crate::lab::world::World;
use crate::lab::world::acs::Cpe;
use crate::lab::world::clock;
use crate::lab::world::models::{self, Kept, Label};
use crate::lab::world::provider::{LOGINS, ONUS};
use crate::lab::world::writes::By;

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
            0..=449 => Install::PapersLater,
            450..=463 => Install::Typo,
            464..=487 => Install::NeverCalls,
            488..=495 => Install::NoLogin,
            496..=500 => Install::ListedOnly,
            501..=502 => Install::Junk,
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
            Install::PapersLater => self.dice.between(60, clock::hours(1)),
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
}
