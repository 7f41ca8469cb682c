//! Tables: what is typed, what is said about it, what holds.

use std::collections::BTreeMap;

use super::*;

const OK: &str = r#"
[profiles.prod]
timezone = "America/Sao_Paulo"
[profiles.prod.acs]
kind = "genieacs"
url = "http://127.0.0.1:7557"
[profiles.prod.provider]
kind = "file"
path = "provider.csv"
columns = { serial = "Número de série" }
"#;

/// Each: what is added or replaced, where the error stands, what it says.
#[test]
fn errors_name_the_line_and_what_to_do() {
    for (text, place, what, hint) in [
        (OK.replace("kind = \"gen", "knd = \"gen"), ":5:1", "unknown key `knd`", "`kind`"),
        (
            format!("{OK}[net]\nconect_timeout = \"5s\"\n"),
            ":12:1",
            "unknown key",
            "`connect_timeout`",
        ),
        (format!("{OK}[nett]\n"), ":11:2", "unknown key `nett`", "did you mean `net`?"),
        (format!("{OK}[net]\nrequest_timeout = \"soon\"\n"), ":12:19", "`soon` is no duration", ""),
        (
            format!("{OK}[net]\nrequest_timeout = 30\n"),
            ":12:19",
            "`request_timeout`: invalid type",
            "",
        ),
        (format!("{OK}[causes]\ndrift = [\"mac\", 3]\n"), ":12:17", "`drift`: ", ""),
        (OK.replace("{ serial =", "{ serail ="), ":10:13", "`serail`", "did you mean `serial`?"),
        (OK.replace("{ serial =", "{ pppoe_login ="), ":10:13", "no column", "our column first"),
        (OK.replace("7557\"", "7557\"\nusername = \" u\""), ":7:12", "begins with a space", ""),
        (OK.replace("7557\"", "7557 \""), ":6:7", "ends with a space (U+0020) (character 22)", ""),
        (format!("{OK}[net]\nread_rps = -1\n"), ":12:12", "-1 is out of range", ""),
        (format!("{OK}[guard]\nremovals_percent = 101\n"), ":12:20", "101 is out of range", ""),
        (format!("{OK}[guard]\nsync_window = \"2-6\"\n"), ":12:15", "`2-6` is no window", ""),
        (
            format!("{OK}[guard.interactive]\nremoval = true\n"),
            ":12:1",
            "unknown key",
            "`removals`",
        ),
        (format!("{OK}[net]\nquiet_period = \"119s\"\n"), ":12:16", "119s is less than", "twice"),
        (format!("{OK}[store]\nmode = \"single\"\n"), ":12:8", "unknown variant `single`", ""),
        (format!("{OK}[causes]\nplaceholder_serials = [\"…\"]\n"), ":12:23", "every serial", "0…0"),
        (OK.replace("America/Sao_Paulo", "Brasilia"), ":3:12", "time zone database", ""),
        (
            OK.replace("http://127.0.0.1:7557", "http://acs.example"),
            ":6:7",
            "plain http",
            "allow_http",
        ),
        (OK.replace(":7557", ":7557/devices"), ":6:7", "the adapter adds its own path", ""),
        (OK.replace("genieacs", "ixc-provedor"), ":5:8", "is none of acs", "\"ixc-acs\""),
        (OK.replace("path =", "url ="), ":9:7", "a url begins with", ""),
        (OK.replace("path = \"provider.csv\"\n", ""), ":7:1", "has no `path`", "name the file"),
        (OK.replace("kind = \"file\"\n", ""), ":7:1", "has no `kind`", "\"ixc-provedor\""),
        (
            OK.replace("7557\"", "7557\"\npaging = \"page\""),
            ":7:10",
            "no key of kind \"genieacs\"",
            "ixc-provedor",
        ),
        (OK.replace("7557\"", "7557\"\npassword = \"x\""), ":7:1", "put a secret", "password_file"),
        (OK.replace("7557\"", "7557\"\nquiet_period = \"1s\""), ":7:16", "less than", ""),
        (format!("default_profile = \"prd\"\n{OK}"), ":1:19", "no profile `prd`", "`prod`"),
        (format!("{OK}[profiles.\"../x\"]\n"), ":11:1", "can't be a profile's name", "letters"),
        (format!("{OK}[profiles.two]\n"), "", "several profiles", "--profile"),
        ("a = ".to_owned(), ":1:5", "", ""),
        (String::new(), "", "holds no profile", "config init"),
    ] {
        let error = settle_text(&text).expect_err(&text);
        let said = error.to_string();
        let file = "/etc/acerto/config.toml";
        assert!(said.starts_with(&format!("{file}{place}: ")), "{text}\n{said}");
        assert!(said.contains(what), "{text}\n{said}");
        let hints = error.hints.join("\n");
        assert!(hints.contains(hint), "{text}\n{said}\n{hints}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let text = OK.replace("7557\"", "7557\"\npassword = \"hunter2\"");
    let error = settle_text(&text).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(error.hints.len(), 3);
}

#[test]
fn settles_a_profile() {
    let settings = settle_text(OK).unwrap();
    assert_eq!(settings.profile, "prod");
    assert!(!settings.production && !settings.read_only);
    let Some(SideSettings::File(file)) = &settings.provider else { panic!() };
    assert_eq!(file.path, std::path::Path::new("/etc/acerto/provider.csv"));
    assert_eq!(file.columns["serial"], "Número de série");
    let Some(SideSettings::Network(acs)) = &settings.acs else { panic!() };
    assert_eq!(acs.quiet_period.to_string(), "2m");
    assert_eq!(acs.net.read_rps, Rate(0.0), "loopback has no limit");
    assert_eq!(settings.store_dir, std::path::Path::new("/users/ana/.local/state/acerto/prod"));

    let remote = OK.replace("http://127.0.0.1:7557", "https://acs.example");
    let settings = settle_text(&remote).unwrap();
    assert!(settings.production);
    let Some(SideSettings::Network(acs)) = &settings.acs else { panic!() };
    assert_eq!(acs.net.read_rps, Rate(2.0));
}

#[test]
fn says_where_each_value_came_from() {
    let settings = settle_text(&format!("{OK}[net]\nread_rps = 5\n")).unwrap();
    let row = |key: &str| settings.rows.iter().find(|r| r.key == key).unwrap();
    assert_eq!(row("net.read_rps").origin, Origin::File { line: 12 });
    assert_eq!(row("net.write_rps").origin, Origin::Default);
    assert_eq!(row("net.quiet_period").value, "\"2m\"");
    assert_eq!(row("profiles.prod.timezone").origin, Origin::File { line: 3 });
    assert_eq!(row("(profile)").origin, Origin::Default);
}

#[test]
fn the_profile_is_chosen_by_flag_environment_file_or_being_alone() {
    let second = OK.replace("prod", "test");
    let text = format!("default_profile = \"prod\"\n{OK}{second}");
    let source = Source { path: "c.toml".into(), text };
    let home = ("HOME", "/users/ana");
    let profile = |flag: Option<&str>, env: &[(&'static str, &'static str)]| {
        let flags = Flags { profile: flag.map(str::to_owned), ..Flags::default() };
        let env: BTreeMap<&str, &str> = env.iter().copied().collect();
        settle(&source, &flags, &env).map(|s| (s.profile, s.profile_origin.is_named()))
    };
    assert_eq!(profile(None, &[home]).unwrap(), ("prod".to_owned(), false));
    let env = [home, ("ACERTO_PROFILE", "test")];
    assert_eq!(profile(None, &env).unwrap(), ("test".to_owned(), true));
    assert_eq!(profile(Some("prod"), &env).unwrap(), ("prod".to_owned(), true));
    assert!(profile(Some("tset"), &env).unwrap_err().hints[0].contains("`test`"));
}

#[test]
fn two_exports_need_no_configuration() {
    let env = BTreeMap::from([("HOME", "/users/ana")]);
    let settings = load_for_files(&Flags::default(), &env).unwrap();
    assert_eq!(settings.profile, "files");
    assert!(settings.acs.is_none() && !settings.store_origin.is_named());
}
