//! A plan's steps in words, for both faces: what each does, to what, and how it is called.
//!
//! Must not do: judge a plan; every figure is the plan's.

use crate::app::plan::document::{
    PlanCall, PlanChange, PlanRecord, PlanStep, PlanTarget, PlanUndo,
};
use crate::domain::text::visible;
use crate::engine::{Cause, Fix};
use crate::words::{Voice, cause_title, fix_name, word};

/// What the step does: its fix, or what follows from it.
#[must_use]
pub fn step_what(step: &PlanStep, voice: &Voice) -> String {
    match &step.change {
        Some(PlanChange::ProviderClearMac { .. }) => {
            word!(voice, en: "clear the login's MAC", pt: "limpar o MAC do login").to_owned()
        }
        Some(PlanChange::ProviderEndSession { .. }) => {
            word!(voice, en: "end the login's session", pt: "encerrar a sessão do login").to_owned()
        }
        _ => step_fix(&step.fix, voice),
    }
}

/// The call as it is sent; a star where the rest of the row goes with it.
#[must_use]
pub fn step_call(call: &PlanCall) -> String {
    let star = if call.whole_row { "*" } else { "" };
    let mut line = format!("{}{star} {}", visible(&call.method), visible(&call.path));
    for (name, value) in &call.body {
        let value = if value.is_empty() { "\"\"".to_owned() } else { visible(value) };
        line.extend([" ", &visible(name), "=", &value]);
    }
    line
}

/// What stands in the record where something else is written.
#[must_use]
pub fn step_was(step: &PlanStep) -> Option<String> {
    let Some(PlanChange::ProviderSet { entry, login, cells, .. }) = &step.change else {
        return None;
    };
    let is_it = |r: &&PlanRecord| match entry {
        Some(_) => r.device_id == *entry,
        None => r.login_id == *login,
    };
    let record = step.expect.provider.iter().find(is_it)?;
    let held = [
        ("serial", &record.serial),
        ("mac", &record.mac),
        ("login", &record.login),
        ("login_id", &record.login_id),
    ];
    let replaced = held.into_iter().filter_map(|(name, held)| {
        let held = held.as_ref().filter(|held| !held.is_empty())?;
        cells.contains_key(name).then(|| format!("{name} {}", visible(held)))
    });
    let replaced: Vec<String> = replaced.collect();
    (!replaced.is_empty()).then(|| replaced.join(", "))
}

/// A cause in words; a name that is none as it stands.
#[must_use]
pub fn step_cause(wire: &str, voice: &Voice) -> String {
    Cause::from_wire(wire).map_or_else(|| visible(wire), |c| cause_title(voice, c).to_owned())
}

/// A fix in words; a name that is none as it stands.
#[must_use]
pub fn step_fix(wire: &str, voice: &Voice) -> String {
    Fix::from_wire(wire).map_or_else(|| visible(wire), |fix| fix_name(voice, fix).to_owned())
}

/// Which device it is, in a word or two.
#[must_use]
pub fn step_target(target: &PlanTarget) -> String {
    let all = [&target.serial, &target.login, &target.device_id, &target.acs_id];
    let mut known: Vec<String> = all.into_iter().flatten().map(|t| visible(t)).collect();
    // Many an ACS takes the serial for its id.
    known.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    known.truncate(2);
    known.join(" / ")
}

/// Can it be undone?
#[must_use]
pub fn step_undo(undo: PlanUndo, voice: &Voice) -> &'static str {
    match undo {
        PlanUndo::Yes => word!(voice, en: "can be undone", pt: "pode ser desfeito"),
        PlanUndo::Tries => {
            word!(voice, en: "can probably be undone", pt: "talvez possa ser desfeito")
        }
        PlanUndo::No => word!(voice, en: "can't be undone", pt: "não pode ser desfeito"),
    }
}
