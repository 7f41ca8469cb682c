//! A stand-in that is written to: rows as bytes of JSON, a PUT that replaces the whole row, its
//! log, and a test's own mishaps beside it.
//!
//! Must not do: share code with the adapter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::server::{Answer, Asked, Server, World};
use crate::domain::ProviderChange;
use crate::ports::{Answer as Told, Before, Effect, Image, Seen, Writer as _};
use crate::provider::ixc::{IxcProvedor, IxcProvedorSettings};

pub const LOGINS: &str = "radusuarios";
pub const ONUS: &str = "radpop_radio_cliente_fibra";
const LOGS: &str = "ixc_logs";

/// Columns and their values as bytes of JSON.
pub type Row = BTreeMap<String, String>;

/// Something that happens to the Provider beside a PUT of a row.
pub type Mishap = fn(&mut Shop, &str, u64);

#[derive(Default)]
pub struct Shop {
    pub tables: BTreeMap<String, BTreeMap<u64, Row>>,
    /// Columns that no list shows.
    pub hidden: BTreeSet<&'static str>,
    pub no_logs: bool,
    /// A list of the log is never answered.
    pub silent_logs: bool,
    pub before_put: Option<Mishap>,
    pub after_put: Option<Mishap>,
    /// What a write is answered with; it is done all the same.
    pub reply: Option<Answer>,
    /// Writes are answered and not done.
    pub idle: bool,
    /// How a list of values is read.
    pub several: Several,
}

/// How a web service may read `IN`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Several {
    /// As a list of values.
    #[default]
    List,
    /// As one value, commas and all.
    One,
    /// Of a list, what stands first.
    First,
    /// Of a list, what stands last.
    Last,
    /// Not at all, with a page of HTML.
    Html,
    /// Not at all: every row is listed.
    Ignored,
}

impl Several {
    fn holds(self, list: &str, held: &str) -> bool {
        match self {
            Self::List => list.split(',').any(|one| one == held),
            Self::One | Self::Html => list == held,
            Self::First => list.split(',').next() == Some(held),
            Self::Last => list.rsplit(',').next() == Some(held),
            Self::Ignored => true,
        }
    }
}

impl Shop {
    /// A login with a secret, an ONU of it, and whatever else is hard to send back.
    pub fn stocked() -> Self {
        let mut shop = Self::default();
        let long = json!("CANARY-long ".repeat(1_000)).to_string();
        shop.add(
            LOGINS,
            57,
            &[
                ("login", "\"ana.57\""),
                ("senha", "\" CANARY-senha \""),
                ("ativo", "\"S\""),
                ("online", "\"S\""),
                ("onu_mac", "\"HWTC00000001\""),
                ("mac", "\"AA:BB:CC:00:00:01\""),
                ("id_cliente", "\"0\""),
                ("id_grupo", "0"),
                ("obs", "\"  linha 1\\nação \\\"x\\\" \\\\ \\u0001\""),
                ("endereco", "\"Rua A\""),
                ("longo", &long),
                ("preco", "0.10000"),
                ("nada", "null"),
                ("sim", "true"),
                ("lista", "[1, {\"a\": 2.50}]"),
                ("ultima_conexao_inicial", "\"2026-11-20 12:00:00\""),
                ("ultima_atualizacao", "\"2026-11-20 12:00:00\""),
                ("chave_oculta", "\"\""),
            ],
        );
        shop.add(
            ONUS,
            12,
            &[
                ("mac", "\"HWTC00000001\""),
                ("id_login", "\"57\""),
                ("senha_pppoe", "\"CANARY-pppoe\""),
                ("endereco", "\"Rua A\""),
                ("onu_tipo", "\"HG8145V5\""),
            ],
        );
        shop.add("radgrupos", 3, &[("grupo", "\"600 MEGA\"")]);
        shop.tables.insert(LOGS.to_owned(), BTreeMap::new());
        shop.hidden.insert("chave_oculta");
        shop
    }

    pub fn add(&mut self, table: &str, id: u64, cells: &[(&str, &str)]) {
        let mut row: Row = cells.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        row.insert("id".to_owned(), format!("\"{id}\""));
        self.tables.entry(table.to_owned()).or_default().insert(id, row);
    }

    pub fn row(&mut self, table: &str, id: u64) -> &mut Row {
        self.tables.get_mut(table).unwrap().get_mut(&id).unwrap()
    }

    pub fn set(&mut self, table: &str, id: u64, column: &str, value: &str) {
        self.row(table, id).insert(column.to_owned(), json!(value).to_string());
    }

    pub fn log(&mut self, table: &str, id: u64, kind: &str, by: &str, columns: &str) {
        let next = self.tables[LOGS].keys().last().map_or(100, |last| last + 1);
        let text = |value: &str| json!(value).to_string();
        let id = text(&id.to_string());
        let (table, kind, by, columns) = (text(table), text(kind), text(by), text(columns));
        let cells = [("tabela", &table), ("id_tabela", &id), ("tipo", &kind), ("operador", &by)];
        let mut cells: Vec<(&str, &str)> = cells.map(|(n, v)| (n, v.as_str())).to_vec();
        cells.push(("campos", &columns));
        self.add(LOGS, next, &cells);
    }

    fn put(&mut self, table: &str, id: u64, body: &str) {
        if let Some(mishap) = self.before_put {
            mishap(self, table, id);
        }
        let sent: BTreeMap<String, Box<RawValue>> = serde_json::from_str(body).unwrap();
        let hidden = self.hidden.clone();
        let row = self.row(table, id);
        let old = row.clone();
        let mut new: Row = sent.iter().map(|(n, v)| (n.clone(), v.get().to_owned())).collect();
        // A column that is not sent is erased; the server keeps some itself.
        for name in old.keys() {
            new.entry(name.clone()).or_insert_with(|| "\"\"".to_owned());
        }
        new.insert("ultima_atualizacao".to_owned(), "\"2026-11-23 11:01:00\"".to_owned());
        *row = new.clone();
        let changed: Vec<&str> = new
            .iter()
            .filter(|(n, v)| old.get(*n) != Some(v) && *n != "ultima_atualizacao")
            .map(|(n, _)| n.as_str())
            .collect();
        assert!(hidden.iter().all(|name| !body.contains(name)), "a hidden column can't be sent");
        self.log(table, id, "U", "api", &changed.join(","));
        if let Some(mishap) = self.after_put {
            mishap(self, table, id);
        }
    }

    fn act(&mut self, asked: &Asked) {
        let id = |name: &str| asked.body[name].as_str().unwrap().parse::<u64>().unwrap();
        match asked.table() {
            "radusuarios_25452" => self.set(LOGINS, id("get_id"), "mac", ""),
            "desconectar_clientes" => self.set(LOGINS, id("id"), "online", "N"),
            "sincronizar" => {}
            other => panic!("a POST to {other}"),
        }
    }

    fn write(&mut self, asked: &Asked) -> Answer {
        let mut parts = asked.path.rsplit('/');
        let (id, table) = (parts.next().unwrap(), parts.next().unwrap());
        if !self.idle {
            match asked.method.as_str() {
                "PUT" => self.put(table, id.parse().unwrap(), &asked.raw),
                "POST" => self.act(asked),
                other => panic!("a {other} of {}", asked.path),
            }
        }
        if let Some(reply) = &self.reply {
            return reply.clone();
        }
        match asked.table() {
            "desconectar_clientes" => {
                Answer::json(&json!({"msg": [{"type": "success", "message": "ok"}]}))
            }
            _ if asked.method == "PUT" => {
                Answer::json(&json!({"type": "success", "message": "ok", "id": id}))
            }
            _ => Answer::json(&json!({"type": "success", "message": "ok"})),
        }
    }

    fn list(&self, asked: &Asked) -> Answer {
        if self.silent_logs && asked.table() == LOGS {
            return Answer { status: 0, kind: "", body: b"x".to_vec(), cut: None };
        }
        let text = |key: &str| asked.body[key].as_str().unwrap_or_default().to_owned();
        let Some(rows) =
            self.tables.get(asked.table()).filter(|_| !(self.no_logs && asked.table() == LOGS))
        else {
            let message = format!("Recurso {} não está disponível!", asked.table());
            return Answer::json(&json!({"type": "error", "message": message}));
        };
        let mut conditions = vec![(text("qtype"), text("oper"), text("query"))];
        if let Ok(Value::Array(more)) = serde_json::from_str(&text("grid_param")) {
            let part = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
            conditions.extend(more.iter().map(|o| (part(o, "TB"), part(o, "OP"), part(o, "P"))));
        }
        if text("oper") == "IN" && self.several == Several::Html {
            return Answer::page(200, "<html>Ocorreu um erro ao processar.</html>");
        }
        let fits = |row: &&Row| {
            conditions.iter().all(|(column, oper, value)| {
                let column = column.split_once('.').unwrap().1;
                let held: Option<Value> =
                    row.get(column).and_then(|raw| serde_json::from_str(raw).ok());
                let held = held.as_ref().and_then(Value::as_str).unwrap_or_default();
                match oper.as_str() {
                    "=" => held == value,
                    "!=" => held != value,
                    "IN" => self.several.holds(value, held),
                    other => panic!("{other} is not served"),
                }
            })
        };
        let mut found: Vec<&Row> = rows.values().filter(fits).collect();
        if text("sortorder") == "desc" {
            found.reverse();
        }
        let total = found.len();
        found.truncate(text("rp").parse().unwrap());
        let shown = |row: &&Row| {
            let cells = row.iter().filter(|(name, _)| !self.hidden.contains(name.as_str()));
            let cells: Vec<String> =
                cells.map(|(name, raw)| format!("{}:{raw}", json!(name))).collect();
            format!("{{{}}}", cells.join(","))
        };
        let rows: Vec<String> = found.iter().map(shown).collect();
        let body = match rows.as_slice() {
            [] => "{\"page\":\"1\",\"total\":\"0\"}".to_owned(),
            rows => format!(
                "{{\"page\":\"1\",\"total\":\"{total}\",\"registros\":[{}]}}",
                rows.join(",")
            ),
        };
        Answer { body: body.into_bytes(), ..Answer::json(&Value::Null) }
    }
}

/// A stand-in that is open.
pub struct Open {
    pub server: Server,
    shop: Arc<Mutex<Shop>>,
    pub adapter: IxcProvedor,
}

impl Open {
    pub fn new(shop: Shop) -> Self {
        Self::with(shop, |settings| settings)
    }

    pub fn with(shop: Shop, set: impl FnOnce(IxcProvedorSettings) -> IxcProvedorSettings) -> Self {
        let shop = Arc::new(Mutex::new(shop));
        let serves = Arc::clone(&shop);
        let server = Server::with(World::new(), move |_, asked, _| {
            let mut shop = serves.lock().unwrap();
            if asked.path == "/oauth" {
                return Answer::json(&json!({"access_token": "t", "expires_in": 900}));
            }
            match (asked.method.as_str(), asked.lists) {
                ("GET" | "POST", true) => shop.list(asked),
                ("GET", false) => Answer::page(404, "<html>404</html>"),
                _ => shop.write(asked),
            }
        });
        let mut settings = server.settings();
        settings.http.limits.request = Duration::from_millis(900);
        settings.synchronise_path = Some("/webservice/v1/sincronizar".to_owned());
        let adapter = IxcProvedor::new(set(settings)).unwrap();
        Self { server, shop, adapter }
    }

    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap()
    }

    pub fn seen(&self, change: &ProviderChange) -> Image {
        match self.adapter.look(change).unwrap() {
            Seen::There(image) => image,
            Seen::Missing => panic!("it is missing"),
        }
    }

    /// Everything that is not a list call.
    pub fn writes(&self) -> Vec<Asked> {
        let is_write = |asked: &Asked| !asked.lists && asked.path != "/oauth";
        self.server.requests().into_iter().filter(is_write).collect()
    }

    /// Looks, sends, looks again and judges, as whoever applies a change does.
    pub fn apply(&self, change: &ProviderChange) -> (Told, Effect) {
        let (told, before) = self.send(change);
        let seen = self.adapter.look(change).unwrap();
        (told, self.adapter.judge(change, Some(&before), &seen))
    }

    pub fn send(&self, change: &ProviderChange) -> (Told, Before) {
        let record = crate::domain::ProviderRecord::default();
        let proposals = self.adapter.propose(change, &record).unwrap();
        assert_eq!(proposals.len(), 1);
        assert_eq!(&proposals[0].change, change, "a change of one row is its own proposal");
        let seen = Seen::There(self.seen(change));
        let Seen::There(image) = &seen else { unreachable!() };
        let ours: Vec<&str> = proposals[0].call.body.iter().map(|(n, _)| n.as_str()).collect();
        let before = image.before(&ours);
        (self.adapter.send(change, &seen), before)
    }
}
