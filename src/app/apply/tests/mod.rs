//! An apply from its lock to its end, over two systems in memory that a test scripts.

mod batches;
mod books;
mod outcomes;
mod recovery;
mod refusals;
mod shop;
mod sides;
mod unattended;
mod undoing;
