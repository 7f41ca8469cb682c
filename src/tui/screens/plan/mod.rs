//! What would be sent: each step with its call, what it rests on, and what the guards say.
//!
//! Staging sends nothing, so it works while locked. What is staged becomes a plan when this screen
//! is shown, by the use-case that the command line uses.
//! Must not do: send anything; a question that was answered with yes does.

#![expect(clippy::wildcard_enum_match_arm, reason = "what means nothing here does nothing")]

mod call;
mod draw;
pub mod plain;
mod question;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tui_input::Input;

use crate::app::plan::document::{PlanSkipped, PlanStep, PlanVerdict};
use crate::app::plan::{Order, PlanDocument, Planned};
use crate::domain::text::visible;
use crate::engine::Fix;
use crate::engine::guard::Mode;
use crate::engine::plan::{Chosen, Selection};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job, Sending};
use crate::tui::model::{Model, Screen};
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::screens::progress;
use crate::tui::widgets::window::Window;
use crate::words::{plural, say, word};

pub use draw::draw;

/// A fix that was staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The finding.
    pub finding: String,
    /// What was chosen for it.
    pub chosen: Chosen,
}

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    /// Fixes that were staged, in the order in which they were.
    pub staged: Vec<Staged>,
    /// How many were staged by each key, for taking them back.
    pub batches: Vec<usize>,
    /// Findings that are left out for now.
    pub off: BTreeSet<String>,
    /// The plan of what is staged, or one that undoes a run.
    pub document: Option<PlanDocument>,
    /// What was staged since the plan was made is not in it.
    pub stale: bool,
    /// The file that it was written to.
    pub file: Option<PathBuf>,
    /// The counts when the plan was made: ACS, Provider.
    pub before: (u64, u64),
    /// The steps on screen.
    pub window: Window,
}

impl State {
    /// Findings whose fixes are staged.
    #[must_use]
    pub fn count(&self) -> usize {
        self.staged.len()
    }

    /// Is its fix staged?
    #[must_use]
    pub fn has(&self, finding: &str) -> bool {
        self.staged.iter().any(|staged| staged.finding == finding)
    }

    /// Is it a plan that undoes what a run did?
    fn is_undoing(&self) -> bool {
        self.document.as_ref().is_some_and(|document| document.undoes)
    }

    fn steps(&self) -> &[PlanStep] {
        self.document.as_ref().map_or(&[], |document| &document.steps)
    }

    /// Everything that was staged: what would be done, what is left out for now, what can't be.
    fn rows(&self) -> Vec<Row<'_>> {
        let skipped = self.document.as_ref().map_or(&[][..], |document| &document.skipped);
        let steps = self.steps().iter().map(Row::Step);
        let off = self.off.iter().map(|finding| Row::Off(finding));
        steps.chain(off).chain(skipped.iter().map(Row::Skipped)).collect()
    }

    fn under_cursor(&self) -> Option<Row<'_>> {
        self.rows().get(self.window.at).copied()
    }
}

/// A row of the list.
#[derive(Clone, Copy, Debug)]
enum Row<'a> {
    /// It would be done.
    Step(&'a PlanStep),
    /// Its finding is left out for now.
    Off(&'a str),
    /// It can't be done, and why.
    Skipped(&'a PlanSkipped),
}

impl Row<'_> {
    /// The finding that it is for.
    fn finding(self) -> String {
        match self {
            Self::Step(step) => step.because.clone(),
            Self::Off(finding) => finding.to_owned(),
            Self::Skipped(skipped) => skipped.because.clone(),
        }
    }
}

/// Stages the fixes of findings; with a fix or a login where a person chose one.
pub fn stage(
    model: &mut Model,
    findings: Vec<String>,
    fix: Option<Fix>,
    candidate: Option<String>,
) -> Vec<Effect> {
    let chosen = Chosen { fix, candidate };
    let mut added = 0;
    for finding in findings {
        let staged = &mut model.plan.staged;
        if let Some(staged) = staged.iter_mut().find(|staged| staged.finding == finding) {
            staged.chosen = chosen.clone();
        } else {
            staged.push(Staged { finding, chosen: chosen.clone() });
            added += 1;
        }
    }
    model.plan.batches.push(added);
    model.plan.stale = true;
    let (voice, count) = (model.voice.clone(), added as u64);
    let n = voice.number(count);
    model.say(plural!(voice, count,
        en: ["{n} fix staged; nothing is sent", "{n} fixes staged; nothing is sent"],
        pt: ["{n} correção no plano; nada foi enviado",
             "{n} correções no plano; nada foi enviado"]));
    Vec::new()
}

/// Takes back what was staged last.
pub fn unstage(model: &mut Model) -> Vec<Effect> {
    let voice = model.voice.clone();
    let Some(last) = model.plan.batches.pop() else {
        model.complain(word!(voice, en: "nothing is staged", pt: "não há nada no plano"));
        return Vec::new();
    };
    let left = model.plan.staged.len().saturating_sub(last);
    model.plan.staged.truncate(left);
    model.plan.stale = true;
    let n = voice.number(last as u64);
    model.say(say!(voice, en: "taken back: {n}", pt: "desfeito: {n}"));
    if model.screen == Screen::Plan { renew(model) } else { Vec::new() }
}

/// It is shown: a plan is made of what is staged, where there is none yet.
pub fn shown(model: &mut Model) -> Vec<Effect> {
    if model.plan.stale { renew(model) } else { Vec::new() }
}

/// Makes the plan anew, of what is staged and not left out.
fn renew(model: &mut Model) -> Vec<Effect> {
    if model.plan.staged.is_empty() {
        model.plan.document = None;
        model.plan.stale = false;
        return Vec::new();
    }
    let taken = |staged: &&Staged| !model.plan.off.contains(&staged.finding);
    let taken: Vec<Staged> = model.plan.staged.iter().filter(taken).cloned().collect();
    if taken.is_empty() {
        model.plan.document = None;
        model.plan.stale = false;
        return Vec::new();
    }
    let order = order(&taken, model);
    vec![model.begin(Job::Plan(Box::new(order)))]
}

fn order(taken: &[Staged], model: &Model) -> Order {
    let chosen: BTreeMap<String, Chosen> =
        taken.iter().map(|staged| (staged.finding.clone(), staged.chosen.clone())).collect();
    let ids = taken.iter().map(|staged| staged.finding.clone()).collect();
    Order {
        selection: Selection { ids, chosen, ..Selection::default() },
        keys: Vec::new(),
        synchronise: None,
        fresh: false,
        mode: Mode::Interactive,
        request: crate::app::Request { actor: model.setup.actor.clone(), ..Default::default() },
    }
}

/// A plan was made, from the newest run or from a new one.
pub fn planned(model: &mut Model, planned: Planned, document: PlanDocument) -> Vec<Effect> {
    let between = &planned.run.reconciliation.between;
    model.plan.before = (between.acs, between.provider);
    let is_newer = model.run().is_none_or(|run| run.id != planned.run.id);
    take(model, document);
    model.plan.stale = false;
    if !is_newer {
        return Vec::new();
    }
    model.known.run = Some(std::sync::Arc::new(planned.run));
    model.known.expired = false;
    crate::tui::screens::diff::renewed(model)
}

/// A plan that undoes a run was made: it takes the place of what was staged.
pub fn undoing(model: &mut Model, document: PlanDocument) -> Vec<Effect> {
    if let Some(run) = model.run() {
        let between = &run.reconciliation.between;
        model.plan.before = (between.acs, between.provider);
    }
    model.plan.staged.clear();
    model.plan.batches.clear();
    take(model, document);
    model.plan.stale = false;
    model.screen = Screen::Plan;
    Vec::new()
}

fn take(model: &mut Model, document: PlanDocument) {
    model.plan.file = None;
    let height = draw::list_height(model);
    model.plan.document = Some(document);
    let rows = model.plan.rows().len();
    model.plan.window.settle(rows, height);
}

/// The guards were asked again.
pub fn rehearsed(model: &mut Model, document: PlanDocument) -> Vec<Effect> {
    let voice = model.voice.clone();
    let text = match document.guard.verdict {
        PlanVerdict::Safe => word!(voice,
            en: "dry run: every step may be sent", pt: "ensaio: todo passo pode ser enviado"),
        PlanVerdict::Confirm => word!(voice,
            en: "dry run: a person has to confirm", pt: "ensaio: uma pessoa precisa confirmar"),
        PlanVerdict::Refuse => {
            word!(voice, en: "dry run: the guards refuse it", pt: "ensaio: as travas recusam")
        }
    };
    model.say(text);
    model.plan.document = Some(document);
    Vec::new()
}

/// What was staged is done with.
pub fn clear(model: &mut Model) {
    model.plan = State::default();
}

/// Does what a key asked for here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let (rows, height) = (model.plan.rows().len(), draw::list_height(model));
    let half = isize::try_from(height / 2).unwrap_or(1).max(1);
    let by = match action {
        Action::Next => 1,
        Action::Previous => -1,
        Action::HalfDown => half,
        Action::HalfUp => -half,
        Action::PageDown => half * 2,
        Action::PageUp => -half * 2,
        Action::Top => isize::MIN / 2,
        Action::Bottom => isize::MAX / 2,
        other => return does(model, other),
    };
    model.plan.window.go(by, rows, height);
    Vec::new()
}

fn does(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::PlanToggle => toggle(model),
        Action::PlanDrop => drop_finding(model),
        Action::DryRun => dry_run(model),
        Action::Apply => question::ask(model),
        Action::Export => export(model),
        Action::Back => crate::tui::update::go(model, Screen::Dashboard),
        Action::Open if progress::has_something(model) => {
            progress::open(model);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// The finding under the cursor is left out, or taken again.
fn toggle(model: &mut Model) -> Vec<Effect> {
    if refuses_change(model) {
        return Vec::new();
    }
    let Some(row) = model.plan.under_cursor() else { return Vec::new() };
    let finding = row.finding();
    if let Row::Skipped(skipped) = row {
        let why = visible(&skipped.why);
        model.complain(why);
        return Vec::new();
    }
    if !model.plan.off.remove(&finding) {
        model.plan.off.insert(finding);
    }
    renew(model)
}

fn drop_finding(model: &mut Model) -> Vec<Effect> {
    if model.plan.is_undoing() {
        clear(model);
        return Vec::new();
    }
    let Some(finding) = model.plan.under_cursor().map(Row::finding) else { return Vec::new() };
    model.plan.staged.retain(|staged| staged.finding != finding);
    model.plan.off.remove(&finding);
    model.plan.batches = vec![1; model.plan.staged.len()];
    renew(model)
}

/// A plan that undoes a run is made of what that run did: it is taken as it is, or dropped.
fn refuses_change(model: &mut Model) -> bool {
    if !model.plan.is_undoing() {
        return false;
    }
    let voice = model.voice.clone();
    model.complain(word!(voice,
        en: "this plan undoes a run: it is taken as it is, or dropped",
        pt: "este plano desfaz uma execução: vale como está, ou é descartado"));
    true
}

/// Both systems are read again where what is known is old, and the guards are asked.
fn dry_run(model: &mut Model) -> Vec<Effect> {
    match &model.plan.document {
        Some(document) if !document.steps.is_empty() => {
            let document = Box::new(document.clone());
            vec![model.begin(Job::Rehearse(document))]
        }
        _ => renew(model),
    }
}

fn export(model: &mut Model) -> Vec<Effect> {
    let voice = model.voice.clone();
    if model.plan.document.is_none() {
        model.complain(word!(voice, en: "there is no plan yet", pt: "ainda não há plano"));
        return Vec::new();
    }
    let input = Input::new("plan.json".to_owned());
    model.overlays.push(Overlay::Ask { purpose: Purpose::Export, input });
    Vec::new()
}

/// The name of a file was typed.
pub fn export_to(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(document) = model.plan.document.clone() else { return Vec::new() };
    let path = PathBuf::from(name.trim());
    model.plan.file = Some(path.clone());
    vec![model.begin(Job::Export(Box::new(document), path))]
}

/// A question was answered with yes: the plan is sent.
pub fn confirmed(model: &mut Model, typed: Option<u64>) -> Vec<Effect> {
    let Some(document) = model.plan.document.clone() else { return Vec::new() };
    progress::begin(model, &document);
    let sending = Sending { document, typed, file: model.plan.file.clone() };
    vec![model.begin(Job::Apply(Box::new(sending)))]
}
