//! What the web service does beside tables.
//!
//! Must not do: know a table's rows.

use serde_json::{Value, json};

use super::{body, envelope, error, text};
use crate::lab::server::message::{Answer, Asked};
use crate::lab::world::World;

/// The actions by the name in the path. The last is the lab's own: nothing public tells how the
/// Provider is asked to synchronise, so the product has it as a path to be configured.
const CLEAR_MAC: &str = "radusuarios_25452";
const DISCONNECT: &str = "desconectar_clientes";
const SEND_WIFI: &str = "botaoAjax_30774";
pub(super) const SYNCHRONISE: &str = "sincronizar";

const NOT_FOUND: &str = "Registro não encontrado!";

/// Answers an action; `None` where the path names none.
pub(super) fn answer(world: &mut World, asked: &Asked, name: &str) -> Option<Answer> {
    if ![CLEAR_MAC, DISCONNECT, SEND_WIFI, SYNCHRONISE].contains(&name) {
        return None;
    }
    if asked.method != "POST" {
        return Some(error("Método não permitido!"));
    }
    let fields = body(asked);
    let id = |field| text(&fields, field).and_then(|id| id.trim().parse::<u64>().ok());
    Some(match name {
        CLEAR_MAC => {
            told(id("get_id").is_some_and(|login| world.clear_mac(login)), "MAC limpo com sucesso!")
        }
        DISCONNECT => {
            let done = id("id").is_some_and(|login| world.disconnect(login));
            let (kind, message) =
                if done { ("success", "Cliente desconectado!") } else { ("error", NOT_FOUND) };
            envelope(&json!({"msg": [{"type": kind, "message": message}]}))
        }
        SEND_WIFI => {
            let known =
                id("id").is_some_and(|login| world.provider.row("radusuarios", login).is_some());
            told(known, "Dados enviados ao ACS!")
        }
        _ => {
            let purged = world.synchronise_provider();
            let message = format!("Sincronizado: {purged} registros removidos");
            envelope(&json!({"type": "success", "message": message}))
        }
    })
}

fn told(done: bool, message: &str) -> Answer {
    if done {
        let answer: Value = json!({"type": "success", "message": message});
        envelope(&answer)
    } else {
        error(NOT_FOUND)
    }
}
