//! The client: sends a request within its limits, and gives the answer whole or as a stream.
//!
//! Must not do: decide what an answer means.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::Retryable as _;
use jiff::Timestamp;
use tokio::runtime::{Handle, Runtime};
use tokio::task::yield_now;
use tokio::time::sleep_until;

use crate::http::address::{Address, Asked};
use crate::http::breaker::Breaker;
use crate::http::classify;
use crate::http::error::{HttpError, Trouble};
use crate::http::exchange::{Exchange, prepared};
use crate::http::limits::{Limits, Settings};
use crate::http::message::{Head, Purpose, Reply, Request};
use crate::http::pace::Pace;
use crate::http::retry::{Again, Failure, Waits, within_budget};
use crate::http::stream::Stream;
use crate::http::{checks, status, tls};
use crate::ports::{Check, Traffic};

/// How long a connection is waited for, to tell a dead port from one without TLS.
const HANDSHAKE_LOOK: Duration = Duration::from_secs(1);

/// One server's client. Its calls block; none may be made from inside an async runtime.
pub struct Client {
    runtime: Runtime,
    /// For reads: keeps connections.
    reading: reqwest::Client,
    /// For writes: a new connection each, since a kept one may be closing when it is used, and
    /// then nobody knows whether the request arrived.
    writing: reqwest::Client,
    address: Address,
    limits: Limits,
    pace: Pace,
    breaker: Breaker,
    /// What the breaker counted last, for whoever meets it open.
    last_failure: Mutex<String>,
    began: Mutex<Option<Instant>>,
    requests: AtomicU64,
    retries: AtomicU64,
    slowed: AtomicU64,
}

impl Client {
    /// A client for one origin; nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings can't be used.
    pub fn new(mut settings: Settings) -> Result<Self, HttpError> {
        settings.limits = settings.limits.within_a_year();
        let address = Address::new(&settings.origin)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| {
            let what = format!("no HTTP client could be made: {e}");
            HttpError::new(Trouble::Settings, what, &["check the limit of open files (ulimit -n)"])
        })?;
        let made = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|e| tls::unusable(&e, &settings))
        };
        let reading = made(tls::builder(&settings, &address)?)?;
        let writing = made(tls::builder(&settings, &address)?.pool_max_idle_per_host(0))?;
        Ok(Self {
            runtime,
            reading,
            writing,
            address,
            pace: Pace::new(&settings.limits),
            breaker: Breaker::new(settings.limits.breaker_open),
            last_failure: Mutex::default(),
            limits: settings.limits,
            began: Mutex::default(),
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            slowed: AtomicU64::new(0),
        })
    }

    /// Sends a request and reads the whole answer. Any final status comes back as an answer
    /// except 401, 403, 429, 3xx and 5xx, which are errors that carry it.
    ///
    /// # Errors
    /// Where there is no usable answer within the limits.
    pub fn send(&self, request: &Request) -> Result<Reply, HttpError> {
        let asked = &Asked::new(&self.address, request);
        self.until_answered(request, || async move {
            let (client, prepared) = self.prepared(request)?;
            let exchange = self.turn(asked, request.purpose, self.limits.request).await?;
            let answer = exchange.whole(client, prepared).await;
            self.record(&exchange, answer.as_ref().map(|a| (&a.head, Some(a.body.len()))));
            answer
        })
    }

    /// Sends a request and gives the answer piece by piece; only the sending is retried.
    ///
    /// # Errors
    /// As [`Client::send`], until the head has come.
    pub fn stream(&self, request: &Request) -> Result<Stream<'_>, HttpError> {
        let asked = &Asked::new(&self.address, request);
        let opened = self.until_answered(request, || async move {
            let (client, prepared) = self.prepared(request)?;
            let limit = self.limits.stream_first_byte;
            let exchange = self.turn(asked, request.purpose, limit).await?;
            let answer = exchange.open(client, prepared).await;
            self.record(&exchange, answer.as_ref().map(|(head, _)| (head, None)));
            answer.map(|parts| (parts, (exchange.began, exchange.until)))
        });
        let (parts, times) = opened?;
        Ok(Stream::new(self, asked.clone(), parts, times))
    }

    /// A new fetch begins: its time counts from its first request on.
    pub fn begin_fetch(&self) {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was sent so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            slowed: self.slowed.load(Ordering::Relaxed),
        }
    }

    /// The one server.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.address.origin()
    }

    /// How far an exchange got, as [`checks::reachability`] tells it; where a connection over TLS
    /// was not made in time, whether that is TLS or the connection itself is looked at first.
    pub fn how_far(&self, side: &str, outcome: &Result<Reply, HttpError>) -> Vec<Check> {
        let is_connect = |error: &HttpError| error.trouble == Trouble::Connect;
        let unclear = self.address.is_https() && outcome.as_ref().is_err_and(is_connect);
        if unclear && self.address.takes_connections(self.limits.connect.min(HANDSHAKE_LOOK)) {
            return checks::reachability(side, &Err(checks::no_handshake(self.origin())));
        }
        checks::reachability(side, outcome)
    }

    /// Asks, and asks again where that may help and nothing forbids it.
    fn until_answered<T, F>(
        &self,
        request: &Request,
        attempt: impl FnMut() -> F,
    ) -> Result<T, HttpError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut sent_again = 0_u32;
        let may = |failure: &Failure| match failure.again {
            _ if request.purpose == Purpose::Write => false,
            Again::No => false,
            Again::Once | Again::Yes => true,
        };
        let asking =
            attempt.retry(Waits::new(&self.limits)).when(may).adjust(|failure: &Failure, wait| {
                if failure.again == Again::Once && sent_again > 0 {
                    return None;
                }
                let wait = self.wait(failure, wait?)?;
                sent_again += 1;
                tracing::debug!(wait_ms = wait.as_millis(), "http: asked again after a wait");
                self.retries.fetch_add(1, Ordering::Relaxed);
                Some(wait)
            });
        // Idle connections that the server closed meanwhile are seen before one is chosen, and
        // those of a request that was given up are closed.
        let answer = self.runtime.block_on(async {
            turns().await;
            let answer = asking.await;
            turns().await;
            answer
        });
        answer.map_err(|failure| {
            let mut error = failure.error;
            if sent_again > 0 {
                error.what = format!("{}; asked {} times", error.what, sent_again + 1);
            }
            error
        })
    }

    /// How long to wait before asking again; `None`: it is not asked again.
    fn wait(&self, failure: &Failure, drawn: Duration) -> Option<Duration> {
        let now = Instant::now();
        let wait = drawn.max(failure.pause.unwrap_or_default());
        let sent = self.traffic();
        let may = within_budget(sent.requests, sent.retries)
            && now.checked_add(wait).is_some_and(|at| at < self.deadline())
            && self.breaker.look(now).is_ok();
        may.then_some(wait)
    }

    /// Waits for one's turn and begins an exchange that may take `limit`.
    async fn turn<'a>(
        &'a self,
        asked: &'a Asked,
        purpose: Purpose,
        limit: Duration,
    ) -> Result<Exchange<'a>, Failure> {
        let end = self.deadline();
        let late = || Failure::ours(classify::deadline(asked, &self.limits).unsent());
        // Looked at first, so that no turn is used up for nothing.
        self.breaker.look(Instant::now()).map_err(|open| self.left_alone(open.0))?;
        let turn = self.pace.turn(purpose, Instant::now()).map_err(|spent| self.spent(spent.0))?;
        if turn >= end || Instant::now() >= end {
            return Err(late());
        }
        if turn > Instant::now() {
            sleep_until(turn.into()).await;
        }
        let began = Instant::now();
        self.breaker.allow(began).map_err(|open| self.left_alone(open.0))?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let until = (began + limit).min(end);
        let is_last = until == end;
        Ok(Exchange { asked, limits: &self.limits, began, until, is_last })
    }

    /// The request as it is sent, and by whom.
    fn prepared(&self, request: &Request) -> Result<(&reqwest::Client, reqwest::Request), Failure> {
        let client = match request.purpose {
            Purpose::Read => &self.reading,
            Purpose::Write => &self.writing,
        };
        let prepared = prepared(client, &self.address, request).map_err(Failure::ours)?;
        Ok((client, prepared))
    }

    /// Tells the breaker, the pace and the log how an exchange went.
    fn record(&self, of: &Exchange<'_>, went: Result<(&Head, Option<usize>), &Failure>) {
        let now = Instant::now();
        self.breaker.record(went.as_ref().map_or_else(|f| !f.counts, |_| true), now);
        let (method, path, ms) = (of.asked.method, &of.asked.path, of.began.elapsed().as_millis());
        let failure = match went {
            Ok((head, bytes)) => {
                tracing::debug!(method, path, status = head.status, bytes, ms, "http");
                return;
            }
            Err(failure) => failure,
        };
        let status = failure.error.reply.as_ref().map(|reply| reply.head.status);
        let trouble = failure.error.trouble;
        tracing::debug!(method, path, status, ?trouble, ms, "http");
        if failure.counts {
            let mut last = self.last_failure.lock().unwrap_or_else(PoisonError::into_inner);
            last.clone_from(&failure.error.what);
        }
        if trouble == Trouble::TooMany {
            self.slowed.fetch_add(1, Ordering::Relaxed);
            let pause = failure.pause.unwrap_or_default().min(self.limits.retry_after_most);
            self.pace.pause(now + pause);
        }
    }

    fn left_alone(&self, pause: Duration) -> Failure {
        let origin = self.address.origin();
        let last = self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let what = format!("{origin} is left alone for now; it failed again and again: {last}");
        let hints = [status::later(pause, Timestamp::now())];
        let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
        Failure::ours(HttpError::new(Trouble::Breaker, what, &hints))
    }

    fn spent(&self, made: u64) -> Failure {
        let origin = self.address.origin();
        let what =
            format!("the day's requests to {origin} are used up; this run has made {made} of them");
        let hints = ["try again tomorrow", "or raise requests_per_day, if the server allows more"];
        Failure::ours(HttpError::new(Trouble::Budget, what, &hints))
    }

    /// The end of this fetch.
    pub(super) fn deadline(&self) -> Instant {
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        *began.get_or_insert_with(Instant::now) + self.limits.fetch
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Runs the connections until `future` is done.
    pub(super) fn wait_for<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(super) fn failed_in_stream(&self) {
        self.breaker.record(false, Instant::now());
    }

    /// Lets the connections notice what happened: an end, or that nobody reads any more.
    pub(super) fn settle(&self) {
        if Handle::try_current().is_err() {
            self.runtime.block_on(turns());
        }
    }
}

/// Once for the sockets to be looked at, and once for those who wait for them.
async fn turns() {
    yield_now().await;
    yield_now().await;
}
