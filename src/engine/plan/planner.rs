//! The planner: chosen findings in, steps and reasons out.
//!
//! Must not do: take a finding's second fix where a person has to choose; plan two changes of
//! one record for two findings.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    AcsChange, AcsDevice, Cell, Change, ProviderChange, ProviderRecord, RecordKey, Side,
};
use crate::engine::finding::{Cause, Finding, Fix, Strength};
use crate::engine::plan::intents::{Choice, Intent, intents};
use crate::engine::plan::{BY_REQUEST, Expect, FixPlan, Send, Skipped, Step, Target, Whole, Why};
use crate::engine::{Between, Projected, Projection};

/// A record, of either side.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Of the ACS.
    Acs(AcsDevice),
    /// Of the Provider.
    Provider(ProviderRecord),
}

/// What the two systems can be asked for.
pub trait Abilities {
    /// The requests that make up `change` of `of`; none where there is nothing to do.
    ///
    /// # Errors
    /// Where the system can't be asked for it; why, in one sentence.
    fn propose(&self, change: &Change, of: &Record) -> Result<Vec<Send>, String>;
}

/// Which findings, and what about them.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Findings of these causes.
    pub causes: Vec<Cause>,
    /// Findings of these ids. Where both are empty: every finding.
    pub ids: Vec<String>,
    /// This fix, instead of the first that can be sent.
    pub fix: Option<Fix>,
    /// The login that a person chose.
    pub candidate: Option<String>,
    /// What a person chose for single findings, by their ids; it goes before the two above.
    pub chosen: BTreeMap<String, Chosen>,
    /// Nobody looks at the plan before it is applied.
    pub headless: bool,
}

/// What a person chose for one finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// This fix, instead of the first that can be sent.
    pub fix: Option<Fix>,
    /// This login.
    pub candidate: Option<String>,
}

impl Selection {
    /// The fix and the login for a finding, where a person chose them.
    fn of(&self, finding: &Finding) -> (Option<Fix>, Option<&str>) {
        let one = self.chosen.get(&finding.id);
        let fix = one.and_then(|chosen| chosen.fix).or(self.fix);
        let candidate = one.and_then(|chosen| chosen.candidate.as_deref());
        (fix, candidate.or(self.candidate.as_deref()))
    }

    /// Did a person name it, by its cause, its device or its fix?
    fn names(&self, finding: &Finding) -> bool {
        let named = self.causes.contains(&finding.cause) || self.ids.contains(&finding.id);
        !self.headless && (named || self.fix.is_some())
    }

    fn takes(&self, finding: &Finding) -> bool {
        let by_cause = self.causes.contains(&finding.cause);
        let by_id = self.ids.contains(&finding.id);
        match (self.causes.is_empty(), self.ids.is_empty()) {
            (true, true) => true,
            (true, false) => by_id,
            (false, true) => by_cause,
            (false, false) => by_cause && by_id,
        }
    }
}

/// What a plan is made of, besides the selection.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Every finding of the run.
    pub findings: &'a [Finding],
    /// The counts of the run.
    pub between: &'a Between,
    /// Present only where both sides were read whole.
    pub whole: Option<Whole>,
    /// What can be sent.
    pub abilities: &'a dyn Abilities,
    /// When the ACS was read.
    pub acs_at: Timestamp,
    /// How long a device has to be absent before it is removed without a person.
    pub absence: SignedDuration,
}

/// Whose plan it is, and until when it holds.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// [`FixPlan::id`].
    pub id: String,
    /// [`FixPlan::parent`].
    pub parent: String,
    /// [`FixPlan::profile`].
    pub profile: String,
    /// [`FixPlan::generation`].
    pub generation: u64,
    /// [`FixPlan::made`].
    pub made: Timestamp,
    /// [`FixPlan::planner`].
    pub planner: String,
}

/// How long a plan may be applied: with removals, and without.
const EXPIRES: [SignedDuration; 2] = [SignedDuration::from_mins(15), SignedDuration::from_mins(60)];

/// A plan of one step: a system synchronises, whether a finding asks for it or not.
#[must_use]
pub fn synchronisation(wanted: Wanted<'_>, side: Side, head: Letterhead) -> FixPlan {
    let (fix, change, of) = match side {
        Side::Acs => (
            Fix::Synchronise,
            Change::Acs(AcsChange::Synchronise),
            Record::Acs(AcsDevice::default()),
        ),
        Side::Provider => (
            Fix::SynchroniseProvider,
            Change::Provider(ProviderChange::Synchronise),
            Record::Provider(ProviderRecord::default()),
        ),
    };
    let send = wanted.abilities.propose(&change, &of).ok().and_then(|mut s| s.pop());
    let mut step = Step {
        seq: 1,
        fix,
        side,
        send,
        target: Target::default(),
        expect: Expect::default(),
        because: BY_REQUEST.to_owned(),
        also: Vec::new(),
        cause: Cause::AwaitingSync,
        strength: Strength::Proven,
        removal: side == Side::Provider,
        removes: 0,
        follows: None,
        effect: (0, 0),
    };
    let mut draft = Draft::default();
    if side == Side::Provider {
        drops_all(&mut step, wanted.findings);
        step.cause = Cause::PendingPurge;
    }
    if step.removal && wanted.whole.is_none() {
        let (because, cause) = (BY_REQUEST.to_owned(), step.cause);
        let target = Target::default();
        draft.skipped.push(Skipped { because, cause, target, why: Why::NotWhole });
    } else {
        draft.steps.push(step);
    }
    draft.finish(wanted, head)
}

/// Makes the plan.
#[must_use]
pub fn plan(wanted: Wanted<'_>, selection: &Selection, head: Letterhead) -> FixPlan {
    let mut draft = Draft::default();
    for finding in wanted.findings.iter().filter(|f| selection.takes(f)) {
        if let Err(why) = draft.add(finding, wanted, selection) {
            let (because, cause) = (finding.id.clone(), finding.cause);
            let side = if finding.acs.is_empty() { Side::Provider } else { Side::Acs };
            let target = target(finding, side, None);
            draft.skipped.push(Skipped { because, cause, target, why });
        }
    }
    draft.finish(wanted, head)
}

/// The counts once everything that is sent is done.
fn projection(steps: &[Step], between: &Between) -> Projection {
    let sent = || steps.iter().filter(|step| step.send.is_some());
    let after = |now: u64, by: i64| now.saturating_add_signed(by);
    let provider = after(between.provider, sent().map(|s| s.effect.1).sum());
    Projection {
        step: Projected::Plan,
        acs: after(between.acs, sent().map(|s| s.effect.0).sum()),
        provider,
        provider_least: provider,
        devices: sent().filter(|s| s.follows.is_none()).count() as u64,
        active_logins: 0,
    }
}

#[derive(Default)]
struct Draft {
    steps: Vec<Step>,
    skipped: Vec<Skipped>,
    /// Which finding changes a record.
    taken: HashMap<String, String>,
    /// Steps that serve several findings, by their place.
    shared: HashMap<String, usize>,
}

/// An intent with the requests that it takes.
type Proposed = Vec<(Intent, Vec<Send>)>;

impl Draft {
    fn finish(self, wanted: Wanted<'_>, head: Letterhead) -> FixPlan {
        let Draft { steps, skipped, .. } = self;
        let projection = projection(&steps, wanted.between);
        let removes = steps.iter().any(|step| step.removal && step.send.is_some());
        let Letterhead { id, parent, profile, generation, made, planner } = head;
        let expires = made + if removes { EXPIRES[0] } else { EXPIRES[1] };
        FixPlan {
            id,
            parent,
            profile,
            generation,
            made,
            expires,
            planner,
            steps,
            skipped,
            projection,
        }
    }

    fn add(
        &mut self,
        finding: &Finding,
        wanted: Wanted<'_>,
        selection: &Selection,
    ) -> Result<(), Why> {
        if let Some(ignored) = &finding.ignored {
            return Err(Why::Ignored(ignored.reason.clone()));
        }
        if finding.cause == Cause::RemovedUnknown && !selection.names(finding) {
            let why = "nothing tells how it left: choose it by --cause or --key";
            return Err(Why::NeedsAPerson(why));
        }
        let (fix, candidate) = selection.of(finding);
        let fixes: Vec<Fix> = match fix {
            Some(fix) if finding.fixes.contains(&fix) => vec![fix],
            Some(_) => return Err(Why::NotOffered),
            None => finding.fixes.iter().copied().filter(|f| changes_a_system(*f)).collect(),
        };
        let choice = Choice { candidate, headless: selection.headless };
        let mut by_hand = None;
        for fix in fixes {
            let intents = intents(finding, fix, choice, wanted.whole)?;
            let alive = life_sign(finding, wanted.acs_at);
            let intents = intents.into_iter().map(|i| i.unless_alive(alive)).collect::<Vec<_>>();
            if selection.headless && intents.iter().any(|i| i.removal) && !is_whole_side(fix) {
                alone(finding, wanted)?;
            }
            match proposed(intents, wanted.abilities) {
                Ok(proposed) => return self.steps(finding, fix, proposed, wanted),
                Err(intents) => by_hand = by_hand.or(Some((fix, intents))),
            }
        }
        let (fix, intents) = by_hand.ok_or(Why::NothingToSend)?;
        let Some(first) = intents.into_iter().next() else { return Err(Why::NothingToSend) };
        self.push(finding, fix, first, None, None);
        Ok(())
    }

    fn steps(
        &mut self,
        finding: &Finding,
        fix: Fix,
        proposed: Proposed,
        wanted: Wanted<'_>,
    ) -> Result<(), Why> {
        let sends = || proposed.iter().flat_map(|(_, sends)| sends);
        let given = sends().filter_map(|send| login_of(&send.change));
        let keys: Vec<String> = sends().map(|send| send.key.clone()).chain(given).collect();
        if proposed.iter().any(|(intent, _)| is_shared(&intent.change)) {
            return self.share(finding, fix, proposed, wanted);
        }
        if keys.iter().any(|key| self.taken.get(key).is_some_and(|of| *of != finding.id)) {
            return Err(Why::RecordTaken);
        }
        self.taken.extend(keys.into_iter().map(|key| (key, finding.id.clone())));
        let mut before = None;
        let mut effect = (0, 0);
        // Where the first change takes no request, the next one is the first that looks again.
        let expected = proposed.first().map(|(intent, _)| intent.expect.clone());
        for (intent, sends) in proposed {
            effect = (effect.0 + intent.effect.0, effect.1 + intent.effect.1);
            for send in sends {
                let effect = std::mem::take(&mut effect);
                let mut intent = Intent { effect, ..intent.clone() };
                let follows = before;
                if let (None, Some(expected)) = (follows, &expected) {
                    intent.expect = expected.clone();
                }
                before = Some(self.push(finding, fix, intent, Some(send), follows));
            }
        }
        Ok(())
    }

    /// One request ends many findings: that of a synchronisation.
    fn share(
        &mut self,
        finding: &Finding,
        fix: Fix,
        proposed: Proposed,
        wanted: Wanted<'_>,
    ) -> Result<(), Why> {
        let first = proposed.into_iter().find_map(|(intent, mut sends)| {
            let send = (!sends.is_empty()).then(|| sends.swap_remove(0));
            send.map(|send| (intent, send))
        });
        let (mut intent, send) = first.ok_or(Why::NothingToSend)?;
        if let Some(&at) = self.shared.get(&send.key) {
            let step = &mut self.steps[at];
            if fix == Fix::Synchronise {
                step.effect = (step.effect.0, step.effect.1 + intent.effect.1);
                step.strength = step.strength.max(finding.strength);
            }
            if !step.also.contains(&finding.id) && step.because != finding.id {
                step.also.push(finding.id.clone());
            }
            return Ok(());
        }
        // The system itself looks at each device before it drops or links one.
        intent.expect = Expect::default();
        let key = send.key.clone();
        self.push(finding, fix, intent, Some(send), None);
        let at = self.steps.len() - 1;
        self.shared.insert(key, at);
        if fix == Fix::SynchroniseProvider {
            drops_all(&mut self.steps[at], wanted.findings);
        }
        Ok(())
    }

    fn push(
        &mut self,
        finding: &Finding,
        fix: Fix,
        intent: Intent,
        send: Option<Send>,
        follows: Option<u32>,
    ) -> u32 {
        let seq = u32::try_from(self.steps.len()).unwrap_or(u32::MAX - 1) + 1;
        let side = intent.change.side();
        self.steps.push(Step {
            seq,
            fix,
            side,
            target: target(finding, side, intent.expect.provider.first()),
            send,
            expect: intent.expect,
            because: finding.id.clone(),
            also: Vec::new(),
            cause: finding.cause,
            strength: finding.strength,
            removal: intent.removal,
            removes: u32::from(intent.removal && follows.is_none()),
            follows: follows.filter(|_| intent.follows),
            effect: intent.effect,
        });
        seq
    }
}

/// The requests of all intents; the intents back, where one of them can't be sent.
fn proposed(intents: Vec<Intent>, abilities: &dyn Abilities) -> Result<Proposed, Vec<Intent>> {
    let sends: Result<Vec<Vec<Send>>, String> =
        intents.iter().map(|i| abilities.propose(&i.change, &i.of)).collect();
    match sends {
        Ok(sends) => Ok(intents.into_iter().zip(sends).collect()),
        Err(_) => Err(intents),
    }
}

/// What is removed without a person is proven, silent, and has been gone for a while. Of a
/// synchronisation the guard judges everything that it drops.
fn alone(finding: &Finding, wanted: Wanted<'_>) -> Result<(), Why> {
    if finding.strength != Strength::Proven {
        return Err(Why::OnlyInferred);
    }
    if life_sign(finding, wanted.acs_at) {
        return Err(Why::LifeSign);
    }
    if absent_for(finding, wanted.acs_at) < wanted.absence {
        return Err(Why::AbsentTooShortly);
    }
    Ok(())
}

fn is_whole_side(fix: Fix) -> bool {
    fix == Fix::SynchroniseProvider
}

/// A device that informed so lately is in use.
const INFORMED: SignedDuration = SignedDuration::from_hours(24);

/// Is the login of an entry online, or did a device inform lately?
#[must_use]
pub fn life_sign(finding: &Finding, acs_at: Timestamp) -> bool {
    let online = finding.provider.iter().any(|p| p.online == Some(true));
    let informs = finding
        .acs
        .iter()
        .filter_map(|d| d.last_inform)
        .any(|at| acs_at.duration_since(at) < INFORMED);
    online || informs
}

/// How long the other side has been without it, at least, by complete snapshots.
#[must_use]
pub fn absent_for(finding: &Finding, acs_at: Timestamp) -> SignedDuration {
    acs_at.duration_since(finding.absent_since.unwrap_or(acs_at))
}

/// Can a system be asked for it at all, or is it for a person?
fn changes_a_system(fix: Fix) -> bool {
    !matches!(fix, Fix::Investigate | Fix::ChooseByHand | Fix::Ignore)
}

/// The login that a change is of, or that it gives to an entry: one login, one device.
fn login_of(change: &Change) -> Option<String> {
    let id = match change {
        Change::Provider(
            ProviderChange::ClearMac { login_id } | ProviderChange::EndSession { login_id },
        ) => login_id,
        Change::Provider(ProviderChange::Set { row: RecordKey::Login(id), .. }) => id,
        Change::Provider(ProviderChange::Set { cells, .. }) => {
            let given =
                cells.iter().find(|(cell, id)| *cell == Cell::Login && !id.raw().is_empty());
            &given?.1
        }
        Change::Provider(ProviderChange::Synchronise) | Change::Acs(_) => return None,
    };
    Some(format!("login {}", id.raw()))
}

fn is_shared(change: &Change) -> bool {
    matches!(
        change,
        Change::Acs(AcsChange::Synchronise) | Change::Provider(ProviderChange::Synchronise)
    )
}

/// The Provider's synchronisation drops every entry whose device the ACS no longer holds, chosen
/// or not (R4b); it is as sure as the least sure of them.
fn drops_all(step: &mut Step, findings: &[Finding]) {
    let dropped: Vec<&Finding> = findings.iter().filter(|f| is_dropped(f.cause)).collect();
    let entries = || dropped.iter().flat_map(|f| &f.provider).filter(|p| p.is_entry());
    let counted = entries().filter(|p| p.is_counted()).count();
    // Whether it is counted or not, an entry that is dropped is gone.
    step.removes = u32::try_from(entries().count()).unwrap_or(u32::MAX);
    step.effect = (0, -i64::try_from(counted).unwrap_or(i64::MAX));
    step.strength = dropped.iter().map(|f| f.strength).max().unwrap_or(Strength::Inferred);
    let ids: HashSet<&String> = dropped.iter().map(|f| &f.id).collect();
    let mut also: Vec<String> =
        ids.into_iter().filter(|id| **id != step.because).cloned().collect();
    also.sort_unstable();
    step.also = also;
}

/// Would the Provider's synchronisation drop its entry?
#[must_use]
pub(crate) fn is_dropped(cause: Cause) -> bool {
    match cause {
        Cause::LostWebhook | Cause::PendingPurge | Cause::SwappedDevice | Cause::RemovedUnknown => {
            true
        }
        Cause::Duplicate
        | Cause::IdentityMismatch
        | Cause::InactiveLogin
        | Cause::Returned
        | Cause::AwaitingSync
        | Cause::UnlinkedLogin
        | Cause::NeverSeen
        | Cause::Unexplained
        | Cause::FieldDrift
        | Cause::ManualDelete => false,
    }
}

/// Which device and record a step for a finding is about.
#[must_use]
pub fn target(finding: &Finding, side: Side, expected: Option<&ProviderRecord>) -> Target {
    let device = finding.acs.first();
    let related = finding.related.as_ref().and_then(|r| r.provider.as_ref());
    let record = expected.or(finding.provider.first()).or(related);
    let of_device = device.and_then(|d| d.serial.clone());
    let of_record = record.and_then(|r| r.serial.clone().or(r.mac.clone()));
    let serial = match side {
        Side::Acs => of_device.or(of_record),
        Side::Provider => of_record.or(of_device),
    };
    Target {
        acs_id: device.map(|d| d.id.clone()),
        serial,
        device_id: record.and_then(|r| r.device_id.clone()),
        login_id: record.and_then(|r| r.login_id.clone()),
        login: record.and_then(|r| r.login.clone()).or(device.and_then(|d| d.pppoe_login.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AnySnapshot, SnapshotMeta};
    use crate::engine::testing::{at, candidate, device, entry, finding, head, send, u};

    /// Every change is one request, of a record of its own.
    struct Able;

    impl Abilities for Able {
        fn propose(&self, change: &Change, _: &Record) -> Result<Vec<Send>, String> {
            Ok(vec![send(change.clone())])
        }
    }

    /// A device that one login fits; with an entry of its own, that is linked.
    fn unlinked(n: u32, has_entry: bool) -> Finding {
        let entry = ProviderRecord {
            device_id: Some(u(&n.to_string())),
            serial: device(n).serial,
            linked: Some(false),
            ..ProviderRecord::default()
        };
        let provider = has_entry.then_some(entry);
        Finding {
            fixes: vec![Fix::LinkLogin],
            candidates: vec![candidate("57", 2)],
            ..finding(n, Cause::UnlinkedLogin, Some(device(n)), provider)
        }
    }

    /// A login keeps its device itself: to unlink an entry takes no request.
    struct LoginsOnly;

    impl Abilities for LoginsOnly {
        fn propose(&self, change: &Change, _: &Record) -> Result<Vec<Send>, String> {
            let row = RecordKey::Login(u("51"));
            let is_its = matches!(change, Change::Provider(ProviderChange::Set { row: of, .. })
                if *of == row);
            Ok(is_its.then(|| send(change.clone())).into_iter().collect())
        }
    }

    #[test]
    fn the_first_request_of_a_removal_looks_at_the_record_again() {
        let meta = || SnapshotMeta::at(at(0));
        let acs = AnySnapshot::new(meta(), vec![device(2)]);
        let provider = AnySnapshot::new(meta(), vec![entry(1)]);
        let findings = [Finding {
            fixes: vec![Fix::RemoveInProvider],
            ..finding(1, Cause::PendingPurge, None, Some(entry(1)))
        }];
        let between = Between { acs: 9, provider: 9, matched: 9, rows: Vec::new() };
        let wanted = Wanted {
            findings: &findings,
            between: &between,
            whole: Some(Whole::of(acs.complete().unwrap(), provider.complete().unwrap())),
            abilities: &LoginsOnly,
            acs_at: at(0),
            absence: SignedDuration::ZERO,
        };
        let plan = plan(wanted, &Selection::default(), head());
        let [step] = plan.steps.as_slice() else { panic!("{plan:?}") };
        assert_eq!(step.expect.provider, [crate::engine::plan::expect::of_record(&entry(1))]);
        assert_eq!((step.follows, step.removes, step.effect), (None, 1, (0, -1)));
        assert_eq!(crate::engine::plan::check(&plan, &findings, wanted.whole), []);
    }

    #[test]
    fn a_login_is_given_to_one_device_only() {
        let meta = || SnapshotMeta::at(at(0));
        let acs = AnySnapshot::new(meta(), vec![device(1)]);
        let provider = AnySnapshot::new(meta(), vec![ProviderRecord::default()]);
        let whole = Whole::of(acs.complete().unwrap(), provider.complete().unwrap());
        for (first, second) in [(true, false), (false, true), (true, true), (false, false)] {
            let findings = [unlinked(1, first), unlinked(2, second)];
            let between = Between { acs: 9, provider: 9, matched: 9, rows: Vec::new() };
            let wanted = Wanted {
                findings: &findings,
                between: &between,
                whole: Some(whole),
                abilities: &Able,
                acs_at: at(0),
                absence: SignedDuration::ZERO,
            };
            let plan = plan(wanted, &Selection::default(), head());
            let of: Vec<&str> = plan.steps.iter().map(|step| step.because.as_str()).collect();
            assert_eq!(of, [findings[0].id.as_str()], "{first} {second}");
            let why: Vec<&Why> = plan.skipped.iter().map(|skipped| &skipped.why).collect();
            assert_eq!(why, [&Why::RecordTaken], "{first} {second}");
        }
    }
}
