//! The Provider's rows as its web service lists them, to compare what was with what is.
//!
//! Must not do: share code with the product's adapter.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::apply::Field;
use crate::lab_process::Lab;

/// The table of fibre devices.
pub const ONUS: &str = "radpop_radio_cliente_fibra";
/// The table of logins.
pub const LOGINS: &str = "radusuarios";

/// What the Provider keeps itself, or a box changes by dialling in.
const KEPT_BY_SERVER: [&str; 6] = [
    "ultima_atualizacao",
    "ultima_sincronizacao",
    "online",
    "ultima_conexao_inicial",
    "ultima_conexao_final",
    "ip",
];

/// Rows by table and id.
pub type Rows = BTreeMap<String, BTreeMap<String, String>>;

impl Field {
    /// Every row of the two tables that are written to, but for what the server keeps.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::new();
        for table in [ONUS, LOGINS] {
            for mut row in self.listed(table) {
                row.retain(|name, _| !KEPT_BY_SERVER.contains(&name.as_str()));
                rows.insert(format!("{table}/{}", row["id"]), row);
            }
        }
        rows
    }

    /// One table.
    pub fn listed(&self, table: &str) -> Vec<BTreeMap<String, String>> {
        listed(&self.lab, table)
    }

    /// A person changes one column of a row.
    pub fn edit(&self, table: &str, id: &str, column: &str, value: &str) {
        let mut row = self.listed(table).into_iter().find(|row| row["id"] == id).unwrap();
        row.insert(column.to_owned(), value.to_owned());
        let path = format!("/webservice/v1/{table}/{id}");
        let (status, answer) = self.lab.ask("PUT", &path, &login(&self.lab), &json!(row));
        assert!(status == 200 && answer.contains("success"), "{answer}");
    }
}

/// A table of a lab's Provider, every row.
pub fn listed(lab: &Lab, table: &str) -> Vec<BTreeMap<String, String>> {
    let query = json!({"qtype": format!("{table}.id"), "query": "0", "oper": ">",
        "page": "1", "rp": "5000", "sortname": format!("{table}.id"), "sortorder": "asc"});
    let headers = format!("{}ixcsoft: listar\r\n", login(lab));
    let path = format!("/webservice/v1/{table}");
    let (status, answer) = lab.ask("POST", &path, &headers, &query);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    serde_json::from_value(answer["registros"].clone()).unwrap()
}

fn login(lab: &Lab) -> String {
    let text = lab.configuration();
    let quoted = |key: &str| {
        let at = text.rfind(&format!("{key} = \"")).unwrap() + key.len() + 4;
        text[at..].split_once('"').unwrap().0.to_owned()
    };
    let secret = std::fs::read_to_string(quoted("client_secret_file")).unwrap();
    let both = STANDARD.encode(format!("{}:{}", quoted("client_id"), secret.trim_end()));
    format!("Authorization: Basic {both}\r\n")
}

/// What differs between two lists of rows: `table/id column: was -> is`.
pub fn differing(before: &Rows, after: &Rows) -> Vec<String> {
    let mut differs = Vec::new();
    let none = BTreeMap::new();
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (was, is) = (before.get(key).unwrap_or(&none), after.get(key).unwrap_or(&none));
        let names: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        for name in names.into_iter().filter(|name| was.get(*name) != is.get(*name)) {
            differs.push(format!("{key} {name}: {:?} -> {:?}", was.get(name), is.get(name)));
        }
    }
    differs
}
