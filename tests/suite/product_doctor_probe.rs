//! `doctor --probe` and `--bundle`: which assumption about an API fails, and what support gets.
//!
//! Must not do: reach a network.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::lab_process::Lab;
use crate::product_doctor_remote::{KINDS, TOKEN, found, home, with_result};
use crate::product_run::{Answer, Home};
use crate::stand_in::{Asked, Script, serve};

fn probed(home: &Home) -> Answer {
    home.run(&["doctor", "--probe", "--format", "json"])
}

fn assumed(answer: &Answer, result: &str) -> Vec<String> {
    let all = with_result(answer, result);
    all.into_iter().filter(|id| id.contains("-assumes-")).collect()
}

#[test]
fn the_lab_is_as_assumed_and_no_value_is_shown() {
    let lab = Lab::start(60);
    for (profile, least) in [("lab", 16), ("lab-genieacs", 14)] {
        let answer = lab.acerto(profile, &["doctor", "--probe", "--format", "json"]);
        assert_eq!(assumed(&answer, "ok").len(), least, "{}", answer.said());
        assert_eq!(assumed(&answer, "fail"), [""; 0], "{}", answer.said());
        assert_eq!(assumed(&answer, "warn"), [""; 0], "{}", answer.said());
        let without = lab.acerto(profile, &["doctor", "--format", "json"]);
        assert_eq!(assumed(&without, "ok"), [""; 0], "only where it is asked for");
    }
}

/// A value that no text may show.
const VALUE: &str = "CANARY0VALUE";

fn answered(body: &Value) -> (&'static str, String, String) {
    let headers = "genieacs-version: 1.2.16\r\ntotal: 2\r\ncontent-type: application/json\r\n";
    ("200 OK", headers.to_owned(), body.to_string())
}

fn login(id: u64) -> Value {
    json!({"id": id.to_string(), "login": VALUE, "ativo": "S", "id_cliente": "3",
        "id_contrato": "4", "onu_mac": VALUE, "mac": "", "ultima_atualizacao":
        "2026-11-26 10:00:00"})
}

/// A web service of three logins that knows `id >`, and then is changed by `change`.
fn erp(change: fn(&mut Value)) -> Script {
    Arc::new(move |asked: &Asked| {
        if !asked.path.ends_with("/radusuarios") {
            return answered(&json!({"page": "1", "total": "0"}));
        }
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let after = match body["oper"].as_str() {
            Some(">") => body["query"].as_str().unwrap().parse().unwrap(),
            _ => 0_u64,
        };
        let rows: Vec<Value> = (1..=3).filter(|id| *id > after).map(login).collect();
        let mut list = json!({"page": "1", "total": rows.len().to_string(), "registros": rows});
        change(&mut list);
        answered(&list)
    })
}

fn acs(change: fn(&mut Value)) -> Script {
    Arc::new(move |asked: &Asked| {
        if asked.path.contains("/token") {
            return answered(&json!({"access_token": "t", "expires_in": 3600}));
        }
        let device = |serial: &str| {
            json!({"serialNumber": serial, "status": true, "lastInform": "2026-11-26T10:00:00Z",
                "created": "2026-01-02T10:00:00Z", "deviceInfo": {"modelName": VALUE},
                "connection": {"pppoeLogin": VALUE}})
        };
        let rows = [device("HWTC00000001"), device("HWTC00000002")];
        let mut page = json!({"registers": rows, "hasNextPage": false});
        change(&mut page);
        answered(&page)
    })
}

fn nbi(change: fn(&mut Value)) -> Script {
    Arc::new(move |_: &Asked| {
        let mut list = json!([{"_id": VALUE, "_deviceId": {"_SerialNumber": VALUE},
            "_lastInform": "2026-11-26T10:00:00.000Z", "_registered": "2026-01-02T10:00:00.000Z"}]);
        change(&mut list);
        answered(&list)
    })
}

/// A kind, what stands in for it, what is changed in its answer, and what is to be told.
type Case =
    (&'static str, fn(fn(&mut Value)) -> Script, fn(&mut Value), &'static str, &'static str);

fn broken() -> [Case; 15] {
    [
        ("ixc-provedor", erp, |l| l["total"] = json!({}), "assumes-total", "an object"),
        ("ixc-provedor", erp, |l| l["registros"][0]["id"] = json!("x"), "assumes-id", "a string"),
        (
            "ixc-provedor",
            erp,
            |l| l["registros"][0]["ativo"] = json!("sim"),
            "assumes-yes-no",
            "a string",
        ),
        (
            "ixc-provedor",
            erp,
            |l| l["registros"][0]["onu_mac"] = json!(7),
            "assumes-strings",
            "onu_mac is a number",
        ),
        (
            "ixc-provedor",
            erp,
            |l| l["registros"][0]["ultima_atualizacao"] = json!("26/11/2026"),
            "assumes-times",
            "a string",
        ),
        ("ixc-provedor", erp, |l| l["registros"] = json!({}), "assumes-list", "an object"),
        (
            "ixc-provedor",
            erp,
            |l| l["registros"].as_array_mut().unwrap().reverse(),
            "assumes-keyset",
            "do not rise",
        ),
        ("ixc-acs", acs, |p| p["hasNextPage"] = json!("no"), "assumes-next", "a string"),
        (
            "ixc-acs",
            acs,
            |p| p["registers"][0]["status"] = json!("1"),
            "assumes-status",
            "a string",
        ),
        ("ixc-acs", acs, |p| p["registers"][0]["created"] = json!(1), "assumes-times", "a number"),
        (
            "ixc-acs",
            acs,
            |p| p["registers"][0]["deviceInfo"] = json!([]),
            "assumes-parts",
            "an array",
        ),
        (
            "ixc-acs",
            acs,
            |p| p["registers"].as_array_mut().unwrap().reverse(),
            "assumes-order",
            "another order",
        ),
        ("genieacs", nbi, |l| l[0]["_id"] = json!(1), "assumes-id", "a number"),
        ("genieacs", nbi, |l| l[0]["_deviceId"] = json!("x"), "assumes-identity", "nothing"),
        ("genieacs", nbi, |l| l[0]["_lastInform"] = json!("26/11"), "assumes-times", "a string"),
    ]
}

/// Each assumption broken once, and told as that one.
#[test]
fn each_assumption_that_fails_is_told_as_that_one() {
    for (kind, made, change, id, said) in broken() {
        let port = serve(made(change));
        let home = home(kind, &format!("http://127.0.0.1:{port}"), "");
        let answer = probed(&home);
        let side = if kind == "ixc-provedor" { "provider" } else { "acs" };
        let id = format!("{side}-{id}");
        let wrong = [assumed(&answer, "fail"), assumed(&answer, "warn")].concat();
        assert_eq!(wrong, std::slice::from_ref(&id), "{kind} {id}: {}", answer.said());
        let text = found(&answer, &id)["text"].as_str().unwrap().to_owned();
        assert!(text.contains(said), "{kind}: {text}");
        assert!(!answer.said().contains(VALUE), "{kind} {id}: a value is shown");
    }
}

#[test]
fn as_assumed_nothing_fails() {
    let good: [(&str, Script); 3] =
        [(KINDS[0], nbi(|_| {})), (KINDS[1], acs(|_| {})), (KINDS[2], erp(|_| {}))];
    for (kind, script) in good {
        let port = serve(script);
        let answer = probed(&home(kind, &format!("http://127.0.0.1:{port}"), ""));
        let wrong = [assumed(&answer, "fail"), assumed(&answer, "warn"), assumed(&answer, "skip")];
        assert_eq!(wrong.concat(), [""; 0], "{kind}: {}", answer.said());
    }
}

/// What is somewhere in the home, and in no bundle.
const KNOWN: [&str; 6] =
    ["ana.silva", "390.533.447", "47 99912-3456", "Silva", "notify.example", TOKEN];

fn remembering() -> Home {
    let home = home(
        "genieacs",
        "http://127.0.0.1:9",
        "username = \"noc.user\"\n\
        password_file = \"side.secret\"\n",
    );
    let folder = home.path().join(".config/acerto");
    let config = folder.join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = format!(
        "{text}\n[listen]\nsecret_file = \"hook.secret\"\n\
        notify_url = \"https://notify.example/hook/abc\"\n\
        [causes]\nignore_logins = [\"ana.silva\"]\n"
    );
    std::fs::write(&config, text.replace("kind = \"genieacs\"", "kind = \"file\"").replace(
        "url = \"http://127.0.0.1:9\"\nusername = \"noc.user\"\npassword_file = \"side.secret\"",
        "path = \"acs.csv\""))
    .unwrap();
    std::fs::write(
        folder.join("provider.csv"),
        "device_id,serial,login_id,login,active,\
        customer_name,phone,document,registered\np1,HWTC12345678,1,ana.silva,S,Ana Silva,\
        (47) 99912-3456,390.533.447-00,never\n",
    )
    .unwrap();
    let read = home.run(&["--reconcile"]);
    assert_eq!(read.exit, Some(3), "{}", read.said());
    home
}

#[test]
fn a_bundle_holds_what_support_needs_and_nobody_s_data() {
    let home = remembering();
    let answer = home.run(&["doctor", "--bundle", "support.txt"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    let path = home.path().join("support.txt");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    for part in [
        "Left out: secrets",
        "== Version and system ==",
        "acerto 0.1.0",
        "kernel ",
        "== Configuration ==",
        "profile prod",
        "profiles.prod.timezone = ",
        "causes.ignore_logins = [left out]",
        "listen.notify_url = [left out]",
        "== Checks ==",
        "ok    store",
        "== Last runs ==",
        "exit 3",
        "== Store ==",
        "journal.redb",
        "variables set: ",
        "exit code 0",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
    for known in KNOWN.iter().chain(&["HWTC12345678", home.path().to_str().unwrap()]) {
        let line = text.lines().find(|line| line.contains(known));
        assert_eq!(line, None, "{known}");
    }
}

#[test]
fn a_file_that_is_there_is_only_replaced_where_that_is_asked_for() {
    let home = remembering();
    std::fs::write(home.path().join("support.txt"), "mine").unwrap();
    let kept = home.run(&["doctor", "--bundle", "support.txt"]);
    assert_eq!(kept.exit, Some(2), "{}", kept.said());
    assert!(kept.stderr.contains("--force"), "{}", kept.said());
    assert_eq!(std::fs::read_to_string(home.path().join("support.txt")).unwrap(), "mine");
    let config = home.run(&["doctor", "--bundle", ".config/acerto/config.toml", "--force"]);
    assert_eq!(config.exit, Some(2), "the configuration itself: {}", config.said());
    let forced = home.run(&["doctor", "--bundle", "support.txt", "--force"]);
    assert_eq!(forced.exit, Some(0), "{}", forced.said());
    let text = std::fs::read_to_string(home.path().join("support.txt")).unwrap();
    assert!(text.starts_with("acerto support bundle"), "{text}");
}

#[test]
fn a_bundle_is_made_where_the_configuration_is_wrong_too() {
    let home = Home::new();
    let answer = home.run(&["doctor", "--bundle", "support.txt"]);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    let text = std::fs::read_to_string(home.path().join("support.txt")).unwrap();
    assert!(text.contains("FAIL  config"), "{text}");
}
