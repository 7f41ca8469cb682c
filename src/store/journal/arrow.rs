//! The machine: every arrow of SAFETY.md section 2, as pure functions.
//!
//! Must not do: I/O, or move a row by an arrow that the contract does not draw.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::subscriber::scrub;
use crate::domain::text::visible;
use crate::engine::finding::wire_enum;
use crate::store::journal::step::{BeforeRow, StepRow, StepState, Undoable};

/// A step is sent at most in so many attempts; then a person must decide.
pub const ATTEMPTS_MAX: u32 = 3;
/// A step that is refused for now goes back so often; then it has failed.
pub const REFUSALS_MAX: u32 = 3;
/// So many probes that differ make a step one that a person must decide.
pub const PROBES_MAX: u32 = 3;

/// What is kept of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP's status, or whatever number the system has for it.
    pub status: Option<u16>,
    /// SHA-256 of its body.
    pub body_hash: Option<[u8; 32]>,
    /// `CLOCK_BOOTTIME` when it was there, or waited for no longer. The request left no later;
    /// that it left when its row was `SENT` nobody knows: it waits its turn, and a process may
    /// be stopped in between.
    pub boottime: Duration,
}

/// A way from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrow {
    /// The look before the sending shows something else than the plan relied on.
    Supersede {
        /// What.
        why: String,
    },
    /// The look before the sending shows that it is so already.
    AlreadySo,
    /// The plan expired, or another of a newer reconciliation took its place.
    Expire,
    /// The request is about to leave.
    Send {
        /// Which boot of the machine it is.
        boot_id: String,
        /// `CLOCK_BOOTTIME` now.
        boottime: Duration,
        /// The wall clock now.
        utc: Timestamp,
        /// SHA-256 of the record as it is now, where there is one.
        image_hash: Option<[u8; 32]>,
        /// What is remembered of it.
        before: Option<BeforeRow>,
    },
    /// The system says that it is done.
    Ack {
        /// Its reply.
        reply: Reply,
    },
    /// Nobody knows: no reply, or one that tells nothing.
    Doubt {
        /// What happened.
        why: String,
        /// The reply, if any.
        reply: Reply,
    },
    /// The system refuses: it is surely not done.
    Refuse {
        /// What it said.
        why: String,
        /// Its reply.
        reply: Reply,
        /// Because of something that passes.
        for_now: bool,
    },
    /// Surely nothing left: the connection was never made, or a guard stopped it.
    NotSent {
        /// What happened.
        why: String,
    },
    /// A fresh look shows that it is done.
    Verify {
        /// How it can be undone, as is known now.
        undo: Undoable,
        /// What there is to say about it; may be empty.
        note: String,
    },
    /// The system said that it is done, and a fresh look shows that it is not.
    Contradict {
        /// What it shows.
        why: String,
    },
    /// A probe, made so long after the sending that nothing can land late, shows that it is
    /// not done.
    NotDone {
        /// Which boot of the machine it is.
        boot_id: String,
        /// `CLOCK_BOOTTIME` of the probe.
        boottime: Duration,
        /// How long after a sending nothing lands any more (Q).
        quiet: Duration,
        /// `CLOCK_BOOTTIME` when the lock was taken: what another boot or machine sent left
        /// before that, and nothing else is known of when.
        locked: Duration,
    },
    /// A probe shows neither what was before nor what is wanted.
    ProbeDiffers {
        /// What it shows.
        why: String,
    },
    /// It can't be found out.
    GiveUp {
        /// Why.
        why: String,
    },
}

wire_enum! {
    /// What a person decides about a step that needs one. Each is an end.
    Resolution {
        /// It is done.
        Done = "done",
        /// It is not done, and wanted: a new plan does it, as a new action.
        Redo = "redo",
        /// It is not wanted any more.
        Drop = "drop",
    }
}

impl Resolution {
    /// The state that it ends in.
    #[must_use]
    pub fn state(self) -> StepState {
        match self {
            Self::Done => StepState::Done,
            Self::Redo => StepState::Redo,
            Self::Drop => StepState::Dropped,
        }
    }
}

impl Arrow {
    /// Its name in messages.
    fn name(&self) -> &'static str {
        match self {
            Self::Supersede { .. } => "superseded",
            Self::AlreadySo => "found so already",
            Self::Expire => "expired",
            Self::Send { .. } => "sent",
            Self::Ack { .. } => "acknowledged",
            Self::Doubt { .. } => "doubted",
            Self::Refuse { .. } => "refused",
            Self::NotSent { .. } => "said not to have left",
            Self::Verify { .. } => "verified",
            Self::Contradict { .. } => "contradicted",
            Self::NotDone { .. } => "found not done",
            Self::ProbeDiffers { .. } => "found to differ",
            Self::GiveUp { .. } => "given up",
        }
    }
}

/// Is there such an arrow? The table of the contract: what is not in it does not happen.
#[must_use]
pub fn may(from: StepState, to: StepState, arrow: &Arrow) -> bool {
    use Arrow as A;
    use StepState as S;
    match arrow {
        A::Supersede { .. } | A::Expire => matches!((from, to), (S::Intent, S::Superseded)),
        A::AlreadySo => matches!((from, to), (S::Intent, S::Noop)),
        A::Send { .. } => matches!((from, to), (S::Intent, S::Sent)),
        A::Ack { .. } => matches!((from, to), (S::Sent, S::Acked)),
        A::Doubt { .. } => matches!((from, to), (S::Sent, S::InDoubt)),
        A::Refuse { for_now: false, .. } => matches!((from, to), (S::Sent, S::Failed)),
        A::Refuse { for_now: true, .. } => matches!((from, to), (S::Sent, S::Intent | S::Failed)),
        A::NotSent { .. } => matches!((from, to), (S::Sent, S::Intent)),
        A::Verify { .. } => matches!((from, to), (S::Sent | S::Acked | S::InDoubt, S::Verified)),
        A::Contradict { .. } => matches!((from, to), (S::Acked, S::InDoubt)),
        A::NotDone { .. } => {
            matches!((from, to), (S::Sent | S::InDoubt, S::Intent | S::NeedsHuman))
        }
        A::ProbeDiffers { .. } => {
            matches!((from, to), (S::Sent | S::InDoubt, S::InDoubt | S::NeedsHuman))
        }
        A::GiveUp { .. } => {
            matches!((from, to), (S::Sent | S::Acked | S::InDoubt, S::NeedsHuman))
        }
    }
}

/// Where an arrow leads, as often as it was taken before.
fn target(row: &StepRow, arrow: &Arrow) -> StepState {
    match arrow {
        Arrow::Supersede { .. } | Arrow::Expire => StepState::Superseded,
        Arrow::AlreadySo => StepState::Noop,
        Arrow::Send { .. } => StepState::Sent,
        Arrow::Ack { .. } => StepState::Acked,
        Arrow::Doubt { .. } | Arrow::Contradict { .. } => StepState::InDoubt,
        Arrow::Refuse { for_now: true, .. } if row.refusals < REFUSALS_MAX => StepState::Intent,
        Arrow::Refuse { .. } => StepState::Failed,
        Arrow::NotSent { .. } => StepState::Intent,
        Arrow::Verify { .. } => StepState::Verified,
        Arrow::NotDone { .. } if row.attempt < ATTEMPTS_MAX => StepState::Intent,
        Arrow::ProbeDiffers { .. } if row.probes + 1 < PROBES_MAX => StepState::InDoubt,
        Arrow::NotDone { .. } | Arrow::ProbeDiffers { .. } | Arrow::GiveUp { .. } => {
            StepState::NeedsHuman
        }
    }
}

/// The row after an arrow; or which rule it would break, in words.
pub(super) fn take(row: &StepRow, arrow: &Arrow, at: Timestamp) -> Result<StepRow, String> {
    let to = target(row, arrow);
    if !may(row.state, to, arrow) {
        let is_end = if row.state.is_end() { ", an end" } else { "" };
        return Err(format!(
            "step {} of plan {} is {}{is_end}: it can't be {}",
            row.seq,
            visible(&row.plan_id),
            row.state.wire(),
            arrow.name()
        ));
    }
    if let Arrow::NotDone { boot_id, boottime, quiet, locked } = arrow {
        let known = row.sent_boottime.filter(|_| row.boot_id == *boot_id);
        is_quiet(row, known.unwrap_or(*locked), *boottime, *quiet)?;
    }
    let mut next = StepRow { state: to, updated: at, ..row.clone() };
    note(&mut next, arrow);
    count(&mut next, arrow);
    Ok(next)
}

/// Nothing that was `sent` then can land any more.
fn is_quiet(row: &StepRow, sent: Duration, now: Duration, quiet: Duration) -> Result<(), String> {
    if now >= sent.saturating_add(quiet) {
        return Ok(());
    }
    Err(format!(
        "step {} of plan {} was probed {} s after it was sent, and may land until {} s",
        row.seq,
        visible(&row.plan_id),
        now.saturating_sub(sent).as_secs(),
        quiet.as_secs()
    ))
}

/// Words for people.
fn note(next: &mut StepRow, arrow: &Arrow) {
    next.note = match arrow {
        Arrow::Supersede { why }
        | Arrow::Doubt { why, .. }
        | Arrow::Refuse { why, .. }
        | Arrow::NotSent { why }
        | Arrow::Contradict { why }
        | Arrow::ProbeDiffers { why }
        | Arrow::GiveUp { why }
        | Arrow::Verify { note: why, .. } => said(why),
        Arrow::AlreadySo => "it was so already".to_owned(),
        Arrow::Expire => "the plan expired before this step was sent".to_owned(),
        Arrow::NotDone { .. } if next.state == StepState::NeedsHuman => {
            format!("{ATTEMPTS_MAX} attempts, and none had any effect")
        }
        Arrow::NotDone { .. } => "a probe shows that it was not done".to_owned(),
        Arrow::Send { .. } | Arrow::Ack { .. } => String::new(),
    };
}

/// Numbers, times and hashes.
fn count(next: &mut StepRow, arrow: &Arrow) {
    match arrow {
        Arrow::Send { boot_id, boottime, utc, image_hash, before } => {
            next.boot_id.clone_from(boot_id);
            next.sent_boottime = Some(*boottime);
            next.sent_utc = Some(*utc);
            next.image_hash = *image_hash;
            next.before.clone_from(before);
            (next.status, next.body_hash, next.probes) = (None, None, 0);
        }
        Arrow::Ack { reply } | Arrow::Doubt { reply, .. } => answered(next, *reply),
        Arrow::Refuse { reply, for_now, .. } => {
            answered(next, *reply);
            next.refusals += u32::from(*for_now);
        }
        Arrow::Verify { undo, .. } => next.undo = *undo,
        Arrow::NotDone { .. } if next.state == StepState::Intent => next.attempt += 1,
        Arrow::ProbeDiffers { .. } => next.probes += 1,
        Arrow::NotDone { .. }
        | Arrow::Supersede { .. }
        | Arrow::AlreadySo
        | Arrow::Expire
        | Arrow::NotSent { .. }
        | Arrow::Contradict { .. }
        | Arrow::GiveUp { .. } => {}
    }
}

fn answered(next: &mut StepRow, reply: Reply) {
    (next.status, next.body_hash) = (reply.status, reply.body_hash);
    next.sent_boottime = next.sent_boottime.max(Some(reply.boottime));
}

/// The row after a person decided; `None` where none has to.
pub(super) fn settle(
    row: &StepRow,
    resolution: Resolution,
    (reason, by): (&str, &str),
    at: Timestamp,
) -> Option<StepRow> {
    (row.state == StepState::NeedsHuman).then(|| StepRow {
        state: resolution.state(),
        note: said(reason),
        decided_by: Some(said(by)),
        updated: at,
        ..row.clone()
    })
}

/// A text that was said outside: without persons' numbers, and safe to show.
fn said(text: &str) -> String {
    visible(&scrub(text))
}
