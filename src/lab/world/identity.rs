//! Who a record is, read by the lab's own normalisation: what the truth and the rules pair by.
//!
//! Must not do: share code with the product's reading of identities; a mistake there must
//! not be made here too (CAUSES.md section 3 says what both read).

/// What identifies a record of either side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// A plausible serial, in its canonical form.
    pub serial: Option<String>,
    /// MACs, 12 hex digits each.
    pub macs: Vec<String>,
    /// PPPoE login, folded.
    pub login: Option<String>,
}

const REPEATED: &str = "0F9X1A";
const JUNK: [&str; 10] = [
    "001122334455",
    "112233445566",
    "AABBCCDDEEFF",
    "NONE",
    "NULL",
    "UNKNOWN",
    "DEFAULT",
    "SERIALNUMBER",
    "SEMSERIAL",
    "N/A",
];
const JUNK_STARTS: [&str; 2] = ["123456789", "0123456789"];
const GENERIC_LOGINS: [&str; 6] = ["teste", "test", "preset@preset", "preset", "admin", "pppoe"];

/// What one value is.
enum Reading {
    Nothing,
    Mac(String),
    Serial(String),
}

fn read(raw: &str) -> Reading {
    let mut plain: String =
        raw.chars().filter(|c| !matches!(c, '-' | ':' | '.') && !c.is_whitespace()).collect();
    plain.make_ascii_uppercase();
    if plain.is_empty() || is_junk(&plain) {
        return Reading::Nothing;
    }
    let is_hex = plain.bytes().all(|b| b.is_ascii_hexdigit());
    match (is_hex, plain.len()) {
        (true, 12) => Reading::Mac(plain),
        (true, 16) => Reading::Serial(from_hex_form(&plain).unwrap_or(plain)),
        _ => Reading::Serial(plain),
    }
}

fn is_junk(plain: &str) -> bool {
    let first = plain.chars().next().unwrap_or_default();
    let repeated = plain.len() >= 4 && REPEATED.contains(first);
    (repeated && plain.chars().all(|c| c == first))
        || JUNK.contains(&plain)
        || JUNK_STARTS.iter().any(|start| plain.starts_with(start))
}

/// `48575443…` is `HWTC…` (ITU-T G.984.3).
fn from_hex_form(hex: &str) -> Option<String> {
    let mut vendor = String::with_capacity(12);
    for at in [0, 2, 4, 6] {
        let letter = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
        if !letter.is_ascii_uppercase() {
            return None;
        }
        vendor.push(char::from(letter));
    }
    Some(vendor + &hex[8..])
}

/// The 16 hex digits of a GPON serial written with letters.
pub(super) fn hex_form(serial: &str) -> String {
    let (vendor, rest) = serial.split_at(serial.len().min(4));
    let hex = |letter: u8| format!("{letter:02X}");
    vendor.bytes().map(hex).collect::<String>() + rest
}

impl Identity {
    /// Reads what a record carries, the serial's column first.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str>, login: Option<&str>) -> Self {
        let mut identity = Self::default();
        for value in values {
            match read(value) {
                Reading::Mac(mac) if !identity.macs.contains(&mac) => identity.macs.push(mac),
                Reading::Serial(serial) if identity.serial.is_none() => {
                    identity.serial = Some(serial);
                }
                Reading::Nothing | Reading::Mac(_) | Reading::Serial(_) => {}
            }
        }
        let login = login.map(|l| l.trim().to_lowercase()).filter(|l| !l.is_empty());
        identity.login = login.filter(|l| !GENERIC_LOGINS.contains(&l.as_str()));
        identity
    }

    /// What its past is remembered under: its serial; without one, its MACs.
    pub(super) fn keys(&self) -> &[String] {
        self.serial.as_ref().map_or(&self.macs, std::slice::from_ref)
    }

    /// Everything it may be found under.
    pub(super) fn all_keys(&self) -> impl Iterator<Item = &String> {
        self.serial.iter().chain(&self.macs)
    }

    pub(super) fn shares_mac(&self, other: &Self) -> bool {
        self.macs.iter().any(|mac| other.macs.contains(mac))
    }

    /// Do both have MACs, and none in common?
    pub(super) fn macs_differ(&self, other: &Self) -> bool {
        !self.macs.is_empty() && !other.macs.is_empty() && !self.shares_mac(other)
    }

    /// Do both have a serial, and another each?
    pub(super) fn serials_differ(&self, other: &Self) -> bool {
        self.serial.is_some() && other.serial.is_some() && self.serial != other.serial
    }

    pub(super) fn same_login(&self, other: &Self) -> bool {
        match (&self.login, &other.login) {
            (Some(mine), Some(theirs)) => same_login(mine, theirs),
            _ => false,
        }
    }
}

/// The part before the realm.
pub(super) fn local_part(login: &str) -> &str {
    login.split_once('@').map_or(login, |(local, _)| local)
}

/// Two folded logins are one where the realms don't say otherwise.
pub(super) fn same_login(a: &str, b: &str) -> bool {
    let realm = |login: &str| login.split_once('@').map(|(_, realm)| realm.to_owned());
    local_part(a) == local_part(b)
        && match (realm(a), realm(b)) {
            (Some(x), Some(y)) => x == y,
            _ => true,
        }
}

/// Do two serials differ by a slip of the pen: one character, two swapped, or one cut short?
pub(super) fn is_slip(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let cut = short.len() >= 6 && (long.starts_with(short) || long.ends_with(short));
    a != b && (cut || one_edit(short.as_bytes(), long.as_bytes()))
}

fn one_edit(short: &[u8], long: &[u8]) -> bool {
    let head = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let (s, l) = (&short[head..], &long[head..]);
    match l.len() - s.len() {
        0 => s[1..] == l[1..] || (s.len() > 1 && s[0] == l[1] && s[1] == l[0] && s[2..] == l[2..]),
        1 => *s == l[1..],
        _ => false,
    }
}

/// Do two MACs differ in exactly one digit?
pub(super) fn one_digit_off(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).filter(|(x, y)| x != y).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Identity {
        Identity::of(values.iter().copied(), None)
    }

    #[test]
    fn both_spellings_are_one_and_junk_is_nobody() {
        assert_eq!(of(&["485754431234abcd"]).serial.as_deref(), Some("HWTC1234ABCD"));
        assert_eq!(of(&["hwtc-1234abcd"]).serial.as_deref(), Some("HWTC1234ABCD"));
        assert_eq!(hex_form("HWTC1234ABCD"), "485754431234ABCD");
        assert_eq!(of(&["50:D2:F5:00:00:01"]).macs, ["50D2F5000001"]);
        for junk in ["000000000000", "1234567890123456", "99:99:99:99:99:99", " - "] {
            assert_eq!(of(&[junk]), Identity::default(), "{junk}");
        }
    }

    #[test]
    fn slips_of_the_pen() {
        for (a, b, slip) in [
            ("HWTC00000012", "HWTC00000072", true),
            ("HWTC00001234", "HWTC00001324", true),
            ("HWTC1234ABCD", "1234ABCD", true),
            ("HWTC1234ABCD", "HWTC1234ABC", true),
            ("HWTC1234ABCD", "HWTC1234ABXCD", true),
            ("HWTC1234ABCD", "HWTC1234ABCD", false),
            ("HWTC00001234", "HWTC00004321", false),
        ] {
            assert_eq!(is_slip(a, b), slip, "{a} {b}");
        }
        assert!(same_login("ana@isp", "ana") && !same_login("ana@isp", "ana@other"));
    }
}
