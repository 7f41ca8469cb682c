//! Whether a fetch fits into the requests that may be made, told before it starts.
//!
//! Must not do: count requests; the client does.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::acs::ixc::IxcAcs;
use crate::http::Limits;
use crate::ports::{FetchError, FetchErrorKind};

/// Requests besides the pages: login, state, what follows the end, the first page again.
const BESIDES: u64 = 4;

/// One page in so many is read again.
const READ_AGAIN: u64 = 20;

/// What reading a list costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    devices: u64,
    size: u64,
    /// Requests.
    pub requests: u64,
}

impl Cost {
    /// Of so many devices, so many a page.
    pub fn of(devices: usize, size: u32) -> Self {
        let (devices, size) = (u64::try_from(devices).unwrap_or(u64::MAX), u64::from(size.max(1)));
        let pages = devices.div_ceil(size).max(1);
        let requests = pages.saturating_add(pages.div_ceil(READ_AGAIN)).saturating_add(BESIDES);
        Self { devices, size, requests }
    }

    /// How long it takes at the pace that is set.
    fn time(self, limits: &Limits) -> Duration {
        #[allow(clippy::cast_precision_loss)] // 2^53 requests are never made
        let requests = self.requests as f64;
        let by_second = if limits.per_second > 0.0 { requests / limits.per_second } else { 0.0 };
        let minute = f64::from(limits.per_minute);
        // The first minute's requests may come at once.
        let by_minute =
            if minute > 0.0 { (requests - minute).max(0.0) / minute * 60.0 } else { 0.0 };
        Duration::try_from_secs_f64(by_second.max(by_minute)).unwrap_or(Duration::MAX)
    }
}

impl IxcAcs {
    /// What reading the list costs, as far as the last complete one tells.
    pub(super) fn cost(&self) -> Cost {
        Cost::of(self.known.len(), self.page_size.load(Ordering::Relaxed))
    }

    /// Requests that may still be made today.
    pub(super) fn left_today(&self) -> Option<u64> {
        let made = self.client.traffic().requests;
        self.limits.left_today.map(|left| left.saturating_sub(made))
    }

    /// Is there room for reading the list?
    ///
    /// # Errors
    /// Where there is none, with the numbers and what to set.
    pub(super) fn afford(&self) -> Result<(), FetchError> {
        let cost = self.cost();
        let Cost { devices, size, requests } = cost;
        let reading =
            format!("reading {devices} devices, {size} a page, takes {requests} requests");
        let refused = |what: String, hints: &[&str]| {
            Err(FetchError::new(FetchErrorKind::Unavailable, what, hints))
        };
        let larger = "set page_size higher: the ACS then needs fewer requests";
        if let Some(left) = self.left_today().filter(|left| *left < requests) {
            return refused(
                format!("{reading}, and only {left} are left of today's; nothing was read"),
                &[
                    larger,
                    "raise the requests per day in the API client (Tools > API Clients), and \
                     requests_per_day with them",
                    "or run again tomorrow",
                ],
            );
        }
        let (time, most) = (cost.time(&self.limits), self.limits.fetch);
        if time > most {
            let (time, most) = (time.as_secs().div_ceil(60), most.as_secs() / 60);
            return refused(
                format!(
                    "{reading}, which at the pace that is set takes {time} minutes; a fetch may \
                     take {most}; nothing was read"
                ),
                &[
                    larger,
                    "raise read_rps, or requests_per_minute where the API client (Tools > API \
                     Clients) allows more",
                ],
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_costs_its_pages_and_a_little_more() {
        for (devices, size, requests) in
            [(0, 50, 6), (50, 50, 6), (51, 50, 7), (12_480, 50, 267), (12_480, 0, 13_108)]
        {
            assert_eq!(Cost::of(devices, size).requests, requests, "{devices}/{size}");
        }
    }

    #[test]
    fn the_slower_pace_decides() {
        let cost = Cost { devices: 0, size: 1, requests: 120 };
        for (per_second, per_minute, seconds) in
            [(0.0, 0, 0), (2.0, 0, 60), (0.0, 60, 60), (2.0, 20, 300), (1.0, 6000, 120)]
        {
            let limits = Limits { per_second, per_minute, ..Limits::default() };
            assert_eq!(cost.time(&limits).as_secs(), seconds, "{per_second}, {per_minute}");
        }
    }
}
