//! What is taken from a device document: tables of both data models.
//!
//! Must not do: ask anybody; `tests_captures` plays real ones.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::device::{Unread, device};
use super::fields::Paths;
use super::record::Values;
use crate::domain::{AcsDevice, Untrusted};

const WAN: &str = "InternetGatewayDevice.WANDevice.1.WANConnectionDevice";

fn paths(fields: &[(&str, &[&str])]) -> Paths {
    let list = |list: &[&str]| list.iter().map(|p| (*p).to_owned()).collect();
    let fields: BTreeMap<String, Vec<String>> =
        fields.iter().map(|(key, paths)| ((*key).to_owned(), list(paths))).collect();
    Paths::new(&fields).unwrap()
}

/// A document in which these parameters have these values.
fn document(parameters: &[(&str, Value)]) -> Value {
    let mut root = json!({ "_id": "x" });
    for (path, value) in parameters {
        let mut at = &mut root;
        for part in path.split('.') {
            let object: &mut Map<String, Value> = at.as_object_mut().unwrap();
            at = object.entry(part).or_insert_with(|| json!({ "_object": true }));
        }
        let own = path.starts_with('_');
        *at = if own { value.clone() } else { json!({ "_type": "t", "_value": value }) };
    }
    root
}

fn read(paths: &Paths, document: &Value) -> (AcsDevice, Unread) {
    let (mut values, mut unread) = (Values::default(), Unread::new());
    values.read(document.to_string().as_bytes(), paths).unwrap();
    (device(&mut values, paths, &mut unread).unwrap(), unread)
}

fn usual(parameters: &[(&str, Value)]) -> AcsDevice {
    read(&paths(&[]), &document(parameters)).0
}

fn wan(rest: &str) -> String {
    format!("{WAN}.{rest}")
}

fn text(value: Option<&Untrusted>) -> Option<&str> {
    value.map(Untrusted::raw)
}

fn texts(values: &[Untrusted]) -> Vec<&str> {
    values.iter().map(Untrusted::raw).collect()
}

#[test]
fn the_login_is_the_first_of_an_enabled_connection() {
    let login = |connection: &str, name: Value| (wan(&format!("{connection}.Username")), name);
    let enable = |connection: &str, on: Value| (wan(&format!("{connection}.Enable")), on);
    let (c1, c2, c10) = ("1.WANPPPConnection.1", "1.WANPPPConnection.2", "1.WANPPPConnection.10");
    let far = "2.WANPPPConnection.1";
    for (parameters, expected) in [
        (vec![login(c1, json!("ana"))], Some("ana")),
        (vec![login(c10, json!("ten")), login(c2, json!("two"))], Some("two")),
        (vec![login(far, json!("far")), login(c10, json!("near"))], Some("near")),
        (vec![login(c1, json!("")), login(c2, json!("two"))], Some("two")),
        (vec![login(c1, json!("  ")), login(far, json!("far"))], Some("far")),
        (
            vec![login(c1, json!("old")), enable(c1, json!(false)), login(c2, json!("new"))],
            Some("new"),
        ),
        (
            vec![login(c1, json!("old")), enable(c1, json!("0")), login(c2, json!("new"))],
            Some("new"),
        ),
        (vec![login(c1, json!("old")), enable(c1, json!("False"))], None),
        (
            vec![login(c1, json!("one")), enable(c1, json!(true)), login(c2, json!("two"))],
            Some("one"),
        ),
        (vec![login(c1, json!("one")), enable(c2, json!(false))], Some("one")),
        (vec![login(c1, json!("one")), enable(c10, json!(false))], Some("one")),
        (vec![login(c1, json!(4_711_000_000_u64))], Some("4711000000")),
        (vec![login(c1, json!(-7))], Some("-7")),
        (vec![login(c1, json!(true))], Some("true")),
        (vec![login(c1, json!(null))], None),
        (vec![login(c1, json!({ "a": [1] }))], None),
        (vec![login(c1, json!(["ana"]))], None),
        (vec![login("x.WANPPPConnection.1", json!("ana"))], None),
        (vec![], None),
    ] {
        let named: Vec<(&str, Value)> =
            parameters.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
        let device = usual(&named);
        assert_eq!(text(device.pppoe_login.as_ref()), expected, "{parameters:?}");
        // The order of keys differs between database engines.
        let turned: Vec<(&str, Value)> = named.into_iter().rev().collect();
        assert_eq!(usual(&turned), device, "{parameters:?}");
    }
}

#[test]
fn the_wan_ip_is_that_of_the_login_s_connection() {
    let device = usual(&[
        (&wan("1.WANIPConnection.1.ExternalIPAddress"), json!("10.9.9.9")),
        (&wan("1.WANPPPConnection.1.ExternalIPAddress"), json!("100.64.0.1")),
        (&wan("1.WANPPPConnection.1.Enable"), json!(false)),
        (&wan("1.WANPPPConnection.2.ExternalIPAddress"), json!("100.64.0.2")),
        (&wan("1.WANPPPConnection.3.ExternalIPAddress"), json!("100.64.0.3")),
        (&wan("1.WANPPPConnection.3.Username"), json!("ana")),
    ]);
    assert_eq!(text(device.wan_ip.as_ref()), Some("100.64.0.3"));
    let device = usual(&[
        (&wan("1.WANPPPConnection.1.ExternalIPAddress"), json!("0.0.0.0")),
        (&wan("1.WANPPPConnection.1.Username"), json!("ana")),
        (&wan("2.WANIPConnection.1.ExternalIPAddress"), json!("10.9.9.9")),
    ]);
    assert_eq!(text(device.wan_ip.as_ref()), None, "its own connection has none");
    let other = (&*wan("2.WANIPConnection.1.ExternalIPAddress"), json!("10.9.9.9"));
    let without_login = usual(&[other]);
    assert_eq!(text(without_login.wan_ip.as_ref()), Some("10.9.9.9"));
}

#[test]
fn tr_181_tells_the_wan_from_the_lan_by_its_layers() {
    let lan_first = [
        ("Device.IP.Interface.1.IPv4Address.1.IPAddress", json!("192.168.1.1")),
        ("Device.IP.Interface.1.LowerLayers", json!("Device.Ethernet.Link.1.")),
        ("Device.Ethernet.Link.1.MACAddress", json!("00:25:9E:00:00:10")),
        ("Device.Ethernet.Link.1.LowerLayers", json!("Device.Ethernet.Interface.1")),
        ("Device.Ethernet.Interface.1.MACAddress", json!("00:25:9e:00:00:10")),
        ("Device.Ethernet.Link.2.MACAddress", json!("00:25:9E:00:00:11")),
        ("Device.Ethernet.Interface.5.Upstream", json!(true)),
        ("Device.Ethernet.Interface.5.MACAddress", json!("00:25:9E:00:00:12")),
        ("Device.PPP.Interface.3.Username", json!("ana")),
        ("Device.PPP.Interface.3.LowerLayers", json!("Device.Ethernet.Link.2.")),
    ];
    let device = usual(&lan_first);
    assert_eq!(text(device.pppoe_login.as_ref()), Some("ana"));
    assert_eq!(
        texts(&device.macs),
        ["00:25:9E:00:00:11", "00:25:9E:00:00:12", "00:25:9E:00:00:10"]
    );
    assert_eq!(device.wan_ip, None, "the LAN's own address is no WAN address");

    let other = ("Device.IP.Interface.2.IPv4Address.1.IPAddress", json!("10.1.1.1"));
    let own = ("Device.IP.Interface.9.IPv4Address.1.IPAddress", json!("100.64.0.9"));
    let layers = ("Device.IP.Interface.9.LowerLayers", json!("Device.PPP.Interface.3."));
    let ipcp = ("Device.PPP.Interface.3.IPCP.LocalIPAddress", json!("100.64.0.3"));
    let off = ("Device.IP.Interface.2.Enable", json!("false"));
    for (more, expected) in [
        (vec![&other], Some("10.1.1.1")),
        (vec![&other, &off], None),
        (vec![&other, &own, &layers], Some("100.64.0.9")),
        (vec![&other, &own, &layers, &ipcp], Some("100.64.0.3")),
    ] {
        let mut parameters = lan_first.to_vec();
        parameters.extend(more.into_iter().cloned());
        assert_eq!(text(usual(&parameters).wan_ip.as_ref()), expected);
    }
}

#[test]
fn macs_come_wan_first_and_once() {
    let device = usual(&[
        (
            "InternetGatewayDevice.LANDevice.1.LANEthernetInterfaceConfig.1.MACAddress",
            json!("AA:00:00:00:00:03"),
        ),
        (
            "InternetGatewayDevice.LANDevice.2.LANEthernetInterfaceConfig.1.MACAddress",
            json!("AA:00:00:00:00:09"),
        ),
        (&wan("12.WANPPPConnection.1.MACAddress"), json!("AA:00:00:00:00:02")),
        (&wan("3.WANPPPConnection.1.MACAddress"), json!("AA:00:00:00:00:01")),
        (&wan("3.WANIPConnection.1.MACAddress"), json!("aa:00:00:00:00:02")),
        (
            "InternetGatewayDevice.WANDevice.2.WANEthernetInterfaceConfig.MACAddress",
            json!("AA:00:00:00:00:04"),
        ),
    ]);
    let ends: Vec<&str> = texts(&device.macs).iter().map(|mac| &mac[15..]).collect();
    assert_eq!(ends, ["01", "02", "04", "03"]);
}

#[test]
fn identities_come_from_device_id_and_models_from_device_info() {
    let device = usual(&[
        ("_deviceId._SerialNumber", json!("HWTC00000001")),
        ("_deviceId._OUI", json!("00259E")),
        ("_deviceId._ProductClass", json!("HG8145V5")),
        ("_deviceId._Manufacturer", json!("Huawei")),
        ("Device.DeviceInfo.ModelName", json!("HG8145V5-10")),
        ("Device.DeviceInfo.SoftwareVersion", json!(5)),
        ("_tags", json!(["a", "", 7, null, true, {"x": 1}, ["y"]])),
    ]);
    let found = [
        &device.serial,
        &device.oui,
        &device.product_class,
        &device.manufacturer,
        &device.model,
        &device.firmware,
    ];
    let found: Vec<&str> = found.iter().map(|value| text(value.as_ref()).unwrap()).collect();
    assert_eq!(found, ["HWTC00000001", "00259E", "HG8145V5", "Huawei", "HG8145V5-10", "5"]);
    assert_eq!(texts(&device.tags), ["a", "7"]);
    let bare = usual(&[("_deviceId._ProductClass", json!(null)), ("_tags", json!(null))]);
    assert_eq!(bare, AcsDevice { id: Untrusted::new("x"), ..AcsDevice::default() });
}

#[test]
fn a_profile_s_paths_replace_the_usual_ones() {
    let parameters = [
        ("_deviceId._SerialNumber", json!("000000")),
        ("InternetGatewayDevice.X_GPON.SN", json!("HWTC00000009")),
        ("InternetGatewayDevice.LANDevice.7.X.MACAddress", json!("AA:00:00:00:00:07")),
        ("InternetGatewayDevice.LANDevice.5.X.MACAddress", json!("AA:00:00:00:00:05")),
        (&wan("1.WANPPPConnection.1.MACAddress"), json!("AA:00:00:00:00:01")),
        (&wan("1.WANPPPConnection.1.Username"), json!("first")),
        (&wan("1.WANPPPConnection.2.Username"), json!("second")),
    ];
    let chosen = paths(&[
        ("serial", &["InternetGatewayDevice.X_GPON.SN", "_deviceId._SerialNumber"]),
        ("mac", &["InternetGatewayDevice.LANDevice.*.X.MACAddress"]),
        ("pppoe_login", &[&wan("1.WANPPPConnection.2.Username")]),
    ]);
    let (device, _) = read(&chosen, &document(&parameters));
    assert_eq!(text(device.serial.as_ref()), Some("HWTC00000009"));
    assert_eq!(texts(&device.macs), ["AA:00:00:00:00:05", "AA:00:00:00:00:07"]);
    assert_eq!(text(device.pppoe_login.as_ref()), Some("second"));
    let (device, _) = read(&chosen, &document(&parameters[..1]));
    assert_eq!(text(device.serial.as_ref()), Some("000000"));
}

#[test]
fn times_that_are_none_are_kept_as_problems() {
    let parameters =
        [("_lastInform", json!("yesterday")), ("_registered", json!("2026-11-23T13:23:13.202Z"))];
    let (device, unread) = read(&paths(&[]), &document(&parameters));
    assert_eq!(device.last_inform, None);
    assert_eq!(device.registered, Some("2026-11-23T13:23:13.202Z".parse().unwrap()));
    assert_eq!(unread, [("_lastInform", Untrusted::new("yesterday"))]);
}

#[test]
fn what_is_no_device_is_refused_with_a_reason() {
    let paths = paths(&[]);
    let mut values = Values::default();
    let long = format!("{{\"_id\":\"{}\"}}", "x".repeat(5000));
    for bad in [
        "{}",
        r#"{"_id":null}"#,
        r#"{"_id":7}"#,
        r#"{"_id":""}"#,
        r#"{"_id":{"_value":"x"}}"#,
        r#"{"_id":["x"]}"#,
        long.as_str(),
        r#"{"_id":"x""#,
        r#"{"_id":"x"]"#,
        r#"{"_id":"x"}{}"#,
        r#"{"_id":"x",}"#,
        r#"{"_id":"x","_lastInform":nope}"#,
        "[]",
        "{\"_id\":\"\u{1}\"}",
    ] {
        let why = values.read(bad.as_bytes(), &paths).unwrap_err();
        assert!(why.starts_with("a record "), "{bad}: {why}");
    }
    assert!(values.read(b"{\"_id\":\"\xff\"}", &paths).is_err());
    // What is not looked for may be anything, as deep as it likes.
    let deep = format!("{{\"_id\":\"x\",\"y\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    values.read(deep.as_bytes(), &paths).unwrap();
    assert_eq!(values.id, Some(Untrusted::new("x")));
}

#[test]
fn a_record_full_of_values_is_bounded_and_told() {
    let paths = paths(&[]);
    let connections: Map<String, Value> = (0..5000)
        .map(|n| (n.to_string(), json!({ "Username": { "_value": format!("u{n}") } })))
        .collect();
    let record = json!({ "_id": "x", "InternetGatewayDevice": { "WANDevice": { "1":
        { "WANConnectionDevice": { "1": { "WANPPPConnection": connections } } } } } });
    let mut values = Values::default();
    values.read(record.to_string().as_bytes(), &paths).unwrap();
    assert!(values.too_many && values.found.len() == 2000);
}
