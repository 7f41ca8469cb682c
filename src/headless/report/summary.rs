//! The run in at most twelve lines, for a mail or a chat.
//!
//! Must not do: show a device or a person; only counts, times and what to do.

use std::io::{self, Write};

use crate::app::Run;
use crate::domain::Side;
use crate::domain::text::visible;
use crate::engine::{Cause, Reconciliation, Strength, Warning};
use crate::headless::report::group_by::Groups;
use crate::headless::report::layout::Page;
use crate::headless::report::tables;
use crate::headless::report::text::{by_lead, freshness, news, partial, totals_sentence, verdict};
use crate::words::{
    Voice, cause_sentence, cause_title, cause_todo, plural, say, side_name, since_sum,
    strength_count, warning, word,
};

/// The most lines, whatever was found.
pub const LINES_MAX: usize = 12;

/// Causes that get a line of their own; the rest share one.
const OWN_LINES_MAX: usize = 5;

/// Columns of the table of `--group-by`, which follows the twelve lines.
const TABLE_WIDTH: usize = 80;

/// Writes the lines, and the counts of `--group-by` below them.
pub fn write(
    run: &Run,
    voice: &Voice,
    groups: Option<&Groups>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for line in lines(run, voice) {
        writeln!(out, "{line}")?;
    }
    match groups {
        Some(groups) => tables::groups(&mut Page::new(out, TABLE_WIDTH, false), voice, groups),
        None => Ok(()),
    }
}

/// Title, notice of a partial side, causes, news, ages, warnings, what to do.
#[must_use]
pub fn lines(run: &Run, voice: &Voice) -> Vec<String> {
    let all = &run.reconciliation;
    let mut lines = vec![title(run, voice)];
    lines.extend(partial(voice, all));
    let causes = by_size(all);
    for &(cause, count) in causes.iter().take(OWN_LINES_MAX) {
        lines.push(cause_line(voice, all, cause, count));
    }
    lines.extend(rest(voice, causes.get(OWN_LINES_MAX..).unwrap_or_default()));
    lines.push(changes(voice, all));
    lines.push(ages(voice, all));
    lines.extend(warnings(voice, all));
    lines.extend(todo(voice, &causes));
    lines.truncate(LINES_MAX);
    lines
}

fn title(run: &Run, voice: &Voice) -> String {
    let all = &run.reconciliation;
    let (profile, at) = (visible(&run.profile), voice.time(run.started));
    format!("acerto {profile}, {at}: {} {}", totals_sentence(voice, all), verdict(voice, all))
}

/// Causes that occur, the largest first; `manual-delete` and drift move no count: they come last.
fn by_size(all: &Reconciliation) -> Vec<(Cause, u64)> {
    let count = |cause| all.findings.iter().filter(|f| f.cause == cause).count() as u64;
    let mut causes: Vec<(Cause, u64)> =
        Cause::ALL.iter().map(|&c| (c, count(c))).filter(|&(_, n)| n > 0).collect();
    let moves = |cause: Cause| !matches!(cause, Cause::FieldDrift | Cause::ManualDelete);
    causes.sort_by_key(|&(cause, n)| (!moves(cause), std::cmp::Reverse(n), cause));
    causes
}

fn cause_line(voice: &Voice, all: &Reconciliation, cause: Cause, count: u64) -> String {
    let sentence = cause_sentence(voice, cause, count);
    let Some(row) = all.between.rows.iter().find(|r| r.cause == cause) else {
        return format!("- {sentence}");
    };
    let sides = [(Side::Acs, row.acs), (Side::Provider, row.provider)]
        .into_iter()
        .filter(|&(_, n)| n > 0)
        .map(|(side, n)| format!("{} +{}", side_name(voice, side), voice.number(n)));
    let strengths = [(Strength::Proven, row.proven), (Strength::Inferred, row.inferred)]
        .into_iter()
        .filter(|&(_, n)| n > 0)
        .map(|(strength, n)| strength_count(voice, strength, n));
    let parts: Vec<String> = sides.chain(strengths).collect();
    format!("- {sentence} ({})", parts.join(", "))
}

fn rest(voice: &Voice, causes: &[(Cause, u64)]) -> Option<String> {
    if causes.is_empty() {
        return None;
    }
    let named: Vec<String> = causes
        .iter()
        .map(|&(cause, n)| format!("{} {}", cause_title(voice, cause), voice.number(n)))
        .collect();
    let named = named.join("; ");
    Some(say!(voice, en: "- Also: {named}.", pt: "- E mais: {named}."))
}

fn changes(voice: &Voice, all: &Reconciliation) -> String {
    if all.since.acs.then.is_none() && all.since.provider.then.is_none() {
        return word!(voice,
            en: "There is no earlier run to compare with.",
            pt: "Não há execução anterior para comparar.")
        .to_owned();
    }
    let acs = since_sum(voice, &all.since.acs);
    let provider = since_sum(voice, &all.since.provider);
    let news = news(voice, all);
    say!(voice, en: "Since the last run: {news} ACS {acs} Provider {provider}",
        pt: "Desde a última execução: {news} ACS {acs} Provedor {provider}")
}

fn ages(voice: &Voice, all: &Reconciliation) -> String {
    let (acs, provider) = (freshness(voice, &all.acs), freshness(voice, &all.provider));
    say!(voice, en: "ACS {acs} Provider {provider}", pt: "ACS {acs} Provedor {provider}")
}

/// The first warning in full with the first line it counts, and how many more there are.
fn warnings(voice: &Voice, all: &Reconciliation) -> Option<String> {
    let warnings = by_lead(&all.warnings);
    let (lead, listed) = warnings.first()?;
    let mut first = warning(voice, lead);
    // Where it is, and not what stands there: a summary goes into mails and chats.
    let place = |line: &Warning| warning(voice, line).split(": ").next().map(str::to_owned);
    if let Some(line) = listed.first().and_then(place) {
        first.push_str(&say!(voice, en: " First: {line}", pt: " Primeira: {line}"));
    }
    let more = (warnings.len() - 1) as u64;
    let n = voice.number(more);
    Some(match more {
        0 => format!("! {first}"),
        _ => plural!(voice, more,
            en: ["! {first} ({n} more warning)", "! {first} ({n} more warnings)"],
            pt: ["! {first} (mais {n} aviso)", "! {first} (mais {n} avisos)"]),
    })
}

/// What to do about the largest cause.
fn todo(voice: &Voice, causes: &[(Cause, u64)]) -> Option<String> {
    let &(cause, _) = causes.first()?;
    let (title, todo) = (cause_title(voice, cause), cause_todo(voice, cause));
    Some(say!(voice, en: "First to do ({title}): {todo}", pt: "Fazer primeiro ({title}): {todo}"))
}
