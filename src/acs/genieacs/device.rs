//! The values of one record to a device: which login, which address, which MAC comes first.
//!
//! Must not do: normalise an identity (the engine does), or derive anything from `_id`.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::acs::genieacs::fields::{Field, Paths, Take};
use crate::acs::genieacs::record::{Found, Values};
use crate::domain::{AcsDevice, Extra, Macs, Untrusted};
use crate::tabular;

/// The most MACs of a device that are kept; the most seen on a real one is about 20.
const MACS_MAX: usize = 64;

/// Values that could not be read: which field, and what it held.
pub(super) type Unread = Vec<(&'static str, Untrusted)>;

/// Makes the device; `None` where the record has no id. Values that can't be read go to
/// `unread`.
pub(super) fn device(values: &mut Values, paths: &Paths, unread: &mut Unread) -> Option<AcsDevice> {
    let id = values.id.take()?;
    let tags = std::mem::take(&mut values.tags);
    let scene = Scene { found: &values.found, paths };
    let login = scene.login();
    Some(AcsDevice {
        id,
        serial: scene.first(Field::Serial),
        oui: scene.first(Field::Oui),
        product_class: scene.first(Field::ProductClass),
        manufacturer: scene.first(Field::Manufacturer),
        model: scene.first(Field::Model),
        macs: scene.macs(login),
        pppoe_login: login.map(|found| found.value.clone()),
        firmware: scene.first(Field::Firmware),
        wan_ip: scene.wan_ip(login),
        last_inform: scene.time(Field::LastInform, "_lastInform", unread),
        registered: scene.time(Field::Registered, "_registered", unread),
        tags,
        provider_device_id: scene.first(Field::ProviderDeviceId),
        integrated: None,
        extra: Extra::new(),
    })
}

/// What one record holds.
#[derive(Clone, Copy)]
struct Scene<'r> {
    found: &'r [Found],
    paths: &'r Paths,
}

impl<'r> Scene<'r> {
    fn of(self, field: Field) -> impl Iterator<Item = &'r Found> {
        self.found.iter().filter(move |found| found.field == field)
    }

    fn take(self, found: &Found) -> &'r Take {
        &self.paths.takes(found.node)[found.take]
    }

    /// By the list's order, then by instance numbers as numbers.
    fn order(self, a: &Found, b: &Found) -> Ordering {
        self.take(a).rank.cmp(&self.take(b).rank).then_with(|| a.at.cmp(&b.at))
    }

    fn first(self, field: Field) -> Option<Untrusted> {
        self.of(field).min_by(|a, b| self.order(a, b)).map(|found| found.value.clone())
    }

    /// The first login of a connection that is not known to be disabled: an old, disabled one
    /// often comes first.
    fn login(self) -> Option<&'r Found> {
        let live = self.of(Field::Login).filter(|found| !self.is_disabled(found));
        live.min_by(|a, b| self.order(a, b))
    }

    /// Is an object that holds the value switched off?
    fn is_disabled(self, found: &Found) -> bool {
        self.of(Field::Enable).any(|enable| is_no(enable.value.raw()) && self.holds(enable, found))
    }

    /// Does the object that holds `outer` hold `inner` as well?
    fn holds(self, outer: &Found, inner: &Found) -> bool {
        let object = self.paths.parent(outer.node);
        inner.at.starts_with(&outer.at) && self.paths.is_in(inner.node, object)
    }

    /// The object that holds `found`, as TR-069 writes it.
    fn object(self, found: &Found) -> String {
        self.paths.name(self.paths.parent(found.node), &found.at)
    }

    /// Does the object that holds `found` run on `lower`, an object's name?
    fn runs_on(self, found: &Found, lower: &str) -> bool {
        let layers = self.of(Field::LowerLayers).filter(|layers| self.holds(layers, found));
        let mut names = layers.flat_map(|layers| layers.value.raw().split(','));
        names.any(|name| name.trim().trim_end_matches('.') == lower)
    }

    /// The address of the login's connection; where no connection has a login, of one that leads
    /// to the ISP. TR-181 keeps addresses apart from the connection, and where nothing tells
    /// which runs on which, one that is not the LAN's serves.
    fn wan_ip(self, login: Option<&Found>) -> Option<Untrusted> {
        let connection = login.map(|login| self.object(login));
        let class = |found: &Found| {
            if self.take(found).chosen {
                return Some(0);
            }
            if login.is_some_and(|login| self.holds(login, found)) {
                return Some(0);
            }
            if connection.as_ref().is_some_and(|name| self.runs_on(found, name)) {
                return Some(1);
            }
            // TR-181 lists the LAN's own address among the others.
            let mixed = self.take(found).mixed;
            let fits = if mixed { !is_local(found.value.raw()) } else { login.is_none() };
            fits.then_some(2)
        };
        let live = self.of(Field::WanIp).filter(|found| {
            !self.is_disabled(found) && !matches!(found.value.raw(), "0.0.0.0" | "::")
        });
        let classed = live.filter_map(|found| Some((class(found)?, found)));
        let first = classed.min_by(|(class_a, a), (class_b, b)| {
            class_a.cmp(class_b).then_with(|| self.order(a, b))
        });
        first.map(|(_, found)| found.value.clone())
    }

    /// Every MAC once, those towards the ISP first.
    fn macs(self, login: Option<&Found>) -> Macs {
        let mut macs: Vec<(bool, &Found)> =
            self.of(Field::Mac).map(|found| (!self.is_wan(found, login), found)).collect();
        macs.sort_by(|(lan_a, a), (lan_b, b)| lan_a.cmp(lan_b).then_with(|| self.order(a, b)));
        let mut kept = Macs::new();
        for (_, found) in macs {
            let known = |mac: &Untrusted| mac.raw().eq_ignore_ascii_case(found.value.raw());
            if kept.len() < MACS_MAX && !kept.iter().any(known) {
                kept.push(found.value.clone());
            }
        }
        kept
    }

    /// Is the MAC's interface on the side of the ISP? By its name in TR-098; in TR-181 where
    /// it says so, where it runs on one that says so, or where the login's connection runs on it.
    fn is_wan(self, mac: &Found, login: Option<&Found>) -> bool {
        let take = self.take(mac);
        if take.wan || take.chosen {
            return true;
        }
        let mut upstream = self.of(Field::Upstream).filter(|up| !is_no(up.value.raw()));
        if upstream.any(|up| self.holds(up, mac) || self.runs_on(mac, &self.object(up))) {
            return true;
        }
        login.is_some_and(|login| self.runs_on(login, &self.object(mac)))
    }

    fn time(self, field: Field, name: &'static str, unread: &mut Unread) -> Option<Timestamp> {
        let found = self.of(field).next()?;
        let time = tabular::time(found.value.raw(), &TimeZone::UTC);
        if time.is_none() {
            unread.push((name, found.value.clone()));
        }
        time
    }
}

fn is_no(value: &str) -> bool {
    value == "0" || value.eq_ignore_ascii_case("false")
}

/// Loopback, link-local, and the network that home routers give to their LAN.
fn is_local(address: &str) -> bool {
    ["127.", "169.254.", "192.168."].iter().any(|start| address.starts_with(start))
}
