//! One line that walks a newcomer through the demo: explain, plan, apply, undo.
//!
//! It changes with what was done so far. Must not do: anything but read the model.

use crate::tui::action::Action;
use crate::tui::keymap::Layer;
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::screens::progress;
use crate::words::{Voice, say, word};

/// How far a newcomer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing is known yet.
    Wait,
    /// No cause was opened.
    Explain,
    /// Nothing is in the plan.
    Pick,
    /// Something is, and the plan is not on screen.
    Review,
    /// It is on screen, and everything is locked.
    Unlock,
    /// It may be applied.
    Apply,
    /// It goes on.
    Watch,
    /// It was applied.
    Undo,
    /// The plan undoes what was applied.
    Again,
}

/// The line, in a demo.
#[must_use]
pub fn line(model: &Model) -> Option<String> {
    model.setup.demo.then(|| told(model, stage(model)))
}

fn stage(model: &Model) -> Stage {
    let planned = model.plan.count() > 0;
    let undoes = model.plan.document.as_ref().is_some_and(|document| document.undoes);
    if model.is_running(JobKind::Apply) {
        Stage::Watch
    } else if model.run().is_none() {
        Stage::Wait
    } else if undoes {
        Stage::Again
    } else if progress::has_something(model) && !planned {
        Stage::Undo
    } else if planned {
        match (model.screen == Screen::Plan, model.locked) {
            (false, _) => Stage::Review,
            (true, true) => Stage::Unlock,
            (true, false) => Stage::Apply,
        }
    } else if model.dashboard.opened || model.screen == Screen::Diff {
        Stage::Pick
    } else {
        Stage::Explain
    }
}

fn told(model: &Model, stage: Stage) -> String {
    let voice = &model.voice;
    let key = |layer, action| {
        let key = model.keys.key_of(&[layer, Layer::Global], action);
        key.unwrap_or_else(|| action.short(voice).to_owned())
    };
    let name = word!(voice, en: "Demo", pt: "Demo");
    let text = match stage {
        Stage::Wait => word!(voice,
            en: "a simulated ISP is being read; nothing real can be harmed",
            pt: "um provedor simulado está sendo lido; nada real é afetado")
        .to_owned(),
        Stage::Explain => explain(voice, &key(Layer::Dashboard, Action::Open)),
        Stage::Pick => {
            let plan = key(Layer::Diff, Action::Stage);
            say!(voice,
                en: "2/4 plan: on a device, {plan} puts its fix in the plan; sends nothing",
                pt: "2/4 planejar: {plan} põe a correção no plano; não envia nada")
        }
        Stage::Review => {
            let plan = key(Layer::Diff, Action::GoPlan);
            say!(voice,
                en: "2/4 plan: {plan} shows what would be sent, and what the guards say",
                pt: "2/4 planejar: {plan} mostra o que seria enviado, e as travas")
        }
        Stage::Unlock => {
            let (dry, unlock) =
                (key(Layer::Plan, Action::DryRun), key(Layer::Plan, Action::Unlock));
            say!(voice,
                en: "3/4 apply: {dry} is a dry run; then {unlock} unlocks",
                pt: "3/4 aplicar: {dry} ensaia; depois {unlock} destrava")
        }
        Stage::Apply => {
            let apply = key(Layer::Plan, Action::Apply);
            say!(voice,
                en: "3/4 apply: {apply} asks once more, then sends it to the simulation",
                pt: "3/4 aplicar: {apply} pergunta de novo, e envia à simulação")
        }
        Stage::Watch => word!(voice,
            en: "3/4 apply: each step is sent, read back and noted for undo",
            pt: "3/4 aplicar: cada passo é enviado, relido e anotado")
        .to_owned(),
        Stage::Undo => {
            let (runs, undo) =
                (key(Layer::Runs, Action::GoRuns), key(Layer::Runs, Action::UndoRun));
            say!(voice,
                en: "4/4 undo: {runs} lists runs; {undo} plans the way back",
                pt: "4/4 desfazer: {runs} lista tudo; {undo} planeja a volta")
        }
        Stage::Again => {
            let apply = key(Layer::Plan, Action::Apply);
            say!(voice,
                en: "4/4 undo: this plan leads back; {apply} applies it as before",
                pt: "4/4 desfazer: este plano leva de volta; {apply} aplica")
        }
    };
    format!("{name} {text}")
}

fn explain(voice: &Voice, open: &str) -> String {
    say!(voice,
        en: "1/4 explain: choose a cause; {open} shows its devices and the evidence",
        pt: "1/4 explicar: escolha uma causa; {open} mostra equipamentos e provas")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::plan::PlanDocument;
    use crate::tui::screens::plan;
    use crate::tui::testing::{does, model, plan_document, with_run};
    use crate::words::Lang;
    use unicode_width::UnicodeWidthStr as _;

    const ALL: [Stage; 9] = [
        Stage::Wait,
        Stage::Explain,
        Stage::Pick,
        Stage::Review,
        Stage::Unlock,
        Stage::Apply,
        Stage::Watch,
        Stage::Undo,
        Stage::Again,
    ];

    #[test]
    fn every_line_fits_in_80_columns() {
        for lang in [Lang::En, Lang::PtBr] {
            let mut model = model(80, 24);
            model.voice.lang = lang;
            for stage in ALL {
                let told = told(&model, stage);
                assert!(told.width() < 80, "{told}");
            }
        }
    }

    #[test]
    fn the_line_changes_with_what_was_done() {
        let mut nothing = model(80, 24);
        assert_eq!(line(&nothing), None, "only a demo has one");
        nothing.setup.demo = true;
        assert_eq!(stage(&nothing), Stage::Wait);

        let mut model = with_run(80, 24);
        model.setup.demo = true;
        assert_eq!(stage(&model), Stage::Explain);
        does(&mut model, Action::Open);
        assert_eq!(stage(&model), Stage::Pick);
        let finding = model.known.run.as_ref().map(|run| run.reconciliation.findings[0].id.clone());
        plan::stage(&mut model, finding.into_iter().collect(), None, None);
        assert_eq!(stage(&model), Stage::Review);
        does(&mut model, Action::GoPlan);
        assert_eq!(stage(&model), Stage::Unlock);
        does(&mut model, Action::Unlock);
        assert_eq!(stage(&model), Stage::Apply);
        progress::begin(&mut model, &plan_document());
        plan::clear(&mut model);
        assert_eq!(stage(&model), Stage::Undo);
        let back = PlanDocument { undoes: true, ..plan_document() };
        plan::undoing(&mut model, back);
        assert_eq!(stage(&model), Stage::Again);
    }
}
