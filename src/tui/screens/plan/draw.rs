//! The plan on screen: steps, the call of the one under the cursor, effect and guards.
//!
//! Must not do: change anything.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::call::{skipped_lines, step_lines};
use super::{Row, State};
use crate::app::plan::PlanDocument;
use crate::app::plan::document::{PlanSide, PlanStep, PlanUndo, PlanVerdict};
use crate::domain::Side;
use crate::domain::text::visible;
use crate::tui::model::{JobKind, Model};
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::pane;
use crate::tui::widgets::text::{cut, fill, hanging, lines, wrap};
use crate::words::{Voice, plural, say, side_name, step_target, step_what, word};

/// Rows of the panes below the list, with their frames.
const CALL: u16 = 7;
const EFFECT: u16 = 6;

/// Rows of the list of steps.
pub(super) fn list_height(model: &Model) -> usize {
    let body = model.size.1.saturating_sub(3);
    let others = if body > 16 { CALL + EFFECT } else { 0 };
    usize::from(body.saturating_sub(others + 2)).max(1)
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    if area.height <= 16 || model.plan.rows().is_empty() {
        return list(model, frame, area);
    }
    let parts = [Constraint::Min(3), Constraint::Length(CALL), Constraint::Length(EFFECT)];
    let [top, middle, bottom] = Layout::vertical(parts).areas(area);
    list(model, frame, top);
    call(model, frame, middle);
    effect(model, frame, bottom);
}

fn list(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    let title = match &model.plan.document {
        Some(document) if document.undoes => word!(voice,
            en: "Plan that undoes a run (nothing is sent until it is applied)",
            pt: "Plano que desfaz uma execução (nada é enviado antes de aplicar)"),
        _ => word!(voice,
            en: "Plan (nothing is sent until it is applied)",
            pt: "Plano (nada é enviado antes de aplicar)"),
    };
    let inside = pane(model, frame, area, title, &figures(model));
    let rows = model.plan.rows();
    if rows.is_empty() {
        return lines(frame, inside, empty(model, inside.width));
    }
    let height = usize::from(inside.height);
    let shown = model.plan.window.shown(rows.len(), height);
    let drawn = shown.map(|at| row(model, rows[at], at == model.plan.window.at, inside.width));
    lines(frame, inside, drawn.collect::<Vec<_>>());
}

/// At the right of the title.
fn figures(model: &Model) -> String {
    let voice = &model.voice;
    if model.is_running(JobKind::Plan) {
        return word!(voice, en: "working...", pt: "calculando...").to_owned();
    }
    let calls = model.plan.steps().iter().filter(|step| step.call.is_some()).count() as u64;
    let n = voice.number(calls);
    plural!(voice, calls, en: ["{n} call", "{n} calls"], pt: ["{n} chamada", "{n} chamadas"])
}

fn empty(model: &Model, width: u16) -> Vec<Line<'static>> {
    let voice = &model.voice;
    let text = if model.is_running(JobKind::Plan) {
        word!(voice, en: "The plan is being made.", pt: "O plano está sendo feito.")
    } else {
        word!(voice,
            en: "Nothing is staged. Mark differences in Diff and put their fixes into the plan: \
                 that sends nothing. Here you see every call before it is sent.",
            pt: "Nada no plano. Marque diferenças em Diferenças e ponha as correções no plano: \
                 isso não envia nada. Aqui se vê cada chamada antes do envio.")
    };
    wrap(text, usize::from(width)).into_iter().map(Line::from).collect()
}

fn row(model: &Model, row: Row<'_>, cursor: bool, width: u16) -> Line<'static> {
    let voice = &model.voice;
    let sign = if cursor { '>' } else { ' ' };
    let width = usize::from(width);
    let (text, right, mut paint) = match row {
        Row::Step(step) => step_row(step, model),
        Row::Off(finding) => {
            let text = format!("[ ]     {}", visible(finding));
            (text, word!(voice, en: "left out", pt: "fica fora").to_owned(), Paint::Dim)
        }
        Row::Skipped(skipped) => {
            let text =
                format!("[-]     {}: {}", step_target(&skipped.target), visible(&skipped.why));
            (text, word!(voice, en: "can't be", pt: "não dá").to_owned(), Paint::Dim)
        }
    };
    if cursor {
        paint = Paint::Cursor;
    }
    let right = format!(" {right}");
    let left = fill(&format!("{sign}{text}"), width.saturating_sub(right.chars().count()));
    Line::from(Span::styled(cut(&format!("{left}{right}"), width), model.theme.style(paint)))
}

fn step_row(step: &PlanStep, model: &Model) -> (String, String, Paint) {
    let voice = &model.voice;
    let side = match step.side {
        PlanSide::Acs => side_name(voice, Side::Acs),
        PlanSide::Provider => side_name(voice, Side::Provider),
    };
    let (what, target, seq) = (step_what(step, voice), step_target(&step.target), step.seq);
    let after = if step.follows.is_some() { "+" } else { " " };
    let text = format!("[x]{after}{seq:>3} {side}: {what}: {target}");
    let (right, paint) = match (&step.call, step.undo) {
        (None, _) => (word!(voice, en: "BY HAND", pt: "À MÃO"), Paint::Text),
        (Some(_), _) if step.removal => (word!(voice, en: "REMOVES", pt: "REMOVE"), Paint::Bad),
        (Some(_), PlanUndo::No) => (word!(voice, en: "NO UNDO", pt: "SEM VOLTA"), Paint::Warn),
        (Some(_), PlanUndo::Tries) => (word!(voice, en: "undo?", pt: "volta?"), Paint::Text),
        (Some(_), PlanUndo::Yes) => (word!(voice, en: "undo", pt: "volta"), Paint::Text),
    };
    (text, right.to_owned(), paint)
}

fn call(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    let (title, text) = match model.plan.under_cursor() {
        Some(Row::Step(step)) => {
            let seq = step.seq;
            let title = say!(voice, en: "Step {seq}, exactly", pt: "Passo {seq}, exatamente");
            (title, step_lines(step, voice))
        }
        Some(Row::Skipped(skipped)) => {
            let title = word!(voice, en: "Why it is left out", pt: "Por que fica de fora");
            (title.to_owned(), skipped_lines(skipped, voice))
        }
        Some(Row::Off(_)) => {
            let title = word!(voice, en: "Left out", pt: "Fica de fora");
            let text = word!(voice,
                en: "It was left out here; the same key takes it again.",
                pt: "Foi deixado de fora aqui; a mesma tecla o traz de volta.");
            (title.to_owned(), vec![text.to_owned()])
        }
        None => (word!(voice, en: "Step", pt: "Passo").to_owned(), Vec::new()),
    };
    let inside = pane(model, frame, area, &title, "");
    let wrapped = text.iter().flat_map(|line| hanging(line, usize::from(inside.width)));
    lines(frame, inside, wrapped.map(Line::from).collect::<Vec<_>>());
}

fn effect(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    let title = word!(voice, en: "Effect", pt: "Efeito");
    let inside = pane(model, frame, area, title, "");
    let Some(document) = &model.plan.document else { return };
    let mut all = counts(&model.plan, document, model);
    all.push(guard(document, model));
    let width = usize::from(inside.width);
    let reasons = document.guard.reasons.iter().map(|reason| format!("- {}", visible(reason)));
    all.extend(reasons.map(|reason| Line::from(cut(&reason, width))));
    lines(frame, inside, all);
}

fn counts(state: &State, document: &PlanDocument, model: &Model) -> Vec<Line<'static>> {
    let voice = &model.voice;
    let (acs, provider) = state.before;
    let line = |word: &str, acs: u64, provider: u64| {
        let gap = i64::try_from(acs).unwrap_or(0) - i64::try_from(provider).unwrap_or(0);
        let gap = voice.signed(gap);
        let (acs, provider) = (voice.number(acs), voice.number(provider));
        let text = say!(voice,
            en: "ACS {acs:>9}   Provider {provider:>9}   gap {gap}",
            pt: "ACS {acs:>9}   Provedor {provider:>9}   diferença {gap}");
        Line::from(format!("{}{text}", fill(word, 8)))
    };
    let after = &document.projection;
    vec![
        line(word!(voice, en: "now", pt: "agora"), acs, provider),
        line(word!(voice, en: "after", pt: "depois"), after.acs, after.provider),
    ]
}

fn guard(document: &PlanDocument, model: &Model) -> Line<'static> {
    let (text, paint) = verdict(document, &model.voice);
    let head = fill(word!(model.voice, en: "guards", pt: "travas"), 8);
    Line::from(vec![Span::from(head), Span::styled(text, model.theme.style(paint))])
}

/// What the guards say; their reasons follow.
pub(super) fn verdict(document: &PlanDocument, voice: &Voice) -> (String, Paint) {
    let n = voice.number(document.guard.type_count);
    match document.guard.verdict {
        PlanVerdict::Safe if document.sent().next().is_none() => (
            word!(voice, en: "nothing of it can be sent", pt: "nada dele pode ser enviado")
                .to_owned(),
            Paint::Warn,
        ),
        PlanVerdict::Safe => {
            (word!(voice, en: "it may be sent", pt: "pode ser enviado").to_owned(), Paint::Good)
        }
        PlanVerdict::Confirm => (
            say!(voice,
                en: "you will have to type the count: {n}",
                pt: "será preciso digitar a quantidade: {n}"),
            Paint::Warn,
        ),
        PlanVerdict::Refuse => {
            (word!(voice, en: "REFUSED, because", pt: "RECUSADO, porque").to_owned(), Paint::Bad)
        }
    }
}
