//! Checks the set-up of a GenieACS, each thing with its own fix.
//!
//! Must not do: read more than one device, or change anything.

use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::answer::{NOT_THE_NBI, failed};
use crate::acs::genieacs::fetch::total;
use crate::domain::text::visible;
use crate::http::{Head, Method, clock, through};
use crate::ports::{Check, FetchErrorKind, Verdict};

/// How an address is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    https: bool,
    loopback: bool,
}

impl Place {
    /// Of `SCHEME://HOST[:PORT]`.
    pub fn of(origin: &str) -> Self {
        let (scheme, rest) = origin.split_once("://").unwrap_or(("", origin));
        let host = match rest.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => rest.split([':', '/']).next().unwrap_or_default(),
        };
        let ip = host.parse::<std::net::IpAddr>();
        let loopback =
            host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback());
        Self { https: scheme.eq_ignore_ascii_case("https"), loopback }
    }
}

fn check(id: &str, verdict: Verdict, text: impl Into<String>, fix: Option<&str>) -> Check {
    Check { id: format!("acs-{id}"), verdict, text: text.into(), fix: fix.map(str::to_owned) }
}

/// A HEAD is refused without words: what wants TLS looks like what is another system.
const MAYBE_TLS: &str = "if that port speaks TLS, write https:// in url; else this is not the NBI, \
     which is usually port 7557";

impl GenieAcs {
    pub(super) fn checks(&self) -> Vec<Check> {
        let request = self.read(Method::Head);
        self.client.begin_fetch();
        let outcome = self.client.send(&request);
        let mut checks = self.client.how_far("acs", &outcome);
        let head = outcome.ok().map(|reply| reply.head);
        let skipped = |id| check(id, Verdict::Skip, "not checked: the NBI was not reached", None);
        let Some(head) = head else {
            checks.extend(["nbi", "list", "total", "clock", "open"].map(skipped));
            return checks;
        };
        let nbi = nbi(&head);
        let is_other = matches!(nbi.verdict, Verdict::Fail(_));
        checks.push(nbi);
        if is_other {
            // Whatever answers there, it has no list of devices.
            let skipped = |id| check(id, Verdict::Skip, "not checked: it is not the NBI", None);
            checks.extend(["list", "total"].map(skipped));
        } else {
            checks.push(self.list_check());
            checks.push(total_check(&head));
        }
        checks.push(clock("acs", head.date, self.now()));
        checks.push(self.open_check());
        checks
    }

    /// Can a list be read? One device of it, without its parameters.
    fn list_check(&self) -> Check {
        let request = self.read(Method::Get).query("projection", "_id").query("limit", "1");
        let reply = self.client.send(&request);
        let read = reply.map_err(failed).and_then(|reply| self.read_whole(&reply).map(drop));
        match read {
            Ok(()) => check("list", Verdict::Ok, "the list of devices can be read", None),
            Err(error) => {
                let fix = (!error.hints.is_empty()).then(|| error.hints.join("; "));
                let verdict = Verdict::Fail(error.kind);
                Check { fix, ..check("list", verdict, error.what, None) }
            }
        }
    }

    /// The NBI has no authentication: who reaches it can delete every device.
    pub(super) fn open_check(&self) -> Check {
        let Place { https, loopback } = self.place;
        let text = "the NBI is asked over the network without TLS, and has no password of its own";
        let fix = "let only this machine reach the NBI: firewall it, or put a proxy with TLS and a \
                   password before it";
        match (loopback, https) {
            (true, _) => check("open", Verdict::Ok, "the NBI is asked on this machine", None),
            (_, true) => check("open", Verdict::Ok, "the NBI is asked over TLS", None),
            _ => check("open", Verdict::Warn, text, Some(fix)),
        }
    }
}

/// Is it GenieACS' NBI? It says so in a header, always.
fn nbi(head: &Head) -> Check {
    match head.header("genieacs-version") {
        Some(version) => check("nbi", Verdict::Ok, format!("GenieACS {}", visible(version)), None),
        None if total(head).is_some() => check(
            "nbi",
            Verdict::Warn,
            "it counts devices like GenieACS' NBI, but does not say that it is one",
            Some("let a proxy before it pass the header GenieACS-Version on"),
        ),
        None => check(
            "nbi",
            Verdict::Fail(FetchErrorKind::Unavailable),
            format!(
                "it answers, but not as GenieACS' NBI does (HTTP {}){}",
                head.status,
                through(head)
            ),
            Some(if head.status == 400 { MAYBE_TLS } else { NOT_THE_NBI }),
        ),
    }
}

fn total_check(head: &Head) -> Check {
    match total(head) {
        Some(0) => check(
            "total",
            Verdict::Warn,
            "it has no devices; an empty ACS is never compared",
            Some("look whether this is the GenieACS in use, and its database the right one"),
        ),
        Some(n) => check("total", Verdict::Ok, format!("it counts {n} devices"), None),
        None => check(
            "total",
            Verdict::Fail(FetchErrorKind::Unavailable),
            "it does not say how many devices it has, so no list of it can be called complete",
            Some("let a proxy before it pass the header total on"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machine_and_tls() {
        for (origin, https, loopback) in [
            ("http://127.0.0.1:7557", false, true),
            ("http://localhost:7557", false, true),
            ("http://[::1]:7557", false, true),
            ("https://nbi.isp.example", true, false),
            ("http://10.0.0.5:7557", false, false),
            ("http://127.0.0.1.isp.example:7557", false, false),
            ("http://localhost.isp.example", false, false),
        ] {
            assert_eq!(Place::of(origin), Place { https, loopback }, "{origin}");
        }
    }
}
