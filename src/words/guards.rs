//! What the guards say, and why a finding gets no step.
//!
//! Must not do: judge.

use crate::engine::guard::{Asks, Guard, Reason};
use crate::engine::plan::Why;
use crate::words::{Voice, say, side_name, word};

/// A guard's reason, one sentence, and what it asks for.
#[must_use]
pub fn guard_reason(voice: &Voice, of: &Reason) -> String {
    let what = what(voice, of);
    let names =
        if of.names.is_empty() { String::new() } else { format!(": {}", of.names.join(", ")) };
    let asks = match of.asks {
        Asks::Nothing => return format!("{what}{names}"),
        Asks::Count => word!(voice,
            en: "type the count (--type-count)",
            pt: "digite a quantidade (--type-count)"),
        Asks::SecondPerson => word!(voice,
            en: "a second person approves it (acerto approve), and you type the count \
                 (--type-count)",
            pt: "uma segunda pessoa aprova (acerto approve), e você digita a quantidade \
                 (--type-count)"),
    };
    format!("{what}{names}; {asks}")
}

fn what(voice: &Voice, of: &Reason) -> String {
    let (n, most) = (voice.number(of.n), voice.number(of.most));
    let side = of.side.map_or(String::new(), |side| side_name(voice, side).to_owned());
    match of.guard {
        Guard::ReadOnly => word!(voice,
            en: "the profile is read-only: set read_only = false to let acerto write",
            pt: "o perfil é só de leitura: ponha read_only = false para o acerto gravar")
        .to_owned(),
        Guard::EmptySide => {
            word!(voice, en: "a side is empty", pt: "um lado está vazio").to_owned()
        }
        Guard::NotWhole => word!(voice,
            en: "a side was not read whole, so nothing is removed",
            pt: "um lado não foi lido por inteiro, então nada é removido")
        .to_owned(),
        Guard::Expired => word!(voice,
            en: "the plan's time is over: plan again",
            pt: "o plano venceu: planeje de novo")
        .to_owned(),
        Guard::NewerRun => word!(voice,
            en: "both systems were read anew since the plan was made: plan again",
            pt: "os dois sistemas foram lidos de novo depois do plano: planeje de novo")
        .to_owned(),
        Guard::SyncWindow => word!(voice,
            en: "the systems synchronise at this time of day ([guard] sync_window)",
            pt: "os sistemas sincronizam neste horário ([guard] sync_window)")
        .to_owned(),
        Guard::RemovalsOff => word!(voice,
            en: "removals are off ([guard] removals)",
            pt: "remoções estão desligadas ([guard] removals)")
        .to_owned(),
        Guard::Removals => say!(voice,
            en: "{n} removals at the {side}; {most} pass by themselves",
            pt: "{n} remoções no {side}; passam {most} sem mais"),
        Guard::Changes => say!(voice,
            en: "{n} changes at the {side}; {most} pass by themselves",
            pt: "{n} mudanças no {side}; passam {most} sem mais"),
        Guard::SmallFleet => say!(voice,
            en: "{n} removals from a small fleet at the {side}",
            pt: "{n} remoções de uma planta pequena no {side}"),
        Guard::SideShrank => say!(voice,
            en: "the {side} shrank by {n} devices; removals wait for another whole list, hours \
                 later, that shows the same",
            pt: "o {side} encolheu {n} equipamentos; remoções esperam outra lista inteira, horas \
                 depois, que mostre o mesmo"),
        Guard::Absence => say!(voice,
            en: "{n} devices have not been absent for long enough",
            pt: "{n} equipamentos não estão ausentes há tempo suficiente"),
        Guard::DailyRemovals => say!(voice,
            en: "{n} removals at the {side} in 24 hours; the limit is {most}",
            pt: "{n} remoções no {side} em 24 horas; o limite é {most}"),
        Guard::LifeSign => say!(voice,
            en: "{n} of what would be removed shows life",
            pt: "{n} do que seria removido dá sinal de vida"),
        Guard::Strength => say!(voice,
            en: "{n} of what would be removed is only inferred",
            pt: "{n} do que seria removido é só inferido"),
    }
}

/// Why a chosen finding gets no step.
#[must_use]
pub fn skipped_why(voice: &Voice, why: &Why) -> String {
    match why {
        Why::Ignored(reason) => {
            let reason = crate::domain::text::visible(reason);
            say!(voice, en: "ignored: {reason}", pt: "ignorado: {reason}")
        }
        Why::NothingToSend => word!(voice, en: "needs a person: nothing can be sent for it",
                pt: "precisa de uma pessoa: não há o que enviar")
        .to_owned(),
        Why::NotOffered => {
            word!(voice, en: "this fix is not offered for it", pt: "esta correção não se aplica")
                .to_owned()
        }
        Why::NeedsAPerson(what) => {
            say!(voice, en: "needs a person: {what}", pt: "precisa de uma pessoa: {what}")
        }
        Why::NotWhole => word!(voice,
            en: "a side was not read whole, so nothing is removed",
            pt: "um lado não foi lido por inteiro, então nada é removido")
        .to_owned(),
        Why::Missing(what) => say!(voice, en: "not known: {what}", pt: "não se sabe: {what}"),
        Why::RecordTaken => word!(voice,
            en: "another step changes the same record",
            pt: "outro passo muda o mesmo cadastro")
        .to_owned(),
        Why::CantBeUndone => {
            word!(voice, en: "nothing puts it back", pt: "não há como voltar atrás").to_owned()
        }
        Why::OnlyInferred => word!(voice,
            en: "needs a person: only inferred, so nothing is removed",
            pt: "precisa de uma pessoa: só inferido, então nada é removido")
        .to_owned(),
        Why::LifeSign => word!(voice,
            en: "needs a person: it shows life, so nothing is removed",
            pt: "precisa de uma pessoa: dá sinal de vida, então nada é removido")
        .to_owned(),
        Why::AbsentTooShortly => word!(voice,
            en: "it has not been absent for long enough",
            pt: "não está ausente há tempo suficiente")
        .to_owned(),
    }
}
