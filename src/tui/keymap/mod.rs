//! Which key does what, by layer: read from `keymaps/*.toml`, checked, and shown in the footer,
//! the help and the palette.
//!
//! Must not do: act. What a key means is looked up here; `update` acts.

mod lint;
mod read;
#[cfg(test)]
mod tests;
mod told;

pub use told::told;

use std::fmt;
use std::path::Path;

use crate::config::{ConfigError, Place};
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
    /// The search.
    Search,
    /// The log.
    Log,
}

impl Layer {
    /// All of them, with their names in a keymap.
    pub const ALL: [(Self, &'static str); 15] = [
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
        (Self::Search, "search"),
        (Self::Log, "log"),
    ];

    /// The name in a keymap.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(layer, _)| *layer == self).map_or("", |(_, name)| name)
    }

    /// Does it lie over a screen, so that nothing of `global` holds in it?
    #[must_use]
    pub fn is_overlay(self) -> bool {
        matches!(
            self,
            Self::Confirm | Self::Input | Self::Help | Self::Palette | Self::Search | Self::Log
        )
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

/// Something wrong with a keymap: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The line, where the text says it; what is built in has none.
    pub line: Option<usize>,
    /// The layer.
    pub layer: Option<Layer>,
    /// The keys, as they are written.
    pub keys: String,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::domain::text::visible;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(layer) = self.layer {
            write!(f, "[{layer}] ")?;
        }
        if !self.keys.is_empty() {
            write!(f, "{}: ", visible(&self.keys))?;
        }
        f.write_str(&visible(&self.what))
    }
}

/// The keymaps that are built in, by name.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("default", include_str!("../../../keymaps/default.toml")),
    ("vim", include_str!("../../../keymaps/vim.toml")),
    ("arrows", include_str!("../../../keymaps/arrows.toml")),
];

/// Bindings by layer.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    bindings: Vec<(Layer, Binding)>,
    /// Where what was read last stands.
    lines: Vec<(Layer, Vec<Key>, usize)>,
}

impl Keymap {
    /// The keys of `keymaps/default.toml`.
    #[must_use]
    pub fn standard() -> Self {
        Self::parse(BUILT_IN[0].1).unwrap_or_default()
    }

    /// A whole keymap.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Complaint>> {
        Self::default().with(text)
    }

    /// This keymap with what a text adds, binds anew and unbinds.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn with(&self, text: &str) -> Result<Self, Vec<Complaint>> {
        let base = Self { bindings: self.bindings.clone(), lines: Vec::new() };
        let (keymap, mut complaints) = read::over(&base, text);
        // A text that can't be read has no keys to judge.
        if complaints.is_empty() {
            complaints = lint::lint(&keymap);
        }
        if complaints.is_empty() { Ok(keymap) } else { Err(complaints) }
    }

    /// The keymap of a name: an own file in `keymaps` of the configuration's folder, else the one
    /// that is built in. Either adds to `default`.
    ///
    /// # Errors
    /// There is none of that name, or everything that is wrong with it.
    pub fn load(name: &str, config_dir: Option<&Path>) -> Result<Self, ConfigError> {
        let shown = crate::domain::text::visible(name);
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name.starts_with('.') {
            return Err(ConfigError::new(format!(
                "ui.keymap = \"{shown}\" is no name of a keymap"
            ))
            .hint("built in: default, vim, arrows"));
        }
        let path = config_dir.map(|dir| dir.join("keymaps").join(format!("{name}.toml")));
        let own = path.as_deref().map(|path| (path, std::fs::read_to_string(path)));
        match own {
            Some((path, Ok(text))) => {
                Self::standard().with(&text).map_err(|complaints| broken(path, &complaints))
            }
            Some((path, Err(error))) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ConfigError::new(format!("the keymap can't be read: {error}"))
                    .at(Place::file(path)))
            }
            Some(_) | None => Self::built_in(name).ok_or_else(|| {
                let error = ConfigError::new(format!("there is no keymap \"{shown}\""));
                let error = error.hint("built in: default, vim, arrows");
                match path {
                    Some(path) => error.hint(format!("or write {}", path.display())),
                    None => error,
                }
            }),
        }
    }

    /// A keymap that is built in.
    fn built_in(name: &str) -> Option<Self> {
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        if *name == BUILT_IN[0].0 {
            Some(Self::standard())
        } else {
            Self::standard().with(text).ok()
        }
    }

    /// The line of a binding.
    fn line(&self, layer: Layer, on: &[Key]) -> Option<usize> {
        let of = |(of, keys, _): &&(Layer, Vec<Key>, usize)| *of == layer && keys == on;
        self.lines.iter().rev().find(of).map(|(_, _, line)| *line)
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

    /// The bindings that hold in these layers, the nearest first: keys that mean something nearer
    /// by do not mean what they do further away.
    pub fn in_force(&self, layers: &[Layer]) -> impl Iterator<Item = &Binding> {
        layers.iter().enumerate().flat_map(move |(at, layer)| {
            let is_taken = move |on: &[Key]| {
                layers[..at].iter().any(|near| self.of(*near).any(|b| b.on == on))
            };
            self.of(*layer).filter(move |binding| !is_taken(&binding.on))
        })
    }

    /// The first keys of an action in these layers.
    #[must_use]
    pub fn key_of(&self, layers: &[Layer], action: Action) -> Option<String> {
        self.in_force(layers).find(|binding| binding.run == action).map(Binding::keys)
    }
}

/// An own keymap that can't be used.
fn broken(path: &Path, complaints: &[Complaint]) -> ConfigError {
    let error = ConfigError::new("the keymap can't be used").at(Place::file(path));
    let error = complaints.iter().fold(error, |error, complaint| error.hint(complaint.to_string()));
    error.hint("without ui.keymap the one that is built in holds: default")
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
