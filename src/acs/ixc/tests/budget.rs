//! A fetch that can't finish says so before it starts, and MACs are asked for with what is left.
//!
//! Must not do: wait for a pace.

use std::time::Duration;

use super::server::{Answer, StandIn};
use super::{fetch, names, rows, settings};
use crate::acs::ixc::{IxcAcs, IxcAcsSettings};
use crate::domain::{AcsDevice, Untrusted};
use crate::http::Limits;
use crate::ports::{Acs as _, FetchErrorKind};

fn acs(server: &StandIn, known: usize, change: impl Fn(&mut Limits)) -> IxcAcs {
    let mut settings = settings(server);
    change(&mut settings.http.limits);
    let known = names(known).iter().map(|id| Untrusted::new(id)).collect();
    IxcAcs::new(IxcAcsSettings { known, ..settings }).unwrap()
}

#[test]
fn a_fetch_that_does_not_fit_is_not_begun() {
    type Change = fn(&mut Limits);
    let changes: [(&str, Change); 3] = [
        ("20 are left", |limits| limits.left_today = Some(20)),
        ("15 minutes; a fetch may take 10", |limits| {
            limits.per_minute = 3;
            limits.fetch = Duration::from_secs(600);
        }),
        ("5 minutes; a fetch may take 4", |limits| {
            limits.per_second = 0.16;
            limits.fetch = Duration::from_secs(240);
        }),
    ];
    for (words, change) in changes {
        let server = StandIn::honest(rows(120));
        let error = fetch(&acs(&server, 120, change)).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
        assert!(error.what.contains("120 devices, 3 a page, takes 46 requests"), "{}", error.what);
        assert!(error.what.contains(words), "{}", error.what);
        assert!(error.hints.iter().any(|hint| hint.contains("page_size")));
        assert_eq!(server.seen().len(), 0);
    }
}

#[test]
fn a_page_that_the_server_shortens_is_reckoned_with() {
    let server = StandIn::lying(rows(40), |world, ask, answer| match ask.page() {
        Some(page) => world.page(ask, 2, page),
        None => answer,
    });
    let mut settings = settings(&server);
    settings.http.limits.left_today = Some(20);
    settings.page_size = Some(40);
    let known = names(40).iter().map(|id| Untrusted::new(id)).collect();
    let error = fetch(&IxcAcs::new(IxcAcsSettings { known, ..settings }).unwrap()).unwrap_err();
    assert!(error.what.contains("40 devices, 2 a page"), "{}", error.what);
    assert_eq!(server.count("/natural"), 1);
}

#[test]
fn macs_are_asked_for_while_requests_are_left() {
    for (left, asked) in [(None, 500), (Some(130), 109)] {
        let server = StandIn::lying(rows(1), |_, ask, answer| match ask.path.as_str() {
            path if path.ends_with("/ppp") => Answer::new(200, "{}"),
            _ => answer,
        });
        let acs = acs(&server, 1, |limits| limits.left_today = left);
        let mut devices: Vec<AcsDevice> = names(600)
            .iter()
            .map(|id| AcsDevice { id: Untrusted::new(id), ..AcsDevice::default() })
            .collect();
        acs.complete(&mut devices.iter_mut().collect::<Vec<_>>()).unwrap();
        assert_eq!(server.count("/ppp"), asked);
        acs.complete(&mut devices.iter_mut().collect::<Vec<_>>()).unwrap();
        assert_eq!(server.count("/ppp"), asked, "of the whole fetch");
        assert_eq!(acs.traffic().requests, asked as u64 + 1);
    }
}
