//! What somebody outside may make happen in the world: the kinds of `POST /_lab/event`.
//!
//! Must not do: break the systems' rules; an action is what a person or a box does.

use serde::Serialize;

use super::events::Happening;
use super::identity::{Identity, local_part};
use super::models::Kept;
use super::provider::{LOGINS, LOGS, ONUS, cell};
use super::rules::EntryRow;
use super::writes::By;
use super::{EXCLUSION_DAYS, World, clock};

/// What goes with an action.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `manual-delete`: the webhook is lost.
    pub webhook_lost: bool,
    /// `mass-exclusion`: days without contact; 30 where neither this nor `keys` is given.
    pub days: Option<u32>,
    /// `mass-exclusion`: these devices, whatever their last contact.
    pub keys: Vec<String>,
}

/// One thing that an action changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `acs` or `provider`.
    pub side: &'static str,
    /// `added`, `removed`, `changed`, or the name of what happened.
    pub what: &'static str,
    /// Serial, or table and id; none for what concerns a whole system.
    pub key: Option<String>,
}

/// Why an action did not happen. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// There is no such action.
    #[error("there is no event of this kind")]
    UnknownKind,
    /// Neither system knows what was named.
    #[error("no device or login is known by this key")]
    UnknownKey,
    /// It can't happen to this device.
    #[error("this can't happen here: {0}")]
    Impossible(&'static str),
}

/// The actions by name.
pub const KINDS: [&str; 13] = [
    "new-device",
    "manual-delete",
    "mass-exclusion",
    "provider-sync",
    "acs-sync",
    "swap",
    "link",
    "unlink",
    "activate",
    "deactivate",
    "typo",
    "duplicate",
    "return",
];

impl World {
    /// Makes something happen now; tells what it changed. The clock moves by a second where
    /// something else happened in this one, so that what came first is seen.
    ///
    /// # Errors
    /// Where there is no such kind or key, or it can't happen to that device.
    pub fn act(
        &mut self,
        kind: &str,
        key: Option<&str>,
        options: &Options,
    ) -> Result<Vec<Change>, ActError> {
        if !KINDS.contains(&kind) {
            return Err(ActError::UnknownKind);
        }
        if self.audit.last().is_some_and(|(at, _)| *at >= self.now) {
            self.advance_to(clock::after(self.now, 1));
        }
        let heard = self.audit.len();
        let logged = self.provider.tables.get(LOGS).map_or(0, super::provider::Table::next_id);
        self.happen(kind, key, options)?;
        self.settle_informs();
        Ok(self.changes(heard, logged))
    }

    fn happen(&mut self, kind: &str, key: Option<&str>, options: &Options) -> Result<(), ActError> {
        match kind {
            "new-device" => self.act_new_device(key),
            "mass-exclusion" => self.act_exclusion(options),
            "provider-sync" => {
                self.synchronise_provider();
                Ok(())
            }
            "acs-sync" => {
                self.synchronise_acs();
                Ok(())
            }
            "activate" | "deactivate" => {
                let login = self.login_by_key(key).ok_or(ActError::UnknownKey)?;
                self.set_active(login, kind == "activate");
                Ok(())
            }
            _ => {
                let serial = key.and_then(|k| self.find_box(k)).ok_or(ActError::UnknownKey)?;
                self.happen_to(kind, &serial, options)
            }
        }
    }

    fn happen_to(&mut self, kind: &str, serial: &str, options: &Options) -> Result<(), ActError> {
        if kind == "return" {
            return self.act_return(serial);
        }
        if !self.acs.cpes.contains_key(serial) {
            return Err(ActError::UnknownKey);
        }
        match kind {
            "manual-delete" if options.webhook_lost => {
                self.delete_cpe_unheard(serial);
            }
            "manual-delete" => {
                self.delete_cpe(serial);
            }
            "swap" => self.act_swap(serial)?,
            "link" => self.act_link(serial)?,
            "unlink" => {
                let row = self.linked_row(serial).ok_or(ActError::Impossible("it has no login"))?;
                self.unlink(row);
            }
            "typo" => self.act_typo(serial)?,
            _ => self.act_duplicate(serial)?,
        }
        Ok(())
    }

    /// A box of a new customer calls home; the Provider has its login, and no device on it yet.
    fn act_new_device(&mut self, key: Option<&str>) -> Result<(), ActError> {
        if key.is_some_and(|k| self.find_box(k).is_some()) {
            return Err(ActError::Impossible("there is a device with this serial already"));
        }
        let (mut label, mut cpe) = self.fresh_box(Kept::OnuRow);
        if let Some(key) = key {
            key.clone_into(&mut cpe.serial);
            key.clone_into(&mut label.serial);
        }
        let login = self.sign_customer();
        cpe.pppoe_login = Some(self.spelt_login(login));
        let serial = self.unpack(cpe, label, Some(login));
        self.register(&serial);
        Ok(())
    }

    fn act_exclusion(&mut self, options: &Options) -> Result<(), ActError> {
        if options.keys.is_empty() {
            self.exclude(options.days.unwrap_or(EXCLUSION_DAYS));
            return Ok(());
        }
        let mut serials = Vec::new();
        for key in &options.keys {
            let serial = self.find_box(key).filter(|s| self.acs.cpes.contains_key(s));
            serials.push(serial.ok_or(ActError::UnknownKey)?);
        }
        serials.sort_unstable();
        serials.dedup();
        for serial in &serials {
            // A box that would call again within the day is not what an exclusion takes.
            self.unplug(serial);
        }
        self.exclude_these(&serials);
        Ok(())
    }

    /// The old box was unplugged some hours ago; the new one calls home now.
    fn act_swap(&mut self, old: &str) -> Result<(), ActError> {
        let new = self.swap(old).ok_or(ActError::Impossible("nobody's login is on it"))?;
        let quiet = clock::after(self.now, -clock::hours(2));
        if let Some(cpe) = self.acs.cpes.get_mut(old) {
            cpe.last_inform = cpe.last_inform.min(quiet).max(cpe.registered.min(quiet));
        }
        self.register(&new);
        Ok(())
    }

    fn act_link(&mut self, serial: &str) -> Result<(), ActError> {
        if self.linked_row(serial).is_some() {
            return Err(ActError::Impossible("it has a login already"));
        }
        let own = self.fleet.get(serial).and_then(|unit| unit.login);
        let login = match own.filter(|login| !self.is_held(*login)) {
            Some(login) => login,
            None => self.sign_customer(),
        };
        self.give_login(serial, login, By::Person);
        if own != Some(login) {
            let name = self.spelt_login(login);
            self.configure(serial, Some(name));
            if let Some(unit) = self.fleet.get_mut(serial) {
                unit.login = Some(login);
            }
        }
        Ok(())
    }

    fn act_typo(&mut self, serial: &str) -> Result<(), ActError> {
        let row = self.linked_row(serial).ok_or(ActError::Impossible("it has no login"))?;
        let login = self.login_of(row).ok_or(ActError::Impossible("it has no login"))?;
        let unit = self.fleet.get(serial).ok_or(ActError::UnknownKey)?;
        if unit.identity.serial.is_none() || unit.identity.login.is_none() {
            return Err(ActError::Impossible("nothing but its MAC identifies it"));
        }
        let ip = unit.cpe.wan_ip.clone().unwrap_or_default();
        self.set(LOGINS, login, &[("ip", ip)], By::Person);
        self.mistype(serial, login);
        Ok(())
    }

    fn act_duplicate(&mut self, serial: &str) -> Result<(), ActError> {
        let unit = self.fleet.get(serial).ok_or(ActError::UnknownKey)?;
        let (label, model) = (unit.label.clone(), unit.cpe.model.clone());
        if unit.identity.all_keys().next().is_none() {
            return Err(ActError::Impossible("nothing identifies it"));
        }
        let is_onu = unit.identity.serial.is_some();
        if is_onu && matches!(self.linked_row(serial), Some(EntryRow::Onu(_)) | None) {
            // Where nobody has entered it yet, two rows make it two.
            if self.rows_of(&unit.identity.clone()).is_empty() {
                self.add_onu(&label.serial, &model, None, By::Person);
            }
            self.enter_twice(serial);
            return Ok(());
        }
        // The Provider keeps it in a login's row: a second login carries it too.
        let second = self.sign_customer();
        let cells = [("mac", label.mac), ("onu_mac", label.onu_mac)];
        self.set(LOGINS, second, &cells, By::Person);
        Ok(())
    }

    /// A box that the ACS does not list calls home; one that it lists is deleted by hand first.
    fn act_return(&mut self, serial: &str) -> Result<(), ActError> {
        if self.acs.cpes.contains_key(serial) {
            self.delete_cpe(serial);
            self.advance_to(clock::after(self.now, 1));
        }
        let unit = self.fleet.get_mut(serial).ok_or(ActError::UnknownKey)?;
        unit.is_alive = true;
        self.register(serial);
        Ok(())
    }

    /// The row of a device that has a login.
    fn linked_row(&self, serial: &str) -> Option<EntryRow> {
        let rows = self.rows_of(&self.fleet.get(serial)?.identity);
        rows.into_iter().find(|row| self.login_of(*row).is_some())
    }

    /// A login by its device, by its name, or by the Provider's id of an entry.
    fn login_by_key(&self, key: Option<&str>) -> Option<u64> {
        let key = key?;
        let by_device = self.find_box(key).and_then(|serial| {
            let row = self.linked_row(&serial).and_then(|row| self.login_of(row));
            row.or_else(|| self.fleet.get(&serial).and_then(|unit| unit.login))
        });
        by_device.or_else(|| self.login_by_name(key)).or_else(|| self.login_by_entry(key))
    }

    fn login_by_name(&self, key: &str) -> Option<u64> {
        let name = Identity::of(std::iter::empty(), Some(key)).login?;
        let named =
            |login: &u64| self.provider.cell(LOGINS, *login, "login").trim().to_lowercase() == name;
        self.index.logins_named(local_part(&name)).find(named)
    }

    fn login_by_entry(&self, key: &str) -> Option<u64> {
        if let Some(login) = key.strip_prefix("login-").and_then(|id| id.parse().ok()) {
            return self.provider.row(LOGINS, login).map(|_| login);
        }
        let onu: u64 = key.parse().ok()?;
        self.provider.row(ONUS, onu)?;
        self.login_of(EntryRow::Onu(onu))
    }

    fn changes(&self, heard: usize, logged: u64) -> Vec<Change> {
        let heard = self.audit[heard.min(self.audit.len())..].iter().map(|(_, h)| h);
        let mut changes: Vec<Change> = heard.filter_map(of_happening).collect();
        let logs = self.provider.rows(LOGS).filter(|(id, _)| *id >= logged);
        changes.extend(logs.map(|(_, row)| Change {
            side: "provider",
            what: match cell(row, "tipo") {
                "I" => "added",
                "D" => "removed",
                _ => "changed",
            },
            key: Some(format!("{}/{}", cell(row, "tabela"), cell(row, "id_tabela"))),
        }));
        changes
    }
}

fn of_happening(happening: &Happening) -> Option<Change> {
    let (side, what) = match happening {
        Happening::Added(_) => ("acs", "added"),
        Happening::Deleted { .. } | Happening::Excluded(_) => ("acs", "removed"),
        Happening::AcsSync => ("acs", "synchronised"),
        Happening::ProviderSync => ("provider", "synchronised"),
        Happening::ExclusionRan => return None,
    };
    let (_, key) = happening.told();
    Some(Change { side, what, key: key.map(str::to_owned) })
}
