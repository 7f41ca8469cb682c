//! The rows of help and palette: what can be done, by which keys, and why not now.
//!
//! Must not do: hide what can't be done now; it is shown with its reason.

use fuzzy_matcher::FuzzyMatcher as _;
use fuzzy_matcher::skim::SkimMatcherV2;

use crate::engine::Cause;
use crate::tui::action::Action;
use crate::tui::filter::folded;
use crate::tui::keymap::Layer;
use crate::tui::model::Model;
use crate::tui::overlay::Overlay;
use crate::tui::update::screen_layer;
use crate::words::{cause_title, say};

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The keys, as they are pressed; empty where it has none.
    pub keys: String,
    /// What it does.
    pub text: String,
    /// What choosing it does.
    pub run: Run,
    /// Why it can't be done now.
    pub why: Option<&'static str>,
}

/// What choosing a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// An action.
    Action(Action),
    /// Shows the differences of a cause.
    Cause(Cause),
}

/// The rows of what lies on top, by what was typed.
pub(super) fn entries(model: &Model) -> Vec<Entry> {
    match model.overlays.last() {
        Some(Overlay::Help { input, .. }) => help(model, &folded(input.value())),
        Some(Overlay::Palette { input, .. }) => palette(model, &folded(input.value())),
        _ => Vec::new(),
    }
}

/// The keys that hold on the screen below, then those that hold everywhere.
fn help(model: &Model, typed: &str) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for binding in model.keys.in_force(&layers(model)) {
        let run = Run::Action(binding.run);
        match all.iter_mut().find(|entry| entry.run == run) {
            Some(entry) => {
                entry.keys.push_str(", ");
                entry.keys.push_str(&binding.keys());
            }
            None => all.push(entry(model, binding.run, binding.keys())),
        }
    }
    all.retain(|entry| folded(&format!("{} {}", entry.keys, entry.text)).contains(typed));
    all
}

fn layers(model: &Model) -> [Layer; 2] {
    [screen_layer(model), Layer::Global]
}

fn entry(model: &Model, action: Action, keys: String) -> Entry {
    let text = action.describe(&model.voice).to_owned();
    Entry { keys, text, run: Run::Action(action), why: model.why_not(action) }
}

/// Everything that can be done anywhere, and every cause; by how well it fits what was typed.
fn palette(model: &Model, typed: &str) -> Vec<Entry> {
    let layers = layers(model);
    let actions = Action::ALL.iter().filter(|action| is_offered(**action));
    let actions = actions.map(|action| {
        entry(model, *action, model.keys.key_of(&layers, *action).unwrap_or_default())
    });
    let causes = Cause::ALL.iter().map(|cause| {
        let title = cause_title(&model.voice, *cause);
        let text = say!(&model.voice, en: "Show only: {title}", pt: "Mostrar só: {title}");
        Entry { keys: String::new(), text, run: Run::Cause(*cause), why: None }
    });
    let all = actions.chain(causes);
    if typed.is_empty() {
        return all.collect();
    }
    let matcher = SkimMatcherV2::default();
    let score = |entry: &Entry| {
        let name = match entry.run {
            Run::Action(action) => action.wire(),
            Run::Cause(cause) => cause.wire(),
        };
        let text = folded(&format!("{} {} {name}", entry.text, entry.keys));
        matcher.fuzzy_match(&text, typed)
    };
    let mut fits: Vec<(i64, Entry)> = all.filter_map(|e| Some((score(&e)?, e))).collect();
    fits.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    fits.into_iter().map(|(_, entry)| entry).collect()
}

/// Moves and answers mean nothing where nothing is under the cursor.
fn is_offered(action: Action) -> bool {
    !matches!(
        action,
        Action::Confirm
            | Action::Palette
            | Action::SearchLive
            | Action::Next
            | Action::Previous
            | Action::HalfDown
            | Action::HalfUp
            | Action::PageDown
            | Action::PageUp
    )
}
