//! `_id`: OUI, product class and serial, each escaped by a rule that can't be undone.
//!
//! Must not do: be read back.

use std::fmt::Write as _;

use crate::lab::world::Cpe;

/// The `_id` of a device (lib/util.ts of GenieACS, generateDeviceId).
pub(in super::super) fn device_id(cpe: &Cpe) -> String {
    let mut id = String::with_capacity(48);
    escape(&cpe.oui, &mut id);
    id.push('-');
    if let Some(class) = cpe.product_class.as_deref().filter(|class| !class.is_empty()) {
        escape(class, &mut id);
        id.push('-');
    }
    escape(&cpe.serial, &mut id);
    id
}

/// Hex digits without a leading zero; beyond the first plane both halves become U+FFFD.
fn escape(text: &str, id: &mut String) {
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            id.push(letter);
        } else if u32::from(letter) > 0xFFFF {
            id.push_str("%EF%BF%BD%EF%BF%BD");
        } else {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                // Writing to a String can't fail.
                let _ = write!(id, "%{byte:X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_as_they_were_seen() {
        for (text, escaped) in [
            ("EG8145V5", "EG8145V5"),
            ("4857-5443 D4/E5", "4857%2D5443%20D4%2FE5"),
            ("Archer C5 (BR)", "Archer%20C5%20%28BR%29"),
            ("2207.B*X%1", "2207%2EB%2AX%251"),
            ("SNção☃1", "SN%C3%A7%C3%A3o%E2%98%831"),
            ("A\tB1", "A%9B1"),
            ("😀", "%EF%BF%BD%EF%BF%BD"),
        ] {
            let mut id = String::new();
            escape(text, &mut id);
            assert_eq!(id, escaped, "{text:?}");
        }
    }
}
