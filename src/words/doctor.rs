//! What stands around the checks of `doctor`.
//!
//! Must not do: speak for a check; its own words come with it.

use crate::words::{Voice, say, word};

/// Above the checks.
#[must_use]
pub fn doctor_heading(voice: &Voice) -> &'static str {
    word!(voice, en: "Checks of the set-up", pt: "Verificações da instalação")
}

/// Below them: what it comes to.
#[must_use]
pub fn doctor_summary(voice: &Voice, failed: usize, warned: usize) -> String {
    if failed == 0 && warned == 0 {
        return word!(voice, en: "All is well", pt: "Tudo certo").to_owned();
    }
    say!(voice,
        en: "Checks that failed: {failed}; that deserve a look: {warned}",
        pt: "Verificações com falha: {failed}; que merecem atenção: {warned}")
}
