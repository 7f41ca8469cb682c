//! What the ACS itself says of its integration with the Provider, where it can be asked.
//!
//! Must not do: fail a fetch; what could not be told is told as that.

use jiff::Timestamp;
use serde::Deserialize;

use crate::acs::ixc::answer::{Failure, object, unexpected};
use crate::acs::ixc::register::time;
use crate::acs::ixc::{Call, IxcAcs};
use crate::domain::text::visible;
use crate::domain::{Problem, SnapshotMeta, Untrusted};
use crate::http::{Body, Method, Request};
use crate::ports::{FetchError, FetchErrorKind};

/// How much of the ACS's own error is shown, in characters.
const SHOWN_MAX: usize = 200;

/// The wanted part of the answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    last_synchronized: Option<String>,
    #[serde(default)]
    last_error: Option<String>,
}

/// A call that asks for the state changes nothing.
///
/// # Errors
/// Where it might.
pub(super) fn is_a_read(call: &Call) -> Result<(), FetchError> {
    if matches!(call.method, Method::Get | Method::Post) {
        return Ok(());
    }
    let what = "calls.state would change something: its method is neither GET nor POST";
    let hint = "write state = { method = \"GET\", path = \"/api/v2/integration\" }";
    Err(FetchError::new(FetchErrorKind::Config, what, &[hint]))
}

impl IxcAcs {
    /// Puts what the ACS says of its integration into `meta`.
    ///
    /// # Errors
    /// Where the login is refused.
    pub(super) fn ask_for_state(&self, meta: &mut SnapshotMeta) -> Result<(), FetchError> {
        let Some(call) = &self.calls.state else { return Ok(()) };
        match self.state(call) {
            Ok(state) => self.tell(&state, meta),
            Err(failure) if failure.ends_the_run() => return Err(failure.error),
            Err(Failure { error, .. }) => {
                let what = error.what;
                meta.remarks.push(format!("the state of the integration is not known: {what}"));
            }
        }
        Ok(())
    }

    /// When the ACS synchronised last, where it can be asked and has.
    ///
    /// # Errors
    /// Where it can be asked and does not say.
    pub(super) fn last_synchronised(&self) -> Result<Option<Timestamp>, FetchError> {
        let Some(call) = &self.calls.state else { return Ok(None) };
        let Some(text) = self.state(call)?.last_synchronized else { return Ok(None) };
        time(&text, &self.reader.zone).map_err(|_| {
            let what = "the ACS says when it synchronised last, and it can't be read as a time";
            let hints = ["look at calls.state, and at the state of the integration in the ACS"];
            FetchError::new(FetchErrorKind::Unavailable, what, &hints)
        })
    }

    fn state(&self, call: &Call) -> Result<State, Failure> {
        let mut request = Request::read(call.method, call.path.as_str());
        if let Some(body) = &call.body {
            request = request.body(Body::Json(body.to_string().into_bytes()));
        }
        let reply = self.ask(&request)?;
        let state = call.is_done(reply.head.status).then(|| object(&reply.body)).flatten();
        Ok(state.ok_or_else(|| unexpected(&reply, "state of its integration"))?)
    }

    fn tell(&self, state: &State, meta: &mut SnapshotMeta) {
        if let Some(text) = &state.last_synchronized {
            if let Ok(at) = time(text, &self.reader.zone) {
                meta.last_synchronised = at;
            } else {
                meta.unparsed_count += 1;
                meta.unparsed.push(Problem {
                    place: "state of the integration".to_owned(),
                    what: "lastSynchronized can't be read".to_owned(),
                    value: Some(Untrusted::new(text)),
                });
            }
        }
        if state.enabled == Some(false) {
            meta.remarks.push("the ACS reports that its integration is switched off".to_owned());
        }
        if let Some(error) = state.last_error.as_deref().filter(|e| !e.trim().is_empty()) {
            let short: String = error.trim().chars().take(SHOWN_MAX).collect();
            let short = visible(&short);
            meta.remarks.push(format!("the ACS reports an error of its integration: {short}"));
        }
    }
}
