//! What holds for every screen at every size and in every theme: it is drawn without a panic, and
//! cursor and cause are told by characters.
//!
//! Must not do: look at one screen's details; its own tests do.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::tui::action::Action;
use crate::tui::model::{Model, Screen};
use crate::tui::testing::{does, model, screen, with_run};
use crate::tui::theme::Theme;
use crate::tui::view::view;
use crate::words::Lang;

const SIZES: [(u16, u16); 6] = [(40, 8), (60, 15), (80, 24), (120, 40), (200, 60), (300, 100)];

fn cells(model: &Model) -> Buffer {
    let (width, height) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn row(buffer: &Buffer, y: u16) -> String {
    (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect()
}

#[test]
fn cursor_and_cause_are_told_by_characters_in_every_theme() {
    for (width, height) in SIZES {
        for theme in Theme::ALL {
            let mut model = with_run(width, height);
            model.theme = theme;
            does(&mut model, Action::Next);
            let buffer = cells(&model);
            let rows: Vec<String> = (0..height).map(|y| row(&buffer, y)).collect();
            let marked: Vec<u16> = (0..height)
                .filter(|y| rows[usize::from(*y)].contains("> device swapped"))
                .collect();
            assert_eq!(marked.len(), 1, "{width}x{height} {theme:?}: {rows:#?}");
            let reversed =
                |y: u16| (0..width).any(|x| buffer[(x, y)].modifier.contains(Modifier::REVERSED));
            assert!(reversed(marked[0]), "{width}x{height} {theme:?}");
        }
    }
}

#[test]
fn without_colour_no_cell_has_one() {
    for (width, height) in SIZES {
        for to in Screen::ALL {
            let mut model = with_run(width, height);
            model.theme = Theme::Mono;
            model.screen = to;
            let buffer = cells(&model);
            let plain = buffer
                .content()
                .iter()
                .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset);
            assert!(plain, "{to:?} {width}x{height}");
        }
    }
}

#[test]
fn no_theme_says_more_than_another() {
    for (width, height) in SIZES {
        let text = |theme| {
            let mut model = with_run(width, height);
            model.theme = theme;
            screen(&model)
        };
        for theme in Theme::ALL {
            assert_eq!(text(theme), text(Theme::Mono), "{theme:?}");
        }
    }
}

#[test]
fn profile_and_lock_stay_at_every_size() {
    for (width, height) in SIZES {
        for lang in [Lang::En, Lang::PtBr] {
            let mut model = with_run(width, height);
            model.voice.lang = lang;
            model.setup.production = true;
            model.setup.demo = true;
            let head = screen(&model).lines().next().unwrap_or_default().to_owned();
            let lock = if lang == Lang::En { "[LOCKED]" } else { "[TRAVADO]" };
            let word = if lang == Lang::En { "PRODUCTION" } else { "PRODUÇÃO" };
            assert!(head.contains(lock) && head.contains("prod"), "{head}");
            assert!(head.contains(word), "{head}");
        }
    }
}

#[test]
fn a_tab_is_found_where_it_is_drawn() {
    for width in [40, 60, 80, 200] {
        let mut model = with_run(width, 24);
        for to in Screen::ALL {
            model.screen = to;
            let shown = screen(&model);
            let line = shown.lines().nth(1).unwrap_or_default();
            let column = line.find('[').map(|at| line[..at].chars().count()).unwrap();
            let found = crate::tui::view::tab_at(&model, u16::try_from(column).unwrap());
            assert_eq!(found, Some(to), "{line}");
        }
    }
}

#[test]
fn below_40x8_there_is_a_notice() {
    for (width, height) in [(39, 24), (80, 7), (16, 1)] {
        assert!(screen(&model(width, height)).contains("too small"), "{width}x{height}");
    }
    let smallest = screen(&with_run(40, 8));
    assert!(smallest.contains("ACS 1,210"), "{smallest}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_panics_at_any_size(
        width in 1_u16..=300, height in 1_u16..=100, to in 0_usize..6, known in any::<bool>(),
        demo in any::<bool>(), theme in 0_usize..4, pt in any::<bool>(), moves in 0_usize..20,
    ) {
        let mut model = if known { with_run(width, height) } else { model(width, height) };
        model.theme = Theme::ALL[theme];
        model.screen = Screen::ALL[to];
        model.setup.demo = demo;
        model.voice.lang = if pt { Lang::PtBr } else { Lang::En };
        for _ in 0..moves {
            does(&mut model, Action::Next);
            does(&mut model, Action::PaneNext);
        }
        let _ = cells(&model);
    }
}
