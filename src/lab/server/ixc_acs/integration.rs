//! The integration with the Provider: its state, and asking for it.
//!
//! Must not do: know how it works; the world does.

use serde_json::json;

use super::{AcsApi, unknown};
use crate::lab::server::message::Answer;
use crate::lab::world::World;

/// `GET /api/v2/integration`.
pub(super) fn state(world: &World) -> Answer {
    let last = world.acs.last_synchronised.map(|at| at.to_string());
    Answer::json(
        200,
        &json!({"enabled": true, "lastSynchronized": last, "lastError": world.acs.last_error}),
    )
}

impl AcsApi {
    /// `POST /api/v2/integration/synchronize`.
    pub(super) fn synchronise(&mut self, world: &mut World) -> Answer {
        world.synchronise_acs();
        self.acknowledged(202)
    }

    /// `POST /api/v2/devices/{serial}/integration/send`.
    pub(super) fn send(&mut self, world: &mut World, serial: &str) -> Answer {
        if world.send(serial) { self.acknowledged(202) } else { unknown() }
    }
}
