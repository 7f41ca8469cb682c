//! Both languages say something of each, and never the same.
//!
//! Must not do: repeat every sentence.

use jiff::Timestamp;

use super::*;
use crate::app::exit::Condition;
use crate::words::Lang;

fn all() -> Vec<(Outcome, Told)> {
    let at = Timestamp::UNIX_EPOCH;
    let text = || "x".to_owned();
    let fail = Outcome::Fail(Condition::Source);
    vec![
        (Outcome::Ok, Told::Loads { file: None, profile: text() }),
        (Outcome::Warn, Told::FileMode { file: text(), wide: Some(0o644) }),
        (Outcome::Warn, Told::Zone { zone: None, there: text(), nobodys: true }),
        (Outcome::Warn, Told::Locale { name: Some(text()), utf8: false }),
        (Outcome::Warn, terminal(TerminalTrouble::Small)),
        (Outcome::Warn, terminal(TerminalTrouble::Dumb)),
        (Outcome::Warn, Told::Proxy { names: vec!["HTTPS_PROXY"], unreached: true }),
        (Outcome::Ok, Told::StoreWhole { place: text(), runs: 1 }),
        (Outcome::Ok, Told::StoreAbsent { place: text() }),
        (fail, Told::StoreUnmakable { place: text(), above: text(), folder: true }),
        (fail, Told::StoreUnmakable { place: text(), above: text(), folder: false }),
        (Outcome::Warn, Told::Log { place: text(), most: text(), closed: Some(text()) }),
        (Outcome::Warn, Told::Disk { place: text(), free: 1, store: 1, network: None }),
        (Outcome::Warn, Told::Disk { place: text(), free: 1, store: 1, network: Some("NFS") }),
        (Outcome::Warn, Told::Lock(Some(LockTold { holder: Some((text(), 1, at)) }))),
        (Outcome::Warn, Told::Steps { in_doubt: 1, needs_human: 0, others: 0 }),
        (Outcome::Warn, Told::Steps { in_doubt: 0, needs_human: 1, others: 0 }),
        (Outcome::Warn, Told::Runs { newest: (at, 6), complete: None, stale: true }),
        (Outcome::Warn, Told::Runs { newest: (at, 6), complete: Some(at), stale: false }),
        (Outcome::Warn, Told::Listener(None)),
        (Outcome::Warn, Told::Expected { side: Side::Acs, counted: 1, expected: 9 }),
        (Outcome::Warn, Told::Expected { side: Side::Provider, counted: 1, expected: 9 }),
        (Outcome::Warn, Told::Budget { used: 9, limit: 10, spent: false }),
        (fail, Told::Budget { used: 10, limit: 10, spent: true }),
        (Outcome::Warn, Told::Secrets { keys: vec!["a"], odd: Some(("a", text(), 1)) }),
        (fail, file(FileTrouble::Lines(1, None))),
        (Outcome::Warn, file(FileTrouble::Values(text()))),
    ]
}

fn terminal(trouble: TerminalTrouble) -> Told {
    Told::Terminal { columns: 1, rows: 1, term: None, trouble: Some(trouble) }
}

fn file(trouble: FileTrouble) -> Told {
    let (side, path, at) = (Side::Acs, "x".to_owned(), Timestamp::UNIX_EPOCH);
    Told::File { side, path, rows: 1, at, trouble: Some(trouble) }
}

#[test]
fn everything_is_said_in_both_languages_with_what_to_do() {
    let (english, portuguese) = (Voice::new(Lang::En), Voice::new(Lang::PtBr));
    let mut fixes = std::collections::BTreeSet::new();
    for (outcome, told) in all() {
        let check = Examined { id: "x".to_owned(), outcome, told };
        let texts = [&english, &portuguese].map(|voice| check_text(voice, &check));
        assert!(!texts[0].is_empty() && texts[0] != texts[1], "{check:?}: {texts:?}");
        let fixed = [&english, &portuguese].map(|voice| check_fix(voice, &check));
        assert_eq!(fixed[0].is_some(), outcome != Outcome::Ok, "{check:?}");
        if let [Some(english), Some(portuguese)] = fixed {
            assert_ne!(english, portuguese);
            assert!(fixes.insert(english.clone()), "told twice: {english}");
        }
    }
}

#[test]
fn adapters_checks_have_advice_in_portuguese() {
    let voice = Voice::new(Lang::PtBr);
    for about in [
        "dns",
        "tcp",
        "tls",
        "http",
        "clock",
        "html",
        "token",
        "header",
        "source-address",
        "version",
        "list",
        "permission-cliente",
        "secrets",
        "settings",
        "nbi",
        "total",
        "open",
        "requests",
    ] {
        let told = Told::Said { text: "english".to_owned(), fix: Some("english".to_owned()) };
        let id = format!("provider-{about}");
        let check = Examined { id, outcome: Outcome::Fail(Condition::Source), told };
        assert_eq!(check_text(&voice, &check), "english", "an error's words are its own");
        assert_ne!(check_fix(&voice, &check).as_deref(), Some("english"), "{about}");
        assert_eq!(check_fix(&Voice::new(Lang::En), &check).as_deref(), Some("english"));
    }
}
