//! The calls that no vendor documents: as they are configured, checked, and filled in for a
//! device.
//!
//! Must not do: send anything, or guess a call that is not configured.

use serde_json::Value;

use crate::acs::path::one_step;
use crate::domain::Untrusted;
use crate::domain::text::visible;
use crate::http::Method;
use crate::ports::{FetchError, FetchErrorKind};

/// What stands for the device's serial in a call.
const SERIAL: &str = "{serial}";

/// A call that no vendor documents.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Its path; `{serial}` stands for the device's serial.
    pub path: String,
    /// What is sent, as JSON; `{serial}` in its texts stands for the device's serial.
    pub body: Option<Value>,
    /// Statuses that mean done; none: any 2xx.
    pub success: Vec<u16>,
}

/// The calls that are configured; what is not, can't be asked for.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    /// Asks for the state of the integration with the Provider.
    pub state: Option<Call>,
    /// Deletes a device.
    pub delete: Option<Call>,
    /// Sends a device to the Provider again.
    pub send: Option<Call>,
    /// Makes the ACS synchronise with the Provider.
    pub synchronise: Option<Call>,
    /// Starts a speed test of a device.
    pub speedtest_start: Option<Call>,
    /// Reads a device's last speed test.
    pub speedtest: Option<Call>,
}

/// A call as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filled {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
}

impl Calls {
    /// Are they calls at all, and is each about what it is for?
    ///
    /// # Errors
    /// Where one is not, with its key.
    pub(super) fn check(&self) -> Result<(), FetchError> {
        if let Some(state) = &self.state {
            super::usable("calls.state", &state.path)?;
            super::state::is_a_read(state)?;
        }
        self.speedtest.as_ref().map_or(Ok(()), super::speed_test::is_a_read)?;
        for (key, call, of_device) in [
            ("delete", &self.delete, true),
            ("send", &self.send, true),
            ("synchronise", &self.synchronise, false),
            ("speedtest_start", &self.speedtest_start, true),
            ("speedtest", &self.speedtest, true),
        ] {
            call.as_ref().map_or(Ok(()), |call| call.check(key, of_device))?;
        }
        Ok(())
    }
}

impl Call {
    /// Is it a call that changes something, of one device or of none?
    fn check(&self, key: &str, of_device: bool) -> Result<(), FetchError> {
        let key = format!("calls.{key}");
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        super::usable(&key, &path.replace(SERIAL, "x"))?;
        let is_plain = |text: &str| !text.contains(['?', '#', '{', '}', ' ']);
        let names_device = self.path.contains(SERIAL) || self.body.as_ref().is_some_and(names);
        let (why, hint) = if !is_plain(&query.replace(SERIAL, "x")) {
            ("has a query that is none", "write it like \"?sn={serial}\"")
        } else if of_device && !names_device {
            ("names no device", "put {serial} into its path or its body")
        } else if !of_device && names_device {
            ("names a device, and it is of all of them", "write it without {serial}")
        } else {
            return Ok(());
        };
        Err(FetchError::new(FetchErrorKind::Config, format!("{key} {why}"), &[hint]))
    }

    /// The call for a device; without one, as it is.
    pub(super) fn filled(&self, serial: &str) -> Filled {
        Filled {
            method: self.method,
            path: self.path.replace(SERIAL, &one_step(serial)),
            body: self.body.as_ref().map(|body| with(body, serial)),
        }
    }

    /// Does the status mean done?
    pub(super) fn is_done(&self, status: u16) -> bool {
        match self.success.as_slice() {
            [] => (200..300).contains(&status),
            listed => listed.contains(&status),
        }
    }
}

impl Filled {
    /// What is sent, by name, as people are shown it.
    pub fn shown(&self) -> Vec<(String, Untrusted)> {
        let text = |value: &Value| match value {
            Value::String(text) => Untrusted::new(text),
            other => Untrusted::new(&other.to_string()),
        };
        match &self.body {
            None => Vec::new(),
            Some(Value::Object(fields)) => {
                fields.iter().map(|(name, value)| (visible(name), text(value))).collect()
            }
            Some(other) => vec![("body".to_owned(), text(other))],
        }
    }
}

/// A method's word.
pub(super) fn word(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    }
}

/// Does a body hold a device's serial?
fn names(body: &Value) -> bool {
    match body {
        Value::String(text) => text.contains(SERIAL),
        Value::Array(list) => list.iter().any(names),
        Value::Object(fields) => fields.values().any(names),
        _ => false,
    }
}

/// The body for a device.
fn with(body: &Value, serial: &str) -> Value {
    match body {
        Value::String(text) => Value::String(text.replace(SERIAL, serial)),
        Value::Array(list) => list.iter().map(|one| with(one, serial)).collect(),
        Value::Object(fields) => {
            let filled = fields.iter().map(|(name, value)| (name.clone(), with(value, serial)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(path: &str, body: Option<Value>) -> Call {
        Call { method: Method::Post, path: path.to_owned(), body, success: Vec::new() }
    }

    #[test]
    fn a_serial_is_filled_in_and_can_be_nothing_else() {
        let body = json!({"sn": "{serial}", "of": [{"x": "a{serial}b"}, 7], "{serial}": true});
        let filled =
            call("/api/devices/{serial}/x?sn={serial}", Some(body)).filled("A/\"B&{serial}");
        assert_eq!(
            filled.path,
            "/api/devices/A%2F%22B%26%7Bserial%7D/x?sn=A%2F%22B%26%7Bserial%7D"
        );
        let serial = "A/\"B&{serial}";
        let wanted =
            json!({"sn": serial, "of": [{"x": format!("a{serial}b")}, 7], "{serial}": true});
        assert_eq!(filled.body, Some(wanted));
        let shown = filled.shown();
        assert!(shown.contains(&("sn".to_owned(), Untrusted::new(serial))), "{shown:?}");
        let list = call("/x/{serial}", Some(json!(["a"]))).filled("A").shown();
        assert_eq!(list, [("body".to_owned(), Untrusted::new("[\"a\"]"))]);
    }

    #[test]
    fn a_call_is_of_one_device_or_of_all() {
        let check = |call: &Call, of_device| call.check("delete", of_device);
        for (path, body, of_device, good) in [
            ("/api/devices/{serial}", None, true, true),
            ("/api/devices?sn={serial}", None, true, true),
            ("/api/devices/delete", Some(json!({"sn": "{serial}"})), true, true),
            ("/api/devices/delete", Some(json!({"list": ["{serial}"]})), true, true),
            ("/api/devices", None, true, false),
            ("/api/devices", Some(json!({"sn": "x", "{serial}": 1})), true, false),
            ("/api/devices/{id}", None, true, false),
            ("/api/devices/{serial}?a={b}", None, true, false),
            ("/api/devices/{serial}#x", None, true, false),
            ("api/devices/{serial}", None, true, false),
            ("http://evil.example/{serial}", None, true, false),
            ("/api/sync", None, false, true),
            ("/api/sync?all=1", None, false, true),
            ("/api/sync/{serial}", None, false, false),
            ("/api/sync", Some(json!({"sn": "{serial}"})), false, false),
        ] {
            let checked = check(&call(path, body), of_device);
            assert_eq!(checked.is_ok(), good, "{path} {of_device}");
            if let Err(error) = checked {
                assert_eq!(error.kind, FetchErrorKind::Config);
                assert!(error.what.starts_with("calls.delete "), "{}", error.what);
            }
        }
    }

    #[test]
    fn what_means_done_may_be_told() {
        let any = call("/x", None);
        assert!(any.is_done(204) && !any.is_done(404));
        let told = Call { success: vec![202, 409], ..any };
        assert!(told.is_done(409) && !told.is_done(200));
    }
}
