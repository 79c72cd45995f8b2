//! The secrets of DNS cookies.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

/// Octets of a secret. Source: RFC 9018 §4.4.
const SECRET_LEN: usize = 16;

/// A secret that server cookies are made with: 16 octets, in text 32 hexadecimal digits, as in
/// BIND's `cookie-secret`, NSD's `cookie-secret` and the `secret` of Knot's `mod-cookies`.
#[derive(Clone, PartialEq, Eq)]
pub struct CookieSecret(Zeroizing<[u8; SECRET_LEN]>);

/// The secrets of DNS cookies: cookies are made with the first, and valid with any.
///
/// All servers behind one address share them. To change them, give all of them the new secret
/// behind the old, then put it first everywhere, then drop the old one after an hour (RFC 9018
/// §5); a server that is alone does with [`CookieSecrets::rotate`]. In text one secret a line.
#[derive(Clone, PartialEq, Eq)]
pub struct CookieSecrets {
    current: CookieSecret,
    others: Vec<CookieSecret>,
}

/// Why text gives no secrets. The text itself is never quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CookieSecretError {
    /// Not 16 octets in hexadecimal digits.
    #[error("a cookie secret is 32 hexadecimal digits")]
    NotASecret,
    /// None at all.
    #[error("there is no cookie secret")]
    Empty,
    /// More than [`CookieSecrets::MOST`].
    #[error("there are more than {} cookie secrets", CookieSecrets::MOST)]
    TooMany,
}

impl CookieSecret {
    /// A secret of these octets.
    #[must_use]
    pub fn new(octets: [u8; SECRET_LEN]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// A new secret from the system's random numbers.
    ///
    /// # Errors
    /// The system gives none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut secret = Self::new([0; SECRET_LEN]);
        getrandom::fill(secret.0.as_mut_slice())?;
        Ok(secret)
    }

    /// The text form: 32 hexadecimal digits. Only for where secrets are kept.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER_PERMISSIVE.encode(self.0.as_slice()))
    }

    pub(super) fn octets(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }
}

impl FromStr for CookieSecret {
    type Err = CookieSecretError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 2 * SECRET_LEN {
            return Err(CookieSecretError::NotASecret);
        }
        let mut secret = Self::new([0; SECRET_LEN]);
        match HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), secret.0.as_mut_slice()) {
            Ok(SECRET_LEN) => Ok(secret),
            _ => Err(CookieSecretError::NotASecret),
        }
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(…)")
    }
}

impl CookieSecrets {
    /// The most secrets at a time: each may have to be tried for each cookie.
    pub const MOST: usize = 4;

    /// Cookies are made with `current` and valid with it alone.
    #[must_use]
    pub const fn new(current: CookieSecret) -> Self {
        Self { current, others: Vec::new() }
    }

    /// One new secret from the system's random numbers.
    ///
    /// # Errors
    /// The system gives none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        CookieSecret::generate().map(Self::new)
    }

    /// Cookies are valid with this secret too.
    ///
    /// # Errors
    /// There are [`CookieSecrets::MOST`] already.
    pub fn with(mut self, secret: CookieSecret) -> Result<Self, CookieSecretError> {
        if self.others.len() + 1 == Self::MOST {
            return Err(CookieSecretError::TooMany);
        }
        self.others.push(secret);
        Ok(self)
    }

    /// Cookies are made with `secret`, and those that were made with the secret before it stay
    /// valid; older ones don't. Rotate no sooner than an hour after the last time.
    #[must_use]
    pub fn rotate(&self, secret: CookieSecret) -> Self {
        Self { current: secret, others: vec![self.current.clone()] }
    }

    /// The secret that cookies are made with.
    #[must_use]
    pub const fn current(&self) -> &CookieSecret {
        &self.current
    }

    /// All secrets, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &CookieSecret> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// The text form: one secret a line, the current one first. Only for where secrets are kept.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        // Room for all lines, so that no part of a secret stays behind in memory that grew.
        let mut text = Zeroizing::new(String::with_capacity((2 * SECRET_LEN + 1) * Self::MOST));
        for secret in self.all() {
            text.push_str(&secret.to_hex());
            text.push('\n');
        }
        text
    }
}

impl FromStr for CookieSecrets {
    type Err = CookieSecretError;

    /// Reads the text form; empty lines are ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = text.lines().map(str::trim_ascii).filter(|line| !line.is_empty());
        let current = lines.next().ok_or(CookieSecretError::Empty)?.parse()?;
        lines.try_fold(Self::new(current), |secrets, line| secrets.with(line.parse()?))
    }
}

impl fmt::Debug for CookieSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CookieSecrets({} …)", self.others.len() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf\n445536bcd2513298075a5d379663c962\n";

    #[test]
    fn text_reads_back() {
        let secrets: CookieSecrets = TEXT.parse().unwrap();
        assert_eq!(*secrets.to_text(), TEXT);
        let spaced = "\r\n  E5E973E5A6B2A43F48E7DC849E37BFCF\r\n\n445536bcd2513298075a5d379663c962 ";
        assert_eq!(spaced.parse::<CookieSecrets>().unwrap(), secrets);
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_quoted() {
        let long = format!("{TEXT}00");
        let cases = [
            ("", CookieSecretError::Empty),
            ("\n\n", CookieSecretError::Empty),
            ("e5e973e5a6b2a43f48e7dc849e37bfc", CookieSecretError::NotASecret),
            ("e5e973e5a6b2a43f48e7dc849e37bfcfa", CookieSecretError::NotASecret),
            ("g5e973e5a6b2a43f48e7dc849e37bfcf", CookieSecretError::NotASecret),
            ("é5e973e5a6b2a43f48e7dc849e37bfc", CookieSecretError::NotASecret),
            (&long, CookieSecretError::NotASecret),
            (&TEXT.repeat(3), CookieSecretError::TooMany),
        ];
        for (text, expected) in cases {
            let error = text.parse::<CookieSecrets>().unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("e5e9"));
        }
    }

    #[test]
    fn rotation_keeps_the_last_secret_and_no_older_one() {
        let secret = |octet| CookieSecret::new([octet; SECRET_LEN]);
        let secrets = CookieSecrets::new(secret(1)).rotate(secret(2)).rotate(secret(3));
        assert!(secrets.all().eq(&[secret(3), secret(2)]));
        assert_eq!(secrets.current(), &secret(3));
    }

    #[test]
    fn nothing_of_a_secret_is_printed_by_debug() {
        let secrets: CookieSecrets = TEXT.parse().unwrap();
        assert_eq!(format!("{secrets:?} {:?}", secrets.current()), "CookieSecrets(2 …) CookieSecret(…)");
    }

    #[test]
    fn new_secrets_differ() {
        assert_ne!(CookieSecret::generate().unwrap(), CookieSecret::generate().unwrap());
    }
}
