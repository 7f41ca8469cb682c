//! A second person's word on a plan: a file of theirs beside it, with the plan's hash.
//!
//! The approver is whom the kernel says the file belongs to, so that nobody approves for
//! another. It needs no store.
//! Must not do: let the planner approve, or take a name from the file's text.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::app::actor;
use crate::app::error::AppError;
use crate::app::plan::file::{self, PlanFile, beside, read_own, shown};

const SUFFIX: &str = ".approval";

/// Approves the plan as the user who runs this.
///
/// # Errors
/// Where that is the planner, or the approval can't be written.
pub fn approve(path: &Path) -> Result<PlanFile, AppError> {
    let plan = file::read(path)?;
    let uid = uzers::get_effective_uid();
    if uid == plan.owner {
        return Err(AppError::Refused {
            what: format!("{} is your own plan: another person has to approve it", shown(path)),
            hints: vec!["let a colleague run `acerto approve` as their own Unix user".to_owned()],
        });
    }
    let approval = beside(path, SUFFIX);
    let failed = |e: std::io::Error| {
        let hint = "the approver needs the right to make files in the plan's directory";
        AppError::usage(format!("{} can't be written: {e}", shown(&approval)), &[hint])
    };
    match std::fs::remove_file(&approval) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(&approval)
        .map_err(failed)?;
    let text = format!("{}\n", plan.filed.sha256);
    new.write_all(text.as_bytes()).and_then(|()| new.sync_all()).map_err(failed)?;
    Ok(plan)
}

/// Who approved the plan, where somebody else than the planner did.
///
/// # Errors
/// Where an approval lies there that does not count; why.
pub fn approver(path: &Path, plan: &PlanFile) -> Result<Option<String>, AppError> {
    let approval = beside(path, SUFFIX);
    if std::fs::symlink_metadata(&approval).is_err_and(|e| e.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let (text, owner) = read_own(&approval)?;
    let refused = |what: String| AppError::Refused {
        what,
        hints: vec!["let a colleague run `acerto approve` on this very plan".to_owned()],
    };
    if text.trim() != plan.filed.sha256 {
        return Err(refused(format!("{} approves another plan", shown(&approval))));
    }
    if owner == plan.owner {
        return Err(refused(format!("{} is of the planner", shown(&approval))));
    }
    Ok(Some(actor::name(owner)))
}
