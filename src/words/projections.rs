//! Projections in sentences: what the counts would be, before anything is done.
//!
//! Must not do: compute; the engine has.

use crate::engine::{Projected, Projection};
use crate::words::{Voice, labels, plural, say};

labels! {
    /// The step imagined.
    step_name(Projected) {
        ProviderSynchronises => { en: "If the Provider synchronises now",
            pt: "Se o Provedor sincronizar agora" }
        AcsSynchronises => { en: "If the ACS synchronises now", pt: "Se o ACS sincronizar agora" }
        MassExclusion => { en: "If the mass exclusion runs now",
            pt: "Se a exclusão em massa rodar agora" }
        Plan => { en: "After this plan", pt: "Depois deste plano" }
    }
}

/// One projection in one or two sentences.
#[must_use]
pub fn projection(voice: &Voice, of: &Projection) -> String {
    let step = step_name(voice, of.step);
    let acs = voice.number(of.acs);
    let provider = range(voice, of.provider_least, of.provider);
    let gap = gap_range(voice, of);
    let counts = say!(voice, en: "{step}: ACS {acs}, Provider {provider}, gap {gap}.",
        pt: "{step}: ACS {acs}, Provedor {provider}, diferença {gap}.");
    match touched(voice, of) {
        Some(touched) => format!("{counts} {touched}"),
        None => counts,
    }
}

fn range(voice: &Voice, least: u64, most: u64) -> String {
    let most_shown = voice.number(most);
    if least == most {
        return most_shown;
    }
    let least = voice.number(least);
    say!(voice, en: "{least} to {most_shown}", pt: "{least} a {most_shown}")
}

/// The more entries the Provider keeps, the smaller the signed gap.
fn gap_range(voice: &Voice, of: &Projection) -> String {
    let least = voice.signed(of.gap());
    if of.provider_least == of.provider {
        return least;
    }
    let fewest = Projection { provider: of.provider_least, ..*of };
    let most = voice.signed(fewest.gap());
    say!(voice, en: "{least} to {most}", pt: "{least} a {most}")
}

fn touched(voice: &Voice, of: &Projection) -> Option<String> {
    if of.devices == 0 {
        return None;
    }
    let n = voice.number(of.devices);
    let active = voice.number(of.active_logins);
    Some(match of.step {
        Projected::ProviderSynchronises => plural!(voice, of.devices,
            en: ["It drops {n} entry; active logins among them: {active}.",
                 "It drops {n} entries; active logins among them: {active}."],
            pt: ["Ele tira {n} cadastro; logins ativos entre eles: {active}.",
                 "Ele tira {n} cadastros; logins ativos entre eles: {active}."]),
        Projected::AcsSynchronises => plural!(voice, of.devices,
            en: ["It joins {n} device.", "It joins {n} devices."],
            pt: ["Ele junta {n} equipamento.", "Ele junta {n} equipamentos."]),
        Projected::MassExclusion => plural!(voice, of.devices,
            en: ["It removes {n} device; with an active login: {active}. These customers would \
                  vanish from the ACS.",
                 "It removes {n} devices; with an active login: {active}. These customers would \
                  vanish from the ACS."],
            pt: ["Ela remove {n} equipamento; com login ativo: {active}. Esses clientes sumiriam \
                  do ACS.",
                 "Ela remove {n} equipamentos; com login ativo: {active}. Esses clientes \
                  sumiriam do ACS."]),
        Projected::Plan => plural!(voice, of.devices,
            en: ["It touches {n} device.", "It touches {n} devices."],
            pt: ["Ele mexe em {n} equipamento.", "Ele mexe em {n} equipamentos."]),
    })
}
