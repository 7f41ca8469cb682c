//! The commented file that `config init` writes.
//!
//! Must not do: overwrite a file, or make one that others may read.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::config::check_name;
use crate::config::choices::Kind;
use crate::config::error::{ConfigError, Place};
use crate::config::value::{Address, Zone};

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

/// How one side is reached, as answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideAnswers {
    /// An export.
    File {
        /// Where it is.
        path: PathBuf,
    },
    /// A system with a client id and the file of its secret.
    Client {
        /// Which adapter.
        kind: Kind,
        /// Scheme and host.
        url: Address,
        /// The client's id.
        client_id: String,
        /// The file of its secret, beside the configuration.
        secret_file: PathBuf,
    },
    /// A `GenieACS`.
    Genie {
        /// Scheme and host.
        url: Address,
        /// The user and the file of the password, where a proxy asks for them.
        login: Option<(String, PathBuf)>,
    },
}

/// What the wizard asked for.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The profile's name.
    pub profile: String,
    /// Zone of times without one.
    pub timezone: Zone,
    /// The ACS.
    pub acs: SideAnswers,
    /// The Provider.
    pub provider: SideAnswers,
}

impl SideAnswers {
    /// Its keys as lines.
    fn lines(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let place = |path: &Path| quoted(&path.to_string_lossy());
        match self {
            Self::File { path } => format!("kind = \"file\"\npath = {}\n", place(path)),
            Self::Client { kind, url, client_id, secret_file } => format!(
                "kind = \"{kind}\"\nurl = {}\nclient_id = {}\nclient_secret_file = {}\n",
                quoted(url.as_str()),
                quoted(client_id),
                place(secret_file)
            ),
            Self::Genie { url, login } => {
                let login = login.as_ref().map(|(user, file)| {
                    format!("username = {}\npassword_file = {}\n", quoted(user), place(file))
                });
                let url = quoted(url.as_str());
                format!("kind = \"genieacs\"\nurl = {url}\n{}", login.unwrap_or_default())
            }
        }
    }

    /// Are the comments of the shipped section about this kind?
    fn is_as_shipped(&self) -> bool {
        matches!(self, Self::Client { kind: Kind::IxcAcs | Kind::IxcProvedor, .. })
    }
}

/// The file's text with the answers in it.
fn filled(answers: &Answers) -> Result<String, ConfigError> {
    let zone = format!("timezone = \"{}\"", answers.timezone);
    let shipped = text(Some(&answers.profile))?.replace("timezone = \"America/Sao_Paulo\"", &zone);
    let mut made = String::with_capacity(shipped.len());
    let mut side: Option<&SideAnswers> = None;
    for line in shipped.split_inclusive('\n') {
        if line.starts_with('[') {
            side = match line.trim_end() {
                head if head.ends_with(".acs]") => Some(&answers.acs),
                head if head.ends_with(".provider]") => Some(&answers.provider),
                _ => None,
            };
            made.push_str(line);
            made.push_str(&side.map(SideAnswers::lines).unwrap_or_default());
            continue;
        }
        let keeps = match side {
            None => true,
            // A key that was answered stands above.
            Some(of) if of.is_as_shipped() => line.starts_with('#') || line.trim().is_empty(),
            Some(_) => line.trim().is_empty(),
        };
        if line.trim().is_empty() {
            side = None;
        }
        if keeps {
            made.push_str(line);
        }
    }
    Ok(made)
}

/// Writes the commented file, mode 0600, folders 0700.
///
/// # Errors
/// Where `profile` can't be a name, there is a file already, or it can't be written.
pub fn init(path: &Path, profile: Option<&str>) -> Result<(), ConfigError> {
    write_new(path, &text(profile)?)
}

/// The same with answers in it, read-only as it stands.
///
/// # Errors
/// As [`init`].
pub fn init_with(path: &Path, answers: &Answers) -> Result<(), ConfigError> {
    write_new(path, &filled(answers)?)
}

fn write_new(path: &Path, text: &str) -> Result<(), ConfigError> {
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
    fn answers_are_in_it_and_nothing_else_changes() {
        let client = |kind, url: &str, id: &str| SideAnswers::Client {
            kind,
            url: url.parse().unwrap(),
            client_id: id.to_owned(),
            secret_file: "north.secret".into(),
        };
        let genie =
            |login| SideAnswers::Genie { url: "http://127.0.0.1:7557".parse().unwrap(), login };
        let file = || SideAnswers::File { path: "/srv/a \"b\".csv".into() };
        let ixc = || client(Kind::IxcAcs, "https://acs.isp.test", "a \"quoted\" id");
        for (acs, provider) in [
            (ixc(), client(Kind::IxcProvedor, "https://isp.test", "7")),
            (genie(None), file()),
            (genie(Some(("acerto".to_owned(), "north.password".into()))), file()),
            (file(), client(Kind::IxcProvedor, "https://isp.test", "7")),
        ] {
            let zone = "America/Manaus".parse().unwrap();
            let answers = Answers {
                profile: "north".into(),
                timezone: zone,
                acs: acs.clone(),
                provider: provider.clone(),
            };
            let text = filled(&answers).unwrap();
            let settings = crate::config::settle_text(&text).unwrap();
            assert!(settings.read_only && settings.profile == "north", "{text}");
            assert_eq!(settings.timezone.iana_name(), Some("America/Manaus"));
            for (side, answered) in [(settings.acs, acs), (settings.provider, provider)] {
                let address = side.as_ref().unwrap().address();
                match answered {
                    SideAnswers::File { path } => assert_eq!(address, path.to_str().unwrap()),
                    SideAnswers::Client { url, .. } | SideAnswers::Genie { url, .. } => {
                        assert_eq!(address, url.as_str());
                    }
                }
            }
            assert!(text.contains("# sync_window") && !text.contains("isp.example\"\nclient"));
        }
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
