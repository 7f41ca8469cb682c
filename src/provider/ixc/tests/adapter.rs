//! What is read, how it is joined, and how the token is used.
//!
//! Must not do: hold a person that is not invented, or a valid CPF.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::server::{Answer, Server, World, settings};
use crate::domain::{ProviderRecord, Untrusted};
use crate::ports::{
    FetchErrorKind, Growing, Probe as _, Provider as _, RecordKey, Told, Verdict, followed,
};
use crate::provider::ixc::{Auth, DeviceSource, IxcProvedor, IxcProvedorSettings, Paging};

fn login(id: u64, onu_mac: &str, mac: &str) -> Value {
    json!({
        "id": id.to_string(), "login": format!("user{id}"), "ativo": "S", "online": "SS",
        "id_cliente": "7", "id_contrato": "0", "id_grupo": "3", "mac": mac, "onu_mac": onu_mac,
        "ip": "100.64.0.9", "ultima_conexao_inicial": "2026-11-20 12:00:00",
        "senha": "CANARY-1", "senha_wifi": "CANARY-2", "senha_router": {"a": "CANARY-3"},
    })
}

fn onu(id: u64, serial: &str, login: &str) -> Value {
    json!({"id": id.to_string(), "mac": serial, "id_login": login, "ponid": "0/1",
           "nome": "CANARY-4"})
}

fn world() -> World {
    let mut last = login(5, "", "");
    last["ativo"] = json!("N");
    last["id_cliente"] = json!("0");
    last["id_grupo"] = json!("0");
    last["id_contrato"] = json!("72");
    BTreeMap::from([
        (
            "radusuarios",
            vec![
                login(1, "HWTC1234ABCD", "AA:BB:CC:00:00:01"),
                login(2, "ZTEG00000099", ""),
                login(3, "", "AA:BB:CC:00:00:03"),
                login(4, "ALCL00000004", ""),
                last,
            ],
        ),
        (
            "radpop_radio_cliente_fibra",
            vec![
                onu(10, "485754431234ABCD", "1"),
                onu(11, "ZTEG00000011", "2"),
                onu(12, "FHTT00000012", "0"),
                onu(13, "FHTT00000013", "999"),
            ],
        ),
        (
            "cliente",
            vec![json!({"id": "7", "razao": "Ana Lima", "cnpj_cpf": "111.222.333-00",
                        "fone": "", "telefone_celular": "(47) 90000-0001"})],
        ),
        (
            "cliente_contrato",
            vec![
                json!({"id": "71", "id_cliente": "7", "status": "A", "status_internet": "FA"}),
                json!({"id": "72", "id_cliente": "8", "status": "D", "id_vd_contrato": "90"}),
            ],
        ),
        (
            "radgrupos",
            vec![json!({"id": "3", "grupo": "600 MEGA", "download": "850M", "upload": "425"})],
        ),
        ("vd_contratos_produtos", vec![json!({"id": "1", "id_vd_contrato": "90", "id_plano": 3})]),
    ])
}

fn by_id(records: &[ProviderRecord]) -> BTreeMap<String, ProviderRecord> {
    let id = |r: &ProviderRecord| {
        let id = r.device_id.as_ref().map(|id| id.raw().to_owned());
        id.unwrap_or_else(|| format!("no device, login {}", r.login_id.as_ref().unwrap().raw()))
    };
    records.iter().map(|r| (id(r), r.clone())).collect()
}

#[test]
fn an_onu_and_its_login_are_one_record() {
    let server = Server::honest(world());
    let snapshot = server.adapter().fetch(&|_| {}).unwrap();
    assert!(snapshot.is_complete(), "{:?}", snapshot.meta());
    let records = by_id(snapshot.records());
    let ids: Vec<&str> = records.keys().map(String::as_str).collect();
    assert_eq!(ids, ["10", "11", "12", "13", "login-3", "login-4", "no device, login 5"]);
    let ten = &records["10"];
    assert!(ten.is_counted() && ten.online == Some(true));
    assert_eq!(ten.mac.as_ref().unwrap().raw(), "AA:BB:CC:00:00:01");
    assert_eq!(ten.contract_id.as_ref().unwrap().raw(), "71");
    assert_eq!(ten.phone.as_ref().unwrap().0.raw(), "(47) 90000-0001");
    assert_eq!((ten.plan_down_kbps, ten.plan_up_kbps), (Some(850_000), Some(425)));
    assert_eq!(ten.last_online, Some("2026-11-20T15:00:00Z".parse().unwrap()));
    let meta = snapshot.meta();
    let extra = |id: &str, name: &str| {
        let at = meta.extra_columns.iter().position(|c| &**c == name).unwrap();
        let value = records[id].extra.iter().find(|(i, _)| usize::from(*i) == at);
        value.map(|(_, v)| v.raw().to_owned())
    };
    assert_eq!(extra("10", "login_onu_mac"), None, "two spellings of one serial");
    assert_eq!(extra("11", "login_onu_mac").as_deref(), Some("ZTEG00000099"));
    assert_eq!(extra("13", "id_login").as_deref(), Some("999"));
    assert_eq!(extra("10", "status_internet").as_deref(), Some("FA"));
    assert!(!records["12"].is_counted() && !records["13"].is_linked());
    assert!(records["login-3"].is_counted() && records["login-4"].is_counted());
    let five = &records["no device, login 5"];
    assert_eq!((five.active, five.plan_down_kbps), (Some(false), Some(850_000)));
    assert_eq!(five.contract_status.as_ref().unwrap().raw(), "D");
    assert!(meta.supplies.active && !meta.supplies.synchronised);
    assert!(meta.remarks.iter().any(|r| r.contains("without a unit")));
    assert_eq!(meta.fetched_at, "2026-11-23T14:01:00Z".parse().unwrap());
    assert_eq!(server.inserts(), 0);
    assert!(!format!("{snapshot:?}").contains("CANARY"));
}

#[test]
fn a_record_read_again_is_what_the_fetch_gave() {
    for source in [DeviceSource::Both, DeviceSource::Radusuarios] {
        let server = Server::honest(world());
        let adapter =
            IxcProvedor::new(IxcProvedorSettings { device_source: source, ..server.settings() })
                .unwrap();
        let snapshot = adapter.fetch(&|_| {}).unwrap();
        for record in snapshot.records() {
            let key = match &record.device_id {
                Some(id) => RecordKey::Entry(id.clone()),
                None => RecordKey::Login(record.login_id.clone().unwrap()),
            };
            assert_eq!(adapter.record(&key).unwrap().as_ref(), Some(record), "{key:?}");
        }
        let none = RecordKey::Entry(Untrusted::new("login-77"));
        assert_eq!(adapter.record(&none).unwrap(), None);
    }
}

/// The one half is of ONU rows, the other mostly of logins, and in both are times that are none.
#[test]
fn many_records_stand_in_order_and_are_followed_whoever_made_them() {
    let mut logins: Vec<Value> = (1..=1500).map(|id| login(id, "", "")).collect();
    for row in logins.iter_mut().step_by(9) {
        row["ultima_conexao_inicial"] = json!("never");
    }
    let onus = (1..=800).map(|n| onu(n, &format!("HWTC{n:08}"), &(n * 2 - 1).to_string()));
    let world = world()
        .into_iter()
        .chain([("radusuarios", logins), ("radpop_radio_cliente_fibra", onus.collect())]);
    let server = Server::honest(world.collect());
    let mut told = Told::default();
    let list = server.adapter().fetch_into(&|_| {}, Growing::followed(&mut told)).unwrap();
    assert!(list.is_complete());
    assert_eq!(told.all(), list.records());
    let id = |id: Option<&Untrusted>| id.map_or(0, |id| id.raw().parse::<u64>().unwrap());
    let places = list.records().iter().map(|r| (id(r.device_id.as_ref()), id(r.login_id.as_ref())));
    // 50 ONU rows name logins that there are not.
    let of_onus = (1..=800).map(|n| (n, if n <= 750 { n * 2 - 1 } else { 0 }));
    let expected: Vec<_> = of_onus.chain((1..=750).map(|n| (0, n * 2))).collect();
    assert_eq!(places.collect::<Vec<_>>(), expected);
    let meta = list.meta();
    assert_eq!((meta.unparsed_count, meta.unparsed.len()), (167, 100));
    let place = |at: usize| meta.unparsed[at].place.as_str();
    assert_eq!((place(0), place(83)), ("last_online of login 1", "last_online of login 1495"));
    assert_eq!((place(84), place(85)), ("last_online of login 10", "last_online of login 28"));
}

#[test]
fn device_source_says_which_rows_are_entries() {
    let server = Server::honest(world());
    for (source, entries, records) in
        [(DeviceSource::Both, 6, 7), (DeviceSource::Fibra, 4, 7), (DeviceSource::Radusuarios, 4, 5)]
    {
        let settings = IxcProvedorSettings { device_source: source, ..server.settings() };
        let snapshot = IxcProvedor::new(settings).unwrap().fetch(&|_| {}).unwrap();
        let found = snapshot.records().iter().filter(|r| r.is_entry()).count();
        assert_eq!((found, snapshot.records().len()), (entries, records), "{source:?}");
    }
}

#[test]
fn a_table_that_may_not_be_read_is_missed_only_where_it_is_needed() {
    for (table, needed) in [
        ("radusuarios", true),
        ("radpop_radio_cliente_fibra", true),
        ("cliente", false),
        ("cliente_contrato", false),
        ("radgrupos", false),
        ("vd_contratos_produtos", false),
    ] {
        let mut world = world();
        world.remove(table);
        let server = Server::honest(world);
        match server.adapter().fetch(&|_| {}) {
            Ok(snapshot) => {
                assert!(!needed && snapshot.is_complete(), "{table}");
                assert!(snapshot.meta().remarks.iter().any(|r| r.starts_with(table)));
            }
            Err(error) => {
                assert!(needed && error.kind == FetchErrorKind::Auth, "{table}: {error}");
                assert!(error.what.contains(table));
            }
        }
        let checks = server.adapter().probe();
        let check = checks.iter().find(|c| c.id == format!("provider-permission-{table}")).unwrap();
        let fails = check.verdict == Verdict::Fail(FetchErrorKind::Auth);
        assert_eq!((fails, check.verdict == Verdict::Warn), (needed, !needed), "{check:?}");
    }
}

#[test]
fn every_check_of_a_good_set_up_is_well() {
    let server = Server::honest(world());
    let checks = server.adapter().probe();
    assert!(checks.iter().all(|c| c.verdict == Verdict::Ok && c.fix.is_none()), "{checks:?}");
    assert_eq!((checks.len(), server.inserts()), (17, 0));
}

#[test]
fn a_token_in_any_of_its_forms_is_used_and_no_other() {
    let hex = "ab".repeat(32);
    let server = Server::honest(world());
    let encoded = BASE64_STANDARD.encode(format!("12:{hex}"));
    let expected = format!("Basic {encoded}");
    for (id, secret, good) in [
        (Some("12"), hex.clone(), true),
        (None, format!("12:{hex}"), true),
        (None, encoded, true),
        (None, hex.clone(), false),
        (Some("12"), hex[1..].to_owned(), false),
        (Some("12"), "hunter2".to_owned(), false),
    ] {
        let mut settings = server.settings();
        settings.credential.client_id = id.map(str::to_owned);
        settings.credential.secret = SecretString::from(secret.clone());
        assert!(!format!("{settings:?}").contains(&secret));
        match IxcProvedor::new(settings) {
            Ok(adapter) => {
                adapter.fetch(&|_| {}).unwrap();
                assert!(good && server.requests().iter().all(|r| r.authorization == expected));
            }
            Err(error) => {
                assert!(!good && error.kind == FetchErrorKind::Config);
                assert!(!format!("{error:?}").contains(&secret));
            }
        }
    }
}

#[test]
fn a_bearer_token_that_is_refused_is_asked_for_once_more() {
    for good in [true, false] {
        let server = Server::with(world(), move |nth, asked, honest| {
            if asked.path == "/oauth" {
                return Answer::json(
                    &json!({"access_token": format!("t{nth}"), "expires_in": 900}),
                );
            }
            let old = asked.authorization == "Bearer t0" && nth > 3;
            if old || (!good && nth > 3) { Answer::page(401, "<html>401</html>") } else { honest }
        });
        let mut settings = server.settings();
        settings.auth = Auth::ClientCredentials { token_path: "/oauth".to_owned() };
        let fetched = IxcProvedor::new(settings).unwrap().fetch(&|_| {});
        assert_eq!(fetched.is_ok(), good);
        if let Err(error) = fetched {
            assert_eq!(error.kind, FetchErrorKind::Auth);
        }
        let tokens = server.requests().iter().filter(|r| r.path == "/oauth").count();
        assert_eq!((tokens, server.inserts()), (2, 0));
    }
}

#[test]
fn settings_that_can_t_be_used_are_named() {
    for (key, column, said) in [
        ("fibra.serail", "mac", "the nearest is `fibra.serial`"),
        ("fibra.serial", "Mac;", "is no column"),
        ("fibra.model", "senha_wifi", "may hold a secret"),
    ] {
        let mut settings = settings("http://127.0.0.1:9");
        settings.fields.insert(key.to_owned(), vec![column.to_owned()]);
        let error = IxcProvedor::new(settings).err().unwrap();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert!(error.what.contains(said), "{error}");
    }
    let server = Server::honest(world());
    let mut settings = server.settings();
    settings.fields.insert("fibra.synchronised".to_owned(), vec!["no_such".to_owned()]);
    let error = IxcProvedor::new(settings).unwrap().fetch(&|_| {}).unwrap_err();
    assert!(error.kind == FetchErrorKind::Config && error.what.contains("no_such"));
}

#[test]
fn a_mapped_column_tells_when_an_entry_was_synchronised() {
    let mut world = world();
    for row in world.get_mut("radpop_radio_cliente_fibra").unwrap() {
        row["synced"] = json!("0000-00-00 00:00:00");
    }
    world.get_mut("radpop_radio_cliente_fibra").unwrap()[0]["synced"] =
        json!("2026-11-22 03:00:00");
    let server = Server::honest(world);
    let mut settings = server.settings();
    settings.fields.insert("fibra.synchronised".to_owned(), vec!["synced".to_owned()]);
    let snapshot = IxcProvedor::new(settings).unwrap().fetch(&|_| {}).unwrap();
    assert!(snapshot.meta().supplies.synchronised && snapshot.meta().unparsed_count == 0);
    let times: Vec<_> = snapshot.records().iter().filter_map(|r| r.synchronised).collect();
    assert_eq!(times, ["2026-11-22T06:00:00Z".parse().unwrap()]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, failure_persistence: None, ..Default::default()
    })]

    #[test]
    fn what_is_fetched_is_what_is_served(
        ids in prop::collection::btree_set(1_u64..500, 1..40),
        size in 1_u32..12,
        by_page in any::<bool>(),
    ) {
        let logins = ids.iter().map(|id| login(*id, &format!("HWTC{id:08}"), "")).collect();
        let onus = ("radpop_radio_cliente_fibra", vec![]);
        let world = BTreeMap::from([("radusuarios", logins), onus]);
        let server = Server::honest(world);
        let mut settings = server.settings();
        settings.page_size = Some(size);
        settings.paging = if by_page { Paging::Page } else { Paging::Keyset };
        let provider = IxcProvedor::new(settings).unwrap();
        let snapshot = followed(|list| provider.fetch_into(&|_| {}, list)).unwrap();
        prop_assert!(snapshot.is_complete());
        let mut read: Vec<u64> = snapshot.records().iter()
            .map(|r| r.login_id.as_ref().unwrap().raw().parse().unwrap()).collect();
        read.sort_unstable();
        prop_assert_eq!(read, ids.into_iter().collect::<Vec<_>>());
    }
}
