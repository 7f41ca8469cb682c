//! Colours by meaning: 16 colours, none, on a light ground, or true colour.
//!
//! Must not do: be the only sign of anything. Cause, cursor and marks are told by characters, too;
//! without colour by reverse and bold.

use ratatui::style::{Color, Modifier, Style};

/// The themes, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The 16 colours that every terminal has.
    #[default]
    Default,
    /// No colour at all.
    Mono,
    /// 16 colours on a light ground.
    Light,
    /// True colour.
    Truecolour,
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Text.
    Text,
    /// What matters less.
    Dim,
    /// What matters more.
    Strong,
    /// Frames.
    Frame,
    /// The frame of a production profile.
    Production,
    /// Titles in frames.
    Title,
    /// The row under the cursor.
    Cursor,
    /// A marked row.
    Marked,
    /// All is well.
    Good,
    /// Look here.
    Warn,
    /// It failed, or removes.
    Bad,
    /// A key in a hint.
    Key,
    /// What differs between two fields.
    Differs,
    /// The bars of the waterfall.
    Bar,
}

impl Theme {
    /// All of them, as `theme` steps through them.
    pub const ALL: [Self; 4] = [Self::Default, Self::Mono, Self::Light, Self::Truecolour];

    /// The name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mono => "mono",
            Self::Light => "light",
            Self::Truecolour => "truecolour",
        }
    }

    /// The theme of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|theme| *theme == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// How something is drawn.
    #[must_use]
    pub fn style(self, paint: Paint) -> Style {
        let plain = Style::new();
        let modified = match paint {
            Paint::Cursor => plain.add_modifier(Modifier::REVERSED),
            Paint::Strong
            | Paint::Title
            | Paint::Key
            | Paint::Bad
            | Paint::Differs
            | Paint::Production
            | Paint::Warn
            | Paint::Marked => plain.add_modifier(Modifier::BOLD),
            Paint::Text | Paint::Dim | Paint::Frame | Paint::Good | Paint::Bar => plain,
        };
        match self.color(paint) {
            Some(color) => modified.fg(color),
            None => modified,
        }
    }

    fn color(self, paint: Paint) -> Option<Color> {
        match self {
            Self::Mono => None,
            Self::Default => match paint {
                Paint::Dim | Paint::Frame => Some(Color::DarkGray),
                Paint::Production | Paint::Bad => Some(Color::LightRed),
                Paint::Title | Paint::Key => Some(Color::LightCyan),
                Paint::Marked | Paint::Warn | Paint::Differs => Some(Color::LightYellow),
                Paint::Good => Some(Color::LightGreen),
                Paint::Bar => Some(Color::LightBlue),
                Paint::Text | Paint::Strong | Paint::Cursor => None,
            },
            Self::Light => match paint {
                Paint::Dim | Paint::Frame => Some(Color::DarkGray),
                Paint::Production | Paint::Bad => Some(Color::Red),
                Paint::Title | Paint::Key | Paint::Bar => Some(Color::Blue),
                Paint::Marked | Paint::Warn | Paint::Differs => Some(Color::Magenta),
                Paint::Text | Paint::Strong | Paint::Cursor | Paint::Good => None,
            },
            Self::Truecolour => match paint {
                Paint::Dim | Paint::Frame => Some(Color::Rgb(0x7a, 0x82, 0x8e)),
                Paint::Production | Paint::Bad => Some(Color::Rgb(0xff, 0x6b, 0x6b)),
                Paint::Title | Paint::Key => Some(Color::Rgb(0x6c, 0xc7, 0xff)),
                Paint::Marked | Paint::Warn | Paint::Differs => Some(Color::Rgb(0xff, 0xd1, 0x66)),
                Paint::Good => Some(Color::Rgb(0x7d, 0xd8, 0x7d)),
                Paint::Bar => Some(Color::Rgb(0x5b, 0x8d, 0xef)),
                Paint::Text | Paint::Strong | Paint::Cursor => None,
            },
        }
    }
}
