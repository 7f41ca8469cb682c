//! One step: both sides read again, the record looked at, a commit, one request, a look.
//!
//! Must not do: send without the commit before it (I1), or send again without a probe (I2).

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::app::apply::crash::Point;
use crate::app::apply::desk::{Desk, failed};
use crate::app::apply::reread::{Still, drops_more, reread};
use crate::app::error::AppError;
use crate::domain::{Change, Side, Undo};
use crate::engine::plan::{Send, Step};
use crate::ports::{Answer, Before, Effect, FetchError, FetchErrorKind, Image, Outcome, Seen};
use crate::store::{Arrow, BeforeRow, Reply, StepRow, StepState, Undoable};

/// Between a refusal that passes and the next attempt: in sum more than a session of a device
/// lasts (GENIEACS.md section 3: 30 s).
const REFUSED: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(12), Duration::from_secs(20)];

/// Times that nothing left before the apply stops.
const UNSENT_MOST: usize = 3;

/// What was read longer ago is read again before anything is sent.
const FRESH: Duration = Duration::from_secs(10);

/// Looks that take longer, one after the other, before the apply stops.
const SLOW_MOST: usize = 3;

/// What is noted of a change that the system accepted and shows nothing of.
pub(super) const ACCEPTED: &str = "accepted; the system shows nothing more of it";

/// Takes a step from INTENT as far as it gets without waiting for a quiet period: to an end, or
/// to a doubt. Where it may not go any more just before a request, it stays.
///
/// # Errors
/// Where a side or the store can't be used, or a signal came; the row stays where it is.
pub(super) fn go(
    desk: &Desk<'_>,
    (step, send): (&Step, &Send),
    mut row: StepRow,
    may_go: &dyn Fn() -> bool,
) -> Result<StepRow, AppError> {
    let (mut unsent, mut slow) = (0, 0);
    while row.state == StepState::Intent {
        desk.stop.check()?;
        let left = desk.patiently(Side::Acs, || drops_more(desk, step))?;
        // A whole list is as old as its end; what follows is a look at single records.
        let began = desk.clock.monotonic();
        let still = match left {
            None => desk.patiently(step.side, || reread(desk, step))?,
            Some(changed) => changed,
        };
        let seen = desk.patiently(step.side, || desk.systems.look(&send.change))?;
        if let Some(arrow) = spared(desk, (step, send), still, &seen) {
            return desk.advance(&row, &arrow);
        }
        desk.stop.check()?;
        if desk.clock.monotonic().saturating_sub(began) > FRESH {
            slow += 1;
            if slow == SLOW_MOST {
                return Err(too_slow(step.side));
            }
            continue;
        }
        // Looks, pauses and refusals take their time.
        if !may_go() {
            return Ok(row);
        }
        let refusals = row.refusals;
        row = attempt(desk, send, &row, &seen)?;
        if row.state == StepState::Intent && row.refusals > refusals {
            let at = usize::try_from(refusals).unwrap_or(usize::MAX).min(REFUSED.len() - 1);
            desk.wait(REFUSED[at])?;
        } else if row.state == StepState::Intent {
            unsent += 1;
            if unsent == UNSENT_MOST {
                return Ok(row);
            }
            desk.wait(Duration::from_secs(2))?;
        }
    }
    Ok(row)
}

/// What is older may not be true any more, so the step waits for systems that answer faster.
fn too_slow(side: Side) -> AppError {
    let what = format!(
        "what the step rests on could not be read again within {} s, so it was not sent",
        FRESH.as_secs()
    );
    let hints = ["raise read_rps as far as the server allows, or apply when it is less busy"];
    failed(side, FetchError::new(FetchErrorKind::Unavailable, what, &hints))
}

/// Why nothing has to be sent, or may be: it is so already, or not any more what the plan
/// relied on.
fn spared(
    desk: &Desk<'_>,
    (step, send): (&Step, &Send),
    still: Still,
    seen: &Seen,
) -> Option<Arrow> {
    let judge = |change| desk.systems.judge(change, None, seen);
    let effect = judge(&send.change);
    if effect == Effect::Done {
        return Some(Arrow::AlreadySo);
    }
    if let Some(in_force) = &step.expect.in_force
        && judge(in_force) != Effect::Done
    {
        let why = "what is to be undone is not in force any more".to_owned();
        return Some(Arrow::Supersede { why });
    }
    match (still, effect) {
        (Still::Changed(why), _) | (Still::Holds, Effect::Differs(why)) => {
            Some(Arrow::Supersede { why })
        }
        (Still::Holds, Effect::Done | Effect::NotDone | Effect::Untold) => None,
    }
}

/// Sends once, and reads what became of it.
fn attempt(desk: &Desk<'_>, send: &Send, row: &StepRow, seen: &Seen) -> Result<StepRow, AppError> {
    let before = before(desk, send, seen);
    let looked = desk.clock.monotonic();
    let row = desk.advance(row, &departure(desk, looked, before.as_ref(), seen))?;
    if desk.clock.monotonic().saturating_sub(looked) > FRESH {
        let why = "this machine stood still between the look and the sending".to_owned();
        return desk.advance(&row, &Arrow::NotSent { why });
    }
    desk.crash.at(Point::C2);
    desk.crash.at(Point::C3);
    desk.crash.at(Point::C4);
    let answer = desk.systems.send(&send.change, seen);
    desk.crash.at(Point::C5);
    let boottime = desk.clock.monotonic();
    let reply = Reply { status: answer.status, body_hash: answer.body_hash, boottime };
    let Answer { outcome, what: why, .. } = answer;
    let arrow = match outcome {
        Outcome::Done => Arrow::Ack { reply },
        Outcome::Refused => Arrow::Refuse { why, reply, for_now: false },
        Outcome::RefusedForNow => Arrow::Refuse { why, reply, for_now: true },
        Outcome::NotSent => Arrow::NotSent { why },
        Outcome::Unknown => Arrow::Doubt { why, reply },
    };
    let row = desk.advance(&row, &arrow)?;
    if row.state != StepState::Acked {
        return Ok(row);
    }
    desk.crash.at(Point::C6);
    verify(desk, &send.change, &row)
}

/// What has to be remembered of the record, where it is there.
fn before(desk: &Desk<'_>, send: &Send, seen: &Seen) -> Option<Before> {
    let Seen::There(image) = seen else { return None };
    let mut ours: Vec<&str> = send.call.body.iter().map(|(name, _)| name.as_str()).collect();
    ours.extend(desk.systems.remembers(&send.change));
    Some(image.before(&ours))
}

fn departure(desk: &Desk<'_>, boottime: Duration, before: Option<&Before>, seen: &Seen) -> Arrow {
    let image_hash = match seen {
        Seen::There(image) => Some(whole(image)),
        Seen::Missing => None,
    };
    Arrow::Send {
        boot_id: desk.boot_id.clone(),
        boottime,
        utc: desk.clock.now(),
        image_hash,
        before: before.map(|b| BeforeRow { cells: b.cells.clone(), rest: b.rest }),
    }
}

/// SHA-256 of all of it that the system does not keep itself.
fn whole(image: &Image) -> [u8; 32] {
    Sha256::digest(image.rest(&[])).into()
}

/// A fresh look at what the system says is done (I8).
pub(super) fn verify(desk: &Desk<'_>, change: &Change, row: &StepRow) -> Result<StepRow, AppError> {
    let seen = desk.patiently(row.side, || desk.systems.look(change))?;
    let before = remembered(row);
    let arrow = match desk.systems.judge(change, before.as_ref(), &seen) {
        Effect::Done => verified(row, ""),
        Effect::Untold => verified(row, ACCEPTED),
        Effect::NotDone => {
            Arrow::Contradict { why: "a fresh look does not show the change".to_owned() }
        }
        Effect::Differs(why) => Arrow::GiveUp { why },
    };
    desk.advance(row, &arrow)
}

/// Every other field is as it was, so what was there can be put back exactly.
pub(super) fn verified(row: &StepRow, note: &str) -> Arrow {
    let undo = match row.undo {
        Undoable::Tries if row.before.is_some() => Undoable::Yes,
        other => other,
    };
    Arrow::Verify { undo, note: note.to_owned() }
}

/// What was there just before it was sent.
pub(crate) fn remembered(row: &StepRow) -> Option<Before> {
    let before = row.before.as_ref()?;
    Some(Before { cells: before.cells.clone(), rest: before.rest })
}

/// As the journal has it.
pub(super) fn undoable(undo: Undo) -> Undoable {
    match undo {
        Undo::Yes => Undoable::Yes,
        Undo::Tries => Undoable::Tries,
        Undo::No => Undoable::No,
    }
}
