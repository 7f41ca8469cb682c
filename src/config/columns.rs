//! Names of the columns of device files, for the keys of `columns`.
//!
//! The adapters own them; a test keeps both lists equal. Must not do: read a file.

use std::ops::Range;

use crate::config::error::{ConfigError, Source, nearest};
use crate::domain::Side;
use crate::domain::text::visible;

const ACS: &[&str] = &[
    "id",
    "serial",
    "oui",
    "product_class",
    "manufacturer",
    "model",
    "mac",
    "pppoe_login",
    "firmware",
    "wan_ip",
    "last_inform",
    "registered",
    "tags",
    "provider_device_id",
    "integrated",
];

const PROVIDER: &[&str] = &[
    "device_id",
    "serial",
    "mac",
    "login_id",
    "login",
    "active",
    "linked",
    "registered",
    "synchronised",
    "customer_id",
    "customer_name",
    "document",
    "phone",
    "contract_id",
    "contract_status",
    "plan",
    "plan_down_kbps",
    "plan_up_kbps",
    "wan_ip",
    "model",
    "acs_id",
    "online",
    "last_online",
];

/// The columns that a side's file may have.
#[must_use]
pub fn columns(side: Side) -> &'static [&'static str] {
    match side {
        Side::Acs => ACS,
        Side::Provider => PROVIDER,
    }
}

/// Every key of `columns` is a column of that side.
pub(super) fn check<'k>(
    side: Side,
    mut keys: impl Iterator<Item = &'k String>,
    (source, span): (&Source, Range<usize>),
) -> Result<(), ConfigError> {
    let known = columns(side);
    let Some(key) = keys.find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    // Where the key itself stands, as far as it is written without escapes.
    let table = source.text.get(span.clone()).unwrap_or_default();
    let at = table.find(key.as_str()).map_or(span.start, |n| span.start + n);
    let error = ConfigError::new(format!("columns: `{}` is no column of ours", visible(key)));
    let names: Vec<String> = known.iter().map(|&name| name.to_owned()).collect();
    let error = match nearest(key, &names) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("columns of this side: {}", known.join(", "))),
    };
    let order = "write our column first, then the file's: columns = { serial = \"Serial No.\" }";
    Err(error.hint(order).at(source.place(&(at..span.end))))
}
