//! The dashboard in lines of text, at a terminal: the whole story, and no escape sequence at all.
//!
//! Must not do: link the product in, or type before it asked.

use crate::dashboard::{Screen, at_home};

const PROMPT: &str = "acerto> ";

/// So many rows that nothing leaves the screen.
const SIZE: (u16, u16) = (200, 600);

/// A conversation: what was told is read from the screen, prompt by prompt.
struct Talk {
    screen: Screen,
    prompts: usize,
}

impl Talk {
    fn begin(screen: Screen) -> Self {
        let mut talk = Self { screen, prompts: 0 };
        talk.next();
        talk
    }

    /// Waits for the next prompt; what was told since the one before.
    fn next(&mut self) -> String {
        let wanted = self.prompts + 1;
        // What follows the last character of a row is cut: the last prompt has no space.
        let asks = |shown: &str| shown.matches(PROMPT.trim_end()).count();
        self.screen.wait_until("a prompt", |shown| asks(shown) >= wanted);
        self.prompts = wanted;
        let shown = self.screen.contents();
        let told = shown.split(PROMPT.trim_end()).nth(wanted - 1).unwrap().to_owned();
        assert_eq!(asks(&shown), wanted, "it asked twice:\n{shown}");
        told
    }

    /// Types a line; what is told until it asks again.
    fn say(&mut self, line: &str) -> String {
        self.screen.press(&format!("{line}\n"));
        self.next()
    }

    fn end(mut self, line: &str) {
        self.screen.press(line);
        assert_eq!(self.screen.ended(), 0, "{}", self.screen.contents());
        let bytes = self.screen.bytes();
        assert!(!bytes.contains(&0x1b), "an escape sequence: {}", self.screen.contents());
        let drawn = |c: char| ('\u{2500}'..='\u{259f}').contains(&c);
        assert!(!String::from_utf8_lossy(&bytes).contains(drawn), "something is drawn");
    }
}

/// The number of the first line with this text: `3. text`.
fn number_of(told: &str, text: &str) -> String {
    let line = told.lines().find(|line| line.contains(text));
    let line = line.unwrap_or_else(|| panic!("no {text}:\n{told}"));
    line.split_once('.').unwrap().0.trim().to_owned()
}

fn holds(told: &str, texts: &[&str]) {
    for text in texts {
        assert!(told.contains(text), "no {text:?} in:\n{told}");
    }
}

#[test]
fn the_whole_story_in_lines() {
    let mut talk = Talk::begin(Screen::start(&["--demo", "--plain"], SIZE.0, SIZE.1));
    let summary = talk.say("summary");
    holds(&summary, &["simulated, locked", "ACS devices:", "Provider entries:", "Result:"]);
    let cause = number_of(&summary, "link login");
    let list = talk.say(&cause);
    holds(&list, &["1. ", "login "]);
    let row = number_of(&list, ", in both");
    holds(&talk.say(&row), &["serial: ", ", Provider "]);
    holds(&talk.say("evidence"), &["Evidence, strongest first", "1 "]);
    holds(&talk.say("stage"), &["1 fix staged; nothing is sent"]);
    holds(&talk.say("plan"), &["1. Provider: ", "PUT", "Counts after:", "Guards: "]);
    holds(&talk.say("1"), &["only if ", "undo "]);
    holds(&talk.say("dry run"), &["dry run: "]);
    holds(&talk.say("apply"), &["LOCKED: unlock first"]);
    holds(&talk.say("unlock"), &["UNLOCKED"]);
    let question = talk.say("apply");
    holds(&question, &["1 call to ", "anything else cancels"]);
    holds(&talk.say("no"), &["cancelled; nothing was sent"]);
    let question = talk.say("apply");
    holds(&talk.say(&yes(&question)), &["Everything is done."]);
    let undo = talk.say("undo");
    holds(&undo, &["1. Provider: ", "Guards: "]);
    let question = talk.say("apply");
    holds(&talk.say(&yes(&question)), &["Everything is done."]);
    holds(&talk.say("runs"), &["1. ", "applied: 1 done"]);
    talk.end("quit\n");
}

/// What the question asks for.
fn yes(question: &str) -> String {
    match question.split_once("Type the number ") {
        Some((_, rest)) => rest.split(' ').next().unwrap().to_owned(),
        None => "yes".to_owned(),
    }
}

#[test]
fn a_question_is_not_answered_by_what_was_typed_before_it() {
    let mut talk = Talk::begin(Screen::start(&["--demo", "--plain"], SIZE.0, SIZE.1));
    let summary = talk.say("summary");
    let cause = number_of(&summary, "link login");
    let list = talk.say(&format!("list {cause}"));
    let row = number_of(&list, ", in both");
    holds(&talk.say(&format!("stage {row}")), &["1 fix staged"]);
    talk.say("plan");
    talk.say("unlock");
    let told = talk.say("apply\nyes\n1");
    holds(&told, &["anything else cancels", "not an answer"]);
    holds(&talk.say("no"), &["cancelled; nothing was sent"]);
    holds(&talk.say("runs"), &["1. "]);
    assert!(!talk.screen.contents().contains("applied: 1"));
    talk.end("quit\n");
}

#[test]
fn lists_marks_and_filters_are_told_by_number_in_both_languages() {
    let home = at_home();
    let screen =
        Screen::start_in(home.path(), &["--plain", "--lang", "pt-BR"], &[("TERM", "dumb")], SIZE);
    let mut talk = Talk::begin(screen);
    holds(&talk.say("resumo"), &["Perfil prod, travado", "Equipamentos no ACS:"]);
    let all = talk.say("lista tudo");
    holds(&all, &["Todas as diferenças: ", "1. ", "10. "]);
    holds(&talk.say("marcar 2"), &["marcadas 1"]);
    holds(&talk.say("lista"), &["marcada"]);
    let none = talk.say("desmarcar tudo");
    assert!(!none.contains("marcadas"), "{none}");
    holds(&talk.say("filtro zzzz-nenhum"), &["Não há mais linhas"]);
    holds(&talk.say("filtro"), &["Todas as diferenças: "]);
    holds(&talk.say("mais"), &["11. "]);
    holds(&talk.say("abrir 999"), &["não há número 999 aqui"]);
    holds(&talk.say("abracadabra"), &["não entendi: abracadabra"]);
    holds(&talk.say("doutor"), &["ACS: ", "Provedor: "]);
    holds(&talk.say("ajuda"), &["sair: o fim"]);
    holds(&talk.say("idioma"), &["English"]);
    holds(&talk.say("settings"), &["profile"]);
    talk.end("\u{4}");
}

#[test]
fn a_terminal_that_can_not_be_drawn_on_is_talked_to() {
    let home = at_home();
    for dumb in ["dumb", ""] {
        let screen = Screen::start_in(home.path(), &[], &[("TERM", dumb)], SIZE);
        let mut talk = Talk::begin(screen);
        holds(&talk.say("causes"), &["1. "]);
        talk.end("q\n");
    }
}

#[test]
fn a_hang_up_ends_it() {
    let home = at_home();
    let mut talk = Talk::begin(Screen::start_in(home.path(), &["--plain"], &[], SIZE));
    holds(&talk.say("causes"), &["1. "]);
    talk.screen.signal(rustix::process::Signal::HUP);
    assert_eq!(talk.screen.ended(), 129);
}
