//! Stories of several records: duplicates, slips of the pen, swaps of both kinds.
//!
//! Must not do: leave it open which cause section 4's order gives.

use acerto::domain::Untrusted;
use acerto::domain::event::EventKind;
use acerto::engine::Cause;

use super::boxes::Cpe;
use super::maker::{Maker, hours};
use super::spelling::{self, chance};
use super::{Canon, Watch};

/// Tells them all.
pub fn make(maker: &mut Maker, share: &dyn Fn(usize) -> usize) {
    for n in 0..share(12) {
        duplicate(maker, n);
    }
    for n in 0..share(12) {
        mismatch(maker, n);
    }
    for n in 0..share(14) {
        swap(maker, n);
    }
    for _ in 0..share(7) {
        swap_old_one_still_there(maker);
    }
}

fn text(value: &str) -> Option<Untrusted> {
    Untrusted::present(value)
}

fn duplicate(maker: &mut Maker, n: usize) {
    let truth = Some((Cause::Duplicate, true));
    let cpe = maker.factory.cpe(&mut maker.rng);
    let (one, two) = (maker.factory.person(&mut maker.rng), maker.factory.person(&mut maker.rng));
    let mut device = maker.device(&cpe, Some(&one.login));
    let mut first = maker.entry(&cpe, &one);
    match n % 4 {
        0 => {
            let second = maker.entry(&cpe, &two);
            maker.push_entry(second, true, truth);
        }
        1 => {
            let mut again = maker.device(&cpe, Some(&one.login));
            again.wan_ip.clone_from(&device.wan_ip);
            maker.push_acs(again, truth);
        }
        2 => {
            let other = maker.factory.cpe(&mut maker.rng);
            device.macs = [Untrusted::new(&spelling::mac(&mut maker.rng, other.mac))].into();
            first.mac = None;
            let mut second = maker.entry(&other, &two);
            second.serial = None;
            maker.push_entry(second, true, truth);
        }
        _ => {
            device.serial = text(&spelling::mac(&mut maker.rng, cpe.mac));
            first.serial = None;
            let mut second = maker.entry(&cpe, &two);
            second.serial = None;
            maker.push_entry(second, true, truth);
        }
    }
    maker.push_acs(device, truth);
    maker.push_entry(first, true, truth);
}

fn mismatch(maker: &mut Maker, n: usize) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let device = maker.device(&cpe, Some(&person.login));
    let mut row = maker.entry(&cpe, &person);
    row.synchronised = None;
    let wrong = loop {
        let wrong = spelling::slip(&mut maker.rng, &cpe.serial);
        if wrong != cpe.serial && maker.factory.take_serial(&wrong) {
            break wrong;
        }
    };
    row.serial = text(&wrong);
    let mut canon =
        Canon { serial: Some(wrong), macs: vec![cpe.mac], login: Some(person.login.clone()) };
    let mut provable = false;
    match n % 5 {
        0 | 1 => provable = true,
        2 => {
            row.mac = None;
            canon.macs.clear();
            row.wan_ip.clone_from(&device.wan_ip);
        }
        3 => {
            let mac = maker.factory.mac_one_digit_off(cpe.mac);
            row.mac = text(&spelling::mac(&mut maker.rng, mac));
            canon.macs = vec![mac];
        }
        _ => {
            // the wrong label altogether: only the MAC is the box's own
            let other = maker.factory.cpe(&mut maker.rng);
            let stranger = maker.factory.person(&mut maker.rng);
            row.serial = text(&other.serial);
            row.login = text(&stranger.login);
            row.login_id = text(&stranger.n.to_string());
            canon.serial = Some(other.serial);
            canon.login = Some(stranger.login);
        }
    }
    if let Some(id) = &row.device_id {
        maker.really(id, canon);
    }
    let truth = Some((Cause::IdentityMismatch, provable));
    maker.push_acs(device, truth);
    maker.push_entry(row, true, truth);
}

/// The box beside `cpe` in the carton: serial and MAC one digit off.
fn from_one_carton(maker: &mut Maker, cpe: &Cpe) -> Option<Cpe> {
    let last = cpe.serial.chars().next_back().filter(char::is_ascii_hexdigit)?;
    let next = if last == '4' { '5' } else { '4' };
    let serial = format!("{}{next}", &cpe.serial[..cpe.serial.len() - 1]);
    if serial == cpe.serial || !maker.factory.take_serial(&serial) {
        return None;
    }
    Some(Cpe { serial, mac: maker.factory.mac_one_digit_off(cpe.mac), ..cpe.clone() })
}

fn swap(maker: &mut Maker, n: usize) {
    let old = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let shelf = n % 7 == 6;
    let carton = if !shelf && maker.shape.synchronised && n.is_multiple_of(3) {
        from_one_carton(maker, &old)
    } else {
        None
    };
    let new = carton.unwrap_or_else(|| maker.factory.cpe(&mut maker.rng));
    let mut row = maker.entry(&old, &person);
    let mut device = maker.device(&new, Some(&person.login));
    if n % 4 == 1 {
        device.serial = text(&spelling::mac(&mut maker.rng, new.mac));
        let canon = Canon { serial: None, macs: vec![new.mac], login: Some(person.login.clone()) };
        maker.really(&device.id, canon);
    }
    let today = n.is_multiple_of(2);
    let day = if today { 0 } else { i64::try_from(n % 6).unwrap() + 1 };
    let last_sign = maker.acs_sync - hours(24 * day);
    row.synchronised = maker.confirmed(last_sign);
    // one in seven lay configured on a shelf before: then nobody can order the two
    if !shelf {
        device.registered = Some(maker.between(last_sign + hours(1), last_sign + hours(6)));
    }
    let taken_away = last_sign + hours(7);
    if maker.shape.watch == Watch::Audit && chance(&mut maker.rng, 50) {
        maker.happened(taken_away, EventKind::DeviceDeleted, &old);
    }
    if today {
        let mut there = maker.device(&old, Some(&person.login));
        there.last_inform = Some(maker.now - hours(25));
        maker.was_there_yesterday(there);
        if !shelf {
            maker.memory_proves(&device, &row);
        }
    }
    let truth = Some((Cause::SwappedDevice, maker.shape.synchronised && !shelf));
    maker.push_acs(device, truth);
    maker.push_entry(row, true, truth);
}

fn swap_old_one_still_there(maker: &mut Maker) {
    let (old, new) = (maker.factory.cpe(&mut maker.rng), maker.factory.cpe(&mut maker.rng));
    let person = maker.factory.person(&mut maker.rng);
    let mut before = maker.device(&old, Some(&person.login));
    let row = maker.entry(&old, &person);
    let mut after = maker.device(&new, Some(&person.login));
    let silent = maker.between(maker.now - hours(20 * 24), maker.now - hours(3));
    before.last_inform = Some(silent);
    let until = (silent + hours(5)).min(maker.now - hours(1));
    after.registered = Some(maker.between(silent, until));
    maker.push_pair(before, row, false);
    maker.push_acs(after, Some((Cause::SwappedDevice, false)));
}
