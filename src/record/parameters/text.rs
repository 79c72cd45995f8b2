//! The text form of [`Parameters`].

use std::fmt;

use data_encoding::HEXLOWER;

use super::{Epoch, Hash, MAX_TEXT, Parameters, ParametersError};
use crate::record::calendar;

const VERSION: &[u8] = b"v=mimi1";
/// Longest tag, epoch and name of a hash.
const MAX_WORD: usize = 32;

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
    let tags = Tags::parse(text)?;
    let epoch = tags.required("epoch")?;
    let epoch: Epoch = std::str::from_utf8(epoch).map_err(|_| EPOCH)?.parse()?;
    let salt = tags.optional("salt").map(salt).transpose()?;
    let hash = match tags.required("hash")? {
        b"sha256" => Hash::Sha256 { salt: salt.ok_or(ParametersError::Missing { tag: "salt" })? },
        b"argon2id" => Hash::Argon2id {
            salt: salt.ok_or(ParametersError::Missing { tag: "salt" })?,
            m_kib: number(tags.required("m")?).ok_or(MEMORY)?,
            t: number(tags.required("t")?).ok_or(PASSES)?,
            p: number(tags.required("p")?).ok_or(LANES)?,
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
    let from = calendar::parse(tags.required("from")?).ok_or(FROM)?;
    hash.check()?;
    Ok(Parameters { from, epoch, hash, shard })
}

/// `tag=value`s with where each begins; no tag stands twice.
struct Tags<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Tags<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, ParametersError> {
        let mut tags: Vec<(&[u8], &[u8])> = Vec::with_capacity(8);
        let mut at = 0;
        let pieces = text.split(|&octet| octet == b';').count();
        for (index, piece) in text.split(|&octet| octet == b';').enumerate() {
            let next = at + piece.len() + 1;
            let mut pair = piece;
            while let ([b' ', rest @ ..], true) = (pair, index > 0) {
                pair = rest;
                at += 1;
            }
            while let ([rest @ .., b' '], true) = (pair, index + 1 < pieces) {
                pair = rest;
            }
            if index == 0 && pair != VERSION {
                return Err(ParametersError::Version);
            }
            let (tag, value) = split(pair).ok_or(ParametersError::Form { at })?;
            if tags.iter().any(|(other, _)| *other == tag) {
                return Err(ParametersError::Twice { at });
            }
            tags.push((tag, value));
            at = next;
        }
        Ok(Self(tags))
    }

    fn optional(&self, tag: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(name, _)| *name == tag.as_bytes()).map(|(_, value)| *value)
    }

    fn required(&self, tag: &'static str) -> Result<&'a [u8], ParametersError> {
        self.optional(tag).ok_or(ParametersError::Missing { tag })
    }
}

/// `tag=value`: the tag 1 to 32 of `a-z 0-9`, the value visible ASCII.
fn split(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = pair.iter().position(|&octet| octet == b'=')?;
    let (tag, value) = (&pair[..equals], &pair[equals + 1..]);
    (is_name(tag, is_tag_octet) && value.iter().all(u8::is_ascii_graphic)).then_some((tag, value))
}

pub(super) fn is_name(word: &[u8], allowed: fn(u8) -> bool) -> bool {
    (1..=MAX_WORD).contains(&word.len()) && word.iter().all(|&octet| allowed(octet))
}

pub(super) fn is_tag_octet(octet: u8) -> bool {
    octet.is_ascii_lowercase() || octet.is_ascii_digit()
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
