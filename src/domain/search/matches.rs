//! Does a query match a record, with all that the record holds?
//!
//! What a system answers to a search is looked at again here: it may find too much, or lie. Must
//! not do: look at a column that people are not told is searched.

use crate::domain::identity::{Shape, classify};
use crate::domain::search::{
    LAST_DIGITS, MatchedOn, PhoneNumber, Query, compact, document, folded,
};
use crate::domain::{AcsDevice, PppoeLogin, ProviderRecord, Untrusted};

impl Query {
    /// By what an ACS device is found; `None`: it is not.
    #[must_use]
    pub fn matches_device(&self, device: &AcsDevice) -> Option<MatchedOn> {
        let values = || device.serial.iter().chain(&device.macs);
        let login = device.pppoe_login.as_ref();
        let whole = self.same_hardware(values()).or_else(|| self.same_login(login));
        let ids = [Some(&device.id)];
        whole.or_else(|| self.same_id(&ids, MatchedOn::Id)).or_else(|| {
            let models = [&device.manufacturer, &device.model, &device.product_class];
            let mut texts = hardware_texts(device.serial.as_ref(), device.macs.iter());
            texts.extend(login.map(|v| (MatchedOn::Login, folded(v.raw()))));
            let models = models.into_iter().flatten();
            texts.extend(models.map(|v| (MatchedOn::Model, folded(v.raw()))));
            self.among(&texts)
        })
    }

    /// By what a record of the Provider is found; `None`: it is not.
    #[must_use]
    pub fn matches_record(&self, record: &ProviderRecord) -> Option<MatchedOn> {
        let values = || record.serial.iter().chain(&record.mac);
        let login = record.login.as_ref();
        let whole = self.same_hardware(values()).or_else(|| self.same_login(login));
        let ids = [&record.device_id, &record.login_id, &record.customer_id].map(Option::as_ref);
        whole
            .or_else(|| self.same_person(record))
            .or_else(|| self.same_id(&[record.contract_id.as_ref()], MatchedOn::Contract))
            .or_else(|| self.same_id(&ids, MatchedOn::Id))
            .or_else(|| {
                let mut texts = hardware_texts(record.serial.as_ref(), record.mac.iter());
                texts.extend(login.map(|v| (MatchedOn::Login, folded(v.raw()))));
                let names = record.customer_name.iter().chain(record.trade_name.as_deref());
                texts.extend(names.map(|v| (MatchedOn::Name, folded(v.0.raw()))));
                texts.extend(record.model.iter().map(|v| (MatchedOn::Model, folded(v.raw()))));
                self.among(&texts)
            })
    }

    fn same_hardware<'v>(
        &self,
        mut values: impl Iterator<Item = &'v Untrusted>,
    ) -> Option<MatchedOn> {
        let of = |raw: &str| match classify(raw) {
            Shape::Blank => (None, None),
            Shape::Serial(serial) => (Some(serial), None),
            Shape::Mac(mac) => (None, Some(mac)),
            Shape::Either(serial, mac) => (Some(serial), Some(mac)),
        };
        let (serial, mac) = of(self.raw());
        values.find_map(|value| match of(value.raw()) {
            (Some(held), _) if serial.as_ref() == Some(&held) => Some(MatchedOn::Serial),
            (_, Some(held)) if mac == Some(held) => Some(MatchedOn::Mac),
            _ => None,
        })
    }

    fn same_login(&self, login: Option<&Untrusted>) -> Option<MatchedOn> {
        let (held, wanted) = (PppoeLogin::new(login?.raw())?, PppoeLogin::new(self.raw())?);
        held.same(&wanted).then_some(MatchedOn::Login)
    }

    fn same_id(&self, ids: &[Option<&Untrusted>], on: MatchedOn) -> Option<MatchedOn> {
        ids.iter().flatten().any(|id| id.raw().trim() == self.raw()).then_some(on)
    }

    /// By document or phone, whole or by the last digits.
    fn same_person(&self, record: &ProviderRecord) -> Option<MatchedOn> {
        let held = record.document.as_ref().and_then(|d| document(d.0.raw()));
        let ends = |text: &str| self.last().is_some_and(|last| text.ends_with(last));
        if held.is_some_and(|held| self.document() == Some(held.as_str()) || ends(&held)) {
            return Some(MatchedOn::Document);
        }
        let is_it = |held: &PhoneNumber| {
            self.phone().is_some_and(|wanted| wanted.is_same(held)) || ends(&held.line)
        };
        let mut phones = record.phone.iter().flat_map(|p| PhoneNumber::all(p.0.raw()));
        phones.any(|phone| is_it(&phone)).then_some(MatchedOn::Phone)
    }

    /// By texts: all words, or all of it as a part of a serial or MAC.
    fn among(&self, texts: &[(MatchedOn, String)]) -> Option<MatchedOn> {
        let is_hardware = |on: MatchedOn| matches!(on, MatchedOn::Serial | MatchedOn::Mac);
        let find = |word: &str, whole: bool| {
            let fits = |on: MatchedOn| {
                if is_hardware(on) { word.len() >= LAST_DIGITS } else { !whole }
            };
            let found = texts.iter().find(|(on, text)| fits(*on) && text.contains(word));
            found.map(|(on, _)| *on)
        };
        let words = self.words();
        let longest = words.iter().max_by_key(|word| word.len())?;
        let all = words.iter().all(|word| texts.iter().any(|(_, text)| text.contains(word)));
        let by_words = if all { find(longest, false) } else { None };
        by_words.or_else(|| self.hardware().iter().find_map(|value| find(value, true)))
    }
}

impl PhoneNumber {
    /// One line: where either has no area code, by its digits alone.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let areas = (&self.area, &other.area);
        self.line == other.line && !matches!(areas, (Some(one), Some(two)) if one != two)
    }
}

/// Serial and MACs as written without separators, and a hex GPON serial as it is read.
fn hardware_texts<'v>(
    serial: Option<&'v Untrusted>,
    macs: impl Iterator<Item = &'v Untrusted>,
) -> Vec<(MatchedOn, String)> {
    let serial = serial.into_iter().map(|v| (MatchedOn::Serial, v));
    let mut texts = Vec::new();
    for (on, value) in serial.chain(macs.map(|v| (MatchedOn::Mac, v))) {
        if let Shape::Serial(serial) = classify(value.raw()) {
            texts.push((on, serial.as_str().to_lowercase()));
        }
        texts.push((on, compact(value.raw())));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subscriber::{CustomerName, Document, Phone};

    fn u(text: &str) -> Option<Untrusted> {
        Untrusted::present(text)
    }

    fn record() -> ProviderRecord {
        ProviderRecord {
            device_id: u("D1"),
            serial: u("485754431234ABCD"),
            mac: u("00:25:9E:00:00:10"),
            login_id: u("57"),
            login: u("cliente57@isp"),
            customer_id: u("9001"),
            customer_name: u("João Álvares de Souza").map(CustomerName),
            trade_name: u("Pão Quente").map(|name| Box::new(CustomerName(name))),
            document: u("123.456.789-00").map(Document),
            phone: u("(47) 91234-5678 / 47 3333-4444").map(Phone),
            contract_id: u("10457"),
            model: u("EG8145X6"),
            ..ProviderRecord::default()
        }
    }

    #[test]
    fn a_record_is_found_by_everything_that_is_told_of_it() {
        use MatchedOn as On;
        for (typed, on) in [
            ("joao souza", Some(On::Name)),
            ("pao quente", Some(On::Name)),
            ("souza eg8145x6", Some(On::Model)),
            ("12345678900", Some(On::Document)),
            ("8900", Some(On::Document)),
            ("47 9 1234-5678", Some(On::Phone)),
            ("33334444", Some(On::Phone)),
            ("4444", Some(On::Phone)),
            ("HWTC1234ABCD", Some(On::Serial)),
            ("hwtc-1234", Some(On::Serial)),
            ("4857544312", Some(On::Serial)),
            ("00259e000010", Some(On::Mac)),
            ("9e:00:00", Some(On::Mac)),
            ("cliente57", Some(On::Login)),
            ("ente57", Some(On::Login)),
            ("10457", Some(On::Contract)),
            ("D1", Some(On::Id)),
            ("9001", Some(On::Id)),
            ("joao maria", None),
            ("48 91234-5678", None),
            ("12345678901", None),
            ("1045", None),
        ] {
            assert_eq!(Query::new(typed).unwrap().matches_record(&record()), on, "{typed}");
        }
    }

    #[test]
    fn a_device_is_found_by_serial_mac_login_model_and_id() {
        use MatchedOn as On;
        let device = AcsDevice {
            id: Untrusted::new("00259E-HG8145V5-X1"),
            serial: u("ZTEGC0000002"),
            macs: [Untrusted::new("A4:F3:3B:00:00:20")].into(),
            pppoe_login: u("loja58@isp"),
            manufacturer: u("ZTE"),
            product_class: u("F670L"),
            ..AcsDevice::default()
        };
        for (typed, on) in [
            ("ztegc0000002", Some(On::Serial)),
            ("0000002", Some(On::Serial)),
            ("a4f33b000020", Some(On::Mac)),
            ("loja58", Some(On::Login)),
            ("zte f670l", Some(On::Model)),
            ("00259E-HG8145V5-X1", Some(On::Id)),
            ("02", None),
            ("47 91234-5678", None),
        ] {
            assert_eq!(Query::new(typed).unwrap().matches_device(&device), on, "{typed}");
        }
    }
}
