//! The way from the ACS's count to the Provider's, a row a cause: exact to the unit.
//!
//! Sign and number say what a bar says, so nothing rests on colour. Must not do: round, or leave
//! out a cause that is not told among the others.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::Run;
use crate::engine::Cause;
use crate::tui::model::Model;
use crate::tui::screens::dashboard::digest::{Digest, Tally, signed};
use crate::tui::screens::dashboard::places::Places;
use crate::tui::theme::Paint;
use crate::tui::widgets::bars::bar;
use crate::tui::widgets::text::{cut, fill, right};
use crate::words::{Voice, cause_title, labels, plural, say, word};

/// The widest title of a cause.
const TITLE: usize = 34;
/// Columns of a count of new or resolved differences.
const COUNT: usize = 6;
/// Columns of what to do.
const TODO: usize = 13;
/// A bar with fewer cells says nothing.
const BAR_LEAST: usize = 4;

/// A row with a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// A cause.
    Cause(&'a Tally),
    /// Those that have no room.
    Rest(&'a [Tally]),
}

impl Row<'_> {
    /// Its tallies.
    pub fn tallies(&self) -> &[Tally] {
        match self {
            Self::Cause(tally) => std::slice::from_ref(*tally),
            Self::Rest(tallies) => tallies,
        }
    }

    fn sum(&self, of: impl Fn(&Tally) -> u64) -> u64 {
        self.tallies().iter().map(of).sum()
    }

    fn net(&self) -> i64 {
        self.tallies().iter().map(Tally::net).sum()
    }
}

/// The rows: every cause, or the largest and the others in one.
pub fn rows<'a>(digest: &'a Digest, places: &Places, unfolded: bool) -> Vec<Row<'a>> {
    let all = &digest.tallies;
    if unfolded || places.one_line || all.len() <= places.causes || places.causes < 3 {
        return all.iter().map(Row::Cause).collect();
    }
    let (own, rest) = all.split_at(places.causes - 1);
    own.iter().map(Row::Cause).chain([Row::Rest(rest)]).collect()
}

/// Widths of the columns; those that matter least are 0 first.
#[derive(Clone, Copy, Debug)]
struct Columns {
    title: usize,
    number: usize,
    bar: usize,
    counts: usize,
    todo: usize,
    right: usize,
}

impl Columns {
    fn of(width: usize, number: usize, compared: bool) -> Self {
        let mut left = width.saturating_sub(2 + number);
        let title = TITLE.min(left.saturating_sub(1));
        left = left.saturating_sub(title + 1);
        let right = left.saturating_sub(1);
        let mut take = |wanted: usize| {
            let fits = left > wanted;
            left -= if fits { wanted + 1 } else { 0 };
            if fits { wanted } else { 0 }
        };
        let todo = take(TODO);
        let counts = if compared { take(COUNT * 2 + 1) } else { 0 };
        let bar = left.saturating_sub(1);
        let bar = if bar < BAR_LEAST { 0 } else { bar };
        Self { title, number, bar, counts, todo, right }
    }

    fn columns(self, cells: [&str; 4]) -> String {
        let widths = [self.bar, self.counts / 2, self.counts / 2, self.todo];
        let mut line = String::new();
        for (at, (cell, width)) in cells.into_iter().zip(widths).enumerate() {
            if width > 0 {
                let cell = if at == 1 || at == 2 { right(cell, width) } else { fill(cell, width) };
                line.push(' ');
                line.push_str(&cell);
            }
        }
        line
    }
}

/// The whole table, one line a row of it.
pub fn lines(model: &Model, run: &Run, digest: &Digest, places: &Places) -> Vec<Line<'static>> {
    let (voice, all) = (&model.voice, &run.reconciliation);
    let rows = rows(digest, places, model.dashboard.unfolded);
    let (acs, provider) = (voice.number(all.between.acs), voice.number(all.between.provider));
    let number = rows.iter().map(|row| number(voice, row).width());
    let number = number.chain([acs.width(), provider.width()]).max().unwrap_or(0);
    let width = usize::from(places.table.width);
    let columns = Columns::of(width, number, digest.compared && !model.known.expired);
    let shown = model.dashboard.window.shown(rows.len(), places.causes);
    let most = digest.tallies.iter().map(Tally::size).max().unwrap_or(0);
    let body = rows.iter().enumerate().skip(shown.start).take(shown.len());
    let body = body.map(|(at, row)| cause_line(model, columns, row, (at, most)));
    if places.one_line {
        let gap = voice.signed(signed(all.between.acs) - signed(all.between.provider));
        let provider_name = word!(voice, en: "Provider", pt: "Provedor");
        let gap = say!(voice, en: "gap {gap}", pt: "dif. {gap}");
        let totals = cut(&format!("ACS {acs}  {provider_name} {provider}  {gap}"), width);
        let totals = Line::from(Span::styled(totals, model.theme.style(Paint::Strong)));
        return std::iter::once(totals).chain(body).collect();
    }
    let mut lines = vec![first_line(model, columns, &acs)];
    lines.extend(body);
    lines.push(last_line(model, columns, &provider, run, digest));
    lines
}

fn first_line(model: &Model, columns: Columns, acs: &str) -> Line<'static> {
    let voice = &model.voice;
    let title = fill(word!(voice, en: "ACS devices", pt: "Equipamentos no ACS"), columns.title);
    let heads = columns.columns([
        "",
        word!(voice, en: "new", pt: "novas"),
        word!(voice, en: "gone", pt: "saíram"),
        word!(voice, en: "to do", pt: "fazer"),
    ]);
    Line::from(vec![
        Span::styled(
            format!("  {title} {}", right(acs, columns.number)),
            model.theme.style(Paint::Strong),
        ),
        Span::styled(heads, model.theme.style(Paint::Dim)),
    ])
}

fn last_line(
    model: &Model,
    columns: Columns,
    provider: &str,
    run: &Run,
    digest: &Digest,
) -> Line<'static> {
    let voice = &model.voice;
    let title = word!(voice, en: "= counted by the Provider", pt: "= contados no Provedor");
    let title = fill(title, columns.title);
    let total = format!("  {title} {}", right(provider, columns.number));
    let (verdict, paint) = verdict(voice, run, digest);
    let fits = verdict.width() <= columns.right;
    let verdict = if fits { verdict } else { in_short(voice, digest) };
    Line::from(vec![
        Span::styled(total, model.theme.style(Paint::Strong)),
        Span::raw(" "),
        Span::styled(verdict, model.theme.style(paint)),
    ])
}

/// What the two totals hide or show.
pub fn verdict(voice: &Voice, run: &Run, digest: &Digest) -> (String, Paint) {
    let between = &run.reconciliation.between;
    if !between.balanced() {
        let text = word!(voice, en: "THE SUMS DO NOT HOLD", pt: "AS SOMAS NÃO FECHAM");
        return (text.to_owned(), Paint::Bad);
    }
    let gap = signed(between.acs) - signed(between.provider);
    let (count, n) = (digest.moving(), voice.number(digest.moving()));
    let gap = voice.signed(gap);
    match (gap.as_str(), count) {
        (_, 0) => (word!(voice, en: "they agree", pt: "batem").to_owned(), Paint::Good),
        ("0", _) => (
            plural!(voice, count,
                en: ["equal, yet {n} difference", "equal, yet {n} differences"],
                pt: ["iguais, mas {n} diferença", "iguais, mas {n} diferenças"]),
            Paint::Warn,
        ),
        (gap, _) => (
            plural!(voice, count,
                en: ["gap {gap}: {n} difference", "gap {gap}: {n} differences"],
                pt: ["saldo {gap}: {n} diferença", "saldo {gap}: {n} diferenças"]),
            Paint::Warn,
        ),
    }
}

/// Where there is no room for the verdict.
fn in_short(voice: &Voice, digest: &Digest) -> String {
    let n = voice.number(digest.moving());
    say!(voice, en: "{n} differ", pt: "{n} diferem")
}

fn cause_line(
    model: &Model,
    columns: Columns,
    row: &Row<'_>,
    (at, most): (usize, u64),
) -> Line<'static> {
    let voice = &model.voice;
    let here = at == model.dashboard.window.at;
    let cursor = if here { ">" } else { " " };
    let title = match row {
        Row::Cause(tally) => cause_title(voice, tally.cause).to_owned(),
        Row::Rest(rest) => {
            let n = rest.len();
            say!(voice, en: "other causes ({n})", pt: "outras causas ({n})")
        }
    };
    let title = fill(&title, columns.title);
    let name = format!("{cursor} {title} {}", right(&number(voice, row), columns.number));
    let count = |n: u64| if n == 0 { String::new() } else { voice.number(n) };
    let todo = match row {
        Row::Cause(tally) => short_todo(voice, tally.cause),
        Row::Rest(_) => word!(voice, en: "show them", pt: "mostrar"),
    };
    let (new, gone) = (count(row.sum(|of| of.new)), count(row.sum(|of| of.resolved)));
    let bar = bar(row.sum(Tally::size), most, columns.bar);
    if here {
        let rest = columns.columns([&bar, &new, &gone, todo]);
        return Line::from(Span::styled(name + &rest, model.theme.style(Paint::Cursor)));
    }
    let drawn = Columns { counts: 0, todo: 0, ..columns }.columns([&bar, "", "", ""]);
    let rest = Columns { bar: 0, ..columns }.columns(["", &new, &gone, todo]);
    let paint = if row.net() == 0 { Paint::Dim } else { Paint::Bar };
    Line::from(vec![
        Span::raw(name),
        Span::styled(drawn, model.theme.style(paint)),
        Span::raw(rest),
    ])
}

/// What it adds on the way: `+6`, `-6`; `±6` where both counts have it; `(6)` where none has.
fn number(voice: &Voice, row: &Row<'_>) -> String {
    let both = row.sum(|of| of.acs.min(of.provider));
    match row.net() {
        0 if both > 0 => format!("±{}", voice.number(both)),
        0 => format!("({})", voice.number(row.sum(|of| of.findings))),
        net => voice.signed(net),
    }
}

labels! {
    /// What to do about a cause, in a word or two.
    short_todo(Cause) {
        Duplicate => { en: "choose one", pt: "escolher um" }
        IdentityMismatch => { en: "correct it", pt: "corrigir" }
        SwappedDevice => { en: "enter the new", pt: "pôr o novo" }
        InactiveLogin => { en: "is expected", pt: "é esperado" }
        Returned => { en: "send again", pt: "reenviar" }
        AwaitingSync => { en: "sync ACS", pt: "sincr. ACS" }
        UnlinkedLogin => { en: "link login", pt: "vincular" }
        LostWebhook => { en: "clear entry", pt: "limpar" }
        PendingPurge => { en: "sync Provider", pt: "sincr. Prov." }
        NeverSeen => { en: "check the CPE", pt: "ver o CPE" }
        RemovedUnknown => { en: "look first", pt: "olhar antes" }
        Unexplained => { en: "look at it", pt: "olhar" }
        FieldDrift => { en: "update field", pt: "atualizar" }
        ManualDelete => { en: "nothing", pt: "nada" }
    }
}
