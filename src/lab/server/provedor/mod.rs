//! IXC Provedor's web service, version 1, with its traps: a list is a POST that one header tells
//! from an insert, refusals come with status 200, and a PUT replaces the whole row.
//!
//! Must not do: protect anybody from a mistake; the real one does not.

mod actions;
mod filter;
mod list;
mod write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::message::{Answer, Asked, decoded};
use crate::lab::world::World;

const ROOT: &str = "/webservice/";

/// What it shows with status 200 where a column or an operator is unknown.
pub(super) const OOPS: &str = "<!DOCTYPE html><html><head><title>IXC Soft</title></head><body>\
     <div class=\"error\">Ocorreu um erro ao processar. Contate o suporte IXC Soft.</div>\
     </body></html>";

/// Who may use the web service.
#[derive(Clone, Debug)]
pub struct Provedor {
    user: u64,
    token: String,
}

impl Provedor {
    /// One user, whose token is made from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let token = Sha256::digest(format!("lab provider token {seed}").as_bytes());
        let token = token.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Self { user: 1, token }
    }

    /// User id and the 64 digits of its token.
    #[must_use]
    pub fn credentials(&self) -> (String, String) {
        (self.user.to_string(), self.token.clone())
    }

    /// Answers a request below `/webservice/`.
    pub fn answer(&mut self, world: &mut World, asked: &Asked) -> Answer {
        if let Some(refused) = self.refused(asked) {
            return refused;
        }
        self.let_in(world, asked)
    }

    /// Answers a request whose token was looked at before.
    pub fn let_in(&mut self, world: &mut World, asked: &Asked) -> Answer {
        let path = asked.path.strip_prefix(ROOT).unwrap_or_default();
        let (version, rest) = path.split_once('/').unwrap_or((path, ""));
        if version != "v1" {
            return error(&format!("Versão {version} do webservice não está disponível!"));
        }
        let (table, id) = rest.split_once('/').unwrap_or((rest, ""));
        let (Some(table), Some(id)) = (decoded(table), decoded(id)) else {
            return Answer::nginx(400);
        };
        route(world, asked, table.trim_end_matches('/'), id.trim_end_matches('/'))
    }

    fn refused(&self, asked: &Asked) -> Option<Answer> {
        let Some(login) = asked.header("authorization") else {
            return Some(Answer::nginx(401));
        };
        let Some((_, given)) =
            login.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        else {
            return Some(Answer::nginx(400));
        };
        let wanted = STANDARD.encode(format!("{}:{}", self.user, self.token));
        (given.trim() != wanted).then(|| Answer::nginx(401))
    }
}

fn route(world: &mut World, asked: &Asked, table: &str, id: &str) -> Answer {
    let lists = asked.header("ixcsoft") == Some("listar");
    if asked.method == "GET" && !lists {
        return Answer::nginx(404);
    }
    if let Some(answer) = actions::answer(world, asked, table) {
        return answer;
    }
    if !world.provider.tables.contains_key(table) {
        return error(&format!("Recurso {table} não está disponível!"));
    }
    match asked.method.as_str() {
        "GET" => list::answer(world, table, &body(asked)),
        "POST" if lists => list::answer(world, table, &body(asked)),
        "POST" => write::insert(world, table, &body(asked)),
        "PUT" => write::replace(world, table, id, &body(asked)),
        "DELETE" => write::remove(world, table, id),
        _ => Answer::nginx(405),
    }
}

/// Does a request change something, where it is let in?
#[must_use]
pub fn is_write(asked: &Asked) -> bool {
    match asked.method.as_str() {
        "PUT" | "DELETE" => true,
        "POST" => asked.header("ixcsoft") != Some("listar"),
        _ => false,
    }
}

/// The body's fields: of an object, or of a form.
fn body(asked: &Asked) -> Map<String, Value> {
    if let Ok(Value::Object(fields)) = serde_json::from_slice(&asked.body) {
        return fields;
    }
    let text = String::from_utf8_lossy(&asked.body);
    let pairs = super::message::pairs(&text);
    pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

/// A field as text: numbers are taken too.
fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// An envelope, with its strange content type.
fn envelope(value: &Value) -> Answer {
    Answer::whole(200, "text/x-json", value.to_string())
}

/// A refusal: status 200, as all of them.
fn error(message: &str) -> Answer {
    envelope(&json!({"type": "error", "message": message}))
}
