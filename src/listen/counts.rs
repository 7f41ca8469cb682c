//! What came in since it was started, counted for metrics, log and the last line.
//!
//! Must not do: hold a value of a delivery.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;

use crate::app::listen::QueueState;
use crate::listen::refusal::Refusal;

/// The node exporter runs as another user; there are only counts in it.
const MODE: u32 = 0o644;

/// The counts of one process.
#[derive(Debug, Default)]
pub struct Counts {
    /// Events that were kept.
    pub accepted: AtomicU64,
    /// Deliveries that were kept before.
    pub replayed: AtomicU64,
    /// Entries of a kind that nobody knows.
    pub unmapped: AtomicU64,
    /// Deliveries that were passed on.
    pub forwarded: AtomicU64,
    /// Deliveries that the target refused, or that were dropped.
    pub lost: AtomicU64,
    /// When it was last noted that it is up, seconds since 1970.
    pub beat: AtomicI64,
    /// When the figures were written last, seconds since 1970.
    told: AtomicI64,
    refused: [AtomicU64; Refusal::ALL.len()],
}

impl Counts {
    /// Counts one that was refused.
    pub fn refuse(&self, why: Refusal) {
        if let Some(at) = Refusal::ALL.iter().position(|one| *one == why) {
            add(&self.refused[at], 1);
        }
    }

    /// Are the figures to be written again? Not more often than each second, but at the end.
    pub fn is_due(&self, now: Timestamp, is_last: bool) -> bool {
        self.told.swap(now.as_second(), Ordering::Relaxed) != now.as_second() || is_last
    }

    /// Deliveries refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.iter().map(get).sum()
    }

    /// Figures for Prometheus's textfile collector.
    #[must_use]
    pub fn metrics(&self, queue: Option<QueueState>, now: Timestamp) -> String {
        let mut text = String::new();
        let mut one = |name: &str, kind: &str, help: &str, rows: &[(String, String)]| {
            // Writing to a String can't fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let plain = |n: u64| vec![(String::new(), n.to_string())];
        let counters = [
            ("accepted_events", "Events kept.", &self.accepted),
            ("replayed", "Deliveries that were kept before.", &self.replayed),
            ("unmapped", "Entries of an unknown kind.", &self.unmapped),
            ("forwarded", "Deliveries passed on.", &self.forwarded),
            ("forward_lost", "Deliveries refused by the target, or dropped.", &self.lost),
        ];
        for (name, help, n) in counters {
            one(&format!("acerto_listen_{name}_total"), "counter", help, &plain(get(n)));
        }
        let refused: Vec<(String, String)> = Refusal::ALL
            .iter()
            .zip(&self.refused)
            .map(|(why, n)| (format!("{{reason=\"{}\"}}", why.word()), get(n).to_string()))
            .collect();
        one("acerto_listen_refused_total", "counter", "Deliveries refused.", &refused);
        if let Some(queue) = queue {
            let age = queue.oldest.map_or(0, |at| now.duration_since(at).as_secs().max(0));
            let name = "acerto_listen_forward_queue";
            one(name, "gauge", "Deliveries to be passed on.", &plain(queue.waiting));
            let age = vec![(String::new(), age.to_string())];
            let name = "acerto_listen_forward_oldest_seconds";
            one(name, "gauge", "Age of the oldest of them.", &age);
        }
        let beat = vec![(String::new(), self.beat.load(Ordering::Relaxed).to_string())];
        let name = "acerto_listen_heartbeat_timestamp_seconds";
        one(name, "gauge", "When it was last noted that it is up.", &beat);
        text
    }
}

/// Adds to a count.
pub fn add(to: &AtomicU64, n: u64) {
    to.fetch_add(n, Ordering::Relaxed);
}

/// Reads a count.
pub fn get(of: &AtomicU64) -> u64 {
    of.load(Ordering::Relaxed)
}

/// Puts the figures in their place, whole.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".acerto-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(MODE))?;
    file.persist(path).map(drop).map_err(|e| e.error)
}
