//! Finding: what matches, best first; then the records, and those of the same boxes on the other
//! side.
//!
//! Must not do: hand out an entry that a newer link replaced.

use std::collections::{BTreeMap, HashSet};

use crate::domain::{AcsDevice, ProviderRecord, Query, Untrusted};
use crate::store::codec::Unpacker;
use crate::store::codec::columns::Cells;
use crate::store::entries::Entry;
use crate::store::error::StoreError;
use crate::store::list::Record;
use crate::store::rows::{Rows, View};
use crate::store::search::links::{Links, Spot, TextIs, Unpacked};
use crate::store::search::look::{Looks, Matches, Sought, marked};
use crate::store::search::marks::{Mark, Wanted};
use crate::store::search::reading::{Unread, halves};
use crate::store::search::{Answered, Hits, Place, SearchIndex};
use crate::store::series::Series;
use crate::store::twin::{Failed, at_once};

/// More records of the other side under one identity are a placeholder's, and no box's.
const SAME_BOX_MAX: usize = 8;

/// See [`crate::store::Store::search`].
pub(super) fn search(
    view: &View,
    index: &SearchIndex,
    query: &Query,
    most: usize,
) -> Result<Option<Hits>, StoreError> {
    let sought = Sought::of(query, index.sealer.as_ref());
    let half = |second: bool| {
        let mut looks = Looks::new(&sought);
        for (series, links) in [(Series::Acs, &index.acs), (Series::Provider, &index.provider)] {
            let parts = links.as_ref().map_or(&[][..], |links| &links.parts);
            for part in halves(parts.len(), second) {
                looks.at(series, part, &parts[part].piece);
            }
        }
        Ok(looks)
    };
    let both = at_once::<_, _, Failed>(|| half(false), || half(true)).map_err(|f| f.at(view));
    let (first, second) = both?;
    let (acs, provider) = first.and(second);
    Answer::new(view, index, most).of(acs, provider)
}

/// See [`crate::store::Store::search_once`]. Each piece is looked through as soon as it is read.
pub(super) fn once(
    view: &View,
    mut unread: Unread,
    query: &Query,
    most: usize,
) -> Result<Answered, StoreError> {
    let sealer = unread.sealer.take();
    let sought = Sought::of(query, sealer.as_ref());
    let looks = || Looks::new(&sought);
    let read = unread.read_showing(view, looks, |looks, series, part, piece| {
        looks.at(series, part, piece);
        TextIs::Done
    });
    let (index, [first, second]) = read?;
    let (acs, provider) = first.and(second);
    let hits = Answer::new(view, &index, most).of(acs, provider)?;
    // In one view no list is gone.
    let hits = hits.ok_or_else(|| view.damaged("entries of a list are missing"))?;
    Ok(Answered { hits, taken: index.taken(), people: index.people() })
}

/// An answer in the making.
struct Answer<'a> {
    view: &'a View,
    index: &'a SearchIndex,
    most: usize,
    unpacked: (Unpacked, Unpacked),
    /// Where what is in the answer stood.
    shown: (Vec<Spot>, Vec<Spot>),
    hits: Hits,
    /// Is a list gone since the index was read?
    stale: bool,
}

impl<'a> Answer<'a> {
    fn new(view: &'a View, index: &'a SearchIndex, most: usize) -> Self {
        let (unpacked, shown, hits) = Default::default();
        Self { view, index, most, unpacked, shown, hits, stale: false }
    }

    fn of(mut self, acs: Matches, provider: Matches) -> Result<Option<Hits>, StoreError> {
        self.hits.more = acs.more || provider.more;
        let acs = acs.hits.into_iter().map(|hit| (false, hit));
        let mut all: Vec<_> = acs.chain(provider.hits.into_iter().map(|hit| (true, hit))).collect();
        all.sort_by_key(|(of_provider, hit)| {
            (hit.rank, hit.on, *of_provider, hit.spot.part, hit.spot.line)
        });
        let shown = all.get(..self.most).unwrap_or(&all);
        self.unpack_ahead(shown.iter().map(|(of_provider, hit)| (*of_provider, hit.spot)))?;
        for (of_provider, hit) in all {
            if self.hits.found.len() >= self.most {
                self.hits.more = true;
                break;
            }
            let place = if of_provider {
                self.provider(hit.spot)?.map(Place::Provider)
            } else {
                self.acs(hit.spot)?.map(Place::Acs)
            };
            self.hits.found.extend(place.map(|place| (place, hit.on)));
        }
        self.same_boxes()?;
        Ok((!self.stale).then_some(self.hits))
    }

    /// Unpacks on both cores what is about to be shown: it is most of an answer's time.
    fn unpack_ahead(
        &mut self,
        spots: impl Iterator<Item = (bool, Spot)>,
    ) -> Result<(), StoreError> {
        let mut parts: BTreeMap<(bool, usize), Vec<usize>> = BTreeMap::new();
        for (of_provider, spot) in spots {
            let known = if of_provider { &self.unpacked.1 } else { &self.unpacked.0 };
            if !known.has(spot) {
                parts.entry((of_provider, spot.part)).or_default().push(spot.line);
            }
        }
        let parts: Vec<((bool, usize), Vec<usize>)> = parts.into_iter().collect();
        let (first, second) = parts.split_at(parts.len() / 2);
        let (view, index) = (self.view, self.index);
        let unpack = |parts| Ok(unpacked(view, index, parts)?);
        let both = at_once::<_, _, Failed>(|| unpack(first), || unpack(second));
        let (first, second) = both.map_err(|f| f.at(view))?;
        for (of_provider, spot, bytes) in first.into_iter().chain(second) {
            let into = if of_provider { &mut self.unpacked.1 } else { &mut self.unpacked.0 };
            into.put(spot, bytes);
        }
        Ok(())
    }

    /// Adds a device; `None` where a newer link replaced it.
    fn acs(&mut self, spot: Spot) -> Result<Option<usize>, StoreError> {
        let Some(links) = &self.index.acs else { return Ok(None) };
        let unpacked = &mut self.unpacked.0;
        let read = decoded(self.view, links, unpacked, spot)?;
        self.stale |= matches!(read, Read::Gone);
        Ok(add(read, &mut self.hits.acs, &mut self.shown.0, spot))
    }

    fn provider(&mut self, spot: Spot) -> Result<Option<usize>, StoreError> {
        let Some(links) = &self.index.provider else { return Ok(None) };
        let unpacked = &mut self.unpacked.1;
        let read = decoded(self.view, links, unpacked, spot)?;
        self.stale |= matches!(read, Read::Gone);
        Ok(add(read, &mut self.hits.provider, &mut self.shown.1, spot))
    }

    /// Adds what each side has under the identities of what the other side found.
    fn same_boxes(&mut self) -> Result<(), StoreError> {
        let of_acs =
            |d: &AcsDevice| identities(d.serial.iter().chain(&d.macs), d.pppoe_login.as_ref());
        let of_provider =
            |p: &ProviderRecord| identities(p.serial.iter().chain(&p.mac), p.login.as_ref());
        let (acs, provider): (Vec<_>, Vec<_>) = (
            self.hits.acs.iter().flat_map(of_acs).collect(),
            self.hits.provider.iter().flat_map(of_provider).collect(),
        );
        let mut provider_spots = sharing(self.view, self.index.provider.as_ref(), acs)?;
        let mut acs_spots = sharing(self.view, self.index.acs.as_ref(), provider)?;
        provider_spots.retain(|spot| !self.shown.1.contains(spot));
        acs_spots.retain(|spot| !self.shown.0.contains(spot));
        let of_acs = acs_spots.iter().map(|spot| (false, *spot));
        self.unpack_ahead(of_acs.chain(provider_spots.iter().map(|spot| (true, *spot))))?;
        for spot in provider_spots {
            self.provider(spot)?;
        }
        for spot in acs_spots {
            self.acs(spot)?;
        }
        Ok(())
    }
}

/// Entries of some pieces, of the Provider's list where it says so: by their lines.
fn unpacked(
    view: &View,
    index: &SearchIndex,
    parts: &[((bool, usize), Vec<usize>)],
) -> Result<Vec<(bool, Spot, Vec<u8>)>, StoreError> {
    let mut unpacker = view.believe(Unpacker::new())?;
    let (mut room, mut all) = (Vec::new(), Vec::new());
    for ((of_provider, part), lines) in parts {
        let links = if *of_provider { &index.provider } else { &index.acs };
        let Some(piece) = links.as_ref().and_then(|links| links.parts.get(*part)) else { continue };
        piece.lines(view, lines, (&mut unpacker, &mut room), |line, bytes| {
            all.push((*of_provider, Spot { part: *part, line }, bytes.to_vec()));
        })?;
    }
    Ok(all)
}

fn add<R>(read: Read<R>, into: &mut Vec<R>, shown: &mut Vec<Spot>, spot: Spot) -> Option<usize> {
    let Read::There(record) = read else { return None };
    into.push(record);
    shown.push(spot);
    Some(into.len() - 1)
}

fn identities<'v>(
    hardware: impl Iterator<Item = &'v Untrusted>,
    login: Option<&Untrusted>,
) -> Vec<Mark> {
    let mut marks: Vec<_> = hardware.flat_map(|v| Mark::hardware(v.raw())).collect();
    marks.extend(login.and_then(|l| Mark::login(l.raw())));
    marks
}

/// Lines under any of the identities, but for those that too many share.
fn sharing(view: &View, links: Option<&Links>, marks: Vec<Mark>) -> Result<Vec<Spot>, StoreError> {
    let Some(links) = links.filter(|_| !marks.is_empty()) else { return Ok(Vec::new()) };
    let all = marks.len();
    let wanted = Wanted::new(marks.into_iter().zip(0..));
    let half = |second: bool| {
        let mut alike: Vec<Vec<Spot>> = vec![Vec::new(); all];
        for part in halves(links.parts.len(), second) {
            for (line, which) in marked(&links.parts[part].piece.marks, &wanted) {
                if alike[which].len() <= SAME_BOX_MAX {
                    alike[which].push(Spot { part, line });
                }
            }
        }
        Ok(alike)
    };
    let both = at_once::<_, _, Failed>(|| half(false), || half(true)).map_err(|f| f.at(view));
    let (first, second) = both?;
    let mut seen = HashSet::new();
    let mut spots = Vec::new();
    for (first, second) in first.into_iter().zip(second) {
        if first.len() + second.len() <= SAME_BOX_MAX {
            spots.extend(first.into_iter().chain(second).filter(|spot| seen.insert(*spot)));
        }
    }
    Ok(spots)
}

/// What stands at a place now.
enum Read<R> {
    There(R),
    /// A newer link has another word on it.
    Replaced,
    /// Its list is gone.
    Gone,
}

fn decoded<R: Record>(
    view: &View,
    links: &Links,
    unpacked: &mut Unpacked,
    spot: Spot,
) -> Result<Read<R>, StoreError> {
    if links.is_replaced(view, unpacked, spot)? {
        return Ok(Read::Replaced);
    }
    match links.entry(view, unpacked, spot)? {
        Some(Entry::Put(item)) => {
            // What changes with every look is not told.
            let mut cells = Cells::new(vec![vec![None]; R::COLUMNS]);
            view.believe(R::decode(item.body, &mut cells)).map(Read::There)
        }
        Some(Entry::Left(_)) => Ok(Read::Replaced),
        None => Ok(Read::Gone),
    }
}
