//! Who is found by what somebody typed, in whatever spelling the Provider keeps it; and what a
//! Provider that lies or refuses can make of it.
//!
//! Must not do: hold a person that is not invented, or a valid CPF.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::server::{Answer, Server, World};
use crate::domain::{MatchedOn, ProviderRecord, Query};
use crate::ports::{Found, Provider as _};
use crate::provider::ixc::{IxcProvedor, IxcProvedorSettings};

fn customer(id: u64, name: &str, document: &str, phone: &str) -> Value {
    json!({"id": id.to_string(), "razao": name, "fantasia": "", "cnpj_cpf": document,
        "fone": "", "telefone_celular": phone, "telefone_comercial": "", "whatsapp": ""})
}

fn login(id: u64, name: &str, customer: u64) -> Value {
    json!({"id": id.to_string(), "login": name, "ativo": "S", "online": "N",
        "id_cliente": customer.to_string(), "id_contrato": format!("7{id}"), "id_grupo": "3",
        "mac": "", "onu_mac": ""})
}

fn onu(id: u64, serial: &str, login: u64) -> Value {
    json!({"id": id.to_string(), "mac": serial, "id_login": login.to_string(), "modelo": "F670L"})
}

fn world() -> World {
    let mut bakery = customer(3, "Silva Alimentos LTDA", "1A.B45.678/0001-00", "4733334444");
    bakery["fantasia"] = json!("Pão Quente");
    BTreeMap::from([
        (
            "cliente",
            vec![
                customer(1, "João Álvares", "123.456.789-00", "(47) 91234-5678"),
                customer(2, "Ana Lima", "11122233301", "47912340000"),
                bakery,
            ],
        ),
        (
            "radusuarios",
            vec![
                login(11, "joaodasilva123", 1),
                login(12, "11122233301", 2),
                login(13, "loja13@isp.example", 3),
            ],
        ),
        (
            "radpop_radio_cliente_fibra",
            vec![onu(21, "485754431234ABCD", 11), onu(22, "2102311234", 12)],
        ),
        (
            "cliente_contrato",
            vec![json!({"id": "711", "id_cliente": "1", "status": "A", "status_internet": "A"})],
        ),
        ("radgrupos", vec![json!({"id": "3", "grupo": "600", "download": "1", "upload": "1"})]),
        ("vd_contratos_produtos", Vec::new()),
    ])
}

fn adapter(server: &Server) -> IxcProvedor {
    let fields = BTreeMap::from([("fibra.model".to_owned(), vec!["modelo".to_owned()])]);
    let settings = IxcProvedorSettings { page_size: Some(500), fields, ..server.settings() };
    IxcProvedor::new(settings).unwrap()
}

fn search(server: &Server, typed: &str) -> Found<ProviderRecord> {
    adapter(server).search(&Query::new(typed).unwrap(), 20).unwrap()
}

fn logins(found: &Found<ProviderRecord>) -> Vec<(&str, MatchedOn)> {
    let login = |r: &(ProviderRecord, MatchedOn)| r.1;
    found
        .records
        .iter()
        .map(|r| (r.0.login_id.as_ref().map_or("-", |id| id.raw()), login(r)))
        .collect()
}

#[test]
fn whatever_is_told_finds_whom_it_is_of() {
    use MatchedOn as On;
    let server = Server::honest(world());
    for (typed, login, on) in [
        ("12345678900", "11", On::Document),
        ("123.456.789-00", "11", On::Document),
        ("8900", "11", On::Document),
        ("1ab45678000100", "13", On::Document),
        ("47 9 1234-5678", "11", On::Phone),
        ("1234-5678", "11", On::Phone),
        ("(47) 3333-4444", "13", On::Phone),
        ("47 91234 0000", "12", On::Phone),
        ("Álvares", "11", On::Name),
        ("silva ltda", "13", On::Name),
        ("pão quente", "13", On::Name),
        // Logins and serials that could be somebody's number.
        ("joaodasilva123", "11", On::Login),
        ("11122233301", "12", On::Login),
        ("2102311234", "12", On::Serial),
        ("loja13", "13", On::Login),
        ("hwtc1234abcd", "11", On::Serial),
        ("1234abcd", "11", On::Serial),
        ("711", "11", On::Contract),
        ("21", "11", On::Id),
        ("f670l", "11", On::Model),
    ] {
        let found = search(&server, typed);
        assert!(logins(&found).contains(&(login, on)), "{typed}: {:?}", logins(&found));
    }
    for nobody in ["12345678901", "48 91234-5678", "zzyzx", "HWTC99990000", "710"] {
        assert!(search(&server, nobody).records.is_empty(), "{nobody}");
    }
    assert_eq!(server.inserts(), 0);
}

#[test]
fn a_record_found_is_the_one_that_a_fetch_gives() {
    let server = Server::honest(world());
    let adapter = adapter(&server);
    let all = adapter.fetch(&|_| {}).unwrap();
    let found = search(&server, "1234abcd");
    assert_eq!(found.records.len(), 1);
    assert!(all.records().contains(&found.records[0].0), "{:?}", found.records[0].0);
    let phone = found.records[0].0.phone.as_ref().unwrap();
    assert_eq!(phone.to_string(), "***5678");
}

#[test]
fn a_whole_phone_is_found_among_many_that_end_so() {
    let mut world = world();
    for n in 100..260 {
        let phone = format!("(11) 9{n:04}-5678");
        world.get_mut("cliente").unwrap().insert(0, customer(n, "Outro Nome", "", &phone));
        world.get_mut("radusuarios").unwrap().push(login(n, &format!("outro{n}"), n));
    }
    // Those come first by their ids, and are more than are looked at.
    for row in world.get_mut("cliente").unwrap() {
        if row["id"] == "1" {
            row["id"] = json!("9001");
        }
    }
    for row in world.get_mut("radusuarios").unwrap() {
        if row["id"] == "11" {
            row["id_cliente"] = json!("9001");
        }
    }
    let server = Server::honest(world);
    assert_eq!(logins(&search(&server, "(47) 91234-5678")), [("11", MatchedOn::Phone)]);
    assert!(search(&server, "5678").more);
}

#[test]
fn a_provider_that_answers_everything_is_not_believed() {
    let everything = |_: usize, asked: &super::server::Asked, honest: Answer| {
        let is_search = asked.oper() == "L" || asked.body["query"] == "12345678901";
        let Some(rows) = is_search.then(|| world().get(asked.table()).cloned()).flatten() else {
            return honest;
        };
        Answer::json(&json!({"page": "1", "total": rows.len().to_string(), "registros": rows}))
    };
    let server = Server::with(world(), everything);
    assert!(search(&server, "12345678901").records.is_empty());
    assert_eq!(logins(&search(&server, "joao")), [("11", MatchedOn::Login)]);
}

#[test]
fn customers_that_may_not_be_read_are_said_and_the_rest_is_searched() {
    for refusal in [
        Answer::json(&json!({"type": "error",
            "message": "Recurso cliente não está disponível!"})),
        Answer::page(403, "<html>403</html>"),
    ] {
        let server = Server::with(world(), move |_, asked, honest| {
            if asked.table() == "cliente" { refusal.clone() } else { honest }
        });
        let found = search(&server, "joaodasilva123");
        assert_eq!(logins(&found), [("11", MatchedOn::Login)]);
        let people = [MatchedOn::Document, MatchedOn::Phone, MatchedOn::Name];
        assert_eq!(found.not_asked, people);
    }
}

#[test]
fn a_search_is_a_bounded_number_of_requests() {
    let mut world = world();
    for n in 100..600 {
        world.get_mut("radusuarios").unwrap().push(login(n, &format!("isp{n}"), 1));
    }
    let server = Server::honest(world);
    let found = search(&server, "isp");
    assert_eq!((found.records.len(), found.more), (20, true));
    let asked = server.requests().len();
    assert!(asked <= 60, "{asked} requests");
}
