//! DNS cookies: who has been answered at an address before proves it. Source: RFC 7873 and 9018.

mod option;
mod secrets;

pub(super) use option::{Judged, Replied, Sent, Standing};
pub use secrets::{CookieSecret, CookieSecretError, CookieSecrets};

/// What the operator chooses of DNS cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cookies {
    /// What cookies are made with.
    pub secrets: CookieSecrets,
    /// Whether those who send a cookie without a valid server's part over UDP get one (BADCOOKIE)
    /// and no answer. Source: RFC 7873 §5.2.3.
    pub require: bool,
}

impl Cookies {
    /// With these secrets, and not required.
    #[must_use]
    pub const fn new(secrets: CookieSecrets) -> Self {
        Self { secrets, require: false }
    }
}
