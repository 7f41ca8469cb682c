//! Two things at once, on two threads.
//!
//! Must not do: grow with the machine. Calls lie within one another, and a run compares and packs
//! beside what is done here: at most a dozen threads for some tenths of a second, however many
//! processors there are. What is explained at dawn shares its machine with the systems.

/// Does two things at once. A panic of either goes on here.
pub fn both<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second)
    })
}

/// On how many threads a piece of work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// The caller's: whatever the others do goes first.
    One,
    /// A second one beside it.
    Two,
    /// The same, but that one has something else to do at first.
    TwoAtLast,
}

impl Threads {
    /// Does two things: at once, or one after the other.
    pub fn both<A: Send, B>(
        self,
        first: impl FnOnce() -> A + Send,
        second: impl FnOnce() -> B,
    ) -> (A, B) {
        match self {
            Self::One => (first(), second()),
            Self::Two | Self::TwoAtLast => both(first, second),
        }
    }
}
