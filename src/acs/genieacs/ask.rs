//! The requests, each built from fixed parts.
//!
//! Must not do: send a request that could stop a worker of the NBI (GENIEACS.md section 4.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::acs::genieacs::GenieAcs;
use crate::acs::path::one_step;
use crate::domain::Untrusted;
use crate::http::{Body, Header, Method, Purpose, Request};
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

    pub(super) fn request(&self, method: Method, path: &str) -> Request {
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
        Ok(self.all().query("query", by_id("_id", id)?))
    }

    /// What the device with this id holds below these paths.
    ///
    /// # Errors
    /// As [`GenieAcs::one`].
    pub(super) fn part(&self, id: &Untrusted, paths: &str) -> Result<Request, FetchError> {
        let read = self.read(Method::Get).query("projection", paths);
        Ok(read.query("query", by_id("_id", id)?))
    }

    /// The tasks that wait for a device; so many at most.
    ///
    /// # Errors
    /// As [`GenieAcs::one`].
    pub(super) fn tasks_of(&self, id: &Untrusted, limit: u32) -> Result<Request, FetchError> {
        let read = self.request(Method::Get, "/tasks").query("limit", limit.to_string());
        Ok(read.query("query", by_id("device", id)?))
    }

    /// A task for a device; `call`: it is called at once, where it can be. Without a task it is
    /// only called. The name of a task is one that GenieACS has: a worker dies of another.
    pub(super) fn task(&self, id: &Untrusted, task: Option<&Value>, call: bool) -> Request {
        let path = format!("{}/tasks", path_of(id));
        let request = Request { purpose: Purpose::Write, ..self.request(Method::Post, &path) };
        let request = if call { request.query("connection_request", "") } else { request };
        match task {
            Some(task) => request.body(Body::Json(task.to_string().into_bytes())),
            None => request,
        }
    }

    /// The deletion of the device with this id. It is encoded once more, whatever it holds: a
    /// worker dies of a percent sign that begins nothing (GENIEACS.md section 4.1).
    pub(super) fn deletion(&self, id: &Untrusted) -> Request {
        Request { purpose: Purpose::Write, ..self.request(Method::Delete, &path_of(id)) }
    }
}

/// A query for an id, which GenieACS does not take for a pattern.
fn by_id(name: &str, id: &Untrusted) -> Result<String, FetchError> {
    if id.raw().contains(['*', '/']) {
        let what =
            format!("device {id} was not asked for: GenieACS would take its id for a pattern");
        let hints = ["GenieACS writes * and / in an id as %2A and %2F: give the id as it lists it"];
        return Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints));
    }
    Ok(serde_json::json!({ name: id.raw() }).to_string())
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
