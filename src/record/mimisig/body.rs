//! What each kind of statement says: typed bodies, read from and written as parameters.

use std::fmt;

use super::endpoint::Endpoint;
use super::parameter::{self, Parameters};
use super::{ED25519, Fault, IgnoredReason, KeyHash, Kind, ParameterKey, RawKey, RejectedReason};
use crate::clock::UnixTime;
use crate::record::Name;

/// The longest list of providers in one wishes statement.
pub(super) const MAX_AT: usize = 16;
/// The longest tag.
const MAX_TAG: usize = 32;

/// What a statement says. One that comes from a [`super::Mimisig`] keeps every rule of its form;
/// one that is put together by hand is checked when a draft is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Kind 1.
    Possession(Possession),
    /// Kind 2.
    Mapping(Mapping),
    /// Kind 3.
    Wishes(Wishes),
}

/// An authentication provider has checked who controls the identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possession {
    /// Domain of the authentication provider.
    pub issuer: Name,
    /// Key of the holder; `None`: the identifier has no holder now (a tombstone).
    pub holder_key: Option<RawKey>,
    /// How and when it was checked.
    pub proof: Proof,
}

/// A messaging service provider reaches the identifier at these endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Domain of the messaging service provider.
    pub issuer: Name,
    /// At least one; on the wire in ascending order of octets.
    pub endpoints: Vec<Endpoint>,
    /// What the mapping rests on.
    pub basis: Basis,
}

/// What a mapping rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A holder who wishes it.
    Holder {
        /// Hash of the holder's key.
        holder: KeyHash,
        /// Inception of the wishes that the provider acts on.
        consent: UnixTime,
    },
    /// Legacy: the provider vouches for possession itself.
    Legacy(Proof),
}

/// The holder's complete list of providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Hash of the holder's key, with which this is signed.
    pub holder: KeyHash,
    /// None (opted out) to 16, one for each provider; on the wire in ascending order of octets.
    pub at: Vec<At>,
}

/// One provider at which the holder wants to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// Domain of the messaging service provider.
    pub msp: Name,
    /// Lower first.
    pub rank: u16,
    /// In ascending order, none twice; tags select, never order.
    pub tags: Vec<Tag>,
    /// Key to establish a connection with.
    pub connection_key: Option<RawKey>,
}

/// How and when possession of an identifier was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proof {
    /// How.
    pub method: ProofMethod,
    /// When.
    pub time: UnixTime,
}

/// How possession was checked, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProofMethod {
    /// Taken over from before: nothing is known.
    Legacy,
    /// A code by text message.
    Sms,
    /// A code by telephone call.
    Voice,
    /// A code by email.
    Email,
    /// By whoever assigned the identifier, also a mailbox's or MIMI name's host.
    Carrier,
}

impl ProofMethod {
    /// All methods, weakest first.
    pub const ALL: [Self; 5] = [Self::Legacy, Self::Sms, Self::Voice, Self::Email, Self::Carrier];

    /// The octet on the wire; larger is stronger.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Legacy => 1,
            Self::Sms => 2,
            Self::Voice => 3,
            Self::Email => 4,
            Self::Carrier => 5,
        }
    }

    /// The word of the presentation form.
    #[must_use]
    pub const fn mnemonic(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
            Self::Carrier => "carrier",
        }
    }

    /// The method of this number, if it is known.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.number() == number)
    }

    /// The method of this word, in lower case.
    #[must_use]
    pub fn from_mnemonic(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.mnemonic() == word)
    }
}

impl fmt::Display for ProofMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.mnemonic())
    }
}

/// What a sender may select providers by: 1 to 32 characters of a-z, 0-9 and hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Box<str>);

/// Not 1 to 32 characters of a-z, 0-9 and hyphen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tag has 1 to 32 characters of a-z, 0-9 and hyphen")]
pub struct TagError;

impl Tag {
    /// Reads a tag.
    ///
    /// # Errors
    /// [`TagError`]: its author's fault.
    pub fn parse(octets: &[u8]) -> Result<Self, TagError> {
        match std::str::from_utf8(octets) {
            Ok(text) if (1..=MAX_TAG).contains(&text.len()) && octets.iter().all(is_plain) => {
                Ok(Self(text.into()))
            }
            _ => Err(TagError),
        }
    }

    /// The tag's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// a-z, 0-9 or hyphen: what names and tags are made of.
pub(super) const fn is_plain(octet: &u8) -> bool {
    matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-')
}

impl Body {
    /// What kind of statement this is the body of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Possession(_) => Kind::Possession,
            Self::Mapping(_) => Kind::Mapping,
            Self::Wishes(_) => Kind::Wishes,
        }
    }

    /// The issuer's domain; `None` for wishes, which a holder's key signs.
    #[must_use]
    pub const fn issuer(&self) -> Option<&Name> {
        match self {
            Self::Possession(possession) => Some(&possession.issuer),
            Self::Mapping(mapping) => Some(&mapping.issuer),
            Self::Wishes(_) => None,
        }
    }

    /// Presence, then values, of parameters that are in order.
    pub(super) fn parse(kind: Kind, parameters: &[(u16, &[u8])]) -> Result<Self, Fault> {
        check_presence(kind, parameters)?;
        let all = |wanted: ParameterKey| {
            parameters.iter().filter(move |(key, _)| *key == wanted.number()).map(|(_, value)| *value)
        };
        let one = |wanted: ParameterKey| all(wanted).next().ok_or(RejectedReason::Missing(wanted));
        Ok(match kind {
            Kind::Possession => Self::Possession(Possession {
                issuer: name(ParameterKey::Issuer, one(ParameterKey::Issuer)?)?,
                holder_key: all(ParameterKey::HolderKey)
                    .next()
                    .map(|value| raw_key(ParameterKey::HolderKey, value))
                    .transpose()?,
                proof: proof(one(ParameterKey::Proof)?)?,
            }),
            Kind::Mapping => {
                let issuer = name(ParameterKey::Issuer, one(ParameterKey::Issuer)?)?;
                let basis = match all(ParameterKey::Holder).next() {
                    Some(holder) => Basis::Holder {
                        holder: key_hash(holder)?,
                        consent: consent(one(ParameterKey::Consent)?)?,
                    },
                    None => Basis::Legacy(proof(one(ParameterKey::Proof)?)?),
                };
                let endpoints = all(ParameterKey::Endpoint)
                    .map(|value| Endpoint::parse_for(value, &issuer))
                    .collect::<Result<_, _>>()
                    .map_err(RejectedReason::Endpoint)?;
                Self::Mapping(Mapping { issuer, endpoints, basis })
            }
            Kind::Wishes => {
                let holder = key_hash(one(ParameterKey::Holder)?)?;
                let at = all(ParameterKey::At).map(at).collect::<Result<Vec<_>, _>>()?;
                // Values ascend and begin with the name, so one provider's would be neighbours.
                if at.windows(2).any(|pair| pair[0].msp == pair[1].msp) {
                    return Err(RejectedReason::ProviderTwice.into());
                }
                Self::Wishes(Wishes { holder, at })
            }
        })
    }

    /// The parameters in the order of the wire; `None` where a value is longer than 65,535 octets.
    pub(super) fn to_parameters(&self) -> Option<Vec<u8>> {
        let mut values: Vec<(u16, Vec<u8>)> = Vec::new();
        let mut add = |key: ParameterKey, value: Vec<u8>| values.push((key.number(), value));
        match self {
            Self::Possession(possession) => {
                add(ParameterKey::Issuer, possession.issuer.as_wire().into());
                if let Some(key) = &possession.holder_key {
                    add(ParameterKey::HolderKey, key_octets(key));
                }
                add(ParameterKey::Proof, proof_octets(possession.proof));
            }
            Self::Mapping(mapping) => {
                add(ParameterKey::Issuer, mapping.issuer.as_wire().into());
                match mapping.basis {
                    Basis::Holder { holder, consent } => {
                        add(ParameterKey::Holder, holder.0.into());
                        add(ParameterKey::Consent, consent.0.to_be_bytes().into());
                    }
                    Basis::Legacy(proof) => add(ParameterKey::Proof, proof_octets(proof)),
                }
                for endpoint in &mapping.endpoints {
                    add(ParameterKey::Endpoint, endpoint.value().into());
                }
            }
            Self::Wishes(wishes) => {
                add(ParameterKey::Holder, wishes.holder.0.into());
                for at in &wishes.at {
                    add(ParameterKey::At, at_octets(at)?);
                }
            }
        }
        values.sort();
        parameter::concat(&values)
    }
}

fn check_presence(kind: Kind, parameters: &[(u16, &[u8])]) -> Result<(), Fault> {
    // A later version may allow a known parameter where it gives it a meaning, so what isn't
    // understood comes before what is wrong.
    let strange = |key: u16| key < CRITICAL_END && ParameterKey::from_number(key).is_none();
    if let Some((key, _)) = parameters.iter().find(|(key, _)| strange(*key)) {
        return Err(IgnoredReason::UnknownParameter(*key).into());
    }
    let known = || parameters.iter().filter_map(|(key, _)| ParameterKey::from_number(*key));
    if let Some(stranger) = known().find(|key| !key.belongs_in(kind)) {
        return Err(RejectedReason::WrongKind(stranger, kind).into());
    }
    let has = |wanted| known().any(|key| key == wanted);
    let required: &[ParameterKey] = match kind {
        Kind::Possession => &[ParameterKey::Issuer, ParameterKey::Proof],
        Kind::Mapping if has(ParameterKey::Proof) => {
            if has(ParameterKey::Holder) || has(ParameterKey::Consent) {
                return Err(RejectedReason::HolderAndProof.into());
            }
            &[ParameterKey::Issuer, ParameterKey::Endpoint]
        }
        Kind::Mapping => {
            &[ParameterKey::Issuer, ParameterKey::Holder, ParameterKey::Endpoint, ParameterKey::Consent]
        }
        Kind::Wishes => &[ParameterKey::Holder],
    };
    if let Some(missing) = required.iter().find(|key| !has(**key)) {
        return Err(RejectedReason::Missing(*missing).into());
    }
    match known().filter(|key| *key == ParameterKey::At).count() {
        count if count > MAX_AT => Err(RejectedReason::TooManyAt(count).into()),
        _ => Ok(()),
    }
}

/// Keys from here on may be ignored.
pub(super) const CRITICAL_END: u16 = 32_768;

/// A name that fills `value`: lower-case A-labels, not the root.
fn name(key: ParameterKey, value: &[u8]) -> Result<Name, RejectedReason> {
    let name = Name::from_wire(value).map_err(|_| RejectedReason::BadValue(key))?;
    if name.is_root() || !name.labels().flatten().all(is_plain) {
        return Err(RejectedReason::BadName(key));
    }
    Ok(name)
}

fn raw_key(key: ParameterKey, value: &[u8]) -> Result<RawKey, RejectedReason> {
    match value {
        [ED25519, octets @ ..] if octets.len() != 32 => Err(RejectedReason::BadValue(key)),
        [_] | [] => Err(RejectedReason::BadValue(key)),
        [algorithm, octets @ ..] => Ok(RawKey { algorithm: *algorithm, octets: octets.into() }),
    }
}

fn key_hash(value: &[u8]) -> Result<KeyHash, RejectedReason> {
    value.try_into().map(KeyHash).map_err(|_| RejectedReason::BadValue(ParameterKey::Holder))
}

fn time(key: ParameterKey, value: &[u8]) -> Result<UnixTime, RejectedReason> {
    let octets = value.try_into().map_err(|_| RejectedReason::BadValue(key))?;
    Ok(UnixTime(u64::from_be_bytes(octets)))
}

fn consent(value: &[u8]) -> Result<UnixTime, RejectedReason> {
    time(ParameterKey::Consent, value)
}

fn proof(value: &[u8]) -> Result<Proof, RejectedReason> {
    let bad = RejectedReason::BadValue(ParameterKey::Proof);
    let (&method, rest) = value.split_first().ok_or(bad)?;
    Ok(Proof { method: ProofMethod::from_number(method).ok_or(bad)?, time: time(ParameterKey::Proof, rest)? })
}

fn at(value: &[u8]) -> Result<At, RejectedReason> {
    let bad = RejectedReason::BadValue(ParameterKey::At);
    let len = Name::wire_len(value).map_err(|_| bad)?;
    let (msp, rest) = value.split_at(len);
    let msp = name(ParameterKey::At, msp)?;
    let [r0, r1, count, rest @ ..] = rest else { return Err(bad) };
    let (mut rest, mut tags) = (rest, Vec::new());
    for _ in 0..*count {
        let (&len, after) = rest.split_first().ok_or(bad)?;
        let (octets, after) = after.split_at_checked(usize::from(len)).ok_or(bad)?;
        let tag = Tag::parse(octets).map_err(|_| bad)?;
        if tags.last().is_some_and(|last| *last >= tag) {
            return Err(bad);
        }
        tags.push(tag);
        rest = after;
    }
    let connection_key = match rest {
        [] => None,
        value => Some(raw_key(ParameterKey::At, value)?),
    };
    Ok(At { msp, rank: u16::from_be_bytes([*r0, *r1]), tags, connection_key })
}

pub(super) fn key_octets(key: &RawKey) -> Vec<u8> {
    [&[key.algorithm], &*key.octets].concat()
}

fn proof_octets(proof: Proof) -> Vec<u8> {
    [&[proof.method.number()][..], &proof.time.0.to_be_bytes()].concat()
}

pub(super) fn at_octets(at: &At) -> Option<Vec<u8>> {
    let mut out = at.msp.as_wire().to_vec();
    out.extend_from_slice(&at.rank.to_be_bytes());
    out.push(u8::try_from(at.tags.len()).ok()?);
    let mut tags: Vec<&str> = at.tags.iter().map(Tag::as_str).collect();
    tags.sort_unstable();
    for tag in tags {
        out.push(u8::try_from(tag.len()).ok()?);
        out.extend_from_slice(tag.as_bytes());
    }
    if let Some(key) = &at.connection_key {
        out.extend(key_octets(key));
    }
    Some(out)
}

/// Whether the parameters are in order: keys ascend, none that may not repeats, the values of one
/// that may repeat ascend as octet strings.
pub(super) fn check_order(parameters: &[(u16, &[u8])]) -> Result<(), RejectedReason> {
    for pair in parameters.windows(2) {
        let [(before, earlier), (key, value)] = pair else { continue };
        if key < before {
            return Err(RejectedReason::OutOfOrder(*key));
        }
        if key == before {
            match ParameterKey::from_number(*key).filter(|key| key.repeats()) {
                None => return Err(RejectedReason::Repeated(*key)),
                Some(key) if earlier >= value => return Err(RejectedReason::ValuesOutOfOrder(key)),
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// All parameters, borrowed; the walk over hostile octets takes memory of their own number only.
pub(super) fn collect(octets: &[u8]) -> Result<Vec<(u16, &[u8])>, RejectedReason> {
    Parameters::new(octets).collect::<Result<_, _>>().map_err(|_| RejectedReason::ParametersUneven)
}
