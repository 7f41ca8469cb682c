//! Inserts, whole-row updates and deletions.
//!
//! Must not do: judge; a column that was left out of an update is erased, as in the real one.

use serde_json::{Map, Value, json};

use super::{envelope, error, text};
use crate::lab::server::message::Answer;
use crate::lab::world::{Row, Table, World};

/// A POST without the header of a list.
pub(super) fn insert(world: &mut World, table: &str, fields: &Map<String, Value>) -> Answer {
    let Some(row) = world.provider.tables.get(table).map(|held| row(held, fields)) else {
        return error(&format!("Recurso {table} não está disponível!"));
    };
    match world.insert(table, row) {
        Some(id) => success("Registro inserido com sucesso!", id),
        None => error("Ocorreu um erro ao inserir o registro!"),
    }
}

/// A PUT: the row is exactly this from now on.
pub(super) fn replace(
    world: &mut World,
    table: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Answer {
    let Ok(id) = id.parse::<u64>() else { return error("Informe o id do registro!") };
    let Some(row) = world.provider.tables.get(table).map(|held| row(held, fields)) else {
        return error(&format!("Recurso {table} não está disponível!"));
    };
    if world.replace(table, id, row) {
        success("Registro atualizado com sucesso!", id)
    } else {
        error("Registro não encontrado!")
    }
}

/// A DELETE. The product never sends one; whoever tests it may see that none came.
pub(super) fn remove(world: &mut World, table: &str, id: &str) -> Answer {
    let Ok(id) = id.parse::<u64>() else { return error("Informe o id do registro!") };
    if world.remove(table, id) {
        envelope(&json!({"type": "success", "message": "Registro deletado com sucesso!"}))
    } else {
        error("Registro não encontrado!")
    }
}

/// The columns that the table has; others are ignored, and the id is the server's.
fn row(held: &Table, fields: &Map<String, Value>) -> Row {
    let known = held.columns.iter().filter(|column| **column != "id");
    known.filter_map(|column| Some((*column, text(fields, column)?))).collect()
}

fn success(message: &str, id: u64) -> Answer {
    envelope(&json!({
        "type": "success", "message": message, "id": id.to_string(), "atualiza_campos": []
    }))
}
