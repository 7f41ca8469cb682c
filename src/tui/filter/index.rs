//! The words of every finding of a run, folded, in one string: what a filter looks through.
//!
//! Made once a run, away from the screen; a record costs about 150 bytes.
//! Must not do: hold a person. Names, documents, phones and personal columns are no words.

use std::fmt;
use std::sync::OnceLock;

use memchr::memmem::Finder;

use crate::domain::identity::{Shape, classify};
use crate::domain::personal::{is_personal, shown_extra};
use crate::domain::sought::hex_form;
use crate::domain::{Extra, MacAddr, Serial, Untrusted};
use crate::engine::{Finding, Reconciliation};
use crate::tui::filter::folded;

/// Between two words: nothing that is looked for holds one.
const BETWEEN: char = '\n';

/// The words of a run's findings, once they were needed.
#[derive(Default)]
pub struct Index {
    made: OnceLock<Haystacks>,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.made.get().map(|made| made.rows.len());
        f.debug_struct("Index").field("rows", &rows).finish()
    }
}

impl Index {
    /// The words of the findings; of which run, whoever holds the index knows.
    pub(super) fn of(&self, answer: &Reconciliation) -> &Haystacks {
        self.made.get_or_init(|| Haystacks::new(answer))
    }
}

/// Words of one kind stand together, so that a filter by a field needs nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Serials,
    Logins,
    Macs,
    Models,
}

/// Where a finding's words are.
#[derive(Clone, Copy)]
struct Row {
    start: usize,
    /// Where each section ends, from the start; what follows is all the rest.
    ends: [u32; 4],
}

/// Words of findings, one after the other.
pub(super) struct Haystacks {
    text: String,
    rows: Vec<Row>,
}

impl Haystacks {
    fn new(answer: &Reconciliation) -> Self {
        let rows = answer.findings.len();
        let mut all =
            Self { text: String::with_capacity(rows * 150), rows: Vec::with_capacity(rows) };
        for finding in &answer.findings {
            all.finding(finding, answer);
        }
        all
    }

    /// All words of a finding.
    pub(super) fn row(&self, place: u32) -> &str {
        let at = place as usize;
        let Some(row) = self.rows.get(at) else { return "" };
        let end = self.rows.get(at + 1).map_or(self.text.len(), |next| next.start);
        &self.text[row.start..end]
    }

    /// Its serials and logins: what a fuzzy word looks through.
    pub(super) fn key(&self, place: u32) -> &str {
        let Some(row) = self.rows.get(place as usize) else { return "" };
        &self.text[row.start..row.start + row.ends[Section::Logins as usize] as usize]
    }

    /// Its words of one kind.
    pub(super) fn section(&self, place: u32, section: Section) -> &str {
        let Some(row) = self.rows.get(place as usize) else { return "" };
        let at = section as usize;
        let from = at.checked_sub(1).map_or(0, |before| row.ends[before]);
        &self.text[row.start + from as usize..row.start + row.ends[at] as usize]
    }

    /// The findings that have these bytes somewhere, in their order: one pass over everything.
    pub(super) fn scan(&self, finder: &Finder<'_>) -> Vec<u32> {
        let (text, mut found, mut row, mut from) = (self.text.as_bytes(), Vec::new(), 0, 0);
        while let Some(at) = finder.find(&text[from..]) {
            let at = from + at;
            // The next one is seldom far: a step or two, then by halves.
            let ahead = self.rows[row..].partition_point(|other| other.start <= at);
            row += ahead.saturating_sub(1);
            found.extend(u32::try_from(row));
            let Some(next) = self.rows.get(row + 1) else { break };
            (row, from) = (row + 1, next.start);
        }
        found
    }

    fn finding(&mut self, finding: &Finding, answer: &Reconciliation) {
        let start = self.text.len();
        let (acs, provider) = (&finding.acs, &finding.provider);
        let serials = acs.iter().filter_map(|a| a.serial.as_ref());
        let serials = serials.chain(provider.iter().filter_map(|p| p.serial.as_ref()));
        serials.for_each(|serial| self.identity(start, serial));
        let logins = self.text.len();
        let names = acs.iter().filter_map(|a| a.pppoe_login.as_ref());
        let names = names.chain(provider.iter().filter_map(|p| p.login.as_ref()));
        names.for_each(|login| self.word(logins, login.raw()));
        let macs = self.text.len();
        let all = acs.iter().flat_map(|a| &a.macs);
        let all = all.chain(provider.iter().filter_map(|p| p.mac.as_ref()));
        all.for_each(|mac| self.identity(macs, mac));
        let models = self.text.len();
        let all = acs.iter().filter_map(|a| a.model.as_ref());
        let all = all.chain(provider.iter().filter_map(|p| p.model.as_ref()));
        all.for_each(|model| self.word(models, model.raw()));
        let ends = [logins, macs, models, self.text.len()]
            .map(|end| u32::try_from(end - start).unwrap_or(u32::MAX));
        self.rows.push(Row { start, ends });
        self.others(start, finding);
        for device in acs {
            self.extra(start, &device.extra, &answer.acs.extra_columns);
        }
        for record in provider {
            self.extra(start, &record.extra, &answer.provider.extra_columns);
        }
        for candidate in &finding.candidates {
            self.words(start, [candidate.login.as_ref(), candidate.login_id.as_ref()]);
        }
        self.word(start, finding.cause.wire());
        self.word(start, &finding.id);
    }

    fn others(&mut self, start: usize, finding: &Finding) {
        for a in &finding.acs {
            let more = [&a.firmware, &a.wan_ip, &a.manufacturer, &a.product_class];
            self.words(start, more.map(Option::as_ref));
            self.words(start, [Some(&a.id), a.oui.as_ref(), a.provider_device_id.as_ref()]);
            for tag in &a.tags {
                self.word(start, &crate::domain::subscriber::scrub(tag.raw()));
            }
        }
        for p in &finding.provider {
            let ids = [&p.device_id, &p.login_id, &p.customer_id, &p.contract_id, &p.acs_id];
            self.words(start, ids.map(Option::as_ref));
            self.words(start, [p.wan_ip.as_ref()]);
        }
    }

    fn extra(&mut self, start: usize, extra: &Extra, columns: &[Box<str>]) {
        for (column, value) in extra {
            let name = columns.get(usize::from(*column)).map_or("", |name| name);
            if !is_personal(name) {
                self.word(start, &shown_extra(name, value.raw()));
            }
        }
    }

    /// As it was written, and as every spelling of it is kept: a GPON serial in letters and in
    /// hex, a MAC without separators.
    fn identity(&mut self, start: usize, value: &Untrusted) {
        match classify(value.raw()) {
            Shape::Blank => self.word(start, value.raw()),
            Shape::Mac(mac) => self.mac(start, mac),
            Shape::Serial(serial) => self.serial(start, &serial),
            Shape::Either(serial, mac) => {
                self.serial(start, &serial);
                self.mac(start, mac);
            }
        }
        self.word(start, value.raw());
    }

    fn serial(&mut self, start: usize, serial: &Serial) {
        self.word(start, serial.as_str());
        if serial.is_gpon() {
            self.word(start, &hex_form(serial));
        }
    }

    fn mac(&mut self, start: usize, mac: MacAddr) {
        self.word(start, &format!("{:012x}", mac.as_u64()));
    }

    fn words<const N: usize>(&mut self, start: usize, values: [Option<&Untrusted>; N]) {
        values.into_iter().flatten().for_each(|value| self.word(start, value.raw()));
    }

    /// Adds a word, unless it is there since `start`: both systems mostly say the same.
    fn word(&mut self, start: usize, raw: &str) {
        let from = self.text.len();
        if raw.is_ascii() {
            self.text.extend(raw.bytes().map(|b| char::from(b.to_ascii_lowercase())));
        } else {
            self.text.push_str(&folded(raw));
        }
        let (before, word) = self.text[start..].split_at(from - start);
        if word.is_empty() || before.contains(word) {
            return self.text.truncate(from);
        }
        if word.contains(BETWEEN) {
            let plain = word.replace(BETWEEN, " ");
            self.text.truncate(from);
            self.text.push_str(&plain);
        }
        self.text.push(BETWEEN);
    }
}
