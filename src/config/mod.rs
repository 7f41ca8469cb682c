//! Settings: file, environment and flags as typed by the user, settled into what one run needs.
//!
//! Every error names file, line and column, and the nearest known key. Must not do: touch
//! the store or the network, or keep a secret longer than its reader needs it.

mod ca;
mod choices;
mod columns;
mod edges;
mod error;
mod listening;
mod locate;
mod profile;
mod schema;
mod secret;
mod section;
mod settings;
mod template;
mod test_files;
mod trail;
mod unattended;
mod value;

use toml::Spanned;

pub use choices::{
    Auth, Call, Calls, DeviceSource, DriftField, Kind, ListenMode, LogLevel, Method, OneOrMany,
    Paging, StatusMeans, StoreMode, StorePii, UiLang, Update, UpdateMode,
};
pub use columns::columns;
pub use edges::{Edge, edge};
pub use error::{ConfigError, Place, nearest};
pub use locate::{Environment, Flags, ProcessEnvironment, named_profile, named_store, own_file};
pub use profile::{FileSide, NetworkSide, SideSettings};
pub use schema::{Causes, Guard, InteractiveGuard, Listen, LogKeys, Net, SideKeys, StoreKeys, Ui};
pub use secret::SecretSource;
pub use settings::{FILES_PROFILE, Secrets, Settings};
pub use template::{Answers, SideAnswers, TEMPLATE, init, init_with};
pub use trail::{Origin, Row};
pub(crate) use unattended::in_window;
pub use unattended::{Hook, Schedule};
pub use value::{Address, ClockTime, Keep, Percent, Period, Rate, Size, Window, Zone};

use crate::domain::Side;
use error::Source;
use locate::Given;
use profile::Context;
use schema::{FileRaw, ProfileKeys, ProfileRaw, SideRaw};
use settings::{Chosen, general};
use trail::Trail;

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
        locate::check_mode(&path)?;
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
        locate::check_mode(&path)?;
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
            trail.unset = own.unset;
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
        match nearest(name, &names) {
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
pub(crate) fn check_name(name: &str) -> Result<(), ConfigError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) && name.len() <= 64 {
        return Ok(());
    }
    let shown = crate::domain::text::visible(name);
    let error = ConfigError::new(format!("`{shown}` can't be a profile's name"));
    Err(error.hint("use up to 64 letters, digits, `-`, `_`; it names a folder of the store"))
}

/// Reads the text of a file that is not there, for tests.
#[cfg(test)]
fn settle_text(text: &str) -> Result<Settings, ConfigError> {
    use std::collections::BTreeMap;

    let source = Source { path: "/etc/acerto/config.toml".into(), text: text.into() };
    settle(&source, &Flags::default(), &BTreeMap::from([("HOME", "/users/ana")]))
}

#[cfg(test)]
mod tests;
