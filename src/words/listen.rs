//! What the receiver of webhooks says: when it is ready, and how it went.
//!
//! Must not do: show more of where webhooks are passed on to than scheme and host.

use crate::words::{Voice, say};

/// It is ready.
#[must_use]
pub fn listen_ready(voice: &Voice, place: &str, mode: &str, forward: Option<&str>) -> String {
    match forward {
        Some(to) => say!(voice,
            en: "listening on {place} ({mode}), passing on to {to}",
            pt: "escutando em {place} ({mode}), repassando para {to}"),
        None => say!(voice,
            en: "listening on {place} ({mode}), passing nothing on",
            pt: "escutando em {place} ({mode}), sem repassar"),
    }
}

/// It has ended: accepted, replayed, refused, unmapped; passed on, still waiting.
#[must_use]
pub fn listen_ended(voice: &Voice, kept: [u64; 4], passed: [u64; 2]) -> String {
    let [accepted, replayed, refused, unmapped] = kept.map(|n| voice.number(n));
    let [forwarded, waiting] = passed.map(|n| voice.number(n));
    say!(voice,
        en: "stopped: {accepted} accepted, {replayed} replayed, {refused} refused, \
             {unmapped} of unknown kind, {forwarded} passed on, {waiting} waiting",
        pt: "parado: {accepted} aceitos, {replayed} repetidos, {refused} recusados, \
             {unmapped} de tipo desconhecido, {forwarded} repassados, {waiting} aguardando")
}
