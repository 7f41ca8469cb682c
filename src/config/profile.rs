//! From what was typed to what one run needs: a profile with its two sides, checked.
//!
//! Must not do: read a secret; `Settings::read_secrets` does that only where one is needed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use crate::config::ca;
use crate::config::choices::{Auth, Kind};
use crate::config::columns;
use crate::config::edges;
use crate::config::error::{ConfigError, Source};
use crate::config::locate::Environment;
use crate::config::schema::{Net, NetRaw, SideKeys, SideRaw};
use crate::config::secret::{self, SecretSource};
use crate::config::test_files;
use crate::config::trail::Trail;
use crate::config::value::{Address, Period, Rate};
use crate::domain::Side;

/// How one side is read.
#[derive(Clone, Debug)]
pub enum SideSettings {
    /// From a file.
    File(FileSide),
    /// Over the network.
    Network(Box<NetworkSide>),
}

impl SideSettings {
    /// Where it is: its address or its file, without secrets.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::File(file) => file.path.display().to_string(),
            Self::Network(network) => network.url.to_string(),
        }
    }
}

/// A file to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSide {
    /// The file; relative paths of the configuration are under its folder.
    pub path: PathBuf,
    /// Our column = the file's column.
    pub columns: BTreeMap<String, String>,
}

/// A system to ask.
#[derive(Clone, Debug)]
pub struct NetworkSide {
    /// Which adapter.
    pub kind: Kind,
    /// Scheme and host.
    pub url: Address,
    /// What else was set.
    pub keys: SideKeys,
    /// `[net]`, with this side's own values over it.
    pub net: Net,
    /// Least wait before a write in doubt is sent again.
    pub quiet_period: Period,
    /// Where its secrets are, by key.
    pub secrets: Vec<(&'static str, SecretSource)>,
    /// Its table in the configuration, for messages (`profiles.prod.acs`).
    pub table: String,
}

impl NetworkSide {
    /// The certificate authority of one's own, PEM, where one is named.
    ///
    /// # Errors
    /// Where the file can't be read or is no PEM.
    pub fn ca_pem(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        self.keys.ca_file.as_deref().map(|path| ca::read(path, &self.table)).transpose()
    }
}

/// What every check of a side needs to know.
pub(super) struct Context<'a> {
    pub(super) source: &'a Source,
    pub(super) profile: &'a str,
    pub(super) net: &'a NetRaw,
    pub(super) env: &'a dyn Environment,
}

/// The side's word in keys and messages.
pub(super) fn word(side: Side) -> &'static str {
    match side {
        Side::Acs => "acs",
        Side::Provider => "provider",
    }
}

const NET_KEYS: [&str; 9] = [
    "connect_timeout",
    "request_timeout",
    "server_limit",
    "quiet_period",
    "read_rps",
    "write_rps",
    "page_size",
    "requests_per_minute",
    "requests_per_day",
];
const ADAPTER_KEYS: [&str; 5] = ["kind", "url", "ca_file", "allow_http", "fields"];

/// The keys of each kind, beside those of every network adapter.
fn own_keys(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::File => &["kind", "path", "columns"],
        Kind::GenieAcs => &[
            "username",
            "password_file",
            "password_env",
            "speedtest_url",
            "speedtest_bytes",
            "speedtest_upload_url",
            "speedtest_upload_bytes",
        ],
        Kind::IxcAcs => &[
            "client_id",
            "client_secret_file",
            "client_secret_env",
            "auth",
            "private_key_file",
            "private_key_env",
            "token_path",
            "devices_path",
            "status_means",
            "calls",
        ],
        Kind::IxcProvedor => &[
            "client_id",
            "client_secret_file",
            "client_secret_env",
            "auth",
            "token_path",
            "device_source",
            "update",
            "paging",
            "server_columns",
            "synchronise_path",
            "model_ceilings",
        ],
    }
}

fn takes(kind: Kind, key: &str) -> bool {
    let network = kind != Kind::File && (NET_KEYS.contains(&key) || ADAPTER_KEYS.contains(&key));
    network || own_keys(kind).contains(&key)
}

/// One side's table while it is checked: what was typed, and where.
struct Table<'a> {
    name: String,
    side: Side,
    source: &'a Source,
    whole: Range<usize>,
    typed: Vec<(&'static str, Range<usize>)>,
}

impl Table<'_> {
    /// Blames a key, or the whole table where the key is not there.
    fn blame(&self, key: &str, error: ConfigError) -> ConfigError {
        error.at(self.source.place(&self.span(key)))
    }

    fn span(&self, key: &str) -> Range<usize> {
        let typed = self.typed.iter().find(|(k, _)| *k == key);
        typed.map_or(self.whole.clone(), |(_, span)| span.clone())
    }

    fn missing(&self, key: &str, hint: impl Into<String>) -> ConfigError {
        let error = ConfigError::new(format!("[{}] has no `{key}`", self.name));
        self.blame(key, error.hint(hint))
    }

    /// The kind is one of this side, and takes every key that was typed.
    fn check_kind(&self, kind: Kind) -> Result<(), ConfigError> {
        let kinds = kinds(self.side);
        if !kinds.contains(&format!("\"{kind}\"")) {
            let error = ConfigError::new(format!("kind \"{kind}\" is none of {}", word(self.side)));
            return Err(self.blame("kind", error.hint(format!("use one of: {kinds}"))));
        }
        let Some((key, _)) = self.typed.iter().find(|(key, _)| !takes(kind, key)) else {
            return Ok(());
        };
        let error = ConfigError::new(format!("`{key}` is no key of kind \"{kind}\""));
        Err(self.blame(key, error.hint(format!("{}; remove it from [{}]", whose(key), self.name))))
    }
}

/// Checks one side's table and settles it.
pub(super) fn settle_side(
    context: &Context<'_>,
    side: Side,
    raw: &Spanned<SideRaw>,
    trail: &mut Trail<'_>,
) -> Result<SideSettings, ConfigError> {
    let table = Table {
        name: format!("profiles.{}.{}", context.profile, word(side)),
        side,
        source: context.source,
        whole: raw.span(),
        typed: raw.get_ref().typed(),
    };
    let mut keys = SideKeys::settle(raw.get_ref(), &format!("{}.", table.name), trail);
    keys.ca_file = keys.ca_file.map(|path| beside(&context.source.path, &path));
    let kind =
        keys.kind.ok_or_else(|| table.missing("kind", format!("add one of: {}", kinds(side))))?;
    table.check_kind(kind)?;
    let prefix = format!("{}.", table.name);
    trail.unset.retain(|key| key.strip_prefix(&prefix).is_none_or(|key| takes(kind, key)));
    if kind == Kind::File {
        let path = keys.path.ok_or_else(|| table.missing("path", "name the file to read"))?;
        let path = beside(&context.source.path, &path);
        let typed = keys.columns.iter().flat_map(BTreeMap::keys);
        columns::check(side, typed, (context.source, table.span("columns")))?;
        return Ok(SideSettings::File(FileSide {
            path,
            columns: keys.columns.unwrap_or_default(),
        }));
    }
    let why = "add scheme and host, like url = \"https://isp.example\"";
    let url = keys.url.clone().ok_or_else(|| table.missing("url", why))?;
    check_encrypted(&url, &keys).map_err(|e| table.blame("url", e))?;
    for (key, value) in [
        ("client_id", &keys.client_id),
        ("username", &keys.username),
        ("token_path", &keys.token_path),
        ("devices_path", &keys.devices_path),
        ("synchronise_path", &keys.synchronise_path),
    ] {
        check_text(value.as_deref()).map_err(|e| table.blame(key, e))?;
    }
    check_auth(&keys, kind).map_err(|e| table.blame("auth", e))?;
    test_files::check(&keys).map_err(|(key, e)| table.blame(key, e))?;
    network_side(context, &table, kind, url, keys).map(Box::new).map(SideSettings::Network)
}

/// Pasted white space is the integration's most frequent failure, and nothing shows it.
fn check_text(value: Option<&str>) -> Result<(), ConfigError> {
    let checked = value.map_or(Ok(()), edges::check);
    checked.map_err(|what| {
        ConfigError::new(format!("the value {what}"))
            .hint("remove it: acerto never trims a value silently")
    })
}

fn check_encrypted(url: &Address, keys: &SideKeys) -> Result<(), ConfigError> {
    if url.is_https() || url.is_loopback() || keys.allow_http == Some(true) {
        return Ok(());
    }
    let what = "plain http to another machine would show every customer's data and the secret";
    let hint = "use https://, or set allow_http = true for this side if the wire is yours";
    Err(ConfigError::new(what).hint(hint))
}

/// Which kinds a side may have, as one types them.
fn kinds(side: Side) -> &'static str {
    match side {
        Side::Acs => "\"ixc-acs\", \"genieacs\", \"file\"",
        Side::Provider => "\"ixc-provedor\", \"file\"",
    }
}

/// Says where a misplaced key would belong.
fn whose(key: &str) -> String {
    let kinds = [Kind::IxcAcs, Kind::GenieAcs, Kind::IxcProvedor, Kind::File];
    let takers: Vec<String> =
        kinds.iter().filter(|k| takes(**k, key)).map(|k| format!("\"{k}\"")).collect();
    format!("it belongs to {}", takers.join(", "))
}

fn check_auth(keys: &SideKeys, kind: Kind) -> Result<(), ConfigError> {
    use Auth::{BasicToken, ClientCredentials, Jwt, Oauth};

    let Some(auth) = keys.auth else { return Ok(()) };
    let fits = match kind {
        Kind::IxcAcs => matches!(auth, Oauth | Jwt),
        Kind::IxcProvedor => matches!(auth, BasicToken | ClientCredentials),
        Kind::GenieAcs | Kind::File => false,
    };
    if fits {
        return Ok(());
    }
    let hint = match kind {
        Kind::IxcAcs => "use \"oauth\" or \"jwt\"",
        Kind::IxcProvedor => "use \"basic-token\" or \"client-credentials\"",
        Kind::GenieAcs | Kind::File => "remove it",
    };
    Err(ConfigError::new(format!("auth \"{auth}\" is none of kind \"{kind}\"")).hint(hint))
}

fn network_side(
    context: &Context<'_>,
    table: &Table<'_>,
    kind: Kind,
    url: Address,
    keys: SideKeys,
) -> Result<NetworkSide, ConfigError> {
    let net = own_net(context, &keys, &url);
    let least = least_quiet(&net);
    let quiet_period = net.quiet_period.unwrap_or(least);
    if quiet_period < least {
        // The line to blame: the side's own key, or that of [net].
        let span = match (&keys.quiet_period, &context.net.quiet_period) {
            (None, Some(typed)) => typed.span(),
            _ => table.span("quiet_period"),
        };
        let error = too_quick(quiet_period, least).at(context.source.place(&span));
        return Err(error);
    }
    let secrets = secrets(context, table.side, &keys)?;
    let table = table.name.clone();
    Ok(NetworkSide { kind, url, keys, net, quiet_period, secrets, table })
}

/// 2 x `request_timeout` + `server_limit`: until then an old request may still land.
pub(super) fn least_quiet(net: &Net) -> Period {
    let doubled = net.request_timeout.0.saturating_add(net.request_timeout.0);
    Period(doubled.saturating_add(net.server_limit.0))
}

/// What to say of a quiet period below the minimum.
pub(super) fn too_quick(quiet: Period, least: Period) -> ConfigError {
    ConfigError::new(format!(
        "quiet_period {quiet} is less than 2 x request_timeout + server_limit = {least}"
    ))
    .hint("a write could be sent twice: raise it, or leave it out")
}

/// The side's own values over `[net]`; on loopback no rate limits unless one is typed.
fn own_net(context: &Context<'_>, keys: &SideKeys, url: &Address) -> Net {
    let general = Net::settle(context.net, "net.", &mut Trail::new(Some(context.source)));
    let rate = |own: Option<Rate>, typed: bool, general: Rate| {
        own.unwrap_or(if url.is_loopback() && !typed { Rate(0.0) } else { general })
    };
    Net {
        connect_timeout: keys.connect_timeout.unwrap_or(general.connect_timeout),
        request_timeout: keys.request_timeout.unwrap_or(general.request_timeout),
        server_limit: keys.server_limit.unwrap_or(general.server_limit),
        read_rps: rate(keys.read_rps, context.net.read_rps.is_some(), general.read_rps),
        write_rps: rate(keys.write_rps, context.net.write_rps.is_some(), general.write_rps),
        requests_per_minute: keys.requests_per_minute.unwrap_or(general.requests_per_minute),
        requests_per_day: keys.requests_per_day.unwrap_or(general.requests_per_day),
        quiet_period: keys.quiet_period.or(general.quiet_period),
        page_size: keys.page_size.or(general.page_size),
    }
}

fn secrets(
    context: &Context<'_>,
    side: Side,
    keys: &SideKeys,
) -> Result<Vec<(&'static str, SecretSource)>, ConfigError> {
    let known = [
        ("client_secret", &keys.client_secret_file, &keys.client_secret_env),
        ("password", &keys.password_file, &keys.password_env),
        ("private_key", &keys.private_key_file, &keys.private_key_env),
    ];
    let mut found = Vec::new();
    for (key, file, variable) in known {
        let table = format!("profiles.{}.{}", context.profile, word(side));
        if file.is_some() && variable.is_some() {
            let what = format!("[{table}] names both `{key}_file` and `{key}_env`");
            let error = ConfigError::new(what).at(super::Place::file(&context.source.path));
            return Err(error.hint("keep one of them"));
        }
        let file = file.as_deref().map(|path| beside(&context.source.path, path));
        let credential = format!("{}.{}.{key}", context.profile, word(side));
        let source = secret::source(file.as_deref(), variable.as_deref(), &credential, context.env);
        found.extend(source.map(|source| (key, source)));
    }
    Ok(found)
}

/// A path of the configuration: relative ones are under the file's folder.
pub(super) fn beside(config: &Path, path: &Path) -> PathBuf {
    config.parent().unwrap_or(Path::new("")).join(path)
}
