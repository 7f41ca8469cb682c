//! Which questions, in which order, and what is a right answer to each.
//!
//! Must not do: write a file.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::config::{Address, Answers, Edge, Kind, SideAnswers, Zone, check_name, edge};
use crate::headless::commands::wizard::prompt::Prompt;
use crate::headless::exit::Trouble;
use crate::words::{Ask, Fault};

/// A secret, and the file that it is to be in.
pub struct Kept {
    /// Beside the configuration.
    pub path: PathBuf,
    /// What it says.
    pub secret: SecretString,
}

/// Asks everything. `folder`: where the configuration will be.
pub fn ask(prompt: &Prompt<'_>, folder: &Path) -> Result<(Answers, Vec<Kept>), Trouble> {
    let profile = prompt.ask(Ask::Profile, Some("prod"), |text| name(text, folder))?;
    let timezone = prompt.ask(Ask::Zone, own_zone().as_deref(), zone)?;
    let mut kept = Vec::new();
    let files = Files { folder, profile: &profile };
    let kinds = [Kind::IxcAcs, Kind::GenieAcs, Kind::File];
    let acs = match prompt.ask(Ask::AcsKind, Some("1"), |text| choice(text, &kinds))? {
        Kind::IxcAcs | Kind::IxcProvedor => {
            client(prompt, Kind::IxcAcs, (Ask::ClientId, Ask::ClientSecret), &files, &mut kept)?
        }
        Kind::GenieAcs => genie(prompt, &files, &mut kept)?,
        Kind::File => file(prompt)?,
    };
    let kinds = [Kind::IxcProvedor, Kind::File];
    let provider = match prompt.ask(Ask::ProviderKind, Some("1"), |text| choice(text, &kinds))? {
        Kind::File => file(prompt)?,
        Kind::IxcProvedor | Kind::IxcAcs | Kind::GenieAcs => {
            client(prompt, Kind::IxcProvedor, (Ask::UserId, Ask::Token), &files, &mut kept)?
        }
    };
    Ok((Answers { profile, timezone, acs, provider }, kept))
}

/// Where secrets go.
struct Files<'a> {
    folder: &'a Path,
    profile: &'a str,
}

/// The files of secrets that a profile may have.
fn secret_names(profile: &str) -> [String; 2] {
    [format!("{profile}.acs.secret"), format!("{profile}.provider.secret")]
}

fn client(
    prompt: &Prompt<'_>,
    kind: Kind,
    (id, secret): (Ask, Ask),
    files: &Files<'_>,
    kept: &mut Vec<Kept>,
) -> Result<SideAnswers, Trouble> {
    let url = prompt.ask(Ask::Url, None, address)?;
    let client_id = prompt.ask(id, None, |text| plain(text).map(str::to_owned))?;
    let [acs, provider] = secret_names(files.profile);
    let name = if kind == Kind::IxcProvedor { provider } else { acs };
    let secret = prompt.ask_unseen(secret, |text| plain(text).map(SecretString::from))?;
    kept.push(Kept { path: files.folder.join(&name), secret });
    Ok(SideAnswers::Client { kind, url, client_id, secret_file: name.into() })
}

fn genie(
    prompt: &Prompt<'_>,
    files: &Files<'_>,
    kept: &mut Vec<Kept>,
) -> Result<SideAnswers, Trouble> {
    let url = prompt.ask(Ask::Url, Some("http://127.0.0.1:7557"), address)?;
    let user = prompt.ask(Ask::ProxyUser, Some("-"), |text| plain(text).map(str::to_owned))?;
    if user == "-" {
        return Ok(SideAnswers::Genie { url, login: None });
    }
    let [name, _] = secret_names(files.profile);
    let secret =
        prompt.ask_unseen(Ask::ProxyPassword, |text| plain(text).map(SecretString::from))?;
    kept.push(Kept { path: files.folder.join(&name), secret });
    Ok(SideAnswers::Genie { url, login: Some((user, name.into())) })
}

fn file(prompt: &Prompt<'_>) -> Result<SideAnswers, Trouble> {
    let path = prompt.ask(Ask::File, None, |text| {
        let path = Path::new(plain(text)?);
        let found = path.is_file().then(|| std::path::absolute(path).ok()).flatten();
        found.ok_or_else(|| Fault::NoFile(text.to_owned()))
    })?;
    Ok(SideAnswers::File { path })
}

/// Something, without white space that nobody sees.
fn plain(text: &str) -> Result<&str, Fault> {
    match edge(text) {
        _ if text.is_empty() => Err(Fault::Empty),
        Some(Edge { begins, character, position }) => {
            Err(Fault::Edge { begins, character, position })
        }
        None => Ok(text),
    }
}

fn name(text: &str, folder: &Path) -> Result<String, Fault> {
    let text = text.trim();
    check_name(text).map_err(|_| Fault::Name)?;
    let taken = secret_names(text).map(|name| folder.join(name));
    match taken.iter().find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(Fault::Taken(path.to_string_lossy().into_owned())),
        None => Ok(text.to_owned()),
    }
}

fn zone(text: &str) -> Result<Zone, Fault> {
    text.trim().parse().map_err(|_| Fault::Zone)
}

/// This machine's, unless it says no more than that it has none.
fn own_zone() -> Option<String> {
    let zone = TimeZone::system();
    let name = zone.iana_name()?;
    (!matches!(name, "UTC" | "Etc/UTC" | "Etc/Unknown")).then(|| name.to_owned())
}

fn choice(text: &str, kinds: &[Kind]) -> Result<Kind, Fault> {
    let text = text.trim();
    let numbered = text.parse::<usize>().ok().and_then(|n| kinds.get(n.checked_sub(1)?));
    let named = kinds.iter().find(|kind| kind.to_string() == text);
    numbered.or(named).copied().ok_or(Fault::Choice)
}

/// R6's mistakes each by its name.
fn address(text: &str) -> Result<Address, Fault> {
    let text = plain(text)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or(Fault::Scheme)?;
    if rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@')) {
        return Err(Fault::User);
    }
    if rest.trim_end_matches('/').contains(['/', '?', '#']) {
        return Err(Fault::Path);
    }
    let address: Address = text.parse().map_err(|_| Fault::Address)?;
    if address.is_https() || address.is_loopback() { Ok(address) } else { Err(Fault::Http) }
}

/// Yes or no, in both languages.
pub fn yes(text: &str) -> Result<bool, Fault> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "s" | "sim" => Ok(true),
        "n" | "no" | "nao" | "não" => Ok(false),
        _ => Err(Fault::YesOrNo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_for_what_is_wrong_with_it() {
        for (text, fault) in [
            ("", Fault::Empty),
            ("acs.isp.example", Fault::Scheme),
            ("ftp://acs.isp.example", Fault::Scheme),
            ("https://acs.isp.example/api/v2", Fault::Path),
            ("https://isp.example/?x=1", Fault::Path),
            ("https://ana:x@isp.example", Fault::User),
            ("http://isp.example", Fault::Http),
            ("https://", Fault::Address),
            ("https://a b", Fault::Address),
        ] {
            assert_eq!(address(text), Err(fault), "{text}");
        }
        assert!(matches!(address("https://isp.example "), Err(Fault::Edge { position: 20, .. })));
        for text in ["https://isp.example", "https://isp.example/", "http://127.0.0.1:7557"] {
            assert!(address(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn choices_names_and_zones() {
        let kinds = [Kind::IxcAcs, Kind::GenieAcs];
        assert_eq!(choice(" 2 ", &kinds), Ok(Kind::GenieAcs));
        assert_eq!(choice("genieacs", &kinds), Ok(Kind::GenieAcs));
        for text in ["0", "3", "x", ""] {
            assert_eq!(choice(text, &kinds), Err(Fault::Choice), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(name("north", folder.path()), Ok("north".to_owned()));
        assert_eq!(name("../x", folder.path()), Err(Fault::Name));
        std::fs::write(folder.path().join("north.acs.secret"), "").unwrap();
        assert!(matches!(name("north", folder.path()), Err(Fault::Taken(_))));
        assert_eq!(zone("Brasil"), Err(Fault::Zone));
        assert_eq!((yes("S"), yes("n"), yes("")), (Ok(true), Ok(false), Err(Fault::YesOrNo)));
    }
}
