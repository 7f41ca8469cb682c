//! The commented file that `config init` writes.
//!
//! Must not do: overwrite a file, or make one that others may read.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::config::check_name;
use crate::config::error::{ConfigError, Place};

/// The file's text: every table and key, those that may stay as shipped commented out.
pub const TEMPLATE: &str = include_str!("template.toml");

/// The text with its profile under another name.
fn text(profile: Option<&str>) -> Result<String, ConfigError> {
    let Some(name) = profile else { return Ok(TEMPLATE.to_owned()) };
    check_name(name)?;
    // A name with a dot would be two keys.
    let key = if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
    Ok(TEMPLATE
        .replace("[profiles.prod", &format!("[profiles.{key}"))
        .replace("= \"prod\"", &format!("= \"{name}\""))
        .replace("LoadCredential=prod.", &format!("LoadCredential={name}.")))
}

/// Writes the commented file, mode 0600, folders 0700.
///
/// # Errors
/// Where `profile` can't be a name, there is a file already, or it can't be written.
pub fn init(path: &Path, profile: Option<&str>) -> Result<(), ConfigError> {
    let text = text(profile)?;
    let failed = |e: std::io::Error| {
        if e.kind() == std::io::ErrorKind::AlreadyExists {
            return ConfigError::new("there is a file already, and it stays as it is")
                .at(Place::file(path))
                .hint("write another: acerto --config FILE config init")
                .hint("or look at this one: acerto config show");
        }
        ConfigError::new(format!("can't be written: {e}"))
            .at(Place::file(path))
            .hint("check the folder's mode and owner, or name another: --config FILE")
    };
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::schema::{
        CausesRaw, GuardRaw, InteractiveGuardRaw, ListenRaw, LogRaw, NetRaw, ProfileRaw, SideRaw,
        StoreRaw, UiRaw,
    };

    /// The template with every commented key switched on.
    fn all_on() -> String {
        let is_key = |line: &str| {
            let name: String =
                line.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            !name.is_empty() && line[name.len()..].starts_with(" = ") || line.starts_with('[')
        };
        let on = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if is_key(rest) => rest.to_owned(),
            _ => line.to_owned(),
        };
        TEMPLATE.lines().map(|l| on(l) + "\n").collect()
    }

    #[test]
    fn reads_as_it_is_and_read_only() {
        let settings = crate::config::settle_text(TEMPLATE).unwrap();
        assert!(settings.read_only && settings.production);
    }

    #[test]
    fn every_key_is_in_it_and_reads_with_its_shipped_value() {
        let all = all_on();
        let settings = crate::config::settle_text(&all).unwrap();
        let shipped = crate::config::settle_text(TEMPLATE).unwrap();
        for row in shipped.rows.iter().filter(|r| !r.key.starts_with('(')) {
            let on = settings.rows.iter().find(|r| r.key == row.key);
            assert_eq!(on.map(|r| r.value.as_str()), Some(row.value.as_str()), "{}", row.key);
        }
        let tables = [
            ProfileRaw::KEYS,
            SideRaw::KEYS,
            NetRaw::KEYS,
            GuardRaw::KEYS,
            InteractiveGuardRaw::KEYS,
            CausesRaw::KEYS,
            StoreRaw::KEYS,
            LogRaw::KEYS,
            ListenRaw::KEYS,
            UiRaw::KEYS,
        ];
        for key in tables.iter().flat_map(|t| t.iter()) {
            let typed = |line: &str| {
                line.starts_with(&format!("{key} = "))
                    || line.contains(&format!(" {key} = "))
                    || line.starts_with('[') && line.trim_end().ends_with(&format!(".{key}]"))
            };
            assert!(all.lines().any(typed), "the template lacks {key}");
        }
    }

    #[test]
    fn its_profile_may_have_another_name() {
        for name in ["lab", "north.1"] {
            let text = text(Some(name)).unwrap();
            assert_eq!(crate::config::settle_text(&text).unwrap().profile, name);
            assert!(!text.contains("prod.") && !text.contains("\"prod\""), "{text}");
        }
        assert!(text(Some("../x")).is_err());
    }

    #[test]
    fn writes_once_and_only_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/acerto/config.toml");
        init(&path, None).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = init(&path, None).unwrap_err();
        assert!(error.to_string().contains("already"), "{error}");
    }
}
