//! A device as the view shows it: with customer and Wi-Fi data that nobody should keep.
//!
//! Must not do: show a MAC.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::lab::world::{Cpe, World};

/// A device that called within this time is online.
const ONLINE: SignedDuration = SignedDuration::from_hours(24);

/// The register of a device.
pub(super) fn of(world: &World, cpe: &Cpe) -> Value {
    let silent = world.now().duration_since(cpe.last_inform);
    let uptime = cpe.last_boot.map(|boot| world.now().duration_since(boot).as_secs());
    let tail: String = cpe.serial.chars().rev().take(6).collect();
    json!({
        "serialNumber": cpe.serial,
        "status": silent <= ONLINE,
        "lastInform": cpe.last_inform.to_string(),
        "created": cpe.registered.to_string(),
        "deviceInfo": {
            "manufacturer": cpe.manufacturer,
            "modelName": cpe.model,
            "hardwareVersion": cpe.hardware,
            "softwareVersion": cpe.firmware,
            "packageVersion": "1.0",
            "uptime": uptime,
            "rx": "-21.30",
            "tx": "2.10",
            "ipv6": null,
            "productClass": cpe.product_class,
            "oui": cpe.oui,
        },
        "connection": {"pppoeLogin": cpe.pppoe_login, "ip": cpe.wan_ip},
        "tags": cpe.tags,
        // Canaries: who keeps, logs or shows these has read too much.
        "customer": {
            "name": format!("Canario Cliente {tail}"),
            "document": "111.222.333-00",
            "phone": format!("(00) 90000-{}", canary_digits(&tail)),
        },
        "wifi": [
            {"ssid": format!("CANARIO-WIFI-{tail}"), "password": format!("canario-senha-{tail}")},
        ],
    })
}

fn canary_digits(tail: &str) -> String {
    tail.bytes().take(4).map(|byte| char::from(b'0' + byte % 10)).collect()
}

/// A field of the register as text, for filters and orders; `None` where there is none such.
pub(super) fn field(cpe: &Cpe, name: &str) -> Option<String> {
    let text = match name {
        "serialNumber" => cpe.serial.clone(),
        "lastInform" => cpe.last_inform.to_string(),
        "created" => cpe.registered.to_string(),
        "connection.pppoeLogin" => cpe.pppoe_login.clone().unwrap_or_default(),
        "deviceInfo.manufacturer" => cpe.manufacturer.clone(),
        "deviceInfo.modelName" => cpe.model.clone(),
        "deviceInfo.hardwareVersion" => cpe.hardware.clone(),
        "deviceInfo.softwareVersion" => cpe.firmware.clone(),
        _ => return None,
    };
    Some(text)
}
