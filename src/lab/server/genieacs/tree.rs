//! A device as a document: what was asked of the box, in its own data model, with instance
//! numbers as boxes have them.
//!
//! Must not do: hold a value that the world does not; canaries apart.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::device_id;
use crate::lab::world::{Cpe, DataModel};

/// How many parameters a box has that was read in full: its document has about 122 kB.
const FULL: usize = 1000;

/// Dates as GenieACS has them: UTC with milliseconds.
pub(super) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The document. `full`: with what is only there where everything was read.
pub(super) fn document(cpe: &Cpe, had_tags: bool, full: bool) -> Value {
    let mut top = Map::new();
    let mut put = |name: &str, value: Value| top.insert(name.to_owned(), value);
    put("_id", Value::String(device_id(cpe)));
    put(
        "_deviceId",
        json!({
            "_Manufacturer": cpe.manufacturer, "_OUI": cpe.oui,
            "_ProductClass": cpe.product_class, "_SerialNumber": cpe.serial,
        }),
    );
    put("_lastInform", Value::String(date(cpe.last_inform)));
    put("_registered", Value::String(date(cpe.registered)));
    if let Some(boot) = cpe.last_boot {
        put("_lastBoot", Value::String(date(boot)));
    }
    if !cpe.tags.is_empty() || had_tags {
        put("_tags", json!(cpe.tags));
    }
    let tree = Tree { cpe, at: date(cpe.last_inform), number: number(&cpe.serial) };
    match cpe.data_model {
        DataModel::Tr098 => put("InternetGatewayDevice", tree.tr098(full)),
        DataModel::Tr181 => put("Device", tree.tr181(full)),
    };
    Value::Object(top)
}

/// A number of the box's own: boxes differ, and each stays as it is.
fn number(serial: &str) -> u64 {
    serial.bytes().fold(17, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte))
}

struct Tree<'c> {
    cpe: &'c Cpe,
    at: String,
    number: u64,
}

impl Tree<'_> {
    fn leaf(&self, kind: &str, value: &Value, writable: bool) -> Value {
        json!({
            "_object": false, "_writable": writable, "_value": value,
            "_type": format!("xsd:{kind}"), "_timestamp": self.at,
        })
    }

    fn text(&self, value: &str) -> Value {
        self.leaf("string", &Value::String(value.to_owned()), true)
    }

    fn flag(&self, value: bool) -> Value {
        self.leaf("boolean", &Value::Bool(value), true)
    }

    /// A parameter that was discovered and never read.
    fn unread() -> Value {
        json!({"_object": false, "_writable": true})
    }

    fn object(&self, parts: Vec<(String, Value)>) -> Value {
        let mut object = Map::new();
        for (name, value) in parts {
            object.insert(name, value);
        }
        object.insert("_object".to_owned(), Value::Bool(true));
        object.insert("_writable".to_owned(), Value::Bool(false));
        object.insert("_timestamp".to_owned(), Value::String(self.at.clone()));
        Value::Object(object)
    }

    fn one(&self, name: &str, value: Value) -> Value {
        self.object(vec![(name.to_owned(), value)])
    }

    /// A box of one connection begins at 1; others have an old one, switched off, before it.
    fn instances(&self) -> (Option<u64>, u64) {
        match self.number % 10 {
            0 | 1 => (Some(1), 2),
            2 => (Some(1), 4),
            3 => (None, 3),
            _ => (None, 1),
        }
    }

    fn old_connection(&self) -> Value {
        self.object(vec![
            ("Enable".to_owned(), self.flag(false)),
            ("Username".to_owned(), self.text("antigo@desligado")),
            ("Password".to_owned(), Self::unread()),
        ])
    }

    fn info(&self) -> Value {
        let mut parts = vec![
            ("SoftwareVersion".to_owned(), self.text(&self.cpe.firmware)),
            ("HardwareVersion".to_owned(), self.text(&self.cpe.hardware)),
            ("Manufacturer".to_owned(), self.text(&self.cpe.manufacturer)),
        ];
        // Some were never asked for their model; the product class tells it then.
        let told = self.cpe.product_class.as_deref() == Some(self.cpe.model.as_str());
        if !(told && self.number.is_multiple_of(7)) {
            parts.push(("ModelName".to_owned(), self.text(&self.cpe.model)));
        }
        self.object(parts)
    }

    /// The user name: a box that was never asked for it has a parameter without a value.
    fn username(&self) -> Value {
        self.cpe.pppoe_login.as_deref().map_or_else(Self::unread, |login| self.text(login))
    }

    fn tr098(&self, full: bool) -> Value {
        let (old, own) = self.instances();
        let mut parts = vec![
            ("Enable".to_owned(), self.flag(true)),
            ("Username".to_owned(), self.username()),
            ("Password".to_owned(), Self::unread()),
        ];
        if let Some(mac) = self.cpe.macs.first() {
            parts.push(("MACAddress".to_owned(), self.text(mac)));
        }
        if let Some(ip) = &self.cpe.wan_ip {
            parts.push(("ExternalIPAddress".to_owned(), self.text(ip)));
        }
        let mut connections = vec![(own.to_string(), self.object(parts))];
        connections.extend(old.map(|n| (n.to_string(), self.old_connection())));
        let connections = self.object(connections);
        let device = (1 + self.number / 10 % 3).to_string();
        let wan = self.one("WANPPPConnection", connections);
        let wan = self.one("WANConnectionDevice", self.one(&device, wan));
        let lan = self.cpe.macs.iter().skip(1).zip(1..);
        let lan = lan.map(|(mac, n)| (n.to_string(), self.one("MACAddress", self.text(mac))));
        let lan = self.object(lan.collect());
        let mut lan_device = vec![("LANEthernetInterfaceConfig".to_owned(), lan)];
        if full {
            lan_device.push(("WLANConfiguration".to_owned(), self.one("1", self.wifi())));
        }
        let mut root = vec![
            ("DeviceInfo".to_owned(), self.info()),
            ("WANDevice".to_owned(), self.one("1", wan)),
            ("LANDevice".to_owned(), self.one("1", self.object(lan_device))),
        ];
        root.extend(self.discovered(full));
        self.object(root)
    }

    fn tr181(&self, full: bool) -> Value {
        let (old, own) = self.instances();
        let mut parts =
            vec![("Enable".to_owned(), self.flag(true)), ("Username".to_owned(), self.username())];
        if let Some(ip) = &self.cpe.wan_ip {
            let ipcp = self.one("LocalIPAddress", self.text(ip));
            parts.push(("IPCP".to_owned(), ipcp));
        }
        let mut interfaces = vec![(own.to_string(), self.object(parts))];
        interfaces.extend(old.map(|n| (n.to_string(), self.old_connection())));
        let ppp = self.one("Interface", self.object(interfaces));
        let links = self.cpe.macs.iter().zip(1..);
        let links = links.map(|(mac, n)| (n.to_string(), self.one("MACAddress", self.text(mac))));
        let ethernet = self.one("Interface", self.object(links.collect()));
        let mut root = vec![
            ("DeviceInfo".to_owned(), self.info()),
            ("PPP".to_owned(), ppp),
            ("Ethernet".to_owned(), ethernet),
        ];
        if full {
            let ssid = self.one("SSID", self.one("1", self.wifi()));
            root.push(("WiFi".to_owned(), ssid));
        }
        root.extend(self.discovered(full));
        self.object(root)
    }

    /// Canaries: nobody has a reason to ask for these.
    fn wifi(&self) -> Value {
        let name = format!("CANARIO-WIFI-{}", self.number);
        let key = format!("canario-senha-{}", self.number);
        self.object(vec![
            ("SSID".to_owned(), self.text(&name)),
            ("KeyPassphrase".to_owned(), self.text(&key)),
        ])
    }

    /// Few boxes were read in full.
    fn discovered(&self, full: bool) -> Option<(String, Value)> {
        let is_read = full && self.number.is_multiple_of(97);
        is_read.then(|| {
            let parameter = |n: usize| (format!("P{n}"), self.text("0"));
            ("X_LAB_Full".to_owned(), self.object((1..=FULL).map(parameter).collect()))
        })
    }
}
