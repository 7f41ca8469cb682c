//! x

pub mod report;
pub mod words;
