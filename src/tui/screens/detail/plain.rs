//! One difference in lines: its fields one by one, and what is told of it.
//!
//! Must not do: show a person, unless that was noted.

use super::fields::{Row, Sign, Teller};
use super::story;
use crate::tui::model::Model;
use crate::tui::screens::diff::identity;
use crate::words::{cause_title, say, word};

/// Which device it is, and the fields that a person looks at first; or the others.
#[must_use]
pub fn fields(model: &Model, first: bool) -> Vec<String> {
    let Some(finding) = model.detail.finding() else { return Vec::new() };
    let voice = &model.voice;
    let answer = model.detail.open.as_ref().map(|(run, _)| &run.reconciliation);
    let teller = Teller { voice, now: model.now, answer, revealed: model.detail.revealed };
    let mut lines = Vec::new();
    if first {
        lines.push(format!("{}: {}", identity(finding), cause_title(voice, finding.cause)));
    }
    for at in 0..finding.acs.len().max(finding.provider.len()) {
        if at > 0 {
            let n = at + 1;
            lines.push(say!(voice, en: "record {n}", pt: "registro {n}"));
        }
        let (acs, provider) = (finding.acs.get(at), finding.provider.get(at));
        let rows = if first { teller.first(acs, provider) } else { teller.rest(acs, provider) };
        lines.extend(rows.iter().map(|row| field(model, row)));
    }
    lines
}

/// `serial: ACS x, Provider y, differs`.
fn field(model: &Model, row: &Row) -> String {
    let (voice, name) = (&model.voice, &row.name);
    match (&row.acs, &row.provider) {
        (Some(acs), Some(provider)) => {
            let sign = match row.sign {
                Sign::Equal => word!(voice, en: ", the same", pt: ", igual"),
                Sign::Differs => word!(voice, en: ", differs", pt: ", difere"),
                Sign::OneSide => "",
            };
            say!(voice,
                en: "{name}: ACS {acs}, Provider {provider}{sign}",
                pt: "{name}: ACS {acs}, Provedor {provider}{sign}")
        }
        (Some(acs), None) => {
            say!(voice, en: "{name}: ACS {acs}", pt: "{name}: ACS {acs}")
        }
        (None, Some(provider)) => {
            say!(voice, en: "{name}: Provider {provider}", pt: "{name}: Provedor {provider}")
        }
        (None, None) => String::new(),
    }
}

/// Evidence, candidates, fixes, history, notes.
#[must_use]
pub fn evidence(model: &Model) -> Vec<String> {
    let Some(finding) = model.detail.finding() else { return Vec::new() };
    let mut lines = Vec::new();
    for part in story::parts(model, finding) {
        lines.push(part.heading);
        lines.extend(part.lines.into_iter().map(|(lead, line)| format!("{lead}{line}")));
    }
    lines
}
