//! A search in words, for both faces.
//!
//! Must not do: repeat what was typed; it may be somebody's number.

use crate::app::search::{SearchAnswer, SearchRemark};
use crate::domain::{AcsDevice, MatchedOn, ProviderRecord, Untrusted};
use crate::words::{Voice, contract_status, labels, plural, say, side_name, word};

/// MACs of a device that a line tells.
const MACS_MAX: usize = 2;

labels! {
    /// By what a device was found.
    matched_name(MatchedOn) {
        Serial => { en: "serial", pt: "serial" }
        Mac => { en: "MAC", pt: "MAC" }
        Login => { en: "login", pt: "login" }
        Document => { en: "CPF/CNPJ", pt: "CPF/CNPJ" }
        Phone => { en: "phone", pt: "telefone" }
        Name => { en: "name", pt: "nome" }
        Contract => { en: "contract", pt: "contrato" }
        Id => { en: "id", pt: "id" }
        Model => { en: "model", pt: "modelo" }
    }
}

/// An ACS device in a line.
#[must_use]
pub fn search_acs(voice: &Voice, device: &AcsDevice) -> String {
    let login = device.pppoe_login.as_ref().map(|v| format!("login {v}"));
    let macs = device.macs.iter().take(MACS_MAX).map(|m| format!("MAC {m}"));
    let id = format!("{} {}", word!(voice, en: "id", pt: "id"), device.id);
    [id].into_iter().chain(macs).chain(login).collect::<Vec<_>>().join(", ")
}

/// A Provider's record in a line; its person masked, or whole where that was noted.
#[must_use]
pub fn search_provider(voice: &Voice, record: &ProviderRecord, whole: bool) -> String {
    let labelled = |label: &str, value: Option<&Untrusted>| value.map(|v| format!("{label} {v}"));
    let [name, document, phone] = search_person(record, whole);
    let status = record.contract_status.as_ref().map(|s| contract_status(voice, s));
    let contract = record.contract_id.as_ref().map(|id| {
        let label = word!(voice, en: "contract", pt: "contrato");
        let status = status.map(|s| format!(": {s}")).unwrap_or_default();
        format!("{label} {id}{status}")
    });
    let off = (!record.is_active())
        .then(|| word!(voice, en: "login inactive", pt: "login inativo").to_owned());
    let parts = [
        name,
        document.map(|d| format!("CPF/CNPJ {d}")),
        phone.map(|p| format!("{} {p}", word!(voice, en: "phone", pt: "telefone"))),
        labelled("login", record.login.as_ref()),
        off,
        contract,
        labelled(word!(voice, en: "device", pt: "dispositivo"), record.device_id.as_ref()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Name, document and phones of a record's person.
#[must_use]
pub fn search_person(record: &ProviderRecord, whole: bool) -> [Option<String>; 3] {
    fn one<T: std::fmt::Display>(
        value: Option<&T>,
        raw: fn(&T) -> &Untrusted,
        whole: bool,
    ) -> Option<String> {
        value.map(|v| if whole { raw(v).to_string() } else { v.to_string() })
    }
    [
        one(record.customer_name.as_ref(), |n| &n.0, whole),
        one(record.document.as_ref(), |d| &d.0, whole),
        one(record.phone.as_ref(), |p| &p.0, whole),
    ]
}

/// How many were found.
#[must_use]
pub fn search_count(voice: &Voice, answer: &SearchAnswer) -> String {
    let n = answer.devices.len() as u64;
    let shown = voice.number(n);
    if answer.more {
        return say!(voice, en: "The first {shown} devices; there are more",
            pt: "Os primeiros {shown} dispositivos; há mais");
    }
    plural!(voice, n, en: ["{shown} device", "{shown} devices"],
        pt: ["{shown} dispositivo", "{shown} dispositivos"])
}

/// The same, and how old that knowledge is.
#[must_use]
pub fn search_heading(voice: &Voice, answer: &SearchAnswer, live: bool) -> String {
    let count = search_count(voice, answer);
    if live {
        return say!(voice, en: "{count}, as both systems say now",
            pt: "{count}, como os dois sistemas dizem agora");
    }
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), |at| voice.time(at));
    let (acs, provider) = (time(answer.read.0), time(answer.read.1));
    say!(voice, en: "{count}, as read: ACS {acs}, Provider {provider}",
        pt: "{count}, como lidos: ACS {acs}, Provedor {provider}")
}

/// What could not be searched, and what to do about it.
#[must_use]
pub fn search_remark(voice: &Voice, remark: &SearchRemark) -> String {
    match remark {
        SearchRemark::KeyLost => word!(voice,
            en: "CPF, CNPJ and phones can't be found: search.key is not the key of the last \
                 reading. The next --reconcile makes them findable; --live asks the systems",
            pt: "CPF, CNPJ e telefones não podem ser encontrados: search.key não é a chave da \
                 última leitura. O próximo --reconcile resolve; --live pergunta aos sistemas")
        .to_owned(),
        SearchRemark::PeopleNotKept => word!(voice,
            en: "people can't be found here: store_pii is none. --live asks the systems",
            pt: "pessoas não podem ser encontradas aqui: store_pii é none. --live pergunta aos \
                 sistemas")
        .to_owned(),
        SearchRemark::NotAsked(side, what) => {
            let side = side_name(voice, *side);
            let names: Vec<&str> = what.iter().map(|on| matched_name(voice, *on)).collect();
            let names = names.join(", ");
            say!(voice, en: "{side}: can't be asked for {names}",
                pt: "{side}: não pode ser consultado por {names}")
        }
        SearchRemark::Failed(side, why) => {
            let side = side_name(voice, *side);
            say!(voice, en: "{side}: could not be asked: {why}",
                pt: "{side}: não pôde ser consultado: {why}")
        }
        SearchRemark::OneSided => word!(voice,
            en: "the other system was not asked for all of them: where it is silent below, it may \
                 have the device all the same",
            pt: "o outro sistema não foi consultado para todos: onde falta abaixo, ele pode ter o \
                 dispositivo mesmo assim")
        .to_owned(),
    }
}

/// The stable name of a remark.
#[must_use]
pub fn search_remark_wire(remark: &SearchRemark) -> &'static str {
    match remark {
        SearchRemark::KeyLost => "search-key-lost",
        SearchRemark::PeopleNotKept => "people-not-kept",
        SearchRemark::NotAsked(..) => "not-asked",
        SearchRemark::Failed(..) => "side-failed",
        SearchRemark::OneSided => "one-sided",
    }
}

/// Nothing was found, and what else may help.
#[must_use]
pub fn search_nothing(voice: &Voice, live: bool) -> &'static str {
    if live {
        return word!(voice, en: "neither system has such a device",
            pt: "nenhum dos sistemas tem tal dispositivo");
    }
    word!(voice,
        en: "nothing found in the last reading; --live asks both systems",
        pt: "nada encontrado na última leitura; --live pergunta aos dois sistemas")
}
