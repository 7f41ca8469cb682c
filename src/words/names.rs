//! Short names in words: strengths, states, changes, fields, reasons, contract states.
//!
//! Must not do: full sentences.

use crate::domain::subscriber::{ContractStatus, scrub};
use crate::domain::text::visible;
use crate::domain::{Side, Untrusted};
use crate::engine::{Change, Field, Reason, ResolvedHow, State, Strength};
use crate::words::{Voice, counted, labels, word};

labels! {
    /// How sure.
    strength_name(Strength) {
        Proven => { en: "proven", pt: "provado" }
        Inferred => { en: "inferred", pt: "deduzido" }
    }
}

labels! {
    /// New or not.
    state_name(State) {
        New => { en: "new", pt: "novo" }
        Ongoing => { en: "ongoing", pt: "continua" }
    }
}

labels! {
    /// Which system.
    side_name(Side) {
        Acs => { en: "ACS", pt: "ACS" }
        Provider => { en: "Provider", pt: "Provedor" }
    }
}

counted! {
    /// How many a change concerns: a term of the sum since the baseline.
    change_count(Change; n) {
        Arrived => { en: ["{n} arrived", "{n} arrived"], pt: ["{n} novo", "{n} novos"] }
        Returned => { en: ["{n} returned", "{n} returned"],
            pt: ["{n} que voltou", "{n} que voltaram"] }
        ManualDelete => { en: ["{n} deleted by hand", "{n} deleted by hand"],
            pt: ["{n} excluído à mão", "{n} excluídos à mão"] }
        MassExcluded => { en: ["{n} mass-excluded", "{n} mass-excluded"],
            pt: ["{n} excluído em massa", "{n} excluídos em massa"] }
        RemovedUnknown => { en: ["{n} left, nothing tells how", "{n} left, nothing tells how"],
            pt: ["{n} que saiu sem se saber como", "{n} que saíram sem se saber como"] }
        Purged => { en: ["{n} purged by the Provider", "{n} purged by the Provider"],
            pt: ["{n} limpo pelo Provedor", "{n} limpos pelo Provedor"] }
        Linked => { en: ["{n} login linked", "{n} logins linked"],
            pt: ["{n} login vinculado", "{n} logins vinculados"] }
        Unlinked => { en: ["{n} login unlinked", "{n} logins unlinked"],
            pt: ["{n} login desvinculado", "{n} logins desvinculados"] }
        Activated => { en: ["{n} login activated", "{n} logins activated"],
            pt: ["{n} login ativado", "{n} logins ativados"] }
        Deactivated => { en: ["{n} login deactivated", "{n} logins deactivated"],
            pt: ["{n} login desativado", "{n} logins desativados"] }
        Unexplained => { en: ["{n} unexplained", "{n} unexplained"],
            pt: ["{n} sem explicação", "{n} sem explicação"] }
    }
}

counted! {
    /// How many findings are of a strength.
    strength_count(Strength; n) {
        Proven => { en: ["{n} proven", "{n} proven"], pt: ["{n} provado", "{n} provados"] }
        Inferred => { en: ["{n} inferred", "{n} inferred"],
            pt: ["{n} deduzido", "{n} deduzidos"] }
    }
}

labels! {
    /// A field of a pair.
    field_name(Field) {
        Login => { en: "login", pt: "login" }
        Mac => { en: "MAC", pt: "MAC" }
        Serial => { en: "serial", pt: "serial" }
        Model => { en: "model", pt: "modelo" }
        WanIp => { en: "WAN IP", pt: "IP WAN" }
    }
}

labels! {
    /// Why a candidate is proposed.
    reason_name(Reason) {
        SameLogin => { en: "same PPPoE login", pt: "mesmo login PPPoE" }
        SameMac => { en: "same MAC", pt: "mesmo MAC" }
        SameSerial => { en: "same serial", pt: "mesmo serial" }
        NamedByEntry => { en: "named by the device's entry", pt: "citado no cadastro dele" }
        SerialAlike => { en: "serials nearly the same", pt: "seriais quase iguais" }
        MacNeighbour => { en: "neighbouring MAC", pt: "MAC vizinho" }
        MacOneDigitOff => { en: "MAC one digit off", pt: "MAC com um dígito diferente" }
        SameWanIp => { en: "same WAN IP", pt: "mesmo IP WAN" }
        SameModel => { en: "same model", pt: "mesmo modelo" }
        LoginAlike => { en: "logins nearly the same", pt: "logins quase iguais" }
        NameAlike => { en: "login like the customer's name", pt: "login parecido com o nome" }
    }
}

labels! {
    /// How a difference ended.
    resolved_how(ResolvedHow) {
        Matched => { en: "now in both, and counted", pt: "agora nos dois, e contado" }
        GoneFromBoth => { en: "gone from both", pt: "saiu dos dois" }
        GoneFromProvider => { en: "no longer in the Provider", pt: "não está mais no Provedor" }
        GoneFromAcs => { en: "no longer in the ACS", pt: "não está mais no ACS" }
        SetRight => { en: "set right", pt: "corrigido" }
    }
}

labels! {
    /// What a contract's status letter means.
    status_name(ContractStatus) {
        PreContract => { en: "not yet in force", pt: "em pré-contrato" }
        Active => { en: "active", pt: "ativo" }
        Inactive => { en: "inactive", pt: "inativo" }
        Delinquent => { en: "with the credit bureau", pt: "negativado" }
        Cancelled => { en: "withdrawn", pt: "em desistência" }
    }
}

/// A contract's status in words with its code; an unknown code as it is.
///
/// The two-letter codes are those of IXC's `status_internet`.
#[must_use]
pub fn contract_status(voice: &Voice, code: &Untrusted) -> String {
    let words = match code.raw().trim() {
        "CM" => word!(voice, en: "blocked by hand", pt: "em bloqueio manual"),
        "CA" => word!(voice, en: "blocked automatically", pt: "em bloqueio automático"),
        "FA" => word!(voice, en: "in arrears", pt: "com financeiro em atraso"),
        "AA" => word!(voice, en: "waiting for a signature", pt: "aguardando assinatura"),
        letter => match ContractStatus::from_code(letter) {
            Some(status) => status_name(voice, status),
            None => return visible(&scrub(code.raw())),
        },
    };
    format!("{words} ({code})")
}
