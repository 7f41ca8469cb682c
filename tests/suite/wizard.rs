//! `config init` at a terminal, from nothing to a first summary, against a lab over real HTTP.
//!
//! Must not do: answer a question before it is asked.

use std::path::Path;

use crate::dashboard::Screen;
use crate::hostile::files_below;
use crate::lab_process::Lab;
use crate::product_run::Home;

/// What a lab's own configuration says of a side.
fn of_lab(lab: &Lab, side: &str, key: &str) -> String {
    let text: toml::Value = lab.configuration().parse::<toml::Table>().unwrap().into();
    text["profiles"]["lab"][side][key].as_str().unwrap().to_owned()
}

fn secret(lab: &Lab, side: &str) -> String {
    std::fs::read_to_string(of_lab(lab, side, "client_secret_file")).unwrap().trim().to_owned()
}

fn begin(home: &Path, lang: &str) -> Screen {
    Screen::start_in(home, &["config", "init"], &[("LANG", lang)], (100, 60))
}

/// Waits for a question, which is the last line, and gives the answer after which nothing is asked.
fn answer_last(screen: &mut Screen, question: &str, with: &str) {
    screen.wait_until(question, |shown| {
        shown.lines().next_back().is_some_and(|line| line.contains(question))
    });
    screen.press(&format!("{with}\r"));
}

/// Answers a question, and waits for what comes next.
fn answer(screen: &mut Screen, question: &str, with: &str) {
    answer_last(screen, question, with);
    // What was typed is not taken for the answer to the next question.
    screen.wait_until("the next line", |shown| {
        shown.lines().next_back().is_none_or(|line| !line.contains(question) || line.ends_with(':'))
    });
}

/// Words of the questions in a language.
struct Words {
    lang: &'static str,
    profile: &'static str,
    zone: &'static str,
    acs: &'static str,
    provider: &'static str,
    url: &'static str,
    acs_id: &'static str,
    acs_secret: &'static str,
    user: &'static str,
    token: &'static str,
    write: &'static str,
    run: &'static str,
    summary: &'static str,
    space: &'static str,
}

const EN: Words = Words {
    lang: "C",
    profile: "Profile name [prod]:",
    zone: "Time zone",
    acs: "ACS: 1",
    provider: "Provider: 1",
    url: "Address",
    acs_id: "Client ID",
    acs_secret: "Client Secret",
    user: "Id of the API user",
    token: "Token",
    write: "Write these files? (y/n) [y]:",
    run: "Make a first run now?",
    summary: "There is no earlier run",
    space: "it ends with a space (U+0020, character",
};

const PT: Words = Words {
    lang: "pt_BR.UTF-8",
    profile: "Nome do perfil [prod]:",
    zone: "Fuso",
    acs: "ACS: 1",
    provider: "Provedor: 1",
    url: "Endereço",
    acs_id: "Client ID",
    acs_secret: "Client Secret",
    user: "Id do usuário",
    token: "Token",
    write: "Gravar estes arquivos? (s/n) [s]:",
    run: "Fazer a primeira execução agora?",
    summary: "Não há execução anterior",
    space: "termina com um espaço (U+0020, caractere",
};

#[test]
fn from_nothing_to_a_first_summary_in_both_languages() {
    let lab = Lab::start(80);
    let url = format!("http://127.0.0.1:{}", lab.port);
    let (acs, token) = (secret(&lab, "acs"), secret(&lab, "provider"));
    for words in [&EN, &PT] {
        let home = Home::new();
        let mut screen = begin(home.path(), words.lang);
        answer(&mut screen, words.profile, "");
        answer(&mut screen, words.zone, "America/Sao_Paulo");
        answer(&mut screen, words.acs, "");
        answer(&mut screen, words.url, &url);
        answer(&mut screen, words.acs_id, &of_lab(&lab, "acs", "client_id"));
        // A pasted space is told by its place, and the secret asked for again.
        answer(&mut screen, words.acs_secret, &format!("{acs} "));
        screen.wait_for(words.space);
        answer(&mut screen, words.acs_secret, &acs);
        answer(&mut screen, words.provider, "1");
        answer(&mut screen, words.url, &url);
        answer(&mut screen, words.user, &of_lab(&lab, "provider", "client_id"));
        answer(&mut screen, words.token, &token);
        answer(&mut screen, words.write, "");
        answer_last(&mut screen, words.run, "");
        assert_eq!(screen.ended(), 0, "{}", screen.contents());
        let shown = screen.contents();
        assert!(shown.contains(words.summary), "{shown}");
        assert!(shown.contains("acerto prod, "), "{shown}");
        assert_secret_only_in(&home, &screen, &acs, "prod.acs.secret");
        assert_secret_only_in(&home, &screen, &token, "prod.provider.secret");
        let again = home.run(&["--reconcile", "--summary"]);
        assert_eq!(again.exit, Some(3), "{}", again.said());
        let shown = home.run(&["config", "show"]).said();
        assert!(shown.contains("read_only") && !shown.contains(&acs), "{shown}");
    }
}

/// On no screen, and in no file but its own, which is its owner's alone.
fn assert_secret_only_in(home: &Home, screen: &Screen, secret: &str, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
    assert!(!holds(&screen.bytes()), "{name}: shown at the terminal");
    let files = files_below(home.path());
    let with: Vec<_> = files.iter().filter(|(_, bytes)| holds(bytes)).map(|(p, _)| p).collect();
    assert_eq!(with.len(), 1, "{with:?}");
    assert!(with[0].ends_with(name), "{with:?}");
    let mode = std::fs::metadata(with[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let config = with[0].parent().unwrap();
    assert_eq!(std::fs::metadata(config).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn wrong_answers_are_asked_again_with_the_reason_and_not_forever() {
    let home = Home::new();
    let mut screen = begin(home.path(), "C");
    answer(&mut screen, EN.profile, "../x");
    screen.wait_for("use up to 64 letters");
    answer(&mut screen, EN.profile, "north");
    answer(&mut screen, EN.zone, "");
    screen.wait_for("not in the time zone database");
    answer(&mut screen, EN.zone, "Brasil");
    answer(&mut screen, EN.zone, "UTC");
    answer(&mut screen, EN.acs, "9");
    screen.wait_for("type one of the numbers");
    answer(&mut screen, EN.acs, "ixc-acs");
    for (typed, reason) in [
        ("acs.isp.example", "it has to begin with https://"),
        ("https://acs.isp.example/api", "leave the path out"),
        ("https://acs.isp.example ", "it ends with a space (U+0020, character 24)"),
        ("http://acs.isp.example", "use https://"),
    ] {
        answer(&mut screen, EN.url, typed);
        screen.wait_for(reason);
    }
    answer(&mut screen, EN.url, "https://ana:x@acs.isp.example");
    assert_eq!(screen.ended(), 2, "{}", screen.contents());
    assert!(screen.contents().contains("too many wrong answers"), "{}", screen.contents());
    assert!(files_below(home.path()).is_empty(), "nothing is left behind");
}

#[test]
fn ctrl_c_and_the_end_of_input_leave_nothing_behind_and_the_terminal_as_it_was() {
    for (key, code) in [("\x03", 130), ("\x04", 2)] {
        let home = Home::new();
        let mut screen = begin(home.path(), "C");
        answer(&mut screen, EN.profile, "");
        answer(&mut screen, EN.zone, "UTC");
        answer(&mut screen, EN.acs, "1");
        answer(&mut screen, EN.url, "https://acs.isp.example");
        answer(&mut screen, EN.acs_id, "acerto");
        // While nothing is shown of what is typed.
        screen.wait_for(EN.acs_secret);
        screen.press("geheim");
        screen.press(key);
        if key == "\x04" {
            // In the middle of a line the first one only ends the line.
            screen.press(key);
        }
        assert_eq!(screen.ended(), code, "{}", screen.contents());
        assert!(screen.is_as_for_a_shell(), "the echo is off");
        assert!(!screen.contents().contains("geheim"), "{}", screen.contents());
        assert!(files_below(home.path()).is_empty(), "nothing is left behind");
    }
}

#[test]
fn two_exports_do_and_what_is_there_stays() {
    let home = Home::new();
    let sample = crate::samples::folder("first-world");
    std::fs::copy(sample.join("acs.ndjson"), home.path().join("acs.ndjson")).unwrap();
    std::fs::copy(sample.join("provider.csv"), home.path().join("provider.csv")).unwrap();
    let mut screen = begin(home.path(), "C");
    answer(&mut screen, EN.profile, "exports");
    answer(&mut screen, EN.zone, "America/Manaus");
    answer(&mut screen, EN.acs, "3");
    answer(&mut screen, "Path of", "nowhere.csv");
    screen.wait_for("there is no file nowhere.csv");
    answer(&mut screen, "Path of", "acs.ndjson");
    answer(&mut screen, EN.provider, "2");
    answer(&mut screen, "Path of", "provider.csv");
    answer(&mut screen, EN.write, "y");
    answer_last(&mut screen, EN.run, "n");
    assert_eq!(screen.ended(), 0, "{}", screen.contents());
    let config = home.path().join(".config/acerto/config.toml");
    let before = std::fs::read(&config).unwrap();
    let mut again = begin(home.path(), "C");
    assert_eq!(again.ended(), 2, "{}", again.contents());
    assert!(again.contents().contains("there is a file already"), "{}", again.contents());
    assert_eq!(std::fs::read(&config).unwrap(), before);
    assert_eq!(home.run(&["--reconcile", "--summary"]).exit, Some(3));
}

#[test]
fn what_was_written_is_told_where_somebody_stops_after_it() {
    let home = Home::new();
    let sample = crate::samples::folder("first-world");
    std::fs::copy(sample.join("provider.csv"), home.path().join("provider.csv")).unwrap();
    let mut screen = begin(home.path(), "C");
    answer(&mut screen, EN.profile, "");
    answer(&mut screen, EN.zone, "UTC");
    answer(&mut screen, EN.acs, "1");
    // Nobody answers there: the check-up says so, and a first run is not the default.
    answer(&mut screen, EN.url, "http://127.0.0.1:1");
    answer(&mut screen, EN.acs_id, "acerto");
    answer(&mut screen, EN.acs_secret, "geheim");
    answer(&mut screen, EN.provider, "2");
    answer(&mut screen, "Path of", "provider.csv");
    answer(&mut screen, EN.write, "");
    screen.wait_for("It only reads. (y/n) [n]:");
    assert!(screen.contents().contains("FAIL"), "{}", screen.contents());
    screen.press("\x03");
    assert_eq!(screen.ended(), 130, "{}", screen.contents());
    let shown = screen.contents();
    let (_, left) = shown.split_once("Written, and left as they are:").expect(&shown);
    assert!(left.contains("prod.acs.secret") && left.contains("config.toml"), "{shown}");
}

#[test]
fn with_flags_or_without_a_terminal_it_asks_nothing() {
    for arguments in [&["config", "init", "--no-input"][..], &["config", "init", "--profile", "a"]]
    {
        let home = Home::new();
        let mut screen = Screen::start_in(home.path(), arguments, &[], (100, 30));
        assert_eq!(screen.ended(), 0, "{}", screen.contents());
        assert!(screen.contents().contains("is written, read-only"), "{}", screen.contents());
    }
    let home = Home::new();
    assert_eq!(home.run(&["config", "init"]).exit, Some(0));
}
