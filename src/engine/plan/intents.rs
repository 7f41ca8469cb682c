//! From one finding and one fix to changes of single records.
//!
//! Must not do: choose the fix, or know how a change is sent.

use crate::domain::{
    AcsChange, AcsDevice, Cell, Change, ProviderChange, ProviderRecord, RecordKey, Sought,
    Untrusted, identity,
};
use crate::engine::finding::{Candidate, Field, Finding, Fix, Reason};
use crate::engine::plan::expect::{self, Expect};
use crate::engine::plan::planner::Record;
use crate::engine::plan::{Whole, Why};

/// A change of one record, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Intent {
    pub change: Change,
    /// The record that it is about, for the adapter.
    pub of: Record,
    pub expect: Expect,
    pub removal: bool,
    /// Only after the one before it.
    pub follows: bool,
    pub effect: (i64, i64),
}

impl Intent {
    fn new(change: Change, of: Record, expect: Expect) -> Self {
        Self { change, of, expect, removal: false, follows: false, effect: (0, 0) }
    }

    fn effect(self, acs: i64, provider: i64) -> Self {
        Self { effect: (acs, provider), ..self }
    }

    /// What showed life when it was planned, a person was shown by its name.
    pub fn unless_alive(mut self, alive: bool) -> Self {
        self.expect.silent &= !alive;
        self
    }

    fn removal(self) -> Self {
        Self { removal: true, ..self }
    }

    /// After the one before, which changes what the Provider holds of this device: what it has
    /// to hold now is told by the record itself when it is looked at.
    fn follow_up(self) -> Self {
        let expect = Expect { provider: Vec::new(), ..self.expect };
        Self { follows: true, expect, ..self }
    }
}

/// How sure a candidate has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice<'a> {
    /// The login that a person chose.
    pub candidate: Option<&'a str>,
    /// Nobody looks at the plan before it is applied.
    pub headless: bool,
}

/// The changes of `fix`; removals only where both sides were read `whole`.
pub(super) fn intents(
    finding: &Finding,
    fix: Fix,
    choice: Choice<'_>,
    whole: Option<Whole>,
) -> Result<Vec<Intent>, Why> {
    match fix {
        Fix::LinkLogin => link_login(finding, choice),
        Fix::ReplaceIdentity => replace_identity(finding, choice),
        Fix::CorrectIdentity => correct_identity(finding, choice),
        Fix::UpdateProvider => update_provider(finding),
        Fix::SendDevice => send_device(finding),
        Fix::Synchronise => synchronise(finding),
        Fix::SynchroniseProvider => synchronise_provider(finding, whole.ok_or(Why::NotWhole)?),
        Fix::DeleteInAcs => delete_in_acs(finding, whole.ok_or(Why::NotWhole)?),
        Fix::RemoveInProvider => remove_in_provider(finding, whole.ok_or(Why::NotWhole)?),
        Fix::Investigate | Fix::ChooseByHand | Fix::Ignore => Err(Why::NothingToSend),
    }
}

fn device(finding: &Finding) -> Result<&AcsDevice, Why> {
    finding.acs.first().ok_or(Why::Missing("the device in the ACS"))
}

fn entry(finding: &Finding) -> Result<&ProviderRecord, Why> {
    let related = finding.related.as_ref().and_then(|r| r.provider.as_ref());
    finding.provider.first().or(related).ok_or(Why::Missing("the entry in the Provider"))
}

fn both(device: &AcsDevice, record: &ProviderRecord) -> Expect {
    Expect {
        acs: vec![expect::of_device(device)],
        provider: vec![expect::of_record(record)],
        ..Expect::default()
    }
}

fn set(row: RecordKey, cells: Vec<(Cell, Untrusted)>, held_only: bool) -> Change {
    Change::Provider(ProviderChange::Set { row, cells, held_only })
}

/// The candidate to take: the one that a person chose, or the only one that agrees well enough.
fn chosen<'f>(finding: &'f Finding, choice: Choice<'_>) -> Result<&'f Candidate, Why> {
    let with_login = finding.candidates.iter().filter(|c| c.login_id.is_some());
    if let Some(id) = choice.candidate {
        let is_it = |c: &&Candidate| c.login_id.as_ref().is_some_and(|l| l.raw() == id);
        let mut with_login = with_login;
        return with_login.find(is_it).ok_or(Why::NeedsAPerson("the login is no candidate of it"));
    }
    let needed = if choice.headless { 2 } else { 1 };
    let mut candidates = with_login;
    match (candidates.next(), candidates.next()) {
        (None, _) => Err(Why::NeedsAPerson("no login fits: find it and link it by hand")),
        (Some(_), Some(_)) => {
            Err(Why::NeedsAPerson("several logins fit: choose one with --candidate"))
        }
        (Some(only), None) if identities(&only.why) < needed => {
            Err(Why::NeedsAPerson("the only candidate does not agree well enough"))
        }
        (Some(only), None) => Ok(only),
    }
}

/// In how many identities a candidate agrees.
fn identities(why: &[Reason]) -> usize {
    let strong = |r: &&Reason| {
        matches!(r, Reason::SameLogin | Reason::SameMac | Reason::SameSerial | Reason::NamedByEntry)
    };
    why.iter().filter(strong).count()
}

/// The device's own entry is linked, or the login takes the device.
fn link_login(finding: &Finding, choice: Choice<'_>) -> Result<Vec<Intent>, Why> {
    let device = device(finding)?;
    let candidate = chosen(finding, choice)?;
    let login_id = candidate.login_id.clone().ok_or(Why::Missing("the login's id"))?;
    let own = finding.provider.iter().find(|p| p.is_entry() && p.device_id.is_some());
    let (record, change) = match own {
        Some(entry) if !entry.is_linked() => {
            let id = entry.device_id.clone().unwrap_or_default();
            let cells = vec![(Cell::Login, login_id)];
            (entry.clone(), set(RecordKey::Entry(id), cells, false))
        }
        Some(_) => return Err(Why::NeedsAPerson("the entry is linked to a login already")),
        None if candidate.device_id.is_some() => {
            return Err(Why::NeedsAPerson("the login carries another device"));
        }
        None => {
            let record = ProviderRecord {
                login_id: Some(login_id.clone()),
                login: candidate.login.clone(),
                ..ProviderRecord::default()
            };
            (record, set(RecordKey::Login(login_id), identity_cells(device)?, false))
        }
    };
    let mut expect = both(device, &record);
    if own.is_none() {
        // What a candidate shows of its login's state is not all: the re-read tells the rest.
        expect.provider.iter_mut().for_each(|p| (p.linked, p.active) = (Some(false), Some(true)));
    }
    Ok(vec![Intent::new(change, Record::Provider(record), expect).effect(0, 1)])
}

/// What a login or an entry is given of a device: its serial, else its MAC.
fn identity_cells(device: &AcsDevice) -> Result<Vec<(Cell, Untrusted)>, Why> {
    let serial = device.serial.as_ref().map(|serial| (Cell::Serial, serial.clone()));
    let mac = device.macs.first().map(|mac| (Cell::Mac, colons(mac)));
    let cells: Vec<_> = serial.or(mac).into_iter().collect();
    if cells.is_empty() { Err(Why::Missing("the device's serial and MAC")) } else { Ok(cells) }
}

/// A MAC as the Provider writes it.
fn colons(mac: &Untrusted) -> Untrusted {
    identity::mac(mac.raw()).map_or_else(|| mac.clone(), |m| Untrusted::new(&m.to_string()))
}

/// The new identity in the old one's place; then the login forgets the old box's MAC and dials
/// in anew, or the new box could not.
fn replace_identity(finding: &Finding, choice: Choice<'_>) -> Result<Vec<Intent>, Why> {
    if choice.headless {
        // Old and new share a login and nothing else: never two identities.
        return Err(Why::NeedsAPerson("a swap agrees in the login alone"));
    }
    let (device, entry) = (device(finding)?, entry(finding)?);
    let id = entry.device_id.clone().ok_or(Why::Missing("the entry's id"))?;
    let expect = both(device, entry);
    let of = Record::Provider(entry.clone());
    let new = |change| Intent::new(change, of.clone(), expect.clone());
    let by_serial = entry.serial.is_some();
    let cell = match (by_serial, &device.serial, device.macs.first()) {
        (true, Some(serial), _) => (Cell::Serial, serial.clone()),
        (false, _, Some(mac)) => (Cell::Mac, colons(mac)),
        _ => return Err(Why::Missing("the new device's identity of the old one's kind")),
    };
    let first = set(RecordKey::Entry(id), vec![cell.clone()], false);
    let mut intents = vec![new(first)];
    let Some(login) = entry.login_id.clone() else { return Ok(intents) };
    if by_serial {
        let too = set(RecordKey::Login(login.clone()), vec![cell], true);
        let clear = Change::Provider(ProviderChange::ClearMac { login_id: login.clone() });
        intents.extend([new(too).follow_up(), new(clear).follow_up()]);
    }
    let end = Change::Provider(ProviderChange::EndSession { login_id: login });
    intents.push(new(end).follow_up());
    Ok(intents)
}

/// What a fix that is written into the Provider does to the counts, for who undoes it.
#[must_use]
pub(crate) fn effect_of(finding: &Finding, fix: Fix) -> (i64, i64) {
    match fix {
        Fix::LinkLogin => (0, 1),
        Fix::RemoveInProvider => {
            (0, -i64::from(entry(finding).is_ok_and(ProviderRecord::is_counted)))
        }
        Fix::ReplaceIdentity
        | Fix::CorrectIdentity
        | Fix::UpdateProvider
        | Fix::SendDevice
        | Fix::DeleteInAcs
        | Fix::Synchronise
        | Fix::SynchroniseProvider
        | Fix::Investigate
        | Fix::ChooseByHand
        | Fix::Ignore => (0, 0),
    }
}

/// What differs between the device and its mistyped entry.
fn correct_identity(finding: &Finding, choice: Choice<'_>) -> Result<Vec<Intent>, Why> {
    let (device, entry) = (device(finding)?, entry(finding)?);
    let id = entry.device_id.clone().ok_or(Why::Missing("the entry's id"))?;
    let shape = |value: &Untrusted| identity::classify(value.raw());
    let same_mac =
        entry.mac.as_ref().is_some_and(|m| device.macs.iter().any(|d| shape(d) == shape(m)));
    let login =
        |v: &Option<Untrusted>| v.as_ref().and_then(|l| crate::domain::PppoeLogin::new(l.raw()));
    let same_login = matches!((login(&device.pppoe_login), login(&entry.login)),
        (Some(a), Some(b)) if a.same(&b));
    if choice.headless && !(same_mac && same_login) {
        return Err(Why::NeedsAPerson("login and MAC do not both agree"));
    }
    let mut cells = Vec::new();
    if let Some(serial) = &device.serial
        && entry.serial.as_ref().is_some_and(|s| shape(s) != shape(serial))
    {
        cells.push((Cell::Serial, serial.clone()));
    }
    if let (Some(mac), Some(_), false) = (device.macs.first(), &entry.mac, same_mac) {
        cells.push((Cell::Mac, colons(mac)));
    }
    if cells.is_empty() {
        return Err(Why::Missing("the device's own serial and MAC"));
    }
    let change = set(RecordKey::Entry(id), cells, false);
    Ok(vec![Intent::new(change, Record::Provider(entry.clone()), both(device, entry))])
}

/// The ACS's values in the fields that drifted. A login is never renamed: that would cut the
/// customer off.
fn update_provider(finding: &Finding) -> Result<Vec<Intent>, Why> {
    let (device, entry) = (device(finding)?, entry(finding)?);
    let key = expect::key_of(entry).ok_or(Why::Missing("the entry's id"))?;
    let cells: Vec<_> = finding
        .fields
        .iter()
        .filter_map(|drift| match drift.field {
            Field::Serial => Some((Cell::Serial, drift.acs.clone())),
            Field::Mac => device.macs.first().map(|mac| (Cell::Mac, colons(mac))),
            Field::Model => Some((Cell::Model, drift.acs.clone())),
            Field::Login | Field::WanIp => None,
        })
        .collect();
    if cells.is_empty() {
        return Err(Why::NeedsAPerson("a login is not renamed: link the right one by hand"));
    }
    let change = set(key, cells, false);
    Ok(vec![Intent::new(change, Record::Provider(entry.clone()), both(device, entry))])
}

fn of_device_alone(device: &AcsDevice) -> Expect {
    Expect { acs: vec![expect::of_device(device)], ..Expect::default() }
}

/// The one login that fits is linked, and the device counted; where none or several fit, the
/// Provider links none.
fn counted_after(finding: &Finding) -> i64 {
    let fitting = finding.candidates.iter().filter(|c| c.login_id.is_some());
    i64::from(fitting.count() == 1)
}

fn send_device(finding: &Finding) -> Result<Vec<Intent>, Why> {
    let device = device(finding)?;
    let change = Change::Acs(AcsChange::Send { id: device.id.clone() });
    let intent = Intent::new(change, Record::Acs(device.clone()), of_device_alone(device));
    Ok(vec![intent.effect(0, counted_after(finding))])
}

fn synchronise(finding: &Finding) -> Result<Vec<Intent>, Why> {
    let device = device(finding)?;
    let change = Change::Acs(AcsChange::Synchronise);
    let intent = Intent::new(change, Record::Acs(device.clone()), of_device_alone(device));
    Ok(vec![intent.effect(0, counted_after(finding))])
}

/// It drops what it had synchronised before and the ACS no longer holds: as many removals.
fn synchronise_provider(finding: &Finding, _: Whole) -> Result<Vec<Intent>, Why> {
    let entry = entry(finding)?;
    let change = Change::Provider(ProviderChange::Synchronise);
    let intent = Intent::new(change, Record::Provider(entry.clone()), absent_in_acs(entry));
    Ok(vec![intent.removal().effect(0, -i64::from(entry.is_counted()))])
}

/// It comes back when it calls home again.
fn delete_in_acs(finding: &Finding, _: Whole) -> Result<Vec<Intent>, Why> {
    let device = device(finding)?;
    let mut sought = Sought::of_device(device);
    // Whose login it uses says nothing of this device: only its identities are looked for.
    sought.logins.clear();
    let lacks = (!sought.is_empty()).then_some(sought);
    let expect = Expect { provider_lacks: lacks, silent: true, ..of_device_alone(device) };
    let change = Change::Acs(AcsChange::Delete { id: device.id.clone() });
    let intent = Intent::new(change, Record::Acs(device.clone()), expect);
    Ok(vec![intent.removal().effect(-1, 0)])
}

fn absent_in_acs(entry: &ProviderRecord) -> Expect {
    Expect {
        provider: vec![expect::of_record(entry)],
        acs_lacks: Some(Sought::of_record(entry)),
        silent: true,
        ..Expect::default()
    }
}

/// The entry loses its login, and the login the device's identity: neither is deleted.
fn remove_in_provider(finding: &Finding, _: Whole) -> Result<Vec<Intent>, Why> {
    let entry = entry(finding)?;
    let id = entry.device_id.clone().ok_or(Why::Missing("the entry's id"))?;
    let of = Record::Provider(entry.clone());
    let nothing = Untrusted::default;
    let unlink = set(RecordKey::Entry(id), vec![(Cell::Login, nothing())], true);
    let effect = -i64::from(entry.is_counted());
    let first = Intent::new(unlink, of.clone(), absent_in_acs(entry)).removal().effect(0, effect);
    let Some(login) = entry.login_id.clone() else { return Ok(vec![first]) };
    let cells = vec![(Cell::Serial, nothing()), (Cell::Mac, nothing())];
    let clear = set(RecordKey::Login(login), cells, true);
    let second = Intent::new(clear, of, absent_in_acs(entry)).removal().follow_up();
    Ok(vec![first, second])
}
