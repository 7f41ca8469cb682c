//! What is said of backups that were tried and of old ones that went.
//!
//! Must not do: say that a backup is good without what it held.

use crate::app::DrillReport;
use crate::words::{Voice, plural, say};

/// A backup was restored for trial, and all of it read.
#[must_use]
pub fn drilled(voice: &Voice, file: &str, report: &DrillReport) -> String {
    let n = |n: u64| voice.number(n);
    let (runs, lists, records) = (n(report.runs), n(report.lists), n(report.records));
    let bytes = n(report.bytes);
    let held = say!(voice,
        en: "{file} can be relied on ({bytes} bytes): restored for trial, every value read; runs: \
             {runs}, lists: {lists}, records: {records}",
        pt: "{file} é confiável ({bytes} bytes): restaurado para teste, cada valor lido; \
             execuções: {runs}, listas: {lists}, registros: {records}");
    let Some((_, at)) = &report.newest else { return held };
    let at = voice.time(*at);
    say!(voice, en: "{held}; newest run: {at}", pt: "{held}; execução mais recente: {at}")
}

/// Old backups were removed.
#[must_use]
pub fn rotated(voice: &Voice, removed: usize) -> String {
    let count = removed as u64;
    let n = voice.number(count);
    plural!(voice, count,
        en: ["{n} older backup was removed", "{n} older backups were removed"],
        pt: ["{n} cópia mais antiga foi removida", "{n} cópias mais antigas foram removidas"])
}
