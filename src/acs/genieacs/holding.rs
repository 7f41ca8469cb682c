//! Looks for devices by their identities: serial, MAC and login, each as it is spelled.
//!
//! GenieACS' database compares by path and as it is written, so every spelling is asked for, and
//! a path with `*` for the instance numbers that CPEs use (GENIEACS.md section 7).
//! Must not do: let a value become a pattern, or take "not asked for" for "has none".

use serde_json::{Value, json};

use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::fields::Field;
use crate::acs::sought::{Identities, as_serials, logins};
use crate::domain::text::visible;
use crate::domain::{AcsDevice, identity};
use crate::ports::{FetchError, FetchErrorKind, Sought};

/// The most bytes of a request's query, encoded: of a head of 16 kB the projection may have 4.
const QUERY_MAX: usize = 9 << 10;

/// The longest value that is asked for; the longest serial of TR-069 has 64 characters.
const VALUE_MAX: usize = 256;

/// The most devices that are taken for an answer.
const FOUND_MAX: usize = 200;

impl GenieAcs {
    /// The devices that carry any of the identities.
    pub(super) fn find(&self, sought: &Sought) -> Result<Vec<AcsDevice>, FetchError> {
        let wanted = Identities::of(sought)?;
        let (queries, left_out) = self.queries(sought);
        self.client.begin_fetch();
        let mut found: Vec<AcsDevice> = Vec::new();
        for query in queries {
            let request = self.all().query("query", query);
            let (devices, _) = self.short_list(&request, "devices by their identities")?;
            for device in devices {
                if wanted.are_of(&device) && !found.iter().any(|known| known.id == device.id) {
                    found.push(device);
                }
            }
            if found.len() > FOUND_MAX {
                let what = format!("more than {FOUND_MAX} devices carry the same identity");
                let hints = ["it identifies none of them: see placeholder_serials"];
                return Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints));
            }
        }
        match left_out {
            // Whoever is found is found, whatever else could not be asked for.
            Some(value) if found.is_empty() => Err(unsafe_to_ask(&value)),
            _ => Ok(found),
        }
    }

    /// The queries that ask for it all, and a value that none may ask for.
    fn queries(&self, sought: &Sought) -> (Vec<String>, Option<String>) {
        let macs: Vec<String> = sought.macs.iter().flat_map(|mac| spelled(mac.raw())).collect();
        let groups = [
            (Field::Serial, as_serials(sought)),
            (Field::Login, logins(sought)),
            (Field::Mac, macs),
        ];
        let mut left_out = None;
        let mut conditions = Vec::new();
        for (field, values) in groups {
            let (plain, odd): (Vec<String>, Vec<String>) =
                values.into_iter().partition(|value| is_plain(value));
            left_out = left_out.or(odd.into_iter().next());
            if !plain.is_empty() {
                let paths = self.paths.of(field);
                let paths = paths.iter().flat_map(|path| numbered(path));
                conditions.extend(paths.map(|path| json!({ path: { "$in": &plain } })));
            }
        }
        (packed(conditions), left_out)
    }
}

/// Would GenieACS take the value for itself? Text with `*` becomes a pattern, and text that
/// begins with a slash may (GenieACS `lib/query.ts`).
fn is_plain(value: &str) -> bool {
    value.len() <= VALUE_MAX && !value.contains('*') && !value.starts_with('/')
}

fn unsafe_to_ask(value: &str) -> FetchError {
    let what = format!(
        "GenieACS was not searched for {}: it would take it for a pattern, or it is too long",
        visible(value)
    );
    let hints = ["look for it in GenieACS by hand"];
    FetchError::new(FetchErrorKind::Unavailable, what, &hints)
}

/// A MAC as CPEs report it; TR-069 wants colons, and leaves the case open.
pub(super) fn spelled(mac: &str) -> Vec<String> {
    let mac = mac.trim();
    let with_colons = identity::mac(mac).map(|mac| mac.to_string());
    let mut all = vec![mac.to_owned()];
    for one in with_colons.into_iter().flat_map(|mac| [mac.to_lowercase(), mac]) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// The most instances of an object that a CPE has, as far as public data models and dumps show:
/// WAN devices are DSL, Ethernet and fibre; ISPs use up to 8 connections (Internet, voice,
/// television, management) of up to 4 sessions.
fn instances(object: &str) -> u32 {
    match object {
        "WANDevice" => 3,
        "WANPPPConnection" | "WANIPConnection" | "LANEthernetInterfaceConfig" => 4,
        _ => 8,
    }
}

/// A path for each of the numbers that its `*` may be.
pub(super) fn numbered(path: &str) -> Vec<String> {
    let mut made = vec![String::new()];
    let mut object = "";
    for part in path.split('.') {
        let most = if part == "*" { instances(object) } else { 0 };
        let dot = if object.is_empty() { "" } else { "." };
        made = match most {
            0 => made.iter().map(|start| format!("{start}{dot}{part}")).collect(),
            _ => made
                .iter()
                .flat_map(|start| (1..=most).map(move |n| format!("{start}{dot}{n}")))
                .collect(),
        };
        object = part;
    }
    made
}

/// As few queries as their size allows, each of conditions of which one has to hold.
pub(super) fn packed(conditions: Vec<Value>) -> Vec<String> {
    let query = |conditions: &[Value]| json!({ "$or": conditions }).to_string();
    let mut queries = Vec::new();
    let (mut batch, mut size) = (Vec::new(), 0);
    for condition in conditions {
        let more = encoded_len(&condition.to_string()) + 3;
        if size + more > QUERY_MAX && !batch.is_empty() {
            queries.push(query(&batch));
            (batch, size) = (Vec::new(), 0);
        }
        size += more;
        batch.push(condition);
    }
    if !batch.is_empty() {
        queries.push(query(&batch));
    }
    queries
}

/// How long a text is in an address, as a form writes it.
fn encoded_len(text: &str) -> usize {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'-' | b'.' | b'_' | b' ');
    text.bytes().map(|b| if plain(b) { 1 } else { 3 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_asked_for_with_every_number() {
        assert_eq!(numbered("_deviceId._SerialNumber"), ["_deviceId._SerialNumber"]);
        let ppp = numbered("Device.PPP.Interface.*.Username");
        assert_eq!((ppp.len(), ppp[7].as_str()), (8, "Device.PPP.Interface.8.Username"));
        let wan = numbered("InternetGatewayDevice.WANDevice.*.WANConnectionDevice.2.X.*.Y");
        assert_eq!(wan.len(), 24);
        assert_eq!(wan[0], "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.2.X.1.Y");
    }

    #[test]
    fn what_could_become_a_pattern_is_not_asked_for() {
        for (value, plain) in [
            ("HWTC1234ABCD", true),
            ("4857-5443 D4/E5", true),
            ("$where", true),
            ("2207.B*X%1", false),
            ("/a(/", false),
            ("//", false),
            (&"x".repeat(257), false),
        ] {
            assert_eq!(is_plain(value), plain, "{value}");
        }
    }

    #[test]
    fn a_mac_is_asked_for_in_either_case() {
        assert_eq!(spelled("00:25:9E:00:00:AB"), ["00:25:9E:00:00:AB", "00:25:9e:00:00:ab"]);
        assert_eq!(spelled("none"), ["none"]);
    }

    #[test]
    fn queries_stay_below_what_a_head_may_be_and_leave_nothing_out() {
        let conditions: Vec<Value> = (0..500)
            .map(|n| json!({ format!("Device.X.{n}.Username"): {"$in": ["á@b"]} }))
            .collect();
        let queries = packed(conditions.clone());
        let mut all = Vec::new();
        for query in &queries {
            assert!(encoded_len(query) <= QUERY_MAX + 64, "{}", encoded_len(query));
            let read: Value = serde_json::from_str(query).unwrap();
            all.extend(read["$or"].as_array().unwrap().clone());
        }
        assert_eq!(all, conditions);
        assert!(queries.len() > 1 && packed(Vec::new()).is_empty());
    }
}
