//! What a reply says of a write, how often one is sent, and what is shown of it.
//!
//! Must not do: wait longer than the client does.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::server::{Answer, Server, World, settings};
use super::shop::{Open, Shop};
use crate::domain::{Cell, ProviderChange, RecordKey, Untrusted};
use crate::ports::{Image, Outcome, Seen, Writer as _};
use crate::provider::ixc::{Auth, IxcProvedor};

fn new_serial() -> ProviderChange {
    ProviderChange::Set {
        row: RecordKey::Login(Untrusted::new("57")),
        cells: vec![(Cell::Serial, Untrusted::new("HWTC0000000A"))],
        held_only: false,
    }
}

fn end_session() -> ProviderChange {
    ProviderChange::EndSession { login_id: Untrusted::new("57") }
}

fn at(status: u16, value: &Value) -> Answer {
    Answer { status, ..Answer::json(value) }
}

fn nothing(after_silence: bool) -> Answer {
    let body = if after_silence { b"x".to_vec() } else { Vec::new() };
    Answer { status: 0, kind: "", body, cut: None }
}

fn told(reply: Answer, change: &ProviderChange) -> (crate::ports::Answer, usize, bool) {
    let open = Open::new(Shop { reply: Some(reply), ..Shop::stocked() });
    let (told, _) = open.send(change);
    let stays = open.adapter.look(change).is_ok();
    (told, open.writes().len(), stays)
}

#[test]
fn every_reply_to_a_put_means_one_thing_and_no_write_is_sent_twice() {
    use Outcome::{Done, Refused, RefusedForNow, Unknown};
    let error = |more: Value| {
        let mut error = json!({"type": "error", "message": "Campo<br />inválido"});
        error.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        error
    };
    let cut = Answer { cut: Some(5), ..Answer::json(&json!({"type": "success"})) };
    let cases = [
        (Answer::json(&json!({"type": "success", "message": "ok", "id": "57"})), Done),
        (Answer::json(&json!({"type": "success", "message": "ok", "id": 57})), Done),
        (Answer::json(&json!({"type": "SUCCESS"})), Done),
        (Answer::json(&error(json!({}))), Refused),
        (Answer::json(&error(json!({"id": "0"}))), Refused),
        (Answer::json(&error(json!({"id": ""}))), Refused),
        (Answer::json(&error(json!({"id": "57"}))), Unknown),
        (Answer::json(&error(json!({"id": 9}))), Unknown),
        (Answer::json(&json!({"type": "warning"})), Unknown),
        (Answer::json(&json!({"total": "0", "type": "success"})), Unknown),
        (Answer::json(&json!([])), Unknown),
        (Answer::json(&json!({"msg": []})), Unknown),
        (Answer::page(200, "<html>login</html>"), Unknown),
        (Answer::page(200, ""), Unknown),
        (Answer::page(400, "<html>400</html>"), Refused),
        (Answer::page(404, "<html>404</html>"), Refused),
        (Answer::page(408, "<html>408</html>"), Unknown),
        (at(422, &error(json!({}))), Refused),
        (at(422, &error(json!({"id": "57"}))), Unknown),
        (Answer::page(401, "<html>401</html>"), Refused),
        (Answer::page(403, "<html>403</html>"), Refused),
        (Answer::page(429, ""), RefusedForNow),
        (Answer::page(302, ""), Unknown),
        (Answer::page(500, "<html>500</html>"), Unknown),
        (at(500, &error(json!({}))), Unknown),
        (Answer::page(502, "<html>502</html>"), Unknown),
        (Answer::page(503, ""), Unknown),
        (Answer::page(504, ""), Unknown),
        (cut, Unknown),
        (nothing(false), Unknown),
        (nothing(true), Unknown),
    ];
    for (reply, outcome) in cases {
        let name = format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body));
        let status = (reply.status > 0 && reply.cut.is_none()).then_some(reply.status);
        let (told, writes, stays) = told(reply, &new_serial());
        assert_eq!(told.outcome, outcome, "{name}: {}", told.what);
        assert_eq!((told.status, writes), (status, 1), "{name}");
        assert!(stays, "{name}: it can still be looked at");
        assert!(told.what.contains("radusuarios") && !told.what.contains("<br"), "{}", told.what);
    }
}

#[test]
fn an_action_s_reply_is_a_list_of_messages() {
    let part = |kind: &str| json!({"type": kind, "message": "x"});
    for (reply, outcome) in [
        (json!({"msg": [part("success")]}), Outcome::Done),
        (json!({"msg": [part("success"), part("error")]}), Outcome::Refused),
        (json!({"msg": [part("success"), {"type": "?"}]}), Outcome::Unknown),
        (json!({"msg": "ok"}), Outcome::Unknown),
        (json!({"type": "success", "message": "ok", "id": "9"}), Outcome::Done),
        (json!({"type": "error", "message": "Recurso x não está disponível!"}), Outcome::Refused),
    ] {
        let (told, writes, _) = told(Answer::json(&reply), &end_session());
        assert_eq!((told.outcome, writes), (outcome, 1), "{reply}: {}", told.what);
    }
}

#[test]
fn a_put_that_made_another_row_stops_everything() {
    let reply = Answer::json(&json!({"type": "success", "message": "ok", "id": "900"}));
    let open = Open::new(Shop { reply: Some(reply), idle: true, ..Shop::stocked() });
    let (told, _) = open.send(&new_serial());
    assert_eq!(told.outcome, Outcome::Unknown);
    assert!(told.what.contains("row 900"), "{}", told.what);
    let error = open.adapter.look(&new_serial()).unwrap_err();
    assert!(error.what.contains("row 900") && !error.hints.is_empty(), "{error}");
    let sent = open.server.requests().len();
    let image = Image {
        cells: [("id", "57"), ("onu_mac", "")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into(),
        kept_by_server: [].into(),
        at: None,
    };
    let again = open.adapter.send(&new_serial(), &Seen::There(image));
    assert_eq!((again.outcome, open.server.requests().len()), (Outcome::NotSent, sent));
}

#[test]
fn what_never_left_is_not_sent() {
    let image = || {
        let cells =
            [("id", "57"), ("onu_mac", "")].map(|(name, value)| (name.to_owned(), value.into()));
        Image { cells: cells.into(), kept_by_server: [].into(), at: None }
    };
    let refusing = IxcProvedor::new(settings("http://127.0.0.1:9")).unwrap();
    let told = refusing.send(&new_serial(), &Seen::There(image()));
    assert_eq!((told.outcome, told.status), (Outcome::NotSent, None), "{}", told.what);
    // Where the header is lost, nothing is written either.
    let server = Server::with(World::new(), |_, _, _| Answer::page(404, "<html>404</html>"));
    let told = server.adapter().send(&new_serial(), &Seen::There(image()));
    assert_eq!(told.outcome, Outcome::NotSent, "{}", told.what);
    assert!(server.requests().iter().all(|r| r.method == "GET" && r.lists));
    // The image of another row is not written.
    let open = Open::new(Shop::stocked());
    let mut other = image();
    other.cells.insert("id".to_owned(), "58".into());
    for change in [new_serial(), end_session()] {
        let told = open.adapter.send(&change, &Seen::There(other.clone()));
        assert_eq!((told.outcome, open.writes().len()), (Outcome::NotSent, 0));
    }
    // After the reading the server goes: the connection of the write is refused.
    let seen = Seen::There(open.seen(&new_serial()));
    let Open { server, adapter, .. } = open;
    drop(server);
    let told = adapter.send(&new_serial(), &seen);
    assert_eq!(told.outcome, Outcome::NotSent, "{}", told.what);
}

#[test]
fn a_refused_token_is_dropped_and_the_write_left_to_a_later_time() {
    let reply = Some(Answer::page(401, "<html>401</html>"));
    let open = Open::with(Shop { reply, idle: true, ..Shop::stocked() }, |mut settings| {
        settings.auth = Auth::ClientCredentials { token_path: "/oauth".to_owned() };
        settings
    });
    let outcomes: Vec<Outcome> = (0..2).map(|_| open.send(&new_serial()).0.outcome).collect();
    assert_eq!(outcomes, [Outcome::RefusedForNow, Outcome::Refused]);
    assert_eq!(open.writes().len(), 2);
    open.shop().reply = None;
    assert_eq!(open.send(&new_serial()).0.outcome, Outcome::Done);
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn no_secret_of_a_row_is_logged_or_shown() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let mut shown = Vec::new();
    tracing::subscriber::with_default(subscriber, || {
        let echo =
            |status, message| Some(at(status, &json!({"type": "error", "message": message})));
        for reply in [
            None,
            echo(200, "Duplicate entry ' CANARY-senha ' for key 'senha'"),
            echo(200, "Duplicate entry 'CANARY-senh"),
            echo(422, "Rua A existe"),
            echo(500, "CANARY-senha"),
            Some(Answer::page(200, "<p>CANARY")),
        ] {
            let open = Open::new(Shop { reply, ..Shop::stocked() });
            let seen = open.adapter.look(&new_serial()).unwrap();
            let (told, effect) = open.apply(&new_serial());
            assert!(open.writes()[0].raw.contains("CANARY-senha"), "it is sent all the same");
            shown.push(format!("{seen:?} {told:?} {effect:?}"));
        }
    });
    let shown = shown.join("\n");
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("PUT"), "{logged}");
    assert!(shown.contains("senha") && shown.contains("***"), "{shown}");
    for text in [logged, shown] {
        assert!(!text.contains("CANARY") && !text.contains("Rua"), "{text}");
    }
}
