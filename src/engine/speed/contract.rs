//! What a customer bought: the plan's profile, and the number in its name.
//!
//! A profile has a margin over what was sold: a `600 MEGA` plan is set as 850M. The number in
//! the name is what the customer counts on, the profile is what the line is let through.
//! Must not do: take a number without a unit for a rate: names carry years and prices too.

use crate::domain::{ProviderRecord, Untrusted, Ways};

/// What was bought, kbit/s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    /// The plan's name.
    pub plan: Option<Untrusted>,
    /// As the Provider's profile lets through.
    pub profile: Ways<Option<u64>>,
    /// As the plan's name says.
    pub sold: Ways<Option<u64>>,
}

impl Contract {
    /// Of the Provider's record.
    #[must_use]
    pub fn of(record: Option<&ProviderRecord>) -> Self {
        let Some(record) = record else { return Self::default() };
        Self {
            plan: record.plan.clone(),
            profile: Ways {
                down: record.plan_down_kbps.map(u64::from),
                up: record.plan_up_kbps.map(u64::from),
            },
            sold: record.plan.as_ref().map(|plan| sold(plan.raw())).unwrap_or_default(),
        }
    }

    /// What a measurement is held against: what was sold, else the profile; never more than the
    /// line is let through.
    #[must_use]
    pub fn promised(&self) -> Ways<Option<u64>> {
        let least = |sold: Option<u64>, profile: Option<u64>| match (sold, profile) {
            (Some(sold), Some(profile)) => Some(sold.min(profile)),
            (sold, profile) => sold.or(profile),
        };
        Ways {
            down: least(self.sold.down, self.profile.down),
            up: least(self.sold.up, self.profile.up),
        }
    }
}

/// The rates that a plan's name carries, kbit/s: the first is down, one joined to it up
/// (`600 MEGA`, `1 GIGA`, `FIBRA 500M/250M`). Others are of something else (`+ WIFI 5G`).
#[must_use]
pub fn sold(name: &str) -> Ways<Option<u64>> {
    let found = rates(name);
    let up = match found.as_slice() {
        [(_, true), (up, _), ..] => Some(*up),
        _ => None,
    };
    Ways { down: found.first().map(|(down, _)| *down), up }
}

/// Each rate, and whether another is joined to it.
fn rates(name: &str) -> Vec<(u64, bool)> {
    let lower = name.to_lowercase();
    let mut found = Vec::new();
    let mut rest = lower.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let is_whole = !rest[..start].ends_with([',', '.']);
        let text = &rest[start..];
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, after) = text.split_at(end);
        let word = after.trim_start_matches(' ');
        let unit: String = word.chars().take_while(|c| c.is_alphabetic()).collect();
        if let (true, Ok(number), Some(times)) = (is_whole, digits.parse::<u64>(), kbit(&unit)) {
            let joins = word[unit.len()..].trim_start_matches(' ').starts_with(['/', 'x', '|']);
            let rate = number.checked_mul(times).filter(|rate| *rate > 0);
            found.extend(rate.map(|rate| (rate, joins)));
        }
        rest = after;
    }
    found
}

/// How many kbit/s a unit of a name is.
fn kbit(unit: &str) -> Option<u64> {
    match unit {
        "k" | "kb" | "kbps" | "kbit" => Some(1),
        "m" | "mb" | "mbps" | "mbit" | "mbits" | "mega" | "megas" => Some(1000),
        "g" | "gb" | "gbps" | "gbit" | "gbits" | "giga" | "gigas" => Some(1_000_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_with_a_unit() {
        for (name, down, up) in [
            ("600 MEGA", Some(600_000), None),
            ("Fibra 600MB + TV", Some(600_000), None),
            ("1 GIGA", Some(1_000_000), None),
            ("PLANO 500M/250M", Some(500_000), Some(250_000)),
            ("512k", Some(512), None),
            ("300Mbps residencial", Some(300_000), None),
            ("600 MEGA + WIFI 5G", Some(600_000), None),
            ("COMBO 400 MEGA + 10GB MOVEL", Some(400_000), None),
            ("500 mega x 250 mega", Some(500_000), Some(250_000)),
            ("FIBRA 500", None, None),
            ("Plano 2026 - 79,90", None, None),
            ("Plano 79,90 400 megas", Some(400_000), None),
            ("1.5G", None, None),
            ("4 meses", None, None),
            ("0 MEGA", None, None),
            ("99999999999999999999 MEGA", None, None),
            ("18446744073709551615 MEGA", None, None),
            ("", None, None),
        ] {
            assert_eq!(sold(name), Ways { down, up }, "{name}");
        }
    }

    #[test]
    fn a_measurement_is_held_against_what_was_sold_not_against_the_margin() {
        let contract = |plan: &str, down, up| {
            Contract::of(Some(&ProviderRecord {
                plan: Untrusted::present(plan),
                plan_down_kbps: down,
                plan_up_kbps: up,
                ..ProviderRecord::default()
            }))
            .promised()
        };
        for (plan, profile, promised) in [
            ("600 MEGA", (Some(850_000), Some(425_000)), (Some(600_000), Some(425_000))),
            ("PLUS", (Some(850_000), None), (Some(850_000), None)),
            ("1 GIGA", (Some(600_000), None), (Some(600_000), None)),
            ("600 MEGA", (None, None), (Some(600_000), None)),
            ("", (None, None), (None, None)),
        ] {
            let (down, up) = promised;
            assert_eq!(contract(plan, profile.0, profile.1), Ways { down, up }, "{plan}");
        }
        assert_eq!(Contract::of(None), Contract::default());
    }
}
