//! From `[causes]` to what the engine is told.
//!
//! Must not do: invent a setting; the shipped ones are the engine's own.

use crate::config::{Causes, DriftField};
use crate::domain::PppoeLogin;
use crate::engine::Rules;
use crate::engine::finding::Field;
use crate::engine::rules::Placeholder;

/// The engine's rules for these settings.
#[must_use]
pub fn rules(causes: &Causes) -> Rules {
    let shipped = Rules::default();
    let placeholders = causes.placeholder_serials.as_ref();
    let logins = causes.ignore_logins.as_ref();
    Rules {
        webhook_grace: causes.webhook_grace.0,
        first_contact_grace: causes.first_contact_grace.0,
        mass_exclusion_days: causes.mass_exclusion_days,
        drift: causes.drift.iter().map(|f| field(*f)).collect(),
        placeholders: placeholders.map_or(shipped.placeholders, |typed| {
            typed.iter().filter_map(|p| Placeholder::parse(p)).collect()
        }),
        ignore_logins: logins.map_or(shipped.ignore_logins, |typed| {
            typed.iter().filter_map(|l| PppoeLogin::new(l)).collect()
        }),
    }
}

fn field(field: DriftField) -> Field {
    match field {
        DriftField::Login => Field::Login,
        DriftField::Mac => Field::Mac,
        DriftField::Serial => Field::Serial,
        DriftField::Model => Field::Model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Period;

    #[test]
    fn shipped_settings_are_the_engines_own() {
        let (mapped, shipped) = (rules(&Causes::default()), Rules::default());
        assert_eq!(format!("{mapped:?}"), format!("{shipped:?}"));
    }

    #[test]
    fn typed_settings_replace_the_shipped_ones() {
        let causes = Causes {
            webhook_grace: Period::hours(5),
            mass_exclusion_days: Some(60),
            drift: vec![DriftField::Mac],
            placeholder_serials: Some(vec!["JUNK…".into()]),
            ignore_logins: Some(vec!["Nobody".into(), " ".into()]),
            ..Causes::default()
        };
        let rules = rules(&causes);
        assert_eq!(rules.webhook_grace.as_hours(), 5);
        assert_eq!(rules.mass_exclusion_days, Some(60));
        assert_eq!(rules.drift, [Field::Mac]);
        assert_eq!(rules.placeholders, [Placeholder::Prefix("JUNK".into())].into_iter().collect());
        assert_eq!(rules.ignore_logins, PppoeLogin::new("Nobody").into_iter().collect());
    }
}
