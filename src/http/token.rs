//! A bearer token that is fetched once however many ask, and again before it ends.
//!
//! Must not do: know how a login works; the adapter says.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};

/// How long before its end a token is not used any more.
const EARLY: Duration = Duration::from_secs(60);

/// A token as a login gave it.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub secret: SecretString,
    /// How long it is good for; `None`: until it is refused.
    pub expires_in: Option<Duration>,
}

/// The current token of one API client.
#[derive(Debug, Default)]
pub struct Tokens {
    current: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    secret: SecretString,
    until: Option<Instant>,
}

impl Tokens {
    /// The current token, or a new one by `login`, which runs at most once at a time.
    ///
    /// # Errors
    /// Where `login` fails.
    pub fn get<E>(&self, login: impl FnOnce() -> Result<Token, E>) -> Result<SecretString, E> {
        let mut current = self.lock();
        if let Some(held) = current.as_ref()
            && held.until.is_none_or(|until| Instant::now() < until)
        {
            return Ok(held.secret.clone());
        }
        let token = login()?;
        // One that is shorter than the margin is used for what it is.
        let good = |d: Duration| Instant::now() + d.checked_sub(EARLY).unwrap_or(d / 2);
        *current = Some(Held { secret: token.secret.clone(), until: token.expires_in.map(good) });
        Ok(token.secret)
    }

    /// `used` was refused: it is dropped, unless somebody replaced it meanwhile.
    pub fn refused(&self, used: &SecretString) {
        let mut current = self.lock();
        if current.as_ref().is_some_and(|h| h.secret.expose_secret() == used.expose_secret()) {
            *current = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
