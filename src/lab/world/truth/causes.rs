//! The causes in CAUSES.md's order, the first that holds wins.
//!
//! Must not do: guess. How a device left comes from the world's past.

use jiff::{SignedDuration, Timestamp};

use super::super::past::Left;
use super::Difference;
use super::scene::{Bucket, Scene};

/// A difference by the records' numbers.
pub(super) struct Found {
    pub cause: &'static str,
    pub acs: Vec<usize>,
    pub provider: Vec<usize>,
    pub since: Timestamp,
}

/// Records that no difference has taken yet.
pub(super) struct Open {
    acs: Vec<bool>,
    provider: Vec<bool>,
}

impl Open {
    fn of(scene: &Scene<'_>) -> Self {
        let acs = scene.of_devices.iter().map(|bucket| match bucket {
            Bucket::Left => true,
            Bucket::Paired(p) => !scene.entries[*p].is_counted(),
            Bucket::Group(_) => false,
        });
        let provider = scene.of_entries.iter().map(|bucket| *bucket == Bucket::Left);
        Self { acs: acs.collect(), provider: provider.collect() }
    }

    pub(super) fn acs<'s>(
        &'s self,
        fits: impl Fn(usize) -> bool + 's,
    ) -> impl Iterator<Item = usize> + 's {
        let open = self.acs.iter().enumerate().filter(|(_, open)| **open).map(|(a, _)| a);
        open.filter(move |a| fits(*a))
    }

    pub(super) fn has_acs(&self, a: usize) -> bool {
        self.acs[a]
    }

    pub(super) fn has_counted(&self, scene: &Scene<'_>, p: usize) -> bool {
        self.provider[p] && scene.entries[p].is_counted()
    }

    pub(super) fn take_acs(&mut self, a: usize) {
        self.acs[a] = false;
    }

    pub(super) fn take(&mut self, a: usize, p: usize) {
        self.acs[a] = false;
        self.provider[p] = false;
    }
}

impl Scene<'_> {
    /// Every difference of the present, and what drifts.
    pub(super) fn explained(&self) -> Vec<Found> {
        let mut found: Vec<Found> = self.groups.iter().map(|g| self.duplicate(g)).collect();
        let mut open = Open::of(self);
        found.extend(self.couples(&mut open));
        for a in open.acs(|_| true) {
            let (cause, since) = self.on_acs(a);
            let provider = self.entry_of(a).into_iter().collect();
            found.push(Found { cause, acs: vec![a], provider, since });
        }
        for p in (0..self.entries.len()).filter(|p| open.has_counted(self, *p)) {
            let (cause, since) = self.on_provider(p);
            found.push(Found { cause, acs: Vec::new(), provider: vec![p], since });
        }
        for (a, p) in self.matched().filter(|(a, p)| self.drifts(*a, *p)) {
            let since = self.devices[a].registered.max(self.entry_since(p));
            found.push(Found { cause: "field-drift", acs: vec![a], provider: vec![p], since });
        }
        found
    }

    /// Since the second of its records came.
    fn duplicate(&self, group: &super::scene::Group) -> Found {
        let devices = group.acs.iter().map(|a| self.devices[*a].registered);
        let mut times: Vec<Timestamp> =
            devices.chain(group.provider.iter().map(|p| self.entry_since(*p))).collect();
        times.sort_unstable();
        let since = times.last().copied().unwrap_or(self.now);
        let (acs, provider) = (group.acs.clone(), group.provider.clone());
        Found { cause: "duplicate", acs, provider, since }
    }

    /// A device that the Provider does not count.
    fn on_acs(&self, a: usize) -> (&'static str, Timestamp) {
        let device = &self.devices[a];
        let entry = self.entry_of(a);
        let entry_since = entry.map_or(self.start, |p| self.entry_since(p));
        let since = device.registered.max(entry_since);
        let fits = self.fits(a);
        let linked = entry.and_then(|p| self.entries[p].login.map(|_| self.entries[p].active));
        let only_inactive = matches!(fits[..], [only] if !self.logins[only].active);
        if linked == Some(false) || only_inactive {
            return ("inactive-login", since.max(self.blocked_since(a, &fits)));
        }
        if let Some((at, Left::ByHand)) = self.past.departure(&device.identity)
            && at < device.registered
        {
            return ("returned", since);
        }
        let active = fits.iter().filter(|l| self.logins[**l].active).count();
        let is_new = self.last_sync.is_none_or(|sync| device.registered > sync);
        let cause = if active == 1 && is_new { "awaiting-sync" } else { "unlinked-login" };
        (cause, since)
    }

    fn blocked_since(&self, a: usize, fits: &[usize]) -> Timestamp {
        let linked = self.entry_of(a).and_then(|p| self.entries[p].login);
        let login = linked.or_else(|| fits.first().map(|l| self.logins[*l].id));
        let changed = login.and_then(|id| self.past.changed.get(&format!("login-{id}")));
        changed.copied().unwrap_or(self.start)
    }

    /// The logins that fit a device and that no counted entry holds.
    fn fits(&self, a: usize) -> Vec<usize> {
        let own = self.entry_of(a).and_then(|p| self.entries[p].login);
        let own = own.and_then(|id| self.logins.iter().position(|l| l.id == id));
        let mut fits: Vec<usize> =
            own.into_iter().chain(self.logins_like(&self.devices[a].identity)).collect();
        fits.sort_unstable();
        fits.dedup();
        let held = |l: &usize| {
            let login = &self.logins[*l];
            self.entries_like(&login.name)
                .any(|p| self.entries[p].login == Some(login.id) && self.entries[p].is_counted())
        };
        fits.retain(|l| !held(l));
        fits
    }

    /// A counted entry whose device the ACS does not hold.
    fn on_provider(&self, p: usize) -> (&'static str, Timestamp) {
        match self.past.departure(&self.entries[p].identity) {
            Some((at, Left::ByHand)) => ("lost-webhook", at),
            Some((at, Left::Excluded)) => ("pending-purge", at),
            None if self.is_listed(p) => ("unexplained", self.entry_since(p)),
            None => ("never-seen", self.entry_since(p)),
        }
    }

    /// Does the ACS list its identity after all?
    fn is_listed(&self, p: usize) -> bool {
        let theirs = &self.entries[p].identity;
        self.devices.iter().any(|d| {
            let same = theirs.serial.is_some() && theirs.serial == d.identity.serial;
            same || (!theirs.serials_differ(&d.identity) && theirs.shares_mac(&d.identity))
        })
    }

    /// Does a field of a matched pair differ, where both sides have it?
    fn drifts(&self, a: usize, p: usize) -> bool {
        let (device, entry) = (&self.devices[a], &self.entries[p]);
        let (mine, theirs) = (&device.identity, &entry.identity);
        let logins = mine.login.is_some() && theirs.login.is_some() && !mine.same_login(theirs);
        logins || mine.macs_differ(theirs) || models_differ(&device.model, &entry.model)
    }

    /// Deleted by hand within a day, and gone from both sides.
    pub(super) fn deleted_by_hand(&self) -> Vec<Difference> {
        const DAY: SignedDuration = SignedDuration::from_hours(24);
        let recent = self.past.deletions.iter().filter(|d| self.now.duration_since(d.at) <= DAY);
        let gone = recent.filter(|d| {
            let was_there = self.now.duration_since(d.registered) > DAY;
            let keys = || d.identity.keys().iter();
            let in_acs =
                self.devices.iter().any(|x| keys().any(|k| x.identity.all_keys().any(|o| o == k)));
            let listed =
                self.entries.iter().any(|e| keys().any(|k| e.identity.all_keys().any(|o| o == k)));
            was_there && !in_acs && !listed
        });
        let told = |d: &super::super::past::Deletion| Difference {
            cause: "manual-delete",
            acs: vec![d.serial.clone()],
            provider: d.entries.clone(),
            counted: 0,
            since: d.at,
        };
        let mut found: Vec<Difference> = gone.map(told).collect();
        found.sort_by(|x, y| (&x.acs, x.since).cmp(&(&y.acs, y.since)));
        found.dedup_by(|x, y| x.acs == y.acs);
        found
    }
}

/// Letters and digits only; equal when one contains the other.
fn models_differ(ours: &str, written: &str) -> bool {
    let bare = |s: &str| -> String {
        s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (ours, written) = (bare(ours), bare(written));
    !ours.is_empty() && !written.is_empty() && !ours.contains(&written) && !written.contains(&ours)
}
