//! Small values as the reports print them: times, and names from a closed list.
//!
//! Must not do: words of a language.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::engine::{Cause, Change, Field, Fix, Projected, Reason, ResolvedHow, State, Strength};
use crate::engine::{Warning, WarningCode};

/// RFC 3339, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$" })
    }
}

macro_rules! wire_names {
    ($($(#[$doc:meta])* $name:ident($enum:ident),)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $enum);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.wire())
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let names: Vec<&str> = $enum::ALL.iter().map(|e| e.wire()).collect();
                json_schema!({ "type": "string", "enum": names })
            }
        }
    )*};
}

wire_names! {
    /// A cause's name.
    CauseName(Cause),
    /// A change's name.
    ChangeName(Change),
    /// A field's name.
    FieldName(Field),
    /// A fix's name.
    FixName(Fix),
    /// A projected step's name.
    StepName(Projected),
    /// A candidate's reason.
    ReasonName(Reason),
    /// How a difference ended.
    HowName(ResolvedHow),
    /// New or ongoing.
    StateName(State),
    /// Proven or inferred.
    StrengthName(Strength),
    /// A warning's code.
    WarningName(WarningCode),
}

impl From<&Warning> for WarningName {
    fn from(warning: &Warning) -> Self {
        Self(warning.code)
    }
}

/// A score or a duration with at most three decimals, so that equal runs print equal.
#[must_use]
pub fn rounded(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}
