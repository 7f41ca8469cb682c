//! The first screen in lines: totals, warnings, causes by number.
//!
//! Must not do: lay anything out in columns.

use super::{digest, notes, waterfall};
use crate::engine::Cause;
use crate::tui::model::Model;
use crate::words::{cause_title, say};

/// A line may be as long as it is: whoever reads it wraps it, or speaks it.
const ENDLESS: usize = 10_000;

/// Totals, what needs a person, and the causes.
#[must_use]
pub fn summary(model: &Model) -> Vec<String> {
    let (Some(run), Some(digest)) = (model.run(), digest(model)) else { return Vec::new() };
    let (voice, between) = (&model.voice, &run.reconciliation.between);
    let (acs, provider) = (voice.number(between.acs), voice.number(between.provider));
    let mut lines = vec![
        say!(voice, en: "ACS devices: {acs}", pt: "Equipamentos no ACS: {acs}"),
        say!(voice, en: "Provider entries: {provider}", pt: "Cadastros no Provedor: {provider}"),
    ];
    let (verdict, _) = waterfall::verdict(voice, run, &digest);
    lines.push(say!(voice, en: "Result: {verdict}", pt: "Resultado: {verdict}"));
    let mut told = notes::alerts(model, run);
    told.extend(notes::projections(model, run));
    lines.extend(notes::lines(model, &told, ENDLESS).iter().map(ToString::to_string));
    lines.extend(causes(model));
    lines
}

/// Each cause by its number: what it adds, how many, what to do.
#[must_use]
pub fn causes(model: &Model) -> Vec<String> {
    let voice = &model.voice;
    let tallies = digest(model).map(|digest| digest.tallies.clone()).unwrap_or_default();
    let line = |(at, tally): (usize, &digest::Tally)| {
        let (n, title) = (at + 1, cause_title(voice, tally.cause));
        let (found, net) = (voice.number(tally.findings), voice.signed(tally.net()));
        let todo = waterfall::short_todo(voice, tally.cause);
        let new = match tally.new {
            0 => String::new(),
            new => {
                let new = voice.number(new);
                say!(voice, en: ", new {new}", pt: ", novas {new}")
            }
        };
        say!(voice,
            en: "{n}. {title}: {found}{new}, moves the count by {net}, to do: {todo}",
            pt: "{n}. {title}: {found}{new}, muda a contagem em {net}, fazer: {todo}")
    };
    tallies.iter().enumerate().map(line).collect()
}

/// The cause of a number, from 1.
#[must_use]
pub fn cause(model: &Model, number: usize) -> Option<Cause> {
    let digest = digest(model)?;
    digest.tallies.get(number.checked_sub(1)?).map(|tally| tally.cause)
}
