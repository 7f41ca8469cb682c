//! Speed tests by tasks: the device loads or sends a file and tells when and how much (TR-143).
//!
//! The address is written first, then `DiagnosticsState = Requested`; any other write would
//! abort the test (IXC.md section 5). What GenieACS shows is what it last read, so the device is
//! asked to tell its diagnostics anew before anything is concluded.
//! Must not do: let more than one question wait for a device that does not answer, send a task
//! whose name GenieACS does not have, or take GenieACS' word that a value was written.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::answer::{failed, words};
use crate::acs::reply::{answer, by_http, not_sent, reply_of};
use crate::domain::{Diagnostics, Direction, TestOffer, Untrusted, Ways};
use crate::http::{Reply, Request};
use crate::ports::{Answer, FetchError, FetchErrorKind, Outcome, Sight, SpeedTester, Started};
use crate::tabular;

/// What devices load and send for a speed test.
#[derive(Clone, Debug, Default)]
pub struct SpeedTests {
    /// What they load.
    pub download: Option<TestFile>,
    /// What they send, and where to.
    pub upload: Option<TestFile>,
}

/// A file of a speed test.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// Its address.
    pub url: String,
    /// Its bytes.
    pub bytes: u64,
}

/// What tells a device's data model and its diagnostics, and nothing else.
const PATHS: &str = "_id,InternetGatewayDevice.DeviceInfo.SoftwareVersion,\
     Device.DeviceInfo.SoftwareVersion,InternetGatewayDevice.DownloadDiagnostics,\
     InternetGatewayDevice.UploadDiagnostics,Device.IP.Diagnostics.DownloadDiagnostics,\
     Device.IP.Diagnostics.UploadDiagnostics";

/// Where the diagnostics are, in TR-181 and in TR-098.
const PLACES: [&str; 2] = ["Device.IP.Diagnostics", "InternetGatewayDevice"];

/// More tasks than this wait for no device.
const TASKS_MAX: u32 = 50;

/// Refused by the device itself, which GenieACS keeps as a fault.
const FAULTED: &str = "the device refuses the task, and GenieACS keeps it as a fault: look at the \
     device in GenieACS, and delete the fault there";

/// A direction's own words.
struct Names {
    object: &'static str,
    url: &'static str,
    test: &'static str,
    total: &'static str,
    full: &'static str,
}

fn names(way: Direction) -> Names {
    match way {
        Direction::Down => Names {
            object: "DownloadDiagnostics",
            url: "DownloadURL",
            test: "TestBytesReceived",
            total: "TotalBytesReceived",
            full: "TestBytesReceivedUnderFullLoading",
        },
        Direction::Up => Names {
            object: "UploadDiagnostics",
            url: "UploadURL",
            test: "TestBytesSent",
            total: "TotalBytesSent",
            full: "TestBytesSentUnderFullLoading",
        },
    }
}

impl SpeedTester for GenieAcs {
    fn offers(&self) -> Result<Vec<TestOffer>, FetchError> {
        let offer = |way, file: &Option<TestFile>| {
            let TestFile { url, bytes } = file.clone()?;
            Some(TestOffer { ways: vec![way], url: Some(url), bytes: Some(bytes) })
        };
        let down = offer(Direction::Down, &self.speed_tests.download);
        let up = offer(Direction::Up, &self.speed_tests.upload);
        let all: Vec<TestOffer> = down.into_iter().chain(up).collect();
        if all.is_empty() {
            let what = "no file is set that devices can load for a speed test";
            let hints = [
                "set in [profiles.X.acs], for instance: speedtest_url = \
                 \"http://speed.isp.example/100M.bin\" and speedtest_bytes = 100000000",
                "the file lies on a web server that devices reach: take one near them, by plain \
                 http, as large as 10 s at your fastest plan",
            ];
            return Err(FetchError::new(FetchErrorKind::Config, what, &hints));
        }
        Ok(all)
    }

    fn look(&self, id: &Untrusted, ask_device: bool) -> Result<Option<Sight>, FetchError> {
        self.client.begin_fetch();
        let Some(mut sight) = self.seen(id)? else { return Ok(None) };
        let tasks = self.rows(&self.tasks_of(id, TASKS_MAX)?, "tasks")?.0;
        sight.queued = tasks.iter().any(|task| task.to_string().contains(STATE));
        if !ask_device {
            return Ok(Some(sight));
        }
        let Some(place) = sight.place.clone() else { return Ok(Some(sight)) };
        let reached = self.ask_to_tell(id, &place, &tasks)?;
        let again = self.seen(id)?;
        Ok(again.map(|again| Sight { reached: Some(reached), queued: sight.queued, ..again }))
    }

    fn start(&self, id: &Untrusted, offer: &TestOffer, sight: &Sight) -> Started {
        let nothing = |why: &str| Started { answer: not_sent(why), at_once: false, at: None };
        let (Some(way), Some(url)) = (offer.ways.first(), &offer.url) else {
            return nothing("there is no file for this test");
        };
        let Some(place) = &sight.place else {
            return nothing("the device shows no data model: nothing was sent");
        };
        let Names { object, url: url_name, .. } = names(*way);
        let mut values = vec![json!([format!("{place}.{object}.{url_name}"), url, "xsd:string"])];
        if let (Direction::Up, Some(bytes)) = (way, offer.bytes) {
            let name = format!("{place}.{object}.TestFileLength");
            values.push(json!([name, bytes, "xsd:unsignedInt"]));
        }
        let state = json!([[format!("{place}.{object}.{STATE}"), "Requested", "xsd:string"]]);
        self.client.begin_fetch();
        let (first, _) = self.send_task(&self.task(id, Some(&set(&values.into())), false));
        if first.answer.outcome != Outcome::Done {
            return first;
        }
        let (second, queued) = self.send_task(&self.task(id, Some(&set(&state)), true));
        Started { at_once: second.answer.outcome == Outcome::Done && !queued, ..second }
    }
}

/// The parameter that starts a test and tells how far it is.
const STATE: &str = "DiagnosticsState";

fn set(values: &Value) -> Value {
    json!({"name": "setParameterValues", "parameterValues": values})
}

impl GenieAcs {
    /// What GenieACS has of the device now.
    fn seen(&self, id: &Untrusted) -> Result<Option<Sight>, FetchError> {
        let (mut rows, at) = self.rows(&self.part(id, PATHS)?, "device")?;
        let Some(device) = rows.pop() else { return Ok(None) };
        if !rows.is_empty() || device.get("_id").and_then(Value::as_str) != Some(id.raw()) {
            let what = format!("asked for device {id}, GenieACS sent another one");
            let hints = ["nothing is concluded from such an answer; look at it in GenieACS"];
            return Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints));
        }
        let place = PLACES.iter().find(|place| {
            let root = place.split('.').next().unwrap_or_default();
            device.get(root).is_some()
        });
        let told = |way| told(at_path(&device, place?)?.get(names(way).object)?, way);
        let ways = Ways { down: told(Direction::Down), up: told(Direction::Up) };
        let place = place.map(|place| (*place).to_owned());
        Ok(Some(Sight { ways, place, at, ..Sight::default() }))
    }

    /// Calls the device, and has it tell its diagnostics; was it reached? One that is not is
    /// left one question a direction, which it answers when it calls.
    fn ask_to_tell(
        &self,
        id: &Untrusted,
        place: &str,
        waiting: &[Value],
    ) -> Result<bool, FetchError> {
        let ways = [
            (Direction::Down, &self.speed_tests.download),
            (Direction::Up, &self.speed_tests.upload),
        ];
        let objects = ways.iter().filter(|(_, file)| file.is_some());
        let objects = objects.map(|(way, _)| format!("{place}.{}", names(*way).object));
        let is_new = |object: &String| {
            !waiting
                .iter()
                .any(|task| task["name"] == "refreshObject" && task["objectName"] == **object)
        };
        let asked: Vec<String> = objects.filter(is_new).collect();
        for object in asked {
            let task = json!({"name": "refreshObject", "objectName": object});
            let (sent, _) = self.send_task(&self.task(id, Some(&task), false));
            if sent.answer.outcome != Outcome::Done {
                return Err(unavailable(sent.answer.what));
            }
        }
        // Without a task: 200 where it was reached, 504 where it was not.
        match self.client.send(&self.task(id, None, true)) {
            Ok(reply) => Ok(reply.head.status == 200),
            Err(error) if error.reply.as_ref().is_some_and(|r| r.head.status == 504) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Sends a task, once; also whether it waits until the device calls.
    fn send_task(&self, request: &Request) -> (Started, bool) {
        let sent = self.client.send(request);
        let reply = reply_of(&sent);
        let body = reply.map_or(&[][..], |reply| &reply.body);
        let is_task = serde_json::from_slice::<Value>(body).is_ok_and(|v| v["_id"].is_string());
        let queued = reply.is_some_and(|reply| reply.head.status == 202);
        let at = reply.and_then(|reply| reply.head.date);
        let faulted = reply.and_then(|reply| reply.head.reason.as_deref());
        let faulted = faulted.is_some_and(|reason| reason.to_lowercase().contains("fault"));
        let by_http = by_http("GenieACS", &sent, "");
        let answer = match by_http.outcome {
            Outcome::Done if faulted => answer(Outcome::Refused, &sent, FAULTED),
            Outcome::Done if !is_task => {
                let what = "GenieACS takes it, and answers with something that is no task";
                answer(Outcome::Unknown, &sent, what)
            }
            Outcome::Done => by_http,
            _ => Answer { what: format!("{}{}", by_http.what, words(body)), ..by_http },
        };
        (Started { answer, at_once: false, at }, queued)
    }

    /// A short list, and when it was answered.
    fn rows(
        &self,
        request: &Request,
        of: &str,
    ) -> Result<(Vec<Value>, Option<Timestamp>), FetchError> {
        let reply: Reply = self.client.send(request).map_err(failed)?;
        if reply.head.status != 200 {
            return Err(self.refused(&reply.head, &reply.body[..reply.body.len().min(512)]));
        }
        match serde_json::from_slice(&reply.body) {
            Ok(rows) => Ok((rows, reply.head.date)),
            Err(_) => Err(unavailable(format!("GenieACS' list of {of} can't be read"))),
        }
    }
}

fn unavailable(what: String) -> FetchError {
    let hints = ["look into the log of GenieACS' NBI and of a proxy before it"];
    FetchError::new(FetchErrorKind::Unavailable, what, &hints)
}

/// The object at a path of names with dots.
fn at_path<'v>(device: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(device, |object, name| object.get(name))
}

/// What an object of diagnostics tells; `None` where nothing of it was ever read.
fn told(object: &Value, way: Direction) -> Option<Diagnostics> {
    let names = names(way);
    let value = |name: &str| object.get(name)?.get("_value");
    let text = |name: &str| match value(name)? {
        Value::String(text) => Untrusted::present(text),
        Value::Number(number) => Some(Untrusted::new(&number.to_string())),
        _ => None,
    };
    let number = |name: &str| text(name)?.raw().trim().parse::<u64>().ok();
    let time = |name: &str| tabular::time(text(name)?.raw(), &TimeZone::UTC);
    let read_at = |name: &str| {
        let at = object.get(name)?.get("_timestamp")?.as_str()?;
        tabular::time(at, &TimeZone::UTC)
    };
    let state = text(STATE)?;
    Some(Diagnostics {
        state: Some(state),
        url: text(names.url),
        bom: time("BOMTime"),
        eom: time("EOMTime"),
        test_bytes: number(names.test),
        file_length: number("TestFileLength"),
        total_bytes: number(names.total),
        full_bytes: number(names.full),
        full_period: number("PeriodOfFullLoading"),
        kbps: None,
        read: [STATE, "EOMTime"].iter().filter_map(|name| read_at(name)).min(),
    })
}
