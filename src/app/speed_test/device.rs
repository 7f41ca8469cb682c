//! Which device a key means, what its customer bought, and its ACS, opened.
//!
//! Must not do: ask a system.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::collect::Reading;
use crate::app::error::{AppError, SideFailure};
use crate::app::history::Archive;
use crate::app::reconcile::World;
use crate::app::{budget, memory};
use crate::config::{NetworkSide, Settings, SideSettings};
use crate::domain::{AcsDevice, ProviderRecord, Side, Untrusted};
use crate::ports::{Acs, FetchError};
use crate::store::Store;

/// Devices of one key that are told.
const RIVALS_TOLD: usize = 4;

/// kbit/s of the configuration's Mbit/s.
const KBPS: u64 = 1000;

/// A device as the last run knew it.
pub(super) struct Device {
    pub acs: Option<AcsDevice>,
    pub provider: Option<ProviderRecord>,
    /// More than one device of the ACS that the key names: none of them is meant for certain.
    rivals: Vec<AcsDevice>,
}

impl Device {
    /// Refuses where the key names several devices: a test writes to one, and fills its line.
    pub fn be_the_only(&self, key: &str) -> Result<(), AppError> {
        if self.rivals.len() < 2 {
            return Ok(());
        }
        let told = |d: &AcsDevice| match d.last_inform {
            Some(at) => format!("{} (last inform {at:.0})", d.id),
            None => d.id.to_string(),
        };
        let all = self.rivals.iter().take(RIVALS_TOLD).map(told).collect::<Vec<_>>().join(", ");
        let n = self.rivals.len();
        let what = format!("{} names {n} devices in the ACS: {all}", Untrusted::new(key));
        let hint = format!("give the id of the one that is meant: acs={}", self.rivals[0].id);
        Err(AppError::Refused { what, hints: vec![hint] })
    }

    /// Finds the device of a key, as `explain` does.
    pub fn find(settings: &Settings, key: &str) -> Result<Self, AppError> {
        let archive = Archive::of_store(settings)?;
        let explainer = archive.explainer();
        let explained = explainer.explain(key)?;
        let found = explained.map(|e| (e.acs.cloned(), e.provider.cloned()));
        let rivals = explainer.devices(key).into_iter().cloned().collect();
        match found {
            Some((acs, provider)) if acs.is_some() || provider.is_some() => {
                Ok(Self { acs, provider, rivals })
            }
            _ => {
                let what = format!("the last run knows no device {}", Untrusted::new(key));
                let hint = "`acerto explain` takes the same keys; read anew with --reconcile";
                Err(AppError::not_found(what, &[hint]))
            }
        }
    }
}

/// The most that models can test, Mbit/s by name, by the configuration.
#[must_use]
pub fn ceilings(settings: &Settings) -> Ceilings {
    match &settings.provider {
        Some(SideSettings::Network(network)) => {
            network.keys.model_ceilings.clone().unwrap_or_default()
        }
        Some(SideSettings::File(_)) | None => Ceilings::new(),
    }
}

/// Mbit/s by the model's name.
pub type Ceilings = BTreeMap<String, u32>;

/// The most that a device's model can test, kbit/s.
pub(super) fn ceiling(
    ceilings: &Ceilings,
    acs: Option<&AcsDevice>,
    provider: Option<&ProviderRecord>,
) -> Option<u64> {
    let acs_models = acs.into_iter().flat_map(|d| d.model.iter().chain(&d.product_class));
    let mut models = acs_models.chain(provider.and_then(|p| p.model.as_ref()));
    models.find_map(|model| {
        let model = model.raw().trim();
        let same = |(name, _): &(&String, &u32)| name.trim().eq_ignore_ascii_case(model);
        ceilings.iter().find(same).map(|(_, mbps)| u64::from(*mbps) * KBPS)
    })
}

/// The ACS alone: a test needs no Provider. What was sent to it is counted when this is dropped.
pub(super) struct OpenAcs<'a> {
    pub acs: Box<dyn Acs>,
    store: Arc<Store>,
    world: World<'a>,
}

impl<'a> OpenAcs<'a> {
    pub fn open(
        settings: &Settings,
        side: &SideSettings,
        store: &Arc<Store>,
        world: World<'a>,
    ) -> Result<Self, AppError> {
        let now = world.adapters.clock.now();
        let before = budget::spent(settings, Some(store), now)?;
        let reading = Reading {
            timezone: settings.timezone.clone(),
            as_of: None,
            now,
            strict: false,
            secrets: settings.read_secrets(Side::Acs, world.env)?,
            known: Vec::new(),
            gone: Vec::new(),
            spent: before.acs_spent,
            // Whoever waits looks again by itself, and can be stopped meanwhile.
            once: true,
        };
        let acs = (world.adapters.acs)(side, &reading).map_err(failed)?;
        Ok(Self { acs, store: Arc::clone(store), world })
    }
}

impl Drop for OpenAcs<'_> {
    fn drop(&mut self) {
        let (now, sent) = (self.world.adapters.clock.now(), self.acs.traffic().requests);
        if let Err(error) = self.store.add_requests(Side::Acs, now, sent) {
            tracing::warn!(%error, "requests were not counted");
        }
    }
}

/// The ACS, where it is asked over the network.
pub(super) fn network(settings: &Settings) -> Option<(&SideSettings, &NetworkSide)> {
    match settings.acs.as_ref()? {
        side @ SideSettings::Network(network) => Some((side, network)),
        SideSettings::File(_) => None,
    }
}

/// The store, to write to: it is there, since a run is remembered.
pub(super) fn store(settings: &Settings) -> Result<Arc<Store>, AppError> {
    Ok(Arc::new(memory::open(settings)?))
}

pub(super) fn failed(error: FetchError) -> AppError {
    AppError::Fetch(vec![SideFailure { side: Side::Acs, error }])
}
