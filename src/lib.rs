//! acerto explains, to the unit, why an ISP's ACS and its Provider count different devices.
//!
//! The house, and which room may use which (a test reads the `crate::` paths):
//! - [`domain`]: nouns; uses nothing.
//! - [`engine`]: verbs, pure: pairing, causes, ledgers, projections; uses `domain`.
//! - [`ports`]: what the use-cases ask of the two systems; uses `domain`.
//! - [`http`]: one hardened client that both sides' network adapters use; uses `domain`, `ports`.
//! - [`tabular`]: reads device files of any common habit, for both sides' file adapters; uses
//!   `domain`, `ports`.
//! - [`acs`], [`provider`]: adapters; use `domain`, `ports`, `tabular`, `http`; never each other.
//! - [`event_file`]: reads audit exports and webhook logs; uses `domain`, `ports`, `tabular`.
//! - [`store`]: what is remembered, in redb; uses `domain`, `engine`.
//! - [`config`]: settings as typed by the user; uses `domain`.
//! - [`app`]: the use-cases; uses `domain`, `engine`, `ports`, `store`, `config`.
//! - [`listen`]: the webhook receiver, the loop of the daily run, and telling; uses `app`,
//!   `domain`, `http`, `config`.
//! - [`lab`]: both systems simulated over real HTTP; uses `domain`, and shares no code with the
//!   adapters, so that it does not share their mistakes.
//! - [`telemetry`]: log lines that can't harm, to stderr and to files; uses `domain`, `config`.
//! - [`words`]: what is said to people, in both languages; uses `domain`, `engine`.
//! - [`headless`]: the face for cron, pipes and scripts; uses `app`, `engine`, `domain`, `config`,
//!   `words`, `telemetry`, and starts `listen`.
//! - [`tui`]: the dashboard, the face for a person at a terminal; uses what `headless` uses.

pub mod acs;
pub mod app;
pub mod config;
pub mod domain;
pub mod engine;
pub mod event_file;
pub mod headless;
pub mod http;
pub mod lab;
pub mod listen;
pub mod ports;
pub mod provider;
pub mod store;
pub mod tabular;
pub mod telemetry;
pub mod tui;
pub mod words;
