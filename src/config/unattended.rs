//! Values of the run that nobody watches: its times of day, and where news of it goes.
//!
//! Must not do: show where in a host a hook is; whoever knows that path may post to it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use jiff::civil::Time;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, de};
use toml::Spanned;

use crate::config::choices::OneOrMany;
use crate::config::edges;
use crate::config::error::{ConfigError, Source};
use crate::config::locate::Environment;
use crate::config::profile;
use crate::config::schema::{Guard, Listen, ListenRaw};
use crate::config::secret;
use crate::config::trail::Shown;
use crate::config::value::{Address, ClockTime, Period};

/// More runs a day are a mistake: every one reads both systems whole.
const TIMES_MOST: usize = 24;

/// Times of day, in order, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<ClockTime>);

impl Schedule {
    /// One time a day.
    #[must_use]
    pub fn once(at: ClockTime) -> Self {
        Self(vec![at])
    }

    /// Its times.
    pub fn times(&self) -> impl Iterator<Item = Time> {
        self.0.iter().map(|time| time.0)
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let times: Result<Vec<ClockTime>, String> = text.split(',').map(str::parse).collect();
        let mut times = times.map_err(|e| format!("{e}, or \"07:00,19:00\""))?;
        times.sort_by_key(|time| time.0);
        times.dedup();
        if times.len() > TIMES_MOST {
            return Err(format!("at most {TIMES_MOST} times a day"));
        }
        Ok(Self(times))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&times.join(","))
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

impl Shown for Schedule {
    fn shown(&self) -> String {
        format!("\"{self}\"")
    }
}

/// Where a message is posted to. Of a chat's hook the path is a password: only the host is shown.
#[derive(Clone)]
pub struct Hook {
    /// Scheme, host and port.
    pub origin: Address,
    target: SecretString,
}

impl Hook {
    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &SecretString {
        &self.target
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.target.expose_secret() == "/" { "/" } else { "/…" };
        write!(f, "{}{more}", self.origin)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({self})")
    }
}

impl FromStr for Hook {
    type Err = String;

    // The value is not echoed: it is a password as a whole.
    fn from_str(text: &str) -> Result<Self, String> {
        edges::check(text)?;
        let example = "write it like \"https://chat.isp.example/hooks/…\"";
        let uri: http::Uri = text.parse().map_err(|_| format!("no valid url; {example}"))?;
        let authority = uri.authority().ok_or_else(|| format!("no host; {example}"))?;
        let Some(scheme) = uri.scheme_str() else {
            return Err(format!("an address begins with https:// or http://; {example}"));
        };
        let origin = format!("{scheme}://{authority}").parse()?;
        if text.contains('#') {
            return Err(format!("a `#` is nothing that a server sees; {example}"));
        }
        let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        Ok(Self { origin, target: SecretString::from(target) })
    }
}

impl<'de> Deserialize<'de> for Hook {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

impl Shown for Hook {
    fn shown(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Listen {
    /// The program that is told, and its arguments; no shell reads them.
    #[must_use]
    pub fn notify_words(&self) -> Vec<String> {
        match &self.notify_command {
            None => Vec::new(),
            Some(OneOrMany::One(line)) => line.split_whitespace().map(str::to_owned).collect(),
            Some(OneOrMany::Many(words)) => words.clone(),
        }
    }

    /// Does anybody want to be told?
    #[must_use]
    pub fn notifies(&self) -> bool {
        self.has_hook() || self.notify_command.is_some()
    }

    fn has_hook(&self) -> bool {
        let elsewhere = self.notify_url_file.is_some() || self.notify_url_env.is_some();
        self.notify_url.is_some() || elsewhere
    }

    /// Where a message is posted to; `config`: the file that names it.
    ///
    /// # Errors
    /// Where the file or the variable can't be read, or holds no such address.
    pub fn hook(
        &self,
        config: Option<&Path>,
        env: &dyn Environment,
    ) -> Result<Option<Hook>, ConfigError> {
        if self.notify_url.is_some() || !self.has_hook() {
            return Ok(self.notify_url.clone());
        }
        let file = self.notify_url_file.as_ref();
        let file = file.map(|path| profile::beside(config.unwrap_or(Path::new("")), path));
        let variable = self.notify_url_env.as_deref();
        let source = secret::source(file.as_deref(), variable, "notify_url", env);
        let Some(source) = source else { return Ok(None) };
        let address = secret::read(&source, env)?;
        let wrong = |what| ConfigError::new(format!("the address in {source}: {what}"));
        let hook: Hook = address.expose_secret().parse().map_err(wrong)?;
        encrypted(&hook, self.notify_allow_http)?;
        Ok(Some(hook))
    }
}

/// Refuses to show a hook's path to whoever listens on the wire.
fn encrypted(hook: &Hook, allowed: bool) -> Result<(), ConfigError> {
    let origin = &hook.origin;
    if origin.is_https() || origin.is_loopback() || allowed {
        return Ok(());
    }
    let what = "plain http to another machine would show the hook's path, which is its password";
    let hint = "use https://, or set notify_allow_http = true if the wire is yours";
    Err(ConfigError::new(what).hint(hint))
}

/// What to say of a run inside the synchronisation window.
#[must_use]
pub(crate) fn in_window(time: Time, guard: &Guard) -> Option<ConfigError> {
    let window = guard.sync_window;
    window.holds(time).then(|| {
        let time = ClockTime(time);
        let what = format!("the run at {time} would be inside the window {window}");
        ConfigError::new(what)
            .hint("the systems synchronise then: lists read meanwhile differ by what is under way")
            .hint("set [listen] schedule to a time after it, or narrow [guard] sync_window")
    })
}

/// Refuses what would fail when nobody looks.
pub(super) fn check(
    source: Option<&Source>,
    raw: &ListenRaw,
    guard: &Guard,
) -> Result<(), ConfigError> {
    let Some(source) = source else { return Ok(()) };
    if let Some(typed) = &raw.schedule
        && let Some(error) = typed.get_ref().times().find_map(|time| in_window(time, guard))
    {
        return Err(error.at(source.place(&typed.span())));
    }
    let length = |typed: &Option<Spanned<Period>>, least: i64, most: i64, key: &str| {
        let Some(typed) = typed else { return Ok(()) };
        let (least, most) = (Period::seconds(least), Period::seconds(most));
        if (least..=most).contains(typed.get_ref()) {
            return Ok(());
        }
        let what = format!("{key} is {}, and may be {least} to {most}", typed.get_ref());
        Err(ConfigError::new(what).at(source.place(&typed.span())))
    };
    length(&raw.schedule_jitter, 0, 3600, "schedule_jitter")?;
    length(&raw.schedule_limit, 60, 86_400, "schedule_limit")?;
    check_hook(raw).map_err(|(error, span)| error.at(source.place(&span)))?;
    check_command(raw).map_err(|(error, span)| error.at(source.place(&span)))
}

type Blamed = (ConfigError, std::ops::Range<usize>);

fn check_hook(raw: &ListenRaw) -> Result<(), Blamed> {
    let places = [
        raw.notify_url.as_ref().map(Spanned::span),
        raw.notify_url_file.as_ref().map(Spanned::span),
        raw.notify_url_env.as_ref().map(Spanned::span),
    ];
    if let Some(second) = places.into_iter().flatten().nth(1) {
        let error = ConfigError::new("the address of the hook is named twice");
        let hint = "keep one of notify_url, notify_url_file, notify_url_env";
        return Err((error.hint(hint), second));
    }
    let Some(typed) = &raw.notify_url else { return Ok(()) };
    let allowed = raw.notify_allow_http.as_ref().is_some_and(|yes| *yes.get_ref());
    encrypted(typed.get_ref(), allowed).map_err(|error| (error, typed.span()))
}

fn check_command(raw: &ListenRaw) -> Result<(), Blamed> {
    let Some(typed) = &raw.notify_command else { return Ok(()) };
    let example =
        "write a list: notify_command = [\"mail\", \"-s\", \"acerto\", \"noc@isp.example\"]";
    let wrong = |what: &str| Err((ConfigError::new(what).hint(example), typed.span()));
    match typed.get_ref() {
        // No shell reads it: what would mean something to one would be taken literally.
        OneOrMany::One(line) if line.contains(['"', '\'', '\\', '|', ';', '&', '<', '>', '$']) => {
            wrong("no shell reads notify_command, and it holds what only a shell understands")
        }
        OneOrMany::One(line) if line.trim().is_empty() => wrong("notify_command is empty"),
        OneOrMany::Many(words) if words.first().is_none_or(|word| word.trim().is_empty()) => {
            wrong("notify_command names no program")
        }
        OneOrMany::One(_) | OneOrMany::Many(_) => Ok(()),
    }
}

/// The schedule where none is set.
pub(super) fn shipped_schedule() -> Schedule {
    Schedule::once(ClockTime(jiff::civil::time(7, 0, 0, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_of_day_in_any_order() {
        for (text, shown) in
            [("07:00", "07:00"), ("19:00, 07:00", "07:00,19:00"), ("07:00,07:00", "07:00")]
        {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "7", "07:00,", "24:00", "07:00;19:00"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_hook_may_stand_in_a_variable_or_a_file_of_its_owner() {
        let listen = settled("notify_url_env = \"HOOK\"").unwrap().listen;
        let hook = |value: &'static str| {
            let env = std::collections::BTreeMap::from([("HOOK", value)]);
            listen.hook(None, &env)
        };
        assert!(listen.notifies());
        let found = hook("https://chat.isp.example/geheim").unwrap().unwrap();
        assert_eq!(found.target().expose_secret(), "/geheim");
        for (value, what) in [
            ("", "not set"),
            ("https://chat.isp.example/geheim ", "ends with a space"),
            ("http://chat.isp.example/geheim", "plain http"),
            ("geheim", "begins with https://"),
        ] {
            let error = hook(value).unwrap_err().to_string();
            assert!(error.contains(what) && !error.contains("geheim"), "{value}: {error}");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hook"), "https://chat.isp.example/x\n").unwrap();
        let listen = settled("notify_url_file = \"hook\"").unwrap().listen;
        let read = |mode| {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(folder.path().join("hook"), mode).unwrap();
            let config = folder.path().join("config.toml");
            listen.hook(Some(&config), &std::collections::BTreeMap::<&str, &str>::new())
        };
        assert!(read(0o600).unwrap().is_some());
        assert!(read(0o644).unwrap_err().to_string().contains("0644"));
    }

    #[test]
    fn a_hook_shows_its_host_alone() {
        let hook: Hook = "https://chat.isp.example:8443/hooks/geheim?x=1".parse().unwrap();
        assert_eq!(hook.target().expose_secret(), "/hooks/geheim?x=1");
        for shown in [hook.to_string(), format!("{hook:?}"), hook.shown()] {
            assert!(shown.contains("https://chat.isp.example:8443/…"), "{shown}");
            assert!(!shown.contains("geheim"), "{shown}");
        }
        for text in [
            "chat.isp.example/geheim",
            "ftp://chat.isp.example/geheim",
            "https://user:geheim@chat.isp.example/x",
            "https://chat.isp.example/geheim#x",
            " https://chat.isp.example/geheim",
        ] {
            let error = text.parse::<Hook>().unwrap_err();
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    fn settled(listen: &str) -> Result<crate::config::Settings, ConfigError> {
        let sides = "[profiles.a]\nacs = { kind = \"file\", path = \"a\" }\n\
            provider = { kind = \"file\", path = \"b\" }\n";
        crate::config::settle_text(&format!("{sides}[listen]\n{listen}\n"))
    }

    #[test]
    fn what_would_fail_unseen_is_refused_with_its_line() {
        for (listen, what) in [
            ("schedule = \"03:00\"", "inside the window 02:00-06:00"),
            ("schedule = \"07:00,02:00\"", "inside the window"),
            ("schedule_jitter = \"2h\"", "schedule_jitter"),
            ("schedule_limit = \"0s\"", "schedule_limit"),
            ("notify_url = \"http://chat.isp.example/x\"", "plain http"),
            ("notify_url_env = \"A\"\nnotify_url_file = \"b\"", "named twice"),
            ("notify_command = \"mail -s 'a b' noc\"", "no shell"),
            ("notify_command = \" \"", "empty"),
            ("notify_command = []", "no program"),
        ] {
            let error = settled(listen).unwrap_err();
            assert!(error.to_string().contains(what), "{listen}: {error}");
            assert!(error.to_string().contains(":5:"), "{listen}: {error}");
        }
        for listen in [
            "",
            "schedule = \"06:00\"",
            "notify_url = \"http://127.0.0.1:1/x\"",
            "notify_url = \"http://chat.isp.example/x\"\nnotify_allow_http = true",
            "notify_command = \"mail noc@isp.example\"",
        ] {
            assert!(settled(listen).is_ok(), "{listen}");
        }
        let listen = settled("notify_command = \"mail  noc@isp.example\"").unwrap().listen;
        assert_eq!(listen.notify_words(), ["mail", "noc@isp.example"]);
    }
}
