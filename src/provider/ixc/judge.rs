//! How far what was seen is from what a change wants.
//!
//! Must not do: read or send anything, or repeat a value.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};

use secrecy::ExposeSecret as _;

use crate::domain::ProviderChange;
use crate::ports::{Before, Effect, Image, Seen};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::logs::{self, listed};
use crate::provider::ixc::look::{MAC, ONLINE, SINCE};
use crate::provider::ixc::target::{Target, Written};
use crate::provider::ixc::values::yes_no;
use crate::provider::ixc::whole_row::column_of;

/// The most rows of which is remembered how they were when they were written.
const REMEMBERED_MOST: usize = 256;

/// How rows were when they were written, so that what changed beside can be named: fingerprints
/// that only this process can make.
#[derive(Debug, Default)]
pub(super) struct Memory {
    key: RandomState,
    rows: BTreeMap<Target, Remembered>,
}

#[derive(Debug)]
struct Remembered {
    cells: BTreeMap<String, u64>,
    last: Option<u64>,
}

impl Memory {
    pub(super) fn note(&mut self, target: Target, image: &Image) {
        if self.rows.len() >= REMEMBERED_MOST {
            self.rows.pop_first();
        }
        let cells = image.cells.iter();
        let cells = cells.map(|(n, v)| (n.clone(), self.key.hash_one(v.expose_secret())));
        let remembered = Remembered { cells: cells.collect(), last: last(image.get(logs::LAST)) };
        self.rows.insert(target, remembered);
    }

    /// Columns that are not as they were, but for `ours`; `None` where it is not known.
    fn changed(&self, target: Target, now: &Image, ours: &BTreeSet<&str>) -> Option<Vec<String>> {
        let cells = &self.rows.get(&target)?.cells;
        let names: BTreeSet<&String> = cells.keys().chain(now.cells.keys()).collect();
        let differs = |name: &&&String| {
            let now = now.get(name).map(|value| self.key.hash_one(value));
            cells.get(**name) != now.as_ref()
        };
        let not_ours = |name: &&&String| {
            !ours.contains(column_of(name)) && !now.kept_by_server.contains(**name)
        };
        let changed = names.iter().filter(not_ours).filter(differs);
        let columns: BTreeSet<&str> = changed.map(|name| column_of(name)).collect();
        Some(columns.into_iter().map(str::to_owned).collect())
    }
}

fn last(text: Option<&str>) -> Option<u64> {
    text.and_then(|text| text.parse().ok())
}

pub(super) fn effect(
    adapter: &IxcProvedor,
    change: &ProviderChange,
    before: Option<&Before>,
    seen: &Seen,
) -> Effect {
    let Seen::There(image) = seen else {
        return match change {
            ProviderChange::Synchronise => Effect::Untold,
            _ => Effect::Differs("there is no such row in the Provider any more".to_owned()),
        };
    };
    match change {
        ProviderChange::Set { row, cells, held_only } => {
            match Written::of(&adapter.fields, row, cells, *held_only) {
                Ok(written) => set(adapter, &written, before, image),
                Err(unable) => Effect::Differs(unable.why),
            }
        }
        ProviderChange::ClearMac { .. } => clear_mac(before, image),
        ProviderChange::EndSession { .. } => end_session(before, image),
        ProviderChange::Synchronise => Effect::Untold,
    }
}

fn set(adapter: &IxcProvedor, written: &Written, before: Option<&Before>, now: &Image) -> Effect {
    let Some(before) = before else {
        let mut writing = written.writing(|name| now.get(name));
        let done = writing.all(|c| now.get(&c.name).is_some_and(|text| c.is_wanted(text)));
        return if done { Effect::Done } else { Effect::NotDone };
    };
    let was = |name: &str| before.cells.get(name).map(|value| value.raw());
    let writing: Vec<_> = written.writing(was).collect();
    let untouched = written.columns.iter().filter(|column| !writing.contains(column));
    let as_before = |name: &str| was(name).is_some() && now.get(name) == was(name);
    let ours: BTreeSet<&str> = written.columns.iter().map(|c| c.name.as_str()).collect();
    let mut differing: Vec<&str> = Vec::new();
    differing.extend(untouched.map(|c| c.name.as_str()).filter(|name| !as_before(name)));
    let is_wanted = |name: &str| {
        writing.iter().any(|c| c.name == name && now.get(name).is_some_and(|t| c.is_wanted(t)))
    };
    let all_wanted = writing.iter().all(|c| is_wanted(&c.name));
    let all_before = writing.iter().all(|c| as_before(&c.name));
    if !all_wanted && !all_before {
        let neither = writing.iter().filter(|c| !is_wanted(&c.name));
        differing.extend(neither.map(|c| c.name.as_str()));
    }
    let names: Vec<&str> = before.cells.keys().map(String::as_str).collect();
    let rest_is_same = now.rest(&names) == before.rest;
    if !differing.is_empty() || !rest_is_same {
        return Effect::Differs(differs(
            adapter,
            written.target,
            &differing,
            rest_is_same,
            (now, &ours),
        ));
    }
    if !all_wanted {
        return Effect::NotDone;
    }
    let memory = adapter.memory();
    let remembered = memory.rows.get(&written.target).and_then(|row| row.last);
    let last = last(was(logs::LAST)).or(remembered);
    match last.and_then(|last| logs::against(now, last, &ours)) {
        Some(what) => Effect::Differs(format!("{}: {what}", written.target)),
        None => Effect::Done,
    }
}

fn differs(
    adapter: &IxcProvedor,
    target: Target,
    ours: &[&str],
    rest_is_same: bool,
    (now, written): (&Image, &BTreeSet<&str>),
) -> String {
    let mut parts = Vec::new();
    if !ours.is_empty() {
        parts.push(format!("{} neither as before nor as wanted", listed(ours)));
    }
    if !rest_is_same {
        let changed = adapter.memory().changed(target, now, written).unwrap_or_default();
        let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
        parts.push(match changed.as_slice() {
            [] => "a column that was not written is not as it was before; which one is not \
                   known any more"
                .to_owned(),
            names => format!("not as before though not written: {}", listed(names)),
        });
    }
    format!("{target}: {}", parts.join("; "))
}

fn clear_mac(before: Option<&Before>, now: &Image) -> Effect {
    let mac = now.get(MAC).unwrap_or_default();
    if mac.trim().is_empty() {
        return Effect::Done;
    }
    match before.and_then(|before| changed(before, now, MAC)) {
        Some(true) => Effect::Differs("`mac` is neither empty nor what it was before".to_owned()),
        _ => Effect::NotDone,
    }
}

fn end_session(before: Option<&Before>, now: &Image) -> Effect {
    if yes_no(now.get(ONLINE).map(crate::domain::Untrusted::new).as_ref()) != Some(true) {
        return Effect::Done;
    }
    match before.and_then(|before| changed(before, now, SINCE)) {
        Some(true) => Effect::Done,
        _ => Effect::NotDone,
    }
}

/// Is the one steady value of the image another than before? It was remembered by itself, or as
/// all of the rest.
fn changed(before: &Before, now: &Image, name: &str) -> Option<bool> {
    if let Some(was) = before.cells.get(name) {
        return Some(now.get(name) != Some(was.raw()));
    }
    let names: Vec<&str> = before.cells.keys().map(String::as_str).collect();
    Some(now.rest(&names) != before.rest)
}
