//! The search, drawn: the line, the devices, and the records of the one under the cursor.
//!
//! Must not do: change anything, or show a person unmasked.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use tui_input::Input;

use super::draw::typed;
use crate::app::search::FoundDevice;
use crate::domain::Untrusted;
use crate::engine::Cause;
use crate::tui::action::Action;
use crate::tui::keymap::Layer;
use crate::tui::model::{JobKind, Model};
use crate::tui::search::Found;
use crate::tui::theme::Paint;
use crate::tui::view::body;
use crate::tui::widgets::pane::pane;
use crate::tui::widgets::text::{cut, fill, hanging, lines, unaligned};
use crate::words::{
    cause_title, matched_name, say, search_acs, search_count, search_heading, search_nothing,
    search_provider, search_remark, word,
};

/// Rows above the devices: the line, and what it found.
const HEAD: usize = 2;
/// Rows below them for the records of one, with the line between.
const BELOW: usize = 8;
/// Fewer rows have room for the devices alone.
const BELOW_FROM: usize = 16;

/// Rows inside the frame, which lies over the body: head and hints stay.
fn inside(model: &Model) -> usize {
    usize::from(body(model).height).saturating_sub(2)
}

/// Columns inside it.
fn columns(model: &Model) -> usize {
    usize::from(body(model).width).saturating_sub(2)
}

/// Rows of the list of devices.
pub(super) fn rows(model: &Model) -> usize {
    let left = inside(model).saturating_sub(HEAD + remarks(model, columns(model)).len());
    if inside(model) < BELOW_FROM { left } else { left.saturating_sub(BELOW) }
}

/// The last line that one device, shown alone, can begin at.
pub(super) fn most(model: &Model) -> usize {
    alone(model, columns(model)).len().saturating_sub(inside(model) / 2)
}

/// Draws it.
pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, input: &Input) {
    let voice = &model.voice;
    let title = word!(voice, en: "Search for devices", pt: "Buscar dispositivos");
    let over = body(model);
    frame.render_widget(Clear, over);
    let area = pane(model, frame, over, title, "");
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    if let Some(top) = model.search.alone {
        let all = alone(model, width);
        return lines(frame, area, all.into_iter().skip(top).take(height));
    }
    let head = word!(voice, en: "search: ", pt: "buscar: ");
    let head = format!("{head}{}", typed(input, width.saturating_sub(head.chars().count())));
    let mut shown = vec![Line::from(head), dim(model, &told(model), width)];
    shown.extend(remarks(model, width).iter().map(|remark| dim(model, remark, width)));
    let room = rows(model);
    if let Some(found) = &model.search.found {
        let range = model.search.window.shown(found.answer.devices.len(), room);
        shown.extend(range.map(|at| row(model, found, at, width)));
    }
    if height >= BELOW_FROM {
        shown.resize(height - BELOW, Line::default());
        shown.push(dim(model, &"─".repeat(width), width));
        shown.extend(below(model, width));
    }
    lines(frame, area, shown);
}

fn dim(model: &Model, text: &str, width: usize) -> Line<'static> {
    Line::from(Span::styled(cut(text, width), model.theme.style(Paint::Dim)))
}

/// What the search is at, or what it found.
fn told(model: &Model) -> String {
    let voice = &model.voice;
    let live = model.keys.key_of(&[Layer::Search], Action::SearchLive).unwrap_or_default();
    if model.is_running(JobKind::Search) {
        return word!(voice, en: "searching...", pt: "buscando...").to_owned();
    }
    match &model.search.found {
        None => say!(voice,
            en: "name, CPF/CNPJ, phone, login, serial, MAC, model, contract; {live}: live",
            pt: "nome, CPF/CNPJ, telefone, login, serial, MAC, modelo, contrato; {live}: ao vivo"),
        Some(found) if found.answer.devices.is_empty() && found.asked.live => {
            search_nothing(voice, true).to_owned()
        }
        Some(found) if found.answer.devices.is_empty() => word!(voice,
            en: "nothing found in the last reading; Enter asks both systems",
            pt: "nada encontrado na última leitura; Enter pergunta aos dois sistemas")
        .to_owned(),
        Some(found) if found.asked.live => search_heading(voice, &found.answer, true),
        Some(found) => {
            let age = |at: Option<Timestamp>| at.map_or("?".into(), |at| voice.age(at, model.now));
            let (acs, provider) = (age(found.answer.read.0), age(found.answer.read.1));
            let count = search_count(voice, &found.answer);
            say!(voice, en: "{count}; read: ACS {acs} ago, Provider {provider} ago",
                pt: "{count}; lidos: ACS há {acs}, Provedor há {provider}")
        }
    }
}

/// What could not be searched, whole: the end of it says what to do.
fn remarks(model: &Model, width: usize) -> Vec<String> {
    told_remarks(model).iter().flat_map(|remark| hanging(remark, width)).collect()
}

fn told_remarks(model: &Model) -> Vec<String> {
    let found = model.search.found.iter().flat_map(|found| &found.answer.remarks);
    found.map(|remark| format!("! {}", search_remark(&model.voice, remark))).collect()
}

/// A device: by what, its name, model, customer, where it is, and its cause.
fn row(model: &Model, found: &Found, at: usize, width: usize) -> Line<'static> {
    let voice = &model.voice;
    let device = &found.answer.devices[at];
    let cause = found.findings.get(at).and_then(Option::as_ref).map(|(_, cause)| *cause);
    let here = at == model.search.window.at;
    let sides = format!(
        "{}{}",
        if device.acs.is_some() { 'A' } else { '-' },
        if device.provider.is_some() { 'P' } else { '-' }
    );
    let (name, model_name) = (name(device), model_of(device));
    let customer = device.provider.as_ref().and_then(|p| p.customer_name.as_ref());
    let customer = customer.map(ToString::to_string).unwrap_or_default();
    let parts = [
        fill(matched_name(voice, device.matched_on), 9),
        fill(&name, 17),
        fill(&model_name, 11),
        fill(&customer, 16),
        sides,
        cause.map_or_else(|| agreed(model, device), |cause| cause_title(voice, cause).to_owned()),
    ];
    let text = format!("{}{}", if here { '>' } else { ' ' }, parts.join(" "));
    let paint = match cause {
        _ if here => Paint::Cursor,
        Some(_) => Paint::Warn,
        None => Paint::Text,
    };
    Line::from(Span::styled(fill(&text, width), model.theme.style(paint)))
}

/// Of a device without a difference.
fn agreed(model: &Model, device: &FoundDevice) -> String {
    let both = device.acs.is_some() && device.provider.is_some();
    if both && compared(model) {
        word!(&model.voice, en: "agree", pt: "concordam").to_owned()
    } else {
        String::new()
    }
}

/// Was there a run that says what differs?
fn compared(model: &Model) -> bool {
    model.search.found.as_ref().is_some_and(|found| found.compared)
}

fn first(values: [Option<&Untrusted>; 2]) -> Option<String> {
    values.into_iter().flatten().next().map(ToString::to_string)
}

fn name(device: &FoundDevice) -> String {
    let (acs, provider) = (device.acs.as_ref(), device.provider.as_ref());
    let serial =
        first([acs.and_then(|d| d.serial.as_ref()), provider.and_then(|p| p.serial.as_ref())]);
    let other = || first([acs.map(|d| &d.id), provider.and_then(|p| p.login.as_ref())]);
    serial.or_else(other).unwrap_or_default()
}

fn model_of(device: &FoundDevice) -> String {
    let acs = device.acs.as_ref().and_then(|d| d.model.as_ref());
    let provider = device.provider.as_ref().and_then(|p| p.model.as_ref());
    first([acs, provider]).unwrap_or_default()
}

/// Both records of the device under the cursor, as many rows as there is room for.
fn below(model: &Model, width: usize) -> Vec<Line<'static>> {
    let Some((device, finding)) = model.search.chosen() else { return Vec::new() };
    let cause = finding.map(|(_, cause)| *cause);
    let all = facts(model, device, cause);
    let wrapped = all.iter().flat_map(|line| hanging(line, width));
    wrapped.take(BELOW - 1).map(Line::from).collect()
}

fn facts(model: &Model, device: &FoundDevice, cause: Option<Cause>) -> Vec<String> {
    let voice = &model.voice;
    let none = || word!(voice, en: "not there", pt: "não está").to_owned();
    let acs = device.acs.as_ref().map_or_else(none, |d| search_acs(voice, d));
    let provider = device.provider.as_ref().map_or_else(none, |p| search_provider(voice, p, false));
    let label = word!(voice, en: "Provider  ", pt: "Provedor  ");
    let said = match cause {
        Some(cause) => {
            let title = cause_title(voice, cause);
            say!(voice, en: "Enter opens the difference: {title}",
                pt: "Enter abre a diferença: {title}")
        }
        None if !compared(model) => word!(voice,
            en: "Not compared yet: read both systems first.",
            pt: "Ainda não comparado: leia os dois sistemas primeiro.")
        .to_owned(),
        None if device.acs.is_some() && device.provider.is_some() => word!(voice,
            en: "No difference: both systems agree on it.",
            pt: "Sem diferença: os dois sistemas concordam.")
        .to_owned(),
        None => word!(voice,
            en: "No finding: it takes nothing from either count.",
            pt: "Sem diferença: não muda nenhum dos totais.")
        .to_owned(),
    };
    vec![format!("ACS       {acs}"), format!("{label}{provider}"), said]
}

/// What was found, in words: each device with its number and both its records.
pub(super) fn plain(model: &Model, most: usize) -> Vec<String> {
    let Some(found) = &model.search.found else { return Vec::new() };
    let mut all = vec![told(model)];
    all.extend(told_remarks(model));
    for (at, device) in found.answer.devices.iter().take(most).enumerate() {
        let cause = found.findings.get(at).and_then(Option::as_ref).map(|(_, cause)| *cause);
        let (number, name, by) =
            (at + 1, name(device), matched_name(&model.voice, device.matched_on));
        all.push(say!(&model.voice,
            en: "{number}: {name}, found by {by}", pt: "{number}: {name}, achado por {by}"));
        let mut facts = facts(model, device, cause);
        if let (Some(cause), Some(last)) = (cause, facts.last_mut()) {
            let title = cause_title(&model.voice, cause);
            *last = say!(&model.voice,
                en: "difference: {title}; found {number} opens it",
                pt: "diferença: {title}; achado {number} a abre");
        }
        all.extend(facts.iter().map(|line| format!("  {}", unaligned(line))));
    }
    all
}

/// One device, with all that was found of it, a line each.
fn alone(model: &Model, width: usize) -> Vec<Line<'static>> {
    let Some((device, finding)) = model.search.chosen() else { return Vec::new() };
    let mut title = name(device);
    let kind = model_of(device);
    if !kind.is_empty() {
        title = format!("{title}  {kind}");
    }
    let heading = Span::styled(cut(&title, width), model.theme.style(Paint::Strong));
    let mut all = vec![Line::from(heading), Line::default()];
    let cause = finding.map(|(_, cause)| *cause);
    for line in facts(model, device, cause) {
        all.extend(hanging(&line, width).into_iter().map(Line::from));
        all.push(Line::default());
    }
    let explain = word!(&model.voice,
        en: "`acerto explain KEY` tells its history. Esc: back to the list.",
        pt: "`acerto explain CHAVE` conta o histórico. Esc: volta à lista.");
    all.push(dim(model, explain, width));
    all
}
