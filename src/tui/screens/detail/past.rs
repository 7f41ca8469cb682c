//! What befell a device, newest first: what runs said, what sources told, how it left; and notes.
//!
//! Must not do: look anything up; a use-case has.

use crate::app::{Happened, HistoryState, Past};
use crate::domain::EventKind;
use crate::domain::subscriber::scrub;
use crate::domain::text::visible;
use crate::engine::{Removal, Tombstone};
use crate::words::{Voice, cause_title, say, speed_line, strength_name, word};

/// A line each, with its time first.
pub(super) fn history(voice: &Voice, past: &Past) -> Vec<String> {
    let said = past.history.iter().map(|entry| {
        let state = match entry.state {
            HistoryState::New => word!(voice, en: "new", pt: "novo"),
            HistoryState::Ongoing => word!(voice, en: "ongoing", pt: "continua"),
            HistoryState::Resolved => word!(voice, en: "no more", pt: "não existe mais"),
        };
        let (cause, strength) =
            (cause_title(voice, entry.cause), strength_name(voice, entry.strength));
        (entry.started, format!("{cause}, {strength}, {state}"))
    });
    let happened = past.happened.iter().map(|what| (what.at(), told(voice, what)));
    let mut all: Vec<_> = said.chain(happened).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.into_iter().map(|(at, text)| format!("{}  {text}", voice.time(at))).collect()
}

/// A line each, with its time and who said it.
pub(super) fn notes(voice: &Voice, past: &Past) -> Vec<String> {
    let line = |note: &crate::app::Note| {
        let (at, actor) = (voice.time(note.at), visible(&note.actor));
        format!("{at}  {actor}: {}", visible(&scrub(&note.text)))
    };
    past.notes.iter().map(line).collect()
}

fn told(voice: &Voice, what: &Happened) -> String {
    let event = match what {
        Happened::Left(tombstone) => return left(voice, tombstone),
        Happened::SpeedTest(test) => return speed_line(voice, test),
        Happened::Event(event) => event,
    };
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
    match &event.note {
        Some(note) => format!("{said}: {}", visible(&scrub(note.raw()))),
        None => said.to_owned(),
    }
}

fn left(voice: &Voice, tombstone: &Tombstone) -> String {
    let seen = voice.time(tombstone.seen);
    let how = match tombstone.removal {
        Removal::ByHand | Removal::ByHandLikely => {
            word!(voice, en: "deleted by hand", pt: "excluído à mão")
        }
        Removal::MassExclusion | Removal::MassExclusionLikely => {
            word!(voice, en: "by a mass exclusion", pt: "por exclusão em massa")
        }
        Removal::Unknown => word!(voice, en: "nothing tells how", pt: "não se sabe como"),
    };
    let sure = match tombstone.removal {
        Removal::ByHandLikely | Removal::MassExclusionLikely => {
            word!(voice, en: ", it seems", pt: ", ao que parece")
        }
        Removal::ByHand | Removal::MassExclusion | Removal::Unknown => "",
    };
    say!(voice, en: "left the ACS: {how}{sure}; last seen {seen}",
        pt: "saiu do ACS: {how}{sure}; visto por último em {seen}")
}
