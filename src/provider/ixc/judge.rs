//! How far what was seen is from what a change wants.
//!
//! Must not do: read or send anything, or repeat a value.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};

use secrecy::ExposeSecret as _;

use crate::domain::{ProviderChange, Untrusted};
use crate::ports::{Before, Effect, Image, Seen};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::logs::{self, listed};
use crate::provider::ixc::look::{MAC, ONLINE, SINCE};
use crate::provider::ixc::rows::number;
use crate::provider::ixc::target::{Column, Target, Written};
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
        let last = image.get(logs::LAST).and_then(number);
        let remembered = Remembered { cells: cells.collect(), last };
        self.rows.insert(target, remembered);
    }

    /// The newest log entry that there was.
    fn last(&self, target: Target) -> Option<u64> {
        self.rows.get(&target).and_then(|row| row.last)
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
    let (differing, is_done) = standing(written, before, now);
    let ours: BTreeSet<&str> = written.columns.iter().map(|c| c.name.as_str()).collect();
    let mut parts = Vec::new();
    if !differing.is_empty() {
        parts.push(format!("{} neither as before nor as wanted", listed(&differing)));
    }
    let names: Vec<&str> = before.cells.keys().map(String::as_str).collect();
    if now.rest(&names) != before.rest {
        parts.push(beside(adapter, written.target, now, &ours));
    } else if parts.is_empty() && !is_done {
        return Effect::NotDone;
    } else if parts.is_empty() {
        let seen = before.cells.get(logs::LAST).and_then(|id| number(id.raw()));
        let last = seen.or_else(|| adapter.memory().last(written.target));
        parts.extend(logs::against(now, last, &ours));
    }
    match parts.as_slice() {
        [] => Effect::Done,
        parts => Effect::Differs(format!("{}: {}", written.target, parts.join("; "))),
    }
}

/// The columns that are neither as before nor as wanted, and whether all are as wanted.
fn standing<'a>(written: &'a Written, before: &'a Before, now: &Image) -> (Vec<&'a str>, bool) {
    let was = |name: &str| before.cells.get(name).map(Untrusted::raw);
    let writing: Vec<&Column> = written.writing(was).collect();
    let is_before = |c: &Column| was(&c.name).is_some() && now.get(&c.name) == was(&c.name);
    let is_wanted = |c: &Column| now.get(&c.name).is_some_and(|text| c.is_wanted(text));
    let is_done = writing.iter().all(|c| is_wanted(c));
    // Done in part is neither.
    let is_half = !is_done && !writing.iter().all(|c| is_before(c));
    let differs = |c: &&Column| {
        if writing.contains(c) { is_half && !is_wanted(c) } else { !is_before(c) }
    };
    let differing = written.columns.iter().filter(differs);
    (differing.map(|c| c.name.as_str()).collect(), is_done)
}

/// What changed beside the columns `ours`.
fn beside(adapter: &IxcProvedor, target: Target, now: &Image, ours: &BTreeSet<&str>) -> String {
    let changed = adapter.memory().changed(target, now, ours).unwrap_or_default();
    let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
    match changed.as_slice() {
        [] => "a column that was not written is not as it was before; which one is not known \
               any more"
            .to_owned(),
        names => format!("not as before though not written: {}", listed(names)),
    }
}

fn clear_mac(before: Option<&Before>, now: &Image) -> Effect {
    let mac = now.get(MAC).unwrap_or_default();
    if mac.trim().is_empty() {
        return Effect::Done;
    }
    if before.is_some_and(|before| changed(before, now, MAC)) {
        return Effect::Differs("`mac` is neither empty nor what it was before".to_owned());
    }
    Effect::NotDone
}

fn end_session(before: Option<&Before>, now: &Image) -> Effect {
    if yes_no(now.get(ONLINE).map(Untrusted::new).as_ref()) != Some(true) {
        return Effect::Done;
    }
    if before.is_some_and(|before| changed(before, now, SINCE)) {
        return Effect::Done;
    }
    Effect::NotDone
}

/// Is the one steady value of the image another than before? It was remembered by itself, or as
/// all of the rest.
fn changed(before: &Before, now: &Image, name: &str) -> bool {
    if let Some(was) = before.cells.get(name) {
        return now.get(name) != Some(was.raw());
    }
    let names: Vec<&str> = before.cells.keys().map(String::as_str).collect();
    now.rest(&names) != before.rest
}
