//! One difference on screen: a table of fields and what is told of it, one text that scrolls.
//!
//! Must not do: change anything but where the text stands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::engine::Finding;
use crate::tui::model::Model;
use crate::tui::screens::diff::{identity, short};
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::pane;
use crate::tui::widgets::text::{cut, fill, lines, wrap};
use crate::words::{cause_meaning, cause_title, fix_name, say, word};

use super::fields::{Piece, Row, Sign, Teller, changes};
use super::story;

/// Columns of a field's name.
const NAME: usize = 13;
/// Rows of the head, the tabs, the hints and the frame.
const AROUND: u16 = 5;

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let Some(finding) = model.detail.finding() else { return };
    let voice = &model.voice;
    let cause = match area.width {
        0..70 => short(voice, finding.cause),
        _ => cause_title(voice, finding.cause),
    };
    let standing = model.detail.open.as_ref().and_then(|(_, place)| model.diff.standing(*place));
    let standing = standing.map(|(at, all)| {
        let (at, all) = (voice.number(at as u64), voice.number(all as u64));
        say!(voice, en: "  {at} of {all}", pt: "  {at} de {all}")
    });
    let title = format!("{}{}", identity(finding), standing.unwrap_or_default());
    let room = usize::from(area.width).saturating_sub(cause.width() + 8);
    let inside = pane(model, frame, area, &cut(&title, room), cause);
    let text = text(model, finding, inside.width.into());
    let height = usize::from(inside.height);
    let top = model.detail.scroll.min(text.len().saturating_sub(height));
    let below = text.len().saturating_sub(top + height);
    lines(frame, inside, text.into_iter().skip(top).map(|(line, _)| line));
    if below > 0 && area.height > 1 {
        let below = voice.number(below as u64);
        let more = say!(voice, en: " {below} more below ", pt: " mais {below} abaixo ");
        let width = u16::try_from(more.width()).unwrap_or(0).min(area.width);
        let (x, y) = (area.right().saturating_sub(width + 2), area.bottom() - 1);
        frame.render_widget(Line::from(more), Rect { x, y, width, height: 1 });
    }
}

/// Rows of the text on screen.
pub(super) fn height(model: &Model) -> usize {
    usize::from(model.size.1.saturating_sub(AROUND)).max(1)
}

fn width(model: &Model) -> usize {
    usize::from(model.size.0.saturating_sub(2))
}

/// How far the text can scroll.
pub(super) fn most(model: &Model) -> usize {
    let rows = model.detail.finding().map_or(0, |f| text(model, f, width(model)).len());
    rows.saturating_sub(height(model))
}

/// Goes to the next field that differs, or to the one before; the text scrolls to it.
pub(super) fn difference(model: &mut Model, next: bool) {
    let Some(finding) = model.detail.finding() else { return };
    let rows = text(model, finding, width(model));
    let places: Vec<usize> =
        rows.iter().enumerate().filter(|(_, (_, differs))| *differs).map(|(at, _)| at).collect();
    let Some(last) = places.len().checked_sub(1) else { return };
    let field = match (model.detail.field, next) {
        (None, false) => last,
        (Some(at), true) if at < last => at + 1,
        (_, true) => 0,
        (Some(at), false) => at.checked_sub(1).unwrap_or(last),
    };
    model.detail.field = Some(field);
    let (row, height) = (places[field], height(model));
    let top = model.detail.scroll;
    if row < top || row >= top + height {
        model.detail.scroll = row.saturating_sub(height / 2);
    }
}

/// A line, and whether it begins a field that differs.
type Told = (Line<'static>, bool);

/// All lines: what a person looks at first, what is told of it, and then the other fields.
fn text(model: &Model, finding: &Finding, width: usize) -> Vec<Told> {
    let voice = &model.voice;
    let side = width.saturating_sub(NAME + 6) / 2;
    let provider = word!(voice, en: "PROVIDER", pt: "PROVEDOR");
    let field = fill(word!(voice, en: "FIELD", pt: "CAMPO"), NAME);
    let head = cut(&format!(" {field} {}   {provider}", fill("ACS", side)), width);
    let mut all = vec![(Line::styled(head, model.theme.style(Paint::Dim)), false)];
    table(model, finding, width, true, &mut all);
    for part in story::parts(model, finding) {
        heading(model, &mut all, &part.heading, width);
        for (lead, line) in part.lines {
            let room = width.saturating_sub(lead.width() + 1);
            for (at, line) in wrap(&line, room).into_iter().enumerate() {
                let lead = if at == 0 { lead.clone() } else { " ".repeat(lead.width()) };
                all.push((Line::from(cut(&format!(" {lead}{line}"), width)), false));
            }
        }
    }
    heading(model, &mut all, word!(voice, en: "More fields", pt: "Outros campos"), width);
    table(model, finding, width, false, &mut all);
    all
}

fn heading(model: &Model, all: &mut Vec<Told>, text: &str, width: usize) {
    all.push((Line::default(), false));
    all.push((Line::styled(cut(text, width), model.theme.style(Paint::Title)), false));
}

/// Fields of each pair of records: the first, or the others.
fn table(model: &Model, finding: &Finding, width: usize, first: bool, all: &mut Vec<Told>) {
    let voice = &model.voice;
    let run = model.detail.open.as_ref().map(|(run, _)| run);
    let answer = run.map(|run| &run.reconciliation);
    let teller = Teller { voice, now: model.now, answer, revealed: model.detail.revealed };
    let side = width.saturating_sub(NAME + 6) / 2;
    let mut hidden = 0_u64;
    for at in 0..finding.acs.len().max(finding.provider.len()) {
        if at > 0 {
            let n = at + 1;
            let line = say!(voice, en: " record {n}", pt: " registro {n}");
            all.push((Line::styled(line, model.theme.style(Paint::Dim)), false));
        }
        let (acs, provider) = (finding.acs.get(at), finding.provider.get(at));
        let rows = if first { teller.first(acs, provider) } else { teller.rest(acs, provider) };
        for row in rows {
            if row.sign == Sign::Equal && model.detail.without_equal {
                hidden += 1;
                continue;
            }
            let differs = row.sign == Sign::Differs;
            let before = all.iter().filter(|(_, differs)| *differs).count();
            let here = differs && model.detail.field == Some(before);
            let drawn = field(model, &row, (side, width), here);
            all.extend(drawn.into_iter().enumerate().map(|(at, line)| (line, differs && at == 0)));
        }
    }
    if hidden > 0 {
        let hidden = voice.number(hidden);
        let line = say!(voice, en: " equal fields left out: {hidden}",
            pt: " campos iguais omitidos: {hidden}");
        all.push((Line::styled(line, model.theme.style(Paint::Dim)), false));
    }
}

/// A field in as many lines as its values need.
fn field(
    model: &Model,
    row: &Row,
    (side, width): (usize, usize),
    here: bool,
) -> Vec<Line<'static>> {
    let acs = pieces_in_lines(vec![Piece::Same(row.acs.clone().unwrap_or("-".to_owned()))], side);
    let provider = row.provider.clone().unwrap_or("-".to_owned());
    let provider = match (&row.sign, &row.acs) {
        (Sign::Differs, Some(acs)) => changes(&provider, acs),
        (Sign::Differs | Sign::Equal | Sign::OneSide, _) => vec![Piece::Same(provider)],
    };
    let provider = pieces_in_lines(provider, width.saturating_sub(NAME + side + 5));
    let paint = if row.sign == Sign::Differs { Paint::Differs } else { Paint::Text };
    let style = |paint| model.theme.style(paint);
    let line = |at: usize| {
        let (name, sign) = if at == 0 { (&*row.name, row.sign.sign()) } else { ("", " ") };
        let lead = if here && at == 0 { '>' } else { ' ' };
        let text = acs.get(at).map(|pieces| shown(pieces)).unwrap_or_default();
        let mut spans = vec![
            Span::raw(format!("{lead}{} {} ", fill(name, NAME), fill(&text, side))),
            Span::styled(format!("{sign} "), style(paint)),
        ];
        for piece in provider.get(at).into_iter().flatten() {
            let paint = match piece {
                Piece::Same(_) => Paint::Text,
                Piece::Old(_) => Paint::Bad,
                Piece::New(_) => Paint::Good,
            };
            spans.push(Span::styled(piece.marked(), style(paint)));
        }
        Line::from(spans)
    };
    (0..acs.len().max(provider.len())).map(line).collect()
}

fn shown(pieces: &[Piece]) -> String {
    pieces.iter().map(Piece::marked).collect()
}

/// Pieces broken into lines: nothing of a value is cut, nor one of its marks.
fn pieces_in_lines(pieces: Vec<Piece>, width: usize) -> Vec<Vec<Piece>> {
    let width = width.max(1);
    if pieces.iter().map(|piece| piece.marked().width()).sum::<usize>() <= width {
        return vec![pieces];
    }
    let (mut all, mut line, mut left) = (Vec::new(), Vec::new(), width);
    for piece in pieces {
        let marks = piece.marked().width().saturating_sub(raw(&piece).width());
        let mut part = String::new();
        for c in raw(&piece).chars() {
            let wide = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            if part.width() + wide + marks > left && (!part.is_empty() || left < width) {
                if !part.is_empty() {
                    line.push(like(&piece, std::mem::take(&mut part)));
                }
                all.push(std::mem::take(&mut line));
                left = width;
            }
            part.push(c);
        }
        if !part.is_empty() {
            left = left.saturating_sub(part.width() + marks);
            line.push(like(&piece, part));
        }
    }
    if !line.is_empty() {
        all.push(line);
    }
    all
}

fn raw(piece: &Piece) -> &str {
    match piece {
        Piece::Same(text) | Piece::Old(text) | Piece::New(text) => text,
    }
}

fn like(piece: &Piece, text: String) -> Piece {
    match piece {
        Piece::Same(_) => Piece::Same(text),
        Piece::Old(_) => Piece::Old(text),
        Piece::New(_) => Piece::New(text),
    }
}

/// The difference under the cursor of the list, in a narrow pane beside it: no value is cut.
#[must_use]
pub fn beside(model: &Model, finding: &Finding, width: usize) -> Vec<Line<'static>> {
    let voice = &model.voice;
    let answer = model.diff.run().map(|run| &run.reconciliation);
    let teller = Teller { voice, now: model.now, answer, revealed: false };
    let mut all = Vec::new();
    let mut line = |name: &str, sign: &str, value: &str, paint: Paint| {
        let text = format!("{} {} {value}", fill(name, NAME - 1), fill(sign, 2));
        all.push(Line::styled(cut(&text, width), model.theme.style(paint)));
    };
    for row in teller.first(finding.acs.first(), finding.provider.first()) {
        match (&row.acs, &row.provider, row.sign) {
            (Some(acs), Some(_), Sign::Equal) => line(&row.name, "=", acs, Paint::Text),
            (Some(acs), Some(provider), _) => {
                line(&row.name, "A", acs, Paint::Differs);
                line("", "≠P", provider, Paint::Differs);
            }
            (Some(acs), None, _) => line(&row.name, "A", acs, Paint::Text),
            (None, Some(provider), _) => line(&row.name, "P", provider, Paint::Text),
            (None, None, _) => {}
        }
    }
    let mut told = |lead: &str, text: &str| {
        if !lead.is_empty() {
            all.push(Line::default());
            all.push(Line::styled(cut(lead, width), model.theme.style(Paint::Title)));
        }
        all.extend(wrap(text, width).into_iter().map(Line::from));
    };
    told(word!(voice, en: "Why", pt: "Causa"), cause_meaning(voice, finding.cause));
    for (at, fact) in finding.evidence.iter().take(2).enumerate() {
        let lead = word!(voice, en: "Evidence", pt: "Evidência");
        let fact = crate::words::evidence(voice, fact);
        told(if at == 0 { lead } else { "" }, &format!("{} {fact}", at + 1));
    }
    if let Some(fix) = finding.fixes.first() {
        told(word!(voice, en: "Fix", pt: "Correção"), fix_name(voice, *fix));
    }
    all
}
