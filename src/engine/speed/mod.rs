//! Speed tests judged: whether a device's word counts, and what a measurement is worth.
//!
//! Must not do: ask a device, or know a vendor.

mod contract;
mod judge;
mod verdict;

pub use contract::{Contract, sold};
pub use judge::{Judged, Refusal, Wanted, judge};
pub use verdict::{Bound, Grade, Verdict, verdict};
