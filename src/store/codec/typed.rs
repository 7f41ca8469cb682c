//! What somebody typed freely: stored without the numbers and addresses of persons in it.
//!
//! Must not do: touch an identity. Serials and ids are stored as they are.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::Untrusted;
use crate::domain::subscriber::scrub;

/// A text without CPF, CNPJ, phone or e-mail; as bytes a plain string.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct Typed<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Typed<'a> {
    /// Scrubs it.
    pub(in crate::store) fn of(text: &'a str) -> Self {
        Self(scrub(text))
    }

    /// Scrubs a value of a device list.
    pub(in crate::store) fn value(value: Option<&'a Untrusted>) -> Option<Self> {
        value.map(|v| Self::of(v.raw()))
    }

    /// Takes an identity as it is.
    pub(in crate::store) fn identity(value: Option<&'a Untrusted>) -> Option<Self> {
        value.map(|v| Self(Cow::Borrowed(v.raw())))
    }

    pub(in crate::store) fn untrusted(&self) -> Untrusted {
        Untrusted::new(&self.0)
    }

    pub(in crate::store) fn text(&self) -> &str {
        &self.0
    }
}

/// Reads a value that may be absent.
pub(in crate::store) fn typed(value: Option<&Typed<'_>>) -> Option<Untrusted> {
    value.map(Typed::untrusted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::codec::{from_postcard, to_postcard};

    #[test]
    fn stored_as_a_string_without_a_persons_number() {
        let said = "cpf 123.456.789-00, 47 90000-1234";
        let bytes = to_postcard(&Typed::of(said)).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("123.456") && !text.contains("90000"), "{text}");
        assert_eq!(bytes, to_postcard(&scrub(said)).unwrap());
        let back: Typed<'_> = from_postcard(&bytes).unwrap();
        assert!(matches!(back, Typed(Cow::Borrowed(_))), "reading copies nothing");
        assert_eq!(back.untrusted().raw(), scrub(said));
    }
}
