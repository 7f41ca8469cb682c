//! Where the panes of the list are: three from 120 columns on, two from 80, else one.
//!
//! Must not do: draw. Drawing, moving and clicking all ask here, so that they agree.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::tui::model::Model;

/// With causes beside the list.
const TWO_PANES: u16 = 80;
/// With the one under the cursor beside the list, too.
const THREE_PANES: u16 = 120;
const CAUSES_WIDTH: u16 = 21;
const DETAIL_WIDTH: u16 = 40;
/// Rows of the head, the tabs and the hints around the screen.
const AROUND: (u16, u16) = (2, 3);
/// Fewer rows than this: one line tells why.
const TIGHT: u16 = 16;

/// The panes, outside their frames; `None` where there is no room for one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panes {
    /// The filter, and how much of everything it shows.
    pub filter: Rect,
    pub causes: Option<Rect>,
    pub list: Option<Rect>,
    pub detail: Option<Rect>,
    /// Why, what to do, how many are marked.
    pub foot: Rect,
}

/// By the area of the screen.
pub(super) fn panes(area: Rect, on_causes: bool) -> Panes {
    let foot = match (area.width >= THREE_PANES, area.height < TIGHT) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 4,
    };
    let rows = [Constraint::Length(1), Constraint::Min(3), Constraint::Length(foot)];
    let [filter, middle, foot] = Layout::vertical(rows).areas(area);
    if area.width < TWO_PANES {
        let (causes, list) = if on_causes { (Some(middle), None) } else { (None, Some(middle)) };
        return Panes { filter, causes, list, detail: None, foot };
    }
    let detail = if area.width >= THREE_PANES { DETAIL_WIDTH } else { 0 };
    let columns =
        [Constraint::Length(CAUSES_WIDTH), Constraint::Min(1), Constraint::Length(detail)];
    let [causes, list, beside] = Layout::horizontal(columns).areas(middle);
    let detail = (detail > 0).then_some(beside);
    Panes { filter, causes: Some(causes), list: Some(list), detail, foot }
}

/// By the size of the terminal, as the screen will be drawn.
pub(super) fn of(model: &Model) -> Panes {
    let (width, height) = model.size;
    let area = Rect::new(0, AROUND.0, width, height.saturating_sub(AROUND.1).max(1));
    panes(area, model.diff.is_on_causes())
}

/// Rows of the list: without its frame and its heading.
pub(super) fn list_rows(model: &Model) -> usize {
    let list = of(model).list.map_or(0, |list| list.height);
    usize::from(list.saturating_sub(3)).max(1)
}

/// Rows of the causes: without their frame.
pub(super) fn cause_rows(model: &Model) -> usize {
    let causes = of(model).causes.map_or(0, |causes| causes.height);
    usize::from(causes.saturating_sub(2)).max(1)
}
