//! What is asked of every device of the ACS, whatever becomes of it: one look at each.
//!
//! A hundred thousand records lie over tens of megabytes: to look at each of them once more costs
//! more than all that is asked of it there. Must not do: warn.

use jiff::Timestamp;

use crate::engine::informed::Informed;
use crate::engine::scene::Scene;

/// Of all devices of the ACS.
#[derive(Debug, Default)]
pub struct Glance {
    /// By their last Inform.
    pub informed: Informed,
    /// How many are shown as synchronised.
    pub integrated: u64,
    /// The latest time of any kind.
    pub latest: Option<Timestamp>,
    /// When the newest device registered.
    pub registered: Option<Timestamp>,
    /// When the newest one did that is matched.
    pub matched: Option<Timestamp>,
    /// When each of those did that are not, but for such as are not newer than a matched one that
    /// stands before them.
    pub unmatched: Vec<Timestamp>,
}

impl Glance {
    /// Looks at each.
    #[must_use]
    pub fn of(scene: &Scene<'_>) -> Self {
        let mut glance = Self::default();
        for (device, bucket) in scene.acs.iter().zip(&scene.pairing.acs) {
            glance.informed.count(device.last_inform, scene.acs_at);
            glance.integrated += u64::from(device.integrated == Some(true));
            glance.latest = glance.latest.max(device.last_inform).max(device.registered);
            glance.registered = glance.registered.max(device.registered);
            if scene.is_matched(*bucket) {
                glance.matched = glance.matched.max(device.registered);
            } else {
                let newest = glance.matched;
                glance.unmatched.extend(device.registered.filter(|at| Some(*at) > newest));
            }
        }
        glance
    }
}
