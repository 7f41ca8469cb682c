//! The report that a support engineer reads aloud on the phone.
//!
//! From the sums to the devices: totals and gap, the ledger, what changed, what would
//! happen next, warnings, then each cause with its devices. Must not do: repeat a device's
//! string raw, or print a person's full name.

use std::io::{self, Write};

use crate::app::Run;
use crate::domain::text::visible;
use crate::engine::{Cause, Reconciliation, SideCounts, State, Warning, WarningCode};
use crate::headless::report::group_by::Groups;
use crate::headless::report::layout::{Page, Style};
use crate::headless::report::options::{FindingsKept, ReportOptions};
use crate::headless::report::{story, tables};
use crate::words::{
    Voice, integration_checklist, plural, projection, resolved_how, say, warning_lead, word,
};

/// The most bad lines, or values that could not be read, shown per side.
pub const PROBLEMS_MAX: usize = 20;

/// Writes the whole text report.
pub fn write(
    run: &Run,
    options: &ReportOptions,
    voice: &Voice,
    groups: Option<&Groups>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut buffered = io::BufWriter::new(out);
    let page = &mut Page::new(&mut buffered, options.width, options.color);
    let expired = options.findings == FindingsKept::Expired;
    title(page, voice, run)?;
    if expired {
        page.say(Style::Attention, findings_expired(voice))?;
    }
    totals(page, voice, run, expired)?;
    tables::between(page, voice, run)?;
    changes(page, voice, run, expired)?;
    projections(page, voice, &run.reconciliation)?;
    warnings(page, voice, &run.reconciliation)?;
    if let Some(groups) = groups {
        tables::groups(page, voice, groups)?;
    }
    for &cause in Cause::ALL {
        story::cause(page, voice, run, cause)?;
    }
    buffered.flush()
}

fn title(page: &mut Page<'_>, voice: &Voice, run: &Run) -> io::Result<()> {
    let (profile, actor, id) = (visible(&run.profile), visible(&run.actor), visible(&run.id));
    let started = voice.time(run.started);
    let seconds = voice.decimal(run.seconds, 1);
    page.say(
        Style::Heading,
        &say!(voice,
            en: "acerto, profile {profile}: {started}, {seconds} s, run by {actor}",
            pt: "acerto, perfil {profile}: {started}, {seconds} s, executado por {actor}"),
    )?;
    page.say(Style::Plain, &say!(voice, en: "run {id}", pt: "execução {id}"))?;
    if let Some(text) = partial(voice, &run.reconciliation) {
        page.say(Style::Bad, &text)?;
    }
    Ok(())
}

/// What to say where only the ledgers of a run are left.
fn findings_expired(voice: &Voice) -> &'static str {
    word!(voice,
        en: "The findings of this run have expired: the store no longer keeps them. Only the \
             sums below are left.",
        pt: "As diferenças desta execução expiraram: a memória não as guarda mais. Restam só \
             as somas abaixo.")
}

/// What to say first where a side was not read whole.
pub fn partial(voice: &Voice, all: &Reconciliation) -> Option<String> {
    let which = match (all.acs.complete, all.provider.complete) {
        (true, true) => return None,
        (false, true) => word!(voice, en: "the ACS was", pt: "o ACS não foi lido"),
        (true, false) => word!(voice, en: "the Provider was", pt: "o Provedor não foi lido"),
        (false, false) => word!(voice, en: "both sides were", pt: "os dois lados não foram lidos"),
    };
    Some(say!(voice,
        en: "PARTIAL: {which} not read to the end. Every sum below is a bound, absence \
             proves nothing, and nothing may be removed on its strength.",
        pt: "PARCIAL: {which} até o fim. Toda soma abaixo é um limite, faltar não prova \
             nada, e nada pode ser removido com base nisto."))
}

/// Both totals and the signed gap in one sentence.
pub fn totals_sentence(voice: &Voice, all: &Reconciliation) -> String {
    let acs = voice.number(all.acs.devices);
    let provider = voice.number(all.provider.devices);
    let gap = voice.signed(gap(all));
    let matched = voice.number(all.matched);
    say!(voice,
        en: "ACS {acs}, Provider {provider}, gap {gap} (ACS minus Provider); {matched} matched.",
        pt: "ACS {acs}, Provedor {provider}, diferença {gap} (ACS menos Provedor); \
             {matched} casados.")
}

/// What the gap hides or shows, in one sentence.
pub fn verdict(voice: &Voice, all: &Reconciliation) -> String {
    let count = all.findings.iter().filter(|f| f.moves_count()).count() as u64;
    let n = voice.number(count);
    if count == 0 {
        return word!(voice, en: "Both systems count the same devices.",
            pt: "Os dois sistemas contam os mesmos equipamentos.")
        .to_owned();
    }
    if gap(all) == 0 {
        return plural!(voice, count,
            en: ["Equal totals hide {n} difference.", "Equal totals hide {n} differences."],
            pt: ["Totais iguais escondem {n} diferença.",
                 "Totais iguais escondem {n} diferenças."]);
    }
    plural!(voice, count,
        en: ["{n} difference explains it.", "{n} differences explain it."],
        pt: ["{n} diferença explica isso.", "{n} diferenças explicam isso."])
}

fn gap(all: &Reconciliation) -> i64 {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    signed(all.acs.devices) - signed(all.provider.devices)
}

fn totals(page: &mut Page<'_>, voice: &Voice, run: &Run, expired: bool) -> io::Result<()> {
    let all = &run.reconciliation;
    page.blank()?;
    page.say(Style::Heading, &totals_sentence(voice, all))?;
    let agree = all.between.rows.is_empty();
    if !expired {
        page.say(if agree { Style::Good } else { Style::Attention }, &verdict(voice, all))?;
    }
    let (entries, logins) = (voice.number(all.provider.entries), voice.number(all.provider.logins));
    let counted = voice.number(all.provider.devices);
    page.say(
        Style::Plain,
        &say!(voice,
            en: "The Provider counts {counted} of its {entries} device entries (those with a \
                 linked and active login), and has {logins} logins.",
            pt: "O Provedor conta {counted} de {entries} cadastros de equipamento (os de login \
                 vinculado e ativo), e tem {logins} logins."),
    )?;
    for (name, side) in
        [("ACS", &all.acs), (word!(voice, en: "Provider", pt: "Provedor"), &all.provider)]
    {
        page.say(Style::Plain, &format!("{name}: {}", freshness(voice, side)))?;
    }
    Ok(())
}

/// When a side was read and when it last synchronised.
pub fn freshness(voice: &Voice, side: &SideCounts) -> String {
    let read = voice.time(side.fetched_at);
    match side.last_synchronised {
        None => say!(voice,
            en: "read {read}; its last synchronisation is not known.",
            pt: "lido em {read}; não se sabe da última sincronização."),
        Some(at) => {
            let (age, at) = (voice.age(at, side.fetched_at), voice.time(at));
            say!(voice,
                en: "read {read}; last synchronised {age} before, {at}.",
                pt: "lido em {read}; última sincronização {age} antes, em {at}.")
        }
    }
}

fn changes(page: &mut Page<'_>, voice: &Voice, run: &Run, expired: bool) -> io::Result<()> {
    let all = &run.reconciliation;
    page.heading(word!(voice, en: "Since the last run", pt: "Desde a última execução"))?;
    if all.since.acs.then.is_none() && all.since.provider.then.is_none() {
        page.say(
            Style::Plain,
            word!(voice,
                en: "There is no earlier run to compare with. With a store, the next one says \
                     what changed, and why.",
                pt: "Não há execução anterior para comparar. Com memória em disco, a próxima diz \
                     o que mudou, e por quê."),
        )?;
        return Ok(());
    }
    tables::since(page, voice, &all.since)?;
    if expired {
        return Ok(());
    }
    page.say(Style::Plain, &news(voice, all))?;
    resolved(page, voice, all)
}

/// New, ongoing and resolved findings, and the oldest one's age.
pub fn news(voice: &Voice, all: &Reconciliation) -> String {
    let new = all.findings.iter().filter(|f| f.state == State::New).count();
    let (fresh, ongoing) = (voice.number(new as u64), all.findings.len() - new);
    let (ongoing, resolved) =
        (voice.number(ongoing as u64), voice.number(all.resolved.len() as u64));
    let mut text = say!(voice,
        en: "New: {fresh}. Ongoing: {ongoing}. Resolved: {resolved}.",
        pt: "Novas: {fresh}. Continuam: {ongoing}. Resolvidas: {resolved}.");
    if let Some(oldest) = all.findings.iter().map(|f| f.first_seen).min() {
        let now = all.acs.fetched_at.max(all.provider.fetched_at);
        let (age, at) = (voice.age(oldest, now), voice.time(oldest));
        text.push_str(&say!(voice,
            en: " The oldest is {age} old, first seen {at}.",
            pt: " A mais antiga tem {age}, vista primeiro em {at}."));
    }
    text
}

fn resolved(page: &mut Page<'_>, voice: &Voice, all: &Reconciliation) -> io::Result<()> {
    for &how in crate::engine::ResolvedHow::ALL {
        let count = all.resolved.iter().filter(|r| r.how == how).count() as u64;
        if count > 0 {
            let n = voice.number(count);
            let how = resolved_how(voice, how);
            let line = plural!(voice, count,
                en: ["resolved, {how}: {n}", "resolved, {how}: {n}"],
                pt: ["resolvida, {how}: {n}", "resolvidas, {how}: {n}"]);
            page.item(2, "- ", &line)?;
        }
    }
    Ok(())
}

fn projections(page: &mut Page<'_>, voice: &Voice, all: &Reconciliation) -> io::Result<()> {
    if all.projections.is_empty() {
        return Ok(());
    }
    page.heading(word!(voice, en: "What would happen next", pt: "O que aconteceria agora"))?;
    for of in &all.projections {
        page.item(2, "- ", &projection(voice, of))?;
    }
    Ok(())
}

fn warnings(page: &mut Page<'_>, voice: &Voice, all: &Reconciliation) -> io::Result<()> {
    if all.warnings.is_empty() {
        return Ok(());
    }
    page.heading(word!(voice, en: "Warnings", pt: "Avisos"))?;
    for (of, listed) in by_lead(&all.warnings) {
        page.hang(Style::Attention, 2, "! ", &warning_lead(voice, of))?;
        if of.code == WarningCode::IntegrationDown {
            for check in integration_checklist(voice) {
                page.item(4, "- ", &say!(voice, en: "check: {check}", pt: "confira: {check}"))?;
            }
        }
        problems(page, voice, of, listed)?;
    }
    Ok(())
}

/// The lines and values that a warning counts, as many as a person reads.
fn problems(
    page: &mut Page<'_>,
    voice: &Voice,
    lead: &Warning,
    listed: &[Warning],
) -> io::Result<()> {
    let shown = listed.len().min(PROBLEMS_MAX);
    for of in &listed[..shown] {
        page.item(4, "- ", &warning_lead(voice, of))?;
    }
    let all = lead.n.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    let more = all.saturating_sub(shown as u64);
    if shown > 0 && more > 0 {
        let n = voice.number(more);
        let line = say!(voice, en: "... and {n} more", pt: "... e mais {n}");
        page.indented(4, &line)?;
    }
    Ok(())
}

/// Each warning with the lines and values that it counts, which follow it.
pub fn by_lead(warnings: &[Warning]) -> Vec<(&Warning, &[Warning])> {
    let mut found = Vec::new();
    let mut rest = warnings;
    while let Some((lead, after)) = rest.split_first() {
        let listed = after.iter().take_while(|w| w.is_listed_by(lead)).count();
        let (listed, others) = after.split_at(listed);
        found.push((lead, listed));
        rest = others;
    }
    found
}
