//! The file of a certificate authority of one's own (`ca_file`).
//!
//! Must not do: judge a certificate; whoever connects does.

use std::io::Read as _;
use std::path::Path;

use crate::config::error::ConfigError;
use crate::domain::text::visible;

/// A file of authorities larger than this is some other file.
const CA_BYTES_MAX: u64 = 4 << 20;
const PEM_MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Reads it; `table` is the configuration's table that names it.
pub(super) fn read(path: &Path, table: &str) -> Result<Vec<u8>, ConfigError> {
    let shown = visible(&path.to_string_lossy());
    let wrong = |what: String| ConfigError::new(format!("{table}.ca_file: {shown} {what}"));
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(CA_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|e| wrong(format!("can't be read: {e}")).hint("check its path and owner"))?;
    if bytes.len() as u64 > CA_BYTES_MAX {
        return Err(wrong("is larger than 4 MiB".into()).hint("name the file of the authority"));
    }
    if !bytes.windows(PEM_MARK.len()).any(|window| window == PEM_MARK) {
        let hint = "it must hold a block -----BEGIN CERTIFICATE-----; \
                    convert DER with: openssl x509 -inform der -in FILE -out ca.pem";
        return Err(wrong("holds no certificate in PEM form".into()).hint(hint));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_no_certificate_is_refused_with_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        let missing = read(&path, "profiles.prod.acs").unwrap_err();
        assert!(missing.what.starts_with("profiles.prod.acs.ca_file: "), "{missing}");
        std::fs::write(&path, b"\x30\x82\x01").unwrap();
        let der = read(&path, "profiles.prod.acs").unwrap_err();
        assert!(der.what.ends_with("holds no certificate in PEM form"), "{der}");
        assert!(der.hints.concat().contains("openssl x509"), "{der:?}");
        std::fs::write(&path, b"-----BEGIN CERTIFICATE-----\nAA==\n").unwrap();
        assert!(read(&path, "profiles.prod.acs").unwrap().ends_with(b"AA==\n"));
    }
}
