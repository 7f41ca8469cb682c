//! The one test binary: fast to link.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a test fails by panicking, and its numbers are small"
)]

mod store_damage;
mod store_processes;
mod store_runs;
mod store_speed;
mod store_world;
