//! acerto and its peers, each on the same two files, and the lists that each of them gives.
//!
//! Must not do: measure, or help a peer by anything that its users would not have.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::plain::{AS_OF, Form, Lists};

/// The peers' packages on `PyPI`, in the versions that the goals were set with.
const PACKAGES: [&str; 3] = ["duckdb-cli==1.5.6", "polars==2.1.0", "diffsync==2.2.3"];

/// What joins two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Acerto,
    DuckDb,
    Polars,
    DiffSync,
}

impl Tool {
    pub const PEERS: [Self; 3] = [Self::DuckDb, Self::Polars, Self::DiffSync];

    pub fn name(self) -> &'static str {
        match self {
            Self::Acerto => "acerto",
            Self::DuckDb => "duckdb",
            Self::Polars => "polars",
            Self::DiffSync => "diffsync",
        }
    }

    /// What it may end with: acerto tells by 3 that there are differences.
    pub fn allowed(self) -> &'static [i32] {
        match self {
            Self::Acerto => &[0, 3],
            _ => &[0],
        }
    }
}

/// The peers, in an environment of their own.
pub struct Peers {
    programs: PathBuf,
    scripts: PathBuf,
}

impl Peers {
    /// Installs what is missing of them into the folder, which is kept.
    ///
    /// # Errors
    /// Where there is no `python3` with `venv`, or `PyPI` can't be reached.
    pub fn install(folder: &Path) -> Result<Self, String> {
        let programs = folder.join("venv/bin");
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
        let peers = Self { programs, scripts };
        if !peers.programs.join("pip").exists() {
            succeed(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        }
        let mut pip = Command::new(peers.programs.join("pip"));
        succeed(pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES))?;
        Ok(peers)
    }

    fn python(&self, script: &str) -> Command {
        let mut command = Command::new(self.programs.join("python"));
        command.arg(self.scripts.join(script));
        command
    }

    /// The command of a tool in the folder of the files.
    pub fn command(&self, tool: Tool, folder: &Path, form: Form) -> Command {
        let mut command = match tool {
            Tool::Acerto => return acerto(folder, form, AS_OF),
            Tool::DuckDb => {
                let mut duckdb = Command::new(self.programs.join("duckdb"));
                // -f leaves no history, -bail ends at the first error
                duckdb.arg("-bail").arg("-f").arg(self.scripts.join("join.sql"));
                duckdb
            }
            Tool::Polars => {
                let mut polars = self.python("polars_join.py");
                polars.arg(form.ending());
                polars
            }
            Tool::DiffSync => self.python("diffsync_join.py"),
        };
        command.current_dir(folder).stdout(Stdio::null());
        command
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("{command:?}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}")) }
}

/// The program, from both files to a report: causes, evidence and ledgers included.
pub fn acerto(folder: &Path, form: Form, as_of: &str) -> Command {
    let mut command = reconciling(folder, form, as_of);
    command.arg("--no-store");
    command
}

/// The same, with what is remembered still to be said.
pub fn reconciling(folder: &Path, form: Form, as_of: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acerto"));
    let side = |name: &str| format!("{name}.{}", form.ending());
    command.current_dir(folder).env("HOME", folder).env("LANG", "C");
    command.args(["--reconcile", "--format", "json", "--as-of", as_of]);
    command.args(["--acs-file", &side("acs"), "--provider-file", &side("provider")]);
    if folder.join("events.ndjson").exists() {
        command.args(["--events-file", "events.ndjson"]);
    }
    command.stdout(File::create(report(folder)).map_or_else(|_| Stdio::null(), Stdio::from));
    command
}

/// Where the program's report is.
pub fn report(folder: &Path) -> PathBuf {
    folder.join("out/acerto.json")
}

/// Reads the lists that a tool left.
pub fn lists(tool: Tool, folder: &Path) -> Result<Lists, String> {
    let mut lists = match tool {
        Tool::Acerto => of_report(&report(folder))?,
        peer => {
            let list = |name| of_file(&folder.join(format!("out/{}.{name}", peer.name())));
            Lists { acs: list("acs")?, provider: list("provider")?, differs: list("differs")? }
        }
    };
    lists.sort();
    Ok(lists)
}

fn of_file(path: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// What is read of a report: the rest of it would cost much memory.
#[derive(Deserialize)]
struct Report {
    ledgers: Ledgers,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Ledgers {
    between: Between,
}

#[derive(Deserialize)]
struct Between {
    balanced: bool,
}

#[derive(Deserialize)]
struct Finding {
    acs: Option<Record>,
    provider: Option<Record>,
}

#[derive(Deserialize)]
struct Record {
    serial: Option<String>,
}

fn of_report(path: &Path) -> Result<Lists, String> {
    let text = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let report: Report = serde_json::from_slice(&text).map_err(|e| e.to_string())?;
    if !report.ledgers.between.balanced {
        return Err("the ledger does not sum".to_owned());
    }
    let mut lists = Lists::default();
    for finding in report.findings {
        let serial = |record: Option<Record>| record.and_then(|record| record.serial);
        match (finding.acs, finding.provider) {
            (Some(acs), None) => lists.acs.extend(acs.serial),
            (None, provider) => lists.provider.extend(serial(provider)),
            (Some(acs), Some(_)) => lists.differs.extend(acs.serial),
        }
    }
    Ok(lists)
}
