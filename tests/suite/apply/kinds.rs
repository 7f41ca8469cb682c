//! Every kind of fix that the lab can do, and how a difference comes to be that wants it.
//!
//! Must not do: hope that the world has one; it is made on purpose.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::apply::rows::ONUS;
use crate::apply::{Applied, Field, ends};
use crate::product_run::Answer;

/// A kind of fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    LinkLogin,
    ReplaceIdentity,
    CorrectIdentity,
    UpdateProvider,
    SendDevice,
    Synchronise,
    SynchroniseProvider,
    DeleteInAcs,
    RemoveInProvider,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::LinkLogin,
        Self::ReplaceIdentity,
        Self::CorrectIdentity,
        Self::UpdateProvider,
        Self::SendDevice,
        Self::Synchronise,
        Self::SynchroniseProvider,
        Self::DeleteInAcs,
        Self::RemoveInProvider,
    ];

    /// Its name in plans.
    pub fn fix(self) -> &'static str {
        match self {
            Self::LinkLogin => "link-login",
            Self::ReplaceIdentity => "replace-identity",
            Self::CorrectIdentity => "correct-identity",
            Self::UpdateProvider => "update-provider",
            Self::SendDevice => "send-device",
            Self::Synchronise => "synchronise",
            Self::SynchroniseProvider => "synchronise-provider",
            Self::DeleteInAcs => "delete-in-acs",
            Self::RemoveInProvider => "remove-in-provider",
        }
    }

    /// Writes that its plan sends, one after the other.
    pub fn writes(self) -> u32 {
        match self {
            // The entry, the login's MAC, its session; the login's serial follows by itself.
            Self::ReplaceIdentity => 3,
            // The entry, and what its login holds.
            Self::RemoveInProvider => 2,
            _ => 1,
        }
    }

    /// Does a look show whether it is done? What shows nothing may be asked for twice.
    pub fn shows(self) -> bool {
        !matches!(self, Self::SendDevice | Self::SynchroniseProvider)
    }

    /// Is it only done with a person at the terminal?
    pub fn wants_a_person(self) -> bool {
        // A device that called home in the last 24 hours.
        self == Self::DeleteInAcs
    }

    /// Makes the difference at this device: the key that the finding is known by; `None` where
    /// it can't happen to it.
    fn happens(self, field: &Field, serial: &str) -> Option<String> {
        let ours = serial.to_owned();
        match self {
            Self::LinkLogin => field.event("unlink", serial).map(|_| ours),
            Self::ReplaceIdentity => field.event("swap", serial).map(|changed| added(&changed)),
            Self::CorrectIdentity => field.event("typo", serial).map(|_| ours),
            Self::UpdateProvider => {
                let onus = field.listed(ONUS);
                let row = onus.iter().find(|row| row["mac"] == serial)?;
                field.edit(ONUS, &row["id"], "onu_tipo", "XYZ-1");
                Some(ours)
            }
            Self::SendDevice | Self::DeleteInAcs => field.event("return", serial).map(|_| ours),
            Self::Synchronise => {
                // A new customer's box; the login is there, and nothing names the box yet.
                let changed = field.happen(&json!({"kind": "new-device"}))?;
                Some(added(&changed))
            }
            Self::SynchroniseProvider | Self::RemoveInProvider => {
                // Nothing else is dropped by it.
                field.happen(&json!({"kind": "provider-sync"})).unwrap();
                field.happen(&json!({"kind": "mass-exclusion", "keys": [serial]})).map(|_| ours)
            }
        }
    }
}

/// The device that an event added.
fn added(answer: &Value) -> String {
    let changed = answer["changed"].as_array().unwrap().iter();
    let mut added = changed.filter(|c| c["side"] == "acs" && c["what"] == "added");
    added.next().unwrap()["key"].as_str().unwrap().to_owned()
}

impl Field {
    /// Devices that both systems agree about, by serial.
    pub fn sound(&self) -> Vec<String> {
        let truth = self.lab.get("/_lab/truth");
        let differs: BTreeSet<&str> = truth["differences"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|d| d["acs"].as_array().unwrap().iter().filter_map(Value::as_str))
            .collect();
        let onus = self.listed(ONUS);
        let linked: BTreeSet<&str> = onus
            .iter()
            .filter(|row| row["id_login"] != "0")
            .map(|row| row["mac"].as_str())
            .collect();
        let devices = self.lab.get("/devices/?projection=_deviceId");
        let serials = devices.as_array().unwrap().iter();
        let serials = serials.map(|device| device["_deviceId"]["_SerialNumber"].as_str().unwrap());
        serials
            .filter(|serial| is_gpon(serial) && !differs.contains(serial))
            .filter(|serial| linked.contains(serial))
            .map(str::to_owned)
            .collect()
    }

    /// A difference of this kind, a plan for it alone, and the plan's file.
    pub fn made(&self, kind: Kind, name: &str) -> (PathBuf, Value) {
        let key = self.make(kind);
        let (path, plan) = self.plan(name, &["--key", &key, "--fix", kind.fix()]);
        assert_eq!(ends(&plan).len(), 1, "{plan}");
        (path, plan)
    }

    /// A difference of each of these kinds, and one plan for them; each is fixed by the
    /// first fix that its cause has.
    pub fn made_all(&self, kinds: &[Kind], name: &str) -> (PathBuf, Value) {
        let keys: Vec<String> = kinds.iter().map(|kind| self.make(*kind)).collect();
        let report = self.reconcile();
        let flags: Vec<&str> = keys.iter().flat_map(|key| ["--key", key]).collect();
        let (path, plan) = self.plan(name, &flags);
        let is_skipped = |finding: &&Value| {
            let skipped = plan["skipped"].as_array().unwrap().iter();
            skipped.map(|s| &s["because"]).any(|id| *id == finding["id"])
        };
        let findings = report["findings"].as_array().unwrap().iter();
        let skipped: Vec<&Value> = findings.filter(is_skipped).collect();
        assert_eq!(ends(&plan).len(), kinds.len(), "{keys:?} {skipped:#?}");
        (path, plan)
    }

    /// A difference of this kind that can be fixed: the key by which it is known.
    fn make(&self, kind: Kind) -> String {
        for serial in self.sound() {
            // The old box of a swap is sound, and belongs to the new one's story.
            if !self.used.lock().unwrap().insert(serial.clone()) {
                continue;
            }
            let Some(key) = kind.happens(self, &serial) else { continue };
            self.reconcile();
            let (_, plan) = self.plan("tried.json", &["--key", &key, "--fix", kind.fix()]);
            if plan["steps"].as_array().unwrap().iter().any(|step| !step["call"].is_null()) {
                return key;
            }
        }
        panic!("{kind:?} happens to no device of this lab");
    }

    /// The command that sends a plan, with a person at a terminal who types the count. What is
    /// printed goes to the file `out`.
    pub fn typing(&self, plan: &std::path::Path, count: u64) -> Command {
        let inner = self.command(&[
            "--format",
            "json",
            "apply",
            plan.to_str().unwrap(),
            "--yes",
            "--type-count",
            &count.to_string(),
        ]);
        let mut words = vec![quoted(&inner.get_program().to_string_lossy())];
        words.extend(inner.get_args().map(|word| quoted(&word.to_string_lossy())));
        let line = format!("{} >{}", words.join(" "), quoted(&self.typed().to_string_lossy()));
        let mut outer = Command::new("script");
        outer.args(["-qec", &line, "/dev/null"]).stdin(std::process::Stdio::null());
        outer.current_dir(self.lab.folder());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        outer
    }

    /// What [`Field::typing`] printed.
    pub fn typed(&self) -> PathBuf {
        self.file("typed.json")
    }

    /// Runs [`Field::typing`].
    pub fn typed_by(&self, mut command: Command) -> Applied {
        let answer = Answer::of(&command.output().unwrap());
        let stdout = std::fs::read_to_string(self.typed()).unwrap_or_default();
        Applied::read(&Answer { stdout, stderr: answer.said(), exit: answer.exit })
    }
}

/// Four letters and eight hex digits.
fn is_gpon(serial: &str) -> bool {
    serial.len() == 12
        && serial[..4].bytes().all(|b| b.is_ascii_uppercase())
        && serial[4..].bytes().all(|b| b.is_ascii_hexdigit())
}

/// One word of a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
