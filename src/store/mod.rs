//! What acerto remembers, in redb: snapshots, findings, tombstones, events, ignores, notes.
//!
//! Must not do: name redb outside this room, or talk to a network.

pub mod run;
