//! The change that puts back what another one wrote over.
//!
//! Must not do: put back what was not remembered.

use crate::domain::{Cell, ProviderChange, RecordKey, Untrusted};
use crate::ports::Before;
use crate::provider::ixc::logs;
use crate::provider::ixc::look::{MAC, SINCE};
use crate::provider::ixc::settings::Fields;
use crate::provider::ixc::target::Written;

/// Names of what has to be remembered beside the columns that are written.
pub(super) fn remembers(change: &ProviderChange) -> &'static [&'static str] {
    match change {
        ProviderChange::Set { .. } => &[logs::LAST],
        ProviderChange::ClearMac { .. } => &[logs::LAST, MAC],
        ProviderChange::EndSession { .. } => &[logs::LAST, SINCE],
        ProviderChange::Synchronise => &[],
    }
}

/// `None`: nothing can.
pub(super) fn reverse(
    fields: &Fields,
    change: &ProviderChange,
    before: &Before,
) -> Option<ProviderChange> {
    match change {
        ProviderChange::Set { row, cells, held_only } => {
            let written = Written::of(fields, row, cells, *held_only).ok()?;
            // One column a cell, in the same order.
            let columns = written.columns.iter().zip(cells);
            let was: Option<Vec<(Cell, Untrusted)>> = columns
                .map(|(column, (cell, _))| {
                    let value = before.cells.get(&column.name)?;
                    let held = column.holds(value.raw());
                    Some((*cell, if held { value.clone() } else { Untrusted::default() }))
                })
                .collect();
            Some(ProviderChange::Set { row: row.clone(), cells: was?, held_only: false })
        }
        ProviderChange::ClearMac { login_id } => {
            let mac = before.cells.get(MAC).filter(|mac| !mac.raw().trim().is_empty())?;
            let row = RecordKey::Login(login_id.clone());
            Some(ProviderChange::Set {
                row,
                cells: vec![(Cell::Mac, mac.clone())],
                held_only: false,
            })
        }
        ProviderChange::EndSession { .. } | ProviderChange::Synchronise => None,
    }
}
