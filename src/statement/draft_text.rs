//! Drafts as text: the presentation form with times relative to now, and files for keys.

use std::sync::Arc;

use super::draft::{Draft, DraftError};
use super::key::PublicKey;
use super::key_file::KeyFileError;
use super::signer::Signer;
use crate::clock::UnixTime;
use crate::record::mimisig::{
    Exact, KeyHash, ParameterKey, RawKey, SIGN, TextError, TextFault, Words, parse_unsigned,
};
use crate::record::parse_period;
use crate::record::scan::Token;

/// Where the files are that drafts name; implemented by whoever may read files, or has the keys.
pub trait Keys {
    /// The public key of a file that holds a public or a secret one.
    ///
    /// # Errors
    /// Why there is none.
    fn public_key(&self, file: &str) -> Result<PublicKey, KeyFileError>;

    /// The signer of a file that holds a secret key.
    ///
    /// # Errors
    /// Why there is none.
    fn signer(&self, file: &str) -> Result<Arc<dyn Signer + Send + Sync>, KeyFileError>;
}

/// A draft that was read, and the file of the key that is to sign it.
///
/// Text form: `<kind> <inception> <expiration> [parameter=value]… sign=<file>`. Any time may be
/// `now`, `now-30d` or `now+2h`; an expiration may be `+10d`, which is after the inception.
/// `holder-key=@<file>`, `holder=@<file>` and the key of an `at` name a file too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftText {
    draft: Draft,
    sign: String,
}

impl DraftText {
    /// Whether these tokens are a draft, well formed or not, rather than a signed statement: one of them
    /// names the key that is to sign.
    #[must_use]
    pub fn is_draft(tokens: &[Token<'_>]) -> bool {
        tokens.iter().any(|token| token.raw.starts_with(SIGN))
    }

    /// Reads a draft.
    ///
    /// # Errors
    /// The first fault, with its offset in the text: its author's.
    pub fn parse(tokens: &[Token<'_>], now: UnixTime, keys: &dyn Keys) -> Result<Self, TextError> {
        let (unsigned, rest) = parse_unsigned(tokens, &DraftWords { now, keys })?;
        let [sign, leftover @ ..] = rest else {
            let offset = tokens.last().map(Token::end);
            return Err(TextError { offset, fault: TextFault::Missing("sign=") });
        };
        let file = sign.raw.strip_prefix(SIGN).filter(|file| !file.is_empty());
        let file = file.ok_or_else(|| TextFault::Missing("sign=").at(sign))?;
        if let Some(token) = leftover.first() {
            return Err(TextFault::Leftover.at(token));
        }
        let sign = std::str::from_utf8(file).map_err(|_| TextFault::NotText.at(sign))?.trim_matches('"');
        let draft = Draft::from_unsigned(unsigned).map_err(|error| {
            let fault = match error {
                DraftError::Inverted => TextFault::Inverted,
                DraftError::TooLong => TextFault::TooLong,
                DraftError::Fault(fault) => fault.into(),
            };
            fault.at(&tokens[0])
        })?;
        Ok(Self { draft, sign: sign.into() })
    }

    /// What is to be signed.
    #[must_use]
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The same, on its own.
    #[must_use]
    pub fn into_draft(self) -> Draft {
        self.draft
    }

    /// The file of the key that is to sign, as the draft names it.
    #[must_use]
    pub fn key_file(&self) -> &str {
        &self.sign
    }
}

/// The words of a draft.
struct DraftWords<'a> {
    now: UnixTime,
    keys: &'a dyn Keys,
}

impl DraftWords<'_> {
    fn file_key(&self, file: &str) -> Result<PublicKey, TextFault> {
        self.keys.public_key(file).map_err(|error| TextFault::KeyFile(error.to_string()))
    }
}

impl Words for DraftWords<'_> {
    fn time(&self, text: &str) -> Option<UnixTime> {
        let Some(shift) = text.strip_prefix("now") else { return Exact.time(text) };
        let period = |text: &str| parse_period(text.as_bytes()).map(u64::from);
        match shift.as_bytes().first() {
            None => Some(self.now),
            Some(b'+') => Some(self.now.plus(period(&shift[1..])?)),
            Some(b'-') => Some(self.now.minus(period(&shift[1..])?)),
            Some(_) => None,
        }
    }

    fn expiration(&self, text: &str, inception: UnixTime) -> Option<UnixTime> {
        match text.strip_prefix('+') {
            Some(period) => Some(inception.plus(parse_period(period.as_bytes())?.into())),
            None => self.time(text),
        }
    }

    fn key(&self, of: ParameterKey, text: &str) -> Result<RawKey, TextFault> {
        match text.strip_prefix('@') {
            Some(file) => Ok(self.file_key(file)?.to_raw()),
            None => Exact.key(of, text),
        }
    }

    fn holder(&self, text: &str) -> Result<KeyHash, TextFault> {
        match text.strip_prefix('@') {
            Some(file) => Ok(self.file_key(file)?.key_hash()),
            None => Exact.holder(text),
        }
    }
}
