//! Which steps a finding gets: its first fix, the next one, a line for a person, or a reason.

use super::*;
use crate::domain::{Macs, Side, Sought, Undo};
use crate::engine::plan::{BY_REQUEST, Expect, Why, synchronisation};
use crate::engine::{Ignored, Related, Strength};

#[test]
fn every_cause_gets_its_first_fix_else_the_next_else_a_line_for_a_person() {
    const SWAP: &[&str] = &[
        "set entry:1 serial=ZTEG00000001",
        "set login:51 serial=ZTEG00000001 held after 1",
        "clear login:51 after 2",
        "end login:51 after 3",
    ];
    const REMOVAL: &[&str] = &[
        "set entry:1 login_id= held removes 1",
        "set login:51 serial= mac= held after 1 removes 0",
    ];
    const SYNC: &[&str] = &["synchronise provider removes 1"];
    const NOTHING: &[&str] = &["skipped NothingToSend"];
    for (cause, first, second, by_hand) in [
        (C::Duplicate, NOTHING, NOTHING, NOTHING),
        (
            C::IdentityMismatch,
            &["set entry:1 serial=HWTC00000001"][..],
            &["by hand correct-identity"][..],
            &["by hand correct-identity"][..],
        ),
        (C::SwappedDevice, SWAP, &["by hand replace-identity"], &["by hand replace-identity"]),
        (C::InactiveLogin, NOTHING, NOTHING, NOTHING),
        (C::Returned, &["send a1"], &["delete a1 removes 1"], &["by hand send-device"]),
        (C::AwaitingSync, &["synchronise acs"], &["send a1"], &["by hand synchronise"]),
        (
            C::UnlinkedLogin,
            &["set login:71 serial=HWTC00000001"],
            &["by hand link-login"],
            &["by hand link-login"],
        ),
        (C::LostWebhook, SYNC, REMOVAL, &["by hand synchronise-provider removes 1"]),
        (C::PendingPurge, SYNC, REMOVAL, &["by hand synchronise-provider removes 1"]),
        (C::RemovedUnknown, SYNC, REMOVAL, &["by hand synchronise-provider removes 1"]),
        (C::NeverSeen, NOTHING, NOTHING, NOTHING),
        (C::Unexplained, NOTHING, NOTHING, NOTHING),
        (
            C::FieldDrift,
            &["set entry:1 mac=00:25:9E:00:00:01"],
            &["by hand update-provider"],
            &["by hand update-provider"],
        ),
        (C::ManualDelete, NOTHING, NOTHING, NOTHING),
    ] {
        let findings = [of(cause, 1)];
        let by_cause = Selection { causes: vec![cause], ..any() };
        let told = |able: Able| all_of(&made(&findings, &able, &by_cause));
        assert_eq!(told(Able::default()), first, "{cause:?}");
        // The adapter can't send the first fix.
        let first_change = first[0].trim_end_matches(" removes 1");
        let unable = vec![first_change];
        assert_eq!(told(Able { unable, ..Able::default() }), second, "{cause:?}");
        let unable = vec!["set", "send", "delete", "synchronise", "clear", "end"];
        assert_eq!(told(Able { unable, ..Able::default() }), by_hand, "{cause:?}");
    }
}

/// The requests of one fix stand or fall together.
#[test]
fn a_fix_that_can_be_sent_only_in_part_is_not_sent() {
    let findings = [of(C::SwappedDevice, 1)];
    let able = Able { unable: vec!["end"], ..Able::default() };
    assert_eq!(all_of(&made(&findings, &able, &any())), ["by hand replace-identity"]);
}

#[test]
fn what_is_there_already_takes_no_step_and_the_next_follows_the_one_before() {
    let findings = [of(C::SwappedDevice, 1)];
    let able = Able { nothing: vec!["set login"], ..Able::default() };
    let told = all_of(&made(&findings, &able, &any()));
    let steps =
        ["set entry:1 serial=ZTEG00000001", "clear login:51 after 1", "end login:51 after 2"];
    assert_eq!(told, steps);
    let able = Able { nothing: vec!["set", "clear", "end"], ..Able::default() };
    assert!(made(&findings, &able, &any()).steps.is_empty());
}

#[test]
fn a_fix_that_was_asked_for_is_taken_where_it_is_offered() {
    let able = Able::default();
    let told = |cause, fix| all_of(&made(&[of(cause, 1)], &able, &by(fix)));
    assert_eq!(told(C::Returned, Fix::DeleteInAcs), ["delete a1 removes 1"]);
    assert_eq!(told(C::AwaitingSync, Fix::SendDevice), ["send a1"]);
    assert_eq!(told(C::AwaitingSync, Fix::DeleteInAcs), ["skipped NotOffered"]);
    assert_eq!(told(C::NeverSeen, Fix::Ignore), ["skipped NothingToSend"]);
    assert_eq!(told(C::Duplicate, Fix::ChooseByHand), ["skipped NothingToSend"]);
    // Never another one in its place.
    let unable = Able { unable: vec!["send"], ..Able::default() };
    let findings = [of(C::Returned, 1)];
    assert_eq!(all_of(&made(&findings, &unable, &by(Fix::SendDevice))), ["by hand send-device"]);
}

#[test]
fn findings_are_chosen_by_cause_and_by_id() {
    let findings = one_of_each();
    let able = Able::default();
    let because = |selection: Selection| -> Vec<String> {
        let plan = made(&findings, &able, &selection);
        let all = plan.steps.iter().map(|s| &s.because);
        let mut all: Vec<_> = all.chain(plan.skipped.iter().map(|s| &s.because)).cloned().collect();
        all.sort();
        all.dedup();
        all
    };
    let id = |cause: C| findings.iter().find(|f| f.cause == cause).unwrap().id.clone();
    let causes = vec![C::Returned, C::NeverSeen];
    let ids = vec![id(C::Returned), id(C::FieldDrift)];
    let chosen = because(Selection { causes: causes.clone(), ..any() });
    assert_eq!(chosen, [id(C::Returned), id(C::NeverSeen)]);
    let chosen = because(Selection { ids: ids.clone(), ..any() });
    assert_eq!(chosen, [id(C::Returned), id(C::FieldDrift)]);
    assert_eq!(because(Selection { causes, ids, ..any() }), [id(C::Returned)]);
    // One synchronisation ends several; every finding is a step, is ended by one, or is skipped.
    // It drops those that a person has to choose, too.
    let plan = made(&findings, &able, &any());
    for finding in &findings {
        let ends = |s: &Step| s.because == finding.id || s.also.contains(&finding.id);
        let skipped = plan.skipped.iter().filter(|s| s.because == finding.id).count();
        let both = finding.cause == C::RemovedUnknown;
        assert_eq!(plan.steps.iter().any(ends) ^ (skipped == 1), !both, "{:?}", finding.cause);
    }
}

#[test]
fn what_a_person_left_alone_is_left_alone() {
    let mut found = of(C::FieldDrift, 1);
    found.ignored = Some(Ignored { reason: "known".to_owned(), until: None });
    let told = all_of(&made(&[found], &Able::default(), &any()));
    assert_eq!(told, [r#"skipped Ignored("known")"#]);
}

#[test]
fn nothing_is_removed_where_a_side_was_not_read_whole() {
    let able = Able::default();
    for (cause, fix, told) in [
        (C::PendingPurge, None, "skipped NotWhole"),
        (C::PendingPurge, Some(Fix::RemoveInProvider), "skipped NotWhole"),
        (C::Returned, Some(Fix::DeleteInAcs), "skipped NotWhole"),
        (C::Returned, None, "send a1"),
        (C::FieldDrift, None, "set entry:1 mac=00:25:9E:00:00:01"),
    ] {
        let findings = [of(cause, 1)];
        let half = Wanted { whole: None, ..wanted(&findings, &able) };
        let plan = plan(half, &Selection { fix, ..any() }, head());
        assert_eq!(all_of(&plan), [told], "{cause:?} {fix:?}");
    }
    let findings = [of(C::PendingPurge, 1)];
    let half = || Wanted { whole: None, ..wanted(&findings, &able) };
    assert_eq!(all_of(&synchronisation(half(), Side::Provider, head())), ["skipped NotWhole"]);
    assert_eq!(all_of(&synchronisation(half(), Side::Acs, head())), ["synchronise acs"]);
}

/// Two findings that write one record: the second waits for another plan.
#[test]
fn one_record_is_changed_for_one_finding() {
    let (first, mut second) = (of(C::FieldDrift, 1), of(C::FieldDrift, 2));
    second.provider[0].device_id = u("1").into();
    let told = all_of(&made(&[first, second], &Able::default(), &any()));
    assert_eq!(told, ["set entry:1 mac=00:25:9E:00:00:01", "skipped RecordTaken"]);
    // The login behind an entry is a record too.
    let (first, mut second) = (of(C::SwappedDevice, 1), of(C::UnlinkedLogin, 2));
    second.candidates[0].login_id = u("51").into();
    let plan = made(&[first, second], &Able::default(), &any());
    assert_eq!((plan.steps.len(), plan.skipped[0].why.clone()), (4, Why::RecordTaken));
}

#[test]
fn one_synchronisation_of_the_provider_drops_all_that_it_drops() {
    let mut findings = vec![
        of(C::LostWebhook, 1),
        of(C::PendingPurge, 2),
        of(C::PendingPurge, 3),
        of(C::NeverSeen, 4),
        of(C::SwappedDevice, 5),
        of(C::RemovedUnknown, 6),
        of(C::FieldDrift, 7),
    ];
    // Not counted, so it does not leave the count.
    findings[2].provider[0].active = Some(false);
    let purges = Selection { causes: vec![C::PendingPurge], ..any() };
    let able = Able::default();
    let plan = made(&findings, &able, &purges);
    let [step] = plan.steps.as_slice() else { panic!("{:?}", lines(&plan)) };
    // … but it is gone all the same.
    assert_eq!((step.removes, step.effect, step.strength), (5, (0, -4), Strength::Proven));
    assert_eq!(step.because, findings[1].id);
    let also: Vec<_> = [0, 2, 4, 5].iter().map(|n| findings[*n].id.clone()).collect();
    assert_eq!(step.also, also);
    assert_eq!(step.expect, Expect::default(), "the system looks at each by itself");
    assert_eq!((plan.projection.acs, plan.projection.provider), (100, 86));
    // As sure as the least sure of what it drops, chosen or not.
    findings[5].strength = Strength::Inferred;
    assert_eq!(made(&findings, &able, &purges).steps[0].strength, Strength::Inferred);
    let by_request = synchronisation(wanted(&findings, &able), Side::Provider, head());
    let step = &by_request.steps[0];
    assert_eq!((step.because.as_str(), step.removes, step.also.len()), (BY_REQUEST, 5, 5));
    assert_eq!(step.strength, Strength::Inferred);
}

#[test]
fn one_synchronisation_of_the_acs_links_all_that_were_chosen() {
    let mut findings: Vec<_> = (1..=3).map(|n| of(C::AwaitingSync, n)).collect();
    findings[1].strength = Strength::Inferred;
    // Several logins fit it, so the Provider links none.
    findings[2].candidates.push(candidate("99", 2));
    let plan = made(&findings, &Able::default(), &any());
    let [step] = plan.steps.as_slice() else { panic!("{:?}", lines(&plan)) };
    assert_eq!((step.removal, step.removes, step.effect), (false, 0, (0, 2)));
    assert_eq!(step.strength, Strength::Inferred);
    assert_eq!(step.also, [findings[1].id.clone(), findings[2].id.clone()]);
}

/// What each fix does to the counts, and so what the plan says of them.
#[test]
fn the_counts_afterwards_are_foretold() {
    for (cause, fix, acs, provider, devices) in [
        (C::UnlinkedLogin, None, 100, 91, 1),
        (C::SwappedDevice, None, 100, 90, 1),
        (C::IdentityMismatch, None, 100, 90, 1),
        (C::FieldDrift, None, 100, 90, 1),
        (C::Returned, None, 100, 90, 1),
        (C::Returned, Some(Fix::DeleteInAcs), 99, 90, 1),
        (C::AwaitingSync, None, 100, 91, 1),
        (C::AwaitingSync, Some(Fix::SendDevice), 100, 91, 1),
        (C::PendingPurge, None, 100, 89, 1),
        (C::PendingPurge, Some(Fix::RemoveInProvider), 100, 89, 1),
        (C::NeverSeen, None, 100, 90, 0),
    ] {
        let plan = made(&[of(cause, 1)], &Able::default(), &Selection { fix, ..any() });
        let told = (plan.projection.acs, plan.projection.provider, plan.projection.devices);
        assert_eq!(told, (acs, provider, devices), "{cause:?} {fix:?}");
    }
    // What a person clicks is not foretold.
    let able = Able { unable: vec!["set"], ..Able::default() };
    let plan = made(&[of(C::UnlinkedLogin, 1)], &able, &any());
    assert_eq!((plan.projection.provider, plan.projection.devices), (90, 0));
    assert_eq!(plan.steps[0].undo(), Undo::No);
}

#[test]
fn a_plan_with_removals_holds_for_15_minutes_any_other_for_60() {
    let minutes = |findings: &[Finding], able: &Able| {
        let plan = made(findings, able, &any());
        plan.expires.duration_since(plan.made).as_mins()
    };
    let able = Able::default();
    assert_eq!(minutes(&[of(C::PendingPurge, 1)], &able), 15);
    assert_eq!(minutes(&[of(C::FieldDrift, 1), of(C::PendingPurge, 2)], &able), 15);
    assert_eq!(minutes(&[of(C::FieldDrift, 1)], &able), 60);
    assert_eq!(minutes(&[], &able), 60);
    let by_hand = Able { unable: vec!["s"], ..Able::default() };
    assert_eq!(minutes(&[of(C::PendingPurge, 1)], &by_hand), 60);
}

/// What has to hold just before a step is sent.
#[test]
fn a_removal_looks_whether_the_other_side_still_lacks_it() {
    let able = Able::default();
    let step = |cause, fix| made(&[of(cause, 1)], &able, &by(fix)).steps.swap_remove(0);
    let removal = step(C::PendingPurge, Fix::RemoveInProvider).expect;
    assert!(removal.silent);
    assert_eq!(removal.acs_lacks, Some(Sought::of_record(&entry(1))));
    assert_eq!((removal.acs.len(), removal.provider.len()), (0, 1));
    let deletion = step(C::Returned, Fix::DeleteInAcs).expect;
    let sought = deletion.provider_lacks.unwrap();
    assert!(sought.logins.is_empty(), "a login by its name says nothing of this device");
    assert_eq!(sought.serials, Sought::of_device(&device(1)).serials);
    assert_eq!(deletion.acs.len(), 1);
    // A device that nothing names can only be looked at itself.
    let mut nameless = of(C::Returned, 1);
    (nameless.acs[0].serial, nameless.acs[0].macs) = (None, Macs::new());
    let plan = made(&[nameless], &able, &by(Fix::DeleteInAcs));
    assert_eq!(plan.steps[0].expect.provider_lacks, None);
    let swap = made(&[of(C::SwappedDevice, 1)], &able, &any());
    let read: Vec<_> =
        swap.steps.iter().map(|s| (s.expect.acs.len(), s.expect.provider.len())).collect();
    assert_eq!(read, [(1, 1), (1, 0), (1, 0), (1, 0)], "what was just written is told by itself");
}

/// The old box is still in the ACS: its entry is among what belongs to the story.
#[test]
fn a_swap_whose_old_device_is_still_there_writes_the_entry_of_the_old_one() {
    let mut found = of(C::SwappedDevice, 1);
    let old = found.provider.pop();
    found.related = Some(Box::new(Related { acs: Some(device(1)), provider: old }));
    let plan = made(&[found], &Able::default(), &any());
    assert_eq!(lines(&plan)[0], "set entry:1 serial=ZTEG00000001");
    assert_eq!(plan.steps.len(), 4);
}

#[test]
fn an_entry_known_by_its_mac_gets_the_new_mac() {
    let mut found = of(C::SwappedDevice, 1);
    found.provider[0].serial = None;
    let told = lines(&made(&[found], &Able::default(), &any()));
    assert_eq!(told, ["set entry:1 mac=00:11:22:00:00:01", "end login:51 after 1"]);
}

#[test]
fn what_is_not_known_is_said() {
    let able = Able::default();
    let told = |found: Finding| all_of(&made(&[found], &able, &any()));
    let mut found = of(C::SwappedDevice, 1);
    found.provider[0].device_id = None;
    assert_eq!(told(found), [r#"skipped Missing("the entry's id")"#]);
    let mut found = of(C::SwappedDevice, 1);
    found.acs[0].serial = None;
    let missing = r#"skipped Missing("the new device's identity of the old one's kind")"#;
    assert_eq!(told(found), [missing]);
    let mut found = of(C::UnlinkedLogin, 1);
    (found.acs[0].serial, found.acs[0].macs) = (None, Macs::new());
    assert_eq!(told(found), [r#"skipped Missing("the device's serial and MAC")"#]);
    let mut found = of(C::FieldDrift, 1);
    found.fields[0].field = Field::Login;
    assert!(told(found)[0].starts_with("skipped NeedsAPerson(\"a login is not renamed"));
}
