//! Speed tests by the two calls that the profile names: one starts, one reads.
//!
//! No vendor documents them (IXC.md section 2), so both are off until they are configured, and
//! an answer is taken apart by name: what is not there is not known.
//! Must not do: send a call that the profile does not name, or take a test that was never asked
//! for, which the ACS answers with 404, for a device that it does not have.

use serde::Deserialize;

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::answer::{object, unexpected};
use crate::acs::ixc::calls::Call;
use crate::acs::ixc::register::time;
use crate::acs::reply::not_sent;
use crate::domain::{Diagnostics, Direction, TestOffer, Untrusted, Ways};
use crate::http::{Body, Method, Request};
use crate::ports::{FetchError, FetchErrorKind, Outcome, Sight, SpeedTester, Started};

/// The wanted part of the answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    requested_at: Option<String>,
    #[serde(default)]
    bom_time: Option<String>,
    #[serde(default)]
    eom_time: Option<String>,
    #[serde(default)]
    test_bytes_received: Option<u64>,
    #[serde(default)]
    test_bytes_sent: Option<u64>,
    #[serde(default)]
    total_bytes_received: Option<u64>,
    #[serde(default)]
    total_bytes_sent: Option<u64>,
    #[serde(default)]
    download_kbps: Option<u64>,
    #[serde(default)]
    upload_kbps: Option<u64>,
}

/// A call that reads a test changes nothing.
///
/// # Errors
/// Where it might.
pub(super) fn is_a_read(call: &Call) -> Result<(), FetchError> {
    if call.method == Method::Get {
        return Ok(());
    }
    let what = "calls.speedtest would change something: its method is not GET";
    let hint = "write speedtest = { method = \"GET\", path = \"/api/v2/devices/{serial}/…\" }";
    Err(FetchError::new(FetchErrorKind::Config, what, &[hint]))
}

fn not_set(key: &str, what: &str, example: &str) -> FetchError {
    let what = format!(
        "the call by which this ACS {what} a speed test is not known: `{key}` is not set in \
         [profiles.X.acs.calls]"
    );
    FetchError::new(FetchErrorKind::Config, what, &[&format!("where you know it: {example}")])
}

impl SpeedTester for IxcAcs {
    fn offers(&self) -> Result<Vec<TestOffer>, FetchError> {
        if self.calls.speedtest_start.is_none() {
            let example =
                "speedtest_start = { method = \"POST\", path = \"/api/v2/devices/{serial}/…\" }";
            return Err(not_set("speedtest_start", "starts", example));
        }
        self.reading()?;
        Ok(vec![TestOffer { ways: Direction::BOTH.to_vec(), url: None, bytes: None }])
    }

    fn look(&self, id: &Untrusted, _: bool) -> Result<Option<Sight>, FetchError> {
        let call = self.reading()?;
        let filled = call.filled(id.raw());
        let mut request = Request::read(filled.method, &*filled.path);
        if let Some(body) = &filled.body {
            request = request.body(Body::Json(body.to_string().into_bytes()));
        }
        self.client.begin_fetch();
        let reply = self.ask(&request)?;
        let at = reply.head.date;
        let status = reply.head.status;
        if status == 404 && !reply.is_html() {
            // No test, or no device: the cheapest question tells.
            let device = self.fetch_one(id)?;
            return Ok(device.map(|_| Sight { at, ..Sight::default() }));
        }
        let test: Option<Told> = call.is_done(status).then(|| object(&reply.body)).flatten();
        let test = test.ok_or_else(|| unexpected(&reply, "speed test"))?;
        let [down, up] = self.told(&test);
        Ok(Some(Sight { ways: Ways { down: Some(down), up: Some(up) }, at, ..Sight::default() }))
    }

    fn start(&self, id: &Untrusted, _: &TestOffer, _: &Sight) -> Started {
        let Some(call) = &self.calls.speedtest_start else {
            let answer = not_sent("calls.speedtest_start is not set");
            return Started { answer, at_once: false, at: None };
        };
        let answer = self.send_once(call, &call.filled(id.raw()));
        let at_once = answer.outcome == Outcome::Done;
        Started { answer, at_once, at: None }
    }
}

impl IxcAcs {
    fn reading(&self) -> Result<&Call, FetchError> {
        self.calls.speedtest.as_ref().ok_or_else(|| {
            let example = "speedtest = { method = \"GET\", path = \"/api/v2/devices/{serial}/…\" }";
            not_set("speedtest", "reads", example)
        })
    }

    fn told(&self, test: &Told) -> [Diagnostics; 2] {
        let at = |text: &Option<String>| {
            let text = text.as_deref()?;
            time(text, &self.reader.zone).ok().flatten()
        };
        let shared = Diagnostics {
            state: test.state.as_deref().map(Untrusted::new),
            bom: at(&test.bom_time),
            eom: at(&test.eom_time),
            read: at(&test.requested_at),
            ..Diagnostics::default()
        };
        let down = Diagnostics {
            test_bytes: test.test_bytes_received,
            total_bytes: test.total_bytes_received,
            kbps: test.download_kbps,
            ..shared.clone()
        };
        let up = Diagnostics {
            test_bytes: test.test_bytes_sent,
            total_bytes: test.total_bytes_sent,
            kbps: test.upload_kbps,
            ..shared
        };
        [down, up]
    }
}
