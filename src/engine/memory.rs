//! What is remembered of devices that the ACS no longer holds, and how each of them left.
//!
//! Must not do: conclude anything from a Partial snapshot.

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, CoverageKind, Event, EventKind, Serial};
use crate::engine::baseline::{Baseline, PreviousSide, Removal, Tombstone};
use crate::engine::happenings::Happenings;
use crate::engine::pairing::{Identity, Pairing};
use crate::engine::rules::Rules;
use crate::engine::scene::Before;
use crate::engine::tombstones::{FoundBy, Stones};

/// Devices that left, found by identity. The newest memory of each device comes first.
#[derive(Debug)]
pub struct Memory<'a> {
    /// Those that left since the baseline.
    pub departed: Vec<Tombstone>,
    /// What these are found by.
    found_by: FoundBy,
    older: Stones<'a>,
}

impl<'a> Memory<'a> {
    /// Joins this run's departures, judged already, with older tombstones.
    #[must_use]
    pub fn of(departures: Vec<(Tombstone, Identity)>, older: Stones<'a>) -> Self {
        let (departed, identities): (Vec<_>, Vec<_>) = departures.into_iter().unzip();
        let found_by = FoundBy::new(&departed, identities);
        Self { departed, found_by, older }
    }

    /// Those that left since the baseline.
    fn newer(&self) -> Stones<'_> {
        Stones { all: &self.departed, found_by: &self.found_by }
    }

    /// Those that left since the baseline, with their identities.
    pub fn departures(&self) -> impl Iterator<Item = (&Tombstone, &Identity)> {
        self.newer().identified()
    }

    /// The device with this identity that left: by its serial, else, where one of the two
    /// has none, by a MAC; `id` is its id in the ACS, where known.
    #[must_use]
    pub fn find(&self, identity: &Identity, id: Option<&str>) -> Option<&Tombstone> {
        let stones = [self.newer(), self.older];
        let by_id = || stones.iter().find_map(|stones| stones.with_id(id?));
        let by_serial = || {
            let serial = identity.serial.as_ref()?;
            stones.iter().find_map(|stones| stones.with_serial(serial))
        };
        let by_mac = || {
            let first = |mac| stones.iter().find_map(|stones| stones.with_mac(mac));
            let mut found = identity.all_macs().filter_map(first);
            found.find(|(_, left)| !left.serials_differ(identity)).map(|(stone, _)| stone)
        };
        by_id().or_else(by_serial).or_else(by_mac)
    }

    /// The same, where it left since the baseline.
    #[must_use]
    pub fn find_departed(&self, identity: &Identity, id: Option<&str>) -> Option<&Tombstone> {
        let found = self.find(identity, id)?;
        self.departed.as_ptr_range().contains(&std::ptr::from_ref(found)).then_some(found)
    }

    /// Devices that left with this login and are not known to be another: where a list shows no
    /// MACs, the login is all that had paired them.
    pub fn with_login<'m>(
        &'m self,
        identity: &'m Identity,
    ) -> impl Iterator<Item = (&'m Tombstone, &'m Identity)> {
        let logins = identity.login.iter();
        let stones = [self.newer(), self.older];
        let left = logins.flat_map(move |login| {
            stones.into_iter().flat_map(move |stones| stones.with_login(login))
        });
        left.filter(|(_, left)| !left.serials_differ(identity) && !left.macs_disagree(identity))
    }
}

/// The current state, as far as judging departures needs it.
pub struct Now<'a> {
    /// ACS devices now.
    pub acs: &'a [AcsDevice],
    /// When the ACS was read.
    pub at: Timestamp,
    /// Identities of both.
    pub pairing: &'a Pairing,
    /// The Provider as the baseline held it.
    pub before: &'a Before<'a>,
    /// Events.
    pub happenings: &'a Happenings<'a>,
    /// Settings.
    pub rules: &'a Rules,
}

/// How each of the devices left that the previous complete snapshot held and this complete
/// one lacks.
#[must_use]
pub fn departures(
    left: Vec<(AcsDevice, Identity)>,
    baseline: &Baseline,
    now: &Now<'_>,
) -> Vec<(Tombstone, Identity)> {
    let (Some(previous), false) = (&baseline.acs, left.is_empty()) else { return Vec::new() };
    let still_listed = now.pairing.provider_listed();
    let leavers: Vec<Leaver> = left
        .into_iter()
        .map(|(device, identity)| Leaver {
            named: named_removal(&device, &identity, previous, now),
            still_listed: still_listed.holds(&identity),
            was_listed: now.before.find(&identity).is_some(),
            device,
            identity,
        })
        .collect();
    let (seen, missed) = (previous.fetched_at, now.at);
    let criterion = Criterion::learn(&leavers, seen, now);
    let judged = leavers.into_iter().map(|leaver| {
        let removal = leaver.named.unwrap_or_else(|| judge(&leaver, seen, now, &criterion));
        let stone = Tombstone { device: leaver.device, seen, missed, removal, cohort: 1 };
        (stone, leaver.identity)
    });
    let mut stones: Vec<(Tombstone, Identity)> = judged.collect();
    let mut sizes: HashMap<Removal, u32> = HashMap::new();
    for (stone, _) in &stones {
        *sizes.entry(stone.removal).or_default() += 1;
    }
    for (stone, _) in &mut stones {
        stone.cohort = sizes[&stone.removal];
    }
    stones.sort_by(|(x, _), (y, _)| x.device.id.cmp(&y.device.id));
    stones
}

/// A device that left, and what the Provider did with its entry.
struct Leaver {
    device: AcsDevice,
    identity: Identity,
    /// How it left, where an event names it.
    named: Option<Removal>,
    still_listed: bool,
    was_listed: bool,
}

/// The devices of the previous complete snapshot whose ids the present one lacks.
#[derive(Debug, Default)]
pub struct Missing {
    /// They left. Nobody has of a Partial list.
    pub left: Vec<(AcsDevice, Identity)>,
    /// How many of a serial are there under another id (another product class): they have neither
    /// left nor arrived.
    pub moved: HashMap<Serial, u32>,
}

impl Missing {
    /// Looks for them.
    #[must_use]
    pub fn of(
        baseline: &Baseline,
        acs: &AnySnapshot<AcsDevice>,
        pairing: &Pairing,
        rules: &Rules,
    ) -> Self {
        let mut missing = Self::default();
        let Some(previous) = &baseline.acs else { return missing };
        let listed = pairing.acs_listed();
        for device in without_id(previous, acs.records()) {
            let identity = pairing.then(Identity::of_acs(device, rules));
            match identity.serial.as_ref().filter(|s| listed.holds_serial(s)) {
                Some(serial) => *missing.moved.entry(serial.clone()).or_default() += 1,
                None if acs.is_complete() => missing.left.push((device.clone(), identity)),
                None => {}
            }
        }
        missing
    }
}

/// Those of the devices then whose ids no device now has. The few ids that are asked for are
/// the table, and the list walks by: without what is unchanged, whose ids none of these have.
fn without_id<'a>(
    then: &'a PreviousSide<AcsDevice>,
    now: &[AcsDevice],
) -> impl Iterator<Item = &'a AcsDevice> {
    let mut ids: HashSet<&str> = then.records.iter().map(|d| d.id.raw()).collect();
    for place in then.changed(now.len()) {
        ids.remove(now[place].id.raw());
    }
    then.records.iter().filter(move |d| ids.contains(d.id.raw()))
}

/// The latest event in the interval that names the device says how it left.
fn named_removal(
    device: &AcsDevice,
    identity: &Identity,
    previous: &PreviousSide<AcsDevice>,
    now: &Now<'_>,
) -> Option<Removal> {
    let events = now.happenings.naming(identity, Some(device.id.raw()));
    let mut inside =
        events.iter().rev().filter(|e| previous.fetched_at < e.time && e.time <= now.at);
    inside.find_map(|e| match e.kind {
        EventKind::DeviceDeleted => Some(Removal::ByHand),
        EventKind::MassExclusion => Some(Removal::MassExclusion),
        EventKind::DeviceAdded | EventKind::AcsSync | EventKind::ProviderSync => None,
    })
}

/// No event names it: what the coverage, the criterion and the Provider's side suggest.
fn judge(leaver: &Leaver, from: Timestamp, now: &Now<'_>, criterion: &Criterion) -> Removal {
    let watched = now.happenings.coverage(from, now.at);
    let unheard =
        watched.is_some() && !now.happenings.maybe_deleted(&leaver.identity, from, now.at);
    let mut exclusions = now.happenings.exclusions(from, now.at);
    let excluded = exclusions.any(|e| would_take(e, &leaver.device, now.rules));
    if unheard || excluded || criterion.fits(&leaver.device, now.at) {
        return Removal::MassExclusionLikely;
    }
    let left_both = leaver.was_listed && !leaver.still_listed;
    if left_both && watched != Some(CoverageKind::Complete) {
        return Removal::ByHandLikely;
    }
    Removal::Unknown
}

/// The mass exclusion's criterion: days without contact, known or learned.
struct Criterion {
    /// Devices silent for at least this long at the end of the interval were taken.
    silent_seconds: Option<i64>,
}

/// A learned criterion below this is no criterion: boxes are silent for days all the time.
const LEARNED_DAYS_MIN: i64 = 7;

/// So many that left together make a cohort.
const COHORT_MIN: usize = 2;

const DAY_SECONDS: i64 = 86_400;

impl Criterion {
    /// Known from the settings; else learned from a gap: several left, and all of them had
    /// been silent for longer than anybody who stayed. Others may have left in the same
    /// interval for another reason, and are not explained by it.
    fn learn(leavers: &[Leaver], from: Timestamp, now: &Now<'_>) -> Self {
        let age = |d: &AcsDevice| d.last_inform.map(|t| now.at.as_second() - t.as_second());
        let stayed = now.acs.iter().filter_map(age).max().unwrap_or(0);
        let known = now.rules.mass_exclusion_days.map(|days| i64::from(days) * DAY_SECONDS);
        let floor = known.unwrap_or_else(|| stayed.max(LEARNED_DAYS_MIN * DAY_SECONDS));
        let unexplained = leavers.iter().filter(|l| l.named.is_none() && l.still_listed);
        let fitting = unexplained.filter_map(|l| age(&l.device)).filter(|&a| a >= floor).count();
        // One is enough where an exclusion is known to have run, or the criterion is known
        // and nobody who fits it stayed.
        let ran = now.happenings.exclusions(from, now.at).next().is_some();
        let one_is_enough = ran || known.is_some_and(|floor| stayed < floor);
        let enough = fitting >= COHORT_MIN || (fitting == 1 && one_is_enough);
        Self { silent_seconds: enough.then_some(floor) }
    }

    fn fits(&self, device: &AcsDevice, at: Timestamp) -> bool {
        match (self.silent_seconds, device.last_inform) {
            (Some(floor), Some(last)) => at.as_second() - last.as_second() >= floor,
            _ => false,
        }
    }
}

/// Had the device been silent for `days` at `at`?
#[must_use]
pub fn silent_for(device: &AcsDevice, at: Timestamp, days: u32) -> bool {
    let floor = i64::from(days) * DAY_SECONDS;
    device.last_inform.is_some_and(|last| at.as_second() - last.as_second() >= floor)
}

/// Would a mass exclusion that names nobody have taken this device: does it fit the criterion
/// of the settings, or of the event's remark?
#[must_use]
pub fn would_take(exclusion: &Event, device: &AcsDevice, rules: &Rules) -> bool {
    let remark = exclusion.note.as_ref().and_then(|n| criterion_days(n.raw()));
    let days = rules.mass_exclusion_days.or(remark);
    days.is_some_and(|days| silent_for(device, exclusion.time, days))
}

/// Days of silence that an event's remark names as the criterion (`90 days without contact`).
fn criterion_days(remark: &str) -> Option<u32> {
    let lower = remark.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    words.windows(2).find_map(|pair| {
        let is_days = matches!(pair[1], "day" | "days" | "dia" | "dias" | "d");
        if is_days { pair[0].parse().ok() } else { None }
    })
}
