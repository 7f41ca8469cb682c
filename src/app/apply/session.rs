//! One apply from its lock to its end.
//!
//! Must not do: go on over rows that a person has to settle.

use std::time::Duration;

use uuid::Uuid;

use crate::app::apply::after;
use crate::app::apply::batches::{self, Halt};
use crate::app::apply::crash::{Crash, Point};
use crate::app::apply::desk::{Desk, boot_id};
use crate::app::apply::judged;
use crate::app::apply::outcome::{Applied, Went};
use crate::app::apply::progress::{Said, Say};
use crate::app::apply::recover::{blocking, recover};
use crate::app::apply::restored;
use crate::app::apply::rows::{Hand, rows};
use crate::app::apply::systems::Systems;
use crate::app::error::AppError;
use crate::app::plan::decode::Filed;
use crate::app::plan::facts;
use crate::app::reconcile::{Request, World};
use crate::config::{Settings, SideSettings};
use crate::domain::{AnySnapshot, Side, Untrusted};
use crate::engine::Fix;
use crate::engine::guard::{self, Asks, Guard, Mode, Verdict};
use crate::engine::plan::Step;
use crate::store::run::Run;
use crate::store::{ACKNOWLEDGED_KEY, ApplyLock, Arrow, Note, StepRow, StepState, Store};

/// Who applies, and what they gave for the guards.
#[derive(Clone, Debug)]
pub struct Order {
    /// Who looks at it.
    pub mode: Mode,
    /// The count that a person typed.
    pub typed: Option<u64>,
    /// Who approved it, beside who planned it.
    pub approver: Option<String>,
    /// Why a side that shrank is no reason to wait.
    pub acknowledged: Option<String>,
    /// The plan is kept in a file, and can be gone on with.
    pub keeps: bool,
    /// How the sides are read again afterwards.
    pub request: Request,
}

/// The lock of an apply, with the store that it guards.
pub struct Session<'a> {
    settings: &'a Settings,
    world: World<'a>,
    store: &'a Store,
    lock: ApplyLock,
    say: Say<'a>,
    run_id: String,
    /// `CLOCK_BOOTTIME` when it was taken.
    began: Duration,
}

impl<'a> Session<'a> {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`AppError::Locked`] where another apply has it.
    pub fn begin(
        settings: &'a Settings,
        store: &'a Store,
        world: World<'a>,
        say: Say<'a>,
    ) -> Result<Self, AppError> {
        let Some(lock) = store.lock_for_apply()? else { return Err(locked(store)) };
        let run_id = Uuid::now_v7().to_string();
        let began = world.adapters.clock.monotonic();
        Ok(Self { settings, world, store, lock, say, run_id, began })
    }

    /// Settles what an earlier apply left; INTENT rows of `resumed` stay.
    ///
    /// # Errors
    /// [`AppError::Journal`] where rows remain that a person has to settle.
    pub fn recover(&self, systems: &Systems<'_>, resumed: Option<&str>) -> Result<(), AppError> {
        if let Some(since) = self.store.must_probe_all()? {
            let times = (since, self.world.adapters.clock.now());
            return Err(restored::refusal(self.store, systems, times)?);
        }
        let left = recover(&self.desk(systems)?, resumed)?;
        match blocking(&left).as_slice() {
            [] => Ok(()),
            rows => Err(undecided(rows)),
        }
    }

    /// Applies a plan, whose findings are of the run that it names.
    ///
    /// # Errors
    /// Where the plan can't be judged, or the store can't be used before anything is sent. What
    /// happens after that is in [`Applied`].
    pub fn apply(
        &self,
        filed: &Filed,
        order: &Order,
        systems: &Systems<'_>,
    ) -> Result<Applied, AppError> {
        let run = judged::run_of(self.settings, self.store, filed, systems)?;
        if !self.has_ended(filed)?
            && let Some(went) = self.judged(filed, order, &run)?
        {
            self.end_outdated(filed, &went)?;
            let run_id = self.run_id.clone();
            return Ok(Applied { run_id, went, after: None, unread: None });
        }
        self.note_acknowledgement(filed, order)?;
        let desk = Desk { acs_then: self.acs_then(filed)?, ..self.desk(systems)? };
        desk.crash.at(Point::C0);
        let actor = &order.request.actor;
        let hand = Hand { run_id: &self.run_id, actor, approver: order.approver.as_deref() };
        let (begun, planned) = rows(filed, &hand, desk.clock.now());
        let rows = self.store.begin(&self.lock, &begun, planned)?;
        desk.crash.at(Point::C1);
        (self.say)(Said::Begun(rows.len()));
        let may_go = || self.pause(filed, order.mode);
        let batches::Went { rows, halted } = batches::run(&desk, &filed.plan, rows, &may_go);
        Ok(self.looked_after(filed, order, &run, rows, halted))
    }

    /// What was in the ACS when the plan was made, where it lets the Provider drop what is not.
    fn acs_then(&self, filed: &Filed) -> Result<Vec<Untrusted>, AppError> {
        let drops = |step: &Step| step.fix == Fix::SynchroniseProvider;
        if !filed.plan.sent().any(drops) {
            return Ok(Vec::new());
        }
        let then = self.store.acs_snapshot(&filed.plan.parent)?;
        let devices = then.iter().flat_map(AnySnapshot::records);
        Ok(devices.map(|device| device.id.clone()).collect())
    }

    /// A plan that is past its time is never gone on with: what of it was not sent ends now.
    fn end_outdated(&self, filed: &Filed, went: &Went) -> Result<(), AppError> {
        let Went::Refused(verdict) = went else { return Ok(()) };
        let is_past = |r: &guard::Reason| matches!(r.guard, Guard::Expired | Guard::NewerRun);
        if !verdict.reasons().iter().any(is_past) {
            return Ok(());
        }
        let now = self.world.adapters.clock.now();
        for row in self.store.steps_of(&filed.plan.id)? {
            if row.state == StepState::Intent {
                self.store.advance(&self.lock, &row.id(), &Arrow::Expire, now)?;
            }
        }
        Ok(())
    }

    /// Did every step end before? Then nothing is sent, so no guard is asked: an apply that died
    /// while it read both systems again is told how it went, though its plan is outdated since.
    fn has_ended(&self, filed: &Filed) -> Result<bool, AppError> {
        let rows = self.store.steps_of(&filed.plan.id)?;
        Ok(!rows.is_empty() && rows.iter().all(|row| row.state.is_end()))
    }

    /// Why a side that shrank was no reason to wait is kept before anything is removed.
    fn note_acknowledgement(&self, filed: &Filed, order: &Order) -> Result<(), AppError> {
        let Some(reason) = order.acknowledged.as_ref().filter(|_| filed.plan.removes()) else {
            return Ok(());
        };
        let text = format!("plan {}: {reason}", filed.plan.id);
        let (actor, at) = (order.request.actor.clone(), self.world.adapters.clock.now());
        Ok(self.store.add_note(ACKNOWLEDGED_KEY, &Note { text, actor, at })?)
    }

    /// Reads both sides again, unless a signal came, or the same plan is to go on after a pause:
    /// a newer list would end it.
    fn looked_after(
        &self,
        filed: &Filed,
        order: &Order,
        before: &Run,
        rows: Vec<StepRow>,
        halted: Option<Halt>,
    ) -> Applied {
        let request = Request { id: Some(self.run_id.clone()), ..order.request.clone() };
        let goes_on = order.keeps && rows.iter().any(is_unsettled);
        let looked = if goes_on || self.world.stop.asked().is_some() {
            Ok(None)
        } else {
            (self.say)(Said::Collecting);
            let plan = (&filed.plan, filed.undoes, rows.as_slice());
            after::look(self.settings, plan, before, &request, self.world).map(Some)
        };
        let (after, unread) = match looked {
            Ok(after) => (after, None),
            Err(error) => (None, Some(error)),
        };
        let went = Went::Sent { rows, halted };
        Applied { run_id: self.run_id.clone(), went, after, unread }
    }

    /// `None` where it may be sent.
    fn judged(&self, filed: &Filed, order: &Order, run: &Run) -> Result<Option<Went>, AppError> {
        let now = self.world.adapters.clock.now();
        let asked = (order.mode, order.acknowledged.is_some());
        let verdict = judged::verdict(self.settings, (self.store, run), filed, asked, now)?;
        let went = match verdict {
            Verdict::Safe => None,
            Verdict::Confirm(reasons) if confirmed(&reasons, filed, order) => None,
            Verdict::Confirm(_) => Some(Went::Unconfirmed(verdict)),
            Verdict::Refuse(_) => Some(Went::Refused(verdict)),
        };
        Ok(went)
    }

    /// Asked before each step: may it still be sent?
    fn pause(&self, filed: &Filed, mode: Mode) -> Option<Halt> {
        let now = self.world.adapters.clock.now();
        if facts::in_sync_window(self.settings, mode, now) {
            return Some(Halt::SyncWindow);
        }
        (now >= filed.plan.expires).then_some(Halt::Expired)
    }

    fn desk<'d>(&'d self, systems: &'d Systems<'d>) -> Result<Desk<'d>, AppError> {
        Ok(Desk {
            store: self.store,
            lock: &self.lock,
            systems,
            clock: self.world.adapters.clock,
            stop: self.world.stop,
            quiet: [Side::Acs, Side::Provider].map(|side| quiet(self.settings, side)),
            boot_id: boot_id()?,
            began: self.began,
            acs_then: Vec::new(),
            say: self.say,
            crash: Crash::asked(self.world.env),
        })
    }
}

/// May the plan still have something to do about it?
fn is_unsettled(row: &StepRow) -> bool {
    row.state == StepState::Intent || row.state.is_under_way()
}

/// Did persons give what the guards ask for?
fn confirmed(reasons: &[guard::Reason], filed: &Filed, order: &Order) -> bool {
    let typed = order.typed == Some(guard::count(&filed.plan));
    reasons.iter().all(|reason| match reason.asks {
        Asks::Count => typed,
        Asks::SecondPerson => typed && order.approver.is_some(),
        Asks::Nothing => false,
    })
}

/// The configured quiet period of a side; a file is never written to.
fn quiet(settings: &Settings, side: Side) -> Duration {
    match settings.side(side) {
        Some(SideSettings::Network(network)) => network.quiet_period.0.unsigned_abs(),
        Some(SideSettings::File(_)) | None => Duration::ZERO,
    }
}

pub(super) fn locked(store: &Store) -> AppError {
    let holder = store.lock_holder();
    let who = holder.map(|h| format!(" (process {}, {}, since {})", h.pid, h.user, h.since));
    AppError::Locked {
        what: format!("another apply holds the lock{}", who.unwrap_or_default()),
        hints: vec![
            "wait until it has ended; the lock goes away with it, even if it dies".to_owned(),
        ],
    }
}

fn undecided(rows: &[&StepRow]) -> AppError {
    let first = rows.first().map_or_else(String::new, |row| row.action.clone());
    AppError::Journal {
        what: format!("{} steps of an earlier apply need a person first", rows.len()),
        hints: vec![
            "`acerto show ACTION` tells what is known, `acerto status` lists them".to_owned(),
            format!("then: acerto resolve {first} done|redo|drop --reason …"),
        ],
    }
}
