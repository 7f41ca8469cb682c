//! Plans: made from findings, kept in a file between `plan` and `apply`, approved by a second
//! person.
//!
//! Must not do: send anything; `apply` does.

pub mod approval;
pub mod decode;
pub mod document;
pub mod encode;
pub(crate) mod facts;
pub mod file;
mod make;
#[cfg(test)]
mod tests;
pub mod undo;

pub use decode::Filed;
pub use document::PlanDocument;
pub use encode::Words;
pub use make::{Order, Planned, make, of_run};
