//! The sums of the text report: both ledgers and the counts by a column.
//!
//! Must not do: round, or leave a row out.

use std::io;

use crate::app::Run;
use crate::domain::{Side, Untrusted};
use crate::engine::{Between, BetweenRow, Reconciliation, Since};
use crate::headless::report::group_by::Groups;
use crate::headless::report::layout::{Page, Style};
use crate::words::{Voice, cause_title, plural, say, side_name, since_sum, word};

/// The ledger between the systems, its check, and the integrated line.
pub fn between(page: &mut Page<'_>, voice: &Voice, run: &Run) -> io::Result<()> {
    let all = &run.reconciliation;
    let ledger = &all.between;
    let title = if ledger.rows.is_empty() {
        word!(voice, en: "The two counts agree", pt: "Os dois totais batem")
    } else {
        word!(voice, en: "Why the two counts differ", pt: "Por que os dois totais diferem")
    };
    page.heading(title)?;
    let header = [
        "",
        side_name(voice, Side::Acs),
        side_name(voice, Side::Provider),
        word!(voice, en: "proven", pt: "provados"),
        word!(voice, en: "inferred", pt: "deduzidos"),
    ];
    page.table(&header, rows(voice, ledger))?;
    check(page, voice, all)?;
    ignored(page, voice, ledger)?;
    integrated(page, voice, all)
}

fn rows(voice: &Voice, ledger: &Between) -> Vec<Vec<String>> {
    let plain = |label: &str, acs: u64, provider: u64| {
        vec![
            label.to_owned(),
            voice.number(acs),
            voice.number(provider),
            String::new(),
            String::new(),
        ]
    };
    let matched = word!(voice, en: "matched in both", pt: "casados nos dois");
    let mut rows = vec![plain(matched, ledger.matched, ledger.matched)];
    rows.extend(ledger.rows.iter().map(|row| cause_row(voice, row)));
    rows.push(plain(word!(voice, en: "= total", pt: "= total"), ledger.acs, ledger.provider));
    rows
}

fn cause_row(voice: &Voice, row: &BetweenRow) -> Vec<String> {
    let added = |n: u64| if n == 0 { "0".to_owned() } else { format!("+{}", voice.number(n)) };
    vec![
        format!("+ {}", cause_title(voice, row.cause)),
        added(row.acs),
        added(row.provider),
        voice.number(row.proven),
        voice.number(row.inferred),
    ]
}

fn check(page: &mut Page<'_>, voice: &Voice, all: &Reconciliation) -> io::Result<()> {
    let ledger = &all.between;
    if !ledger.balanced() {
        let text = word!(voice,
            en: "THE SUMS DO NOT HOLD. This is a fault in acerto, please report it.",
            pt: "AS SOMAS NÃO FECHAM. É uma falha do acerto, por favor avise.");
        return page.say(Style::Bad, text);
    }
    let matched = voice.number(ledger.matched);
    let (acs, provider) = (voice.number(ledger.acs), voice.number(ledger.provider));
    let more_acs = voice.number(ledger.acs - ledger.matched);
    let more_provider = voice.number(ledger.provider - ledger.matched);
    let sums = say!(voice,
        en: "Both sums hold to the unit: ACS {acs} = {matched} + {more_acs}; \
             Provider {provider} = {matched} + {more_provider}.",
        pt: "As duas somas fecham: ACS {acs} = {matched} + {more_acs}; \
             Provedor {provider} = {matched} + {more_provider}.");
    page.say(Style::Good, &sums)?;
    if !all.acs.complete || !all.provider.complete {
        let bounds = word!(voice,
            en: "A side is incomplete: these sums are of what was read, so they are bounds.",
            pt: "Um lado está incompleto: as somas são do que foi lido, portanto são limites.");
        page.say(Style::Attention, bounds)?;
    }
    Ok(())
}

fn ignored(page: &mut Page<'_>, voice: &Voice, ledger: &Between) -> io::Result<()> {
    let count = ledger.rows.iter().map(|r| r.ignored).sum();
    if count == 0 {
        return Ok(());
    }
    let n = voice.number(count);
    page.say(
        Style::Plain,
        &plural!(voice, count,
            en: ["{n} finding among them is ignored by a person.",
                 "{n} findings among them are ignored by a person."],
            pt: ["{n} diferença entre elas foi ignorada por alguém.",
                 "{n} diferenças entre elas foram ignoradas por alguém."]),
    )
}

fn integrated(page: &mut Page<'_>, voice: &Voice, all: &Reconciliation) -> io::Result<()> {
    let not = all.between.not_integrated();
    let acs = voice.number(all.between.acs);
    let rest = voice.number(all.between.acs.saturating_sub(not));
    let not = voice.number(not);
    let shows = match all.acs.integrated {
        None => String::new(),
        Some(shown) => {
            let shown = voice.number(shown);
            say!(voice, en: " The ACS itself shows {shown}.", pt: " O próprio ACS mostra {shown}.")
        }
    };
    page.say(
        Style::Plain,
        &say!(voice,
            en: "Integrated: {acs} - {not} not integrated (unlinked, inactive, awaiting, \
                 returned) = {rest}.{shows}",
            pt: "Integrados: {acs} - {not} não integrados (sem vínculo, inativos, aguardando, \
                 de volta) = {rest}.{shows}"),
    )
}

/// Both sides since the baseline, as sums.
pub fn since(page: &mut Page<'_>, voice: &Voice, since: &Since) -> io::Result<()> {
    for (side, sum) in [(Side::Acs, &since.acs), (Side::Provider, &since.provider)] {
        let name = side_name(voice, side);
        page.say(Style::Plain, &format!("{name}: {}", since_sum(voice, sum)))?;
    }
    Ok(())
}

/// The counts of `--group-by`.
pub fn groups(page: &mut Page<'_>, voice: &Voice, groups: &Groups) -> io::Result<()> {
    let column = Untrusted::new(&groups.column).to_string();
    page.heading(&say!(voice, en: "Findings by {column}", pt: "Diferenças por {column}"))?;
    let none = word!(voice, en: "(none)", pt: "(sem valor)");
    let rows = groups.rows.iter().map(|row| {
        let value = row.value.as_deref().map(|v| Untrusted::new(v).to_string());
        let title = cause_title(voice, row.cause.0);
        vec![title.to_owned(), value.unwrap_or_else(|| none.to_owned()), voice.number(row.count)]
    });
    let header = [
        word!(voice, en: "cause", pt: "causa"),
        column.as_str(),
        word!(voice, en: "findings", pt: "diferenças"),
    ];
    page.table(&header, rows.collect())
}
