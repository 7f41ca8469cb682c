//! The whole screen: head, tabs, the screen itself, hints, and what lies over it.
//!
//! Must not do: change anything. The same model gives the same picture.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::overlays;
use crate::tui::screens::{connections, dashboard, detail, diff, plan, progress, runs, settings};
use crate::tui::theme::Paint;
use crate::tui::update::layers;
use crate::tui::widgets::text::{cut, fill};
use crate::words::{say, word};

/// Smaller than this, only a notice is drawn.
const LEAST: (u16, u16) = (40, 8);

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let notice = word!(&model.voice, en: "too small: 40x8", pt: "pequeno: 40x8");
        return frame.render_widget(Line::from(cut(notice, area.width.into())), area);
    }
    let [head, tabs, body, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(head_line(model, head.width), head);
    frame.render_widget(tab_line(model, tabs.width), tabs);
    screen(model, frame, body);
    frame.render_widget(hint_line(model, hints.width), hints);
    overlays::draw(model, frame, body);
}

fn screen(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    match model.screen {
        Screen::Dashboard => dashboard::draw(model, frame, area),
        Screen::Diff if model.detail.is_open() => detail::draw(model, frame, area),
        Screen::Diff => diff::draw(model, frame, area),
        Screen::Plan if model.progress.is_open() => progress::draw(model, frame, area),
        Screen::Plan => plan::draw(model, frame, area),
        Screen::Runs => runs::draw(model, frame, area),
        Screen::Connections => connections::draw(model, frame, area),
        Screen::Settings => settings::draw(model, frame, area),
    }
}

/// Profile, how old the data is, what goes on, and whether it is locked.
fn head_line(model: &Model, width: u16) -> Line<'static> {
    let lock = if model.setup.read_only {
        word!(&model.voice, en: "[READ-ONLY]", pt: "[SÓ LEITURA]")
    } else if model.is_running(JobKind::Apply) {
        word!(&model.voice, en: "[APPLYING]", pt: "[APLICANDO]")
    } else if model.locked {
        word!(&model.voice, en: "[LOCKED]", pt: "[TRAVADO]")
    } else {
        word!(&model.voice, en: "[UNLOCKED]", pt: "[DESTRAVADO]")
    };
    let profile = crate::domain::text::visible(&model.setup.profile);
    let left = format!(" acerto {profile}   {}", age(model));
    let room = usize::from(width).saturating_sub(lock.width() + 1);
    let paint = if model.setup.production { Paint::Production } else { Paint::Strong };
    let lock_paint = if model.locked { Paint::Dim } else { Paint::Warn };
    Line::from(vec![
        Span::styled(fill(&left, room), model.theme.style(paint)),
        Span::styled(lock.to_owned(), model.theme.style(lock_paint)),
    ])
}

/// How old what is shown is, or what is being read.
fn age(model: &Model) -> String {
    let voice = &model.voice;
    if let Some(running) = model.running.iter().find(|r| r.kind == JobKind::Collect) {
        let [acs, provider] = running.read.map(|n| voice.number(n));
        return say!(voice,
            en: "reading: ACS {acs}, Provider {provider}",
            pt: "lendo: ACS {acs}, Provedor {provider}");
    }
    match model.run() {
        Some(run) => {
            let age = voice.age(run.started, model.now);
            say!(voice, en: "read {age}", pt: "lido {age}")
        }
        None if model.known.looked => {
            word!(voice, en: "nothing read yet", pt: "nada lido ainda").to_owned()
        }
        None => "…".to_owned(),
    }
}

/// The tabs, and where each begins.
fn tabs(model: &Model) -> Vec<(Screen, String)> {
    let voice = &model.voice;
    let staged = model.plan.count();
    let name = |screen| match screen {
        Screen::Dashboard => word!(voice, en: "Dashboard", pt: "Painel").to_owned(),
        Screen::Diff => word!(voice, en: "Diff", pt: "Diferenças").to_owned(),
        Screen::Plan => say!(voice, en: "Plan({staged})", pt: "Plano({staged})"),
        Screen::Runs => word!(voice, en: "Runs", pt: "Execuções").to_owned(),
        Screen::Connections => word!(voice, en: "Connections", pt: "Conexões").to_owned(),
        Screen::Settings => word!(voice, en: "Settings", pt: "Ajustes").to_owned(),
    };
    let tab = |(at, screen): (usize, Screen)| {
        let (number, name) = (at + 1, name(screen));
        let text = if screen == model.screen {
            format!("[{number}]{name}")
        } else {
            format!(" {number} {name}")
        };
        (screen, text)
    };
    Screen::ALL.into_iter().enumerate().map(tab).collect()
}

fn tab_line(model: &Model, width: u16) -> Line<'static> {
    let mut spans = Vec::new();
    let mut left = usize::from(width);
    for (screen, text) in tabs(model) {
        let paint = if screen == model.screen { Paint::Title } else { Paint::Dim };
        let text = cut(&format!("{text} "), left);
        left = left.saturating_sub(text.width());
        spans.push(Span::styled(text, model.theme.style(paint)));
    }
    Line::from(spans)
}

/// The screen of the tab at a column.
#[must_use]
pub fn tab_at(model: &Model, column: u16) -> Option<Screen> {
    let mut end = 0;
    tabs(model).into_iter().find_map(|(screen, text)| {
        end += text.width() + 1;
        (usize::from(column) < end).then_some(screen)
    })
}

/// A short word, keys that may follow, or the keys of this screen; `?` comes last.
fn hint_line(model: &Model, width: u16) -> Line<'static> {
    if let Some(toast) = &model.toast {
        let paint = if toast.bad { Paint::Bad } else { Paint::Good };
        let text = cut(&format!(" {}", toast.text), width.into());
        return Line::from(Span::styled(text, model.theme.style(paint)));
    }
    let mut spans = Vec::new();
    let mut left = usize::from(width);
    for (keys, what) in hints(model) {
        let (keys, what) = (format!(" {keys}"), format!(" {what} "));
        let wide = keys.width() + what.width();
        if wide > left {
            continue;
        }
        left -= wide;
        spans.push(Span::styled(keys, model.theme.style(Paint::Key)));
        spans.push(Span::styled(what, model.theme.style(Paint::Dim)));
    }
    Line::from(spans)
}

fn hints(model: &Model) -> Vec<(String, &'static str)> {
    let layers = layers(model);
    let voice = &model.voice;
    if !model.pending.is_empty() {
        let begins = |on: &[crate::tui::key::Key]| on.starts_with(&model.pending);
        let next = layers.iter().flat_map(|layer| model.keys.of(*layer));
        let next = next.filter(|binding| begins(&binding.on));
        return next
            .map(|binding| {
                (binding.on[model.pending.len()].to_string(), binding.run.describe(voice))
            })
            .collect();
    }
    let of = layers.iter().flat_map(|layer| model.keys.of(*layer));
    of.filter(|binding| binding.hint)
        .map(|binding| (binding.keys(), binding.run.short(voice)))
        .collect()
}
