//! Deleting a device: the one thing that can be changed here.
//!
//! The NBI says 200 whether there was such a device or not, so only a look by `_id` proves
//! anything; and a device that calls home again is back with a newer `_registered`
//! (GENIEACS.md sections 3 and 4.5).
//! Must not do: take the NBI's word, or ask for a device by what it could take for a pattern.

use crate::acs::deletion;
use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::answer::{NO_LOGIN, words};
use crate::acs::genieacs::ask::path_of;
use crate::acs::reply::{answer, by_http, not_sent, reply_of};
use crate::domain::text::visible;
use crate::domain::{AcsChange, AcsDevice, Untrusted};
use crate::http::{HttpError, Reply};
use crate::ports::{
    Answer, Before, Call, Effect, FetchError, FetchErrorKind, Image, Outcome, Proposal, Seen,
    Unable, Undo, Writer,
};

/// When a device's record began.
const REGISTERED: &str = "_registered";

/// Changes whenever the device calls home.
const LAST_INFORM: &str = "_lastInform";

const NO_INTEGRATION: &str =
    "GenieACS has no integration with the Provider: it can neither synchronise nor send a device";

/// GenieACS' own words for a device that it is talking to (cap:98).
const IN_SESSION: &[u8] = b"Device is in session";

impl Writer for GenieAcs {
    type Change = AcsChange;
    type Record = AcsDevice;

    fn propose(
        &self,
        change: &AcsChange,
        _of: &AcsDevice,
    ) -> Result<Vec<Proposal<AcsChange>>, Unable> {
        let id = deleted(change).ok_or_else(|| Unable { why: NO_INTEGRATION.to_owned() })?;
        // What can't be looked at afterwards is not sent.
        self.one(id).map_err(|error| Unable { why: error.what })?;
        let call = Call {
            method: "DELETE".to_owned(),
            path: path_of(id),
            body: Vec::new(),
            whole_row: false,
        };
        let key = format!("acs:device:{}", visible(id.raw()));
        Ok(vec![Proposal { change: change.clone(), key, call, undo: Undo::No }])
    }

    fn remembers(&self, _change: &AcsChange) -> &'static [&'static str] {
        &[REGISTERED]
    }

    fn look(&self, change: &AcsChange) -> Result<Seen, FetchError> {
        let id = deleted(change).ok_or_else(|| {
            FetchError::new(FetchErrorKind::Config, NO_INTEGRATION, &["do it at the Provider"])
        })?;
        let (device, at) = self.look_at(id)?;
        Ok(device.map_or(Seen::Missing, |device| Seen::There(image(&device, at))))
    }

    fn judge(&self, change: &AcsChange, before: Option<&Before>, seen: &Seen) -> Effect {
        match deleted(change) {
            Some(_) => deletion::judge(REGISTERED, before, seen),
            None => Effect::NotDone,
        }
    }

    fn send(&self, change: &AcsChange, seen: &Seen) -> Answer {
        let Some(id) = deleted(change) else { return not_sent(NO_INTEGRATION) };
        if matches!(seen, Seen::Missing) {
            return not_sent("GenieACS has no such device any more: nothing was sent");
        }
        self.client.begin_fetch();
        let sent = self.client.send(&self.deletion(id));
        classified(&sent)
    }
}

/// The device that a change deletes; `None` for all other changes.
fn deleted(change: &AcsChange) -> Option<&Untrusted> {
    match change {
        AcsChange::Delete { id } => Some(id),
        AcsChange::Send { .. } | AcsChange::Synchronise => None,
    }
}

/// What a device is known by, and since when.
fn image(device: &AcsDevice, at: Option<jiff::Timestamp>) -> Image {
    let text = |value: &Option<Untrusted>| value.as_ref().map(|value| value.raw().to_owned());
    let cells = [
        ("_id", Some(device.id.raw().to_owned())),
        ("_deviceId._SerialNumber", text(&device.serial)),
        ("_deviceId._OUI", text(&device.oui)),
        ("_deviceId._ProductClass", text(&device.product_class)),
        (REGISTERED, device.registered.map(|at| at.to_string())),
        (LAST_INFORM, device.last_inform.map(|at| at.to_string())),
    ];
    let cells =
        cells.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Image { cells: cells.collect(), kept_by_server: [LAST_INFORM.to_owned()].into(), at }
}

/// What became of it. A deletion is answered with nothing at all: an answer that says something
/// is not GenieACS'.
fn classified(sent: &Result<Reply, HttpError>) -> Answer {
    let body = reply_of(sent).map_or(&[][..], |reply| &reply.body);
    let status = reply_of(sent).map(|reply| reply.head.status);
    if status == Some(503) && body.trim_ascii().starts_with(IN_SESSION) {
        let what = "GenieACS is in a session with the device and refuses to delete it for now \
                    (HTTP 503)";
        return answer(Outcome::RefusedForNow, sent, what);
    }
    let mut by_http = by_http("GenieACS", sent, &words(body));
    match by_http.outcome {
        Outcome::Done if !body.trim_ascii().is_empty() => by_http.outcome = Outcome::Unknown,
        Outcome::Refused if matches!(status, Some(401 | 403)) => {
            by_http.what = format!("{}; {NO_LOGIN}", by_http.what);
        }
        _ => {}
    }
    by_http
}
