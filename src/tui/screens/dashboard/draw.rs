//! The dashboard on screen.
//!
//! Must not do: change anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Run;
use crate::domain::Side;
use crate::tui::action::Action;
use crate::tui::keymap::Layer;
use crate::tui::model::{JobKind, Model};
use crate::tui::screens::dashboard::digest::{Digest, Tally};
use crate::tui::screens::dashboard::places::{Notes, Places};
use crate::tui::screens::dashboard::{digest, figures, notes, waterfall};
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::{pane, rule};
use crate::tui::widgets::text::{cut, lines, wrap};
use crate::words::{Voice, cause_meaning, cause_title, cause_todo, plural, say, side_name, word};

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (Some(run), Some(digest)) = (model.run(), digest(model)) else {
        return nothing_known(model, frame, area);
    };
    let places = Places::of(area, digest.tallies.len());
    let written = written(model, run, &digest, &places);
    let places = places.with_notes(written.len());
    let page = Page::of(model, &places, written.len());
    let heading = notes_title(model, run);
    if let Some(around) = places.frame {
        let title = title(&model.voice, run);
        let room = usize::from(around.width).saturating_sub(title.width() + 7);
        pane(model, frame, around, title, &news(model, &digest, room));
    }
    match (places.notes, page.at) {
        (Notes::Instead(at), 1..) => {
            return lines(frame, at, written.into_iter().skip(page.first).take(page.rows));
        }
        (Notes::Instead(_), 0) => {}
        (Notes::Below(at), _) => {
            let around = places.frame.unwrap_or(area);
            rule(model, frame, (around, at.y - 1), heading, &page.told(model));
            lines(frame, at, written.into_iter().skip(page.first).take(page.rows));
        }
        (Notes::Framed(at), _) if at.height == 0 => {}
        (Notes::Framed(at), _) => {
            let inside = pane(model, frame, at, heading, &page.told(model));
            lines(frame, inside, written.into_iter().skip(page.first).take(page.rows));
        }
    }
    lines(frame, places.table, waterfall::lines(model, run, &digest, &places));
    advice(model, frame, &digest, &places);
    if let Some(at) = places.figures {
        let title = word!(&model.voice, en: "Figures", pt: "Números");
        let inside = pane(model, frame, at, title, "");
        lines(frame, inside, figures::lines(model, run, &digest, inside.width.into()));
    }
}

/// The lines of the notes; where the figures have no frame of their own, they follow.
fn written(model: &Model, run: &Run, digest: &Digest, places: &Places) -> Vec<Line<'static>> {
    let width = usize::from(match places.notes {
        Notes::Below(at) | Notes::Instead(at) => at.width,
        Notes::Framed(at) => at.width.saturating_sub(2),
    });
    let mut written = notes::lines(model, &notes::alerts(model, run), width);
    if places.figures.is_none() {
        written.extend(figures::lines(model, run, digest, width));
    }
    written.extend(notes::lines(model, &notes::projections(model, run), width));
    written
}

/// Which lines of the notes are on screen.
struct Page {
    at: usize,
    pages: usize,
    first: usize,
    rows: usize,
}

impl Page {
    fn of(model: &Model, places: &Places, written: usize) -> Self {
        let (rows, before) = match places.notes {
            Notes::Below(at) => (at.height, 0),
            Notes::Instead(at) => (at.height, 1),
            Notes::Framed(at) => (at.height.saturating_sub(2), 0),
        };
        let rows = usize::from(rows).max(1);
        let pages = written.div_ceil(rows).max(1) + before;
        let at = model.dashboard.page.min(pages - 1);
        Self { at, pages, first: at.saturating_sub(before) * rows, rows }
    }

    /// `1/3 Tab`, where there is more than one.
    fn told(&self, model: &Model) -> String {
        if self.pages < 2 {
            return String::new();
        }
        let key = model.keys.key_of(&[Layer::Dashboard, Layer::Global], Action::PaneNext);
        let (at, pages) = (self.at + 1, self.pages);
        format!("{at}/{pages} {}", key.unwrap_or_default()).trim_end().to_owned()
    }
}

/// How many pages there are to turn.
pub fn pages(model: &Model) -> usize {
    let (Some(run), Some(digest)) = (model.run(), digest(model)) else { return 1 };
    let places = Places::of(crate::tui::view::body(model), digest.tallies.len());
    let written = written(model, run, &digest, &places).len();
    Page::of(model, &places.with_notes(written), written).pages
}

/// Something that needs a person is told as such.
fn notes_title(model: &Model, run: &Run) -> &'static str {
    let voice = &model.voice;
    if notes::alerts(model, run).is_empty() {
        return word!(voice, en: "Figures", pt: "Números");
    }
    word!(voice, en: "Look here", pt: "Olhe aqui")
}

fn title(voice: &Voice, run: &Run) -> &'static str {
    let all = &run.reconciliation;
    match (all.acs.complete && all.provider.complete, all.between.rows.is_empty()) {
        (false, _) => word!(voice, en: "PARTIAL: the sums are bounds",
            pt: "PARCIAL: as somas são limites"),
        (true, true) => word!(voice, en: "The two counts agree", pt: "Os dois totais batem"),
        (true, false) => word!(voice, en: "Why the two counts differ",
            pt: "Por que os dois totais diferem"),
    }
}

/// What is new and resolved since the last run, and how old the oldest is.
fn news(model: &Model, digest: &Digest, room: usize) -> String {
    let voice = &model.voice;
    if model.known.expired {
        return word!(voice, en: "expired", pt: "expirado").to_owned();
    }
    if !digest.compared {
        return word!(voice, en: "first run", pt: "primeira execução").to_owned();
    }
    let (new, resolved) = (voice.number(digest.new), voice.number(digest.resolved));
    let short = say!(voice, en: "new {new}, gone {resolved}",
        pt: "novas {new}, saíram {resolved}");
    let Some(at) = digest.oldest else { return short };
    let age = voice.age(at, model.now);
    let long = say!(voice, en: "{short}; oldest {age}", pt: "{short}; mais antiga {age}");
    if long.width() <= room { long } else { short }
}

/// What the cause under the cursor means, and what to do about it.
fn advice(model: &Model, frame: &mut Frame<'_>, digest: &Digest, places: &Places) {
    let (Some(at), Some(around)) = (places.advice, places.frame) else { return };
    let voice = &model.voice;
    let rows = waterfall::rows(digest, places, model.dashboard.unfolded);
    let width = usize::from(at.width);
    match rows.get(model.dashboard.window.at) {
        None => {
            rule(model, frame, (around, at.y - 1), "", "");
            let text = word!(voice, en: "Both systems count the same devices.",
                pt: "Os dois sistemas contam os mesmos equipamentos.");
            lines(frame, at, [Line::from(cut(text, width))]);
        }
        Some(waterfall::Row::Rest(rest)) => {
            rule(model, frame, (around, at.y - 1), "", "");
            let n = rest.len();
            let text = say!(voice,
                en: "{n} smaller causes: open this row to see each of them.",
                pt: "{n} causas menores: abra esta linha para ver cada uma.");
            lines(frame, at, wrap(&text, width).into_iter().map(Line::from));
        }
        Some(waterfall::Row::Cause(tally)) => {
            let (cause, sure) = (tally.cause, strengths(voice, tally));
            rule(model, frame, (around, at.y - 1), cause_title(voice, cause), &sure);
            let todo = wrap(cause_todo(voice, cause), width);
            let why = wrap(cause_meaning(voice, cause), width);
            let fits = why.len() + todo.len() <= usize::from(at.height);
            let dim = model.theme.style(Paint::Dim);
            let why = why.into_iter().filter(|_| fits).map(|row| Line::styled(row, dim));
            let todo = todo.into_iter().map(Line::from);
            lines(frame, at, why.chain(todo));
        }
    }
}

fn strengths(voice: &Voice, tally: &Tally) -> String {
    if !tally.moves {
        return word!(voice, en: "moves no count", pt: "não muda os totais").to_owned();
    }
    let mut parts = Vec::new();
    for (side, n) in [(Side::Acs, tally.acs), (Side::Provider, tally.provider)] {
        if n > 0 {
            parts.push(format!("{} +{}", side_name(voice, side), voice.number(n)));
        }
    }
    let (proven, inferred) = (tally.proven, tally.findings - tally.proven);
    let (shown, other) = (voice.number(proven), voice.number(inferred));
    if proven > 0 {
        parts.push(plural!(voice, proven, en: ["{shown} proven", "{shown} proven"],
            pt: ["{shown} provada", "{shown} provadas"]));
    }
    if inferred > 0 {
        parts.push(plural!(voice, inferred, en: ["{other} inferred", "{other} inferred"],
            pt: ["{other} deduzida", "{other} deduzidas"]));
    }
    if tally.ignored > 0 {
        let ignored = voice.number(tally.ignored);
        parts.push(plural!(voice, tally.ignored, en: ["{ignored} ignored", "{ignored} ignored"],
            pt: ["{ignored} ignorada", "{ignored} ignoradas"]));
    }
    parts.join(", ")
}

/// Before anything was read: how far reading is, or why there is nothing.
fn nothing_known(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let voice = &model.voice;
    let title = word!(voice, en: "Why the two counts differ",
        pt: "Por que os dois totais diferem");
    let inside = if area.height < 4 { area } else { pane(model, frame, area, title, "") };
    let width = usize::from(inside.width);
    let strong = model.theme.style(Paint::Strong);
    let (head, body) = if let Some(running) =
        model.running.iter().find(|running| running.kind == JobKind::Collect)
    {
        let [acs, provider] = running.read.map(|n| voice.number(n));
        (
            word!(voice, en: "Reading both systems for the first time.",
                pt: "Lendo os dois sistemas pela primeira vez."),
            vec![
                say!(voice, en: "ACS: records {acs}", pt: "ACS: registros {acs}"),
                say!(voice, en: "Provider: records {provider}",
                    pt: "Provedor: registros {provider}"),
                String::new(),
                word!(voice,
                    en: "The next start shows what is remembered at once.",
                    pt: "Na próxima vez o que está guardado aparece na hora.")
                .to_owned(),
            ],
        )
    } else if model.known.looked {
        (
            word!(voice, en: "Nothing has been read yet.", pt: "Nada foi lido ainda."),
            failures(model),
        )
    } else {
        (word!(voice, en: "Looking what is remembered.", pt: "Vendo o que está guardado."), vec![])
    };
    let head = wrap(head, width).into_iter().map(|row| Line::from(Span::styled(row, strong)));
    let body = body.iter().flat_map(|text| wrap(text, width)).map(Line::from);
    lines(frame, inside, head.chain([Line::default()]).chain(body.collect::<Vec<_>>()));
}

/// The last words of the log, which say why nothing could be read, and what to do then.
fn failures(model: &Model) -> Vec<String> {
    let voice = &model.voice;
    let layers = [Layer::Dashboard, Layer::Global];
    let key = |action: Action| {
        model.keys.key_of(&layers, action).unwrap_or_else(|| action.short(voice).to_owned())
    };
    let (read, check) = (key(Action::Collect), key(Action::GoConnections));
    let mut told: Vec<String> = model.log.iter().rev().take(6).map(|(_, t)| t.clone()).collect();
    told.reverse();
    told.push(String::new());
    told.push(say!(voice,
        en: "{read}: reads both systems. {check}: tells what is in the way.",
        pt: "{read}: lê os dois sistemas. {check}: diz o que está no caminho."));
    told
}
