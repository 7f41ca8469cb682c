//! Who asks: the Unix user by the kernel's word, since `$USER` may say anything.
//!
//! Must not do: trust the environment.

/// Who asks for the run that nobody asks for: the schedule of `listen`.
pub const SCHEDULE: &str = "schedule";

/// The name of the user who runs this process; `uid 1000` where nobody has that id.
#[must_use]
pub fn current() -> String {
    name(uzers::get_current_uid())
}

/// The name of a user; `uid 1000` where nobody has that id.
#[must_use]
pub fn name(uid: u32) -> String {
    match uzers::get_user_by_uid(uid) {
        Some(user) => crate::domain::text::visible(&user.name().to_string_lossy()),
        None => format!("uid {uid}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn has_a_name() {
        assert!(!super::current().is_empty());
    }
}
