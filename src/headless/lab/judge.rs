//! Findings beside what really happened: how many causes are right, which are mistaken for which.
//!
//! Must not do: look into a world, or print.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::engine::{Cause, Evidence, Reconciliation, Strength};
use crate::lab::world::Truth;

/// What a record is called that is in no difference.
pub const NOTHING: &str = "nothing";

/// Its entry is told as it was: by now it may be another device's.
const GONE: &str = "manual-delete";

/// Misjudged records that are told one by one.
const TOLD_MOST: usize = 200;

/// Parts that scores between 0 and 1 are told in.
pub const SCORE_PARTS: usize = 5;

/// How often a cause was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfCause {
    /// Records of which it is true.
    pub truly: u64,
    /// Records of which it was said.
    pub said: u64,
    /// Both.
    pub right: u64,
}

/// One record that was misjudged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Misjudged {
    /// Whose world.
    pub seed: u64,
    /// When, in the world's time.
    pub day: String,
    /// The record: `A ` and an id of the ACS, or `P ` and one of the Provider.
    pub key: String,
    /// The true cause.
    pub truth: &'static str,
    /// The cause said.
    pub said: &'static str,
    /// Was it said to be proven?
    pub proven: bool,
    /// What was said to show it: kinds of evidence, with their times.
    pub evidence: Vec<String>,
}

/// Everything counted, over days and worlds. A device is one record of one side on one day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Days judged.
    pub runs: u64,
    /// Records with a true cause, or wrongly given one.
    pub of: u64,
    /// Those whose cause is right.
    pub right: u64,
    /// Findings' records proven for a cause that is not the truth.
    pub proven_wrong: u64,
    /// Days on which a sum did not balance, or did not count what there is.
    pub unbalanced: u64,
    /// By true cause and cause said.
    pub confusion: BTreeMap<(&'static str, &'static str), u64>,
    /// By cause.
    pub causes: BTreeMap<&'static str, OfCause>,
    /// Inferred records by part of their score: right, and all.
    pub inferred: [(u64, u64); SCORE_PARTS],
    /// Proven records: right, and all.
    pub proven: (u64, u64),
    /// The first misjudged records.
    pub misjudged: Vec<Misjudged>,
}

struct Said<'a> {
    cause: &'static str,
    proven: bool,
    score: f64,
    evidence: &'a [Evidence],
}

impl Said<'_> {
    /// What shows it, for whoever looks into a mistake.
    fn shown(&self) -> Vec<String> {
        let at = |e: &Evidence| e.at.map(|at| format!(" {at}")).unwrap_or_default();
        self.evidence.iter().map(|e| format!("{}{}", e.kind.wire(), at(e))).collect()
    }
}

impl Tally {
    /// Judges one day. Without memory nothing can be said to have changed, so on a first day
    /// devices deleted by hand are not asked for.
    pub fn judge(&mut self, seed: u64, truth: &Truth, answer: &Reconciliation, is_first: bool) {
        let mut truly = truth_of(truth);
        if is_first {
            truly.retain(|_, cause| *cause != GONE);
        }
        let told = told(answer);
        self.runs += 1;
        for key in truly.keys().chain(told.keys().filter(|key| !truly.contains_key(*key))) {
            let want = truly.get(key).copied().unwrap_or(NOTHING);
            self.record((seed, truth, key.as_str()), want, told.get(key));
        }
        self.unbalanced += u64::from(!balances(truth, answer));
    }

    fn record(
        &mut self,
        (seed, truth, key): (u64, &Truth, &str),
        want: &'static str,
        said: Option<&Said<'_>>,
    ) {
        let got = said.map_or(NOTHING, |s| s.cause);
        let is_right = want == got;
        self.of += 1;
        self.right += u64::from(is_right);
        *self.confusion.entry((want, got)).or_default() += 1;
        if want != NOTHING {
            self.causes.entry(want).or_default().truly += 1;
        }
        if let Some(said) = said {
            let cause = self.causes.entry(got).or_default();
            cause.said += 1;
            cause.right += u64::from(is_right);
            let part =
                if said.proven { &mut self.proven } else { &mut self.inferred[part(said.score)] };
            part.0 += u64::from(is_right);
            part.1 += 1;
        }
        if !is_right {
            let proven = said.is_some_and(|s| s.proven);
            self.proven_wrong += u64::from(proven);
            let (day, key) = (truth.now.to_string(), key.to_owned());
            let evidence = said.map(Said::shown).unwrap_or_default();
            let (truth, said) = (want, got);
            self.misjudged.push(Misjudged { seed, day, key, truth, said, proven, evidence });
            self.trim();
        }
    }

    /// The proven ones are the worst, and are kept first.
    fn trim(&mut self) {
        if self.misjudged.len() > TOLD_MOST {
            let last_inferred = self.misjudged.iter().rposition(|m| !m.proven);
            self.misjudged.remove(last_inferred.unwrap_or(TOLD_MOST));
        }
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.of += other.of;
        self.right += other.right;
        self.proven_wrong += other.proven_wrong;
        self.unbalanced += other.unbalanced;
        for (pair, n) in other.confusion {
            *self.confusion.entry(pair).or_default() += n;
        }
        for (cause, n) in other.causes {
            let of = self.causes.entry(cause).or_default();
            of.truly += n.truly;
            of.said += n.said;
            of.right += n.right;
        }
        let (mine, theirs) = (self.inferred.iter_mut(), other.inferred);
        for (mine, theirs) in mine.zip(theirs).chain([(&mut self.proven, other.proven)]) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        for misjudged in other.misjudged {
            self.misjudged.push(misjudged);
            self.trim();
        }
    }

    /// Right of all; 1 where there is nothing to be wrong about.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        share(self.right, self.of)
    }

    /// Did every sum balance, on every day?
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.unbalanced == 0
    }
}

/// A part of a whole; 1 of nothing.
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts of devices
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Which part a score is in.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn part(score: f64) -> usize {
    // A score is between 0 and 1; anything else is held to it.
    ((score.clamp(0.0, 1.0) * SCORE_PARTS as f64) as usize).min(SCORE_PARTS - 1)
}

fn truth_of(truth: &Truth) -> BTreeMap<String, &'static str> {
    let mut causes = BTreeMap::new();
    for d in &truth.differences {
        causes.extend(d.acs.iter().map(|id| (format!("A {id}"), d.cause)));
        let entries = d.provider.iter().filter(|_| d.cause != GONE);
        causes.extend(entries.map(|id| (format!("P {id}"), d.cause)));
    }
    causes
}

fn told(answer: &Reconciliation) -> BTreeMap<String, Said<'_>> {
    let mut causes = BTreeMap::new();
    for f in &answer.findings {
        let acs = f.acs.iter().map(|d| format!("A {}", d.id.raw()));
        let entries = f.provider.iter().filter(|_| f.cause != Cause::ManualDelete);
        let entries = entries.filter_map(|r| r.device_id.as_ref());
        for key in acs.chain(entries.map(|id| format!("P {}", id.raw()))) {
            let proven = f.strength == Strength::Proven;
            let said =
                Said { cause: f.cause.wire(), proven, score: f.score, evidence: &f.evidence };
            causes.insert(key, said);
        }
    }
    causes
}

/// Both ledgers sum, and the counts are those of the world.
fn balances(truth: &Truth, answer: &Reconciliation) -> bool {
    let (ledger, since) = (&answer.between, &answer.since);
    let acs: u64 = ledger.rows.iter().map(|row| row.acs).sum();
    let provider: u64 = ledger.rows.iter().map(|row| row.provider).sum();
    let real = [truth.counts.acs, truth.counts.provider, truth.counts.matched];
    let sums = [ledger.matched + acs, ledger.matched + provider, ledger.matched];
    let changes = [&since.acs, &since.provider].into_iter().all(|side| {
        let change: i64 = side.rows.iter().map(|row| row.1).sum();
        side.then.is_none_or(|then| then.cast_signed() + change == side.now.cast_signed())
    });
    sums == real.map(|n| n as u64)
        && [ledger.acs, ledger.provider] == sums[..2]
        && [since.acs.now, since.provider.now] == sums[..2]
        && changes
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::app::testing::{finding, reconciliation};
    use crate::domain::{AcsDevice, Untrusted};
    use crate::engine::Finding;
    use crate::lab::world::{Counts, Difference};

    fn said(id: &str, cause: Cause, strength: Strength, score: f64) -> Finding {
        let acs = vec![AcsDevice { id: Untrusted::new(id), ..AcsDevice::default() }];
        Finding { acs, provider: vec![], strength, score, ..finding(cause) }
    }

    fn truth(differences: &[(&'static str, &str)]) -> Truth {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let difference = |(cause, id): &(&'static str, &str)| Difference {
            cause,
            acs: vec![(*id).to_owned()],
            provider: vec![],
            counted: 0,
            since: now,
        };
        let differences = differences.iter().map(difference).collect();
        Truth { now, counts: Counts::default(), differences }
    }

    #[test]
    fn counts_right_mistaken_missed_and_invented() {
        let truth = truth(&[
            ("unlinked-login", "right"),
            ("awaiting-sync", "mistaken"),
            ("returned", "missed"),
        ]);
        let answer = reconciliation(vec![
            said("right", Cause::UnlinkedLogin, Strength::Proven, 1.0),
            said("mistaken", Cause::UnlinkedLogin, Strength::Inferred, 0.7),
            said("invented", Cause::SwappedDevice, Strength::Proven, 1.0),
        ]);
        let mut tally = Tally::default();
        tally.judge(7, &truth, &answer, false);
        assert_eq!((tally.right, tally.of, tally.proven_wrong, tally.runs), (1, 4, 1, 1));
        assert!((tally.accuracy() - 0.25).abs() < 1e-9);
        let pairs: Vec<_> = tally.confusion.keys().copied().collect();
        assert_eq!(
            pairs,
            [
                ("awaiting-sync", "unlinked-login"),
                (NOTHING, "swapped-device"),
                ("returned", NOTHING),
                ("unlinked-login", "unlinked-login"),
            ]
        );
        let unlinked = OfCause { truly: 1, said: 2, right: 1 };
        assert_eq!(tally.causes["unlinked-login"], unlinked);
        assert_eq!((tally.inferred[3], tally.proven), ((0, 1), (1, 2)));
        let worst = tally.misjudged.iter().find(|m| m.proven).unwrap();
        assert_eq!((worst.seed, worst.key.as_str()), (7, "A invented"));
    }

    #[test]
    fn a_first_day_is_not_asked_for_what_left_before() {
        let gone = truth(&[(GONE, "gone")]);
        let mut tally = Tally::default();
        tally.judge(1, &gone, &reconciliation(vec![]), true);
        assert_eq!(tally.of, 0);
        tally.judge(1, &gone, &reconciliation(vec![]), false);
        assert_eq!((tally.of, tally.right), (1, 0));
    }

    #[test]
    fn two_tallies_add_up_and_the_worst_is_kept() {
        let day = |id: &str, strength| {
            let mut tally = Tally::default();
            let answer = reconciliation(vec![said(id, Cause::Returned, strength, 0.1)]);
            tally.judge(1, &truth(&[]), &answer, false);
            tally
        };
        let mut all = Tally::default();
        for n in 0..TOLD_MOST + 20 {
            all.add(day(&format!("{n}"), Strength::Inferred));
        }
        all.add(day("worst", Strength::Proven));
        assert_eq!((all.of, all.proven_wrong), (TOLD_MOST as u64 + 21, 1));
        assert_eq!(all.misjudged.len(), TOLD_MOST);
        assert!(all.misjudged.iter().any(|m| m.proven && m.key == "A worst"));
    }

    #[test]
    fn a_count_that_is_not_the_worlds_is_no_balance() {
        let mut tally = Tally::default();
        let answer = reconciliation(vec![]);
        let mut truth = truth(&[]);
        truth.counts.acs = usize::MAX / 2;
        tally.judge(1, &truth, &answer, false);
        assert!(!tally.balanced());
    }
}
