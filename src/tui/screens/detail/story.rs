//! A difference in words: evidence, candidates, fixes, what would become of the counts.
//!
//! Must not do: weigh anything; the engine has ordered it.

use crate::domain::subscriber::scrub;
use crate::domain::text::visible;
use crate::engine::{Candidate, Cause, EvidenceKind, Finding, Projected, Projection, Strength};
use crate::tui::action::Action;
use crate::tui::keymap::Layer;
use crate::tui::model::Model;
use crate::tui::screens::diff::can_be_sent;
use crate::words::{
    Voice, cause_meaning, evidence, fix_how, fix_name, projection, reason_name, say, state_name,
    strength_name, word,
};

use super::{past, speed};

/// A part of the screen: its heading, and lines of which the first of each is led by a sign.
pub(super) struct Part {
    pub heading: String,
    pub lines: Vec<(String, String)>,
}

/// All of them, in their order; what has nothing to tell is left out.
pub(super) fn parts(model: &Model, finding: &Finding) -> Vec<Part> {
    let voice = &model.voice;
    let mut parts = vec![
        Part { heading: standing(voice, finding), lines: meaning(voice, finding) },
        facts(voice, finding),
        candidates(model, finding),
        fixes(model, finding),
        projections(model, finding),
    ];
    parts.extend(speed::part(model, finding));
    if let Some(past) = &model.detail.past {
        let plain = |lines: Vec<String>| lines.into_iter().map(|line| ("- ".into(), line));
        parts.push(Part {
            heading: word!(voice, en: "History", pt: "Histórico").to_owned(),
            lines: plain(past::history(voice, past)).collect(),
        });
        parts.push(Part {
            heading: word!(voice, en: "Notes", pt: "Notas").to_owned(),
            lines: plain(past::notes(voice, past)).collect(),
        });
    }
    parts.retain(|part| !part.lines.is_empty());
    parts
}

/// Strength, state, since when.
fn standing(voice: &Voice, finding: &Finding) -> String {
    let strength = match finding.strength {
        Strength::Proven => strength_name(voice, Strength::Proven).to_owned(),
        Strength::Inferred => {
            let score = voice.decimal(finding.score, 2);
            format!("{} ({score})", strength_name(voice, Strength::Inferred))
        }
    };
    let (state, since) = (state_name(voice, finding.state), voice.time(finding.first_seen));
    say!(voice, en: "{strength}; {state}, first seen {since}",
        pt: "{strength}; {state}, visto primeiro em {since}")
}

fn meaning(voice: &Voice, finding: &Finding) -> Vec<(String, String)> {
    let mut lines = vec![(String::new(), cause_meaning(voice, finding.cause).to_owned())];
    if let Some(ignored) = &finding.ignored {
        let reason = visible(&scrub(&ignored.reason));
        let text = match ignored.until {
            None => say!(voice, en: "left alone: {reason}", pt: "deixado como está: {reason}"),
            Some(until) => {
                let until = voice.time(until);
                say!(voice, en: "left alone until {until}: {reason}",
                    pt: "deixado como está até {until}: {reason}")
            }
        };
        lines.push(("! ".to_owned(), text));
    }
    if let Some(related) = &finding.related {
        let acs = related.acs.iter().map(|a| format!("ACS {}", a.id));
        let provider = related.provider.iter().filter_map(|p| p.login.as_ref());
        let names: Vec<String> =
            acs.chain(provider.map(|login| format!("login {login}"))).collect();
        let names = names.join(", ");
        let text = say!(voice, en: "beside it, still matched: {names}",
            pt: "ao lado, ainda casados: {names}");
        lines.push(("+ ".to_owned(), text));
    }
    lines
}

fn facts(voice: &Voice, finding: &Finding) -> Part {
    let told = |kind| kind == EvidenceKind::FieldDiffers && !finding.fields.is_empty();
    let facts = finding.evidence.iter().filter(|fact| !told(fact.kind));
    let facts = facts.map(|fact| evidence(voice, fact));
    let fields = finding.fields.iter().map(|field| crate::words::drift(voice, field));
    let numbered = facts.chain(fields).enumerate();
    Part {
        heading: word!(voice, en: "Evidence, strongest first", pt: "Evidência, a mais forte antes")
            .to_owned(),
        lines: numbered.map(|(at, text)| (format!("{} ", at + 1), text)).collect(),
    }
}

fn candidates(model: &Model, finding: &Finding) -> Part {
    let chosen = model.detail.candidate;
    let line = |(at, candidate): (usize, &Candidate)| {
        let sign = if chosen == Some(at) { "> " } else { "? " };
        (sign.to_owned(), proposal(&model.voice, candidate))
    };
    let key = key_of(model, Action::Candidate);
    let heading = say!(model.voice, en: "Candidates{key}", pt: "Candidatos{key}");
    Part { heading, lines: finding.candidates.iter().enumerate().map(line).collect() }
}

/// ` [l]`, where a key does it.
pub(super) fn key_of(model: &Model, action: Action) -> String {
    let key = model.keys.key_of(&[Layer::Detail, Layer::Global], action);
    key.map(|key| format!(" [{key}]")).unwrap_or_default()
}

fn proposal(voice: &Voice, candidate: &Candidate) -> String {
    let score = voice.decimal(candidate.score, 2);
    let why: Vec<&str> = candidate.why.iter().map(|&r| reason_name(voice, r)).collect();
    let mut parts: Vec<String> = Vec::new();
    parts.extend(candidate.login.as_ref().map(|login| format!("login {login}")));
    parts.extend(candidate.login_id.as_ref().map(|id| format!("id {id}")));
    let entry = candidate.device_id.as_ref();
    parts.extend(entry.map(|id| say!(voice, en: "entry {id}", pt: "cadastro {id}")));
    parts.extend(candidate.acs_id.as_ref().map(|id| format!("ACS {id}")));
    format!("{score}  {}: {}", parts.join(", "), why.join(", "))
}

fn fixes(model: &Model, finding: &Finding) -> Part {
    let voice = &model.voice;
    let chosen = model.detail.fix();
    let staged = model.plan.has(&finding.id);
    let mut lines = Vec::new();
    for fix in &finding.fixes {
        let is_chosen = chosen == Some(*fix);
        let sign = match (is_chosen, staged, can_be_sent(*fix)) {
            (true, true, _) => "P ",
            (true, false, _) => "> ",
            (false, _, true) => "- ",
            (false, _, false) => "  ",
        };
        let (name, how) = (fix_name(voice, *fix), fix_how(voice, *fix));
        let login = model.detail.candidate().and_then(|candidate| candidate.login.as_ref());
        let login = login
            .filter(|_| is_chosen)
            .map(|login| say!(voice, en: " (with login {login})", pt: " (com o login {login})"));
        lines.push((sign.to_owned(), format!("{name}{}: {how}", login.unwrap_or_default())));
    }
    let mut key = key_of(model, Action::Stage);
    if finding.fixes.iter().filter(|fix| can_be_sent(**fix)).count() > 1 {
        let other = key_of(model, Action::PaneNext);
        if !other.is_empty() {
            key.push_str(word!(voice, en: " another:", pt: " outra:"));
            key.push_str(&other);
        }
    }
    let heading = if staged {
        say!(voice, en: "Fixes: staged in the plan", pt: "Correções: no plano")
    } else {
        say!(voice, en: "Fixes: > is what would be staged{key}",
            pt: "Correções: > é a que iria ao plano{key}")
    };
    Part { heading, lines }
}

/// What the next synchronisation would do, for causes that wait for one.
fn projections(model: &Model, finding: &Finding) -> Part {
    let waits_for = match finding.cause {
        Cause::PendingPurge | Cause::LostWebhook => Some(Projected::ProviderSynchronises),
        Cause::AwaitingSync => Some(Projected::AcsSynchronises),
        Cause::Duplicate
        | Cause::IdentityMismatch
        | Cause::SwappedDevice
        | Cause::InactiveLogin
        | Cause::Returned
        | Cause::UnlinkedLogin
        | Cause::NeverSeen
        | Cause::RemovedUnknown
        | Cause::Unexplained
        | Cause::FieldDrift
        | Cause::ManualDelete => None,
    };
    let run = model.detail.open.as_ref().map(|(run, _)| run).or(model.diff.run());
    let all = run.map(|run| &*run.reconciliation.projections).unwrap_or_default();
    let fits = |p: &&Projection| Some(p.step) == waits_for;
    let voice = &model.voice;
    Part {
        heading: word!(voice, en: "What would come of it", pt: "O que resultaria").to_owned(),
        lines: all.iter().filter(fits).map(|p| ("- ".to_owned(), projection(voice, p))).collect(),
    }
}
