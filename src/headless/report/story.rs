//! Findings in the text report: a cause, what it means, what to do, and its devices.
//!
//! Must not do: print more devices than a person reads; the whole list is the CSV's.

use std::io;

use crate::app::Run;
use crate::domain::subscriber::scrub;
use crate::domain::text::visible;
use crate::domain::{AcsDevice, DeviceKey, ProviderRecord, Untrusted};
use crate::engine::{Candidate, Cause, EvidenceKind, Finding, Strength};
use crate::headless::report::findings::model;
use crate::headless::report::layout::{Page, Style};
use crate::words::{
    Voice, cause_meaning, cause_title, cause_todo, drift, evidence, fix_how, plural, reason_name,
    say, state_name, strength_count, strength_name, word,
};

/// The most devices shown per cause.
pub const SHOWN_PER_CAUSE_MAX: usize = 10;

/// The most candidates shown per device.
const CANDIDATES_MAX: usize = 3;

/// The width of a text that is not written to a terminal.
const WIDTH: usize = 80;

/// One cause's part of the report; nothing where it does not occur.
pub fn cause(page: &mut Page<'_>, voice: &Voice, run: &Run, cause: Cause) -> io::Result<()> {
    let mut found: Vec<&Finding> =
        run.reconciliation.findings.iter().filter(|f| f.cause == cause).collect();
    // What a person chose to leave alone comes last, so that it hides nothing behind the cap.
    found.sort_by_key(|f| f.ignored.is_some());
    if found.is_empty() {
        return Ok(());
    }
    page.heading(&heading(voice, cause, &found))?;
    page.indented(2, cause_meaning(voice, cause))?;
    let todo = word!(voice, en: "To do: ", pt: "Fazer: ");
    page.item(2, todo, cause_todo(voice, cause))?;
    for finding in found.iter().take(SHOWN_PER_CAUSE_MAX) {
        device(page, voice, finding)?;
    }
    let more = found.len().saturating_sub(SHOWN_PER_CAUSE_MAX) as u64;
    if more > 0 {
        let n = voice.number(more);
        let line = plural!(voice, more,
            en: ["... and {n} more: `--format csv` lists them all.",
                 "... and {n} more: `--format csv` lists them all."],
            pt: ["... e mais {n}: `--format csv` lista todos.",
                 "... e mais {n}: `--format csv` lista todos."]);
        page.indented(2, &line)?;
    }
    Ok(())
}

fn heading(voice: &Voice, cause: Cause, found: &[&Finding]) -> String {
    let proven = found.iter().filter(|f| f.strength == Strength::Proven).count() as u64;
    let inferred = found.len() as u64 - proven;
    let counts: Vec<String> = [(Strength::Proven, proven), (Strength::Inferred, inferred)]
        .into_iter()
        .filter(|&(_, n)| n > 0)
        .map(|(strength, n)| strength_count(voice, strength, n))
        .collect();
    format!("{} ({}): {}", cause_title(voice, cause), cause.wire(), counts.join(", "))
}

/// One finding as the text of `show` and of `explain`.
#[must_use]
pub fn finding_text(finding: &Finding, voice: &Voice) -> String {
    let mut out = Vec::new();
    // A Vec takes every write.
    let written = whole_finding(&mut Page::new(&mut out, WIDTH, false), voice, finding);
    match written {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(error) => error.to_string(),
    }
}

/// A finding with the meaning of its cause and all its fixes.
pub fn whole_finding(page: &mut Page<'_>, voice: &Voice, finding: &Finding) -> io::Result<()> {
    let (title, name) = (cause_title(voice, finding.cause), finding.cause.wire());
    page.say(Style::Heading, &format!("{title} ({name})"))?;
    page.indented(2, cause_meaning(voice, finding.cause))?;
    device(page, voice, finding)?;
    for &fix in &finding.fixes {
        page.item(4, &format!("{}: ", fix.wire()), fix_how(voice, fix))?;
    }
    Ok(())
}

/// One finding's records, evidence and candidates.
fn device(page: &mut Page<'_>, voice: &Voice, finding: &Finding) -> io::Result<()> {
    page.item(2, "* ", &label(voice, finding))?;
    page.indented(4, &standing(voice, finding))?;
    page.indented(4, &records(voice, finding))?;
    let told = |kind| kind == EvidenceKind::FieldDiffers && !finding.fields.is_empty();
    for fact in finding.evidence.iter().filter(|fact| !told(fact.kind)) {
        page.item(4, "- ", &evidence(voice, fact))?;
    }
    for field in &finding.fields {
        page.item(4, "- ", &drift(voice, field))?;
    }
    for candidate in finding.candidates.iter().take(CANDIDATES_MAX) {
        page.item(4, "? ", &proposal(voice, candidate))?;
    }
    if let Some(ignored) = &finding.ignored {
        page.indented(4, &left_alone(voice, ignored))?;
    }
    Ok(())
}

/// Serial, MAC or id, login, customer (masked), model.
fn label(voice: &Voice, finding: &Finding) -> String {
    let mut parts = vec![identity(voice, finding)];
    let provider = finding.provider.iter().find_map(|p| p.login.as_ref());
    let login = provider.or_else(|| finding.acs.iter().find_map(|d| d.pppoe_login.as_ref()));
    parts.extend(login.map(|login| format!("login {login}")));
    parts.extend(
        finding
            .provider
            .iter()
            .find_map(|p| p.customer_name.as_ref())
            .map(|name| say!(voice, en: "customer {name}", pt: "cliente {name}")),
    );
    parts
        .extend(model(finding).map(|model| say!(voice, en: "model {model}", pt: "modelo {model}")));
    parts.join(", ")
}

/// What to call the device: its serial, else its MAC, else what either system calls it.
fn identity(voice: &Voice, finding: &Finding) -> String {
    let (acs, provider) = (&finding.acs, &finding.provider);
    let serial = acs.iter().find_map(|d| d.serial.as_ref());
    if let Some(serial) = serial.or_else(|| provider.iter().find_map(|p| p.serial.as_ref())) {
        return serial.to_string();
    }
    let mac = acs.iter().find_map(|d| d.macs.first());
    if let Some(mac) = mac.or_else(|| provider.iter().find_map(|p| p.mac.as_ref())) {
        return format!("MAC {mac}");
    }
    if let Some(device) = acs.first() {
        let id = &device.id;
        return say!(voice, en: "ACS device {id}", pt: "equipamento {id} do ACS");
    }
    if let Some(id) = provider.iter().find_map(|p| p.device_id.as_ref()) {
        return say!(voice, en: "entry {id}", pt: "cadastro {id}");
    }
    if let Some(id) = provider.iter().find_map(|p| p.login_id.as_ref()) {
        return say!(voice, en: "login id {id}", pt: "login id {id}");
    }
    match finding.keys.first() {
        Some(DeviceKey::Serial(serial)) => visible(serial.as_str()),
        Some(DeviceKey::Mac(mac)) => format!("MAC {mac}"),
        Some(DeviceKey::AcsId(id) | DeviceKey::ProviderId(id)) => id.to_string(),
        None => word!(voice, en: "(no identity)", pt: "(sem identidade)").to_owned(),
    }
}

/// Strength, state, since when, and the id.
fn standing(voice: &Voice, finding: &Finding) -> String {
    let strength = match finding.strength {
        Strength::Proven => strength_name(voice, Strength::Proven).to_owned(),
        Strength::Inferred => {
            let score = voice.decimal(finding.score, 2);
            format!("{} ({score})", strength_name(voice, Strength::Inferred))
        }
    };
    let state = state_name(voice, finding.state);
    let since = voice.time(finding.first_seen);
    let was = finding.was.map(|was| {
        let was = was.wire();
        say!(voice, en: ", was {was}", pt: ", era {was}")
    });
    let (was, id) = (was.unwrap_or_default(), &finding.id);
    say!(voice, en: "{strength}; {state}{was}, first seen {since}; {id}",
        pt: "{strength}; {state}{was}, visto primeiro em {since}; {id}")
}

/// Where its records stand in the two systems.
fn records(voice: &Voice, finding: &Finding) -> String {
    let none = word!(voice, en: "nothing", pt: "nada");
    let list = |names: Vec<String>| if names.is_empty() { none.into() } else { names.join(", ") };
    let acs = list(finding.acs.iter().map(acs_name).collect());
    let provider = list(finding.provider.iter().map(|p| provider_name(voice, p)).collect());
    let mut line = say!(voice, en: "ACS: {acs}. Provider: {provider}.",
        pt: "ACS: {acs}. Provedor: {provider}.");
    if let Some(related) = &finding.related {
        let names: Vec<String> = related
            .acs
            .iter()
            .map(|d| format!("ACS {}", acs_name(d)))
            .chain(related.provider.iter().map(|p| provider_name(voice, p)))
            .collect();
        let names = names.join(", ");
        line.push_str(&say!(voice, en: " Still matched beside it: {names}.",
            pt: " Ao lado, ainda casados: {names}."));
    }
    line
}

fn acs_name(device: &AcsDevice) -> String {
    match &device.serial {
        Some(serial) => format!("{} ({serial})", device.id),
        None => device.id.to_string(),
    }
}

fn provider_name(voice: &Voice, record: &ProviderRecord) -> String {
    let or_without = |id: Option<&Untrusted>| {
        let without = || word!(voice, en: "without id", pt: "sem id").to_owned();
        id.map_or_else(without, ToString::to_string)
    };
    let login = record.login.as_ref().map(|l| format!(", login {l}")).unwrap_or_default();
    let Some(identity) = record.serial.as_ref().or(record.mac.as_ref()) else {
        let id = or_without(record.login_id.as_ref());
        return say!(voice, en: "login id {id}{login}", pt: "login id {id}{login}");
    };
    let id = or_without(record.device_id.as_ref());
    say!(voice, en: "entry {id} ({identity}){login}", pt: "cadastro {id} ({identity}){login}")
}

fn proposal(voice: &Voice, candidate: &Candidate) -> String {
    let score = voice.decimal(candidate.score, 2);
    let why: Vec<&str> = candidate.why.iter().map(|&r| reason_name(voice, r)).collect();
    let why = why.join(", ");
    let mut parts: Vec<String> = Vec::new();
    parts.extend(candidate.login.as_ref().map(|l| format!("login {l}")));
    parts.extend(candidate.login_id.as_ref().map(|id| format!("login id {id}")));
    parts.extend(
        candidate.device_id.as_ref().map(|id| say!(voice, en: "entry {id}", pt: "cadastro {id}")),
    );
    parts.extend(candidate.acs_id.as_ref().map(|id| format!("ACS {id}")));
    let what = parts.join(", ");
    say!(voice, en: "may be {what} ({score}: {why})", pt: "pode ser {what} ({score}: {why})")
}

fn left_alone(voice: &Voice, ignored: &crate::engine::Ignored) -> String {
    let reason = visible(&scrub(&ignored.reason));
    match ignored.until {
        None => say!(voice, en: "Ignored: {reason}", pt: "Ignorado: {reason}"),
        Some(until) => {
            let until = voice.time(until);
            say!(voice, en: "Ignored until {until}: {reason}",
                pt: "Ignorado até {until}: {reason}")
        }
    }
}
