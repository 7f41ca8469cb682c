//! What one step of a plan is: the exact call, what it rests on, what follows.
//!
//! Must not do: shorten a call; what does not fit is wrapped.

use crate::app::plan::document::{PlanExpect, PlanSkipped, PlanStep};
use crate::domain::text::visible;
use crate::engine::{Fix, Strength};
use crate::words::{
    Voice, fix_how, say, step_call, step_cause, step_undo, step_was, strength_name, word,
};

/// Lines about a step, the call first.
pub(super) fn step_lines(step: &PlanStep, voice: &Voice) -> Vec<String> {
    let mut lines = Vec::new();
    match &step.call {
        Some(call) => lines.push(step_call(call)),
        None => lines.push(by_hand(step, voice)),
    }
    lines.extend(step_was(step).map(|was| say!(voice, en: "was      {was}", pt: "antes    {was}")));
    if step.call.is_some() {
        let rests = preconditions(&step.expect, voice).join("; ");
        lines.push(say!(voice, en: "only if  {rests}", pt: "só se    {rests}"));
    }
    let cause = step_cause(&step.cause, voice);
    let strength = Strength::from_wire(&step.strength).map_or("", |s| strength_name(voice, s));
    lines.push(say!(voice, en: "because  {cause}, {strength}", pt: "porque   {cause}, {strength}"));
    let undo = step_undo(step.undo, voice);
    let then = match step.follows {
        Some(first) => say!(voice,
            en: "undo     {undo}; only after step {first} is done",
            pt: "desfazer {undo}; só depois do passo {first}"),
        None => say!(voice, en: "undo     {undo}", pt: "desfazer {undo}"),
    };
    if step.call.is_some() {
        lines.push(then);
    }
    lines
}

fn by_hand(step: &PlanStep, voice: &Voice) -> String {
    let how = Fix::from_wire(&step.fix).map_or("", |fix| fix_how(voice, fix));
    say!(voice, en: "by hand  {how}", pt: "à mão    {how}")
}

/// What has to be true when it is read again just before it is sent.
fn preconditions(expect: &PlanExpect, voice: &Voice) -> Vec<String> {
    let mut all = Vec::new();
    for device in &expect.acs {
        let name = visible(device.serial.as_ref().unwrap_or(&device.id));
        all.push(say!(voice, en: "the ACS still has {name}", pt: "o ACS ainda tem {name}"));
    }
    for record in &expect.provider {
        let known = [&record.device_id, &record.login, &record.serial];
        let name = known.into_iter().flatten().next().map(|n| visible(n)).unwrap_or_default();
        all.push(say!(voice,
            en: "the Provider's {name} is as it was", pt: "{name} do Provedor está como estava"));
    }
    if expect.acs_lacks.is_some() {
        all.push(word!(voice, en: "the ACS lacks it", pt: "o ACS não o tem").to_owned());
    }
    if expect.provider_lacks.is_some() {
        let text = word!(voice, en: "the Provider lacks it", pt: "o Provedor não o tem");
        all.push(text.to_owned());
    }
    if expect.silent {
        let text = word!(voice, en: "it shows no life", pt: "não dá sinal de vida");
        all.push(text.to_owned());
    }
    if expect.in_force.is_some() {
        let text = word!(voice,
            en: "what is undone is still in force", pt: "o que se desfaz ainda vale");
        all.push(text.to_owned());
    }
    if all.is_empty() {
        let text = word!(voice, en: "it is not so already", pt: "ainda não está assim");
        all.push(text.to_owned());
    }
    all
}

/// Why something was left out.
pub(super) fn skipped_lines(skipped: &PlanSkipped, voice: &Voice) -> Vec<String> {
    let (cause, why) = (step_cause(&skipped.cause, voice), visible(&skipped.why));
    vec![cause, why]
}
