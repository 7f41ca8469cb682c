//! Marks: of findings, kept by their ids while runs and filters change; and what is done to them.
//!
//! Must not do: send anything. Staging is all that marks are for.

use std::collections::{BTreeSet, HashSet};

use crate::app::Run;
use crate::domain::text::visible;
use crate::engine::{Finding, Fix};
use crate::tui::effect::Effect;
use crate::tui::filter::Line;
use crate::tui::model::Model;
use crate::tui::screens::plan;
use crate::words::{say, word};

use super::layout;

/// Marks the finding under the cursor, or all of its group, or takes the marks away; goes down.
pub(super) fn toggle(model: &mut Model) {
    let places = under_cursor(model);
    let marks = &mut model.diff.marks;
    if places.iter().all(|place| marks.contains(place)) {
        let places: BTreeSet<u32> = places.into_iter().collect();
        marks.retain(|place| !places.contains(place));
    } else {
        marks.extend(places);
    }
    count(model);
    let (rows, height) = (model.diff.lines.len(), layout::list_rows(model));
    model.diff.list.go(1, rows, height);
}

fn under_cursor(model: &Model) -> Vec<u32> {
    let mut lines = model.diff.lines.iter().skip(model.diff.list.at);
    match lines.next() {
        Some(Line::Finding(place)) => vec![*place],
        Some(Line::Group(..)) => places(lines.take_while(|l| matches!(l, Line::Finding(_)))),
        None => Vec::new(),
    }
}

fn places<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<u32> {
    let place = |line: &Line| match line {
        Line::Finding(place) => Some(*place),
        Line::Group(..) => None,
    };
    lines.filter_map(place).collect()
}

/// From here; and the second time, all from there to here.
pub(super) fn range(model: &mut Model) {
    let at = model.diff.list.at;
    let Some(anchor) = model.diff.anchor.take() else {
        let voice = model.voice.clone();
        if !model.diff.lines.is_empty() {
            model.diff.anchor = Some(at);
            model.say(word!(voice, en: "from here: move, then once more",
                pt: "daqui: mova, e de novo"));
        }
        return;
    };
    let (from, to) = (anchor.min(at), anchor.max(at));
    let marked = places(model.diff.lines.iter().skip(from).take(to - from + 1));
    model.diff.marks.extend(marked);
    count(model);
}

/// All of the filter.
pub(super) fn all(model: &mut Model) {
    let all = places(model.diff.lines.iter());
    model.diff.marks.extend(all);
    model.diff.anchor = None;
    count(model);
}

/// None.
pub(super) fn clear(model: &mut Model) {
    model.diff.marks.clear();
    model.diff.anchor = None;
    count(model);
}

/// How many of the marks the filter shows.
pub(super) fn count(model: &mut Model) {
    let state = &mut model.diff;
    let shown = |place: &&u32| state.in_lines.get(**place as usize) == Some(&true);
    state.marked_here = state.marks.iter().filter(shown).count();
}

/// The same findings in a newer run; what is no more is marked no more.
pub(super) fn carry(marks: &BTreeSet<u32>, old: &Run, new: &Run) -> BTreeSet<u32> {
    if marks.is_empty() {
        return BTreeSet::new();
    }
    let (old, new) = (&old.reconciliation.findings, &new.reconciliation.findings);
    let ids: HashSet<&str> =
        marks.iter().filter_map(|at| Some(&*old.get(*at as usize)?.id)).collect();
    let places = new.iter().enumerate().filter(|(_, f)| ids.contains(&*f.id));
    places.filter_map(|(at, _)| u32::try_from(at).ok()).collect()
}

/// Can a fix be sent at all, where an adapter serves it? What a person has to find out can't.
pub(in crate::tui::screens) fn can_be_sent(fix: Fix) -> bool {
    match fix {
        Fix::LinkLogin
        | Fix::ReplaceIdentity
        | Fix::CorrectIdentity
        | Fix::UpdateProvider
        | Fix::SendDevice
        | Fix::DeleteInAcs
        | Fix::Synchronise
        | Fix::SynchroniseProvider
        | Fix::RemoveInProvider => true,
        Fix::Investigate | Fix::ChooseByHand | Fix::Ignore => false,
    }
}

/// Stages the fixes of what is marked, else of what the cursor is on.
pub(super) fn stage(model: &mut Model) -> Vec<Effect> {
    let voice = model.voice.clone();
    let places: Vec<u32> = if model.diff.marks.is_empty() {
        model.diff.place().into_iter().collect()
    } else {
        model.diff.marks.iter().copied().collect()
    };
    let chosen: Vec<&Finding> = places.iter().filter_map(|at| model.diff.finding(*at)).collect();
    let total = chosen.len();
    let fixable = |f: &&Finding| f.fixes.iter().any(|fix| can_be_sent(*fix));
    let ids: Vec<String> = chosen.into_iter().filter(fixable).map(|f| f.id.clone()).collect();
    if total == 0 {
        model.complain(word!(voice,
            en: "put the cursor on a difference", pt: "ponha o cursor numa diferença"));
        return Vec::new();
    }
    let without = (total - ids.len()) as u64;
    let (n, all) = (voice.number(without), voice.number(total as u64));
    let told = say!(voice,
        en: "{n} of {all} have no fix that can be sent",
        pt: "{n} de {all} sem correção que possa ser enviada");
    if ids.is_empty() {
        model.complain(told);
        return Vec::new();
    }
    let effects = plan::stage(model, ids, None, None);
    clear(model);
    if without > 0 {
        let staged = model.toast.take().map(|toast| toast.text).unwrap_or_default();
        model.say(format!("{staged}; {told}"));
    }
    effects
}

/// One line of a record, safe to paste: its customer is masked.
pub(in crate::tui::screens) fn record(finding: &Finding) -> String {
    let (acs, provider) = (&finding.acs, &finding.provider);
    let serials = acs.iter().find_map(|a| a.serial.as_ref());
    let serial = serials.or_else(|| provider.iter().find_map(|p| p.serial.as_ref()));
    let macs = acs.iter().find_map(|a| a.macs.first());
    let mac = macs.or_else(|| provider.iter().find_map(|p| p.mac.as_ref()));
    let logins = acs.iter().find_map(|a| a.pppoe_login.as_ref());
    let login = logins.or_else(|| provider.iter().find_map(|p| p.login.as_ref()));
    let customer = provider.iter().find_map(|p| p.customer_name.as_ref());
    let mut parts = vec![visible(&finding.id), finding.cause.wire().to_owned()];
    parts.extend(serial.map(ToString::to_string));
    parts.extend(mac.map(ToString::to_string));
    parts.extend(login.map(ToString::to_string));
    parts.extend(customer.map(ToString::to_string));
    parts.join("  ")
}
