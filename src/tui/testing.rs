//! What the tests of the dashboard work with: a model with a run, keys as they are written in a
//! keymap, and the screen as text.
//!
//! Must not do: draw or act by another way than the program does.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Modifier;

use crate::app::apply::{Hand, StepRow, rows};
use crate::app::face::Opening;
use crate::app::plan::encode::{self, Words};
use crate::app::plan::{PlanDocument, decode};
use crate::app::testing::{HOSTS, network_settings};
use crate::app::{Request, Run, sample};
use crate::domain::{Change, ProviderChange, Undo, Untrusted};
use crate::engine::Cause;
use crate::engine::guard::{Reason, Verdict};
use crate::engine::plan::{Send, Skipped, Step, Why};
use crate::engine::testing::{self as engine, device, entry, finding, plan_of};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::keymap::Keymap;
use crate::tui::model::Model;
use crate::tui::msg::Msg;
use crate::tui::theme::Theme;
use crate::tui::update::{act, update};
use crate::tui::view::view;
use crate::words::{Lang, Voice, guard_reason, skipped_why};

/// A moment after the sample's run.
pub fn now() -> Timestamp {
    sample::at("2026-11-20T12:04:00Z")
}

fn summary(_: &Run, _: &str) -> String {
    "the summary".to_owned()
}

/// A model of this size that knows nothing yet, in English and without colour.
pub fn model(width: u16, height: u16) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let settings = network_settings(folder.path(), "acs.example", "");
    let env = BTreeMap::<&str, &str>::new();
    let request = Request::default();
    let opening = Opening {
        settings: &settings,
        adapters: &HOSTS,
        env: &env,
        request: &request,
        fresh: false,
        demo: false,
        lang: "en",
        color: true,
        plain: false,
        summary,
    };
    let mut model = Model::new(&opening, Keymap::standard(), (width, height), now());
    model.setup.actor = "noc.ana".to_owned();
    model
}

/// A model that knows the sample's run, which has every cause.
pub fn with_run(width: u16, height: u16) -> Model {
    let mut model = model(width, height);
    model.known.run = Some(Arc::new(sample::run()));
    model.known.looked = true;
    let effects = crate::tui::screens::diff::renewed(&mut model);
    settle(&mut model, effects);
    model
}

/// Presses keys, as a keymap writes them: `j j <Enter>`.
pub fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split_whitespace()
        .flat_map(|key| update(model, Msg::Key(key.parse().expect(key))))
        .collect()
}

/// Acts without a key.
pub fn does(model: &mut Model, action: Action) -> Vec<Effect> {
    act(model, action)
}

/// Does the jobs that only compute, until there are none.
pub fn settle(model: &mut Model, effects: Vec<Effect>) {
    for effect in effects {
        let Effect::Begin(job, crate::tui::effect::Job::Rows(run, wanted)) = effect else {
            continue;
        };
        let lines = crate::tui::filter::lines(&run.reconciliation, &wanted);
        let answer = Box::new(crate::tui::msg::Answer::Rows(lines));
        let more = update(model, Msg::Done { job, answer });
        settle(model, more);
    }
}

/// The screen as text, without what follows the last character of a row.
pub fn screen(model: &Model) -> String {
    let (width, height) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y| {
        let cells = (0..width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

/// Where the screen is not plain, one mark for each cell: `R` reverse, `B` bold, `D` dim,
/// `U` underlined; a digit for a colour, so that a map of themes shows what stands out.
pub fn styles(model: &Model) -> String {
    let (width, height) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let mark = |x, y| {
        let cell = &buffer[(x, y)];
        let has = |modifier| cell.modifier.contains(modifier);
        match () {
            () if has(Modifier::REVERSED) => 'R',
            () if has(Modifier::BOLD) => 'B',
            () if has(Modifier::UNDERLINED) => 'U',
            () if has(Modifier::DIM) => 'D',
            () => ' ',
        }
    };
    let row = |y| (0..width).map(|x| mark(x, y)).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

/// A golden screen: `NAME_80x24` with the text, in `snapshots/`; `theme` is put in the name.
pub fn golden(name: &str, model: &Model) {
    let (width, height) = model.size;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let theme = if model.theme == Theme::Mono { "_mono" } else { "" };
    let name = format!("tui_{name}_{width}x{height}{theme}");
    let text = match model.theme {
        Theme::Mono => format!("{}\n\n{}", screen(model), styles(model)),
        Theme::Default | Theme::Light | Theme::Truecolour => screen(model),
    };
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The same at both sizes and in both themes.
pub fn goldens(name: &str, build: impl Fn(u16, u16) -> Model) {
    for (width, height) in [(80, 24), (120, 40)] {
        for theme in [Theme::Default, Theme::Mono] {
            let mut model = build(width, height);
            model.theme = theme;
            golden(name, &model);
        }
    }
}

/// Sentences of the guards, for a plan of the tests.
struct Sentences;

impl Words for Sentences {
    fn reason(&self, reason: &Reason) -> String {
        guard_reason(&Voice::new(Lang::En), reason)
    }

    fn why(&self, why: &Why) -> String {
        skipped_why(&Voice::new(Lang::En), why)
    }
}

/// A plan with a change, a step that follows it, a removal, one by hand, and one left out.
pub fn plan_document() -> PlanDocument {
    let drift = finding(1, Cause::FieldDrift, Some(device(1)), Some(entry(1)));
    let purge = finding(2, Cause::PendingPurge, None, Some(entry(2)));
    let lost = finding(3, Cause::LostWebhook, None, Some(entry(3)));
    let set = engine::change(&drift);
    let clear = Change::Provider(ProviderChange::ClearMac { login_id: Untrusted::new("51") });
    let after = Step {
        send: Some(Send { undo: Undo::Tries, ..engine::send(clear) }),
        follows: Some(1),
        ..set.clone()
    };
    let gone = engine::removal(&purge);
    let gone = Step { send: gone.send.map(|send| Send { undo: Undo::No, ..send }), ..gone };
    let hand = Step { send: None, ..engine::removal(&lost) };
    let mut plan = plan_of(vec![set, after, gone, hand]);
    plan.skipped.push(Skipped {
        because: "f-9".to_owned(),
        cause: Cause::NeverSeen,
        target: plan.steps[0].target.clone(),
        why: Why::NotWhole,
    });
    (plan.projection.acs, plan.projection.provider) = (1_000, 1_011);
    encode::document(&plan, false, &Verdict::Safe, &Sentences)
}

/// The steps of that plan as the journal has them at the start.
pub fn step_rows(document: &PlanDocument) -> Vec<StepRow> {
    let filed = decode::plan(document).unwrap();
    rows(&filed, &Hand { run_id: "run-2", actor: "noc.ana", approver: None }, now()).1
}
