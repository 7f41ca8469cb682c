//! Whatever is pressed, at whatever size, in whatever world: nothing panics, and nothing is
//! written to either system while the dashboard is locked; counted at the lab.
//!
//! Must not do: unlock. What an unlocked dashboard sends is the story's, and shows that the
//! counter counts.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::apply::Field;
use crate::apply::kinds::Kind;
use crate::dashboard::{PATIENCE, Screen};

/// Worlds are slow to make, so each is walked in several times.
const WORLDS: [(u64, &str); 2] = [(3, "lab"), (4, "lab-genieacs")];
const WALKS: u32 = 4;

/// What the first screen shows where nothing lies over it; locked or not.
const HOME: [&str; 3] = ["[1]Dashboard", "LOCKED]", "= counted by the Provider"];

/// Longer than a lone ESC waits for the rest of a sequence.
const AN_ESC: Duration = Duration::from_millis(150);

/// What a hand does. Not among it: what quits or suspends, files with names of chance (`e`), and
/// the palette and the help with words of chance, which could unlock: one that stays open, because
/// its word can't be done or an ESC became a part of the next key, holds what fits nothing, and no
/// key that empties its line is pressed.
#[derive(Clone, Debug)]
enum Step {
    Keys(String),
    Size(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let keys = |keys: &[&str]| {
        proptest::sample::select(keys.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>())
            .prop_map(Step::Keys)
    };
    let way = ["2", "a", "p", "3", "d", "X", "y", "\r", "2ap3", "X\r", "Xy", "u", "4", "1540\r"];
    let screens =
        ["1", "2", "3", "4", "5", "6", "gd", "gf", "gl", "fm", "fo", "fu", "?~~~\x1b", "z"];
    let moves =
        ["j", "k", "G", "gg", "\x04", "\x1b[5~", "\t", "\x1b[B", "\x1b[A", "\x1bOC", "\x1b"];
    let others =
        ["/hw\r", "/~x\r", "i", "m", "n", "l", "=", "U", "c", "s", "'", "b", "x", " ", "v"];
    let named = [":dry\r~~~", ":doctor\r~~~", ":mono\r~~~", ":yes\r~~~", ":apply\r~~~"];
    let torn = ["\x1b[", "\x1b[1;5", "\x1b]52;", "\x1b[200~Xy\r\x1b[201~", "\u{202e}é\0"];
    let all = [&way[..], &screens, &moves, &others, &named, &torn].concat();
    prop_oneof![
        6 => keys(&way),
        6 => keys(&all),
        1 => (1_u16..=300, 1_u16..=100).prop_map(|(cols, rows)| Step::Size(cols, rows)),
    ]
}

impl Screen {
    /// Does it, without waiting for what it shows.
    fn does(&mut self, step: &Step) {
        match step {
            Step::Keys(keys) => self.press(keys),
            Step::Size(cols, rows) => self.resize(*cols, *rows),
        }
        // A question takes no key at first: some walks have to be slow enough to answer one.
        std::thread::sleep(Duration::from_millis(30));
    }

    /// Out of everything that lies over a screen, and to the first one. How much lies there is
    /// not known, and an ESC that is read with the next key is none: so again, until it is seen.
    fn goes_home(&mut self) {
        self.resize(80, 24);
        let until = Instant::now() + PATIENCE;
        loop {
            for key in ["\x1b", "\x1b", "\x1b", "\x1b", "1"] {
                self.press(key);
                std::thread::sleep(AN_ESC);
            }
            let contents = self.contents();
            if HOME.iter().all(|text| contents.contains(text)) {
                return;
            }
            assert!(Instant::now() < until, "never home; shown:\n{contents}");
        }
    }
}

/// The way on which walks of chance come to where only the lock is in the way, at a person's pace:
/// there is something that could be sent.
fn assert_only_the_lock_is_in_the_way(field: &Field) {
    let writes = field.writes().len();
    let mut screen = field.dashboard((80, 24));
    screen.wait_to_be_ready();
    let way = [("2", " 0 marked"), ("a", "[x]"), ("p", "staged"), ("3", "X apply")];
    for (key, shown) in way.into_iter().chain([("X", "LOCKED: unlock first")]) {
        screen.press(key);
        screen.wait_for(shown);
    }
    assert_eq!(field.writes().len(), writes);
    screen.press("q");
    assert_eq!(screen.ended(), 0, "{}", screen.contents());
}

fn walk(field: &Field, steps: &[Step]) {
    let writes = field.writes().len();
    let mut screen = field.dashboard((80, 24));
    screen.wait_to_be_ready();
    for step in steps {
        screen.does(step);
    }
    screen.goes_home();
    assert!(screen.contents().contains("[LOCKED]"), "{}", screen.contents());
    assert_eq!(field.writes().len(), writes, "written by {steps:?}");
    screen.press("q");
    assert_eq!(screen.ended(), 0, "{}", screen.contents());
}

#[test]
fn nothing_is_written_while_it_is_locked() {
    for (seed, profile) in WORLDS {
        let field = Field::wide(seed, 120, profile);
        field.made(Kind::LinkLogin, "made.json");
        assert_only_the_lock_is_in_the_way(&field);
        let config = Config { cases: WALKS, max_shrink_iters: 0, ..Config::default() };
        let mut runner = TestRunner::new(config);
        let steps = proptest::collection::vec(step(), 30..70);
        runner
            .run(&steps, |steps| {
                walk(&field, &steps);
                Ok(())
            })
            .unwrap();
    }
}
