//! `speedtest` as users have it: the built program against a lab, by both kinds of ACS.
//!
//! The lab's clock stands still, so a test ends when its clock is told to go on.
//! Must not do: link the product in.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dashboard::{A_MOMENT, Screen};
use crate::lab_process::Lab;
use crate::product_run::Answer;

/// More than the first look of the program, and much less than its patience.
const PATIENCE: Duration = Duration::from_secs(50);

struct Bench {
    lab: Lab,
    profile: &'static str,
    key: String,
}

impl Bench {
    /// A lab that was read once, and a device of it that has a plan and called within the hour.
    fn new(profile: &'static str) -> Self {
        let lab = Lab::start(300);
        assert_eq!(lab.reconcile(profile).exit, Some(3));
        let now = lab.get("/_lab/state")["now"].as_str().unwrap().to_owned();
        let now: jiff::Timestamp = now.parse().unwrap();
        let devices = lab.get("/devices/?projection=_deviceId,_lastInform");
        let recent = devices.as_array().unwrap().iter().filter(|device| {
            let at: jiff::Timestamp = device["_lastInform"].as_str().unwrap().parse().unwrap();
            now.duration_since(at).as_hours() < 1
        });
        let serials = recent.map(|device| device["_deviceId"]["_SerialNumber"].as_str().unwrap());
        let mut bench = Self { lab, profile, key: String::new() };
        for serial in serials {
            let known = bench.run(&[serial, "--format", "json"]);
            if known.exit == Some(3) && known.report()["contracted"]["down_kbps"].is_u64() {
                serial.clone_into(&mut bench.key);
                return bench;
            }
        }
        panic!("no device of the lab has a plan");
    }

    fn run(&self, more: &[&str]) -> Answer {
        self.lab.acerto(self.profile, &[&["speedtest"], more].concat())
    }

    fn told(&self) -> Value {
        let told = self.run(&[&self.key, "--format", "json"]);
        told.report()
    }

    /// Orders that reached the ACS.
    fn orders(&self) -> usize {
        let writes = self.lab.get("/_lab/writes");
        let is_order = |write: &&Value| {
            let body = write["body"].to_string();
            body.contains("DiagnosticsState")
                || write["path"].as_str().is_some_and(|path| path.ends_with("/speedtest"))
        };
        writes.as_array().unwrap().iter().filter(is_order).count()
    }

    fn until_orders(&self, n: usize) {
        let began = Instant::now();
        while self.orders() < n {
            assert!(began.elapsed() < PATIENCE, "no order {n} came");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn forward(&self, seconds: f64) {
        self.lab.post("/_lab/advance", &json!({"hours": seconds / 3600.0}));
    }

    fn begin(&self, more: &[&str]) -> Child {
        let arguments = [&["speedtest", &self.key, "--start", "--format", "json"], more].concat();
        let mut command = self.lab.command(self.profile, &arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Starts a test whose lab moves on by 20 s after each order.
    fn start(&self, orders: usize) -> Answer {
        let before = self.orders();
        let child = self.begin(&[]);
        for n in 1..=orders {
            self.until_orders(before + n);
            self.forward(20.0);
        }
        Answer::of(&child.wait_with_output().unwrap())
    }
}

#[test]
fn by_genieacs_a_test_is_started_told_remembered_and_not_started_twice() {
    let bench = Bench::new("lab-genieacs");
    let started = bench.start(2);
    assert_eq!(started.exit, Some(0), "{}", started.said());
    let report = started.report();
    assert_eq!(report["started"], "measured", "{report}");
    let (down, up) = (&report["last"]["down"], &report["last"]["up"]);
    assert_eq!((&down["bytes"], &up["bytes"]), (&json!(100_000_000), &json!(50_000_000)));
    assert_eq!(down["other_bytes"], 3_000_000);
    // The lab's boxes reach 60 to 105 % of their profile.
    let profile = report["contracted"]["down_kbps"].as_u64().unwrap();
    let kbps = down["kbps"].as_u64().unwrap();
    assert!((profile * 59 / 100..=profile * 106 / 100).contains(&kbps), "{report}");
    let verdict = &report["verdict"]["down"];
    assert_eq!(verdict["bound"], "plan");
    let (ratio, of) = (verdict["ratio"].as_f64().unwrap(), verdict["of_kbps"].as_u64().unwrap());
    assert!((ratio - kbps as f64 / of as f64).abs() < 0.001, "{report}");

    let again = bench.run(&[&bench.key, "--start"]);
    assert_eq!(again.exit, Some(5), "{}", again.said());
    assert!(again.stderr.contains("10 minutes"), "{}", again.stderr);
    assert_eq!(bench.orders(), 2);

    let told = bench.told();
    assert_eq!(told["history"].as_array().unwrap().len(), 1, "one result is taken once: {told}");
    assert_eq!(told["last"], report["last"]);
    let text = bench.run(&[&bench.key]).stdout;
    for word in ["Contracted", "Measured", "download", "History", "somebody was using it"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let pt = bench.run(&[&bench.key, "--lang", "pt-BR"]).stdout;
    assert!(pt.contains("Contratado") && pt.contains("Histórico"), "{pt}");
    let explained = bench.lab.acerto(bench.profile, &["explain", &bench.key]).stdout;
    assert!(explained.contains("speed test by "), "{explained}");
    let checked = bench.lab.acerto(bench.profile, &["store", "check"]);
    assert_eq!(checked.exit, Some(0), "{}", checked.said());
}

#[test]
fn by_ixc_acs_a_test_is_one_order_and_another_profile_has_none() {
    let bench = Bench::new("lab");
    let started = bench.start(1);
    assert_eq!(started.exit, Some(0), "{}", started.said());
    let report = started.report();
    assert!(report["last"]["down"]["kbps"].is_u64() && report["last"]["up"]["kbps"].is_u64());
    assert_eq!(bench.orders(), 1);
    let config = bench.lab.configuration();
    let lines = config.lines().filter(|line| !line.starts_with("speedtest_start"));
    bench.lab.configure(&lines.collect::<Vec<_>>().join("\n"));
    let off = bench.run(&[&bench.key, "--start"]);
    assert_eq!(off.exit, Some(2), "{}", off.said());
    assert!(off.stderr.contains("speedtest_start"), "{}", off.stderr);
    assert_eq!(bench.run(&[&bench.key]).exit, Some(0), "what is remembered is told all the same");
}

#[test]
fn a_read_only_profile_refuses_a_production_one_rehearses_and_a_day_has_an_end() {
    let bench = Bench::new("lab-genieacs");
    let config = bench.lab.configuration();
    let with = |from: &str, to: &str| bench.lab.configure(&config.replace(from, to));
    with("read_only = false", "read_only = true");
    let refused = bench.run(&[&bench.key, "--start", "--yes"]);
    assert_eq!(refused.exit, Some(5), "{}", refused.said());
    with("production = false", "production = true");
    let rehearsed = bench.run(&[&bench.key, "--start", "--format", "json"]);
    assert_eq!(rehearsed.exit, Some(0), "{}", rehearsed.said());
    assert_eq!(rehearsed.report()["started"], "no");
    assert!(rehearsed.stderr.contains("--yes"), "{}", rehearsed.stderr);
    with("[guard]\n", "[guard]\nspeedtests_per_day = 0\n");
    let barred = bench.run(&[&bench.key, "--start", "--yes"]);
    assert_eq!(barred.exit, Some(5), "{}", barred.said());
    assert!(barred.stderr.contains("speedtests_per_day"), "{}", barred.stderr);
    let lines = config.lines().filter(|line| !line.starts_with("speedtest_"));
    bench.lab.configure(&lines.collect::<Vec<_>>().join("\n"));
    let unset = bench.run(&[&bench.key, "--start"]);
    assert_eq!(unset.exit, Some(2), "{}", unset.said());
    assert!(unset.stderr.contains("speedtest_url"), "{}", unset.stderr);
    let unknown = bench.run(&["no-such-device", "--start"]);
    assert_eq!(unknown.exit, Some(3), "{}", unknown.said());
    assert_eq!(bench.lab.get("/_lab/writes"), json!([]), "nothing was written");
}

#[test]
fn what_the_device_does_wrongly_is_said_and_does_not_count() {
    for (fault, why) in [
        ("speedtest-init-failed", "device:Error_InitConnectionFailed"),
        ("speedtest-wrong-bytes", "bytes:50000000:100000000"),
    ] {
        let bench = Bench::new("lab-genieacs");
        only_download(&bench);
        bench.lab.fault(fault, "acs", 1);
        let started = bench.start(1);
        assert_eq!(started.exit, Some(3), "{fault}: {}", started.said());
        let report = started.report();
        assert_eq!((&report["started"], &report["last"]), (&json!("failed"), &Value::Null));
        assert_eq!(report["history"][0]["why"], why, "{report}");
    }
    let bench = Bench::new("lab-genieacs");
    only_download(&bench);
    for fault in ["speedtest-spaces", "speedtest-milliseconds"] {
        bench.lab.fault(fault, "acs", 1);
    }
    let started = bench.start(1);
    assert_eq!(started.exit, Some(0), "{}", started.said());
}

fn only_download(bench: &Bench) {
    let config = bench.lab.configuration();
    let lines = config.lines().filter(|line| !line.starts_with("speedtest_upload"));
    bench.lab.configure(&lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_device_behind_nat_is_told_and_what_nobody_waited_for_is_taken_later() {
    let bench = Bench::new("lab-genieacs");
    only_download(&bench);
    bench.lab.fault("speedtest-nat", "acs", 1);
    let mut child = bench.begin(&[]);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("next Inform") {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    // Ctrl-C while it waits: the order stays with the ACS.
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("may go on"), "{said}");
    assert_eq!(bench.told()["history"][0]["state"], "left");

    // It calls, and makes the test; the next look has it asked, and it answers when it calls.
    bench.forward(26.0 * 3600.0);
    assert_eq!(bench.told()["last"], Value::Null);
    bench.forward(26.0 * 3600.0);
    let told = bench.told();
    assert_eq!(told["last"]["state"], "done", "{told}");
    assert!(told["last"]["by"].is_string() && told["last"]["down"]["kbps"].is_u64(), "{told}");
    assert_eq!(bench.orders(), 1);
}

#[test]
fn an_order_under_way_is_not_given_twice_and_a_foreign_result_is_taken_as_such() {
    let bench = Bench::new("lab-genieacs");
    only_download(&bench);
    let devices = bench.lab.get("/devices/?projection=_deviceId,InternetGatewayDevice.DeviceInfo");
    let is_it = |device: &&Value| device["_deviceId"]["_SerialNumber"] == bench.key;
    let device = devices.as_array().unwrap().iter().find(is_it).unwrap();
    let root = match device.get("InternetGatewayDevice") {
        Some(_) => "InternetGatewayDevice",
        None => "Device.IP.Diagnostics",
    };
    let id = device["_id"].as_str().unwrap().replace('%', "%25");
    let path = format!("/devices/{id}/tasks?connection_request");
    let object = format!("{root}.DownloadDiagnostics");
    let order = |values: Value| json!({"name": "setParameterValues", "parameterValues": values});
    for values in [
        json!([[format!("{object}.DownloadURL"), "http://other.example/100000000"]]),
        json!([[format!("{object}.DiagnosticsState"), "Requested"]]),
    ] {
        let (status, body) = bench.lab.ask("POST", &path, "", &order(values));
        assert_eq!(status, 200, "{body}");
    }
    let refused = bench.run(&[&bench.key, "--start"]);
    assert_eq!(refused.exit, Some(5), "{}", refused.said());
    assert!(refused.stderr.contains("no second one"), "{}", refused.stderr);
    assert_eq!(bench.orders(), 1);
    bench.forward(20.0);
    let refresh = json!({"name": "refreshObject", "objectName": object});
    assert_eq!(bench.lab.ask("POST", &path, "", &refresh).0, 200);
    for _ in 0..2 {
        let told = bench.told();
        assert_eq!(told["history"].as_array().unwrap().len(), 1, "{told}");
        assert_eq!(told["last"]["by"], Value::Null, "{told}");
    }
}

/// A device that differs and called within the hour, as its list names it.
fn differing_device(bench: &Bench) -> String {
    let now = bench.lab.get("/_lab/state")["now"].as_str().unwrap().to_owned();
    let now: jiff::Timestamp = now.parse().unwrap();
    let devices = bench.lab.get("/devices/?projection=_id,_lastInform");
    let recent = |id: &str| {
        let all = devices.as_array().unwrap();
        let device = all.iter().find(|device| device["_id"] == id)?;
        let at: jiff::Timestamp = device["_lastInform"].as_str()?.parse().ok()?;
        (now.duration_since(at).as_hours() < 1).then_some(())
    };
    let report = bench.lab.acerto(bench.profile, &["status", "--format", "json"]).report();
    let of_acs = report["findings"].as_array().unwrap().iter().filter_map(|finding| {
        recent(finding["acs"]["id"].as_str()?)?;
        Some(finding["acs"]["serial"].as_str()?.to_owned())
    });
    of_acs.max_by_key(String::len).expect("a device that differs and is online")
}

#[test]
fn in_the_dashboard_a_test_is_asked_for_refused_while_locked_and_told() {
    let bench = Bench::new("lab-genieacs");
    let serial = differing_device(&bench);
    let config = bench.lab.config_path();
    let arguments = ["--config", config.to_str().unwrap(), "--profile", bench.profile];
    let mut screen = Screen::start_in(bench.lab.folder(), &arguments, &[], (120, 90));
    screen.wait_to_be_ready();
    screen.press("2");
    screen.press("/");
    screen.wait_for("words, !word");
    screen.press(&format!("{serial}\r"));
    screen.wait_until("one row", |shown| shown.contains(" 1 of ") && !shown.contains("filtering"));
    screen.press("\r");
    screen.wait_for("Speed [T]");
    screen.wait_for("no result of a speed test is known");
    screen.press("T");
    screen.wait_for("LOCKED: unlock first");
    screen.press(":");
    screen.press("unlock\r");
    screen.wait_for("[UNLOCKED]");
    screen.press("T");
    screen.wait_for("fills their line");
    // A question takes no key for a moment.
    std::thread::sleep(A_MOMENT);
    screen.press("\r");
    screen.wait_for("nothing was sent");
    assert_eq!(bench.orders(), 0);
    screen.press("T");
    screen.wait_for("fills their line");
    screen.say_yes();
    for n in 1..=2 {
        bench.until_orders(n);
        bench.forward(20.0);
    }
    screen.wait_until("a result", |shown| {
        shown.contains("measured 0 min ago: download ") && shown.contains("speed test by ")
    });
    // A second one is refused by the guards, whoever says yes.
    screen.press("T");
    screen.wait_for("fills their line");
    screen.say_yes();
    screen.wait_for("was started 0 min ago");
    assert_eq!(bench.orders(), 2);
    screen.press("q");
    screen.wait_for(" 1 of ");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
}
