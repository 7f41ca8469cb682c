//! A keymap's file: layers with bindings, over those that are there already.
//!
//! Must not do: judge what is bound; `lint` does. What can't be read is told with its line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Binding, Complaint, Keymap, Layer};
use crate::config::nearest;
use crate::tui::action::Action;
use crate::tui::key::Key;

/// A layer as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    keymap: Vec<Spanned<Entry>>,
    #[serde(default)]
    unbind: Vec<Keys>,
}

/// A binding as it is written; `desc` is for whoever reads the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    on: On,
    run: String,
    #[serde(default, rename = "desc")]
    _desc: Option<String>,
    #[serde(default)]
    hint: bool,
}

/// One key, or several that do the same.
#[derive(Deserialize)]
#[serde(untagged)]
enum On {
    One(String),
    Several(Vec<Keys>),
}

/// A key, or keys one after the other.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Sequence(Vec<String>),
}

impl Keys {
    fn written(&self) -> &[String] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Sequence(keys) => keys,
        }
    }
}

/// What a text adds to a keymap, and what of it can't be read.
pub(super) fn over(base: &Keymap, text: &str) -> (Keymap, Vec<Complaint>) {
    let mut reader = Reader { keymap: base.clone(), complaints: Vec::new(), text };
    match toml::from_str::<BTreeMap<Spanned<String>, Section>>(text) {
        Ok(sections) => {
            for (name, section) in sections {
                reader.section(&name, section);
            }
        }
        Err(error) => {
            let line = error.span().map(|span| reader.line(span.start));
            let what = error.message().lines().collect::<Vec<_>>().join(" ");
            reader.complaints.push(Complaint { line, layer: None, keys: String::new(), what });
        }
    }
    (reader.keymap, reader.complaints)
}

struct Reader<'a> {
    keymap: Keymap,
    complaints: Vec<Complaint>,
    text: &'a str,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    fn section(&mut self, name: &Spanned<String>, section: Section) {
        let line = self.line(name.span().start);
        let known = Layer::ALL.iter().find(|(_, known)| known == name.get_ref());
        let Some((layer, _)) = known else {
            let names = Layer::ALL.map(|(_, name)| name.to_owned());
            let what =
                format!("no layer is called {}{}", name.get_ref(), meant(name.get_ref(), &names));
            self.complaints.push(Complaint {
                line: Some(line),
                layer: None,
                keys: String::new(),
                what,
            });
            return;
        };
        for keys in section.unbind {
            self.unbind(*layer, line, &keys);
        }
        // What is there already may be bound anew; twice in one text is a mistake.
        let before = self.keymap.bindings.len();
        let mut replaced = Vec::new();
        for entry in section.keymap {
            let line = self.line(entry.span().start);
            replaced.extend(self.entry(*layer, line, entry.into_inner()));
        }
        let mut at = 0;
        self.keymap.bindings.retain(|(of, binding)| {
            at += 1;
            at > before || of != layer || !replaced.contains(&binding.on)
        });
    }

    /// Adds an entry's bindings; gives their keys.
    fn entry(&mut self, layer: Layer, line: usize, entry: Entry) -> Vec<Vec<Key>> {
        let several = match entry.on {
            On::One(key) => vec![Keys::One(key)],
            On::Several(several) => several,
        };
        let Some(run) = Action::from_wire(&entry.run) else {
            let names: Vec<_> = Action::ALL.iter().map(|a| a.wire().to_owned()).collect();
            let what = format!("no action is called {}{}", entry.run, meant(&entry.run, &names));
            let keys = several.iter().map(|keys| keys.written().join(" "));
            let keys = keys.collect::<Vec<_>>().join(", ");
            self.complaints.push(Complaint { line: Some(line), layer: Some(layer), keys, what });
            return Vec::new();
        };
        let mut bound = Vec::new();
        for (at, keys) in several.iter().enumerate() {
            let Some(on) = self.keys(layer, line, keys) else { continue };
            bound.push(on.clone());
            // The first of several is enough for the footer.
            let binding = Binding { on, run, hint: entry.hint && at == 0 };
            self.keymap.bindings.push((layer, binding));
            self.keymap.lines.push((layer, bound[bound.len() - 1].clone(), line));
        }
        bound
    }

    fn unbind(&mut self, layer: Layer, line: usize, keys: &Keys) {
        let Some(on) = self.keys(layer, line, keys) else { return };
        let before = self.keymap.bindings.len();
        self.keymap.bindings.retain(|(of, binding)| *of != layer || binding.on != on);
        if self.keymap.bindings.len() == before {
            let what = "unbind names keys that nothing is bound to: leave them out".to_owned();
            let keys = keys.written().join(" ");
            self.complaints.push(Complaint { line: Some(line), layer: Some(layer), keys, what });
        }
    }

    fn keys(&mut self, layer: Layer, line: usize, keys: &Keys) -> Option<Vec<Key>> {
        let read: Result<Vec<Key>, _> = keys.written().iter().map(|key| key.parse()).collect();
        match read {
            Ok(read) if !read.is_empty() => Some(read),
            Ok(_) | Err(_) => {
                let what = "no such key: write j, <Down>, <C-d>, <Space>, <F1>".to_owned();
                let keys = keys.written().join(" ");
                let line = Some(line);
                self.complaints.push(Complaint { line, layer: Some(layer), keys, what });
                None
            }
        }
    }
}

fn meant(word: &str, known: &[String]) -> String {
    nearest(word, known).map(|near| format!("; {near}?")).unwrap_or_default()
}
