//! What the configuration says of writes, checked: whole rows or parts, which columns the server
//! keeps itself, and what makes it synchronise.
//!
//! Must not do: take a table's path for that of the synchronisation: a POST there makes a row.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::text::visible;
use crate::ports::{FetchError, FetchErrorKind};
use crate::provider::ixc::settings::{Update, UpdateMode};
use crate::provider::ixc::tables::Table;

/// The column that the Provider itself fills at every write (IXC.md section 1).
const SERVER_COLUMN: &str = "ultima_atualizacao";

/// How is written.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    logins: UpdateMode,
    onus: UpdateMode,
    pub(super) server_columns: BTreeSet<String>,
    pub(super) synchronise: Option<SynchronisePath>,
}

/// A path that is no table's.
#[derive(Clone, Debug)]
pub(super) struct SynchronisePath(String);

impl SynchronisePath {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn new(path: &str) -> Result<Self, FetchError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.');
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let whole = path.starts_with('/') && path.bytes().all(plain);
        if !whole || parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            let what = format!("synchronise_path `{}` is no path", visible(path));
            return Err(config(what, "write it as `/webservice/v1/NAME`, without scheme and host"));
        }
        let tables = Table::ALL.into_iter().chain([Table::Logs]);
        let is_table = |part: &&str| tables.clone().any(|t| t.name().eq_ignore_ascii_case(part));
        if let Some(table) = parts.iter().find(|part| is_table(part)) {
            let what =
                format!("synchronise_path names the table {table}: a POST there makes a row");
            return Err(config(what, "set it to the path of the synchronisation, or leave it out"));
        }
        Ok(Self(path.to_owned()))
    }
}

impl Writing {
    pub(super) fn new(
        update: &Update,
        server_columns: &[String],
        synchronise_path: Option<&str>,
    ) -> Result<Self, FetchError> {
        let (logins, onus) = match update {
            Update::All(mode) => (*mode, *mode),
            Update::ByTable(tables) => by_table(tables)?,
        };
        let mut columns = BTreeSet::from([SERVER_COLUMN.to_owned()]);
        for name in server_columns {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if name.is_empty() || !name.bytes().all(plain) {
                let what = format!("server_columns names `{}`, which is no column", visible(name));
                let hint =
                    "columns are lower-case letters, digits and `_`, as a listing shows them";
                return Err(config(what, hint));
            }
            columns.insert(name.clone());
        }
        let synchronise = synchronise_path.map(SynchronisePath::new).transpose()?;
        Ok(Self { logins, onus, server_columns: columns, synchronise })
    }

    pub(super) fn mode(&self, table: Table) -> UpdateMode {
        if table == Table::Onus { self.onus } else { self.logins }
    }
}

fn by_table(tables: &BTreeMap<String, UpdateMode>) -> Result<(UpdateMode, UpdateMode), FetchError> {
    let (mut logins, mut onus) = (UpdateMode::Full, UpdateMode::Full);
    for (name, mode) in tables {
        if name == Table::Logins.name() {
            logins = *mode;
        } else if name == Table::Onus.name() {
            onus = *mode;
        } else {
            let what =
                format!("update names the table `{}`, which is never written", visible(name));
            let hint = "the tables are radusuarios and radpop_radio_cliente_fibra";
            return Err(config(what, hint));
        }
    }
    Ok((logins, onus))
}

fn config(what: String, hint: &str) -> FetchError {
    FetchError::new(FetchErrorKind::Config, what, &[hint])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_that_is_no_table_s_is_posted_to() {
        for (path, good) in [
            ("/webservice/v1/sincronizar", true),
            ("/x", true),
            ("sincronizar", false),
            ("/", false),
            ("//host/x", false),
            ("/webservice/v1/../v1/x", false),
            ("/webservice/v1/radusuarios", false),
            ("/webservice/v1/Cliente_Contrato/7", false),
            ("/webservice/v1/ixc_logs", false),
            ("/x?y=1", false),
            ("/x%2e", false),
            ("/x y", false),
        ] {
            let made = Writing::new(&Update::All(UpdateMode::Full), &[], Some(path));
            assert_eq!(made.is_ok(), good, "{path}");
        }
    }

    #[test]
    fn a_table_that_is_not_written_and_a_column_that_is_none_are_named() {
        let by =
            |name: &str| Update::ByTable(BTreeMap::from([(name.to_owned(), UpdateMode::Partial)]));
        let error = Writing::new(&by("cliente"), &[], None).unwrap_err();
        assert!(error.kind == FetchErrorKind::Config && error.what.contains("`cliente`"));
        let writing = Writing::new(&by("radusuarios"), &["online".to_owned()], None).unwrap();
        assert_eq!(writing.mode(Table::Logins), UpdateMode::Partial);
        assert_eq!(writing.mode(Table::Onus), UpdateMode::Full);
        let kept: Vec<&str> = writing.server_columns.iter().map(String::as_str).collect();
        assert_eq!(kept, ["online", "ultima_atualizacao"]);
        for wrong in ["", "Online", "a.b", "a:json"] {
            let made = Writing::new(&by("radusuarios"), &[wrong.to_owned()], None);
            assert!(made.is_err(), "{wrong}");
        }
    }
}
