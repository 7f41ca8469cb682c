//! IXC Provedor's habits and traps.

use serde_json::{Value, json};

use super::{Client, lab};

const LOGINS: &str = "radusuarios";

fn total(answer: &Value) -> usize {
    answer["total"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_whole_table_is_read_by_key() {
    let lab = lab();
    let client = Client::of(&lab);
    let (mut last, mut count, mut first_total) = (0, 0, None);
    loop {
        let answer = client.rows("radpop_radio_cliente_fibra", last, 7);
        assert_eq!(answer.header("content-type"), Some("text/x-json"));
        let page = answer.json();
        assert_eq!(page["page"], "1");
        first_total.get_or_insert(total(&page));
        let Some(rows) = page["registros"].as_array() else {
            assert_eq!(total(&page), 0);
            break;
        };
        for row in rows {
            let id: u64 = row["id"].as_str().unwrap().parse().unwrap();
            assert!(id > last);
            last = id;
            assert!(row.as_object().unwrap().values().all(Value::is_string));
            assert!(row.get("senha_olt").is_none(), "a hidden column is never shown");
        }
        count += rows.len();
    }
    assert_eq!(Some(count), first_total);
    assert!(count > 10);
}

#[test]
fn conditions_orders_and_pages() {
    let lab = lab();
    let client = Client::of(&lab);
    let list = |body: Value| client.provider("POST", LOGINS, true, &body);
    let all = total(&client.rows(LOGINS, 0, 1).json());
    let active = list(json!({
        "qtype": "radusuarios.id", "oper": ">", "query": 0, "rp": 5,
        "grid_param": json!([{"TB": "radusuarios.ativo", "OP": "=", "P": "S"}]).to_string(),
    }));
    let inactive = list(json!({"qtype": "radusuarios.ativo", "oper": "=", "query": "N"}));
    assert_eq!(total(&active.json()) + total(&inactive.json()), all);
    let ids = |answer: &Value| -> Vec<u64> {
        let rows = answer["registros"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect()
    };
    let falling = list(json!({
        "sortname": "radusuarios.id", "sortorder": "desc", "rp": "3", "page": "2",
    }));
    let falling = ids(&falling.json());
    assert!(falling.len() == 3 && falling.is_sorted_by(|a, b| a > b));
    assert_eq!(usize::try_from(falling[0]).unwrap(), all - 3, "page 2 begins where page 1 ended");
    let some = list(json!({"qtype": "radusuarios.id", "oper": "IN", "query": "1,2"}));
    assert_eq!(ids(&some.json()), [1, 2]);
    // A GET with the header and a body is the documented way, and works too.
    let got = client.provider("GET", LOGINS, true, &json!({"rp": "1"}));
    assert_eq!(ids(&got.json()), [1]);
}

#[test]
fn what_is_wrong_is_answered_as_the_real_one_does() {
    let lab = lab();
    let client = Client::of(&lab);
    let list = |table: &str, body: Value| client.provider("POST", table, true, &body);
    for (body, status) in [
        (json!({"qtype": "radusuarios.id", "oper": "IN", "query": "1"}), 200),
        (json!({"qtype": "radusuarios.nada", "oper": "=", "query": "1"}), 200),
        (json!({"qtype": "radusuarios.id", "oper": "LIKE", "query": "1"}), 200),
        (json!({"qtype": "id", "oper": "=", "query": "1"}), 500),
    ] {
        let answer = list(LOGINS, body.clone());
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.text().contains("Ocorreu um erro ao processar"), "{body}");
    }
    let wrong = list("logins", json!({})).json();
    assert_eq!(wrong["type"], "error");
    assert_eq!(wrong["message"], "Recurso logins não está disponível!");
    let got = client.provider("GET", LOGINS, false, &json!({}));
    assert_eq!((got.status, got.text().contains("nginx")), (404, true));
    for (login, status) in [
        ("X-None: 1", 401),
        ("Authorization: Basic MTphYmM=", 401),
        ("Authorization: Bearer abc", 400),
    ] {
        let answer =
            client.ask("POST", "/webservice/v1/cliente", &[login, "ixcsoft: listar"], "{}");
        assert_eq!((answer.status, answer.text().contains("nginx")), (status, true), "{login}");
    }
}

#[test]
fn writes_replace_whole_rows_and_are_noted() {
    let lab = lab();
    let client = Client::of(&lab);
    let row = |id: u64| {
        let answer = client.rows(LOGINS, id - 1, 1).json();
        answer["registros"][0].as_object().unwrap().clone()
    };
    let mut whole = row(2);
    let login = whole["login"].clone();
    whole.insert("onu_mac".to_owned(), json!("HWTC00C0FFEE"));
    let answer = client.provider("PUT", "radusuarios/2", false, &Value::Object(whole)).json();
    assert_eq!((&answer["type"], &answer["id"]), (&json!("success"), &json!("2")));
    assert_eq!((&row(2)["onu_mac"], &row(2)["login"]), (&json!("HWTC00C0FFEE"), &login));
    let part = json!({"onu_mac": "HWTC00C0FFEE"});
    client.provider("PUT", "radusuarios/2", false, &part);
    assert_eq!(row(2)["login"], "", "what was left out is erased");
    let gone = client.provider("PUT", "radusuarios/999999", false, &part).json();
    assert_eq!(gone["type"], "error");
    // Without the header a list is an insert.
    let made = client.provider("POST", LOGINS, false, &json!({"qtype": "radusuarios.id"})).json();
    assert_eq!(made["message"], "Registro inserido com sucesso!");
    let id = made["id"].as_str().unwrap().to_owned();
    let removed = client.provider("DELETE", &format!("radusuarios/{id}"), false, &json!({}));
    assert_eq!(removed.json()["type"], "success");
    let writes = client.get("/_lab/writes").json();
    let told: Vec<(&str, &str, &str)> = writes
        .as_array()
        .unwrap()
        .iter()
        .map(|w| {
            let text = |name: &str| w[name].as_str().unwrap();
            (text("method"), text("key"), text("outcome"))
        })
        .collect();
    let deleted = format!("radusuarios/{id}");
    assert_eq!(
        told,
        [
            ("PUT", "radusuarios/2", "done"),
            ("PUT", "radusuarios/2", "done"),
            ("PUT", "radusuarios/999999", "refused"),
            ("POST", "radusuarios", "done"),
            ("DELETE", deleted.as_str(), "done"),
        ]
    );
    assert_eq!(writes[1]["body"], part);
}

#[test]
fn actions() {
    let lab = lab();
    let client = Client::of(&lab);
    let act = |name: &str, body: Value| client.provider("POST", name, false, &body).json();
    assert_eq!(act("radusuarios_25452", json!({"get_id": "1"}))["type"], "success");
    assert_eq!(client.rows(LOGINS, 0, 1).json()["registros"][0]["mac"], "");
    assert_eq!(act("desconectar_clientes", json!({"id": 1}))["msg"][0]["type"], "success");
    assert_eq!(client.rows(LOGINS, 0, 1).json()["registros"][0]["online"], "N");
    assert_eq!(act("botaoAjax_30774", json!({"id": "1"}))["type"], "success");
    for name in ["radusuarios_25452", "botaoAjax_30774"] {
        assert_eq!(act(name, json!({"get_id": "0", "id": "0"}))["type"], "error", "{name}");
    }
    assert_eq!(act("sincronizar", json!({}))["type"], "success");
}
