//! Stored form of device records: the part that seldom changes, and where the rest goes.
//!
//! Must not do: keep a CPF, CNPJ or phone number but sealed, or a name that `store_pii` forbids;
//! [`Typed`] takes them out of what somebody typed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::subscriber::{CustomerName, is_personal};
use crate::domain::{AcsDevice, Extra, ProviderRecord, Untrusted};
use crate::store::codec::columns::{Cell, Cells, flag_cell, time_cell};
use crate::store::codec::fingerprint::{Fed, Fingerprint, Printer};
use crate::store::codec::typed::{Typed, typed};
use crate::store::codec::{Bad, Instant, from_postcard, from_postcard_and_more, instant, time};
use crate::store::search::Sealer;

/// What of people may be kept, and which unknown columns.
#[derive(Clone)]
pub(in crate::store) struct Keep {
    /// Names too, and what makes seals of documents and phones.
    people: Option<Arc<Sealer>>,
    acs: Vec<bool>,
    provider: Vec<bool>,
    /// Of the Provider's rows: with the key of the seals, where there is one.
    printer: Printer,
}

impl Keep {
    /// With a sealer names and seals are kept, without one nothing of people.
    pub(in crate::store) fn new(
        people: Option<Sealer>,
        acs: &[Box<str>],
        provider: &[Box<str>],
    ) -> Self {
        let printer = people.as_ref().map(|sealer| Printer::new(&sealer.print_key()));
        let printer = printer.unwrap_or_default();
        Self { people: people.map(Arc::new), acs: kept(acs), provider: kept(provider), printer }
    }

    /// The same, with the unknown columns of an ACS.
    pub(in crate::store) fn with_acs(&self, acs: &[Box<str>]) -> Self {
        Self { acs: kept(acs), ..self.clone() }
    }

    /// The same, with the unknown columns of a Provider.
    pub(in crate::store) fn with_provider(&self, provider: &[Box<str>]) -> Self {
        Self { provider: kept(provider), ..self.clone() }
    }

    /// The fingerprint of an [`AcsRow`].
    pub(in crate::store) fn print_acs(&self, device: &AcsDevice, fed: &mut Fed) -> Fingerprint {
        fed.acs(device, &self.acs);
        Printer::default().print(fed)
    }

    /// The fingerprint of a [`ProviderRow`] and what stands after it.
    pub(in crate::store) fn print_provider(
        &self,
        record: &ProviderRecord,
        fed: &mut Fed,
    ) -> Fingerprint {
        fed.provider(record, self.people.is_some(), &self.provider);
        self.printer.print(fed)
    }
}

/// Which of the unknown columns may be kept.
fn kept(columns: &[Box<str>]) -> Vec<bool> {
    columns.iter().map(|column| !is_personal(column)).collect()
}

/// Mirror of [`AcsDevice`] without `last_inform`.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct AcsRow<'a> {
    pub id: &'a str,
    pub serial: Option<&'a str>,
    pub oui: Option<&'a str>,
    pub product_class: Option<&'a str>,
    pub manufacturer: Option<&'a str>,
    pub model: Option<&'a str>,
    #[serde(borrow)]
    pub macs: Vec<&'a str>,
    pub pppoe_login: Option<&'a str>,
    firmware: Option<&'a str>,
    wan_ip: Option<&'a str>,
    registered: Option<Instant>,
    #[serde(borrow)]
    tags: Vec<Typed<'a>>,
    provider_device_id: Option<&'a str>,
    integrated: Option<bool>,
    #[serde(borrow)]
    extra: Vec<(u16, Typed<'a>)>,
}

/// Mirror of [`ProviderRecord`] without `online`, `last_online`, `synchronised`, and
/// without document and phone: those are never stored, but in a keyed fingerprint.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ProviderRow<'a> {
    pub device_id: Option<&'a str>,
    pub serial: Option<&'a str>,
    pub mac: Option<&'a str>,
    pub login_id: Option<&'a str>,
    pub login: Option<&'a str>,
    active: Option<bool>,
    linked: Option<bool>,
    registered: Option<Instant>,
    pub customer_id: Option<&'a str>,
    #[serde(borrow)]
    pub customer_name: Option<Typed<'a>>,
    pub contract_id: Option<&'a str>,
    #[serde(borrow)]
    contract_status: Option<Typed<'a>>,
    #[serde(borrow)]
    plan: Option<Typed<'a>>,
    plan_down_kbps: Option<u64>,
    plan_up_kbps: Option<u64>,
    wan_ip: Option<&'a str>,
    pub model: Option<&'a str>,
    acs_id: Option<&'a str>,
    #[serde(borrow)]
    extra: Vec<(u16, Typed<'a>)>,
}

/// What stands after a [`ProviderRow`] of a list, where there is any of it: by what the record
/// is found, and nobody reads.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::store) struct Sealed<'a> {
    /// Of its document and phones.
    pub seals: Vec<u64>,
    /// The name under which a company trades, where it has another.
    #[serde(borrow)]
    pub trade_name: Option<Typed<'a>>,
}

impl<'a> Sealed<'a> {
    /// `None` where there is nothing to find it by, or nothing is kept of people.
    pub(in crate::store) fn of(record: &'a ProviderRecord, keep: &Keep) -> Option<Self> {
        let seals = keep.people.as_ref()?.of_record(record);
        let seals: Vec<u64> = seals.into_iter().map(|mark| mark.0).collect();
        let trade_name = Typed::value(record.trade_name.as_ref().map(|name| &name.0));
        let is_any = !seals.is_empty() || trade_name.is_some();
        is_any.then_some(Self { seals, trade_name })
    }
}

/// How many columns [`acs_cells`] fills.
pub(in crate::store) const ACS_COLUMNS: usize = 1;
/// How many columns [`provider_cells`] fills.
pub(in crate::store) const PROVIDER_COLUMNS: usize = 3;

/// What changes with every look at an ACS device.
pub(in crate::store) fn acs_cells(device: &AcsDevice) -> [Cell; ACS_COLUMNS] {
    [time_cell(device.last_inform)]
}

/// What changes with every look at a Provider record.
pub(in crate::store) fn provider_cells(record: &ProviderRecord) -> [Cell; PROVIDER_COLUMNS] {
    [flag_cell(record.online), time_cell(record.last_online), time_cell(record.synchronised)]
}

pub(in crate::store) fn raw(value: Option<&Untrusted>) -> Option<&str> {
    value.map(Untrusted::raw)
}

pub(in crate::store) fn untrusted(value: Option<&str>) -> Option<Untrusted> {
    value.map(Untrusted::new)
}

fn raws(values: &[Untrusted]) -> Vec<&str> {
    values.iter().map(Untrusted::raw).collect()
}

fn kept_extra<'a>(extra: &'a Extra, kept: &[bool]) -> Vec<(u16, Typed<'a>)> {
    let may = |i: u16| kept.get(usize::from(i)) == Some(&true);
    extra.iter().filter(|(i, _)| may(*i)).map(|(i, v)| (*i, Typed::of(v.raw()))).collect()
}

fn extra(stored: &[(u16, Typed<'_>)]) -> Extra {
    stored.iter().map(|(i, v)| (*i, v.untrusted())).collect()
}

impl<'a> AcsRow<'a> {
    pub(in crate::store) fn of(device: &'a AcsDevice, keep: &Keep) -> Self {
        Self {
            id: device.id.raw(),
            serial: raw(device.serial.as_ref()),
            oui: raw(device.oui.as_ref()),
            product_class: raw(device.product_class.as_ref()),
            manufacturer: raw(device.manufacturer.as_ref()),
            model: raw(device.model.as_ref()),
            macs: raws(&device.macs),
            pppoe_login: raw(device.pppoe_login.as_ref()),
            firmware: raw(device.firmware.as_ref()),
            wan_ip: raw(device.wan_ip.as_ref()),
            registered: instant(device.registered),
            tags: device.tags.iter().map(|t| Typed::of(t.raw())).collect(),
            provider_device_id: raw(device.provider_device_id.as_ref()),
            integrated: device.integrated,
            extra: kept_extra(&device.extra, &keep.acs),
        }
    }

    /// The device, its changing part from `cells`, columns `first` and on.
    pub(in crate::store) fn device(
        &self,
        cells: &mut Cells,
        first: usize,
    ) -> Result<AcsDevice, Bad> {
        Ok(AcsDevice {
            id: Untrusted::new(self.id),
            serial: untrusted(self.serial),
            oui: untrusted(self.oui),
            product_class: untrusted(self.product_class),
            manufacturer: untrusted(self.manufacturer),
            model: untrusted(self.model),
            macs: self.macs.iter().map(|mac| Untrusted::new(mac)).collect(),
            pppoe_login: untrusted(self.pppoe_login),
            firmware: untrusted(self.firmware),
            wan_ip: untrusted(self.wan_ip),
            last_inform: cells.time(first)?,
            registered: time(self.registered)?,
            tags: self.tags.iter().map(Typed::untrusted).collect(),
            provider_device_id: untrusted(self.provider_device_id),
            integrated: self.integrated,
            extra: extra(&self.extra),
        })
    }
}

impl<'a> ProviderRow<'a> {
    /// Reads a record of a list, and what stands after it.
    pub(in crate::store) fn with_seals(body: &'a [u8]) -> Result<(Self, Option<Sealed<'a>>), Bad> {
        match from_postcard_and_more(body)? {
            (row, []) => Ok((row, None)),
            (row, more) => Ok((row, Some(from_postcard(more)?))),
        }
    }

    pub(in crate::store) fn of(record: &'a ProviderRecord, keep: &Keep) -> Self {
        let name = record.customer_name.as_ref().filter(|_| keep.people.is_some());
        Self {
            device_id: raw(record.device_id.as_ref()),
            serial: raw(record.serial.as_ref()),
            mac: raw(record.mac.as_ref()),
            login_id: raw(record.login_id.as_ref()),
            login: raw(record.login.as_ref()),
            active: record.active,
            linked: record.linked,
            registered: instant(record.registered),
            customer_id: raw(record.customer_id.as_ref()),
            customer_name: Typed::value(name.map(|n| &n.0)),
            contract_id: raw(record.contract_id.as_ref()),
            contract_status: Typed::value(record.contract_status.as_ref()),
            plan: Typed::value(record.plan.as_ref()),
            plan_down_kbps: record.plan_down_kbps.map(u64::from),
            plan_up_kbps: record.plan_up_kbps.map(u64::from),
            wan_ip: raw(record.wan_ip.as_ref()),
            model: raw(record.model.as_ref()),
            acs_id: raw(record.acs_id.as_ref()),
            extra: kept_extra(&record.extra, &keep.provider),
        }
    }

    /// The record, its changing part from `cells`, columns `first` and on.
    pub(in crate::store) fn record(
        &self,
        cells: &mut Cells,
        first: usize,
    ) -> Result<ProviderRecord, Bad> {
        Ok(ProviderRecord {
            device_id: untrusted(self.device_id),
            serial: untrusted(self.serial),
            mac: untrusted(self.mac),
            login_id: untrusted(self.login_id),
            login: untrusted(self.login),
            active: self.active,
            linked: self.linked,
            registered: time(self.registered)?,
            synchronised: cells.time(first + 2)?,
            customer_id: untrusted(self.customer_id),
            customer_name: typed(self.customer_name.as_ref()).map(CustomerName),
            trade_name: None,
            document: None,
            phone: None,
            contract_id: untrusted(self.contract_id),
            contract_status: typed(self.contract_status.as_ref()),
            plan: typed(self.plan.as_ref()),
            plan_down_kbps: self.plan_down_kbps.and_then(|rate| u32::try_from(rate).ok()),
            plan_up_kbps: self.plan_up_kbps.and_then(|rate| u32::try_from(rate).ok()),
            wan_ip: untrusted(self.wan_ip),
            model: untrusted(self.model),
            acs_id: untrusted(self.acs_id),
            online: cells.flag(first)?,
            last_online: cells.time(first + 1)?,
            extra: extra(&self.extra),
        })
    }
}

#[cfg(test)]
impl Keep {
    /// Nothing of people, and no unknown column.
    pub(in crate::store) fn nothing() -> Self {
        Self::new(None, &[], &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_columns_are_known_by_name() {
        for column in ["E-mail", "CPF do titular", "telefone_2", "Nome", "WhatsApp"] {
            assert!(is_personal(column), "{column}");
        }
        for column in ["olt", "PON", "Cidade", "nome da OLT"] {
            assert!(!is_personal(column), "{column}");
        }
    }
}
