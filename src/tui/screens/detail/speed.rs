//! The speed of a device: measured beside contracted, a chart, and a test that is asked for here.
//!
//! Must not do: start anything. The question names the device and what a test does to its line;
//! what follows from a yes is a job, whose guards may refuse still.

use tui_input::Input;

use crate::app::Happened;
use crate::app::speed_test::chart::sparkline;
use crate::app::speed_test::{Missing, Speed, SpeedTest};
use crate::domain::Direction;
use crate::engine::Finding;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{JobKind, Model};
use crate::tui::overlay::{Confirm, Overlay, Sends};
use crate::tui::screens::diff::identity;
use crate::words::{
    Voice, direction_name, say, speed_contract, speed_line, speed_measured, speed_missing,
    speed_other, speed_verdict, word,
};

use super::story::{Part, key_of};

/// Figures of a chart.
const CHARTED: usize = 40;

/// A test that was asked for here, and how far it is.
#[derive(Clone, Debug)]
pub(super) struct Testing {
    /// The finding whose device it is.
    finding: String,
    /// What was said last.
    said: String,
}

/// The panel; nothing of a device that the ACS does not have, or before its story is known.
pub(super) fn part(model: &Model, finding: &Finding) -> Option<Part> {
    let voice = &model.voice;
    let device = finding.acs.first()?;
    let past = model.detail.past.as_ref()?;
    let tests = past.happened.iter().filter_map(|what| match what {
        Happened::SpeedTest(test) if test.device == device.id => Some((**test).clone()),
        Happened::SpeedTest(_) | Happened::Event(_) | Happened::Left(_) => None,
    });
    let ceilings = &model.setup.ceilings;
    let provider = finding.provider.first().cloned();
    let speed = Speed::known(Some(device.clone()), provider, tests.collect(), ceilings, model.now);
    let mut lines = Vec::new();
    if let Some(testing) = model.detail.testing.as_ref().filter(|t| t.finding == finding.id) {
        lines.push(("> ".to_owned(), testing.said.clone()));
    }
    lines.extend(told(voice, &speed).into_iter().map(|line| ("- ".to_owned(), line)));
    let missing = speed.missing.iter().filter(|missing| **missing != Missing::NotInAcs);
    lines.extend(missing.map(|missing| ("! ".to_owned(), speed_missing(voice, missing))));
    let key = key_of(model, Action::SpeedTest);
    let heading = if model.is_running(JobKind::SpeedTest) {
        say!(voice, en: "Speed{key}: stop waiting", pt: "Velocidade{key}: parar de esperar")
    } else {
        say!(voice, en: "Speed{key}", pt: "Velocidade{key}")
    };
    Some(Part { heading, lines })
}

/// What was bought, what was measured, what that is worth, and the chart.
fn told(voice: &Voice, speed: &Speed) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(
        speed_contract(voice, speed).map(
            |contract| say!(voice, en: "contracted: {contract}", pt: "contratado: {contract}"),
        ),
    );
    if let Some(last) = speed.last() {
        let (what, age) = (speed_measured(voice, last), voice.age(last.at, speed.now));
        lines.push(say!(voice, en: "measured {age} ago: {what}", pt: "medido há {age}: {what}"));
    } else if let Some(newest) = speed.history.first() {
        lines.push(speed_line(voice, newest));
    }
    for way in Direction::BOTH {
        let name = direction_name(voice, way);
        if let Some(verdict) = speed.verdict(way) {
            lines.push(format!("{name}: {}", speed_verdict(voice, &verdict)));
        }
        lines.extend(speed.measured(way).and_then(|measure| speed_other(voice, way, &measure)));
        lines.extend(chart(&speed.history, way).map(|chart| format!("{name}: {chart}")));
    }
    lines
}

/// Oldest first; one figure is no chart.
fn chart(history: &[SpeedTest], way: Direction) -> Option<String> {
    let newest = history.iter().filter_map(|test| *test.measured.of(way)).take(CHARTED);
    let mut values: Vec<u64> = newest.map(|measure| measure.kbps).collect();
    values.reverse();
    (values.len() > 1).then(|| sparkline(&values, true))
}

/// Asks before a test is started; where one goes on, nobody waits for it any longer.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    if model.is_running(JobKind::SpeedTest) {
        return vec![Effect::Stop(JobKind::SpeedTest)];
    }
    let voice = model.voice.clone();
    let Some(finding) = model.detail.finding() else { return Vec::new() };
    let Some(device) = finding.acs.first() else {
        model.complain(speed_missing(&voice, &Missing::NotInAcs));
        return Vec::new();
    };
    let (name, id) = (identity(finding), device.id.to_string());
    let sends =
        Sends::SpeedTest { finding: finding.id.clone(), key: format!("acs={}", device.id.raw()) };
    let profile = crate::domain::text::visible(&model.setup.profile);
    let lines = vec![
        say!(voice, en: "A speed test of {name} ({id}), profile {profile}.",
            pt: "Um teste de velocidade de {name} ({id}), perfil {profile}."),
        word!(voice,
            en: "It writes to the customer's device and fills their line for some seconds.",
            pt: "Ele escreve no equipamento do cliente e enche a linha por alguns segundos.")
        .to_owned(),
    ];
    model.overlays.push(Overlay::Confirm(Confirm {
        lines,
        each: Vec::new(),
        wants: None,
        unapproved: false,
        sends,
        input: Input::default(),
        since: model.elapsed,
    }));
    Vec::new()
}

/// A person said yes.
pub fn confirmed(model: &mut Model, finding: String, key: String) -> Vec<Effect> {
    let said = word!(&model.voice, en: "starting", pt: "começando").to_owned();
    model.detail.testing = Some(Testing { finding: finding.clone(), said });
    vec![model.begin(Job::SpeedTest { finding, key })]
}

/// How far the test is.
pub fn said(model: &mut Model, text: String) {
    if let Some(testing) = &mut model.detail.testing {
        testing.said = text;
    }
}

/// It has ended; the story of its device is read again where it is shown.
pub fn ended(model: &mut Model, finding: &str, text: String, bad: bool) -> Vec<Effect> {
    model.detail.testing = None;
    if bad {
        model.complain(text);
    } else {
        model.say(text);
    }
    let shown = model.detail.finding().filter(|shown| shown.id == finding);
    let shown = shown.cloned().map(Box::new);
    shown.map(|finding| model.begin(Job::Story(finding))).into_iter().collect()
}

/// It could not be started.
pub fn failed(model: &mut Model) {
    model.detail.testing = None;
}
