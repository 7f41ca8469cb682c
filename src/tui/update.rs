//! What a message does to the model, and what it wants done outside.
//!
//! Must not do: I/O. Nothing is sent but by an effect, and an effect that sends is made in one
//! place: where a question was answered.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what means nothing here is left to the screen"
)]

use std::sync::Arc;
use std::time::Duration;

use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::key::{Code, Key};
use crate::tui::keymap::{Layer, Pressed};
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::msg::{Answer, JobId, Msg, Step};
use crate::tui::overlay::Overlay;
use crate::tui::overlays;
use crate::tui::screens::{connections, dashboard, detail, diff, plan, progress, runs, settings};
use crate::words::word;

/// A question takes no key for so long after it appeared: what was typed ahead was not meant for
/// it.
pub const TYPED_AHEAD: Duration = Duration::from_millis(250);

/// Takes a message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let effects = take(model, msg);
    dashboard::settle(model);
    effects
}

fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => press(model, key),
        Msg::Paste(text) => overlays::paste(model, &text),
        Msg::Click { column, row } => click(model, column, row),
        Msg::Scroll(rows) => {
            let action = if rows > 0 { Action::Next } else { Action::Previous };
            (0..rows.unsigned_abs().min(10)).flat_map(|_| act(model, action)).collect()
        }
        Msg::Resize { width, height } => {
            model.size = (width, height);
            // It may have been smaller for a moment, and lost what it showed.
            vec![Effect::Repaint]
        }
        Msg::HangUp => leave(model, 129),
        Msg::Signal(number) => leave(model, u8::try_from(128 + number).unwrap_or(143)),
        Msg::Resumed => vec![Effect::Redraw],
        Msg::StoreChanged => vec![model.begin(Job::Remember)],
        Msg::Idle => {
            if !model.locked {
                model.locked = true;
                let voice = model.voice.clone();
                model.say(word!(voice, en: "locked again", pt: "travado de novo"));
            }
            Vec::new()
        }
        Msg::Progress { job, step } => {
            advance(model, job, step);
            Vec::new()
        }
        Msg::Done { job, answer } => done(model, job, *answer),
    }
}

/// The layers in which a key is looked up, the nearest first.
#[must_use]
pub fn layers(model: &Model) -> Vec<Layer> {
    if let Some(overlay) = model.overlays.last() {
        return vec![overlay.layer()];
    }
    vec![screen_layer(model), Layer::Global]
}

/// The layer of the screen that is shown.
#[must_use]
pub fn screen_layer(model: &Model) -> Layer {
    match model.screen {
        Screen::Dashboard => Layer::Dashboard,
        Screen::Diff if model.detail.is_open() => Layer::Detail,
        Screen::Diff => Layer::Diff,
        Screen::Plan if model.progress.is_open() => Layer::Run,
        Screen::Plan => Layer::Plan,
        Screen::Runs => Layer::Runs,
        Screen::Connections => Layer::Connections,
        Screen::Settings => Layer::Settings,
    }
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.toast = None;
    if overlays::is_too_early(model) {
        return Vec::new();
    }
    let pressed = model.keys.press(&layers(model), &model.pending, key);
    match pressed {
        Pressed::Run(action) => {
            model.pending.clear();
            act(model, action)
        }
        Pressed::Begun(_) => {
            model.pending.push(key);
            Vec::new()
        }
        Pressed::Nothing if !model.pending.is_empty() => {
            model.pending.clear();
            Vec::new()
        }
        Pressed::Nothing => overlays::typed(model, key),
    }
}

/// Does what a key, the palette or the help asked for.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(why) = why_not(model, action) {
        model.complain(why);
        return Vec::new();
    }
    if !model.overlays.is_empty() {
        return overlays::act(model, action);
    }
    if let Some(effects) = everywhere(model, action) {
        return effects;
    }
    match model.screen {
        Screen::Dashboard => dashboard::act(model, action),
        Screen::Diff if model.detail.is_open() => detail::act(model, action),
        Screen::Diff => diff::act(model, action),
        Screen::Plan if model.progress.is_open() => progress::act(model, action),
        Screen::Plan => plan::act(model, action),
        Screen::Runs => runs::act(model, action),
        Screen::Connections => connections::act(model, action),
        Screen::Settings => settings::act(model, action),
    }
}

/// What an action does on every screen; `None` where the screen decides.
fn everywhere(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let effects = match action {
        Action::Quit => quit(model),
        Action::Suspend => vec![Effect::Suspend],
        Action::Redraw => vec![Effect::Redraw],
        Action::Help | Action::Palette | Action::Log => overlays::open(model, action),
        Action::SearchOpen => overlays::search::open(model),
        Action::Unlock => {
            model.locked = !model.locked;
            Vec::new()
        }
        Action::Mouse => {
            model.mouse = !model.mouse;
            vec![Effect::Mouse(model.mouse)]
        }
        Action::Theme => {
            model.theme = model.theme.next();
            Vec::new()
        }
        Action::Language => {
            model.voice.lang = model.voice.lang.other();
            Vec::new()
        }
        Action::GoDashboard => go(model, Screen::Dashboard),
        Action::GoDiff => go(model, Screen::Diff),
        Action::GoPlan => go(model, Screen::Plan),
        Action::GoRuns => go(model, Screen::Runs),
        Action::GoConnections => go(model, Screen::Connections),
        Action::GoSettings => go(model, Screen::Settings),
        Action::Collect => vec![model.begin(Job::Collect)],
        Action::CopySummary => dashboard::copy_summary(model),
        Action::Unstage => plan::unstage(model),
        _ => return None,
    };
    Some(effects)
}

/// Why an action can't be done now; `None` where it can.
#[must_use]
pub fn why_not(model: &Model, action: Action) -> Option<&'static str> {
    let voice = &model.voice;
    let why = match action {
        Action::SpeedTest if model.is_running(JobKind::SpeedTest) => return None,
        Action::Apply | Action::Confirm | Action::SpeedTest if model.setup.read_only => {
            word!(voice,
            en: "the profile is read-only (read_only = true)",
            pt: "o perfil é só de leitura (read_only = true)")
        }
        Action::Apply | Action::Confirm | Action::SpeedTest if model.locked => word!(voice,
            en: "LOCKED: unlock first", pt: "TRAVADO: destrave antes"),
        Action::Collect if model.is_running(JobKind::Collect) => word!(voice,
            en: "both systems are being read already", pt: "os dois sistemas já estão sendo lidos"),
        Action::Collect | Action::Apply if model.is_running(JobKind::Apply) => word!(voice,
            en: "a plan is being applied", pt: "um plano está sendo aplicado"),
        Action::CopySummary | Action::Stage if model.run().is_none() => word!(voice,
            en: "nothing has been read yet", pt: "nada foi lido ainda"),
        _ => return None,
    };
    Some(why)
}

/// Shows a screen.
pub fn go(model: &mut Model, screen: Screen) -> Vec<Effect> {
    model.screen = screen;
    match screen {
        Screen::Runs => runs::shown(model),
        Screen::Connections => connections::shown(model),
        Screen::Diff => diff::shown(model),
        Screen::Plan => plan::shown(model),
        Screen::Dashboard | Screen::Settings => Vec::new(),
    }
}

/// Back one level first; then out, but not while a plan is being applied: it is stopped first.
fn quit(model: &mut Model) -> Vec<Effect> {
    if model.is_running(JobKind::Apply) {
        let voice = model.voice.clone();
        model.complain(word!(voice,
            en: "a plan is being applied: it stops after this call; quit again then",
            pt: "um plano está sendo aplicado: para depois desta chamada; saia de novo então"));
        return vec![Effect::Stop(JobKind::Apply)];
    }
    model.quit = Some(0);
    Vec::new()
}

/// The terminal or the system wants it gone: what is being sent ends, the rest stays.
fn leave(model: &mut Model, code: u8) -> Vec<Effect> {
    model.quit = Some(code);
    vec![Effect::Stop(JobKind::Apply), Effect::Stop(JobKind::Collect)]
}

fn click(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    if model.overlays.is_empty() && row == 1 {
        return match crate::tui::view::tab_at(model, column) {
            Some(screen) => go(model, screen),
            None => Vec::new(),
        };
    }
    if model.screen == Screen::Diff && model.overlays.is_empty() && !model.detail.is_open() {
        return diff::click(model, column, row);
    }
    Vec::new()
}

fn advance(model: &mut Model, job: JobId, step: Step) {
    if !model.running.iter().any(|running| running.id == job) {
        return;
    }
    match step {
        Step::Read(side, records) => model.read(job, side, records),
        Step::Begun(steps) => progress::begun(model, steps),
        Step::Row(row) => progress::row(model, *row),
        Step::Said(text) => progress::said(model, text),
        Step::Speed(text) => detail::speed::said(model, text),
    }
}

fn done(model: &mut Model, job: JobId, answer: Answer) -> Vec<Effect> {
    let Some(at) = model.running.iter().position(|running| running.id == job) else {
        return Vec::new();
    };
    let kind = model.running.remove(at).kind;
    match answer {
        Answer::Remembered(memory) => {
            model.remember(memory.map(|memory| *memory));
            match model.run() {
                None => vec![model.begin(Job::Collect)],
                Some(_) => diff::renewed(model),
            }
        }
        Answer::Collected(run) => collected(model, run),
        Answer::Planned(planned, document) => plan::planned(model, *planned, *document),
        Answer::Undoing(document) => plan::undoing(model, *document),
        Answer::Rehearsed(document) => plan::rehearsed(model, *document),
        Answer::Applied(applied) => progress::applied(model, &applied),
        Answer::Steps(run, steps) => runs::steps(model, run, steps),
        Answer::Compared(comparison) => runs::compared(model, *comparison),
        Answer::Rows(lines) => diff::lines(model, lines),
        Answer::Story(finding, past) => detail::story(model, &finding, *past),
        Answer::Revealed(finding) => detail::revealed(model, &finding),
        Answer::SpeedTested(finding, text, bad) => detail::speed::ended(model, &finding, text, bad),
        Answer::Searched(found) => overlays::search::found(model, *found),
        Answer::Views(views) => diff::views(model, views),
        Answer::Examined(checkup) => connections::examined(model, *checkup),
        Answer::Told(text) => {
            model.say(text);
            Vec::new()
        }
        Answer::Failed(error) => {
            model.complain(error.to_string());
            for hint in error.hints() {
                model.note(format!("  {hint}"));
            }
            if kind == JobKind::SpeedTest {
                detail::speed::failed(model);
            }
            progress::failed(model, kind, &error);
            Vec::new()
        }
    }
}

fn collected(model: &mut Model, run: Arc<crate::app::Run>) -> Vec<Effect> {
    model.known.run = Some(run);
    model.known.expired = false;
    let voice = model.voice.clone();
    model.say(word!(voice, en: "both systems were read", pt: "os dois sistemas foram lidos"));
    let mut effects = diff::renewed(model);
    effects.push(model.begin(Job::Remember));
    effects
}

/// Is it a character that a line takes?
#[must_use]
pub fn is_text(key: Key) -> bool {
    matches!(key.code, Code::Char(_)) && !key.ctrl && !key.alt
}

/// Closes what lies on top.
pub fn close(model: &mut Model) -> Option<Overlay> {
    model.overlays.pop()
}
