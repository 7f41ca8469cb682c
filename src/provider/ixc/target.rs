//! Which row a change is about, and which of its columns it writes.
//!
//! Must not do: name a row of any other table, or a column that the field map does not name.

use std::fmt;

use crate::domain::text::visible;
use crate::domain::{Cell, RecordKey, Untrusted};
use crate::ports::Unable;
use crate::provider::ixc::join::LOGIN_ENTRY;
use crate::provider::ixc::rows::number;
use crate::provider::ixc::settings::Fields;
use crate::provider::ixc::tables::Table;

/// The column of an ONU row that names its login.
const LOGIN_COLUMN: &str = "id_login";

/// The most characters of a value that is written.
const VALUE_CHARS_MOST: usize = 128;

/// A row that may be written: of no other table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Target {
    /// A login.
    Login(u64),
    /// An ONU.
    Onu(u64),
}

impl Target {
    pub(super) fn of(key: &RecordKey) -> Option<Self> {
        let id = |text: &str| number(text).filter(|id| *id > 0);
        match key {
            RecordKey::Entry(entry) => match entry.raw().strip_prefix(LOGIN_ENTRY) {
                Some(login) => id(login).map(Self::Login),
                None => id(entry.raw()).map(Self::Onu),
            },
            RecordKey::Login(login) => id(login.raw()).map(Self::Login),
        }
    }

    pub(super) fn id(self) -> u64 {
        match self {
            Self::Login(id) | Self::Onu(id) => id,
        }
    }

    pub(super) fn table(self) -> Table {
        match self {
            Self::Login(_) => Table::Logins,
            Self::Onu(_) => Table::Onus,
        }
    }

    /// What no two changes may be under way for at once.
    pub(super) fn key(self) -> String {
        format!("provider:{}:{}", self.table().name(), self.id())
    }

    /// How the keys of `fields` begin.
    fn prefix(self) -> &'static str {
        match self {
            Self::Login(_) => "radusuarios",
            Self::Onu(_) => "fibra",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} of {}", self.id(), self.table().name())
    }
}

/// The id of a login in a change.
pub(super) fn login_target(login_id: &Untrusted) -> Result<Target, Unable> {
    Target::of(&RecordKey::Login(login_id.clone()))
        .ok_or_else(|| unable(format!("`{login_id}` is no id of a login of IXC Provedor")))
}

/// One column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// As the Provider writes it: `0` for no id.
    pub(super) value: String,
    is_id: bool,
}

impl Column {
    /// Is `text` what is wanted, exactly? For an id, nothing and `0` are the same.
    pub(super) fn is_wanted(&self, text: &str) -> bool {
        text == self.value || !self.holds(text) && !self.holds(&self.value)
    }

    /// Does `text` hold anything?
    pub(super) fn holds(&self, text: &str) -> bool {
        !(text.trim().is_empty() || self.is_id && text.trim() == "0")
    }
}

/// What a change of one row writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) target: Target,
    pub(super) columns: Vec<Column>,
    /// A value that is empty now stays empty.
    pub(super) held_only: bool,
}

impl Written {
    pub(super) fn of(
        fields: &Fields,
        row: &RecordKey,
        cells: &[(Cell, Untrusted)],
        held_only: bool,
    ) -> Result<Self, Unable> {
        let target = target(row)?;
        let mut columns: Vec<Column> = Vec::new();
        for (cell, value) in cells {
            let column = column(fields, target, *cell, value)?;
            if columns.iter().any(|known| known.name == column.name) {
                return Err(unable(format!("{target}: `{}` would be written twice", column.name)));
            }
            columns.push(column);
        }
        if columns.is_empty() {
            return Err(unable(format!("{target}: nothing is to be written")));
        }
        Ok(Self { target, columns, held_only })
    }

    /// The columns that are written where `now` tells what each holds at that moment.
    pub(super) fn writing<'a>(
        &'a self,
        now: impl Fn(&str) -> Option<&'a str>,
    ) -> impl Iterator<Item = &'a Column> {
        self.columns
            .iter()
            .filter(move |c| !self.held_only || now(&c.name).is_some_and(|text| c.holds(text)))
    }
}

pub(super) fn target(row: &RecordKey) -> Result<Target, Unable> {
    Target::of(row).ok_or_else(|| {
        let (RecordKey::Entry(id) | RecordKey::Login(id)) = row;
        unable(format!("`{id}` is no id of a row of IXC Provedor"))
    })
}

fn column(
    fields: &Fields,
    target: Target,
    cell: Cell,
    value: &Untrusted,
) -> Result<Column, Unable> {
    checked(cell, value)?;
    if cell == Cell::Login {
        return link(target, value);
    }
    let key = format!("{}.{}", target.prefix(), cell.wire());
    let name = match fields.columns(&key) {
        [one] => one.clone(),
        [] => {
            let table = target.table().name();
            return Err(unable(format!("no column of {table} is known for it: set `{key}`")));
        }
        several => {
            let names = several.join("`, `");
            return Err(unable(format!(
                "`{key}` names several columns (`{names}`): a person has to choose"
            )));
        }
    };
    Ok(Column { name, value: value.raw().to_owned(), is_id: false })
}

fn link(target: Target, value: &Untrusted) -> Result<Column, Unable> {
    let id = match value.raw() {
        "" => Some(0),
        id => number(id),
    };
    match (target, id) {
        (Target::Login(_), _) => Err(unable(format!("{target} is a login: it links to no other"))),
        (Target::Onu(_), None) => Err(unable(format!("`{value}` is no id of a login"))),
        (Target::Onu(_), Some(id)) => {
            Ok(Column { name: LOGIN_COLUMN.to_owned(), value: id.to_string(), is_id: true })
        }
    }
}

/// What boxes say of themselves is written where people and programs read it: plain words only.
fn checked(cell: Cell, value: &Untrusted) -> Result<(), Unable> {
    let raw = value.raw();
    let fits = raw.chars().count() <= VALUE_CHARS_MOST && raw == raw.trim();
    if fits && raw.chars().all(is_plain) {
        return Ok(());
    }
    let what = format!(
        "the {} `{}` has characters that none has, or is too long: look, and write it by hand",
        cell.wire(),
        visible(raw)
    );
    Err(unable(what))
}

/// A character that no program takes for anything but text.
pub(super) fn is_plain(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, ' ' | '-' | '_' | '.' | ':' | '/' | '+' | '#' | '@' | '(' | ')')
}

pub(super) fn unable(why: impl Into<String>) -> Unable {
    Unable { why: why.into() }
}
