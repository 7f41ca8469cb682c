//! Everything one run needs to know, put together and checked.
//!
//! Must not do: read the file, or choose a profile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::config::error::{ConfigError, Source};
use crate::config::listening;
use crate::config::locate::{self, Environment, Flags, Given, named_store};
use crate::config::profile::{self, SideSettings};
use crate::config::schema::{
    Causes, FileRaw, Guard, InteractiveGuard, Listen, LogKeys, Net, ProfileKeys, StoreKeys, Ui,
};
use crate::config::secret;
use crate::config::trail::{Origin, Row, Trail};
use crate::config::unattended;
use crate::domain::Side;

/// The profile of two exports without configuration.
pub const FILES_PROFILE: &str = "files";

/// What one run needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The profile's name.
    pub profile: String,
    /// Red frame, LOCKED.
    pub production: bool,
    /// Every write is refused.
    pub read_only: bool,
    /// Zone of zone-less times.
    pub timezone: TimeZone,
    /// How the ACS is read; `None` without configuration, where flags must name a file.
    pub acs: Option<SideSettings>,
    /// How the Provider is read; likewise.
    pub provider: Option<SideSettings>,
    /// Limits of what may be changed without a person.
    pub guard: Guard,
    /// The same with a person present.
    pub interactive: InteractiveGuard,
    /// What the causes are told about the ISP.
    pub causes: Causes,
    /// How acerto remembers.
    pub store: StoreKeys,
    /// What is logged to files.
    pub log: LogKeys,
    /// The folder of the logs.
    pub log_dir: PathBuf,
    /// Who named it.
    pub log_origin: Origin,
    /// The webhook receiver.
    pub listen: Listen,
    /// The screens.
    pub ui: Ui,
    /// Where this profile's store is.
    pub store_dir: PathBuf,
    /// Who named the store.
    pub store_origin: Origin,
    /// Who named the profile.
    pub profile_origin: Origin,
    /// The file read, if any.
    pub file: Option<PathBuf>,
    /// Every setting with where it came from, for `config show`.
    pub rows: Vec<Row>,
    /// Keys that nobody set and that have no shipped value.
    pub unset: Vec<String>,
}

/// A side's secrets by key (`client_secret`, `password`, `private_key`).
pub type Secrets = BTreeMap<&'static str, SecretString>;

impl Settings {
    /// One side.
    #[must_use]
    pub fn side(&self, side: Side) -> Option<&SideSettings> {
        match side {
            Side::Acs => self.acs.as_ref(),
            Side::Provider => self.provider.as_ref(),
        }
    }

    /// Reads a side's secrets; a file side has none.
    ///
    /// # Errors
    /// Where one is missing, readable by others, empty, or has white space at its ends.
    pub fn read_secrets(&self, side: Side, env: &dyn Environment) -> Result<Secrets, ConfigError> {
        let Some(SideSettings::Network(network)) = self.side(side) else {
            return Ok(Secrets::new());
        };
        let word = profile::word(side);
        network
            .secrets
            .iter()
            .map(|(key, source)| {
                let secret = secret::read(source, env).map_err(|e| ConfigError {
                    what: format!("profiles.{}.{word}.{key}: {}", self.profile, e.what),
                    ..e
                })?;
                Ok((*key, secret))
            })
            .collect()
    }
}

/// The profile chosen, before its keys are known.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) keys: ProfileKeys,
    pub(super) sides: [Option<SideSettings>; 2],
}

impl Chosen {
    pub(super) fn files() -> Self {
        let name = FILES_PROFILE.to_owned();
        Self { name, origin: Origin::Default, keys: ProfileKeys::default(), sides: [None, None] }
    }
}

/// The general tables, and everything put together.
pub(super) fn general(
    source: Option<&Source>,
    raw: &FileRaw,
    flags: &Flags,
    env: &dyn Environment,
    chosen: Chosen,
    trail: &mut Trail<'_>,
) -> Result<Settings, ConfigError> {
    let production = production(&chosen, trail);
    check_net(source, raw, trail)?;
    let interactive = raw.guard.interactive.as_ref().map(|i| i.get_ref().clone());
    let guard = Guard::settle(&raw.guard, "guard.", trail);
    let interactive =
        InteractiveGuard::settle(&interactive.unwrap_or_default(), "guard.interactive.", trail);
    let causes = Causes::settle(&raw.causes, "causes.", trail);
    check_patterns(source, raw)?;
    let store = StoreKeys::settle(&raw.store, "store.", trail);
    let log = LogKeys::settle(&raw.log, "log.", trail);
    unattended::check(source, &raw.listen, &guard)?;
    let listen = listening::settle(source, &raw.listen, trail)?;
    let ui = Ui::settle(&raw.ui, "ui.", trail);
    let (store_dir, store_origin) = store_place(source, raw, flags, env, &chosen.name)?;
    trail.note("(store)", store_dir.display(), store_origin.clone());
    let (log_dir, log_origin) = log_place(source, raw, env, &store_dir);
    trail.note("(log)", log_dir.display(), log_origin.clone());
    trail.note("(profile)", &chosen.name, chosen.origin.clone());
    let timezone = timezone(&chosen, trail);
    let [acs, provider] = chosen.sides;
    let rows = std::mem::take(&mut trail.rows);
    let mut unset = std::mem::take(&mut trail.unset);
    // What was worked out from something else is told as a row.
    unset.retain(|key| rows.iter().all(|row| row.key != *key));
    Ok(Settings {
        production,
        read_only: chosen.keys.read_only,
        timezone,
        profile: chosen.name,
        profile_origin: chosen.origin,
        acs,
        provider,
        guard,
        interactive,
        causes,
        store,
        log,
        log_dir,
        log_origin,
        listen,
        ui,
        store_dir,
        store_origin,
        file: source.map(|s| s.path.clone()),
        rows,
        unset,
    })
}

/// `--store`, `[store] dir`, or the state directory.
fn store_place(
    source: Option<&Source>,
    raw: &FileRaw,
    flags: &Flags,
    env: &dyn Environment,
    profile: &str,
) -> Result<Given<PathBuf>, ConfigError> {
    let configured = raw.store.dir.as_ref().zip(source).map(|(dir, source)| {
        (profile::beside(&source.path, dir.get_ref()), source.line(&dir.span()))
    });
    let configured = configured.as_ref().map(|(dir, line)| (dir.as_path(), *line));
    locate::store_dir(named_store(flags, env), configured, profile, env)
}

/// `[log] dir`, `$LOGS_DIRECTORY`, or `logs` in the store.
fn log_place(
    source: Option<&Source>,
    raw: &FileRaw,
    env: &dyn Environment,
    store: &Path,
) -> Given<PathBuf> {
    if let Some((dir, source)) = raw.log.dir.as_ref().zip(source) {
        let line = source.line(&dir.span());
        return (profile::beside(&source.path, dir.get_ref()), Origin::File { line });
    }
    if let Some(dir) = env.var("LOGS_DIRECTORY") {
        // systemd joins several directories by colons; the first is ours.
        let first = dir.split(':').next().unwrap_or_default();
        return (first.into(), Origin::Environment("LOGS_DIRECTORY"));
    }
    (store.join("logs"), Origin::Default)
}

/// The profile's zone, else this machine's.
fn timezone(chosen: &Chosen, trail: &mut Trail<'_>) -> TimeZone {
    if let Some(zone) = &chosen.keys.timezone {
        return zone.0.clone();
    }
    let zone = TimeZone::system();
    let name = zone.iana_name().unwrap_or("this machine's").to_owned();
    trail.note(
        format!("profiles.{}.timezone", chosen.name),
        format!("\"{name}\""),
        Origin::Default,
    );
    zone
}

/// True unless every url is loopback or a file.
fn production(chosen: &Chosen, trail: &mut Trail<'_>) -> bool {
    if let Some(typed) = chosen.keys.production {
        return typed;
    }
    let remote = chosen.sides.iter().flatten().any(|side| match side {
        SideSettings::File(_) => false,
        SideSettings::Network(network) => !network.url.is_loopback(),
    });
    trail.note(format!("profiles.{}.production", chosen.name), remote, Origin::Default);
    remote
}

/// Notes `[net]`, and refuses a quiet period in which an old write may still land.
fn check_net(
    source: Option<&Source>,
    raw: &FileRaw,
    trail: &mut Trail<'_>,
) -> Result<(), ConfigError> {
    let net = Net::settle(&raw.net, "net.", trail);
    let least = profile::least_quiet(&net);
    match (net.quiet_period, &raw.net.quiet_period, source) {
        (Some(quiet), Some(typed), Some(source)) if quiet < least => {
            Err(profile::too_quick(quiet, least).at(source.place(&typed.span())))
        }
        (Some(_), ..) => Ok(()),
        (None, ..) => {
            trail.note("net.quiet_period", format!("\"{least}\""), Origin::Default);
            Ok(())
        }
    }
}

/// Refuses a placeholder that would match every serial.
fn check_patterns(source: Option<&Source>, raw: &FileRaw) -> Result<(), ConfigError> {
    let (Some(patterns), Some(source)) = (&raw.causes.placeholder_serials, source) else {
        return Ok(());
    };
    let blank = |p: &String| p.chars().all(|c| matches!(c, '…' | '.' | '*') || c.is_whitespace());
    match patterns.get_ref().iter().find(|p| blank(p)) {
        None => Ok(()),
        Some(pattern) => {
            let what = format!("the placeholder `{pattern}` would match every serial");
            let error = ConfigError::new(what).at(source.place(&patterns.span()));
            Err(error.hint("write `0…0` for one character repeated, `12345…` for a beginning"))
        }
    }
}
