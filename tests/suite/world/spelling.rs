//! The many ways in which one identity is written down.
//!
//! Must not do: change the identity. Every spelling here is one that the contract folds.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// One of several, evenly.
pub fn pick<'a, T: ?Sized>(rng: &mut ChaCha8Rng, of: &[&'a T]) -> &'a T {
    of[rng.random_range(0..of.len())]
}

/// True in `percent` of 100 cases.
pub fn chance(rng: &mut ChaCha8Rng, percent: u32) -> bool {
    rng.random_range(0..100) < percent
}

/// A serial, as some system or person writes it.
pub fn serial(rng: &mut ChaCha8Rng, canon: &str) -> String {
    match rng.random_range(0..10) {
        0 | 1 => gpon_hex(canon).unwrap_or_else(|| canon.to_owned()),
        2 => gpon_hex(canon).map_or_else(
            || canon.to_lowercase(),
            |hex| format!("{} {} {}", &hex[..8], &hex[8..12], &hex[12..]),
        ),
        3 => canon.to_lowercase(),
        4 => format!("{}-{}", &canon[..4], &canon[4..]),
        _ => canon.to_owned(),
    }
}

/// The hex form of a GPON serial: 4 letters and 8 hex digits.
pub fn gpon_hex(canon: &str) -> Option<String> {
    let (vendor, rest) = (canon.get(..4)?, canon.get(4..)?);
    let gpon = vendor.bytes().all(|b| b.is_ascii_uppercase())
        && rest.len() == 8
        && rest.bytes().all(|b| b.is_ascii_hexdigit());
    let number = vendor.bytes().fold(0_u32, |number, b| number << 8 | u32::from(b));
    gpon.then(|| format!("{number:08X}{rest}"))
}

/// A MAC, as some system or person writes it.
pub fn mac(rng: &mut ChaCha8Rng, mac: u64) -> String {
    let hex = format!("{mac:012X}");
    let join = |size: usize, with: &str| {
        let parts: Vec<&str> = (0..12).step_by(size).map(|i| &hex[i..i + size]).collect();
        parts.join(with)
    };
    match rng.random_range(0..6) {
        0 => join(2, "-"),
        1 => join(4, ".").to_lowercase(),
        2 => hex,
        3 => join(2, ":").to_lowercase(),
        _ => join(2, ":"),
    }
}

/// A login, with or without its realm, in some case.
pub fn login(rng: &mut ChaCha8Rng, login: &str) -> String {
    match rng.random_range(0..8) {
        0 => login.to_uppercase(),
        1 | 2 => format!("{login}@isp.example"),
        3 => format!("{}@ISP.example", login.to_uppercase()),
        _ => login.to_owned(),
    }
}

/// The serial with one slip of the pen, or cut short.
pub fn slip(rng: &mut ChaCha8Rng, canon: &str) -> String {
    let mut bytes = canon.as_bytes().to_vec();
    let last = bytes.len() - 1;
    match rng.random_range(0..4) {
        // 12 digits would be read as a MAC
        0 => bytes.truncate(if last == 12 { 11 } else { last }),
        1 if bytes[last] != bytes[last - 1] => bytes.swap(last, last - 1),
        _ => {
            let at = rng.random_range(6..=last);
            bytes[at] = if bytes[at] == b'7' { b'1' } else { b'7' };
        }
    }
    String::from_utf8(bytes).unwrap()
}
