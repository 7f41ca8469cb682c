//! Deleting, sending and synchronising by the calls that the profile names.
//!
//! No vendor documents these calls (IXC.md section 2), so each is proved by what is seen
//! afterwards: a device that the ACS does not know any more, or a later synchronisation.
//! Must not do: take a reply for a proof, or send with a token that it may have to renew
//! meanwhile.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::acs::deletion;
use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::answer::{is_bad_token, with_token, words};
use crate::acs::ixc::calls::{Call as Configured, Filled, word};
use crate::acs::reply::{answer, by_http, not_sent, reply_of};
use crate::domain::text::visible;
use crate::domain::{AcsChange, AcsDevice, Untrusted};
use crate::http::{Body, HttpError, Purpose, Reply, Request, Trouble};
use crate::ports::{
    Answer, Before, Call, Effect, FetchError, FetchErrorKind, Image, Outcome, Proposal, Seen,
    Unable, Undo, Writer,
};

/// When a device's record began.
const CREATED: &str = "created";

/// Changes whenever the device calls home.
const LAST_INFORM: &str = "lastInform";

/// When the ACS synchronised with the Provider last.
const SYNCHRONISED: &str = "lastSynchronized";

impl Writer for IxcAcs {
    type Change = AcsChange;
    type Record = AcsDevice;

    fn propose(
        &self,
        change: &AcsChange,
        _of: &AcsDevice,
    ) -> Result<Vec<Proposal<AcsChange>>, Unable> {
        let (_, filled) = self.call(change).map_err(|why| Unable { why })?;
        let key = match id(change) {
            Some(id) => format!("acs:device:{}", visible(id.raw())),
            None => "acs:integration".to_owned(),
        };
        let call = Call {
            method: word(filled.method).to_owned(),
            path: filled.path.clone(),
            body: filled.shown(),
            whole_row: false,
        };
        // A deleted device comes back when it calls home; what was sent stays sent.
        Ok(vec![Proposal { change: change.clone(), key, call, undo: Undo::No }])
    }

    fn remembers(&self, change: &AcsChange) -> &'static [&'static str] {
        match change {
            AcsChange::Delete { .. } => &[CREATED],
            AcsChange::Send { .. } | AcsChange::Synchronise => &[SYNCHRONISED],
        }
    }

    fn look(&self, change: &AcsChange) -> Result<Seen, FetchError> {
        let mut image = if let Some(id) = id(change) {
            let Some(device) = self.fetch_one(id)? else { return Ok(Seen::Missing) };
            image(&device)
        } else {
            self.client.begin_fetch();
            image_of(&[])
        };
        let synchronised = match change {
            AcsChange::Delete { .. } => None,
            // Beside the device it only helps a person to judge.
            AcsChange::Send { .. } => self.last_synchronised().ok().flatten(),
            AcsChange::Synchronise => self.last_synchronised()?,
        };
        if let Some(at) = synchronised {
            image.cells.insert(SYNCHRONISED.to_owned(), at.to_string().into());
        }
        image.at = *self.dated.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Seen::There(image))
    }

    fn judge(&self, change: &AcsChange, before: Option<&Before>, seen: &Seen) -> Effect {
        match (change, seen) {
            (AcsChange::Delete { .. }, _) => deletion::judge(CREATED, before, seen),
            (_, Seen::Missing) => Effect::Differs("the ACS has no such device".to_owned()),
            (AcsChange::Send { .. }, _) => Effect::Untold,
            (AcsChange::Synchronise, _) if self.calls.state.is_none() => Effect::Untold,
            (AcsChange::Synchronise, Seen::There(now)) => synchronised(before, now),
        }
    }

    fn send(&self, change: &AcsChange, seen: &Seen) -> Answer {
        if matches!(seen, Seen::Missing) {
            return not_sent("the ACS has no such device any more: nothing was sent");
        }
        match self.call(change) {
            Ok((call, filled)) => self.send_once(call, &filled),
            Err(why) => not_sent(why),
        }
    }
}

/// The device that a change is of; `None` for one of the whole ACS.
fn id(change: &AcsChange) -> Option<&Untrusted> {
    match change {
        AcsChange::Delete { id } | AcsChange::Send { id } => Some(id),
        AcsChange::Synchronise => None,
    }
}

/// What a device is known by, and since when.
fn image(device: &AcsDevice) -> Image {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    image_of(&[
        ("serialNumber", Some(device.id.raw().to_owned())),
        (CREATED, time(device.registered)),
        (LAST_INFORM, time(device.last_inform)),
    ])
}

fn image_of(cells: &[(&str, Option<String>)]) -> Image {
    let told = cells.iter().filter_map(|(name, value)| {
        let value = value.as_ref()?;
        Some(((*name).to_owned(), value.as_str().into()))
    });
    let kept_by_server = [LAST_INFORM, SYNCHRONISED].map(str::to_owned).into();
    Image { cells: told.collect(), kept_by_server, at: None }
}

/// Has the ACS synchronised since?
fn synchronised(before: Option<&Before>, now: &Image) -> Effect {
    let Some(before) = before else { return Effect::NotDone };
    let Some(then) = before.cells.get(SYNCHRONISED) else { return Effect::Untold };
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let then = time(then.raw());
    // A time is later than none: it had never synchronised.
    if now.get(SYNCHRONISED).and_then(time) > then { Effect::Done } else { Effect::NotDone }
}

impl IxcAcs {
    /// The call that makes a change; else the words of what to configure.
    fn call(&self, change: &AcsChange) -> Result<(&Configured, Filled), String> {
        let (call, what, example) = match change {
            AcsChange::Delete { .. } => (
                &self.calls.delete,
                "deletes a device",
                "delete = { method = \"DELETE\", path = \"/api/v2/devices/{serial}\" }",
            ),
            AcsChange::Send { .. } => (
                &self.calls.send,
                "sends a device to the Provider",
                "send = { method = \"POST\", path = \"/api/v2/devices/{serial}/…\" }",
            ),
            AcsChange::Synchronise => (
                &self.calls.synchronise,
                "synchronises with the Provider",
                "synchronise = { method = \"POST\", path = \"/api/v2/integration/…\" }",
            ),
        };
        let serial = id(change).map_or("", Untrusted::raw);
        if id(change).is_some() && serial.trim().is_empty() {
            return Err("a device without a serial can't be named to the ACS".to_owned());
        }
        match call {
            Some(call) => Ok((call, call.filled(serial))),
            None => Err(format!(
                "the call by which this ACS {what} is not known: where you know it, set it in \
                 [profiles.X.acs.calls], like {example}"
            )),
        }
    }

    /// Sends one request. The token is asked for before, so that it is never renewed and the
    /// call repeated.
    pub(super) fn send_once(&self, call: &Configured, filled: &Filled) -> Answer {
        let mut request =
            Request { purpose: Purpose::Write, ..Request::read(filled.method, &*filled.path) };
        if let Some(body) = &filled.body {
            request = request.body(Body::Json(body.to_string().into_bytes()));
        }
        self.client.begin_fetch();
        let token = match self.tokens.get(|| self.entrance.log_in(&self.client, self.now())) {
            Ok(token) => token,
            Err(error) if error.kind == FetchErrorKind::Auth => {
                return Answer { outcome: Outcome::Refused, ..not_sent(error.what) };
            }
            Err(error) => return not_sent(error.what),
        };
        let sent = self.client.send(&with_token(request, &token));
        if is_unauthorised(&sent) {
            self.tokens.refused(&token);
            return self.unauthorised(&sent);
        }
        if reply_of(&sent).is_some() {
            self.token_refusals.store(0, Ordering::Relaxed);
        }
        classified(call, &sent)
    }

    /// The token was refused, so nothing was done: a new one may help, once.
    fn unauthorised(&self, sent: &Result<Reply, HttpError>) -> Answer {
        if self.token_refusals.fetch_add(1, Ordering::Relaxed) == 0 {
            let what = "the ACS refuses the token, and a new one will be asked for";
            return answer(Outcome::RefusedForNow, sent, what);
        }
        let refused = self.entrance.refused(401);
        let what = "the ACS gives this API client a token, and then refuses it";
        let what = format!("{what}; {}", refused.hints.join("; "));
        answer(Outcome::Refused, sent, what)
    }
}

fn is_unauthorised(sent: &Result<Reply, HttpError>) -> bool {
    match sent {
        Ok(reply) => is_bad_token(reply),
        Err(error) => error.trouble == Trouble::Unauthorised,
    }
}

/// What became of a call by its reply.
fn classified(call: &Configured, sent: &Result<Reply, HttpError>) -> Answer {
    let words = reply_of(sent).and_then(words).map_or(String::new(), |words| format!(": {words}"));
    let by_http = by_http("the ACS", sent, &words);
    let Some(reply) = reply_of(sent) else { return by_http };
    let status = reply.head.status;
    if call.is_done(status) && !reply.is_html() {
        return match complaint(&reply.body) {
            None => answer(Outcome::Done, sent, format!("the ACS takes it (HTTP {status}){words}")),
            Some(outcome) => {
                let what = format!("the ACS answers with an error (HTTP {status}){words}");
                answer(outcome, sent, what)
            }
        };
    }
    let (outcome, what) = match by_http.outcome {
        Outcome::Done => {
            let what = format!("the ACS answers with HTTP {status}, which `success` does not list");
            (Outcome::Unknown, format!("{what}{words}"))
        }
        Outcome::Refused if status == 409 => {
            let what = "the ACS refuses it for now: the device is in a session (HTTP 409)";
            (Outcome::RefusedForNow, format!("{what}{words}"))
        }
        other => (other, by_http.what),
    };
    answer(outcome, sent, what)
}

/// An answer that is an error in spite of its status; with an id, something may have been done.
fn complaint(body: &[u8]) -> Option<Outcome> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return None };
    let is_error = fields.get("type").is_some_and(|kind| kind == "error");
    if is_error && !fields.contains_key("id") {
        return Some(Outcome::Refused);
    }
    (is_error || fields.get("success") == Some(&Value::Bool(false))).then_some(Outcome::Unknown)
}
