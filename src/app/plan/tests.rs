//! A plan's file: there and back, whose it is, who approved it, what was clicked.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::app::error::AppError;
use crate::app::plan::encode::{self, Words};
use crate::app::plan::{PlanDocument, approval, decode, file};
use crate::domain::{AcsChange, Cell, Change, ProviderChange, RecordKey, Sought, Undo};
use crate::engine::guard::{Reason, Verdict};
use crate::engine::plan::{Expect, FixPlan, Send, Skipped, Step, Why, expect};
use crate::engine::testing::{at, change, device, entry, finding, plan_of, send, u};
use crate::engine::{Cause, Strength};

type Edit = fn(&mut PlanDocument);

struct Plain;

impl Words for Plain {
    fn reason(&self, _: &Reason) -> String {
        "a reason".to_owned()
    }

    fn why(&self, _: &Why) -> String {
        "why".to_owned()
    }
}

/// Every kind of change, every kind of expectation, a line for a person, hostile names.
fn everything() -> FixPlan {
    let found = finding(1, Cause::FieldDrift, Some(device(1)), Some(entry(1)));
    let set = |row, cells: &[(Cell, &str)], held_only| {
        let cells = cells.iter().map(|(cell, value)| (*cell, u(value))).collect();
        Change::Provider(ProviderChange::Set { row, cells, held_only })
    };
    let changes = [
        Change::Acs(AcsChange::Delete { id: u("a1") }),
        Change::Acs(AcsChange::Send { id: u("a\u{202e}\u{1b}[2J\"\\") }),
        Change::Acs(AcsChange::Synchronise),
        set(RecordKey::Entry(u("1")), &[(Cell::Mac, "00:25:9E:00:00:01")], false),
        set(RecordKey::Login(u("51")), &[(Cell::Mac, ""), (Cell::Serial, "")], true),
        set(RecordKey::Entry(u("2")), &[(Cell::Login, "7"), (Cell::Model, "X\n")], false),
        Change::Provider(ProviderChange::ClearMac { login_id: u("51") }),
        Change::Provider(ProviderChange::EndSession { login_id: u("51") }),
        Change::Provider(ProviderChange::Synchronise),
    ];
    let undos = [Undo::Yes, Undo::Tries, Undo::No];
    let mut steps: Vec<Step> = changes
        .into_iter()
        .zip(undos.into_iter().cycle())
        .map(|(change_of, undo)| Step {
            side: change_of.side(),
            send: Some(Send { undo, ..send(change_of) }),
            ..change(&found)
        })
        .collect();
    steps[0].expect = Expect {
        acs: vec![expect::of_device(&device(1))],
        provider: vec![expect::of_record(&entry(1))],
        acs_lacks: Some(Sought::of_record(&entry(1))),
        provider_lacks: Some(Sought::of_device(&device(1))),
        silent: true,
        in_force: Some(set(RecordKey::Entry(u("1")), &[(Cell::Serial, "X")], false)),
    };
    (steps[0].removal, steps[0].removes, steps[0].effect) = (true, 7, (-1, 2));
    (steps[1].follows, steps[1].strength) = (Some(1), Strength::Inferred);
    steps[2].also = vec!["f-2".to_owned(), "f-3".to_owned()];
    let call = &mut steps[3].send.as_mut().unwrap().call;
    call.body = vec![("id_login".to_owned(), u("7")), ("mac".to_owned(), u("A"))];
    steps.push(Step { send: None, ..change(&found) });
    let mut plan = plan_of(steps);
    let skipped = Skipped {
        because: "f-9".to_owned(),
        cause: Cause::NeverSeen,
        target: plan.steps[0].target.clone(),
        why: Why::NotWhole,
    };
    plan.skipped.push(skipped);
    (plan.projection.acs, plan.projection.provider) = (100, 98);
    plan.projection.provider_least = 98;
    plan
}

fn document(plan: &FixPlan) -> PlanDocument {
    encode::document(plan, false, &Verdict::Safe, &Plain)
}

fn read(text: &str) -> Result<FixPlan, String> {
    let document: PlanDocument = serde_json::from_str(text).map_err(|e| e.to_string())?;
    decode::plan(&document).map(|filed| filed.plan)
}

#[test]
fn a_plan_comes_back_from_its_file() {
    let plan = everything();
    let written = document(&plan);
    for text in
        [serde_json::to_string(&written).unwrap(), serde_json::to_string_pretty(&written).unwrap()]
    {
        let back = read(&text).unwrap();
        assert_eq!(back.skipped, [], "what was skipped is for people");
        let back = FixPlan { skipped: plan.skipped.clone(), ..back };
        assert_eq!(back, plan);
        // The same plan has the same hash, however often it is written.
        assert_eq!(document(&back), written);
    }
    assert_eq!(written.sha256.len(), 64);
    let undoing = encode::document(&plan, true, &Verdict::Safe, &Plain);
    assert_ne!(undoing.sha256, written.sha256);
    assert!(decode::plan(&undoing).unwrap().undoes);
}

/// Every byte is of the plan, or is white space.
#[test]
fn a_file_with_any_byte_edited_is_no_plan() {
    let plan = plan_of(everything().steps.into_iter().take(2).collect());
    let text = serde_json::to_string(&document(&plan)).unwrap();
    assert_eq!(read(&text).unwrap(), plan);
    for at in 0..text.len() {
        for other in [b'0', b'x', b' '] {
            let mut bytes = text.clone().into_bytes();
            if bytes[at] == other || (bytes[at] == b'}' && at + 1 == text.len()) {
                continue;
            }
            bytes[at] = other;
            let Ok(edited) = String::from_utf8(bytes) else { continue };
            let back = read(&edited);
            assert!(back.is_err(), "byte {at} as {:?} reads as {back:?}", char::from(other));
        }
        if text.is_char_boundary(at) {
            let (before, after) = text.split_at(at);
            assert!(read(before).is_err(), "cut at {at}");
            assert!(read(&format!("{before}7{after}")).is_err(), "7 at {at}");
        }
    }
}

#[test]
fn an_unknown_key_version_or_name_is_no_plan() {
    let written = document(&everything());
    let value = serde_json::to_value(&written).unwrap();
    let places = [
        "",
        "/steps/0",
        "/steps/0/target",
        "/steps/0/call",
        "/steps/0/change",
        "/steps/0/expect",
        "/steps/0/expect/acs/0",
        "/steps/0/expect/provider/0",
        "/steps/0/expect/acs_lacks",
        "/steps/0/effect",
        "/steps/2/change",
        "/skipped/0",
        "/guard",
        "/projection",
    ];
    for place in places {
        let mut more = value.clone();
        let map = more.pointer_mut(place).and_then(|v| v.as_object_mut()).unwrap();
        map.insert("added".to_owned(), 1.into());
        let error = read(&more.to_string()).unwrap_err();
        assert!(error.contains("added"), "{place}: {error}");
    }
    let edits: [(&str, Edit); 7] = [
        ("schema 2", |plan| plan.schema = 2),
        ("a fix", |plan| plan.steps[0].fix = "magic".to_owned()),
        ("a cause", |plan| plan.steps[0].cause = "gremlins".to_owned()),
        ("a strength", |plan| plan.steps[0].strength = "sure".to_owned()),
        ("a time", |plan| plan.made = "yesterday".to_owned()),
        ("a time", |plan| {
            plan.steps[0].expect.acs[0].registered = Some("yesterday".to_owned());
        }),
        ("a call without its change", |plan| plan.steps[0].change = None),
    ];
    for (words, edit) in edits {
        let mut edited = written.clone();
        edit(&mut edited);
        edited.sha256 = encode::sha256(&edited);
        let error = decode::plan(&edited).unwrap_err();
        assert!(error.contains(words), "{error}, not {words}");
        let mut unhashed = written.clone();
        edit(&mut unhashed);
        assert!(decode::plan(&unhashed).is_err());
    }
}

#[test]
fn plans_keep_to_the_published_schema() {
    use crate::headless::report::{SchemaKind, schema};
    let published: serde_json::Value = serde_json::from_str(&schema(SchemaKind::Plan)).unwrap();
    let validator = jsonschema::validator_for(&published).unwrap();
    let verdicts = [Verdict::Safe, Verdict::Confirm(Vec::new()), Verdict::Refuse(Vec::new())];
    for verdict in verdicts {
        for plan in [everything(), plan_of(Vec::new())] {
            let document = encode::document(&plan, true, &verdict, &Plain);
            let document = serde_json::to_value(&document).unwrap();
            let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}

/// A folder with a plan's file in it.
fn lying(plan: &FixPlan) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("PLAN.json");
    write(&path, &serde_json::to_string(&document(plan)).unwrap());
    (folder, path)
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    mode(path, 0o600);
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_that_others_may_write_or_a_link_is_no_plan() {
    let (folder, path) = lying(&everything());
    assert_eq!(file::read(&path).unwrap().filed.plan.id, "plan-1");
    for (bits, reads) in [(0o600, true), (0o644, true), (0o620, false), (0o602, false)] {
        mode(&path, bits);
        let read = file::read(&path);
        assert_eq!(read.is_ok(), reads, "{bits:o}");
        if let Err(error) = read {
            assert!(error.to_string().contains("may be written by others"), "{error}");
            assert_eq!(error.exit(), 2);
        }
    }
    mode(&path, 0o600);
    let link = folder.path().join("link.json");
    symlink(&path, &link).unwrap();
    assert!(file::read(&link).is_err(), "a link");
    assert!(file::read(folder.path()).is_err(), "a folder");
    assert!(file::read(&folder.path().join("none")).is_err(), "nothing");
    write(&path, "{}");
    assert!(file::read(&path).is_err());
}

#[test]
fn lines_of_a_worklist_are_marked_as_done() {
    let plan = everything();
    let (_folder, path) = lying(&plan);
    let by_hand = plan.by_hand().next().unwrap().seq;
    let done = || file::done(&path, "plan-1");
    let mark = |steps: &[u32]| file::mark_done(&path, steps, "ana", at(5));
    assert_eq!(done().unwrap(), [0_u32; 0]);
    for wrong in [1, 99] {
        assert_eq!(mark(&[wrong]).unwrap_err().exit(), 2);
    }
    mark(&[by_hand]).unwrap();
    mark(&[by_hand]).unwrap();
    assert_eq!(done().unwrap(), [by_hand], "marked once");
    // Another plan under the same name has none of them.
    assert_eq!(file::done(&path, "plan-2").unwrap(), [0_u32; 0]);
    let marks = path.with_file_name("PLAN.json.done");
    mode(&marks, 0o622);
    assert!(done().is_err(), "others may write it");
    std::fs::remove_file(&marks).unwrap();
    symlink("/nowhere", &marks).unwrap();
    assert!(done().is_err() && mark(&[by_hand]).is_err(), "a link is not followed");
}

/// The approver is who the kernel says owns the approval; only root may make files of others.
#[test]
fn a_plan_is_approved_by_another_unix_user() {
    let (_folder, path) = lying(&everything());
    let approval = path.with_file_name("PLAN.json.approval");
    let plan = file::read(&path).unwrap();
    assert_eq!(approval::approver(&path, &plan).unwrap(), None);
    // One's own word is none.
    let own = approval::approve(&path).unwrap_err();
    assert!(matches!(own, AppError::Refused { .. }), "{own}");
    assert!(!approval.exists());
    write(&approval, &plan.filed.sha256);
    let own = approval::approver(&path, &plan).unwrap_err();
    assert_eq!(own.exit(), 5, "{own}");

    if !uzers::get_effective_uid().eq(&0) {
        #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
        {
            eprintln!("SKIPPED: only root can make a file that is another user's");
        }
        return;
    }
    chown(&approval, Some(54_321), None).unwrap();
    let approver = || approval::approver(&path, &file::read(&path).unwrap());
    assert_eq!(approver().unwrap(), Some("uid 54321".to_owned()));
    for bits in [0o660, 0o646] {
        mode(&approval, bits);
        assert!(approver().is_err(), "{bits:o}");
    }
    mode(&approval, 0o600);
    // Of another plan, or of this one before it was made again.
    write(&approval, &"0".repeat(64));
    chown(&approval, Some(54_321), None).unwrap();
    assert!(approver().unwrap_err().to_string().contains("another plan"));
    std::fs::remove_file(&approval).unwrap();
    let elsewhere = path.with_file_name("elsewhere");
    write(&elsewhere, &plan.filed.sha256);
    chown(&elsewhere, Some(54_321), None).unwrap();
    symlink(&elsewhere, &approval).unwrap();
    assert!(approver().is_err(), "a link");

    // A plan of somebody else, approved by who runs this; what lay there is replaced.
    chown(&path, Some(12_345), None).unwrap();
    approval::approve(&path).unwrap();
    let name = crate::app::actor::name(0);
    assert_eq!(approver().unwrap(), Some(name.clone()));
    approval::approve(&path).unwrap();
    assert_eq!(approver().unwrap(), Some(name));
    assert!(elsewhere.exists(), "the link alone was removed");
}
