//! Metrics of a run in the Prometheus text format, for the node exporter's textfile collector.
//!
//! Names and labels are the contract's. Must not do: put a device or a person in a label.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::app::Run;
use crate::engine::finding::State;
use crate::engine::{Cause, SideCounts, Strength, WarningCode};

/// Every metric with its help and type; a synchronisation that is not known has no sample.
#[must_use]
pub fn render(run: &Run) -> String {
    let mut text = Exposition(String::with_capacity(8192));
    build(&mut text);
    sides(&mut text, run);
    findings(&mut text, run);
    warnings(&mut text, run);
    ended(&mut text, run.exit, run.started, run.seconds);
    net(&mut text, run);
    text.single(
        "acerto_journal_open",
        "Journal rows that nobody has decided yet (in doubt, or a person must).",
        run.journal.in_doubt + run.journal.needs_human,
    );
    text.0
}

/// Of a run that ended without an answer: when it was, and its exit code. Figures of an earlier
/// run would pass for today's.
#[must_use]
pub fn render_failed(exit: u8, started: Timestamp, seconds: f64) -> String {
    let mut text = Exposition(String::with_capacity(1024));
    build(&mut text);
    ended(&mut text, exit, started, seconds);
    text.0
}

/// Text being written.
struct Exposition(String);

impl Exposition {
    fn gauge(&mut self, name: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let label = |(k, v): &(&str, &str)| format!("{k}=\"{}\"", escaped(v));
        let labels: Vec<String> = labels.iter().map(label).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn single(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.gauge(name, help);
        self.sample(name, &[], value);
    }
}

/// A label's value as the format wants it. All are from closed lists today; one that is not must
/// not break the file.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn build(text: &mut Exposition) {
    let name = "acerto_build_info";
    text.gauge(name, "Always 1; the version of acerto that wrote this file.");
    text.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
}

fn sides(text: &mut Exposition, run: &Run) {
    let all = &run.reconciliation;
    let sides: [(&str, &SideCounts); 2] = [("acs", &all.acs), ("provider", &all.provider)];
    let name = "acerto_devices";
    text.gauge(name, "Devices counted by each side (Provider: linked and active login).");
    for (side, counts) in sides {
        text.sample(name, &[("side", side)], counts.devices);
    }
    let name = "acerto_snapshot_complete";
    text.gauge(name, "1 where the side was read to its end, else 0.");
    for (side, counts) in sides {
        text.sample(name, &[("side", side)], u8::from(counts.complete));
    }
    let name = "acerto_snapshot_timestamp_seconds";
    text.gauge(name, "When the side's list was read or exported, Unix time.");
    for (side, counts) in sides {
        text.sample(name, &[("side", side)], counts.fetched_at.as_second());
    }
    let name = "acerto_sync_age_seconds";
    text.gauge(name, "Age of the side's last known synchronisation when it was read.");
    for (side, counts) in sides {
        if let Some(at) = counts.last_synchronised {
            let age = counts.fetched_at.duration_since(at).as_secs();
            text.sample(name, &[("side", side)], age);
        }
    }
}

fn findings(text: &mut Exposition, run: &Run) {
    let all = &run.reconciliation;
    let name = "acerto_findings";
    text.gauge(name, "Differences found, by cause and strength.");
    let mut counts = vec![[0_u64; 2]; Cause::ALL.len()];
    for finding in &all.findings {
        let cause = Cause::ALL.iter().position(|c| *c == finding.cause);
        if let Some(row) = cause.and_then(|at| counts.get_mut(at)) {
            match finding.strength {
                Strength::Proven => row[0] += 1,
                Strength::Inferred => row[1] += 1,
            }
        }
    }
    for (cause, [proven, inferred]) in Cause::ALL.iter().zip(counts) {
        for (strength, n) in [(Strength::Proven, proven), (Strength::Inferred, inferred)] {
            let labels = [("cause", cause.wire()), ("strength", strength.wire())];
            text.sample(name, &labels, n);
        }
    }
    let unmatched: u64 = all.between.rows.iter().map(|r| r.acs + r.provider).sum();
    text.single(
        "acerto_unmatched",
        "Devices of both sides that are counted and not matched.",
        unmatched,
    );
    text.single("acerto_matched", "Pairs whose entry is counted.", all.matched);
    let new = all.findings.iter().filter(|f| f.state == State::New).count();
    text.single("acerto_findings_new", "Findings that the last run did not have.", new);
    text.single(
        "acerto_findings_resolved",
        "Findings of the last run that are no more.",
        all.resolved.len(),
    );
    let ignored = all.findings.iter().filter(|f| f.ignored.is_some()).count();
    text.single("acerto_findings_ignored", "Findings that somebody chose to ignore.", ignored);
}

/// By code, also those of which there are none: a series that comes and goes can't be compared.
fn warnings(text: &mut Exposition, run: &Run) {
    let name = "acerto_warnings";
    text.gauge(name, "Warnings of the run, by code.");
    for code in WarningCode::ALL {
        let n = run.reconciliation.warnings.iter().filter(|w| w.code == *code).count();
        text.sample(name, &[("code", code.wire())], n);
    }
}

fn ended(text: &mut Exposition, exit: u8, started: Timestamp, seconds: f64) {
    text.single("acerto_run_exit_code", "Exit code of the run.", exit);
    text.single(
        "acerto_run_timestamp_seconds",
        "When the run started, Unix time.",
        started.as_second(),
    );
    text.single("acerto_run_duration_seconds", "How long the run took.", seconds);
}

fn net(text: &mut Exposition, run: &Run) {
    let net = run.net;
    text.single("acerto_run_requests", "Requests that the run sent to both systems.", net.requests);
    text.single("acerto_run_retries", "Of these, those that were sent again.", net.retries);
    text.single("acerto_run_http_429", "Answers that said: too many requests.", net.http_429);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_can_not_break_the_file() {
        let mut text = Exposition(String::new());
        text.sample("m", &[("l", "a\"b\\c\nd")], 1);
        assert_eq!(text.0, "m{l=\"a\\\"b\\\\c\\nd\"} 1\n");
    }

    #[test]
    fn a_failed_run_tells_no_figures() {
        let text = render_failed(6, Timestamp::UNIX_EPOCH, 1.5);
        assert!(text.contains("acerto_run_exit_code 6\n"), "{text}");
        assert!(!text.contains("acerto_devices") && !text.contains("acerto_journal"), "{text}");
    }
}
