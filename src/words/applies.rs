//! How an apply goes, in words, for both faces.
//!
//! Must not do: call anything done that the journal does not.

use crate::app::apply::{After, Applied, Halt, Said, StepRow, StepState, Went};
use crate::domain::text::visible;
use crate::engine::guard::Verdict;
use crate::words::{Voice, fix_name, guard_reason, plural, say, side_name, word};

/// Why it was not sent, or ended early; one sentence each.
#[must_use]
pub fn apply_reasons(applied: &Applied, voice: &Voice) -> Vec<String> {
    let of = |verdict: &Verdict| verdict.reasons().iter().map(|r| guard_reason(voice, r)).collect();
    let mut reasons: Vec<String> = match &applied.went {
        Went::Refused(verdict) | Went::Unconfirmed(verdict) => of(verdict),
        Went::Sent { halted, .. } => halted.iter().map(|h| halt(h, voice)).collect(),
    };
    reasons.extend(applied.unread.as_ref().map(|error| {
        let what = error.to_string();
        say!(voice,
            en: "the systems could not be read again: {what}",
            pt: "os sistemas não puderam ser lidos de novo: {what}")
    }));
    reasons
}

fn halt(halt: &Halt, voice: &Voice) -> String {
    match halt {
        Halt::Canary(seq) => say!(voice,
            en: "step {seq} failed among the first, so the rest was not sent",
            pt: "o passo {seq} falhou entre os primeiros, então o resto não foi enviado"),
        Halt::NeedsHuman(seq) => say!(voice,
            en: "step {seq} needs a person, so the rest was not sent: look at both systems, then \
                 settle it with `acerto resolve`",
            pt: "o passo {seq} precisa de uma pessoa, então o resto não foi enviado: olhe os \
                 dois sistemas e resolva com `acerto resolve`"),
        Halt::Unsent(seq) => say!(voice,
            en: "step {seq} could not be sent: the system can't be reached",
            pt: "o passo {seq} não pôde ser enviado: o sistema está fora de alcance"),
        Halt::SyncWindow => word!(voice,
            en: "the systems synchronise at this time of day: the same command goes on later",
            pt: "os sistemas sincronizam neste horário: o mesmo comando continua depois")
        .to_owned(),
        Halt::Expired => word!(voice,
            en: "the plan's time is over, so the rest was not sent",
            pt: "o plano venceu, então o resto não foi enviado")
        .to_owned(),
        Halt::Error(error) => error.to_string(),
    }
}

/// One step as it stands.
#[must_use]
pub fn step_line(row: &StepRow, voice: &Voice) -> String {
    let (seq, fix, key) = (row.seq, fix_name(voice, row.fix), visible(&row.key));
    let state = step_state(row.state, voice);
    let note =
        if row.note.is_empty() { String::new() } else { format!(": {}", visible(&row.note)) };
    format!("  {seq:>3}  {state:<12} {fix}: {key}{note}")
}

/// How far a step is.
#[must_use]
pub fn step_state(state: StepState, voice: &Voice) -> &'static str {
    match state {
        StepState::Intent => word!(voice, en: "not sent", pt: "não enviado"),
        StepState::Sent | StepState::Acked | StepState::InDoubt => {
            word!(voice, en: "in doubt", pt: "em dúvida")
        }
        StepState::Verified | StepState::Done => word!(voice, en: "done", pt: "feito"),
        StepState::Noop => word!(voice, en: "was so", pt: "já estava"),
        StepState::Superseded => word!(voice, en: "superseded", pt: "superado"),
        StepState::Failed => word!(voice, en: "FAILED", pt: "FALHOU"),
        StepState::NeedsHuman => word!(voice, en: "NEEDS YOU", pt: "PRECISA DE VOCÊ"),
        StepState::Redo => word!(voice, en: "to plan anew", pt: "a replanejar"),
        StepState::Dropped => word!(voice, en: "dropped", pt: "abandonado"),
    }
}

/// What happens, as a line for a person who waits; nothing where it is no news.
#[must_use]
pub fn apply_said(of: Said<'_>, voice: &Voice) -> Option<String> {
    Some(match of {
        Said::Recovering(n) => {
            let (count, n) = (n as u64, voice.number(n as u64));
            plural!(voice, count,
                en: ["an earlier apply left {n} step: it is settled first",
                     "an earlier apply left {n} steps: they are settled first"],
                pt: ["uma aplicação anterior deixou {n} passo: é resolvido antes",
                     "uma aplicação anterior deixou {n} passos: são resolvidos antes"])
        }
        Said::Begun(n) => {
            let (count, n) = (n as u64, voice.number(n as u64));
            plural!(voice, count,
                en: ["applying {n} step", "applying {n} steps"],
                pt: ["aplicando {n} passo", "aplicando {n} passos"])
        }
        Said::Step(row) if row.state.is_end() || row.state == StepState::NeedsHuman => {
            step_line(row, voice)
        }
        Said::Step(_) | Said::Batch { .. } => return None,
        Said::Waiting { steps, wait } => {
            let (count, n, wait) = (steps as u64, voice.number(steps as u64), wait.as_secs());
            plural!(voice, count,
                en: ["{n} step in doubt: looked at again in {wait} s, when nothing can land late \
                      any more",
                     "{n} steps in doubt: looked at again in {wait} s, when nothing can land \
                      late any more"],
                pt: ["{n} passo em dúvida: visto de novo em {wait} s, quando nada mais pode \
                      chegar atrasado",
                     "{n} passos em dúvida: vistos de novo em {wait} s, quando nada mais pode \
                      chegar atrasado"])
        }
        Said::Paused { side, pause, why } => {
            let (side, pause, why) = (side_name(voice, side), pause.as_secs(), visible(why));
            say!(voice,
                en: "{side} does not answer ({why}); again in {pause} s",
                pt: "{side} não responde ({why}); de novo em {pause} s")
        }
        Said::Collecting => word!(voice,
            en: "reading both systems again", pt: "lendo os dois sistemas de novo")
        .to_owned(),
    })
}

/// What was read afterwards: whether the findings are gone, and the counts as predicted.
#[must_use]
pub fn apply_after(after: &After, voice: &Voice) -> Vec<String> {
    let (gone, there) = (after.fixed.len() as u64, after.left.len() as u64);
    let (fixed, left) = (voice.number(gone), voice.number(there));
    let again = if after.undoes {
        plural!(voice, there,
            en: ["Read again: {left} finding is back, {fixed} not.",
                 "Read again: {left} findings are back, {fixed} not."],
            pt: ["Lido de novo: {left} diferença voltou, {fixed} não.",
                 "Lido de novo: {left} diferenças voltaram, {fixed} não."])
    } else {
        plural!(voice, gone,
            en: ["Read again: {fixed} finding is gone, {left} still there.",
                 "Read again: {fixed} findings are gone, {left} still there."],
            pt: ["Lido de novo: {fixed} diferença sumiu, {left} continua.",
                 "Lido de novo: {fixed} diferenças sumiram, {left} continuam."])
    };
    let counts = |(acs, provider): (u64, u64)| {
        let (acs, provider) = (voice.number(acs), voice.number(provider));
        say!(voice, en: "ACS {acs}, Provider {provider}", pt: "ACS {acs}, Provedor {provider}")
    };
    let (predicted, found) = (counts(after.predicted), counts(after.found()));
    let compared = if after.predicted == after.found() {
        say!(voice, en: "As the plan said: {found}.", pt: "Como o plano disse: {found}.")
    } else {
        say!(voice,
            en: "The plan said {predicted}; there are: {found}.",
            pt: "O plano disse {predicted}; há: {found}.")
    };
    let unexpected = if after.undoes { &after.fixed } else { &after.left };
    let unexpected = unexpected.iter().map(|id| format!("  - {}", visible(id)));
    [again, compared].into_iter().chain(unexpected).collect()
}
