//! Secrets: read from a file of mode 0600, a variable or systemd; never typed, never shown.
//!
//! Must not do: trim. White space at a secret's ends is an error that names it, because
//! pasted spaces are the integration's most frequent failure.

use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::config::edges;
use crate::config::error::ConfigError;
use crate::config::locate::Environment;
use crate::domain::text::visible;

/// Secrets longer than this are a wrong file, not a secret.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// Where one secret is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file of one's own, mode 0600.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A file that systemd put into `$CREDENTIALS_DIRECTORY`.
    Credential(PathBuf),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::Credential(path) => {
                write!(f, "file {}", visible(&path.to_string_lossy()))
            }
            Self::Env(name) => write!(f, "variable {}", visible(name)),
        }
    }
}

/// Finds a secret's source: what the configuration names, else systemd's credential
/// `PROFILE.SIDE.KEY`, where there is one.
#[must_use]
pub fn source(
    file: Option<&Path>,
    variable: Option<&str>,
    credential: &str,
    env: &dyn Environment,
) -> Option<SecretSource> {
    if let Some(path) = file {
        return Some(SecretSource::File(path.to_owned()));
    }
    if let Some(name) = variable {
        return Some(SecretSource::Env(name.to_owned()));
    }
    let path = env.dir("CREDENTIALS_DIRECTORY")?.join(credential);
    path.exists().then_some(SecretSource::Credential(path))
}

/// Reads a secret.
///
/// # Errors
/// Where it is missing, readable by others, empty, or has white space at its ends.
pub fn read(source: &SecretSource, env: &dyn Environment) -> Result<SecretString, ConfigError> {
    let text = match source {
        SecretSource::File(path) => {
            check_mode(path)?;
            without_line_end(read_file(path)?)
        }
        SecretSource::Credential(path) => without_line_end(read_file(path)?),
        SecretSource::Env(name) => Zeroizing::new(env.var(name).ok_or_else(|| {
            ConfigError::new(format!("the variable {} is not set, or empty", visible(name)))
                .hint("set it in the environment that starts acerto")
        })?),
    };
    if text.is_empty() {
        let error = ConfigError::new(format!("the secret in {source} is empty"));
        return Err(error.hint("write the secret into it"));
    }
    edges::check(&text).map_err(|what| {
        ConfigError::new(format!("the secret in {source} {what}"))
            .hint("remove it: acerto never trims a secret silently")
    })?;
    Ok(SecretString::from(text.as_str()))
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, ConfigError> {
    let shown = visible(&path.to_string_lossy());
    let failed = |e: std::io::Error| {
        ConfigError::new(format!("the secret file {shown} can't be read: {e}"))
            .hint("check its path and owner")
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = Zeroizing::new(String::new());
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        let what = format!("the secret file {shown} is larger than 64 KiB");
        return Err(ConfigError::new(what).hint("name the file that holds only the secret"));
    }
    Ok(text)
}

/// Refuses a file that others may read, or that another user put there.
fn check_mode(path: &Path) -> Result<(), ConfigError> {
    let shown = visible(&path.to_string_lossy());
    let meta = std::fs::metadata(path).map_err(|e| {
        ConfigError::new(format!("the secret file {shown} can't be read: {e}"))
            .hint("check its path, and that this user may enter its folder")
            .hint(format!("or write it: (umask 077; cat > {shown}), the secret, Ctrl-D"))
    })?;
    if meta.is_dir() {
        let what = format!("the secret file {shown} is a folder");
        return Err(ConfigError::new(what).hint("name the file in it that holds the secret"));
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me {
        let what = format!("the secret file {shown} belongs to user id {}, not {me}", meta.uid());
        return Err(ConfigError::new(what).hint(format!("run: chown {me} {shown}")));
    }
    let mode = meta.mode() & 0o777;
    if mode & 0o177 != 0 {
        let what =
            format!("the secret file {shown} has mode {mode:04o}; only its owner may read it");
        return Err(ConfigError::new(what).hint(format!("run: chmod 600 {shown}")));
    }
    Ok(())
}

/// One final LF or CRLF is how editors end a file, not part of the secret.
fn without_line_end(mut text: Zeroizing<String>) -> Zeroizing<String> {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn from_file(content: &str, mode: u32) -> Result<SecretString, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("acs.secret");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        read(&SecretSource::File(path), &BTreeMap::new())
    }

    #[test]
    fn one_final_line_end_is_not_part_of_a_secret() {
        for content in ["s3cret", "s3cret\n", "s3cret\r\n"] {
            let secret = from_file(content, 0o600).unwrap();
            assert_eq!(secret.expose_secret(), "s3cret", "{content:?}");
        }
        assert_eq!(from_file("two words", 0o400).unwrap().expose_secret(), "two words");
    }

    #[test]
    fn other_white_space_is_named_with_its_place() {
        for (content, what) in [
            (" s3cret", "begins with a space (U+0020) (character 1)"),
            ("s3cret \n", "ends with a space (U+0020) (character 7)"),
            ("s3cret\n\n", "ends with a line feed (U+000A) (character 7)"),
            ("s3cret\r", "ends with a carriage return (U+000D) (character 7)"),
            ("\ts3cret", "begins with a tab (U+0009) (character 1)"),
            ("çs3cret\u{a0}", "ends with a no-break space (U+00A0) (character 8)"),
            ("\u{feff}s3cret", "begins with a byte-order mark (U+FEFF) (character 1)"),
            ("", "is empty"),
            ("\n", "is empty"),
        ] {
            let error = from_file(content, 0o600).unwrap_err();
            assert!(error.what.ends_with(what), "{content:?}: {}", error.what);
            assert!(!error.what.contains("s3cret"), "{}", error.what);
        }
    }

    #[test]
    fn an_empty_secret_and_a_folder_are_told_as_such() {
        let empty = from_file("\n", 0o600).unwrap_err();
        assert!(empty.hints.concat().contains("write the secret"), "{:?}", empty.hints);
        let dir = tempfile::tempdir().unwrap();
        let source = SecretSource::File(dir.path().to_owned());
        let folder = read(&source, &BTreeMap::new()).unwrap_err();
        assert!(folder.what.ends_with("is a folder"), "{folder}");
        let unset = read(&SecretSource::Env("S".into()), &BTreeMap::from([("S", "")]));
        assert!(unset.unwrap_err().what.contains("not set, or empty"));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        for mode in [0o644, 0o640, 0o660, 0o604, 0o700] {
            let error = from_file("s3cret", mode).unwrap_err();
            assert!(error.hints[0].starts_with("run: chmod 600 /"), "{error:?}");
        }
    }

    #[test]
    fn variables_and_credentials_serve_too() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("prod.acs.client_secret"), "from-systemd\n").unwrap();
        let home = dir.path().to_str().unwrap().to_owned();
        let env: BTreeMap<&str, &str> =
            [("CREDENTIALS_DIRECTORY", home.as_str()), ("S", "from-env")].into();
        let found = source(None, Some("S"), "prod.acs.client_secret", &env).unwrap();
        assert_eq!(read(&found, &env).unwrap().expose_secret(), "from-env");
        let found = source(None, None, "prod.acs.client_secret", &env).unwrap();
        let secret = read(&found, &env).unwrap();
        assert_eq!(secret.expose_secret(), "from-systemd");
        assert!(!format!("{secret:?}").contains("systemd"));
        assert_eq!(source(None, None, "prod.acs.password", &env), None);
        assert!(read(&SecretSource::Env("NO".into()), &env).is_err());
    }
}
