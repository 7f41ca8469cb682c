//! What a write changes, what it must not, and how it is seen whether it did.
//!
//! Must not do: hold a person that is not invented.

use super::server::{Answer, Server, World};
use super::shop::{LOGINS, Mishap, ONUS, Open, Shop};
use crate::domain::{Cell, ProviderChange, ProviderRecord, RecordKey, Untrusted};
use crate::ports::{Effect, FetchErrorKind, Outcome, Provider as _, Seen, Undo, Writer as _};
use crate::provider::ixc::{DeviceSource, IxcProvedor, IxcProvedorSettings, Update, UpdateMode};

fn text(value: &str) -> Untrusted {
    Untrusted::new(value)
}

fn set(row: RecordKey, cells: &[(Cell, &str)], held_only: bool) -> ProviderChange {
    let cells = cells.iter().map(|(cell, value)| (*cell, text(value))).collect();
    ProviderChange::Set { row, cells, held_only }
}

fn entry(id: &str) -> RecordKey {
    RecordKey::Entry(text(id))
}

fn login(id: &str) -> RecordKey {
    RecordKey::Login(text(id))
}

/// What a test sets.
type Set = fn(IxcProvedorSettings) -> IxcProvedorSettings;

fn new_serial() -> ProviderChange {
    set(login("57"), &[(Cell::Serial, "HWTC0000000A")], false)
}

#[test]
fn a_whole_row_is_sent_and_every_other_column_stays_byte_for_byte() {
    let open = Open::new(Shop::stocked());
    let before = open.shop().row(LOGINS, 57).clone();
    let change = new_serial();
    let seen = Seen::There(open.seen(&change));
    assert_eq!(open.adapter.judge(&change, None, &seen), Effect::NotDone);
    let (told, effect) = open.apply(&change);
    assert_eq!((told.outcome, told.status), (Outcome::Done, Some(200)), "{}", told.what);
    assert!(told.body_hash.is_some());
    assert_eq!(effect, Effect::Done);
    let mut expected = before;
    expected.insert("onu_mac".to_owned(), "\"HWTC0000000A\"".to_owned());
    expected.insert("ultima_atualizacao".to_owned(), "\"2026-11-23 11:01:00\"".to_owned());
    assert_eq!(*open.shop().row(LOGINS, 57), expected);
    let writes = open.writes();
    assert_eq!(writes.len(), 1);
    let put = &writes[0];
    assert_eq!((put.method.as_str(), put.path.as_str()), ("PUT", "/webservice/v1/radusuarios/57"));
    assert!(!put.lists && !put.raw.contains("ixc_logs"));
    // Once it is done there is nothing more to do.
    let seen = Seen::There(open.seen(&change));
    assert_eq!(open.adapter.judge(&change, None, &seen), Effect::Done);
    let again = open.adapter.send(&change, &seen);
    assert_eq!((again.outcome, open.writes().len()), (Outcome::NotSent, 1), "{}", again.what);
}

#[test]
fn whatever_else_a_write_changed_is_noticed_and_named() {
    let mishaps: [(&str, Option<Mishap>, Option<Mishap>, &str); 10] = [
        ("erased", None, Some(|s, t, id| drop(s.row(t, id).remove("obs"))), "`obs`"),
        ("emptied", None, Some(|s, t, id| s.set(t, id, "endereco", "")), "`endereco`"),
        ("appeared", None, Some(|s, t, id| s.set(t, id, "nova", "x")), "`nova`"),
        ("changed after", None, Some(|s, t, id| s.set(t, id, "endereco", "Rua B")), "`endereco`"),
        (
            "another kind",
            None,
            Some(|s, t, id| drop(s.row(t, id).insert("nada".to_owned(), "\"\"".to_owned()))),
            "`nada`",
        ),
        ("ours again", None, Some(|s, t, id| s.set(t, id, "onu_mac", "OTHER")), "`onu_mac`"),
        (
            "changed between look and PUT, and undone by it",
            Some(|s, t, id| s.set(t, id, "endereco", "Rua B")),
            None,
            "`endereco`",
        ),
        (
            "a hidden column lost",
            Some(|s, t, id| s.set(t, id, "chave_oculta", "v")),
            None,
            "hides was lost: `chave_oculta`",
        ),
        (
            "another operator",
            Some(|s, t, id| s.log(t, id, "U", "tecnico", "onu_mac")),
            None,
            "another operator",
        ),
        (
            "removed and made again",
            Some(|s, t, id| s.log(t, id, "D", "api", "")),
            None,
            "removed in between",
        ),
    ];
    for (name, before_put, after_put, said) in mishaps {
        let open = Open::new(Shop { before_put, after_put, ..Shop::stocked() });
        let (told, effect) = open.apply(&new_serial());
        assert_eq!(told.outcome, Outcome::Done, "{name}");
        let Effect::Differs(what) = effect else { panic!("{name}: {effect:?}") };
        assert!(what.contains(said), "{name}: {what}");
        assert!(!what.contains("Rua") && !what.contains("CANARY"), "{name}: {what}");
    }
}

#[test]
fn what_the_server_keeps_itself_may_change() {
    let after: Mishap = |shop, table, id| {
        shop.set(table, id, "ultima_conexao_inicial", "2026-11-23 11:02:00");
        shop.log(table, id, "U", "integracao", "ultima_conexao_inicial");
    };
    for (columns, is_done) in [(vec![], false), (vec!["ultima_conexao_inicial".to_owned()], true)] {
        let shop = Shop { after_put: Some(after), ..Shop::stocked() };
        let open = Open::with(shop, |settings| IxcProvedorSettings {
            server_columns: columns.clone(),
            ..settings
        });
        let (_, effect) = open.apply(&new_serial());
        assert_eq!(effect == Effect::Done, is_done, "{effect:?}");
    }
}

#[test]
fn a_synchronisation_meanwhile_is_no_other_change() {
    let after: Mishap = |shop, table, id| {
        shop.set(table, id, "ultima_conexao_inicial", "2026-11-23 11:02:00");
    };
    for (key, is_done) in [("radusuarios.synchronised", true), ("radusuarios.registered", false)] {
        let shop = Shop { after_put: Some(after), ..Shop::stocked() };
        let columns = vec!["ultima_conexao_inicial".to_owned()];
        let open = Open::with(shop, |settings| IxcProvedorSettings {
            fields: [(key.to_owned(), columns.clone())].into(),
            ..settings
        });
        let (_, effect) = open.apply(&new_serial());
        assert_eq!(effect == Effect::Done, is_done, "{key}: {effect:?}");
    }
}

#[test]
fn a_write_that_was_not_done_can_be_sent_again() {
    let open = Open::new(Shop { idle: true, ..Shop::stocked() });
    assert_eq!(open.apply(&new_serial()).1, Effect::NotDone);
    // After a restart nothing is remembered but what the journal holds.
    let (_, before) = open.send(&new_serial());
    let later = IxcProvedor::new(open.server.settings()).unwrap();
    let judged = |later: &IxcProvedor| {
        later.judge(&new_serial(), Some(&before), &later.look(&new_serial()).unwrap())
    };
    assert_eq!(judged(&later), Effect::NotDone);
    open.shop().set(LOGINS, 57, "onu_mac", "HWTC0000000A");
    assert_eq!(judged(&later), Effect::Done);
    open.shop().log(LOGINS, 57, "U", "api", "onu_mac");
    assert_eq!(judged(&later), Effect::Done);
    open.shop().log(LOGINS, 57, "U", "api", "onu_mac,chave_oculta");
    let Effect::Differs(what) = judged(&later) else { panic!() };
    assert!(what.contains("`chave_oculta`"), "{what}");
    open.shop().set(LOGINS, 57, "endereco", "Rua B");
    let Effect::Differs(what) = judged(&later) else { panic!() };
    assert!(what.contains("not known any more"), "{what}");
    open.shop().tables.get_mut(LOGINS).unwrap().clear();
    assert!(matches!(judged(&later), Effect::Differs(_)));
    assert!(matches!(later.look(&new_serial()).unwrap(), Seen::Missing));
    let told = later.send(&new_serial(), &Seen::Missing);
    assert_eq!((told.outcome, open.writes().len()), (Outcome::NotSent, 2));
}

#[test]
fn only_what_is_held_is_replaced() {
    let both = [(Cell::Serial, ""), (Cell::Mac, "")];
    for (mac, wanted) in [("\"AA:BB:CC:00:00:01\"", "\"\""), ("\"\"", "\"\""), ("null", "null")] {
        let mut shop = Shop::stocked();
        shop.row(LOGINS, 57).insert("mac".to_owned(), mac.to_owned());
        let open = Open::new(shop);
        let (told, effect) = open.apply(&set(login("57"), &both, true));
        assert_eq!((told.outcome, effect), (Outcome::Done, Effect::Done), "{mac}");
        assert_eq!(open.shop().row(LOGINS, 57)["mac"], wanted);
        assert_eq!(open.shop().row(LOGINS, 57)["onu_mac"], "\"\"");
    }
    let mut shop = Shop::stocked();
    shop.set(LOGINS, 57, "onu_mac", " ");
    let open = Open::new(shop);
    let change = set(login("57"), &[(Cell::Serial, "HWTC0000000A")], true);
    let seen = Seen::There(open.seen(&change));
    assert_eq!(open.adapter.judge(&change, None, &seen), Effect::Done, "nothing is held");
    assert_eq!(open.adapter.send(&change, &seen).outcome, Outcome::NotSent);
    assert!(open.writes().is_empty());
}

#[test]
fn a_link_is_cleared_with_a_zero_and_ids_are_compared_as_ids() {
    for (now, wanted, value, is_done) in [
        ("\"57\"", "", "\"0\"", false),
        ("57", "58", "\"58\"", false),
        ("\"\"", "", "\"\"", true),
        ("\"0\"", "", "\"0\"", true),
        ("null", "", "null", true),
        ("\"057\"", "57", "\"57\"", false),
    ] {
        let mut shop = Shop::stocked();
        shop.row(ONUS, 12).insert("id_login".to_owned(), now.to_owned());
        let open = Open::new(shop);
        let change = set(entry("12"), &[(Cell::Login, wanted)], false);
        let seen = Seen::There(open.seen(&change));
        let effect = open.adapter.judge(&change, None, &seen);
        assert_eq!(effect == Effect::Done, is_done, "{now} {wanted}");
        if !is_done {
            assert_eq!(open.apply(&change).1, Effect::Done);
        }
        assert_eq!(open.shop().row(ONUS, 12)["id_login"], value);
    }
}

#[test]
fn a_part_of_a_row_is_sent_where_the_configuration_says_so() {
    let by_table = [("radusuarios".to_owned(), UpdateMode::Partial)].into();
    let open = Open::with(Shop::stocked(), |settings| IxcProvedorSettings {
        update: Update::ByTable(by_table),
        ..settings
    });
    let (told, effect) = open.apply(&new_serial());
    assert_eq!(told.outcome, Outcome::Done);
    assert_eq!(open.writes()[0].raw, "{\"onu_mac\":\"HWTC0000000A\"}");
    // The stand-in takes no parts, which is seen.
    assert!(matches!(effect, Effect::Differs(_)));
    let undo = |change| {
        let of = ProviderRecord::default();
        let proposals = open.adapter.propose(&change, &of).unwrap();
        (proposals[0].undo, proposals[0].call.whole_row)
    };
    assert_eq!(undo(new_serial()), (Undo::Yes, false));
    assert_eq!(undo(set(entry("12"), &[(Cell::Serial, "")], false)), (Undo::Tries, true));
}

#[test]
fn actions_go_to_their_own_paths_and_carry_an_id_alone() {
    let login_id = text("57");
    let cases = [
        (
            ProviderChange::ClearMac { login_id: login_id.clone() },
            "/webservice/v1/radusuarios_25452",
            "{\"get_id\":\"57\"}",
            Effect::Done,
            Undo::Tries,
        ),
        (
            ProviderChange::EndSession { login_id },
            "/webservice/v1/desconectar_clientes",
            "{\"id\":\"57\"}",
            Effect::Done,
            Undo::No,
        ),
        (ProviderChange::Synchronise, "/webservice/v1/sincronizar", "{}", Effect::Untold, Undo::No),
    ];
    for (change, path, body, effect, undo) in cases {
        let open = Open::new(Shop::stocked());
        let proposals = open.adapter.propose(&change, &ProviderRecord::default()).unwrap();
        let call = &proposals[0].call;
        assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", path));
        assert!(!call.whole_row && proposals[0].undo == undo);
        let seen = open.adapter.look(&change).unwrap();
        let now = open.adapter.judge(&change, None, &seen);
        assert_eq!(now, if effect == Effect::Done { Effect::NotDone } else { Effect::Untold });
        let (told, judged) = open.apply(&change);
        assert_eq!((told.outcome, judged), (Outcome::Done, effect), "{}", told.what);
        let writes = open.writes();
        assert_eq!(writes.len(), 1);
        let sent = &writes[0];
        assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", path));
        assert_eq!((sent.raw.as_str(), sent.lists), (body, false));
    }
}

#[test]
fn a_session_that_began_anew_was_ended_and_another_mac_was_not_cleared() {
    let login_id = text("57");
    let end = ProviderChange::EndSession { login_id: login_id.clone() };
    let open = Open::new(Shop { idle: true, ..Shop::stocked() });
    let seen = open.adapter.look(&end).unwrap();
    let Seen::There(image) = &seen else { panic!() };
    for before in [image.before(&["id"]), image.before(&["online", "ultima_conexao_inicial"])] {
        assert_eq!(open.adapter.judge(&end, Some(&before), &seen), Effect::NotDone);
        open.shop().set(LOGINS, 57, "online", "SS");
        let now = open.adapter.look(&end).unwrap();
        assert_eq!(open.adapter.judge(&end, Some(&before), &now), Effect::NotDone);
        open.shop().set(LOGINS, 57, "ultima_conexao_inicial", "2026-11-23 11:02:00");
        let now = open.adapter.look(&end).unwrap();
        assert_eq!(open.adapter.judge(&end, Some(&before), &now), Effect::Done);
        assert_eq!(open.adapter.judge(&end, None, &now), Effect::NotDone);
        open.shop().set(LOGINS, 57, "ultima_conexao_inicial", "2026-11-20 12:00:00");
    }
    let clear = ProviderChange::ClearMac { login_id };
    let (_, before) = open.send(&clear);
    let judged = || open.adapter.judge(&clear, Some(&before), &open.adapter.look(&clear).unwrap());
    assert_eq!(judged(), Effect::NotDone);
    open.shop().set(LOGINS, 57, "mac", "AA:BB:CC:00:00:0F");
    assert!(matches!(judged(), Effect::Differs(_)));
    open.shop().set(LOGINS, 57, "mac", "");
    assert_eq!(judged(), Effect::Done);
}

#[test]
fn a_change_becomes_calls_of_one_row_each() {
    let open = Open::new(Shop::stocked());
    let of = ProviderRecord {
        device_id: Some(text("12")),
        login_id: Some(text("57")),
        ..ProviderRecord::default()
    };
    let calls = |change: ProviderChange| {
        let proposals = open.adapter.propose(&change, &of).unwrap();
        let call = |p: &crate::ports::Proposal<ProviderChange>| {
            let body: Vec<String> =
                p.call.body.iter().map(|(n, v)| format!("{n}={}", v.raw())).collect();
            format!("{} {} {}", p.key, p.call.path, body.join(" "))
        };
        proposals.iter().map(call).collect::<Vec<_>>()
    };
    let onu = "provider:radpop_radio_cliente_fibra:12 \
               /webservice/v1/radpop_radio_cliente_fibra/12";
    let radusuarios = "provider:radusuarios:57 /webservice/v1/radusuarios/57";
    let serial_and_mac = [(Cell::Serial, "S1"), (Cell::Mac, "M1")];
    assert_eq!(
        calls(set(entry("12"), &serial_and_mac, true)),
        [format!("{onu} mac=S1"), format!("{radusuarios} mac=M1")]
    );
    for row in [entry("login-57"), login("57")] {
        let all = [(Cell::Serial, "S1"), (Cell::Mac, "M1"), (Cell::Login, "57")];
        assert_eq!(
            calls(set(row.clone(), &all, false)),
            [format!("{radusuarios} onu_mac=S1 mac=M1")]
        );
        assert!(calls(set(row, &[(Cell::Login, "")], false)).is_empty());
    }
    assert_eq!(
        calls(set(entry("12"), &[(Cell::Login, "58"), (Cell::Mac, "M1")], false)),
        [
            format!("{onu} id_login=58"),
            "provider:radusuarios:58 /webservice/v1/radusuarios/58 mac=M1".to_owned()
        ],
        "the MAC lives with the login that it has then"
    );
    let mapped = Open::with(Shop::stocked(), |mut settings| {
        settings.fields.insert("fibra.mac".to_owned(), vec!["mac_onu".to_owned()]);
        settings.fields.insert("fibra.model".to_owned(), vec!["onu_tipo".to_owned()]);
        settings
    });
    let all = [(Cell::Mac, "M1"), (Cell::Model, "HG8145V5")];
    let proposals = mapped.adapter.propose(&set(entry("12"), &all, false), &of).unwrap();
    assert_eq!(proposals.len(), 1);
    let names: Vec<&str> = proposals[0].call.body.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names, ["mac_onu", "onu_tipo"]);
}

#[test]
fn what_the_provider_can_t_be_asked_for_says_why() {
    let unlinked = ProviderRecord { device_id: Some(text("12")), ..ProviderRecord::default() };
    let none = ProviderRecord::default();
    let fibra = |settings| IxcProvedorSettings { device_source: DeviceSource::Fibra, ..settings };
    let two = |mut settings: IxcProvedorSettings| {
        let columns = vec!["mac".to_owned(), "serie".to_owned()];
        settings.fields.insert("fibra.serial".to_owned(), columns);
        settings
    };
    let silent = |settings| IxcProvedorSettings { synchronise_path: None, ..settings };
    let plain = |settings| settings;
    let cases: [(Set, ProviderChange, &ProviderRecord, &str); 12] = [
        (plain, set(entry("12"), &[(Cell::Model, "X")], false), &none, "fibra.model"),
        (plain, set(entry("12"), &[(Cell::Mac, "M1")], false), &unlinked, "linked to no login"),
        (plain, set(entry("x"), &[(Cell::Serial, "S1")], false), &none, "no id"),
        (plain, set(entry("0"), &[(Cell::Serial, "S1")], false), &none, "no id"),
        (plain, set(entry("12"), &[(Cell::Login, "a")], false), &none, "no id"),
        (plain, set(login("57"), &[(Cell::Login, "58")], false), &none, "links to no other"),
        (plain, set(login("57"), &[(Cell::Serial, "<b>")], false), &none, "by hand"),
        (plain, set(login("57"), &[(Cell::Serial, "A'--")], false), &none, "by hand"),
        (plain, set(login("57"), &[(Cell::Serial, "A\u{202e}B")], false), &none, "by hand"),
        (two, set(entry("12"), &[(Cell::Serial, "S1")], false), &none, "several columns"),
        (fibra, set(login("57"), &[(Cell::Serial, "S1")], false), &none, "a person has to make"),
        (silent, ProviderChange::Synchronise, &none, "synchronise_path"),
    ];
    for (settings, change, of, said) in cases {
        let open = Open::with(Shop::stocked(), settings);
        let unable = open.adapter.propose(&change, of).unwrap_err();
        assert!(unable.why.contains(said), "{change:?}: {}", unable.why);
        assert!(!unable.why.contains('\u{202e}'));
        assert!(open.server.requests().is_empty(), "nothing is asked");
    }
    let open = Open::with(Shop::stocked(), fibra);
    let clears = set(login("57"), &[(Cell::Serial, ""), (Cell::Mac, "")], true);
    assert_eq!(open.adapter.propose(&clears, &none).unwrap().len(), 1, "to clear is no device");
    let nothing = set(entry("12"), &[(Cell::Mac, "")], false);
    assert!(open.adapter.propose(&nothing, &unlinked).unwrap().is_empty());
}

#[test]
fn the_log_is_read_where_it_may_be_and_asked_for_once_where_not() {
    let open = Open::new(Shop { no_logs: true, ..Shop::stocked() });
    assert_eq!(open.apply(&new_serial()).1, Effect::Done);
    open.seen(&new_serial());
    let asked = open.server.requests();
    assert_eq!(asked.iter().filter(|r| r.table() == "ixc_logs").count(), 1);
    let silent = Open::new(Shop { silent_logs: true, ..Shop::stocked() });
    assert_eq!(silent.apply(&new_serial()).1, Effect::Done);
    let asked = silent.server.requests();
    assert_eq!(asked.iter().filter(|r| r.table() == "ixc_logs").count(), 1);
    let mut shop = Shop::stocked();
    shop.log(LOGINS, 57, "U", "tecnico", "obs,endereco");
    shop.log(LOGINS, 58, "U", "tecnico", "obs");
    shop.before_put = Some(|shop, _, _| shop.log(LOGINS, 58, "U", "tecnico", "obs"));
    assert_eq!(Open::new(shop).apply(&new_serial()).1, Effect::Done, "older, or another row's");
}

#[test]
fn a_row_that_can_be_read_in_two_ways_is_not_written() {
    for (name, body) in [
        ("another row", r#"{"total":"1","registros":[{"id":"58","onu_mac":""}]}"#),
        ("two rows", r#"{"total":"2","registros":[{"id":"57"},{"id":"57"}]}"#),
        ("a column twice", r#"{"total":"1","registros":[{"id":"57","a":"1","a":"2"}]}"#),
        ("no column of ours", r#"{"total":"1","registros":[{"id":"57","a":"1"}]}"#),
        ("none of one", r#"{"total":"1"}"#),
        ("not UTF-8", "{\"total\":\"1\",\"registros\":[{\"id\":\"57\",\"onu_mac\":\"\u{e7}\"}]}"),
    ] {
        let server = Server::with(World::new(), move |_, asked, _| {
            assert!(asked.lists, "nothing is written");
            match asked.table() {
                "radgrupos" | "ixc_logs" => Answer::json(&serde_json::json!({"total": "0"})),
                _ => {
                    let latin: Vec<u8> = body.chars().map(|c| u8::try_from(c).unwrap()).collect();
                    Answer { body: latin, ..Answer::json(&serde_json::Value::Null) }
                }
            }
        });
        let error = server.adapter().look(&new_serial()).unwrap_err();
        let kind = if name == "no column of ours" {
            FetchErrorKind::Config
        } else {
            FetchErrorKind::Unavailable
        };
        assert_eq!(error.kind, kind, "{name}: {error}");
    }
}

#[test]
fn the_adapter_has_a_writer() {
    let open = Open::new(Shop::stocked());
    assert!(open.adapter.writer().is_some());
}
