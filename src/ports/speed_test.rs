//! Speed tests by way of the ACS: what it can be asked for, what it shows, and asking it.
//!
//! Must not do: decide whether a test may be started, or whether a result counts.

use jiff::Timestamp;

use crate::domain::{Diagnostics, TestOffer, Untrusted, Ways};
use crate::ports::{Answer, FetchError};

/// An ACS that can make its devices measure their line.
pub trait SpeedTester: Send + Sync {
    /// The tests that can be asked for, in the order in which they are made.
    ///
    /// # Errors
    /// Where the configuration lacks what a test needs, with what to set.
    fn offers(&self) -> Result<Vec<TestOffer>, FetchError>;

    /// What the ACS shows of a device's last tests; with `ask_device` the device is asked first,
    /// where it can be reached. `None`: the ACS has no such device.
    ///
    /// # Errors
    /// Where the ACS can't be asked, or its answer tells nothing.
    fn look(&self, id: &Untrusted, ask_device: bool) -> Result<Option<Sight>, FetchError>;

    /// Starts a test, once.
    fn start(&self, id: &Untrusted, offer: &TestOffer, sight: &Sight) -> Started;
}

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// What the device told last, by direction; `None`: nothing is known of that direction.
    pub ways: Ways<Option<Diagnostics>>,
    /// Is an order for a test waiting until the device calls?
    pub queued: bool,
    /// Was the device reached just now? `None`: it was not called.
    pub reached: Option<bool>,
    /// Where its diagnostics are, in the ACS's own words, for whoever starts a test.
    pub place: Option<String>,
    /// When it was seen, by the ACS's clock.
    pub at: Option<Timestamp>,
}

/// What became of starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The reply, as of any write.
    pub answer: Answer,
    /// Did the device take it at once? `false`: it does when it calls next.
    pub at_once: bool,
    /// When the ACS took it, by its own clock.
    pub at: Option<Timestamp>,
}
