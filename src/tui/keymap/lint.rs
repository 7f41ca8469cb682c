//! What a keymap must not be: ambiguous, without a way out, or dangerous by accident.
//!
//! Must not do: read text, or correct anything.

use super::{Binding, Complaint, Keymap, Layer, ends_an_escape_sequence};
use crate::tui::action::Action;
use crate::tui::key::{Code, Key};

/// Everything that is wrong.
pub(super) fn lint(keymap: &Keymap) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (layer, _) in Layer::ALL {
        let bindings: Vec<&Binding> = keymap.of(layer).collect();
        for (at, binding) in bindings.iter().enumerate() {
            let mut complain = |what: String| {
                let (line, keys) = (keymap.line(layer, &binding.on), binding.keys());
                complaints.push(Complaint { line, layer: Some(layer), keys, what });
            };
            for other in &bindings[..at] {
                if let Some(what) = clash(other, binding) {
                    complain(what);
                }
            }
            if let Some(what) = across(keymap, layer, binding) {
                complain(what);
            }
            if let Some(what) = danger(keymap, layer, binding) {
                complain(what);
            }
        }
        complaints.extend(way_out(keymap, layer));
    }
    complaints
}

/// Two bindings of a layer of which one can never be reached.
fn clash(first: &Binding, second: &Binding) -> Option<String> {
    if first.on == second.on {
        return Some(format!("bound twice: {} and {}", first.run.wire(), second.run.wire()));
    }
    let (short, long) =
        if first.on.len() < second.on.len() { (first, second) } else { (second, first) };
    long.on.starts_with(&short.on).then(|| {
        let (short_keys, long_keys) = (short.keys(), long.keys());
        format!(
            "{long_keys} can't be typed: {short_keys} is {} already; unbind one",
            short.run.wire()
        )
    })
}

/// A key of a screen that is the beginning of a sequence of `global`, or the other way round:
/// which of them holds would depend on the screen.
fn across(keymap: &Keymap, layer: Layer, binding: &Binding) -> Option<String> {
    if layer == Layer::Global || layer.is_overlay() {
        return None;
    }
    let mut of_global = keymap.of(Layer::Global).filter(|other| other.on != binding.on);
    of_global
        .find_map(|other| clash(other, binding))
        .map(|what| format!("{what} (one of them is in global)"))
}

/// What changes something, on keys that are pressed by accident or where nobody expects it.
fn danger(keymap: &Keymap, layer: Layer, binding: &Binding) -> Option<String> {
    let run = binding.run.wire();
    if binding.run.changes_state() && binding.on.iter().copied().any(ends_an_escape_sequence) {
        return Some(format!(
            "{run} changes something: not on a key with which an escape sequence ends \
             (A B C D F H O P Q R S [ ~), for a slow link may tear an arrow apart"
        ));
    }
    if !binding.run.is_danger() {
        return None;
    }
    let homes = [(Action::Confirm, Layer::Confirm), (Action::SpeedTest, Layer::Detail)];
    let home = homes.iter().find(|(action, _)| *action == binding.run);
    let home = home.map_or(Layer::Plan, |(_, layer)| *layer);
    if layer != home {
        return Some(format!("{run} can send: bind it in the layer {home} only"));
    }
    if binding.on.iter().copied().any(is_easy) {
        return Some(format!(
            "{run} can send: not on Enter, Space, Esc, Tab, Backspace, Delete or with Control"
        ));
    }
    let opens = |on: &[Key]| keymap.of(Layer::Plan).any(|b| b.run == Action::Apply && b.on == on);
    (binding.run == Action::Confirm && opens(&binding.on))
        .then(|| format!("{run} must be another key than plan.apply, which opens the question"))
}

/// Keys that are pressed without a thought.
fn is_easy(key: Key) -> bool {
    let code = matches!(
        key.code,
        Code::Enter
            | Code::Char(' ')
            | Code::Esc
            | Code::Tab
            | Code::BackTab
            | Code::Backspace
            | Code::Delete
    );
    key.ctrl || code
}

/// Esc goes back everywhere: it never quits and never applies.
fn way_out(keymap: &Keymap, layer: Layer) -> Option<Complaint> {
    let own = [layer];
    let both = [layer, Layer::Global];
    let layers: &[Layer] = if layer.is_overlay() { &own } else { &both };
    let esc = Key::plain(Code::Esc);
    if keymap.press(layers, &[], esc) == super::Pressed::Run(Action::Back) {
        return None;
    }
    let line = keymap.line(layer, &[esc]);
    let what = "Esc has to go back: bind it to back".to_owned();
    Some(Complaint { line, layer: Some(layer), keys: esc.to_string(), what })
}
