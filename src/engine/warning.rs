//! Things a person should know that are not the story of one device.
//!
//! Must not do: words; a face renders each code in its language.

use jiff::Timestamp;

use crate::domain::Side;
use crate::engine::finding::wire_enum;

wire_enum! {
    /// Stable codes of the JSON report.
    WarningCode {
        /// No ACS synchronisation in 26 h; `at` = the last known.
        AcsSyncMissed = "acs-sync-missed",
        /// The Provider has not synchronised for long; `at` = the last known, `n` = entries that
        /// wait for it.
        ProviderSyncOld = "provider-sync-old",
        /// Nobody listened between `at` and `until`.
        ListenerGap = "listener-gap",
        /// Nothing that registered since `at` is counted; `n` devices wait.
        IntegrationDown = "integration-down",
        /// The side lost more than 2 % since the baseline; `n` = how many.
        SideShrank = "side-shrank",
        /// The two sources' clocks, or a record's times and its source's, disagree; `n` = seconds.
        ClockSkew = "clock-skew",
        /// The side could not be read whole; `n` bad lines, `text` names the first.
        SnapshotPartial = "snapshot-partial",
        /// A request budget is nearly used up.
        RequestsNearLimit = "requests-near-limit",
        /// `n` optional values were kept as text, `text` names the first; or a column was assumed.
        ValueUnparsed = "value-unparsed",
    }
}

/// One warning. Which slots are filled depends on the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Which.
    pub code: WarningCode,
    /// Which side.
    pub side: Option<Side>,
    /// First time.
    pub at: Option<Timestamp>,
    /// Second time.
    pub until: Option<Timestamp>,
    /// A number.
    pub n: Option<i64>,
    /// A place or a remark of an adapter, in English, already safe to show.
    pub text: Option<String>,
}

impl Warning {
    /// A warning with empty slots.
    #[must_use]
    pub fn new(code: WarningCode) -> Self {
        Self { code, side: None, at: None, until: None, n: None, text: None }
    }
}
