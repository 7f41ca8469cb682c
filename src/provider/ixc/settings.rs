//! What the adapter is told before it starts, and what of it can't be used.
//!
//! Must not do: read the configuration, or show a secret.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::domain::text::visible;
use crate::http;
use crate::ports::{FetchError, FetchErrorKind};
use crate::provider::ixc::tables::Table;

/// How the adapter proves who it is.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The id of the token's user; may be absent where the secret carries it.
    pub client_id: Option<String>,
    /// The token.
    pub secret: SecretString,
}

/// Which way of proving it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Basic`, the documented way.
    BasicToken,
    /// An OAuth client: a token is asked for at `token_path`.
    ClientCredentials {
        /// Its path, beginning with `/`.
        token_path: String,
    },
}

/// Which rows are device entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceSource {
    /// ONU rows, and logins with an identity that no ONU row links to.
    Both,
    /// ONU rows alone.
    Fibra,
    /// Logins alone; ONU rows are not read.
    Radusuarios,
}

/// How a table is read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// By ids beyond the last one; by pages where the server does not take that.
    Keyset,
    /// By pages, under an upper bound on id.
    Page,
}

/// How much of a row a PUT sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// The whole row: what is not sent is erased.
    Full,
    /// What changes alone, where an installation takes that.
    Partial,
}

/// How rows are updated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// All alike.
    All(UpdateMode),
    /// By table; whole rows of those not named.
    ByTable(BTreeMap<String, UpdateMode>),
}

/// Everything that the adapter is told.
#[derive(Clone, Debug)]
pub struct IxcProvedorSettings {
    /// Its server and limits.
    pub http: http::Settings,
    /// Its credential.
    pub credential: Credential,
    /// How the credential is used.
    pub auth: Auth,
    /// Which rows are device entries.
    pub device_source: DeviceSource,
    /// How tables are read.
    pub paging: Paging,
    /// Rows a page; 1,000 where not set, at most 10,000.
    pub page_size: Option<u32>,
    /// `fibra.OURS` or `radusuarios.OURS` to columns; the first that is not empty counts.
    pub fields: BTreeMap<String, Vec<String>>,
    /// How rows are updated.
    pub update: Update,
    /// Columns that the server keeps itself, beside `ultima_atualizacao`.
    pub server_columns: Vec<String>,
    /// Path of the call that makes the Provider synchronise with the ACS, where there is one.
    pub synchronise_path: Option<String>,
    /// Zone of the Provider's times.
    pub timezone: TimeZone,
    /// Now, for a server that sends no `Date`.
    pub now: Timestamp,
}

/// Most rows of a page (SAFETY.md section 4).
pub(super) const PAGE_ROWS_MAX: u32 = 10_000;

const PAGE_ROWS: u32 = 1_000;

/// Keys of `fields`, and their columns where not set.
const FIELDS: [(&str, &[&str]); 16] = [
    ("fibra.serial", &["mac"]),
    ("fibra.mac", &[]),
    ("fibra.registered", &[]),
    ("fibra.synchronised", &[]),
    ("fibra.model", &[]),
    ("fibra.acs_id", &[]),
    ("radusuarios.serial", &["onu_mac"]),
    ("radusuarios.mac", &["mac"]),
    ("radusuarios.login", &["login"]),
    ("radusuarios.wan_ip", &["ip"]),
    ("radusuarios.last_online", &["ultima_conexao_inicial"]),
    ("radusuarios.registered", &[]),
    ("radusuarios.synchronised", &[]),
    ("radusuarios.model", &[]),
    ("radusuarios.acs_id", &[]),
    ("radusuarios.active", &["ativo"]),
];

/// Parts of names of columns that hold secrets: never read, whatever the configuration says.
const SECRET_PARTS: [&str; 5] = ["senha", "password", "passwd", "secret", "token"];

/// Which columns hold which of our fields.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    map: BTreeMap<&'static str, Vec<String>>,
    set: Vec<&'static str>,
}

impl Fields {
    pub(super) fn new(set: &BTreeMap<String, Vec<String>>) -> Result<Self, FetchError> {
        let mut map = BTreeMap::new();
        for (key, columns) in FIELDS {
            map.insert(key, columns.iter().map(|c| (*c).to_owned()).collect());
        }
        let mut keys = Vec::new();
        for (key, columns) in set {
            let Some(&(key, _)) = FIELDS.iter().find(|(k, _)| k == key) else {
                return Err(unknown_key(key));
            };
            columns.iter().try_for_each(|column| checked(key, column))?;
            map.insert(key, columns.clone());
            keys.push(key);
        }
        Ok(Self { map, set: keys })
    }

    /// The columns of one field; the first that is not empty counts.
    pub(super) fn columns(&self, key: &str) -> &[String] {
        self.map.get(key).map_or(&[], Vec::as_slice)
    }

    /// The columns that are read of a table.
    pub(super) fn wanted(&self, table: Table) -> Vec<String> {
        let mut wanted: Vec<String> = table.columns().iter().map(|c| (*c).to_owned()).collect();
        for (_, columns) in self.of(table) {
            wanted.extend(columns.iter().cloned());
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Sets of columns of which at least one has to be there, and the key that names them.
    pub(super) fn needed(&self, table: Table) -> Vec<(String, Vec<String>)> {
        let fixed = table.needed().iter().map(|c| (String::new(), vec![(*c).to_owned()]));
        let always = |key: &str| matches!(key, "fibra.serial" | "radusuarios.login");
        let named = self
            .of(table)
            .filter(|(key, columns)| {
                !columns.is_empty() && (always(key) || self.set.contains(*key))
            })
            .map(|(key, columns)| ((*key).to_owned(), columns.clone()));
        fixed.chain(named).collect()
    }

    fn of(&self, table: Table) -> impl Iterator<Item = (&&'static str, &Vec<String>)> {
        let prefix = match table {
            Table::Logins => "radusuarios.",
            Table::Onus => "fibra.",
            _ => "-",
        };
        self.map.iter().filter(move |(key, _)| key.starts_with(prefix))
    }
}

fn unknown_key(key: &str) -> FetchError {
    let near = FIELDS.iter().max_by(|(a, _), (b, _)| {
        strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key))
    });
    let near = near.map_or("fibra.serial", |(known, _)| known);
    let what = format!("fields: `{}` is no known key; the nearest is `{near}`", visible(key));
    FetchError::new(FetchErrorKind::Config, what, &["correct the key under fields"])
}

fn checked(key: &str, column: &str) -> Result<(), FetchError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if column.is_empty() || !column.bytes().all(plain) {
        let what = format!("fields: `{key}` names `{}`, which is no column", visible(column));
        let hint = "columns are lower-case letters, digits and `_`, as the listing shows them";
        return Err(FetchError::new(FetchErrorKind::Config, what, &[hint]));
    }
    if SECRET_PARTS.iter().any(|part| column.contains(part)) {
        let what = format!("fields: `{key}` names `{column}`, which may hold a secret");
        let hint = "name another column: columns of passwords and tokens are never read";
        return Err(FetchError::new(FetchErrorKind::Config, what, &[hint]));
    }
    Ok(())
}

/// Rows a page, checked.
pub(super) fn page_rows(set: Option<u32>) -> Result<u32, FetchError> {
    match set.unwrap_or(PAGE_ROWS) {
        rows @ 1..=PAGE_ROWS_MAX => Ok(rows),
        rows => {
            let what = format!("page_size is {rows}; it is 1 to {PAGE_ROWS_MAX}");
            Err(FetchError::new(FetchErrorKind::Config, what, &["correct page_size"]))
        }
    }
}
