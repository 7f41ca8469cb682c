//! Reads all devices, and says whether any may be missing.
//!
//! Must not do: call a list complete against which anything speaks (SAFETY.md section 3).

use std::sync::atomic::Ordering;

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::fields::Field;
use crate::acs::ixc::list::Reading;
use crate::domain::{AcsDevice, AnySnapshot, SnapshotMeta, Supplies};
use crate::ports::{FetchError, FetchErrorKind, Growing, Progress};

impl IxcAcs {
    pub(super) fn fetch_all(
        &self,
        progress: Progress<'_>,
        devices: Growing<'_, AcsDevice>,
    ) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        self.client.begin_fetch();
        self.completed.store(0, Ordering::Relaxed);
        self.afford()?;
        let mut reading = Reading::of(self, progress, devices)?;
        if reading.devices.records().is_empty() {
            return Err(nothing(&reading));
        }
        self.ask_for_missing(&mut reading)?;
        let fetched_at = self.dated();
        let mut meta = SnapshotMeta::at(fetched_at);
        self.ask_for_state(&mut meta)?;
        meta.pages = reading.pages;
        meta.supplies =
            Supplies { integrated: self.root.wants(Field::Integrated), ..meta.supplies };
        meta.extra_columns.clone_from(&self.reader.extra_columns);
        if reading.removed > 0 {
            meta.remarks.push(format!(
                "{} devices that the ACS lists with status false are left out as removed \
                 (status_means)",
                reading.removed
            ));
        }
        meta.unparsed_count += reading.unread.count;
        meta.unparsed.extend(reading.unread.listed);
        meta.bad_count = reading.faults.count + reading.bad.count;
        meta.bad = reading.faults.listed;
        meta.bad.extend(reading.bad.listed);
        meta.gone = reading.gone;
        Ok(reading.devices.snapshot(meta))
    }
}

/// An empty side is a failed fetch, never "all have vanished".
fn nothing(reading: &Reading<'_>) -> FetchError {
    let what = if reading.rows == 0 {
        "the ACS lists 0 devices".to_owned()
    } else {
        format!("the ACS lists {} registers, and none of them is a device", reading.rows)
    };
    let hints = [
        "look whether the API client may see the devices (Tools > API Clients)",
        "look at status_means and fields, where they are set",
    ];
    FetchError::new(FetchErrorKind::Unavailable, what, &hints)
}
