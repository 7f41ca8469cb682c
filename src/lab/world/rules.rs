//! R1 to R4b: what the two systems do with each other (CAUSES.md section 1).
//!
//! Must not do: throw dice. Chance is the history's; these are the rules.

use jiff::{SignedDuration, Timestamp};

use super::events::Happening;
use super::identity::Identity;
use super::past::{Deletion, Left};
use super::provider::{LOGINS, ONUS, cell, id_in};
use super::truth::{Bucket, Scene};
use super::writes::By;
use super::{World, clock};

/// The column that says when the ACS last confirmed an entry.
pub(super) const CONFIRMED: &str = "ultima_sincronizacao";

/// A row that stands for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EntryRow {
    Onu(u64),
    Login(u64),
}

impl EntryRow {
    /// The Provider's id of the entry (IXC.md section 1).
    fn device_id(self) -> String {
        match self {
            Self::Onu(id) => id.to_string(),
            Self::Login(id) => format!("login-{id}"),
        }
    }
}

impl World {
    /// A box calls home and the ACS makes a record of it; R2: it is sent to the Provider.
    pub(super) fn register(&mut self, serial: &str) {
        let now = self.now;
        let Some(unit) = self.fleet.get(serial).filter(|u| u.is_alive) else { return };
        if self.acs.cpes.contains_key(serial) {
            return;
        }
        let mut cpe = unit.cpe.clone();
        (cpe.registered, cpe.last_inform, cpe.last_boot) = (now, now, Some(now));
        let identity = unit.identity.clone();
        self.list_under(&identity, serial, true);
        self.acs.cpes.insert(serial.to_owned(), cpe);
        self.note(Happening::Added(serial.to_owned()));
        self.dials(serial, true);
        self.confirm(&identity, &clock::local(now));
    }

    /// The rows that stand for a device: by its serial; where there are none, by a MAC, unless
    /// both have a serial of their own.
    pub(super) fn rows_of(&self, identity: &Identity) -> Vec<EntryRow> {
        let serial = identity.serial.iter();
        let mut rows: Vec<EntryRow> = serial.flat_map(|key| self.rows_with(key)).collect();
        if rows.is_empty() {
            let macs = identity.macs.iter();
            rows = macs.flat_map(|mac| self.rows_with(mac).chain(self.onus_behind(mac))).collect();
            rows.retain(|row| identity.serial.is_none() || !self.has_serial(*row));
            rows.sort_unstable();
            rows.dedup();
        }
        rows
    }

    fn rows_with<'w>(&'w self, key: &'w str) -> impl Iterator<Item = EntryRow> + 'w {
        let logins = self.index.logins_of(key).filter(|l| !self.has_onu(*l));
        self.index.onus_of(key).map(EntryRow::Onu).chain(logins.map(EntryRow::Login))
    }

    /// ONU rows whose login carries this MAC.
    fn onus_behind<'w>(&'w self, mac: &'w str) -> impl Iterator<Item = EntryRow> + 'w {
        self.index.logins_of(mac).flat_map(|l| self.index.onus_on(l)).map(EntryRow::Onu)
    }

    fn has_onu(&self, login: u64) -> bool {
        self.index.onus_on(login).next().is_some()
    }

    fn has_serial(&self, row: EntryRow) -> bool {
        let (table, id) = match row {
            EntryRow::Onu(id) => (ONUS, id),
            EntryRow::Login(id) => (LOGINS, id),
        };
        let column = if table == ONUS { "mac" } else { "onu_mac" };
        let value = self.provider.cell(table, id, column);
        Identity::of([value].into_iter(), None).serial.is_some()
    }

    /// The login that a row is linked to.
    pub(super) fn login_of(&self, row: EntryRow) -> Option<u64> {
        match row {
            EntryRow::Onu(id) => id_in(self.provider.row(ONUS, id)?, "id_login"),
            EntryRow::Login(id) => Some(id),
        }
    }

    pub(super) fn is_active(&self, login: u64) -> bool {
        self.provider.cell(LOGINS, login, "ativo") == "S"
    }

    /// R1: only linked and active ones are given back, and so confirmed.
    fn confirm(&mut self, identity: &Identity, at: &str) {
        for row in self.given_back(identity) {
            self.stamp_confirmed(row, at);
        }
    }

    fn given_back(&self, identity: &Identity) -> Vec<EntryRow> {
        let mut rows = self.rows_of(identity);
        rows.retain(|row| self.login_of(*row).is_some_and(|login| self.is_active(login)));
        rows
    }

    fn stamp_confirmed(&mut self, row: EntryRow, at: &str) {
        match row {
            EntryRow::Onu(id) => self.stamp(ONUS, id, CONFIRMED, at),
            EntryRow::Login(id) => self.stamp(LOGINS, id, CONFIRMED, at),
        }
    }

    /// R1: the ACS synchronises: what came since the last time and fits one free login is
    /// linked; then everything linked and active is confirmed.
    pub fn synchronise_acs(&mut self) {
        let since = self.acs.last_synchronised;
        let is_new = |at: Timestamp| since.is_none_or(|since| at > since);
        let new: Vec<String> = self
            .acs
            .cpes
            .values()
            .filter(|cpe| is_new(cpe.registered))
            .map(|cpe| cpe.serial.clone())
            .collect();
        for serial in new {
            if !self.was_deleted_before(&serial) {
                self.link_if_it_fits(&serial);
            }
        }
        let at = clock::local(self.now);
        let units = self.acs.cpes.keys().filter_map(|serial| self.fleet.get(serial));
        let rows: Vec<EntryRow> = units.flat_map(|u| self.given_back(&u.identity)).collect();
        for row in rows {
            self.stamp_confirmed(row, &at);
        }
        self.acs.last_synchronised = Some(self.now);
        self.acs.last_error = None;
        self.note(Happening::AcsSync);
    }

    /// The ACS sends one device to the Provider (`send-device`): the login that fits is linked,
    /// and given back.
    pub fn send(&mut self, serial: &str) -> bool {
        let Some(unit) = self.fleet.get(serial) else { return false };
        if !self.acs.cpes.contains_key(serial) {
            return false;
        }
        let identity = unit.identity.clone();
        self.link_if_it_fits(serial);
        self.confirm(&identity, &clock::local(self.now));
        true
    }

    fn was_deleted_before(&self, serial: &str) -> bool {
        let (Some(unit), Some(cpe)) = (self.fleet.get(serial), self.acs.cpes.get(serial)) else {
            return false;
        };
        let left = self.past.departure(&unit.identity);
        left.is_some_and(|(at, how)| how == Left::ByHand && at < cpe.registered)
    }

    /// Deletes a device by hand; R3: the webhook makes the Provider remove it too. `false` for
    /// a serial that the ACS does not hold.
    pub fn delete_cpe(&mut self, serial: &str) -> bool {
        self.delete_by_hand(serial, false)
    }

    /// As [`World::delete_cpe`], but the webhook is lost on its way.
    pub fn delete_cpe_unheard(&mut self, serial: &str) -> bool {
        self.delete_by_hand(serial, true)
    }

    fn delete_by_hand(&mut self, serial: &str, is_lost: bool) -> bool {
        let Some(cpe) = self.acs.cpes.get(serial) else { return false };
        let registered = cpe.registered;
        let identity = self.leave(serial, Left::ByHand);
        let at = self.now;
        self.note(Happening::Deleted { serial: serial.to_owned(), is_lost });
        self.past.deletions.push(Deletion {
            serial: serial.to_owned(),
            identity: identity.clone(),
            at,
            registered,
            entries: self.rows_of(&identity).into_iter().map(EntryRow::device_id).collect(),
        });
        if !is_lost {
            for row in self.rows_of(&identity) {
                self.forget_entry(row);
            }
        }
        self.calls_again(serial);
        true
    }

    /// A box that is alive registers anew at its next Inform.
    fn calls_again(&mut self, serial: &str) {
        let next = self.fleet.get(serial).filter(|u| u.is_alive).map(|u| u.next_call(self.now));
        if let Some(next) = next {
            self.plan_at(next, super::history::Task::Call(serial.to_owned()));
        }
    }

    fn leave(&mut self, serial: &str, how: Left) -> Identity {
        self.acs.cpes.remove(serial);
        let unit = self.fleet.get(serial);
        let identity = unit.map(|u| u.identity.clone()).unwrap_or_default();
        self.list_under(&identity, serial, false);
        self.past.note_left(&identity, self.now, how);
        identity
    }

    /// R4: everything without contact for longer than the criterion goes, in the ACS only.
    pub fn exclude(&mut self, silent_days: u32) -> Vec<String> {
        self.settle_informs();
        let limit = SignedDuration::from_hours(24 * i64::from(silent_days));
        let silent =
            self.acs.cpes.values().filter(|c| self.now.duration_since(c.last_inform) > limit);
        let silent: Vec<String> = silent.map(|c| c.serial.clone()).collect();
        self.exclude_these(&silent);
        silent
    }

    /// R4, for these devices.
    pub(super) fn exclude_these(&mut self, serials: &[String]) {
        self.note(Happening::ExclusionRan);
        for serial in serials {
            self.leave(serial, Left::Excluded);
            self.note(Happening::Excluded(serial.clone()));
            self.calls_again(serial);
        }
    }

    /// R4b: the Provider drops what it had synchronised before and the ACS no longer holds;
    /// what was never seen stays, and what is only written wrong.
    pub fn synchronise_provider(&mut self) -> usize {
        let scene = Scene::of(self);
        let kept = scene.mismatched_entries();
        let gone: Vec<EntryRow> = scene
            .entries
            .iter()
            .enumerate()
            .filter(|(p, entry)| {
                let absent = match scene.of_entries[*p] {
                    Bucket::Left => true,
                    Bucket::Paired(_) => false,
                    Bucket::Group(group) => scene.groups[group].acs.is_empty(),
                };
                absent && entry.synchronised.is_some() && !kept.contains(p)
            })
            .filter_map(|(_, e)| e.onu.map(EntryRow::Onu).or(e.login.map(EntryRow::Login)))
            .collect();
        for row in &gone {
            self.forget_entry(*row);
        }
        self.note(Happening::ProviderSync);
        gone.len()
    }

    /// The Provider removes an entry: the ONU row goes, and its login carries no device.
    pub(super) fn forget_entry(&mut self, row: EntryRow) {
        let login = self.login_of(row);
        if let EntryRow::Onu(id) = row {
            self.drop_row(ONUS, id, By::Integration);
        }
        let Some(login) = login.filter(|l| !self.has_onu(*l)) else { return };
        let carries = |column| !cell_of(self, login, column).is_empty();
        if carries("mac") || carries("onu_mac") {
            let cells = [
                ("mac", String::new()),
                ("onu_mac", String::new()),
                (CONFIRMED, clock::NO_DATE.to_owned()),
            ];
            self.set(LOGINS, login, &cells, By::Integration);
        }
    }
}

fn cell_of<'w>(world: &'w World, login: u64, column: &str) -> &'w str {
    world.provider.row(LOGINS, login).map_or("", |row| cell(row, column))
}
