//! Stored form of speed tests.
//!
//! Must not do: hold an address that was tested, or more of a device than its id in the ACS.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Direction, Measure, Untrusted, Ways};
use crate::store::codec::{Bad, wired};
use crate::store::speed_tests::{SpeedState, SpeedTest};

/// Mirror of [`SpeedTest`].
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct SpeedTestLine {
    id: String,
    device: String,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    measures: Vec<MeasureLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    down_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    up_before: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct MeasureLine {
    way: String,
    kbps: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_bytes: Option<u64>,
    ended: Timestamp,
}

const WAYS: [(Direction, &str); 2] = [(Direction::Down, "down"), (Direction::Up, "up")];

impl SpeedTestLine {
    pub(in crate::store) fn of(test: &SpeedTest) -> Self {
        let measures = WAYS.iter().filter_map(|(way, name)| {
            let Measure { kbps, bytes, other_bytes, ended } = (*test.measured.of(*way))?;
            Some(MeasureLine { way: (*name).to_owned(), kbps, bytes, other_bytes, ended })
        });
        Self {
            id: test.id.clone(),
            device: test.device.raw().to_owned(),
            at: test.at,
            asked: test.asked,
            by: test.by.clone(),
            state: test.state.wire().to_owned(),
            why: test.why.clone(),
            measures: measures.collect(),
            down_before: test.before.down,
            up_before: test.before.up,
        }
    }

    pub(in crate::store) fn test(self) -> Result<SpeedTest, Bad> {
        let mut measured = Ways::default();
        for line in self.measures {
            let named = |name: &str| WAYS.iter().find(|(_, n)| *n == name).map(|(way, _)| *way);
            let way = wired(named, &line.way)?;
            let MeasureLine { kbps, bytes, other_bytes, ended, .. } = line;
            *measured.of_mut(way) = Some(Measure { kbps, bytes, other_bytes, ended });
        }
        Ok(SpeedTest {
            id: self.id,
            device: Untrusted::new(&self.device),
            at: self.at,
            asked: self.asked,
            by: self.by,
            state: wired(SpeedState::from_wire, &self.state)?,
            why: self.why,
            measured,
            before: Ways { down: self.down_before, up: self.up_before },
        })
    }
}
