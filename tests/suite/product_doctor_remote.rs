//! Each thing that can be wrong with a system or the way to it, produced, and told as itself.
//!
//! Must not do: reach a network, or believe a check that another failure would fail too.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use crate::product_run::{Answer, Home};
use crate::stand_in::{
    Asked, Authority, Filtered, Said, Script, closed, saying, serve, serve_off, silent,
};

/// A secret as IXC Provedor's tokens are, and no one's.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The three kinds of systems.
pub const KINDS: [&str; 3] = ["genieacs", "ixc-acs", "ixc-provedor"];

fn prefix(kind: &str) -> &'static str {
    if kind == "ixc-provedor" { "provider" } else { "acs" }
}

/// A home in which one side is a system at `url` and the other one a good file.
pub fn home(kind: &str, url: &str, more: &str) -> Home {
    let home = Home::new();
    let login = if kind == "genieacs" {
        String::new()
    } else {
        "client_id = \"12\"\nclient_secret_file = \"side.secret\"\n".to_owned()
    };
    let system = format!("kind = \"{kind}\"\nurl = \"{url}\"\n{login}{more}");
    let (acs, provider) = match prefix(kind) {
        "acs" => (system, "kind = \"file\"\npath = \"provider.csv\"".to_owned()),
        _ => ("kind = \"file\"\npath = \"acs.csv\"".to_owned(), system),
    };
    let config = format!(
        "[profiles.prod]\ntimezone = \"America/Sao_Paulo\"\n[profiles.prod.acs]\n{acs}\n\
         [profiles.prod.provider]\n{provider}\n\
         [net]\nconnect_timeout = \"1s\"\nrequest_timeout = \"2s\"\nread_rps = 0\n"
    );
    let folder = home.folder(".config/acerto");
    for (name, text) in [
        ("config.toml", config.as_str()),
        ("side.secret", TOKEN),
        ("acs.csv", "id,serial,mac\na1,HWTC00000001,00:25:9E:00:00:01\n"),
        ("provider.csv", "device_id,serial,login_id,login,active\np1,HWTC00000001,1,ana,S\n"),
    ] {
        write(&folder.join(name), text.as_bytes());
    }
    home
}

pub fn write(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The checks with this result: ids.
pub fn with_result(answer: &Answer, result: &str) -> Vec<String> {
    let report = answer.report();
    let checks = report["checks"].as_array().unwrap().iter();
    let of = checks.filter(|c| c["result"] == result);
    of.map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

pub fn found(answer: &Answer, id: &str) -> Value {
    let report = answer.report();
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.find(|c| c["id"] == id).unwrap_or_else(|| panic!("no {id}: {report}")).clone()
}

/// What has to be told, and nothing else with it.
struct Wanted<'a> {
    id: &'a str,
    result: &'a str,
    exit: i32,
    said: &'a str,
    fix: &'a str,
}

fn told(answer: &Answer, wanted: &Wanted<'_>, case: &str) {
    assert_eq!(answer.exit, Some(wanted.exit), "{case}: {}", answer.said());
    let wrong = [with_result(answer, "fail"), with_result(answer, "warn")];
    let of = |result: &str| {
        if wanted.result == result { vec![wanted.id.to_owned()] } else { Vec::new() }
    };
    assert_eq!(wrong, [of("fail"), of("warn")], "{case}: {}", answer.said());
    let check = found(answer, wanted.id);
    assert!(check["text"].as_str().unwrap().contains(wanted.said), "{case}: {check}");
    assert!(check["fix"].as_str().unwrap().contains(wanted.fix), "{case}: {check}");
    assert!(!answer.said().contains(TOKEN), "{case}: a secret is shown");
}

fn doctor(home: &Home) -> Answer {
    home.run(&["doctor", "--format", "json"])
}

fn json(status: &'static str, body: &str) -> Said {
    (status, "content-type: application/json\r\n".to_owned(), body.to_owned())
}

const HONEST_LIST: &str = "{\"page\":\"1\",\"total\":\"0\"}";
const DEVICE: &str = "{\"serialNumber\":\"HWTC00000001\",\"status\":true,\
    \"lastInform\":\"2026-11-26T10:00:00Z\",\"created\":\"2026-01-02T10:00:00Z\",\
    \"deviceInfo\":{\"modelName\":\"X\"},\"connection\":{\"pppoeLogin\":\"ana\"}}";

/// A system of each kind that has nothing wrong.
pub fn honest(kind: &str) -> Script {
    match kind {
        "genieacs" => Arc::new(|_| {
            let headers = "genieacs-version: 1.2.16\r\ntotal: 1\r\n\
                content-type: application/json\r\n";
            let row = "{\"_id\":\"A-B-HWTC00000001\",\"_deviceId\":{\"_SerialNumber\":\
                \"HWTC00000001\"},\"_lastInform\":\"2026-11-26T10:00:00.000Z\",\
                \"_registered\":\"2026-01-02T10:00:00.000Z\"}";
            ("200 OK", headers.to_owned(), format!("[\n{row}\n]"))
        }),
        "ixc-acs" => Arc::new(|asked| match asked.path.as_str() {
            path if path.contains("/token") => {
                json("200 OK", "{\"access_token\":\"t\",\"expires_in\":3600}")
            }
            path if path.contains("/devices/views") => {
                json("200 OK", &format!("{{\"registers\":[{DEVICE}],\"hasNextPage\":false}}"))
            }
            _ => json("400 Bad Request", "{\"message\":\"sn is missing\"}"),
        }),
        _ => Arc::new(|_| json("200 OK", HONEST_LIST)),
    }
}

#[test]
fn a_system_with_nothing_wrong_fails_nothing() {
    for kind in KINDS {
        let port = serve(honest(kind));
        let home = home(kind, &format!("http://127.0.0.1:{port}"), "");
        let answer = doctor(&home);
        assert_eq!(answer.exit, Some(0), "{kind}: {}", answer.said());
        assert_eq!(with_result(&answer, "fail"), [""; 0], "{kind}: {}", answer.said());
        assert_eq!(with_result(&answer, "warn"), [""; 0], "{kind}: {}", answer.said());
    }
}

#[test]
fn nobody_reached_is_told_by_how_far_it_got() {
    let filtered = Filtered::new();
    let page = saying("200 OK", "", "{}");
    let spoken = Authority::new("A").serve("localhost", (2020, 2100), honest("genieacs"));
    let ca = Authority::new("A");
    for (name, url, step, exit, said, fix) in [
        ("dns", "https://acs.invalid".to_owned(), "dns", 6, "no address", "getent"),
        ("closed", http(closed()), "tcp", 6, "refuses the connection", "port"),
        ("filtered", http(filtered.port), "tcp", 6, "no connection within 1s", "firewall"),
        ("silent", http(silent().0), "http", 6, "no answer within 2s", "request_timeout"),
        ("https to plain", format!("https://localhost:{page}"), "tls", 7, "TLS", "http://"),
        (
            "https to silence",
            format!("https://localhost:{}", silent().0),
            "tls",
            7,
            "does not answer as a TLS server",
            "scheme",
        ),
        ("http to TLS", format!("http://localhost:{spoken}"), "http", 6, "", "https://"),
    ] {
        for kind in KINDS {
            let home = home(kind, &url, "ca_file = \"ca.pem\"\n");
            write(&home.path().join(".config/acerto/ca.pem"), ca.pem.as_bytes());
            let id = format!("{}-{step}", prefix(kind));
            let wanted = Wanted { id: &id, result: "fail", exit, said, fix };
            told(&doctor(&home), &wanted, &format!("{name}, {kind}"));
        }
    }
}

fn http(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// However many checks there are, nobody is waited for longer than one request may take.
#[test]
fn a_system_that_answers_nothing_is_asked_once() {
    for kind in KINDS {
        let (port, taken) = silent();
        let home = home(kind, &http(port), "");
        let answer = home.run(&["doctor", "--probe", "--format", "json"]);
        assert_eq!(answer.exit, Some(6), "{kind}: {}", answer.said());
        let taken = taken.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(taken, 1, "{kind}: {}", answer.said());
    }
}

#[test]
fn certificates_are_told_apart() {
    let ours = Authority::new("Ours");
    let others = Authority::new("Others");
    for kind in KINDS {
        let serve = |by: &Authority, name, years| by.serve(name, years, honest(kind));
        for (port, said, fix) in [
            (serve(&ours, "localhost", (2020, 2021)), "expired on 2021-01-01", "renew it"),
            (serve(&ours, "localhost", (2090, 2100)), "not valid before 2090", "clock"),
            (serve(&others, "localhost", (2020, 2100)), "does not know", "ca_file"),
            (serve(&ours, "acs.example", (2020, 2100)), "is not for localhost", "name"),
        ] {
            let home = home(kind, &format!("https://localhost:{port}"), "ca_file = \"ca.pem\"\n");
            write(&home.path().join(".config/acerto/ca.pem"), ours.pem.as_bytes());
            let id = format!("{}-tls", prefix(kind));
            told(&doctor(&home), &Wanted { id: &id, result: "fail", exit: 7, said, fix }, kind);
        }
        let port = serve(&ours, "localhost", (2020, 2100));
        let home = home(kind, &format!("https://localhost:{port}"), "ca_file = \"ca.pem\"\n");
        write(&home.path().join(".config/acerto/ca.pem"), ours.pem.as_bytes());
        let answer = doctor(&home);
        assert_eq!(answer.exit, Some(0), "{kind}: {}", answer.said());
    }
}

/// Each answer, and which check of each kind it fails.
#[test]
fn refusals_proxies_and_other_sites_are_told_as_what_they_are() {
    let page = "<!DOCTYPE html><html><body>Bem-vindo</body></html>";
    let tls_port = "<title>400 The plain HTTP request was sent to HTTPS port</title>";
    let elsewhere = "location: http://portal.example/login?x=1\r\n";
    let via = "via: 1.1 squid\r\n";
    for (status, headers, body, ids, exit, said, fix) in [
        ("401 Unauthorized", "", "{}", ["http", "token", "token"], 7, "401", "c"),
        ("403 Forbidden", "", "{}", ["http", "token", "token"], 7, "403", "c"),
        ("407 Proxy Authentication Required", "", "", ["http"; 3], 7, "407", "proxy"),
        ("429 Too Many Requests", "", "{}", ["http"; 3], 6, "429", "requests_per_minute"),
        ("302 Found", "location: /login\r\n", "", ["http"; 3], 6, "302", "root"),
        ("302 Found", elsewhere, "", ["http"; 3], 6, "portal.example", "no redirect"),
        ("503 Service Unavailable", via, page, ["http"; 3], 6, "squid", "proxy"),
        ("200 OK", "", page, ["nbi", "html", "html"], 6, "", "proxy|NBI"),
        ("400 Bad Request", "", tls_port, ["nbi", "http", "http"], 6, "", "https://"),
        ("404 Not Found", "", page, ["nbi", "token", "header"], 6, "404", "url|NBI"),
    ] {
        let port = saying(status, headers, body);
        for (kind, check) in KINDS.into_iter().zip(ids) {
            let home = home(kind, &http(port), "");
            let id = format!("{}-{check}", prefix(kind));
            let answer = doctor(&home);
            let fixes = found(&answer, &id)["fix"].as_str().unwrap_or_default().to_owned();
            assert!(fix.split('|').any(|fix| fixes.contains(fix)), "{status} {kind}: {fixes}");
            let wanted = Wanted { id: &id, result: "fail", exit, said, fix: "" };
            told(&answer, &wanted, &format!("{status} {headers:?}, {kind}"));
            assert!(!answer.said().contains("x=1"), "a query may carry a session");
        }
    }
}

#[test]
fn a_clock_that_is_wrong_is_warned_of() {
    for kind in KINDS {
        // Half a minute more: a minute stays what it is while seconds pass between the two clocks.
        for (seconds, said) in [(5_430, "90 minutes ahead"), (-1_230, "20 minutes behind")] {
            let port = serve_off(honest(kind), SignedDuration::from_secs(seconds));
            let home = home(kind, &http(port), "");
            let id = format!("{}-clock", prefix(kind));
            let (result, exit, fix) = ("warn", 0, "NTP");
            let answer = doctor(&home);
            let text = found(&answer, &id)["text"].as_str().unwrap().to_owned();
            assert!(text.contains(said), "{kind}: {text}");
            told(&answer, &Wanted { id: &id, result, exit, said: "minutes", fix }, kind);
        }
    }
}

/// A web service whose lists of one table are answered so.
fn erp(table: &'static str, said: impl Fn() -> Said + Send + Sync + 'static) -> Script {
    let ends = format!("/webservice/v1/{table}");
    Arc::new(move |asked| {
        if table.is_empty() || asked.path == ends { said() } else { json("200 OK", HONEST_LIST) }
    })
}

fn error(text: &str) -> Said {
    json("200 OK", &serde_json::json!({"type": "error", "message": text}).to_string())
}

#[test]
fn the_provider_s_known_words_are_told_as_what_they_mean() {
    for (table, words, id, result, exit, fix) in [
        (
            "radusuarios",
            "Recurso radusuarios não está disponível!",
            "permission-radusuarios",
            "fail",
            7,
            "permission to list",
        ),
        (
            "cliente",
            "Recurso cliente não está disponível!",
            "permission-cliente",
            "warn",
            0,
            "permission to list",
        ),
        (
            "vd_contratos_produtos",
            "Recurso vd_contratos_produtos não está disponível!",
            "permission-vd_contratos_produtos",
            "warn",
            0,
            "permission to list",
        ),
        (
            "",
            "Seu IP não está liberado para efetuar login!",
            "source-address",
            "fail",
            7,
            "networks",
        ),
        ("", "Versão v1x do webservice não está disponível!", "version", "fail", 2, "url"),
    ] {
        let port = serve(erp(table, move || error(words)));
        let id = format!("provider-{id}");
        let home = home("ixc-provedor", &http(port), "");
        told(&doctor(&home), &Wanted { id: &id, result, exit, said: "", fix }, words);
    }
}

#[test]
fn a_header_that_is_eaten_is_seen_without_an_insert() {
    let inserts = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = Arc::clone(&inserts);
    let port = serve(Arc::new(move |asked: &Asked| match asked.method.as_str() {
        "POST" => {
            seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            json("200 OK", "{\"type\":\"success\",\"id\":\"6\"}")
        }
        _ => ("404 Not Found", String::new(), "<html>404</html>".to_owned()),
    }));
    let home = home("ixc-provedor", &http(port), "");
    let (id, said, fix) = ("provider-header", "ixcsoft", "pass the header");
    told(&doctor(&home), &Wanted { id, result: "fail", exit: 6, said, fix }, "header");
    assert_eq!(inserts.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[test]
fn an_acs_that_lists_nothing_or_refuses_the_list_is_told() {
    let with_list = |said: fn() -> Said| -> Script {
        Arc::new(move |asked| {
            let list = asked.path.contains("/devices/views");
            if list { said() } else { honest("ixc-acs")(asked) }
        })
    };
    let empty = || json("200 OK", "{\"registers\":[],\"hasNextPage\":false}");
    let forbidden = || json("403 Forbidden", "{}");
    for (said, id, exit, fix) in [
        (empty as fn() -> Said, "acs-list", 6, "API client"),
        (forbidden, "acs-permission", 7, "type"),
    ] {
        let port = serve(with_list(said));
        let home = home("ixc-acs", &http(port), "");
        told(&doctor(&home), &Wanted { id, result: "fail", exit, said: "", fix }, id);
    }
}

/// A kind, more of its configuration, a file and its text; and what is to be told.
type BadSecret = (
    &'static str,
    &'static str,
    &'static str,
    String,
    &'static str,
    &'static str,
    i32,
    &'static str,
);

fn bad_secrets() -> Vec<BadSecret> {
    let key = "auth = \"jwt\"\nprivate_key_file = \"side.key\"\n";
    let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    vec![
        ("ixc-acs", "", "side.secret", format!("{TOKEN} "), "acs-secrets", "fail", 2, "space"),
        (
            "ixc-acs",
            "",
            "side.secret",
            format!("\u{a0}{TOKEN}"),
            "acs-secrets",
            "fail",
            2,
            "no-break space (U+00A0) (character 1)",
        ),
        (
            "ixc-provedor",
            "",
            "side.secret",
            format!("{TOKEN}\t"),
            "provider-secrets",
            "fail",
            2,
            "tab (U+0009) (character 65)",
        ),
        (
            "ixc-provedor",
            "",
            "side.secret",
            format!("\u{feff}{TOKEN}"),
            "provider-secrets",
            "fail",
            2,
            "byte-order mark",
        ),
        (
            "ixc-provedor",
            "",
            "side.secret",
            format!("{TOKEN}\u{200b}"),
            "provider-secrets",
            "fail",
            2,
            "U+200B",
        ),
        (
            "ixc-acs",
            "",
            "side.secret",
            format!("0{}{TOKEN}", '\u{200b}'),
            "acs-secrets",
            "warn",
            0,
            "U+200B (character 2)",
        ),
        ("ixc-acs", key, "side.key", public.to_owned(), "acs-settings", "fail", 2, "public key"),
        (
            "ixc-acs",
            key,
            "side.key",
            "hunter2\n".to_owned(),
            "acs-settings",
            "fail",
            2,
            "no private key",
        ),
    ]
}

#[test]
fn secrets_and_keys_that_are_none_are_named_and_not_shown() {
    for (kind, more, file, text, id, result, exit, said) in bad_secrets() {
        let port = serve(honest(kind));
        let home = home(kind, &http(port), more);
        let folder = home.path().join(".config/acerto");
        if !more.is_empty() {
            let config = std::fs::read_to_string(folder.join("config.toml")).unwrap();
            let config = config.replace("client_secret_file = \"side.secret\"\n", "");
            write(&folder.join("config.toml"), config.as_bytes());
        }
        write(&folder.join(file), text.as_bytes());
        let answer = doctor(&home);
        told(&answer, &Wanted { id, result, exit, said, fix: "" }, &format!("{kind} {text:?}"));
        assert!(!answer.said().contains("hunter2"));
    }
}

#[test]
fn a_url_or_an_id_that_is_none_is_a_fault_of_the_configuration() {
    for (url, said) in [
        ("https://acs.example/api", "path"),
        ("ftp://acs.example", "http"),
        ("acs.example", ""),
        ("http://acs.example", "plain http"),
        ("https://acs.example ", ""),
    ] {
        let home = home("ixc-acs", url, "");
        let answer = doctor(&home);
        let (id, result, exit, fix) = ("config", "fail", 2, "");
        told(&answer, &Wanted { id, result, exit, said, fix }, url);
    }
    let spaced = home("ixc-acs", "https://acs.example", "");
    let path = spaced.path().join(".config/acerto/config.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("\"12\"", "\"12 \"");
    write(&path, text.as_bytes());
    let answer = doctor(&spaced);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert_eq!(with_result(&answer, "fail").len(), 1, "{}", answer.said());
    assert!(
        answer.said().contains("ends with a space (U+0020) (character 3)"),
        "{}",
        answer.said()
    );
}

#[test]
fn a_proxy_of_the_environment_is_named_where_nobody_was_reached() {
    let dead = home("genieacs", &http(closed()), "");
    let run = |home: &Home| {
        let mut command = home.acerto(&["doctor", "--format", "json"]);
        Answer::of(&command.env("HTTPS_PROXY", "http://proxy.invalid:3128").output().unwrap())
    };
    let answer = run(&dead);
    assert_eq!(with_result(&answer, "warn"), ["proxy"], "{}", answer.said());
    assert!(found(&answer, "proxy")["text"].as_str().unwrap().contains("HTTPS_PROXY is set"));
    assert!(!answer.said().contains("proxy.invalid"), "it may hold a password");
    let port = serve(honest("genieacs"));
    let answer = run(&home("genieacs", &http(port), ""));
    assert_eq!((answer.exit, found(&answer, "proxy")["result"].clone()), (Some(0), "ok".into()));
}
