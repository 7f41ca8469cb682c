//! Saved views of the list of differences: a name, a cause, a filter, a grouping.
//!
//! They are a small file beside the configuration, or in the store's folder where there is none.
//! Must not do: read what a view means; the screen does.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::error::AppError;
use crate::config::Settings;
use crate::domain::text::visible;

/// Nobody keeps more; a file of more was not written here.
const BYTES_MAX: u64 = 1 << 20;

/// A saved view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedView {
    /// Its name.
    pub name: String,
    /// Only this cause, by its wire name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The filter as it was typed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Grouped by this column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default, rename = "view")]
    views: Vec<SavedView>,
}

/// The file of the views.
#[must_use]
pub fn path(settings: &Settings) -> PathBuf {
    let beside = settings.file.as_deref().and_then(Path::parent);
    beside.unwrap_or(&settings.store_dir).join("views.toml")
}

/// The saved views; none where there is no file.
///
/// # Errors
/// Where the file can't be read.
pub fn read(settings: &Settings) -> Result<Vec<SavedView>, AppError> {
    let path = path(settings);
    let wrong = |why: String| {
        let what = format!("{} can't be used: {why}", visible(&path.to_string_lossy()));
        AppError::usage(what, &["correct the file, or remove it"])
    };
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(error.to_string())),
        Ok(meta) if meta.len() > BYTES_MAX || !meta.is_file() => {
            return Err(wrong("it is no file of views".to_owned()));
        }
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
    let document: Document = toml::from_str(&text).map_err(|e| wrong(visible(e.message())))?;
    Ok(document.views)
}

/// Writes the views for their owner alone, whole or not at all.
///
/// # Errors
/// Where the folder can't be written to.
pub fn write(settings: &Settings, views: &[SavedView]) -> Result<(), AppError> {
    let path = path(settings);
    let failed = |e: std::io::Error| {
        let what = format!("{} can't be written: {e}", visible(&path.to_string_lossy()));
        AppError::usage(what, &["name a configuration in a folder of your own: --config FILE"])
    };
    let document = Document { views: views.to_vec() };
    let text = toml::to_string(&document).map_err(|e| AppError::Bug(e.to_string()))?;
    let mut file =
        tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(&path).map(drop).map_err(|e| failed(e.error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::app::testing::network_settings;

    #[test]
    fn what_was_saved_is_read_again_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = network_settings(folder.path(), "acs.example", "");
        settings.file = Some(folder.path().join("config.toml"));
        assert_eq!(read(&settings).unwrap(), []);
        let view = SavedView {
            name: "huawei \"week\"".to_owned(),
            cause: Some("pending-purge".to_owned()),
            filter: "huawei seen<7d".to_owned(),
            group: Some("column OLT".to_owned()),
        };
        let plain = SavedView { name: "all".to_owned(), ..SavedView::default() };
        write(&settings, &[view.clone(), plain.clone()]).unwrap();
        assert_eq!(read(&settings).unwrap(), [view, plain]);
        let mode = std::fs::metadata(path(&settings)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(path(&settings), "view = 1").unwrap();
        assert!(read(&settings).is_err());
    }
}
