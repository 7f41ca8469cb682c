//! Searches the ACS itself, by what somebody typed: serials and logins, which are the columns that
//! it can be asked for (IXC.md section 2).
//!
//! Must not do: hand out what the query does not match, whatever the ACS answers; or put what was
//! typed into an error.

use std::sync::atomic::Ordering;

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::list::read;
use crate::acs::sought::texts;
use crate::domain::identity::{Shape, classify};
use crate::domain::{AcsDevice, MatchedOn, Query};
use crate::ports::{FetchError, Found};

/// The most pages of one search: its text may be part of many.
const PAGES_MAX: u32 = 5;

impl IxcAcs {
    /// Devices that match, as far as the ACS can be asked.
    pub(super) fn search_for_query(
        &self,
        query: &Query,
        most: usize,
    ) -> Result<Found<AcsDevice>, FetchError> {
        let mut found = Found::default();
        // It knows no persons, and need not be told of one.
        if query.is_written_as_a_persons() {
            return Ok(found);
        }
        self.client.begin_fetch();
        let texts = texts(query);
        for text in &texts.serials {
            self.pages_of(("serialNumber", text), query, most, &mut found)?;
        }
        for text in &texts.logins {
            self.pages_of(("connection.pppoeLogin", text), query, most, &mut found)?;
        }
        match classify(query.raw()) {
            Shape::Mac(_) | Shape::Either(..) => found.not_asked.push(MatchedOn::Mac),
            // What has no digit is somebody's name, and no model's.
            Shape::Serial(_) if query.raw().contains(|c: char| c.is_ascii_digit()) => {
                found.not_asked.push(MatchedOn::Model);
            }
            Shape::Serial(_) | Shape::Blank => {}
        }
        Ok(found)
    }

    fn pages_of(
        &self,
        (column, text): (&str, &str),
        query: &Query,
        most: usize,
        found: &mut Found<AcsDevice>,
    ) -> Result<(), FetchError> {
        for number in 1..=PAGES_MAX {
            let size = self.page_size.load(Ordering::Relaxed);
            let request = self
                .page_request(number, size)
                .query("search[column]", column)
                .query("search[search]", text);
            let page = read(&self.ask(&request)?, &self.root)?;
            let registers = page.rows.iter().filter_map(|row| self.reader.read(row));
            for register in registers.filter(|register| !register.removed) {
                found.add(register.device, |device| query.matches_device(device), most);
            }
            if !page.has_next || found.records.len() >= most {
                found.more |= page.has_next;
                return Ok(());
            }
        }
        found.more = true;
        Ok(())
    }
}
