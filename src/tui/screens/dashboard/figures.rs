//! How the counts came to be: since the last run, synchronisations, who is online, the trend.
//!
//! Must not do: compare runs that were not read whole.

use jiff::Timestamp;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::{Run, RunSummary};
use crate::engine::{Informed, SideCounts, WarningCode};
use crate::tui::model::Model;
use crate::tui::screens::dashboard::digest::{Digest, signed};
use crate::tui::theme::Paint;
use crate::tui::widgets::bars::trend;
use crate::tui::widgets::text::{fill, wrap};
use crate::words::{Voice, say, since_sum, word};

/// Columns of a label, with a blank.
const LABEL: usize = 11;
/// The most runs of the trend.
const RUNS: usize = 14;

/// Every figure in lines of this width.
pub fn lines(model: &Model, run: &Run, digest: &Digest, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (label, text) in figures(model, run, digest, width.saturating_sub(LABEL)) {
        let paint = model.theme.style(Paint::Dim);
        for (at, row) in wrap(&text, width.saturating_sub(LABEL)).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(Line::from(vec![
                Span::styled(fill(label, LABEL.min(width)), paint),
                Span::raw(row),
            ]));
        }
    }
    lines
}

fn figures(model: &Model, run: &Run, digest: &Digest, room: usize) -> Vec<(&'static str, String)> {
    let (voice, all) = (&model.voice, &run.reconciliation);
    let mut figures = Vec::new();
    if digest.compared {
        figures.push(("ACS", since_sum(voice, &all.since.acs)));
        let provider = word!(voice, en: "Provider", pt: "Provedor");
        figures.push((provider, since_sum(voice, &all.since.provider)));
    }
    figures.push((word!(voice, en: "synced", pt: "sincr."), synchronised(model, run)));
    if let Some(informed) = all.acs.informed {
        figures.push((word!(voice, en: "online", pt: "online"), online(voice, informed)));
    }
    let whole: Vec<&RunSummary> =
        model.known.runs.iter().filter(|run| run.complete).take(RUNS).collect();
    if whole.len() > 1 {
        let gaps: Vec<i64> =
            whole.iter().rev().map(|run| signed(run.acs) - signed(run.provider)).collect();
        let open: Vec<i64> = whole.iter().rev().map(|run| signed(run.findings())).collect();
        figures.push((word!(voice, en: "gap", pt: "saldo"), history(voice, &gaps, true, room)));
        let label = word!(voice, en: "differ", pt: "diferem");
        figures.push((label, history(voice, &open, false, room)));
    }
    figures.push((word!(voice, en: "integrated", pt: "integrados"), integrated(voice, run)));
    figures
}

/// When each side last synchronised; `!` where that is too long ago.
fn synchronised(model: &Model, run: &Run) -> String {
    let (voice, all) = (&model.voice, &run.reconciliation);
    let warned = |code| all.warnings.iter().any(|warning| warning.code == code);
    let (now, provider) = (model.now, word!(voice, en: "Provider", pt: "Provedor"));
    let acs = age(voice, &all.acs, now, warned(WarningCode::AcsSyncMissed));
    let old = warned(WarningCode::ProviderSyncOld);
    let other = age(voice, &all.provider, now, old);
    format!("ACS {acs}; {provider} {other}")
}

fn age(voice: &Voice, side: &SideCounts, now: Timestamp, bad: bool) -> String {
    let mark = if bad { " !" } else { "" };
    match side.last_synchronised {
        None => word!(voice, en: "not known", pt: "não se sabe").to_owned(),
        Some(at) => {
            let age = voice.age(at, now);
            say!(voice, en: "{age} ago{mark}", pt: "há {age}{mark}")
        }
    }
}

/// All devices of the ACS, as of when it was read.
fn online(voice: &Voice, of: Informed) -> String {
    let n = |n| voice.number(n);
    let (now, day, older) = (n(of.now), n(of.day), n(of.older + of.unknown));
    say!(voice,
        en: "now {now}, past 24 h {day}, older {older} (of the ACS, when it was read)",
        pt: "agora {now}, 24 h {day}, antes {older} (do ACS, quando foi lido)")
}

/// A line of blocks and the numbers, oldest first; the oldest go where there is no room.
fn history(voice: &Voice, numbers: &[i64], sign: bool, room: usize) -> String {
    let mut text = String::new();
    for first in 0..numbers.len() {
        let shown = &numbers[first..];
        let blocks: Vec<u64> = shown.iter().map(|n| n.unsigned_abs()).collect();
        let told = shown
            .iter()
            .map(|&n| if sign { voice.signed(n) } else { voice.number(n.unsigned_abs()) });
        let told = told.collect::<Vec<_>>().join(" ");
        text = format!("{} {told}", trend(&blocks));
        if text.width() <= room {
            break;
        }
    }
    text
}

/// What the ACS should show as integrated, and what it does show.
fn integrated(voice: &Voice, run: &Run) -> String {
    let all = &run.reconciliation;
    let rest = voice.number(all.between.acs.saturating_sub(all.between.not_integrated()));
    match all.acs.integrated.map(|shown| voice.number(shown)) {
        None => say!(voice, en: "{rest} by the logins", pt: "{rest} pelos logins"),
        Some(shown) => say!(voice,
            en: "{rest} by the logins; the ACS shows {shown}",
            pt: "{rest} pelos logins; o ACS mostra {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn the_trend_loses_its_oldest_runs_where_there_is_no_room() {
        let voice = Voice::new(Lang::En);
        let numbers = [0, -10, 20];
        assert_eq!(history(&voice, &numbers, true, 40), "▁▄█ 0 -10 +20");
        assert_eq!(history(&voice, &numbers, true, 11), "▄█ -10 +20");
        assert_eq!(history(&voice, &numbers, false, 4), "█ 20");
    }
}
