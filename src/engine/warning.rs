//! Things a person should know that are not the story of one device.
//!
//! Must not do: words; a face renders each code in its language.

use jiff::Timestamp;

use crate::domain::subscriber::scrub;
use crate::domain::{Problem, Side, Untrusted};
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
        /// The side could not be read whole; without a side: the events file. `n` bad lines; a
        /// warning with `text` alone follows for each listed one.
        SnapshotPartial = "snapshot-partial",
        /// A request budget is nearly used up.
        RequestsNearLimit = "requests-near-limit",
        /// Somebody was to be told at `at`, and was not: `text`.
        NotifyFailed = "notify-failed",
        /// `n` optional values were kept as text; a warning with `text` alone follows for each
        /// listed one. Or `text` alone is a remark: a column was assumed. Without a side: the
        /// events file.
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

    /// A remark of an adapter, which stands for itself.
    #[must_use]
    pub fn remark(code: WarningCode, text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..Self::new(code) }
    }

    /// `count` problems of a side, or of the events file: their number, then each listed one as
    /// a warning of its own. Nothing where there are none.
    #[must_use]
    pub fn counted(
        code: WarningCode,
        side: Option<Side>,
        listed: &[Problem],
        count: u64,
    ) -> Vec<Self> {
        if count == 0 {
            return Vec::new();
        }
        let new = || Self { side, ..Self::new(code) };
        let mut all = vec![Self { n: i64::try_from(count).ok(), ..new() }];
        all.extend(listed.iter().map(|problem| Self { text: Some(told(problem)), ..new() }));
        all
    }

    /// Does it name one of the problems that `lead`, some warnings before it, counts?
    #[must_use]
    pub fn is_listed_by(&self, lead: &Self) -> bool {
        let counts = matches!(lead.code, WarningCode::SnapshotPartial | WarningCode::ValueUnparsed);
        let same = self.code == lead.code && self.side == lead.side;
        counts && same && lead.n.is_some() && self.n.is_none() && self.text.is_some()
    }
}

/// Where, what, and the value as it came, without a person's data.
fn told(problem: &Problem) -> String {
    let value = problem.value.as_ref().map(|v| format!(" \"{}\"", Untrusted::new(&scrub(v.raw()))));
    format!("{}: {}{}", problem.place, scrub(&problem.what), value.unwrap_or_default())
}
