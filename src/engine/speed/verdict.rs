//! What a measurement is worth beside what was bought and what the box can test.
//!
//! Must not do: blame the line for what the box can't measure: the smaller of plan and ceiling
//! bounds the verdict, and the verdict says which one it was.

/// What bounded a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What was bought.
    Plan,
    /// The most that this model can test.
    Ceiling,
}

impl Bound {
    /// Its name in JSON.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Ceiling => "model",
        }
    }
}

/// How good a measurement is. The limits are those of Anatel's rules of quality (Resolução
/// 574/2011): 80 % of what was bought on average, 40 % at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// 80 % or more.
    AsSold,
    /// 40 % or more.
    Below,
    /// Less than 40 %.
    Poor,
}

impl Grade {
    /// Its name in JSON.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::AsSold => "as-sold",
            Self::Below => "below",
            Self::Poor => "poor",
        }
    }
}

/// What a measurement is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How good.
    pub grade: Grade,
    /// Measured of what it is held against, thousandths.
    pub permille: u64,
    /// What it is held against, kbit/s.
    pub of_kbps: u64,
    /// What that is.
    pub bound: Bound,
}

/// The verdict over `measured`; `None` where neither a plan nor a ceiling is known. All in
/// kbit/s. A ceiling alone says nothing of the line: it is what the box could do at most.
#[must_use]
pub fn verdict(measured: u64, promised: Option<u64>, ceiling: Option<u64>) -> Option<Verdict> {
    let plan = promised.filter(|kbps| *kbps > 0)?;
    let (of_kbps, bound) = match ceiling.filter(|kbps| *kbps > 0) {
        Some(ceiling) if ceiling < plan => (ceiling, Bound::Ceiling),
        _ => (plan, Bound::Plan),
    };
    let permille = u128::from(measured) * 1000 / u128::from(of_kbps);
    let permille = u64::try_from(permille).unwrap_or(u64::MAX);
    let grade = match permille {
        800.. => Grade::AsSold,
        400.. => Grade::Below,
        _ => Grade::Poor,
    };
    Some(Verdict { grade, permille, of_kbps, bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_of_plan_and_ceiling_bounds_it() {
        use Bound::{Ceiling, Plan};
        use Grade::{AsSold, Below, Poor};
        for (measured, plan, ceiling, told) in [
            (600_000, Some(600_000), None, Some((AsSold, 1000, 600_000, Plan))),
            (480_000, Some(600_000), None, Some((AsSold, 800, 600_000, Plan))),
            (479_999, Some(600_000), None, Some((Below, 799, 600_000, Plan))),
            (240_000, Some(600_000), None, Some((Below, 400, 600_000, Plan))),
            (239_999, Some(600_000), None, Some((Poor, 399, 600_000, Plan))),
            (0, Some(600_000), None, Some((Poor, 0, 600_000, Plan))),
            // A box that tests 100 Mbit/s at most, on a line of 1 Gbit/s.
            (95_000, Some(1_000_000), Some(100_000), Some((AsSold, 950, 100_000, Ceiling))),
            (500_000, Some(600_000), Some(900_000), Some((AsSold, 833, 600_000, Plan))),
            (500_000, Some(600_000), Some(600_000), Some((AsSold, 833, 600_000, Plan))),
            (500_000, None, Some(600_000), None),
            (500_000, None, None, None),
            (500_000, Some(0), None, None),
            (500_000, Some(600_000), Some(0), Some((AsSold, 833, 600_000, Plan))),
        ] {
            let verdict = verdict(measured, plan, ceiling);
            let found = verdict.map(|v| (v.grade, v.permille, v.of_kbps, v.bound));
            assert_eq!(found, told, "{measured} {plan:?} {ceiling:?}");
        }
        assert_eq!(verdict(u64::MAX, Some(1), None).map(|v| v.permille), Some(u64::MAX));
    }
}
