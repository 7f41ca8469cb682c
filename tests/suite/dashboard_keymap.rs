//! `acerto keys`: the dashboard's keys told and checked, on the built program.
//!
//! Must not do: repeat a keymap; what is right in one is tested beside it.

use serde_json::Value;

use crate::dashboard::at_home;
use crate::product_run::Home;

/// A home whose configuration names the keymap `mine`, with this text.
fn with_own(text: &str) -> Home {
    let home = at_home();
    let folder = home.folder(".config/acerto/keymaps");
    std::fs::write(folder.join("mine.toml"), text).unwrap();
    let config = home.folder(".config/acerto").join("config.toml");
    let before = std::fs::read_to_string(&config).unwrap();
    std::fs::write(config, format!("{before}\n[ui]\nkeymap = \"mine\"\n")).unwrap();
    home
}

#[test]
fn they_are_printed_also_before_there_is_a_configuration() {
    let home = Home::new();
    let printed = home.run(&["keys", "print"]);
    assert_eq!(printed.exit, Some(0), "{}", printed.said());
    let line = printed.stdout.lines().find(|line| line.contains("(plan.apply)")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[..2], ["plan", "X"]);
    let arrows = home.run(&["keys", "print", "arrows", "--lang", "pt-BR"]);
    assert!(arrows.stdout.contains("Aplicar o plano"), "{}", arrows.stdout);
    let none = home.run(&["keys", "print", "no-such"]);
    assert_eq!(none.exit, Some(2), "{}", none.said());
    assert!(none.stderr.contains("built in: default, vim, arrows"), "{}", none.stderr);
}

#[test]
fn their_json_names_the_keymap_and_every_key() {
    let home = with_own("[diff]\nkeymap = [{ on = \"o\", run = \"plan.add\" }]\n");
    let printed = home.run(&["keys", "print", "--format", "json"]);
    assert_eq!(printed.exit, Some(0), "{}", printed.said());
    let told: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!((&told["schema"], &told["keymap"]), (&1.into(), &"mine".into()));
    let keys = told["keys"].as_array().unwrap();
    let is_add = |key: &&Value| key["layer"] == "diff" && key["action"] == "plan.add";
    let add = keys.iter().find(is_add).unwrap();
    assert!(add["keys"].as_array().unwrap().contains(&"o".into()), "{add}");
    assert!(add["text"].as_str().unwrap().contains("plan"), "{add}");
}

#[test]
fn an_own_keymap_is_checked_as_the_dashboard_does() {
    let checked = with_own("[diff]\nkeymap = [{ on = \"o\", run = \"plan.add\" }]\n");
    let right = checked.run(&["keys", "check"]);
    assert_eq!(right.exit, Some(0), "{}", right.said());
    assert!(right.stderr.contains("the keymap `mine` is right"), "{}", right.stderr);
    for (text, told) in [
        // An arrow that is torn apart ends in B.
        ("[plan]\nkeymap = [\n  { on = \"B\", run = \"plan.drop\" },\n]\n", "line 3: [plan] B"),
        ("[diff]\nkeymap = [{ on = \"o\", run = \"plan.ad\" }]\n", "line 2"),
        ("[dif]\nkeymap = []\n", "dif"),
    ] {
        let wrong = with_own(text).run(&["keys", "check"]);
        assert_eq!(wrong.exit, Some(2), "{text}: {}", wrong.said());
        assert!(wrong.stderr.contains(told), "{text}: {}", wrong.stderr);
        assert!(wrong.stderr.contains("mine.toml"), "{}", wrong.stderr);
    }
}
