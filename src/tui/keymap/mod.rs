//! Which key does what, by layer: read from `keymaps/*.toml`, checked, and shown in the footer,
//! the help and the palette.
//!
//! Must not do: act. What a key means is looked up here; `update` acts.

use std::fmt;

use crate::tui::action::Action;
use crate::tui::key::{Code, Key};

/// Where keys hold: an overlay or a screen; `global` under all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Everywhere that nothing is typed.
    Global,
    /// The dashboard.
    Dashboard,
    /// The list of differences.
    Diff,
    /// One difference.
    Detail,
    /// The plan.
    Plan,
    /// An apply that goes on.
    Run,
    /// What was done.
    Runs,
    /// The connections.
    Connections,
    /// The settings.
    Settings,
    /// A question.
    Confirm,
    /// A line to type.
    Input,
    /// The help.
    Help,
    /// The palette.
    Palette,
    /// The log.
    Log,
}

impl Layer {
    /// All of them, with their names in a keymap.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Global, "global"),
        (Self::Dashboard, "dashboard"),
        (Self::Diff, "diff"),
        (Self::Detail, "detail"),
        (Self::Plan, "plan"),
        (Self::Run, "run"),
        (Self::Runs, "runs"),
        (Self::Connections, "connections"),
        (Self::Settings, "settings"),
        (Self::Confirm, "confirm"),
        (Self::Input, "input"),
        (Self::Help, "help"),
        (Self::Palette, "palette"),
        (Self::Log, "log"),
    ];

    /// The name in a keymap.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(layer, _)| *layer == self).map_or("", |(_, name)| name)
    }
}

/// A key, or keys one after the other, and what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// One key, or a sequence.
    pub on: Vec<Key>,
    /// What they do.
    pub run: Action,
    /// Is it told in the footer?
    pub hint: bool,
}

impl Binding {
    /// As it is written: `g g`.
    #[must_use]
    pub fn keys(&self) -> String {
        self.on.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
    }
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// It does this.
    Run(Action),
    /// A sequence has begun; these may follow.
    Begun(Vec<(Key, Action)>),
    /// Nothing.
    Nothing,
}

/// Bindings by layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<(Layer, Binding)>,
}

impl Keymap {
    /// The keys of `keymaps/default.toml`.
    #[must_use]
    pub fn standard() -> Self {
        Self::default()
    }

    /// The bindings of a layer, in the order of the file.
    pub fn of(&self, layer: Layer) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |(of, _)| *of == layer).map(|(_, binding)| binding)
    }

    /// What a key does after `pending`, in the first of these layers that knows it.
    #[must_use]
    pub fn press(&self, layers: &[Layer], pending: &[Key], key: Key) -> Pressed {
        let mut typed = pending.to_vec();
        typed.push(key);
        let mut begun = Vec::new();
        for layer in layers {
            for binding in self.of(*layer).filter(|binding| binding.on.starts_with(&typed)) {
                match binding.on.get(typed.len()) {
                    None => return Pressed::Run(binding.run),
                    Some(next) => begun.push((*next, binding.run)),
                }
            }
        }
        if begun.is_empty() { Pressed::Nothing } else { Pressed::Begun(begun) }
    }

    /// The first keys of an action in these layers.
    #[must_use]
    pub fn key_of(&self, layers: &[Layer], action: Action) -> Option<String> {
        let of = |layer: &Layer| self.of(*layer).find(|binding| binding.run == action);
        layers.iter().find_map(of).map(Binding::keys)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Keys with which escape sequences end: an arrow that a slow link tears apart ends as one of
/// these, so nothing that changes anything may be on them (SCREENS.md section 1).
#[must_use]
pub fn ends_an_escape_sequence(key: Key) -> bool {
    let Code::Char(c) = key.code else { return false };
    !key.ctrl && matches!(c, 'A'..='D' | 'F' | 'H' | 'O' | 'P'..='S' | '[' | '~')
}
