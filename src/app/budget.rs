//! Requests: how many were sent in the last day, how many this run sent, and when to warn.
//!
//! Must not do: hold a request back; the client of each side does, by what it is told here.

use std::sync::Arc;
use std::sync::mpsc;

use jiff::{SignedDuration, Timestamp};

use crate::app::collect::{self, Before, STOP_LATENCY, Sources};
use crate::app::error::AppError;
use crate::config::{Settings, SideSettings};
use crate::domain::Side;
use crate::engine::{Warning, WarningCode};
use crate::store::{NetCounts, Store, StoreError};

const SIDES: [Side; 2] = [Side::Acs, Side::Provider];

/// What `requests_per_day` counts over.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What the store tells a reading; only sides over the network ask for it.
///
/// # Errors
/// Where the store can't be read.
pub fn before(
    settings: &Settings,
    store: Option<&Store>,
    now: Timestamp,
) -> Result<Before, AppError> {
    let mut before = spent(settings, store, now)?;
    if let Some(store) = store.filter(|_| is_network(settings, Side::Acs)) {
        before.known = store.known_acs()?;
        before.gone = store.gone_acs(now)?;
    }
    Ok(before)
}

/// The same for somebody who reads no list: the requests alone.
///
/// # Errors
/// Where the store can't be read.
pub fn spent(
    settings: &Settings,
    store: Option<&Store>,
    now: Timestamp,
) -> Result<Before, AppError> {
    let Some(store) = store else { return Ok(Before::default()) };
    let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
    let spent = |side| {
        if is_network(settings, side) { store.requests_since(side, since) } else { Ok(0) }
    };
    let (acs_spent, provider_spent) = (spent(Side::Acs)?, spent(Side::Provider)?);
    Ok(Before { acs_spent, provider_spent, ..Before::default() })
}

/// Is either side asked over the network?
#[must_use]
pub fn asks_systems(settings: &Settings) -> bool {
    SIDES.iter().any(|side| is_network(settings, *side))
}

fn is_network(settings: &Settings, side: Side) -> bool {
    matches!(settings.side(side), Some(SideSettings::Network(_)))
}

/// Counts what was sent in the store, whatever came of it.
///
/// # Errors
/// Where the store can't be written.
pub fn count(store: &Store, sources: &Sources, at: Timestamp) -> Result<(), StoreError> {
    SIDES.iter().try_for_each(|side| store.add_requests(*side, at, sources.traffic(*side).requests))
}

/// The same for a run that is asked to stop: it ends in time, counted or not.
pub fn count_in_haste(store: &Arc<Store>, sources: &Sources, at: Timestamp) {
    let (store, sources) = (Arc::clone(store), sources.clone());
    let (done, counted) = mpsc::channel();
    let job = move || {
        let _ = done.send(count(&store, &sources, at).is_ok());
    };
    if collect::apart("count-requests", job).is_ok() {
        let _ = counted.recv_timeout(STOP_LATENCY);
    }
}

/// What both sides were sent, for the report.
#[must_use]
pub fn sent(sources: &Sources) -> NetCounts {
    let mut net = NetCounts::default();
    for side in SIDES {
        let traffic = sources.traffic(side);
        net.requests += traffic.requests;
        net.retries += traffic.retries;
        net.http_429 += traffic.slowed;
    }
    net
}

/// A side that used more than 80 % of its requests of a day.
#[must_use]
pub fn warnings(settings: &Settings, before: &Before, sources: &Sources) -> Vec<Warning> {
    let mut found = Vec::new();
    for side in SIDES {
        let Some(SideSettings::Network(network)) = settings.side(side) else { continue };
        let limit = u64::from(network.net.requests_per_day);
        let used = before.spent(side).saturating_add(sources.traffic(side).requests);
        if limit > 0 && used.saturating_mul(5) > limit.saturating_mul(4) {
            let n = Some(i64::try_from(used).unwrap_or(i64::MAX));
            let warning = Warning::new(WarningCode::RequestsNearLimit);
            found.push(Warning { side: Some(side), n, ..warning });
        }
    }
    found
}
