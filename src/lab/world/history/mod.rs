//! What happens when: a calendar of happenings, thrown day by day.
//!
//! Must not do: break the rules of the systems; it only decides what people and boxes do.

mod day;
mod people;

use jiff::Timestamp;

use super::World;
use super::{EXCLUSION_DAYS, clock};

/// Something that will happen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Task {
    /// A day begins: what happens on it is thrown.
    Day,
    /// The ACS's daily synchronisation.
    AcsSync,
    /// Somebody at the Provider starts its synchronisation.
    ProviderSync,
    /// The ACS's mass exclusion runs.
    Exclude,
    /// A box calls home that the ACS does not list.
    Call(String),
    /// A technician installs a box.
    Install,
    /// Somebody unplugs a box for good.
    Silence,
    /// Somebody deletes a device in the ACS.
    Delete,
    /// A customer gets another box.
    Swap,
    /// A contract is blocked.
    Block,
    /// The contract of this login is paid.
    Unblock(u64),
    /// Somebody unlinks a device by mistake.
    Unlink,
    /// An update makes a box spell its serial in the other way.
    Respell,
    /// Somebody enters an ONU twice.
    EnterTwice,
    /// A box is set up with another login than the one it has in the Provider.
    Misconfigure,
    /// Somebody notices that something is wrong with this box, and puts it right.
    Repair(String),
    /// The customer of an entry that never called home gives up.
    GiveUp(u64),
}

/// When the ACS synchronises, local time (R1: daily, at dawn).
const DAWN: i64 = 3;
/// When the mass exclusion runs, local time.
const EXCLUSION_HOUR: i64 = 4;
/// One nightly synchronisation in so many fails.
const FAILS_ONCE_IN: usize = 60;

impl World {
    pub(super) fn plan_at(&mut self, at: Timestamp, task: Task) {
        self.planned += 1;
        self.calendar.insert((at.max(self.now), self.planned), task);
    }

    /// The first entries of the calendar. The Provider synchronises about weekly and the mass
    /// exclusion runs weekly, some days later: what it takes is then pending for a while.
    pub(super) fn begin(&mut self) {
        let end = self.plan.end;
        self.plan_at(self.start, Task::Day);
        self.plan_at(clock::next_hour(self.start, DAWN), Task::AcsSync);
        let week = clock::days(7);
        let exclusion = clock::next_hour(clock::after(end, -clock::days(3)), EXCLUSION_HOUR);
        let purge =
            clock::after(exclusion, -clock::days(1) - clock::hours(self.dice.between(0, 8)));
        let lived = clock::days(i64::from(self.plan.days));
        for weeks in 0..=lived / week {
            let back = -weeks * week;
            self.plan_in_life(clock::after(exclusion, back), Task::Exclude);
            let jitter = if weeks == 0 { 0 } else { clock::hours(self.dice.between(-60, 20)) };
            self.plan_in_life(clock::after(purge, back + jitter), Task::ProviderSync);
        }
    }

    /// Only what is between the beginning and the end; later ones are planned one by one.
    fn plan_in_life(&mut self, at: Timestamp, task: Task) {
        if at > self.start && at <= self.plan.end {
            self.plan_at(at, task);
        }
    }

    pub(super) fn run(&mut self, task: Task) {
        match task {
            Task::Day => self.begin_day(),
            Task::AcsSync => self.nightly_sync(),
            Task::ProviderSync => {
                self.synchronise_provider();
                self.plan_next_week(Task::ProviderSync);
            }
            Task::Exclude => {
                self.exclude(EXCLUSION_DAYS);
                self.plan_next_week(Task::Exclude);
            }
            Task::Call(serial) => self.register(&serial),
            Task::Install => self.install(),
            Task::Silence => self.somebody_unplugs(),
            Task::Delete => self.somebody_deletes(),
            Task::Swap => self.somebody_swaps(),
            Task::Block => self.somebody_is_blocked(),
            Task::Unblock(login) => {
                self.set_active(login, true);
            }
            Task::Unlink => self.somebody_unlinks(),
            Task::Respell => self.some_box_respells(),
            Task::EnterTwice => self.somebody_enters_twice(),
            Task::Misconfigure => self.somebody_misconfigures(),
            Task::Repair(serial) => self.repair(&serial),
            Task::GiveUp(login) => {
                self.set_active(login, false);
            }
        }
    }

    fn nightly_sync(&mut self) {
        if self.dice.below(FAILS_ONCE_IN) == 0 {
            self.acs.last_error = Some("connection timed out".to_owned());
        } else {
            self.synchronise_acs();
        }
        self.plan_at(clock::next_hour(self.now, DAWN), Task::AcsSync);
    }

    /// After the end of the history the weekly tasks plan themselves.
    fn plan_next_week(&mut self, task: Task) {
        if self.calendar.values().any(|planned| *planned == task) {
            return;
        }
        let next = clock::after(self.now, clock::days(7));
        self.plan_at(next, task);
    }
}
