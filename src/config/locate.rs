//! Where things are: the configuration file, the store, and who says so.
//!
//! Must not do: open a file. It reads the environment it is given, never a global.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, Xdg};

use crate::config::error::{ConfigError, Place};
use crate::config::trail::Origin;
use crate::domain::text::visible;

/// The environment, so that tests need not change the process's own.
pub trait Environment {
    /// A variable's value; `None` where it is unset, empty or not UTF-8.
    fn var(&self, name: &str) -> Option<String>;

    /// A path in a variable; relative ones are no use to XDG and systemd.
    fn dir(&self, name: &str) -> Option<PathBuf> {
        self.var(name).map(PathBuf::from).filter(|p| p.is_absolute())
    }
}

/// The process's own environment.
#[derive(Clone, Copy, Debug)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|v| !v.is_empty())
    }
}

impl Environment for BTreeMap<&str, &str> {
    fn var(&self, name: &str) -> Option<String> {
        self.get(name).map(|v| (*v).to_owned()).filter(|v| !v.is_empty())
    }
}

/// What the command line says of configuration and store.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--store`.
    pub store: Option<PathBuf>,
}

/// A value with who gave it.
pub type Given<T> = (T, Origin);

/// `--config` or `$ACERTO_CONFIG`: a file that must exist.
#[must_use]
pub fn named_file(flags: &Flags, env: &dyn Environment) -> Option<Given<PathBuf>> {
    let flag = flags.config.clone().map(|p| (p, Origin::Flag("--config")));
    let var = || env.var("ACERTO_CONFIG").map(|p| (p.into(), Origin::Environment("ACERTO_CONFIG")));
    flag.or_else(var)
}

/// `--profile` or `$ACERTO_PROFILE`.
#[must_use]
pub fn named_profile(flags: &Flags, env: &dyn Environment) -> Option<Given<String>> {
    let flag = flags.profile.clone().map(|p| (p, Origin::Flag("--profile")));
    let var = || env.var("ACERTO_PROFILE").map(|p| (p, Origin::Environment("ACERTO_PROFILE")));
    flag.or_else(var)
}

/// `--store` or `$ACERTO_STORE`: the store itself, no profile is added.
#[must_use]
pub fn named_store(flags: &Flags, env: &dyn Environment) -> Option<Given<PathBuf>> {
    let flag = flags.store.clone().map(|p| (p, Origin::Flag("--store")));
    let var = || env.var("ACERTO_STORE").map(|p| (p.into(), Origin::Environment("ACERTO_STORE")));
    flag.or_else(var)
}

/// Where a file is looked for when nobody names one, in this order.
#[must_use]
pub fn usual_files(env: &dyn Environment) -> Vec<PathBuf> {
    let own = config_home(env).map(|home| home.join("acerto/config.toml"));
    own.into_iter().chain([PathBuf::from("/etc/acerto/config.toml")]).collect()
}

/// The user's own configuration file, which `config init` writes.
///
/// # Errors
/// Where neither `XDG_CONFIG_HOME` nor a home directory is known.
pub fn own_file(flags: &Flags, env: &dyn Environment) -> Result<PathBuf, ConfigError> {
    if let Some((path, _)) = named_file(flags, env) {
        return Ok(path);
    }
    let home = config_home(env)
        .ok_or_else(|| ConfigError::new("no home directory is known to write to"))
        .map_err(|e| e.hint("name the file: acerto --config FILE config init"))?;
    Ok(home.join("acerto/config.toml"))
}

/// Refuses a configuration that others may write: whoever writes it chooses what is run and
/// where data goes. A file that is not there is no matter of this.
///
/// # Errors
/// Where group or others may write it.
pub fn check_mode(path: &Path) -> Result<(), ConfigError> {
    let Ok(meta) = std::fs::metadata(path) else { return Ok(()) };
    let mode = meta.mode() & 0o7777;
    if !meta.is_file() || mode & 0o022 == 0 {
        return Ok(());
    }
    let who = if mode & 0o002 == 0 { "its group" } else { "everybody" };
    let what = format!("{who} may write this configuration (mode {mode:04o})");
    let shown = visible(&path.to_string_lossy());
    Err(ConfigError::new(what).at(Place::file(path)).hint(format!("run: chmod go-w {shown}")))
}

/// The store of a profile: `--store` itself, else `PROFILE` under `[store] dir` or the
/// state directory.
///
/// # Errors
/// Where no directory is known at all.
pub fn store_dir(
    named: Option<Given<PathBuf>>,
    configured: Option<(&Path, usize)>,
    profile: &str,
    env: &dyn Environment,
) -> Result<Given<PathBuf>, ConfigError> {
    if let Some(named) = named {
        return Ok(named);
    }
    let (base, origin) = if let Some((dir, line)) = configured {
        (dir.to_owned(), Origin::File { line })
    } else if let Some(dir) = env.var("STATE_DIRECTORY") {
        // systemd joins several directories by colons; the first is ours.
        let first = dir.split(':').next().unwrap_or_default();
        (first.into(), Origin::Environment("STATE_DIRECTORY"))
    } else {
        let state = state_home(env).ok_or_else(|| {
            ConfigError::new("no home directory is known to keep the store in")
                .hint("name a directory: --store DIR, or set STATE_DIRECTORY")
        })?;
        (state.join("acerto"), Origin::Default)
    };
    Ok((base.join(profile), origin))
}

fn config_home(env: &dyn Environment) -> Option<PathBuf> {
    env.dir("XDG_CONFIG_HOME").or_else(|| Some(home(env)?.join(".config")))
}

fn state_home(env: &dyn Environment) -> Option<PathBuf> {
    env.dir("XDG_STATE_HOME").or_else(|| Some(home(env)?.join(".local/state")))
}

/// `$HOME`, else what the password database says: cron and systemd may set none.
fn home(env: &dyn Environment) -> Option<PathBuf> {
    env.dir("HOME").or_else(|| Xdg::new().ok().map(|xdg| xdg.home_dir().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_for_the_file_in_order() {
        let env = BTreeMap::from([("HOME", "/users/ana")]);
        let files = usual_files(&env);
        assert_eq!(files[0], Path::new("/users/ana/.config/acerto/config.toml"));
        assert_eq!(files[1], Path::new("/etc/acerto/config.toml"));
        let env = BTreeMap::from([("HOME", "/users/ana"), ("XDG_CONFIG_HOME", "/x")]);
        assert_eq!(usual_files(&env)[0], Path::new("/x/acerto/config.toml"));

        let env = BTreeMap::from([("ACERTO_CONFIG", "/e.toml")]);
        let mut flags = Flags::default();
        assert_eq!(named_file(&flags, &env).map(|g| g.0), Some("/e.toml".into()));
        flags.config = Some("/f.toml".into());
        assert_eq!(named_file(&flags, &env), Some(("/f.toml".into(), Origin::Flag("--config"))));
    }

    #[test]
    fn a_file_that_others_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, refused) in [(0o600, false), (0o644, false), (0o664, true), (0o646, true)] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(file.path(), mode.clone()).unwrap();
            let checked = check_mode(file.path());
            assert_eq!(checked.is_err(), refused, "{mode:?}");
            let hints = checked.err().map_or("chmod go-w".into(), |e| e.hints.concat());
            assert!(hints.contains("chmod go-w"), "{hints}");
        }
        assert!(check_mode(Path::new("/no/such/file")).is_ok());
    }

    #[test]
    fn finds_the_store() {
        let dir = |named: Option<&str>,
                   configured: Option<&str>,
                   env: &[(&'static str, &'static str)]| {
            let env: BTreeMap<&str, &str> = env.iter().copied().collect();
            let named = named.map(|n| (n.into(), Origin::Flag("--store")));
            let configured = configured.map(|c| (Path::new(c), 3));
            store_dir(named, configured, "prod", &env).unwrap().0
        };
        let home = [("HOME", "/h")];
        assert_eq!(dir(Some("/s"), Some("/c"), &home), Path::new("/s"));
        assert_eq!(dir(None, Some("/c"), &home), Path::new("/c/prod"));
        assert_eq!(dir(None, None, &home), Path::new("/h/.local/state/acerto/prod"));
        let xdg = [("HOME", "/h"), ("XDG_STATE_HOME", "/x")];
        assert_eq!(dir(None, None, &xdg), Path::new("/x/acerto/prod"));
        let systemd = [("HOME", "/h"), ("STATE_DIRECTORY", "/var/lib/acerto:/var/lib/b")];
        assert_eq!(dir(None, None, &systemd), Path::new("/var/lib/acerto/prod"));
    }
}
