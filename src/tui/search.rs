//! The search for devices: what was typed last, what was found, and where the cursor is.
//!
//! Must not do: note what was typed anywhere; it may be somebody's number.

use std::collections::HashMap;
use std::fmt;

use crate::app::search::{FoundDevice, SearchAnswer};
use crate::domain::{AcsDevice, ProviderRecord, Untrusted};
use crate::engine::{Cause, Finding};
use crate::tui::widgets::window::Window;

/// Devices of one answer.
pub const MOST: usize = 50;

/// What is searched for.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// As it was typed.
    pub typed: String,
    /// In both systems themselves?
    pub live: bool,
}

impl fmt::Debug for Asked {
    /// Not what was typed: jobs are told by `Debug`, and it may be somebody's number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.typed.chars().count();
        write!(f, "Asked({letters} characters, live: {})", self.live)
    }
}

/// What a search found.
#[derive(Debug)]
pub struct Found {
    /// What was searched for.
    pub asked: Asked,
    /// What was found.
    pub answer: SearchAnswer,
    /// The finding of each device in the newest run, where it has one.
    pub findings: Vec<Option<(String, Cause)>>,
    /// Was there a run to look for findings in? Without one nobody knows whether both agree.
    pub compared: bool,
}

/// What the search shows.
#[derive(Debug, Default)]
pub struct State {
    /// The last answer.
    pub found: Option<Found>,
    /// The device under the cursor.
    pub window: Window,
    /// Is one device shown alone, and from which line?
    pub alone: Option<usize>,
}

impl State {
    /// The device under the cursor, and its finding.
    #[must_use]
    pub fn chosen(&self) -> Option<(&FoundDevice, Option<&(String, Cause)>)> {
        let found = self.found.as_ref()?;
        let device = found.answer.devices.get(self.window.at)?;
        Some((device, found.findings.get(self.window.at).and_then(Option::as_ref)))
    }

    /// How many devices there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.answer.devices.len())
    }
}

/// The finding of each device: the one that holds one of its records.
#[must_use]
pub fn findings_of(devices: &[FoundDevice], findings: &[Finding]) -> Vec<Option<(String, Cause)>> {
    let mut wanted: HashMap<Name<'_>, Vec<usize>> = HashMap::new();
    for (at, device) in devices.iter().enumerate() {
        let acs = device.acs.iter().map(acs_name);
        for name in acs.chain(device.provider.iter().flat_map(provider_names)) {
            wanted.entry(name).or_default().push(at);
        }
    }
    let mut of = vec![None; devices.len()];
    for finding in findings {
        let acs = finding.acs.iter().map(acs_name);
        for name in acs.chain(finding.provider.iter().flat_map(provider_names)) {
            for at in wanted.get(&name).into_iter().flatten() {
                of[*at].get_or_insert_with(|| (finding.id.clone(), finding.cause));
            }
        }
    }
    of
}

/// What one record is known by.
#[derive(PartialEq, Eq, Hash)]
enum Name<'a> {
    Acs(&'a Untrusted),
    Entry(&'a Untrusted),
    Login(&'a Untrusted),
}

fn acs_name(device: &AcsDevice) -> Name<'_> {
    Name::Acs(&device.id)
}

fn provider_names(record: &ProviderRecord) -> impl Iterator<Item = Name<'_>> {
    let entry = record.device_id.iter().map(Name::Entry);
    // A login may have several entries: it names the row only where there is none.
    let login = record.login_id.iter().filter(|_| record.device_id.is_none());
    entry.chain(login.map(Name::Login))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MatchedOn;
    use crate::engine::testing::{device, entry, finding};

    #[test]
    fn what_was_typed_is_in_no_debug_text() {
        let asked = Asked { typed: "123.456.789-00".to_owned(), live: true };
        assert_eq!(format!("{asked:?}"), "Asked(14 characters, live: true)");
    }

    #[test]
    fn a_finding_belongs_to_the_devices_whose_records_it_holds() {
        let found = |acs: Option<&str>, provider: Option<&str>| FoundDevice {
            acs: acs.map(|id| AcsDevice { id: Untrusted::new(id), ..AcsDevice::default() }),
            provider: provider.map(|id| ProviderRecord {
                device_id: Untrusted::present(id),
                login_id: Untrusted::present("7"),
                ..ProviderRecord::default()
            }),
            matched_on: MatchedOn::Serial,
        };
        let findings = [
            finding(1, Cause::UnlinkedLogin, Some(device(1)), None),
            finding(2, Cause::PendingPurge, None, Some(entry(2))),
        ];
        let devices =
            [found(Some("a1"), None), found(None, Some("2")), found(Some("a9"), Some("9"))];
        let of = findings_of(&devices, &findings);
        let causes: Vec<_> = of.iter().map(|f| f.as_ref().map(|(_, cause)| *cause)).collect();
        assert_eq!(causes, [Some(Cause::UnlinkedLogin), Some(Cause::PendingPurge), None]);
    }
}
