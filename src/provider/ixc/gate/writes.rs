//! The writes that there are: a PUT of one login or ONU row, two actions on a login, and the
//! synchronisation where its path is configured.
//!
//! None carries the header `ixcsoft`, with which it would be a list; none is sent before a list
//! call was answered as one, and none is sent twice.
//! Must not do: offer a way to remove a row, to make one, or to name a path.

use secrecy::zeroize::{Zeroize as _, Zeroizing};

use super::{Gate, ROOT};
use crate::http::{Body, Header, HttpError, Method, Purpose, Reply, Request, Trouble};
use crate::ports::FetchError;
use crate::provider::ixc::target::Target;
use crate::provider::ixc::writing::SynchronisePath;

/// The action that clears a login's MAC (IXC.md section 1).
const CLEAR_MAC: &str = "radusuarios_25452";
/// The action that ends a login's session (IXC.md section 1).
const END_SESSION: &str = "desconectar_clientes";

/// What became of sending a write.
#[derive(Debug)]
pub(in crate::provider::ixc) enum Sent {
    /// It was not sent.
    Not(FetchError),
    /// It was answered.
    Answered(Reply),
    /// No usable answer; `renewed`: its token was refused, and another will be asked for.
    Failed { error: HttpError, renewed: bool },
}

/// The path of a PUT.
pub(in crate::provider::ixc) fn row_path(target: Target) -> String {
    format!("{ROOT}{}/{}", target.table().name(), target.id())
}

/// The path and the field of the id of the action that clears a login's MAC.
pub(in crate::provider::ixc) fn clear_mac_call() -> (String, &'static str) {
    (format!("{ROOT}{CLEAR_MAC}"), "get_id")
}

/// The path and the field of the id of the action that ends a login's session.
pub(in crate::provider::ixc) fn end_session_call() -> (String, &'static str) {
    (format!("{ROOT}{END_SESSION}"), "id")
}

impl Gate {
    /// Writes a row.
    pub(in crate::provider::ixc) fn put(&self, target: Target, row: &Zeroizing<Vec<u8>>) -> Sent {
        self.write(Method::Put, row_path(target), row.to_vec())
    }

    /// Clears a login's MAC.
    pub(in crate::provider::ixc) fn clear_mac(&self, login: u64) -> Sent {
        let (path, field) = clear_mac_call();
        self.write(Method::Post, path, of_login(field, login))
    }

    /// Ends a login's session.
    pub(in crate::provider::ixc) fn end_session(&self, login: u64) -> Sent {
        let (path, field) = end_session_call();
        self.write(Method::Post, path, of_login(field, login))
    }

    /// Makes the Provider synchronise.
    pub(in crate::provider::ixc) fn synchronise(&self, path: &SynchronisePath) -> Sent {
        self.write(Method::Post, path.as_str().to_owned(), b"{}".to_vec())
    }

    fn write(&self, method: Method, path: String, mut body: Vec<u8>) -> Sent {
        let ready = self.ready_to_write();
        let (used, request) = match ready {
            Ok(used) => {
                let request = Request { purpose: Purpose::Write, ..Request::read(method, path) }
                    .header("ixc-type-response", Header::Plain("application/json".to_owned()))
                    .header("authorization", Header::Secret(used.clone()))
                    .body(Body::Json(body));
                (used, request)
            }
            Err(error) => {
                body.zeroize();
                return Sent::Not(error);
            }
        };
        let answer = self.client.send(&request);
        if let Body::Json(mut body) = request.body {
            body.zeroize();
        }
        let head = match &answer {
            Ok(reply) => Some(&reply.head),
            Err(error) => error.reply.as_ref().map(|reply| &reply.head),
        };
        let refused = answer.as_ref().is_err_and(|e| e.trouble == Trouble::Unauthorised);
        let before = {
            let mut state = self.state();
            state.date = head.and_then(|head| head.date).or(state.date);
            std::mem::replace(&mut state.refused, refused)
        };
        match answer {
            Ok(reply) => Sent::Answered(reply),
            Err(error) => {
                let renewed = refused && self.authorization.renew(&used) && !before;
                Sent::Failed { error, renewed }
            }
        }
    }

    /// The token to write with, once a list call has shown whom it reaches.
    fn ready_to_write(&self) -> Result<secrecy::SecretString, FetchError> {
        if let Some(fault) = &self.state().stopped {
            return Err(fault.error.clone());
        }
        self.greet().map_err(|fault| fault.error)?;
        self.authorization.header(&self.client)
    }
}

fn of_login(field: &str, login: u64) -> Vec<u8> {
    serde_json::json!({field: login.to_string()}).to_string().into_bytes()
}
