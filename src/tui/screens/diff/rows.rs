//! Which rows the list has: asked for when a filter, a cause, a grouping or a run changes, and
//! taken in when they are found.
//!
//! Must not do: look through findings on the way of a key; a job does.

use std::sync::Arc;

use crate::app::Run;
use crate::engine::Cause;
use crate::tui::effect::{Effect, Job};
use crate::tui::filter::{Column, Line, Wanted, column};
use crate::tui::model::Model;
use crate::tui::screens::detail;
use crate::words::word;

use super::{State, causes, layout, marks};

/// A letter of the filter was typed: the rows follow when they are found.
pub fn filter_changed(model: &mut Model, filter: &str) -> Vec<Effect> {
    if model.diff.filter == filter {
        return Vec::new();
    }
    filter.clone_into(&mut model.diff.filter);
    ask(model, false)
}

pub(super) fn group(model: &mut Model, group: Option<Column>) -> Vec<Effect> {
    model.diff.group = group;
    ask(model, false)
}

pub(super) fn group_by_olt(model: &mut Model) -> Vec<Effect> {
    let olt = model.diff.shown.as_ref().and_then(|run| column::olt(&run.reconciliation));
    if let Some(name) = olt.map(str::to_owned) {
        return group(model, Some(Column::Extra(name)));
    }
    let voice = model.voice.clone();
    model.complain(word!(voice,
        en: "neither source has a column with the OLT",
        pt: "nenhuma fonte tem uma coluna com a OLT"));
    Vec::new()
}

/// Model, firmware, each further column, and then none.
pub(super) fn group_next(model: &mut Model) -> Vec<Effect> {
    let run = model.diff.shown.as_ref();
    let extras = run.map(|run| column::extras(&run.reconciliation)).unwrap_or_default();
    let extras = extras.into_iter().map(|name| Column::Extra(name.to_owned()));
    let all: Vec<Column> = [Column::Model, Column::Firmware].into_iter().chain(extras).collect();
    let next = match &model.diff.group {
        None => all.first().cloned(),
        Some(column) => {
            let at = all.iter().position(|other| other == column);
            at.and_then(|at| all.get(at + 1)).cloned()
        }
    };
    group(model, next)
}

/// There is a newer run: the list is made anew. The same run read again keeps its words.
pub fn renewed(model: &mut Model) -> Vec<Effect> {
    let Some(run) = model.run() else { return Vec::new() };
    let known = model.diff.asked.as_ref();
    let is_same = known.is_some_and(|known| {
        let (old, new) = (&known.reconciliation.findings, &run.reconciliation.findings);
        known.id == run.id && old.len() == new.len()
    });
    if !is_same {
        model.diff.index = Arc::default();
    }
    ask(model, false)
}

/// Asks for the rows; a newer question takes the place of an older one.
pub(super) fn ask(model: &mut Model, warm: bool) -> Vec<Effect> {
    if !warm {
        model.diff.view = None;
    }
    let Some(run) = model.run().cloned() else { return Vec::new() };
    model.diff.asked = Some(Arc::clone(&run));
    let state = &model.diff;
    let wanted = Wanted {
        cause: state.cause,
        filter: state.filter.clone(),
        group: state.group.clone(),
        now: model.now,
        index: Arc::clone(&state.index),
        warm,
    };
    vec![model.begin(Job::Rows(run, wanted))]
}

/// The list, filtered: the cursor stays on its finding where that is still there.
pub fn lines(model: &mut Model, lines: Vec<Line>) -> Vec<Effect> {
    let Some(run) = model.diff.asked.clone() else { return Vec::new() };
    let state = &mut model.diff;
    let under_cursor = state.place().and_then(|place| state.finding(place));
    let under_cursor = under_cursor.map(|finding| finding.id.clone());
    let before = state.shown.replace(Arc::clone(&run));
    let is_newer = before.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &run));
    if is_newer {
        let carried = before.as_ref().map(|old| marks::carry(&state.marks, old, &run));
        state.marks = carried.unwrap_or_default();
        state.counts = counts(&run);
    }
    let at = take_in(state, &run, &lines, under_cursor.as_deref());
    (state.lines, state.anchor) = (lines, None);
    let row = at.unwrap_or(if is_newer { state.list.at } else { 0 });
    marks::count(model);
    let (rows, height) = (model.diff.lines.len(), layout::list_rows(model));
    model.diff.list.to(row, rows, height);
    causes::follow(model);
    if is_newer {
        detail::renewed(model);
    }
    Vec::new()
}

/// Notes which findings are among the lines; gives the line of the one with this id.
fn take_in(state: &mut State, run: &Run, lines: &[Line], id: Option<&str>) -> Option<usize> {
    let findings = &run.reconciliation.findings;
    state.in_lines = vec![false; findings.len()];
    state.found = 0;
    let mut at = None;
    for (row, line) in lines.iter().enumerate() {
        let Line::Finding(place) = line else { continue };
        state.found += 1;
        state.in_lines[*place as usize] = true;
        if at.is_none() && id == Some(&*findings[*place as usize].id) {
            at = Some(row);
        }
    }
    at
}

fn counts(run: &Run) -> Vec<(Cause, u32)> {
    let mut counts: Vec<(Cause, u32)> = Cause::ALL.iter().map(|cause| (*cause, 0)).collect();
    for finding in &run.reconciliation.findings {
        if let Some((_, count)) = counts.iter_mut().find(|(cause, _)| *cause == finding.cause) {
            *count += 1;
        }
    }
    counts
}
