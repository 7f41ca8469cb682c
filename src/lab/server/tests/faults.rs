//! Each fault, by what arrives.

use std::io::Read as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::End;
use super::{Answer, Client, lab};

const TABLE: &str = "radusuarios";

/// Sets a fault on the Provider for one answer and asks for the first five logins.
fn struck(client: &Client, fault: &Value) -> Answer {
    let mut fault = fault.clone();
    fault["side"] = json!("provider");
    client.fault(&fault);
    client.rows(TABLE, 0, 5)
}

fn named(name: &str) -> Value {
    json!({"name": name})
}

fn ids(page: &Value) -> Vec<u64> {
    let rows = page["registros"].as_array().into_iter().flatten();
    rows.map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn every_kind_of_the_contract_is_listed_and_ends_after_its_times() {
    let lab = lab();
    let client = Client::of(&lab);
    let listed = client.get("/_lab/faults").json();
    let known: Vec<&str> =
        listed.as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    for name in "latency jitter slow drip half-open rst-before-reply rst-mid-body fin-mid-chunk \
        late-effect 429 429-retry-after 503-storm 502-html 500-on-one-id 401 403 301 302 \
        307-other-host 308-other-host error-200 html-200 truncated total-lies total-changes \
        page-repeated pages-out-of-order empty-page duplicate-ids ids-falling gzip-bomb deep-json \
        huge-string 100-mib-body header-stripped wrong-host in-session \
        hidden-column changed-meanwhile changed-after"
        .split_whitespace()
    {
        assert!(known.contains(&name), "{name}");
    }
    client.fault(&json!({"name": "503-storm", "side": "provider", "times": 2, "after": 1}));
    let statuses: Vec<u16> = (0..4).map(|_| client.rows(TABLE, 0, 1).status).collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
    client.fault(&json!({"name": "503-storm", "side": "provider", "times": 9}));
    assert_eq!(client.get("/devices?limit=1").status, 200, "the other side is well");
    client.fault(&json!({"name": "503-storm", "side": "provider", "times": 0}));
    assert_eq!(client.rows(TABLE, 0, 1).status, 200);
    for wrong in [
        json!({"name": "nothing", "side": "acs"}),
        json!({"name": "403"}),
        json!({"name": "403", "side": "acs", "times": "often"}),
        json!({"name": "500-on-one-id", "side": "acs"}),
    ] {
        assert_eq!(client.control("fault", &wrong).status, 400, "{wrong}");
    }
}

#[test]
fn a_rate_strikes_by_the_seed_until_it_is_ended() {
    let struck = |percent: u64, times: u64| {
        let lab = lab();
        let client = Client::of(&lab);
        client.fault(&json!({
            "name": "503-storm", "side": "provider", "percent": percent, "times": times,
        }));
        let struck: Vec<bool> = (0..200).map(|_| client.rows(TABLE, 0, 1).status == 503).collect();
        client.fault(&json!({"name": "503-storm", "side": "provider", "times": 0}));
        assert_eq!(client.rows(TABLE, 0, 1).status, 200, "ended");
        struck
    };
    let count = |struck: &[bool]| struck.iter().filter(|struck| **struck).count();
    let some = struck(15, 0);
    assert!((10..=60).contains(&count(&some)), "15 of a hundred, not {}", count(&some));
    assert_eq!(struck(15, 0), some, "the same seed, the same requests");
    assert_eq!(count(&struck(15, 4)), 4, "times counts what is struck");
    assert_eq!(count(&struck(100, 0)), 200);
    let lab = lab();
    let client = Client::of(&lab);
    for wrong in [json!(0), json!(101), json!("15"), json!(-1)] {
        let fault = json!({"name": "403", "side": "acs", "percent": wrong});
        assert_eq!(client.control("fault", &fault).status, 400, "{wrong}");
    }
    client.fault(&json!({"name": "late-effect", "side": "acs", "percent": 15, "times": 0}));
    let listed = client.get("/_lab/faults").json();
    let fault = listed.as_array().unwrap().iter().find(|f| f["name"] == "late-effect").unwrap();
    let on = &fault["active"][0];
    assert_eq!((&on["percent"], &on["left"]), (&json!(15.0), &Value::Null), "{fault}");
    assert!(fault["takes"].to_string().contains("percent"), "{fault}");
}

#[test]
fn answers_that_are_none() {
    let lab = lab();
    let client = Client::of(&lab);
    for (name, status, holds) in [
        ("429", 429, "Too Many"),
        ("429-retry-after", 429, "Too Many"),
        ("503-storm", 503, "Unavailable"),
        ("502-html", 502, "<html>"),
        ("401", 401, "Unauthorized"),
        ("403", 403, "Forbidden"),
        ("error-200", 200, "\"type\":\"error\""),
        ("html-200", 200, "<form"),
    ] {
        let answer = struck(&client, &named(name));
        assert_eq!((answer.status, answer.end), (status, End::Whole), "{name}");
        assert!(answer.text().contains(holds), "{name}");
        let waits = (name == "429-retry-after").then_some("1");
        assert_eq!(answer.header("retry-after"), waits, "{name}");
    }
    for (name, status, host) in [
        ("301", 301, "127.0.0.1"),
        ("302", 302, "127.0.0.1"),
        ("307-other-host", 307, "localhost"),
        ("308-other-host", 308, "localhost"),
    ] {
        let answer = struck(&client, &named(name));
        let place = answer.header("location").unwrap().to_owned();
        assert_eq!(answer.status, status);
        assert!(place.starts_with(&format!("http://{host}:{}/", lab.port())), "{place}");
    }
    let deep = struck(&client, &named("deep-json")).body();
    assert!(deep.len() == 200_000 && deep.starts_with(b"[[["));
}

#[test]
fn one_id_alone_fails() {
    let lab = lab();
    let client = Client::of(&lab);
    client.fault(&json!({"name": "500-on-one-id", "side": "provider", "times": 9, "key": "2"}));
    let put =
        |id: u64| client.provider("PUT", &format!("radusuarios/{id}"), false, &json!({})).status;
    assert_eq!((put(2), put(3)), (500, 200));
}

#[test]
fn a_token_that_ends_in_the_middle_of_a_run() {
    let lab = lab();
    let client = Client::of(&lab);
    let token = client.token();
    client.fault(&json!({"name": "401", "side": "acs", "after": 1}));
    let statuses: Vec<u16> = (0..3).map(|_| client.view(&token, 1, 1).status).collect();
    assert_eq!(statuses, [200, 401, 401], "the token holds no longer");
    assert_eq!(client.view(&client.token(), 1, 1).status, 200);
}

#[test]
fn bytes_that_end_too_early() {
    let lab = lab();
    let client = Client::of(&lab);
    let before = struck(&client, &named("rst-before-reply"));
    assert_eq!((before.status, before.end), (0, End::Reset));
    let middle = struck(&client, &named("rst-mid-body"));
    assert_eq!((middle.status, middle.end), (200, End::Reset));
    for at in [0, 1, 100] {
        let cut = struck(&client, &json!({"name": "truncated", "at": at}));
        assert_eq!((cut.status, cut.end, cut.raw.len()), (200, End::Closed, at));
    }
    let chunk = struck(&client, &named("fin-mid-chunk"));
    assert_eq!(chunk.header("transfer-encoding"), Some("chunked"));
    assert_eq!((chunk.status, chunk.end), (200, End::Closed));
    let json = struck(&client, &named("cut-json"));
    assert_eq!(json.end, End::Whole);
    assert!(serde_json::from_slice::<Value>(&json.body()).is_err());
    client.fault(&json!({"name": "truncated", "side": "acs"}));
    let list = client.get("/devices?projection=_id");
    assert_eq!((list.status, list.end), (200, End::Closed));
}

#[test]
fn bytes_that_come_late_or_never() {
    let lab = lab();
    let client = Client::of(&lab);
    let begun = Instant::now();
    let late = struck(&client, &json!({"name": "latency", "ms": 200}));
    assert_eq!(late.end, End::Whole);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    let open = struck(&client, &named("half-open"));
    assert_eq!((open.status, open.end), (0, End::Silent));
    let begun = Instant::now();
    client.fault(&json!({"name": "drip", "side": "provider", "ms": 1}));
    let drip = client.provider("POST", "nada", true, &json!({}));
    assert_eq!(drip.end, End::Whole);
    assert!(begun.elapsed() >= Duration::from_millis(200), "each byte takes one");
    client.fault(&json!({"name": "slow", "side": "provider"}));
    let begun = Instant::now();
    client.provider("POST", "nada", true, &json!({}));
    assert!(begun.elapsed() >= Duration::from_millis(250), "about 250 bytes at 1 KiB a second");
    let jittered = struck(&client, &json!({"name": "jitter", "ms": 20}));
    assert_eq!(jittered.end, End::Whole);
}

#[test]
fn writes_that_are_done_though_nobody_is_told() {
    let lab = lab();
    let client = Client::of(&lab);
    let mac = |id: u64| client.rows(TABLE, id - 1, 1).json()["registros"][0]["mac"].clone();
    let put = |id: u64, mac: &str| {
        client.provider("PUT", &format!("radusuarios/{id}"), false, &json!({"mac": mac}))
    };
    client.fault(&json!({"name": "late-effect", "side": "provider", "ms": 300}));
    let before = mac(2);
    let unanswered = put(2, "02:00:00:00:00:02");
    assert_eq!((unanswered.status, unanswered.end), (0, End::Closed), "left alone at once");
    assert_eq!(mac(2), before, "not yet");
    let given_up = Instant::now() + Duration::from_secs(20);
    while mac(2) == before && Instant::now() < given_up {
        sleep(Duration::from_millis(20));
    }
    assert_eq!(mac(2), "02:00:00:00:00:02");
    client.fault(&json!({"name": "rst-before-reply", "side": "provider"}));
    assert_eq!(put(3, "02:00:00:00:00:03").status, 0);
    assert_eq!(mac(3), "02:00:00:00:00:03");
    client.fault(&json!({"name": "502-html", "side": "provider"}));
    assert_eq!(put(4, "02:00:00:00:00:04").status, 502);
    client.fault(&json!({"name": "429", "side": "provider"}));
    assert_eq!(put(5, "02:00:00:00:00:05").status, 429);
    assert_ne!(mac(5), "02:00:00:00:00:05");
    let writes = client.get("/_lab/writes").json();
    let outcomes: Vec<&str> =
        writes.as_array().unwrap().iter().map(|w| w["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["late", "lost-reply", "lost-reply", "refused"]);
}

#[test]
fn what_happens_to_a_row_beside_a_put_is_in_the_log() {
    let lab = lab();
    let client = Client::of(&lab);
    let mut id = 1;
    for (name, logged, keeps_address) in [
        ("hidden-column", &[("webservice", "mac,senha_md5")][..], true),
        ("changed-meanwhile", &[("tecnico", "endereco"), ("webservice", "endereco,mac")], true),
        ("changed-after", &[("webservice", "mac"), ("tecnico", "endereco")], false),
    ] {
        id += 1;
        let row = || client.rows(TABLE, id - 1, 1).json()["registros"][0].clone();
        let last = || {
            let newest = json!({"sortname": "ixc_logs.id", "sortorder": "desc", "rp": "1"});
            client.provider("POST", "ixc_logs", true, &newest).json()["registros"][0]["id"].clone()
        };
        let (mut whole, seen) = (row(), last());
        let address = whole["endereco"].clone();
        whole["mac"] = json!("02:00:00:00:00:0A");
        client.fault(&json!({"name": name, "side": "provider"}));
        assert_eq!(client.rows(TABLE, 0, 1).status, 200, "a list is none of its business");
        let put = client.provider("PUT", &format!("{TABLE}/{id}"), false, &whole);
        assert_eq!(put.json()["type"], "success", "{name}");
        assert_eq!(row()["mac"], "02:00:00:00:00:0A");
        assert_eq!(row()["endereco"] == address, keeps_address, "{name}");
        let newer = json!({"qtype": "ixc_logs.id", "oper": ">", "query": seen});
        let newer = client.provider("POST", "ixc_logs", true, &newer).json();
        let told: Vec<(&str, &str)> = newer["registros"]
            .as_array()
            .unwrap()
            .iter()
            .map(|log| (log["operador"].as_str().unwrap(), log["campos"].as_str().unwrap()))
            .collect();
        assert_eq!(told, logged, "{name}");
    }
}

#[test]
fn lists_that_lie_at_the_provider() {
    let lab = lab();
    let client = Client::of(&lab);
    let honest = client.rows(TABLE, 0, 5).json();
    let total = |page: &Value| page["total"].as_str().unwrap().parse::<u64>().unwrap();
    let lie = |name: &str| struck(&client, &named(name)).json();
    let lies = lie("total-lies");
    assert_eq!((total(&lies), ids(&lies)), (total(&honest) + 7, ids(&honest)));
    assert_ne!(total(&lie("total-changes")), total(&honest));
    let empty = lie("empty-page");
    assert_eq!((total(&empty), empty.get("registros")), (total(&honest), None));
    assert_eq!(total(&lie("empty")), 0);
    assert_eq!(ids(&lie("duplicate-ids")), [1, 2, 3, 4, 1]);
    assert_eq!(ids(&lie("ids-falling")), [5, 4, 3, 2, 1]);
    assert_eq!(ids(&lie("pages-out-of-order")), [6, 7, 8, 9, 10]);
    assert_eq!(ids(&lie("rows-too-many")).len(), 10);
    client.rows(TABLE, 5, 5);
    client.fault(&json!({"name": "page-repeated", "side": "provider"}));
    assert_eq!(ids(&client.rows(TABLE, 10, 5).json()), [6, 7, 8, 9, 10]);
}

#[test]
fn lists_that_lie_at_the_acs() {
    let lab = lab();
    let client = Client::of(&lab);
    let token = client.token();
    let serials = |page: &Value| -> Vec<String> {
        let rows = page["registers"].as_array().unwrap().iter();
        rows.map(|row| row["serialNumber"].as_str().unwrap().to_owned()).collect()
    };
    let page = |n| serials(&client.view(&token, n, 5).json());
    let (first, second) = (page(1), page(2));
    let lie = |name: &str, n| {
        client.fault(&json!({"name": name, "side": "acs"}));
        client.view(&token, n, 5).json()
    };
    assert_eq!(serials(&lie("pages-out-of-order", 1)), second);
    assert_eq!(serials(&lie("page-repeated", 2)), first);
    assert_eq!(lie("total-lies", 99)["hasNextPage"], true);
    assert_eq!(serials(&lie("ids-falling", 1)), first.iter().rev().cloned().collect::<Vec<_>>());
    let empty = lie("empty-page", 1);
    assert_eq!((serials(&empty).len(), &empty["hasNextPage"]), (0, &json!(true)));
    client.fault(&json!({"name": "total-lies", "side": "acs"}));
    let list = client.get("/devices?projection=_id");
    let total: usize = list.header("total").unwrap().parse().unwrap();
    assert_eq!(list.json().as_array().unwrap().len() + 7, total);
    client.fault(&json!({"name": "empty", "side": "acs"}));
    let none = client.get("/devices?projection=_id");
    assert_eq!((none.header("total"), none.text().as_str()), (Some("0"), "[\n\n]"));
}

#[test]
fn requests_that_reach_something_else() {
    let lab = lab();
    let client = Client::of(&lab);
    let stripped = struck(&client, &named("header-stripped")).json();
    assert_eq!(stripped["message"], "Registro inserido com sucesso!");
    let own = client.rows(TABLE, 0, 5).json();
    let other = struck(&client, &named("wrong-host")).json();
    assert_ne!(own["registros"], other["registros"]);
    assert_eq!(client.rows(TABLE, 0, 5).json(), own, "and the own one is back");
}

#[test]
fn bodies_that_are_too_much() {
    let lab = lab();
    let client = Client::of(&lab);
    let bomb = struck(&client, &named("gzip-bomb"));
    assert_eq!((bomb.end, bomb.header("content-encoding")), (End::Whole, Some("gzip")));
    assert!(bomb.raw.len() < 4 << 20, "small on the wire: {}", bomb.raw.len());
    let mut plain = flate2::read::GzDecoder::new(bomb.raw.as_slice());
    let mut block = vec![0; 1 << 20];
    for _ in 0..40 {
        plain.read_exact(&mut block).unwrap();
    }
    assert!(block.iter().all(|byte| *byte == b' '), "and large behind it");
    for (name, least) in [("huge-string", 1 << 30), ("100-mib-body", 100 << 20)] {
        client.fault(&json!({"name": name, "side": "acs"}));
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", lab.port())).unwrap();
        std::io::Write::write_all(&mut stream, b"GET /devices HTTP/1.1\r\n\r\n").unwrap();
        let mut head = vec![0; 512];
        stream.read_exact(&mut head).unwrap();
        let head = String::from_utf8_lossy(&head).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        assert!(length.parse::<u64>().unwrap() >= least, "{name}");
    }
}
