//! Words and small tables that values of the configuration are made of.
//!
//! Must not do: declare a key; `schema` does.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::config::trail::{Shown, shown_quoted};
use crate::config::value::choice;

choice! {
    /// Which adapter reads a side.
    Kind {
        /// IXC ACS.
        IxcAcs = "ixc-acs",
        /// GenieACS.
        GenieAcs = "genieacs",
        /// IXC Provedor.
        IxcProvedor = "ixc-provedor",
        /// A file.
        File = "file",
    }
}

choice! {
    /// How to log in.
    Auth {
        /// IXC ACS: a token for client id and secret.
        Oauth = "oauth",
        /// IXC ACS, older: a token signed with a private key.
        Jwt = "jwt",
        /// IXC Provedor: user id and token.
        BasicToken = "basic-token",
        /// IXC Provedor: a token for client id and secret.
        ClientCredentials = "client-credentials",
    }
}

choice! {
    /// What the ACS's `status` means.
    StatusMeans {
        /// The device is online.
        Online = "online",
        /// The device is not removed.
        Active = "active",
    }
}

choice! {
    /// Which of the Provider's tables hold the devices.
    DeviceSource {
        /// Both tables.
        Both = "both",
        /// The fibre clients.
        Fibra = "fibra",
        /// The logins.
        Radusuarios = "radusuarios",
    }
}

choice! {
    /// How lists are paged.
    Paging {
        /// By id: misses nothing.
        Keyset = "keyset",
        /// By page number.
        Page = "page",
    }
}

choice! {
    /// How a row is updated.
    UpdateMode {
        /// The whole row is sent.
        Full = "full",
        /// Only what changes is sent.
        Partial = "partial",
    }
}

choice! {
    /// How many processes may open the store.
    StoreMode {
        /// Several at once.
        Multi = "multi",
        /// One at a time.
        Exclusive = "exclusive",
    }
}

choice! {
    /// Which personal data the store keeps.
    StorePii {
        /// Names, for search.
        Names = "names",
        /// None.
        None = "none",
    }
}

choice! {
    /// How a webhook's sender proves itself.
    ListenMode {
        /// It sends the secret.
        SharedSecret = "shared-secret",
        /// It signs with the secret.
        Hmac = "hmac",
    }
}

choice! {
    /// What is logged to files.
    LogLevel {
        /// Nothing: no file is made.
        Off = "off",
        /// What failed.
        Error = "error",
        /// And what deserves a look.
        Warn = "warn",
        /// And what was done.
        Info = "info",
        /// And every request.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

choice! {
    /// Language of the screens.
    UiLang {
        /// English.
        En = "en",
        /// Portuguese of Brazil.
        PtBr = "pt-BR",
    }
}

choice! {
    /// A field of a matched pair that may drift.
    DriftField {
        /// PPPoE login.
        Login = "login",
        /// MAC.
        Mac = "mac",
        /// Serial.
        Serial = "serial",
        /// Model.
        Model = "model",
    }
}

choice! {
    /// A method of HTTP.
    Method {
        /// Reads.
        Get = "GET",
        /// Makes or acts.
        Post = "POST",
        /// Replaces.
        Put = "PUT",
        /// Removes.
        Delete = "DELETE",
    }
}

shown_quoted!(
    Kind,
    Auth,
    StatusMeans,
    DeviceSource,
    Paging,
    UpdateMode,
    StoreMode,
    StorePii,
    ListenMode,
    LogLevel,
    UiLang,
    DriftField,
    Method,
);

/// One call of a system that no vendor documents.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Its path; `{serial}` stands for the device's serial.
    pub path: String,
    /// What is sent.
    pub body: Option<toml::Value>,
    /// Statuses that mean done; unset: any 2xx.
    pub success: Option<Vec<u32>>,
}

/// The calls that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// Deletes a device.
    pub delete: Option<Call>,
    /// Makes the ACS synchronise.
    pub synchronise: Option<Call>,
    /// Tells the state of the integration.
    pub state: Option<Call>,
    /// Sends one device to the Provider again.
    pub send: Option<Call>,
    /// Starts a speed test.
    pub speedtest_start: Option<Call>,
    /// Reads a speed test.
    pub speedtest: Option<Call>,
}

impl Shown for Calls {
    fn shown(&self) -> String {
        let calls = [
            ("delete", &self.delete),
            ("synchronise", &self.synchronise),
            ("state", &self.state),
            ("send", &self.send),
            ("speedtest_start", &self.speedtest_start),
            ("speedtest", &self.speedtest),
        ];
        let set: Vec<String> = calls
            .iter()
            .filter_map(|(name, call)| Some((name, call.as_ref()?)))
            .map(|(name, call)| format!("{name} = {} {}", call.method, call.path))
            .collect();
        format!("{{ {} }}", set.join(", "))
    }
}

/// One name, or several of which the first that has a value counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a name, or a list of names")]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Shown for OneOrMany {
    fn shown(&self) -> String {
        match self {
            Self::One(name) => name.shown(),
            Self::Many(names) => names.shown(),
        }
    }
}

/// How rows are updated: the same for all tables, or by table.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected \"full\", \"partial\", or { TABLE = \"partial\" }")]
pub enum Update {
    /// For all.
    All(UpdateMode),
    /// By table; full for those not named.
    ByTable(BTreeMap<String, UpdateMode>),
}

impl Shown for Update {
    fn shown(&self) -> String {
        match self {
            Self::All(mode) => mode.shown(),
            Self::ByTable(tables) => tables.shown(),
        }
    }
}
