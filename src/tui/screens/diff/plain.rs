//! The list of differences in lines, by number.
//!
//! Must not do: lay anything out in columns, or tell more rows than were asked for.

use super::{identity, layout};
use crate::engine::Finding;
use crate::tui::filter::Line;
use crate::tui::model::Model;
use crate::words::{cause_title, say, word};

/// How many rows the list has.
#[must_use]
pub fn count(model: &Model) -> usize {
    model.diff.lines.len()
}

/// The cursor goes to a row, from 0; is there such a row?
pub fn go_to(model: &mut Model, row: usize) -> bool {
    let (rows, height) = (model.diff.lines.len(), layout::list_rows(model));
    model.diff.pane = super::Pane::List;
    if row < rows {
        model.diff.list.to(row, rows, height);
    }
    row < rows
}

/// Is the difference under the cursor marked?
#[must_use]
pub fn is_marked(model: &Model) -> bool {
    model.diff.place().is_some_and(|place| model.diff.marks.contains(&place))
}

/// Is any?
#[must_use]
pub fn has_marks(model: &Model) -> bool {
    !model.diff.marks.is_empty()
}

/// How many are marked, and of which cause and filter the list is.
#[must_use]
pub fn heading(model: &Model) -> String {
    let (voice, state) = (&model.voice, &model.diff);
    let cause = match state.cause {
        Some(cause) => cause_title(voice, cause),
        None => word!(voice, en: "All differences", pt: "Todas as diferenças"),
    };
    let found = voice.number(state.found as u64);
    let mut text = format!("{cause}: {found}");
    if !state.filter.is_empty() {
        let filter = crate::domain::text::visible(&state.filter);
        text.push_str(&say!(voice, en: ", filter {filter}", pt: ", filtro {filter}"));
    }
    if !state.marks.is_empty() {
        let marked = voice.number(state.marks.len() as u64);
        text.push_str(&say!(voice, en: ", marked {marked}", pt: ", marcadas {marked}"));
    }
    text
}

/// So many rows from this one on.
#[must_use]
pub fn rows(model: &Model, from: usize, most: usize) -> Vec<String> {
    let lines = model.diff.lines.iter().enumerate().skip(from).take(most);
    let told = lines.filter_map(|(at, line)| match line {
        Line::Group(name, count) => {
            let count = model.voice.number((*count).into());
            Some(say!(model.voice, en: "group {name}: {count}", pt: "grupo {name}: {count}"))
        }
        Line::Finding(place) => {
            let finding = model.diff.finding(*place)?;
            let marked = model.diff.marks.contains(place);
            Some(format!("{}. {}", at + 1, told(model, finding, marked)))
        }
    });
    told.collect()
}

fn told(model: &Model, finding: &Finding, marked: bool) -> String {
    let voice = &model.voice;
    let mut parts = vec![identity(finding)];
    if model.diff.cause.is_none() {
        parts.push(cause_title(voice, finding.cause).to_owned());
    }
    let (acs, provider) = (&finding.acs, &finding.provider);
    let login = acs.iter().find_map(|a| a.pppoe_login.as_ref());
    let login = login.or_else(|| provider.iter().find_map(|p| p.login.as_ref()));
    parts.extend(login.map(|login| format!("login {login}")));
    let side = match (acs.is_empty(), provider.is_empty()) {
        (false, true) => word!(voice, en: "only in the ACS", pt: "só no ACS"),
        (true, false) => word!(voice, en: "only in the Provider", pt: "só no Provedor"),
        (false, false) => word!(voice, en: "in both", pt: "nos dois"),
        (true, true) => word!(voice, en: "in neither", pt: "em nenhum"),
    };
    parts.push(side.to_owned());
    if marked {
        parts.push(word!(voice, en: "marked", pt: "marcada").to_owned());
    }
    if model.plan.has(&finding.id) {
        parts.push(word!(voice, en: "in the plan", pt: "no plano").to_owned());
    }
    parts.join(", ")
}
