//! This machine and who sits at it: file modes, terminal, locale, proxies of the environment.
//!
//! Must not do: change the environment, or ask a terminal; a face says what it has.

use std::os::unix::fs::MetadataExt as _;

use crate::app::doctor::told::{TerminalTrouble, Told, Unchecked};
use crate::app::doctor::{Examined, Outcome, Screen};
use crate::config::{Environment, Settings};
use crate::domain::text::visible;

/// The smallest terminal in which every screen is whole.
const COLUMNS_LEAST: u16 = 80;
const ROWS_LEAST: u16 = 24;

/// Variables by which other programs find a proxy, and acerto does not.
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// May others read the configuration? It names systems and users, though no secret.
pub(super) fn file_mode(settings: &Settings) -> Examined {
    let Some(file) = &settings.file else {
        return Examined::skipped("config-mode", Unchecked::Configuration);
    };
    let mode = std::fs::metadata(file).map_or(0, |meta| meta.mode() & 0o777);
    let wide = (mode & 0o004 != 0).then_some(mode);
    let outcome = if wide.is_some() { Outcome::Warn } else { Outcome::Ok };
    let file = visible(&file.to_string_lossy());
    Examined::new("config-mode", outcome, Told::FileMode { file, wide })
}

/// Of a terminal only: a report in a file or a mail is UTF-8 whatever the locale.
pub(super) fn locale(env: &dyn Environment, screen: Option<Screen>) -> Examined {
    if screen.is_none() {
        return Examined::skipped("locale", Unchecked::Terminal);
    }
    let name = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env.var(name));
    let folded = name.as_deref().unwrap_or_default().to_ascii_lowercase().replace('-', "");
    let utf8 = folded.split('@').next().is_some_and(|name| name.ends_with("utf8"));
    let name = name.as_deref().map(visible);
    let outcome = if utf8 { Outcome::Ok } else { Outcome::Warn };
    Examined::new("locale", outcome, Told::Locale { name, utf8 })
}

pub(super) fn terminal(env: &dyn Environment, screen: Option<Screen>) -> Examined {
    let Some(Screen { columns, rows }) = screen else {
        return Examined::skipped("terminal", Unchecked::Terminal);
    };
    let term = env.var("TERM").as_deref().map(visible);
    let dumb = term.as_deref().is_none_or(|term| term == "dumb");
    let small = columns < COLUMNS_LEAST || rows < ROWS_LEAST;
    let trouble = match (dumb, small) {
        (true, _) => Some(TerminalTrouble::Dumb),
        (_, true) => Some(TerminalTrouble::Small),
        _ => None,
    };
    let outcome = if trouble.is_some() { Outcome::Warn } else { Outcome::Ok };
    Examined::new("terminal", outcome, Told::Terminal { columns, rows, term, trouble })
}

/// acerto asks the two systems themselves, whatever proxy the environment names: that is said,
/// and is worth a look where one of them was not reached.
pub(super) fn proxy(env: &dyn Environment, unreached: bool) -> Examined {
    let names: Vec<&str> = PROXIES.into_iter().filter(|name| env.var(name).is_some()).collect();
    let outcome = if !names.is_empty() && unreached { Outcome::Warn } else { Outcome::Ok };
    Examined::new("proxy", outcome, Told::Proxy { names, unreached })
}
