//! What the first screen promises: the sums, the causes, what is new, what to do.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::apply::StepState;
use crate::app::{Run, RunSummary, sample};
use crate::domain::Side;
use crate::engine::{Between, Cause, WarningCode};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{Model, Screen};
use crate::tui::msg::{Msg, Step};
use crate::tui::screens::dashboard::digest::Tally;
use crate::tui::screens::dashboard::{digest, settle};
use crate::tui::testing::{
    does, golden, goldens, model, now, plan_document, screen, step_rows, with_run,
};
use crate::tui::update::update;
use crate::words::Lang;

fn with(width: u16, height: u16, run: Run) -> Model {
    let mut model = model(width, height);
    model.known.run = Some(Arc::new(run));
    model.known.looked = true;
    settle(&mut model);
    model
}

/// The integration is down: nothing joins, and little else is wrong.
fn down() -> Run {
    let mut run = sample::run();
    let all = &mut run.reconciliation;
    let kept = [Cause::AwaitingSync, Cause::UnlinkedLogin, Cause::FieldDrift];
    all.findings.retain(|finding| kept.contains(&finding.cause));
    all.warnings.retain(|warning| warning.code == WarningCode::IntegrationDown);
    let open = Between::of(0, 0, all.matched, &all.findings);
    let acs = all.matched + open.rows.iter().map(|row| row.acs).sum::<u64>();
    let provider = all.matched + open.rows.iter().map(|row| row.provider).sum::<u64>();
    (all.acs.devices, all.provider.devices) = (acs, provider);
    all.between = Between { acs, provider, ..open };
    (all.since.acs.now, all.since.provider.now) = (acs, provider);
    all.since.acs.then = Some(acs - 1);
    all.since.provider.then = Some(provider + 2);
    all.projections.clear();
    run
}

/// The last runs, one a day.
fn runs() -> Vec<RunSummary> {
    let of = |(day, gap): (i64, u64)| RunSummary {
        id: format!("run-{day}"),
        started: now() - SignedDuration::from_hours(24 * day),
        seconds: 41.0,
        actor: "cron".to_owned(),
        exit: 3,
        complete: day != 2,
        acs: 1_210,
        provider: 1_210 + gap,
        matched: 1_201,
        causes: vec![(Cause::PendingPurge, gap + 8)],
    };
    [0, 2, 700, 540, 12, 3, 1].into_iter().zip(0..).map(|(gap, day)| of((day, gap))).collect()
}

#[test]
fn golden_screens() {
    goldens("dashboard", |width, height| {
        let mut model = with_run(width, height);
        model.known.runs = runs();
        model
    });
    goldens("dashboard_first_run", |width, height| with(width, height, sample::first_run()));
    goldens("dashboard_partial", |width, height| with(width, height, sample::partial_run()));
    goldens("dashboard_quiet", |width, height| {
        let mut model = with(width, height, sample::quiet_run());
        model.known.runs = runs();
        model
    });
    goldens("dashboard_open_steps", |width, height| {
        let mut model = with(width, height, sample::quiet_run());
        model.known.open_steps = step_rows(&plan_document());
        model.known.open_steps[0].state = StepState::NeedsHuman;
        model
    });
    goldens("dashboard_expired", |width, height| {
        let mut run = sample::run();
        run.reconciliation.findings.clear();
        let mut model = with(width, height, run);
        model.known.expired = true;
        model
    });
    goldens("dashboard_down", |width, height| with(width, height, down()));
    goldens("dashboard_demo", |width, height| {
        let mut model = with(width, height, down());
        model.setup.demo = true;
        model.setup.production = false;
        model
    });
}

#[test]
fn golden_before_anything_is_known() {
    goldens("dashboard_looking", model);
    goldens("dashboard_reading", |width, height| {
        let mut model = model(width, height);
        model.known.looked = true;
        let effect = model.begin(Job::Collect);
        let Effect::Begin(job, _) = effect else { return model };
        for (side, records) in [(Side::Acs, 12_000), (Side::Provider, 9_500)] {
            update(&mut model, Msg::Progress { job, step: Step::Read(side, records) });
        }
        model
    });
    goldens("dashboard_nothing", |width, height| {
        let mut model = model(width, height);
        model.known.looked = true;
        model.note("the ACS refused the secret".to_owned());
        model.note("  write it again: it ends with a space".to_owned());
        model
    });
}

#[test]
fn golden_small_and_in_portuguese() {
    golden("dashboard", &with_run(60, 15));
    golden("dashboard", &with_run(40, 8));
    for (name, run) in
        [("pt", sample::run()), ("pt_down", down()), ("pt_quiet", sample::quiet_run())]
    {
        let mut model = with(80, 24, run);
        model.voice.lang = Lang::PtBr;
        model.known.runs = runs();
        golden(&format!("dashboard_{name}"), &model);
    }
}

#[test]
fn the_numbers_on_screen_lead_from_one_total_to_the_other() {
    let mut model = with_run(120, 60);
    settle(&mut model);
    let shown = screen(&model);
    let number = |line: &str| {
        let cells: String = line.chars().skip(38).take(6).collect();
        cells.trim().replace(',', "").parse::<i64>().ok()
    };
    let from = shown.lines().position(|line| line.contains("ACS devices")).unwrap();
    let to = shown.lines().position(|line| line.contains("counted by the Provider")).unwrap();
    let rows: Vec<&str> = shown.lines().collect();
    let sum: i64 = rows[from..to].iter().filter_map(|line| number(line)).sum();
    assert_eq!(Some(sum), number(rows[to]), "{shown}");
    assert!(rows[to - 1..to].iter().all(|line| line.contains("(1)")), "{shown}");
}

#[test]
fn a_cause_opens_its_list_and_what_was_folded_unfolds() {
    let mut model = with_run(80, 24);
    does(&mut model, Action::Bottom);
    assert!(screen(&model).contains("> other causes (6)"), "{}", screen(&model));
    does(&mut model, Action::Open);
    assert_eq!(model.screen, Screen::Dashboard, "it only unfolds");
    let all = digest(&model).unwrap().tallies.len();
    for _ in 0..all {
        does(&mut model, Action::Next);
    }
    assert!(screen(&model).contains("> deleted by hand, gone from both"), "{}", screen(&model));
    does(&mut model, Action::Back);
    assert!(screen(&model).contains("> other causes (6)"), "{}", screen(&model));
    does(&mut model, Action::Top);
    does(&mut model, Action::Open);
    assert_eq!(model.screen, Screen::Diff);
}

#[test]
fn the_cursor_stays_on_its_cause_when_a_newer_run_comes() {
    let mut model = with_run(120, 40);
    settle(&mut model);
    let tallies = digest(&model).unwrap().tallies.clone();
    let at = tallies.iter().position(|of: &Tally| of.cause == Cause::UnlinkedLogin).unwrap();
    for _ in 0..at {
        does(&mut model, Action::Next);
    }
    model.known.run = Some(Arc::new(down()));
    settle(&mut model);
    assert!(screen(&model).contains("> login not linked"), "{}", screen(&model));
}

#[test]
fn every_note_can_be_turned_to() {
    for (width, height) in [(80, 24), (60, 15), (40, 8)] {
        let mut model = with_run(width, height);
        let mut seen = String::new();
        for _ in 0..40 {
            seen.push_str(&screen(&model));
            does(&mut model, Action::PaneNext);
        }
        for wanted in ["INTEGRATION DOWN", "network: DNS", "arrived", "If the mass exclusion"] {
            assert!(seen.contains(wanted), "{width}x{height}: {wanted}\n{seen}");
        }
    }
}

#[test]
fn at_80x24_nothing_is_cut_in_either_language() {
    for run in [sample::run(), sample::first_run(), sample::partial_run(), sample::quiet_run()] {
        for lang in [Lang::En, Lang::PtBr] {
            let mut model = with(80, 24, run.clone());
            model.voice.lang = lang;
            for _ in 0..9 {
                let shown = screen(&model);
                assert!(!shown.contains('~'), "{shown}");
                does(&mut model, Action::Next);
            }
        }
    }
}

#[test]
fn what_to_do_about_every_cause_fits_below_it_in_either_language() {
    for lang in [Lang::En, Lang::PtBr] {
        let mut model = with_run(80, 24);
        model.voice.lang = lang;
        model.dashboard.unfolded = true;
        let causes: Vec<Cause> = digest(&model).unwrap().tallies.iter().map(|t| t.cause).collect();
        for cause in causes {
            let todo = crate::words::cause_todo(&model.voice, cause);
            let last = todo.split_whitespace().next_back().unwrap_or_default();
            let shown = screen(&model);
            assert!(shown.contains(last), "{cause:?}: {todo}\n{shown}");
            does(&mut model, Action::Next);
        }
    }
}
