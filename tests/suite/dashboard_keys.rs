//! Keys mean the same however their bytes come, and cost no more bytes than a slow link has.
//!
//! Must not do: pass because nothing happened: each key is seen to act first.

use std::time::Duration;

use crate::dashboard::{Screen, at_home};

const SIZE: (u16, u16) = (80, 24);

const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";

/// The screen before and after a press of the arrow down.
fn up_and_down(screen: &mut Screen) -> [String; 2] {
    let before = screen.contents();
    screen.press(DOWN);
    screen.wait_until("another row", |contents| contents != before);
    let after = screen.contents();
    screen.press_for(UP, &before);
    [before, after]
}

#[test]
fn keys_that_a_link_tears_apart_are_no_other_keys() {
    let home = at_home();
    for link in [&[("SSH_TTY", "/dev/pts/9")][..], &[]] {
        let mut screen = Screen::start_in(home.path(), &[], link, SIZE);
        screen.wait_to_be_ready();
        let [above, below] = up_and_down(&mut screen);
        for gap in [0, 1, 5, 10, 20, 30, 45, 60].map(Duration::from_millis) {
            screen.press_apart(DOWN, gap);
            screen.wait_until("down", |contents| contents == below);
            screen.press_apart(UP, gap);
            screen.wait_until("up", |contents| contents == above);
            screen.press_apart("\x1bOB", gap);
            screen.wait_until("down", |contents| contents == below);
            screen.press_apart("\x1bOA", gap);
            screen.wait_until("up", |contents| contents == above);
        }
        screen.press("q");
        assert_eq!(screen.ended(), 0);
    }
}

#[test]
fn the_summary_goes_to_the_clipboard_of_who_sits_there() {
    let home = at_home();
    for (variables, wrapped) in
        [(&[][..], "\x1b]52;c;"), (&[("TMUX", "/tmp/x")], "\x1bPtmux;\x1b\x1b]52;c;")]
    {
        let mut screen = Screen::start_in(home.path(), &[], variables, SIZE);
        screen.wait_to_be_ready();
        screen.press("Y");
        screen.wait_for("bytes to the terminal's clipboard");
        assert!(String::from_utf8_lossy(&screen.bytes()).contains(wrapped));
    }
}

#[test]
fn what_another_process_remembers_is_seen_without_a_key() {
    let home = at_home();
    let mut screen = Screen::start_in(home.path(), &[], &[], SIZE);
    screen.wait_to_be_ready();
    screen.press("4");
    screen.wait_until("the runs", |contents| contents.contains("[4]Runs"));
    let before = screen.contents();
    assert_eq!(home.run(&["--reconcile"]).exit, Some(3));
    screen.wait_until("another run", |contents| contents != before);
}

#[test]
fn while_nothing_happens_nothing_is_written_and_nobody_wakes() {
    let home = at_home();
    let mut screens = [0, 1].map(|_| Screen::start_in(home.path(), &[], &[], SIZE));
    for screen in &mut screens {
        screen.wait_to_be_ready();
    }
    // Each has read the store after the other, and told itself that nothing is new.
    let pids = screens.each_ref().map(Screen::pid);
    let until = std::time::Instant::now() + Duration::from_secs(60);
    let mut quiet = 0;
    while quiet < 3 {
        let before = (screens.each_ref().map(|s| s.bytes().len()), pids.map(wake_ups));
        std::thread::sleep(Duration::from_secs(1));
        let after = (screens.each_ref().map(|s| s.bytes().len()), pids.map(wake_ups));
        quiet = if before == after { quiet + 1 } else { 0 };
        assert!(std::time::Instant::now() < until, "never quiet: {before:?}, then {after:?}");
    }
    // It still lives.
    screens[0].press("q");
    assert_eq!(screens[0].ended(), 0);
}

/// How often any of its threads was woken.
fn wake_ups(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of = |task: std::fs::DirEntry| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or_default()
    };
    tasks.map(|task| of(task.unwrap())).sum()
}

#[test]
fn the_demo_opens_and_a_row_costs_few_bytes() {
    let mut screen = Screen::start(&["--demo"], 80, 24);
    screen.wait_to_be_ready();
    screen.wait_for("[LOCKED]");
    let first = screen.bytes().len();
    assert!(first <= 8 * 1024, "{first} bytes until the first screen is whole");
    screen.press("2");
    screen.wait_for("[2]Diff");
    screen.wait_until("rows", |contents| contents.contains("[ ]"));
    // The list has the keys, and its top row is the current one: a row down is one frame.
    let one = screen.frame_of("j");
    let hundred: usize = (0..100).map(|_| screen.frame_of("j")).sum();
    println!("first {first}, one j {one}, mean of 100 {}", hundred / 100);
    assert!(one <= 300, "{one} bytes for one row down");
    assert!(hundred / 100 <= 450, "{} bytes a row", hundred / 100);
    screen.press("q");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
}
