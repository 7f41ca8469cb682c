//! Searching in both systems themselves: what they say now, in every spelling they may keep.
//!
//! Must not do: give up one side because the other can't be asked; that is said.

use std::sync::Arc;
use std::sync::mpsc;

use crate::app::budget;
use crate::app::collect::{self, Sources};
use crate::app::error::{AppError, SideFailure};
use crate::app::memory;
use crate::app::reconcile::World;
use crate::app::search::{SearchAnswer, SearchRemark, boxes};
use crate::config::Settings;
use crate::domain::{AcsDevice, MatchedOn, ProviderRecord, Query, Side, Sought};
use crate::ports::{FetchError, Found};

/// Of how many devices the other system is asked for their record: each costs requests.
const ASKED_BESIDE: usize = 10;

/// What both systems answered.
struct Answers {
    acs: Result<Found<AcsDevice>, FetchError>,
    provider: Result<Found<ProviderRecord>, FetchError>,
    /// What each has of the same boxes.
    others: (Vec<AcsDevice>, Vec<ProviderRecord>),
    /// Was there more to ask for than was asked?
    one_sided: bool,
}

/// The best `most` devices, asked for in both systems at once.
///
/// # Errors
/// Where neither system can be asked, or a signal asked to stop.
pub fn live(
    settings: &Settings,
    query: &Query,
    most: usize,
    world: World<'_>,
) -> Result<SearchAnswer, AppError> {
    let answers = with_sources(settings, world, {
        let query = query.clone();
        move |sources| ask(sources, &query, most)
    })?;
    told(answers, most, world)
}

/// Does something with both systems on a thread of its own, so that a signal ends the wait; what
/// was sent is counted.
pub(super) fn with_sources<T: Send + 'static>(
    settings: &Settings,
    world: World<'_>,
    ask: impl FnOnce(&Sources) -> T + Send + 'static,
) -> Result<T, AppError> {
    let store = memory::look(settings)?.map(|_| memory::open(settings)).transpose()?;
    let now = world.adapters.clock.now();
    let before = budget::spent(settings, store.as_ref(), now)?;
    let sources = collect::open(settings, world.adapters, &before, (None, false), world.env)?;
    let (sender, answers) = mpsc::channel();
    let asked = sources.clone();
    collect::apart("search-live", move || {
        // Nobody listens any more where a signal came first.
        let _ = sender.send(ask(&asked));
    })?;
    let answer = collect::next(&answers, world.stop);
    if let Some(store) = store {
        budget::count_in_haste(&Arc::new(store), &sources, now);
    }
    answer
}

fn ask(sources: &Sources, query: &Query, most: usize) -> Answers {
    let (acs, provider) = std::thread::scope(|scope| {
        let acs = scope.spawn(|| sources.acs.search(query, most));
        let provider = sources.provider.search(query, most);
        (acs.join(), provider)
    });
    let acs = acs.unwrap_or_else(|_| Ok(Found::default()));
    let (others, one_sided) = others(sources, &acs, &provider);
    Answers { acs, provider, others, one_sided }
}

/// What each system has of the boxes that the other one found.
fn others(
    sources: &Sources,
    acs: &Result<Found<AcsDevice>, FetchError>,
    provider: &Result<Found<ProviderRecord>, FetchError>,
) -> ((Vec<AcsDevice>, Vec<ProviderRecord>), bool) {
    let (Ok(acs), Ok(provider)) = (acs, provider) else { return Default::default() };
    let (mut devices, mut records) = (Vec::new(), Vec::new());
    let asked = |found: usize| found.min(ASKED_BESIDE);
    for (device, _) in acs.records.iter().take(ASKED_BESIDE) {
        // A system that can't be asked leaves its half empty.
        records.extend(sources.provider.holding(&Sought::of_device(device)).unwrap_or_default());
    }
    for (record, _) in provider.records.iter().take(ASKED_BESIDE) {
        let sought = Sought::of_record(record);
        if !sought.is_empty() {
            devices.extend(sources.acs.holding(&sought).unwrap_or_default());
        }
    }
    let (n_acs, n_provider) = (acs.records.len(), provider.records.len());
    ((devices, records), asked(n_acs) < n_acs || asked(n_provider) < n_provider)
}

fn told(answers: Answers, most: usize, world: World<'_>) -> Result<SearchAnswer, AppError> {
    let Answers { acs, provider, others, one_sided } = answers;
    let now = world.adapters.clock.now();
    let mut remarks = Vec::new();
    let mut failures = Vec::new();
    let (acs_asked, provider_asked) = (acs.is_ok(), provider.is_ok());
    let acs = side(Side::Acs, acs, &mut remarks, &mut failures);
    let provider = side(Side::Provider, provider, &mut remarks, &mut failures);
    if !acs_asked && !provider_asked {
        return Err(AppError::Fetch(failures));
    }
    let more = acs.more || provider.more;
    let mut answer = boxes::beside(acs.records, provider.records, others, (more, most));
    if one_sided {
        remarks.push(SearchRemark::OneSided(ASKED_BESIDE));
    }
    answer.remarks = remarks;
    answer.failed = (!failures.is_empty()).then(|| AppError::Fetch(failures).exit());
    answer.read = (acs_asked.then_some(now), provider_asked.then_some(now));
    Ok(answer)
}

/// What a side found; why it could not be asked is remembered.
fn side<R>(
    side: Side,
    answer: Result<Found<R>, FetchError>,
    remarks: &mut Vec<SearchRemark>,
    failures: &mut Vec<SideFailure>,
) -> Found<R> {
    match answer {
        Ok(found) => {
            let not_asked: Vec<MatchedOn> = found.not_asked.clone();
            if !not_asked.is_empty() {
                remarks.push(SearchRemark::NotAsked(side, not_asked));
            }
            found
        }
        Err(error) => {
            remarks.push(SearchRemark::Failed(side, error.what.clone()));
            failures.push(SideFailure { side, error });
            Found::default()
        }
    }
}
