//! Metrics of a run in the Prometheus text format, for the node exporter's textfile collector.
//!
//! Names and labels are the contract's. Must not do: put a device or a person in a label.

use std::fmt::Write as _;

use crate::app::Run;
use crate::engine::{Cause, SideCounts, Strength};

/// Every metric with its help and type; a synchronisation that is not known has no sample.
#[must_use]
pub fn render(run: &Run) -> String {
    let mut text = Exposition(String::with_capacity(4096));
    sides(&mut text, run);
    findings(&mut text, run);
    run_itself(&mut text, run);
    text.0
}

/// Text being written. Labels are from closed lists, so none needs an escape.
struct Exposition(String);

impl Exposition {
    fn gauge(&mut self, name: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn single(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.gauge(name, help);
        self.sample(name, &[], value);
    }
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
}

fn run_itself(text: &mut Exposition, run: &Run) {
    text.single("acerto_run_exit_code", "Exit code of the run.", run.exit);
    text.single(
        "acerto_run_timestamp_seconds",
        "When the run started, Unix time.",
        run.started.as_second(),
    );
    text.single("acerto_run_duration_seconds", "How long the run took.", run.seconds);
    text.single(
        "acerto_journal_open",
        "Journal rows that nobody has decided yet (in doubt, or a person must).",
        run.journal.in_doubt + run.journal.needs_human,
    );
}
