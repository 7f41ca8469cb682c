//! What `doctor` found, as text or JSON.
//!
//! Must not do: check anything.

use std::io::{self, Write};

use serde::Serialize;

use crate::app::doctor::{Checkup, Examined, Outcome};
use crate::domain::text::{SHOWN_CHARS_MAX, visible};
use crate::words::{Voice, check_fix, check_text, doctor_heading, doctor_summary};

/// The widest mark, `FAIL`, and two blanks.
const MARK_WIDTH: usize = 6;

/// CLI.md section 1.
#[derive(Debug, Serialize)]
pub struct DoctorDocument<'a> {
    schema: u32,
    checks: Vec<CheckDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct CheckDocument<'a> {
    id: &'a str,
    result: &'static str,
    text: String,
    fix: Option<String>,
}

impl<'a> DoctorDocument<'a> {
    /// The document of a check-up, told by `voice`.
    #[must_use]
    pub fn of(checkup: &'a Checkup, voice: &Voice) -> Self {
        let check = |check: &'a Examined| CheckDocument {
            id: &check.id,
            result: match check.outcome {
                Outcome::Ok => "ok",
                Outcome::Warn => "warn",
                Outcome::Fail(_) => "fail",
                Outcome::Skip => "skip",
            },
            text: shown(&check_text(voice, check)),
            fix: check_fix(voice, check).as_deref().map(shown),
        };
        Self { schema: 1, checks: checkup.checks.iter().map(check).collect() }
    }
}

/// One line a check, its mark readable without colours; what to do stands below it.
///
/// # Errors
/// Where `out` fails.
pub fn doctor_text(
    checkup: &Checkup,
    voice: &Voice,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}\n", doctor_heading(voice))?;
    let width = checkup.checks.iter().map(|c| c.id.chars().count()).max().unwrap_or_default();
    for check in &checkup.checks {
        let (mark, paint) = match check.outcome {
            Outcome::Ok => ("ok", "\x1b[32m"),
            Outcome::Warn => ("warn", "\x1b[33m"),
            Outcome::Fail(_) => ("FAIL", "\x1b[1;31m"),
            Outcome::Skip => ("skip", "\x1b[2m"),
        };
        let pad = " ".repeat(MARK_WIDTH - mark.len());
        let (paint, off) = if color { (paint, "\x1b[0m") } else { ("", "") };
        writeln!(
            out,
            "{paint}{mark}{off}{pad}{:width$}  {}",
            check.id,
            shown(&check_text(voice, check))
        )?;
        if let Some(fix) = check_fix(voice, check) {
            writeln!(out, "{:indent$}{}", "", shown(&fix), indent = MARK_WIDTH + width + 2)?;
        }
    }
    let (failed, warned) = checkup.troubles();
    writeln!(out, "\n{}", doctor_summary(voice, failed, warned))
}

/// Visible escapes without the cap on a device's value; one line, whatever it holds.
pub(super) fn shown(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let chars: Vec<char> = lines.join("; ").chars().collect();
    chars.chunks(SHOWN_CHARS_MAX).map(|part| visible(&part.iter().collect::<String>())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Told;
    use crate::app::exit::Condition;
    use crate::words::Lang;

    fn checkup() -> Checkup {
        let check = |id: &str, outcome, text: &str, fix: Option<&str>| Examined {
            id: id.to_owned(),
            outcome,
            told: Told::Said { text: text.to_owned(), fix: fix.map(str::to_owned) },
        };
        let fix = Some("renew it");
        Checkup {
            checks: vec![
                check("config", Outcome::Ok, "loads", None),
                check("timezone", Outcome::Warn, "UTC", Some("set one")),
                check("acs-tls", Outcome::Fail(Condition::Auth), "expired\x1b[2J\ntwice", fix),
                check("acs-token", Outcome::Skip, "not asked", None),
            ],
        }
    }

    fn text(lang: Lang, color: bool) -> String {
        let mut out = Vec::new();
        doctor_text(&checkup(), &Voice::new(lang), color, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_check_is_a_line_and_its_fix_stands_below() {
        let told = text(Lang::En, false);
        let wanted = "Checks of the set-up\n\n\
            ok    config     loads\n\
            warn  timezone   UTC\n                 set one\n\
            FAIL  acs-tls    expired\\x1b[2J; twice\n                 renew it\n\
            skip  acs-token  not asked\n\n\
            Checks that failed: 1; that deserve a look: 1\n";
        assert_eq!(told, wanted);
        let portuguese = text(Lang::PtBr, false);
        assert!(portuguese.contains("Verificações"), "{portuguese}");
        assert!(text(Lang::En, true).contains("\x1b[1;31mFAIL\x1b[0m  acs-tls"));
    }

    #[test]
    fn the_document_has_the_contracts_keys_and_no_others() {
        let document =
            serde_json::to_value(DoctorDocument::of(&checkup(), &Voice::new(Lang::En))).unwrap();
        let check = serde_json::json!({
            "id": "acs-tls", "result": "fail", "text": "expired\\x1b[2J; twice", "fix": "renew it"
        });
        assert_eq!((&document["schema"], &document["checks"][2]), (&1.into(), &check));
        assert_eq!(document["checks"][0]["fix"], serde_json::Value::Null);
        assert_eq!(document.as_object().map(serde_json::Map::len), Some(2));
    }
}
