//! What the adapter promises, against a stand-in over real HTTP.
//!
//! Must not do: use the lab, which has tests of its own.

mod adapter;
mod lies;
mod server;
