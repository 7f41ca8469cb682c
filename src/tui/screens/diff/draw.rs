//! The list of differences on screen. Only the rows that are on it are ever formatted.
//!
//! Must not do: change anything.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line as Row, Span};

use crate::domain::Untrusted;
use crate::domain::text::visible;
use crate::engine::Finding;
use crate::tui::filter::{Column, Line};
use crate::tui::model::{JobKind, Model};
use crate::tui::screens::detail;
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::pane;
use crate::tui::widgets::text::{cut, fill, lines, right, wrap};
use crate::words::{cause_meaning, cause_title, fix_name, plural, say, word};

use super::causes::{self, Row as CauseRow};
use super::{Pane, layout, short};

#[cfg(test)]
thread_local! {
    /// How many rows were formatted: the tests count them.
    pub(super) static FORMATTED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let panes = layout::panes(area, model.diff.is_on_causes());
    frame.render_widget(filter_line(model, panes.filter.width.into()), panes.filter);
    if let Some(area) = panes.causes {
        draw_causes(model, frame, area);
    }
    if let Some(area) = panes.list {
        draw_list(model, frame, area);
    }
    if let Some(area) = panes.detail {
        draw_beside(model, frame, area);
    }
    lines(frame, panes.foot, foot(model, panes.foot));
}

/// What is looked for, how many of all that shows, and the view.
fn filter_line(model: &Model, width: usize) -> Row<'static> {
    let (voice, state) = (&model.voice, &model.diff);
    let total = state.run().map_or(0, |run| run.reconciliation.findings.len());
    let (found, total) = (voice.number(state.found as u64), voice.number(total as u64));
    let busy = if model.is_running(JobKind::Rows) { "…" } else { "" };
    let count = say!(voice, en: "{found} of {total}{busy}", pt: "{found} de {total}{busy}");
    let group = state.group.as_ref().map(|column| {
        let name = column_name(model, column);
        say!(voice, en: "  by {name}", pt: "  por {name}")
    });
    let view = state.view.and_then(|view| state.views.get(view)).map(|view| {
        let name = visible(&view.name);
        say!(voice, en: "  view *{name}", pt: "  vista *{name}")
    });
    let told = format!("{count}{}{} ", group.unwrap_or_default(), view.unwrap_or_default());
    let told = cut(&told, width / 2);
    let left = width.saturating_sub(unicode_width::UnicodeWidthStr::width(&*told));
    let filter = format!(" / {}", visible(&state.filter));
    Row::from(vec![
        Span::styled(fill(&filter, left), model.theme.style(Paint::Key)),
        Span::raw(told),
    ])
}

fn column_name(model: &Model, column: &Column) -> String {
    match column {
        Column::Model => word!(&model.voice, en: "model", pt: "modelo").to_owned(),
        Column::Firmware => "firmware".to_owned(),
        Column::Extra(name) => visible(name),
    }
}

fn draw_causes(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let title = word!(&model.voice, en: "Causes", pt: "Causas");
    let inside = pane(model, frame, area, title, "");
    let (rows, height) = (causes::rows(model), usize::from(inside.height));
    let mut window = model.diff.left;
    window.settle(rows.len(), height);
    let shown = window.shown(rows.len(), height);
    let drawn = shown.map(|at| cause_row(model, rows[at], at == window.at, inside.width.into()));
    lines(frame, inside, drawn);
}

fn cause_row(model: &Model, row: CauseRow, at: bool, width: usize) -> Row<'static> {
    let (voice, state) = (&model.voice, &model.diff);
    let counted = |name: &str, count: u64, here: bool| {
        let count = voice.number(count);
        let room = width.saturating_sub(count.len() + 2);
        format!("{}{} {count}", if here { '>' } else { ' ' }, fill(name, room))
    };
    let text = match row {
        CauseRow::All => {
            let total = state.counts.iter().map(|(_, n)| u64::from(*n)).sum();
            counted(word!(voice, en: "all", pt: "todas"), total, state.cause.is_none())
        }
        CauseRow::Cause(cause) => {
            let count = state.count_of(cause).into();
            counted(short(voice, cause), count, state.cause == Some(cause))
        }
        CauseRow::Heading => {
            let heading = word!(voice, en: "Saved views", pt: "Vistas guardadas");
            return Row::styled(heading, model.theme.style(Paint::Title));
        }
        CauseRow::View(view) => {
            let star = if state.view == Some(view) { '*' } else { ' ' };
            let name = state.views.get(view).map(|view| visible(&view.name)).unwrap_or_default();
            let here = if at && state.pane == Pane::Causes { '>' } else { ' ' };
            format!("{here}{star}{name}")
        }
    };
    let paint = if at && state.pane == Pane::Causes { Paint::Cursor } else { Paint::Text };
    Row::styled(fill(&text, width), model.theme.style(paint))
}

fn draw_list(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (voice, state) = (&model.voice, &model.diff);
    let title = match state.cause {
        None => word!(voice, en: "All causes", pt: "Todas as causas"),
        Some(cause) => cause_title(voice, cause),
    };
    let room = usize::from(area.width).saturating_sub(6);
    let inside = pane(model, frame, area, &cut(title, room), "");
    let widths = Widths::of(inside.width.into(), state.cause.is_none());
    let heading = Row::styled(widths.heading(model), model.theme.style(Paint::Dim));
    let height = usize::from(inside.height).saturating_sub(1);
    let mut window = state.list;
    window.settle(state.lines.len(), height);
    if state.lines.is_empty() {
        let told = wrap(nothing(model), usize::from(inside.width).saturating_sub(2));
        return lines(frame, inside, told.into_iter().map(|line| Row::from(format!(" {line}"))));
    }
    let shown = window.shown(state.lines.len(), height);
    let rows = shown.map(|at| list_row(model, at, at == window.at, &widths));
    lines(frame, inside, std::iter::once(heading).chain(rows));
}

/// Why there is no row.
fn nothing(model: &Model) -> &'static str {
    let voice = &model.voice;
    match model.run() {
        None if model.known.looked => {
            word!(voice, en: "Nothing has been read yet.", pt: "Nada foi lido ainda.")
        }
        None => "…",
        Some(_) if model.is_running(JobKind::Rows) => "…",
        Some(_) if model.known.expired => word!(voice,
            en: "The findings of this run are past their time: read both systems again.",
            pt: "As diferenças desta execução expiraram: leia os dois sistemas de novo."),
        Some(run) if run.reconciliation.findings.is_empty() => {
            word!(voice, en: "No difference: both systems agree.",
                pt: "Sem diferença: os dois sistemas concordam.")
        }
        Some(_) => word!(voice,
            en: "Nothing fits this filter. Every word has to fit; esc goes back.",
            pt: "Nada serve neste filtro. Toda palavra tem de servir; esc volta."),
    }
}

/// Widths of the columns; 0 where there is no room for one.
struct Widths {
    serial: usize,
    model: usize,
    login: usize,
    cause: usize,
    all: usize,
}

/// Cursor, mark, staged; age and side with what is between columns.
const BEFORE: usize = 6;
const AFTER: usize = 8;
const LOGIN_LEAST: usize = 12;

impl Widths {
    /// The model goes first where there is no room, then the cause.
    fn of(all: usize, with_cause: bool) -> Self {
        let serial = if all < 44 { 14 } else { 16 };
        let room = all.saturating_sub(BEFORE + serial + 1 + AFTER);
        let cause = if with_cause && room >= LOGIN_LEAST + 13 { 12 } else { 0 };
        let left = room.saturating_sub(if cause > 0 { cause + 1 } else { 0 });
        let model = if left >= LOGIN_LEAST + 11 { 10 } else { 0 };
        let login = left.saturating_sub(if model > 0 { model + 1 } else { 0 });
        Self { serial, model, login, cause, all }
    }

    fn row(&self, before: &str, texts: [&str; 6]) -> String {
        let [serial, model, login, seen, side, cause] = texts;
        let mut row = format!("{before}{} ", fill(serial, self.serial));
        if self.model > 0 {
            row.push_str(&fill(model, self.model));
            row.push(' ');
        }
        row.push_str(&fill(login, self.login));
        row.push_str(&right(seen, 5));
        row.extend([" ", side]);
        if self.cause > 0 {
            row.extend([" ", &fill(cause, self.cause)]);
        }
        fill(&row, self.all)
    }

    fn heading(&self, model: &Model) -> String {
        let voice = &model.voice;
        let words = match voice.lang {
            crate::words::Lang::En => ["SERIAL", "MODEL", "LOGIN", "SEEN", "AP", "CAUSE"],
            crate::words::Lang::PtBr => ["SERIAL", "MODELO", "LOGIN", "VISTO", "AP", "CAUSA"],
        };
        self.row(&" ".repeat(BEFORE), words)
    }
}

fn list_row(model: &Model, at: usize, is_cursor: bool, widths: &Widths) -> Row<'static> {
    #[cfg(test)]
    FORMATTED.with(|formatted| formatted.set(formatted.get() + 1));
    let state = &model.diff;
    let here = if is_cursor { '>' } else { ' ' };
    let (text, marked) = match &state.lines[at] {
        Line::Group(name, count) => {
            let count = model.voice.number((*count).into());
            (fill(&format!("{here}-- {name} ({count})"), widths.all), false)
        }
        Line::Finding(place) => {
            let Some(finding) = state.finding(*place) else { return Row::default() };
            let marked = state.marks.contains(place);
            let in_range = state.anchor.is_some_and(|anchor| {
                (anchor.min(state.list.at)..=anchor.max(state.list.at)).contains(&at)
            });
            let mark = match (marked, in_range) {
                (true, _) => 'x',
                (false, true) => '+',
                (false, false) => ' ',
            };
            let staged = if model.plan.has(&finding.id) { 'P' } else { ' ' };
            (finding_text(model, finding, &format!("{here}[{mark}]{staged} "), widths), marked)
        }
    };
    let is_group = matches!(state.lines[at], Line::Group(..));
    let paint = match (is_cursor && state.pane == Pane::List, marked, is_group) {
        (true, ..) => Paint::Cursor,
        (false, true, _) => Paint::Marked,
        (false, false, true) => Paint::Strong,
        (false, false, false) => Paint::Text,
    };
    Row::styled(text, model.theme.style(paint))
}

fn finding_text(model: &Model, finding: &Finding, before: &str, widths: &Widths) -> String {
    let shown = |value: Option<&Untrusted>| value.map_or("-".to_owned(), ToString::to_string);
    let (acs, provider) = (&finding.acs, &finding.provider);
    let login = acs.iter().find_map(|a| a.pppoe_login.as_ref());
    let login = login.or_else(|| provider.iter().find_map(|p| p.login.as_ref()));
    let name = acs.iter().find_map(|a| a.model.as_ref());
    let name = name.or_else(|| provider.iter().find_map(|p| p.model.as_ref()));
    let seen = acs.iter().filter_map(|a| a.last_inform).max();
    let cause = short(&model.voice, finding.cause);
    widths.row(
        before,
        [
            &identity(finding),
            &shown(name),
            &shown(login),
            &seen.map_or("-".to_owned(), |at| age(at, model.now)),
            side(finding),
            cause,
        ],
    )
}

/// Its serial, else its MAC, else what either system calls it.
pub(in crate::tui::screens) fn identity(finding: &Finding) -> String {
    let (acs, provider) = (&finding.acs, &finding.provider);
    let serial = acs.iter().find_map(|a| a.serial.as_ref());
    let serial = serial.or_else(|| provider.iter().find_map(|p| p.serial.as_ref()));
    let mac = || acs.iter().find_map(|a| a.macs.first());
    let entry = || provider.iter().find_map(|p| p.mac.as_ref());
    let device = || acs.first().map(|a| &a.id);
    let id = || provider.iter().find_map(|p| p.device_id.as_ref().or(p.login_id.as_ref()));
    let named = serial.or_else(mac).or_else(entry).or_else(device).or_else(id);
    named.map_or_else(|| visible(&finding.id), ToString::to_string)
}

/// In which of the two systems it is.
pub(super) fn side(finding: &Finding) -> &'static str {
    match (finding.acs.is_empty(), finding.provider.is_empty()) {
        (false, true) => "A-",
        (true, false) => "-P",
        (false, false) => "AP",
        (true, true) => "--",
    }
}

/// `4m`, `3h`, `9d`: how long ago.
pub(in crate::tui::screens) fn age(at: Timestamp, now: Timestamp) -> String {
    match now.duration_since(at).as_secs().max(0) / 60 {
        minutes @ 0..60 => format!("{minutes}m"),
        minutes @ 60..2880 => format!("{}h", minutes / 60),
        minutes => format!("{}d", minutes / 1440),
    }
}

fn draw_beside(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let finding = model.diff.place().and_then(|place| model.diff.finding(place));
    let title = finding.map(identity).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(6);
    let inside = pane(model, frame, area, &cut(&title, room), "");
    if let Some(finding) = finding {
        lines(frame, inside, detail::beside(model, finding, inside.width.into()));
    }
}

/// Why, what to do, and how many are marked.
fn foot(model: &Model, area: Rect) -> Vec<Row<'static>> {
    let (voice, width) = (&model.voice, usize::from(area.width));
    let finding = model.diff.place().and_then(|place| model.diff.finding(place));
    let mut rows = Vec::new();
    let told = usize::from(area.height).saturating_sub(1);
    if let Some(finding) = finding.filter(|_| told > 0) {
        let why = wrap(cause_meaning(voice, finding.cause), width.saturating_sub(9));
        let lead = word!(voice, en: " why  ", pt: " causa ");
        let most = if told > 1 { told - 1 } else { 1 };
        let cut_off = why.len() > most;
        for (at, line) in why.into_iter().take(most).enumerate() {
            let lead = if at == 0 { lead } else { &" ".repeat(lead.len()) };
            let more = if cut_off && at + 1 == most { " ~" } else { "" };
            rows.push(Row::from(cut(&format!("{lead}{line}{more}"), width)));
        }
        if let (true, Some(fix)) = (told > 1, finding.fixes.first()) {
            let lead = word!(voice, en: " fix  ", pt: " ação  ");
            rows.push(Row::from(cut(&format!("{lead}{}", fix_name(voice, *fix)), width)));
        }
    }
    rows.truncate(told);
    rows.resize(told, Row::default());
    rows.push(Row::from(cut(&marked(model), width)));
    rows
}

fn marked(model: &Model) -> String {
    let (voice, state) = (&model.voice, &model.diff);
    let here = voice.number(state.marked_here as u64);
    let hidden = state.marks.len().saturating_sub(state.marked_here);
    if hidden == 0 {
        return plural!(voice, state.marked_here as u64,
            en: [" {here} marked", " {here} marked"],
            pt: [" {here} marcada", " {here} marcadas"]);
    }
    let hidden = voice.number(hidden as u64);
    say!(voice,
        en: " {here} marked here, {hidden} more that this filter hides",
        pt: " marcadas aqui: {here}, e mais {hidden} que este filtro esconde")
}
