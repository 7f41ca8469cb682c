//! `lab score`: daily runs over many simulated worlds, judged by what really happened.
//!
//! Must not do: tell a run anything that a world's systems would not show.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use crate::app::exit::Condition;
use crate::app::{Adapters, AppError, Stop};
use crate::headless::args::ScoreArgs;
use crate::headless::commands::{Context, print};
use crate::headless::exit::Trouble;
use crate::headless::lab::judge::Tally;
use crate::headless::lab::{Heard, simulated::Simulated, tables};
use crate::lab::server::LabOptions;

/// Worlds played at once.
const THREADS: usize = 2;

/// Days judged with events: the first of them has no memory.
const JUDGED: u32 = 10;

/// Days before the first that is judged, where not all is told: what a list shows needs a memory.
const WARM_UP: u32 = 16;

/// Days judged after that.
const JUDGED_ALONE: u32 = 8;

/// Right causes, as a share of all, that are the least.
fn bar(args: &ScoreArgs) -> f64 {
    if args.no_listener { 0.95 } else { 0.99 }
}

/// Is every bar reached?
pub fn passes(tally: &Tally, args: &ScoreArgs) -> bool {
    tally.proven_wrong == 0 && tally.balanced() && tally.accuracy() >= bar(args)
}

/// Runs it; 3 where a bar is missed.
pub fn run(context: &Context<'_>, args: &ScoreArgs) -> Result<u8, Trouble> {
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    let tally = play_all(context, args, &stop)?;
    let passed = passes(&tally, args);
    print(|out| {
        if context.console.json() {
            return tables::json(&tally, out);
        }
        let one_by_one = context.cli.global.verbose > 0;
        tables::text(&tally, (bar(args), passed, one_by_one), context.console.width, out)
    })?;
    Ok(if passed { 0 } else { Condition::Differences.code() })
}

fn play_all(context: &Context<'_>, args: &ScoreArgs, stop: &Stop) -> Result<Tally, AppError> {
    // What other threads need of the context, which itself stays here.
    let (adapters, console) = (context.adapters, context.console);
    let now = args.epoch.unwrap_or_else(|| adapters.clock.now());
    let next = AtomicU64::new(1);
    let whole = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > u64::from(args.seeds) {
                        return;
                    }
                    let played = play(adapters, args, (seed, now), stop);
                    if let Ok(tally) = &played
                        && console.err.terminal
                    {
                        let percent = tally.accuracy() * 100.0;
                        console.say(&format!("seed {seed}: {percent:.2} % right"));
                    }
                    let failed = played.is_err();
                    whole.lock().unwrap_or_else(PoisonError::into_inner).push((seed, played));
                    if failed {
                        next.store(u64::from(args.seeds) + 1, Ordering::Relaxed);
                        return;
                    }
                }
            });
        }
    });
    // In the order of the seeds: the same answer whichever thread was faster.
    let mut played = whole.into_inner().unwrap_or_else(PoisonError::into_inner);
    played.sort_by_key(|(seed, _)| *seed);
    let mut tally = Tally::default();
    for (_, one) in played {
        tally.add(one?);
    }
    Ok(tally)
}

fn play(
    adapters: &Adapters,
    args: &ScoreArgs,
    (seed, now): (u64, jiff::Timestamp),
    stop: &Stop,
) -> Result<Tally, AppError> {
    let (heard, warm_up, judged) = match (args.no_listener, args.listener) {
        (true, _) => (Heard::Nothing, WARM_UP, JUDGED_ALONE),
        (false, true) => (Heard::Listener, WARM_UP, JUDGED_ALONE),
        (false, false) => (Heard::Audit, 0, JUDGED),
    };
    let lived = warm_up + judged - 1;
    let options = LabOptions {
        seed,
        devices: usize::try_from(args.devices).unwrap_or(usize::MAX),
        days: args.days - lived,
        epoch: Some(now - SignedDuration::from_hours(24 * i64::from(lived))),
        ..LabOptions::default()
    };
    let mut simulated = Simulated::new(options, heard, None)?;
    if args.criterion_unknown {
        simulated.settings.causes.mass_exclusion_days = None;
    }
    let (mut tally, mut from) = (Tally::default(), simulated.lab.start_of_history());
    for day in 0..=lived {
        if day > 0 {
            simulated.next_day();
        }
        simulated.hear(from)?;
        from = simulated.lab.now();
        let finished = simulated.reconcile(adapters, stop)?;
        if day >= warm_up {
            let answer = &finished.run.reconciliation;
            tally.judge(seed, &simulated.lab.truth(), answer, day == 0);
        }
    }
    Ok(tally)
}
