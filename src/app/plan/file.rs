//! Reading and marking plan files.
//!
//! Must not do: follow a link, or believe a file that others may write.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::app::error::AppError;
use crate::app::plan::decode::{self, Filed};
use crate::app::plan::document::PlanDocument;
use crate::domain::text::visible;

/// The most bytes of a plan: 2,000 steps have about 3 MiB.
const BYTES_MAX: u64 = 64 << 20;

/// Group and others may write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A plan's file as it lies there.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// What it says.
    pub document: PlanDocument,
    /// The plan.
    pub filed: Filed,
    /// The Unix user whose file it is.
    pub owner: u32,
}

/// Reads a plan.
///
/// # Errors
/// Where it can't be read, others may write it, or its contents are not as they were written.
pub fn read(path: &Path) -> Result<PlanFile, AppError> {
    let (text, owner) = read_own(path)?;
    let wrong = |why: String| {
        AppError::usage(
            format!("{} is no plan that can be used: {why}", shown(path)),
            &["make it again: acerto plan … -o PLAN.json"],
        )
    };
    let document: PlanDocument = serde_json::from_str(&text)
        .map_err(|e| wrong(format!("line {}: it is no plan", e.line())))?;
    let filed = decode::plan(&document).map_err(wrong)?;
    Ok(PlanFile { document, filed, owner })
}

/// Writes a plan for its owner alone, whole or not at all.
///
/// # Errors
/// Where the folder can't be written to.
pub fn write(path: &Path, document: &PlanDocument) -> Result<(), AppError> {
    let failed = |e: std::io::Error| {
        let what = format!("{} can't be written: {e}", shown(path));
        AppError::usage(what, &["name a file in a folder of your own"])
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let text = serde_json::to_string(document).map_err(|e| AppError::Bug(e.to_string()))?;
    writeln!(file, "{text}").and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map(drop).map_err(|e| failed(e.error))
}

/// A link at the place of a file is refused.
fn nofollow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

/// The text of a file that nobody but its owner may write, and who that is.
pub(super) fn read_own(path: &Path) -> Result<(String, u32), AppError> {
    let failed = |e: std::io::Error| {
        AppError::usage(format!("{} can't be read: {e}", shown(path)), &["name a plan's file"])
    };
    let file = OpenOptions::new().read(true).custom_flags(nofollow()).open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if !meta.is_file() {
        return Err(AppError::usage(
            format!("{} is no file", shown(path)),
            &["name a plan's file"],
        ));
    }
    if meta.mode() & WRITABLE_BY_OTHERS != 0 {
        let what =
            format!("{} may be written by others (mode {:o})", shown(path), meta.mode() & 0o7777);
        let hint = format!("chmod go-w {}", shown(path));
        return Err(AppError::usage(what, &[&hint, "and look at what it says before you use it"]));
    }
    if meta.len() > BYTES_MAX {
        return Err(AppError::usage(
            format!("{} is too large", shown(path)),
            &["plan less at once"],
        ));
    }
    let mut text = String::new();
    File::take(file, BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok((text, meta.uid()))
}

/// A file beside the plan's: `PLAN.json.approval`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A path, safe to show.
pub(super) fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// Lines of a worklist that a person marked as done, by their steps: those of this very plan,
/// since another one may have been written under its name.
///
/// # Errors
/// Where the marks can't be read.
pub fn done(path: &Path, plan_id: &str) -> Result<Vec<u32>, AppError> {
    let marks = beside(path, ".done");
    if std::fs::symlink_metadata(&marks).is_err_and(|e| e.kind() == ErrorKind::NotFound) {
        return Ok(Vec::new());
    }
    let (text, _) = read_own(&marks)?;
    let seq = |line: &str| {
        let (seq, of) = line.split_once(' ')?;
        let of = of.split(' ').next()?;
        (of == visible(plan_id)).then(|| seq.parse().ok())?
    };
    Ok(text.lines().filter_map(seq).collect())
}

/// Marks steps as done by hand: a line each in `PLAN.json.done` (step, plan, time, who).
///
/// # Errors
/// Where a step is none of the worklist's, or the marks can't be written.
pub fn mark_done(
    path: &Path,
    steps: &[u32],
    by: &str,
    at: jiff::Timestamp,
) -> Result<(), AppError> {
    use std::io::Write as _;
    let plan = read(path)?.filed.plan;
    for seq in steps {
        if !plan.by_hand().any(|step| step.seq == *seq) {
            let what = format!("step {seq} is no line of the worklist");
            return Err(AppError::usage(what, &["`acerto plan export PLAN.json` lists them"]));
        }
    }
    let marks = beside(path, ".done");
    let failed = |e: std::io::Error| {
        AppError::usage(format!("{} can't be written: {e}", shown(&marks)), &["look at its mode"])
    };
    let known = done(path, &plan.id)?;
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(nofollow())
        .open(&marks)
        .map_err(failed)?;
    let new = steps.iter().filter(|seq| !known.contains(seq));
    let id = visible(&plan.id);
    let lines = new.fold(String::new(), |all, seq| all + &format!("{seq} {id} {at} {by}\n"));
    file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}
