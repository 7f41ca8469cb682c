//! What an answer to a list call says: a list, an error in one of the known words, or a row that
//! was made by mistake.
//!
//! Must not do: take anything that is not positively a list for an empty one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::domain::Untrusted;
use crate::domain::scrub::scrub;
use crate::domain::text::visible;
use crate::http::{HttpError, Reply, Trouble, through};
use crate::ports::{FetchError, FetchErrorKind};
use crate::provider::ixc::rows::{Cell, Rows, Wanted, number};

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page {
    /// Rows that the filter matches, as the source counts them.
    pub(super) total: u64,
    pub(super) rows: Rows,
}

/// What kind of failure an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// The table is unknown, or the token's user may not read it.
    Permission,
    /// The source address is not among the permitted ones.
    SourceAddress,
    /// The path names a version that the server does not have.
    Version,
    /// An HTML page in the place of a list.
    Html,
    /// An error in words that are not known: perhaps a filter that it does not take.
    Rejected,
    /// The token is refused.
    Token,
    /// A list call made a row.
    Created,
    /// A list by GET was answered as where the header `ixcsoft` is missing.
    NoHeader,
    /// Nobody was reached: no name, no connection, no TLS, or our own limits.
    NoServer,
    /// Anything else: no answer, or one that is none of these.
    Other,
}

/// A list call that gave no list.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) class: Class,
    pub(super) error: FetchError,
}

impl Fault {
    pub(super) fn new(
        class: Class,
        kind: FetchErrorKind,
        what: impl Into<String>,
        hints: &[&str],
    ) -> Self {
        Self { class, error: FetchError::new(kind, what, hints) }
    }
}

/// Reads an answer to a list of `table`.
pub(super) fn read(table: &str, reply: &Reply, wanted: &[String]) -> Result<Page, Fault> {
    let text = decoded(&reply.body);
    if reply.is_html() {
        return Err(html(table, &text, &through(&reply.head)));
    }
    let answer = answer(&text, wanted).map_err(|why| unreadable(table, reply, &why))?;
    if let Some(fault) = created(table, &answer) {
        return Err(fault);
    }
    if answer.kind.is_some() || answer.total.is_none() {
        return Err(said(table, reply, &answer));
    }
    if !reply.head.is_success() {
        let what = format!("{table}: status {} with a list", reply.head.status);
        return Err(Fault::new(Class::Other, FetchErrorKind::Unavailable, what, &[LOOK]));
    }
    let total = answer.total.as_ref().and_then(|t| number(t.raw()));
    match (total, answer.rows) {
        (Some(total), Some(rows)) => Ok(Page { total, rows }),
        (Some(0), None) => Ok(Page { total: 0, rows: Rows::default() }),
        (Some(total), None) => {
            Err(unreadable(table, reply, &format!("it counts {total} rows and lists none")))
        }
        (None, _) => Err(unreadable(table, reply, "its total is no number")),
    }
}

/// A list by GET was answered with 404, as where the header `ixcsoft` is missing (IXC.md): the
/// same list by POST would then be an insert.
pub(super) fn without_header(table: &str) -> Fault {
    let what = format!(
        "{table}: a list by GET is answered with 404, as where the header `ixcsoft` is missing; \
         nothing more was sent, because a list without it makes a row"
    );
    let hints = [
        "let whatever stands between acerto and the Provider pass the header `ixcsoft` on",
        "check url: scheme and host of the Provider, and nothing else",
    ];
    Fault::new(Class::NoHeader, FetchErrorKind::Unavailable, what, &hints)
}

/// What a failed exchange means; its answer may say more than its status.
pub(super) fn failed(table: &str, error: HttpError) -> Fault {
    let said = error.reply.as_deref().and_then(|reply| read(table, reply, &[]).err());
    if let Some(fault) = said
        && !matches!(fault.class, Class::Other | Class::Html | Class::Rejected)
    {
        return fault;
    }
    let status = error.reply.as_ref().map(|reply| reply.head.status);
    let (class, hint) = match error.trouble {
        Trouble::Unauthorised => (
            Class::Token,
            "check client_id and the client secret; is the token's user active? After a \
             migration of the server the token has to be made again",
        ),
        Trouble::Forbidden => (
            Class::Token,
            "after a migration of the server the token has to be made again; a firewall may also \
             refuse this machine's address",
        ),
        // A proxy that has nobody to ask, or a server that is too busy for any table.
        Trouble::Server if matches!(status, Some(502..=504)) => (Class::NoServer, ""),
        Trouble::Server => (
            Class::Html,
            "the server answers so to a table or a filter that it does not know, and when its \
             database takes too long: try a smaller page_size",
        ),
        Trouble::Settings
        | Trouble::Dns
        | Trouble::Connect
        | Trouble::Tls
        | Trouble::TooMany
        | Trouble::Budget
        | Trouble::Breaker
        | Trouble::Deadline => (Class::NoServer, ""),
        _ => (Class::Other, ""),
    };
    let mut error = FetchError::from(error);
    error.what = format!("{table}: {}", error.what);
    if !hint.is_empty() {
        error.hints.push(hint.to_owned());
    }
    Fault { class, error }
}

const LOOK: &str = "look at the server, and at what stands between it and this machine";

/// UTF-8 whatever the header declares, else Windows-1252.
pub(super) fn decoded(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(body).0,
    }
}

/// A row that a list call made, or may have made.
fn created(table: &str, answer: &Answer) -> Option<Fault> {
    let success = answer.kind.as_ref().is_some_and(|k| k.raw().eq_ignore_ascii_case("success"));
    let id = answer.id.as_ref().filter(|id| !matches!(id.raw(), "" | "0"));
    if answer.kind.is_none() || !(success || id.is_some()) {
        return None;
    }
    let row = match id {
        Some(id) if success => format!("row {id} was made in {table}"),
        Some(id) => format!("row {id} may have been made in {table}"),
        None => format!("a row may have been made in {table}"),
    };
    let what = format!(
        "a list call was taken as an insert: {row}; something between acerto and the Provider \
         removes the header `ixcsoft`"
    );
    let hints = [
        "look at that row in the Provider, and remove it by hand if it is empty",
        "let the proxy before the Provider pass the header `ixcsoft` on, then run again",
    ];
    Some(Fault::new(Class::Created, FetchErrorKind::Unavailable, what, &hints))
}

fn html(table: &str, text: &str, through: &str) -> Fault {
    let what = if text.contains("Ocorreu um erro ao processar") {
        format!("{table}: an HTML page that says it could not process the request{through}")
    } else {
        format!("{table}: an HTML page came in the place of a list{through}")
    };
    let hints = [
        "the Provider answers so to a column or an operator that it does not know",
        "if it is a login page or a proxy's: look at url",
    ];
    Fault::new(Class::Html, FetchErrorKind::Unavailable, what, &hints)
}

fn unreadable(table: &str, reply: &Reply, why: &str) -> Fault {
    let status = reply.head.status;
    let what = format!("{table}: the answer (status {status}) is no list: {}", visible(why));
    Fault::new(Class::Other, FetchErrorKind::Unavailable, what, &[LOOK])
}

/// An error in a 200 (or a 4xx), by its words; their language follows the user's settings.
fn said(table: &str, reply: &Reply, answer: &Answer) -> Fault {
    use FetchErrorKind::{Auth, Config, Unavailable};
    let words = answer.text.as_ref().map_or("", Untrusted::raw);
    let has = |part: &str| words.contains(part);
    let fault = |class, kind, what: String, hints: &[&str]| Fault::new(class, kind, what, hints);
    if has("Vers") && has("webservice") && has("dispon") {
        let what = "the Provider does not have webservice v1 under this address".to_owned();
        return fault(Class::Version, Config, what, &["check url: scheme and host alone"]);
    }
    if has("Recurso") && has("dispon") {
        let what = format!("{table}: the token's user may not read this table");
        let hints = ["give the token's user the permission to list this table"];
        return fault(Class::Permission, Auth, what, &hints);
    }
    if has("IP") && has("liberado") {
        let what = "the Provider refuses this machine's address".to_owned();
        let hints = ["add this machine's address to the networks of the token's user group"];
        return fault(Class::SourceAddress, Auth, what, &hints);
    }
    if answer.kind.is_none() {
        let hint = "is url the address of an IXC Provedor?";
        let what = format!("{table}: status {} and no list", reply.head.status);
        return fault(Class::Other, Unavailable, what, &[hint, LOOK]);
    }
    let words = visible(&scrub(&words.replace("<br />", " ")));
    let what = format!("{table}: the Provider answered with an error: {words}");
    fault(Class::Rejected, Unavailable, what, &["look the message up in the Provider's manual"])
}

/// An answer, before it is known what it is.
#[derive(Debug, Default)]
struct Answer {
    total: Option<Untrusted>,
    rows: Option<Rows>,
    kind: Option<Untrusted>,
    text: Option<Untrusted>,
    id: Option<Untrusted>,
}

fn answer(text: &str, wanted: &[String]) -> Result<Answer, String> {
    let mut from = serde_json::Deserializer::from_str(text);
    let read = AnswerOf(wanted).deserialize(&mut from).and_then(|a| from.end().map(|()| a));
    // Which class of error, and where; its text may repeat a value.
    read.map_err(|e| match e.classify() {
        serde_json::error::Category::Eof => "it ends too early".to_owned(),
        _ if e.to_string().contains("more than 10,000 rows") => {
            "it has more than 10,000 rows".to_owned()
        }
        _ => format!("it can't be read at line {}, column {}", e.line(), e.column()),
    })
}

struct AnswerOf<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for AnswerOf<'_> {
    type Value = Answer;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Answer, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for AnswerOf<'_> {
    type Value = Answer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of IXC Provedor")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Answer, A::Error> {
        let (mut answer, mut cut) = (Answer::default(), 0);
        while let Some(key) = from.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "registros" if answer.rows.is_some() => {
                    return Err(A::Error::custom("two lists in one answer"));
                }
                "registros" => answer.rows = Some(from.next_value_seed(Wanted(self.0))?),
                "total" => answer.total = from.next_value_seed(Cell(&mut cut))?,
                "type" => answer.kind = from.next_value_seed(Cell(&mut cut))?,
                "id" => answer.id = from.next_value_seed(Cell(&mut cut))?,
                "message" | "mensagem" | "valor" | "msg" => {
                    let text = from.next_value_seed(Cell(&mut cut))?;
                    answer.text = text.filter(|t| !t.raw().is_empty()).or(answer.text);
                }
                _ => drop(from.next_value::<IgnoredAny>()?),
            }
        }
        Ok(answer)
    }
}
