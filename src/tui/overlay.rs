//! What lies over a screen: help, palette, a question, a line to type, the log.
//!
//! Must not do: send anything; what follows from an answer is an effect of `update`.

use std::borrow::Cow;
use std::time::Duration;

use tui_input::Input;

use crate::tui::keymap::Layer;
use crate::words::{Voice, say};

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// Keys and actions of the screen below, and a filter over them.
    Help {
        /// What is typed.
        input: Input,
        /// The row under the cursor.
        at: usize,
    },
    /// All actions.
    Palette {
        /// What is typed.
        input: Input,
        /// The row under the cursor.
        at: usize,
    },
    /// Devices, by what is typed.
    Search {
        /// What is typed.
        input: Input,
    },
    /// A line to type.
    Ask {
        /// For what.
        purpose: Purpose,
        /// What is typed.
        input: Input,
    },
    /// May it be sent?
    Confirm(Confirm),
    /// What happened.
    Log {
        /// The first line on screen, from the end.
        back: usize,
    },
}

/// What a typed line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A filter of the list; it takes effect as it is typed.
    Filter,
    /// A name for the filter and grouping of the list.
    SaveView,
    /// Why a device is left alone; its key.
    Ignore(String),
    /// A note about a device; its key.
    Note(String),
    /// A file for the plan.
    Export,
    /// The id or number of a run to compare with.
    Compare,
}

/// What a yes sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sends {
    /// The plan.
    Plan,
    /// A speed test.
    SpeedTest {
        /// The finding of its device.
        finding: String,
        /// The device's key.
        key: String,
    },
}

/// A question before something is sent.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// What is asked.
    pub lines: Vec<String>,
    /// Removals that are confirmed one by one before the whole is: the next one first.
    pub each: Vec<String>,
    /// The number that has to be typed, where a guard asks for it.
    pub wants: Option<u64>,
    /// A second person has to approve, and has not.
    pub unapproved: bool,
    /// What a yes sends.
    pub sends: Sends,
    /// What is typed.
    pub input: Input,
    /// Since boot, when it appeared: it takes no key for a moment.
    pub since: Duration,
}

impl Confirm {
    /// What is asked now: one removal of a small fleet, or the whole.
    #[must_use]
    pub fn asked(&self, voice: &Voice) -> Cow<'_, [String]> {
        let Some(next) = self.each.first() else { return Cow::Borrowed(&self.lines) };
        let left = voice.number(self.each.len() as u64);
        let why = say!(voice,
            en: "This fleet is small: each removal is confirmed by itself; {left} to go.",
            pt: "A frota é pequena: cada remoção é confirmada sozinha; faltam {left}.");
        Cow::Owned(vec![why, next.clone()])
    }

    /// The number to be typed now; single removals take a yes each.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.wants.filter(|_| self.each.is_empty())
    }
}

impl Overlay {
    /// The layer of its keys.
    #[must_use]
    pub fn layer(&self) -> Layer {
        match self {
            Self::Help { .. } => Layer::Help,
            Self::Palette { .. } => Layer::Palette,
            Self::Search { .. } => Layer::Search,
            Self::Ask { .. } => Layer::Input,
            Self::Confirm(_) => Layer::Confirm,
            Self::Log { .. } => Layer::Log,
        }
    }

    /// Where a character that is no action of its layer is typed.
    pub fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Help { input, .. }
            | Self::Palette { input, .. }
            | Self::Search { input }
            | Self::Ask { input, .. } => Some(input),
            Self::Confirm(confirm) => confirm.number().is_some().then_some(&mut confirm.input),
            Self::Log { .. } => None,
        }
    }
}
