//! What the receiver of webhooks says: when it is ready, and how it went.
//!
//! Must not do: show more of where webhooks are passed on to than scheme and host.

use crate::domain::Untrusted;
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

/// Kinds that nobody knows, those that came most often first.
#[must_use]
pub fn listen_unknown(voice: &Voice, kinds: &[(Untrusted, u64)]) -> String {
    let mut sorted: Vec<_> = kinds.iter().collect();
    sorted.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let shown = sorted.iter().take(10).map(|(kind, n)| format!("{kind} ({})", voice.number(*n)));
    let shown = shown.collect::<Vec<_>>().join(", ");
    say!(voice,
        en: "unknown kinds so far: {shown}; [listen] kinds can say what they mean",
        pt: "tipos desconhecidos até agora: {shown}; [listen] kinds pode dizer o que são")
}
