//! Searching in both systems themselves: what they say now, in every spelling they may keep.
//!
//! Must not do: give up one side because the other can't be asked; that is said.

use std::sync::Arc;
use std::sync::mpsc;

use crate::app::budget;
use crate::app::collect::{self, Sources};
use crate::app::error::{AppError, SideFailure};
use crate::app::lookup::Index;
use crate::app::memory;
use crate::app::reconcile::World;
use crate::app::search::{SearchAnswer, SearchRemark, boxes};
use crate::config::Settings;
use crate::domain::{AcsDevice, MatchedOn, ProviderRecord, Query, Side, Sought};
use crate::ports::{FetchError, Found};

/// Of how many devices the other system is asked for their record: each costs requests.
const ASKED_BESIDE: usize = 5;

/// What both systems answered.
struct Answers {
    acs: Result<Found<AcsDevice>, FetchError>,
    provider: Result<Found<ProviderRecord>, FetchError>,
    others: Others,
}

/// What each system has of the boxes that the other one found.
#[derive(Default)]
struct Others {
    acs: Vec<AcsDevice>,
    provider: Vec<ProviderRecord>,
    /// Why a system could not be asked for them.
    failed: (Option<FetchError>, Option<FetchError>),
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
    let others = others(sources, &records(&acs), &records(&provider));
    Answers { acs, provider, others }
}

fn records<R: Clone>(answer: &Result<Found<R>, FetchError>) -> Vec<R> {
    let found = answer.iter().flat_map(|found| &found.records);
    found.map(|(record, _)| record.clone()).collect()
}

/// What each system has of the boxes that only the other one found.
fn others(sources: &Sources, acs: &[AcsDevice], provider: &[ProviderRecord]) -> Others {
    let index = Index::new(acs, provider);
    let alone_acs: Vec<_> = acs.iter().filter(|d| index.of_device(d).is_none()).collect();
    let alone_provider: Vec<_> = provider.iter().filter(|p| index.of_record(p).is_none()).collect();
    let one_sided = alone_acs.len().max(alone_provider.len()) > ASKED_BESIDE;
    let mut others = Others { one_sided, ..Others::default() };
    for device in alone_acs.into_iter().take(ASKED_BESIDE) {
        let sought = Sought::of_device(device);
        let held = sources.provider.holding(&sought);
        // A file can't be asked so, but searched.
        match held.or_else(|_| by_search(&sought, |q| sources.provider.search(q, ASKED_BESIDE))) {
            Ok(held) => others.provider.extend(held),
            Err(error) => others.failed.1 = Some(error),
        }
    }
    for record in alone_provider.into_iter().take(ASKED_BESIDE) {
        let sought = Sought::of_record(record);
        if sought.is_empty() {
            continue;
        }
        let held = sources.acs.holding(&sought);
        match held.or_else(|_| by_search(&sought, |q| sources.acs.search(q, ASKED_BESIDE))) {
            Ok(held) => others.acs.extend(held),
            Err(error) => others.failed.0 = Some(error),
        }
    }
    others
}

/// The records under the first identity that finds any.
fn by_search<R>(
    sought: &Sought,
    search: impl Fn(&Query) -> Result<Found<R>, FetchError>,
) -> Result<Vec<R>, FetchError> {
    let values = sought.serials.iter().chain(&sought.macs).chain(&sought.logins);
    for query in values.filter_map(|value| Query::new(value.raw()).ok()) {
        let found = search(&query)?;
        if !found.records.is_empty() {
            return Ok(found.records.into_iter().map(|(record, _)| record).collect());
        }
    }
    Ok(Vec::new())
}

fn told(answers: Answers, most: usize, world: World<'_>) -> Result<SearchAnswer, AppError> {
    let Answers { acs, provider, others } = answers;
    let (one_sided, failed) = (others.one_sided, others.failed);
    let others = (others.acs, others.provider);
    let now = world.adapters.clock.now();
    let mut remarks = Vec::new();
    let mut failures = Vec::new();
    let (acs_asked, provider_asked) = (acs.is_ok(), provider.is_ok());
    let acs = side(Side::Acs, acs, &mut remarks, &mut failures);
    let provider = side(Side::Provider, provider, &mut remarks, &mut failures);
    if !acs_asked && !provider_asked {
        return Err(AppError::Fetch(failures));
    }
    for (side, error) in [(Side::Acs, failed.0), (Side::Provider, failed.1)] {
        if let Some(error) = error.filter(|_| failures.iter().all(|f| f.side != side)) {
            remarks.push(SearchRemark::Failed(side, error.what.clone()));
            failures.push(SideFailure { side, error });
        }
    }
    let more = acs.more || provider.more;
    let mut answer = boxes::beside(acs.records, provider.records, others, (more, most));
    if one_sided {
        remarks.push(SearchRemark::OneSided);
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
