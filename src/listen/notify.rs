//! Telling somebody: a post to a hook, a program that gets the text on its standard input.
//!
//! Must not do: decide what is worth telling; show a hook's path; trust what either answers.

use std::process::{Command, Stdio};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use crate::config::{ConfigError, Hook, Listen};
use crate::domain::text::visible;
use crate::http::{self, Body, Client, Method, Request, Trouble};
use crate::listen::child::{self, Ended, Patience};

/// A message is small; so is what answers it.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// All tries of a hook together.
const HOOK_TIME: Duration = Duration::from_secs(60);

/// What a program may take, and how long it may clean up.
const PROGRAM: Patience =
    Patience { limit: Duration::from_secs(60), grace: Duration::from_secs(2) };

/// What of our environment a program gets: others may hold secrets of the two systems.
const HANDED_DOWN: [&str; 10] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

/// What is told.
#[derive(Clone, Debug)]
pub struct Message {
    /// For a hook.
    pub json: Vec<u8>,
    /// For a program.
    pub text: String,
    /// The profile.
    pub profile: String,
    /// The run's exit code.
    pub exit: u8,
    /// The run, where there is one.
    pub run_id: Option<String>,
}

/// Tells everybody who is configured; `hook` as it was read. It counts as told where anybody was;
/// who was not, is in the list, safe to show.
#[must_use]
pub fn send(
    listen: &Listen,
    hook: Result<Option<Hook>, ConfigError>,
    message: &Message,
) -> (bool, Vec<String>) {
    let (mut told, mut failed) = (false, Vec::new());
    let mut note = |result: Result<(), String>| match result {
        Ok(()) => told = true,
        Err(what) => failed.push(what),
    };
    match hook {
        Ok(None) => {}
        Ok(Some(hook)) => {
            let posted = post(&hook, message, HOOK_TIME);
            note(posted.map_err(|what| format!("notify_url {hook}: {what}")));
        }
        Err(error) => note(Err(format!("notify_url: {error}"))),
    }
    let words = listen.notify_words();
    if let Some(program) = words.first() {
        let shown = visible(program);
        note(
            call(&words, message, PROGRAM)
                .map_err(|what| format!("notify_command {shown}: {what}")),
        );
    }
    (told, failed)
}

/// A message that comes twice is better than one that never comes: it is sent as a read is, again
/// where that may help.
fn post(hook: &Hook, message: &Message, time: Duration) -> Result<(), String> {
    let limits = http::Limits {
        request: Duration::from_secs(20),
        fetch: time,
        body_bytes: ANSWER_BYTES_MAX,
        retries: 3,
        retry_most: Duration::from_secs(8),
        retry_after_most: Duration::from_secs(20),
        ..http::Limits::default()
    };
    let origin = hook.origin.as_str().to_owned();
    let client = Client::new(http::Settings { origin, ca_pem: None, limits });
    let client = client.map_err(|error| error.what)?;
    let request = Request::read(Method::Post, hook.target().expose_secret())
        .with_secret_path()
        .body(Body::Json(message.json.clone()));
    match client.send(&request) {
        Ok(reply) if reply.head.is_success() => Ok(()),
        Ok(reply) => Err(format!("it answers with status {}", reply.head.status)),
        // Its own words name the path, which is the hook's password.
        Err(error) => Err(cause(error.trouble, error.reply.map(|reply| reply.head.status))),
    }
}

/// What is wrong, without an address.
fn cause(trouble: Trouble, status: Option<u16>) -> String {
    if let Some(status) = status {
        return format!("it answers with status {status}");
    }
    let what = match trouble {
        Trouble::Settings => "the address can't be used",
        Trouble::Dns => "the name has no address",
        Trouble::Connect => "nobody answers there",
        Trouble::Tls => "TLS failed: look at its certificate",
        Trouble::Timeout | Trouble::Deadline => "no answer in time",
        Trouble::Cut | Trouble::TooLarge | Trouble::Garbled => "the answer can't be read",
        Trouble::Redirect => "it points elsewhere, which is not followed",
        Trouble::Unauthorised | Trouble::Forbidden => "it refuses us",
        Trouble::TooMany => "it is asked too often",
        Trouble::Server | Trouble::Budget | Trouble::Breaker => "it fails again and again",
    };
    what.to_owned()
}

fn call(words: &[String], message: &Message, patience: Patience) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stderr(Stdio::null());
    for name in HANDED_DOWN {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("ACERTO_PROFILE", &message.profile);
    command.env("ACERTO_EXIT", message.exit.to_string());
    command.env("ACERTO_RUN_ID", message.run_id.as_deref().unwrap_or_default());
    match child::run(&mut command, message.text.as_bytes(), None, patience, None) {
        Ok(Ended::Exited(0)) => Ok(()),
        Ok(Ended::Exited(code)) => Err(format!("it ended with exit code {code}")),
        Ok(Ended::Killed(signal)) => Err(format!("it was ended by signal {signal}")),
        Ok(Ended::TooLong | Ended::Stopped) => {
            Err(format!("it was ended after {} s", patience.limit.as_secs()))
        }
        Err(error) => Err(format!("it can't be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    fn message() -> Message {
        Message {
            json: br#"{"text":"worse"}"#.to_vec(),
            text: "worse\n".to_owned(),
            profile: "prod".to_owned(),
            exit: 3,
            run_id: Some("0197".to_owned()),
        }
    }

    /// A server that gives these answers, one a connection, and tells what it was asked.
    fn server(answers: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hooks/geheim?x=1", listener.local_addr().unwrap());
        let serve = move || {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut text = Vec::new();
                let mut room = [0; 4096];
                while !String::from_utf8_lossy(&text).contains(r#""worse"}"#) {
                    let read = stream.read(&mut room).unwrap();
                    assert!(read > 0, "cut: {}", String::from_utf8_lossy(&text));
                    text.extend_from_slice(&room[..read]);
                }
                stream.write_all(answer.as_bytes()).unwrap();
                asked.push(String::from_utf8_lossy(&text).into_owned());
            }
            asked
        };
        (url, std::thread::spawn(serve))
    }

    const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
    const BUSY: &str =
        "HTTP/1.1 503 Later\r\ncontent-length: 0\r\nconnection: close\r\nretry-after: 0\r\n\r\n";
    const GONE: &str =
        "HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\nconnection: close\r\n\r\n\x1b[2Jhm";
    const AWAY: &str = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\
        content-length: 0\r\nconnection: close\r\n\r\n";

    #[test]
    fn a_hook_gets_the_message_once_it_can_take_it() {
        let (url, asked) = server(&[BUSY, FINE]);
        assert_eq!(post(&url.parse().unwrap(), &message(), HOOK_TIME), Ok(()));
        let asked = asked.join().unwrap();
        assert_eq!(asked.len(), 2);
        assert!(asked[1].starts_with("POST /hooks/geheim?x=1 HTTP/1.1\r\n"), "{}", asked[1]);
        assert!(asked[1].to_lowercase().contains("content-type: application/json"));
    }

    #[test]
    fn a_hook_that_refuses_is_told_without_its_path() {
        for (answers, what) in [(&[GONE][..], "status 404"), (&[AWAY][..], "status 302")] {
            let (url, asked) = server(answers);
            let hook = Ok(url.parse().ok());
            let (told, failed) = send(&Listen::default(), hook, &message());
            assert!(!told && failed[0].contains(what), "{failed:?}");
            assert!(!failed[0].contains("geheim") && !failed[0].contains('\x1b'), "{failed:?}");
            asked.join().unwrap();
        }
        let closed: Hook = "http://127.0.0.1:1/geheim".parse().unwrap();
        let failed = post(&closed, &message(), Duration::from_secs(3)).unwrap_err();
        assert!(!failed.contains("geheim"), "{failed}");
    }

    fn words(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_program_gets_text_and_few_variables() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let script = format!("(cat; env) > {}", out.display());
        assert_eq!(call(&words(&script), &message(), PROGRAM), Ok(()));
        let said = std::fs::read_to_string(out).unwrap();
        for line in ["worse", "ACERTO_PROFILE=prod", "ACERTO_EXIT=3", "ACERTO_RUN_ID=0197"] {
            assert!(said.lines().any(|l| l == line), "{line}: {said}");
        }
        assert!(!said.contains("CARGO"), "{said}");
    }

    #[test]
    fn a_program_that_fails_is_told() {
        let short =
            Patience { limit: Duration::from_millis(300), grace: Duration::from_millis(50) };
        for (script, what) in
            [("exit 7", "exit code 7"), ("kill -9 $$", "signal 9"), ("sleep 600", "ended after")]
        {
            let failed = call(&words(script), &message(), short).unwrap_err();
            assert!(failed.contains(what), "{failed}");
        }
        let missing = call(&["/no/such/program".to_owned()], &message(), short).unwrap_err();
        assert!(missing.contains("can't be started"), "{missing}");
    }
}
