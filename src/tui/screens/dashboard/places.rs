//! Where everything of the dashboard is, by the room there is.
//!
//! The causes come first, then what to do about the one under the cursor, then notes. Must not
//! do: depend on what is written there, so that nothing moves when the cursor does.

use ratatui::layout::Rect;

/// From so many columns on, figures stand beside the causes.
const TWO_COLUMNS: u16 = 110;
/// Columns of the figures then.
const FIGURES: u16 = 40;
/// From so many rows on, there is a frame.
const FRAME: u16 = 8;
/// Rows inside the frame with notes below the causes.
const WITH_NOTES: u16 = 14;
/// Rows that are kept for what stands below the causes: two lines with titles, two to read.
const BELOW: u16 = 8;
/// Rows for what to do, where there is plenty of room.
const ADVICE: u16 = 6;

/// Where everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The frame around the causes; without one there is no room for it.
    pub frame: Option<Rect>,
    /// Totals and causes.
    pub table: Rect,
    /// How many rows of it are causes.
    pub causes: usize,
    /// Both totals in one line, above the causes.
    pub one_line: bool,
    /// What to do about the cause under the cursor; the row above is its title's.
    pub advice: Option<Rect>,
    /// Notes, in the same frame below a title, or in a frame of their own.
    pub notes: Notes,
    /// Figures in a frame of their own.
    pub figures: Option<Rect>,
}

/// Where the notes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notes {
    /// Below the causes, in their frame.
    Below(Rect),
    /// In a frame of their own.
    Framed(Rect),
    /// In the place of the causes, when asked for.
    Instead(Rect),
}

impl Places {
    /// For so many causes.
    #[must_use]
    pub fn of(area: Rect, causes: usize) -> Self {
        if area.width >= TWO_COLUMNS && area.height >= 24 {
            return Self::wide(area, causes);
        }
        if area.height < FRAME {
            return Self::small(area, causes);
        }
        let inside = inner(area);
        if inside.height < WITH_NOTES {
            return Self::one_pane(area, inside, causes);
        }
        let table = wanted(causes).min(inside.height - BELOW);
        let rest = inside.height - table;
        let advice = if rest >= BELOW + 4 {
            5
        } else if rest > BELOW {
            3
        } else {
            2
        };
        let notes = rows(inside, table + 1 + advice + 1, rest - advice - 2);
        Self {
            advice: Some(rows(inside, table + 1, advice)),
            notes: Notes::Below(notes),
            ..Self::framed(area, rows(inside, 0, table))
        }
    }

    fn framed(area: Rect, table: Rect) -> Self {
        Self {
            frame: Some(area),
            table,
            causes: usize::from(table.height.saturating_sub(2)),
            one_line: false,
            advice: None,
            notes: Notes::Instead(table),
            figures: None,
        }
    }

    /// Causes and figures side by side, the notes below both.
    fn wide(area: Rect, causes: usize) -> Self {
        let most = area.height - ADVICE - 3 - 8;
        let table = wanted(causes).min(most);
        let top = (table + ADVICE + 3).max(20.min(area.height - 8));
        let left = Rect { width: area.width - FIGURES, height: top, ..area };
        let figures = Rect { x: left.right(), width: FIGURES, ..left };
        let notes = Rect { y: left.bottom(), height: area.height - top, ..area };
        let inside = inner(left);
        Self {
            advice: Some(rows(inside, table + 1, inside.height - table - 1)),
            notes: Notes::Framed(notes),
            figures: Some(figures),
            ..Self::framed(left, rows(inside, 0, table))
        }
    }

    /// Notes in a frame of their own take no more rows than they need; the rest is for what stands
    /// above them. The causes stay where they are.
    #[must_use]
    pub fn with_notes(self, lines: usize) -> Self {
        let Notes::Framed(at) = self.notes else { return self };
        let needed = if lines == 0 { 0 } else { u16::try_from(lines).unwrap_or(u16::MAX - 2) + 2 };
        let spare = at.height.saturating_sub(needed);
        let taller = |area: Rect| Rect { height: area.height + spare, ..area };
        Self {
            frame: self.frame.map(taller),
            advice: self.advice.map(taller),
            figures: self.figures.map(taller),
            notes: Notes::Framed(Rect { y: at.y + spare, height: at.height - spare, ..at }),
            ..self
        }
    }

    fn one_pane(area: Rect, inside: Rect, causes: usize) -> Self {
        let table = wanted(causes).min(inside.height - 3);
        let rest = inside.height - table - 1;
        Self {
            advice: Some(rows(inside, table + 1, rest)),
            notes: Notes::Instead(inside),
            ..Self::framed(area, rows(inside, 0, table))
        }
    }

    fn small(area: Rect, causes: usize) -> Self {
        let shown = causes.min(usize::from(area.height.saturating_sub(1)));
        Self {
            frame: None,
            table: area,
            causes: shown,
            one_line: true,
            advice: None,
            notes: Notes::Instead(area),
            figures: None,
        }
    }
}

/// Rows for all causes and both totals.
fn wanted(causes: usize) -> u16 {
    u16::try_from(causes).unwrap_or(u16::MAX).saturating_add(2)
}

fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

fn rows(area: Rect, from: u16, height: u16) -> Rect {
    Rect { y: area.y + from, height, ..area }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn at_80x24_there_are_eight_causes_and_the_others() {
        let places = Places::of(Rect::new(0, 2, 80, 21), 14);
        assert_eq!(places.causes, 9);
        assert!(matches!(places.notes, Notes::Below(at) if at.height >= 3));
    }

    proptest! {
        #[test]
        fn everything_is_on_screen_and_nothing_on_top_of_another(
            width in 1_u16..320, height in 1_u16..110, causes in 0_usize..20,
            notes in 0_usize..40,
        ) {
            let area = Rect::new(0, 2, width, height);
            let places = Places::of(area, causes).with_notes(notes);
            let mut parts = vec![places.table];
            parts.extend(places.advice);
            parts.extend(places.figures);
            match places.notes {
                Notes::Below(at) | Notes::Framed(at) => parts.push(at),
                Notes::Instead(at) => prop_assert_eq!(area.intersection(at), at),
            }
            for (place, one) in parts.iter().enumerate() {
                prop_assert_eq!(area.intersection(*one), *one);
                for other in &parts[place + 1..] {
                    prop_assert!(one.intersection(*other).is_empty(), "{places:?}");
                }
            }
            let least = if places.one_line { 1 } else { 2 };
            prop_assert!(places.causes <= usize::from(places.table.height).saturating_sub(least));
        }
    }
}
