//! One CPE as either system records it, raw: the engine normalises, faces mask.
//!
//! Must not do: decide who is who, or drop what it does not understand.

use jiff::Timestamp;
use smallvec::SmallVec;
use thin_vec::ThinVec;

use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::text::Untrusted;

/// Columns beyond the known ones: index into [`crate::domain::SnapshotMeta::extra_columns`], value.
/// Thin, as most records have none and every record has the place for it.
pub type Extra = ThinVec<(u16, Untrusted)>;

/// Tags; thin for the same reason.
pub type Tags = ThinVec<Untrusted>;

/// MAC addresses: nearly every list tells one a device, which is kept in place.
pub type Macs = SmallVec<[Untrusted; 1]>;

/// A device as the ACS lists it. Only `id` is sure; every other field may be absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcsDevice {
    /// The ACS's own id: opaque, compared as it came.
    pub id: Untrusted,
    /// TR-069 SerialNumber, raw; may hold a MAC or a placeholder.
    pub serial: Option<Untrusted>,
    /// TR-069 OUI.
    pub oui: Option<Untrusted>,
    /// TR-069 ProductClass.
    pub product_class: Option<Untrusted>,
    /// Manufacturer name.
    pub manufacturer: Option<Untrusted>,
    /// Model name.
    pub model: Option<Untrusted>,
    /// MAC addresses, raw, all that the ACS knows (LAN, WAN, Wi-Fi), WAN first where told.
    pub macs: Macs,
    /// PPPoE user name configured on the CPE.
    pub pppoe_login: Option<Untrusted>,
    /// Software version.
    pub firmware: Option<Untrusted>,
    /// WAN IP address.
    pub wan_ip: Option<Untrusted>,
    /// Last Inform.
    pub last_inform: Option<Timestamp>,
    /// First Inform of this record: newer than a deletion means that it called home again.
    pub registered: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
    /// Stored link: the Provider's `device_id`.
    pub provider_device_id: Option<Untrusted>,
    /// Does the ACS show it as synchronised with the Provider?
    pub integrated: Option<bool>,
    /// Unknown columns.
    pub extra: Extra,
}

/// A row of the Provider: a device entry, or a login without a device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderRecord {
    /// The Provider's id of the device entry.
    pub device_id: Option<Untrusted>,
    /// Serial, raw; may hold a MAC or a placeholder.
    pub serial: Option<Untrusted>,
    /// MAC, raw; may hold a GPON serial.
    pub mac: Option<Untrusted>,
    /// Id of the PPPoE login.
    pub login_id: Option<Untrusted>,
    /// PPPoE login.
    pub login: Option<Untrusted>,
    /// Is the login active? `None`: the source does not say, which counts as active.
    pub active: Option<bool>,
    /// Is the login linked to the device? `None`: linked where the row has both.
    pub linked: Option<bool>,
    /// When the Provider made the entry.
    pub registered: Option<Timestamp>,
    /// When the ACS's synchronisation last confirmed the entry: then it was surely in the ACS.
    pub synchronised: Option<Timestamp>,
    /// Customer id.
    pub customer_id: Option<Untrusted>,
    /// Customer name.
    pub customer_name: Option<CustomerName>,
    /// The name under which a company trades, where it has another; boxed, as few have.
    pub trade_name: Option<Box<CustomerName>>,
    /// CPF or CNPJ.
    pub document: Option<Document>,
    /// Phone.
    pub phone: Option<Phone>,
    /// Contract id.
    pub contract_id: Option<Untrusted>,
    /// Contract status, raw code.
    pub contract_status: Option<Untrusted>,
    /// Name of the service plan.
    pub plan: Option<Untrusted>,
    /// Contracted download, kbit/s: 4 Tbit/s at most.
    pub plan_down_kbps: Option<u32>,
    /// Contracted upload, kbit/s: 4 Tbit/s at most.
    pub plan_up_kbps: Option<u32>,
    /// WAN IP address of the login's session.
    pub wan_ip: Option<Untrusted>,
    /// Model name.
    pub model: Option<Untrusted>,
    /// Stored link: the ACS's id.
    pub acs_id: Option<Untrusted>,
    /// Is the login online now?
    pub online: Option<bool>,
    /// When the login was last online.
    pub last_online: Option<Timestamp>,
    /// Unknown columns.
    pub extra: Extra,
}

impl ProviderRecord {
    /// A row with a serial or a MAC is a device entry; one with neither is a login without a
    /// device.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        self.serial.is_some() || self.mac.is_some()
    }

    /// Does the row name a login?
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.login.is_some() || self.login_id.is_some()
    }

    /// Linked, by the column or by its default: the row has both a device identity and a login.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.has_login() && self.is_entry() && self.linked != Some(false)
    }

    /// Active unless the source says no.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active != Some(false)
    }

    /// R1: a device entry with a linked and active login.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.is_linked() && self.is_active()
    }
}
