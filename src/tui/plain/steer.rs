//! What a command does: the actions of the screens, on the row that it names.
//!
//! Must not do: anything that a key could not; `act` asks the same guards.

#![expect(clippy::wildcard_enum_match_arm, reason = "what needs no preparing is just done")]

use tui_input::Input;

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::search;
use crate::tui::plain::command::{Command, Which, help};
use crate::tui::plain::tell::{Page, ROWS, lock};
use crate::tui::screens::{dashboard, detail, diff, plan, progress, runs};
use crate::tui::update::{act, go};
use crate::words::{say, word};

/// What follows from a command.
#[derive(Debug, Default)]
pub struct Steered {
    /// What has to be done outside.
    pub effects: Vec<Effect>,
    /// What is told once that is done.
    pub page: Option<Page>,
    /// What is told at once.
    pub lines: Vec<String>,
}

impl Steered {
    fn page(effects: Vec<Effect>, page: Page) -> Self {
        Self { effects, page: Some(page), lines: Vec::new() }
    }

    fn line(text: impl Into<String>) -> Self {
        Self { lines: vec![text.into()], ..Self::default() }
    }

    fn only(effects: Vec<Effect>) -> Self {
        Self { effects, ..Self::default() }
    }

    fn after(mut self, mut before: Vec<Effect>) -> Self {
        before.append(&mut self.effects);
        self.effects = before;
        self
    }
}

/// Does what was asked for; `next` is the row of the list that was not told yet.
pub fn steer(model: &mut Model, command: Command, next: usize) -> Steered {
    match command {
        Command::Again => Steered::default(),
        Command::Help => Steered { lines: help(&model.voice), ..Steered::default() },
        Command::Show(screen) => show(model, screen),
        Command::Causes => Steered::page(go(model, Screen::Dashboard), Page::Causes),
        Command::List(which) => list(model, which),
        Command::More => Steered::page(to_list(model), Page::List(next)),
        Command::Number(number) => numbered(model, number),
        Command::Open(number) => open(model, number),
        Command::Evidence => of_the_open(model, Page::Evidence),
        Command::Fields => of_the_open(model, Page::Fields(false)),
        Command::Mark(which) => mark(model, which, true),
        Command::Unmark(which) => mark(model, which, false),
        Command::Filter(text) => {
            let before = to_list(model);
            let effects = diff::filter_changed(model, &text);
            Steered::page(effects, Page::List(0)).after(before)
        }
        Command::Stage(number) => stage(model, number),
        Command::Step(number) => step(model, number, None),
        Command::OfStep(action, number) => step(model, number, Some(action)),
        Command::Lock(locked) => {
            let effects =
                if model.locked == locked { Vec::new() } else { act(model, Action::Unlock) };
            Steered { effects, lines: vec![lock(model).to_owned()], page: None }
        }
        Command::Undo(number) => undo(model, number),
        Command::Search(text) => searched(model, &text),
        Command::Found(number) => found(model, number),
        Command::Write(action, text) => write(model, action, &text),
        Command::Act(action) => acts(model, action, next),
        Command::Quit => Steered::only(act(model, Action::Quit)),
    }
}

fn show(model: &mut Model, screen: Screen) -> Steered {
    let effects = match screen {
        Screen::Plan => to_plan(model),
        other => go(model, other),
    };
    Steered::page(effects, Page::of(screen))
}

/// The list, and no difference open.
fn to_list(model: &mut Model) -> Vec<Effect> {
    detail::close(model);
    if model.screen == Screen::Diff { Vec::new() } else { go(model, Screen::Diff) }
}

/// The plan, and not how an earlier one went.
fn to_plan(model: &mut Model) -> Vec<Effect> {
    model.screen = Screen::Plan;
    if model.progress.is_open() && !model.is_running(JobKind::Apply) {
        act(model, Action::Back);
    }
    go(model, Screen::Plan)
}

fn list(model: &mut Model, which: Option<Which>) -> Steered {
    let effects = match which {
        None => to_list(model),
        Some(Which::All) => diff::only(model, None),
        Some(Which::One(number)) => match dashboard::plain::cause(model, number) {
            Some(cause) => diff::only(model, Some(cause)),
            None => return no_such(model, number),
        },
    };
    Steered::page(effects, Page::List(0))
}

fn no_such(model: &Model, number: usize) -> Steered {
    Steered::line(say!(model.voice,
        en: "there is no number {number} here", pt: "não há número {number} aqui"))
}

fn numbered(model: &mut Model, number: usize) -> Steered {
    match model.screen {
        Screen::Dashboard => list(model, Some(Which::One(number))),
        Screen::Diff => open(model, number),
        Screen::Plan => step(model, number, None),
        Screen::Runs => {
            if row(number).is_some_and(|row| runs::plain::go_to(model, row)) {
                return Steered::page(act(model, Action::Open), Page::Runs);
            }
            no_such(model, number)
        }
        Screen::Connections | Screen::Settings => no_such(model, number),
    }
}

/// Searches what is remembered; what can't be searched for is said.
fn searched(model: &mut Model, text: &str) -> Steered {
    if let Err(error) = crate::app::search::query(text) {
        return Steered::line(error.to_string());
    }
    let effect = search::ask(model, text, false);
    Steered::page(vec![effect], Page::Found)
}

/// The difference of a device that was found; one without has told all it has.
fn found(model: &mut Model, number: usize) -> Steered {
    let ids = model.search.found.as_ref().map(|found| &found.findings);
    let Some(finding) = ids.and_then(|ids| ids.get(row(number)?)) else {
        return no_such(model, number);
    };
    match finding.clone() {
        Some((id, _)) => Steered::page(search::open_finding(model, &id), Page::Fields(true)),
        None => Steered::line(word!(model.voice,
            en: "it has no difference", pt: "ele não tem diferença")),
    }
}

fn row(number: usize) -> Option<usize> {
    number.checked_sub(1)
}

fn open(model: &mut Model, number: usize) -> Steered {
    let before = to_list(model);
    if !row(number).is_some_and(|row| diff::plain::go_to(model, row)) {
        return no_such(model, number).after(before);
    }
    Steered::page(act(model, Action::Open), Page::Fields(true)).after(before)
}

fn of_the_open(model: &Model, page: Page) -> Steered {
    if model.screen == Screen::Diff && model.detail.is_open() {
        return Steered::page(Vec::new(), page);
    }
    Steered::line(word!(model.voice,
        en: "open a difference first: open NUMBER",
        pt: "abra antes uma diferença: abrir NÚMERO"))
}

fn mark(model: &mut Model, which: Which, on: bool) -> Steered {
    let before = to_list(model);
    let effects = match which {
        Which::All if on => act(model, Action::MarkAll),
        Which::All => act(model, Action::MarkClear),
        Which::One(number) => {
            if !row(number).is_some_and(|row| diff::plain::go_to(model, row)) {
                return no_such(model, number).after(before);
            }
            let changes = diff::plain::is_marked(model) != on;
            if changes { act(model, Action::Mark) } else { Vec::new() }
        }
    };
    let lines = vec![diff::plain::heading(model)];
    Steered { effects, lines, page: None }.after(before)
}

fn stage(model: &mut Model, number: Option<usize>) -> Steered {
    let Some(number) = number else {
        let is_open = model.screen == Screen::Diff && model.detail.is_open();
        if is_open || diff::plain::has_marks(model) {
            model.screen = Screen::Diff;
            return Steered::only(act(model, Action::Stage));
        }
        return Steered::line(word!(model.voice,
            en: "mark differences or open one first, or: stage NUMBER",
            pt: "marque diferenças ou abra uma antes, ou: planejar NÚMERO"));
    };
    let mut steered = open(model, number);
    if model.detail.is_open() {
        steered.effects.extend(act(model, Action::Stage));
        steered.page = None;
    }
    steered
}

fn step(model: &mut Model, number: usize, action: Option<Action>) -> Steered {
    let before = to_plan(model);
    if !row(number).is_some_and(|row| plan::plain::go_to(model, row)) {
        return no_such(model, number).after(before);
    }
    match action {
        None => Steered::page(before, Page::Step),
        Some(action) => Steered::page(act(model, action), Page::Plan).after(before),
    }
}

/// Makes the plan that undoes a run; it is reviewed and sent like any other.
fn undo(model: &mut Model, number: Option<usize>) -> Steered {
    let mut effects = Vec::new();
    if let Some(number) = number {
        effects.extend(go(model, Screen::Runs));
        if !row(number).is_some_and(|row| runs::plain::go_to(model, row)) {
            return no_such(model, number).after(effects);
        }
    } else if progress::has_something(model) {
        model.screen = Screen::Plan;
        progress::open(model);
    } else {
        return Steered::line(word!(model.voice,
            en: "nothing was applied from here; runs tells all, then: undo NUMBER",
            pt: "nada foi aplicado daqui; execuções diz todas, e então: desfazer NÚMERO"));
    }
    effects.extend(act(model, Action::UndoRun));
    let page = model.is_running(JobKind::Plan).then_some(Page::Plan);
    Steered { effects, page, lines: Vec::new() }
}

/// An action that asks for a line: it is given at once.
fn write(model: &mut Model, action: Action, text: &str) -> Steered {
    let (before, page) = match action {
        Action::Export => (to_plan(model), None),
        Action::Compare if model.screen == Screen::Runs => (Vec::new(), Some(Page::Runs)),
        Action::Compare => (go(model, Screen::Runs), Some(Page::Runs)),
        _ if model.screen == Screen::Diff && model.detail.is_open() => (Vec::new(), None),
        _ => return of_the_open(model, Page::Evidence),
    };
    let mut effects = act(model, action);
    if let Some(Overlay::Ask { input, .. }) = model.overlays.last_mut() {
        *input = Input::new(text.to_owned());
        effects.extend(act(model, Action::Open));
    }
    Steered { effects, page, lines: Vec::new() }.after(before)
}

fn acts(model: &mut Model, action: Action, next: usize) -> Steered {
    let is_open = model.screen == Screen::Diff && model.detail.is_open();
    match action {
        Action::Next | Action::Previous if is_open => {
            let at = model.diff.place();
            let effects = act(model, action);
            if model.diff.place() == at {
                return Steered::line(word!(model.voice,
                    en: "there is no other", pt: "não há outra"));
            }
            Steered::page(effects, Page::Fields(true))
        }
        Action::Next => Steered::page(to_list(model), Page::List(next)),
        Action::Previous => {
            Steered::page(to_list(model), Page::List(next.saturating_sub(ROWS * 2)))
        }
        Action::Back if is_open => {
            Steered::page(to_list(model), Page::List(next.saturating_sub(ROWS)))
        }
        Action::Back => Steered::page(go(model, Screen::Dashboard), Page::Causes),
        Action::Reveal | Action::Candidate | Action::SpeedTest if !is_open => {
            of_the_open(model, Page::Evidence)
        }
        Action::Reveal => Steered::page(act(model, action), Page::Fields(true)),
        Action::DryRun => {
            let before = to_plan(model);
            Steered::page(act(model, action), Page::Reasons).after(before)
        }
        Action::Apply => {
            let before = to_plan(model);
            Steered::only(act(model, action)).after(before)
        }
        Action::Doctor => {
            let before = go(model, Screen::Connections);
            Steered::page(act(model, action), Page::Connections).after(before)
        }
        Action::Collect => Steered::page(act(model, action), Page::Summary),
        Action::Log => Steered::page(Vec::new(), Page::Log),
        Action::StopRun if !model.is_running(JobKind::Apply) => Steered::line(word!(model.voice,
            en: "nothing is being sent", pt: "nada está sendo enviado")),
        Action::StopRun => {
            model.screen = Screen::Plan;
            progress::open(model);
            Steered::only(act(model, action))
        }
        Action::Language => {
            let effects = act(model, action);
            let line = word!(model.voice, en: "English; help", pt: "Português; ajuda");
            Steered { effects, lines: vec![line.to_owned()], page: None }
        }
        other => Steered::only(act(model, other)),
    }
}

/// Answers the question on top: the number that it asks for, or yes; all else cancels.
pub fn answer(model: &mut Model, line: &str) -> Vec<Effect> {
    let Some(Overlay::Confirm(confirm)) = model.overlays.last_mut() else { return Vec::new() };
    let action = match confirm.number() {
        Some(_) if line.trim().chars().count() <= 12 => {
            confirm.input = Input::new(line.trim().to_owned());
            Action::Open
        }
        None if super::command::is_yes(line) => Action::Confirm,
        Some(_) | None => Action::Back,
    };
    act(model, action)
}
