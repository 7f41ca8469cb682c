//! What can be wrong with a configuration, told with its file, line and column.
//!
//! Must not do: show a secret, or leave the reader without the next step.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::domain::text::visible;

/// A configuration that can't be used: what, where, and what to do. Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}{what}")]
pub struct ConfigError {
    /// Where it is.
    pub place: Place,
    /// What is wrong; one sentence, safe to show.
    pub what: String,
    /// What to do next; sentences, safe to show.
    pub hints: Vec<String>,
}

/// Where something stands; shown as `FILE:LINE:COLUMN: `, `FILE: ` or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Option<PathBuf>,
    /// Line and column, counted from 1; columns are characters.
    pub at: Option<(usize, usize)>,
}

impl Place {
    /// A file as a whole.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self { file: Some(path.to_owned()), at: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(file) = &self.file else { return Ok(()) };
        write!(f, "{}", visible(&file.to_string_lossy()))?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")
    }
}

impl ConfigError {
    /// An error that no file is to blame for.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self { place: Place::default(), what: what.into(), hints: Vec::new() }
    }

    /// The same, blamed on a place.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The same with one more thing to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// The text of one configuration file, to turn byte positions into lines.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it was read.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Where a byte of the text stands.
    #[must_use]
    pub fn place(&self, span: &Range<usize>) -> Place {
        Place { file: Some(self.path.clone()), at: Some(self.position(span.start)) }
    }

    /// The line of a byte, counted from 1.
    #[must_use]
    pub fn line(&self, span: &Range<usize>) -> usize {
        self.position(span.start).0
    }

    fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Turns what `toml` or a value's own reader says into our words.
#[must_use]
pub fn from_toml(source: &Source, error: &toml::de::Error) -> ConfigError {
    let place = match error.span() {
        Some(span) => source.place(&span),
        None => Place::file(&source.path),
    };
    let message = error.message();
    if let Some((key, known)) = unknown_field(message) {
        return unknown_key(&key, &known).at(place);
    }
    let said = visible(message).trim_end_matches('.').to_owned();
    let key = error.span().and_then(|span| key_of(source.text.get(..span.start)?));
    let what = key.map_or_else(|| said.clone(), |key| format!("`{}`: {said}", visible(key)));
    ConfigError::new(what).at(place)
}

/// The key whose value begins where `before` ends, also inside a list.
fn key_of(before: &str) -> Option<&str> {
    let (keys, opened) = before.rsplit_once('=')?;
    let opened = opened.trim();
    if !opened.is_empty() && (!opened.starts_with('[') || opened.contains(']')) {
        return None;
    }
    let key = keys.rsplit(['\n', ',', '{']).next()?.trim();
    (!key.is_empty() && !key.contains('#')).then_some(key)
}

/// What to say of a key that nobody knows.
fn unknown_key(key: &str, known: &[String]) -> ConfigError {
    if let Some(real) = secret_key(key, known) {
        return ConfigError::new(format!("`{}` would put a secret into this file", visible(key)))
            .hint(format!("put it into a file of mode 0600 and name that: {real}_file = \"…\""))
            .hint(format!("or name an environment variable that holds it: {real}_env = \"…\""))
            .hint(format!(
                "or let systemd hand it over as $CREDENTIALS_DIRECTORY/PROFILE.SIDE.{real}"
            ));
    }
    let error = ConfigError::new(format!("unknown key `{}`", visible(key)));
    match nearest(key, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => error.hint("no key is known here: remove it"),
        None => error.hint(format!("known here: {}", known.join(", "))),
    }
}

/// `client_secret`, where `client_secret_file` is known: the secret itself was written down.
fn secret_key<'a>(key: &'a str, known: &[String]) -> Option<&'a str> {
    let file = format!("{key}_file");
    known.contains(&file).then_some(key)
}

/// The known word that a person most likely meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a str> {
    const ALIKE_MIN: f64 = 0.8;
    known
        .iter()
        .map(|k| (strsim::jaro_winkler(word, k), k.as_str()))
        .filter(|(alike, _)| *alike >= ALIKE_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

/// Reads serde's "unknown field `x`, expected one of `a`, `b`" and "unknown variant" likewise.
fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut quoted = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((quoted.next()?, quoted.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_columns_in_characters() {
        let source = Source { path: "c.toml".into(), text: "a = 1\né = 2\nb".into() };
        assert_eq!(source.place(&(0..1)).to_string(), "c.toml:1:1: ");
        let two = source.text.find('2').unwrap();
        assert_eq!(source.place(&(two..two + 1)).to_string(), "c.toml:2:5: ");
        assert_eq!(source.place(&(900..901)).to_string(), "c.toml:3:2: ");
    }

    #[test]
    fn finds_the_key_of_a_value() {
        for (before, key) in [
            ("[net]\nread_rps = ", Some("read_rps")),
            ("acs = { kind = \"file\", path = ", Some("path")),
            ("drift = [\"mac\",\n  ", Some("drift")),
            ("a = 1\n", None),
            ("a = []\n", None),
            ("", None),
        ] {
            assert_eq!(key_of(before), key, "{before}");
        }
    }

    #[test]
    fn guesses_what_was_meant() {
        let known: Vec<String> = ["connect_timeout", "request_timeout"].map(str::to_owned).into();
        assert_eq!(nearest("conect_timeout", &known), Some("connect_timeout"));
        assert_eq!(nearest("xyz", &known), None);
    }
}
