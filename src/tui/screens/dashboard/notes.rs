//! What a person has to know first: findings that are gone, a side that was not read whole, steps
//! that wait for a decision, warnings with what to check, and what would happen next.
//!
//! Must not do: decide that something deserves a warning.

use ratatui::text::{Line, Span};

use crate::app::Run;
use crate::app::apply::{StepRow, StepState};
use crate::domain::text::visible;
use crate::engine::{Reconciliation, Warning, WarningCode};
use crate::tui::model::Model;
use crate::tui::theme::Paint;
use crate::tui::widgets::text::wrap;
use crate::words::{Voice, fix_name, plural, projection, say, side_name, warning_lead, word};

/// Steps that are told one by one.
const STEPS: usize = 3;

/// A note: a mark, a text that hangs below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    paint: Paint,
    mark: &'static str,
    text: String,
}

impl Note {
    fn new(paint: Paint, mark: &'static str, text: impl Into<String>) -> Self {
        Self { paint, mark, text: text.into() }
    }
}

/// What needs a person, the most urgent first.
pub fn alerts(model: &Model, run: &Run) -> Vec<Note> {
    let (voice, all) = (&model.voice, &run.reconciliation);
    let mut notes = Vec::new();
    if model.known.expired {
        notes.push(Note::new(Paint::Warn, "! ", expired(voice)));
    }
    if let Some(text) = partial(voice, all) {
        notes.push(Note::new(Paint::Bad, "! ", text));
    }
    notes.extend(open_steps(voice, &model.known.open_steps));
    notes.extend(warnings(voice, &all.warnings));
    notes
}

/// What the counts would be.
pub fn projections(model: &Model, run: &Run) -> Vec<Note> {
    let of = |of| Note::new(Paint::Text, "- ", projection(&model.voice, of));
    run.reconciliation.projections.iter().map(of).collect()
}

/// Lines of notes, wrapped below their marks.
pub fn lines(model: &Model, notes: &[Note], width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for note in notes {
        let style = model.theme.style(note.paint);
        let indent = note.mark.chars().count();
        for (at, row) in wrap(&note.text, width.saturating_sub(indent)).into_iter().enumerate() {
            let mark = if at == 0 { note.mark.to_owned() } else { " ".repeat(indent) };
            lines.push(Line::from(vec![Span::styled(mark, style), Span::styled(row, style)]));
        }
    }
    lines
}

fn expired(voice: &Voice) -> &'static str {
    word!(voice,
        en: "EXPIRED: only the sums of this run are kept; read both systems again.",
        pt: "EXPIRADO: só as somas foram guardadas; leia os dois sistemas de novo.")
}

/// What to say first where a side was not read whole.
fn partial(voice: &Voice, all: &Reconciliation) -> Option<String> {
    let which = match (all.acs.complete, all.provider.complete) {
        (true, true) => return None,
        (false, true) => word!(voice, en: "the ACS was", pt: "o ACS não foi lido"),
        (true, false) => word!(voice, en: "the Provider was", pt: "o Provedor não foi lido"),
        (false, false) => word!(voice, en: "both sides were", pt: "os dois lados não foram lidos"),
    };
    Some(say!(voice,
        en: "PARTIAL: {which} not read to the end. Every sum is a bound, absence proves nothing, \
             and nothing may be removed on its strength.",
        pt: "PARCIAL: {which} até o fim. Toda soma é um limite, faltar não prova nada, e nada \
             pode ser removido com base nisto."))
}

/// Steps that wait for a person, the first of them by name.
fn open_steps(voice: &Voice, steps: &[StepRow]) -> Vec<Note> {
    if steps.is_empty() {
        return Vec::new();
    }
    let n = voice.number(steps.len() as u64);
    let lead = plural!(voice, steps.len() as u64,
        en: ["{n} step has not ended: look at the record, then `acerto resolve`",
             "{n} steps have not ended: look at the records, then `acerto resolve`"],
        pt: ["{n} passo não terminou: olhe o cadastro, depois `acerto resolve`",
             "{n} passos não terminaram: olhe os cadastros, depois `acerto resolve`"]);
    let step = |row: &StepRow| {
        let state = step_state(voice, row.state);
        let (fix, side) = (fix_name(voice, row.fix), side_name(voice, row.side));
        let (method, path) = (visible(&row.call.method), visible(&row.call.path));
        Note::new(Paint::Warn, "  - ", format!("{state}: {fix} ({side}: {method} {path})"))
    };
    let mut notes = vec![Note::new(Paint::Bad, "! ", lead)];
    notes.extend(steps.iter().take(STEPS).map(step));
    notes
}

fn step_state(voice: &Voice, state: StepState) -> &'static str {
    match state {
        StepState::NeedsHuman => {
            word!(voice, en: "a person must decide", pt: "uma pessoa precisa decidir")
        }
        StepState::Intent => word!(voice, en: "not sent", pt: "não enviado"),
        StepState::Sent
        | StepState::Acked
        | StepState::InDoubt
        | StepState::Verified
        | StepState::Noop
        | StepState::Superseded
        | StepState::Failed
        | StepState::Done
        | StepState::Redo
        | StepState::Dropped => {
            word!(voice, en: "nobody knows yet", pt: "ainda não se sabe")
        }
    }
}

/// Each warning once; an integration that is down comes first, with what to check.
fn warnings(voice: &Voice, all: &[Warning]) -> Vec<Note> {
    let mut leads: Vec<&Warning> = Vec::new();
    for warning in all {
        if !leads.last().is_some_and(|lead| warning.is_listed_by(lead)) {
            leads.push(warning);
        }
    }
    let (down, others): (Vec<&Warning>, Vec<&Warning>) =
        leads.into_iter().partition(|lead| lead.code == WarningCode::IntegrationDown);
    let mut notes: Vec<Note> = down.into_iter().flat_map(|lead| is_down(voice, lead)).collect();
    notes.extend(others.iter().map(|of| Note::new(Paint::Warn, "! ", other(voice, of))));
    notes
}

/// A side that was not read whole is told before, so only how much of it is missing is left.
fn other(voice: &Voice, of: &Warning) -> String {
    match (of.code, of.side, of.n) {
        (WarningCode::SnapshotPartial, Some(side), Some(n)) => {
            let (side, n) = (side_name(voice, side), voice.number(n.unsigned_abs()));
            say!(voice, en: "{side}: bad lines or lost pages: {n}",
                pt: "{side}: linhas ruins ou páginas perdidas: {n}")
        }
        _ => warning_lead(voice, of),
    }
}

/// R6 in four short lines, so that all of it is on screen at once.
fn is_down(voice: &Voice, of: &Warning) -> Vec<Note> {
    let since = of.at.map_or_else(String::new, |at| {
        let at = voice.time(at);
        say!(voice, en: " since {at}", pt: " desde {at}")
    });
    let waits = of.n.map_or_else(String::new, |n| {
        let n = voice.number(n.unsigned_abs());
        say!(voice, en: "; {n} wait", pt: "; {n} esperam")
    });
    let lead = say!(voice, en: "INTEGRATION DOWN{since}{waits}. Check:",
        pt: "INTEGRAÇÃO FORA DO AR{since}{waits}. Confira:");
    let checks = [
        word!(voice,
            en: "Client ID, Client Secret, public key: wrong, or a space at an end",
            pt: "Client ID, Client Secret, chave pública: errados, ou com espaço"),
        word!(voice,
            en: "the Provider's URL: has to be the root, without a path",
            pt: "URL do Provedor: tem de ser a raiz, sem caminho"),
        word!(voice,
            en: "network: DNS, firewall, certificate, a blocked address",
            pt: "rede: DNS, firewall, certificado, endereço bloqueado"),
    ];
    let checks = checks.into_iter().map(|check| Note::new(Paint::Text, "  [ ] ", check));
    std::iter::once(Note::new(Paint::Bad, "! ", lead)).chain(checks).collect()
}
