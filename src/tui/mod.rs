//! The dashboard: the face for a person at a terminal, over SSH, in 80x24.
//!
//! Must not do: decide anything; use-cases decide, and what is drawn is what they said.
