//! Reads both sides again just before a step is sent: is everything still as the plan relied on?
//!
//! Must not do: take an error, or silence, for an answer. "Not found" is what a source says
//! positively (I6).

use std::collections::HashSet;

use jiff::SignedDuration;

use crate::app::apply::desk::Desk;
use crate::app::apply::systems::Systems;
use crate::domain::{AcsDevice, Change, ProviderChange, ProviderRecord, Sought, Untrusted};
use crate::engine::plan::Step;
use crate::engine::plan::expect::{device_changed, key_of, record_changed};
use crate::ports::{FetchError, FetchErrorKind};

/// What a re-read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Still {
    /// As expected.
    Holds,
    /// Not any more; in words, safe to show.
    Changed(String),
}

/// A device that informed so lately is in use.
const INFORMED: SignedDuration = SignedDuration::from_hours(24);

/// Reads everything that the step rests on.
pub(super) fn reread(desk: &Desk<'_>, step: &Step) -> Result<Still, FetchError> {
    let (systems, expect) = (desk.systems, &step.expect);
    let sources = systems.sources();
    for then in &expect.acs {
        let now = sources.acs.device(&then.id)?;
        let informed = now.as_ref().and_then(|now| now.last_inform);
        if let Some(changed) = device(then, now.as_ref()) {
            return Ok(Still::Changed(changed));
        }
        let age = informed.map(|at| desk.clock.now().duration_since(at));
        if expect.silent && age.is_some_and(|age| age < INFORMED) {
            return Ok(Still::Changed(format!("the device {} has informed since", then.id)));
        }
    }
    for then in &expect.provider {
        let Some(key) = key_of(then) else {
            return Ok(Still::Changed("the record has no id to be read again by".to_owned()));
        };
        let now = sources.provider.record(&key)?;
        if let Some(changed) = record(then, now.as_ref(), expect.silent) {
            return Ok(Still::Changed(changed));
        }
    }
    if let Some(sought) = &expect.acs_lacks
        && let Some(changed) = in_acs(systems, sought)?
    {
        return Ok(Still::Changed(changed));
    }
    if let Some(sought) = &expect.provider_lacks
        && let Some(changed) = in_provider(systems, sought)?
    {
        return Ok(Still::Changed(changed));
    }
    Ok(Still::Holds)
}

const LEFT_SINCE: &str =
    "devices left the ACS since the plan was made: a synchronisation would drop more than it says";

/// Would the Provider's synchronisation drop what was still in the ACS when the plan was made?
pub(super) fn drops_more(desk: &Desk<'_>, step: &Step) -> Result<Option<Still>, FetchError> {
    let change = step.send.as_ref().map(|send| &send.change);
    if !matches!(change, Some(Change::Provider(ProviderChange::Synchronise))) {
        return Ok(None);
    }
    let list = desk.systems.sources().acs.fetch(&|_| {})?;
    let Some(now) = list.complete() else {
        let what = "the list of the ACS was not whole, so who left it is not known";
        return Err(FetchError::new(FetchErrorKind::Unavailable, what, &["try again"]));
    };
    let there: HashSet<&Untrusted> = now.records.iter().map(|device| &device.id).collect();
    let holds = desk.acs_then.iter().all(|id| there.contains(id));
    Ok((!holds).then(|| Still::Changed(LEFT_SINCE.to_owned())))
}

fn device(then: &AcsDevice, now: Option<&AcsDevice>) -> Option<String> {
    let Some(now) = now else {
        return Some(format!("the ACS no longer has the device {}", then.id));
    };
    let changed = device_changed(then, now)?;
    Some(format!("of the device {} in the ACS {changed} changed", then.id))
}

fn record(then: &ProviderRecord, now: Option<&ProviderRecord>, silent: bool) -> Option<String> {
    let id = then.device_id.as_ref().or(then.login_id.as_ref());
    let id = id.map(ToString::to_string).unwrap_or_default();
    let Some(now) = now else {
        return Some(format!("the Provider no longer has the record {id}"));
    };
    if silent && now.online == Some(true) {
        return Some(format!("the login of the record {id} is online now"));
    }
    let changed = record_changed(then, now)?;
    Some(format!("of the record {id} in the Provider {changed} changed"))
}

fn in_acs(systems: &Systems<'_>, sought: &Sought) -> Result<Option<String>, FetchError> {
    let held = systems.sources().acs.holding(sought)?;
    let one = held.first();
    Ok(one.map(|device| format!("the ACS has it again, as device {}", device.id)))
}

/// A login by that name does not hold the device; an entry that is counted does.
fn in_provider(systems: &Systems<'_>, sought: &Sought) -> Result<Option<String>, FetchError> {
    let held = systems.sources().provider.holding(sought)?;
    let one = held.iter().find(|record| record.is_counted());
    let id = |r: &ProviderRecord| r.device_id.as_ref().map(ToString::to_string).unwrap_or_default();
    Ok(one.map(|record| format!("the Provider counts it now, as entry {}", id(record))))
}
