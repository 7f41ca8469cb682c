//! What the ACS holds: one record a CPE, as its Informs told it.
//!
//! Must not do: know the Provider.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Which of TR-069's two data models a CPE speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataModel {
    /// `InternetGatewayDevice.`
    Tr098,
    /// `Device.`
    Tr181,
}

/// A CPE as the ACS records it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cpe {
    /// TR-069 SerialNumber, in the box's own spelling: unique in the ACS.
    pub serial: String,
    /// TR-069 OUI.
    pub oui: String,
    /// TR-069 ProductClass; some boxes have none.
    pub product_class: Option<String>,
    /// Manufacturer.
    pub manufacturer: String,
    /// Model name.
    pub model: String,
    /// Hardware version.
    pub hardware: String,
    /// Software version.
    pub firmware: String,
    /// MACs, the WAN's first; may be none.
    pub macs: Vec<String>,
    /// PPPoE user name configured on the box.
    pub pppoe_login: Option<String>,
    /// WAN IP address.
    pub wan_ip: Option<String>,
    /// Last Inform.
    pub last_inform: Timestamp,
    /// First Inform of this record.
    pub registered: Timestamp,
    /// Last boot; `None` until one was seen.
    pub last_boot: Option<Timestamp>,
    /// Tags.
    pub tags: Vec<String>,
    /// Which data model it speaks.
    pub data_model: DataModel,
    /// In a CWMP session until then, and not to be deleted meanwhile.
    pub in_session_until: Option<Timestamp>,
}

/// The ACS's records.
#[derive(Clone, Debug, Default)]
pub struct AcsSide {
    /// By serial, in the box's own spelling.
    pub cpes: BTreeMap<String, Cpe>,
    /// When its last synchronisation with the Provider finished.
    pub last_synchronised: Option<Timestamp>,
    /// What its last synchronisation failed with, if it did.
    pub last_error: Option<String>,
}
