//! The lists of a run beside the last complete ones known.
//!
//! Both lists are compared once, and again where another run was recorded meanwhile: the engine is
//! told what changed, and what is stored is the same.
//! Must not do: change a table.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::both::both;
use crate::engine::{Baseline, PreviousSide};
use crate::store::baseline::rest;
use crate::store::beside::{Beside, Known, compare, is_beside};
use crate::store::codec::device::Keep;
use crate::store::error::StoreError;
use crate::store::list::{NewList, Record};
use crate::store::prints::{New, Printed};
use crate::store::rows::View;
use crate::store::series::{Compared, Series, Walk};
use crate::store::twin::{Failed, at_once};

/// So many records, or more, are written with more room: each takes some 300 bytes of the file. No
/// more than a hint: what else a run writes is little beside whole lists.
const MANY: usize = 10_000;

/// The lists of a run, ready to be stored.
pub struct Draft<'a> {
    pub(super) acs: &'a AnySnapshot<AcsDevice>,
    pub(super) provider: &'a AnySnapshot<ProviderRecord>,
    pub(super) acs_list: Drawn<'a, AcsDevice>,
    pub(super) provider_list: Drawn<'a, ProviderRecord>,
    /// The last findings, where there was time to read them.
    pub(super) findings: Option<Walk>,
    pub(super) keep: Arc<Keep>,
    pub(super) sealed_with: Option<Vec<u8>>,
    /// There was no key to seal with. What the engine is told is right all the same.
    pub(super) unsealed: bool,
}

/// One list, and what it is beside the last complete one known.
pub(super) struct Drawn<'a, R> {
    pub list: NewList<'a, R>,
    pub compared: Compared,
}

impl<'a> Draft<'a> {
    /// Compares both lists with what is stored. The sides of the baseline are the lists that were
    /// known: what of these is unchanged, and the rest.
    pub(super) fn of(
        views: (&View, Option<&View>),
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        printed: Printed<'a>,
        (mut known, now): (Known, Timestamp),
    ) -> Result<(Baseline, Self), StoreError> {
        let Printed { acs: devices, provider: rows, keep, sealed_with, unsealed } = printed;
        let [known_acs, known_provider] = [Series::Acs, Series::Provider].map(|s| known.take(s));
        let findings = known.findings;
        // A Provider's list takes as long as all the rest: a third thread would only delay it.
        let drawn = at_once(
            || {
                let drawn = draw(views, Series::Acs, (acs, devices), known_acs)?;
                Ok((drawn, rest(views, known.remembered, now)?))
            },
            || Ok(draw(views, Series::Provider, (provider, rows), known_provider)?),
        );
        let (((acs_list, acs_then), rest), (provider_list, provider_then)) =
            drawn.map_err(|f: Failed| f.at(views.1.unwrap_or(views.0)))?;
        let baseline = Baseline { acs: acs_then, provider: provider_then, ..rest };
        Ok((
            baseline,
            Self { acs, provider, acs_list, provider_list, findings, keep, sealed_with, unsealed },
        ))
    }

    /// Is much to be stored: a list as a whole, or nearly?
    #[must_use]
    pub fn is_much(&self) -> bool {
        self.acs_list.compared.stored() + self.provider_list.compared.stored() >= MANY
    }

    /// Packs what little is new of both lists, as recording does otherwise: it needs nothing of
    /// what is explained meanwhile, and takes no lock.
    #[must_use]
    pub fn packed(mut self) -> Self {
        let (acs, provider) = (&mut self.acs_list, &mut self.provider_list);
        both(
            || acs.compared.pack(Series::Acs, &acs.list),
            || provider.compared.pack(Series::Provider, &provider.list),
        );
        self
    }
}

/// A list beside the last complete one, and what of that the engine is told. What was looked at
/// before holds only where no other run has been recorded since.
fn draw<'a, R: Record>(
    (journal, history): (&View, Option<&View>),
    series: Series,
    (snapshot, New { list, beside: early }): (&AnySnapshot<R>, New<'a, R>),
    known: Option<Walk>,
) -> Result<(Drawn<'a, R>, Option<PreviousSide<R>>), StoreError> {
    let beside = match early.transpose()? {
        Some(beside) if is_beside((journal, history), series, &beside)? => beside,
        _ => compare((journal, history), series, (snapshot, &list), known, || true)?,
    };
    let Beside { compared, then } = beside;
    Ok((Drawn { list, compared }, then))
}
