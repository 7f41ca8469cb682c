//! Servers that fail, lie, or are behind a proxy: never a wrong "complete", never a second
//! insert.
//!
//! Must not do: wait for a time-out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::server::{Answer, Asked, Server, World};
use crate::ports::{FetchErrorKind, Probe as _, Provider as _, Verdict};
use crate::provider::ixc::{DeviceSource, IxcProvedor, Paging};

/// Five logins: three pages of two.
fn world() -> World {
    let login = |id: u64| {
        let serial = format!("HWTC{id:08}");
        json!({"id": id.to_string(), "login": "u", "ativo": "S", "onu_mac": serial})
    };
    let mut world = World::from([("radusuarios", (1..=5).map(login).collect::<Vec<Value>>())]);
    world.insert("radgrupos", vec![json!({"id": "1", "grupo": "A"})]);
    world
}

fn adapter(server: &Server, paging: Paging) -> IxcProvedor {
    let mut settings = server.settings();
    settings.device_source = DeviceSource::Radusuarios;
    settings.paging = paging;
    IxcProvedor::new(settings).unwrap()
}

fn is_login_page(asked: &Asked) -> bool {
    asked.table() == "radusuarios" && asked.body["rp"] == "2"
}

fn changed(honest: &Answer, change: impl FnOnce(&mut Value)) -> Answer {
    let mut value: Value = serde_json::from_slice(&honest.body).unwrap();
    change(&mut value);
    Answer::json(&value)
}

/// Is the page the one after login 2?
fn is_second(asked: &Asked) -> bool {
    let keyset = asked.oper() == ">" && asked.body["query"] == "2";
    is_login_page(asked) && (keyset || (asked.oper() == "<=" && asked.body["page"] == "2"))
}

#[test]
fn a_list_that_contradicts_itself_is_never_complete() {
    type Lie = fn(&Asked, &Answer) -> Option<Answer>;
    let lies: [(&str, Lie); 6] = [
        ("total larger", |asked, honest| {
            let lie = |v: &mut Value| v["total"] = json!("9");
            (is_login_page(asked) || asked.table() == "radusuarios").then(|| changed(honest, lie))
        }),
        ("total of the count alone", |asked, honest| {
            let counts = asked.table() == "radusuarios" && asked.body["rp"] == "1";
            counts.then(|| changed(honest, |v| v["total"] = json!(4)))
        }),
        ("empty page in the middle", |asked, _| {
            is_second(asked).then(|| Answer::json(&json!({"page": "1", "total": "0"})))
        }),
        ("a row dropped", |asked, honest| {
            let lie = |v: &mut Value| drop(v["registros"].as_array_mut().unwrap().remove(0));
            is_second(asked).then(|| changed(honest, lie))
        }),
        ("ids falling", |asked, honest| {
            let lie = |v: &mut Value| v["registros"].as_array_mut().unwrap().reverse();
            is_second(asked).then(|| changed(honest, lie))
        }),
        ("a row without an id", |asked, honest| {
            let lie = |v: &mut Value| v["registros"][0]["id"] = json!("x");
            is_second(asked).then(|| changed(honest, lie))
        }),
    ];
    for (name, lie) in lies {
        for paging in [Paging::Keyset, Paging::Page] {
            let server = Server::with(world(), move |_, asked, honest| {
                lie(asked, &honest).unwrap_or(honest)
            });
            if let Ok(snapshot) = adapter(&server, paging).fetch(&|_| {}) {
                assert!(!snapshot.is_complete(), "{name} {paging:?}: {:?}", snapshot.records());
                assert!(!snapshot.meta().bad.is_empty());
            }
        }
    }
}

#[test]
fn a_fetch_with_any_page_dropped_is_never_complete() {
    let logins = world()["radusuarios"].clone();
    for dropped in [0_usize, 2, 4] {
        for shrunk in [true, false] {
            let logins = logins.clone();
            let server = Server::with(world(), move |_, asked, honest| {
                let query = dropped.to_string();
                if !is_login_page(asked) || asked.oper() != ">" || asked.body["query"] != query {
                    return honest;
                }
                let left: Vec<&Value> = logins.iter().skip(dropped + 2).collect();
                let total = if shrunk { left.len() } else { logins.len() - dropped };
                let page: Vec<&Value> = left.into_iter().take(2).collect();
                Answer::json(&json!({"page": "1", "total": total, "registros": page}))
            });
            if let Ok(snapshot) = adapter(&server, Paging::Keyset).fetch(&|_| {}) {
                assert!(!snapshot.is_complete(), "{dropped}, {shrunk}");
            }
        }
    }
}

#[test]
fn a_page_that_comes_again_for_ever_ends() {
    for paging in [Paging::Keyset, Paging::Page] {
        let server = Server::with(world(), |_, asked, honest| {
            let first = json!({"page": "1", "total": "5", "registros": [
                {"id": "1", "login": "u", "ativo": "S"}, {"id": "2", "login": "u", "ativo": "S"}]});
            if is_login_page(asked) { Answer::json(&first) } else { honest }
        });
        let snapshot = adapter(&server, paging).fetch(&|_| {}).unwrap();
        assert!(!snapshot.is_complete());
    }
}

#[test]
fn a_change_during_the_scan_is_read_once_more() {
    let server = Server::with(world(), |nth, asked, honest| {
        let counts = asked.table() == "radusuarios" && asked.body["rp"] == "1";
        if counts && nth < 8 { changed(&honest, |v| v["total"] = json!(6)) } else { honest }
    });
    let snapshot = adapter(&server, Paging::Keyset).fetch(&|_| {}).unwrap();
    assert!(snapshot.is_complete() && snapshot.records().len() == 5);
    assert!(server.requests().len() > 8);
}

/// 60 logins; from the second page on the table seems empty, and agrees with itself in that.
#[test]
fn a_table_that_vanishes_while_it_is_read_is_never_complete() {
    let mut large = world();
    let login = |id: u64| json!({"id": id.to_string(), "login": "u", "ativo": "S"});
    large.insert("radusuarios", (1..=60).map(login).collect());
    let nothing = || Answer::json(&json!({"page": "1", "total": "0"}));
    let pages = Arc::new(AtomicUsize::new(0));
    let served = Arc::clone(&pages);
    let server = Server::with(large, move |_, asked, honest| {
        let first = asked.table() != "radusuarios" || served.fetch_add(1, Ordering::SeqCst) == 0;
        if first { honest } else { nothing() }
    });
    let mut settings = server.settings();
    settings.device_source = DeviceSource::Radusuarios;
    settings.page_size = Some(20);
    let adapter = IxcProvedor::new(settings).unwrap();
    match adapter.fetch(&|_| {}) {
        Ok(snapshot) => assert!(!snapshot.is_complete()),
        Err(error) => assert_eq!(error.kind, FetchErrorKind::Unavailable, "{error}"),
    }
    assert!(pages.load(Ordering::SeqCst) > 2);
}

#[test]
fn no_logins_at_all_is_a_failed_fetch_and_no_onus_are_told() {
    let mut bare = world();
    bare.insert("radusuarios", Vec::new());
    let onu = json!({"id": "1", "mac": "HWTC00000001", "id_login": "1"});
    bare.insert("radpop_radio_cliente_fibra", vec![onu]);
    let error = Server::honest(bare).adapter().fetch(&|_| {}).unwrap_err();
    assert!(error.what.contains("1 ONUs and 0 logins"), "{error}");
    let mut no_fibre = world();
    no_fibre.insert("radpop_radio_cliente_fibra", Vec::new());
    let snapshot = Server::honest(no_fibre).adapter().fetch(&|_| {}).unwrap();
    let remarks = snapshot.meta().remarks.join("; ");
    assert!(remarks.contains("radpop_radio_cliente_fibra holds no rows"), "{remarks}");
}

#[test]
fn an_optional_table_that_is_not_there_costs_its_names_only() {
    for status in [200, 404, 500] {
        let server = Server::with(world(), move |_, asked, honest| {
            let gone = asked.table() == "vd_contratos_produtos";
            if gone { Answer::page(status, "<html>erro</html>") } else { honest }
        });
        let snapshot = adapter(&server, Paging::Keyset).fetch(&|_| {}).unwrap();
        assert!(snapshot.is_complete(), "{status}");
        let remarks = snapshot.meta().remarks.join("; ");
        assert!(remarks.contains("vd_contratos_produtos"), "{status}: {remarks}");
    }
}

#[test]
fn doctor_fails_where_a_run_would() {
    for answer in [Answer::page(200, "{}"), Answer::page(200, "rubbish"), Answer::page(503, "")] {
        let server = Server::with(world(), move |_, _, _| answer.clone());
        let checks = adapter(&server, Paging::Keyset).probe();
        let failed = |c: &&crate::ports::Check| matches!(c.verdict, Verdict::Fail(_));
        assert!(checks.iter().any(|c| failed(&c)), "{checks:?}");
    }
}

#[test]
fn a_server_that_does_not_take_the_operator_is_read_by_pages() {
    for html in [true, false] {
        let server = Server::with(world(), move |_, asked, honest| {
            if asked.oper() != ">" {
                return honest;
            }
            if html {
                let text = "<html>Ocorreu um erro ao processar. Contate o suporte IXC Soft.</html>";
                return Answer::page(200, text);
            }
            let first: Vec<Value> = world()[asked.table()].iter().take(2).cloned().collect();
            Answer::json(&json!({"page": "1", "total": "5", "registros": first}))
        });
        let snapshot = adapter(&server, Paging::Keyset).fetch(&|_| {}).unwrap();
        assert_eq!((snapshot.is_complete(), snapshot.records().len()), (true, 5), "html: {html}");
    }
}

#[test]
fn a_fetch_cut_at_any_byte_is_no_snapshot() {
    let honest = Server::honest(world());
    adapter(&honest, Paging::Keyset).fetch(&|_| {}).unwrap();
    let pages = honest.requests().iter().filter(|r| is_login_page(r)).count();
    assert_eq!(pages, 4, "three pages and the end");
    for query in ["0", "2", "4", "5"] {
        let length = Arc::new(AtomicUsize::new(0));
        let longest = Arc::new(AtomicUsize::new(1));
        let (cut, seen) = (Arc::clone(&length), Arc::clone(&longest));
        let server = Server::with(world(), move |_, asked, mut answer| {
            if is_login_page(asked) && asked.body["query"] == query {
                seen.store(answer.body.len(), Ordering::SeqCst);
                answer.cut = Some(cut.load(Ordering::SeqCst));
            }
            answer
        });
        let adapter = adapter(&server, Paging::Keyset);
        while length.load(Ordering::SeqCst) < longest.load(Ordering::SeqCst) {
            let error = adapter.fetch(&|_| {}).unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::Unavailable, "{error}");
            length.fetch_add(1, Ordering::SeqCst);
        }
        assert!(length.load(Ordering::SeqCst) > 20);
    }
}

#[test]
fn each_known_error_has_its_own_words() {
    use FetchErrorKind::{Auth, Config, Unavailable};
    let error = |key: &str, text: &str| Answer::json(&json!({"type": "error", key: text}));
    let latin =
        b"{\"type\":\"error\",\"msg\":\"Recurso x n\xe3o est\xe1 dispon\xedvel!\"}".to_vec();
    for (answer, kind, said) in [
        (error("message", "Recurso radusuarios não está disponível!"), Auth, "may not read"),
        (Answer { body: latin, ..Answer::page(200, "") }, Auth, "may not read"),
        (error("mensagem", "Seu IP não está liberado para efetuar login!"), Auth, "address"),
        (error("valor", "Versão v1x do webservice não está disponível!"), Config, "version"),
        (error("msg", "Falha<br />geral\x1b[31m"), Unavailable, "Falha geral\\x1b"),
        (Answer::page(200, "<html>login</html>"), Unavailable, "HTML page"),
        (Answer::page(401, "<html>nginx</html>"), Auth, "401"),
        (Answer::page(403, "<html>nginx</html>"), Auth, "403"),
        (Answer::page(400, "Bad Request"), Unavailable, "400"),
        (Answer::page(404, "<html>404</html>"), Unavailable, "HTML"),
        (Answer::page(500, "<html>500</html>"), Unavailable, "500"),
        (Answer::page(200, ""), Unavailable, "ends too early"),
        (Answer::page(200, "[]"), Unavailable, "no list"),
        (Answer::json(&json!({"page": "1"})), Unavailable, "no list"),
        (Answer::json(&json!({"total": "3"})), Unavailable, "lists none"),
        (Answer::json(&json!({"total": "x", "registros": []})), Unavailable, "no number"),
    ] {
        let given = answer.clone();
        let server = Server::with(world(), move |_, asked, honest| {
            if asked.table() == "radusuarios" { given.clone() } else { honest }
        });
        let error = adapter(&server, Paging::Page).fetch(&|_| {}).unwrap_err();
        let text = format!("{} {:?}", error.what, error.hints);
        let found = error.what.contains(said) || (said == "version" && text.contains("v1"));
        assert!(error.kind == kind && found, "{answer:?}: {:?} {text}", error.kind);
        assert!(!error.hints.is_empty(), "{text}");
        assert_eq!(server.inserts(), 0);
    }
}

#[test]
fn a_list_taken_as_an_insert_stops_everything() {
    // An installation that takes no GET, and a proxy that removes the header.
    let server = Server::with(world(), |_, asked, _| match asked.method.as_str() {
        "POST" => Answer::json(&json!({"type": "success", "message": "ok", "id": 6})),
        _ => Answer::page(405, "<html>405</html>"),
    });
    let adapter = adapter(&server, Paging::Keyset);
    for _ in 0..3 {
        let error = adapter.fetch(&|_| {}).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
        assert!(error.what.contains("row 6 was made in radgrupos"), "{error}");
        assert_eq!(server.requests().len(), 2, "nothing is sent after it");
    }
    let probe = adapter.probe();
    assert!(probe.iter().any(|c| c.id == "provider-header" && c.verdict != Verdict::Ok));
    assert_eq!(server.requests().len(), 2, "not even by doctor");
}

#[test]
fn a_header_that_never_arrives_is_seen_without_a_post() {
    let server = Server::with(world(), |_, asked, _| match asked.method.as_str() {
        "POST" => Answer::json(&json!({"type": "success", "message": "ok", "id": 6})),
        _ => Answer::page(404, "<html>404</html>"),
    });
    let adapter = adapter(&server, Paging::Keyset);
    let error = adapter.fetch(&|_| {}).unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Unavailable);
    assert!(error.what.contains("ixcsoft") && error.hints[0].contains("pass the header"));
    assert!(server.requests().iter().all(|asked| asked.method == "GET"));
    let probe = adapter.probe();
    let check = probe.iter().find(|c| c.id == "provider-header").unwrap();
    assert_eq!(check.verdict, Verdict::Fail(FetchErrorKind::Unavailable));
    assert!(server.requests().iter().all(|asked| asked.method == "GET"));
}

#[test]
fn a_header_lost_on_the_way_is_seen_at_the_first_answer_that_shows_it() {
    let server = Server::with(world(), |_, asked, honest| {
        let made = json!({"type": "error", "message": "x", "id": "9"});
        if is_second(asked) { Answer::json(&made) } else { honest }
    });
    let adapter = adapter(&server, Paging::Keyset);
    let error = adapter.fetch(&|_| {}).unwrap_err();
    assert!(error.what.contains("row 9 may have been made in radusuarios"), "{error}");
    let sent = server.requests().len();
    adapter.fetch(&|_| {}).unwrap_err();
    assert_eq!(server.requests().len(), sent);
}

#[test]
fn nothing_is_posted_before_it_is_known_that_lists_are_lists() {
    let refused = json!({"type": "error", "message": "Preencha o campo grupo"});
    for status in [400, 405, 501] {
        let answer = Answer::json(&refused);
        let server = Server::with(world(), move |_, asked, _| match asked.method.as_str() {
            "POST" => answer.clone(),
            _ => Answer::page(status, "<html></html>"),
        });
        let error = adapter(&server, Paging::Keyset).fetch(&|_| {}).unwrap_err();
        assert!(error.hints.iter().any(|h| h.contains("ixcsoft")), "{error:?}");
        let tables: Vec<String> = server.requests().iter().map(|r| r.table().to_owned()).collect();
        assert_eq!(tables, ["radgrupos", "radgrupos"]);
    }
    // An installation that takes no GET is read all the same.
    let server =
        Server::with(
            world(),
            |_, asked, honest| {
                if asked.method == "GET" { Answer::page(405, "no") } else { honest }
            },
        );
    assert!(adapter(&server, Paging::Keyset).fetch(&|_| {}).unwrap().is_complete());
}

#[test]
fn every_retry_carries_the_header() {
    let server = Server::with(world(), |nth, _, honest| {
        if nth % 3 == 1 { Answer::page(503, "<html>busy</html>") } else { honest }
    });
    let mut settings = server.settings();
    settings.device_source = DeviceSource::Radusuarios;
    settings.http.limits.retries = 4;
    let adapter = IxcProvedor::new(settings).unwrap();
    // The client's own budget of retries may end the fetch; what was sent carries the header.
    let _ = adapter.fetch(&|_| {});
    assert!(adapter.traffic().retries > 0 && server.inserts() == 0);
    assert!(server.requests().iter().all(|r| r.lists));
}

#[test]
fn an_empty_side_is_a_failed_fetch() {
    let empty = BTreeMap::from([("radusuarios", vec![]), ("radgrupos", vec![])]);
    let server = Server::honest(empty);
    let error = adapter(&server, Paging::Keyset).fetch(&|_| {}).unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Unavailable);
}
