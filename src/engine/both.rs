//! Two things at once, on two threads.
//!
//! Must not do: add up. Two within two are four threads, of which two are over soon, and more
//! there are not: what is explained at dawn shares its machine with the systems.

/// Does two things at once. A panic of either goes on here.
pub fn both<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second)
    })
}
