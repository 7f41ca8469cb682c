//! The two systems, and every check of the doctor with what to do.
//!
//! Must not do: send anything, or decide what the use-cases decide.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::app::{Checkup, Examined, Outcome};
use crate::domain::Side;
use crate::domain::text::{SHOWN_CHARS_MAX, visible};
use crate::engine::SideCounts;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{JobKind, Model};
use crate::tui::theme::Paint;
use crate::tui::widgets::pane::{pane, rule};
use crate::tui::widgets::text::{cut, fill, lines, wrap};
use crate::tui::widgets::window::Window;
use crate::words::{
    Voice, check_fix, check_text, doctor_heading, doctor_summary, say, side_name, word,
};

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    /// What the doctor found.
    pub checkup: Option<Checkup>,
    /// The check under the cursor.
    pub window: Window,
}

/// Rows of the first frame.
const SYSTEMS: u16 = 5;
/// Rows for what to do about the check under the cursor.
const FIX: u16 = 3;

/// Where everything is: the systems, the doctor's frame, its checks, what to do.
struct Places {
    systems: Option<Rect>,
    doctor: Rect,
    checks: Rect,
    fix: Option<Rect>,
}

impl Places {
    fn of(area: Rect) -> Self {
        let systems =
            (area.height >= SYSTEMS + FIX + 6).then_some(Rect { height: SYSTEMS, ..area });
        let top = systems.map_or(0, |at| at.height);
        let doctor = Rect { y: area.y + top, height: area.height - top, ..area };
        let inside = Rect {
            x: doctor.x + 1,
            y: doctor.y + 1,
            width: doctor.width.saturating_sub(2),
            height: doctor.height.saturating_sub(2),
        };
        let below = if inside.height > FIX + 2 { FIX + 1 } else { 0 };
        let checks = Rect { height: inside.height - below, ..inside };
        let fix = Rect { y: checks.bottom() + 1, height: FIX, ..inside };
        Self { systems, doctor, checks, fix: (below > 0).then_some(fix) }
    }
}

/// Does what a key asked for here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(Places::of(crate::tui::view::body(model)).checks.height);
    let rows = model.connections.checkup.as_ref().map_or(0, |checkup| checkup.checks.len());
    if action == Action::Doctor && !model.is_running(JobKind::Doctor) {
        return vec![model.begin(Job::Doctor)];
    }
    let Some(by) = action.rows(height) else { return Vec::new() };
    model.connections.window.go(by, rows, height);
    Vec::new()
}

/// It is shown: the doctor looks, where he has not yet.
pub fn shown(model: &mut Model) -> Vec<Effect> {
    if model.connections.checkup.is_some() || model.is_running(JobKind::Doctor) {
        return Vec::new();
    }
    vec![model.begin(Job::Doctor)]
}

/// The doctor has ended: the cursor is on the first thing wrong.
pub fn examined(model: &mut Model, checkup: Checkup) -> Vec<Effect> {
    let wrong = |of: fn(&Outcome) -> bool| checkup.checks.iter().position(|c| of(&c.outcome));
    let first = wrong(|outcome| matches!(outcome, Outcome::Fail(_)))
        .or_else(|| wrong(|outcome| *outcome == Outcome::Warn));
    let height = usize::from(Places::of(crate::tui::view::body(model)).checks.height);
    model.connections.window.to(first.unwrap_or(0), checkup.checks.len(), height);
    model.connections.checkup = Some(checkup);
    Vec::new()
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let places = Places::of(area);
    if let Some(at) = places.systems {
        let title = word!(&model.voice, en: "Connections", pt: "Conexões");
        let inside = pane(model, frame, at, title, "");
        lines(frame, inside, systems(model, inside.width.into()).into_iter().map(Line::from));
    }
    let voice = &model.voice;
    let told = match &model.connections.checkup {
        _ if model.is_running(JobKind::Doctor) => {
            word!(voice, en: "checking...", pt: "verificando...").to_owned()
        }
        None => String::new(),
        Some(checkup) => {
            let (failed, warned) = checkup.troubles();
            doctor_summary(voice, failed, warned)
        }
    };
    pane(model, frame, places.doctor, doctor_heading(voice), &told);
    let Some(checkup) = &model.connections.checkup else { return };
    checks(model, frame, checkup, &places);
}

/// Each side with its address and ages, then the last run of cron.
fn systems(model: &Model, width: usize) -> Vec<String> {
    let voice = &model.voice;
    let all = model.run().map(|run| &run.reconciliation);
    let side = |side, counts: Option<&SideCounts>| {
        let address = visible(&model.setup.addresses[usize::from(side == Side::Provider)]);
        let name = fill(side_name(voice, side), 9);
        let ages = counts.map_or_else(String::new, |counts| ages(model, counts));
        let room = width.saturating_sub(name.width() + ages.width() + 2);
        format!("{name} {} {ages}", fill(&address, room))
    };
    vec![
        side(Side::Acs, all.map(|all| &all.acs)),
        side(Side::Provider, all.map(|all| &all.provider)),
        cut(&format!("{} {}", fill("cron", 9), cron(model)), width),
    ]
}

fn ages(model: &Model, counts: &SideCounts) -> String {
    let voice = &model.voice;
    let read = voice.age(counts.fetched_at, model.now);
    let synced = counts.last_synchronised.map_or_else(
        || "?".to_owned(),
        |at| {
            let age = voice.age(at, model.now);
            say!(voice, en: "{age} ago", pt: "há {age}")
        },
    );
    let part = if counts.complete { "" } else { word!(voice, en: " in part", pt: " em parte") };
    say!(voice, en: "read{part} {read} ago, synced {synced}",
        pt: "lido{part} há {read}, sincr. {synced}")
}

/// The last run that cron made, and how many requests the last run took.
fn cron(model: &Model) -> String {
    let voice = &model.voice;
    let last = model.known.runs.iter().find(|run| run.actor == "cron");
    let mut text = match last {
        None => word!(voice, en: "no run yet", pt: "nenhuma execução").to_owned(),
        Some(run) => {
            let (at, exit) = (voice.time(run.started), run.exit);
            let n = voice.number(run.findings());
            say!(voice, en: "last run {at}, exit {exit}, {n} differences",
                pt: "última execução {at}, saída {exit}, {n} diferenças")
        }
    };
    if let Some(run) = model.run().filter(|run| run.net.requests > 0) {
        let [requests, retries] = [run.net.requests, run.net.retries].map(|n| voice.number(n));
        text.push_str(&say!(voice, en: "; {requests} requests, {retries} retries",
            pt: "; {requests} requisições, {retries} repetidas"));
    }
    text
}

fn checks(model: &Model, frame: &mut Frame<'_>, checkup: &Checkup, places: &Places) {
    let (all, window) = (&checkup.checks, model.connections.window);
    let shown = window.shown(all.len(), places.checks.height.into());
    let wide = all.iter().map(|check| check.id.width()).max().unwrap_or(0).min(20);
    let width = usize::from(places.checks.width);
    let row = |at: usize| {
        let check = &all[at];
        let (mark, paint) = mark(check.outcome);
        let here = at == window.at;
        let cursor = if here { ">" } else { " " };
        let text =
            format!(" {} {}", fill(&check.id, wide), one_line(&check_text(&model.voice, check)));
        let text = fill(&text, width.saturating_sub(6));
        let (mark_paint, text_paint) =
            if here { (Paint::Cursor, Paint::Cursor) } else { (paint, Paint::Text) };
        Line::from(vec![
            Span::styled(format!("{cursor} {mark}"), model.theme.style(mark_paint)),
            Span::styled(text, model.theme.style(text_paint)),
        ])
    };
    lines(frame, places.checks, shown.map(row));
    let (Some(at), Some(check)) = (places.fix, all.get(window.at)) else { return };
    rule(model, frame, (places.doctor, at.y - 1), &check.id, "");
    let text = told(&model.voice, check);
    lines(frame, at, wrap(&text, at.width.into()).into_iter().map(Line::from));
}

/// Four columns, so that what stands beside it is in line.
fn mark(outcome: Outcome) -> (&'static str, Paint) {
    match outcome {
        Outcome::Ok => ("ok  ", Paint::Good),
        Outcome::Warn => ("warn", Paint::Warn),
        Outcome::Fail(_) => ("FAIL", Paint::Bad),
        Outcome::Skip => ("skip", Paint::Dim),
    }
}

/// What to do, or what was found where there is nothing to do.
fn told(voice: &Voice, check: &Examined) -> String {
    match check_fix(voice, check) {
        Some(fix) => {
            let fix = one_line(&fix);
            say!(voice, en: "To do: {fix}", pt: "Fazer: {fix}")
        }
        None => one_line(&check_text(voice, check)),
    }
}

/// Visible escapes without the cap on a device's value; one line, whatever it holds.
pub(in crate::tui) fn one_line(text: &str) -> String {
    let chars: Vec<char> = text.lines().collect::<Vec<_>>().join("; ").chars().collect();
    chars.chunks(SHOWN_CHARS_MAX).map(|part| visible(&part.iter().collect::<String>())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Told;
    use crate::app::exit::Condition;
    use crate::tui::testing::{does, goldens, screen, with_run};

    fn checkup() -> Checkup {
        let check = |id: &str, outcome, text: &str, fix: Option<&str>| Examined {
            id: id.to_owned(),
            outcome,
            told: Told::Said { text: text.to_owned(), fix: fix.map(str::to_owned) },
        };
        let hint = "the secret ends with a space: write it again without";
        let mut checks = vec![
            check("config", Outcome::Ok, "/etc/acerto/config.toml loads; profile `prod`", None),
            check("timezone", Outcome::Warn, "no timezone is set", Some("set one")),
            check("acs-secrets", Outcome::Ok, "readable: client_id, client_secret", None),
            check("acs-auth", Outcome::Fail(Condition::Auth), "refused\x1b[2J", Some(hint)),
            check("acs-permission", Outcome::Skip, "not asked: acs-auth failed", None),
        ];
        let more = (0..24).map(|n| check(&format!("provider-{n}"), Outcome::Ok, "answers", None));
        checks.extend(more);
        Checkup { checks }
    }

    fn examined_model(width: u16, height: u16) -> Model {
        let mut model = with_run(width, height);
        model.setup.addresses =
            ["https://acs.example".to_owned(), "https://erp.example".to_owned()];
        let effects = does(&mut model, Action::GoConnections);
        assert!(matches!(effects[..], [Effect::Begin(_, Job::Doctor)]), "{effects:?}");
        model.running.clear();
        examined(&mut model, checkup());
        model
    }

    #[test]
    fn golden_checked() {
        goldens("connections", examined_model);
    }

    #[test]
    fn the_cursor_is_on_what_failed_and_its_fix_is_on_screen() {
        let mut model = examined_model(80, 24);
        let shown = screen(&model);
        assert!(shown.contains("> FAIL acs-auth"), "{shown}");
        assert!(shown.contains("To do: the secret ends with a space"), "{shown}");
        assert!(shown.contains("refused\\x1b[2J"), "{shown}");
        does(&mut model, Action::Bottom);
        assert!(screen(&model).contains("> ok   provider-23"), "{}", screen(&model));
        assert!(does(&mut model, Action::GoConnections).is_empty(), "it was checked already");
        let effects = does(&mut model, Action::Doctor);
        assert!(matches!(effects[..], [Effect::Begin(_, Job::Doctor)]), "{effects:?}");
        assert!(does(&mut model, Action::Doctor).is_empty(), "it goes on already");
    }
}
