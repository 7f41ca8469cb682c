//! The gate and the mapping, by tables.
//!
//! Must not do: open a socket.
