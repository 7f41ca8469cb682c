//! The requests, each built from fixed parts.
//!
//! Must not do: send a request that could stop a worker of the NBI (GENIEACS.md section 4.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use crate::acs::genieacs::GenieAcs;
use crate::acs::path::one_step;
use crate::domain::Untrusted;
use crate::http::{Header, Method, Purpose, Request};
use crate::ports::{FetchError, FetchErrorKind};

/// The header's value for a user and password (RFC 7617).
pub(super) fn basic(user: &str, password: &SecretString) -> SecretString {
    let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
    SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())))
}

impl GenieAcs {
    /// A read of the devices.
    pub(super) fn read(&self, method: Method) -> Request {
        self.request(method, "/devices")
    }

    fn request(&self, method: Method, path: &str) -> Request {
        let request = Request::read(method, path);
        match &self.login {
            None => request,
            Some(basic) => request.header("authorization", Header::Secret(basic.clone())),
        }
    }

    /// All devices, what is looked for in them only.
    pub(super) fn all(&self) -> Request {
        self.read(Method::Get).query("projection", self.paths.projection())
    }

    /// The device with this id.
    ///
    /// # Errors
    /// Where the NBI would take the id for a pattern: text with `*` or between slashes becomes
    /// a regular expression, and a worker dies of a broken one (GenieACS `lib/query.ts`). No
    /// id that GenieACS made holds either character.
    pub(super) fn one(&self, id: &Untrusted) -> Result<Request, FetchError> {
        if id.raw().contains(['*', '/']) {
            let what =
                format!("device {id} was not asked for: GenieACS would take its id for a pattern");
            let hints =
                ["GenieACS writes * and / in an id as %2A and %2F: give the id as it lists it"];
            return Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints));
        }
        let query = serde_json::json!({ "_id": id.raw() }).to_string();
        Ok(self.all().query("query", query))
    }

    /// The deletion of the device with this id. It is encoded once more, whatever it holds: a
    /// worker dies of a percent sign that begins nothing (GENIEACS.md section 4.1).
    pub(super) fn deletion(&self, id: &Untrusted) -> Request {
        Request { purpose: Purpose::Write, ..self.request(Method::Delete, &path_of(id)) }
    }
}

/// Where a device is deleted.
pub(super) fn path_of(id: &Untrusted) -> String {
    format!("/devices/{}", one_step(id.raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_user_and_password_as_rfc_7617_does() {
        let value = basic("Aladdin", &SecretString::from("open sesame"));
        assert_eq!(value.expose_secret(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
