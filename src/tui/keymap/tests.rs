//! The keymaps: all three hold, each rule is felt, and every action can be reached.
//!
//! Must not do: repeat a keymap.

use super::*;
use crate::app::face::KeyLine;

#[test]
fn what_is_built_in_holds() {
    for (name, text) in BUILT_IN {
        let base = if name == "default" { Keymap::default() } else { Keymap::standard() };
        let complaints = base.with(text).map_err(|all| format!("{name}: {all:#?}"));
        complaints.unwrap();
    }
    assert!(Keymap::standard().bindings.len() > 100);
}

#[test]
fn every_action_but_those_of_the_palette_alone_has_a_key() {
    let keys = Keymap::standard();
    let bound = |action| keys.bindings.iter().any(|(_, binding)| binding.run == action);
    let without: Vec<_> = Action::ALL.iter().copied().filter(|action| !bound(*action)).collect();
    let expected = [Action::Unlock, Action::Mouse, Action::Theme, Action::Language];
    assert_eq!(without, expected, "the rest is in the palette, which shows all");
}

/// What a file over the default map is refused for.
const RULES: [(&str, &str, &str, &str); 16] = [
    ("unknown action", "global", r#"{ on = "o", run = "row.nxt" }"#, "row.next?"),
    ("unknown key", "global", r#"{ on = "<Enterr>", run = "open" }"#, "no such key"),
    ("no key", "global", r#"{ on = [[]], run = "open" }"#, "no such key"),
    ("twice", "diff", r#"{ on = ["o", "o"], run = "open" }"#, "bound twice"),
    ("prefix", "global", r#"{ on = "g", run = "open" }"#, "can't be typed"),
    ("longer", "global", r#"{ on = [["j", "j"]], run = "open" }"#, "can't be typed"),
    ("prefix across", "diff", r#"{ on = "g", run = "open" }"#, "in global"),
    ("torn arrow", "diff", r#"{ on = "D", run = "plan.add" }"#, "escape sequence"),
    ("torn arrow in a sequence", "diff", r#"{ on = [["o", "A"]], run = "ignore" }"#, "escape"),
    ("torn function key", "global", r#"{ on = "~", run = "collect" }"#, "escape sequence"),
    ("danger elsewhere", "diff", r#"{ on = "w", run = "plan.apply" }"#, "layer plan only"),
    ("danger everywhere", "global", r#"{ on = "w", run = "plan.apply" }"#, "layer plan only"),
    ("yes elsewhere", "plan", r#"{ on = "w", run = "confirm.accept" }"#, "layer confirm only"),
    ("danger with Control", "plan", r#"{ on = "<C-x>", run = "plan.apply" }"#, "Control"),
    ("the same key twice", "confirm", r#"{ on = "X", run = "confirm.accept" }"#, "another key"),
    ("no way out", "log", r#"{ on = "<Esc>", run = "row.next" }"#, "Esc has to go back"),
];

#[test]
fn each_rule_is_felt_and_names_line_layer_and_what_to_do() {
    for (rule, layer, entry, expected) in RULES {
        let text = format!("# made up\n[{layer}]\nkeymap = [\n  {entry},\n]\n");
        let complaints = Keymap::standard().with(&text).expect_err(rule);
        let told: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        let fits = |line: &String| {
            line.contains(expected) && line.starts_with("line 4: ") && line.contains(layer)
        };
        assert!(told.iter().any(fits), "{rule}: {told:?}");
    }
}

#[test]
fn what_is_no_keymap_is_told() {
    for (text, expected) in [
        ("[diif]\nkeymap = []\n", "no layer is called diif; diff?"),
        ("[diff]\nunbind = [\"w\"]\n", "nothing is bound to"),
        ("[global]\nunbind = [\"<Esc>\"]\n", "Esc has to go back"),
        ("[diff]\nkeymap = [{ on = \"w\", run = \"open\", when = \"x\" }]\n", "when"),
        ("[diff\n", "line 1"),
    ] {
        let complaints = Keymap::standard().with(text).expect_err(text);
        let told = complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn an_own_file_adds_to_what_is_built_in_and_may_bind_anew() {
    let folder = tempfile::tempdir().unwrap();
    let keymaps = folder.path().join("keymaps");
    std::fs::create_dir(&keymaps).unwrap();
    let load = |name| Keymap::load(name, Some(folder.path()));
    let of = |keys: &Keymap, action| keys.key_of(&[Layer::Diff, Layer::Global], action);
    assert_eq!(of(&load("default").unwrap(), Action::Next), Some("j".to_owned()));
    assert_eq!(of(&load("arrows").unwrap(), Action::Next), Some("<Down>".to_owned()));

    let own =
        "[diff]\nkeymap = [{ on = \"p\", run = \"open\" }, { on = \"o\", run = \"plan.add\" }]";
    std::fs::write(keymaps.join("mine.toml"), own).unwrap();
    let mine = load("mine").unwrap();
    assert_eq!(of(&mine, Action::Stage), Some("o".to_owned()));
    assert_eq!(of(&mine, Action::Next), Some("j".to_owned()));

    std::fs::write(keymaps.join("vim.toml"), "[diff]\nkeymap = [{ on = \"A\", run = \"ignore\" }]")
        .unwrap();
    let error = load("vim").unwrap_err();
    assert!(error.to_string().ends_with("vim.toml: the keymap can't be used"), "{error}");
    assert!(error.hints[0].contains("line 2: [diff] A: ignore"), "{error:?}");
    assert!(error.hints[1].contains("default"), "{error:?}");
    for name in ["none", "", "../x", ".x", "a/b"] {
        assert!(load(name).is_err(), "{name}");
    }
}

/// The table of keys, as it stands in `keymaps/README.md`.
fn table() -> String {
    let voice = crate::words::Voice::new(crate::words::Lang::En);
    let mut rows =
        vec!["| keys | where | action | what |".to_owned(), "|---|---|---|---|".to_owned()];
    for line in told::lines(&Keymap::standard(), &voice) {
        let keys: Vec<_> = line.keys.iter().map(|keys| format!("`{keys}`")).collect();
        let (keys, KeyLine { layer, action, text, .. }) = (keys.join(" "), line);
        rows.push(format!("| {keys} | {layer} | `{action}` | {text} |"));
    }
    rows.join("\n") + "\n"
}

#[test]
fn its_readme_has_the_table_of_its_keys() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/keymaps/README.md");
    holds(path, |text| {
        let (before, _) = text.split_once("| keys |").expect("a table");
        format!("{before}{}", table())
    });
}

/// A file is what it should be; told to, it is written so.
fn holds(path: &str, right: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    let right = right(&text);
    if std::env::var_os("KEYMAPS_WRITE").is_some() {
        std::fs::write(path, &right).unwrap();
    }
    assert!(text == right, "write it anew: KEYMAPS_WRITE=1 cargo test --lib keymap");
}

/// The keys that the last line of each screen tells, as they stand in the README.
fn hints() -> String {
    let (keys, voice) = (Keymap::standard(), crate::words::Voice::new(crate::words::Lang::En));
    let screens = Layer::ALL.iter().filter(|(layer, _)| !layer.is_overlay());
    let mut rows = vec!["| where | keys | what |".to_owned(), "|---|---|---|".to_owned()];
    for (layer, name) in screens {
        for line in told::lines(&keys, &voice).iter().filter(|line| line.layer == *name) {
            let is_told = |b: &Binding| b.hint && b.run.wire() == line.action;
            if keys.of(*layer).any(is_told) {
                let all: Vec<_> = line.keys.iter().map(|keys| format!("`{keys}`")).collect();
                rows.push(format!("| {name} | {} | {} |", all.join(" "), line.text));
            }
        }
    }
    rows.join("\n") + "\n"
}

#[test]
fn the_readme_has_the_keys_that_the_last_line_tells() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    holds(path, |text| {
        let (before, rest) = text.split_once("<!-- keys -->\n").expect("its beginning");
        let (_, after) = rest.split_once("<!-- /keys -->").expect("its end");
        format!("{before}<!-- keys -->\n{}<!-- /keys -->{after}", hints())
    });
}
