//! The text form of [`Parameters`].

use std::fmt;

use data_encoding::HEXLOWER;

use super::{Epoch, Hash, MAX_TEXT, Parameters, ParametersError};
use crate::record::calendar;
use crate::record::tags::{Tags, TagsFault};
pub(super) use crate::record::tags::{is_name, is_tag_octet};

const VERSION: &[u8] = b"v=mimi1";

pub(super) const EPOCH: ParametersError = value("epoch", "1 to 32 of a-z 0-9");
pub(super) const HASH: ParametersError = value("hash", "1 to 32 of a-z 0-9 -");
pub(super) const SALT: ParametersError = value("salt", "lower-case hexadecimal of 16 octets or more");
pub(super) const SHARD: ParametersError = value("shard", "0, 1, 2 or 3");
pub(super) const FROM: ParametersError = value("from", "YYYYMMDDHHmmSS in UTC");
pub(super) const MEMORY: ParametersError = value("m", "a number of KiB, at least 8 times p");
pub(super) const PASSES: ParametersError = value("t", "a number of passes, at least 1");
pub(super) const LANES: ParametersError = value("p", "a number of lanes, 1 to 16777215");

const fn value(tag: &'static str, form: &'static str) -> ParametersError {
    ParametersError::Value { tag, form }
}

pub(super) fn parse(text: &[u8]) -> Result<Parameters, ParametersError> {
    if text.len() > MAX_TEXT {
        return Err(ParametersError::TooLong);
    }
    let tags = Tags::parse(text, VERSION).map_err(|fault| match fault {
        TagsFault::Version => ParametersError::Version,
        TagsFault::Form { at } => ParametersError::Form { at },
        TagsFault::Twice { at } => ParametersError::Twice { at },
    })?;
    let required = |tag| tags.optional(tag).ok_or(ParametersError::Missing { tag });
    let epoch = required("epoch")?;
    let epoch: Epoch = std::str::from_utf8(epoch).map_err(|_| EPOCH)?.parse()?;
    let salt = tags.optional("salt").map(salt).transpose()?;
    let hash = match required("hash")? {
        b"sha256" => Hash::Sha256 { salt: salt.ok_or(ParametersError::Missing { tag: "salt" })? },
        b"argon2id" => Hash::Argon2id {
            salt: salt.ok_or(ParametersError::Missing { tag: "salt" })?,
            m_kib: number(required("m")?).ok_or(MEMORY)?,
            t: number(required("t")?).ok_or(PASSES)?,
            p: number(required("p")?).ok_or(LANES)?,
        },
        name if is_name(name, is_hash_octet) => {
            Hash::Unknown { name: std::str::from_utf8(name).map_err(|_| HASH)?.into() }
        }
        _ => return Err(HASH),
    };
    let shard = match tags.optional("shard") {
        None => 0,
        Some([digit @ b'0'..=b'3']) => digit - b'0',
        Some(_) => return Err(SHARD),
    };
    let from = calendar::parse(required("from")?).ok_or(FROM)?;
    hash.check()?;
    Ok(Parameters { from, epoch, hash, shard })
}

pub(super) fn is_hash_octet(octet: u8) -> bool {
    is_tag_octet(octet) || octet == b'-'
}

fn salt(text: &[u8]) -> Result<Box<[u8]>, ParametersError> {
    // HEXLOWER refuses upper case: the text of a salt has one form.
    match HEXLOWER.decode(text) {
        Ok(octets) if octets.len() >= super::MIN_SALT => Ok(octets.into()),
        _ => Err(SALT),
    }
}

/// A decimal number without sign and leading zeros.
fn number(text: &[u8]) -> Option<u32> {
    match text {
        [b'0'] => Some(0),
        [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(text).ok()?.parse().ok()
        }
        _ => None,
    }
}

/// The one text that [`Parameters::parse`] reads back as the same value, with `; ` between tags.
/// A hash that is not known prints without the tags that only it understands.
impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=mimi1; epoch={}; hash={}", self.epoch, self.hash.name())?;
        match &self.hash {
            Hash::Sha256 { salt } => write!(f, "; salt={}", HEXLOWER.encode(salt))?,
            Hash::Argon2id { salt, m_kib, t, p } => {
                write!(f, "; m={m_kib}; t={t}; p={p}; salt={}", HEXLOWER.encode(salt))?;
            }
            Hash::Unknown { .. } => {}
        }
        // `Parameters::new` admits no time without this form.
        let from = calendar::print(self.from).ok_or(fmt::Error)?;
        write!(f, "; shard={}; from={from}", self.shard)
    }
}
