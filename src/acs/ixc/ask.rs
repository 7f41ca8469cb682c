//! Asking with a token: logs in when there is none, and once more when it is refused.
//!
//! Must not do: log in a third time for one request; a second refusal ends the run.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::answer::{Failure, is_bad_token, unexpected, with_token};
use crate::http::{Method, Reply, Request, Trouble};

/// What the ACS says of a serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Existence {
    /// It has such a device.
    Exists,
    /// It positively has none.
    Gone,
    /// Neither of the two.
    Unknown(String),
}

impl IxcAcs {
    /// The wall clock's time now.
    pub(super) fn now(&self) -> Timestamp {
        let (at, since) = self.made;
        let passed = SignedDuration::try_from(since.elapsed()).unwrap_or_default();
        at.checked_add(passed).unwrap_or(at)
    }

    /// The time at which the source last answered, by its own clock where it tells.
    pub(super) fn dated(&self) -> Timestamp {
        let dated = *self.dated.lock().unwrap_or_else(PoisonError::into_inner);
        dated.unwrap_or_else(|| self.now())
    }

    /// Sends `request` with a token. 401, and the 400 that means the same, cost the token once.
    ///
    /// # Errors
    /// Where there is no answer, or the second one is a refusal too.
    pub(super) fn ask(&self, request: &Request) -> Result<Reply, Failure> {
        if let Some(reply) = self.ask_once(request)? {
            return Ok(reply);
        }
        if let Some(reply) = self.ask_once(request)? {
            return Ok(reply);
        }
        let mut error = self.entrance.refused(401);
        "the ACS gives this API client a token, and then refuses it".clone_into(&mut error.what);
        Err(Failure { trouble: Some(Trouble::Unauthorised), error })
    }

    /// `None` where the token was refused, which is then dropped.
    fn ask_once(&self, request: &Request) -> Result<Option<Reply>, Failure> {
        let token = self.tokens.get(|| self.entrance.log_in(&self.client, self.now()))?;
        match self.client.send(&with_token(request.clone(), &token)) {
            Err(error) if error.trouble == Trouble::Unauthorised => {}
            Err(error) => return Err(error.into()),
            Ok(reply) if is_bad_token(&reply) => {}
            Ok(reply) => {
                if let Some(date) = reply.head.date {
                    *self.dated.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
                }
                return Ok(Some(reply));
            }
        }
        self.tokens.refused(&token);
        Ok(None)
    }

    /// Does the ACS have a device with this serial? The cheapest question there is.
    pub(super) fn existence(&self, serial: &str) -> Result<Existence, Failure> {
        let request =
            Request::read(Method::Get, "/api/v1/devices/capabilities").query("sn", serial);
        let reply = self.ask(&request)?;
        Ok(match reply.head.status {
            _ if reply.is_html() => Existence::Unknown(unexpected(&reply, "an answer").what),
            404 => Existence::Gone,
            200..=299 => Existence::Exists,
            _ => Existence::Unknown(unexpected(&reply, "an answer").what),
        })
    }
}
