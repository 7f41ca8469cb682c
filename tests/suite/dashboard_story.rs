//! The whole story at a terminal: why the counts differ, a cause, marks, a plan, a dry run, the
//! lock, an apply, its undo, the end; on the built program, with writes counted at the lab.
//!
//! Must not do: know how a screen is made; what a person reads and presses is all there is.

use crate::apply::Field;
use crate::apply::kinds::Kind;
use crate::apply::rows::differing;
use crate::dashboard::{A_MOMENT, Screen};

impl Field {
    /// The dashboard on this lab.
    pub fn dashboard(&self, size: (u16, u16)) -> Screen {
        let config = self.lab.config_path();
        let arguments = ["--config", config.to_str().unwrap(), "--profile", self.profile];
        Screen::start_in(self.lab.folder(), &arguments, &[], size)
    }
}

impl Screen {
    /// Down the dashboard until the cursor is on this cause.
    fn go_to_cause(&mut self, title: &str) {
        let row = format!("> {title}");
        for _ in 0..20 {
            if self.contents().contains(&row) {
                return;
            }
            self.frame_of("j");
        }
        panic!("no cause {title}; shown:\n{}", self.contents());
    }

    /// How many calls the plan on screen has.
    fn calls(&mut self) -> usize {
        let contents = self.contents();
        let title = contents.lines().find(|line| line.contains("nothing is sent until")).unwrap();
        let words: Vec<&str> = title.split_whitespace().collect();
        let at = words.iter().position(|word| word.starts_with("call")).unwrap();
        words[at - 1].parse().unwrap()
    }
}

fn story(size: (u16, u16)) {
    let field = Field::new(1, 200);
    for name in ["one.json", "two.json"] {
        field.made(Kind::LinkLogin, name);
    }
    field.reconcile();
    let (writes, rows) = (field.writes().len(), field.rows());
    let nothing = |when: &str| assert_eq!(field.writes().len(), writes, "{when}");
    let mut screen = field.dashboard(size);
    screen.wait_to_be_ready();
    assert!(screen.contents().contains("[LOCKED]"), "{}", screen.contents());

    screen.go_to_cause("login not linked");
    screen.press("\r");
    screen
        .wait_until("its list", |shown| shown.contains("0 marked") && !shown.contains("filtering"));
    screen.press("a");
    screen.wait_until("marks", |shown| shown.contains("[x]") && !shown.contains(" 0 marked"));
    screen.press("p");
    screen.wait_until("staged", |shown| !shown.contains("Plan(0)"));
    screen.press("3");
    screen.wait_for("exactly");
    let calls = screen.calls();
    assert!(calls >= 2, "{}", screen.contents());
    screen.press("d");
    screen.wait_for("dry run: every step may be sent");
    nothing("after a dry run");

    screen.press("X");
    screen.wait_for("unlock");
    screen.press("y\r");
    nothing("while it is locked");
    screen.press(":");
    screen.press("unlock\r");
    screen.wait_for("[UNLOCKED]");
    screen.press("X");
    screen.wait_for("Send it?");
    std::thread::sleep(A_MOMENT);
    screen.press("\r");
    screen.wait_for("nothing was sent");
    nothing("after Enter, which cancels");
    screen.press("X");
    screen.say_yes();
    screen.wait_for("Everything is done.");
    let sent = field.writes().split_off(writes);
    assert_eq!(sent.len(), calls, "{sent:?}");
    assert!(sent.iter().all(|write| write.took_effect), "{sent:?}");
    screen.wait_until("gone", |shown| shown.contains("findings are gone"));
    assert_ne!(differing(&rows, &field.rows()), Vec::<String>::new());

    screen.press("u");
    screen.wait_for("exactly");
    screen.press("X");
    screen.say_yes();
    screen.wait_for("are back");
    assert_eq!(field.writes().len(), writes + 2 * calls);
    let differs = differing(&rows, &field.rows());
    assert_eq!(differs, Vec::<String>::new(), "every row is as it was");
    // Out of the run, then out of the dashboard: nobody quits an apply by one key.
    screen.press("q");
    screen.wait_for("Nothing is staged.");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
}

#[test]
fn from_the_difference_to_the_fix_and_back_at_80x24() {
    story((80, 24));
}

#[test]
fn from_the_difference_to_the_fix_and_back_at_120x40() {
    story((120, 40));
}
