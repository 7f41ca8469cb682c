//! The faults by name.
//!
//! Must not do: keep count of what is on.

use std::time::Duration;

use super::answers;
use super::rows::{self, Lie};
use super::{Active, Deed};
use crate::lab::server::genieacs::Trap;
use crate::lab::server::message::{Answer, Asked};
use crate::lab::server::route::Api;
use crate::lab::server::wire::Send;
use crate::lab::world::World;

/// One fault.
pub(in super::super) struct Fault {
    pub name: &'static str,
    pub description: &'static str,
    pub deed: Deed,
    /// Only requests that name its key.
    pub needs_key: bool,
}

impl Fault {
    const fn new(name: &'static str, deed: Deed, description: &'static str) -> Self {
        Self { name, description, deed, needs_key: false }
    }

    const fn of_key(name: &'static str, deed: Deed, description: &'static str) -> Self {
        Self { name, description, deed, needs_key: true }
    }

    /// May it strike this request at all?
    pub fn strikes(&self, api: Api, asked: &Asked) -> bool {
        match self.deed {
            Deed::Rows(_) | Deed::Ask(_) => api.is_list(asked),
            Deed::Trap(trap) => is_test(api, asked, trap),
            Deed::Stripped => asked.header("ixcsoft").is_some(),
            Deed::Late | Deed::Session => api.is_write(asked),
            Deed::Meanwhile(_) | Deed::Afterwards(_) => {
                api == Api::Provedor && asked.method == "PUT"
            }
            Deed::Sent(_) | Deed::Instead(_) | Deed::After(_) | Deed::Tenant | Deed::Revoked => {
                true
            }
        }
    }
}

const MEBIBYTE: u64 = 1 << 20;

/// All of them (SAFETY.md section 8).
#[rustfmt::skip]
pub(in super::super) const FAULTS: &[Fault] = &[
    Fault::new("latency", Deed::Sent(|a| Send::Wait(a.wait(Duration::from_secs(2)))),
        "the answer comes 2 s late (ms: how much)"),
    Fault::new("jitter", Deed::Sent(jitter),
        "each answer comes late by another time, up to 1 s (ms: up to how much)"),
    Fault::new("slow", Deed::Sent(|_| Send::Pace { bytes: 128, every: Duration::from_millis(125) }),
        "1 KiB a second"),
    Fault::new("drip", Deed::Sent(drip),
        "one byte every 100 ms (ms: every how much)"),
    Fault::new("half-open", Deed::Sent(|a| Send::Nothing(a.wait(Duration::from_secs(120)))),
        "the request is done, and nothing is answered (ms: until the connection is closed)"),
    Fault::new("rst-before-reply", Deed::Sent(|_| Send::ResetFirst),
        "the request is done; the connection is reset before a byte is answered"),
    Fault::new("rst-mid-body", Deed::Sent(|a| Send::Reset(a.at)),
        "the connection is reset in the middle of the body (at: after this byte)"),
    Fault::new("fin-mid-chunk", Deed::Sent(|_| Send::CutChunk),
        "a chunked answer ends inside a chunk"),
    Fault::new("truncated", Deed::Sent(|a| Send::Cut(a.at)),
        "the connection ends in the middle of the body (at: after this byte)"),
    Fault::new("late-effect", Deed::Late,
        "a write is done 500 ms after the connection was closed unanswered (ms: how long after)"),
    Fault::new("hidden-column", Deed::Meanwhile(World::fill_hidden),
        "just before a PUT the row gets a value in a column that no listing shows: it is lost"),
    Fault::new("changed-meanwhile", Deed::Meanwhile(World::correct_address),
        "just before a PUT a person changes the row's address: the PUT undoes it"),
    Fault::new("changed-after", Deed::Afterwards(World::correct_address),
        "just after a PUT a person changes the row's address"),
    Fault::new("429", Deed::Instead(|_, _| answers::too_many(None)),
        "429 without Retry-After"),
    Fault::new("429-retry-after", Deed::Instead(|_, _| answers::too_many(Some("1"))),
        "429 with Retry-After: 1"),
    Fault::new("503-storm", Deed::Instead(|_, _| answers::status(503)),
        "503, and nothing done"),
    Fault::new("500", Deed::Instead(|_, _| answers::status(500)),
        "500, and nothing done"),
    Fault::new("502-html", Deed::After(|| Answer::nginx(502)),
        "done, but the proxy answers 502 with a page of HTML"),
    Fault::of_key("500-on-one-id", Deed::Instead(|_, _| answers::status(500)),
        "500 for every request that names this key (key: serial, id or table row)"),
    Fault::new("in-session", Deed::Session,
        "the box to be changed is in a session for 30 s: GenieACS answers 503, IXC ACS 409"),
    Fault::new("401", Deed::Revoked,
        "401, and the tokens given so far hold no longer: expired in the middle of a run"),
    Fault::new("403", Deed::Instead(|_, _| answers::status(403)),
        "403"),
    Fault::new("301", Deed::Instead(|asked, port| again(301, asked, port)),
        "a permanent redirect to where it was asked for already"),
    Fault::new("302", Deed::Instead(|asked, port| again(302, asked, port)),
        "a redirect to where it was asked for already"),
    Fault::new("307-other-host", Deed::Instead(|asked, port| elsewhere(307, asked, port)),
        "a redirect to another host name, which would answer"),
    Fault::new("308-other-host", Deed::Instead(|asked, port| elsewhere(308, asked, port)),
        "a permanent redirect to another host name, which would answer"),
    Fault::new("error-200", Deed::Instead(|_, _| answers::error_200()),
        "200 with {\"type\":\"error\"}"),
    Fault::new("html-200", Deed::Instead(|_, _| answers::login_page()),
        "200 with a login page of HTML"),
    Fault::new("cut-json", Deed::Rows(Lie::CutJson),
        "a whole answer whose JSON ends in the middle"),
    Fault::new("total-lies", Deed::Rows(Lie::TotalLies),
        "the total is larger than the rows that there are; without a total, more are promised"),
    Fault::new("total-changes", Deed::Rows(Lie::TotalChanges),
        "the total is another one on each page"),
    Fault::new("page-repeated", Deed::Ask(rows::earlier),
        "the page before is answered again"),
    Fault::new("pages-out-of-order", Deed::Ask(rows::out_of_order),
        "the page after the one asked for is answered, and then the one before"),
    Fault::new("rows-too-many", Deed::Ask(rows::twice_as_many),
        "twice as many rows as asked for"),
    Fault::new("empty-page", Deed::Rows(Lie::EmptyPage),
        "a page without rows, though more follow"),
    Fault::new("empty", Deed::Rows(Lie::Empty),
        "no rows, and a total of 0"),
    Fault::new("duplicate-ids", Deed::Rows(Lie::DuplicateIds),
        "the first row again in the place of the last"),
    Fault::new("ids-falling", Deed::Rows(Lie::IdsFalling),
        "the rows of a page in reverse order"),
    Fault::new("gzip-bomb", Deed::Sent(|_| Send::Bomb { mebibytes: 1024 }),
        "1 MiB of gzip that becomes 1 GiB"),
    Fault::new("deep-json", Deed::Instead(|_, _| answers::deep()),
        "100,000 arrays in one another"),
    Fault::new("huge-string", Deed::Sent(|_| Send::Flood { of: b'A', bytes: 1024 * MEBIBYTE }),
        "one string of 1 GiB"),
    Fault::new("100-mib-body", Deed::Sent(|_| Send::Flood { of: b' ', bytes: 100 * MEBIBYTE }),
        "100 MiB of white space before the rows"),
    Fault::new("header-stripped", Deed::Stripped,
        "the header ixcsoft is lost: a list becomes an insert"),
    Fault::new("wrong-host", Deed::Tenant,
        "another tenant's system answers, with its own rows"),
    Fault::new("speedtest-stale-end", Deed::Trap(Trap::StaleEnd),
        "GenieACS: the speed test begun now completes with the end of the one before"),
    Fault::new("speedtest-init-failed", Deed::Trap(Trap::InitFailed),
        "GenieACS: the speed test begun now ends in Error_InitConnectionFailed"),
    Fault::new("speedtest-spaces", Deed::Trap(Trap::Spaces),
        "GenieACS: the speed test begun now ends as \" Complete \""),
    Fault::new("speedtest-milliseconds", Deed::Trap(Trap::Milliseconds),
        "GenieACS: the speed test begun now tells its full load in milliseconds"),
    Fault::new("speedtest-wrong-bytes", Deed::Trap(Trap::WrongBytes),
        "GenieACS: the speed test begun now counts half the bytes"),
    Fault::new("speedtest-never", Deed::Trap(Trap::Never),
        "GenieACS: the speed test begun now never completes"),
    Fault::new("speedtest-nat", Deed::Trap(Trap::Nat),
        "GenieACS: the box of this task can't be called from now on: it does tasks when it calls"),
];

/// Does it start a speed test; or, for a box behind NAT, is it any task at all?
fn is_test(api: Api, asked: &Asked, trap: Trap) -> bool {
    let is_task = api == Api::Genieacs && asked.method == "POST" && asked.path.ends_with("/tasks");
    let starts = || String::from_utf8_lossy(&asked.body).contains("DiagnosticsState");
    is_task && (trap == Trap::Nat || starts())
}

fn drip(active: &Active) -> Send {
    Send::Pace { bytes: 1, every: active.wait(Duration::from_millis(100)) }
}

fn again(status: u16, asked: &Asked, port: u16) -> Answer {
    answers::moved(status, "127.0.0.1", asked, port)
}

fn elsewhere(status: u16, asked: &Asked, port: u16) -> Answer {
    answers::moved(status, "localhost", asked, port)
}

/// Spread evenly without chance: the same faults, the same times.
fn jitter(active: &Active) -> Send {
    let most = active.wait(Duration::from_secs(1));
    let step = u32::try_from(active.struck.wrapping_mul(7) % 11).unwrap_or_default();
    Send::Wait(most * step / 10)
}
