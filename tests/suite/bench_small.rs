//! The small form of `cargo bench --bench peers`: the same data, the same judges, no peers.
//!
//! It fails on what is counted: wrong lists, a ledger with a rest, bytes. Must not do: measure
//! time, or need a network.

#[path = "../../benches/peers/hard.rs"]
mod hard;
#[path = "../../benches/peers/plain.rs"]
mod plain;
#[path = "../../benches/peers/tools.rs"]
#[expect(dead_code, reason = "the peers' part is the benchmark's alone")]
mod tools;

use std::process::Command;

use acerto::domain::{AcsDevice, ProviderRecord};
use acerto::engine::pairing::Identity;

use self::plain::Form;
use self::tools::Tool;
use crate::product_run::Home;
use crate::world;

const DEVICES: u32 = 3_000;
/// What a report may take for each device that differs: findings carry their evidence.
const REPORT_BYTES_A_FINDING: u64 = 1_200;

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert_eq!(status.code(), Some(3), "{command:?}");
}

#[test]
fn of_lists_that_every_tool_can_join_the_three_lists_are_right() {
    for form in [Form::Ndjson, Form::Csv] {
        let home = Home::new();
        home.folder("out");
        let truth = plain::write(home.path(), DEVICES, form).unwrap();
        run(&mut tools::acerto(home.path(), form, plain::AS_OF));
        assert_eq!(tools::lists(Tool::Acerto, home.path()).unwrap(), truth, "{form:?}");
        let findings = truth.acs.len() + truth.provider.len() + truth.differs.len();
        let report = std::fs::metadata(tools::report(home.path())).unwrap().len();
        let most = REPORT_BYTES_A_FINDING * findings as u64;
        assert!(report < most, "{report} bytes of report for {findings} findings");
    }
}

#[test]
fn of_lists_as_they_are_found_every_device_is_where_it_belongs() {
    let home = Home::new();
    home.folder("out");
    let hard = hard::write(home.path(), DEVICES as usize).unwrap();
    run(&mut tools::acerto(home.path(), Form::Ndjson, &hard.as_of));
    let report = std::fs::read(tools::report(home.path())).unwrap();
    let judged = hard.judge(&serde_json::from_slice(&report).unwrap());
    assert!(judged.misplaced.is_empty(), "{:?}", judged.misplaced);
    assert_eq!(judged.right, judged.of, "each with its cause");
    let (acs, provider) = hard.alone();
    assert!(acs > 200 && provider > 200, "{acs} and {provider}: there is something to tell");
}

/// A million devices a side fit 1,200 MiB only as long as none of these grows: there is one of
/// each for every device.
#[test]
#[cfg(target_pointer_width = "64")]
fn what_there_is_for_every_device_takes_so_many_bytes() {
    let bytes = [size_of::<AcsDevice>(), size_of::<ProviderRecord>(), size_of::<Identity>()];
    assert_eq!(bytes, [344, 472, 80]);
}
