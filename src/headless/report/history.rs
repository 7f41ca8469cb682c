//! What befell a device, newest first: what runs said of it, what sources told, how it left.
//!
//! Must not do: look anything up; a use-case has.

use std::io;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Happened;
use crate::domain::subscriber::scrub;
use crate::domain::{Event, EventKind, Untrusted};
use crate::engine::{Removal, Tombstone};
use crate::headless::report::explain::HistoryEntry;
use crate::headless::report::layout::Page;
use crate::headless::report::wire::{CauseName, StateName, StrengthName, Time};
use crate::words::{Voice, cause_title, say, speed_line, state_name, strength_name, word};

/// An entry: what a run said (`run_id` and `started` tell which), or something that happened
/// (`event`).
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryDocument<'a> {
    /// When.
    at: Time,
    run_id: Option<&'a str>,
    started: Option<Time>,
    cause: Option<CauseName>,
    strength: Option<StrengthName>,
    state: Option<StateName>,
    /// The kind of an event of the events file, `left-acs` or `speed-test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    /// The source's remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Of `left-acs`: the last snapshot with the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Time>,
    /// Of `left-acs`: how, as far as can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    removal: Option<&'static str>,
}

/// Either, in one order.
#[derive(Clone, Copy)]
enum Entry<'a> {
    Said(&'a HistoryEntry),
    Happened(&'a Happened),
}

impl Entry<'_> {
    fn at(&self) -> Timestamp {
        match self {
            Self::Said(entry) => entry.started,
            Self::Happened(what) => what.at(),
        }
    }
}

/// Both, newest first.
fn woven<'a>(said: &'a [HistoryEntry], happened: &'a [Happened]) -> Vec<Entry<'a>> {
    let said = said.iter().map(Entry::Said);
    let mut all: Vec<_> = said.chain(happened.iter().map(Entry::Happened)).collect();
    all.sort_by_key(|entry| std::cmp::Reverse(entry.at()));
    all
}

/// The JSON entries.
pub fn document<'a>(
    said: &'a [HistoryEntry],
    happened: &'a [Happened],
) -> Vec<HistoryDocument<'a>> {
    woven(said, happened).into_iter().map(HistoryDocument::of).collect()
}

impl<'a> HistoryDocument<'a> {
    fn of(entry: Entry<'a>) -> Self {
        let bare = Self {
            at: Time(entry.at()),
            run_id: None,
            started: None,
            cause: None,
            strength: None,
            state: None,
            event: None,
            note: None,
            seen: None,
            removal: None,
        };
        match entry {
            Entry::Said(said) => Self {
                run_id: Some(&said.run_id),
                started: Some(Time(said.started)),
                cause: said.cause.map(CauseName),
                strength: said.strength.map(StrengthName),
                state: said.state.map(StateName),
                ..bare
            },
            Entry::Happened(Happened::Event(event)) => {
                Self { event: Some(kind_wire(event.kind)), note: remark(event), ..bare }
            }
            Entry::Happened(Happened::Left(tombstone)) => Self {
                event: Some("left-acs"),
                seen: Some(Time(tombstone.seen)),
                removal: Some(tombstone.removal.wire()),
                ..bare
            },
            Entry::Happened(Happened::SpeedTest(test)) => Self {
                event: Some("speed-test"),
                note: Some(speed_line(&Voice::default(), test)),
                ..bare
            },
        }
    }
}

/// The names of the events file.
fn kind_wire(kind: EventKind) -> &'static str {
    match kind {
        EventKind::DeviceAdded => "device-added",
        EventKind::DeviceDeleted => "device-deleted",
        EventKind::MassExclusion => "mass-exclusion",
        EventKind::AcsSync => "acs-sync",
        EventKind::ProviderSync => "provider-sync",
    }
}

fn remark(event: &Event) -> Option<String> {
    event.note.as_ref().map(|note| scrub(note.raw()).into_owned())
}

/// The lines for a person; nothing where nothing is remembered.
pub fn write(
    page: &mut Page<'_>,
    voice: &Voice,
    (said, happened): (&[HistoryEntry], &[Happened]),
) -> io::Result<()> {
    let entries = woven(said, happened);
    if entries.is_empty() {
        return Ok(());
    }
    page.heading(word!(voice, en: "History", pt: "Histórico"))?;
    for entry in entries {
        let line = match &entry {
            Entry::Said(said) => by_run(voice, said),
            Entry::Happened(Happened::Event(event)) => by_source(voice, event),
            Entry::Happened(Happened::Left(tombstone)) => left(voice, tombstone),
            Entry::Happened(Happened::SpeedTest(test)) => speed_line(voice, test),
        };
        page.item(2, &format!("{}  ", voice.time(entry.at())), &line)?;
    }
    Ok(())
}

fn by_run(voice: &Voice, entry: &HistoryEntry) -> String {
    let said = match entry.cause {
        None => word!(voice, en: "no difference", pt: "sem diferença").to_owned(),
        Some(cause) => {
            let words = [
                Some(cause_title(voice, cause)),
                entry.strength.map(|s| strength_name(voice, s)),
                entry.state.map(|s| state_name(voice, s)),
            ];
            words.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    };
    let run = Untrusted::new(&entry.run_id);
    say!(voice, en: "{said} (run {run})", pt: "{said} (execução {run})")
}

fn by_source(voice: &Voice, event: &Event) -> String {
    let said = match event.kind {
        EventKind::DeviceAdded => {
            word!(voice, en: "registered in the ACS", pt: "registrado no ACS")
        }
        EventKind::DeviceDeleted => {
            word!(voice, en: "deleted by hand in the ACS", pt: "excluído à mão no ACS")
        }
        EventKind::MassExclusion => {
            word!(voice, en: "removed by a mass exclusion", pt: "removido por exclusão em massa")
        }
        EventKind::AcsSync => word!(voice, en: "ACS synchronised", pt: "ACS sincronizado"),
        EventKind::ProviderSync => {
            word!(voice, en: "Provider synchronised", pt: "Provedor sincronizado")
        }
    };
    match remark(event) {
        Some(note) => format!("{said}: {}", Untrusted::new(&note)),
        None => said.to_owned(),
    }
}

fn left(voice: &Voice, tombstone: &Tombstone) -> String {
    let seen = voice.time(tombstone.seen);
    let how = match tombstone.removal {
        Removal::ByHand => word!(voice, en: "deleted by hand", pt: "excluído à mão"),
        Removal::ByHandLikely => {
            word!(voice, en: "deleted by hand, it seems", pt: "excluído à mão, ao que parece")
        }
        Removal::MassExclusion => {
            word!(voice, en: "by a mass exclusion", pt: "por exclusão em massa")
        }
        Removal::MassExclusionLikely => word!(voice,
            en: "by a mass exclusion, it seems",
            pt: "por exclusão em massa, ao que parece"),
        Removal::Unknown => word!(voice, en: "nothing tells how", pt: "nada diz como"),
    };
    say!(voice,
        en: "no more in the ACS, which last had it at {seen}: {how}",
        pt: "não está mais no ACS, que o tinha por último em {seen}: {how}")
}
