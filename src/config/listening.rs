//! `[listen]`: its paths, and its one secret.
//!
//! Must not do: give a secret a second place to stand in.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::config::error::{ConfigError, Source};
use crate::config::locate::Environment;
use crate::config::profile::beside;
use crate::config::schema::{Listen, ListenRaw};
use crate::config::secret;
use crate::config::settings::Settings;
use crate::config::trail::Trail;

/// The table, its paths under the configuration's folder.
pub(super) fn settle(
    source: Option<&Source>,
    raw: &ListenRaw,
    trail: &mut Trail<'_>,
) -> Result<Listen, ConfigError> {
    let mut listen = Listen::settle(raw, "listen.", trail);
    if let (Some(_), Some(second), Some(source)) = (&raw.secret_file, &raw.secret_env, source) {
        let error = ConfigError::new("[listen] names both `secret_file` and `secret_env`");
        return Err(error.at(source.place(&second.span())).hint("keep one of them"));
    }
    if let Some(source) = source {
        let under = |path: PathBuf| beside(&source.path, &path);
        listen.secret_file = listen.secret_file.map(under);
        listen.metrics_file = listen.metrics_file.map(under);
        listen.schedule_metrics_file = listen.schedule_metrics_file.map(under);
    }
    Ok(listen)
}

impl Settings {
    /// Reads the secret of the webhook receiver; `None` where nobody names one.
    ///
    /// # Errors
    /// Where it is readable by others, empty, or has white space at its ends.
    pub fn read_listen_secret(
        &self,
        env: &dyn Environment,
    ) -> Result<Option<SecretString>, ConfigError> {
        let (file, variable) = (self.listen.secret_file.as_deref(), &self.listen.secret_env);
        let credential = format!("{}.listen.secret", self.profile);
        let source = secret::source(file, variable.as_deref(), &credential, env);
        let read = source.map(|source| secret::read(&source, env)).transpose();
        read.map_err(|e| ConfigError { what: format!("listen.secret: {}", e.what), ..e })
    }
}
