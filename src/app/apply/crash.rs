//! Places at which a test lets this process die, as a power cut would (SAFETY.md section 2).
//!
//! Only debug builds look: `ACERTO_CRASH_AT=C2` dies there the first time, `C2:3` the third.
//! Must not do: anything in a release build.

/// A crash point of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// Before the plan's rows are written.
    C0,
    /// After INTENT.
    C1,
    /// SENT is committed, nothing is on the wire.
    C2,
    /// The request is under way.
    C3,
    /// The request is done there, its reply not read here.
    C4,
    /// The reply is read, ACKED is not committed.
    C5,
    /// After ACKED.
    C6,
    /// During recovery.
    C7,
}

/// Where this process is to die.
#[derive(Debug, Default)]
pub(super) struct Crash {
    #[cfg(debug_assertions)]
    asked: Option<(String, std::cell::Cell<u32>)>,
}

#[cfg(debug_assertions)]
impl Crash {
    /// As a test asked for it.
    pub fn asked(env: &dyn crate::config::Environment) -> Self {
        let asked = env.var("ACERTO_CRASH_AT").and_then(|text| {
            let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
            let times = times.parse().ok()?;
            Some((name.to_owned(), std::cell::Cell::new(times)))
        });
        Self { asked }
    }

    /// Dies here, where it was asked for.
    pub fn at(&self, point: Point) {
        let Some((name, left)) = &self.asked else { return };
        if *name != format!("{point:?}") {
            return;
        }
        left.set(left.get().saturating_sub(1));
        if left.get() > 0 {
            return;
        }
        let wait = match point {
            // The request itself keeps this thread.
            Point::C3 => 1,
            Point::C4 => 30,
            Point::C0 | Point::C1 | Point::C2 | Point::C5 | Point::C6 | Point::C7 => {
                std::process::abort();
            }
        };
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(wait));
            std::process::abort();
        });
    }
}

#[cfg(not(debug_assertions))]
impl Crash {
    /// Nowhere.
    pub fn asked(_: &dyn crate::config::Environment) -> Self {
        Self {}
    }

    /// Goes on.
    pub fn at(&self, _: Point) {}
}
