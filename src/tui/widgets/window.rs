//! Which rows of a long list are on screen, and which of them the cursor is on.
//!
//! Only those are ever drawn: a list of a million rows costs what a list of twenty does. At an
//! edge it scrolls by half a page, which sends far fewer bytes than a row at a time.
//! Must not do: hold rows.

/// A cursor in a list, and the first row on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The cursor's row, from 0.
    pub at: usize,
    /// The first row on screen.
    pub top: usize,
}

impl Window {
    /// Moves the cursor; it stays in the list.
    pub fn go(&mut self, by: isize, rows: usize, height: usize) {
        self.to(self.at.saturating_add_signed(by), rows, height);
    }

    /// Puts the cursor on a row, or on the last where there are fewer.
    pub fn to(&mut self, row: usize, rows: usize, height: usize) {
        self.at = row.min(rows.saturating_sub(1));
        self.settle(rows, height);
    }

    /// Keeps the cursor on screen: after a move, and after a list or screen became smaller.
    pub fn settle(&mut self, rows: usize, height: usize) {
        let height = height.max(1);
        self.at = self.at.min(rows.saturating_sub(1));
        let half = (height / 2).max(1);
        if self.at < self.top {
            self.top =
                if self.top - self.at > half { self.at } else { self.top.saturating_sub(half) };
        } else if self.at >= self.top + height {
            let least = self.at + 1 - height;
            self.top = if self.at - self.top >= height + half { least } else { self.top + half };
            self.top = self.top.max(least);
        }
        self.top = self.top.min(rows.saturating_sub(height));
    }

    /// The rows on screen.
    #[must_use]
    pub fn shown(&self, rows: usize, height: usize) -> std::ops::Range<usize> {
        let top = self.top.min(rows);
        top..rows.min(top + height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_scrolls_by_half_a_page_at_the_edge() {
        let mut window = Window::default();
        for _ in 0..9 {
            window.go(1, 100, 10);
        }
        assert_eq!(window, Window { at: 9, top: 0 });
        window.go(1, 100, 10);
        assert_eq!(window, Window { at: 10, top: 5 });
        window.to(99, 100, 10);
        assert_eq!(window, Window { at: 99, top: 90 });
        window.to(0, 100, 10);
        assert_eq!(window, Window { at: 0, top: 0 });
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_on_screen(
            moves in proptest::collection::vec((-40_isize..40, 0_usize..60, 0_usize..20), 1..60),
        ) {
            let mut window = Window::default();
            for (by, rows, height) in moves {
                window.go(by, rows, height);
                let shown = window.shown(rows, height.max(1));
                prop_assert!(rows == 0 || shown.contains(&window.at), "{window:?} {shown:?}");
            }
        }
    }
}
