//! The world, the three APIs over it, and the way of a request through faults to its answer.
//!
//! Must not do: touch a socket.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::UnboundedSender;

use super::clock::LabClock;
use super::config::Access;
use super::control;
use super::faults::{Active, Deed, Fault, Faults, rows};
use super::genieacs::Nbi;
use super::ixc_acs::AcsApi;
use super::journal::{Journal, Outcome, Write, body_of};
use super::message::{Answer, Asked};
use super::provedor::Provedor;
use super::route::Api;
use super::start::LabOptions;
use super::webhook::Message;
use super::wire::Send;
use crate::lab::world::{Cpe, Happening, Plan, World};

/// How long after the connection's end a late write is done.
const LATE: Duration = Duration::from_millis(500);

/// How long a session lasts.
const SESSION: SignedDuration = SignedDuration::from_secs(30);

/// The other tenant's world is a small one.
const TENANT: (usize, u32) = (60, 20);

/// What is sent, and how.
pub(super) struct Reply {
    pub answer: Answer,
    pub send: Send,
    pub date: Timestamp,
    /// A write that is done later, and how much later.
    pub late: Option<(Asked, Duration)>,
}

/// Everything behind the lock.
#[derive(Debug)]
pub(super) struct State {
    pub world: World,
    pub clock: LabClock,
    pub faults: Faults,
    pub journal: Journal,
    pub options: LabOptions,
    provedor: Provedor,
    acs: AcsApi,
    nbi: Nbi,
    /// The other tenant's world, once it was asked.
    tenant: Option<Box<World>>,
    /// The last list asked for, by path.
    before: HashMap<String, Asked>,
    hook: Option<UnboundedSender<Message>>,
    /// How many happenings were told to it or before it.
    told: usize,
}

impl State {
    pub fn new(options: LabOptions) -> Self {
        let (world, clock) = begin(&options);
        let mut acs = AcsApi::new(options.seed);
        acs.requests_per_minute = options.requests_per_minute;
        Self {
            world,
            clock,
            faults: Faults::default(),
            journal: Journal::default(),
            provedor: Provedor::new(options.seed),
            acs,
            nbi: Nbi::new(),
            tenant: None,
            before: HashMap::new(),
            hook: None,
            told: 0,
            options,
        }
    }

    /// From now on what happens is told there.
    pub fn tell(&mut self, hook: UnboundedSender<Message>) {
        self.told = self.world.happenings(self.world.start()).count();
        self.hook = Some(hook);
    }

    /// Another world; credentials stay.
    pub fn reset(&mut self, seed: u64) {
        self.options.seed = seed;
        (self.world, self.clock) = begin(&self.options);
        self.faults.clear();
        self.journal = Journal::default();
        self.nbi = Nbi::new();
        self.tenant = None;
        self.before.clear();
        self.told = self.world.happenings(self.world.start()).count();
    }

    pub fn access(&self, port: u16) -> Access {
        let (client_id, client_secret, private_key_pem) = {
            let given = self.acs.credentials();
            (given.client_id, given.client_secret, given.private_key_pem)
        };
        let provider = self.provedor.credentials();
        Access { port, client_id, client_secret, private_key_pem, provider }
    }

    /// Lives on to the clock's time, which is told.
    pub fn tick(&mut self) -> Timestamp {
        let now = self.clock.now();
        // The world lives by whole seconds: most requests find it where it was.
        if now.as_second() > self.world.now().as_second() {
            self.world.advance_to(now);
        }
        self.tell_happenings();
        self.world.now()
    }

    pub fn advance_to(&mut self, to: Timestamp) {
        self.clock.forward(to);
        self.tick();
    }

    /// Tells the receiver what its webhooks would: not what was lost on the way.
    pub fn tell_happenings(&mut self) {
        let Some(hook) = &self.hook else { return };
        for (at, happening) in self.world.happenings(self.world.start()).skip(self.told) {
            self.told += 1;
            let is_down = self.world.listener_gaps.iter().any(|(from, to)| from <= at && at <= to);
            if !happening.was_heard() || is_down {
                continue;
            }
            let (Happening::Added(serial) | Happening::Deleted { serial, .. }) = happening else {
                continue;
            };
            let kind = happening.told().0;
            // Without a receiver any more there is nobody to tell.
            let _ = hook.send(Message { at: *at, kind, serial: serial.clone() });
        }
    }

    /// Answers a request.
    pub fn reply(&mut self, asked: &Asked, port: u16) -> Reply {
        self.tick();
        let api = Api::of(&asked.path);
        let mut reply = match api {
            None => Reply::of(Answer::words(404, "404 Not Found")),
            Some(Api::Control) => Reply::of(control::answer(self, asked)),
            Some(api) => match self.faults.strike(api, asked) {
                Some((fault, active)) => self.struck(api, asked, fault, &active, port),
                None => Reply::of(self.noted(api, asked, |outcome| outcome)),
            },
        };
        if let Some(api) = api.filter(|api| api.is_list(asked)) {
            let path = format!("{} {}", api.side(), asked.path);
            self.before.insert(path, asked.clone());
        }
        // A write that is done late is left unanswered at once, not in silence.
        if reply.answer.status == 0 && reply.late.is_none() {
            reply.send = Send::Nothing(self.options.silence);
        }
        self.tell_happenings();
        reply.date = self.world.now();
        reply
    }

    fn struck(
        &mut self,
        api: Api,
        asked: &Asked,
        fault: &Fault,
        active: &Active,
        port: u16,
    ) -> Reply {
        match fault.deed {
            Deed::Sent(how) => {
                let send = how(active);
                let loses = send.loses_answer();
                let lost = |outcome| if loses { lost(outcome) } else { outcome };
                let answer = self.noted(api, asked, lost);
                Reply { send, ..Reply::of(answer) }
            }
            Deed::Instead(answer) => {
                self.note(api, asked, Outcome::Refused);
                Reply::of(answer(asked, port))
            }
            Deed::After(answer) => {
                self.noted(api, asked, lost);
                Reply::of(answer())
            }
            Deed::Rows(lie) => {
                let answer = self.noted(api, asked, |outcome| outcome);
                Reply::of(rows::told(lie, answer, active.struck))
            }
            Deed::Ask(change) => {
                let before = self.before.get(&format!("{} {}", api.side(), asked.path));
                let mut other = asked.clone();
                change(&mut other, before);
                Reply::of(self.noted(api, &other, |outcome| outcome))
            }
            Deed::Stripped => {
                let mut other = asked.clone();
                other.headers.retain(|(name, _)| name != "ixcsoft");
                Reply::of(self.noted(api, &other, |outcome| outcome))
            }
            Deed::Tenant => Reply::of(self.of_tenant(api, asked)),
            Deed::Session => {
                self.begin_session(api, &api.key(asked));
                Reply::of(self.noted(api, asked, |outcome| outcome))
            }
            Deed::Trap(trap) => {
                self.nbi.trap(&self.world, asked, trap);
                Reply::of(self.noted(api, asked, |outcome| outcome))
            }
            Deed::Revoked => {
                self.acs.revoke_tokens();
                self.note(api, asked, Outcome::Refused);
                Reply::of(Answer::json(401, &serde_json::json!({"message": "Unauthorized"})))
            }
            Deed::Meanwhile(deed) => {
                self.happens_to_row(api, asked, deed);
                Reply::of(self.noted(api, asked, |outcome| outcome))
            }
            Deed::Afterwards(deed) => {
                let reply = Reply::of(self.noted(api, asked, |outcome| outcome));
                self.happens_to_row(api, asked, deed);
                reply
            }
            Deed::Late => Reply {
                send: Send::Nothing(Duration::ZERO),
                late: Some((asked.clone(), active.wait(LATE))),
                ..Reply::of(Answer::empty(0))
            },
        }
    }

    /// Something happens to the row that a request names.
    fn happens_to_row(&mut self, api: Api, asked: &Asked, deed: fn(&mut World, &str, u64) -> bool) {
        let key = api.key(asked);
        if let Some((table, id)) = key.split_once('/')
            && let Ok(id) = id.parse()
        {
            // A row that is not there is refused by itself.
            deed(&mut self.world, table, id);
        }
    }

    /// Does a late write.
    pub fn do_late(&mut self, asked: &Asked) {
        self.tick();
        if let Some(api) = Api::of(&asked.path) {
            let late = |outcome| if outcome == Outcome::Done { Outcome::Late } else { outcome };
            self.noted(api, asked, late);
        }
        self.tell_happenings();
    }

    /// GenieACS's sessions end after 30 s, even where the box hung up.
    fn begin_session(&mut self, api: Api, key: &str) {
        let until = self.world.now().checked_add(SESSION).ok();
        let is_it = |cpe: &Cpe| match api {
            Api::Genieacs => super::genieacs::device_id(cpe) == key,
            _ => cpe.serial == key,
        };
        if let Some(cpe) = self.world.acs.cpes.values_mut().find(|cpe| is_it(cpe)) {
            cpe.in_session_until = until;
        }
    }

    fn of_tenant(&mut self, api: Api, asked: &Asked) -> Answer {
        let (devices, days) = TENANT;
        let now = self.world.now();
        let mut tenant = self.tenant.take().unwrap_or_else(|| {
            let seed = self.options.seed.wrapping_add(0x7E4A_4E55);
            Box::new(World::new(&Plan { seed, devices, days, end: now }))
        });
        tenant.advance_to(now);
        std::mem::swap(&mut self.world, &mut tenant);
        let answer = self.answer(api, asked);
        std::mem::swap(&mut self.world, &mut tenant);
        self.tenant = Some(tenant);
        answer
    }

    fn answer(&mut self, api: Api, asked: &Asked) -> Answer {
        match api {
            Api::Provedor => self.provedor.answer(&mut self.world, asked),
            Api::IxcAcs => self.acs.answer(&mut self.world, asked),
            Api::Genieacs => self.nbi.answer(&mut self.world, asked),
            Api::Control => Answer::empty(404),
        }
    }

    /// Does a write that was let in before, without its token.
    pub fn write_again(&mut self, asked: &Asked) {
        let Some(api) = Api::of(&asked.path) else { return };
        match api {
            Api::Provedor => drop(self.provedor.let_in(&mut self.world, asked)),
            Api::IxcAcs => drop(self.acs.let_in(&mut self.world, asked)),
            Api::Genieacs => drop(self.nbi.answer(&mut self.world, asked)),
            Api::Control => return,
        }
        self.note(api, asked, Outcome::Done);
    }

    /// The answer; a write is noted with what became of it.
    fn noted(&mut self, api: Api, asked: &Asked, became: impl Fn(Outcome) -> Outcome) -> Answer {
        let answer = self.answer(api, asked);
        let outcome = if is_refusal(&answer) { Outcome::Refused } else { Outcome::Done };
        self.note(api, asked, became(outcome));
        answer
    }

    fn note(&mut self, api: Api, asked: &Asked, outcome: Outcome) {
        if !api.is_write(asked) {
            return;
        }
        self.journal.note(Write {
            seq: 0,
            time: self.world.now(),
            side: api.side(),
            method: asked.method.clone(),
            path: asked.path.clone(),
            key: api.key(asked),
            body: body_of(&asked.body),
            outcome,
        });
    }
}

impl Reply {
    fn of(answer: Answer) -> Self {
        Self { answer, send: Send::Plain, date: Timestamp::UNIX_EPOCH, late: None }
    }
}

fn lost(outcome: Outcome) -> Outcome {
    if outcome == Outcome::Done { Outcome::LostReply } else { outcome }
}

fn begin(options: &LabOptions) -> (World, LabClock) {
    let end = options.epoch.unwrap_or_else(Timestamp::now);
    let clock = LabClock::new(end, options.speed);
    let (seed, devices, days) = (options.seed, options.devices, options.days);
    (World::new(&Plan { seed, devices, days, end }), clock)
}

/// The Provider refuses with status 200.
fn is_refusal(answer: &Answer) -> bool {
    if answer.status >= 400 || answer.status == 0 {
        return true;
    }
    let bytes = answer.bytes();
    let is_page = answer
        .headers
        .iter()
        .any(|(name, value)| *name == "content-type" && value.starts_with("text/html"));
    let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
    is_page || (bytes.len() < 4096 && has(b"\"type\":\"error\""))
}
