//! HTTP/1.1 by hyper, which is in the tree already and has the limits that a server on the edge
//! needs: one path that takes deliveries, and one that says whether they could be kept.
//!
//! Must not do: answer 2xx before a delivery is durable, log a query, or let a slow sender hold
//! up another.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::app::Clock;
use crate::app::listen::{Delivery, Parcel, Taken};
use crate::listen::counts::Counts;
use crate::listen::gate::{Proof, without_secret};
use crate::listen::mapping::Heard;
use crate::listen::refusal::Refusal;
use crate::listen::rules::Rules;
use crate::listen::writer::Job;

/// Says whether deliveries could be kept.
pub const HEALTH: &str = "/healthz";

/// A head, and then a body, must have come by then.
const PATIENCE: Duration = Duration::from_secs(10);
/// A delivery must be durable by then: the ACS waits.
const DURABLE: Duration = Duration::from_secs(15);
/// What was begun may end in this time once it is to stop.
const LEAVING: Duration = Duration::from_secs(5);
/// How long a signal may go unnoticed.
const STOP_LATENCY: Duration = Duration::from_millis(50);
/// The head of a request, bytes.
const HEAD_MOST: usize = 16 << 10;
/// A body without time and id is a replay within this span, in which senders try again; the same
/// may happen to the same device later, and then it is news.
const SAME_BODY: SignedDuration = SignedDuration::from_mins(10);
/// What can't be accepted any more is known for this much longer: a clock may be turned back.
const LONGER: SignedDuration = SignedDuration::from_hours(24);

/// Was a delivery turned away that should have been kept?
#[derive(Debug, Default)]
pub struct Missed(AtomicBool);

impl Missed {
    fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Was it, since it was asked last?
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// What every request needs.
pub struct Shared {
    /// How it is judged.
    pub rules: Rules,
    /// The time.
    pub clock: &'static dyn Clock,
    /// The counts.
    pub counts: Arc<Counts>,
    /// Deliveries turned away.
    pub missed: Arc<Missed>,
    /// For how long the store keeps what happened.
    pub keeps_for: SignedDuration,
}

/// The connections there are, oldest first; those that are being answered are not ended.
type Slots = Mutex<VecDeque<(Arc<AtomicBool>, AbortHandle)>>;

/// Serves until `stops` says so; what was taken is answered first.
pub async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
    stops: impl Fn() -> bool,
) {
    let slots = Slots::default();
    let (leave, leaving) = watch::channel(false);
    let mut all = JoinSet::new();
    loop {
        while all.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sleep(STOP_LATENCY) => {
                if stops() { break }
                continue;
            }
        };
        match accepted {
            Ok((stream, peer)) => {
                if !make_room(&slots, shared.rules.connections) {
                    // Nobody may be cut off in the middle: this one asks again.
                    shared.missed.note();
                    shared.counts.refuse(Refusal::Busy);
                    continue;
                }
                let busy = Arc::new(AtomicBool::new(false));
                let one = converse(
                    stream,
                    peer,
                    (Arc::clone(&shared), jobs.clone()),
                    Arc::clone(&busy),
                    leaving.clone(),
                );
                let handle = all.spawn(one);
                slots.lock().unwrap_or_else(PoisonError::into_inner).push_back((busy, handle));
            }
            Err(error) => {
                tracing::info!(%error, "a connection can't be accepted");
                sleep(STOP_LATENCY).await;
            }
        }
        if stops() {
            break;
        }
    }
    drop(listener);
    // Nobody there to hear it: all have ended.
    let _ = leave.send(true);
    let ended = async { while all.join_next().await.is_some() {} };
    if timeout(LEAVING, ended).await.is_err() {
        all.shutdown().await;
    }
}

/// Where there are as many as may be, the oldest that only keeps us waiting is ended; is there
/// room now?
fn make_room(slots: &Slots, most: usize) -> bool {
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    slots.retain(|(_, handle)| !handle.is_finished());
    if slots.len() < most {
        return true;
    }
    let idle = slots.iter().position(|(busy, _)| !busy.load(Ordering::Relaxed));
    let idle = idle.and_then(|at| slots.remove(at));
    idle.as_ref().inspect(|(_, handle)| handle.abort()).is_some()
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    (shared, jobs): (Arc<Shared>, SyncSender<Job>),
    busy: Arc<AtomicBool>,
    mut leaving: watch::Receiver<bool>,
) {
    // An answer is one small packet.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (shared, jobs, busy) = (Arc::clone(&shared), jobs.clone(), Arc::clone(&busy));
        async move {
            let answer = respond(request, peer.ip(), &shared, &jobs, &busy).await;
            busy.store(false, Ordering::Relaxed);
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEAD_MOST);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(leaving.wait_for(|leaves| *leaves).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn respond(
    request: Request<Incoming>,
    peer: IpAddr,
    shared: &Shared,
    jobs: &SyncSender<Job>,
    busy: &AtomicBool,
) -> Response<Full<Bytes>> {
    if request.uri().path() == HEALTH && request.method() == Method::GET {
        return health(shared);
    }
    match receive(request, peer, shared, jobs, busy).await {
        Ok(answer) => reply(200, &answer, false),
        Err(why) => {
            shared.counts.refuse(why);
            if why == Refusal::Busy {
                shared.missed.note();
            }
            tracing::warn!(reason = why.word(), %peer, "a delivery is refused");
            let text = format!("{{\"error\":\"{}\"}}", why.word());
            reply(why.status(), &text, why == Refusal::Busy)
        }
    }
}

/// Well while the last note of being up is not late.
fn health(shared: &Shared) -> Response<Full<Bytes>> {
    let beat = shared.counts.beat.load(Ordering::Relaxed);
    let age = shared.clock.now().as_second().saturating_sub(beat);
    let most = shared.rules.heartbeat.as_secs().saturating_mul(2).saturating_add(10);
    let is_well = u64::try_from(age).unwrap_or_default() <= most;
    if is_well {
        reply(200, "{\"store\":\"ok\"}", false)
    } else {
        reply(503, "{\"store\":\"late\"}", true)
    }
}

fn reply(status: u16, json: &str, is_later: bool) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(status).header("content-type", "application/json");
    if is_later {
        builder = builder.header("retry-after", "5");
    }
    let body = Full::new(Bytes::copy_from_slice(json.as_bytes()));
    builder.body(body).unwrap_or_default()
}

async fn receive(
    request: Request<Incoming>,
    peer: IpAddr,
    shared: &Shared,
    jobs: &SyncSender<Job>,
    busy: &AtomicBool,
) -> Result<String, Refusal> {
    let (head, body) = request.into_parts();
    let rules = &shared.rules;
    rules.gate.admits(rules.gate.sender(peer, &head.headers))?;
    if head.uri.path() != rules.path {
        return Err(Refusal::Path);
    }
    if head.method != Method::POST {
        return Err(Refusal::Method);
    }
    let query = head.uri.query().unwrap_or_default();
    let body = whole(body, rules.body_max).await?;
    busy.store(true, Ordering::Relaxed);
    let now = shared.clock.now();
    let proof = rules.gate.check(&head.headers, query, &body, now)?;
    // The sender is who it says it is: what is not taken of it is missed.
    let heard = match rules.mapping.read(&body, now) {
        Ok(heard) => heard,
        Err(why) => {
            shared.missed.note();
            // The target reads what it reads: it is passed on unchanged.
            if rules.target.is_none() {
                return Err(why);
            }
            Heard::unreadable()
        }
    };
    fresh(&heard, proof, rules, now).inspect_err(|_| shared.missed.note())?;
    let (digest, known_until) = identity(&heard, proof, &body, shared, now);
    let (events, unmapped) = (heard.events.len(), heard.unmapped.len());
    let parcel = rules.target.as_ref().map(|_| Parcel {
        received: now,
        content_type: content_type(&head.headers),
        query: without_secret(query),
        body: body.to_vec(),
    });
    let (answer, answered) = oneshot::channel();
    let delivery =
        Delivery { digest, known_until, events: heard.events, unmapped: heard.unmapped, parcel };
    jobs.try_send(Job { delivery, answer }).map_err(|_| Refusal::Busy)?;
    match timeout(DURABLE, answered).await {
        Ok(Ok(Some(Taken::Replayed))) => Ok("{\"accepted\":0,\"replayed\":1}".to_owned()),
        Ok(Ok(Some(Taken::Accepted))) if unmapped == 0 => {
            Ok(format!("{{\"accepted\":{events},\"replayed\":0}}"))
        }
        Ok(Ok(Some(Taken::Accepted))) => {
            Ok(format!("{{\"accepted\":{events},\"replayed\":0,\"unmapped\":{unmapped}}}"))
        }
        _ => Err(Refusal::Busy),
    }
}

async fn whole(body: Incoming, most: usize) -> Result<Bytes, Refusal> {
    let told = hyper::body::Body::size_hint(&body).lower();
    if told > most as u64 {
        return Err(Refusal::TooLarge);
    }
    match timeout(PATIENCE, Limited::new(body, most).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Refusal::TooLarge),
        Ok(Err(_)) | Err(_) => Err(Refusal::TooSlow),
    }
}

/// A signature proves its own time; a shared secret leaves the events' times to be looked at.
fn fresh(heard: &Heard, proof: Proof, rules: &Rules, now: Timestamp) -> Result<(), Refusal> {
    let age = match proof {
        Proof::Shared => rules.event_age,
        Proof::Signed(..) => SignedDuration::MAX,
    };
    let is_fresh = heard.is_fresh(now, age, rules.gate.tolerance);
    is_fresh.then_some(()).ok_or(Refusal::Stale)
}

/// What a replay of it would be known by, and until when one could be accepted.
fn identity(
    heard: &Heard,
    proof: Proof,
    body: &[u8],
    shared: &Shared,
    now: Timestamp,
) -> ([u8; 32], Timestamp) {
    let (rules, later) = (&shared.rules, |from: Timestamp, span: SignedDuration| {
        from.checked_add(span).unwrap_or(Timestamp::MAX)
    });
    let (what, until) = match (proof, heard.oldest) {
        (Proof::Shared, Some(oldest)) => {
            (body.to_vec(), later(later(oldest, rules.event_age), LONGER))
        }
        // Signed anew it is the same: a sender whose answer was lost signs again.
        (Proof::Signed(..), _) if heard.is_unique => {
            (body.to_vec(), later(later(now, rules.event_age), LONGER))
        }
        (Proof::Shared, None) if heard.is_unique => (body.to_vec(), later(now, shared.keeps_for)),
        (Proof::Signed(signature, at), _) => {
            (signature.to_vec(), later(later(at, rules.gate.tolerance), LONGER))
        }
        (Proof::Shared, None) => (body.to_vec(), later(now, SAME_BODY)),
    };
    (Sha256::digest(&what).into(), until)
}

/// Passed on as it came, where it can be a header.
fn content_type(headers: &http::HeaderMap) -> Option<String> {
    let text = headers.get("content-type")?.to_str().ok()?;
    Some(text.chars().take(256).collect())
}
