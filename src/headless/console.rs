//! The terminal, or what stands in its place: width, colours, language, where messages go.
//!
//! Must not do: write a report. Human messages go to stderr, so that stdout is the report's.

use std::io::{self, IsTerminal as _, Write as _};

use jiff::tz::TimeZone;

use crate::app::AppError;
use crate::app::doctor::Screen;
use crate::config::{Environment, Settings, UiLang};
use crate::headless::args::{ColorArg, FormatArg, GlobalArgs, LangArg};
use crate::headless::report::Format;
use crate::words::{Lang, Voice};

/// Columns where nobody tells: a mail, a pipe, a file.
const WIDTH: usize = 80;

/// One of the two streams.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Is it a terminal?
    pub terminal: bool,
    /// May it have colours?
    pub color: bool,
}

/// How this process may speak.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Standard output.
    pub out: Stream,
    /// Standard error.
    pub err: Stream,
    /// Columns of text.
    pub width: usize,
    /// Has the locale block characters? Else charts are of ASCII.
    pub blocks: bool,
    /// Nothing on stderr but errors.
    pub quiet: bool,
    format: Option<FormatArg>,
    lang: Option<LangArg>,
    locale: Lang,
}

impl Console {
    /// Looks at flags, environment and both streams.
    #[must_use]
    pub fn new(flags: &GlobalArgs, env: &dyn Environment) -> Self {
        let when = flags.color.unwrap_or_default();
        let stream = |terminal| Stream { terminal, color: color(when, terminal, env) };
        let out = stream(io::stdout().is_terminal());
        Self {
            out,
            err: stream(io::stderr().is_terminal()),
            width: if out.terminal { terminal_width() } else { WIDTH },
            blocks: blocks(env),
            quiet: flags.quiet,
            format: flags.format,
            lang: flags.lang,
            locale: locale(env),
        }
    }

    /// The terminal on standard output, where it is one.
    #[must_use]
    pub fn screen(&self) -> Option<Screen> {
        let size = self.out.terminal.then(|| rustix::termios::tcgetwinsize(io::stdout()).ok());
        size.flatten().map(|size| Screen { columns: size.ws_col, rows: size.ws_row })
    }

    fn usual_format(to_terminal: bool) -> Format {
        if to_terminal { Format::Text } else { Format::Json }
    }

    /// `--format`, else text on a terminal and json elsewhere.
    #[must_use]
    pub fn report_format(&self, to_terminal: bool) -> Format {
        match self.format {
            Some(FormatArg::Text) => Format::Text,
            Some(FormatArg::Json) => Format::Json,
            Some(FormatArg::Ndjson) => Format::Ndjson,
            Some(FormatArg::Csv) => Format::Csv,
            None => Self::usual_format(to_terminal),
        }
    }

    /// Was JSON asked for?
    #[must_use]
    pub fn json(&self) -> bool {
        self.format == Some(FormatArg::Json)
    }

    /// The language of text: the flag, `[ui] lang`, the locale. Programs read English unless
    /// the flag is given, so that no locale changes what they see.
    #[must_use]
    pub fn lang(&self, settings: Option<&Settings>, for_programs: bool) -> Lang {
        if let Some(lang) = self.lang {
            return match lang {
                LangArg::En => Lang::En,
                LangArg::PtBr => Lang::PtBr,
            };
        }
        if for_programs {
            return Lang::En;
        }
        match settings.and_then(|s| s.ui.lang) {
            Some(UiLang::En) => Lang::En,
            Some(UiLang::PtBr) => Lang::PtBr,
            None => self.locale,
        }
    }

    /// The voice of text or JSON as asked for.
    #[must_use]
    pub fn voice(&self, settings: Option<&Settings>) -> Voice {
        if self.json() {
            return Voice::new(self.lang(settings, true));
        }
        Voice { lang: self.lang(settings, false), zone: settings.and_then(local_zone) }
    }

    /// The voice of a message to people, whatever format the report has.
    #[must_use]
    pub fn voice_of_people(&self, settings: &Settings) -> Voice {
        Voice { lang: self.lang(Some(settings), false), zone: local_zone(settings) }
    }

    /// Says something to a person, on stderr, unless `-q`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            // A closed stderr must not end the run.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Prints an error: what happened, then what to do next.
    pub fn error(&self, what: &str, hints: &[String]) {
        let (red, bold, off) =
            if self.err.color { ("\x1b[31m", "\x1b[1m", "\x1b[0m") } else { ("", "", "") };
        let mut text = format!("{red}error:{off} {bold}{what}{off}\n");
        for hint in hints {
            text.push_str("  ");
            text.push_str(hint);
            text.push('\n');
        }
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Prints an error of a use-case.
    pub fn app_error(&self, error: &AppError) {
        self.error(&error.to_string(), &error.hints());
    }
}

/// The profile's zone, where it is more than "whatever UTC is here".
#[must_use]
pub fn local_zone(settings: &Settings) -> Option<TimeZone> {
    let named = settings.timezone.iana_name();
    let utc = named.is_none_or(|n| matches!(n, "UTC" | "Etc/UTC" | "Etc/Unknown"));
    (!utc).then(|| settings.timezone.clone())
}

/// The flag, then `NO_COLOR`, then `CLICOLOR_FORCE`, then what the stream is.
fn color(when: ColorArg, is_terminal: bool, env: &dyn Environment) -> bool {
    match when {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto if env.var("NO_COLOR").is_some() => false,
        ColorArg::Auto if env.var("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
        ColorArg::Auto => is_terminal && env.var("TERM").is_none_or(|t| t != "dumb"),
    }
}

/// The language of `LC_ALL`, else `LC_MESSAGES`, else `LANG`.
fn locale(env: &dyn Environment) -> Lang {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| env.var(name));
    named.map_or(Lang::En, |name| Lang::from_locale(&name))
}

/// Does the locale write UTF-8?
fn blocks(env: &dyn Environment) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let named = names.into_iter().filter_map(|name| env.var(name)).find(|v| !v.is_empty());
    named.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn terminal_width() -> usize {
    rustix::termios::tcgetwinsize(io::stdout())
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|columns| *columns >= 40)
        .map_or(WIDTH, |columns| columns.min(120))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn colours_follow_flag_environment_and_stream() {
        for (when, terminal, env, colours) in [
            (ColorArg::Auto, true, vec![], true),
            (ColorArg::Auto, false, vec![], false),
            (ColorArg::Auto, true, vec![("NO_COLOR", "1")], false),
            (ColorArg::Auto, true, vec![("TERM", "dumb")], false),
            (ColorArg::Auto, false, vec![("CLICOLOR_FORCE", "1")], true),
            (ColorArg::Auto, false, vec![("CLICOLOR_FORCE", "0")], false),
            (ColorArg::Auto, false, vec![("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (ColorArg::Always, false, vec![("NO_COLOR", "1")], true),
            (ColorArg::Never, true, vec![("CLICOLOR_FORCE", "1")], false),
        ] {
            let env: BTreeMap<&str, &str> = env.into_iter().collect();
            assert_eq!(color(when, terminal, &env), colours, "{when:?} {terminal} {env:?}");
        }
    }

    #[test]
    fn the_locale_speaks_to_people_and_the_flag_to_all() {
        for (env, lang) in [
            (vec![], Lang::En),
            (vec![("LANG", "pt_BR.UTF-8")], Lang::PtBr),
            (vec![("LANG", "pt_BR.UTF-8"), ("LC_MESSAGES", "C")], Lang::En),
            (vec![("LANG", "C"), ("LC_ALL", "pt_PT")], Lang::PtBr),
            (vec![("LC_ALL", ""), ("LANG", "pt_BR")], Lang::PtBr),
        ] {
            let env: BTreeMap<&str, &str> = env.into_iter().collect();
            let console = Console::new(&GlobalArgs::default(), &env);
            assert_eq!(console.lang(None, false), lang, "{env:?}");
            assert_eq!(console.lang(None, true), Lang::En, "{env:?}");
            let flags = GlobalArgs { lang: Some(LangArg::PtBr), ..GlobalArgs::default() };
            assert_eq!(Console::new(&flags, &env).lang(None, true), Lang::PtBr);
        }
    }
}
