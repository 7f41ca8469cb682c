//! The planner and its checker over findings of every cause.

mod checked;
mod chosen;
mod made;

use jiff::SignedDuration;

use crate::domain::{
    AcsChange, AcsDevice, AnySnapshot, Change, ProviderChange, ProviderRecord, RecordKey,
    SnapshotMeta,
};
use crate::engine::finding::Cause as C;
use crate::engine::plan::{Abilities, FixPlan, Record, Selection, Send, Step, Wanted, Whole, plan};
use crate::engine::testing::{at, candidate, device, entry, finding, head, send, u};
use crate::engine::{Between, Field, FieldDrift, Finding, Fix};

/// Both systems can be asked for everything, but for changes that begin so ([`said`]).
#[derive(Default)]
struct Able {
    unable: Vec<&'static str>,
    /// Changes that take no request.
    nothing: Vec<&'static str>,
}

impl Abilities for Able {
    fn propose(&self, change: &Change, of: &Record) -> Result<Vec<Send>, String> {
        let is_its = matches!(
            (change, of),
            (Change::Acs(_), Record::Acs(_)) | (Change::Provider(_), Record::Provider(_))
        );
        assert!(is_its, "{change:?} of {of:?}");
        let text = said(change);
        if self.unable.iter().any(|word| text.starts_with(word)) {
            return Err("this adapter can't".to_owned());
        }
        if self.nothing.iter().any(|word| text.starts_with(word)) {
            return Ok(Vec::new());
        }
        Ok(vec![Send { key: key(change), ..send(change.clone()) }])
    }
}

/// The record of a change.
fn key(change: &Change) -> String {
    said(change).split(' ').nth(1).unwrap_or_default().to_owned()
}

/// `set entry:1 serial=… mac=…`, `delete a1`.
fn said(change: &Change) -> String {
    match change {
        Change::Acs(AcsChange::Delete { id }) => format!("delete {id}"),
        Change::Acs(AcsChange::Send { id }) => format!("send {id}"),
        Change::Acs(AcsChange::Synchronise) => "synchronise acs".to_owned(),
        Change::Provider(ProviderChange::Synchronise) => "synchronise provider".to_owned(),
        Change::Provider(ProviderChange::ClearMac { login_id }) => {
            format!("clear login:{login_id}")
        }
        Change::Provider(ProviderChange::EndSession { login_id }) => {
            format!("end login:{login_id}")
        }
        Change::Provider(ProviderChange::Set { row, cells, held_only }) => {
            let row = match row {
                RecordKey::Entry(id) => format!("entry:{id}"),
                RecordKey::Login(id) => format!("login:{id}"),
            };
            let cells = cells.iter().map(|(cell, value)| format!(" {}={value}", cell.wire()));
            let held = if *held_only { " held" } else { "" };
            format!("set {row}{}{held}", cells.collect::<String>())
        }
    }
}

/// A step in a line: what it sends, or `by hand`; what it follows; whom it removes.
fn line(step: &Step) -> String {
    let what = step
        .send
        .as_ref()
        .map_or_else(|| format!("by hand {}", step.fix.wire()), |send| said(&send.change));
    let after = step.follows.map(|seq| format!(" after {seq}")).unwrap_or_default();
    let removes = if step.removal { format!(" removes {}", step.removes) } else { String::new() };
    format!("{what}{after}{removes}")
}

fn lines(plan: &FixPlan) -> Vec<String> {
    plan.steps.iter().map(line).collect()
}

/// Every step and every skipped finding in a line.
fn all_of(plan: &FixPlan) -> Vec<String> {
    let skipped = plan.skipped.iter().map(|s| format!("skipped {:?}", s.why));
    lines(plan).into_iter().chain(skipped).collect()
}

fn whole() -> Whole {
    let (acs, provider) = (vec![AcsDevice::default()], vec![ProviderRecord::default()]);
    let acs = AnySnapshot::new(SnapshotMeta::at(at(0)), acs);
    let provider = AnySnapshot::new(SnapshotMeta::at(at(0)), provider);
    Whole::of(acs.complete().unwrap(), provider.complete().unwrap())
}

/// A fleet of a hundred on each side.
static BETWEEN: Between = Between { acs: 100, provider: 90, matched: 80, rows: Vec::new() };

fn wanted<'a>(findings: &'a [Finding], able: &'a Able) -> Wanted<'a> {
    Wanted {
        findings,
        between: &BETWEEN,
        whole: Some(whole()),
        abilities: able,
        acs_at: at(0),
        absence: SignedDuration::from_hours(6),
    }
}

fn made(findings: &[Finding], able: &Able, selection: &Selection) -> FixPlan {
    plan(wanted(findings, able), selection, head())
}

/// With a person, who asked for nothing in particular.
fn any() -> Selection {
    Selection::default()
}

fn headless() -> Selection {
    Selection { headless: true, ..Selection::default() }
}

fn by(fix: Fix) -> Selection {
    Selection { fix: Some(fix), ..Selection::default() }
}

/// A finding of each cause as the engine makes it: its records, and the fixes that it offers.
fn of(cause: C, n: u32) -> Finding {
    let both = |fixes: &[Fix]| with(finding(n, cause, Some(device(n)), Some(entry(n))), fixes);
    let in_acs = |fixes: &[Fix]| with(finding(n, cause, Some(device(n)), None), fixes);
    let in_provider = |fixes: &[Fix]| with(finding(n, cause, None, Some(entry(n))), fixes);
    match cause {
        C::Duplicate => both(&[Fix::ChooseByHand]),
        C::IdentityMismatch => {
            let mut found = both(&[Fix::CorrectIdentity]);
            found.provider[0].serial = Some(u(&format!("HWTC{n:07X}X")));
            found
        }
        C::SwappedDevice => {
            let mut found = both(&[Fix::ReplaceIdentity]);
            found.acs[0].serial = Some(u(&format!("ZTEG{n:08X}")));
            found.acs[0].macs = [u(&format!("001122{n:06X}"))].into();
            found
        }
        C::InactiveLogin => {
            let mut found = both(&[Fix::Ignore]);
            found.provider[0].active = Some(false);
            found
        }
        C::Returned => in_acs(&[Fix::SendDevice, Fix::DeleteInAcs]),
        C::AwaitingSync => {
            let mut found = both(&[Fix::Synchronise, Fix::SendDevice]);
            found.provider[0].linked = Some(false);
            found.candidates.push(candidate(&format!("7{n}"), 2));
            found
        }
        C::UnlinkedLogin => {
            let found = in_acs(&[Fix::LinkLogin, Fix::Ignore]);
            Finding { candidates: vec![candidate(&format!("7{n}"), 2)], ..found }
        }
        C::LostWebhook | C::PendingPurge | C::RemovedUnknown => {
            in_provider(&[Fix::SynchroniseProvider, Fix::RemoveInProvider])
        }
        C::NeverSeen => in_provider(&[Fix::Investigate, Fix::Ignore]),
        C::Unexplained => in_provider(&[Fix::Investigate]),
        C::FieldDrift => {
            let mut found = both(&[Fix::UpdateProvider]);
            let wrong = u(&format!("00:25:9E:FF:00:{n:02X}"));
            found.provider[0].mac = Some(wrong.clone());
            let acs = found.acs[0].macs[0].clone();
            found.fields = vec![FieldDrift { field: Field::Mac, acs, provider: wrong }];
            found
        }
        C::ManualDelete => both(&[]),
    }
}

fn with(finding: Finding, fixes: &[Fix]) -> Finding {
    Finding { fixes: fixes.to_vec(), ..finding }
}

/// One of each cause.
fn one_of_each() -> Vec<Finding> {
    (1..).zip(C::ALL).map(|(n, cause)| of(*cause, n)).collect()
}
