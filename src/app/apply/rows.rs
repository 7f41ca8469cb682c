//! A plan's steps as rows of the journal.
//!
//! Must not do: leave anything out that a recovery needs when the plan's file is gone.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::app::apply::step::undoable;
use crate::app::plan::decode::Filed;
use crate::app::plan::encode::{expect_text, hex};
use crate::engine::plan::{BY_REQUEST, Send, Step};
use crate::store::{CallRow, PlanRow, StepRow, StepState};

/// Who applies, and by which run.
#[derive(Clone, Debug)]
pub(crate) struct Hand<'a> {
    pub run_id: &'a str,
    pub actor: &'a str,
    pub approver: Option<&'a str>,
}

/// The plan, and a row for each step that is sent.
pub(crate) fn rows(
    filed: &Filed,
    hand: &Hand<'_>,
    now: jiff::Timestamp,
) -> (PlanRow, Vec<StepRow>) {
    let plan = &filed.plan;
    let begun = PlanRow {
        plan_id: plan.id.clone(),
        sha256: Sha256::digest(filed.sha256.as_bytes()).into(),
        parent: plan.parent.clone(),
        generation: plan.generation,
        expires: plan.expires,
        runs: vec![hand.run_id.to_owned()],
        begun: now,
    };
    let steps = plan.steps.iter().filter_map(|step| Some((step, step.send.as_ref()?)));
    (begun, steps.map(|(step, send)| row(filed, hand, (step, send), now)).collect())
}

fn row(
    filed: &Filed,
    hand: &Hand<'_>,
    (step, send): (&Step, &Send),
    now: jiff::Timestamp,
) -> StepRow {
    let by_request = step.because == BY_REQUEST;
    StepRow {
        action: Uuid::now_v7().to_string(),
        plan_id: filed.plan.id.clone(),
        seq: step.seq,
        run_id: hand.run_id.to_owned(),
        parent: filed.plan.parent.clone(),
        finding: if by_request { String::new() } else { step.because.clone() },
        cause: (!by_request).then_some(step.cause),
        fix: step.fix,
        change: send.change.clone(),
        key: send.key.clone(),
        removals: step.removes,
        side: step.side,
        call: CallRow {
            method: send.call.method.clone(),
            path: send.call.path.clone(),
            body: send.call.body.clone(),
            whole_row: send.call.whole_row,
        },
        undo: undoable(send.undo),
        expect: hex(&Sha256::digest(expect_text(&step.expect).as_bytes())),
        follows: step.follows,
        actor: hand.actor.to_owned(),
        approver: hand.approver.map(str::to_owned),
        state: StepState::Intent,
        attempt: 1,
        refusals: 0,
        probes: 0,
        boot_id: String::new(),
        sent_boottime: None,
        sent_utc: None,
        image_hash: None,
        before: None,
        status: None,
        body_hash: None,
        note: String::new(),
        decided_by: None,
        updated: now,
    }
}
