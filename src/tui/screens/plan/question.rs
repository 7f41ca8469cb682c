//! The question before a plan is sent: friction grows with what it can do.
//!
//! Must not do: weaken a guard. What they ask for is asked; what they refuse is refused.

use tui_input::Input;

use crate::app::plan::PlanDocument;
use crate::app::plan::document::{PlanStep, PlanUndo, PlanVerdict};
use crate::domain::text::visible;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlay::{Confirm, Overlay, Sends};
use crate::words::{Voice, plural, say, step_target, step_undo, step_what, word};

/// So many calls that can be undone are sent after one yes.
const EASY_MOST: usize = 20;

/// Asks, or says why it can't be sent.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let voice = model.voice.clone();
    if model.plan.stale {
        model.complain(word!(voice,
            en: "more was staged since: the plan is being made anew",
            pt: "mais foi acrescentado: o plano está sendo refeito"));
        return super::shown(model);
    }
    let Some(document) = &model.plan.document else {
        model.complain(word!(voice, en: "there is no plan yet", pt: "ainda não há plano"));
        return Vec::new();
    };
    if document.sent().next().is_none() {
        model.complain(word!(voice,
            en: "nothing of it can be sent: see what to click by hand",
            pt: "nada dele pode ser enviado: veja o que clicar à mão"));
        return Vec::new();
    }
    if document.guard.verdict == PlanVerdict::Refuse {
        let why = document.guard.reasons.first().map(|why| visible(why)).unwrap_or_default();
        model.complain(say!(voice, en: "refused: {why}", pt: "recusado: {why}"));
        return Vec::new();
    }
    let confirm = Confirm {
        lines: lines(document, model),
        each: if document.guard.confirm_each { each(document, &voice) } else { Vec::new() },
        wants: wants(document),
        unapproved: needs_approval(document) && model.plan.file.is_none(),
        sends: Sends::Plan,
        input: Input::default(),
        since: model.elapsed,
    };
    model.overlays.push(Overlay::Confirm(confirm));
    Vec::new()
}

/// The number to be typed: where a guard asks for it, where a step can't be undone, and where
/// there are many.
fn wants(document: &PlanDocument) -> Option<u64> {
    let hard = document.guard.verdict == PlanVerdict::Confirm
        || document.sent().count() > EASY_MOST
        || document.sent().any(|step| step.undo == PlanUndo::No && step.follows.is_none());
    hard.then_some(document.guard.type_count)
}

/// The guards name the command by which a second person approves.
fn needs_approval(document: &PlanDocument) -> bool {
    document.guard.reasons.iter().any(|reason| reason.contains("acerto approve"))
}

fn lines(document: &PlanDocument, model: &Model) -> Vec<String> {
    let voice = &model.voice;
    let (count, n) = (document.sent().count() as u64, voice.number(document.sent().count() as u64));
    let profile = visible(&model.setup.profile);
    let mut lines = vec![plural!(voice, count,
        en: ["{n} call to {profile}.", "{n} calls to {profile}."],
        pt: ["{n} chamada para {profile}.", "{n} chamadas para {profile}."])];
    lines.extend(model.setup.addresses.iter().map(|address| format!("  {}", visible(address))));
    lines.extend(removals(document, voice));
    let forever = document.sent().filter(|step| step.undo == PlanUndo::No).count() as u64;
    if forever > 0 {
        let n = voice.number(forever);
        lines.push(plural!(voice, forever,
            en: ["{n} of them can't be undone.", "{n} of them can't be undone."],
            pt: ["{n} delas não pode ser desfeita.", "{n} delas não podem ser desfeitas."]));
    }
    lines.extend(document.guard.reasons.iter().map(|reason| format!("- {}", visible(reason))));
    lines
}

/// What is removed, step by step; a step that follows another goes with it.
fn each(document: &PlanDocument, voice: &Voice) -> Vec<String> {
    let asked = |step: &&PlanStep| step.removal || step.removes > 0;
    let line = |step: &PlanStep| {
        let (place, what, of) = (step.seq, step_what(step, voice), step_target(&step.target));
        let undo = step_undo(step.undo, voice);
        say!(voice,
            en: "step {place}: {what} - {of} (undo: {undo})",
            pt: "passo {place}: {what} - {of} (desfazer: {undo})")
    };
    document.sent().filter(asked).map(line).collect()
}

fn removals(document: &PlanDocument, voice: &Voice) -> Option<String> {
    let removed: u64 = document.steps.iter().map(|step| u64::from(step.removes)).sum();
    let n = voice.number(removed);
    (removed > 0).then(|| {
        plural!(voice, removed,
            en: ["{n} device is removed.", "{n} devices are removed."],
            pt: ["{n} equipamento é removido.", "{n} equipamentos são removidos."])
    })
}
