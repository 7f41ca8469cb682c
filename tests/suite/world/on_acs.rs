//! Devices that the ACS has and the Provider does not count.
//!
//! Must not do: leave it open which cause section 4's order gives.

use acerto::domain::Untrusted;
use acerto::domain::event::EventKind;
use acerto::engine::Cause;

use super::Watch;
use super::maker::{Maker, hours};
use super::spelling::{chance, pick};

/// Tells them all.
pub fn make(maker: &mut Maker, share: &dyn Fn(usize) -> usize) {
    for n in 0..share(12) {
        inactive(maker, n);
    }
    for _ in 0..share(7) {
        returned(maker);
    }
    for n in 0..share(10) {
        awaiting(maker, n);
    }
    for n in 0..share(24) {
        unlinked(maker, n);
    }
}

fn inactive(maker: &mut Maker, n: usize) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let device = maker.device(&cpe, Some(&person.login));
    if n % 5 == 4 {
        let mut row = maker.login_row(&person);
        row.active = Some(false);
        maker.push_login(row);
        maker.push_acs(device, Some((Cause::InactiveLogin, false)));
    } else {
        let mut row = maker.entry(&cpe, &person);
        row.active = Some(false);
        row.contract_status = Some(Untrusted::new("I"));
        row.synchronised = row.synchronised.map(|t| t - hours(24 * 40));
        maker.push_entry(row, false, None);
        maker.push_acs(device, Some((Cause::InactiveLogin, true)));
    }
}

/// Deleted by hand, called home again, and synchronised since: its login stands alone.
fn returned(maker: &mut Maker) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let mut device = maker.device(&cpe, Some(&person.login));
    let deleted = maker.between(maker.now - hours(8 * 24), maker.now - hours(40));
    let back = maker.between(deleted + hours(1), maker.acs_sync - hours(1));
    device.registered = Some(back);
    if maker.shape.watch != Watch::Nobody {
        maker.happened(deleted, EventKind::DeviceDeleted, &cpe);
    }
    if maker.shape.watch == Watch::Audit {
        maker.happened(back, EventKind::DeviceAdded, &cpe);
    }
    let row = maker.login_row(&person);
    maker.push_login(row);
    maker.push_acs(device, Some((Cause::Returned, maker.shape.watch != Watch::Nobody)));
}

fn awaiting(maker: &mut Maker, n: usize) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let mut device = maker.device(&cpe, Some(&person.login));
    let first = maker.between(maker.acs_sync + hours(1), maker.now - hours(1));
    device.registered = Some(first);
    if maker.shape.watch == Watch::Audit {
        maker.happened(first, EventKind::DeviceAdded, &cpe);
    }
    if n % 3 == 2 {
        let mut row = maker.entry(&cpe, &person);
        row.linked = Some(false);
        row.synchronised = None;
        if chance(&mut maker.rng, 50) {
            device.pppoe_login = None;
        }
        maker.push_entry(row, false, None);
    } else {
        let row = maker.login_row(&person);
        maker.push_login(row);
    }
    maker.push_acs(device, Some((Cause::AwaitingSync, maker.shape.watch != Watch::Nobody)));
}

fn unlinked(maker: &mut Maker, n: usize) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let mut provable = true;
    match n % 4 {
        0 => {
            let device = maker.device(&cpe, None);
            let mut row = maker.entry(&cpe, &person);
            (row.login, row.login_id, row.active, row.linked) = (None, None, None, Some(false));
            (row.customer_name, row.document, row.phone) = (None, None, None);
            row.synchronised = None;
            maker.push_entry(row, false, None);
            maker.push_acs(device, Some((Cause::UnlinkedLogin, provable)));
        }
        1 => {
            let unknown = format!("{}.nobody", person.login);
            let login = pick(&mut maker.rng, &["teste", "preset@preset", "", unknown.as_str()]);
            let mut device = maker.device(&cpe, None);
            device.pppoe_login = Untrusted::present(login);
            maker.push_acs(device, Some((Cause::UnlinkedLogin, provable)));
        }
        2 => {
            provable = false;
            let device = maker.device(&cpe, Some(&person.login));
            let row = maker.login_row(&person);
            maker.push_login(row);
            maker.push_acs(device, Some((Cause::UnlinkedLogin, provable)));
        }
        _ => {
            // a second box behind the first one, both alive, on one login
            let first = maker.device(&cpe, Some(&person.login));
            let row = maker.entry(&cpe, &person);
            maker.push_pair(first, row, false);
            let second = maker.factory.cpe(&mut maker.rng);
            let device = maker.device(&second, Some(&person.login));
            maker.push_acs(device, Some((Cause::UnlinkedLogin, provable)));
        }
    }
}
