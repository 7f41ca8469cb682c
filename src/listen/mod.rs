//! The webhook receiver: takes what the ACS tells, keeps it, and passes it on.
//!
//! Three threads: one serves HTTP, one writes (all that waits in one durable step), one passes
//! on. Must not do: name the store (use-cases in `app` do), speak to a person, or delete
//! anything.

pub mod child;
mod counts;
pub mod daily;
mod forward;
mod gate;
mod mapping;
pub mod notify;
mod refusal;
mod rules;
mod server;
mod systemd;
#[cfg(test)]
mod tests;
mod writer;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use tokio::net::TcpListener;

use crate::app::listen::Inbox;
use crate::app::{AppError, Clock, Stop};
use crate::config::{Environment, Settings};
use crate::domain::Untrusted;
use crate::http::Client;

pub use counts::Counts;
pub use rules::ReadTime;

use counts::get;
use forward::{Forwarder, Target};
use rules::Rules;
use server::{Missed, Shared};
use writer::Writer;

/// Deliveries that wait for the writer; beyond it senders are told to try again.
const WAITING_MOST: usize = 1024;

/// What it is started with.
pub struct Opening<'a> {
    /// The profile.
    pub settings: &'a Settings,
    /// The environment: the secret may stand there.
    pub env: &'a dyn Environment,
    /// The time.
    pub clock: &'static dyn Clock,
    /// Reads a time as payloads may write it.
    pub read_time: ReadTime,
    /// Asks it to end.
    pub stop: &'a Stop,
    /// Called once it is ready.
    pub ready: &'a dyn Fn(&Ready),
}

/// It is ready.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Where it listens.
    pub address: SocketAddr,
    /// At which path.
    pub path: String,
    /// How senders prove themselves: as the configuration names it.
    pub mode: String,
    /// Scheme and host that deliveries are passed on to.
    pub forward: Option<String>,
}

/// How it went, once it has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Events that were kept.
    pub accepted: u64,
    /// Deliveries that were kept before.
    pub replayed: u64,
    /// Deliveries that were refused.
    pub refused: u64,
    /// Entries of a kind that nobody knows.
    pub unmapped: u64,
    /// Deliveries that were passed on.
    pub forwarded: u64,
    /// Deliveries that wait to be passed on.
    pub waiting: u64,
    /// Kinds that nobody knows, over all sessions, and how often each came.
    pub unknown: Vec<(Untrusted, u64)>,
}

/// Serves until somebody asks to stop; what was taken is kept, and noted up to that moment.
///
/// # Errors
/// Where it can't begin: no secret, an address that can't be had, a store that can't be written,
/// or another one that listens for it.
pub fn serve(opening: &Opening<'_>) -> Result<Ended, AppError> {
    let rules = Rules::of(opening.settings, opening.env, opening.read_time)?;
    let inbox = Inbox::open(opening.settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| AppError::Bug(format!("no server can be made: {e}")))?;
    let listener = runtime.block_on(bind(opening.settings.listen.address))?;
    let address = listener.local_addr().map_err(|e| no_address(opening, &e))?;
    let target = rules.target.clone();
    let client = target.as_ref().map(Target::client).transpose();
    let client = client.map_err(|e| AppError::usage(e.what, &["check [listen] forward"]))?;
    let ready = Ready {
        address,
        path: rules.path.clone(),
        mode: opening.settings.listen.mode.to_string(),
        forward: target.as_ref().map(|t| t.origin.clone()),
    };
    let house = House {
        inbox: &inbox,
        counts: Arc::new(Counts::default()),
        missed: Arc::new(Missed::default()),
        clock: opening.clock,
        metrics: opening.settings.listen.metrics_file.as_deref(),
        end: AtomicBool::new(false),
    };
    let begun = || (opening.ready)(&ready);
    house.run(
        rules,
        (runtime, listener),
        target.as_ref().zip(client.as_ref()),
        (&begun, opening.stop),
    )?;
    let queue = inbox.queue().unwrap_or_default();
    let unknown = inbox.tallies().unwrap_or_default().unmapped;
    let unknown = unknown.into_iter().map(|(word, tally)| (word, tally.n)).collect();
    Ok(Ended { waiting: queue.waiting, unknown, ..house.ended() })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, AppError> {
    TcpListener::bind(address).await.map_err(|e| cannot_listen(address, &e))
}

fn no_address(opening: &Opening<'_>, error: &std::io::Error) -> AppError {
    cannot_listen(opening.settings.listen.address, error)
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> AppError {
    use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};

    let hint = match error.kind() {
        AddrInUse => "another program listens there: stop it, or change [listen] address",
        AddrNotAvailable => "this machine has no such address: change [listen] address",
        PermissionDenied => "ports below 1024 are root's: choose another, and a proxy before it",
        _ => "check [listen] address",
    };
    let text = error.to_string();
    let why = text.split(" (os error").next().unwrap_or_default().to_owned();
    AppError::usage(format!("can't listen on {address}: {why}"), &[hint])
}

/// What the three threads share.
struct House<'a> {
    inbox: &'a Inbox,
    counts: Arc<Counts>,
    missed: Arc<Missed>,
    clock: &'static dyn Clock,
    /// Where the figures are written.
    metrics: Option<&'a Path>,
    end: AtomicBool,
}

impl House<'_> {
    fn run(
        &self,
        rules: Rules,
        (runtime, listener): (tokio::runtime::Runtime, TcpListener),
        forward: Option<(&Target, &Client)>,
        (begun, stop): (&dyn Fn(), &Stop),
    ) -> Result<(), AppError> {
        let (wake, woken) = channel();
        let (jobs, waiting) = sync_channel(WAITING_MOST);
        let metrics = |is_last| self.tell_metrics(is_last);
        let clock = self.clock;
        let writer = Writer {
            inbox: self.inbox,
            clock,
            counts: &self.counts,
            missed: &self.missed,
            wake: forward.map(|_| wake),
            after: &metrics,
        };
        let watch = writer.begin(rules.heartbeat)?;
        let shared = Arc::new(Shared {
            rules,
            clock,
            counts: Arc::clone(&self.counts),
            missed: Arc::clone(&self.missed),
            keeps_for: self.inbox.keeps_for(),
        });
        thread::scope(|scope| {
            let writing = scope.spawn(move || writer.run(watch, &waiting));
            let passing = forward.map(|(target, client)| {
                scope.spawn(move || self.forwarder(target).run(client, &woken))
            });
            begun();
            systemd::ready();
            // A writer that died can keep nothing, and a forwarder that died passes nothing
            // on: what starts this program again starts them again.
            let passed = || passing.as_ref().is_some_and(thread::ScopedJoinHandle::is_finished);
            let ends = || stop.asked().is_some() || writing.is_finished() || passed();
            runtime.block_on(server::serve(listener, shared, jobs, ends));
            systemd::stopping();
            drop(runtime);
            let written = writing.join();
            self.end.store(true, Ordering::Relaxed);
            let passed = passing.map_or(Ok(()), thread::ScopedJoinHandle::join);
            written.and(passed).map_err(|_| AppError::Bug("a thread of the receiver died".into()))
        })
    }

    fn forwarder<'b>(&'b self, target: &'b Target) -> Forwarder<'b> {
        Forwarder {
            target,
            inbox: self.inbox,
            clock: self.clock,
            counts: &self.counts,
            stop: &self.end,
        }
    }

    fn ended(&self) -> Ended {
        let counts = &self.counts;
        Ended {
            accepted: get(&counts.accepted),
            replayed: get(&counts.replayed),
            refused: counts.refused(),
            unmapped: get(&counts.unmapped),
            forwarded: get(&counts.forwarded),
            ..Ended::default()
        }
    }

    /// After each step of the writer.
    fn tell_metrics(&self, is_last: bool) {
        systemd::alive();
        let Some(path) = self.metrics else { return };
        let now = self.clock.now();
        if !self.counts.is_due(now, is_last) {
            return;
        }
        let text = self.counts.metrics(self.inbox.queue().ok(), now);
        if let Err(error) = counts::write(path, &text) {
            tracing::warn!(%error, "the figures can't be written");
        }
    }
}
