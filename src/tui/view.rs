//! The whole screen: head, tabs, the screen itself, hints, and what lies over it.
//!
//! Must not do: change anything. The same model gives the same picture.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::tui::action::Action;
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::overlays;
use crate::tui::screens::{connections, dashboard, detail, diff, plan, progress, runs, settings};
use crate::tui::theme::Paint;
use crate::tui::update::layers;
use crate::tui::widgets::fit::{self, Part};
use crate::tui::widgets::text::cut;
use crate::words::{say, word};

/// Smaller than this, only a notice is drawn.
const LEAST: (u16, u16) = (40, 8);

/// From so many rows on, a demo has a line for newcomers.
const TOUR: u16 = 16;

/// Where the screen itself is, between tabs and hints.
#[must_use]
pub fn body(model: &Model) -> Rect {
    let (width, height) = model.size;
    places(model, Rect { x: 0, y: 0, width, height }).2
}

/// Head, tabs, the screen, the line for newcomers, hints.
fn places(model: &Model, area: Rect) -> (Rect, Rect, Rect, Rect, Rect) {
    let tour = u16::from(model.setup.demo && area.height >= TOUR);
    let heights = [1, 1, area.height.saturating_sub(3 + tour), tour, 1];
    let [head, tabs, body, tour, hints] =
        Layout::vertical(heights.map(Constraint::Length)).areas(area);
    (head, tabs, body, tour, hints)
}

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let notice = word!(&model.voice, en: "too small: 40x8", pt: "pequeno: 40x8");
        return frame.render_widget(Line::from(cut(notice, area.width.into())), area);
    }
    let (head, tabs, body, tour, hints) = places(model, area);
    frame.render_widget(head_line(model, head.width), head);
    frame.render_widget(tab_line(model, tabs.width), tabs);
    screen(model, frame, body);
    if let Some(text) = crate::tui::tour::line(model).filter(|_| tour.height > 0) {
        let text = cut(&format!(" {text}"), tour.width.into());
        frame.render_widget(Line::styled(text, model.theme.style(Paint::Marked)), tour);
    }
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

/// Profile, how old the data is, what goes on, and whether it is locked; at narrow widths the
/// lock and the profile stay the longest.
fn head_line(model: &Model, width: u16) -> Line<'static> {
    let voice = &model.voice;
    let profile = crate::domain::text::visible(&model.setup.profile);
    let (production, paint) = if model.setup.production {
        (word!(voice, en: " PRODUCTION", pt: " PRODUÇÃO"), Paint::Production)
    } else {
        ("", Paint::Strong)
    };
    let demo = if model.setup.demo {
        word!(voice, en: "  demo: simulated", pt: "  demo: simulado")
    } else {
        ""
    };
    let (lock, lock_paint) = lock(model);
    let age_paint = if model.known.expired { Paint::Warn } else { Paint::Text };
    let mut parts = vec![
        Part::new(1, paint, " acerto"),
        Part::new(7, paint, format!(" {profile}")),
        Part::new(8, paint, production),
        Part::new(6, Paint::Marked, demo),
        Part::new(5, age_paint, format!("   {}", age(model))),
    ];
    if let Some(doing) = doing(model) {
        parts.push(Part::new(2, Paint::Dim, format!("   {doing}")));
    }
    parts.push(Part::new(9, lock_paint, format!(" {lock}")).at_right());
    fit::line(model, parts, width.into())
}

/// May anything be sent?
fn lock(model: &Model) -> (&'static str, Paint) {
    let voice = &model.voice;
    if model.setup.read_only {
        (word!(voice, en: "[READ-ONLY]", pt: "[SÓ LEITURA]"), Paint::Dim)
    } else if model.is_running(JobKind::Apply) {
        (word!(voice, en: "[APPLYING]", pt: "[APLICANDO]"), Paint::Warn)
    } else if model.locked {
        (word!(voice, en: "[LOCKED]", pt: "[TRAVADO]"), Paint::Dim)
    } else {
        (word!(voice, en: "[UNLOCKED]", pt: "[DESTRAVADO]"), Paint::Warn)
    }
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
    let expired =
        if model.known.expired { word!(voice, en: ", expired", pt: ", expirado") } else { "" };
    match model.run() {
        Some(run) => {
            let age = voice.age(run.started, model.now);
            say!(voice, en: "read {age} ago{expired}", pt: "lido há {age}{expired}")
        }
        None if model.known.looked => {
            word!(voice, en: "nothing read yet", pt: "nada lido ainda").to_owned()
        }
        None => "...".to_owned(),
    }
}

/// What goes on in the background, beside what is told elsewhere in the head.
fn doing(model: &Model) -> Option<&'static str> {
    let voice = &model.voice;
    let of = |kind| match kind {
        JobKind::Plan => Some(word!(voice, en: "planning", pt: "planejando")),
        JobKind::Doctor => Some(word!(voice, en: "checking", pt: "verificando")),
        JobKind::SpeedTest => Some(word!(voice, en: "speed test", pt: "velocidade")),
        JobKind::Rows => Some(word!(voice, en: "filtering", pt: "filtrando")),
        JobKind::Write => Some(word!(voice, en: "writing", pt: "gravando")),
        JobKind::Search => Some(word!(voice, en: "searching", pt: "buscando")),
        JobKind::Remember
        | JobKind::Collect
        | JobKind::Apply
        | JobKind::Steps
        | JobKind::Story
        | JobKind::Views => None,
    };
    model.running.iter().find_map(|running| of(running.kind))
}

/// The tabs, and where each begins; at narrow widths only the screen's own has its name.
fn tabs(model: &Model, width: u16) -> Vec<(Screen, String)> {
    let wide = tabs_named(model, true);
    let columns: usize = wide.iter().map(|(_, text)| text.width() + 1).sum();
    if columns <= usize::from(width) { wide } else { tabs_named(model, false) }
}

fn tabs_named(model: &Model, named: bool) -> Vec<(Screen, String)> {
    let voice = &model.voice;
    let staged = model.plan.count();
    let name = |screen| match screen {
        Screen::Dashboard => word!(voice, en: "Dashboard", pt: "Painel"),
        Screen::Diff => word!(voice, en: "Diff", pt: "Diferenças"),
        Screen::Plan => word!(voice, en: "Plan", pt: "Plano"),
        Screen::Runs => word!(voice, en: "Runs", pt: "Execuções"),
        Screen::Connections => word!(voice, en: "Connections", pt: "Conexões"),
        Screen::Settings => word!(voice, en: "Settings", pt: "Ajustes"),
    };
    let tab = |(at, screen): (usize, Screen)| {
        let (number, here) = (at + 1, screen == model.screen);
        let name = if named || here { name(screen) } else { "" };
        let apart = if name.is_empty() { "" } else { " " };
        let counted = screen == Screen::Plan && (named || here || staged > 0);
        let count = if counted { format!("({staged})") } else { String::new() };
        let text = if here {
            format!("[{number}]{name}{count}")
        } else {
            format!(" {number}{apart}{name}{count}")
        };
        (screen, text)
    };
    Screen::ALL.into_iter().enumerate().map(tab).collect()
}

fn tab_line(model: &Model, width: u16) -> Line<'static> {
    let mut spans = Vec::new();
    let mut left = usize::from(width);
    for (screen, text) in tabs(model, width) {
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
    tabs(model, model.size.0).into_iter().find_map(|(screen, text)| {
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
    for (keys, what) in that_fit(hints(model), width.into()) {
        spans.push(Span::styled(format!(" {keys}"), model.theme.style(Paint::Key)));
        spans.push(Span::styled(format!(" {what} "), model.theme.style(Paint::Dim)));
    }
    Line::from(spans)
}

/// As many hints as there is room for; the last one, which leads to all others, always has it.
fn that_fit(mut hints: Vec<(String, &str)>, width: usize) -> Vec<(String, &str)> {
    let wide = |hint: &(String, &str)| hint.0.width() + hint.1.width() + 3;
    let Some(last) = hints.pop() else { return hints };
    let mut left = width.saturating_sub(wide(&last));
    hints.retain(|hint| {
        let rest = left.checked_sub(wide(hint));
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    hints.push(last);
    hints
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
    let of = model.keys.in_force(&layers).filter(|binding| binding.hint);
    let (help, others): (Vec<_>, Vec<_>) = of.partition(|binding| binding.run == Action::Help);
    let hints = others.into_iter().chain(help);
    hints.map(|binding| (binding.keys(), binding.run.short(voice))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_told_at_every_width() {
        let hints = || {
            vec![
                ("j".to_owned(), "down"),
                ("<Enter>".to_owned(), "open the cause"),
                ("p".to_owned(), "plan"),
                ("?".to_owned(), "help"),
            ]
        };
        let keys = |width| {
            let fit = that_fit(hints(), width);
            fit.into_iter().map(|(keys, _)| keys).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(keys(80), "j <Enter> p ?");
        assert_eq!(keys(24), "j p ?", "the long one does not fit, the next does");
        assert_eq!(keys(12), "?");
        assert_eq!(keys(0), "?");
    }
}
