//! A configuration with working credentials for both profiles of the lab.
//!
//! Must not do: write a secret into the configuration itself, or to where others may read it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What it takes to be let in.
pub(super) struct Access {
    pub port: u16,
    pub client_id: String,
    pub client_secret: String,
    pub private_key_pem: String,
    /// User id and token.
    pub provider: (String, String),
}

/// Writes the configuration and, beside it, its secrets.
pub(super) fn write(path: &Path, access: &Access) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let folder = path.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
    for (name, secret) in [
        ("acs.secret", &access.client_secret),
        ("acs.key", &access.private_key_pem),
        ("provider.secret", &access.provider.1),
    ] {
        keep(&folder.join(name), secret)?;
    }
    keep(&path, &text(&folder, access))
}

/// Writes a file that only its owner may read, and that was never another one.
fn keep(path: &Path, text: &str) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn text(folder: &Path, access: &Access) -> String {
    let url = quoted(&format!("http://127.0.0.1:{}", access.port));
    let place = |name: &str| quoted(&folder.join(name).to_string_lossy());
    let client_id = quoted(&access.client_id);
    let profile = |name: &str, acs: &str| {
        format!(
            "[profiles.{name}]\nproduction = false\nread_only = false\n\
             timezone = \"America/Sao_Paulo\"\n\n[profiles.{name}.acs]\n{acs}\n\
             [profiles.{name}.provider]\nkind = \"ixc-provedor\"\nurl = {url}\n\
             client_id = {}\nclient_secret_file = {}\nsynchronise_path = \
             \"/webservice/v1/sincronizar\"\n\n[profiles.{name}.provider.fields]\n{FIELDS}\n",
            quoted(&access.provider.0),
            place("provider.secret"),
        )
    };
    let ixc = format!(
        "kind = \"ixc-acs\"\nurl = {url}\nclient_id = {client_id}\nclient_secret_file = {}\n\
         # The same API client by a signed login: auth = \"jwt\" and\n# private_key_file = {}\n\n\
         [profiles.lab.acs.calls]\n{CALLS}",
        place("acs.secret"),
        place("acs.key"),
    );
    // The boxes of the lab load nothing: the size is the end of the address.
    let genieacs = format!(
        "kind = \"genieacs\"\nurl = {url}\nspeedtest_url = {}\nspeedtest_bytes = 100000000\n\
         speedtest_upload_url = {}\nspeedtest_upload_bytes = 50000000\n",
        quoted("http://speed.isp.example/100000000"),
        quoted("http://speed.isp.example/upload"),
    );
    format!(
        "# The lab's two systems. Made by `acerto lab`; it is written anew each time.\n\
         default_profile = \"lab\"\n\n{}{}[causes]\nmass_exclusion_days = {}\n\n\
         [guard]\n# The lab's systems synchronise at 03:00, in a moment.\n\
         sync_window = \"03:00-03:01\"\n\n[store]\ndir = {}\n",
        profile("lab", &ixc),
        profile("lab-genieacs", &genieacs),
        crate::lab::world::EXCLUSION_DAYS,
        place("store"),
    )
}

/// When the integration confirmed an entry last, and when it was made.
const FIELDS: &str = "\"fibra.synchronised\" = \"ultima_sincronizacao\"\n\
     \"fibra.registered\" = \"data_cadastro\"\n\
     \"fibra.model\" = \"onu_tipo\"\n\
     \"radusuarios.synchronised\" = \"ultima_sincronizacao\"\n\
     \"radusuarios.registered\" = \"data_cadastro\"\n";

/// The calls that no vendor documents, as the lab serves them.
const CALLS: &str = "delete = { method = \"DELETE\", path = \"/api/v2/devices/{serial}\" }\n\
     synchronise = { method = \"POST\", path = \"/api/v2/integration/synchronize\", \
     success = [202] }\n\
     state = { method = \"GET\", path = \"/api/v2/integration\" }\n\
     send = { method = \"POST\", path = \"/api/v2/devices/{serial}/integration/send\", \
     success = [202] }\n\
     speedtest_start = { method = \"POST\", path = \"/api/v2/devices/{serial}/speedtest\" }\n\
     speedtest = { method = \"GET\", path = \"/api/v2/devices/{serial}/speedtest\" }\n";

/// As TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
