//! What is said to somebody who is told that something got worse.
//!
//! Must not do: decide what is worse, or name a device.

use crate::app::notice::Reason;
use crate::domain::text::visible;
use crate::words::{Voice, cause_title, plural, say, warning_lead, word};

/// The first line.
#[must_use]
pub fn notice_title(voice: &Voice, profile: &str, exit: u8) -> String {
    let profile = visible(profile);
    say!(voice,
        en: "acerto {profile}: something got worse (exit code {exit})",
        pt: "acerto {profile}: algo piorou (código de saída {exit})")
}

/// One reason as a sentence or two.
#[must_use]
pub fn notice_reason(voice: &Voice, reason: &Reason) -> String {
    match reason {
        Reason::Exit { now, before } => {
            let meaning = exit_meaning(voice, *now);
            say!(voice, en: "Exit code {now}, before {before}: {meaning}.",
                pt: "Código de saída {now}, antes {before}: {meaning}.")
        }
        Reason::StillFails { exit, told } => {
            let (at, meaning) = (voice.time(*told), exit_meaning(voice, *exit));
            say!(voice, en: "Still exit code {exit}, as told on {at}: {meaning}.",
                pt: "Ainda com código de saída {exit}, como avisado em {at}: {meaning}.")
        }
        Reason::NewFindings(causes) => {
            let named: Vec<String> = causes
                .iter()
                .map(|(cause, n)| format!("{} {}", cause_title(voice, *cause), voice.number(*n)))
                .collect();
            let named = named.join("; ");
            say!(voice, en: "New differences: {named}.", pt: "Diferenças novas: {named}.")
        }
        Reason::GapGrew { from, to } => {
            let (from, to) = (voice.number(*from), voice.number(*to));
            say!(voice, en: "The gap between both counts grew from {from} to {to}.",
                pt: "A diferença entre as duas contagens cresceu de {from} para {to}.")
        }
        Reason::Doubts(n) => {
            let shown = voice.number(*n);
            plural!(voice, *n,
                en: ["{shown} step is in doubt or needs a person: acerto runs.",
                     "{shown} steps are in doubt or need a person: acerto runs."],
                pt: ["{shown} passo está em dúvida ou precisa de uma pessoa: acerto runs.",
                     "{shown} passos estão em dúvida ou precisam de uma pessoa: acerto runs."])
        }
        Reason::Warned(warning) => warning_lead(voice, warning),
    }
}

/// What an exit code means (SAFETY.md section 6).
#[must_use]
pub fn exit_meaning(voice: &Voice, exit: u8) -> &'static str {
    match exit {
        0 => word!(voice, en: "in sync", pt: "tudo igual"),
        2 => word!(voice, en: "usage or configuration", pt: "uso ou configuração"),
        3 => word!(voice, en: "differences found", pt: "há diferenças"),
        4 => word!(voice, en: "a plan was applied in part", pt: "um plano foi aplicado em parte"),
        5 => word!(voice, en: "a guard refused", pt: "uma proteção recusou"),
        6 => word!(voice, en: "a list could not be read, or not whole",
            pt: "uma lista não pôde ser lida, ou não por inteiro"),
        7 => word!(voice, en: "authentication, TLS or permission refused",
            pt: "autenticação, TLS ou permissão recusada"),
        8 => word!(voice, en: "another apply is running", pt: "outra aplicação está em curso"),
        9 => word!(voice, en: "steps in doubt, or that a person must settle",
            pt: "passos em dúvida, ou que uma pessoa tem de resolver"),
        10 => word!(voice, en: "the store can't be used", pt: "o armazenamento não pode ser usado"),
        129 | 130 | 143 => word!(voice, en: "it was stopped", pt: "foi interrompida"),
        _ => word!(voice, en: "it ended in an unforeseen way", pt: "terminou de modo imprevisto"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Cause;
    use crate::words::Lang;

    #[test]
    fn each_reason_is_told_in_both_languages() {
        let reasons = [
            (Reason::Exit { now: 6, before: 3 }, "could not be read", "não pôde ser lida"),
            (Reason::NewFindings(vec![(Cause::NeverSeen, 1234)]), "1,234", "Diferenças novas: "),
            (Reason::GapGrew { from: 1, to: 2000 }, "from 1 to 2,000", "de 1 para 2.000"),
            (Reason::Doubts(1), "1 step is in doubt", "1 passo está"),
        ];
        for (reason, en, pt) in reasons {
            for (lang, part) in [(Lang::En, en), (Lang::PtBr, pt)] {
                let told = notice_reason(&Voice::new(lang), &reason);
                assert!(told.contains(part), "{told}");
            }
        }
    }
}
