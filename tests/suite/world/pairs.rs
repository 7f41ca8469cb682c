//! What is well: pairs that match however they are written, and pairs with a field that drifted.
//!
//! Must not do: make a pair that the contract would not pair.

use acerto::domain::{AcsDevice, ProviderRecord, Untrusted};
use jiff::Timestamp;
use rand::RngExt;

use super::boxes::Cpe;
use super::maker::{Maker, hours};
use super::spelling::{self, chance, pick};
use super::{Canon, Watch};
use acerto::domain::event::EventKind;

const JUNK: [&str; 5] =
    ["0000000000000000", "FFFFFFFFFFFF", "00-11-22-33-44-55", "1234567890", "999999999999"];
/// A junk serial that no list names: its crowd gives it away.
const CROWD: &str = "GPONROUTER";
const CROWD_LEAST: usize = 8;

/// How a pair is written down.
#[derive(Clone, Copy)]
enum Habit {
    Plain,
    MacAsSerial,
    Junk,
    Crowd,
    SerialInMacColumn,
    MacOnly,
    LoginOnly,
}

/// Fills the world up with pairs, then with those gone from both and logins nobody uses.
pub fn make(maker: &mut Maker, devices: usize, share: &dyn Fn(usize) -> usize) {
    let crowd = share(10).max(CROWD_LEAST);
    for n in 0..devices * 85 / 100 {
        let habit = if n < crowd { Habit::Crowd } else { habit(maker.rng.random_range(0..100)) };
        pair(maker, habit);
    }
    for n in 0..share(12) {
        drift(maker, n);
    }
    for _ in 0..share(4) {
        deleted_by_hand(maker);
    }
    for _ in 0..share(10) {
        bystanders(maker);
    }
}

fn habit(percent: u32) -> Habit {
    match percent {
        0..8 => Habit::MacAsSerial,
        8..12 => Habit::Junk,
        12..16 => Habit::SerialInMacColumn,
        16..20 => Habit::MacOnly,
        20..22 => Habit::LoginOnly,
        _ => Habit::Plain,
    }
}

fn pair(maker: &mut Maker, habit: Habit) {
    let (mut device, mut row) = written(maker, habit);
    if chance(&mut maker.rng, 2) {
        device.registered = None;
    }
    if chance(&mut maker.rng, 3) {
        device.last_inform =
            Some(maker.now - hours(i64::from(maker.rng.random_range(30..2000_u32))));
    }
    if chance(&mut maker.rng, 5) {
        row.wan_ip.clone_from(&device.wan_ip);
    }
    maker.push_pair(device, row, false);
}

fn text(value: &str) -> Option<Untrusted> {
    Untrusted::present(value)
}

fn written(maker: &mut Maker, habit: Habit) -> (AcsDevice, ProviderRecord) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let mut device = maker.device(&cpe, Some(&person.login));
    let mut row = maker.entry(&cpe, &person);
    let rng = &mut maker.rng;
    match habit {
        Habit::Plain => {
            if chance(rng, 15) {
                row.mac = None;
            }
            if chance(rng, 10) {
                device.pppoe_login = None;
            }
        }
        Habit::MacAsSerial => {
            device.serial = text(&spelling::mac(rng, cpe.mac));
            if chance(rng, 30) {
                row.serial = text(&spelling::mac(rng, cpe.mac));
            }
        }
        Habit::Junk | Habit::Crowd => {
            let junk = if matches!(habit, Habit::Crowd) { CROWD } else { pick(rng, &JUNK) };
            device.serial = text(junk);
            row.serial = if chance(rng, 50) { text(junk) } else { None };
        }
        Habit::SerialInMacColumn => {
            row.mac = text(&spelling::serial(rng, &cpe.serial));
            row.serial = None;
        }
        Habit::MacOnly => row.serial = None,
        Habit::LoginOnly => {
            device.serial = if chance(rng, 50) { text(pick(rng, &JUNK)) } else { None };
            device.macs.clear();
        }
    }
    rewrite_canon(maker, &device, &row, &cpe, habit, &person.login);
    (device, row)
}

/// What the files still tell of the box.
fn rewrite_canon(
    maker: &mut Maker,
    device: &AcsDevice,
    row: &ProviderRecord,
    cpe: &Cpe,
    habit: Habit,
    login: &str,
) {
    let login = Some(login.to_owned());
    let serial = Some(cpe.serial.clone());
    let plain = matches!(habit, Habit::Plain | Habit::SerialInMacColumn | Habit::MacOnly);
    let macs = if device.macs.is_empty() { Vec::new() } else { vec![cpe.mac] };
    let canon = Canon { serial: serial.clone().filter(|_| plain), macs, login: login.clone() };
    maker.really(&device.id, canon);
    let has_serial = row.serial.is_some() || matches!(habit, Habit::SerialInMacColumn);
    let junk = matches!(habit, Habit::Junk | Habit::Crowd);
    let serial = serial.filter(|_| has_serial && !junk);
    if let Some(id) = &row.device_id {
        maker.really(id, Canon { serial, macs: vec![cpe.mac], login });
    }
}

fn drift(maker: &mut Maker, n: usize) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let device = maker.device(&cpe, Some(&person.login));
    let mut row = maker.entry(&cpe, &person);
    match n % 3 {
        0 => row.model = text("Archer C6"),
        1 => {
            let strange = maker.factory.strange_mac(&mut maker.rng);
            row.mac = text(&spelling::mac(&mut maker.rng, strange));
        }
        _ => row.login = text(&format!("{}.novo", person.login)),
    }
    maker.push_pair(device, row, true);
}

/// Deleted by hand since yesterday; the webhook did its work.
fn deleted_by_hand(maker: &mut Maker) {
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let device = maker.device(&cpe, Some(&person.login));
    let row = maker.entry(&cpe, &person);
    let at: Timestamp = maker.between(maker.now - hours(20), maker.now - hours(3));
    if maker.shape.watch != Watch::Nobody {
        maker.happened(at, EventKind::DeviceDeleted, &cpe);
    }
    maker.deleted_today(device, row);
}

/// Rows that are in no sum: logins without a device, and entries of cancelled customers.
fn bystanders(maker: &mut Maker) {
    let person = maker.factory.person(&mut maker.rng);
    let row = maker.login_row(&person);
    maker.push_login(row);
    let cpe = maker.factory.cpe(&mut maker.rng);
    let person = maker.factory.person(&mut maker.rng);
    let mut row = maker.entry(&cpe, &person);
    row.synchronised = None;
    if chance(&mut maker.rng, 50) {
        row.active = Some(false);
    } else {
        row.linked = Some(false);
    }
    maker.push_entry(row, false, None);
}
