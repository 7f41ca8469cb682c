//! Passes every delivery on, unchanged and in order: an ACS has one address for its hooks, and
//! the Provider needs them too.
//!
//! Must not do: forget one that was not delivered without saying so, or send one again that the
//! target answered with 2xx.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::app::listen::{Fate, Inbox, Parcel};
use crate::app::{AppError, Clock};
use crate::config::Listen;
use crate::http::{Body, Client, HttpError, Limits, Method, Purpose, Request, Settings};
use crate::listen::counts::{Counts, add};
use crate::listen::rules::wrong;

/// A target that takes longer has to be asked again.
const REQUEST: Duration = Duration::from_secs(10);
/// The first pause after a failure.
const PAUSE_LEAST: Duration = Duration::from_millis(500);
/// So often a target may refuse a delivery for what it is until it is set aside.
const REFUSALS_MOST: u32 = 5;
/// And for so long, where it has taken none since the last that was set aside: then it may be the
/// target itself that is wrong.
const DOUBTED: Duration = Duration::from_secs(24 * 3600);
/// Answers that are about the delivery. Any other says that the target is not itself: not there
/// yet, its token or a proxy's path wrong, and goes on being tried.
const REFUSALS: [u16; 8] = [400, 406, 409, 411, 413, 414, 415, 422];
/// How long a stop may go unnoticed.
const STOP_LATENCY: Duration = Duration::from_millis(50);
/// The queue is looked at this often, whoever wakes it.
const LOOK: Duration = Duration::from_secs(5);

/// Where to.
#[derive(Clone)]
pub struct Target {
    /// Scheme, host and port.
    pub origin: String,
    /// Path and query.
    path: String,
    pause: Duration,
}

impl Target {
    /// Reads `forward`.
    ///
    /// # Errors
    /// Where it is no address, carries a password, or would show the payload to the wire.
    pub fn of(url: &str, listen: &Listen) -> Result<Self, AppError> {
        // The value is not echoed: it may carry a token.
        let refused = |hint: &str| wrong("forward", "(not shown)", hint);
        let uri: http::Uri = url.parse().map_err(|_| refused("write a url, with https://"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refused("write a whole url, with https://"));
        };
        if !matches!(scheme, "http" | "https") || authority.as_str().contains('@') {
            return Err(refused("write https://, and no user or password"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let is_here = host.eq_ignore_ascii_case("localhost")
            || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        if scheme == "http" && !is_here && !listen.allow_http {
            let hint = "plain http shows every payload on the wire: use https://, or allow_http";
            return Err(refused(hint));
        }
        Ok(Self {
            origin: format!("{scheme}://{authority}"),
            path: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            pause: listen.forward_pause.0.unsigned_abs().max(Duration::from_millis(1)),
        })
    }

    fn request(&self, parcel: &Parcel) -> Request {
        let joint = if self.path.contains('?') { "&" } else { "?" };
        let path = match parcel.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}{joint}{query}", self.path),
        };
        let body = Body::Raw(parcel.content_type.clone(), parcel.body.clone());
        let request = Request::read(Method::Post, path).body(body).with_secret_path();
        Request { purpose: Purpose::Write, ..request }
    }

    /// A client for it.
    ///
    /// # Errors
    /// Where none can be made.
    pub fn client(&self) -> Result<Client, HttpError> {
        let limits = Limits {
            request: REQUEST,
            stream_first_byte: REQUEST,
            fetch: REQUEST * 2,
            breaker_open: Duration::from_millis(1),
            ..Limits::default()
        };
        Client::new(Settings { origin: self.origin.clone(), ca_pem: None, limits })
    }
}

/// What a try came to.
enum Tried {
    Settled(Fate),
    /// Refused for now; counted.
    Refused(u16),
    /// Later, after this pause where the target asks for one.
    Later(Option<Duration>),
}

/// Passes on until it is told to stop.
pub struct Forwarder<'a> {
    /// Where to.
    pub target: &'a Target,
    /// What waits.
    pub inbox: &'a Inbox,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The counts.
    pub counts: &'a Counts,
    /// Is it to end?
    pub stop: &'a AtomicBool,
}

impl Forwarder<'_> {
    /// Works until it is told to stop; woken through `wake`.
    pub fn run(&self, client: &Client, wake: &Receiver<()>) {
        // Until it has taken one it may be the target itself that is wrong.
        let mut doubted = true;
        while !self.stops() {
            match self.inbox.first_parcel() {
                Ok(Some(queued)) => {
                    let number = queued.number;
                    match queued.parcel {
                        Some(parcel) => match self.pass_on(client, number, &parcel, doubted) {
                            Some(Fate::Delivered) => doubted = false,
                            Some(Fate::Refused) => doubted = true,
                            Some(Fate::Dropped) | None => {}
                        },
                        None => self.settle(number, Fate::Dropped, "its key is lost"),
                    }
                }
                Ok(None) => self.rest(wake),
                Err(error) => {
                    tracing::warn!(%error, "what waits to be passed on can't be read; tried again");
                    self.pause(LOOK);
                }
            }
        }
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits until somebody wakes it, a look is due, or it is to stop.
    fn rest(&self, wake: &Receiver<()>) {
        let until = Instant::now() + LOOK;
        while !self.stops() && Instant::now() < until {
            if wake.recv_timeout(STOP_LATENCY).is_ok() {
                while wake.try_recv().is_ok() {}
                return;
            }
        }
    }

    fn pause(&self, span: Duration) {
        let until = Instant::now() + span;
        while !self.stops() && Instant::now() < until {
            std::thread::sleep(STOP_LATENCY.min(until.saturating_duration_since(Instant::now())));
        }
    }

    /// Tries until it is delivered, set aside, dropped by age, or stopped; says what became of it.
    fn pass_on(
        &self,
        client: &Client,
        number: u64,
        parcel: &Parcel,
        doubted: bool,
    ) -> Option<Fate> {
        let begun = Instant::now();
        let pauses = ExponentialBuilder::default()
            .with_min_delay(PAUSE_LEAST.min(self.target.pause))
            .with_max_delay(self.target.pause)
            .with_jitter()
            .without_max_times();
        let mut pauses = pauses.build();
        let mut refusals = 0;
        loop {
            client.begin_fetch();
            let asked = match self.attempt(client, parcel) {
                Tried::Settled(fate) => {
                    self.settle(number, fate, "it was passed on");
                    return Some(fate);
                }
                Tried::Refused(status) => {
                    refusals += 1;
                    if refusals >= REFUSALS_MOST && (!doubted || begun.elapsed() >= DOUBTED) {
                        let why = format!("the target refuses it ({status})");
                        self.settle(number, Fate::Refused, &why);
                        return Some(Fate::Refused);
                    }
                    None
                }
                Tried::Later(asked) => asked,
            };
            let own = pauses.next().unwrap_or(self.target.pause);
            self.pause(own.max(asked.unwrap_or_default().min(Duration::from_secs(3600))));
            if self.stops() || self.is_settled(number) {
                return None;
            }
        }
    }

    /// Tidying, or too many of them, may have dropped it meanwhile. Where that can't be read it
    /// is still ours.
    fn is_settled(&self, number: u64) -> bool {
        let first = self.inbox.first_parcel();
        first.is_ok_and(|first| first.is_none_or(|queued| queued.number != number))
    }

    /// One try. The head of the answer decides: its body is nobody's business.
    fn attempt(&self, client: &Client, parcel: &Parcel) -> Tried {
        let now = self.clock.now();
        match client.stream(&self.target.request(parcel)).map(|answer| answer.head.status) {
            Ok(200..=299) => Tried::Settled(Fate::Delivered),
            Ok(status) if REFUSALS.contains(&status) => Tried::Refused(status),
            Ok(status) => {
                tracing::warn!(status, "the target does not take webhooks; tried again");
                Tried::Later(None)
            }
            Err(error) => {
                tracing::info!(error = %error.what, "a webhook could not be passed on");
                Tried::Later(error.retry_after(now))
            }
        }
    }

    /// Takes it out of the queue, and goes on trying to where the store can't be written: sent
    /// again it must not be.
    fn settle(&self, number: u64, fate: Fate, why: &str) {
        match fate {
            Fate::Delivered => add(&self.counts.forwarded, 1),
            Fate::Refused | Fate::Dropped => {
                add(&self.counts.lost, 1);
                tracing::error!(number, why, "a webhook is not passed on");
            }
        }
        while let Err(error) = self.inbox.settle(number, fate, self.clock.now()) {
            tracing::warn!(%error, "a webhook that was passed on is still noted as waiting");
            if self.stops() {
                return;
            }
            self.pause(Duration::from_secs(1));
        }
    }
}
