//! Reads every table and makes the snapshot.
//!
//! Must not do: call a snapshot complete of which a row can be missing.

use crate::domain::{AnySnapshot, ProviderRecord, SnapshotMeta, Supplies};
use crate::ports::{FetchError, FetchErrorKind, Growing, Progress};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::envelope::Class;
use crate::provider::ixc::join::{EXTRA, Join, Tables};
use crate::provider::ixc::list::Listing;
use crate::provider::ixc::settings::DeviceSource;
use crate::provider::ixc::tables::Table;

pub(super) fn all(
    adapter: &IxcProvedor,
    progress: Progress<'_>,
    records: Growing<'_, ProviderRecord>,
) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
    let mut meta = SnapshotMeta::at(adapter.settings.now);
    meta.pages = 0;
    let mut tables = Tables::default();
    let mut read = 0;
    for table in Table::ALL {
        if table == Table::Onus && adapter.settings.device_source == DeviceSource::Radusuarios {
            continue;
        }
        let columns = adapter.fields.wanted(table);
        let before = read;
        let step = |rows: u64| progress(before + rows);
        let listing = match adapter.reader().all(table, &columns, &step) {
            Ok(listing) => listing,
            Err(fault) => match table.without() {
                Some(lost) if is_not_there(fault.class) => {
                    meta.remarks.push(format!("{}; missing are {lost}", fault.error.what));
                    Listing::default()
                }
                _ => return Err(fault.error),
            },
        };
        read += listing.rows.len() as u64;
        columns_are_there(adapter, table, &columns, &listing)?;
        let rows = tables.of(table);
        rows.columns = columns;
        rows.rows = taken(&mut meta, table, listing);
    }
    rows_are_there(&mut meta, adapter, &mut tables)?;
    meta.extra_columns = EXTRA.iter().map(|name| (*name).into()).collect();
    let (zone, source) = (&adapter.settings.timezone, device_source(adapter));
    let join = Join::new(&tables, &adapter.fields, zone, source);
    let (records, unparsed) = join.add_to(records, &meta.extra_columns);
    if unparsed.without_unit > 0 {
        meta.remarks.push("radgrupos: speeds without a unit are taken as kbit/s".to_owned());
    }
    (meta.unparsed, meta.unparsed_count) = (unparsed.listed, unparsed.count);
    meta.fetched_at = adapter.gate.date().unwrap_or(adapter.settings.now);
    meta.supplies = Supplies {
        active: true,
        synchronised: records.records().iter().any(|r| r.synchronised.is_some()),
        integrated: false,
    };
    Ok(records.snapshot(meta))
}

/// The table itself was refused, or is none: not the whole Provider.
fn is_not_there(class: Class) -> bool {
    matches!(class, Class::Permission | Class::Html | Class::Rejected)
}

/// No row of a table that has to have some is a failed fetch; of the ONUs there may be none.
fn rows_are_there(
    meta: &mut SnapshotMeta,
    adapter: &IxcProvedor,
    tables: &mut Tables,
) -> Result<(), FetchError> {
    let mut rows = |table: Table| tables.of(table).rows.len();
    let (logins, onus) = (rows(Table::Logins), rows(Table::Onus));
    if logins > 0 && onus == 0 && device_source(adapter) == DeviceSource::Both {
        let what = "radpop_radio_cliente_fibra holds no rows: if this ISP has fibre, the token's \
                    user may not see them";
        meta.remarks.push(what.to_owned());
    }
    if logins > 0 && (onus > 0 || device_source(adapter) != DeviceSource::Fibra) {
        return Ok(());
    }
    let what = format!(
        "the Provider lists {onus} ONUs and {logins} logins, which counts as a failed fetch"
    );
    let hint = "does url point to the right Provider, and may the token's user see its rows?";
    Err(FetchError::new(FetchErrorKind::Unavailable, what, &[hint]))
}

fn device_source(adapter: &IxcProvedor) -> DeviceSource {
    adapter.settings.device_source
}

/// Notes what is to be said of a listing, and gives its rows.
fn taken(
    meta: &mut SnapshotMeta,
    table: Table,
    listing: Listing,
) -> Vec<crate::provider::ixc::rows::Row> {
    meta.pages += listing.pages;
    meta.bad_count += listing.doubts.len() as u64;
    meta.bad.extend(listing.doubts);
    if listing.cut > 0 {
        let what =
            format!("{}: {} values are longer than 4 KiB and were cut", table.name(), listing.cut);
        meta.remarks.push(what);
    }
    listing.rows
}

/// A column that no row has is a mistake of the configuration, or another version of the
/// Provider: read as empty it would make every device vanish.
fn columns_are_there(
    adapter: &IxcProvedor,
    table: Table,
    columns: &[String],
    listing: &Listing,
) -> Result<(), FetchError> {
    if listing.rows.is_empty() {
        return Ok(());
    }
    let mut seen = vec![false; columns.len()];
    for row in &listing.rows {
        seen.iter_mut().zip(row.has()).for_each(|(seen, has)| *seen |= has);
    }
    let there = |name: &String| columns.iter().position(|c| c == name).is_some_and(|at| seen[at]);
    for (key, any) in adapter.fields.needed(table) {
        if any.iter().any(there) {
            continue;
        }
        let names = any.join("`, `");
        let what = format!("{}: no row has the column `{names}`", table.name());
        let hint = match key.as_str() {
            "" => "this version of the Provider names it otherwise: tell acerto's authors".into(),
            key => format!("set `{key}` under fields to the column that holds it"),
        };
        return Err(FetchError { kind: FetchErrorKind::Config, what, hints: vec![hint] });
    }
    Ok(())
}
