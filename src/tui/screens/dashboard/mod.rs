//! Why the two counts differ: totals, the waterfall by cause, what is new, what to do.
//!
//! Must not do: send anything, or decide what the use-cases decide.

mod digest;
mod draw;
mod figures;
mod notes;
mod places;
pub mod plain;
#[cfg(test)]
mod tests;
mod waterfall;

use std::borrow::Cow;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::Run;
use crate::engine::Cause;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::screens::diff;
use crate::tui::widgets::window::Window;
use digest::Digest;
use places::Places;

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    /// The cause under the cursor.
    pub window: Window,
    /// Causes that had no room were asked for.
    pub unfolded: bool,
    /// Which page of the notes is shown.
    pub page: usize,
    /// Was a cause opened from here?
    pub opened: bool,
    digest: Option<(Arc<Run>, Digest)>,
}

/// The newest run in figures.
fn digest(model: &Model) -> Option<Cow<'_, Digest>> {
    let run = model.run()?;
    match &model.dashboard.digest {
        Some((of, digest)) if Arc::ptr_eq(of, run) => Some(Cow::Borrowed(digest)),
        Some(_) | None => Some(Cow::Owned(Digest::of(run))),
    }
}

/// After every message: a newer run is counted once, and the cursor stays on its cause.
pub fn settle(model: &mut Model) {
    let Some(run) = model.run().cloned() else { return };
    let before = match &model.dashboard.digest {
        Some((of, _)) if Arc::ptr_eq(of, &run) => return,
        Some((_, digest)) => digest.tallies.get(model.dashboard.window.at).map(|of| of.cause),
        None => None,
    };
    let digest = Digest::of(&run);
    let at = before.and_then(|cause| digest.tallies.iter().position(|of| of.cause == cause));
    model.dashboard.digest = Some((run, digest));
    move_to(model, at.unwrap_or(0));
}

/// Does what a key asked for here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    const FORTH: [Action; 3] = [Action::PaneNext, Action::HalfDown, Action::PageDown];
    const BACK: [Action; 3] = [Action::PanePrevious, Action::HalfUp, Action::PageUp];
    if action == Action::Open {
        return open(model);
    }
    let at = model.dashboard.window.at;
    if action == Action::Back {
        model.dashboard.unfolded = false;
        model.dashboard.page = 0;
        move_to(model, at);
    } else if FORTH.contains(&action) {
        turn(model, 1);
    } else if BACK.contains(&action) {
        turn(model, -1);
    } else if let Some(by) = action.rows(1) {
        move_to(model, at.saturating_add_signed(by));
    }
    Vec::new()
}

fn move_to(model: &mut Model, row: usize) {
    let Some((rows, height)) = rows_and_height(model) else { return };
    model.dashboard.window.to(row, rows, height);
}

/// Rows of the waterfall that have a cause, and how many of them are on screen.
fn rows_and_height(model: &Model) -> Option<(usize, usize)> {
    let digest = digest(model)?;
    let places = Places::of(crate::tui::view::body(model), digest.tallies.len());
    let rows = waterfall::rows(&digest, &places, model.dashboard.unfolded).len();
    Some((rows, places.causes))
}

/// The next page of the notes, round and round.
fn turn(model: &mut Model, by: isize) {
    let pages = draw::pages(model).max(1);
    let page = model.dashboard.page.min(pages - 1);
    model.dashboard.page = match by {
        1.. => (page + 1) % pages,
        _ => (page + pages - 1) % pages,
    };
}

/// The list of the cause under the cursor; what was folded is unfolded first.
fn open(model: &mut Model) -> Vec<Effect> {
    let Some(digest) = digest(model) else { return Vec::new() };
    let places = Places::of(crate::tui::view::body(model), digest.tallies.len());
    let rows = waterfall::rows(&digest, &places, model.dashboard.unfolded);
    let cause: Option<Cause> = match rows.get(model.dashboard.window.at) {
        Some(waterfall::Row::Cause(tally)) => Some(tally.cause),
        Some(waterfall::Row::Rest(_)) => {
            model.dashboard.unfolded = true;
            let at = model.dashboard.window.at;
            move_to(model, at);
            return Vec::new();
        }
        None => None,
    };
    model.dashboard.opened = true;
    diff::only(model, cause)
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    draw::draw(model, frame, area);
}

/// The summary, to the clipboard.
pub fn copy_summary(model: &mut Model) -> Vec<Effect> {
    let Some(run) = model.run() else { return Vec::new() };
    vec![Effect::Copy((model.summary)(run, model.voice.lang.name()))]
}
