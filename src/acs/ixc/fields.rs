//! Which places of a register are read, and for what.
//!
//! Must not do: read anything; a place that no field names is dropped at decode.

use std::collections::BTreeMap;

use crate::domain::text::visible;
use crate::ports::{FetchError, FetchErrorKind};

/// Names the fields once: number, name, and where they usually are [IXC.md section 2].
macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal at [$($path:literal),*]),+ $(,)?) => {
        /// What is read of a register.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Field {
            $($(#[$doc])* $variant),+
        }

        const FIELDS: &[(Field, &str, &[&str])] =
            &[$((Field::$variant, $name, &[$($path),*])),+];
    };
}

fields! {
    Serial = "serial" at ["serialNumber"],
    Oui = "oui" at [],
    ProductClass = "product_class" at [],
    Manufacturer = "manufacturer" at ["deviceInfo.manufacturer"],
    Model = "model" at ["deviceInfo.modelName"],
    Mac = "mac" at [],
    PppoeLogin = "pppoe_login" at ["connection.pppoeLogin"],
    Firmware = "firmware" at ["deviceInfo.softwareVersion"],
    WanIp = "wan_ip" at [],
    LastInform = "last_inform" at ["lastInform"],
    Registered = "registered" at ["created"],
    Tags = "tags" at [],
    ProviderDeviceId = "provider_device_id" at [],
    Integrated = "integrated" at [],
    /// Used only where the configuration says what it means.
    Status = "status" at ["status"],
    /// Kept as a column to group by.
    Hardware = "hardware_version" at ["deviceInfo.hardwareVersion"],
}

/// How many fields there are.
pub(super) const COUNT: usize = FIELDS.len();

/// The longest configured path, in steps.
const STEPS_MOST: usize = 16;

/// A place in a register: what it is read for, and what is below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The field, and how many other places of that field come before this one.
    pub wanted: Vec<(Field, usize)>,
    below: Vec<(Box<str>, Place)>,
}

impl Place {
    /// The usual places, or those that `named` gives for a field instead.
    ///
    /// # Errors
    /// Where a name is no field, or a path is none.
    pub fn root(named: &BTreeMap<String, Vec<String>>) -> Result<Self, FetchError> {
        let mut root = Self::default();
        for name in named.keys() {
            if !FIELDS.iter().any(|(_, known, _)| known == name) {
                return Err(unknown(name));
            }
        }
        for (field, name, usual) in FIELDS {
            if let Some(paths) = named.get(*name) {
                paths.iter().enumerate().try_for_each(|(n, path)| root.add(*field, n, path))?;
            } else {
                usual.iter().enumerate().try_for_each(|(n, path)| root.add(*field, n, path))?;
            }
        }
        Ok(root)
    }

    fn add(&mut self, field: Field, rank: usize, path: &str) -> Result<(), FetchError> {
        let mut place = self;
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() > STEPS_MOST || steps.iter().any(|step| step.trim().is_empty()) {
            let what = format!("fields names {}, which is no path of a register", visible(path));
            let hint = "write the names with dots between them, like \"deviceInfo.modelName\"";
            return Err(FetchError::new(FetchErrorKind::Config, what, &[hint]));
        }
        for step in steps {
            let at = place.below.iter().position(|(name, _)| **name == *step);
            let at = at.unwrap_or_else(|| {
                place.below.push((step.into(), Self::default()));
                place.below.len() - 1
            });
            place = &mut place.below[at].1;
        }
        place.wanted.push((field, rank));
        Ok(())
    }

    /// Is `field` read at all, here or below?
    pub fn wants(&self, field: Field) -> bool {
        let here = self.wanted.iter().any(|(wanted, _)| *wanted == field);
        here || self.below.iter().any(|(_, place)| place.wants(field))
    }

    /// The place below this one that `name` names.
    pub fn step(&self, name: &str) -> Option<&Self> {
        self.below.iter().find(|(known, _)| **known == *name).map(|(_, place)| place)
    }
}

fn unknown(name: &str) -> FetchError {
    let what = format!("fields names {}, which is no field of an ACS device", visible(name));
    let known: Vec<&str> = FIELDS.iter().map(|(_, name, _)| *name).collect();
    let hint = format!("the fields are: {}", known.join(", "));
    FetchError::new(FetchErrorKind::Config, what, &[&hint])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_or_a_path_that_is_none_is_refused() {
        for (name, path, words) in [
            ("id", "x", "no field"),
            ("serail", "serialNumber", "no field"),
            ("serial", "", "no path"),
            ("serial", "a..b", "no path"),
            ("serial", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "no path"),
        ] {
            let named = BTreeMap::from([(name.to_owned(), vec![path.to_owned()])]);
            let error = Place::root(&named).unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::Config);
            assert!(error.what.contains(words), "{}", error.what);
        }
    }

    #[test]
    fn a_named_place_replaces_the_usual_one() {
        let named = BTreeMap::from([("model".to_owned(), vec!["a.b".to_owned(), "c".to_owned()])]);
        let root = Place::root(&named).unwrap();
        assert!(root.step("deviceInfo").unwrap().step("modelName").is_none());
        let wanted = |place: Option<&Place>| place.unwrap().wanted.clone();
        assert_eq!(wanted(root.step("a").unwrap().step("b")), [(Field::Model, 0)]);
        assert_eq!(wanted(root.step("c")), [(Field::Model, 1)]);
        assert_eq!(wanted(root.step("serialNumber")), [(Field::Serial, 0)]);
    }
}
