//! The files that devices load and send for a speed test: an address needs its size.
//!
//! Must not do: ask the address. It is a device that loads from it, from where the device is.

use crate::config::error::ConfigError;
use crate::config::schema::SideKeys;

/// The longest address that a device takes (TR-143: string(256)).
const URL_CHARS_MAX: usize = 256;

/// Smaller files are through before the line is full, larger ones fill it for minutes.
const BYTES: std::ops::RangeInclusive<u64> = 1_000..=10_000_000_000;

/// Checks both pairs of keys; names the key that is wrong.
pub(super) fn check(keys: &SideKeys) -> Result<(), (&'static str, ConfigError)> {
    let pairs = [
        ("speedtest_url", &keys.speedtest_url, "speedtest_bytes", keys.speedtest_bytes),
        (
            "speedtest_upload_url",
            &keys.speedtest_upload_url,
            "speedtest_upload_bytes",
            keys.speedtest_upload_bytes,
        ),
    ];
    for (url_key, url, bytes_key, bytes) in pairs {
        match (url, bytes) {
            (None, None) => {}
            (Some(_), None) => {
                let what = format!("{url_key} is set without {bytes_key}");
                let hint = "say how many bytes are loaded or sent: a result of other bytes than \
                            these does not count";
                return Err((url_key, ConfigError::new(what).hint(hint)));
            }
            (None, Some(_)) => {
                let what = format!("{bytes_key} is set without {url_key}");
                return Err((
                    bytes_key,
                    ConfigError::new(what).hint("add the address, or remove it"),
                ));
            }
            (Some(url), Some(bytes)) => {
                address(url).map_err(|e| (url_key, e))?;
                if !BYTES.contains(&bytes) {
                    let what = format!("{bytes} bytes are no speed test");
                    let hint = "use a file of 1 kB to 10 GB; 10 s at the customer's rate is usual";
                    return Err((bytes_key, ConfigError::new(what).hint(hint)));
                }
            }
        }
    }
    Ok(())
}

/// An address that devices can load: it is shown, so it holds no password.
fn address(url: &str) -> Result<(), ConfigError> {
    let rest = ["http://", "https://", "ftp://"].iter().find_map(|s| url.strip_prefix(s));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let is_plain = url.chars().all(|c| c.is_ascii_graphic());
    let what = match host {
        None | Some("") => "it is no address that a device can load",
        Some(host) if host.contains('@') => "it holds a user or a password, which would be shown",
        Some(_) if !is_plain => "it holds a character that no address has",
        Some(_) if url.len() > URL_CHARS_MAX => "it has more than 256 characters",
        Some(_) => return Ok(()),
    };
    Err(ConfigError::new(what).hint("write it like \"http://speed.isp.example/100M.bin\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(url: Option<&str>, bytes: Option<u64>) -> SideKeys {
        let speedtest_url = url.map(str::to_owned);
        SideKeys { speedtest_url, speedtest_bytes: bytes, ..SideKeys::default() }
    }

    #[test]
    fn an_address_needs_its_size_and_holds_no_secret() {
        let good = "http://speed.isp.example/100M.bin";
        let long = format!("http://a/{}", "x".repeat(256));
        for (url, bytes, wrong) in [
            (None, None, None),
            (Some(good), Some(100_000_000), None),
            (Some("ftp://10.0.0.1/f"), Some(1_000), None),
            (Some(good), None, Some("speedtest_url")),
            (None, Some(1_000), Some("speedtest_bytes")),
            (Some(good), Some(999), Some("speedtest_bytes")),
            (Some(good), Some(u64::MAX), Some("speedtest_bytes")),
            (Some("speed.isp.example/f"), Some(1_000), Some("speedtest_url")),
            (Some("file:///etc/passwd"), Some(1_000), Some("speedtest_url")),
            (Some("http:///f"), Some(1_000), Some("speedtest_url")),
            (Some("http://ana:segredo@a/f"), Some(1_000), Some("speedtest_url")),
            (Some("http://a/a b"), Some(1_000), Some("speedtest_url")),
            (Some(long.as_str()), Some(1_000), Some("speedtest_url")),
        ] {
            let found = check(&keys(url, bytes)).err().map(|(key, _)| key);
            assert_eq!(found, wrong, "{url:?} {bytes:?}");
        }
    }
}
