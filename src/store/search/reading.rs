//! Reading what is searched: half of each side's pieces by either thread, for the Provider's are
//! more than twice the ACS's.
//!
//! Must not do: know what is looked for.

use std::ops::Range;

use crate::store::error::StoreError;
use crate::store::rows::View;
use crate::store::search::links::{Chain, Part, TextIs};
use crate::store::search::piece::Piece;
use crate::store::search::seal::Sealer;
use crate::store::search::{People, SearchIndex};
use crate::store::series::Series;
use crate::store::twin::{Failed, at_once};

/// The newest lists of both sides, of which nothing is read yet.
pub(super) struct Unread {
    pub acs: Option<Chain>,
    pub provider: Option<Chain>,
    pub sealer: Option<Sealer>,
    pub people: People,
}

impl Unread {
    /// Reads all of it, to be searched again and again.
    pub(super) fn read(self, view: &View) -> Result<SearchIndex, StoreError> {
        self.read_showing(view, || (), |(), _, _, _| TextIs::Kept).map(|(index, _)| index)
    }

    /// Reads all of it. Each thread makes somebody to whom its pieces are shown, each with the
    /// number that it has on its side.
    pub(super) fn read_showing<L: Send>(
        self,
        view: &View,
        make: impl Fn() -> L + Sync,
        show: impl Fn(&mut L, Series, usize, &Piece) -> TextIs + Sync,
    ) -> Result<(SearchIndex, [L; 2]), StoreError> {
        let half = |second: bool| -> Result<_, Failed> {
            let mut looker = make();
            let mut read = |chain: &Option<Chain>| -> Result<Vec<Part>, StoreError> {
                let Some(chain) = chain else { return Ok(Vec::new()) };
                let show =
                    |number: usize, piece: &Piece| show(&mut looker, chain.series, number, piece);
                chain.read(view, halves(chain.len(), second), show)
            };
            let (acs, provider) = (read(&self.acs)?, read(&self.provider)?);
            Ok((looker, acs, provider))
        };
        let read = at_once(|| half(false), || half(true)).map_err(|f| f.at(view));
        let ((first, mut acs, mut provider), (second, more_acs, more_provider)) = read?;
        acs.extend(more_acs);
        provider.extend(more_provider);
        let index = SearchIndex {
            acs: self.acs.map(|chain| chain.linked(acs)),
            provider: self.provider.map(|chain| chain.linked(provider)),
            sealer: self.sealer,
            people: self.people,
        };
        Ok((index, [first, second]))
    }
}

/// The first or the second half of so many.
pub(super) fn halves(count: usize, second: bool) -> Range<usize> {
    if second { count / 2..count } else { 0..count / 2 }
}
