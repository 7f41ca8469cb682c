//! Tells systemd how it goes, where systemd started it.
//!
//! Must not do: matter anywhere else; a message that can't be sent is not missed.

use sd_notify::{NotifyState, notify};

/// It serves.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// It lives: the writer works.
pub fn alive() {
    tell(NotifyState::Watchdog);
}

/// It ends.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = notify(&[state]) {
        tracing::debug!(%error, "systemd can't be told");
    }
}
