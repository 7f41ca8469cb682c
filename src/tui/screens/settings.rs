//! Every setting with its value and where that comes from.
//!
//! Must not do: change one, or show a secret: the rows never hold any.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::config::{Origin, Row};
use crate::domain::text::visible;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::{pane, rule};
use crate::tui::widgets::text::{cut, fill, lines, wrap};
use crate::tui::widgets::window::Window;
use crate::words::{Voice, say, word};

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    /// The row under the cursor; rows are settings and the names of their tables.
    pub window: Window,
}

/// Rows for the whole of the setting under the cursor.
const WHOLE: u16 = 3;

/// A row on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown<'a> {
    /// The name of a table.
    Table(&'a str),
    /// A setting, by its name in the table.
    Setting(&'a str, &'a Row),
}

/// The rows, each table after its name.
fn rows(model: &Model) -> Vec<Shown<'_>> {
    let mut sorted: Vec<(&str, &str, &Row)> = model
        .setup
        .settings
        .iter()
        .map(|row| {
            let (table, name) = row.key.rsplit_once('.').unwrap_or(("", &row.key));
            (table, name, row)
        })
        .collect();
    sorted.sort_by_key(|(table, ..)| *table);
    let mut rows = Vec::new();
    let mut last = None;
    for (table, name, row) in sorted {
        if last != Some(table) && !table.is_empty() {
            rows.push(Shown::Table(table));
        }
        last = Some(table);
        rows.push(Shown::Setting(name, row));
    }
    rows
}

fn places(area: Rect) -> (Rect, Option<Rect>) {
    let inside = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    if inside.height < WHOLE + 5 {
        return (inside, None);
    }
    let list = Rect { height: inside.height - WHOLE - 1, ..inside };
    (list, Some(Rect { y: list.bottom() + 1, height: WHOLE, ..inside }))
}

/// Does what a key asked for here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(places(crate::tui::view::body(model)).0.height);
    let count = rows(model).len();
    let Some(by) = action.rows(height) else { return Vec::new() };
    model.settings.window.go(by, count, height);
    Vec::new()
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    let rows = rows(model);
    let title = word!(voice, en: "Settings", pt: "Configuração");
    let right = word!(voice, en: "changed in the file, not here",
        pt: "mudam no arquivo, não aqui");
    pane(model, frame, area, title, right);
    let (list, whole) = places(area);
    let window = model.settings.window;
    let name = rows.iter().map(|row| match row {
        Shown::Table(_) => 0,
        Shown::Setting(name, _) => name.width(),
    });
    let origin = rows.iter().map(|row| match row {
        Shown::Table(_) => 0,
        Shown::Setting(_, row) => told(voice, &row.origin).width(),
    });
    let width = usize::from(list.width);
    let widths = [name.max().unwrap_or(0).min(width / 3), origin.max().unwrap_or(0)];
    let shown = window.shown(rows.len(), list.height.into());
    let drawn = shown.map(|at| line(model, rows[at], at == window.at, width, widths));
    lines(frame, list, drawn);
    if let (Some(at), Some(row)) = (whole, rows.get(window.at)) {
        rule(model, frame, (area, at.y - 1), "", "");
        lines(frame, at, in_full(model, *row, at.width.into()).into_iter().map(Line::from));
    }
}

fn line(
    model: &Model,
    row: Shown<'_>,
    here: bool,
    width: usize,
    [name_width, origin_width]: [usize; 2],
) -> Line<'static> {
    let cursor = if here { ">" } else { " " };
    let (text, paint) = match row {
        Shown::Table(table) => (format!("{cursor} [{}]", visible(table)), Paint::Title),
        Shown::Setting(name, row) => {
            let origin = told(&model.voice, &row.origin);
            let room = width.saturating_sub(name_width + origin_width + 6);
            let (origin_width, room) = if room < 8 {
                (0, width.saturating_sub(name_width + 5))
            } else {
                (origin_width, room)
            };
            let value = fill(&row.value, room);
            let origin = cut(&origin, origin_width);
            (format!("{cursor}   {} {value} {origin}", fill(name, name_width)), Paint::Text)
        }
    };
    let paint = if here { Paint::Cursor } else { paint };
    Line::from(Span::styled(fill(&text, width), model.theme.style(paint)))
}

/// The whole of it, and where it can be changed.
fn in_full(model: &Model, row: Shown<'_>, width: usize) -> Vec<String> {
    let voice = &model.voice;
    let Shown::Setting(_, row) = row else { return Vec::new() };
    let origin = told(voice, &row.origin);
    let mut text = wrap(&format!("{} = {}", row.key, row.value), width);
    text.truncate(usize::from(WHOLE) - 1);
    let change = match &model.setup.file {
        Some(file) => say!(voice, en: "change it in {file}", pt: "mude em {file}"),
        None => word!(voice, en: "`acerto config init` makes a file for it",
            pt: "`acerto config init` cria um arquivo para isso")
        .to_owned(),
    };
    text.push(cut(&format!("{origin}; {change}"), width));
    text
}

/// Who decided it.
pub(in crate::tui) fn told(voice: &Voice, origin: &Origin) -> String {
    match origin {
        Origin::Default => word!(voice, en: "default", pt: "padrão").to_owned(),
        Origin::File { line } => say!(voice, en: "file, line {line}", pt: "arquivo, linha {line}"),
        Origin::Environment(name) | Origin::Flag(name) => (*name).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::{does, goldens, model, screen};

    fn shown(width: u16, height: u16) -> Model {
        let mut model = model(width, height);
        model.setup.file = Some("/etc/acerto/config.toml".to_owned());
        let row = |key: &str, value: &str, origin| Row {
            key: key.to_owned(),
            value: value.to_owned(),
            origin,
        };
        model.setup.settings = vec![
            row("lang", "\"pt-BR\"", Origin::Flag("--lang")),
            row("net.connect_timeout", "\"5s\"", Origin::Default),
            row("net.requests_per_day", "50000", Origin::File { line: 14 }),
            row("profiles.prod.production", "true", Origin::File { line: 20 }),
            row("profiles.prod.acs.url", "\"https://acs.example\"", Origin::File { line: 24 }),
            row("ui.theme", "\"mono\"", Origin::Environment("ACERTO_THEME")),
        ];
        let many = (0..40).map(|n| row(&format!("wide.key_{n:02}"), "1", Origin::Default));
        model.setup.settings.extend(many);
        does(&mut model, Action::GoSettings);
        does(&mut model, Action::Next);
        does(&mut model, Action::Next);
        model
    }

    #[test]
    fn golden_settings() {
        goldens("settings", shown);
    }

    #[test]
    fn a_setting_tells_where_it_comes_from_and_the_last_can_be_reached() {
        let mut model = shown(80, 24);
        let text = screen(&model);
        assert!(text.contains("net.connect_timeout = \"5s\""), "{text}");
        assert!(text.contains("file, line 14"), "{text}");
        assert!(text.contains("change it in /etc/acerto/config.toml"), "{text}");
        does(&mut model, Action::Bottom);
        let text = screen(&model);
        assert!(text.contains(">   key_39"), "{text}");
        assert!(!text.contains("connect_timeout"), "only what is on screen is drawn: {text}");
    }
}
