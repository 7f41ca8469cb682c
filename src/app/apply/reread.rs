//! Reads both sides again just before a step is sent: is everything still as the plan relied on?
//!
//! Must not do: take an error, or silence, for an answer. "Not found" is what a source says
//! positively (I6).

use crate::app::apply::systems::Systems;
use crate::domain::{AcsDevice, ProviderRecord, Sought};
use crate::engine::plan::Expect;
use crate::engine::plan::expect::{device_changed, key_of, record_changed};
use crate::ports::FetchError;

/// What a re-read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Still {
    /// As expected.
    Holds,
    /// Not any more; in words, safe to show.
    Changed(String),
}

/// Reads everything that the step rests on. `person`: somebody confirmed that a login is online.
pub(super) fn reread(
    systems: &Systems<'_>,
    expect: &Expect,
    person: bool,
) -> Result<Still, FetchError> {
    let sources = systems.sources();
    for then in &expect.acs {
        if let Some(changed) = device(then, sources.acs.device(&then.id)?.as_ref()) {
            return Ok(Still::Changed(changed));
        }
    }
    for then in &expect.provider {
        let Some(key) = key_of(then) else {
            return Ok(Still::Changed("the record has no id to be read again by".to_owned()));
        };
        let now = sources.provider.record(&key)?;
        if let Some(changed) = record(then, now.as_ref(), expect.offline && !person) {
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

fn device(then: &AcsDevice, now: Option<&AcsDevice>) -> Option<String> {
    let Some(now) = now else {
        return Some(format!("the ACS no longer has the device {}", then.id));
    };
    let changed = device_changed(then, now)?;
    Some(format!("of the device {} in the ACS {changed} changed", then.id))
}

fn record(then: &ProviderRecord, now: Option<&ProviderRecord>, offline: bool) -> Option<String> {
    let id = then.device_id.as_ref().or(then.login_id.as_ref());
    let id = id.map(ToString::to_string).unwrap_or_default();
    let Some(now) = now else {
        return Some(format!("the Provider no longer has the record {id}"));
    };
    if offline && now.online == Some(true) {
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
