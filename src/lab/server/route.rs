//! Which system a path belongs to, and what kind of request it is.
//!
//! Must not do: answer.

use super::message::{Asked, decoded};
use super::provedor;

/// Which API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// IXC Provedor.
    Provedor,
    /// IXC ACS.
    IxcAcs,
    /// GenieACS's NBI.
    Genieacs,
    /// The lab's own.
    Control,
}

impl Api {
    /// Whose a path is; `None` where nobody's.
    pub fn of(path: &str) -> Option<Self> {
        let below = |root: &str| {
            path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if below("/_lab") {
            Some(Self::Control)
        } else if below("/webservice") {
            Some(Self::Provedor)
        } else if below("/api/v1") || below("/api/v2") {
            Some(Self::IxcAcs)
        } else if below("/devices") || below("/tasks") || below("/faults") {
            Some(Self::Genieacs)
        } else {
            None
        }
    }

    /// The side that a fault names; both ACS APIs are one.
    pub fn side(self) -> &'static str {
        match self {
            Self::Provedor => "provider",
            Self::IxcAcs | Self::Genieacs | Self::Control => "acs",
        }
    }

    /// Does it ask for a token? Faults leave it alone, so that they strike at what comes after.
    pub fn is_login(self, asked: &Asked) -> bool {
        self == Self::IxcAcs && (asked.path.contains("/token"))
    }

    /// Does it change something, where it is let in?
    pub fn is_write(self, asked: &Asked) -> bool {
        match self {
            Self::Provedor => provedor::is_write(asked),
            Self::IxcAcs | Self::Genieacs => {
                !matches!(asked.method.as_str(), "GET" | "HEAD") && !self.is_login(asked)
            }
            Self::Control => false,
        }
    }

    /// Does it ask for a list of devices, or of a table's rows?
    pub fn is_list(self, asked: &Asked) -> bool {
        match self {
            Self::Provedor => {
                asked.header("ixcsoft") == Some("listar")
                    && matches!(asked.method.as_str(), "GET" | "POST")
            }
            Self::IxcAcs => asked.path.ends_with("/views/natural"),
            Self::Genieacs => {
                asked.method == "GET" && asked.path.trim_end_matches('/') == "/devices"
            }
            Self::Control => false,
        }
    }

    /// What a write is about: table and id, or the device.
    pub fn key(self, asked: &Asked) -> String {
        let parts: Vec<&str> = asked.path.split('/').filter(|part| !part.is_empty()).collect();
        let wanted = match self {
            Self::Provedor => parts.get(2..).unwrap_or_default().join("/"),
            Self::IxcAcs => match parts.as_slice() {
                [_, _, "devices", "reboot" | "capabilities"] => {
                    return serial_in(&asked.body).unwrap_or_default();
                }
                [_, _, "devices", serial, ..] => (*serial).to_owned(),
                [_, _, rest @ ..] => rest.join("/"),
                _ => String::new(),
            },
            Self::Genieacs | Self::Control => parts.get(1).copied().unwrap_or_default().to_owned(),
        };
        decoded(&wanted).unwrap_or(wanted)
    }
}

fn serial_in(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let named = ["sn", "serial", "serialNumber"].iter().find_map(|name| body.get(*name)?.as_str());
    named.map(str::to_owned)
}
