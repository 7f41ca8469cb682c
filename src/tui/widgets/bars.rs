//! Bars and lines of block characters, by eighths of a cell; no braille.
//!
//! Must not do: stand without a number beside it.

const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar of `n` where `most` takes the whole width; whatever is not 0 can be seen.
#[must_use]
pub fn bar(n: u64, most: u64, width: usize) -> String {
    if n == 0 || most == 0 || width == 0 {
        return String::new();
    }
    let cells = width as u128 * 8;
    let eighths = (u128::from(n.min(most)) * cells).div_ceil(u128::from(most)).min(cells);
    let eighths = usize::try_from(eighths).unwrap_or(width * 8).max(1);
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8 - 1]);
    }
    bar
}

/// A column for each number, from the lowest to the highest of them.
#[must_use]
pub fn trend(numbers: &[u64]) -> String {
    let most = numbers.iter().copied().max().unwrap_or(0);
    let height = |n: u64| match most {
        0 => HEIGHTS[0],
        most => {
            let step = u128::from(n) * 7 / u128::from(most);
            HEIGHTS[usize::try_from(step).unwrap_or(7).min(7)]
        }
    };
    numbers.iter().map(|&n| height(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    #[test]
    fn the_most_is_the_whole_width() {
        assert_eq!(bar(10, 10, 4), "████");
        assert_eq!(bar(5, 10, 4), "██");
        assert_eq!(bar(1, 1000, 4), "▏");
        assert_eq!(bar(0, 10, 4), "");
        assert_eq!(bar(3, 0, 4), "");
        assert_eq!(trend(&[0, 50, 100]), "▁▄█");
        assert_eq!(trend(&[0, 0]), "▁▁");
    }

    proptest! {
        #[test]
        fn a_bar_fits_and_more_is_never_shorter(
            n in any::<u64>(), more in any::<u64>(), most in 1_u64.., width in 0_usize..40,
        ) {
            let shown = bar(n, most, width);
            prop_assert!(shown.width() <= width);
            let longer = bar(n.saturating_add(more), most, width);
            prop_assert!(longer.width() >= shown.width());
            prop_assert!(n == 0 || width == 0 || !shown.is_empty());
        }
    }
}
