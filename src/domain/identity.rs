//! Who a record is: serials, MACs and logins classified by shape and normalised, here only.
//!
//! Must not do: trust a column's name. ISPs keep GPON serials in columns called MAC, and
//! routers report their MAC as serial (CAUSES.md section 3).

use std::fmt;
use std::num::NonZeroU64;

use compact_str::{CompactString, format_compact};

use crate::domain::text::Untrusted;

/// A serial number: upper case, separators folded, GPON serials in their ASCII form
/// (`485754431234ABCD` is `HWTC1234ABCD`; ITU-T G.984.3: 4 letters of vendor id, 4 bytes of
/// serial).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(CompactString);

impl Serial {
    /// The canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is it of the GPON form: four letters of vendor id, 8 hex digits?
    #[must_use]
    pub fn is_gpon(&self) -> bool {
        let bytes = self.0.as_bytes();
        bytes.len() == 12
            && bytes[..4].iter().all(u8::is_ascii_uppercase)
            && bytes[4..].iter().all(u8::is_ascii_hexdigit)
    }
}

/// A MAC address: 48 bits in the low end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(NonZeroU64);

impl MacAddr {
    /// The address as a number.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0.get() - 1
    }

    /// One is added, so that an absent one takes no room of its own.
    fn from_u64(address: u64) -> Option<Self> {
        address.checked_add(1).and_then(NonZeroU64::new).map(Self)
    }

    /// Do the two differ in exactly one of their 12 hex digits?
    #[must_use]
    pub fn one_digit_off(self, other: Self) -> bool {
        let diff = self.as_u64() ^ other.as_u64();
        diff != 0 && (0..12).filter(|i| (diff >> (4 * i)) & 0xf != 0).count() == 1
    }

    /// Is the other within +-1..4, as the LAN and WAN addresses of one box often are?
    #[must_use]
    pub fn is_neighbour(self, other: Self) -> bool {
        let distance = self.as_u64().abs_diff(other.as_u64());
        (1..=4).contains(&distance)
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b = self.as_u64().to_be_bytes();
        write!(f, "{:02X}:{:02X}:{:02X}:{:02X}:{:02X}:{:02X}", b[2], b[3], b[4], b[5], b[6], b[7])
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A PPPoE login, case-folded; the realm (`@isp`) is compared with and without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PppoeLogin(CompactString);

impl PppoeLogin {
    /// `None` where nothing is left after trimming.
    #[must_use]
    pub fn new(raw: &str) -> Option<Self> {
        let trimmed = raw.trim();
        let folded = if trimmed.is_ascii() {
            let mut ascii = CompactString::new(trimmed);
            ascii.make_ascii_lowercase();
            ascii
        } else {
            trimmed.chars().flat_map(char::to_lowercase).collect()
        };
        (!folded.is_empty()).then_some(Self(folded))
    }

    /// The whole folded login.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the realm: what groups logins that may be one.
    #[must_use]
    pub fn local(&self) -> &str {
        self.parts().0
    }

    /// The local part, and the realm where there is one.
    #[must_use]
    pub fn parts(&self) -> (&str, Option<&str>) {
        // Asked of each record: to begin a search costs more than to look at some ten bytes.
        let at = self.0.bytes().position(|byte| byte == b'@');
        at.map_or((&self.0, None), |at| (&self.0[..at], Some(&self.0[at + 1..])))
    }

    /// One login: the same local part, and no two different realms.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        let (short, long) =
            if self.0.len() <= other.0.len() { (&self.0, &other.0) } else { (&other.0, &self.0) };
        // Every record's login is held against each generic one: the first byte tells most apart.
        long.strip_prefix(short.as_str())
            .is_some_and(|rest| rest.is_empty() || (rest.starts_with('@') && !short.contains('@')))
    }
}

/// What a value turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing but separators.
    Blank,
    /// 12 hex digits.
    Mac(MacAddr),
    /// Four letters A-F and 8 hex digits, unseparated: a GPON serial or a MAC; the
    /// record's other fields, or the other side, decide.
    Either(Serial, MacAddr),
    /// Anything else.
    Serial(Serial),
}

/// Folds and classifies a value of any identity column.
#[must_use]
pub fn classify(raw: &str) -> Shape {
    shape_of(raw, fold(raw))
}

/// As [`classify`], for a value that is folded already.
#[must_use]
pub fn shape_of(raw: &str, folded: CompactString) -> Shape {
    if folded.is_empty() {
        return Shape::Blank;
    }
    let Some(mac) = parse_mac(&folded) else {
        return Shape::Serial(Serial(gpon_ascii(&folded).unwrap_or(folded)));
    };
    let written_as_mac = raw.trim().len() > folded.len();
    if !written_as_mac && folded.as_bytes()[..4].iter().all(u8::is_ascii_alphabetic) {
        return Shape::Either(Serial(folded), mac);
    }
    Shape::Mac(mac)
}

/// Trimmed, upper case, without the separators `-`, `:`, `.` and white space.
#[must_use]
pub fn fold(raw: &str) -> CompactString {
    if raw.is_ascii() {
        return fold_ascii(raw);
    }
    raw.chars()
        .filter(|c| !matches!(c, '-' | ':' | '.') && !c.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Nearly every value is short ASCII: kept as it is where nothing is to be folded, else folded on
/// the stack, byte by byte from a table, without a look at Unicode's.
fn fold_ascii(raw: &str) -> CompactString {
    if raw.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return CompactString::new(raw);
    }
    let mut parts = raw.as_bytes().chunks(CHUNK).map(FoldedPart::of);
    let mut folded = parts.next().map_or_else(CompactString::default, |first| first.text().into());
    parts.for_each(|part| folded.push_str(part.text()));
    folded
}

/// So many bytes are folded at once: more than nearly every value has.
const CHUNK: usize = 32;

struct FoldedPart {
    bytes: [u8; CHUNK],
    used: usize,
}

impl FoldedPart {
    fn of(raw: &[u8]) -> Self {
        let (mut bytes, mut used) = ([0; CHUNK], 0);
        for byte in raw {
            let byte = FOLDED[usize::from(*byte)];
            // Written always, and kept where it is a byte: no branch that goes either way.
            bytes[used] = byte;
            used += usize::from(byte != NOTHING);
        }
        Self { bytes, used }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.used]).unwrap_or_default()
    }
}

/// What no byte of ASCII is folded to.
const NOTHING: u8 = u8::MAX;

/// What each byte of ASCII is folded to; separators to nothing.
static FOLDED: [u8; 256] = {
    let mut folded = [NOTHING; 256];
    let mut byte = 0_u8;
    while byte.is_ascii() {
        if !matches!(byte, b'-' | b':' | b'.') && !byte.is_ascii_whitespace() {
            folded[byte as usize] = byte.to_ascii_uppercase();
        }
        byte += 1;
    }
    folded
};

/// Reads a MAC however it is separated.
#[must_use]
pub fn mac(raw: &str) -> Option<MacAddr> {
    parse_mac(&fold(raw))
}

fn parse_mac(folded: &str) -> Option<MacAddr> {
    let digits: &[u8; 12] = folded.as_bytes().try_into().ok()?;
    // Whether all are digits is asked once, of all.
    let (mut address, mut all) = (0, 0);
    for digit in digits.map(|byte| HEX[usize::from(byte)]) {
        address = address << 4 | u64::from(digit);
        all |= digit;
    }
    (all < NO_DIGIT).then(|| MacAddr::from_u64(address)).flatten()
}

/// What is no hexadecimal digit.
const NO_DIGIT: u8 = 0x10;

/// The value of each hexadecimal digit of a folded text.
static HEX: [u8; 256] = {
    let mut hex = [NO_DIGIT; 256];
    let mut value = 0;
    while value < NO_DIGIT {
        hex[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    hex
};

/// The ASCII form of a GPON serial written as 16 hex digits.
fn gpon_ascii(folded: &str) -> Option<CompactString> {
    if folded.len() != 16 || !folded.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let vendor = u32::from_str_radix(&folded[..8], 16).ok()?.to_be_bytes();
    if !vendor.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let mut ascii = CompactString::with_capacity(12);
    for b in vendor {
        ascii.push(char::from(b));
    }
    ascii.push_str(&folded[8..]);
    Some(ascii)
}

/// The one key under which a difference, an ignore or a note is remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceKey {
    /// A plausible serial.
    Serial(Serial),
    /// A MAC, where there is no plausible serial.
    Mac(MacAddr),
    /// The ACS's id, where nothing else identifies the device.
    AcsId(Untrusted),
    /// The Provider's id of the entry (or `login-ID`), where nothing else does.
    ProviderId(Untrusted),
}

impl DeviceKey {
    /// Reads back what [`fmt::Display`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, value) = text.split_once('=')?;
        match kind {
            "serial" => Some(Self::Serial(Serial(value.into()))),
            "mac" => mac(value).map(Self::Mac),
            "acs" => Some(Self::AcsId(Untrusted::new(value))),
            "provider" => Some(Self::ProviderId(Untrusted::new(value))),
            _ => None,
        }
    }

    /// `serial=HWTC1234ABCD`, `mac=00:25:9E:00:00:10`, `acs=ID`, `provider=ID`. Ids raw: a key,
    /// not a label. Nearly every one of a serial or a MAC lies in place.
    #[must_use]
    pub fn text(&self) -> CompactString {
        let (kind, value) = match self {
            Self::Serial(serial) => ("serial=", serial.as_str()),
            Self::Mac(mac) => return format_compact!("mac={mac}"),
            Self::AcsId(id) => ("acs=", id.raw()),
            Self::ProviderId(id) => ("provider=", id.raw()),
        };
        let mut text = CompactString::with_capacity(kind.len() + value.len());
        text.push_str(kind);
        text.push_str(value);
        text
    }
}

impl fmt::Display for DeviceKey {
    /// As [`DeviceKey::text`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn serial(s: &str) -> Shape {
        Shape::Serial(Serial(s.into()))
    }

    #[test]
    fn classifies_by_shape() {
        let m = |s: &str| Shape::Mac(mac(s).unwrap());
        for (raw, shape) in [
            ("  ", Shape::Blank),
            (" -:. ", Shape::Blank),
            ("hwtc1234abcd", serial("HWTC1234ABCD")),
            ("485754431234ABCD", serial("HWTC1234ABCD")),
            ("4857-5443 1234.abcd", serial("HWTC1234ABCD")),
            ("46485454 1111 0002", serial("FHTT11110002")),
            ("4857544312", serial("4857544312")),
            ("0057544312345678", serial("0057544312345678")),
            ("00:25:9E:00:00:40", m("00259E000040")),
            ("0025.9e00.0040", m("00259E000040")),
            ("00259e000040", m("00259E000040")),
            ("AC:BC:DE:11:22:33", m("ACBCDE112233")),
            ("2207.B*X%1", serial("2207B*X%1")),
        ] {
            assert_eq!(classify(raw), shape, "{raw}");
        }
        assert!(matches!(classify("ACBCDE112233"), Shape::Either(..)));
    }

    #[test]
    fn compares_logins_with_and_without_realm() {
        let l = |s: &str| PppoeLogin::new(s).unwrap();
        assert!(l("Ana.Lima@isp.example").same(&l("ana.lima")));
        assert!(l("ana.lima@ISP").same(&l("ana.lima@isp")));
        assert!(!l("ana.lima@one").same(&l("ana.lima@two")));
        assert!(!l("ana").same(&l("anna")));
        assert_eq!(PppoeLogin::new("  "), None);
    }

    proptest! {
        /// One local part, and no two different realms.
        #[test]
        fn logins_are_one_by_their_parts(a in "[ab@]{1,5}", b in "[ab@]{1,5}") {
            let parts = |login: &str| -> (String, Option<String>) {
                let parts = login.split_once('@').map(|(l, r)| (l.to_owned(), Some(r.to_owned())));
                parts.unwrap_or_else(|| (login.to_owned(), None))
            };
            let ((local_a, realm_a), (local_b, realm_b)) = (parts(&a), parts(&b));
            let realms = realm_a.is_none() || realm_b.is_none() || realm_a == realm_b;
            let (a, b) = (PppoeLogin::new(&a).unwrap(), PppoeLogin::new(&b).unwrap());
            prop_assert_eq!(a.same(&b), local_a == local_b && realms);
            prop_assert_eq!(b.same(&a), local_a == local_b && realms);
        }
    }

    proptest! {
        /// Of any twelve bytes, and some that are no text of ASCII.
        #[test]
        fn twelve_hexadecimal_digits_are_a_mac(folded in "[0-9A-F]{12}|[0-9A-G/:@é]{6,12}") {
            let digits: Option<Vec<u32>> = folded.chars().map(|c| c.to_digit(16)).collect();
            let digits = digits.filter(|digits| digits.len() == 12);
            let address = digits.map(|d| d.iter().fold(0, |sum, d| sum << 4 | u64::from(*d)));
            prop_assert_eq!(parse_mac(&folded).map(MacAddr::as_u64), address);
        }
    }

    proptest! {
        /// Byte by byte from a table as by Unicode's rules, of any length.
        #[test]
        fn ascii_folds_as_any_text(raw in "[a-zA-Z0-9 :.\\-\t\x00_/]{0,80}") {
            let separators = |c: &char| !matches!(c, '-' | ':' | '.' | ' ' | '\t');
            let folded: String = raw.to_uppercase().chars().filter(separators).collect();
            prop_assert_eq!(fold(&raw).to_string(), folded);
        }
    }

    #[test]
    fn compares_macs() {
        let m = |s: &str| mac(s).unwrap();
        assert!(m("00:25:9E:00:01:20").one_digit_off(m("00259E000720")));
        assert!(!m("00:25:9E:00:01:20").one_digit_off(m("00259E000710")));
        assert!(m("00:25:9E:00:01:20").is_neighbour(m("00259E000124")));
        assert!(!m("00:25:9E:00:01:20").is_neighbour(m("00259E000125")));
    }

    #[test]
    fn keys_read_back() {
        for key in
            ["serial=HWTC1234ABCD", "mac=00:25:9E:00:00:10", "acs=a=b%2D1", "provider=login-7"]
        {
            assert_eq!(DeviceKey::parse(key).map(|k| k.to_string()).as_deref(), Some(key));
        }
    }
}
