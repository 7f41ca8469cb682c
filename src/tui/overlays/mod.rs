//! What lies over a screen: opened, typed into, answered.
//!
//! Must not do: send anything but where a question was answered with yes.

#![expect(clippy::wildcard_enum_match_arm, reason = "what means nothing here does nothing")]

mod draw;
mod entries;
pub mod search;
mod search_draw;
#[cfg(test)]
mod tests;

use tui_input::{Input, InputRequest};

use self::entries::{Entry, Run, entries};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::key::{Code, Key};
use crate::tui::model::Model;
use crate::tui::overlay::{Confirm, Overlay, Purpose, Sends};
use crate::tui::screens::{detail, diff, plan, runs};
use crate::tui::update::{self, TYPED_AHEAD, is_text};
use crate::words::word;

pub use draw::draw;

/// What is typed or pasted into a line is no longer than this, in characters.
const TYPED_MOST: usize = 4_096;

/// Rows that a page of help or palette moves by.
const PAGE: usize = 10;

/// A question that appeared just now takes no key.
#[must_use]
pub fn is_too_early(model: &Model) -> bool {
    match model.overlays.last() {
        Some(Overlay::Confirm(confirm)) => model.elapsed < confirm.since + TYPED_AHEAD,
        _ => false,
    }
}

/// Opens help, palette or log.
pub fn open(model: &mut Model, action: Action) -> Vec<Effect> {
    let input = Input::default();
    let overlay = match action {
        Action::Help => Overlay::Help { input, at: 0 },
        Action::Log => Overlay::Log { back: 0 },
        _ => Overlay::Palette { input, at: 0 },
    };
    model.overlays.push(overlay);
    Vec::new()
}

/// A key that is no action of the overlay: typed, where it takes text.
pub fn typed(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(request) = request(key) else { return Vec::new() };
    edit(model, &[request])
}

/// Text that was pasted, without what is no text.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if is_too_early(model) {
        return Vec::new();
    }
    let letters = text.chars().filter(|c| !c.is_control()).take(TYPED_MOST);
    let requests: Vec<InputRequest> = letters.map(InputRequest::InsertChar).collect();
    edit(model, &requests)
}

fn request(key: Key) -> Option<InputRequest> {
    Some(match key.code {
        Code::Char(c) if is_text(key) => InputRequest::InsertChar(c),
        Code::Char('u') if key.ctrl => InputRequest::DeleteLine,
        Code::Char('w') if key.ctrl => InputRequest::DeletePrevWord,
        Code::Backspace => InputRequest::DeletePrevChar,
        Code::Delete => InputRequest::DeleteNextChar,
        Code::Left => InputRequest::GoToPrevChar,
        Code::Right => InputRequest::GoToNextChar,
        Code::Home => InputRequest::GoToStart,
        Code::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
    let Some(overlay) = model.overlays.last_mut() else { return Vec::new() };
    let most = if matches!(overlay, Overlay::Confirm(_)) { 12 } else { TYPED_MOST };
    let Some(input) = overlay.input() else { return Vec::new() };
    for request in requests {
        let grows = matches!(request, InputRequest::InsertChar(_));
        if !grows || input.value().chars().count() < most {
            input.handle(*request);
        }
    }
    let text = input.value().to_owned();
    match overlay {
        Overlay::Help { at, .. } | Overlay::Palette { at, .. } => *at = 0,
        Overlay::Search { .. } => return search::typed(model, &text),
        Overlay::Ask { purpose: Purpose::Filter, .. } => return diff::filter_changed(model, &text),
        Overlay::Ask { .. } | Overlay::Confirm(_) | Overlay::Log { .. } => {}
    }
    Vec::new()
}

/// Does what a key asked for in what lies on top.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match model.overlays.last().cloned() {
        Some(Overlay::Help { .. } | Overlay::Palette { .. }) => in_list(model, action),
        Some(Overlay::Search { input }) => search::act(model, action, input.value()),
        Some(Overlay::Ask { purpose, input }) => in_line(model, action, purpose, input.value()),
        Some(Overlay::Confirm(confirm)) => in_question(model, action, &confirm),
        Some(Overlay::Log { back }) => in_log(model, action, back),
        None => Vec::new(),
    }
}

fn in_list(model: &mut Model, action: Action) -> Vec<Effect> {
    let all = entries(model);
    let last = all.len().saturating_sub(1);
    let Some(Overlay::Help { at, .. } | Overlay::Palette { at, .. }) = model.overlays.last_mut()
    else {
        return Vec::new();
    };
    let row = (*at).min(last);
    match action {
        Action::Next => *at = (row + 1).min(last),
        Action::Previous => *at = row.saturating_sub(1),
        Action::PageDown | Action::HalfDown => *at = (row + PAGE).min(last),
        Action::PageUp | Action::HalfUp => *at = row.saturating_sub(PAGE),
        Action::Top => *at = 0,
        Action::Bottom => *at = last,
        Action::Back => drop(model.overlays.pop()),
        Action::Open => return chosen(model, all.get(row)),
        _ => {}
    }
    Vec::new()
}

/// Runs an entry; what can't be done now says why, and the list stays open.
fn chosen(model: &mut Model, entry: Option<&Entry>) -> Vec<Effect> {
    let Some(entry) = entry else { return Vec::new() };
    if let Some(why) = entry.why {
        model.complain(why);
        return Vec::new();
    }
    model.overlays.pop();
    match entry.run {
        Run::Action(action) => update::act(model, action),
        Run::Cause(cause) => diff::only(model, Some(cause)),
    }
}

fn in_line(model: &mut Model, action: Action, purpose: Purpose, text: &str) -> Vec<Effect> {
    match action {
        Action::Open => {
            model.overlays.pop();
            accept(model, purpose, text.trim())
        }
        Action::Back => {
            model.overlays.pop();
            match purpose {
                Purpose::Filter => diff::filter_changed(model, ""),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// A line was typed to its end.
fn accept(model: &mut Model, purpose: Purpose, text: &str) -> Vec<Effect> {
    if text.is_empty() && purpose != Purpose::Filter {
        let voice = model.voice.clone();
        model.complain(word!(voice, en: "nothing was typed", pt: "nada foi digitado"));
        return Vec::new();
    }
    let text = text.to_owned();
    match purpose {
        Purpose::Filter => diff::filter_changed(model, &text),
        Purpose::SaveView => diff::save_view(model, &text),
        Purpose::Ignore(key) => vec![model.begin(Job::Ignore { key, reason: text })],
        Purpose::Note(key) => vec![model.begin(Job::Note { key, text })],
        Purpose::Export => plan::export_to(model, &text),
        Purpose::Compare => runs::compare_with(model, &text),
    }
}

/// Enter cancels, unless the number that was asked for is typed; another key says yes.
fn in_question(model: &mut Model, action: Action, confirm: &Confirm) -> Vec<Effect> {
    let typed = confirm.input.value().trim().parse::<u64>().ok();
    let is_typed = confirm.number().is_some() && typed == confirm.wants;
    let is_yes = match action {
        Action::Open => is_typed,
        Action::Confirm => confirm.number().is_none(),
        Action::Back => false,
        _ => return Vec::new(),
    };
    let voice = model.voice.clone();
    if action == Action::Confirm && !is_yes {
        model.complain(word!(voice,
            en: "type the number, then Enter", pt: "digite o número, depois Enter"));
        return Vec::new();
    }
    if is_yes && !confirm.each.is_empty() && !confirm.unapproved {
        next_removal(model);
        return Vec::new();
    }
    model.overlays.pop();
    if !is_yes || confirm.unapproved {
        model.say(word!(voice,
            en: "cancelled; nothing was sent", pt: "cancelado; nada foi enviado"));
        return Vec::new();
    }
    // It may have locked itself since the question was asked.
    if let Some(why) = model.why_not(Action::Confirm) {
        model.complain(why);
        return Vec::new();
    }
    match confirm.sends.clone() {
        Sends::Plan => plan::confirmed(model, typed.filter(|_| is_typed)),
        Sends::SpeedTest { finding, key } => detail::speed::confirmed(model, finding, key),
    }
}

/// One removal is confirmed; the next question takes no key for a moment either.
fn next_removal(model: &mut Model) {
    let since = model.elapsed;
    if let Some(Overlay::Confirm(confirm)) = model.overlays.last_mut() {
        confirm.each.remove(0);
        confirm.since = since;
    }
}

fn in_log(model: &mut Model, action: Action, back: usize) -> Vec<Effect> {
    let most = model.log.len().saturating_sub(1);
    let to = match action {
        Action::Back => {
            model.overlays.pop();
            return Vec::new();
        }
        Action::Previous => back + 1,
        Action::Next => back.saturating_sub(1),
        Action::PageUp | Action::HalfUp => back + PAGE,
        Action::PageDown | Action::HalfDown => back.saturating_sub(PAGE),
        Action::Top => most,
        Action::Bottom => 0,
        _ => back,
    };
    if let Some(Overlay::Log { back }) = model.overlays.last_mut() {
        *back = to.min(most);
    }
    Vec::new()
}
