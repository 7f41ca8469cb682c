//! Warnings in words: what happened, to what, and what to do next.
//!
//! Must not do: decide that something deserves one.

use crate::domain::text::{SHOWN_CHARS_MAX, visible};
use crate::engine::{Warning, WarningCode};
use crate::words::{Voice, plural, say, sentences, side_name, word};

/// One warning as a sentence or two; `integration-down` carries its checklist.
#[must_use]
pub fn warning(voice: &Voice, of: &Warning) -> String {
    let lead = warning_lead(voice, of);
    if of.code != WarningCode::IntegrationDown {
        return lead;
    }
    let checks = integration_checklist(voice).join("; ");
    say!(voice, en: "{lead} Check: {checks}.", pt: "{lead} Confira: {checks}.")
}

/// The same without the checklist, for a face that lists it line by line.
#[must_use]
pub fn warning_lead(voice: &Voice, of: &Warning) -> String {
    let text = of.text.as_deref().map(shown).unwrap_or_default();
    match of.n {
        Some(count) => render(voice, of, &voice.number(count.unsigned_abs()), &text),
        None => without_count(voice, of, &text),
    }
}

/// Visible escapes without the cap on a device's value: a remark is ours and may be longer.
fn shown(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(SHOWN_CHARS_MAX).map(|part| visible(&part.iter().collect::<String>())).collect()
}

/// R6: what is wrong when a synchronisation fails, most often first.
#[must_use]
pub fn integration_checklist(voice: &Voice) -> [&'static str; 3] {
    [
        word!(voice,
            en: "Client ID, Client Secret or public key wrong, or with a space before or after it",
            pt: "Client ID, Client Secret ou chave pública errados, ou com espaço antes ou depois"),
        word!(voice,
            en: "the Provider's URL wrong: it has to be the root, without a path",
            pt: "URL do Provedor errada: tem de ser a raiz, sem caminho"),
        word!(voice,
            en: "network problems: DNS, firewall, certificate, a blocked address",
            pt: "problemas de rede: DNS, firewall, certificado, endereço bloqueado"),
    ]
}

/// A remark of an adapter, a line or a value stands for itself; other codes say what they know.
fn without_count(voice: &Voice, of: &Warning, text: &str) -> String {
    let listed = matches!(of.code, WarningCode::ValueUnparsed | WarningCode::SnapshotPartial);
    if listed && !text.is_empty() {
        return text.to_owned();
    }
    let unknown = word!(voice, en: "an unknown number of", pt: "um número desconhecido de");
    render(voice, of, unknown, text)
}

fn render(voice: &Voice, of: &Warning, n: &str, text: &str) -> String {
    let side = match (of.side, of.code) {
        (Some(side), _) => side_name(voice, side),
        (None, WarningCode::ValueUnparsed) => {
            word!(voice, en: "events file", pt: "arquivo de eventos")
        }
        (None, _) => word!(voice, en: "ACS or the Provider", pt: "ACS ou o Provedor"),
    };
    let first = match text {
        "" => String::new(),
        text => say!(voice, en: " First: {text}", pt: " Primeiro: {text}"),
    };
    let at = voice.time_or_unknown(of.at);
    let until = voice.time_or_unknown(of.until);
    if of.code == WarningCode::SnapshotPartial && of.side.is_none() {
        return events_partial(voice, of.n, n, &first);
    }
    sentence(voice, of.code, [&side, &at, &until, &n, &first])
}

/// No list of devices lacks anything, but what happened is known in part only.
fn events_partial(voice: &Voice, count: Option<i64>, n: &str, first: &str) -> String {
    let lines = plural!(voice, count.unwrap_or_default().unsigned_abs(),
        en: ["{n} bad line was left out", "{n} bad lines were left out"],
        pt: ["{n} linha ruim ficou de fora", "{n} linhas ruins ficaram de fora"]);
    say!(voice,
        en: "The events file could not be read whole: {lines}, so the absence of an event proves \
             nothing. Neither list of devices is affected. Correct the lines and run \
             again.{first}",
        pt: "O arquivo de eventos não foi lido por inteiro: {lines}, e faltar um evento não \
             prova nada. As listas de equipamentos não são afetadas. Corrija as linhas e \
             rode de novo.{first}")
}

sentences! {
    /// One row a code.
    sentence(WarningCode; side, at, until, n, first) {
        AcsSyncMissed => {
            en: "The ACS has not synchronised in the last 26 hours (last known: {at}). Start it: \
                 Tools > Systems integration > Synchronise, and read the error it shows.",
            pt: "O ACS não sincronizou nas últimas 26 horas (última conhecida: {at}). Comece: \
                 Ferramentas > Integração de sistemas > Sincronizar, e leia o erro que aparecer." }
        ProviderSyncOld => {
            en: "The Provider last synchronised on {at}; entries that wait for it: {n}. Those \
                 purges wait in the Provider, not in the ACS.",
            pt: "O Provedor sincronizou por último em {at}; cadastros que esperam por isso: {n}. \
                 Essa limpeza espera no Provedor, não no ACS." }
        ListenerGap => {
            en: "Nobody listened between {at} and {until}: deletions in that time can't be told \
                 from mass exclusions. Import the ACS's audit export with --events-file.",
            pt: "Ninguém escutou entre {at} e {until}: exclusões desse tempo não se distinguem de \
                 exclusões em massa. Importe a auditoria do ACS com --events-file." }
        IntegrationDown => {
            en: "The integration looks down: nothing that registered in the ACS since {at} is \
                 counted in the Provider; devices that wait: {n}.",
            pt: "A integração parece fora do ar: nada que se registrou no ACS desde {at} é contado \
                 no Provedor; equipamentos que esperam: {n}." }
        SideShrank => {
            en: "The {side} lost more than 2 % of its devices since the last complete reading: \
                 {n}. Look for a mass exclusion before anything is removed.",
            pt: "O {side} perdeu mais de 2 % dos equipamentos desde a última leitura completa: \
                 {n}. Procure uma exclusão em massa antes de remover qualquer coisa." }
        ClockSkew => {
            en: "The clocks disagree by {n} seconds ({side}). Times decide causes: set both \
                 systems by NTP, and check the profile's timezone.",
            pt: "Os relógios divergem em {n} segundos ({side}). As horas decidem as causas: \
                 acerte os dois por NTP, e confira o timezone do perfil." }
        SnapshotPartial => {
            en: "The {side} could not be read whole, so absence from it proves nothing and the \
                 sums are bounds. Bad lines or lost pages: {n}.{first}",
            pt: "O {side} não foi lido por inteiro: faltar nele não prova nada, e as somas são \
                 limites. Linhas ruins ou páginas perdidas: {n}.{first}" }
        RequestsNearLimit => {
            en: "The request budget of the {side} is nearly used up; requests in the last 24 \
                 hours: {n}. Run less often, or raise the limit of its API client and then \
                 requests_per_day.",
            pt: "O limite de requisições do {side} está quase no fim; nas últimas 24 horas: {n}. \
                 Rode menos vezes, ou aumente o limite do cliente de API e depois \
                 requests_per_day." }
        NotifyFailed => {
            en: "What got worse could not be told to everybody on {at}; what nobody heard is told \
                 with the next run. Look at [listen] notify_url or notify_command.{first}",
            pt: "O que piorou não pôde ser avisado a todos em {at}; o que ninguém ouviu vai com a \
                 próxima execução. Veja notify_url ou notify_command em [listen].{first}" }
        ValueUnparsed => {
            en: "Optional values of the {side} that could not be read and were kept as text: \
                 {n}.{first}",
            pt: "Valores opcionais do {side} que não puderam ser lidos e ficaram como texto: \
                 {n}.{first}" }
    }
}
