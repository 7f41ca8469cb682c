//! Why a request was not taken: its status, and a short reason for the sender.
//!
//! Must not do: repeat anything of the request.

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The sender's address is not in `allow`.
    Address,
    /// It carries no key.
    MissingKey,
    /// Its key or signature is wrong.
    WrongKey,
    /// It is too old, or from the future.
    Stale,
    /// Nothing is received at this path.
    Path,
    /// It is no POST.
    Method,
    /// Its body is too long.
    TooLarge,
    /// Its body did not come in time, or not whole.
    TooSlow,
    /// Its body is no JSON object, and no list of such.
    NotJson,
    /// It tells more events than one delivery may.
    TooMany,
    /// It can't be kept now.
    Busy,
}

impl Refusal {
    /// Each of them.
    pub const ALL: [Self; 11] = [
        Self::Address,
        Self::MissingKey,
        Self::WrongKey,
        Self::Stale,
        Self::Path,
        Self::Method,
        Self::TooLarge,
        Self::TooSlow,
        Self::NotJson,
        Self::TooMany,
        Self::Busy,
    ];

    /// Its stable name, and what the sender is told.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::MissingKey => "missing-key",
            Self::WrongKey => "wrong-key",
            Self::Stale => "stale",
            Self::Path => "path",
            Self::Method => "method",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::NotJson => "not-json",
            Self::TooMany => "too-many",
            Self::Busy => "busy",
        }
    }

    /// Its status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Address => 403,
            Self::MissingKey | Self::WrongKey => 401,
            Self::Stale | Self::NotJson => 400,
            Self::Path => 404,
            Self::Method => 405,
            Self::TooLarge | Self::TooMany => 413,
            Self::TooSlow => 408,
            Self::Busy => 503,
        }
    }
}
