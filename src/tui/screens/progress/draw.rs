//! An apply on screen: each kind of step with how many are done, then the steps.
//!
//! Must not do: change anything.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::State;
use crate::app::apply::{StepRow, StepState};
use crate::domain::text::visible;
use crate::tui::model::{JobKind, Model};
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::pane;
use crate::tui::widgets::text::{cut, fill, hanging, lines};
use crate::words::{say, step_state, word};

/// Kinds of steps that are shown, each on a line.
const KINDS_MOST: usize = 5;
/// Columns of a bar.
const BAR: usize = 20;

/// Rows of the list of steps.
pub(super) fn list_height(model: &Model) -> usize {
    let outcome = u16::try_from(model.progress.outcome.len().min(8)).unwrap_or(8);
    let kinds = u16::try_from(kinds(&model.progress).len().min(KINDS_MOST)).unwrap_or(1);
    let others = 3 + (kinds + 3) + if outcome > 0 { outcome + 2 } else { 0 };
    usize::from(model.size.1.saturating_sub(others + 2)).max(1)
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let state = &model.progress;
    let outcome: Vec<String> = state
        .outcome
        .iter()
        .flat_map(|line| hanging(line, usize::from(area.width.saturating_sub(2))))
        .collect();
    let kinds = u16::try_from(kinds(state).len().min(KINDS_MOST)).unwrap_or(1);
    let below = u16::try_from(outcome.len().min(8)).unwrap_or(8);
    let parts = [
        Constraint::Length(kinds + 3),
        Constraint::Min(3),
        Constraint::Length(if below > 0 { below + 2 } else { 0 }),
    ];
    let [top, middle, bottom] = Layout::vertical(parts).areas(area);
    summary(model, frame, top);
    steps(model, frame, middle);
    if below > 0 {
        let title = word!(&model.voice, en: "How it went", pt: "Como foi");
        let inside = pane(model, frame, bottom, title, "");
        lines(frame, inside, outcome.into_iter().map(Line::from));
    }
}

/// Kinds of steps, how many are done, and how many there are.
fn kinds(state: &State) -> Vec<(&str, usize, usize)> {
    let mut kinds: Vec<(&str, usize, usize)> = Vec::new();
    for (seq, what, _) in &state.steps {
        let ended = state
            .rows
            .get(seq)
            .is_some_and(|row| row.state.is_end() || row.state == StepState::NeedsHuman);
        match kinds.iter_mut().find(|(name, ..)| name == what) {
            Some(kind) => {
                kind.1 += usize::from(ended);
                kind.2 += 1;
            }
            None => kinds.push((what, usize::from(ended), 1)),
        }
    }
    kinds
}

fn summary(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    let state = &model.progress;
    let actor = visible(&model.setup.actor);
    let title = say!(voice, en: "Applying, by {actor}", pt: "Aplicando, por {actor}");
    let took = state.took.unwrap_or_else(|| model.elapsed.saturating_sub(state.began));
    let inside = pane(model, frame, area, &title, &clock(took));
    let width = usize::from(inside.width);
    let mut all: Vec<Line<'_>> = kinds(state)
        .into_iter()
        .take(KINDS_MOST)
        .map(|(what, done, of)| {
            let text = format!("{} {done:>5}/{of:<5} {}", fill(what, 34), bar(done, of));
            Line::from(cut(&text, width))
        })
        .collect();
    all.push(totals(model, took));
    lines(frame, inside, all);
}

fn bar(done: usize, of: usize) -> String {
    let full = (done * BAR).checked_div(of).unwrap_or(0);
    format!("[{}{}]", "#".repeat(full), ".".repeat(BAR - full))
}

fn totals(model: &Model, took: Duration) -> Line<'static> {
    let (voice, state) = (&model.voice, &model.progress);
    let done = state.count(super::is_done);
    let skipped = state.count(|s| s == StepState::Superseded);
    let failed = state.count(|s| s == StepState::Failed);
    let person = state.count(|s| s == StepState::NeedsHuman);
    let (ended, of) = (state.ended(), state.steps.len());
    let mut text = say!(voice,
        en: "done {done}   superseded {skipped}   failed {failed}   needs you {person}",
        pt: "feito {done}   superado {skipped}   falhou {failed}   precisa de você {person}");
    if model.is_running(JobKind::Apply) && ended > 0 && ended < of && took.as_secs() > 0 {
        let many = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let left = clock(took.saturating_mul(many(of - ended)) / many(ended));
        text.push_str(&say!(voice, en: "   about {left} left", pt: "   faltam uns {left}"));
    }
    let paint = if failed + person > 0 { Paint::Bad } else { Paint::Text };
    Line::from(Span::styled(text, model.theme.style(paint)))
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn steps(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (voice, state) = (&model.voice, &model.progress);
    let said = state.said.as_deref().unwrap_or(if model.is_running(JobKind::Apply) {
        word!(voice,
            en: "if the link breaks, the call under way ends and nothing more is sent",
            pt: "se a conexão cair, a chamada em curso termina e nada mais é enviado")
    } else {
        ""
    });
    let width = usize::from(area.width.saturating_sub(14));
    let title = word!(voice, en: "Steps", pt: "Passos");
    let inside = pane(model, frame, area, title, &cut(said, width));
    let order = order(state);
    let shown = state.window.shown(order.len(), usize::from(inside.height));
    let rows = shown.map(|at| {
        let (seq, what, target) = order[at];
        row(model, (*seq, what, target), state.rows.get(seq), at == state.window.at, inside.width)
    });
    lines(frame, inside, rows.collect::<Vec<_>>());
}

/// Steps that went on last come first, then those that wait.
fn order(state: &State) -> Vec<&(u32, String, String)> {
    let place: std::collections::HashMap<u32, &(u32, String, String)> =
        state.steps.iter().map(|step| (step.0, step)).collect();
    let begun = state.last.iter().filter_map(|seq| place.get(seq).copied());
    let waits = state.steps.iter().filter(|step| !state.last.contains(&step.0));
    begun.chain(waits).collect()
}

fn row(
    model: &Model,
    (seq, what, target): (u32, &str, &str),
    row: Option<&StepRow>,
    cursor: bool,
    width: u16,
) -> Line<'static> {
    let voice = &model.voice;
    let (told, note) = match row {
        Some(row) => (step_state(row.state, voice), visible(&row.note)),
        None => (word!(voice, en: "waits", pt: "espera"), String::new()),
    };
    let sign = if cursor { '>' } else { ' ' };
    let text = format!("{sign}{seq:>4}  {} {what}: {target}  {note}", fill(told, 15));
    let paint = match row.map(|row| row.state) {
        _ if cursor => Paint::Cursor,
        Some(StepState::Failed | StepState::NeedsHuman) => Paint::Bad,
        Some(StepState::InDoubt | StepState::Superseded) => Paint::Warn,
        Some(StepState::Verified | StepState::Noop | StepState::Done) => Paint::Good,
        Some(
            StepState::Intent
            | StepState::Sent
            | StepState::Acked
            | StepState::Redo
            | StepState::Dropped,
        ) => Paint::Text,
        None => Paint::Dim,
    };
    Line::from(Span::styled(fill(&text, usize::from(width)), model.theme.style(paint)))
}
