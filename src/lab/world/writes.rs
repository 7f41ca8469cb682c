//! Writes to the Provider's tables: whole rows, as its web service takes them, and its actions.
//!
//! Must not do: judge a write. What the web service lets through happens, as in the real one.

use super::World;
use super::clock;
use super::provider::{LOGINS, LOGS, ONUS, Row, cell};

/// The columns that the Provider fills by itself.
const SERVER_KEPT: &str = "ultima_atualizacao";

/// A column that people correct, and no program reads.
const ADDRESS: &str = "endereco";

/// Who made a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A person at the Provider.
    Person,
    /// The user of the web service.
    WebService,
    /// The integration with the ACS.
    Integration,
}

impl By {
    fn operator(self) -> &'static str {
        match self {
            Self::Person => "tecnico",
            Self::WebService => "webservice",
            Self::Integration => "integracao acs",
        }
    }
}

impl World {
    /// A PUT: the row becomes exactly `row`; columns not sent are erased, hidden ones too.
    /// `false` where there is no such row.
    pub fn replace(&mut self, table: &str, id: u64, row: Row) -> bool {
        let Some(old) = self.provider.row(table, id).cloned() else { return false };
        let mut row = row;
        row.insert("id", id.to_string());
        self.put(table, id, row, By::WebService);
        self.note_change(table, id, &old);
        true
    }

    /// A POST: a new row; columns not sent hold what a new row holds. `None` where there is no
    /// such table.
    pub fn insert(&mut self, table: &str, row: Row) -> Option<u64> {
        self.add(table, row, By::WebService)
    }

    /// A DELETE; `false` where there is no such row.
    pub fn remove(&mut self, table: &str, id: u64) -> bool {
        self.drop_row(table, id, By::WebService)
    }

    /// Somebody at the Provider's screen corrects an address, which a listing shows.
    pub fn correct_address(&mut self, table: &str, id: u64) -> bool {
        let held = self.provider.tables.get(table);
        if !held.is_some_and(|held| held.columns.contains(&ADDRESS)) {
            return false;
        }
        let number = self.provider.rows(LOGS).count();
        let address = format!("Rua Corrigida, {number}");
        self.set(table, id, &[(ADDRESS, address)], By::Person)
    }

    /// A part of the Provider that logs nothing keeps a value in a column that no listing shows.
    pub fn fill_hidden(&mut self, table: &str, id: u64) -> bool {
        let held = self.provider.tables.get(table).filter(|held| held.rows.contains_key(&id));
        let Some(column) = held.and_then(|held| held.hidden.first().copied()) else {
            return false;
        };
        self.stamp(table, id, column, "guardado");
        true
    }

    /// The action that clears a login's MAC, so that another box may use it.
    pub fn clear_mac(&mut self, login: u64) -> bool {
        self.set(LOGINS, login, &[("mac", String::new())], By::WebService)
    }

    /// The action that ends a login's session.
    pub fn disconnect(&mut self, login: u64) -> bool {
        let ended = clock::local(self.now);
        let cells = [("online", "N".to_owned()), ("ultima_conexao_final", ended)];
        self.set(LOGINS, login, &cells, By::WebService)
    }

    pub(super) fn add(&mut self, table: &str, row: Row, by: By) -> Option<u64> {
        let held = self.provider.tables.get(table)?;
        // An id is not given twice, even after the last row went.
        let id = held.next_id().max(self.next_ids.get(table).copied().unwrap_or(1));
        let mut full = held.blank();
        full.extend(row);
        full.insert("id", id.to_string());
        if let Some((table, _)) = self.provider.tables.get_key_value(table) {
            self.next_ids.insert(table, id + 1);
        }
        self.put(table, id, full, by);
        Some(id)
    }

    pub(super) fn drop_row(&mut self, table: &str, id: u64, by: By) -> bool {
        let Some(held) = self.provider.tables.get_mut(table) else { return false };
        let Some(row) = held.rows.remove(&id) else { return false };
        self.index.note(table, id, &row, false);
        self.log(table, id, "D", by, "");
        true
    }

    /// Changes some columns of a row, as people do at a screen.
    pub(super) fn set(
        &mut self,
        table: &str,
        id: u64,
        cells: &[(&'static str, String)],
        by: By,
    ) -> bool {
        let Some(old) = self.provider.row(table, id).cloned() else { return false };
        let mut row = old.clone();
        row.extend(cells.iter().cloned());
        self.put(table, id, row, by);
        self.note_change(table, id, &old);
        true
    }

    /// Writes one column that identifies nobody, without a trace: what the integration confirms
    /// every night.
    pub(super) fn stamp(&mut self, table: &str, id: u64, column: &'static str, value: &str) {
        let held = self.provider.tables.get_mut(table);
        if let Some(row) = held.and_then(|t| t.rows.get_mut(&id)) {
            row.insert(column, value.to_owned());
        }
    }

    fn put(&mut self, table: &str, id: u64, mut row: Row, by: By) {
        let Some(held) = self.provider.tables.get_mut(table) else { return };
        if held.columns.contains(&SERVER_KEPT) {
            row.insert(SERVER_KEPT, clock::local(self.now));
        }
        let old = held.rows.insert(id, row);
        let changed = match (&old, held.rows.get(&id)) {
            (Some(old), Some(new)) => changed_columns(old, new),
            _ => String::new(),
        };
        if let Some(old) = &old {
            self.index.note(table, id, old, false);
        }
        if let Some(new) = self.provider.row(table, id) {
            self.index.note(table, id, new, true);
        }
        self.log(table, id, if old.is_some() { "U" } else { "I" }, by, &changed);
    }

    /// Remembers since when an entry is linked or active as it is.
    fn note_change(&mut self, table: &str, id: u64, old: &Row) {
        let watched: &[&str] = match table {
            ONUS => &["mac", "id_login"],
            LOGINS => &["ativo", "mac", "onu_mac", "login"],
            _ => return,
        };
        let Some(new) = self.provider.row(table, id) else { return };
        if watched.iter().all(|column| cell(old, column) == cell(new, column)) {
            return;
        }
        let device = if table == ONUS { id.to_string() } else { format!("login-{id}") };
        self.past.changed.insert(device, self.now);
    }

    fn log(&mut self, table: &str, id: u64, kind: &str, by: By, changed: &str) {
        if !matches!(table, ONUS | LOGINS) {
            return;
        }
        let at = clock::local(self.now);
        let Some(logs) = self.provider.tables.get_mut(LOGS) else { return };
        let log_id = logs.next_id();
        let cells = [
            ("id", log_id.to_string()),
            ("tabela", table.to_owned()),
            ("id_tabela", id.to_string()),
            ("tipo", kind.to_owned()),
            ("operador", by.operator().to_owned()),
            ("data", at),
            ("campos", changed.to_owned()),
        ];
        logs.rows.insert(log_id, cells.into_iter().collect());
    }
}

/// `mac,id_login`: names only; values would hold passwords.
fn changed_columns(old: &Row, new: &Row) -> String {
    let mut names: Vec<&str> = old
        .keys()
        .chain(new.keys())
        .copied()
        .filter(|c| *c != SERVER_KEPT && cell(old, c) != cell(new, c))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.join(",")
}
