//! Speed tests in words, for both faces.
//!
//! Must not do: judge; or show a device's word but through `Untrusted`.

use crate::app::speed_test::{Ended, Missing, Said, Speed, SpeedState, SpeedTest};
use crate::domain::text::visible;
use crate::domain::{Direction, Measure, Untrusted};
use crate::engine::speed::{Bound, Grade, Refusal, Verdict};
use crate::words::{Voice, labels, say, word};

labels! {
    /// A direction's name.
    direction_name(Direction) {
        Down => { en: "download", pt: "download" }
        Up => { en: "upload", pt: "upload" }
    }
}

labels! {
    /// How good a measurement is.
    speed_grade(Grade) {
        AsSold => { en: "as it was sold", pt: "como foi vendido" }
        Below => { en: "below what was sold", pt: "abaixo do vendido" }
        Poor => { en: "far below what was sold", pt: "muito abaixo do vendido" }
    }
}

/// A rate: `412.3 Mbit/s`, `512 kbit/s`.
#[must_use]
pub fn rate(voice: &Voice, kbps: u64) -> String {
    if kbps < 1000 {
        return format!("{kbps} kbit/s");
    }
    let (whole, tenth) = (kbps / 1000, kbps % 1000 / 100);
    let whole = voice.number(whole);
    match tenth {
        0 => format!("{whole} Mbit/s"),
        _ => format!("{whole}{}{tenth} Mbit/s", word!(voice, en: '.', pt: ',')),
    }
}

/// `69 % of 600 Mbit/s (what the plan has): below what was sold`.
#[must_use]
pub fn speed_verdict(voice: &Voice, verdict: &Verdict) -> String {
    let (percent, of) = (voice.number(verdict.permille / 10), rate(voice, verdict.of_kbps));
    let bound = match verdict.bound {
        Bound::Plan => word!(voice, en: "the plan", pt: "o plano"),
        Bound::Ceiling => word!(voice,
            en: "the most this model can test; the plan has more",
            pt: "o máximo que este modelo testa; o plano tem mais"),
    };
    let grade = speed_grade(voice, verdict.grade);
    say!(voice, en: "{percent} % of {of} ({bound}): {grade}",
        pt: "{percent} % de {of} ({bound}): {grade}")
}

/// What the customer bought, with the profile's margin where the plan's name has a number.
#[must_use]
pub fn speed_contract(voice: &Voice, speed: &Speed) -> Option<String> {
    let promised = speed.contract.promised();
    let ways = Direction::BOTH.iter().filter_map(|way| {
        let (name, kbps) = (direction_name(voice, *way), (*promised.of(*way))?);
        Some(format!("{name} {}", rate(voice, kbps)))
    });
    let mut text = ways.collect::<Vec<_>>().join(", ");
    if text.is_empty() {
        return None;
    }
    if let Some(plan) = &speed.contract.plan {
        let plan = say!(voice, en: " (plan {plan})", pt: " (plano {plan})");
        text.push_str(&plan);
    }
    let profile = speed.contract.profile.down;
    if let (Some(profile), Some(sold)) = (profile, speed.contract.sold.down)
        && profile != sold
    {
        let profile = rate(voice, profile);
        text.push_str(&say!(voice, en: "; its profile is set as {profile}",
            pt: "; o perfil está em {profile}"));
    }
    if let Some(ceiling) = speed.ceiling {
        let ceiling = rate(voice, ceiling);
        text.push_str(&say!(voice, en: "; this model tests {ceiling} at most",
            pt: "; este modelo testa no máximo {ceiling}"));
    }
    Some(text)
}

/// What was measured: `download 412.3 Mbit/s, upload 200 Mbit/s`.
#[must_use]
pub fn speed_measured(voice: &Voice, test: &SpeedTest) -> String {
    let ways = Direction::BOTH.iter().filter_map(|way| {
        let measure = (*test.measured.of(*way))?;
        Some(format!("{} {}", direction_name(voice, *way), rate(voice, measure.kbps)))
    });
    ways.collect::<Vec<_>>().join(", ")
}

/// Who made it, and what came of it: a line of a history.
#[must_use]
pub fn speed_line(voice: &Voice, test: &SpeedTest) -> String {
    let measured = speed_measured(voice, test);
    let came = match (measured.is_empty(), test.state) {
        (false, _) => measured,
        (true, SpeedState::Failed) => {
            let why = test.why.as_deref().map(|code| speed_why(voice, code));
            why.unwrap_or_else(|| word!(voice, en: "no result", pt: "sem resultado").to_owned())
        }
        (true, SpeedState::Asked | SpeedState::Left | SpeedState::Done) => {
            word!(voice, en: "no result so far", pt: "ainda sem resultado").to_owned()
        }
    };
    match &test.by {
        Some(actor) => {
            let actor = visible(actor);
            say!(voice, en: "speed test by {actor}: {came}",
                pt: "teste de velocidade por {actor}: {came}")
        }
        None => say!(voice, en: "speed test, not started here: {came}",
            pt: "teste de velocidade, não iniciado aqui: {came}"),
    }
}

/// Why a test has no result that counts, by the code that is kept of it.
#[must_use]
pub fn speed_why(voice: &Voice, code: &str) -> String {
    match Refusal::from_code(code) {
        Some(refusal) => speed_refusal(voice, &refusal),
        None => visible(code),
    }
}

fn speed_refusal(voice: &Voice, refusal: &Refusal) -> String {
    let fixed = match refusal {
        Refusal::Device(word) => {
            return say!(voice, en: "the device gave up: {word}",
                pt: "o equipamento desistiu: {word}");
        }
        Refusal::Bytes(told, file) => {
            let (told, file) = (voice.number(*told), voice.number(*file));
            return say!(voice,
                en: "the device counted {told} bytes of a file of {file}: the result does not \
                     count",
                pt: "o equipamento contou {told} bytes de um arquivo de {file}: o resultado não \
                     vale");
        }
        Refusal::OtherUrl => word!(voice,
            en: "another address was tested than ours: the result does not count",
            pt: "outro endereço foi testado, não o nosso: o resultado não vale"),
        Refusal::NoTime => word!(voice,
            en: "the device's clock is not set: the result does not count",
            pt: "o relógio do equipamento não está certo: o resultado não vale"),
        Refusal::NoDuration => word!(voice,
            en: "the device tells no duration: the result does not count",
            pt: "o equipamento não diz a duração: o resultado não vale"),
        Refusal::NoBytes => word!(voice,
            en: "the device tells no bytes: the result does not count",
            pt: "o equipamento não diz os bytes: o resultado não vale"),
    };
    fixed.to_owned()
}

/// Other traffic on the line while it was tested.
#[must_use]
pub fn speed_other(voice: &Voice, way: Direction, measure: &Measure) -> Option<String> {
    let other = measure.other_bytes.filter(|other| *other > 0)?;
    let megabytes = voice.number(other.div_ceil(1_000_000));
    let way = direction_name(voice, way);
    let mut text = say!(voice, en: "{way}: {megabytes} MB went over the line beside the test",
        pt: "{way}: {megabytes} MB passaram pela linha além do teste");
    // A few packets are no use of a line.
    if other.saturating_mul(20) >= measure.bytes.unwrap_or_default() {
        text.push_str(word!(voice, en: ": somebody was using it", pt: ": alguém a usava"));
    }
    Some(text)
}

/// What is missing for a whole answer.
#[must_use]
pub fn speed_missing(voice: &Voice, missing: &Missing) -> String {
    let fixed = match missing {
        Missing::AcsCannot(why) => {
            return say!(voice, en: "no test can be started: {why}",
                pt: "nenhum teste pode ser iniciado: {why}");
        }
        Missing::NotAsked(why) => {
            return say!(voice, en: "the ACS was not asked for newer results: {why}",
                pt: "o ACS não foi consultado sobre resultados novos: {why}");
        }
        Missing::NotInAcs => word!(voice,
            en: "the ACS does not have this device, so it can't be tested",
            pt: "o ACS não tem este equipamento, então não pode ser testado"),
        Missing::NoPlan => word!(voice,
            en: "the Provider tells no plan with a bandwidth: nothing to compare with",
            pt: "o Provedor não informa um plano com banda: nada com que comparar"),
        Missing::NoTest => word!(voice,
            en: "no result of a speed test is known",
            pt: "nenhum resultado de teste de velocidade é conhecido"),
    };
    fixed.to_owned()
}

/// What happens while a test is made.
#[must_use]
pub fn speed_said(voice: &Voice, said: Said<'_>) -> String {
    match said {
        Said::Looking => word!(voice,
            en: "asking the device what it tells now",
            pt: "perguntando ao equipamento o que ele diz agora")
        .to_owned(),
        Said::Started { ways, at_once } => {
            let names: Vec<&str> = ways.iter().map(|way| direction_name(voice, *way)).collect();
            let names = names.join(" + ");
            if at_once {
                say!(voice, en: "{names}: the device has begun",
                    pt: "{names}: o equipamento começou")
            } else {
                say!(voice,
                    en: "{names}: the device can't be reached now (CGNAT, or offline); it starts \
                         at its next Inform",
                    pt: "{names}: o equipamento não é alcançado agora (CGNAT, ou offline); \
                         começa no próximo Inform")
            }
        }
        Said::Waiting(seconds) => say!(voice, en: "waiting for the result, {seconds} s",
            pt: "esperando o resultado, {seconds} s"),
        Said::Trouble(why) => say!(voice, en: "trouble, going on: {why}",
            pt: "problema, continuando: {why}"),
        Said::Measured(way, measure) => {
            format!("{}: {}", direction_name(voice, way), rate(voice, measure.kbps))
        }
        Said::Refused(way, refusal) => {
            format!("{}: {}", direction_name(voice, way), speed_refusal(voice, refusal))
        }
    }
}

/// How a started test ended here; nothing more to say where it was measured.
#[must_use]
pub fn speed_ended(voice: &Voice, test: &SpeedTest, ended: &Ended) -> Option<String> {
    let goes_on = word!(voice,
        en: "it may go on at the device; `acerto speedtest KEY` tells its result later",
        pt: "ele pode continuar no equipamento; `acerto speedtest KEY` mostra o resultado depois");
    Some(match ended {
        Ended::Measured => return None,
        Ended::Failed => {
            let why = test.why.as_deref().map(|code| speed_why(voice, code)).unwrap_or_default();
            say!(voice, en: "the test has no result: {why}",
                pt: "o teste não teve resultado: {why}")
        }
        Ended::Left => say!(voice, en: "no result within 150 s: {goes_on}",
            pt: "sem resultado em 150 s: {goes_on}"),
        Ended::Stopped(_) => say!(voice, en: "stopped waiting: {goes_on}",
            pt: "espera interrompida: {goes_on}"),
        Ended::Trouble(why, _) => say!(voice, en: "{why}; {goes_on}", pt: "{why}; {goes_on}"),
    })
}

/// What starting would do, before anything is sent.
#[must_use]
pub fn speed_rehearsed(voice: &Voice, device: &Untrusted, files: &str) -> String {
    say!(voice,
        en: "device {device} would be told to test {files}, which fills the customer's line for \
             some seconds; nothing was sent: --yes sends it",
        pt: "o equipamento {device} seria mandado testar {files}, o que enche a linha do cliente \
             por alguns segundos; nada foi enviado: --yes envia")
}
