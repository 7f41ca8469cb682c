//! Somebody calls: the device is found at the dashboard, and nothing of what was typed stays.
//!
//! Must not do: know how a screen is made; what a person reads and presses is all there is.

use std::path::Path;

use crate::dashboard::{Screen, at_home};

/// Nobody's number, as somebody types it.
const NUMBER: &str = "123.456.789-00";

/// The files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(holding(&path, text));
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_device_is_found_and_no_number_that_was_typed_stays() {
    let home = at_home();
    let mut screen = Screen::start_in(home.path(), &[], &[], (80, 24));
    screen.wait_to_be_ready();
    screen.press("/");
    screen.wait_for("search: ");
    screen.press("Ana lima");
    screen.wait_for("HWTC00000001");
    assert!(!screen.contents().contains("Ana Lima"), "{}", screen.contents());
    screen.press("\x15");
    screen.wait_until("an empty line", |shown| !shown.contains("HWTC00000001"));
    screen.press(NUMBER);
    screen.wait_for("nothing found in the last reading");
    screen.press("\x1b");
    screen.wait_to_be_ready();
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    assert_eq!(holding(home.path(), NUMBER), Vec::<String>::new());
    assert_eq!(holding(home.path(), "12345678900"), Vec::<String>::new());
}
