//! Settings: file, environment and flags as typed by the user, settled into what one run needs.
//!
//! Every error names file, line and column, and the nearest known key. Must not do: touch
//! the store or the network, or keep a secret longer than its reader needs it.

mod error;
mod locate;
mod profile;
mod schema;
mod secret;
mod section;
mod template;
mod trail;
mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use secrecy::SecretString;
use toml::Spanned;

pub use error::{ConfigError, Place};
pub use locate::{Environment, Flags, ProcessEnvironment, named_profile, named_store, own_file};
pub use profile::{FileSide, NetworkSide, SideSettings};
pub use schema::{
    Auth, Call, Calls, Causes, DeviceSource, DriftField, Guard, InteractiveGuard, Kind, Listen,
    ListenMode, Method, Net, OneOrMany, Paging, SideKeys, StatusMeans, StoreKeys, StoreMode,
    StorePii, Ui, UiLang, Update, UpdateMode,
};
pub use secret::SecretSource;
pub use template::init;
pub use trail::{Origin, Row};
pub use value::{Address, ClockTime, Percent, Period, Rate, Window, Zone};

use crate::domain::Side;
use error::Source;
use locate::Given;
use profile::Context;
use schema::{FileRaw, ProfileKeys, ProfileRaw, SideRaw};
use trail::Trail;

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

/// Reads the configuration and settles the profile asked for.
///
/// # Errors
/// Where no file is found, something in it is wrong, or no profile can be chosen.
pub fn load(flags: &Flags, env: &dyn Environment) -> Result<Settings, ConfigError> {
    let source = find(flags, env)?.ok_or_else(|| {
        let looked: Vec<String> =
            locate::usual_files(env).iter().map(|p| p.display().to_string()).collect();
        ConfigError::new(format!("no configuration found; looked at {}", looked.join(" and ")))
            .hint("write one: acerto config init")
            .hint(
                "or reconcile two exports without any: \
                   acerto --reconcile --acs-file F --provider-file F",
            )
    })?;
    settle(&source, flags, env)
}

/// Settings of two exports: no profile, and nothing from a file nobody named.
///
/// With `--config` (or `ACERTO_CONFIG`) the file's general tables hold.
///
/// # Errors
/// Where the file named is missing or wrong.
pub fn load_for_files(flags: &Flags, env: &dyn Environment) -> Result<Settings, ConfigError> {
    if locate::named_file(flags, env).is_none() {
        return general(
            None,
            &FileRaw::default(),
            flags,
            env,
            Chosen::files(),
            &mut Trail::new(None),
        );
    }
    let source = find(flags, env)?.ok_or_else(|| ConfigError::new("no configuration found"))?;
    let raw = parse(&source)?;
    let mut trail = Trail::new(Some(&source));
    general(Some(&source), &raw, flags, env, Chosen::files(), &mut trail)
}

/// Is there a configuration at all: one that is named, or one in a usual place?
#[must_use]
pub fn is_there(flags: &Flags, env: &dyn Environment) -> bool {
    locate::named_file(flags, env).is_some()
        || locate::usual_files(env).iter().any(|path| path.exists())
}

/// The file named by flag or environment, else the first of the usual ones that exists.
fn find(flags: &Flags, env: &dyn Environment) -> Result<Option<Source>, ConfigError> {
    if let Some((path, origin)) = locate::named_file(flags, env) {
        let text = std::fs::read_to_string(&path).map_err(|e| {
            let by = match origin {
                Origin::Flag(name) | Origin::Environment(name) => name,
                Origin::Default | Origin::File { .. } => "the default",
            };
            ConfigError::new(format!("can't be read: {e}")).at(Place::file(&path)).hint(format!(
                "{by} names this file: check the path, or write it: acerto config init"
            ))
        })?;
        return Ok(Some(Source { path, text }));
    }
    for path in locate::usual_files(env) {
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok(Some(Source { path, text })),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => {
                let error = ConfigError::new(format!("can't be read: {e}")).at(Place::file(&path));
                return Err(error.hint("check its mode and owner, or name another: --config FILE"));
            }
        }
    }
    Ok(None)
}

fn parse(source: &Source) -> Result<FileRaw, ConfigError> {
    toml::from_str(&source.text).map_err(|e| error::from_toml(source, &e))
}

/// The profile chosen, before its keys are known.
struct Chosen {
    name: String,
    origin: Origin,
    keys: ProfileKeys,
    sides: [Option<SideSettings>; 2],
}

impl Chosen {
    fn files() -> Self {
        let name = FILES_PROFILE.to_owned();
        Self { name, origin: Origin::Default, keys: ProfileKeys::default(), sides: [None, None] }
    }
}

fn settle(source: &Source, flags: &Flags, env: &dyn Environment) -> Result<Settings, ConfigError> {
    let raw = parse(source)?;
    let mut trail = Trail::new(Some(source));
    for (name, profile) in &raw.profiles {
        check_name(name).map_err(|e| e.at(source.place(&profile.span())))?;
    }
    let (name, origin) = choose(source, &raw, flags, env)?;
    // Every profile is checked: a mistake in another one should not wait for its own day.
    let mut chosen = None;
    for (other, profile) in &raw.profiles {
        let mut own = Trail::new(Some(source));
        let settled = settle_profile(source, &raw, other, profile, env, &mut own)?;
        if *other == name {
            trail.rows = own.rows;
            chosen = Some(settled);
        }
    }
    let (keys, sides) = chosen.ok_or_else(|| ConfigError::new("the profile is gone"))?;
    general(Some(source), &raw, flags, env, Chosen { name, origin, keys, sides }, &mut trail)
}

/// `--profile`, `ACERTO_PROFILE`, `default_profile`, or the only one there is.
fn choose(
    source: &Source,
    raw: &FileRaw,
    flags: &Flags,
    env: &dyn Environment,
) -> Result<Given<String>, ConfigError> {
    let names: Vec<String> = raw.profiles.keys().cloned().collect();
    let known = |place: Place, name: &str| {
        let error = ConfigError::new(format!("there is no profile `{name}`")).at(place);
        match error::nearest(name, &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("profiles of this file: {}", names.join(", "))),
        }
    };
    let file = || Place::file(&source.path);
    if names.is_empty() {
        let error = ConfigError::new("it holds no profile").at(file());
        return Err(
            error.hint("add [profiles.NAME] with an acs and a provider: acerto config init")
        );
    }
    if let Some((name, origin)) = named_profile(flags, env) {
        return if names.contains(&name) { Ok((name, origin)) } else { Err(known(file(), &name)) };
    }
    if let Some(typed) = &raw.default_profile {
        let name = typed.get_ref().clone();
        let origin = Origin::File { line: source.line(&typed.span()) };
        let found = names.contains(&name);
        return if found {
            Ok((name, origin))
        } else {
            Err(known(source.place(&typed.span()), &name))
        };
    }
    if let [only] = names.as_slice() {
        return Ok((only.clone(), Origin::Default));
    }
    let what = format!("it holds several profiles ({}) and no default", names.join(", "));
    let error = ConfigError::new(what).at(file());
    Err(error.hint("choose one: --profile NAME, or set default_profile = \"NAME\""))
}

type Settled = (ProfileKeys, [Option<SideSettings>; 2]);

fn settle_profile(
    source: &Source,
    raw: &FileRaw,
    name: &str,
    profile: &Spanned<ProfileRaw>,
    env: &dyn Environment,
    trail: &mut Trail<'_>,
) -> Result<Settled, ConfigError> {
    let place = source.place(&profile.span());
    let context = Context { source, profile: name, net: &raw.net, env };
    let keys = ProfileKeys::settle(profile.get_ref(), &format!("profiles.{name}."), trail);
    let mut side = |side: Side, raw: &Option<Spanned<SideRaw>>| {
        let raw = raw.as_ref().ok_or_else(|| {
            ConfigError::new(format!("[profiles.{name}] has no `{}`", profile::word(side)))
                .at(place.clone())
                .hint(format!("add [profiles.{name}.{}] with its `kind`", profile::word(side)))
        })?;
        profile::settle_side(&context, side, raw, trail)
    };
    let acs = side(Side::Acs, &profile.get_ref().acs)?;
    let provider = side(Side::Provider, &profile.get_ref().provider)?;
    Ok((keys, [Some(acs), Some(provider)]))
}

/// A profile's name is a folder of the store.
fn check_name(name: &str) -> Result<(), ConfigError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) && name.len() <= 64 {
        return Ok(());
    }
    let shown = crate::domain::text::visible(name);
    let error = ConfigError::new(format!("`{shown}` can't be a profile's name"));
    Err(error.hint("use up to 64 letters, digits, `-`, `_`; it names a folder of the store"))
}

/// The general tables, and everything put together.
fn general(
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
    let listen = Listen::settle(&raw.listen, "listen.", trail);
    let ui = Ui::settle(&raw.ui, "ui.", trail);
    let named = named_store(flags, env);
    let configured = raw.store.dir.as_ref().zip(source).map(|(dir, source)| {
        (profile::beside(&source.path, dir.get_ref()), source.line(&dir.span()))
    });
    let configured = configured.as_ref().map(|(dir, line)| (dir.as_path(), *line));
    let (store_dir, store_origin) = locate::store_dir(named, configured, &chosen.name, env)?;
    trail.note("(store)", store_dir.display(), store_origin.clone());
    trail.note("(profile)", &chosen.name, chosen.origin.clone());
    let [acs, provider] = chosen.sides;
    Ok(Settings {
        production,
        read_only: chosen.keys.read_only,
        timezone: chosen.keys.timezone.map_or_else(TimeZone::system, |zone| zone.0),
        profile: chosen.name,
        profile_origin: chosen.origin,
        acs,
        provider,
        guard,
        interactive,
        causes,
        store,
        listen,
        ui,
        store_dir,
        store_origin,
        file: source.map(|s| s.path.clone()),
        rows: std::mem::take(&mut trail.rows),
    })
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

/// Reads the text of a file that is not there, for tests.
#[cfg(test)]
fn settle_text(text: &str) -> Result<Settings, ConfigError> {
    let source = Source { path: "/etc/acerto/config.toml".into(), text: text.into() };
    settle(&source, &Flags::default(), &BTreeMap::from([("HOME", "/users/ana")]))
}

#[cfg(test)]
mod tests;
