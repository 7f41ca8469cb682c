//! Fingerprints of rows: by them a row that is as it was is known without being written or read.
//!
//! Those of the Provider's rows are of people's numbers too, and keyed (SipHash-1-3): who has the
//! store and not its `search.key` can't try numbers against them. Must not do: leave out anything
//! that a stored row is made of; take anything without a key that is not stored as it is.

use std::num::NonZeroU64;

use jiff::Timestamp;
use siphasher::sip::SipHasher13;

use crate::domain::subscriber::scrub;
use crate::domain::{AcsDevice, Extra, ProviderRecord, Untrusted};

/// Raised when rows are stored otherwise, or their keys are made of something else: those of
/// before are then other rows.
const FORM: u8 = 1;

/// How many bytes a fingerprint takes.
pub(in crate::store) const PRINT_BYTES: usize = 8;

/// What tells a row from what it was; 64 bits, as few rows are ever held against it: itself, and
/// where it came or went its neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Fingerprint(NonZeroU64);

impl Fingerprint {
    /// Of bytes that are stored as they are.
    pub(in crate::store) fn of(bytes: &[u8]) -> Self {
        Printer::default().of(bytes)
    }

    pub(in crate::store) fn bytes(self) -> [u8; PRINT_BYTES] {
        self.0.get().to_le_bytes()
    }

    /// `None` where it can be none.
    pub(in crate::store) fn of_bytes(bytes: [u8; PRINT_BYTES]) -> Option<Self> {
        NonZeroU64::new(u64::from_le_bytes(bytes)).map(Self)
    }
}

/// Takes fingerprints: with a key, or of what is stored as it is without one.
#[derive(Clone, Default)]
pub(in crate::store) struct Printer(SipHasher13);

impl Printer {
    /// What the key is made of, so that it is no other than for this.
    pub(in crate::store) const PURPOSE: [u8; 11] = *b"row prints\x01";

    pub(in crate::store) fn new(key: &[u8; 16]) -> Self {
        Self(SipHasher13::new_with_key(key))
    }

    /// Of what was fed, which it takes away.
    pub(in crate::store) fn print(&self, fed: &mut Fed) -> Fingerprint {
        fed.0.push(FORM);
        let print = self.of(&fed.0);
        fed.0.clear();
        print
    }

    fn of(&self, bytes: &[u8]) -> Fingerprint {
        Fingerprint(NonZeroU64::new(self.0.hash(bytes)).unwrap_or(NonZeroU64::MIN))
    }
}

/// What a fingerprint is made of: values one after the other, each with where it ends.
#[derive(Default)]
pub(in crate::store) struct Fed(Vec<u8>);

/// Of a text's length; a longer one has its length after it.
const LONG: u8 = 254;
/// There is no value.
const NONE: u8 = 255;

impl Fed {
    /// Whatever of a device is kept but for what changes with every look.
    pub(in crate::store) fn acs(&mut self, device: &AcsDevice, columns: &[bool]) {
        let AcsDevice {
            id,
            serial,
            oui,
            product_class,
            manufacturer,
            model,
            macs,
            pppoe_login,
            firmware,
            wan_ip,
            last_inform: _,
            registered,
            tags,
            provider_device_id,
            integrated,
            extra,
        } = device;
        self.text(id.raw());
        for value in [serial, oui, product_class, manufacturer, model, pppoe_login] {
            self.value(value.as_ref());
        }
        for value in [firmware, wan_ip, provider_device_id] {
            self.value(value.as_ref());
        }
        macs.iter().for_each(|mac| self.text(mac.raw()));
        self.0.push(NONE);
        self.typed(tags);
        self.time(*registered);
        self.flag(*integrated);
        self.extra(extra, columns);
    }

    /// The same of a Provider's row; `people`: is anything of them kept?
    pub(in crate::store) fn provider(
        &mut self,
        record: &ProviderRecord,
        people: bool,
        columns: &[bool],
    ) {
        let ProviderRecord {
            device_id,
            serial,
            mac,
            login_id,
            login,
            active,
            linked,
            registered,
            synchronised: _,
            customer_id,
            customer_name,
            trade_name,
            document,
            phone,
            contract_id,
            contract_status,
            plan,
            plan_down_kbps,
            plan_up_kbps,
            wan_ip,
            model,
            acs_id,
            online: _,
            last_online: _,
            extra,
        } = record;
        for value in [device_id, serial, mac, login_id, login, customer_id, contract_id] {
            self.value(value.as_ref());
        }
        for value in [wan_ip, model, acs_id] {
            self.value(value.as_ref());
        }
        self.typed(contract_status);
        self.typed(plan);
        if people {
            self.value(customer_name.as_ref().map(|name| &name.0));
            self.value(trade_name.as_ref().map(|name| &name.0));
            self.value(document.as_ref().map(|document| &document.0));
            self.value(phone.as_ref().map(|phone| &phone.0));
        }
        self.flag(*active);
        self.flag(*linked);
        self.time(*registered);
        self.rate(*plan_down_kbps);
        self.rate(*plan_up_kbps);
        self.extra(extra, columns);
    }

    fn text(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(length) if length < LONG => self.0.push(length),
            _ => {
                self.0.push(LONG);
                self.0.extend_from_slice(&(text.len() as u64).to_le_bytes());
            }
        }
        self.0.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, value: Option<&Untrusted>) {
        match value {
            Some(value) => self.text(value.raw()),
            None => self.0.push(NONE),
        }
    }

    /// What somebody typed is fed as it is stored: without the numbers of persons in it.
    fn typed<'v>(&mut self, values: impl IntoIterator<Item = &'v Untrusted>) {
        for value in values {
            self.text(&scrub(value.raw()));
        }
        self.0.push(NONE);
    }

    fn flag(&mut self, flag: Option<bool>) {
        self.0.push(flag.map_or(NONE, u8::from));
    }

    fn time(&mut self, time: Option<Timestamp>) {
        let Some(time) = time else { return self.0.push(NONE) };
        self.0.push(0);
        self.0.extend_from_slice(&time.as_nanosecond().to_le_bytes());
    }

    fn rate(&mut self, rate: Option<u32>) {
        let Some(rate) = rate else { return self.0.push(NONE) };
        self.0.push(0);
        self.0.extend_from_slice(&rate.to_le_bytes());
    }

    fn extra(&mut self, extra: &Extra, columns: &[bool]) {
        for (column, value) in extra {
            if columns.get(usize::from(*column)) == Some(&true) {
                self.0.push(0);
                self.0.extend_from_slice(&column.to_le_bytes());
                self.text(&scrub(value.raw()));
            }
        }
        self.0.push(NONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subscriber::{CustomerName, Document, Phone};

    fn print(printer: &Printer, record: &ProviderRecord) -> Fingerprint {
        let mut fed = Fed::default();
        fed.provider(record, true, &[true]);
        printer.print(&mut fed)
    }

    /// Stores hold what was made of the same rows before.
    #[test]
    fn a_fingerprint_stays_what_it_is() {
        let row = ProviderRecord {
            device_id: Untrusted::present("1540"),
            phone: Untrusted::present("47 90000-0000").map(Phone),
            linked: Some(true),
            extra: [(0, Untrusted::new("OLT-3"))].into(),
            ..ProviderRecord::default()
        };
        assert_eq!(
            print(&Printer::new(&[7; 16]), &row).bytes(),
            [185, 159, 227, 223, 251, 138, 133, 207]
        );
        assert_eq!(print(&Printer::default(), &row).bytes(), [88, 38, 207, 118, 68, 175, 63, 229]);
    }

    /// Without a key all the digits that are hidden could be tried.
    #[test]
    fn numbers_that_are_not_stored_are_in_no_fingerprint_without_a_key() {
        let mut fed = Fed::default();
        let prints = ["111.456.789-00", "222.456.789-11"].map(|cpf| {
            let typed = Untrusted::new(&format!("Fibra 300 - CPF {cpf}"));
            let row = ProviderRecord {
                plan: Some(typed.clone()),
                contract_status: Some(typed.clone()),
                customer_name: Some(CustomerName(typed.clone())),
                document: Untrusted::present(cpf).map(Document),
                phone: Untrusted::present(cpf).map(Phone),
                extra: [(0, typed.clone())].into(),
                ..ProviderRecord::default()
            };
            fed.provider(&row, false, &[true]);
            let of_row = Printer::default().print(&mut fed);
            let device = AcsDevice {
                tags: [typed.clone()].into(),
                extra: [(0, typed)].into(),
                ..AcsDevice::default()
            };
            fed.acs(&device, &[true]);
            (of_row, Printer::default().print(&mut fed))
        });
        assert_eq!(prints[0], prints[1]);
    }

    #[test]
    fn where_a_value_ends_is_known_and_an_empty_one_is_one() {
        let of = |serial: Option<&str>, mac: Option<&str>, document: &str| {
            let row = ProviderRecord {
                serial: serial.map(Untrusted::new),
                mac: mac.map(Untrusted::new),
                document: Untrusted::present(document).map(Document),
                ..ProviderRecord::default()
            };
            print(&Printer::new(&[1; 16]), &row)
        };
        let long = "x".repeat(300);
        let rows = [
            (Some("AB"), Some("C"), ""),
            (Some("A"), Some("BC"), ""),
            (Some("ABC"), Some(""), ""),
            (Some("ABC"), None, ""),
            (None, Some("ABC"), ""),
            (Some("AB"), Some("C"), "123.456.789-00"),
            (Some(&long), None, ""),
            (Some(&long[1..]), None, ""),
        ];
        let mut prints: Vec<_> = rows.into_iter().map(|(s, m, d)| of(s, m, d)).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), rows.len());
    }
}
