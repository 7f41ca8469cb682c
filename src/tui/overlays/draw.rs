//! What lies over a screen, drawn.
//!
//! Must not do: change anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_input::Input;

use super::entries::{Entry, entries};
use crate::domain::text::visible;
use crate::tui::model::Model;
use crate::tui::overlay::{Confirm, Overlay, Purpose};
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::overlay;
use crate::tui::widgets::text::{cut, fill, hanging, lines};
use crate::tui::widgets::window::Window;
use crate::words::{say, word};

/// Columns of help, palette and questions.
const WIDTH: u16 = 78;
/// Columns of the keys in help and palette.
const KEYS: usize = 20;

/// Draws what lies over the screen.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    match model.overlays.last() {
        Some(Overlay::Help { input, at }) => {
            let title = word!(voice, en: "Help: Enter runs it", pt: "Ajuda: Enter executa");
            list(model, frame, area, (title, input, *at));
        }
        Some(Overlay::Palette { input, at }) => {
            let title = word!(voice, en: "Actions: Enter runs it", pt: "Ações: Enter executa");
            list(model, frame, area, (title, input, *at));
        }
        Some(Overlay::Search { input }) => super::search_draw::draw(model, frame, input),
        Some(Overlay::Ask { purpose, input }) => ask(model, frame, (purpose, input)),
        Some(Overlay::Confirm(confirm)) => question(model, frame, area, confirm),
        Some(Overlay::Log { back }) => log(model, frame, area, *back),
        None => {}
    }
}

/// What was typed, from its end where it is longer, with a cursor.
pub(super) fn typed(input: &Input, width: usize) -> String {
    let shown = visible(input.value());
    let count = shown.chars().count();
    let room = width.saturating_sub(1);
    let tail: String = shown.chars().skip(count.saturating_sub(room)).collect();
    format!("{tail}_")
}

fn list(model: &Model, frame: &mut Frame<'_>, area: Rect, of: (&str, &Input, usize)) {
    let (title, input, at) = of;
    let inside = overlay(model, frame, (WIDTH, area.height), title);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let all = entries(model);
    let rows = height.saturating_sub(1);
    let mut window = Window::default();
    window.to(at, all.len(), rows);
    let head = word!(&model.voice, en: "type to search: ", pt: "digite para buscar: ");
    let head = format!("{head}{}", typed(input, width.saturating_sub(head.chars().count())));
    let shown = window.shown(all.len(), rows);
    let rows = shown.map(|n| row(model, &all[n], n == window.at, width));
    let none = all
        .is_empty()
        .then(|| Line::from(word!(&model.voice, en: "  nothing fits", pt: "  nada encontrado")));
    lines(frame, inside, std::iter::once(Line::from(head)).chain(rows).chain(none));
}

fn row(model: &Model, entry: &Entry, cursor: bool, width: usize) -> Line<'static> {
    let sign = if cursor { '>' } else { ' ' };
    let mut text = format!("{sign}{} {}", fill(&entry.keys, KEYS), entry.text);
    if let Some(why) = entry.why {
        text = say!(&model.voice, en: "{text} (off: {why})", pt: "{text} (não: {why})");
    }
    let paint = match entry.why {
        _ if cursor => Paint::Cursor,
        Some(_) => Paint::Dim,
        None => Paint::Text,
    };
    Line::from(Span::styled(fill(&text, width), model.theme.style(paint)))
}

fn ask(model: &Model, frame: &mut Frame<'_>, (purpose, input): (&Purpose, &Input)) {
    let voice = &model.voice;
    let (title, hint) = match purpose {
        Purpose::Filter => (
            word!(voice, en: "Filter", pt: "Filtro"),
            word!(voice,
                en: "words, !word, field:value, seen<7d, ~fuzzy",
                pt: "palavras, !palavra, campo:valor, seen<7d, ~parecido"),
        ),
        Purpose::SaveView => (
            word!(voice, en: "Name of this view", pt: "Nome desta vista"),
            word!(voice,
                en: "filter and grouping are kept under it",
                pt: "filtro e agrupamento ficam guardados com ele"),
        ),
        Purpose::Ignore(_) => (
            word!(voice, en: "Leave it alone: why?", pt: "Deixar como está: por quê?"),
            word!(voice,
                en: "it is shown as ignored, with this reason",
                pt: "aparece como ignorado, com este motivo"),
        ),
        Purpose::Note(_) => (
            word!(voice, en: "Note about this device", pt: "Nota sobre este equipamento"),
            word!(voice, en: "everybody sees it", pt: "todos a veem"),
        ),
        Purpose::Export => (
            word!(voice, en: "Write the plan to this file", pt: "Gravar o plano neste arquivo"),
            word!(voice,
                en: "`acerto apply FILE` can send it, `acerto approve FILE` approves it",
                pt: "`acerto apply ARQUIVO` o envia, `acerto approve ARQUIVO` o aprova"),
        ),
        Purpose::Compare => (
            word!(voice, en: "Compare with which run?", pt: "Comparar com qual execução?"),
            word!(voice,
                en: "1 is the one before it, 2 the one before that; or an id",
                pt: "1 é a anterior, 2 a anterior a essa; ou um id"),
        ),
    };
    let inside = overlay(model, frame, (WIDTH, 4), title);
    let width = usize::from(inside.width);
    let hint = Span::styled(cut(hint, width), model.theme.style(Paint::Dim));
    lines(frame, inside, [Line::from(typed(input, width)), Line::from(hint)]);
}

fn question(model: &Model, frame: &mut Frame<'_>, area: Rect, confirm: &Confirm) {
    let voice = &model.voice;
    let width = usize::from(WIDTH.min(area.width).saturating_sub(2));
    let shown = confirm.asked(voice);
    let wrapped = shown.iter().flat_map(|line| hanging(line, width));
    let mut all: Vec<Line<'_>> = wrapped.map(Line::from).collect();
    let room = usize::from(area.height).saturating_sub(6).max(1);
    if all.len() > room {
        let more = all.len() - room + 1;
        all.truncate(room - 1);
        all.push(Line::from(say!(voice,
            en: "... and {more} more lines: see the plan",
            pt: "... e mais {more} linhas: veja o plano")));
    }
    all.push(Line::default());
    all.extend(answer(model, confirm));
    let height = u16::try_from(all.len() + 2).unwrap_or(area.height);
    let title = word!(voice, en: "Send it?", pt: "Enviar?");
    let inside = overlay(model, frame, (WIDTH, height), title);
    lines(frame, inside, all);
}

/// How to say yes; Enter cancels until the number is typed.
fn answer(model: &Model, confirm: &Confirm) -> Vec<Line<'static>> {
    let voice = &model.voice;
    let key = |action| {
        let layers = [crate::tui::keymap::Layer::Confirm];
        model.keys.key_of(&layers, action).unwrap_or_default()
    };
    let yes = key(crate::tui::action::Action::Confirm);
    let warn = |text: String| Line::from(Span::styled(text, model.theme.style(Paint::Warn)));
    if confirm.unapproved {
        return vec![warn(
            word!(voice,
            en: "A second person has to approve it: write it to a file, `acerto approve FILE`.",
            pt: "Uma segunda pessoa precisa aprovar: grave em arquivo, `acerto approve ARQUIVO`.")
            .to_owned(),
        )];
    }
    match confirm.number() {
        Some(wants) => {
            let typed = typed(&confirm.input, 14);
            vec![
                warn(say!(voice,
                    en: "Type {wants} to allow it: {typed}",
                    pt: "Digite {wants} para permitir: {typed}")),
                Line::from(word!(voice,
                    en: "[ Cancel ]   Enter cancels until the number is right",
                    pt: "[ Cancelar ]   Enter cancela enquanto o número não for este")),
            ]
        }
        None if !confirm.each.is_empty() => vec![Line::from(say!(voice,
            en: "[ Cancel ]   {yes} confirms this one; Enter or Esc cancels the whole",
            pt: "[ Cancelar ]   {yes} confirma esta; Enter ou Esc cancela tudo"))],
        None => vec![Line::from(say!(voice,
            en: "[ Cancel ]   {yes} sends it; Enter or Esc cancels",
            pt: "[ Cancelar ]   {yes} envia; Enter ou Esc cancela"))],
    }
}

fn log(model: &Model, frame: &mut Frame<'_>, area: Rect, back: usize) {
    let voice = &model.voice;
    let title =
        word!(voice, en: "What happened, the newest last", pt: "O que houve, o mais novo no fim");
    let inside = overlay(model, frame, (area.width, area.height), title);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let end = model.log.len().saturating_sub(back);
    let begin = end.saturating_sub(height);
    let row = |(at, text): &(jiff::Timestamp, String)| {
        let at: String = voice.time(*at).chars().take(16).collect();
        Line::from(cut(&format!("{at}  {}", visible(text)), width))
    };
    let shown: Vec<Line<'_>> = model.log.range(begin..end).map(row).collect();
    lines(frame, inside, shown);
}
