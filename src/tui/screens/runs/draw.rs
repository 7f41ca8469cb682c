//! Runs on screen, the steps of one, or two side by side.
//!
//! Must not do: change anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Seen;
use crate::app::apply::{StepRow, StepState};
use crate::app::compare::{Comparison, Moved};
use crate::app::{JournalCounts, RunSummary};
use crate::domain::text::visible;
use crate::tui::model::Model;
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::pane;
use crate::tui::widgets::text::{cut, fill, lines, right};
use crate::words::{cause_title, say, step_line, word};

/// Rows of the list, without its frame and its heading.
pub(super) fn list_height(model: &Model) -> usize {
    usize::from(model.size.1.saturating_sub(6)).max(1)
}

/// Rows of what is looked at.
pub(super) fn rows(model: &Model) -> usize {
    match &model.runs.seen {
        None => model.known.runs.len(),
        Some(Seen::Steps(_, steps)) => steps.len(),
        Some(Seen::Compared(comparison)) => compared(comparison, model).len(),
    }
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    match &model.runs.seen {
        None => runs(model, frame, area),
        Some(Seen::Steps(run, steps)) => applied(model, frame, area, (run, steps)),
        Some(Seen::Compared(comparison)) => side_by_side(model, frame, area, comparison),
    }
}

fn runs(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    let count = voice.number(model.known.runs.len() as u64);
    let title = word!(voice, en: "Runs, the newest first", pt: "Execuções, a mais nova primeiro");
    let inside = pane(model, frame, area, title, &count);
    if model.known.runs.is_empty() {
        let none =
            word!(voice, en: "No run is remembered yet.", pt: "Nenhuma execução guardada ainda.");
        return lines(frame, inside, [Line::from(none)]);
    }
    let head = word!(voice,
        en: " WHEN             WHO             ACS PROVIDER     GAP  DIFF EXIT  APPLIED",
        pt: " QUANDO           QUEM            ACS PROVEDOR  DIFER.  DIF. FIM.  APLICADO");
    let width = usize::from(inside.width);
    let head = Line::from(Span::styled(cut(head, width), model.theme.style(Paint::Dim)));
    let height = usize::from(inside.height.saturating_sub(1));
    let shown = model.runs.window.shown(model.known.runs.len(), height);
    let rows = shown.map(|at| run(model, &model.known.runs[at], at == model.runs.window.at, width));
    lines(frame, inside, std::iter::once(head).chain(rows));
}

fn run(model: &Model, run: &RunSummary, cursor: bool, width: usize) -> Line<'static> {
    let voice = &model.voice;
    let findings = run.findings();
    let gap = i64::try_from(run.acs).unwrap_or(0) - i64::try_from(run.provider).unwrap_or(0);
    let partial = if run.complete { " " } else { "!" };
    let text = format!(
        "{}{} {} {} {} {}{partial}{} {}  {}",
        if cursor { '>' } else { ' ' },
        fill(&minute(model, run.started), 16),
        fill(&visible(&run.actor), 10),
        right(&voice.number(run.acs), 8),
        right(&voice.number(run.provider), 8),
        right(&voice.signed(gap), 7),
        right(&voice.number(findings), 5),
        right(&run.exit.to_string(), 4),
        model.known.applied.get(&run.id).map_or_else(String::new, |counts| told(model, counts)),
    );
    let paint = if cursor { Paint::Cursor } else { Paint::Text };
    Line::from(Span::styled(fill(&text, width), model.theme.style(paint)))
}

/// Date, hour and minute; the zone is that of all times here.
fn minute(model: &Model, at: jiff::Timestamp) -> String {
    model.voice.time(at).chars().take(16).collect()
}

/// What became of the steps of a run, in few columns.
fn told(model: &Model, counts: &JournalCounts) -> String {
    let voice = &model.voice;
    let bad = counts.not_done();
    let done = voice.number(counts.verified);
    if bad == 0 {
        return say!(voice, en: "{done} ok", pt: "{done} ok");
    }
    let bad = voice.number(bad);
    say!(voice, en: "{done} ok {bad} not", pt: "{done} ok {bad} não")
}

fn applied(model: &Model, frame: &mut Frame<'_>, area: Rect, of: (&str, &[StepRow])) {
    let (voice, (run, steps)) = (&model.voice, of);
    let run = visible(run);
    let title = say!(voice, en: "What run {run} applied", pt: "O que a execução {run} aplicou");
    let inside = pane(model, frame, area, &title, &voice.number(steps.len() as u64));
    let width = usize::from(inside.width);
    let mut all = Vec::new();
    for at in model.runs.below.shown(steps.len(), usize::from(inside.height.saturating_sub(2))) {
        let step = &steps[at];
        let cursor = at == model.runs.below.at;
        let sign = if cursor { ">" } else { " " };
        let line = fill(&format!("{sign}{}", step_line(step, voice).trim_start()), width);
        let paint = if cursor { Paint::Cursor } else { Paint::Text };
        all.push(Line::from(Span::styled(line, model.theme.style(paint))));
    }
    if let Some(step) = steps.get(model.runs.below.at) {
        all.push(Line::default());
        all.push(Line::from(cut(&audit(step, model), width)));
    }
    lines(frame, inside, all);
}

/// Who, when, and the call; where a person has to settle it, how.
fn audit(step: &StepRow, model: &Model) -> String {
    let voice = &model.voice;
    if step.state == StepState::NeedsHuman {
        let action = visible(&step.action);
        return say!(voice,
            en: "look at both systems, then: acerto resolve {action} done|redo|drop --reason ...",
            pt: "olhe os dois sistemas, e: acerto resolve {action} done|redo|drop --reason ...");
    }
    let (call, when, who) = (&step.call, voice.time(step.updated), visible(&step.actor));
    let status = step.status.map(|status| format!(" {status}")).unwrap_or_default();
    let (method, path) = (visible(&call.method), visible(&call.path));
    format!("{when}  {who}  {method} {path}{status}")
}

fn side_by_side(model: &Model, frame: &mut Frame<'_>, area: Rect, of: &Comparison) {
    let voice = &model.voice;
    let [older, newer] = [&of.older, &of.newer].map(|run| minute(model, run.started));
    let title = say!(voice, en: "{older}  ->  {newer}", pt: "{older}  ->  {newer}");
    let inside = pane(model, frame, area, &title, "");
    let all = compared(of, model);
    let shown = model.runs.below.shown(all.len(), usize::from(inside.height));
    let width = usize::from(inside.width);
    lines(frame, inside, all[shown].iter().map(|line| Line::from(cut(line, width))));
}

pub(super) fn compared(of: &Comparison, model: &Model) -> Vec<String> {
    let voice = &model.voice;
    let row = |name: &str, before: u64, after: u64| {
        let moved = i64::try_from(after).unwrap_or(0) - i64::try_from(before).unwrap_or(0);
        let (before, after) = (voice.number(before), voice.number(after));
        format!(
            " {} {} {} {}",
            fill(name, 36),
            right(&before, 10),
            right(&after, 10),
            right(&voice.signed(moved), 9)
        )
    };
    let (a, b) = (&of.older.reconciliation.between, &of.newer.reconciliation.between);
    let mut all = vec![
        row(word!(voice, en: "ACS devices", pt: "Equipamentos no ACS"), a.acs, b.acs),
        row(
            word!(voice, en: "Provider entries", pt: "Cadastros no Provedor"),
            a.provider,
            b.provider,
        ),
        row(word!(voice, en: "matched pairs", pt: "pares casados"), a.matched, b.matched),
        String::new(),
    ];
    let causes = of.causes.iter();
    all.extend(
        causes.map(|(cause, before, after)| row(cause_title(voice, *cause), *before, *after)),
    );
    for (name, side) in [
        (word!(voice, en: "ACS", pt: "ACS"), &of.acs),
        (word!(voice, en: "Provider", pt: "Provedor"), &of.provider),
    ] {
        all.push(String::new());
        all.extend(moved(name, side.as_ref(), model));
    }
    all
}

fn moved(name: &str, side: Option<&Moved>, model: &Model) -> Vec<String> {
    let voice = &model.voice;
    let Some(side) = side else {
        return vec![say!(voice,
            en: " {name}: the lists are no longer kept",
            pt: " {name}: as listas não estão mais guardadas")];
    };
    let (came, went) = (voice.number(side.came), voice.number(side.went));
    let mut all = vec![say!(voice,
        en: " {name}: {came} came, {went} went",
        pt: " {name}: {came} entraram, {went} saíram")];
    all.extend(side.first_came.iter().map(|id| format!("   + {id}")));
    all.extend(side.first_went.iter().map(|id| format!("   - {id}")));
    all
}
