//! Days that pass in no time: a clock that moves when somebody waits.

use std::sync::Mutex;

use super::*;
use crate::app::exit::Signal;
use crate::app::testing::network_settings;

/// A clock that waiting moves.
struct Moving(Mutex<(Timestamp, Duration)>);

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}

impl Moving {
    fn pass(&self, time: Duration) {
        let mut now = self.0.lock().unwrap();
        now.0 = now.0.checked_add(time).unwrap();
        now.1 += time;
    }

    /// The wall clock alone.
    fn set(&self, at: Timestamp) {
        self.0.lock().unwrap().0 = at;
    }
}

/// Runs that end with these codes, and then well; each takes four minutes.
struct Played<'a> {
    clock: &'a Moving,
    codes: Mutex<Vec<u8>>,
    made: Mutex<Vec<(Timestamp, bool)>>,
    remembered: Mutex<Option<Timestamp>>,
}

impl Runs for Played<'_> {
    fn last(&self, _: Timestamp) -> Option<Timestamp> {
        *self.remembered.lock().unwrap()
    }

    fn make(&self, is_last: bool) -> u8 {
        self.made.lock().unwrap().push((self.clock.now(), is_last));
        self.clock.pass(Duration::from_secs(240));
        let mut codes = self.codes.lock().unwrap();
        if codes.is_empty() { 3 } else { codes.remove(0) }
    }

    fn made(&self, began: Timestamp) {
        *self.remembered.lock().unwrap() = Some(began);
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What is made from `from` on for so many days; 07:00 in Sao Paulo is 10:00Z, without jitter.
fn made(
    from: &str,
    days: u64,
    codes: &[u8],
    happens: &dyn Fn(&Moving, &Played<'_>),
) -> Vec<(String, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = network_settings(folder.path(), "good.test", "");
    settings.listen.schedule_jitter = crate::config::Period::seconds(0);
    let timetable = Timetable::of(&settings, "jump").unwrap();
    let clock = Moving(Mutex::new((at(from), Duration::ZERO)));
    let runs = Played {
        clock: &clock,
        codes: Mutex::new(codes.to_vec()),
        made: Mutex::default(),
        remembered: Mutex::default(),
    };
    let stop = Stop::default();
    let wait = |time: Duration| {
        assert!(time <= LOOK, "nobody would notice a clock that is set: {time:?}");
        clock.pass(time.max(Duration::from_millis(1)));
        happens(&clock, &runs);
        if clock.monotonic() > Duration::from_secs(days * 86_400) {
            stop.ask_as(Signal::Terminate);
        }
    };
    keep(&timetable, &Waiting { clock: &clock, wait: &wait, stop: &stop }, &runs);
    let made = runs.made.into_inner().unwrap();
    made.into_iter().map(|(at, last)| (at.strftime("%d %H:%M").to_string(), last)).collect()
}

fn times(made: &[(String, bool)]) -> Vec<&str> {
    made.iter().map(|(at, _)| at.as_str()).collect()
}

#[test]
fn a_run_a_day_and_one_at_once_where_none_was_ever_made() {
    let made = made("2026-11-26T15:00:00Z", 3, &[], &|_, _| {});
    assert_eq!(times(&made), ["26 15:00", "27 10:00", "28 10:00", "29 10:00"]);
    assert!(made.iter().all(|(_, last)| !last));
}

#[test]
fn a_list_that_can_t_be_read_is_tried_again_and_then_told() {
    let failed = made("2026-11-26T09:59:00Z", 1, &[3, 6, 6, 6, 6], &|_, _| {});
    // The first is the one that was never made; each attempt takes four minutes.
    assert_eq!(times(&failed), ["26 09:59", "26 10:03", "26 10:17", "26 10:51", "26 11:55"]);
    let told: Vec<bool> = failed.iter().map(|(_, last)| *last).collect();
    assert_eq!(told, [false, false, false, false, true]);
    let recovered = made("2026-11-26T15:00:00Z", 1, &[6, 3], &|_, _| {});
    assert_eq!(times(&recovered), ["26 15:00", "26 15:14", "27 10:00"]);
    // What trying again can't help is left for the next day.
    let refused = made("2026-11-26T15:00:00Z", 1, &[7], &|_, _| {});
    assert_eq!(times(&refused), ["26 15:00", "27 10:00"]);
}

#[test]
fn no_attempt_begins_while_the_systems_synchronise() {
    // 02:00 to 06:00 is 05:00Z to 09:00Z.
    let made = made("2026-11-26T04:50:00Z", 1, &[6], &|_, _| {});
    assert_eq!(times(&made), ["26 04:50", "26 09:00", "26 10:00"]);
}

#[test]
fn a_run_that_another_process_made_is_not_made_again() {
    let other = |clock: &Moving, runs: &Played<'_>| {
        if clock.now() >= at("2026-11-27T09:59:30Z") {
            let mut known = runs.remembered.lock().unwrap();
            *known = (*known).max(Some(at("2026-11-27T10:00:00Z")));
        }
    };
    let made = made("2026-11-26T15:00:00Z", 2, &[], &other);
    assert_eq!(times(&made), ["26 15:00", "28 10:00"]);
}

#[test]
fn a_machine_that_slept_makes_one_run_and_a_clock_set_back_none() {
    let slept = |clock: &Moving, _: &Played<'_>| {
        if clock.now() > at("2026-11-26T20:00:00Z") && clock.now() < at("2026-11-27T00:00:00Z") {
            clock.set(at("2026-11-29T12:00:00Z"));
        }
    };
    let after_sleep = made("2026-11-26T15:00:00Z", 2, &[], &slept);
    assert_eq!(times(&after_sleep), ["26 15:00", "29 12:00", "30 10:00"]);
    let back = std::cell::Cell::new(false);
    let set = |clock: &Moving, _: &Played<'_>| {
        if !back.get() && clock.now() > at("2026-11-27T10:30:00Z") {
            back.set(true);
            clock.set(at("2026-11-27T09:30:00Z"));
        }
    };
    let set_back = made("2026-11-26T15:00:00Z", 2, &[], &set);
    assert_eq!(times(&set_back), ["26 15:00", "27 10:00", "28 10:00"]);
}
