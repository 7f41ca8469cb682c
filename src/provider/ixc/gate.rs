//! The only way out: every list call is built by one function here, every write by one in
//! `writes`.
//!
//! A POST without the header `ixcsoft: listar` is an insert, so nothing here can send a POST to
//! a table without it; a retry of a list sends the same request again, header included.
//! Must not do: offer a call that makes or removes a row, or changes one of a table but two.

mod writes;

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use secrecy::zeroize::Zeroize as _;

use crate::http::{Body, Client, Header, HttpError, Method, Reply, Request, Trouble};
use crate::ports::{Check, FetchError, FetchErrorKind, Traffic, Verdict};
use crate::provider::ixc::credential::Authorization;
use crate::provider::ixc::envelope::{self, Class, Fault, Page};
use crate::provider::ixc::tables::Table;
use crate::provider::ixc::target::Target;
use crate::provider::ixc::whole_row::{self, Cells};

pub(super) use writes::{Sent, clear_mac_call, end_session_call, row_path};

const ROOT: &str = "/webservice/v1/";

/// A second condition of a list.
#[derive(Clone, Debug)]
pub(super) struct And {
    column: &'static str,
    oper: &'static str,
    value: String,
}

impl And {
    /// A column is this text.
    pub(super) fn equal(column: &'static str, value: &str) -> Self {
        Self { column, oper: "=", value: value.to_owned() }
    }

    /// A column has this text somewhere.
    pub(super) fn contains(column: &'static str, value: &str) -> Self {
        Self { column, oper: "L", value: value.to_owned() }
    }
}

/// One list call.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) table: Table,
    /// Column that is compared, of this table.
    pub(super) column: Cow<'static, str>,
    /// `=`, `>`, `<=`, `!=`, `L` (contains) or `IN`, which with one value is answered with an
    /// HTML page.
    pub(super) oper: &'static str,
    pub(super) value: String,
    /// A second condition.
    pub(super) and: Option<And>,
    pub(super) descending: bool,
    /// From 1.
    pub(super) page: u64,
    pub(super) rows: u32,
}

impl Query {
    /// The first rows by id, one condition.
    pub(super) fn new(
        table: Table,
        column: &'static str,
        oper: &'static str,
        value: u64,
        rows: u32,
    ) -> Self {
        Self { column: column.into(), oper, ..Self::equal(table, "id", &value.to_string(), rows) }
    }

    /// The rows of which a column is this text.
    pub(super) fn equal(table: Table, column: &str, value: &str, rows: u32) -> Self {
        let (column, value) = (Cow::Owned(column.to_owned()), value.to_owned());
        Self { table, column, oper: "=", value, and: None, descending: false, page: 1, rows }
    }

    fn body(&self) -> Vec<u8> {
        let table = self.table.name();
        let mut body = serde_json::json!({
            "qtype": format!("{table}.{}", self.column),
            "query": self.value,
            "oper": self.oper,
            "page": self.page.to_string(),
            "rp": self.rows.to_string(),
            "sortname": format!("{table}.id"),
            "sortorder": if self.descending { "desc" } else { "asc" },
        });
        if let Some(And { column, oper, value }) = &self.and {
            let grid = [serde_json::json!({
                "TB": format!("{table}.{column}"), "OP": oper, "P": value,
            })];
            // A text of JSON inside the JSON, as the web service wants it.
            body["grid_param"] =
                serde_json::Value::from(serde_json::Value::from_iter(grid).to_string());
        }
        body.to_string().into_bytes()
    }
}

/// What is known of the server so far.
#[derive(Debug, Default)]
struct State {
    /// It has answered a list call as one, so the header arrives.
    greeted: bool,
    /// The last write was refused with 401.
    refused: bool,
    /// A list call made a row: nothing is sent any more.
    stopped: Option<Fault>,
    /// Its clock at its last answer.
    date: Option<Timestamp>,
}

/// How the first contact went, for `doctor`.
#[derive(Debug)]
pub(super) struct Greeting {
    /// The exchange itself.
    pub(super) outcome: Result<Reply, HttpError>,
    /// Status of the GET.
    pub(super) status: Option<u16>,
}

/// How far the first contact got.
#[derive(Debug)]
pub(super) struct Reached {
    /// Name, connection, TLS, HTTP.
    pub(super) checks: Vec<Check>,
    /// Is it of use to ask for a list?
    pub(super) goes_on: bool,
}

/// The door to the Provider.
pub(super) struct Gate {
    client: Client,
    authorization: Authorization,
    state: Mutex<State>,
}

impl Gate {
    pub(super) fn new(client: Client, authorization: Authorization) -> Self {
        Self { client, authorization, state: Mutex::default() }
    }

    /// Lists, keeping the wanted columns.
    pub(super) fn list(&self, query: &Query, wanted: &[String]) -> Result<Page, Fault> {
        self.greet()?;
        self.ask(Method::Post, query, wanted)
    }

    /// One row with all its columns; `None` where the Provider positively has none.
    pub(super) fn whole(&self, target: Target) -> Result<Option<Cells>, Fault> {
        self.greet()?;
        let query = Query::new(target.table(), "id", "=", target.id(), 2);
        let (page, mut body) = self.exchange(Method::Post, &query, &[])?;
        let failed = |why: &str| {
            let what = format!("{target}: {why}");
            let hints = ["nothing was written; try again, or make the change by hand"];
            Fault::new(Class::Other, FetchErrorKind::Unavailable, what, &hints)
        };
        let row = match (page.total, page.rows.read.as_slice(), page.rows.bad) {
            (0, [], 0) => Ok(None),
            (1, [row], 0) if row.id == target.id() => {
                whole_row::read(&body).map(Some).map_err(failed)
            }
            _ => Err(failed("other rows than the one asked for, or another number, came")),
        };
        body.zeroize();
        row
    }

    /// A list as the server made it, for `doctor --probe`; `None` where it is none. Its values are
    /// nobody's to keep.
    pub(super) fn shape(&self, query: &Query) -> Option<serde_json::Value> {
        self.greet().ok()?;
        if self.state().stopped.is_some() {
            return None;
        }
        let (request, _) = self.request(Method::Post, query).ok()?;
        let reply = self.client.send(&request).ok()?;
        // A row that this made stops everything, as anywhere.
        let _ = self.understood(query.table.name(), Ok(reply.clone()), &[]);
        let text = envelope::decoded(&reply.body);
        let is_list = |whole: &serde_json::Value| whole.get("type").is_none();
        serde_json::from_str(&text).ok().filter(is_list)
    }

    /// Nothing is sent any more.
    pub(super) fn stop(&self, fault: Fault) {
        self.state().stopped = Some(fault);
    }

    /// The deadline of a whole fetch counts from here.
    pub(super) fn begin(&self) {
        self.client.begin_fetch();
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.client.traffic()
    }

    /// The server's clock at its last answer.
    pub(super) fn date(&self) -> Option<Timestamp> {
        self.state().date
    }

    /// The very first call by itself, for `doctor`.
    pub(super) fn first_contact(&self) -> Result<Greeting, Fault> {
        if let Some(fault) = &self.state().stopped {
            return Err(fault.clone());
        }
        let refused = |error| Fault { class: Class::Token, error };
        let request = self.request(Method::Get, &hello()).map_err(refused)?.0;
        let outcome = self.client.send(&request);
        if let Ok(reply) = &outcome {
            self.state().date = reply.head.date;
        }
        let status = match &outcome {
            Ok(reply) => Some(reply.head.status),
            Err(error) => error.reply.as_ref().map(|r| r.head.status),
        };
        Ok(Greeting { outcome, status })
    }

    /// How far the first contact got, and whether it is of use to ask for a list.
    pub(super) fn how_far(&self, outcome: &Result<Reply, HttpError>) -> Reached {
        let checks = self.client.how_far("provider", outcome);
        let failed = checks.iter().any(|check| matches!(check.verdict, Verdict::Fail(_)));
        // A server may take no list by GET at all: then a POST tells more. Who answered nothing
        // in time, sends elsewhere, or is a proxy, would say the same again.
        let goes_on = match outcome {
            Ok(_) => !failed,
            Err(error) => match error.trouble {
                Trouble::Unauthorised | Trouble::Cut | Trouble::Garbled | Trouble::Server => true,
                Trouble::Forbidden => error.reply.as_ref().is_none_or(|r| r.head.status != 407),
                Trouble::Settings
                | Trouble::Dns
                | Trouble::Connect
                | Trouble::Tls
                | Trouble::Timeout
                | Trouble::TooLarge
                | Trouble::Redirect
                | Trouble::TooMany
                | Trouble::Budget
                | Trouble::Breaker
                | Trouble::Deadline => false,
            },
        };
        Reached { checks, goes_on }
    }

    /// Before the first POST to any table: a GET, which without the header is a 404 and never an
    /// insert. A 404 ends it; where the GET tells nothing (an installation that takes none), the
    /// first POST is a list of one speed profile: if the header is lost, the row that this makes
    /// is an empty profile, which nobody uses.
    pub(super) fn greet(&self) -> Result<(), Fault> {
        if self.state().greeted {
            return Ok(());
        }
        match self.ask(Method::Get, &hello(), &[]) {
            Err(fault) if ends_it(&fault) => return Err(fault),
            Err(fault) if !is_list_answer(&fault) => {
                // Only a list proves it here: an insert may be refused in any words.
                self.ask(Method::Post, &hello(), &[]).map_err(unproven)?;
            }
            _ => {}
        }
        self.state().greeted = true;
        Ok(())
    }

    fn ask(&self, method: Method, query: &Query, wanted: &[String]) -> Result<Page, Fault> {
        self.exchange(method, query, wanted).map(|(page, _)| page)
    }

    /// Sends one list call, and once more where the token was refused and another can be had;
    /// the answer's bytes come along.
    fn exchange(
        &self,
        method: Method,
        query: &Query,
        wanted: &[String],
    ) -> Result<(Page, Vec<u8>), Fault> {
        let table = query.table.name();
        for last in [false, true] {
            if let Some(fault) = &self.state().stopped {
                return Err(fault.clone());
            }
            let (request, used) = self
                .request(method, query)
                .map_err(|error| Fault { class: Class::Token, error })?;
            let answer = self.client.send(&request);
            let unauthorised =
                answer.as_ref().is_err_and(|error| error.trouble == Trouble::Unauthorised);
            if unauthorised && !last && self.authorization.renew(&used) {
                continue;
            }
            // Where lists by GET are not known at all, it would be 405 or 501.
            let lost = |reply: &Reply| reply.head.status == 404 && !reply.is_json();
            if method == Method::Get && answer.as_ref().is_ok_and(lost) {
                return Err(envelope::without_header(table));
            }
            return self.understood(table, answer, wanted);
        }
        let error = HttpError::new(Trouble::Unauthorised, "the new token is refused too", &[]);
        Err(envelope::failed(table, error))
    }

    fn understood(
        &self,
        table: &str,
        answer: Result<Reply, HttpError>,
        wanted: &[String],
    ) -> Result<(Page, Vec<u8>), Fault> {
        let (date, page) = match answer {
            Ok(reply) => {
                let page = envelope::read(table, &reply, wanted);
                (reply.head.date, page.map(|page| (page, reply.body)))
            }
            Err(error) => {
                let date = error.reply.as_ref().and_then(|r| r.head.date);
                (date, Err(envelope::failed(table, error)))
            }
        };
        let mut state = self.state();
        state.date = date.or(state.date);
        if let Err(fault) = &page
            && fault.class == Class::Created
        {
            state.stopped = Some(fault.clone());
        }
        page
    }

    /// Builds every list call.
    fn request(
        &self,
        method: Method,
        query: &Query,
    ) -> Result<(Request, secrecy::SecretString), FetchError> {
        let used = self.authorization.header(&self.client)?;
        let plain = |value: &str| Header::Plain(value.to_owned());
        let request = Request::read(method, format!("{ROOT}{}", query.table.name()))
            .header("ixcsoft", plain("listar"))
            .header("ixc-type-response", plain("application/json"))
            .header("authorization", Header::Secret(used.clone()))
            .body(Body::Json(query.body()));
        // A server that does not read the body of a GET would take it for the next request.
        let request = match method {
            Method::Get => request.header("connection", plain("close")),
            _ => request,
        };
        Ok((request, used))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The cheapest list there is.
fn hello() -> Query {
    Query::new(Table::Groups, "id", "!=", 0, 1)
}

/// The first POST gave no list: its own error, and why nothing more is sent.
fn unproven(mut fault: Fault) -> Fault {
    if matches!(fault.class, Class::Permission | Class::Rejected | Class::Html) {
        fault.error.hints.push(
            "until a list of radgrupos is answered nothing else is asked: it is what shows that \
             the header `ixcsoft` reaches the Provider; let the token's user list radgrupos"
                .to_owned(),
        );
    }
    fault
}

/// Did the server take the call for a list, whatever it then said about it?
fn is_list_answer(fault: &Fault) -> bool {
    matches!(fault.class, Class::Permission | Class::Rejected)
}

/// Would another request only meet the same?
fn ends_it(fault: &Fault) -> bool {
    matches!(
        fault.class,
        Class::Created
            | Class::NoHeader
            | Class::Token
            | Class::SourceAddress
            | Class::Version
            | Class::NoServer
    )
}
