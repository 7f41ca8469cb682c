//! `[listen]`, checked and made ready: what can't be used is refused before anything is served.
//!
//! Must not do: keep the secret, or serve without one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::AppError;
use crate::config::{Environment, Listen, Settings};
use crate::domain::text::visible;
use crate::listen::forward::Target;
use crate::listen::gate::Gate;
use crate::listen::mapping::{self, Mapping, Meaning};

/// The longest body that any configuration allows.
const BODY_MOST: u32 = 256 * 1024;

/// Everything that a request is judged by.
pub struct Rules {
    /// Who may send.
    pub gate: Gate,
    /// What it means.
    pub mapping: Mapping,
    /// The path.
    pub path: String,
    /// The longest body, bytes.
    pub body_max: usize,
    /// With a shared secret: how old an event may be.
    pub event_age: SignedDuration,
    /// Connections at once.
    pub connections: usize,
    /// How often it is noted that it is up.
    pub heartbeat: Duration,
    /// Where deliveries are passed on to.
    pub target: Option<Target>,
}

/// Reads a time.
pub type ReadTime = fn(&str, &TimeZone) -> Option<Timestamp>;

impl Rules {
    /// The rules of a profile.
    ///
    /// # Errors
    /// Where a key can't be used, or there is no secret.
    pub fn of(
        settings: &Settings,
        env: &dyn Environment,
        read_time: ReadTime,
    ) -> Result<Self, AppError> {
        let listen = &settings.listen;
        let Some(secret) = settings.read_listen_secret(env)? else {
            let what = "[listen] has no secret: anybody could tell acerto anything";
            let file = "name a file of mode 0600: secret_file = \"webhook.secret\" in [listen]";
            let other = "or secret_env, or systemd's LoadCredential=PROFILE.listen.secret:/path";
            return Err(AppError::usage(what, &[file, other]));
        };
        let tolerance = listen.clock_tolerance.0;
        let mut gate = Gate::new(listen.mode, &secret, tolerance);
        gate.allow = listen.allow.as_deref().map(|all| nets("allow", all)).transpose()?;
        gate.proxies = nets("trusted_proxies", listen.trusted_proxies.as_deref().unwrap_or(&[]))?;
        if !listen.path.starts_with('/') || listen.path.contains(['?', '#', ' ']) {
            return Err(wrong("path", &listen.path, "write it like \"/webhook\""));
        }
        if listen.path == super::server::HEALTH {
            return Err(wrong("path", &listen.path, "that is the path of the health check"));
        }
        if listen.body_max == 0 || listen.body_max > BODY_MOST {
            let text = listen.body_max.to_string();
            return Err(wrong("body_max", &text, "write a number of bytes from 1 to 262144"));
        }
        let target = listen.forward.as_deref().map(|url| Target::of(url, listen)).transpose()?;
        if target.is_some() && listen.forward_most == 0 {
            let hint = "a queue for none passes none on: leave `forward` out, or write 1 or more";
            return Err(wrong("forward_most", "0", hint));
        }
        Ok(Self {
            gate,
            mapping: mapping(listen, read_time, settings.timezone.clone())?,
            path: listen.path.clone(),
            body_max: usize::try_from(listen.body_max).unwrap_or(usize::MAX),
            event_age: listen.event_age.0,
            connections: usize::try_from(listen.connections.max(1)).unwrap_or(usize::MAX),
            heartbeat: listen.heartbeat.0.unsigned_abs().max(Duration::from_secs(1)),
            target,
        })
    }
}

fn mapping(listen: &Listen, read_time: ReadTime, zone: TimeZone) -> Result<Mapping, AppError> {
    let mut kinds = BTreeMap::new();
    for (theirs, ours) in listen.kinds.iter().flatten() {
        let known =
            "device-added, device-deleted, mass-exclusion, acs-sync, provider-sync, ignored";
        let meaning = Meaning::of(ours).ok_or_else(|| wrong("kinds", ours, known))?;
        kinds.insert(mapping::fold(theirs), meaning);
    }
    let or = |typed: &Option<Vec<String>>, shipped: &[&str]| {
        let shipped = || shipped.iter().map(|p| (*p).to_owned()).collect();
        typed.clone().unwrap_or_else(shipped)
    };
    let made = Mapping {
        kind: or(&listen.kind_pointers, &mapping::KINDS),
        key: or(&listen.key_pointers, &mapping::KEYS),
        time: or(&listen.time_pointers, &mapping::TIMES),
        id: or(&listen.id_pointers, &mapping::IDS),
        kinds,
        read_time,
        zone,
    };
    let all = made.kind.iter().chain(&made.key).chain(&made.time).chain(&made.id);
    match all.into_iter().find(|pointer| !pointer.starts_with('/')) {
        None => Ok(made),
        Some(bad) => {
            Err(wrong("a pointer", bad, "a JSON pointer begins with /, like \"/device/serial\""))
        }
    }
}

fn nets(key: &str, all: &[String]) -> Result<Vec<IpNet>, AppError> {
    let hint = "write an address or a network, like \"10.0.0.7\" or \"10.0.0.0/8\"";
    all.iter()
        .map(|text| {
            let net = text.parse::<IpNet>().ok();
            let net = net.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
            net.ok_or_else(|| wrong(key, text, hint))
        })
        .collect()
}

pub(super) fn wrong(key: &str, value: &str, hint: &str) -> AppError {
    AppError::usage(format!("[listen] {key}: `{}` can't be used", visible(value)), &[hint])
}
