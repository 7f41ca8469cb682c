//! CPE models on the market, and new boxes made of them.
//!
//! Must not do: give two boxes one identity; whoever makes boxes keeps count.

use jiff::Timestamp;

use super::acs::{Cpe, DataModel};
use super::dice::Dice;
use super::identity::hex_form;

/// How a model reports its serial by TR-069.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reports {
    /// GPON serial in 16 hex digits.
    #[default]
    Hex,
    /// GPON serial with the vendor's letters.
    Letters,
    /// Its MAC, without separators.
    Mac,
    /// A factory number.
    Factory,
}

#[derive(Clone, Copy, Debug, Default)]
struct Model {
    manufacturer: &'static str,
    name: &'static str,
    class: Option<&'static str>,
    vendor: &'static str,
    oui: &'static str,
    firmware: [&'static str; 3],
    is_onu: bool,
    reports: Reports,
    is_tr181: bool,
}

const MODELS: [Model; 9] = [
    Model {
        manufacturer: "Huawei Technologies Co., Ltd",
        name: "HG8145V5",
        class: Some("HG8145V5"),
        vendor: "HWTC",
        oui: "00259E",
        firmware: ["V5R019C10S125", "V5R019C10S350", "V5R020C00S060"],
        is_onu: true,
        reports: Reports::Hex,
        is_tr181: false,
    },
    Model {
        manufacturer: "Huawei Technologies Co., Ltd",
        name: "EG8145X6",
        class: Some("EG8145X6"),
        vendor: "HWTC",
        oui: "00E0FC",
        firmware: ["V5R022C00S080", "V5R022C10S118", "V5R023C00S002"],
        is_onu: true,
        reports: Reports::Hex,
        is_tr181: false,
    },
    Model {
        manufacturer: "ZTE",
        name: "F670L",
        class: Some("F670L"),
        vendor: "ZTEG",
        oui: "4C09D4",
        firmware: ["V9.0.11P1N12", "V9.0.11P1N25", "V9.1.10P1N3"],
        is_onu: true,
        reports: Reports::Letters,
        is_tr181: false,
    },
    Model {
        manufacturer: "FiberHome",
        name: "AN5506-02-B",
        class: None,
        vendor: "FHTT",
        oui: "541473",
        firmware: ["RP2520", "RP2616", "RP2740"],
        is_onu: true,
        reports: Reports::Letters,
        is_tr181: false,
    },
    Model {
        manufacturer: "Nokia",
        name: "G-140W-C",
        class: Some("G-140W-C"),
        vendor: "ALCL",
        oui: "74E1B6",
        firmware: ["3FE48077", "3FE49337", "3FE49568"],
        is_onu: true,
        reports: Reports::Letters,
        is_tr181: true,
    },
    Model {
        manufacturer: "Intelbras",
        name: "WiFiber 121 AC",
        class: Some("121AC"),
        vendor: "ITBS",
        oui: "58108C",
        firmware: ["1.1-220826", "1.1-230315", "1.2-240110"],
        is_onu: true,
        reports: Reports::Letters,
        is_tr181: false,
    },
    Model {
        manufacturer: "TP-Link",
        name: "Archer C5 (BR)",
        class: Some("Archer C5 (BR)"),
        vendor: "",
        oui: "98DED0",
        firmware: ["0.9.1 3.16", "0.9.1 3.17", "1.0.2 0.4"],
        is_onu: false,
        reports: Reports::Factory,
        is_tr181: false,
    },
    Model {
        manufacturer: "TP-Link",
        name: "EC220-G5",
        class: Some("EC220-G5"),
        vendor: "",
        oui: "50D4F7",
        firmware: ["3.16.0", "3.17.0", "3.18.1"],
        is_onu: false,
        reports: Reports::Mac,
        is_tr181: true,
    },
    Model {
        manufacturer: "Greatek",
        name: "GWR-1200AC",
        class: Some(""),
        vendor: "",
        oui: "1C6499",
        firmware: ["2.4.1", "2.5.0", "2.5.3"],
        is_onu: false,
        reports: Reports::Mac,
        is_tr181: false,
    },
];

/// What stands on a box, before it ever called home.
#[derive(Clone, Debug)]
pub(super) struct Label {
    /// Serial as the Provider's people know it: with letters for an ONU.
    pub serial: String,
    /// Its WAN MAC, with colons.
    pub mac: String,
    /// Where the Provider's people write it down.
    pub kept: Kept,
    /// What they write into the login's `onu_mac`, where they do.
    pub onu_mac: String,
}

/// Where the Provider keeps a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// In a row of its own, in the table of ONUs.
    OnuRow,
    /// In its login's row.
    Login,
}

/// A new box, not yet seen by anybody.
pub(super) fn new_box(dice: &mut Dice, kept: Kept, at: Timestamp) -> (Label, Cpe) {
    let onu = kept == Kept::OnuRow || dice.chance(0.4);
    let kinds: Vec<Model> = MODELS.iter().copied().filter(|m| m.is_onu == onu).collect();
    let model = dice.pick(&kinds);
    let mac_digits = format!("{}{}", model.oui, dice.own_mac());
    let mac = with_colons(&mac_digits);
    let letters = format!("{}{}", model.vendor, dice.hex(8));
    let (on_label, serial) = match model.reports {
        Reports::Hex => (letters.clone(), hex_form(&letters)),
        Reports::Letters => (letters.clone(), letters),
        Reports::Mac => (mac_digits.clone(), mac_digits.clone()),
        Reports::Factory => {
            let number = format!("22{}T{}", dice.between(10_000, 99_999), dice.hex(6));
            (number.clone(), number)
        }
    };
    let onu_mac = match (kept, model.reports) {
        (Kept::Login, Reports::Hex | Reports::Letters) => on_label.clone(),
        (Kept::Login, Reports::Mac) if dice.chance(0.5) => on_label.clone(),
        _ => String::new(),
    };
    // A few models keep their MACs to themselves.
    let macs = match dice.below(12) {
        0 if model.is_onu => Vec::new(),
        1..=3 => vec![mac.clone(), with_colons(&next_mac(&mac_digits))],
        _ => vec![mac.clone()],
    };
    let cpe = Cpe {
        serial,
        oui: model.oui.to_owned(),
        product_class: model.class.map(str::to_owned),
        manufacturer: model.manufacturer.to_owned(),
        model: model.name.to_owned(),
        hardware: format!("v{}.0", dice.between(1, 4)),
        firmware: dice.pick(&model.firmware).to_owned(),
        macs,
        pppoe_login: None,
        wan_ip: Some(wan_ip(dice)),
        last_inform: at,
        registered: at,
        last_boot: None,
        tags: Vec::new(),
        data_model: if model.is_tr181 { DataModel::Tr181 } else { DataModel::Tr098 },
        in_session_until: None,
    };
    (Label { serial: on_label, mac, kept, onu_mac }, cpe)
}

/// An address of the shared range that carriers give to customers (RFC 6598).
fn wan_ip(dice: &mut Dice) -> String {
    format!("100.{}.{}.{}", dice.between(64, 127), dice.between(0, 255), dice.between(1, 254))
}

fn with_colons(digits: &str) -> String {
    let pairs: Vec<&str> = (0..6).map(|i| &digits[2 * i..2 * i + 2]).collect();
    pairs.join(":")
}

fn next_mac(digits: &str) -> String {
    let number = u64::from_str_radix(digits, 16).unwrap_or_default();
    format!("{:012X}", number ^ 1)
}
