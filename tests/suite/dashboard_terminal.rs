//! The dashboard takes a terminal and gives it back, whatever happens.
//!
//! Must not do: ask what is on the screens; their golden tests do.

use std::time::Duration;

use rustix::process::Signal;

use crate::dashboard::{Screen, at_home};
use crate::product_run::Home;

/// A terminal that is gone ends it within a second (SCREENS.md section 8); the rest is for a
/// machine that does much else.
const GONE: Duration = Duration::from_secs(3);

const SIZE: (u16, u16) = (80, 24);

/// A way to end it.
type End = fn(&mut Screen);

fn opened(home: &Home, variables: &[(&str, &str)]) -> Screen {
    let mut screen = Screen::start_in(home.path(), &[], variables, SIZE);
    screen.wait_to_be_ready();
    screen
}

#[test]
fn quitting_and_signals_give_the_terminal_back() {
    let home = at_home();
    let ends: [(End, u32); 6] = [
        (|screen| screen.press("q"), 0),
        (|screen| screen.press("\x03"), 0),
        (|screen| screen.signal(Signal::TERM), 143),
        (|screen| screen.signal(Signal::INT), 130),
        (|screen| screen.signal(Signal::HUP), 129),
        // What is pasted is no key.
        (|screen| screen.press("\x1b[200~qq\x1b[201~\x1b[200~q\x1b[201~q"), 0),
    ];
    for (at, (end, code)) in ends.into_iter().enumerate() {
        let mut screen = opened(&home, &[]);
        assert!(!screen.is_as_for_a_shell());
        assert!(screen.screen().alternate_screen() && screen.screen().hide_cursor());
        end(&mut screen);
        assert_eq!(screen.ended_within(GONE), code, "{at}");
        screen.ended();
        screen.assert_given_back();
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let home = at_home();
    let mut screen = opened(&home, &[("ACERTO_CRASH_AT", "key")]);
    screen.press("j");
    assert_eq!(screen.ended(), 1);
    screen.assert_given_back();
    let contents = screen.contents();
    assert!(contents.contains("error: internal error at src/tui/run.rs"), "{contents}");
}

#[test]
fn a_terminal_that_is_gone_ends_it_also_where_nobody_is_signalled() {
    let home = at_home();
    let mut screen = opened(&home, &[]);
    screen.hang_up();
    assert_eq!(screen.ended_within(GONE), 129);
    // The shell is signalled and ignores it; its child is not signalled at all.
    let acerto = env!("CARGO_BIN_EXE_acerto");
    let script = format!("trap '' HUP; {acerto}; exit $?");
    let mut screen = Screen::start_program(home.path(), &["sh", "-c", &script], &[], SIZE);
    screen.wait_to_be_ready();
    screen.hang_up();
    assert_eq!(screen.ended_within(GONE), 129);
    let checked = home.run(&["store", "check"]);
    assert_eq!(checked.exit, Some(0), "{}", checked.said());
}

#[test]
fn suspended_it_is_a_job_of_the_shell_and_comes_back_whole() {
    let home = at_home();
    let acerto = env!("CARGO_BIN_EXE_acerto");
    let variables = [("PS1", "ready> "), ("ENV", ""), ("HISTFILE", "")];
    let mut shell = Screen::start_program(home.path(), &["sh", "-i"], &variables, SIZE);
    shell.wait_for("ready>");
    shell.press(&format!("{acerto}\r"));
    shell.wait_to_be_ready();
    let dashboard = shell.contents();
    for _ in 0..2 {
        shell.press("\x1a");
        shell.wait_until("stopped", |contents| {
            contents.contains("Stopped") && contents.trim_end().ends_with("ready>")
        });
        let screen = shell.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        shell.press("fg\r");
        shell.wait_until("back", |contents| contents == dashboard);
        assert!(!shell.is_as_for_a_shell());
        assert!(shell.screen().alternate_screen() && shell.screen().hide_cursor());
    }
    shell.press("q");
    shell.wait_until("the shell", |contents| contents.trim_end().ends_with("ready>"));
    shell.press("exit 7\r");
    assert_eq!(shell.ended(), 7);
}

#[test]
fn stopped_and_woken_by_others_it_draws_itself_again() {
    let home = at_home();
    let mut screen = opened(&home, &[]);
    let frames = screen.frames();
    screen.signal(Signal::STOP);
    screen.signal(Signal::CONT);
    screen.wait_for_frames(frames + 1);
    screen.wait_to_be_ready();
    assert!(!screen.is_as_for_a_shell());
}

#[test]
fn it_lives_through_a_storm_of_sizes() {
    let home = at_home();
    let mut screen = opened(&home, &[]);
    let before = screen.contents();
    for (columns, rows) in (1..=300).step_by(23).flat_map(|c| [(c, 1), (c, c / 3 + 1), (c, 100)]) {
        screen.resize(columns, rows);
    }
    screen.resize(1, 1);
    screen.resize(300, 100);
    screen.wait_to_be_ready();
    screen.resize(80, 24);
    screen.wait_until("as before", |contents| contents == before);
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn what_a_terminal_lost_in_a_moment_is_drawn_again() {
    let home = at_home();
    let mut screen = opened(&home, &[]);
    let before = screen.contents();
    screen.shrink_for_a_moment();
    screen.wait_until("as before", |contents| contents == before);
}

#[test]
fn without_a_terminal_to_draw_on_there_is_text_or_advice() {
    let home = at_home();
    let text = home.run(&["--plain"]);
    assert_eq!(text.exit, Some(0), "{}", text.said());
    assert!(text.stdout.contains("Both sums hold"), "{}", text.said());
    let piped = home.run(&[]);
    assert_eq!(piped.exit, Some(2));
    assert!(piped.stderr.contains("give --reconcile or a command"), "{}", piped.said());
    let mut newcomer = Screen::start(&[], 100, 24);
    assert_eq!(newcomer.ended(), 2);
    let advice = newcomer.contents();
    for text in ["no configuration found", "acerto config init", "acerto --demo"] {
        assert!(advice.contains(text), "{text}: {advice}");
    }
}

#[test]
fn an_unlocked_production_profile_locks_itself_when_nobody_is_there() {
    let home = at_home();
    let config = home.path().join(".config/acerto/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = format!("[ui]\nlock_after = \"2s\"\n\n[profiles.prod]\nproduction = true\n\n{text}");
    std::fs::write(&config, text).unwrap();
    let mut screen = opened(&home, &[]);
    screen.press(":unlock\r");
    screen.wait_for("[UNLOCKED]");
    screen.wait_for("[LOCKED]");
    screen.wait_for("locked again");
}

#[test]
fn an_apply_whose_terminal_is_gone_ends_its_call_and_saves_the_journal() {
    let home = Home::new();
    let mut screen = Screen::start_in(home.path(), &["--demo", "--store", "kept"], &[], SIZE);
    screen.wait_to_be_ready();
    screen.press("\r");
    screen.wait_until("the devices", |contents| {
        contents.contains("[ ]") && !contents.contains("filtering")
    });
    for (keys, seen) in [
        ("a", "38 marked"),
        ("p", "fixes staged"),
        ("3", "it may be sent"),
        (":unlock\r", "[UNLOCKED]"),
        ("X", "Send it?"),
    ] {
        screen.press(keys);
        screen.wait_for(seen);
    }
    screen.say_yes();
    let journal = home.path().join("kept/journal.jsonl");
    screen.wait_until("sent", |_| std::fs::metadata(&journal).is_ok_and(|told| told.len() > 0));
    screen.hang_up();
    assert_eq!(screen.ended_within(Duration::from_secs(60)), 129);
    let told = std::fs::read_to_string(&journal).unwrap();
    let world = std::fs::read_to_string(home.path().join("kept/demo-world.json")).unwrap();
    let world: serde_json::Value = serde_json::from_str(&world).unwrap();
    let sent = world["writes"].as_array().unwrap().len();
    assert!(sent > 0, "nothing was sent: {told}");
    let verified = told.lines().filter(|line| line.contains("verified")).count();
    assert_eq!(verified, sent, "{told}\n{world}");
}
