//! `listen --schedule` as a process: the run is a child, and whatever happens to it is the child's.
//!
//! Must not do: wait for a time of day. A run that was never made is due at once.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};

use crate::product_run::Home;
use crate::samples;

/// Longer than anything takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(90);

/// `HH:MM` in so many hours.
fn in_hours(n: i64) -> String {
    let at = Timestamp::now() + SignedDuration::from_hours(n);
    at.strftime("%H:%M").to_string()
}

/// A profile whose run is due, and whose systems don't synchronise now.
fn home(acs: &str) -> Home {
    let home = Home::new();
    let (sample, config) = (samples::folder("first-world"), home.folder(".config/acerto"));
    for name in ["acs.ndjson", "provider.csv"] {
        std::fs::copy(sample.join(name), config.join(name)).unwrap();
    }
    let tell = home.path().join("tell");
    let script = format!("#!/bin/sh\ncat >> {}/told\n", home.path().display());
    keep(&tell, &script, 0o700);
    keep(&config.join("webhook.secret"), "a-long-enough-secret-of-the-webhook", 0o600);
    let text = format!(
        "[profiles.prod]\nacs = {acs}\nprovider = {{ kind = \"file\", path = \"provider.csv\" }}\n\
         [guard]\nsync_window = \"{}-{}\"\n\
         [listen]\naddress = \"127.0.0.1:0\"\nsecret_file = \"webhook.secret\"\n\
         schedule_metrics_file = \"run.prom\"\nschedule = \"{}\"\n\
         schedule_jitter = \"0s\"\nnotify_command = [\"{}\"]\n",
        in_hours(12),
        in_hours(13),
        in_hours(6),
        tell.display()
    );
    keep(&config.join("config.toml"), &text, 0o600);
    home
}

fn keep(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(path, mode).unwrap();
}

/// `acerto listen --schedule`, and what it says on stderr.
struct Listener {
    child: Child,
    said: Receiver<String>,
}

impl Listener {
    fn start(home: &Home) -> Self {
        let mut command = home.acerto(&["listen", "--schedule", "-v"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, said }
    }

    fn wait_for(&self, what: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let mut all = String::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line =
                self.said.recv_timeout(left).unwrap_or_else(|e| panic!("{what}: {e}\n{all}"));
            all += &line;
            all.push('\n');
            if line.contains(what) {
                return all;
            }
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap()).unwrap()
    }

    /// The run that it makes now.
    fn run(&self) -> Pid {
        let tasks = format!("/proc/{}/task", self.child.id());
        eventually("a run", || {
            let tasks = std::fs::read_dir(&tasks).unwrap();
            let children = tasks.filter_map(|task| {
                std::fs::read_to_string(task.ok()?.path().join("children")).ok()
            });
            let children: String = children.collect();
            let first = children.split_whitespace().next()?;
            Pid::from_raw(first.parse().unwrap())
        })
    }

    fn ended(&mut self) -> Option<i32> {
        eventually("its end", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn eventually<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < until, "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_gone(pid: Pid) -> Option<()> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.map_or(true, |stat| stat.contains(") Z ")).then_some(())
}

const FILE: &str = "{ kind = \"file\", path = \"acs.ndjson\" }";

#[test]
fn a_run_that_is_due_is_made_told_and_not_made_again_by_the_next_process() {
    let home = home(FILE);
    let mut listener = Listener::start(&home);
    listener.wait_for("the next run");
    let told = std::fs::read_to_string(home.path().join("told")).unwrap();
    assert!(told.contains("New differences"), "{told}");
    let figures = std::fs::read_to_string(home.path().join(".config/acerto/run.prom")).unwrap();
    assert!(figures.contains("\nacerto_run_exit_code 3\n"), "{figures}");
    kill_process(listener.pid(), Signal::TERM).unwrap();
    assert_eq!(listener.ended(), Some(143));

    let mut again = Listener::start(&home);
    again.wait_for("the next run");
    kill_process(again.pid(), Signal::INT).unwrap();
    assert_eq!(again.ended(), Some(130));
    let runs = home.run(&["runs", "--format", "json"]).report();
    let actors: Vec<&str> =
        runs["runs"].as_array().unwrap().iter().map(|run| run["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["schedule"], "{runs}");
    let status = home.run(&["status", "--format", "json"]).report();
    assert_eq!((&status["exit"], &status["plan"]), (&3.into(), &serde_json::Value::Null));
}

#[test]
fn whatever_happens_to_a_run_the_listener_goes_on_and_tells() {
    // Connections are taken by the system, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let home = home(&format!("{{ kind = \"genieacs\", url = \"{url}\" }}"));
    let mut listener = Listener::start(&home);
    let run = listener.run();
    kill_process(run, Signal::KILL).unwrap();
    listener.wait_for("the next run");
    let told = std::fs::read_to_string(home.path().join("told")).unwrap();
    assert!(told.contains("ended by signal 9") && told.contains("Exit code 1"), "{told}");
    assert!(listener.child.try_wait().unwrap().is_none(), "it goes on");
}

#[test]
fn no_run_outlives_its_listener() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    for (signal, code) in [(Signal::TERM, Some(143)), (Signal::KILL, None)] {
        let home = home(&format!("{{ kind = \"genieacs\", url = \"{url}\" }}"));
        let mut listener = Listener::start(&home);
        let run = listener.run();
        // It waits for an answer: it has set up how it ends.
        silent.accept().unwrap();
        kill_process(listener.pid(), signal).unwrap();
        assert_eq!(listener.ended(), code);
        eventually("the end of the run", || is_gone(run));
        assert!(!home.path().join("told").exists(), "a person's stop is nobody's trouble");
    }
}

#[test]
fn a_schedule_that_can_t_be_kept_is_refused_at_once() {
    let home = home(FILE);
    let config = home.path().join(".config/acerto/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    for (more, what) in
        [("[store]\nmode = \"exclusive\"\n", "exclusive"), ("", "inside the window")]
    {
        let mut text = text.clone();
        if more.is_empty() {
            let (before, after) = text.split_once("sync_window = \"").unwrap();
            text = format!("{before}sync_window = \"{}{}", in_hours(5), &after[5..]);
        }
        keep(&config, &(text + more), 0o600);
        let answer = home.run(&["listen", "--schedule"]);
        assert_eq!(answer.exit, Some(2), "{}", answer.said());
        assert!(answer.stderr.contains(what), "{}", answer.stderr);
    }
}
