//! What has to be true just before a step is sent, and whether it still is.
//!
//! Must not do: read anything. Who applies reads both sides again and asks here.

use crate::domain::identity::{Shape, classify};
use crate::domain::{AcsDevice, Change, PppoeLogin, ProviderRecord, RecordKey, Sought, Untrusted};

/// What has to be true. Records hold only what is compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// Devices that the ACS still has, as they were.
    pub acs: Vec<AcsDevice>,
    /// Records that the Provider still has, as they were.
    pub provider: Vec<ProviderRecord>,
    /// Nothing of this may be in the ACS.
    pub acs_lacks: Option<Sought>,
    /// Nothing of this may be counted in the Provider.
    pub provider_lacks: Option<Sought>,
    /// It showed no life when the plan was made, so no person saw its name: where the login is
    /// online now, or the device informed lately, it is not removed.
    pub silent: bool,
    /// What is undone: it still has to be in force.
    pub in_force: Option<Change>,
}

/// The part of a device that the rules used.
#[must_use]
pub fn of_device(device: &AcsDevice) -> AcsDevice {
    AcsDevice {
        id: device.id.clone(),
        serial: device.serial.clone(),
        macs: device.macs.clone(),
        pppoe_login: device.pppoe_login.clone(),
        registered: device.registered,
        ..AcsDevice::default()
    }
}

/// The part of a record that the rules used.
#[must_use]
pub fn of_record(record: &ProviderRecord) -> ProviderRecord {
    ProviderRecord {
        device_id: record.device_id.clone(),
        login_id: record.login_id.clone(),
        serial: record.serial.clone(),
        mac: record.mac.clone(),
        login: record.login.clone(),
        active: Some(record.is_active()),
        linked: Some(record.is_linked()),
        ..ProviderRecord::default()
    }
}

/// By which key the Provider is asked for a record; `None`: it has no id.
#[must_use]
pub fn key_of(record: &ProviderRecord) -> Option<RecordKey> {
    let entry = record.device_id.clone().filter(|_| record.is_entry()).map(RecordKey::Entry);
    entry.or_else(|| record.login_id.clone().map(RecordKey::Login))
}

/// What is different about the device now; `None`: nothing that matters.
#[must_use]
pub fn device_changed(then: &AcsDevice, now: &AcsDevice) -> Option<&'static str> {
    let changed = [
        ("its id", then.id != now.id),
        ("its serial", !same_value(then.serial.as_ref(), now.serial.as_ref())),
        ("its PPPoE login", !same_login(then.pppoe_login.as_ref(), now.pppoe_login.as_ref())),
        ("when it registered", then.registered != now.registered),
        ("its MACs", macs_contradict(&then.macs, &now.macs)),
    ];
    changed.into_iter().find(|(_, changed)| *changed).map(|(what, _)| what)
}

/// What is different about the record now; `None`: nothing that matters.
#[must_use]
pub fn record_changed(then: &ProviderRecord, now: &ProviderRecord) -> Option<&'static str> {
    let changed = [
        ("its id", then.device_id != now.device_id),
        ("its serial", !same_value(then.serial.as_ref(), now.serial.as_ref())),
        ("its MAC", !same_value(then.mac.as_ref(), now.mac.as_ref())),
        ("the login that it is linked to", then.login_id != now.login_id),
        ("the login's name", !same_login(then.login.as_ref(), now.login.as_ref())),
        ("whether the login is active", then.is_active() != now.is_active()),
        ("whether a login is linked", then.is_linked() != now.is_linked()),
    ];
    changed.into_iter().find(|(_, changed)| *changed).map(|(what, _)| what)
}

/// The same identity, in whatever spelling.
fn same_value(then: Option<&Untrusted>, now: Option<&Untrusted>) -> bool {
    let shape = |value: Option<&Untrusted>| value.map_or(Shape::Blank, |v| classify(v.raw()));
    shape(then) == shape(now)
}

fn same_login(then: Option<&Untrusted>, now: Option<&Untrusted>) -> bool {
    let login = |value: Option<&Untrusted>| value.and_then(|v| PppoeLogin::new(v.raw()));
    login(then) == login(now)
}

/// A single device may be shown without the MACs that the list had, or with more of them.
fn macs_contradict(then: &[Untrusted], now: &[Untrusted]) -> bool {
    let shapes =
        |macs: &[Untrusted]| -> Vec<Shape> { macs.iter().map(|mac| classify(mac.raw())).collect() };
    let (then, now) = (shapes(then), shapes(now));
    !then.is_empty() && !now.is_empty() && !then.iter().any(|mac| now.contains(mac))
}
