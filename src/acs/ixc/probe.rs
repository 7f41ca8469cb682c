//! Checks the set-up of an IXC ACS, each thing with its own fix.
//!
//! Must not do: read more than one page of devices, or change anything.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::answer::{Failure, html};
use crate::acs::ixc::list::read;
use crate::acs::ixc::page::Page;
use crate::http::{HttpError, Method, Reply, Request, Trouble, clock, through};
use crate::ports::{Check, FetchError, FetchErrorKind, Verdict};

/// A budget of which a fetch takes more than this is near its end, per cent.
const NEAR_PERCENT: u64 = 50;

fn check(id: &str, verdict: Verdict, text: impl Into<String>, fix: Option<String>) -> Check {
    Check { id: format!("acs-{id}"), verdict, text: text.into(), fix }
}

fn well(id: &str, text: impl Into<String>) -> Check {
    check(id, Verdict::Ok, text, None)
}

fn skipped(id: &str) -> Check {
    check(id, Verdict::Skip, "not checked: a check before this one failed", None)
}

fn failed(id: &str, error: FetchError) -> Check {
    let fix = (!error.hints.is_empty()).then(|| error.hints.join("; "));
    check(id, Verdict::Fail(error.kind), error.what, fix)
}

impl IxcAcs {
    pub(super) fn checks(&self) -> Vec<Check> {
        self.client.begin_fetch();
        let outcome = self.knock();
        let mut checks = self.client.how_far("acs", &outcome);
        let rest = ["clock", "html", "token", "permission", "list", "requests"];
        let unreached = checks.iter().any(|check| matches!(check.verdict, Verdict::Fail(_)));
        let reply = match outcome {
            Ok(reply) if !unreached => reply,
            _ => {
                checks.extend(rest.map(skipped));
                return checks;
            }
        };
        checks.push(clock("acs", reply.head.date, self.now()));
        // A refusal as a page is a proxy's habit; a page as the answer is another system.
        if reply.is_html() && reply.head.is_success() {
            let mut page = html("the API's answer");
            page.what.push_str(&through(&reply.head));
            checks.push(failed("html", page));
            checks.extend(rest[2..].iter().map(|id| skipped(id)));
            return checks;
        }
        checks.push(well("html", "the API answers, not a web page"));
        let mut life = None;
        let token = self.tokens.get(|| {
            let token = self.entrance.log_in(&self.client, self.now())?;
            life = token.expires_in;
            Ok(token)
        });
        match token {
            Err(error) => {
                checks.push(failed("token", error));
                checks.extend(rest[3..].iter().map(|id| skipped(id)));
            }
            Ok(_) => checks.extend(self.checks_inside(life)),
        }
        checks
    }

    /// One exchange without a token: a refusal is an answer too.
    fn knock(&self) -> Result<Reply, HttpError> {
        let request = Request::read(Method::Get, "/api/v1/devices/capabilities");
        self.client.send(&request).or_else(|mut error| match error.trouble {
            Trouble::Unauthorised | Trouble::Forbidden => match error.reply.take() {
                // 407 is a proxy's: the ACS was not reached.
                Some(reply) if reply.head.status != 407 => Ok(*reply),
                _ => Err(error),
            },
            _ => Err(error),
        })
    }

    /// The checks that need a token.
    fn checks_inside(&self, life: Option<Duration>) -> Vec<Check> {
        let size = self.page_size.load(Ordering::Relaxed);
        let reply = self.ask(&self.page_request(1, size));
        let good = life
            .map_or_else(String::new, |life| format!(", good for {} minutes", life.as_secs() / 60));
        let token = well("token", format!("the ACS gives this API client a token{good}"));
        let mut checks = match reply {
            Err(Failure { trouble: Some(Trouble::Unauthorised), error }) => {
                vec![failed("token", error), skipped("permission"), skipped("list")]
            }
            Err(Failure { trouble: Some(Trouble::Forbidden), error }) => {
                vec![token, failed("permission", error), skipped("list")]
            }
            Err(Failure { error, .. }) => vec![token, skipped("permission"), failed("list", error)],
            Ok(reply) => {
                let permission = well("permission", "the API client may read the devices");
                vec![token, permission, list(read(&reply, &self.root), size)]
            }
        };
        checks.push(self.requests_check());
        checks
    }

    /// Does a fetch fit into the requests that may be made?
    fn requests_check(&self) -> Check {
        if let Err(error) = self.afford() {
            return failed("requests", error);
        }
        let requests = self.cost().requests;
        let Some(left) = self.left_today() else {
            let text = format!("a fetch takes about {requests} requests; no limit of a day is set");
            return well("requests", text);
        };
        let text = format!("a fetch takes about {requests} of the {left} requests left today");
        if requests.saturating_mul(100) > left.saturating_mul(NEAR_PERCENT) {
            let fix = "raise the requests per day in the API client (Tools > API Clients) and \
                       requests_per_day with them, or set page_size higher";
            return check("requests", Verdict::Warn, text, Some(fix.to_owned()));
        }
        well("requests", text)
    }
}

/// Is the first page one, and does it hold what was asked for?
fn list(page: Result<Page, FetchError>, asked: u32) -> Check {
    let page = match page {
        Ok(page) => page,
        Err(error) => return failed("list", error),
    };
    let rows = page.rows.len();
    if rows == 0 {
        let what = "the list of devices is empty";
        let hint = "look whether the API client may see the devices (Tools > API Clients)";
        return failed("list", FetchError::new(FetchErrorKind::Unavailable, what, &[hint]));
    }
    if page.has_next && u32::try_from(rows) != Ok(asked) {
        let text = format!("the ACS gives {rows} devices a page, not {asked}");
        let fix = format!("set page_size = {rows}");
        return check("list", Verdict::Warn, text, Some(fix));
    }
    well("list", format!("the first page of the list holds {rows} devices"))
}
