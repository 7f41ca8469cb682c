//! The published JSON Schemas, made from the very types that are printed.
//!
//! They ask for every key of the contract and let further keys pass: keys are only ever
//! added. Must not do: describe anything by hand.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::app::plan::PlanDocument;
use crate::headless::report::document::Report;
use crate::headless::report::events_document::EventLine;

/// Which document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// `--format json`.
    Report,
    /// A line of an event file.
    Events,
    /// The plan file.
    Plan,
}

impl std::str::FromStr for SchemaKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "report" => Ok(Self::Report),
            "events" => Ok(Self::Events),
            "plan" => Ok(Self::Plan),
            _ => Err("the schemas are `report`, `plan` and `events`".to_owned()),
        }
    }
}

/// The JSON Schema (draft 2020-12) of a document, indented, with a line end.
#[must_use]
pub fn schema(kind: SchemaKind) -> String {
    let schema = match kind {
        SchemaKind::Report => of::<Report<'static>>("acerto report"),
        SchemaKind::Events => of::<EventLine>("acerto event file, one line"),
        SchemaKind::Plan => of::<PlanDocument>("acerto plan"),
    };
    format!("{:#}\n", schema.as_value())
}

fn of<T: JsonSchema>(title: &str) -> Schema {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema
}
