//! Reads the list of devices, page after page, and looks for signs that it is not whole.
//!
//! The list has no total, so it is whole only where nothing speaks against it (SAFETY.md
//! section 3): pages full but the last, serials never falling and none twice, nothing after the
//! end, and the first page still the same.
//! Must not do: call a list whole; it says what speaks against it.

use std::collections::HashSet;
use std::sync::atomic::Ordering as Memory;

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::answer::{Failure, unexpected};
use crate::acs::ixc::fields::Place;
use crate::acs::ixc::page::{Page, Values};
use crate::acs::ixc::register::{Register, serial};
use crate::domain::{AcsDevice, Problem, Untrusted};
use crate::http::{Method, Reply, Request};
use crate::ports::{FetchError, Growing, Progress};

/// The most devices of one list (SAFETY.md section 4).
const DEVICES_MAX: usize = 2_000_000;

/// How many problems of a kind are listed; all are counted.
const LISTED_MAX: usize = 100;

/// Problems of one kind, listed up to a limit and counted beyond it.
#[derive(Default)]
pub(super) struct Problems {
    pub listed: Vec<Problem>,
    pub count: u64,
}

/// What is told once a page: where one row is out of place, the rest of its page mostly is too.
#[derive(Default)]
struct Seldom {
    order: bool,
    repeated: bool,
}

impl Problems {
    pub fn add(&mut self, place: String, what: impl Into<String>, value: Option<Untrusted>) {
        self.count += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push(Problem { place, what: what.into(), value });
        }
    }
}

/// The orders in which databases sort text: by bytes; without regard to case, which puts `_`
/// before or after the letters; and by letters and digits alone, as locales do.
const ORDERS: [fn(&str) -> String; 4] =
    [str::to_owned, str::to_lowercase, str::to_uppercase, |serial| {
        serial.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    }];

/// Which orders the serials so far fit, from the first to the last by one and the same.
struct Order {
    fits: [bool; ORDERS.len()],
    last: Option<[String; ORDERS.len()]>,
}

impl Default for Order {
    fn default() -> Self {
        Self { fits: [true; ORDERS.len()], last: None }
    }
}

impl Order {
    /// Takes the next serial; `false` where it fits no order any more.
    fn next(&mut self, serial: &str) -> bool {
        let next = ORDERS.map(|folded| folded(serial));
        if let Some(last) = &self.last {
            for ((fits, last), next) in self.fits.iter_mut().zip(last).zip(&next) {
                *fits &= last <= next;
            }
        }
        self.last = Some(next);
        self.fits.contains(&true)
    }
}

/// One reading of the list, from its first page to its end.
pub(super) struct Reading<'a> {
    acs: &'a IxcAcs,
    order: Order,
    /// Serials that were listed.
    pub seen: HashSet<Untrusted>,
    /// Devices, those left out that the ACS lists as removed.
    pub devices: Growing<'a, AcsDevice>,
    /// Of devices, values that could not be read.
    pub unread: Problems,
    /// Devices that the ACS lists as removed.
    pub removed: u64,
    /// Registers that were served, bad ones among them.
    pub rows: u64,
    /// Pages that were read.
    pub pages: u32,
    /// What speaks against the list as a whole.
    pub faults: Problems,
    /// Registers that identify nothing.
    pub bad: Problems,
    /// Missing devices of which the ACS says that it does not know them.
    pub gone: Vec<Untrusted>,
    first: (Vec<String>, bool),
    last: Vec<String>,
}

impl IxcAcs {
    /// A page of the list.
    pub(super) fn page_request(&self, number: u32, size: u32) -> Request {
        Request::read(Method::Get, self.devices_path.as_str())
            .query("pagination[pageSize]", size.to_string())
            .query("pagination[currentPage]", number.to_string())
            .query("sorting[sortBy]", "serialNumber")
            .query("sorting[sortOrder]", "asc")
    }

    /// Asks for a page.
    pub(super) fn page(&self, number: u32, size: u32) -> Result<Page, Failure> {
        let reply = self.ask(&self.page_request(number, size))?;
        Ok(read(&reply, &self.root)?)
    }
}

/// Reads a page out of an answer.
pub(super) fn read(reply: &Reply, root: &Place) -> Result<Page, FetchError> {
    let page = if reply.head.is_success() { Page::read(&reply.body, root) } else { None };
    page.ok_or_else(|| unexpected(reply, "list of devices"))
}

/// The serials of a page, as they came.
fn serials(rows: &[Values]) -> Vec<String> {
    rows.iter().map(|row| serial(row).unwrap_or_default().to_owned()).collect()
}

impl<'a> Reading<'a> {
    fn new(acs: &'a IxcAcs, mut devices: Growing<'a, AcsDevice>) -> Self {
        devices.reserve(acs.known.len());
        Self {
            acs,
            order: Order::default(),
            seen: HashSet::with_capacity(acs.known.len()),
            devices,
            unread: Problems::default(),
            removed: 0,
            rows: 0,
            pages: 0,
            faults: Problems::default(),
            bad: Problems::default(),
            gone: Vec::new(),
            first: (Vec::new(), false),
            last: Vec::new(),
        }
    }

    /// Reads the list; where something speaks against it, once more from its start, and then
    /// all of it that there is.
    ///
    /// # Errors
    /// Where a page can't be had.
    pub fn of(
        acs: &'a IxcAcs,
        progress: Progress<'_>,
        devices: Growing<'a, AcsDevice>,
    ) -> Result<Self, FetchError> {
        let mut reading = Self::new(acs, devices);
        reading.read(true, progress)?;
        if reading.faults.count == 0 {
            return Ok(reading);
        }
        if let Some(fault) = reading.faults.listed.first() {
            tracing::info!(place = fault.place, what = fault.what, "the list is read once more");
        }
        drop(reading);
        let mut again = Self::new(acs, Growing::alone());
        again.read(false, progress)?;
        Ok(again)
    }

    /// Reads to the end, or, where `strict`, to the first fault.
    fn read(&mut self, strict: bool, progress: Progress<'_>) -> Result<(), FetchError> {
        let mut page = self.first_page()?;
        let size = page.rows.len().max(1);
        let size = if page.has_next { size } else { self.size() as usize };
        self.first = (serials(&page.rows), page.has_next);
        loop {
            self.pages += 1;
            self.check_size(&page, size);
            let new = self.take(&page.rows);
            self.last = serials(&page.rows);
            progress(self.rows);
            if strict && self.faults.count > 0 {
                return Ok(());
            }
            if !page.has_next {
                break;
            }
            // What repeats itself has no end.
            if new == 0 || self.seen.len() > DEVICES_MAX {
                self.fault(format!("no end in sight after {} devices", self.seen.len()));
                return Ok(());
            }
            page = self.acs.page(self.pages + 1, self.size())?;
        }
        self.check_end()?;
        self.check_first()
    }

    fn size(&self) -> u32 {
        self.acs.page_size.load(Memory::Relaxed)
    }

    /// The first page. Where the server gives another number of devices than asked for, it is
    /// asked for that number from then on: a server that shortens pages but counts them as they
    /// were asked for would skip devices.
    fn first_page(&self) -> Result<Page, FetchError> {
        let page = self.acs.page(1, self.size())?;
        let given = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        if !page.has_next || given == 0 || given == self.size() {
            return Ok(page);
        }
        tracing::info!(asked = self.size(), given, "the ACS has its own size of a page");
        self.acs.page_size.store(given, Memory::Relaxed);
        self.acs.afford()?;
        Ok(self.acs.page(1, given)?)
    }

    fn fault(&mut self, what: String) {
        let place = format!("page {}", self.pages);
        self.faults.add(place, what, None);
    }

    fn check_size(&mut self, page: &Page, size: usize) {
        let rows = page.rows.len();
        if page.has_next && rows != size {
            self.fault(format!(
                "it holds {rows} devices instead of {size}, and more are to follow"
            ));
        } else if rows > size {
            self.fault(format!("it holds {rows} devices, more than the {size} of a page"));
        } else if rows == 0 && self.pages > 1 {
            self.fault("it is empty, and the page before said that more follow".to_owned());
        }
    }

    /// Takes a page's registers; how many of them were not listed before.
    fn take(&mut self, rows: &[Values]) -> usize {
        let before = self.seen.len();
        let mut seldom = Seldom::default();
        for (n, row) in (1..).zip(rows) {
            self.rows += 1;
            self.take_row(n, row, &mut seldom);
        }
        self.seen.len() - before
    }

    fn take_row(&mut self, n: usize, row: &Values, seldom: &mut Seldom) {
        let place = || format!("page {}, device {n}", self.pages);
        let Some(register) = self.acs.reader.read(row) else {
            let what = "it has no serial number: it identifies nothing";
            self.bad.add(place(), what, None);
            return;
        };
        let id = register.device.id.clone();
        if !self.order.next(id.raw()) && !std::mem::replace(&mut seldom.order, true) {
            let what = "its serial is before the one above it: the list is not in order";
            self.faults.add(place(), what, Some(id.clone()));
        }
        if !self.seen.insert(id.clone()) {
            if !std::mem::replace(&mut seldom.repeated, true) {
                self.faults.add(place(), "it was listed already", Some(id));
            }
            return;
        }
        self.add(register);
    }

    /// Adds a register that was not listed before.
    pub fn add(&mut self, Register { device, removed, unread }: Register) {
        if removed {
            self.removed += 1;
            return;
        }
        for (name, value) in unread {
            let place = format!("device {}", device.id);
            self.unread.add(place, format!("{name} can't be read"), Some(value));
        }
        self.devices.push(device, &self.acs.reader.extra_columns);
    }

    /// Does nothing follow the end? Pages out of order, and a page skipped, show here. A server
    /// that gives its last page again for every page after it is told from that by asking twice.
    fn check_end(&mut self) -> Result<(), FetchError> {
        if self.pages == 1 && self.last.is_empty() {
            return Ok(());
        }
        let beyond = self.beyond(1)?;
        let is_end = match beyond {
            None => true,
            Some(page) if page.rows.is_empty() => !page.has_next,
            Some(page) => {
                self.is_last_again(&page) && {
                    let further = self.beyond(2)?;
                    further.is_some_and(|page| self.is_last_again(&page))
                }
            }
        };
        if !is_end {
            self.fault("it was said to be the last, and something follows it".to_owned());
        }
        Ok(())
    }

    fn is_last_again(&self, page: &Page) -> bool {
        !page.has_next && serials(&page.rows) == self.last
    }

    /// A page after the last; `None` where the server says that there is none.
    fn beyond(&self, by: u32) -> Result<Option<Page>, FetchError> {
        let request = self.acs.page_request(self.pages + by, self.size());
        let reply = self.acs.ask(&request)?;
        if matches!(reply.head.status, 400 | 404 | 416 | 422) && !reply.is_html() {
            return Ok(None);
        }
        read(&reply, &self.acs.root).map(Some)
    }

    /// Is the first page still the same? Else devices came or went before its end meanwhile.
    fn check_first(&mut self) -> Result<(), FetchError> {
        let page = self.acs.page(1, self.size())?;
        if (serials(&page.rows), page.has_next) != self.first {
            let what = "it changed while the list was read: devices may have slipped between pages";
            self.faults.add("page 1".to_owned(), what, None);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_never_fall_by_one_and_the_same_order() {
        for (serials, fits) in [
            (vec!["A", "B", "C"], true),
            (vec!["A", "A"], true),
            (vec!["A", "b", "C"], true),
            (vec!["A", "C", "b"], true),
            (vec!["a", "B"], true),
            (vec!["a_", "AB", "b"], true),
            (vec!["aB", "A_", "b"], true),
            (vec!["A1", "A-2", "A3"], true),
            (vec!["A-1", "A1", "B"], true),
            (vec!["A-2", "A1", "A-1"], false),
            (vec!["B", "A"], false),
            (vec!["A", "b", "C", "a"], false),
            (vec!["A", "C", "b", "B"], false),
            (vec!["9", "10"], false),
        ] {
            let mut order = Order::default();
            let fitted = serials.iter().all(|serial| order.next(serial));
            assert_eq!(fitted, fits, "{serials:?}");
        }
    }
}
