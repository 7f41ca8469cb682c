//! The jobs: each calls one use-case, and tells what it found.
//!
//! Must not do: draw, or decide what a person has to.

use std::path::Path;
use std::sync::Arc;

use crate::app::apply::{self, Said};
use crate::app::face::Opening;
use crate::app::plan::{self, Filed, Order, PlanDocument, Words, approval, decode, encode, file};
use crate::app::reconcile::{self, Request};
use crate::app::search::{self, Typing};
use crate::app::speed_test;
use crate::app::store_admin::{self, Revealed};
use crate::app::{AppError, Progress, Run, Stop, World, compare, doctor, history, remarks, views};
use crate::domain::Untrusted;
use crate::engine::guard::{Mode, Reason};
use crate::engine::plan::Why;
use crate::tui::effect::{Job, Sending};
use crate::tui::filter;
use crate::tui::msg::{Answer, Memory, Step};
use crate::tui::search::{Asked, Found, MOST, findings_of};
use crate::words::{
    Lang, Voice, guard_reason, say, side_name, skipped_why, speed_ended, speed_line, speed_said,
    word,
};

/// Runs that are remembered on screen.
const RUNS: usize = 200;

/// Told how far a job is.
pub type Tell = Arc<dyn Fn(Step) + Send + Sync>;

/// Does a job; what fails is an answer, too.
#[must_use]
pub fn work(
    (opening, typing): (&Opening<'_>, &Typing),
    job: Job,
    tell: &Tell,
    stop: &Stop,
) -> Answer {
    let worker = Worker { opening, typing, tell, stop, voice: voice(opening) };
    worker.work(job).unwrap_or_else(Answer::Failed)
}

fn voice(opening: &Opening<'_>) -> Voice {
    let mut voice = Voice::new(Lang::parse(opening.lang).unwrap_or_default());
    voice.zone = Some(opening.settings.timezone.clone());
    voice
}

struct Worker<'a> {
    opening: &'a Opening<'a>,
    typing: &'a Typing,
    tell: &'a Tell,
    stop: &'a Stop,
    voice: Voice,
}

impl Worker<'_> {
    fn work(&self, job: Job) -> Result<Answer, AppError> {
        let settings = self.opening.settings;
        Ok(match job {
            Job::Remember => Answer::Remembered(self.remembered()?.map(Box::new)),
            Job::Collect => self.collected()?,
            Job::Plan(order) => self.planned(*order)?,
            Job::Rehearse(document) => self.rehearsed(*document)?,
            Job::Apply(sending) => self.applied(&sending)?,
            Job::Undo(run) => self.undoing(&run)?,
            Job::Steps(run) => {
                let steps = history::steps_of(settings, &run)?;
                Answer::Steps(run, steps)
            }
            Job::Compare(one, other) => {
                Answer::Compared(Box::new(compare::compare(settings, &one, &other)?))
            }
            Job::Rows(run, wanted) => Answer::Rows(filter::lines(&run.reconciliation, &wanted)),
            Job::Search(asked, run) => self.searched(asked, run.as_deref())?,
            Job::Doctor => {
                let (adapters, env) = (self.opening.adapters, self.opening.env);
                // On screen already: there is no other terminal to look at.
                let (settings, screen) = (Ok(settings), None);
                let patient =
                    doctor::Patient { settings, adapters, env, screen, assumptions: false };
                Answer::Examined(Box::new(doctor::examine(&patient)))
            }
            Job::Ignore { key, reason } => self.ignored(&key, &reason)?,
            Job::Note { key, text } => self.noted(&key, &text)?,
            Job::Story(finding) => {
                let id = finding.id.clone();
                Answer::Story(id, Box::new(history::story(settings, *finding)?))
            }
            Job::SpeedTest { finding, key } => self.speed_tested(finding, &key)?,
            Job::Reveal(finding) => self.revealed(finding)?,
            Job::Views => Answer::Views(views::read(settings)?),
            Job::KeepViews(all) => {
                views::write(settings, &all)?;
                Answer::Told(word!(self.voice, en: "view saved", pt: "vista guardada").to_owned())
            }
            Job::Export(document, path) => {
                file::write(&path, &document)?;
                let path = path.display();
                Answer::Told(say!(self.voice,
                    en: "the plan is in {path}", pt: "o plano está em {path}"))
            }
        })
    }

    /// `None` where there is no run yet.
    fn remembered(&self) -> Result<Option<Memory>, AppError> {
        let lately = history::lately(self.opening.settings, RUNS)?;
        Ok(lately.map(|history::Lately { last, runs, open_steps, applied }| {
            let history::Remembered { run, expired } = last;
            Memory { run: Arc::new(run), expired, runs, open_steps, applied }
        }))
    }

    fn with_world<T>(&self, work: impl FnOnce(World<'_>) -> T) -> T {
        let tell = Arc::clone(self.tell);
        let progress: Progress = Arc::new(move |side, records| tell(Step::Read(side, records)));
        let opening = self.opening;
        work(World {
            adapters: opening.adapters,
            env: opening.env,
            progress: &progress,
            stop: self.stop,
        })
    }

    fn searched(&self, asked: Asked, run: Option<&Run>) -> Result<Answer, AppError> {
        let (settings, query) = (self.opening.settings, search::query(&asked.typed)?);
        let answer = if asked.live {
            self.with_world(|world| search::live(settings, &query, MOST, world))?
        } else {
            self.typing.search(settings, &query, MOST)?
        };
        let findings = run.map_or(&[][..], |run| &run.reconciliation.findings);
        let findings = findings_of(&answer.devices, findings);
        let compared = run.is_some();
        Ok(Answer::Searched(Box::new(Found { asked, answer, findings, compared })))
    }

    fn request(&self) -> Request {
        Request { id: None, ..self.opening.request.clone() }
    }

    fn collected(&self) -> Result<Answer, AppError> {
        let request = self.request();
        let finished =
            self.with_world(|world| reconcile::reconcile(self.opening.settings, &request, world))?;
        match finished.unrecorded {
            Some(error) => Err(error),
            None => Ok(Answer::Collected(Arc::new(finished.run))),
        }
    }

    fn planned(&self, order: Order) -> Result<Answer, AppError> {
        let order = Order { request: self.request(), ..order };
        let planned = self.with_world(|world| plan::make(self.opening.settings, &order, world))?;
        let document = encode::document(&planned.plan, false, &planned.verdict, self);
        Ok(Answer::Planned(Box::new(planned), Box::new(document)))
    }

    fn rehearsed(&self, mut document: PlanDocument) -> Result<Answer, AppError> {
        let (filed, request) = (filed(&document)?, self.request());
        let asked = (Mode::Interactive, false, &request);
        let settings = self.opening.settings;
        let verdict = self.with_world(|world| apply::rehearse(settings, &filed, asked, world))?;
        document.guard = encode::document(&filed.plan, filed.undoes, &verdict, self).guard;
        document.sha256 = encode::sha256(&document);
        Ok(Answer::Rehearsed(Box::new(document)))
    }

    fn applied(&self, sending: &Sending) -> Result<Answer, AppError> {
        let filed = filed(&sending.document)?;
        let approver = match &sending.file {
            Some(path) => {
                let file = file::read(path)?;
                if file.filed.plan.steps != filed.plan.steps {
                    return Err(another_plan(path));
                }
                approval::approver(path, &file)?
            }
            None => None,
        };
        let order = apply::Order {
            mode: Mode::Interactive,
            typed: sending.typed,
            approver,
            acknowledged: None,
            keeps: true,
            request: self.request(),
        };
        let say = |said: Said<'_>| self.heard(said);
        let settings = self.opening.settings;
        let applied =
            self.with_world(|world| apply::apply(settings, &filed, &order, world, &say))?;
        Ok(Answer::Applied(Box::new(applied)))
    }

    fn heard(&self, said: Said<'_>) {
        let voice = &self.voice;
        let text = match said {
            Said::Begun(steps) => return (self.tell)(Step::Begun(steps)),
            Said::Step(row) => return (self.tell)(Step::Row(Box::new(row.clone()))),
            Said::Batch { .. } => return,
            Said::Recovering(n) => say!(voice,
                en: "settling what an earlier apply left: {n}",
                pt: "resolvendo o que uma aplicação anterior deixou: {n}"),
            Said::Waiting { steps, wait } => {
                let wait = wait.as_secs();
                say!(voice,
                    en: "in doubt: {steps}; looking again in {wait} s",
                    pt: "em dúvida: {steps}; vendo de novo em {wait} s")
            }
            Said::Paused { side, pause, why } => {
                let (side, pause) = (side_name(voice, side), pause.as_secs());
                let why = crate::domain::text::visible(why);
                say!(voice,
                    en: "{side} does not answer ({why}); again in {pause} s",
                    pt: "{side} não responde ({why}); de novo em {pause} s")
            }
            Said::Collecting => word!(voice,
                en: "reading both systems again", pt: "lendo os dois sistemas de novo")
            .to_owned(),
        };
        (self.tell)(Step::Said(text));
    }

    fn undoing(&self, run: &str) -> Result<Answer, AppError> {
        let request = self.request();
        let asked = (Mode::Interactive, &request);
        let settings = self.opening.settings;
        let (plan, verdict) =
            self.with_world(|world| plan::undo::make(settings, run, asked, world))?;
        Ok(Answer::Undoing(Box::new(encode::document(&plan, true, &verdict, self))))
    }

    fn ignored(&self, key: &str, reason: &str) -> Result<Answer, AppError> {
        let (settings, now) = (self.opening.settings, self.opening.adapters.clock.now());
        let kept = remarks::ignore(settings, key, (reason, None), now)?;
        let key = Untrusted::new(&kept.key);
        Ok(Answer::Told(say!(self.voice,
            en: "{key} is left alone from the next reading on",
            pt: "{key} fica como está a partir da próxima leitura")))
    }

    /// Nothing may be shown where it can't be noted who saw it.
    fn revealed(&self, finding: String) -> Result<Answer, AppError> {
        let (settings, at) = (self.opening.settings, self.opening.adapters.clock.now());
        let (actor, reason) = (&*self.opening.request.actor, format!("dashboard: {finding}"));
        store_admin::reveal(settings, &Revealed { actor, reason: &reason, at })?;
        Ok(Answer::Revealed(finding))
    }

    /// Starts a test through the guards, and waits for it; a person stopping is no failure.
    fn speed_tested(&self, finding: String, key: &str) -> Result<Answer, AppError> {
        let order = speed_test::Order { sends: true, actor: self.opening.request.actor.clone() };
        let say = |said: speed_test::Said<'_>| {
            (self.tell)(Step::Speed(speed_said(&self.voice, said)));
        };
        let settings = self.opening.settings;
        let asked =
            self.with_world(|world| speed_test::start(settings, key, &order, world, &say))?;
        let speed_test::Asked::Tested(tested) = asked else {
            return Ok(Answer::Told(String::new()));
        };
        Ok(match speed_ended(&self.voice, &tested.test, &tested.ended) {
            Some(text) => Answer::SpeedTested(finding, text, true),
            None => Answer::SpeedTested(finding, speed_line(&self.voice, &tested.test), false),
        })
    }

    fn noted(&self, key: &str, text: &str) -> Result<Answer, AppError> {
        let (settings, now) = (self.opening.settings, self.opening.adapters.clock.now());
        let kept = remarks::note(settings, key, (text, &self.opening.request.actor), now)?;
        let key = Untrusted::new(&kept.key);
        Ok(Answer::Told(say!(self.voice, en: "noted for {key}", pt: "anotado para {key}")))
    }
}

/// What a second person approved is what is sent, and nothing else.
fn another_plan(path: &Path) -> AppError {
    AppError::Refused {
        what: format!("{} is no longer the plan on screen", path.display()),
        hints: vec!["write the plan to a file again, and have that approved".to_owned()],
    }
}

fn filed(document: &PlanDocument) -> Result<Filed, AppError> {
    decode::plan(document).map_err(|why| AppError::Bug(format!("a plan of our own: {why}")))
}

impl Words for Worker<'_> {
    fn reason(&self, reason: &Reason) -> String {
        guard_reason(&self.voice, reason)
    }

    fn why(&self, why: &Why) -> String {
        skipped_why(&self.voice, why)
    }
}
