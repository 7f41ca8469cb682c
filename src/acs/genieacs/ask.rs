//! The requests, each built from fixed parts, and when one may be sent again.
//!
//! Must not do: send a request that could stop a worker of the NBI, or send one again that
//! was taken and not answered: each try would cost a worker more (GENIEACS.md section 4.1).

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use crate::acs::genieacs::GenieAcs;
use crate::domain::Untrusted;
use crate::http::{Head, Header, HttpError, Method, Request, Trouble};
use crate::ports::{FetchError, FetchErrorKind, Traffic};

/// The first wait before a request is sent again; each further one is twice as long.
const WAIT_FIRST: Duration = Duration::from_millis(500);

/// The longest wait of our own.
const WAIT_MOST: Duration = Duration::from_secs(60);

/// The longest wait that a server may ask for (SAFETY.md section 4).
const WAIT_TOLD_MOST: Duration = Duration::from_secs(300);

/// The header's value for a user and password (RFC 7617).
pub(super) fn basic(user: &str, password: &SecretString) -> SecretString {
    let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
    SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())))
}

impl GenieAcs {
    /// A read of the devices.
    pub(super) fn read(&self, method: Method) -> Request {
        let request = Request::read(method, "/devices");
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

    /// Sends by `send`, and again where the request was not taken or its refusal was an answer.
    pub(super) fn patiently<T>(
        &self,
        mut send: impl FnMut() -> Result<T, HttpError>,
    ) -> Result<T, HttpError> {
        let mut tries = 0;
        loop {
            match send() {
                Err(error) if tries < self.retries && may_be_sent_again(&error) => {
                    thread::sleep(wait(&error, tries));
                    tries += 1;
                    self.sent_again.fetch_add(1, Ordering::Relaxed);
                }
                outcome => return outcome,
            }
        }
    }

    pub(super) fn traffic_so_far(&self) -> Traffic {
        let traffic = self.client.traffic();
        let again = self.sent_again.load(Ordering::Relaxed);
        Traffic { retries: traffic.retries + again, ..traffic }
    }
}

/// Nobody took the request (a worker is coming back), or somebody answered that it is not now.
/// What ended in silence is neither.
fn may_be_sent_again(error: &HttpError) -> bool {
    match error.trouble {
        Trouble::Connect => true,
        Trouble::Server | Trouble::TooMany => error.reply.is_some(),
        _ => false,
    }
}

fn wait(error: &HttpError, tries: u32) -> Duration {
    let own = WAIT_FIRST.saturating_mul(1 << tries.min(10)).min(WAIT_MOST);
    let told = error.reply.as_ref().and_then(|reply| retry_after(&reply.head));
    told.map_or(own, |told| told.min(WAIT_TOLD_MOST).max(own))
}

fn retry_after(head: &Head) -> Option<Duration> {
    head.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Reply;

    fn error(trouble: Trouble, headers: &[(&str, &str)]) -> HttpError {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let head = Head { status: 503, date: None, headers, reason: None };
        let reply = Some(Box::new(Reply { head, body: Vec::new() }));
        HttpError { reply, ..HttpError::new(trouble, "", &[]) }
    }

    #[test]
    fn only_what_was_not_taken_or_was_answered_is_sent_again() {
        use Trouble as T;
        for (trouble, again) in [
            (T::Connect, true),
            (T::Server, true),
            (T::TooMany, true),
            (T::Timeout, false),
            (T::Cut, false),
            (T::Garbled, false),
            (T::Unauthorised, false),
            (T::Tls, false),
            (T::Deadline, false),
            (T::Breaker, false),
        ] {
            assert_eq!(may_be_sent_again(&error(trouble, &[])), again, "{trouble:?}");
        }
        assert!(!may_be_sent_again(&HttpError::new(T::Server, "", &[])));
    }

    #[test]
    fn waits_longer_each_time_and_as_long_as_it_is_told() {
        let plain = error(Trouble::Server, &[]);
        let waits: Vec<u128> = (0..9).map(|n| wait(&plain, n).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        for (told, seconds) in [("7", 7), ("9999", 300), ("soon", 1), ("0", 1)] {
            let told = error(Trouble::TooMany, &[("retry-after", told)]);
            assert_eq!(wait(&told, 1).as_secs(), seconds);
        }
    }

    #[test]
    fn writes_user_and_password_as_rfc_7617_does() {
        let value = basic("Aladdin", &SecretString::from("open sesame"));
        assert_eq!(value.expose_secret(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
