//! Logins and ONUs, by their own columns: ids, serial, MAC, login, model.
//!
//! Must not do: ask for a value that a program could take for more than text.

use crate::domain::MatchedOn;
use crate::ports::FetchError;
use crate::provider::ixc::rows::number;
use crate::provider::ixc::search::Searching;
use crate::provider::ixc::search::values::{hardware, is_safe};
use crate::provider::ixc::tables::Table;

impl Searching<'_> {
    /// Rows by any id that a number may be.
    pub(super) fn by_id(&mut self) -> Result<(), FetchError> {
        let Some(id) = number(self.query.raw()).filter(|id| *id > 0) else { return Ok(()) };
        let of = |column| (Table::Logins, column);
        let mut asked = vec![of("id"), of("id_contrato"), of("id_cliente")];
        if self.with_onus() {
            asked.push((Table::Onus, "id"));
        }
        for (table, column) in asked {
            let rows = self.must(table, column, ("=", id.to_string()))?;
            self.take(table, &rows);
        }
        Ok(())
    }

    /// ONUs and logins by serial and MAC.
    pub(super) fn by_hardware(&mut self) -> Result<(), FetchError> {
        let values = hardware(self.query);
        if values.is_empty() {
            return Ok(());
        }
        let mut columns: Vec<(Table, String)> = Vec::new();
        for key in ["fibra.serial", "fibra.mac", "radusuarios.serial", "radusuarios.mac"] {
            let table = if key.starts_with("fibra") { Table::Onus } else { Table::Logins };
            if table == Table::Logins || self.with_onus() {
                let named = self.adapter.fields.columns(key).iter();
                columns.extend(named.map(|name| (table, name.clone())));
            }
        }
        columns.dedup();
        for (table, column) in columns {
            for value in &values {
                let rows = self.must(table, &column, ("L", value.clone()))?;
                self.take(table, &rows);
            }
        }
        Ok(())
    }

    pub(super) fn by_login(&mut self) -> Result<(), FetchError> {
        let [word] = self.query.words() else { return Ok(()) };
        // The realm is typed with and without.
        let local = word.split_once('@').map_or(word.as_str(), |(local, _)| local);
        if !is_safe(local) {
            return Ok(());
        }
        for column in self.adapter.fields.columns("radusuarios.login").to_vec() {
            let rows = self.must(Table::Logins, &column, ("L", local.to_owned()))?;
            self.take(Table::Logins, &rows);
        }
        Ok(())
    }

    /// ONUs and logins by their model, where the profile says which column has it.
    pub(super) fn by_model(&mut self) -> Result<(), FetchError> {
        let words = self.query.words().iter().filter(|w| is_safe(w));
        // What has no digit is somebody's name, and no model's.
        let word =
            words.filter(|w| w.contains(|c: char| c.is_ascii_digit())).max_by_key(|w| w.len());
        let Some(word) = word.filter(|w| w.contains(char::is_alphabetic)).cloned() else {
            return Ok(());
        };
        let mut asked = false;
        for (table, key) in [(Table::Onus, "fibra.model"), (Table::Logins, "radusuarios.model")] {
            if table == Table::Onus && !self.with_onus() {
                continue;
            }
            for column in self.adapter.fields.columns(key).to_vec() {
                asked = true;
                let rows = self.must(table, &column, ("L", word.clone()))?;
                self.take(table, &rows);
            }
        }
        if !asked {
            self.not_asked.insert(MatchedOn::Model);
        }
        Ok(())
    }
}
