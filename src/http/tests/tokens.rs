//! One token, fetched once however many ask, and again before it ends.
//!
//! Must not do: reach another machine.

use std::convert::Infallible;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::http::{Token, Tokens};

fn token(n: usize, expires_in: Option<u64>) -> Token {
    let secret = SecretString::from(format!("token-{n}"));
    Token { secret, expires_in: expires_in.map(Duration::from_secs) }
}

#[test]
fn eight_threads_make_one_login() {
    let (tokens, logins, barrier) = (Tokens::default(), AtomicUsize::new(0), Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                let login = || {
                    std::thread::sleep(Duration::from_millis(30));
                    Ok::<_, Infallible>(token(logins.fetch_add(1, Ordering::SeqCst), Some(3600)))
                };
                let Ok(secret) = tokens.get(login);
                assert_eq!(secret.expose_secret(), "token-0");
            });
        }
    });
    assert_eq!(logins.load(Ordering::SeqCst), 1);
}

#[test]
fn eight_threads_whose_token_is_refused_make_one_more_login() {
    let (tokens, logins, barrier) = (Tokens::default(), AtomicUsize::new(0), Barrier::new(8));
    let login = || Ok::<_, Infallible>(token(logins.fetch_add(1, Ordering::SeqCst), None));
    let Ok(old) = tokens.get(login);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                tokens.refused(&old);
                let Ok(new) = tokens.get(login);
                assert_eq!(new.expose_secret(), "token-1");
                tokens.refused(&old);
            });
        }
    });
    assert_eq!(logins.load(Ordering::SeqCst), 2);
}

#[test]
fn a_token_is_not_used_in_its_last_minute() {
    for (lives, logins) in [(None, 1), (Some(120), 1), (Some(3600), 1), (Some(0), 2)] {
        let (tokens, made) = (Tokens::default(), AtomicUsize::new(0));
        for _ in 0..2 {
            let Ok(_) = tokens
                .get(|| Ok::<_, Infallible>(token(made.fetch_add(1, Ordering::SeqCst), lives)));
        }
        assert_eq!(made.load(Ordering::SeqCst), logins, "{lives:?}");
    }
    let tokens = Tokens::default();
    let Ok(_) = tokens.get(|| Ok::<_, Infallible>(token(0, Some(60))));
    let Ok(second) = tokens.get(|| Ok::<_, Infallible>(token(1, Some(60))));
    assert_eq!(second.expose_secret(), "token-1", "60 s early is now");
}

#[test]
fn a_login_that_fails_leaves_nothing_behind() {
    let tokens = Tokens::default();
    assert_eq!(tokens.get(|| Err::<Token, _>("refused")).unwrap_err(), "refused");
    let Ok(secret) = tokens.get(|| Ok::<_, Infallible>(token(7, None)));
    assert_eq!(secret.expose_secret(), "token-7");
    assert!(!format!("{tokens:?}").contains("token-7"));
}
