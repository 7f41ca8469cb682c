//! Every limit of SAFETY.md section 3: what stands at it passes, what is beyond it does not.

use super::*;
use crate::engine::Cause;
use crate::engine::testing::{
    at, change, deletion, device, entry, finding, plan_of, removal, sending, synchronisation,
};

/// The shipped values, with removals enabled.
const NOBODY: Limits = Limits {
    removals: true,
    removals_percent: 1.0,
    removals_max: 50,
    changes_percent: 5.0,
    changes_max: 500,
    daily_removals: 200,
    small_fleet: 50,
    absence: SignedDuration::from_hours(6),
    shrunk_percent: 2.0,
};
const PERSON: Limits = Limits {
    removals_percent: 2.0,
    removals_max: 100,
    changes_percent: 10.0,
    changes_max: u64::MAX,
    daily_removals: 1000,
    shrunk_percent: 10.0,
    ..NOBODY
};

/// Findings and steps about them, and facts that let them pass.
struct Table {
    findings: Vec<Finding>,
    steps: fn(&[Finding]) -> Vec<Step>,
}

impl Table {
    /// So many devices are deleted in the ACS.
    fn deletions(n: u32) -> Self {
        let returned = |n| finding(n, Cause::Returned, Some(device(n)), None);
        let steps = |all: &[Finding]| all.iter().map(deletion).collect();
        Self { findings: (1..=n).map(returned).collect(), steps }
    }

    /// So many entries of the Provider are removed.
    fn removals(n: u32) -> Self {
        Self { steps: |all| all.iter().map(removal).collect(), ..Self::purged(n) }
    }

    /// The Provider synchronises, which drops so many.
    fn synchronisation(n: u32) -> Self {
        Self { steps: |all| vec![synchronisation(all)], ..Self::purged(n) }
    }

    fn purged(n: u32) -> Self {
        let purged = |n| finding(n, Cause::PendingPurge, None, Some(entry(n)));
        Self { findings: (1..=n).map(purged).collect(), steps: |_| Vec::new() }
    }

    /// So many entries of the Provider are changed.
    fn changes(n: u32) -> Self {
        let drifted = |n| finding(n, Cause::FieldDrift, Some(device(n)), Some(entry(n)));
        let steps = |all: &[Finding]| all.iter().map(change).collect();
        Self { findings: (1..=n).map(drifted).collect(), steps }
    }

    /// So many devices are sent again.
    fn sendings(n: u32) -> Self {
        let steps = |all: &[Finding]| all.iter().map(sending).collect();
        Self { steps, ..Self::deletions(n) }
    }

    /// The first finding is told otherwise.
    fn first(mut self, tell: impl FnOnce(&mut Finding)) -> Self {
        tell(&mut self.findings[0]);
        self
    }

    fn plan(&self) -> FixPlan {
        plan_of((self.steps)(&self.findings))
    }

    /// What the guards say without a person, in a word.
    fn nobody<'a>(&'a self, arrange: impl FnOnce(&mut Facts<'a>)) -> String {
        said(&verdict(&self.plan(), &self.facts(Mode::Headless, arrange)))
    }

    /// What they say with one.
    fn person<'a>(&'a self, arrange: impl FnOnce(&mut Facts<'a>)) -> String {
        said(&verdict(&self.plan(), &self.facts(Mode::Interactive, arrange)))
    }

    /// A minute after the plan was made, all is well, but for what is arranged.
    fn facts<'a>(&'a self, mode: Mode, arrange: impl FnOnce(&mut Facts<'a>)) -> Facts<'a> {
        let mut facts = Facts {
            mode,
            phase: Phase::Apply,
            limits: if mode == Mode::Headless { NOBODY } else { PERSON },
            read_only: false,
            now: at(2),
            acs_at: at(0),
            in_sync_window: false,
            whole: true,
            sizes: [10_000, 10_000],
            shrunk: &[],
            acknowledged: false,
            removed_today: [0, 0],
            generation: 7,
            findings: &self.findings,
        };
        arrange(&mut facts);
        facts
    }
}

/// `refuse removals 51/50 acs`, `confirm removals 201/200 acs second-person`.
fn said(verdict: &Verdict) -> String {
    let word = match verdict {
        Verdict::Safe => return "safe".to_owned(),
        Verdict::Confirm(_) => "confirm",
        Verdict::Refuse(_) => "refuse",
    };
    let reasons = verdict.reasons().iter().map(|reason| {
        let asks = match reason.asks {
            Asks::Count => " count",
            Asks::SecondPerson => " second-person",
            Asks::Nothing => "",
        };
        let side = match reason.side {
            Some(Side::Acs) => " acs",
            Some(Side::Provider) => " provider",
            None => "",
        };
        format!("{} {}/{}{side}{asks}", reason.guard.wire(), reason.n, reason.most)
    });
    format!("{word} {}", reasons.collect::<Vec<_>>().join(", "))
}

fn sizes(n: u64) -> impl Fn(&mut Facts<'_>) {
    move |facts| facts.sizes = [n, n]
}

#[test]
fn what_touches_nothing_is_safe_whatever_the_facts() {
    let nothing = Table::deletions(0);
    let worst = |facts: &mut Facts<'_>| {
        (facts.read_only, facts.whole, facts.in_sync_window) = (true, false, true);
        (facts.sizes, facts.generation, facts.now) = ([0, 0], 99, at(999));
    };
    assert_eq!(nothing.nobody(worst), "safe");
    assert_eq!(nothing.person(worst), "safe");
    // A worklist is clicked by hand: acerto sends none of it.
    let table = Table::deletions(60);
    let mut by_hand = table.plan();
    by_hand.steps.iter_mut().for_each(|step| step.send = None);
    assert_eq!(verdict(&by_hand, &table.facts(Mode::Headless, worst)), Verdict::Safe);
    assert_eq!(count(&by_hand), 0);
}

#[test]
fn removals_without_a_person_are_off_and_few() {
    let off = |facts: &mut Facts<'_>| facts.limits.removals = false;
    assert_eq!(Table::deletions(1).nobody(off), "refuse removals-off 1/0");
    assert_eq!(Table::removals(1).nobody(off), "refuse removals-off 1/0");
    assert_eq!(Table::synchronisation(1).nobody(off), "refuse removals-off 1/0");
    assert_eq!(Table::deletions(1).person(off), "refuse removals-off 1/0");
    assert_eq!(Table::changes(1).nobody(off), "safe");
    for (size, n, says) in [
        (10_000, 50, "safe"),
        (10_000, 51, "refuse removals 51/50 acs"),
        (1_000_000, 51, "refuse removals 51/50 acs"),
        (5_000, 50, "safe"),
        // 1 % of 4,999 is 49.99: no device more than 49.
        (4_999, 49, "safe"),
        (4_999, 50, "refuse removals 50/49 acs"),
        (199, 1, "safe"),
        (199, 2, "refuse removals 2/1 acs"),
        (99, 1, "refuse removals 1/0 acs"),
    ] {
        assert_eq!(Table::deletions(n).nobody(sizes(size)), says, "{n} of {size}");
        let says = says.replace("acs", "provider");
        assert_eq!(Table::removals(n).nobody(sizes(size)), says, "{n} of {size}");
        assert_eq!(Table::synchronisation(n).nobody(sizes(size)), says, "{n} of {size}");
    }
    // Each side by its own size.
    let other = |facts: &mut Facts<'_>| facts.sizes = [10_000, 1_000];
    assert_eq!(Table::deletions(50).nobody(other), "safe");
    assert_eq!(Table::removals(11).nobody(other), "refuse removals 11/10 provider");
}

#[test]
fn more_removals_take_a_second_person_and_most_are_refused() {
    for (size, n, says) in [
        (5_000, 100, "safe"),
        (5_000, 101, "confirm removals 101/100 acs second-person"),
        (4_999, 99, "safe"),
        (4_999, 100, "confirm removals 100/99 acs second-person"),
        // Over 10 % of the side.
        (4_999, 499, "confirm removals 499/99 acs second-person"),
        (4_999, 500, "refuse removals 500/99 acs"),
        // Over 1,000, which the day's budget refuses as well.
        (100_000, 1000, "confirm removals 1000/100 acs second-person"),
        (100_000, 1001, "refuse removals 1001/100 acs, daily-removals 1001/1000 acs"),
    ] {
        assert_eq!(Table::deletions(n).person(sizes(size)), says, "{n} of {size}");
    }
    let rich = |facts: &mut Facts<'_>| {
        (facts.sizes, facts.limits.daily_removals) = ([100_000, 100_000], u64::MAX);
    };
    assert_eq!(Table::deletions(1001).person(rich), "refuse removals 1001/100 acs");
}

#[test]
fn many_changes_are_refused_or_counted() {
    for (size, n, nobody, person) in [
        (20_000, 500, "safe", "safe"),
        (20_000, 501, "refuse changes 501/500 provider", "safe"),
        (1_000, 50, "safe", "safe"),
        (1_000, 51, "refuse changes 51/50 provider", "safe"),
        (999, 50, "refuse changes 50/49 provider", "safe"),
        (1_000, 100, "refuse changes 100/50 provider", "safe"),
        (1_000, 101, "refuse changes 101/50 provider", "confirm changes 101/100 provider count"),
    ] {
        assert_eq!(Table::changes(n).nobody(sizes(size)), nobody, "{n} of {size}");
        assert_eq!(Table::changes(n).person(sizes(size)), person, "{n} of {size}");
    }
    assert_eq!(Table::sendings(51).nobody(sizes(1_000)), "refuse changes 51/50 acs");
}

/// A swap is one device, however many requests it takes.
#[test]
fn what_follows_a_change_is_the_same_change() {
    let table = Table::changes(50);
    let steps = (0_u32..).zip(&table.findings).flat_map(|(n, finding)| {
        let follow = Step { follows: Some(2 * n + 1), ..change(finding) };
        [change(finding), follow]
    });
    let plan = plan_of(steps.collect());
    assert_eq!(count(&plan), 50);
    let facts = table.facts(Mode::Headless, sizes(1_000));
    assert_eq!(verdict(&plan, &facts), Verdict::Safe);
}

#[test]
fn from_a_small_fleet_nothing_is_removed_without_a_person() {
    let small = |size: u64| {
        move |facts: &mut Facts<'_>| {
            (facts.sizes, facts.limits.removals_percent) = ([size, size], 100.0);
        }
    };
    let one = Table::deletions(1);
    assert_eq!(one.nobody(small(50)), "safe");
    assert_eq!(one.nobody(small(49)), "refuse small-fleet 1/0 acs");
    assert_eq!(one.person(small(50)), "safe");
    assert_eq!(one.person(small(49)), "confirm small-fleet 1/0 acs count");
    assert_eq!(Table::removals(1).nobody(small(49)), "refuse small-fleet 1/0 provider");
    let says = Table::synchronisation(1).nobody(small(49));
    assert_eq!(says, "refuse small-fleet 1/0 provider");
    assert_eq!(Table::changes(1).nobody(small(20)), "safe");
    // Each that would be deleted is named.
    let two = Table::deletions(2);
    let asked = verdict(&two.plan(), &two.facts(Mode::Interactive, small(49)));
    assert_eq!(asked.reasons()[0].names, ["HWTC00000001", "HWTC00000002"]);
}

#[test]
fn a_side_that_shrank_has_nothing_removed() {
    let (table, drops) = (Table::removals(1), Table::synchronisation(1));
    for (from, to, nobody, person) in [
        (1_000, 980, "safe", "safe"),
        (1_000, 979, "refuse side-shrank 21/20 acs", "safe"),
        (1_000, 900, "refuse side-shrank 100/20 acs", "safe"),
        (1_000, 899, "refuse side-shrank 101/20 acs", "refuse side-shrank 101/100 acs"),
        (980, 1_000, "safe", "safe"),
    ] {
        let shrunk = [Shrunk { side: Side::Acs, from, to }];
        let says = |table: &Table, mode| {
            said(&verdict(&table.plan(), &Facts { shrunk: &shrunk, ..table.facts(mode, |_| {}) }))
        };
        assert_eq!(says(&table, Mode::Headless), nobody, "{from} to {to}");
        assert_eq!(says(&drops, Mode::Headless), nobody, "{from} to {to}");
        assert_eq!(says(&table, Mode::Interactive), person, "{from} to {to}");
    }
    let shrunk = [Shrunk { side: Side::Acs, from: 1_000, to: 10 }];
    let known = |table: &Table, mode| {
        let facts = Facts { shrunk: &shrunk, acknowledged: true, ..table.facts(mode, |_| {}) };
        said(&verdict(&table.plan(), &facts))
    };
    assert_eq!(known(&table, Mode::Interactive), "safe");
    assert_eq!(known(&table, Mode::Headless), "refuse side-shrank 990/20 acs");
    // Changes that remove nothing go on.
    assert_eq!(known(&Table::changes(1), Mode::Headless), "safe");
}

#[test]
fn only_what_two_lists_hours_apart_lack_is_removed_without_a_person() {
    let since =
        |minutes: Option<i64>| move |f: &mut Finding| f.absent_since = minutes.map(|m| at(-m));
    for (minutes, says) in [
        (Some(360), "safe"),
        (Some(359), "refuse absence 1/0"),
        (Some(0), "refuse absence 1/0"),
        (None, "refuse absence 1/0"),
    ] {
        let removal = Table::removals(3).first(since(minutes));
        assert_eq!(removal.nobody(|_| {}), says, "{minutes:?}");
        assert_eq!(removal.person(|_| {}), "safe", "{minutes:?}");
        let drops = Table::synchronisation(3).first(since(minutes));
        assert_eq!(drops.nobody(|_| {}), says, "{minutes:?}");
        let deletions = Table::deletions(3).first(since(minutes));
        assert_eq!(deletions.nobody(|_| {}), says, "{minutes:?}");
    }
    // One of those that a synchronisation drops besides.
    let mut drops = Table::synchronisation(3);
    since(Some(10))(&mut drops.findings[2]);
    assert_eq!(drops.nobody(|_| {}), "refuse absence 1/0");
}

#[test]
fn a_day_has_a_budget_of_removals() {
    let today = |acs: u64, provider: u64| {
        move |facts: &mut Facts<'_>| facts.removed_today = [acs, provider]
    };
    for (n, before, says) in [
        (1, 199, "safe"),
        (1, 200, "refuse daily-removals 201/200 acs"),
        (50, 150, "safe"),
        (50, 151, "refuse daily-removals 201/200 acs"),
    ] {
        assert_eq!(Table::deletions(n).nobody(today(before, 999)), says, "{n} after {before}");
        let says = says.replace("acs", "provider");
        assert_eq!(Table::removals(n).nobody(today(999, before)), says, "{n} after {before}");
        let drops = Table::synchronisation(n).nobody(today(999, before));
        assert_eq!(drops, says, "{n} after {before}");
    }
    let table = Table::deletions(1);
    assert_eq!(table.person(today(999, 0)), "safe");
    assert_eq!(table.person(today(1000, 0)), "refuse daily-removals 1001/1000 acs");
    // Nothing that removes nothing is kept back by it.
    assert_eq!(Table::changes(1).nobody(today(999, 999)), "safe");
}

#[test]
fn what_shows_life_is_removed_by_nobody_without_a_person() {
    let informed = |minutes: i64| move |f: &mut Finding| f.acs[0].last_inform = Some(at(-minutes));
    let day = 24 * 60;
    let silent = Table::deletions(2).first(informed(day));
    assert_eq!(silent.nobody(|_| {}), "safe");
    let alive = Table::deletions(2).first(informed(day - 1));
    assert_eq!(alive.nobody(|_| {}), "refuse life-sign 1/0");
    assert_eq!(alive.person(|_| {}), "confirm life-sign 1/0 count");
    let asked = verdict(&alive.plan(), &alive.facts(Mode::Interactive, |_| {}));
    assert_eq!(asked.reasons()[0].names, ["HWTC00000001"]);

    let online = |on: Option<bool>| move |f: &mut Finding| f.provider[0].online = on;
    for (on, nobody, person) in [
        (Some(true), "refuse life-sign 1/0", "confirm life-sign 1/0 count"),
        (Some(false), "safe", "safe"),
        (None, "safe", "safe"),
    ] {
        let table = Table::removals(2).first(online(on));
        assert_eq!(table.nobody(|_| {}), nobody, "{on:?}");
        assert_eq!(table.person(|_| {}), person, "{on:?}");
        let drops = Table::synchronisation(2).first(online(on));
        assert_eq!(drops.nobody(|_| {}), nobody, "{on:?}");
    }
    // Who is changed and not removed may be online.
    assert_eq!(Table::changes(2).first(online(Some(true))).nobody(|_| {}), "safe");
}

#[test]
fn only_what_is_proven_is_removed_without_a_person() {
    let infer = |f: &mut Finding| f.strength = Strength::Inferred;
    for table in [Table::deletions(2), Table::removals(2)] {
        let table = table.first(infer);
        assert_eq!(table.nobody(|_| {}), "refuse strength 1/0");
        assert_eq!(table.person(|_| {}), "confirm strength 1/0 count");
    }
    assert_eq!(Table::changes(2).first(infer).nobody(|_| {}), "safe");
    // A synchronisation whose findings are all proven, and which drops others that are not.
    let table = Table::synchronisation(2);
    let mut plan = table.plan();
    plan.steps[0].strength = Strength::Inferred;
    let says = |mode| said(&verdict(&plan, &table.facts(mode, |_| {})));
    assert_eq!(says(Mode::Headless), "refuse strength 2/0 provider");
    assert_eq!(says(Mode::Interactive), "confirm strength 2/0 provider count");
}

#[test]
fn a_synchronisation_of_the_provider_is_as_many_removals_and_always_counted() {
    let table = Table::synchronisation(50);
    assert_eq!(count(&table.plan()), 50);
    assert_eq!(table.nobody(|_| {}), "safe");
    assert_eq!(table.person(|_| {}), "confirm removals 50/0 provider count");
    let says = Table::synchronisation(201).person(|_| {});
    let too = "confirm removals 201/100 provider second-person, removals 201/0 provider count";
    assert_eq!(says, too);
    assert_eq!(Table::synchronisation(1001).person(|_| {}).split(' ').next(), Some("refuse"));
    let mut empty = table.plan();
    empty.steps[0].removes = 0;
    let facts = table.facts(Mode::Interactive, |_| {});
    assert_eq!(verdict(&empty, &facts), Verdict::Safe, "it drops nobody");
}

/// Whatever is planned, and whoever looks at it.
#[test]
fn some_facts_let_nothing_pass() {
    for table in [Table::changes(3), Table::deletions(3), Table::synchronisation(3)] {
        let refused = |says: &str, arrange: &dyn Fn(&mut Facts<'_>)| {
            assert_eq!(table.nobody(|facts| arrange(facts)), format!("refuse {says}"));
            assert_eq!(table.person(|facts| arrange(facts)), format!("refuse {says}"));
        };
        refused("read-only 3/0", &|facts| facts.read_only = true);
        refused("newer-run 3/0", &|facts| facts.generation = 8);
        refused("newer-run 3/0", &|facts| facts.generation = 6);
        // Made at minute 1, it holds for 15 minutes.
        refused("expired 3/0", &|facts| facts.now = at(16));
        refused("expired 3/0", &|facts| facts.now = at(0));
        refused("sync-window 3/0", &|facts| facts.in_sync_window = true);
        let in_time = |facts: &mut Facts<'_>| facts.now = at(16) - SignedDuration::from_secs(1);
        assert_eq!(table.nobody(in_time), "safe");
        let planned = |facts: &mut Facts<'_>| {
            (facts.in_sync_window, facts.phase) = (true, Phase::Plan);
        };
        assert_eq!(table.nobody(planned), "safe", "a plan may be made at any time");
    }
    let roomy = |sizes: [u64; 2]| {
        move |facts: &mut Facts<'_>| {
            facts.sizes = sizes;
            facts.limits.small_fleet = 0;
        }
    };
    for table in [Table::changes(1), Table::deletions(1)] {
        for sizes in [[0, 10_000], [10_000, 0]] {
            let says = table.nobody(roomy(sizes));
            assert!(says.starts_with("refuse empty-side 1/0"), "{says}");
            let says = table.person(roomy(sizes));
            assert!(says.starts_with("refuse empty-side 1/0"), "{says}");
        }
    }
}

#[test]
fn half_a_list_removes_nothing() {
    let half = |facts: &mut Facts<'_>| facts.whole = false;
    for table in [Table::deletions(2), Table::removals(2), Table::synchronisation(2)] {
        assert_eq!(table.nobody(half), "refuse not-whole 2/0");
        assert_eq!(table.person(half), "refuse not-whole 2/0");
    }
    assert_eq!(Table::changes(2).nobody(half), "safe");
}

/// The strictest speaks: what only persons could lift is not told beside what nobody can.
#[test]
fn several_guards_speak_in_order_and_the_strictest_decides() {
    let mut table = Table::deletions(201);
    table.findings[0].strength = Strength::Inferred;
    table.findings[1].acs[0].last_inform = Some(at(0));
    let says = table.person(|_| {});
    let all = "confirm removals 201/100 acs second-person, life-sign 1/0 count, strength 1/0 count";
    assert_eq!(says, all);
    let says = table.person(|facts| facts.read_only = true);
    assert_eq!(says, "refuse read-only 201/0");
    let says = table.nobody(|facts| (facts.whole, facts.generation) = (false, 9));
    let all = "refuse not-whole 201/0, newer-run 201/0, removals 201/50 acs, \
               daily-removals 201/200 acs, life-sign 1/0, strength 1/0";
    assert_eq!(says, all);
}

/// A guard that is added has to be tested above, and told in both languages.
#[test]
fn there_are_fifteen() {
    assert_eq!(Guard::ALL.len(), 15);
    let wires: std::collections::BTreeSet<_> = Guard::ALL.iter().map(|g| g.wire()).collect();
    assert_eq!(wires.len(), 15);
}
