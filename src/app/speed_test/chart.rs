//! A row of figures as one row of characters, each as high as its figure.
//!
//! Must not do: round a small figure to nothing; what was measured has at least the lowest step.

/// Eight heights, as blocks.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same where a terminal or a font has no blocks.
const ASCII: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// A character a figure, oldest first; the highest is the highest of the row.
#[must_use]
pub fn sparkline(values: &[u64], blocks: bool) -> String {
    let steps = if blocks { BLOCKS } else { ASCII };
    let most = values.iter().copied().max().unwrap_or_default().max(1);
    let height = |value: u64| {
        let step = (u128::from(value) * 8).div_ceil(u128::from(most)).saturating_sub(1);
        usize::try_from(step).unwrap_or(7).min(7)
    };
    values.iter().map(|value| steps[height(*value)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_figure_is_the_highest_step() {
        for (values, blocks, ascii) in [
            (&[][..], "", ""),
            (&[5], "█", "#"),
            (&[0, 0], "▁▁", "__"),
            (&[1, 800], "▁█", "_#"),
            (&[100, 200, 300, 400, 500, 600, 700, 800], "▁▂▃▄▅▆▇█", "_.:-=+*#"),
            (&[u64::MAX, u64::MAX / 2], "█▄", "#-"),
        ] {
            assert_eq!(sparkline(values, true), blocks, "{values:?}");
            assert_eq!(sparkline(values, false), ascii, "{values:?}");
        }
    }
}
