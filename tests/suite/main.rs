//! The one test binary: scenarios, worlds with known truth, properties, layering, the product.
//!
//! Must not do: share code with the product. Truth here is written from the contract, and
//! the product is only asked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a test that can't go on has to say so and stop"
)]

mod acs_writes;
mod apply;
mod apply_crash;
mod apply_kills;
mod apply_many;
mod apply_rows;
mod apply_story;
mod apply_worlds;
mod bench_small;
mod canary;
mod cli_commands;
mod cli_config;
mod daily;
mod dashboard;
mod dashboard_keymap;
mod dashboard_keys;
mod dashboard_plain;
mod dashboard_search;
mod dashboard_story;
mod dashboard_terminal;
mod dashboard_writes;
mod hostile;
mod hostile_clocks;
mod hostile_disk;
mod hostile_network;
mod hostile_owners;
mod hostile_pauses;
mod hostile_secrets;
mod hostile_signals;
mod hostile_store;
mod judge;
mod lab_demo;
mod lab_process;
mod lab_server;
mod lab_world;
mod layering;
mod listen_bars;
mod listen_story;
mod listener;
mod memory;
mod network_faults;
mod notices;
mod operations_backup;
mod operations_logs;
mod operations_units;
mod product_change;
mod product_crash;
mod product_doctor;
mod product_doctor_host;
mod product_doctor_probe;
mod product_doctor_remote;
mod product_errors;
mod product_files;
mod product_forms;
mod product_run;
mod product_search;
mod product_speedtest;
mod properties;
mod prose;
mod provider_writes;
mod removal_of_events;
mod samples;
mod scenarios;
mod search_live;
mod stand_in;
mod store_apply;
mod store_compared;
mod store_damage;
mod store_late;
mod store_priors;
mod store_processes;
mod store_product;
mod store_retention;
mod store_runs;
mod store_search;
mod store_world;
mod wizard;
mod world;
mod world_accuracy;
