//! What a search found, as text and as JSON, people masked.
//!
//! Must not do: search; repeat what was typed; or show a person whole unless that was noted.

use std::io::{self, Write};

use serde::Serialize;

use crate::app::search::{FoundDevice, SearchAnswer, SearchRemark};
use crate::domain::subscriber::scrub;
use crate::domain::{AcsDevice, ProviderRecord, Untrusted};
use crate::headless::report::document::SCHEMA;
use crate::headless::report::layout::{Page, Style};
use crate::headless::report::wire::Time;
use crate::words::{
    Voice, matched_name, search_acs, search_heading, search_person, search_provider, search_remark,
    search_remark_wire, word,
};

/// The JSON of `search` (CLI.md section 1).
#[derive(Debug, Serialize)]
pub struct SearchDocument<'a> {
    schema: u32,
    results: Vec<FoundDocument<'a>>,
    /// Were there more than `--limit`?
    more: bool,
    live: bool,
    acs_read: Option<Time>,
    provider_read: Option<Time>,
    remarks: Vec<RemarkDocument>,
}

#[derive(Debug, Serialize)]
struct FoundDocument<'a> {
    acs: Option<AcsDocument<'a>>,
    provider: Option<ProviderDocument<'a>>,
    matched_on: &'static str,
}

#[derive(Debug, Serialize)]
struct AcsDocument<'a> {
    id: &'a str,
    serial: Option<&'a str>,
    mac: Vec<&'a str>,
    login: Option<&'a str>,
    model: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ProviderDocument<'a> {
    device_id: Option<&'a str>,
    login_id: Option<&'a str>,
    serial: Option<&'a str>,
    mac: Option<&'a str>,
    login: Option<&'a str>,
    model: Option<&'a str>,
    active: bool,
    customer_id: Option<&'a str>,
    customer_name: Option<String>,
    document: Option<String>,
    phone: Option<String>,
    contract_id: Option<&'a str>,
    contract_status: Option<String>,
    plan: Option<String>,
}

#[derive(Debug, Serialize)]
struct RemarkDocument {
    code: &'static str,
    text: String,
}

/// How a result is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct SearchLook {
    /// Was it asked for live?
    pub live: bool,
    /// Are people shown whole? That was noted before.
    pub whole: bool,
}

fn raw(value: Option<&Untrusted>) -> Option<&str> {
    value.map(Untrusted::raw)
}

impl<'a> SearchDocument<'a> {
    /// In the order given.
    #[must_use]
    pub fn of(answer: &'a SearchAnswer, look: SearchLook, voice: &Voice) -> Self {
        let found = |device: &'a FoundDevice| FoundDocument {
            acs: device.acs.as_ref().map(acs),
            provider: device.provider.as_ref().map(|record| provider(record, look.whole)),
            matched_on: device.matched_on.wire(),
        };
        let remark = |remark: &SearchRemark| RemarkDocument {
            code: search_remark_wire(remark),
            text: search_remark(voice, remark),
        };
        Self {
            schema: SCHEMA,
            results: answer.devices.iter().map(found).collect(),
            more: answer.more,
            live: look.live,
            acs_read: answer.read.0.map(Time),
            provider_read: answer.read.1.map(Time),
            remarks: answer.remarks.iter().map(remark).collect(),
        }
    }
}

fn acs(device: &AcsDevice) -> AcsDocument<'_> {
    AcsDocument {
        id: device.id.raw(),
        serial: raw(device.serial.as_ref()),
        mac: device.macs.iter().map(Untrusted::raw).collect(),
        login: raw(device.pppoe_login.as_ref()),
        model: raw(device.model.as_ref()),
    }
}

fn provider(record: &ProviderRecord, whole: bool) -> ProviderDocument<'_> {
    let [customer_name, document, phone] = search_person(record, whole);
    let typed = |value: Option<&Untrusted>| value.map(|v| scrub(v.raw()).into_owned());
    ProviderDocument {
        device_id: raw(record.device_id.as_ref()),
        login_id: raw(record.login_id.as_ref()),
        serial: raw(record.serial.as_ref()),
        mac: raw(record.mac.as_ref()),
        login: raw(record.login.as_ref()),
        model: raw(record.model.as_ref()),
        active: record.is_active(),
        customer_id: raw(record.customer_id.as_ref()),
        customer_name,
        document,
        phone,
        contract_id: raw(record.contract_id.as_ref()),
        contract_status: typed(record.contract_status.as_ref()),
        plan: typed(record.plan.as_ref()),
    }
}

/// The answer for a person, `width` columns wide.
///
/// # Errors
/// Where `out` fails.
pub fn search_text(
    answer: &SearchAnswer,
    look: SearchLook,
    voice: &Voice,
    (width, color): (usize, bool),
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = &mut Page::new(out, width, color);
    page.say(Style::Heading, &search_heading(voice, answer, look.live))?;
    for remark in &answer.remarks {
        page.hang(Style::Attention, 0, "! ", &search_remark(voice, remark))?;
    }
    for device in &answer.devices {
        page.blank()?;
        one(page, device, look, voice)?;
    }
    if answer.devices.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.say(
        Style::Plain,
        word!(voice,
        en: "`acerto explain KEY` tells everything about one of them.",
        pt: "`acerto explain CHAVE` conta tudo sobre um deles."),
    )
}

fn one(
    page: &mut Page<'_>,
    device: &FoundDevice,
    look: SearchLook,
    voice: &Voice,
) -> io::Result<()> {
    let (acs, provider) = (device.acs.as_ref(), device.provider.as_ref());
    let first = |values: [Option<&Untrusted>; 2]| values.into_iter().flatten().next().cloned();
    let serial =
        first([acs.and_then(|d| d.serial.as_ref()), provider.and_then(|p| p.serial.as_ref())]);
    let model =
        first([acs.and_then(|d| d.model.as_ref()), provider.and_then(|p| p.model.as_ref())]);
    let name = serial
        .or_else(|| acs.map(|d| d.id.clone()))
        .or_else(|| provider.and_then(|p| p.login.clone().or_else(|| p.device_id.clone())));
    let on = matched_name(voice, device.matched_on);
    let by = word!(voice, en: "found by", pt: "achado por");
    let title = [name, model].into_iter().flatten().map(|v| v.to_string());
    let title = title.chain([format!("({by} {on})")]).collect::<Vec<_>>().join("  ");
    page.say(Style::Heading, &title)?;
    let none = || word!(voice, en: "not there", pt: "não está").to_owned();
    page.item(2, "ACS       ", &acs.map_or_else(none, |d| search_acs(voice, d)))?;
    let label = word!(voice, en: "Provider  ", pt: "Provedor  ");
    page.item(2, label, &provider.map_or_else(none, |p| search_provider(voice, p, look.whole)))
}
