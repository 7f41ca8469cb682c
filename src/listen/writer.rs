//! The one writer: takes what waits, keeps it in one durable step, and answers all; and notes
//! that somebody listened, so that a gap is known as a gap.
//!
//! Must not do: answer before the step is durable, or claim to have listened while it could not
//! write, while the process stood still, or over a jump of the clock.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use crate::app::listen::{Delivery, Inbox, Received, Taken, Watched};
use crate::app::{AppError, Clock};
use crate::listen::counts::{Counts, add};
use crate::listen::server::Missed;

/// So many deliveries are kept in one step.
const BATCH_MOST: usize = 256;
/// It looks at the clocks this often.
const TURN: Duration = Duration::from_secs(1);
/// A turn that took longer was no turn: the process stood still, or the machine slept.
const STILL: Duration = Duration::from_secs(20);
/// The wall clock may be corrected by this much without a gap.
const JUMP: SignedDuration = SignedDuration::from_secs(5);
/// How often what is old is forgotten.
const TIDY: Duration = Duration::from_secs(600);

/// A delivery, and who waits for its answer.
pub struct Job {
    /// What came.
    pub delivery: Delivery,
    /// `None`: it could not be kept.
    pub answer: oneshot::Sender<Option<Taken>>,
}

/// Since when somebody listens without a gap.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    from: Timestamp,
    wall: Timestamp,
    boot: Duration,
    beat: Duration,
    every: Duration,
    is_broken: bool,
}

impl Watch {
    /// It begins now.
    #[must_use]
    pub fn new(every: Duration, wall: Timestamp, boot: Duration) -> Self {
        Self { from: wall, wall, boot, beat: boot, every, is_broken: true }
    }

    /// The clocks now: a jump of one, or a long stillness, is a gap.
    pub fn turn(&mut self, wall: Timestamp, boot: Duration) {
        let passed = boot.saturating_sub(self.boot);
        let by_wall = wall.duration_since(self.wall);
        let apart = by_wall - SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        if passed > STILL || apart.abs() > JUMP {
            tracing::warn!("the process stood still or the clock jumped: a gap in what was heard");
            self.is_broken = true;
        }
        (self.wall, self.boot) = (wall, boot);
    }

    /// Something may have been missed.
    pub fn missed(&mut self) {
        self.is_broken = true;
    }

    /// What is to be noted now, if anything; a gap ends as soon as it can.
    #[must_use]
    pub fn due(&self, is_last: bool) -> Option<Watched> {
        let from = if self.is_broken { self.wall } else { self.from };
        let is_due = self.is_broken || self.boot.saturating_sub(self.beat) >= self.every;
        (is_due || is_last).then_some((from, self.wall))
    }

    /// It was noted. An instant is no interval yet: that one is to be seen a second later.
    pub fn noted(&mut self, watched: Watched) {
        let rest =
            if watched.0 == watched.1 { self.every.saturating_sub(TURN) } else { Duration::ZERO };
        self.beat = self.boot.saturating_sub(rest);
        (self.from, self.is_broken) = (watched.0, false);
    }
}

/// The writer.
pub struct Writer<'a> {
    /// Where it is kept.
    pub inbox: &'a Inbox,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The counts.
    pub counts: &'a Counts,
    /// Was a delivery turned away meanwhile?
    pub missed: &'a Missed,
    /// Wakes whoever passes on.
    pub wake: Option<Sender<()>>,
    /// Called after each step, and told which is the last: metrics, the watchdog.
    pub after: &'a (dyn Fn(bool) + Sync),
}

impl Writer<'_> {
    /// The first note, without which nothing is served.
    ///
    /// # Errors
    /// Where the store can't be written.
    pub fn begin(&self, every: Duration) -> Result<Watch, AppError> {
        let (wall, boot) = (self.clock.now(), self.clock.monotonic());
        let mut watch = Watch::new(every, wall, boot);
        self.inbox.take(&[], Some((wall, wall)), wall)?;
        watch.noted((wall, wall));
        self.counts.beat.store(wall.as_second(), Ordering::Relaxed);
        Ok(watch)
    }

    /// Works until nobody can send any more, then notes up to when it listened.
    pub fn run(&self, mut watch: Watch, jobs: &Receiver<Job>) {
        let mut tidied = None::<Duration>;
        loop {
            let (mut batch, is_last) = match jobs.recv_timeout(TURN) {
                Ok(job) => (vec![job], false),
                Err(RecvTimeoutError::Timeout) => (Vec::new(), false),
                Err(RecvTimeoutError::Disconnected) => (Vec::new(), true),
            };
            while batch.len() < BATCH_MOST
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            let (now, boot) = (self.clock.now(), self.clock.monotonic());
            watch.turn(now, boot);
            if self.missed.take() {
                watch.missed();
            }
            self.step(&mut watch, batch, is_last, now);
            if is_last {
                return (self.after)(true);
            }
            if tidied.is_none_or(|at| boot.saturating_sub(at) >= TIDY) {
                tidied = Some(boot);
                self.tidy(now);
            }
            (self.after)(false);
        }
    }

    fn step(&self, watch: &mut Watch, batch: Vec<Job>, is_last: bool, now: Timestamp) {
        let watched = watch.due(is_last);
        if batch.is_empty() && watched.is_none() {
            return;
        }
        let (deliveries, answers): (Vec<Delivery>, Vec<_>) =
            batch.into_iter().map(|job| (job.delivery, job.answer)).unzip();
        match self.inbox.take(&deliveries, watched, now) {
            Ok(Received { taken, dropped }) => {
                add(&self.counts.lost, dropped);
                if let Some(watched) = watched {
                    watch.noted(watched);
                    self.counts.beat.store(now.as_second(), Ordering::Relaxed);
                }
                self.count(&deliveries, &taken);
                for (answer, taken) in answers.into_iter().zip(taken) {
                    // Who does not wait any more asks again, and is told that it is a replay.
                    let _ = answer.send(Some(taken));
                }
            }
            Err(error) => {
                tracing::error!(%error, "nothing can be kept; senders are told to try again");
                watch.missed();
                for answer in answers {
                    let _ = answer.send(None);
                }
            }
        }
    }

    fn count(&self, deliveries: &[Delivery], taken: &[Taken]) {
        let mut is_forward = false;
        for (delivery, taken) in deliveries.iter().zip(taken) {
            if *taken == Taken::Replayed {
                add(&self.counts.replayed, 1);
                continue;
            }
            add(&self.counts.accepted, delivery.events.len() as u64);
            add(&self.counts.unmapped, delivery.unmapped.len() as u64);
            is_forward |= delivery.parcel.is_some();
            for kind in &delivery.unmapped {
                tracing::warn!(%kind, "a kind that nobody knows: [listen] kinds can name it");
            }
            for event in &delivery.events {
                let key = event.key.as_ref().map_or_else(String::new, |k| last_four(k.raw()));
                tracing::info!(kind = ?event.kind, key, "heard");
            }
        }
        if let (true, Some(wake)) = (is_forward, &self.wake) {
            // Nobody there: it is ending.
            let _ = wake.send(());
        }
    }

    fn tidy(&self, now: Timestamp) {
        match self.inbox.tidy(now) {
            Ok(0) => {}
            Ok(dropped) => {
                add(&self.counts.lost, dropped);
                tracing::error!(dropped, "webhooks that could not be passed on in time are lost");
            }
            Err(error) => tracing::warn!(%error, "what is old can't be forgotten"),
        }
    }
}

/// As much of a key as a log may hold (SAFETY.md section 5).
fn last_four(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    let from = chars.len().saturating_sub(4);
    let shown: String = chars[from..].iter().collect();
    format!("…{}", crate::domain::text::visible(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_gap_is_a_gap_whatever_made_it() {
        let sec = Duration::from_secs;
        // Wall and boot time of the turns, and from when on the last one says it listened.
        for (turns, missed, from) in [
            (vec![(1, 1), (2, 2), (3, 3)], false, Some(0)),
            (vec![(1, 1), (62, 21), (63, 22)], false, Some(63)),
            (vec![(1, 1), (-3600, 2)], false, Some(-3600)),
            (vec![(1, 1), (600, 600)], false, Some(600)),
            (vec![(1, 1), (4, 2)], false, Some(0)),
            (vec![(1, 1), (2, 2)], true, Some(2)),
        ] {
            let mut watch = Watch::new(sec(60), at(0), sec(0));
            watch.noted((at(0), at(0)));
            for (wall, boot) in &turns {
                watch.turn(at(*wall), sec(*boot));
            }
            if missed {
                watch.missed();
            }
            let due = watch.due(true).map(|w| w.0);
            assert_eq!(due, from.map(at), "{turns:?}");
        }
    }

    #[test]
    fn it_is_noted_as_often_as_it_should_be() {
        let sec = Duration::from_secs;
        let mut watch = Watch::new(sec(10), at(0), sec(0));
        watch.noted((at(0), at(0)));
        let mut noted = Vec::new();
        for n in 1..=25_u32 {
            watch.turn(at(n.into()), sec(n.into()));
            if let Some(watched) = watch.due(false) {
                noted.push(n);
                watch.noted(watched);
            }
        }
        assert_eq!(noted, [10, 20]);
        assert_eq!(watch.due(true), Some((at(0), at(25))));
    }
}
