//! Nouns of the product: plain values, normalised in one place.
//!
//! Must not do: I/O, async, clocks, serialisation. Wire, stored and printed
//! formats are three other promises, kept by other rooms.

pub mod change;
pub mod device;
pub mod event;
pub mod identity;
pub mod personal;
pub mod scrub;
pub mod search;
pub mod snapshot;
pub mod sought;
pub mod speed;
pub mod subscriber;
pub mod text;

pub use change::{AcsChange, Call, Cell, Change, ProviderChange, RecordKey, Undo};
pub use device::{AcsDevice, Extra, Macs, ProviderRecord, Tags};
pub use event::{Coverage, CoverageKind, Event, EventKind, EventLog, Mark};
pub use identity::{DeviceKey, MacAddr, PppoeLogin, Serial};
pub use search::{MatchedOn, Query, QueryError};
pub use snapshot::{
    AnySnapshot, Complete, Partial, Problem, Side, Snapshot, SnapshotMeta, Supplies,
};
pub use sought::Sought;
pub use speed::{Diagnostics, Direction, Measure, TestOffer, Ways};
pub use text::Untrusted;
