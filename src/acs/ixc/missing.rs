//! Devices of the last complete list that this one lacks, and single devices: asked for alone.
//!
//! A row slips out of a paged list when a device before it is deleted meanwhile, so absence
//! from the list is no proof of it (IXC.md section 2).
//! Must not do: take a device for gone that the ACS did not positively say it has not.

use std::sync::atomic::Ordering;

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::answer::Failure;
use crate::acs::ixc::ask::Existence;
use crate::acs::ixc::list::{Reading, read};
use crate::acs::ixc::page::Values;
use crate::acs::ixc::register::{Register, serial};
use crate::domain::{AcsDevice, Untrusted};
use crate::ports::{FetchError, FetchErrorKind};

/// The most devices that are asked for one by one in a fetch (SAFETY.md section 3). Where more
/// are missing the list is Partial, and the next fetches ask for those that are left.
const ASKED_MAX: usize = 200;

/// The most pages of one search: its text may be part of other serials.
const SEARCH_PAGES_MAX: u32 = 5;

/// After so many failures in a row the rest is not asked for.
const FAILURES_MAX: usize = 3;

impl IxcAcs {
    /// Asks for every known device that `reading` lacks and that no earlier fetch was told is
    /// gone: those that exist are added, those of which nothing is known, and those beyond
    /// [`ASKED_MAX`], speak against the list.
    ///
    /// # Errors
    /// Where the login is refused.
    pub(super) fn ask_for_missing(&self, reading: &mut Reading<'_>) -> Result<(), FetchError> {
        let (told, missing): (Vec<&Untrusted>, Vec<&Untrusted>) = self
            .known
            .iter()
            .filter(|id| !reading.seen.contains(*id))
            .partition(|id| self.gone.contains(*id));
        let place = "devices of the last complete list";
        if !told.is_empty() {
            tracing::info!(devices = told.len(), "gone, as earlier fetches were told");
        }
        let (mut failures, mut control) = (0, None);
        for (n, id) in missing.iter().enumerate() {
            if n == ASKED_MAX {
                let what = format!(
                    "{} of them are missing, as after a mass exclusion; {ASKED_MAX} a run are \
                     asked for by themselves; run again: {} are left",
                    told.len() + missing.len(),
                    missing.len() - n
                );
                reading.faults.add(place.to_owned(), what, None);
                break;
            }
            match self.found_alone(id, reading, &mut control) {
                Ok(()) => failures = 0,
                Err(failure) if failure.ends_the_run() => return Err(failure.error),
                Err(Failure { error, .. }) => {
                    failures += 1;
                    let place = "a device that is missing".to_owned();
                    reading.faults.add(place, error.what, Some((*id).clone()));
                }
            }
            if failures == FAILURES_MAX && n + 1 < missing.len() {
                let what = format!("{} that are missing were not asked for", missing.len() - n - 1);
                reading.faults.add(place.to_owned(), what, None);
                break;
            }
        }
        Ok(())
    }

    /// Asks for one missing device. `control`: does the ACS know a device that it just listed?
    /// If not, its "unknown" means nothing.
    fn found_alone(
        &self,
        id: &Untrusted,
        reading: &mut Reading<'_>,
        control: &mut Option<bool>,
    ) -> Result<(), Failure> {
        match self.existence(id.raw())? {
            Existence::Unknown(what) => Err(unavailable(what)),
            Existence::Gone => {
                let sure = match (*control, reading.seen.iter().next()) {
                    (Some(sure), _) => sure,
                    (None, None) => false,
                    (None, Some(listed)) => self.existence(listed.raw())? == Existence::Exists,
                };
                *control = Some(sure);
                let what = "the ACS says that it does not know it, and says the same of a device \
                            that it lists";
                if !sure {
                    return Err(unavailable(what.to_owned()));
                }
                reading.gone.push(id.clone());
                Ok(())
            }
            Existence::Exists => {
                let Some(register) = self.search(id)? else {
                    let what = "the ACS knows it, and does not list it";
                    return Err(unavailable(what.to_owned()));
                };
                tracing::info!(device = %last_four(id), "a device slipped out of the list");
                reading.seen.insert(id.clone());
                reading.rows += 1;
                reading.add(register);
                Ok(())
            }
        }
    }

    /// Reads one device. `None` only where the ACS does not know the serial and does not list
    /// it, or lists it as removed.
    ///
    /// # Errors
    /// Where the ACS says neither.
    pub(super) fn fetch_one(&self, id: &Untrusted) -> Result<Option<AcsDevice>, FetchError> {
        self.client.begin_fetch();
        let existence = self.existence(id.raw())?;
        if let Existence::Unknown(what) = existence {
            return Err(unavailable(what).error);
        }
        match (self.search(id)?, existence) {
            (Some(register), _) if register.removed => Ok(None),
            (Some(register), _) => Ok(Some(register.device)),
            (None, Existence::Gone) => Ok(None),
            (None, _) => {
                let what = format!("the ACS knows device {} and does not list it", last_four(id));
                Err(unavailable(what).error)
            }
        }
    }

    /// The register with exactly this serial.
    fn search(&self, id: &Untrusted) -> Result<Option<Register>, Failure> {
        let is_it = |row: &Values| serial(row) == Some(id.raw());
        for number in 1..=SEARCH_PAGES_MAX {
            let size = self.page_size.load(Ordering::Relaxed);
            let request = self
                .page_request(number, size)
                .query("search[column]", "serialNumber")
                .query("search[search]", id.raw());
            let page = read(&self.ask(&request)?, &self.root)?;
            if let Some(row) = page.rows.iter().find(|row| is_it(row)) {
                return Ok(self.reader.read(row));
            }
            if !page.has_next {
                return Ok(None);
            }
        }
        let what = format!("the search for device {} finds too many others", last_four(id));
        Err(unavailable(what))
    }
}

/// A serial as messages and logs show it (SAFETY.md section 5).
pub(super) fn last_four(id: &Untrusted) -> String {
    let chars: Vec<char> = id.raw().chars().collect();
    let last: String = chars.iter().skip(chars.len().saturating_sub(4)).collect();
    format!("…{}", Untrusted::new(&last))
}

fn unavailable(what: String) -> Failure {
    let hints = ["read the list again; if it stays so, look into the ACS's log"];
    FetchError::new(FetchErrorKind::Unavailable, what, &hints).into()
}
