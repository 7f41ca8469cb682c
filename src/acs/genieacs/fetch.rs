//! Reads all devices in one stream, and one device again; says whether anything is missing.
//!
//! Must not do: call a list complete without its last chunk, its `]`, a count that agrees and
//! ids that are all different (SAFETY.md section 3).

use std::collections::HashSet;

use jiff::Timestamp;

use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::answer::{UNFINISHED, failed};
use crate::acs::genieacs::device::{self, Unread};
use crate::acs::genieacs::list::{Broken, Piece, Splitter};
use crate::acs::genieacs::record::Values;
use crate::domain::{AcsDevice, AnySnapshot, Problem, SnapshotMeta, Untrusted};
use crate::http::{Head, Method, Reply, Request, Stream, Trouble};
use crate::ports::{FetchError, FetchErrorKind, Growing, Progress};

/// The most rows of a list (SAFETY.md section 4).
const ROWS_MAX: u64 = 2_000_000;

/// How many rows pass between two words of progress.
const PROGRESS_EVERY: u64 = 500;

/// How many problems of a kind are listed; all are counted.
const LISTED_MAX: usize = 100;

/// How much of an answer is kept to be shown where it is no list.
const START_MAX: usize = 512;

/// What is known of a list besides its records.
#[derive(Debug, Default)]
pub(super) struct Problems {
    bad: Vec<Problem>,
    bad_count: u64,
    unparsed: Vec<Problem>,
    unparsed_count: u64,
}

impl Problems {
    fn bad(&mut self, place: String, what: impl Into<String>, value: Option<Untrusted>) {
        self.bad_count += 1;
        if self.bad.len() < LISTED_MAX {
            self.bad.push(Problem { place, what: what.into(), value });
        }
    }

    fn unparsed(&mut self, place: String, what: impl Into<String>, value: Option<Untrusted>) {
        self.unparsed_count += 1;
        if self.unparsed.len() < LISTED_MAX {
            self.unparsed.push(Problem { place, what: what.into(), value });
        }
    }
}

/// Reads records one after the other.
pub(super) struct Reading<'g> {
    acs: &'g GenieAcs,
    values: Values,
    unread: Unread,
    /// Records that were served, bad ones among them.
    rows: u64,
    records: Growing<'g, AcsDevice>,
    problems: Problems,
}

impl<'g> Reading<'g> {
    pub(super) fn new(acs: &'g GenieAcs, records: Growing<'g, AcsDevice>) -> Self {
        Self {
            acs,
            values: Values::default(),
            unread: Vec::new(),
            rows: 0,
            records,
            problems: Problems::default(),
        }
    }

    /// Takes a piece of the list; `false` where it was perhaps none and can't be read.
    pub(super) fn take(&mut self, piece: Piece<'_>) -> bool {
        let read = match piece {
            Piece::Record(bytes) | Piece::Maybe(bytes) => self.values.read(bytes, &self.acs.paths),
            Piece::Bad(why) => Err(why.to_owned()),
        };
        if read.is_err() && matches!(piece, Piece::Maybe(_)) {
            return false;
        }
        self.rows += 1;
        match read {
            Ok(()) => self.record(),
            Err(why) => self.problems.bad(format!("record {}", self.rows), why, None),
        }
        true
    }

    fn record(&mut self) {
        let device = device::device(&mut self.values, &self.acs.paths, &mut self.unread);
        let Some(device) = device else { return };
        for (name, value) in self.unread.drain(..) {
            let place = format!("device {}", device.id);
            self.problems.unparsed(place, format!("{name} is no time"), Some(value));
        }
        if self.values.too_many {
            let place = format!("device {}", device.id);
            self.problems.unparsed(place, "it has more values than are read", None);
        }
        self.records.push(device, &[]);
    }

    /// What is no list, or not one any more.
    fn push(&mut self, splitter: &mut Splitter, bytes: &[u8]) -> Result<(), Broken> {
        splitter.push(bytes, &mut |piece| self.take(piece))
    }
}

/// How reading a list ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// With its last chunk and its `]`.
    Whole,
    /// Earlier, and another try may help.
    Cut(String),
    /// Earlier, and another try would not help.
    Stopped(String),
}

/// One reading of the list.
struct Listing<'f> {
    records: Growing<'f, AcsDevice>,
    rows: u64,
    problems: Problems,
    end: End,
    total: Option<u64>,
    /// Neither its head nor a later one told how many there are: another list would not either.
    uncounted: bool,
    date: Option<Timestamp>,
}

/// What speaks against a list.
struct Doubt {
    place: &'static str,
    what: String,
    value: Option<Untrusted>,
}

impl GenieAcs {
    /// Reads the list, once more where something was missing, and says what still is.
    pub(super) fn fetch_all(
        &self,
        progress: Progress<'_>,
        devices: Growing<'_, AcsDevice>,
    ) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        self.client.begin_fetch();
        let mut first = self.list(progress, devices)?;
        let doubts = self.doubts(&mut first);
        if doubts.is_empty() || matches!(first.end, End::Stopped(_)) || first.uncounted {
            return Ok(self.snapshot(first, doubts));
        }
        // The first list is still something where the second one can't be had at all, or is worse.
        let Ok(mut second) = self.list(progress, Growing::alone()) else {
            return Ok(self.snapshot(first, doubts));
        };
        let doubts_again = self.doubts(&mut second);
        let worth = |list: &Listing<'_>| (list.end == End::Whole, list.records.records().len());
        if doubts_again.is_empty() || worth(&second) >= worth(&first) {
            return Ok(self.snapshot(second, doubts_again));
        }
        Ok(self.snapshot(first, doubts))
    }

    /// Reads the list once.
    ///
    /// # Errors
    /// Where nothing of it could be read.
    fn list<'l>(
        &'l self,
        progress: Progress<'_>,
        devices: Growing<'l, AcsDevice>,
    ) -> Result<Listing<'l>, FetchError> {
        let request = self.all();
        let mut stream = self.client.stream(&request).map_err(failed)?;
        if stream.head.status != 200 {
            let start = start_of(&mut stream);
            return Err(self.refused(&stream.head, &start));
        }
        let mut reading = Reading::new(self, devices);
        let end = self.read_stream(&mut stream, &mut reading, progress)?;
        progress(reading.rows);
        Ok(Listing {
            records: reading.records,
            rows: reading.rows,
            problems: reading.problems,
            end,
            total: total(&stream.head),
            uncounted: false,
            date: stream.head.date,
        })
    }

    fn read_stream(
        &self,
        stream: &mut Stream<'_>,
        reading: &mut Reading<'_>,
        progress: Progress<'_>,
    ) -> Result<End, FetchError> {
        let mut splitter = Splitter::new();
        let mut told = 0;
        loop {
            let chunk = match stream.next() {
                Ok(Some(chunk)) => chunk,
                Ok(None) if splitter.is_closed() => return Ok(End::Whole),
                Ok(None) if reading.rows > 0 => return Ok(End::Cut(UNFINISHED.to_owned())),
                Ok(None) => return Err(self.unfinished(splitter.has_begun())),
                Err(error) if reading.rows == 0 => return Err(failed(error)),
                Err(error) => {
                    let again =
                        matches!(error.trouble, Trouble::Cut | Trouble::Timeout | Trouble::Garbled);
                    let what = format!("broke off: {}", error.what);
                    return Ok(if again { End::Cut(what) } else { End::Stopped(what) });
                }
            };
            if let Err(broken) = reading.push(&mut splitter, &chunk) {
                let start = &chunk[..chunk.len().min(START_MAX)];
                let error = self.broken(&broken, start);
                return if reading.rows == 0 { Err(error) } else { Ok(End::Cut(error.what)) };
            }
            if reading.rows > ROWS_MAX {
                return Ok(End::Stopped("has more than 2,000,000 records".to_owned()));
            }
            if reading.rows >= told + PROGRESS_EVERY {
                told = reading.rows;
                progress(told);
            }
        }
    }

    /// What speaks against this list, besides bad records; drops a device listed twice.
    fn doubts(&self, list: &mut Listing<'_>) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if let End::Cut(what) | End::Stopped(what) = &list.end {
            let what = format!("the list {what}, after {} records", list.rows);
            doubts.push(Doubt { place: "the end of the list", what, value: None });
        }
        for id in drop_repeated(&mut list.records) {
            let what = "the device is listed twice".to_owned();
            doubts.push(Doubt { place: "the list", what, value: Some(id) });
        }
        if list.end == End::Whole && list.total != Some(list.rows) {
            doubts.extend(self.count_again(list));
        }
        doubts
    }

    /// The header's `total` is counted before the list is read, so devices that come or go
    /// meanwhile make it wrong: it is asked for once more.
    fn count_again(&self, list: &mut Listing<'_>) -> Option<Doubt> {
        let request = self.read(Method::Head);
        let head = self.client.send(&request).ok().map(|reply| reply.head);
        let head = head.filter(|head| head.status == 200);
        let after = head.as_ref().and_then(total);
        list.date = head.and_then(|head| head.date).or(list.date);
        if after == Some(list.rows) {
            return None;
        }
        list.uncounted = list.total.is_none() && after.is_none();
        let told = |total: Option<u64>| total.map_or("none".to_owned(), |n| n.to_string());
        let what = format!(
            "{} records were read; the `total` sent before them is {}, the one asked for after \
             them {}",
            list.rows,
            told(list.total),
            told(after)
        );
        Some(Doubt { place: "the count of devices", what, value: None })
    }

    fn snapshot(&self, list: Listing<'_>, doubts: Vec<Doubt>) -> AnySnapshot<AcsDevice> {
        let Listing { records, mut problems, date, .. } = list;
        for Doubt { place, what, value } in doubts {
            problems.bad(place.to_owned(), what, value);
        }
        let mut meta = SnapshotMeta::at(date.unwrap_or_else(|| self.now()));
        if date.is_none() {
            let remark =
                "GenieACS sent no readable Date; its list is dated by this machine's clock";
            meta.remarks.push(remark.to_owned());
        }
        let Problems { bad, bad_count, unparsed, unparsed_count } = problems;
        let meta = SnapshotMeta { unparsed, unparsed_count, bad, bad_count, ..meta };
        records.snapshot(meta)
    }

    /// Reads one device again.
    pub(super) fn fetch_one(&self, id: &Untrusted) -> Result<Option<AcsDevice>, FetchError> {
        self.look_at(id).map(|(device, _)| device)
    }

    /// Reads one device again, and the time of the answer by the source's clock.
    pub(super) fn look_at(
        &self,
        id: &Untrusted,
    ) -> Result<(Option<AcsDevice>, Option<Timestamp>), FetchError> {
        let request = self.one(id)?;
        self.client.begin_fetch();
        let (mut records, head) = self.short_list(&request, &format!("device {id}"))?;
        let odd = |what: String| odd(&format!("device {id}"), &what);
        let device = records.pop();
        if !records.is_empty() {
            return Err(odd(format!("GenieACS sent {} devices", records.len() + 1)));
        }
        match device {
            Some(device) if device.id != *id => {
                Err(odd(format!("GenieACS sent another one, {}", device.id)))
            }
            device => Ok((device, head.date)),
        }
    }

    /// Asks for a list that is short; none of it only where the NBI counts none.
    ///
    /// # Errors
    /// Where the answer is no whole list, or one that contradicts itself.
    pub(super) fn short_list(
        &self,
        request: &Request,
        of: &str,
    ) -> Result<(Vec<AcsDevice>, Head), FetchError> {
        let reply = self.client.send(request).map_err(failed)?;
        let reading = self.read_whole(&reply)?;
        if let Some(bad) = reading.problems.bad.first() {
            let what = format!("GenieACS sent a record that can't be used: {}", bad.what);
            return Err(odd(of, &what));
        }
        match total(&reply.head) {
            Some(n) if n > 0 && reading.records.records().is_empty() => {
                Err(odd(of, &format!("GenieACS counts {n} and sends none")))
            }
            _ => Ok((reading.records.into_records(), reply.head)),
        }
    }

    /// Reads a short list that came whole.
    ///
    /// # Errors
    /// Where the answer is no whole list.
    pub(super) fn read_whole(&self, reply: &Reply) -> Result<Reading<'_>, FetchError> {
        let start = &reply.body[..reply.body.len().min(START_MAX)];
        if reply.head.status != 200 {
            return Err(self.refused(&reply.head, start));
        }
        let (mut splitter, mut reading) = (Splitter::new(), Reading::new(self, Growing::alone()));
        let pushed = reading.push(&mut splitter, &reply.body);
        pushed.map_err(|broken| self.broken(&broken, start))?;
        if splitter.is_closed() { Ok(reading) } else { Err(self.unfinished(splitter.has_begun())) }
    }
}

fn odd(asked_for: &str, what: &str) -> FetchError {
    let what = format!("asked for {asked_for}, {what}");
    let hints = ["nothing is concluded from such an answer; look at the device in GenieACS"];
    FetchError::new(FetchErrorKind::Unavailable, what, &hints)
}

/// The first bytes of an answer that is not the list; what can't be read is not needed.
fn start_of(stream: &mut Stream<'_>) -> Vec<u8> {
    let mut start = Vec::new();
    while start.len() < START_MAX {
        let Ok(Some(chunk)) = stream.next() else { break };
        start.extend_from_slice(&chunk);
    }
    start.truncate(START_MAX);
    start
}

/// How many devices the NBI counts.
pub(super) fn total(head: &Head) -> Option<u64> {
    head.header("total")?.trim().parse().ok()
}

/// Keeps the first of the records with the same id, and gives the ids of the others.
fn drop_repeated(list: &mut Growing<'_, AcsDevice>) -> Vec<Untrusted> {
    let records = list.records();
    let mut seen = HashSet::with_capacity(records.len());
    let repeated: Vec<usize> =
        (0..).zip(records).filter(|(_, r)| !seen.insert(&r.id)).map(|(at, _)| at).collect();
    let ids = repeated.iter().map(|&at| records[at].id.clone()).collect();
    if !repeated.is_empty() {
        let records = list.change();
        for at in repeated.into_iter().rev() {
            records.swap_remove(at);
        }
    }
    ids
}
