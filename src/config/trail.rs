//! Where each setting came from: the memory behind `config show`.
//!
//! Must not do: hold a secret. Only the names of their files and variables pass here.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;

use toml::Spanned;

use crate::config::error::Source;
use crate::domain::text::visible;

/// Who decided a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: as shipped.
    Default,
    /// A line of the configuration file.
    File {
        /// Counted from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(&'static str),
    /// A flag of the command line.
    Flag(&'static str),
}

impl Origin {
    /// Did a person name it for this very command?
    #[must_use]
    pub fn is_named(&self) -> bool {
        matches!(self, Self::Flag(_) | Self::Environment(_))
    }
}

/// One setting as `config show` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The whole key: `net.connect_timeout`.
    pub key: String,
    /// The value as one would type it, safe to show; never a secret.
    pub value: String,
    /// Who decided it.
    pub origin: Origin,
}

/// Collects the rows while the settings are settled.
#[derive(Debug)]
pub struct Trail<'a> {
    source: Option<&'a Source>,
    /// The rows so far.
    pub rows: Vec<Row>,
    /// Keys that nobody set and that have no shipped value.
    pub unset: Vec<String>,
}

impl<'a> Trail<'a> {
    /// An empty trail over `source`, where there is a file at all.
    #[must_use]
    pub fn new(source: Option<&'a Source>) -> Self {
        Self { source, rows: Vec::new(), unset: Vec::new() }
    }

    /// Notes a value that came from elsewhere than the file's text.
    pub fn note(&mut self, key: impl Into<String>, value: impl Display, origin: Origin) {
        self.rows.push(Row { key: key.into(), value: visible(&value.to_string()), origin });
    }

    /// The typed value, or the shipped one.
    pub(super) fn pick<T: Clone + Shown>(
        &mut self,
        table: &str,
        key: &str,
        typed: Option<&Spanned<T>>,
        shipped: &T,
    ) -> T {
        if typed.is_some()
            && let Some(value) = self.pick_optional(table, key, typed)
        {
            return value;
        }
        self.note(format!("{table}{key}"), shipped.shown(), Origin::Default);
        shipped.clone()
    }

    /// The typed value, if any.
    pub(super) fn pick_optional<T: Clone + Shown>(
        &mut self,
        table: &str,
        key: &str,
        typed: Option<&Spanned<T>>,
    ) -> Option<T> {
        let Some(typed) = typed else {
            self.unset.push(format!("{table}{key}"));
            return None;
        };
        let line = self.source.map_or(0, |s| s.line(&typed.span()));
        let value = typed.get_ref().clone();
        self.note(format!("{table}{key}"), value.shown(), Origin::File { line });
        Some(value)
    }
}

/// How a value is typed in TOML.
pub trait Shown {
    /// Its text.
    fn shown(&self) -> String;
}

macro_rules! shown_quoted {
    ($($name:ty),* $(,)?) => {$(
        impl Shown for $name {
            fn shown(&self) -> String { format!("\"{self}\"") }
        }
    )*};
}
macro_rules! shown_plain {
    ($($name:ty),* $(,)?) => {$(
        impl Shown for $name {
            fn shown(&self) -> String { self.to_string() }
        }
    )*};
}
pub(super) use shown_quoted;

shown_quoted!(
    String,
    super::value::Period,
    super::value::Window,
    super::value::ClockTime,
    super::value::Zone,
    super::value::Address,
    super::value::Size,
    std::net::SocketAddr,
);
shown_plain!(bool, u32, u64, super::value::Keep, super::value::Percent, super::value::Rate);

impl Shown for PathBuf {
    fn shown(&self) -> String {
        format!("\"{}\"", self.display())
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn shown(&self) -> String {
        let inner: Vec<String> = self.iter().map(Shown::shown).collect();
        format!("[{}]", inner.join(", "))
    }
}

impl<T: Shown> Shown for BTreeMap<String, T> {
    fn shown(&self) -> String {
        let inner: Vec<String> =
            self.iter().map(|(k, v)| format!("{} = {}", k.shown(), v.shown())).collect();
        format!("{{ {} }}", inner.join(", "))
    }
}
