//! The differences, one by one: causes, a list with marks and a filter, the one under the cursor.
//!
//! What fits a filter is found away from the screen; until it is there, the rows before it stay.
//! Must not do: send anything, or decide what the use-cases decide.

mod causes;
mod draw;
mod layout;
mod marks;
pub mod plain;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use tui_input::Input;

use crate::app::Run;
use crate::app::views::SavedView;
use crate::engine::{Cause, Finding};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::filter::{Column, Index, Line};
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::screens::detail;
use crate::tui::widgets::window::Window;
use crate::words::word;

pub use causes::{save_view, short, views};
pub use draw::draw;
pub(in crate::tui::screens) use draw::{age, identity};
pub(in crate::tui::screens) use marks::{can_be_sent, record};
pub use rows::{filter_changed, lines, renewed};

use rows::{ask, group, group_by_olt, group_next};

/// Which pane the keys move in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    /// The causes.
    Causes,
    /// The list.
    #[default]
    List,
}

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    /// The run whose findings are on screen, and the one whose are being filtered.
    shown: Option<Arc<Run>>,
    asked: Option<Arc<Run>>,
    index: Arc<Index>,
    /// Only this cause.
    pub cause: Option<Cause>,
    /// The filter as it was typed.
    pub filter: String,
    /// Grouped by this column.
    pub group: Option<Column>,
    lines: Vec<Line>,
    /// By place: is the finding among the lines?
    in_lines: Vec<bool>,
    /// How many of the lines are findings.
    found: usize,
    counts: Vec<(Cause, u32)>,
    /// Marked findings, by their places.
    marks: BTreeSet<u32>,
    marked_here: usize,
    /// The line where a range of marks begins.
    anchor: Option<usize>,
    pane: Pane,
    list: Window,
    left: Window,
    views: Vec<SavedView>,
    view: Option<usize>,
    views_asked: bool,
}

impl State {
    fn is_on_causes(&self) -> bool {
        self.pane == Pane::Causes
    }

    /// The run whose findings are on screen.
    #[must_use]
    pub fn run(&self) -> Option<&Arc<Run>> {
        self.shown.as_ref()
    }

    /// The finding of a place in that run.
    #[must_use]
    pub fn finding(&self, place: u32) -> Option<&Finding> {
        self.shown.as_ref()?.reconciliation.findings.get(place as usize)
    }

    /// The place of the finding under the cursor.
    #[must_use]
    pub fn place(&self) -> Option<u32> {
        match self.lines.get(self.list.at)? {
            Line::Finding(place) => Some(*place),
            Line::Group(..) => None,
        }
    }

    fn count_of(&self, cause: Cause) -> u32 {
        self.counts.iter().find(|(of, _)| *of == cause).map_or(0, |(_, count)| *count)
    }

    /// Where a finding stands among those that the filter shows, from 1; and how many these are.
    #[must_use]
    pub fn standing(&self, place: u32) -> Option<(usize, usize)> {
        let mut findings = self.lines.iter().filter(|line| matches!(line, Line::Finding(_)));
        let at = findings.position(|line| *line == Line::Finding(place))?;
        Some((at + 1, self.found))
    }

    /// The finding so many findings after the cursor; the cursor goes there.
    pub fn step(&mut self, by: isize, height: usize) -> Option<u32> {
        let mut at = self.list.at;
        loop {
            at = at.checked_add_signed(by)?;
            if let Line::Finding(place) = self.lines.get(at)? {
                let place = *place;
                self.list.to(at, self.lines.len(), height);
                return Some(place);
            }
        }
    }
}

/// Does what a key asked for here.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not of this screen does nothing here")]
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::PaneNext | Action::PanePrevious => other_pane(model),
        Action::Open => open(model),
        Action::Back => back(model),
        Action::Filter => open_filter(model),
        Action::FilterClear => filter_changed(model, ""),
        Action::ViewSave => ask_line(model, Purpose::SaveView),
        Action::ViewNext => causes::next_view(model),
        Action::GroupModel => group(model, Some(Column::Model)),
        Action::GroupFirmware => group(model, Some(Column::Firmware)),
        Action::GroupOlt => group_by_olt(model),
        Action::GroupNext => group_next(model),
        Action::GroupNone => group(model, None),
        other => moved(model, other),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not of this screen does nothing here")]
fn moved(model: &mut Model, action: Action) -> Vec<Effect> {
    let half = isize::try_from(layout::list_rows(model) / 2).unwrap_or(1).max(1);
    let by = match action {
        Action::Next => 1,
        Action::Previous => -1,
        Action::HalfDown => half,
        Action::HalfUp => -half,
        Action::PageDown => half * 2,
        Action::PageUp => -half * 2,
        Action::Top => isize::MIN / 2,
        Action::Bottom => isize::MAX / 2,
        other => return on_findings(model, other),
    };
    if model.diff.pane == Pane::Causes {
        return causes::go(model, by);
    }
    let (rows, height) = (model.diff.lines.len(), layout::list_rows(model));
    model.diff.list.go(by, rows, height);
    Vec::new()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not of this screen does nothing here")]
fn on_findings(model: &mut Model, action: Action) -> Vec<Effect> {
    if model.is_running(JobKind::Rows) && is_of_rows(action) {
        let voice = model.voice.clone();
        model.complain(word!(voice,
            en: "the list is being filtered: once more, please",
            pt: "a lista está sendo filtrada: mais uma vez, por favor"));
        return Vec::new();
    }
    match action {
        Action::Mark => marks::toggle(model),
        Action::MarkRange => marks::range(model),
        Action::MarkAll => marks::all(model),
        Action::MarkClear => marks::clear(model),
        Action::Stage => return marks::stage(model),
        Action::CopyRecord => return copy(model),
        Action::Ignore => return ask_of_device(model, Purpose::Ignore),
        Action::AddNote => return ask_of_device(model, Purpose::Note),
        _ => {}
    }
    Vec::new()
}

/// Is it about rows? Typed quickly it would hit those of another filter: a whole fleet, where one
/// cause was meant.
fn is_of_rows(action: Action) -> bool {
    matches!(
        action,
        Action::Mark
            | Action::MarkRange
            | Action::MarkAll
            | Action::Stage
            | Action::CopyRecord
            | Action::Ignore
            | Action::AddNote
    )
}

fn other_pane(model: &mut Model) -> Vec<Effect> {
    model.diff.pane = if model.diff.is_on_causes() { Pane::List } else { Pane::Causes };
    causes::follow(model);
    Vec::new()
}

fn open(model: &mut Model) -> Vec<Effect> {
    if model.diff.is_on_causes() {
        return causes::open(model);
    }
    match model.diff.place() {
        Some(place) => detail::open(model, place),
        None => Vec::new(),
    }
}

/// One level up: a range that was begun, the filter, the cause, and then the dashboard.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.diff.anchor.take().is_some() {
        return Vec::new();
    }
    if !model.diff.filter.is_empty() {
        return filter_changed(model, "");
    }
    match model.diff.cause {
        Some(_) => choose(model, None),
        None => crate::tui::update::go(model, Screen::Dashboard),
    }
}

/// Shows one cause, or all, from its first row.
fn choose(model: &mut Model, cause: Option<Cause>) -> Vec<Effect> {
    if model.diff.cause == cause {
        return Vec::new();
    }
    model.diff.cause = cause;
    ask(model, false)
}

/// Shows the list with only this cause.
pub fn only(model: &mut Model, cause: Option<Cause>) -> Vec<Effect> {
    detail::close(model);
    (model.diff.cause, model.diff.group) = (cause, None);
    model.diff.filter.clear();
    (model.diff.pane, model.diff.list) = (Pane::List, Window::default());
    let mut effects = ask(model, false);
    causes::follow(model);
    effects.extend(crate::tui::update::go(model, Screen::Diff));
    effects
}

fn open_filter(model: &mut Model) -> Vec<Effect> {
    let input = Input::new(model.diff.filter.clone());
    model.overlays.push(Overlay::Ask { purpose: Purpose::Filter, input });
    ask(model, true)
}

fn ask_line(model: &mut Model, purpose: Purpose) -> Vec<Effect> {
    let known = model.diff.view.and_then(|view| model.diff.views.get(view));
    let input = Input::new(known.map(|view| view.name.clone()).unwrap_or_default());
    model.overlays.push(Overlay::Ask { purpose, input });
    Vec::new()
}

fn ask_of_device(model: &mut Model, purpose: fn(String) -> Purpose) -> Vec<Effect> {
    let key = model.diff.place().and_then(|place| model.diff.finding(place)?.keys.first());
    if let Some(key) = key {
        let purpose = purpose(key.to_string());
        model.overlays.push(Overlay::Ask { purpose, input: Input::default() });
    }
    Vec::new()
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(finding) = model.diff.place().and_then(|place| model.diff.finding(place)) else {
        return Vec::new();
    };
    let record = record(finding);
    let voice = model.voice.clone();
    model.say(word!(voice, en: "copied, masked", pt: "copiado, mascarado"));
    vec![Effect::Copy(record)]
}

/// It is shown.
pub fn shown(model: &mut Model) -> Vec<Effect> {
    if model.diff.views_asked {
        return Vec::new();
    }
    model.diff.views_asked = true;
    vec![model.begin(Job::Views)]
}

/// A click on the screen: a row, and with it its pane.
pub fn click(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    let panes = layout::of(model);
    let at = ratatui::layout::Position { x: column, y: row };
    if let Some(list) = panes.list.filter(|list| list.contains(at)) {
        model.diff.pane = Pane::List;
        let rows = model.diff.lines.len();
        let height = layout::list_rows(model);
        let clicked = usize::from(row.saturating_sub(list.y + 2)) + model.diff.list.top;
        if row >= list.y + 2 && clicked < rows {
            model.diff.list.to(clicked, rows, height);
        }
    } else if let Some(left) = panes.causes.filter(|causes| causes.contains(at)) {
        model.diff.pane = Pane::Causes;
        let clicked = usize::from(row.saturating_sub(left.y + 1)) + model.diff.left.top;
        let by = isize::try_from(clicked).unwrap_or(0);
        let from = isize::try_from(model.diff.left.at).unwrap_or(0);
        return causes::go(model, by - from);
    }
    Vec::new()
}

/// Rows of the list on screen.
pub(in crate::tui::screens) fn list_rows(model: &Model) -> usize {
    layout::list_rows(model)
}
