//! Whom a plan takes without a person, and which login where several fit.

use super::*;
use crate::engine::Strength;
use crate::engine::plan::Why;

fn why(findings: &[Finding], selection: &Selection) -> Option<Why> {
    let plan = made(findings, &Able::default(), selection);
    plan.skipped.first().map(|s| s.why.clone())
}

#[test]
fn a_login_is_linked_where_the_only_candidate_agrees_well_enough() {
    let few = "the only candidate does not agree well enough";
    let none = "no login fits: find it and link it by hand";
    let many = "several logins fit: choose one with --candidate";
    for (candidates, person, nobody) in [
        (vec![candidate("71", 2)], None, None),
        (vec![candidate("71", 3)], None, None),
        (vec![candidate("71", 1)], None, Some(few)),
        (vec![candidate("71", 0)], Some(few), Some(few)),
        (vec![], Some(none), Some(none)),
        (vec![candidate("71", 3), candidate("72", 1)], Some(many), Some(many)),
    ] {
        let found = Finding { candidates, ..of(C::UnlinkedLogin, 1) };
        let findings = [found];
        let n = findings[0].candidates.len();
        assert_eq!(why(&findings, &any()), person.map(Why::NeedsAPerson), "{n}");
        assert_eq!(why(&findings, &headless()), nobody.map(Why::NeedsAPerson), "{n}");
    }
}

#[test]
fn a_person_chooses_among_the_candidates_only() {
    let candidates = vec![candidate("71", 3), candidate("72", 0)];
    let findings = [Finding { candidates, ..of(C::UnlinkedLogin, 1) }];
    let chosen = |id: &str| Selection { candidate: Some(id.to_owned()), ..any() };
    let plan = made(&findings, &Able::default(), &chosen("72"));
    assert_eq!(lines(&plan), ["set login:72 serial=HWTC00000001"]);
    let no = Why::NeedsAPerson("the login is no candidate of it");
    assert_eq!(why(&findings, &chosen("99")), Some(no));
}

#[test]
fn a_device_with_an_entry_of_its_own_has_that_linked() {
    let mut found = of(C::UnlinkedLogin, 1);
    let own = ProviderRecord { login_id: None, login: None, linked: Some(false), ..entry(1) };
    found.provider = vec![own];
    let plan = made(std::slice::from_ref(&found), &Able::default(), &any());
    assert_eq!(lines(&plan), ["set entry:1 login_id=71"]);
    found.provider = vec![entry(1)];
    let no = "the entry is linked to a login already";
    assert_eq!(why(&[found], &any()), Some(Why::NeedsAPerson(no)));
    let mut found = of(C::UnlinkedLogin, 1);
    found.candidates[0].device_id = u("9").into();
    let no = "the login carries another device";
    assert_eq!(why(&[found], &any()), Some(Why::NeedsAPerson(no)));
}

#[test]
fn without_a_person_an_identity_is_corrected_where_login_and_mac_agree() {
    let right = of(C::IdentityMismatch, 1);
    assert_eq!(why(std::slice::from_ref(&right), &headless()), None);
    let no = Some(Why::NeedsAPerson("login and MAC do not both agree"));
    let mut other_mac = right.clone();
    other_mac.provider[0].mac = u("00:25:9E:00:00:02").into();
    assert_eq!(why(std::slice::from_ref(&other_mac), &headless()), no);
    let plan = made(&[other_mac], &Able::default(), &any());
    assert_eq!(lines(&plan), ["set entry:1 serial=HWTC00000001 mac=00:25:9E:00:00:01"]);
    let mut other_login = right;
    other_login.provider[0].login = u("bia").into();
    assert_eq!(why(std::slice::from_ref(&other_login), &headless()), no);
    assert_eq!(why(&[other_login], &any()), None);
}

#[test]
fn a_swap_is_for_a_person() {
    let no = Why::NeedsAPerson("a swap agrees in the login alone");
    assert_eq!(why(&[of(C::SwappedDevice, 1)], &headless()), Some(no));
}

/// Proven, silent, and gone for long enough; with a person the guards ask instead.
#[test]
fn without_a_person_a_removal_is_of_what_is_surely_gone() {
    type Edit = fn(&mut Finding);
    let removal: [(Edit, Option<Why>); 7] = [
        (|_| {}, None),
        (|f| f.strength = Strength::Inferred, Some(Why::OnlyInferred)),
        (|f| f.provider[0].online = Some(true), Some(Why::LifeSign)),
        (|f| f.provider[0].online = None, None),
        (|f| f.absent_since = Some(at(-360)), None),
        (|f| f.absent_since = Some(at(-359)), Some(Why::AbsentTooShortly)),
        (|f| f.absent_since = None, Some(Why::AbsentTooShortly)),
    ];
    for (edit, says) in removal {
        let mut found = of(C::PendingPurge, 1);
        edit(&mut found);
        let fix = Some(Fix::RemoveInProvider);
        let alone = Selection { fix, ..headless() };
        assert_eq!(why(std::slice::from_ref(&found), &alone), says);
        assert_eq!(why(std::slice::from_ref(&found), &Selection { fix, ..any() }), None);
        // Of what a synchronisation drops the guards judge everything.
        assert_eq!(why(&[found], &headless()), None);
    }
    let deletion: [(Edit, Option<Why>); 6] = [
        (|_| {}, None),
        (|f| f.strength = Strength::Inferred, Some(Why::OnlyInferred)),
        (|f| f.acs[0].last_inform = Some(at(-24 * 60)), None),
        (|f| f.acs[0].last_inform = Some(at(-24 * 60 + 1)), Some(Why::LifeSign)),
        (|f| f.absent_since = Some(at(-360)), None),
        (|f| f.absent_since = Some(at(-359)), Some(Why::AbsentTooShortly)),
    ];
    for (edit, says) in deletion {
        let mut found = of(C::Returned, 1);
        edit(&mut found);
        let alone = Selection { fix: Some(Fix::DeleteInAcs), ..headless() };
        assert_eq!(why(&[found], &alone), says);
    }
}
