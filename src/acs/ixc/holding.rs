//! Looks for devices by their identities: serial and login, each as it is spelled.
//!
//! The ACS searches for text anywhere in a column, so what it finds is compared again; and a
//! serial of which it finds nothing is asked for by itself, so that a search that does not work
//! is no proof (IXC.md section 2).
//! Must not do: take "not asked for" for "has none".

use std::sync::atomic::Ordering;

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::ask::Existence;
use crate::acs::ixc::list::read;
use crate::acs::ixc::register::serial;
use crate::acs::sought::{Identities, as_serials, logins};
use crate::domain::text::visible;
use crate::domain::{AcsDevice, Untrusted};
use crate::ports::{FetchError, FetchErrorKind, Sought};

/// The most pages of one search: its text may be part of others.
const PAGES_MAX: u32 = 5;

impl IxcAcs {
    /// The devices that carry any of the identities, those left out that the ACS lists as
    /// removed.
    pub(super) fn find(&self, sought: &Sought) -> Result<Vec<AcsDevice>, FetchError> {
        let wanted = Identities::of(sought)?;
        self.client.begin_fetch();
        let mut found: Vec<AcsDevice> = Vec::new();
        let mut unlisted = Vec::new();
        for text in as_serials(sought) {
            if !self.search_for("serialNumber", &text, &wanted, &mut found)? {
                unlisted.push(text);
            }
        }
        for text in logins(sought) {
            self.search_for("connection.pppoeLogin", &text, &wanted, &mut found)?;
        }
        if found.is_empty() {
            unlisted.iter().try_for_each(|text| self.is_unknown(text))?;
            if sought.serials.is_empty() && sought.logins.is_empty() {
                let what = "the ACS can't be searched by MAC, and there is no serial or login";
                let hints = ["look for the device in the ACS by hand"];
                return Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints));
            }
        }
        Ok(found)
    }

    /// Adds what a search finds; was the serial `text` itself listed?
    fn search_for(
        &self,
        column: &str,
        text: &str,
        wanted: &Identities,
        found: &mut Vec<AcsDevice>,
    ) -> Result<bool, FetchError> {
        let mut is_listed = false;
        for number in 1..=PAGES_MAX {
            let size = self.page_size.load(Ordering::Relaxed);
            let request = self
                .page_request(number, size)
                .query("search[column]", column)
                .query("search[search]", text);
            let page = read(&self.ask(&request)?, &self.root)?;
            is_listed |= page.rows.iter().any(|row| serial(row) == Some(text));
            let registers = page.rows.iter().filter_map(|row| self.reader.read(row));
            for register in registers.filter(|register| !register.removed) {
                let device = register.device;
                if wanted.are_of(&device) && !found.iter().any(|known| known.id == device.id) {
                    found.push(device);
                }
            }
            if !page.has_next {
                return Ok(is_listed);
            }
        }
        let what = format!(
            "the ACS's search for {} finds more than {PAGES_MAX} pages of devices",
            visible(text)
        );
        let hints = ["it identifies nobody: look for the device in the ACS by hand"];
        Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints))
    }

    /// A serial that the search does not find is one that the ACS does not know.
    fn is_unknown(&self, serial: &str) -> Result<(), FetchError> {
        let shown = Untrusted::new(serial);
        let what = match self.existence(serial)? {
            Existence::Gone => return Ok(()),
            Existence::Exists => format!("the ACS knows device {shown} and does not list it"),
            Existence::Unknown(what) => what,
        };
        let hints = ["nothing is concluded from such an answer; look into the ACS's log"];
        Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints))
    }
}
