//! Counted entries of the Provider whose device the ACS does not have.
//!
//! Must not do: leave it open which cause section 4's order gives.

use acerto::domain::ProviderRecord;
use acerto::domain::event::EventKind;
use acerto::engine::Cause;
use jiff::Timestamp;
use rand::RngExt;

use super::boxes::Cpe;
use super::maker::{Maker, hours};
use super::spelling::chance;
use super::{Canon, Watch};

/// Tells them all.
pub fn make(maker: &mut Maker, share: &dyn Fn(usize) -> usize) {
    for n in 0..share(10) {
        lost_webhook(maker, n);
    }
    for n in 0..share(18) {
        mass_excluded(maker, n);
    }
    for _ in 0..share(4) {
        excluded_today(maker);
    }
    for n in 0..share(8) {
        never_seen(maker, n);
    }
}

/// An entry of a box that is no longer in the ACS; some are known by their MAC only.
fn left_behind(maker: &mut Maker) -> (Cpe, ProviderRecord, String) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let mut row = maker.entry(&cpe, &person);
    if chance(&mut maker.rng, 10) {
        row.serial = None;
        let canon = Canon { serial: None, macs: vec![cpe.mac], login: Some(person.login.clone()) };
        if let Some(id) = &row.device_id {
            maker.really(id, canon);
        }
    }
    (cpe, row, person.login)
}

/// An event that names the box by something that its entry has too.
fn happened(maker: &mut Maker, at: Timestamp, kind: EventKind, cpe: &Cpe, row: &ProviderRecord) {
    let mut told = cpe.clone();
    if row.serial.is_none() {
        told.serial = format!("{:012X}", cpe.mac);
    }
    maker.happened(at, kind, &told);
}

fn dawn_before(maker: &Maker, at: Timestamp) -> Timestamp {
    let mut dawn = maker.acs_sync;
    while dawn >= at {
        dawn -= hours(24);
    }
    dawn
}

fn lost_webhook(maker: &mut Maker, n: usize) {
    let (cpe, mut row, login) = left_behind(maker);
    let fresh = n % 8 == 7;
    let at = if fresh {
        maker.now - hours(1)
    } else {
        maker.between(maker.provider_sync + hours(1), maker.now - hours(3))
    };
    row.synchronised = maker.confirmed(dawn_before(maker, at));
    // a listener may have heard what the Provider did not, or not
    let heard = match maker.shape.watch {
        Watch::Audit => true,
        Watch::Listener => n.is_multiple_of(2),
        Watch::Nobody => false,
    };
    if heard {
        happened(maker, at, EventKind::DeviceDeleted, &cpe, &row);
    }
    if at > maker.now - hours(24) {
        let there = maker.device(&cpe, Some(&login));
        maker.was_there_yesterday(there);
    }
    maker.push_entry(row, true, Some((Cause::LostWebhook, heard && !fresh)));
}

fn mass_excluded(maker: &mut Maker, n: usize) {
    let (cpe, mut row, _) = left_behind(maker);
    row.synchronised = maker.confirmed(dawn_before(maker, maker.exclusion));
    let audit = maker.shape.watch == Watch::Audit;
    let named = audit && (n.is_multiple_of(2) || !maker.shape.synchronised);
    if named {
        happened(maker, maker.exclusion, EventKind::MassExclusion, &cpe, &row);
    }
    if audit && maker.shape.synchronised && n % 6 == 5 {
        // deleted once, weeks ago, and back again before it was last confirmed
        let deleted = maker.now - hours(40 * 24);
        happened(maker, deleted, EventKind::DeviceDeleted, &cpe, &row);
        happened(maker, deleted + hours(5), EventKind::DeviceAdded, &cpe, &row);
    }
    maker.push_entry(row, true, Some((Cause::PendingPurge, audit)));
}

/// The mass exclusion of this morning took those that had been silent for months.
fn excluded_today(maker: &mut Maker) {
    let (cpe, row, login) = left_behind(maker);
    let silent = i64::from(maker.rng.random_range(95..300_u32));
    let mut there = maker.device(&cpe, Some(&login));
    there.last_inform = Some(maker.now - hours(24 * silent));
    there.registered = Some(maker.now - hours(24 * (silent + 30)));
    maker.was_there_yesterday(there);
    let audit = maker.shape.watch == Watch::Audit;
    if audit && !maker.shape.synchronised {
        happened(maker, maker.now - hours(7), EventKind::MassExclusion, &cpe, &row);
    }
    maker.push_entry(row, true, Some((Cause::PendingPurge, audit)));
}

fn never_seen(maker: &mut Maker, n: usize) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let mut row = maker.entry(&cpe, &person);
    row.synchronised = None;
    let young = n % 6 == 5;
    let days = if young { 3 } else { i64::from(maker.rng.random_range(30..200_u32)) };
    row.registered = Some(maker.now - hours(24 * days));
    maker.push_entry(row, true, Some((Cause::NeverSeen, maker.shape.synchronised && !young)));
}
