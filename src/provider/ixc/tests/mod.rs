//! What the adapter promises, against a stand-in over real HTTP.
//!
//! Must not do: use the lab, which has tests of its own.

mod adapter;
mod holding;
mod lies;
mod outcomes;
mod searches;
mod server;
mod shop;
mod writes;
