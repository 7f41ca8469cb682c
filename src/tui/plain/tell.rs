//! What is told of a screen, line by line.
//!
//! Must not do: change the model, or tell by sign or colour what words can tell.

use crate::app::Outcome;
use crate::domain::text::visible;
use crate::tui::model::{Model, Screen};
use crate::tui::overlay::Confirm;
use crate::tui::overlays::search;
use crate::tui::screens::connections::one_line;
use crate::tui::screens::{dashboard, detail, diff, plan, runs, settings};
use crate::words::{check_fix, check_text, say, word};

/// Rows of the list that are told at once.
pub const ROWS: usize = 10;

/// Something to be told once it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Profile, totals, causes.
    Summary,
    /// The causes alone.
    Causes,
    /// Rows of the list from this one on.
    List(usize),
    /// The open difference: its first fields, or the others.
    Fields(bool),
    /// Why it is what it is.
    Evidence,
    /// The plan.
    Plan,
    /// The step under the cursor.
    Step,
    /// Why the guards do not just let it be sent.
    Reasons,
    /// What was done.
    Runs,
    /// The connections.
    Connections,
    /// The settings.
    Settings,
    /// The devices that were found.
    Found,
    /// What happened.
    Log,
}

impl Page {
    /// What a screen begins with.
    pub fn of(screen: Screen) -> Self {
        match screen {
            Screen::Dashboard => Self::Summary,
            Screen::Diff => Self::List(0),
            Screen::Plan => Self::Plan,
            Screen::Runs => Self::Runs,
            Screen::Connections => Self::Connections,
            Screen::Settings => Self::Settings,
        }
    }
}

/// The lines of a page.
pub fn lines(model: &Model, page: Page) -> Vec<String> {
    match page {
        Page::Summary => summary(model),
        Page::Causes => dashboard::plain::causes(model),
        Page::List(from) => list(model, from),
        Page::Fields(first) => detail::plain::fields(model, first),
        Page::Evidence => detail::plain::evidence(model),
        Page::Plan => plan::plain::lines(model),
        Page::Step => plan::plain::step(model),
        Page::Reasons => plan::plain::reasons(model),
        Page::Runs => runs::plain::lines(model),
        Page::Connections => connections(model),
        Page::Settings => settings(model),
        Page::Found => search::plain(model, ROWS),
        Page::Log => {
            let line = |(at, text): &(_, String)| format!("{} {text}", model.voice.time(*at));
            model.log.iter().map(line).collect()
        }
    }
}

fn summary(model: &Model) -> Vec<String> {
    let (voice, profile) = (&model.voice, visible(&model.setup.profile));
    let mut head = say!(voice, en: "Profile {profile}", pt: "Perfil {profile}");
    if model.setup.production {
        head.push_str(word!(voice, en: ", PRODUCTION", pt: ", PRODUÇÃO"));
    }
    if model.setup.demo {
        head.push_str(word!(voice, en: ", simulated", pt: ", simulado"));
    }
    let mut lines = vec![format!("{head}, {}", lock(model))];
    match model.run() {
        Some(run) => {
            let age = voice.age(run.started, model.now);
            lines.push(say!(voice, en: "Read {age} ago", pt: "Lido há {age}"));
        }
        None => lines.push(
            word!(voice, en: "Nothing has been read yet", pt: "Nada foi lido ainda").to_owned(),
        ),
    }
    lines.extend(dashboard::plain::summary(model));
    lines
}

/// May anything be sent?
pub fn lock(model: &Model) -> &'static str {
    let voice = &model.voice;
    match (model.setup.read_only, model.locked) {
        (true, _) => word!(voice, en: "read-only", pt: "só leitura"),
        (false, true) => word!(voice, en: "locked", pt: "travado"),
        (false, false) => word!(voice, en: "UNLOCKED", pt: "DESTRAVADO"),
    }
}

fn list(model: &Model, from: usize) -> Vec<String> {
    let voice = &model.voice;
    let rows = diff::plain::rows(model, from, ROWS);
    if rows.is_empty() {
        return vec![word!(voice, en: "No more rows", pt: "Não há mais linhas").to_owned()];
    }
    let mut lines = Vec::new();
    if from == 0 {
        lines.push(diff::plain::heading(model));
    }
    let left = diff::plain::count(model).saturating_sub(from + rows.len());
    lines.extend(rows);
    if left > 0 {
        let left = voice.number(left as u64);
        lines.push(say!(voice, en: "{left} more: more", pt: "faltam {left}: mais"));
    }
    lines
}

fn connections(model: &Model) -> Vec<String> {
    let voice = &model.voice;
    let [acs, provider] = model.setup.addresses.each_ref().map(|address| visible(address));
    let mut lines = vec![
        say!(voice, en: "ACS: {acs}", pt: "ACS: {acs}"),
        say!(voice, en: "Provider: {provider}", pt: "Provedor: {provider}"),
    ];
    let checks = model.connections.checkup.iter().flat_map(|checkup| &checkup.checks);
    for check in checks {
        let outcome = match check.outcome {
            Outcome::Ok => "ok",
            Outcome::Warn => word!(voice, en: "warning", pt: "aviso"),
            Outcome::Fail(_) => word!(voice, en: "FAILS", pt: "FALHA"),
            Outcome::Skip => word!(voice, en: "skipped", pt: "pulado"),
        };
        lines.push(format!("{}: {outcome}, {}", check.id, one_line(&check_text(voice, check))));
        if let Some(fix) = check_fix(voice, check) {
            let fix = one_line(&fix);
            lines.push(say!(voice, en: "to do: {fix}", pt: "fazer: {fix}"));
        }
    }
    lines
}

fn settings(model: &Model) -> Vec<String> {
    let rows = model.setup.settings.iter();
    rows.map(|row| {
        format!("{} = {}, {}", row.key, row.value, settings::told(&model.voice, &row.origin))
    })
    .collect()
}

/// The question before something is sent, and how it is answered.
pub fn question(model: &Model, confirm: &Confirm) -> Vec<String> {
    let voice = &model.voice;
    let mut lines: Vec<String> =
        confirm.asked(voice).iter().map(|line| line.trim().to_owned()).collect();
    if confirm.unapproved {
        lines.push(
            word!(voice,
                en: "a second person has to approve: export the plan first; an answer cancels",
                pt: "uma segunda pessoa precisa aprovar: exporte o plano antes; responder cancela")
            .to_owned(),
        );
    }
    lines.push(match confirm.number() {
        Some(count) => {
            say!(voice,
                en: "Type the number {count} to send it; anything else cancels",
                pt: "Digite o número {count} para enviar; qualquer outra coisa cancela")
        }
        None if !confirm.each.is_empty() => word!(voice,
            en: "Type yes to confirm this one; anything else cancels the whole",
            pt: "Digite sim para confirmar esta; qualquer outra coisa cancela tudo")
        .to_owned(),
        None => word!(voice,
            en: "Type yes to send it; anything else cancels",
            pt: "Digite sim para enviar; qualquer outra coisa cancela")
        .to_owned(),
    });
    lines
}
