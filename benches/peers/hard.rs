//! Two lists as they are found: duplicates, blank and junk serials, hexadecimal GPON serials, MACs
//! in the serial's column. The truth is the history that they were made from.
//!
//! Must not do: use the product's normalisation, or its opinion of what counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Result;
use std::path::Path;

use serde_json::Value;

use super::world::write::{self, Form};
use super::world::{Shape, Watch, World};

/// A world's truth, and when it was read.
pub struct Hard {
    pub as_of: String,
    /// Cause by record, of all that differ.
    truth: BTreeMap<String, &'static str>,
    /// Entries that are in the Provider's count.
    counted: BTreeSet<String>,
    matched: u64,
}

/// What a report said of it.
pub struct Judged {
    /// Records that have to be in a finding and are, in that of their cause.
    pub right: usize,
    /// All that have to be in one.
    pub of: usize,
    /// Records told as different that are not, and the other way round.
    pub misplaced: Vec<String>,
}

/// Writes `acs.ndjson`, `provider.ndjson` and `events.ndjson` of about so many devices.
pub fn write(folder: &Path, devices: usize) -> Result<Hard> {
    let world = World::new(Shape { seed: 1, devices, watch: Watch::Audit, synchronised: true });
    let files = write::files(&world, folder, Form::Ndjson)?;
    for (from, to) in
        [(&files.acs, "acs"), (&files.provider, "provider"), (&files.events, "events")]
    {
        fs::rename(from, folder.join(format!("{to}.ndjson")))?;
    }
    let raw = |id: Option<&acerto::domain::Untrusted>| id.map(|id| id.raw().to_owned());
    let counted = world.provider.iter().filter(|row| {
        let entry = row.serial.is_some() || row.mac.is_some();
        let login = row.login.is_some() || row.login_id.is_some();
        entry && login && row.linked.unwrap_or(true) && row.active.unwrap_or(true)
    });
    Ok(Hard {
        as_of: world.now.to_string(),
        counted: counted.filter_map(|row| raw(row.device_id.as_ref())).collect(),
        truth: world.truth.iter().map(|(name, t)| (name.clone(), t.cause.wire())).collect(),
        matched: world.matched,
    })
}

impl Hard {
    /// Records that have no partner: of the ACS, of the Provider.
    pub fn alone(&self) -> (usize, usize) {
        let alone = self.truth.iter().filter(|(_, cause)| **cause != "field-drift");
        let (acs, provider): (Vec<_>, Vec<_>) = alone.partition(|(name, _)| name.starts_with('A'));
        (acs.len(), provider.len())
    }

    /// Compares a report with the truth, record by record.
    pub fn judge(&self, report: &Value) -> Judged {
        let mut open = self.truth.clone();
        let mut judged = Judged { right: 0, of: open.len(), misplaced: Vec::new() };
        for finding in report["findings"].as_array().into_iter().flatten() {
            for name in self.names(finding) {
                match open.remove(&name) {
                    Some(cause) if finding["cause"] == cause => judged.right += 1,
                    Some(_) => {}
                    None => judged.misplaced.push(name),
                }
            }
        }
        judged.misplaced.extend(open.into_keys());
        if report["matched"] != self.matched {
            judged.misplaced.push(format!("{} matched, not {}", report["matched"], self.matched));
        }
        judged
    }

    /// The records of a finding that are in a sum.
    fn names(&self, finding: &Value) -> Vec<String> {
        let side = |one: &str, all: &str, id: &'static str| {
            let several = finding[all].as_array().cloned().unwrap_or_default();
            let mut records = several;
            records.push(finding[one].clone());
            records.into_iter().filter_map(move |record| record[id].as_str().map(str::to_owned))
        };
        let provider = side("provider", "provider_all", "device_id");
        side("acs", "acs_all", "id")
            .chain(provider.filter(|name| self.counted.contains(name)))
            .collect()
    }
}
