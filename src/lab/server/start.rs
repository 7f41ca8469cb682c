//! Starts the lab, and what a process that embeds it may do with it.
//!
//! Must not do: decide an answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::journal::KeptWrite;
use super::state::State;
use super::webhook::{self, Receiver};
use super::{config, wire};
use crate::lab::world::Truth;

/// Which lab.
#[derive(Clone, Debug)]
pub struct LabOptions {
    /// Same seed and epoch, same world.
    pub seed: u64,
    /// About how many devices.
    pub devices: usize,
    /// How many days of history.
    pub days: u32,
    /// Where it listens on 127.0.0.1; 0 picks a free port.
    pub port: u16,
    /// How much faster than the real one its clock runs; 0: moves only by `advance`.
    pub speed: f64,
    /// When its history ends; now, if not given.
    pub epoch: Option<Timestamp>,
    /// Where the ACS's webhooks go: `http://…`.
    pub webhook: Option<String>,
    /// How long it says nothing where GenieACS loses a worker: 21 s in the real one.
    pub silence: Duration,
    /// What the API client of IXC ACS may ask a minute; no limit, if not given.
    pub requests_per_minute: Option<u32>,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            devices: 2000,
            days: 120,
            port: 0,
            speed: 1.0,
            epoch: None,
            webhook: None,
            silence: Duration::from_secs(21),
            requests_per_minute: None,
        }
    }
}

/// Why there is no lab.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The port can't be had.
    #[error("can't listen on 127.0.0.1:{port}: {source}; choose another with --port")]
    Listen {
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// Its thread can't be had.
    #[error("can't start the lab's thread: {0}")]
    Thread(io::Error),
    /// The webhook's address is none.
    #[error("webhooks can't be sent to {0}: http://HOST:PORT/PATH is wanted")]
    Webhook(String),
}

/// What the threads share.
#[derive(Debug)]
pub(super) struct Shared {
    pub state: Mutex<State>,
    pub port: u16,
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the world was locked is a bug; its readers still see what there is.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running lab. Stops when it is dropped.
#[derive(Debug)]
pub struct Lab {
    pub(super) shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lab {
    /// Makes the world and serves it. A big world takes some seconds.
    ///
    /// # Errors
    /// Where the port can't be had, or the webhook's address is none.
    pub fn start(options: LabOptions) -> Result<Self, LabError> {
        let receiver = options.webhook.as_deref().map(Receiver::read).transpose()?;
        let wanted = options.port;
        let refused = |source| LabError::Listen { port: wanted, source };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, wanted));
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let port = listener.local_addr().map_err(refused)?.port();
        let (told, messages) = mpsc::unbounded_channel();
        let mut state = State::new(options);
        let heard = receiver.map(|receiver| {
            state.tell(told);
            (receiver, messages)
        });
        let shared = Arc::new(Shared { state: Mutex::new(state), port });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(LabError::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("lab".to_owned()).spawn(move || {
            runtime.block_on(async move {
                if let Some((receiver, messages)) = heard {
                    tokio::spawn(webhook::tell_all(receiver, messages));
                }
                tokio::select! {
                    () = wire::serve(listener, served) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        let thread = thread.map_err(LabError::Thread)?;
        Ok(Self { shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// Writes a configuration with the profiles `lab` (IXC ACS) and `lab-genieacs`, and its
    /// secrets, of mode 0600, beside it. The store will be beside it too.
    ///
    /// # Errors
    /// Where a file can't be written.
    pub fn write_config(&self, path: &Path) -> io::Result<()> {
        let access = self.shared.lock().access(self.shared.port);
        config::write(path, &access)
    }

    /// The lab's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.lock().tick()
    }

    /// When its history begins.
    #[must_use]
    pub fn start_of_history(&self) -> Timestamp {
        self.shared.lock().world.start()
    }

    /// Puts the clock forward; what happens meanwhile happens.
    pub fn advance_to(&self, to: Timestamp) {
        self.shared.lock().advance_to(to);
    }

    /// Puts the clock forward by so many hours.
    pub fn advance_hours(&self, hours: i64) {
        let mut state = self.shared.lock();
        let to = state.tick().saturating_add(SignedDuration::from_hours(hours.max(0)));
        if let Ok(to) = to {
            state.advance_to(to);
        }
    }

    /// Why both sides differ now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut state = self.shared.lock();
        state.tick();
        state.world.truth()
    }

    /// What happened from `from` on, as NDJSON of CLI.md section 3: all of it, or what a
    /// receiver of webhooks heard.
    #[must_use]
    pub fn events(&self, from: Timestamp, as_listener: bool) -> String {
        let mut state = self.shared.lock();
        state.tick();
        state.world.events(from, as_listener)
    }

    /// When the receiver of webhooks was down: from, to.
    pub fn set_listener_gaps(&self, gaps: Vec<(Timestamp, Timestamp)>) {
        self.shared.lock().world.listener_gaps = gaps;
    }

    /// The writes that took effect so far.
    #[must_use]
    pub fn writes(&self) -> Vec<KeptWrite> {
        self.shared.lock().journal.effective()
    }

    /// Does these writes again, as they were let in before: a world that is made anew comes to
    /// where it was left.
    pub fn write_again(&self, writes: &[KeptWrite]) {
        let mut state = self.shared.lock();
        state.tick();
        for write in writes {
            state.write_again(&write.asked());
        }
    }

    /// Another world under the same address and credentials; faults and writes are forgotten.
    pub fn reset(&self, seed: u64) {
        self.shared.lock().reset(seed);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It can only have ended by a bug; there is nothing to be done about it here.
            let _ = thread.join();
        }
    }
}
