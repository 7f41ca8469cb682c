//! Each fault of a set-up is found by its own check, with what to do about it.
//!
//! Must not do: read more than one page.

use super::server::{Answer, StandIn};
use super::{acs, names, rows, settings};
use crate::acs::ixc::{IxcAcs, IxcAcsSettings};
use crate::domain::Untrusted;
use crate::ports::{Check, FetchErrorKind, Probe as _, Verdict};

const IDS: [&str; 10] = [
    "acs-dns",
    "acs-tcp",
    "acs-tls",
    "acs-http",
    "acs-clock",
    "acs-html",
    "acs-token",
    "acs-permission",
    "acs-list",
    "acs-requests",
];

/// One letter a check: ok, warning, skipped, or the exit code.
fn letters(checks: &[Check]) -> String {
    let ids: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids, IDS);
    let letter = |check: &Check| match check.verdict {
        Verdict::Ok => 'o',
        Verdict::Warn => 'w',
        Verdict::Skip => 's',
        Verdict::Fail(FetchErrorKind::Config) => '2',
        Verdict::Fail(FetchErrorKind::Unavailable) => '6',
        Verdict::Fail(FetchErrorKind::Auth) => '7',
    };
    for check in checks {
        let needs_fix = !matches!(check.verdict, Verdict::Ok | Verdict::Skip);
        assert_eq!(check.fix.is_some(), needs_fix, "{check:?}");
    }
    checks.iter().map(letter).collect()
}

#[test]
fn all_is_well_with_an_honest_acs() {
    let server = StandIn::honest(rows(8));
    assert_eq!(letters(&acs(&server).probe()), "oooooooooo");
    assert_eq!(server.count("/natural"), 1);
}

#[test]
fn each_fault_has_its_check() {
    for (path, status, body, expected) in [
        ("/api/v1/devices/capabilities", 200, "<html>shop</html>", "ooooo6ssss"),
        ("/api/v1/devices/capabilities", 404, "<html>nginx</html>", "oooooooooo"),
        ("/api/v1/devices/capabilities", 302, "", "ooo6ssssss"),
        ("/api/v2/token/oauth", 401, "{}", "oooooo7sss"),
        ("/api/v2/token/oauth", 400, "{}", "oooooo7sss"),
        ("/api/v2/token/oauth", 200, "<html></html>", "oooooo6sss"),
        ("/api/v2/devices/views/natural", 401, "{}", "oooooo7sso"),
        ("/api/v2/devices/views/natural", 403, "{}", "ooooooo7so"),
        ("/api/v2/devices/views/natural", 500, "{}", "ooooooos6o"),
        ("/api/v2/devices/views/natural", 404, "{}", "oooooooo6o"),
        ("/api/v2/devices/views/natural", 200, "<html></html>", "oooooooo6o"),
        ("/api/v2/devices/views/natural", 200, "{\"registers\":[]}", "oooooooo6o"),
        (
            "/api/v2/devices/views/natural",
            200,
            "{\"registers\":[],\"hasNextPage\":false}",
            "oooooooo6o",
        ),
        (
            "/api/v2/devices/views/natural",
            200,
            "{\"registers\":[{\"serialNumber\":\"A\"}],\"hasNextPage\":true}",
            "oooooooowo",
        ),
    ] {
        let server = StandIn::lying(rows(8), move |_, ask, answer| {
            if ask.path == path { Answer::new(status, body) } else { answer }
        });
        assert_eq!(letters(&acs(&server).probe()), expected, "{path} {status} {body}");
    }
}

#[test]
fn requests_that_run_out_and_a_wrong_clock_are_said() {
    let server = StandIn::honest(rows(8));
    for (left, expected) in [(100, "oooooooooo"), (15, "ooooooooow"), (9, "ooooooooo6")] {
        let mut settings = settings(&server);
        settings.http.limits.left_today = Some(left);
        let known = names(8).iter().map(|id| Untrusted::new(id)).collect();
        let acs = IxcAcs::new(IxcAcsSettings { known, ..settings }).unwrap();
        assert_eq!(letters(&acs.probe()), expected, "{left}");
    }
    let now = "2026-11-24T13:00:00Z".parse().unwrap();
    let acs = IxcAcs::new(IxcAcsSettings { now, ..settings(&server) }).unwrap();
    assert_eq!(letters(&acs.probe()), "oooowooooo");
}

#[test]
fn nobody_at_the_address_leaves_the_rest_unchecked() {
    let server = StandIn::honest(rows(1));
    let mut settings = settings(&server);
    settings.http.origin = "http://127.0.0.1:1".to_owned();
    let acs = IxcAcs::new(settings).unwrap();
    assert_eq!(letters(&acs.probe()), "o6ssssssss");
}
