//! What a process costs, as the kernel counts it, and ratios of runs that took turns.
//!
//! Must not do: compare two times that were not measured in the same turn. What starts a process
//! must itself be small: Linux counts the memory of the one that started it into its peak.

use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4 as _;

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// User and system, seconds.
    pub cpu: f64,
    /// Seconds.
    pub wall: f64,
    /// Peak of the resident memory, MiB.
    pub rss: f64,
}

/// Runs it to its end.
///
/// # Errors
/// Where it can't be started, or ends in another way than with one of these exit codes.
pub fn run(command: &mut Command, allowed: &[i32]) -> Result<Cost, String> {
    let begun = Instant::now();
    let child = command.stdin(Stdio::null()).spawn();
    let mut child = child.map_err(|e| format!("{command:?}: {e}"))?;
    let used = child.wait4().map_err(|e| format!("{command:?}: {e}"))?;
    let wall = begun.elapsed().as_secs_f64();
    if !used.status.code().is_some_and(|code| allowed.contains(&code)) {
        return Err(format!("{command:?} ended with {}", used.status));
    }
    Ok(Cost {
        cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        wall,
        rss: used.rusage.maxrss as f64 / f64::from(1 << 20),
    })
}

/// The one in the middle; of an even number the lower.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the ratios, turn by turn.
pub fn ratio(ours: &[Cost], theirs: &[Cost], of: fn(&Cost) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| of(ours) / of(theirs)))
}
