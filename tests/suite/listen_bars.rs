//! The receiver's promises: nothing twice, nothing from strangers, nothing lost.
//!
//! Must not do: judge by what it says alone. What the store holds, and what arrived at the target,
//! counts.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use ring::hmac;

use crate::canary;
use crate::listener::{self, Listening, SECRET, Sender, Target, deletion, home, kept, shared};

fn now() -> String {
    Timestamp::now().to_string()
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

fn serial(n: u32) -> String {
    format!("HWTC7A{n:06X}")
}

/// The head of a signed delivery.
fn signed(secret: &str, at: Timestamp, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let at = at.as_second();
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let hex: Vec<String> = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    let hex = hex.concat();
    format!(
        "POST /webhook HTTP/1.1\r\nX-Acerto-Timestamp: {at}\r\nX-Acerto-Signature: sha256={hex}\r\n"
    )
}

#[test]
fn of_a_hundred_thousand_replays_none_is_accepted_twice() {
    let home = home("");
    let listening = Listening::at(&home);
    let body = deletion("HWTC7A000001", &now());
    let (accepted, port) = (AtomicU32::new(0), listening.port);
    // The first ones at once: one of them is the first.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut sender = Sender::to(port);
                for _ in 0..12_500 {
                    let (status, answer) = sender.tell(&body).unwrap();
                    assert_eq!(status, 200, "{answer}");
                    let n = u32::try_from(answer["accepted"].as_u64().unwrap()).unwrap();
                    accepted.fetch_add(n, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(accepted.load(Ordering::Relaxed), 1);
    let (exit, said) = listening.stop();
    assert_eq!(exit, Some(143));
    assert!(said.contains("1 accepted, 99,999 replayed, 0 refused"), "{said}");
    assert!(!said.contains("error"), "it ended as it should: {said}");
    assert_eq!(kept(&home), ["HWTC7A000001"]);
}

#[test]
fn a_replay_is_known_to_the_next_process_too() {
    let home = home("");
    let body = deletion("HWTC7A000001", &now());
    let listening = Listening::at(&home);
    assert_eq!(listening.connect().tell(&body).unwrap().1["accepted"], 1);
    listening.kill();
    let listening = Listening::at(&home);
    let (status, answer) = listening.connect().tell(&body).unwrap();
    assert_eq!((status, answer["accepted"].as_u64()), (200, Some(0)));
    assert_eq!(answer["replayed"], 1);
}

#[test]
fn nothing_with_a_wrong_key_or_a_stale_time_is_accepted() {
    let home = home("");
    let listening = Listening::at(&home);
    let mut sender = listening.connect();
    let body = |n: u32, at: Timestamp| deletion(&serial(n), &at.to_string());
    let fresh = body(1, ago(1));
    let day = 24 * 3600;
    let wrong = format!("{SECRET}x");
    let mut reasons = BTreeSet::new();
    let longer = "POST /webhook?secret=wrong HTTP/1.1\r\n".to_owned();
    for (head, body, status) in [
        ("POST /webhook HTTP/1.1\r\n".to_owned(), fresh.clone(), 401),
        (shared(&wrong), fresh.clone(), 401),
        (shared(&SECRET[1..]), fresh.clone(), 401),
        (shared(""), fresh.clone(), 401),
        (longer, fresh.clone(), 401),
        ("POST /webhook HTTP/1.1\r\nAuthorization: Basic eDp5\r\n".to_owned(), fresh.clone(), 401),
        (signed(SECRET, Timestamp::now(), &fresh), fresh.clone(), 401),
        (shared(SECRET), body(2, ago(day + 60)), 400),
        (shared(SECRET), body(3, ago(-3600)), 400),
        (shared(SECRET), "not json".to_owned(), 400),
        (shared(SECRET), "[]".to_owned(), 400),
        (shared(SECRET), format!("[{}]", vec!["{}"; 1001].join(",")), 413),
        (shared(SECRET), format!("\"{}\"", "x".repeat(300_000)), 413),
        (shared(SECRET).replace("/webhook", "/other"), fresh.clone(), 404),
        (shared(SECRET).replace("POST", "PUT"), fresh.clone(), 405),
    ] {
        let answer = sender.send(&head, &body);
        let Some((found, answer)) = answer else {
            // What is too long need not be read to its end.
            assert_eq!(status, 413, "{head}");
            sender = listening.connect();
            continue;
        };
        assert_eq!(found, status, "{head}{}", &body[..body.len().min(80)]);
        reasons.insert(answer["error"].as_str().unwrap().to_owned());
        if status == 413 {
            sender = listening.connect();
        }
    }
    for reason in ["missing-key", "wrong-key", "stale", "not-json", "path", "method"] {
        assert!(reasons.contains(reason), "{reason}: {reasons:?}");
    }
    assert_eq!(kept(&home), Vec::<String>::new());
    for head in [
        format!("POST /webhook HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n"),
        format!("POST /webhook?secret={SECRET} HTTP/1.1\r\n"),
    ] {
        assert_eq!(sender.send(&head, &fresh).unwrap().0, 200, "{head}");
    }
    assert_eq!(kept(&home), [serial(1)]);
}

#[test]
fn a_signature_covers_body_and_time() {
    let home = home("mode = \"hmac\"");
    let listening = Listening::at(&home);
    let mut sender = listening.connect();
    let body = deletion(&serial(1), &now());
    let other = deletion(&serial(2), &now());
    let moved = signed(SECRET, Timestamp::now(), &body)
        .replace("X-Acerto-Timestamp: ", "X-Acerto-Timestamp: 1");
    for (head, body, status) in [
        (shared(SECRET), &body, 401),
        (signed("another secret of somebody", Timestamp::now(), &body), &body, 401),
        (signed(SECRET, Timestamp::now(), &body), &other, 401),
        (moved, &body, 401),
        (signed(SECRET, ago(301), &body), &body, 400),
        (signed(SECRET, ago(-320), &body), &body, 400),
    ] {
        assert_eq!(sender.send(&head, body).unwrap().0, status, "{head}");
    }
    assert_eq!(kept(&home), Vec::<String>::new());
    let right = signed(SECRET, ago(200), &body);
    assert_eq!(sender.send(&right, &body).unwrap().1["accepted"], 1);
    assert_eq!(sender.send(&right, &body).unwrap().1["replayed"], 1);
    assert_eq!(kept(&home), [serial(1)]);
}

#[test]
fn an_address_that_is_not_allowed_is_refused() {
    let home = home("allow = [\"192.0.2.0/24\"]\ntrusted_proxies = [\"127.0.0.1\"]");
    let listening = Listening::at(&home);
    let mut sender = listening.connect();
    let body = deletion(&serial(1), &now());
    assert_eq!(sender.tell(&body).unwrap().0, 403);
    let by = |of: &str| format!("{}X-Forwarded-For: {of}\r\n", shared(SECRET));
    assert_eq!(sender.send(&by("192.0.2.7, 203.0.113.9"), &body).unwrap().0, 403);
    assert_eq!(kept(&home), Vec::<String>::new());
    assert_eq!(sender.send(&by("203.0.113.9, 192.0.2.7"), &body).unwrap().0, 200);
}

#[test]
fn killed_under_load_it_loses_nothing_that_it_acknowledged() {
    // A target that is down: what is to be passed on has to be there in the end as well.
    let hook = free_port();
    let home =
        home(&format!("forward = \"http://127.0.0.1:{hook}/hook\"\nforward_pause = \"50ms\""));
    let acknowledged = Mutex::new(BTreeSet::new());
    let next = AtomicU32::new(0);
    for round in 1..=5 {
        let listening = Listening::at(&home);
        let port = listening.port;
        let goal = acknowledged.lock().unwrap().len() + 60 * round;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut sender = Sender::to(port);
                    loop {
                        let serial = serial(next.fetch_add(1, Ordering::Relaxed));
                        match sender.tell(&deletion(&serial, &now())) {
                            Some((200, answer)) => {
                                assert_eq!(answer["accepted"], 1);
                                acknowledged.lock().unwrap().insert(serial);
                            }
                            Some((503, _)) => {}
                            Some(other) => panic!("{other:?}"),
                            // It was killed.
                            None => return,
                        }
                    }
                });
            }
            while acknowledged.lock().unwrap().len() < goal {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            listening.kill();
        });
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let there: BTreeSet<String> = kept(&home).into_iter().collect();
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), acknowledged.len());
    let target = Target::on(hook, &[]);
    let listening = Listening::at(&home);
    let got = target.wait_for(there.len());
    for serial in &acknowledged {
        assert_eq!(got.iter().filter(|request| request.contains(serial.as_str())).count(), 1);
    }
    listening.stop();
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_target_that_is_down_loses_nothing_and_gets_nothing_twice() {
    let port = free_port();
    let home = home(&format!(
        "forward = \"http://127.0.0.1:{port}/hook?of=acs\"\nforward_pause = \"20ms\""
    ));
    let bodies: Vec<String> = (0..40).map(|n| deletion(&serial(n), &now())).collect();
    let listening = Listening::at(&home);
    let mut sender = listening.connect();
    for body in &bodies[..20] {
        let head = format!("POST /webhook?secret={SECRET}&isp=7 HTTP/1.1\r\n");
        assert_eq!(sender.send(&head, body).unwrap().0, 200);
    }
    // Down, and meanwhile the machine too.
    listening.kill();
    let listening = Listening::at(&home);
    let mut sender = listening.connect();
    for body in &bodies[20..] {
        assert_eq!(sender.tell(body).unwrap().0, 200);
    }
    let target = Target::on(port, &[503, 404, 401, 500, 429, 403, 408, 302]);
    let got = target.wait_for(bodies.len());
    for (request, body) in got.iter().zip(&bodies) {
        assert!(request.ends_with(body.as_str()), "in order and unchanged: {request}");
        assert!(!request.contains(SECRET), "our secret is nobody's: {request}");
        assert!(request.to_lowercase().contains("content-type: application/json"), "{request}");
    }
    assert!(got[0].starts_with("POST /hook?of=acs&isp=7 "), "{}", got[0]);
    let (exit, said) = listening.stop();
    assert_eq!(exit, Some(143));
    assert!(said.contains("40 passed on, 0 waiting"), "{said}");
    assert_eq!(target.wait_for(0).len(), bodies.len(), "none twice");
    // What was delivered is nowhere any more: its payload named a person.
    let listening = Listening::at(&home);
    listening.stop();
    canary::assert_unkept(home.path());
    assert_eq!(target.wait_for(0).len(), bodies.len(), "none again");
}

#[test]
fn what_a_target_will_never_take_holds_nothing_else_up() {
    // It has taken one: it is the second that it will not have.
    let target = Target::on(0, &[200, 400, 400, 400, 400, 400]);
    let home =
        home(&format!("forward = \"http://127.0.0.1:{}/\"\nforward_pause = \"20ms\"", target.port));
    let listening = Listening::at(&home);
    let mut sender = listening.connect();
    for n in 0..3 {
        assert_eq!(sender.tell(&deletion(&serial(n), &now())).unwrap().0, 200);
    }
    let got = target.wait_for(2);
    assert!(got[1].contains(&serial(2)), "{}", got[1]);
    let (_, said) = listening.stop();
    assert!(said.contains("a webhook is not passed on"), "it is told: {said}");
    assert_eq!(kept(&home).len(), 3, "all are known all the same");
}

#[test]
fn those_who_only_keep_it_waiting_keep_nobody_out() {
    let home = home("connections = 4");
    let listening = Listening::at(&home);
    // More than may be, each of which never says what it wants.
    let silent: Vec<_> = (0..12).map(|_| listening.connect()).collect();
    let (status, answer) = listening.connect().tell(&deletion(&serial(1), &now())).unwrap();
    assert_eq!((status, answer["accepted"].as_u64()), (200, Some(1)));
    drop(silent);
}

#[test]
fn only_one_listens_and_the_other_says_who_does() {
    let home = home("");
    let listening = Listening::at(&home);
    let other = home.run(&["listen"]);
    assert_eq!(other.exit, Some(8), "{}", other.said());
    assert!(other.stderr.contains("another acerto listens for this store"), "{}", other.stderr);
    drop(listening);
    let without = listener::home("");
    std::fs::remove_file(without.path().join(".config/acerto/webhook.secret")).unwrap();
    assert_eq!(without.run(&["listen"]).exit, Some(2));
}

#[test]
fn doctor_sees_who_listens() {
    let home = home("");
    let outcome = || {
        let checks = home.run(&["doctor", "--format", "json"]).report();
        let all = checks["checks"].as_array().unwrap();
        let of = all.iter().find(|check| check["id"] == "listener").unwrap();
        of["result"].as_str().unwrap().to_owned()
    };
    assert_ne!(outcome(), "ok", "nobody has listened yet");
    let listening = Listening::at(&home);
    let until = std::time::Instant::now() + listener::PATIENCE;
    while outcome() != "ok" {
        assert!(std::time::Instant::now() < until, "it is not seen");
    }
    listening.stop();
}

#[test]
fn keys_that_cannot_be_used_are_refused_before_anything_is_served() {
    const TARGET: &str = "forward = \"https://erp.example/hook\"\n";
    for (key, lines) in [
        ("path", "path = \"webhook\"".to_owned()),
        ("path", "path = \"/healthz\"".to_owned()),
        ("body_max", "body_max = 0".to_owned()),
        ("body_max", "body_max = 262145".to_owned()),
        ("allow", "allow = [\"10.0.0.0/33\"]".to_owned()),
        ("kinds", "kinds = { gone = \"erased\" }".to_owned()),
        ("a pointer", "key_pointers = [\"serial\"]".to_owned()),
        ("forward", "forward = \"http://erp.example/hook\"".to_owned()),
        ("forward", "forward = \"https://user:word@erp.example/hook\"".to_owned()),
        ("forward_most", format!("{TARGET}forward_most = 0")),
    ] {
        let answer = home(&lines).run(&["listen"]);
        assert_eq!(answer.exit, Some(2), "{lines}: {}", answer.said());
        let told = format!("[listen] {key}: ");
        assert!(answer.stderr.contains(&told), "{lines}: {}", answer.stderr);
    }
}
