//! Where in GenieACS' device documents our fields stand: paths, ours or the profile's.
//!
//! A path is a parameter's name as TR-069 writes it, its parts joined by dots; `*` stands for
//! every instance number, in rising order: `InternetGatewayDevice.LANDevice.*.MACAddress`.
//! GenieACS' own keys (`_deviceId._SerialNumber`) are paths too. Of several paths of a field
//! the first that has a value counts (of `mac`, every value does).
//! Must not do: put text into a request that is not a plain path, or ask for a path and for
//! something inside it (a database refuses that, and GenieACS' worker dies of it).

use std::collections::BTreeMap;

use crate::domain::text::visible;
use crate::ports::{FetchError, FetchErrorKind};

/// The most parts of a path.
const PARTS_MAX: usize = 16;

/// The most bytes of a projection; a request's head may have 16 kB (GENIEACS.md section 3).
const PROJECTION_MAX: usize = 4096;

/// What is read of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Serial,
    Oui,
    ProductClass,
    Manufacturer,
    Model,
    Mac,
    Login,
    Firmware,
    WanIp,
    ProviderDeviceId,
    LastInform,
    Registered,
    Tags,
    /// Is the object that holds it in use?
    Enable,
    /// Does the interface lead to the ISP (TR-181)?
    Upstream,
    /// What the interface runs on (TR-181).
    LowerLayers,
}

/// The fields that a profile may look for elsewhere, by the names of CLI.md section 3.
const REPLACEABLE: [(&str, Field); 11] = [
    ("serial", Field::Serial),
    ("oui", Field::Oui),
    ("product_class", Field::ProductClass),
    ("manufacturer", Field::Manufacturer),
    ("model", Field::Model),
    ("mac", Field::Mac),
    ("pppoe_login", Field::Login),
    ("login", Field::Login),
    ("firmware", Field::Firmware),
    ("wan_ip", Field::WanIp),
    ("provider_device_id", Field::ProviderDeviceId),
];

/// The fields that GenieACS keeps by itself.
const OWN: [(Field, &str); 4] = [
    (Field::Id, "_id"),
    (Field::LastInform, "_lastInform"),
    (Field::Registered, "_registered"),
    (Field::Tags, "_tags"),
];

macro_rules! wan {
    ($rest:literal) => {
        concat!("InternetGatewayDevice.WANDevice.*.WANConnectionDevice.*.", $rest)
    };
}

/// Where the rest stands in TR-098 (`InternetGatewayDevice.`) and TR-181 (`Device.`).
const USUAL: [(Field, &[&str]); 9] = [
    (Field::Serial, &["_deviceId._SerialNumber"]),
    (Field::Oui, &["_deviceId._OUI"]),
    (Field::ProductClass, &["_deviceId._ProductClass"]),
    (Field::Manufacturer, &["_deviceId._Manufacturer"]),
    (
        Field::Model,
        &[
            "InternetGatewayDevice.DeviceInfo.ModelName",
            "Device.DeviceInfo.ModelName",
            "_deviceId._ProductClass",
        ],
    ),
    (
        Field::Mac,
        &[
            wan!("WANPPPConnection.*.MACAddress"),
            wan!("WANIPConnection.*.MACAddress"),
            "InternetGatewayDevice.WANDevice.*.WANEthernetInterfaceConfig.MACAddress",
            "Device.Ethernet.Link.*.MACAddress",
            "Device.Ethernet.Interface.*.MACAddress",
            "InternetGatewayDevice.LANDevice.1.LANEthernetInterfaceConfig.*.MACAddress",
        ],
    ),
    (Field::Login, &[wan!("WANPPPConnection.*.Username"), "Device.PPP.Interface.*.Username"]),
    (
        Field::Firmware,
        &["InternetGatewayDevice.DeviceInfo.SoftwareVersion", "Device.DeviceInfo.SoftwareVersion"],
    ),
    (
        Field::WanIp,
        &[
            wan!("WANPPPConnection.*.ExternalIPAddress"),
            wan!("WANIPConnection.*.ExternalIPAddress"),
            "Device.PPP.Interface.*.IPCP.LocalIPAddress",
            "Device.IP.Interface.*.IPv4Address.*.IPAddress",
        ],
    ),
];

/// A field that a node's value belongs to.
#[derive(Clone, Debug)]
pub(super) struct Take {
    /// Which.
    pub field: Field,
    /// The path's place in the field's list.
    pub rank: u16,
    /// The profile named the path: its order counts, and nothing else.
    pub chosen: bool,
    /// By its name the path is on the side of the ISP.
    pub wan: bool,
    /// The path holds addresses of the LAN as well.
    pub mixed: bool,
    /// The instances the path names; `None` is any.
    only: Vec<Option<u32>>,
}

impl Take {
    fn new(field: Field) -> Self {
        Self { field, rank: 0, chosen: false, wan: false, mixed: false, only: Vec::new() }
    }

    /// Does the path cover these instances?
    pub fn covers(&self, instances: &[u32]) -> bool {
        self.only.iter().zip(instances).all(|(only, have)| only.is_none_or(|only| only == *have))
    }
}

/// A part of the paths.
#[derive(Debug, Default)]
struct Node {
    parent: usize,
    name: Box<str>,
    children: Vec<(Box<str>, usize)>,
    instances: Option<usize>,
    takes: Vec<Take>,
}

/// Where a key of a document leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To a part of a path.
    To(usize),
    /// To an instance of an object.
    Instance(usize, u32),
    /// Nowhere.
    Off,
}

/// All paths, as a tree that a document is walked along.
#[derive(Debug)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    projection: String,
}

impl Paths {
    /// The usual paths, with `chosen` instead where the profile says so.
    ///
    /// # Errors
    /// Where a name is none of ours, or a path is none.
    pub fn new(chosen: &BTreeMap<String, Vec<String>>) -> Result<Self, FetchError> {
        let mut paths = Self { nodes: vec![Node::default()], projection: String::new() };
        let mut asked: Vec<String> = vec!["_deviceId".to_owned()];
        for (field, path) in OWN {
            paths.add(Take::new(field), &split(path).unwrap_or_default());
            asked.push(path.to_owned());
        }
        let mut replaced = Vec::new();
        for (key, list) in chosen {
            let field = replaceable(key)?;
            if replaced.contains(&field) {
                return Err(refused(key, "the field is named twice"));
            }
            replaced.push(field);
            paths.add_chosen(key, field, list, &mut asked)?;
        }
        for (field, list) in USUAL.iter().filter(|(field, _)| !replaced.contains(field)) {
            paths.add_usual(*field, list, &mut asked);
        }
        paths.projection = without_inner(asked).join(",");
        if paths.projection.len() > PROJECTION_MAX {
            let what = "together the paths are longer than a request may be";
            return Err(config(what.to_owned(), "name fewer paths, or use * in them"));
        }
        Ok(paths)
    }

    fn add_chosen(
        &mut self,
        key: &str,
        field: Field,
        list: &[String],
        asked: &mut Vec<String>,
    ) -> Result<(), FetchError> {
        if list.is_empty() {
            return Err(refused(key, "no path is named"));
        }
        for (rank, path) in list.iter().enumerate() {
            let parts = split(path).map_err(|why| refused(key, &why))?;
            let rank = u16::try_from(rank).unwrap_or(u16::MAX);
            self.add(Take { rank, chosen: true, ..Take::new(field) }, &parts);
            asked.push(fixed_part(&parts));
        }
        Ok(())
    }

    fn add_usual(&mut self, field: Field, list: &[&str], asked: &mut Vec<String>) {
        for (rank, path) in (0..).zip(list) {
            let parts = split(path).unwrap_or_default();
            let wan = path.starts_with("InternetGatewayDevice.WANDevice.");
            let mixed = path.starts_with("Device.IP.Interface.");
            self.add(Take { rank, wan, mixed, ..Take::new(field) }, &parts);
            asked.push(fixed_part(&parts));
        }
    }

    fn add(&mut self, mut take: Take, parts: &[&str]) {
        let mut at = 0;
        for part in parts {
            match part.parse::<u32>() {
                _ if *part == "*" => take.only.push(None),
                Ok(number) => take.only.push(Some(number)),
                Err(_) => {
                    at = self.child(at, part);
                    continue;
                }
            }
            at = self.instance(at);
            self.add_aids(take.field, at);
        }
        self.nodes[at].takes.push(take);
    }

    /// What has to be known of an instance to judge the values in it.
    fn add_aids(&mut self, field: Field, instance: usize) {
        let aids: &[(&str, Field)] = match field {
            Field::Login | Field::WanIp => {
                &[("Enable", Field::Enable), ("LowerLayers", Field::LowerLayers)]
            }
            Field::Mac => &[("Upstream", Field::Upstream), ("LowerLayers", Field::LowerLayers)],
            _ => &[],
        };
        for (name, aid) in aids {
            let node = self.child(instance, name);
            if !self.nodes[node].takes.iter().any(|take| take.field == *aid) {
                self.nodes[node].takes.push(Take::new(*aid));
            }
        }
    }

    fn child(&mut self, parent: usize, name: &str) -> usize {
        let found = self.nodes[parent].children.iter().find(|(known, _)| **known == *name);
        if let Some((_, at)) = found {
            return *at;
        }
        let at = self.push(parent, name);
        self.nodes[parent].children.push((name.into(), at));
        at
    }

    fn instance(&mut self, parent: usize) -> usize {
        if let Some(at) = self.nodes[parent].instances {
            return at;
        }
        let at = self.push(parent, "*");
        self.nodes[parent].instances = Some(at);
        at
    }

    fn push(&mut self, parent: usize, name: &str) -> usize {
        self.nodes.push(Node { parent, name: name.into(), ..Node::default() });
        self.nodes.len() - 1
    }

    /// What is asked for: no path inside another one.
    pub fn projection(&self) -> &str {
        &self.projection
    }

    /// Where `key` leads from `node`.
    pub fn step(&self, node: usize, key: &str) -> Step {
        let node = &self.nodes[node];
        if let Some(instance) = node.instances
            && let Some(number) = number(key)
        {
            return Step::Instance(instance, number);
        }
        let found = node.children.iter().find(|(name, _)| **name == *key);
        found.map_or(Step::Off, |(_, at)| Step::To(*at))
    }

    /// What the value at `node` is.
    pub fn takes(&self, node: usize) -> &[Take] {
        &self.nodes[node].takes
    }

    /// The node that `node` is a part of.
    pub fn parent(&self, node: usize) -> usize {
        self.nodes[node].parent
    }

    /// Is `node` the same as `outer`, or in it?
    pub fn is_in(&self, mut node: usize, outer: usize) -> bool {
        while node != outer && node != 0 {
            node = self.nodes[node].parent;
        }
        node == outer
    }

    /// The paths of `field`, with the numbers that they name and `*` for any.
    pub fn of(&self, field: Field) -> Vec<String> {
        let all = self.nodes.iter().enumerate();
        let takes = all.flat_map(|(node, at)| at.takes.iter().map(move |take| (node, take)));
        let wanted = takes.filter(|(_, take)| take.field == field);
        wanted.map(|(node, take)| self.spelled(node, &take.only)).collect()
    }

    fn spelled(&self, mut node: usize, only: &[Option<u32>]) -> String {
        let mut only = only.iter().rev();
        let mut parts = Vec::new();
        while node != 0 {
            let Node { parent, name, .. } = &self.nodes[node];
            let number = if &**name == "*" { only.next().copied().flatten() } else { None };
            parts.push(number.map_or_else(|| name.to_string(), |number| number.to_string()));
            node = *parent;
        }
        parts.reverse();
        parts.join(".")
    }

    /// The object at `node` with these instances, as TR-069 writes it, without a last dot.
    pub fn name(&self, mut node: usize, instances: &[u32]) -> String {
        let mut instances = instances.iter().rev();
        let mut parts = Vec::new();
        while node != 0 {
            let Node { parent, name, .. } = &self.nodes[node];
            parts.push(match &**name {
                "*" => instances.next().map_or_else(|| "*".to_owned(), u32::to_string),
                name => name.to_owned(),
            });
            node = *parent;
        }
        parts.reverse();
        parts.join(".")
    }
}

/// An instance number; at most nine digits.
fn number(key: &str) -> Option<u32> {
    let digits = (1..=9).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| key.parse().ok()).flatten()
}

fn replaceable(key: &str) -> Result<Field, FetchError> {
    let found = REPLACEABLE.iter().find(|(name, _)| *name == key);
    found.map(|(_, field)| *field).ok_or_else(|| {
        let names: Vec<&str> = REPLACEABLE.iter().map(|(name, _)| *name).collect();
        let what = format!("fields.{}: GenieACS' devices have no such field", visible(key));
        config(what, &format!("name one of these: {}", names.join(", ")))
    })
}

/// The parts of a path, where it is one.
fn split(path: &str) -> Result<Vec<&str>, String> {
    let parts: Vec<&str> = path.split('.').collect();
    let plain = |part: &str| {
        let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        part == "*" || (!part.is_empty() && part.bytes().all(name))
    };
    let is_name = |part: &&str| {
        **part != *"*" && part.bytes().any(|b| !b.is_ascii_digit()) && !part.is_empty()
    };
    let shown = visible(path);
    if parts.len() > PARTS_MAX || path.len() > 256 {
        return Err(format!("the path {shown} is too long"));
    }
    if !parts.iter().all(|part| plain(part)) {
        return Err(format!("{shown} is no path of a parameter"));
    }
    if parts.iter().any(|part| !is_name(part) && *part != "*" && number(part).is_none()) {
        return Err(format!("{shown} has an instance number that is too large"));
    }
    if !parts.first().is_some_and(is_name) || !parts.last().is_some_and(is_name) {
        return Err(format!("{shown} has to begin and to end with a name"));
    }
    Ok(parts)
}

/// What can be asked for: a projection knows no `*`.
fn fixed_part(parts: &[&str]) -> String {
    let fixed: Vec<&str> = parts.iter().copied().take_while(|part| *part != "*").collect();
    fixed.join(".")
}

/// Drops paths that are inside others.
fn without_inner(mut paths: Vec<String>) -> Vec<String> {
    paths.sort_unstable();
    paths.dedup();
    let inside = |path: &str, outer: &str| {
        path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
    };
    let all = paths.clone();
    paths.retain(|path| !all.iter().any(|outer| inside(path, outer)));
    paths
}

fn refused(key: &str, why: &str) -> FetchError {
    config(
        format!("fields.{}: {why}", visible(key)),
        "write paths like InternetGatewayDevice.WANDevice.*.WANEthernetInterfaceConfig.MACAddress",
    )
}

fn config(what: String, hint: &str) -> FetchError {
    FetchError::new(FetchErrorKind::Config, what, &[hint])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(chosen: &[(&str, &[&str])]) -> Result<Paths, FetchError> {
        let own = |list: &&[&str]| list.iter().map(|p| (*p).to_owned()).collect();
        Paths::new(&chosen.iter().map(|(key, list)| ((*key).to_owned(), own(list))).collect())
    }

    #[test]
    fn asks_for_what_it_reads_and_for_nothing_inside_another() {
        assert_eq!(
            paths(&[]).unwrap().projection(),
            "Device.DeviceInfo.ModelName,Device.DeviceInfo.SoftwareVersion,\
             Device.Ethernet.Interface,Device.Ethernet.Link,Device.IP.Interface,\
             Device.PPP.Interface,InternetGatewayDevice.DeviceInfo.ModelName,\
             InternetGatewayDevice.DeviceInfo.SoftwareVersion,\
             InternetGatewayDevice.LANDevice.1.LANEthernetInterfaceConfig,\
             InternetGatewayDevice.WANDevice,_deviceId,_id,_lastInform,_registered,_tags"
        );
        let inner = ["InternetGatewayDevice.WANDevice.1.X_GponInterface.SN", "_deviceId._OUI"];
        let with = paths(&[("serial", &inner)]).unwrap();
        assert_eq!(with.projection(), paths(&[]).unwrap().projection());
    }

    #[test]
    fn refuses_what_is_no_path_and_names_the_key() {
        let long = "a.".repeat(16) + "b";
        for (key, list) in [
            ("colour", &["a.b"][..]),
            ("id", &["a.b"]),
            ("mac", &[]),
            ("mac", &[""]),
            ("mac", &["*.MACAddress"]),
            ("mac", &["1.MACAddress"]),
            ("mac", &["Device.Ethernet.*"]),
            ("mac", &["Device.Ethernet.1"]),
            ("mac", &["Device..MACAddress"]),
            ("mac", &["Device.*x.MACAddress"]),
            ("mac", &["Device.MACAddress,_id"]),
            ("mac", &["Device.99999999999.MACAddress"]),
            ("mac", &["Device.MAC Address"]),
            ("mac", &[long.as_str()]),
            ("mac", &["good.one", "$where"]),
        ] {
            let error = paths(&[(key, list)]).unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::Config, "{list:?}");
            assert!(error.what.starts_with(&format!("fields.{key}: ")), "{}", error.what);
        }
        assert!(paths(&[("login", &["a.b"]), ("pppoe_login", &["a.c"])]).is_err());
    }

    #[test]
    fn an_instance_that_a_path_names_is_the_only_one() {
        let paths = paths(&[("mac", &["A.2.B.*.C"])]).unwrap();
        let mut node = 0;
        for key in ["A", "7", "B", "3", "C"] {
            node = match paths.step(node, key) {
                Step::To(node) | Step::Instance(node, _) => node,
                Step::Off => panic!("{key} leads nowhere"),
            };
        }
        let take = &paths.takes(node)[0];
        assert!(take.covers(&[2, 9]) && !take.covers(&[7, 3]));
        assert_eq!(paths.name(node, &[2, 9]), "A.2.B.9.C");
        assert_eq!(paths.of(Field::Mac), ["A.2.B.*.C"]);
        let usual = self::paths(&[]).unwrap();
        assert_eq!(usual.of(Field::Serial), ["_deviceId._SerialNumber"]);
        let logins = [wan!("WANPPPConnection.*.Username"), "Device.PPP.Interface.*.Username"];
        assert_eq!(usual.of(Field::Login), logins);
        for key in ["*", "x", "", "1234567890", "_object", "01x"] {
            assert_eq!(paths.step(paths.parent(node), key), Step::Off, "{key}");
        }
    }
}
