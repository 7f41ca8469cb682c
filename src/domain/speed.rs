//! Speed tests: what a device tells of one (TR-143), and what was measured.
//!
//! Must not do: decide whether a device's word counts; the engine does. Rates are decimal
//! kbit/s, as plans are sold: 1,000 bit a second.

use jiff::Timestamp;

use crate::domain::Untrusted;

/// Which way the bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the customer.
    Down,
    /// From the customer.
    Up,
}

impl Direction {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Down, Self::Up];
}

/// A pair of values, one a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways<T> {
    /// To the customer.
    pub down: T,
    /// From the customer.
    pub up: T,
}

impl<T> Ways<T> {
    /// The one of a direction.
    pub fn of(&self, way: Direction) -> &T {
        match way {
            Direction::Down => &self.down,
            Direction::Up => &self.up,
        }
    }

    /// The one of a direction, to be changed.
    pub fn of_mut(&mut self, way: Direction) -> &mut T {
        match way {
            Direction::Down => &mut self.down,
            Direction::Up => &mut self.up,
        }
    }
}

/// What the ACS shows of a device's diagnostics in one direction, as the device told it.
/// Broadband Forum TR-143 has the names: `DownloadDiagnostics`, `UploadDiagnostics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// `DiagnosticsState`.
    pub state: Option<Untrusted>,
    /// `DownloadURL`, `UploadURL`.
    pub url: Option<Untrusted>,
    /// `BOMTime`: when the first byte went.
    pub bom: Option<Timestamp>,
    /// `EOMTime`: when the last byte went.
    pub eom: Option<Timestamp>,
    /// `TestBytesReceived`, `TestBytesSent`; bytes of the test.
    pub test_bytes: Option<u64>,
    /// `TestFileLength`, of uploads: bytes that were to be sent.
    pub file_length: Option<u64>,
    /// `TotalBytesReceived`, `TotalBytesSent`: bytes of the whole line in that time.
    pub total_bytes: Option<u64>,
    /// `TestBytesReceivedUnderFullLoading`; bytes while the line was full.
    pub full_bytes: Option<u64>,
    /// `PeriodOfFullLoading`, in a unit that vendors do not agree on.
    pub full_period: Option<u64>,
    /// The rate as the ACS itself works it out, kbit/s.
    pub kbps: Option<u64>,
    /// When the ACS read these values from the device, or took the order for them, by its own
    /// clock; `None`: it does not tell.
    pub read: Option<Timestamp>,
}

/// A measurement that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The rate, kbit/s.
    pub kbps: u64,
    /// Bytes of the test.
    pub bytes: Option<u64>,
    /// Bytes that went over the line beside the test: somebody was using it.
    pub other_bytes: Option<u64>,
    /// When the last byte went, by the device's clock.
    pub ended: Timestamp,
}

/// One test that an ACS can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOffer {
    /// What it measures.
    pub ways: Vec<Direction>,
    /// The address that the device loads or sends; `None`: the ACS chooses one.
    pub url: Option<String>,
    /// Bytes that are loaded or sent; `None`: not known here.
    pub bytes: Option<u64>,
}
