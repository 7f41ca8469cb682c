//! The network adapters, each made of what the configuration says of its side.
//!
//! Must not do: talk to a system, or keep a value that the configuration has.

use std::collections::BTreeMap;
use std::time::Duration;

use acerto::acs::genieacs::{GenieAcs, GenieSettings, SpeedTests, TestFile};
use acerto::acs::ixc::{self as acs_ixc, IxcAcs, IxcAcsSettings};
use acerto::app::Reading;
use acerto::config::{
    Auth, Call, Calls, ConfigError, DeviceSource, Method, NetworkSide, OneOrMany, Paging, Period,
    StatusMeans, Update, UpdateMode,
};
use acerto::http;
use acerto::ports::{FetchError, FetchErrorKind};
use acerto::provider::ixc::{self as provider_ixc, IxcProvedor, IxcProvedorSettings};
use secrecy::SecretString;

/// A streamed list is one request; its whole fetch may take this long.
const STREAMED_FETCH: Duration = Duration::from_secs(15 * 60);
/// 100,000 devices in pages of 50 at the shipped 2 requests a second take 17 minutes.
const PAGED_FETCH: Duration = Duration::from_secs(60 * 60);

/// Opens GenieACS.
pub fn genieacs(side: &NetworkSide, reading: &Reading) -> Result<GenieAcs, FetchError> {
    let login = match (&side.keys.username, reading.secrets.get("password")) {
        (Some(user), Some(password)) => Some((user.clone(), password.clone())),
        (None, None) => None,
        (Some(_), None) => return Err(missing(side, "password_file")),
        (None, Some(_)) => return Err(missing(side, "username")),
    };
    GenieAcs::new(GenieSettings {
        http: client(side, reading, STREAMED_FETCH)?,
        login,
        fields: fields(side),
        speed_tests: speed_tests(side),
        now: reading.now,
    })
}

/// What devices load and send for a speed test; the configuration has the size of each.
fn speed_tests(side: &NetworkSide) -> SpeedTests {
    let keys = &side.keys;
    let file = |url: &Option<String>, bytes: Option<u64>| {
        Some(TestFile { url: url.clone()?, bytes: bytes? })
    };
    SpeedTests {
        download: file(&keys.speedtest_url, keys.speedtest_bytes),
        upload: file(&keys.speedtest_upload_url, keys.speedtest_upload_bytes),
    }
}

/// Opens IXC ACS.
pub fn ixc_acs(side: &NetworkSide, reading: &Reading) -> Result<IxcAcs, FetchError> {
    let client_id = client_id(side)?;
    let login = match side.keys.auth {
        Some(Auth::Jwt) => {
            acs_ixc::Login::Jwt { client_id, private_key: secret(side, reading, "private_key")? }
        }
        _ => acs_ixc::Login::Oauth { client_id, secret: secret(side, reading, "client_secret")? },
    };
    IxcAcs::new(IxcAcsSettings {
        http: client(side, reading, PAGED_FETCH)?,
        login,
        token_path: side.keys.token_path.clone(),
        devices_path: side.keys.devices_path.clone(),
        page_size: side.net.page_size,
        status_means: side.keys.status_means.map(|means| match means {
            StatusMeans::Online => acs_ixc::StatusMeans::Online,
            StatusMeans::Active => acs_ixc::StatusMeans::Active,
        }),
        fields: fields(side),
        calls: side.keys.calls.as_ref().map_or_else(|| Ok(acs_ixc::Calls::default()), calls)?,
        known: reading.known.clone(),
        gone: reading.gone.clone(),
        timezone: reading.timezone.clone(),
        now: reading.now,
    })
}

/// Opens IXC Provedor.
pub fn ixc_provedor(side: &NetworkSide, reading: &Reading) -> Result<IxcProvedor, FetchError> {
    let auth = match side.keys.auth {
        Some(Auth::ClientCredentials) => provider_ixc::Auth::ClientCredentials {
            token_path: side.keys.token_path.clone().ok_or_else(|| missing(side, "token_path"))?,
        },
        _ => provider_ixc::Auth::BasicToken,
    };
    let credential = provider_ixc::Credential {
        client_id: side.keys.client_id.clone(),
        secret: secret(side, reading, "client_secret")?,
    };
    IxcProvedor::new(IxcProvedorSettings {
        http: client(side, reading, PAGED_FETCH)?,
        credential,
        auth,
        device_source: match side.keys.device_source {
            Some(DeviceSource::Fibra) => provider_ixc::DeviceSource::Fibra,
            Some(DeviceSource::Radusuarios) => provider_ixc::DeviceSource::Radusuarios,
            Some(DeviceSource::Both) | None => provider_ixc::DeviceSource::Both,
        },
        paging: match side.keys.paging {
            Some(Paging::Page) => provider_ixc::Paging::Page,
            Some(Paging::Keyset) | None => provider_ixc::Paging::Keyset,
        },
        page_size: side.net.page_size,
        fields: fields(side),
        update: update(side.keys.update.as_ref()),
        server_columns: side.keys.server_columns.clone().unwrap_or_default(),
        synchronise_path: side.keys.synchronise_path.clone(),
        timezone: reading.timezone.clone(),
        now: reading.now,
    })
}

/// Whole rows, where the configuration says nothing.
fn update(update: Option<&Update>) -> provider_ixc::Update {
    let mode = |mode: UpdateMode| match mode {
        UpdateMode::Full => provider_ixc::UpdateMode::Full,
        UpdateMode::Partial => provider_ixc::UpdateMode::Partial,
    };
    match update {
        None => provider_ixc::Update::All(provider_ixc::UpdateMode::Full),
        Some(Update::All(one)) => provider_ixc::Update::All(mode(*one)),
        Some(Update::ByTable(tables)) => provider_ixc::Update::ByTable(
            tables.iter().map(|(table, one)| (table.clone(), mode(*one))).collect(),
        ),
    }
}

fn client(
    side: &NetworkSide,
    reading: &Reading,
    fetch: Duration,
) -> Result<http::Settings, FetchError> {
    let net = &side.net;
    let per_day = u64::from(net.requests_per_day);
    let limits = http::Limits {
        connect: length(net.connect_timeout),
        request: length(net.request_timeout),
        fetch,
        per_second: net.read_rps.0,
        writes_per_second: net.write_rps.0,
        per_minute: net.requests_per_minute,
        left_today: (per_day > 0).then(|| per_day.saturating_sub(reading.spent)),
        ..http::Limits::default()
    };
    let limits = if reading.once { http::Limits { retries: 0, ..limits } } else { limits };
    let ca_pem = side.ca_pem().map_err(refused)?;
    Ok(http::Settings { origin: side.url.as_str().to_owned(), ca_pem, limits })
}

fn length(period: Period) -> Duration {
    period.0.unsigned_abs()
}

fn calls(set: &Calls) -> Result<acs_ixc::Calls, FetchError> {
    let made = |key: &str, set: &Option<Call>| set.as_ref().map(|set| call(key, set)).transpose();
    Ok(acs_ixc::Calls {
        state: made("state", &set.state)?,
        delete: made("delete", &set.delete)?,
        send: made("send", &set.send)?,
        synchronise: made("synchronise", &set.synchronise)?,
        speedtest_start: made("speedtest_start", &set.speedtest_start)?,
        speedtest: made("speedtest", &set.speedtest)?,
    })
}

fn call(key: &str, call: &Call) -> Result<acs_ixc::Call, FetchError> {
    let success = call.success.iter().flatten();
    Ok(acs_ixc::Call {
        method: match call.method {
            Method::Get => http::Method::Get,
            Method::Post => http::Method::Post,
            Method::Put => http::Method::Put,
            Method::Delete => http::Method::Delete,
        },
        path: call.path.clone(),
        body: call.body.as_ref().map(json).transpose().map_err(|why| FetchError {
            kind: FetchErrorKind::Config,
            what: format!("the body of calls.{key} holds {why}, which JSON can't say"),
            hints: vec!["write it as text, in quotes".to_owned()],
        })?,
        success: success.filter_map(|status| u16::try_from(*status).ok()).collect(),
    })
}

/// A value of the configuration as it is sent; a date has no form in JSON, and neither have
/// numbers without an end.
fn json(value: &toml::Value) -> Result<serde_json::Value, &'static str> {
    Ok(match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Boolean(yes) => (*yes).into(),
        toml::Value::Float(number) if number.is_finite() => (*number).into(),
        toml::Value::Float(_) => return Err("a number without an end"),
        toml::Value::Datetime(_) => return Err("a date"),
        toml::Value::Array(list) => list.iter().map(json).collect::<Result<_, _>>()?,
        toml::Value::Table(fields) => {
            let mut made = serde_json::Map::new();
            for (name, value) in fields {
                made.insert(name.clone(), json(value)?);
            }
            serde_json::Value::Object(made)
        }
    })
}

fn fields(side: &NetworkSide) -> BTreeMap<String, Vec<String>> {
    let all = side.keys.fields.iter().flatten();
    all.map(|(ours, theirs)| {
        let theirs = match theirs {
            OneOrMany::One(name) => vec![name.clone()],
            OneOrMany::Many(names) => names.clone(),
        };
        (ours.clone(), theirs)
    })
    .collect()
}

fn client_id(side: &NetworkSide) -> Result<String, FetchError> {
    side.keys.client_id.clone().ok_or_else(|| missing(side, "client_id"))
}

fn secret(
    side: &NetworkSide,
    reading: &Reading,
    key: &'static str,
) -> Result<SecretString, FetchError> {
    let secret = reading.secrets.get(key).cloned();
    secret.ok_or_else(|| missing(side, &format!("{key}_file")))
}

fn missing(side: &NetworkSide, key: &str) -> FetchError {
    let (table, kind) = (&side.table, side.kind);
    FetchError {
        kind: FetchErrorKind::Config,
        what: format!("[{table}] has no `{key}`, and kind \"{kind}\" can't log in without it"),
        hints: vec![format!("add {key} = \"…\" to [{table}]")],
    }
}

fn refused(error: ConfigError) -> FetchError {
    FetchError { kind: FetchErrorKind::Config, what: error.what, hints: error.hints }
}
