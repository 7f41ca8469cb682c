//! Stored form of a tombstone, many of which are packed together.
//!
//! Must not do: change. The journal keeps them for a year and more, and nothing can make them
//! again: another form is another table. It shares nothing with the rows of lists, which go after
//! weeks; and it holds no more of a device than tells who it was, and when.

use serde::{Deserialize, Serialize};

use crate::domain::{AcsDevice, Untrusted};
use crate::engine::{Removal, Tombstone};
use crate::store::codec::device::{raw, untrusted};
use crate::store::codec::{Bad, Instant, bad, from_postcard_and_more, instant, time, wired};

/// Mirror of [`Tombstone`]: the device's identity, model and times.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct TombstoneRow<'a> {
    id: &'a str,
    serial: Option<&'a str>,
    oui: Option<&'a str>,
    product_class: Option<&'a str>,
    manufacturer: Option<&'a str>,
    model: Option<&'a str>,
    #[serde(borrow)]
    macs: Vec<&'a str>,
    pppoe_login: Option<&'a str>,
    firmware: Option<&'a str>,
    last_inform: Option<Instant>,
    registered: Option<Instant>,
    provider_device_id: Option<&'a str>,
    seen: Instant,
    missed: Instant,
    removal: &'a str,
    cohort: u32,
}

impl<'a> TombstoneRow<'a> {
    pub(in crate::store) fn of(tombstone: &'a Tombstone) -> Self {
        let d = &tombstone.device;
        Self {
            id: d.id.raw(),
            serial: raw(d.serial.as_ref()),
            oui: raw(d.oui.as_ref()),
            product_class: raw(d.product_class.as_ref()),
            manufacturer: raw(d.manufacturer.as_ref()),
            model: raw(d.model.as_ref()),
            macs: d.macs.iter().map(Untrusted::raw).collect(),
            pppoe_login: raw(d.pppoe_login.as_ref()),
            firmware: raw(d.firmware.as_ref()),
            last_inform: instant(d.last_inform),
            registered: instant(d.registered),
            provider_device_id: raw(d.provider_device_id.as_ref()),
            seen: tombstone.seen.into(),
            missed: tombstone.missed.into(),
            removal: tombstone.removal.wire(),
            cohort: tombstone.cohort,
        }
    }

    /// The device's.
    pub(in crate::store) fn id(&self) -> &'a str {
        self.id
    }

    pub(in crate::store) fn tombstone(&self) -> Result<Tombstone, Bad> {
        let device = AcsDevice {
            id: Untrusted::new(self.id),
            serial: untrusted(self.serial),
            oui: untrusted(self.oui),
            product_class: untrusted(self.product_class),
            manufacturer: untrusted(self.manufacturer),
            model: untrusted(self.model),
            macs: self.macs.iter().map(|mac| Untrusted::new(mac)).collect(),
            pppoe_login: untrusted(self.pppoe_login),
            firmware: untrusted(self.firmware),
            last_inform: time(self.last_inform)?,
            registered: time(self.registered)?,
            provider_device_id: untrusted(self.provider_device_id),
            ..AcsDevice::default()
        };
        Ok(Tombstone {
            device,
            seen: self.seen.time()?,
            missed: self.missed.time()?,
            removal: wired(Removal::from_wire, self.removal)?,
            cohort: self.cohort,
        })
    }
}

/// How many rows were packed together.
pub(in crate::store) fn count(raw: &[u8]) -> Result<usize, Bad> {
    from_postcard_and_more(raw).map(|(count, _)| count)
}

/// Reads the rows that were packed together one by one, in as little room as one takes.
pub(in crate::store) fn each(
    raw: &[u8],
    mut take: impl FnMut(&TombstoneRow<'_>) -> Result<(), Bad>,
) -> Result<(), Bad> {
    let (count, mut rest) = from_postcard_and_more::<usize>(raw)?;
    for _ in 0..count {
        let (row, after) = from_postcard_and_more(rest)?;
        take(&row)?;
        rest = after;
    }
    if rest.is_empty() { Ok(()) } else { Err(bad("tombstones with something after them")) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::codec::to_postcard;

    /// Stores hold what was written like this.
    #[test]
    fn the_form_stays_what_it_is() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let device = AcsDevice {
            id: Untrusted::new("A1"),
            serial: Untrusted::present("S"),
            macs: [Untrusted::new("M")].into(),
            pppoe_login: Untrusted::present("ana"),
            registered: Some(at(64)),
            ..AcsDevice::default()
        };
        let (removal, cohort) = (Removal::ByHand, 3);
        let tombstone = Tombstone { device, seen: at(1), missed: at(2), removal, cohort };
        let row = vec![TombstoneRow::of(&tombstone)];
        let bytes = to_postcard(&row).unwrap();
        let form = b"\x01\x02A1\x01\x01S\0\0\0\0\x01\x01M\x01\x03ana\0\0\x01\x80\x01\0\0\
            \x02\0\x04\0\x07by-hand\x03";
        assert_eq!(bytes, form);
        let mut back = Vec::new();
        let mut read = |raw: &[u8]| {
            each(raw, |row| {
                back.push(row.tombstone()?);
                Ok(())
            })
        };
        assert_eq!((count(form), read(form)), (Ok(1), Ok(())));
        for broken in [&form[..form.len() - 1], &[form.as_slice(), &[0]].concat(), &[]] {
            assert!(read(broken).is_err());
        }
        assert_eq!(back[0], tombstone);
    }
}
