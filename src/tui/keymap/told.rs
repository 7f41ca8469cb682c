//! A keymap as it is told: for `acerto keys`, and for the table of its README.
//!
//! Must not do: print.

use std::path::Path;

use crate::app::face::KeyLine;
use crate::config::ConfigError;
use crate::tui::keymap::{Keymap, Layer};
use crate::words::{Lang, Voice};

/// Reads and checks the keymap of a name, as the dashboard would; its lines, in a language.
///
/// # Errors
/// As [`Keymap::load`].
pub fn told(name: &str, folder: Option<&Path>, lang: &str) -> Result<Vec<KeyLine>, ConfigError> {
    let voice = Voice::new(Lang::parse(lang).unwrap_or_default());
    Keymap::load(name, folder).map(|keymap| lines(&keymap, &voice))
}

/// One line an action of a layer, with all keys that do it.
pub(super) fn lines(keymap: &Keymap, voice: &Voice) -> Vec<KeyLine> {
    let mut lines: Vec<KeyLine> = Vec::new();
    for (layer, name) in Layer::ALL {
        let begins = lines.len();
        for binding in keymap.of(layer) {
            let action = binding.run.wire();
            match lines[begins..].iter_mut().find(|line| line.action == action) {
                Some(line) => line.keys.push(binding.keys()),
                None => lines.push(KeyLine {
                    layer: name,
                    keys: vec![binding.keys()],
                    action,
                    text: binding.run.describe(voice).to_owned(),
                }),
            }
        }
    }
    lines
}
