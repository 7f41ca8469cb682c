//! Checks of the set-up, each with its own fix, for `doctor`.
//!
//! Must not do: read more than one row of a table, or go on after a list call made a row.

use crate::http;
use crate::ports::{Check, Verdict};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::envelope::{Class, Fault};
use crate::provider::ixc::gate::Query;
use crate::provider::ixc::settings::DeviceSource;
use crate::provider::ixc::tables::Table;

const SKIPPED: &str = "not checked: a check before it failed";

pub(super) fn all(adapter: &IxcProvedor) -> Vec<Check> {
    let greeting = match adapter.gate.first_contact() {
        Ok(greeting) => greeting,
        Err(fault) if fault.class == Class::Created => return vec![failed("header", &fault)],
        Err(fault) => return vec![failed("token", &fault)],
    };
    let reached = adapter.gate.how_far(&greeting.outcome);
    let mut checks = reached.checks;
    let first = reached
        .goes_on
        .then(|| adapter.gate.list(&Query::new(Table::Groups, "id", "!=", 0, 1), &[]));
    let fault = first.as_ref().and_then(|r| r.as_ref().err());
    if first.is_some() {
        checks.retain(|check| check.id != "provider-http");
        checks.push(answers(greeting.status.is_some(), fault));
    }
    checks.push(header(first.is_some(), fault));
    for (id, class, good) in [
        ("token", Class::Token, "the token is accepted"),
        ("source-address", Class::SourceAddress, "this machine's address is accepted"),
        ("version", Class::Version, "webservice v1 is there"),
        ("html", Class::Html, "lists come as JSON, not as HTML pages"),
    ] {
        checks.push(one_of(id, class, good, first.is_some(), fault));
    }
    // Whatever is none of these has a check of its own: a run would fail of it.
    let told = checks.iter().any(|check| matches!(check.verdict, Verdict::Fail(_)));
    checks.push(match fault {
        Some(fault) if !told && fault.class != Class::Permission => failed("list", fault),
        Some(_) => check("list", Verdict::Skip, SKIPPED, None),
        None if first.is_none() => check("list", Verdict::Skip, SKIPPED, None),
        None => check("list", Verdict::Ok, "a list comes whole", None),
    });
    let go_on = first.is_some() && fault.is_none_or(|f| f.class == Class::Permission);
    for table in Table::ALL {
        checks.push(permission(adapter, table, go_on));
    }
    checks.push(match adapter.gate.date() {
        None if greeting.status.is_none() && fault.is_some_and(is_unanswered) => {
            check("clock", Verdict::Skip, SKIPPED, None)
        }
        None if first.is_none() => check("clock", Verdict::Skip, SKIPPED, None),
        date => http::clock("provider", date, adapter.settings.now),
    });
    checks
}

/// Does anybody answer there as a server does? A refusal is an answer, and its own check's.
fn answers(has_status: bool, fault: Option<&Fault>) -> Check {
    match fault {
        Some(fault) if fault.class == Class::NoServer => failed("http", fault),
        Some(fault) if !has_status && is_unanswered(fault) => failed("http", fault),
        _ => check("http", Verdict::Ok, "the server answers", None),
    }
}

/// No answer of a server that could be read as one.
fn is_unanswered(fault: &Fault) -> bool {
    matches!(fault.class, Class::NoServer | Class::Other)
}

fn check(id: &str, verdict: Verdict, text: impl Into<String>, fix: Option<String>) -> Check {
    Check { id: format!("provider-{id}"), verdict, text: text.into(), fix }
}

fn failed(id: &str, fault: &Fault) -> Check {
    let fix = Some(fault.error.hints.join("; "));
    check(id, Verdict::Fail(fault.error.kind), fault.error.what.clone(), fix)
}

/// Does `ixcsoft` arrive?
fn header(asked: bool, fault: Option<&Fault>) -> Check {
    match fault {
        _ if !asked => check("header", Verdict::Skip, SKIPPED, None),
        Some(fault) if matches!(fault.class, Class::Created | Class::NoHeader) => {
            failed("header", fault)
        }
        Some(fault) if !matches!(fault.class, Class::Permission | Class::Rejected) => {
            check("header", Verdict::Skip, SKIPPED, None)
        }
        _ => check("header", Verdict::Ok, "the header `ixcsoft` reaches the Provider", None),
    }
}

fn one_of(id: &str, class: Class, good: &str, asked: bool, fault: Option<&Fault>) -> Check {
    match fault {
        Some(fault) if fault.class == class => failed(id, fault),
        Some(fault) if !matches!(fault.class, Class::Permission | Class::Rejected) => {
            check(id, Verdict::Skip, SKIPPED, None)
        }
        _ if !asked => check(id, Verdict::Skip, SKIPPED, None),
        _ => check(id, Verdict::Ok, good, None),
    }
}

fn permission(adapter: &IxcProvedor, table: Table, go_on: bool) -> Check {
    let id = format!("permission-{}", table.name());
    if !go_on {
        return check(&id, Verdict::Skip, SKIPPED, None);
    }
    if table == Table::Onus && adapter.settings.device_source == DeviceSource::Radusuarios {
        return check(&id, Verdict::Skip, "not read: device_source is radusuarios", None);
    }
    match adapter.gate.list(&Query::new(table, "id", "!=", 0, 1), &[]) {
        Ok(page) => {
            let text = format!("{} can be listed: {} rows", table.name(), page.total);
            check(&id, Verdict::Ok, text, None)
        }
        Err(fault) => match table.without() {
            Some(lost) if fault.class == Class::Permission => {
                let text = format!("{}; missing are {lost}", fault.error.what);
                check(&id, Verdict::Warn, text, Some(fault.error.hints.join("; ")))
            }
            _ => failed(&id, &fault),
        },
    }
}
