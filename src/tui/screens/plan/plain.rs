//! The plan in lines: its steps by number, the exact call of one, what the guards say.
//!
//! Must not do: shorten a call.

use super::call::{skipped_lines, step_lines};
use super::{Row, draw};
use crate::app::plan::PlanDocument;
use crate::app::plan::document::PlanSide;
use crate::domain::Side;
use crate::domain::text::visible;
use crate::tui::model::Model;
use crate::tui::widgets::text::unaligned;
use crate::words::{Voice, say, side_name, step_target, step_undo, step_what, word};

/// Every step with its call, the counts, and what the guards say.
#[must_use]
pub fn lines(model: &Model) -> Vec<String> {
    let (voice, state) = (&model.voice, &model.plan);
    let rows = state.rows();
    if rows.is_empty() {
        let none = word!(voice, en: "Nothing is in the plan.", pt: "Não há nada no plano.");
        return vec![none.to_owned()];
    }
    let mut lines = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        lines.push(format!("{}. {}", at + 1, told(*row, voice)));
        if let Row::Step(step) = row {
            lines.extend(step_lines(step, voice).into_iter().take(1));
        }
    }
    if let Some(document) = &state.document {
        lines.extend(counts(model, document));
        lines.extend(guards(voice, document));
    }
    lines
}

fn told(row: Row<'_>, voice: &Voice) -> String {
    match row {
        Row::Step(step) => {
            let side = match step.side {
                PlanSide::Acs => side_name(voice, Side::Acs),
                PlanSide::Provider => side_name(voice, Side::Provider),
            };
            let removes =
                if step.removal { word!(voice, en: ", REMOVES", pt: ", REMOVE") } else { "" };
            let (what, target) = (step_what(step, voice), step_target(&step.target));
            let undo = step_undo(step.undo, voice);
            say!(voice,
                en: "{side}: {what}: {target}{removes}, undo: {undo}",
                pt: "{side}: {what}: {target}{removes}, desfazer: {undo}")
        }
        Row::Off(finding) => {
            let finding = visible(finding);
            say!(voice, en: "left out: {finding}", pt: "fica fora: {finding}")
        }
        Row::Skipped(skipped) => {
            let (target, why) = (step_target(&skipped.target), visible(&skipped.why));
            say!(voice, en: "can't be done: {target}: {why}", pt: "não dá: {target}: {why}")
        }
    }
}

fn counts(model: &Model, document: &PlanDocument) -> [String; 2] {
    let voice = &model.voice;
    let [acs, provider] = [model.plan.before.0, model.plan.before.1].map(|n| voice.number(n));
    let now = say!(voice,
        en: "Counts now: ACS {acs}, Provider {provider}",
        pt: "Contagem agora: ACS {acs}, Provedor {provider}");
    let after = &document.projection;
    let [acs, provider] = [after.acs, after.provider].map(|n| voice.number(n));
    let then = say!(voice,
        en: "Counts after: ACS {acs}, Provider {provider}",
        pt: "Contagem depois: ACS {acs}, Provedor {provider}");
    [now, then]
}

fn guards(voice: &Voice, document: &PlanDocument) -> Vec<String> {
    let (verdict, _) = draw::verdict(document, voice);
    let head = say!(voice, en: "Guards: {verdict}", pt: "Travas: {verdict}");
    std::iter::once(head).chain(told_reasons(document)).collect()
}

fn told_reasons(document: &PlanDocument) -> impl Iterator<Item = String> {
    document.guard.reasons.iter().map(|reason| format!("- {}", visible(reason)))
}

/// Why the guards do not just let it be sent.
#[must_use]
pub fn reasons(model: &Model) -> Vec<String> {
    model.plan.document.iter().flat_map(told_reasons).collect()
}

/// The cursor goes to a row, from 0; is there such a row?
pub fn go_to(model: &mut Model, row: usize) -> bool {
    let rows = model.plan.rows().len();
    if row < rows {
        model.plan.window.to(row, rows, rows);
    }
    row < rows
}

/// The step under the cursor: its call, what it rests on, its undo.
#[must_use]
pub fn step(model: &Model) -> Vec<String> {
    let voice = &model.voice;
    match model.plan.under_cursor() {
        Some(Row::Step(step)) => {
            step_lines(step, voice).iter().map(|line| unaligned(line)).collect()
        }
        Some(Row::Skipped(skipped)) => skipped_lines(skipped, voice),
        Some(row @ Row::Off(_)) => vec![told(row, voice)],
        None => Vec::new(),
    }
}
