//! The boxes of a world and the people who have them.
//!
//! Must not do: give two boxes one identity, or a person a CPF that could be somebody's.

use std::collections::HashSet;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::spelling::{chance, pick};

/// One CPE as it left the factory.
#[derive(Clone, Debug)]
pub struct Cpe {
    pub serial: String,
    /// LAN, then WAN and Wi-Fi beside it.
    pub mac: u64,
    pub model: &'static str,
    pub maker: &'static str,
}

/// One customer with a login.
#[derive(Clone, Debug)]
pub struct Person {
    pub n: u64,
    pub login: String,
    pub name: String,
}

const ONUS: [(&str, u64, &str, &str); 4] = [
    ("HWTC", 0x0025_9E00_0000, "HG8145V5", "Huawei"),
    ("ZTEG", 0xD060_8C00_0000, "F670L", "ZTE"),
    ("FHTT", 0xF4EB_3800_0000, "AN5506", "FiberHome"),
    ("ALCL", 0x98DE_D000_0000, "G-240W-C", "Nokia"),
];
const GIVEN: [&str; 8] = ["Ana", "Bruno", "Conceição", "Davi", "Elisa", "João", "Luís", "Vítor"];
const FAMILY: [&str; 8] = ["Alves", "Brito", "Gonçalves", "Lima", "Nunes", "Pires", "Rocha", "Sá"];

/// Makes boxes and people, each identity once.
#[derive(Debug, Default)]
pub struct Factory {
    serials: HashSet<String>,
    macs: HashSet<u64>,
    people: u64,
}

impl Factory {
    /// A new box: mostly an ONU, else a router with a serial of digits.
    pub fn cpe(&mut self, rng: &mut ChaCha8Rng) -> Cpe {
        let (vendor, oui, model, maker) = ONUS[rng.random_range(0..ONUS.len())];
        let mac = loop {
            // 16 apart: the neighbours of one box are never another's
            let mac = oui | (rng.random_range(0x100..0xF_FFFF_u64) << 4);
            if self.macs.insert(mac) {
                break mac;
            }
        };
        let router = chance(rng, 20);
        let serial = loop {
            let serial = if router {
                format!("22{:011}", rng.random_range(0..100_000_000_000_u64))
            } else {
                format!("{vendor}{:08X}", rng.random_range(0x1000..u32::MAX))
            };
            if self.serials.insert(serial.clone()) {
                break serial;
            }
        };
        Cpe { serial, mac, model, maker }
    }

    /// Keeps a serial for itself, where nobody has it yet.
    pub fn take_serial(&mut self, serial: &str) -> bool {
        self.serials.insert(serial.to_owned())
    }

    /// A MAC that no box has.
    pub fn strange_mac(&mut self, rng: &mut ChaCha8Rng) -> u64 {
        self.cpe(rng).mac
    }

    /// The MAC with another digit at a place where no other box is met.
    pub fn mac_one_digit_off(&mut self, mac: u64) -> u64 {
        // where all fifteen were taken, the world has grown far beyond what it is for
        (1..16).map(|d| mac ^ (d << 20)).find(|m| self.macs.insert(*m)).unwrap_or(mac ^ (1 << 20))
    }

    /// A new customer.
    pub fn person(&mut self, rng: &mut ChaCha8Rng) -> Person {
        self.people += 1;
        let n = self.people;
        let (given, family) = (pick(rng, &GIVEN), pick(rng, &FAMILY));
        Person {
            n,
            login: format!("cli{n:06}.{}", n * 7919 % 997),
            name: format!("{given} {family}"),
        }
    }
}
