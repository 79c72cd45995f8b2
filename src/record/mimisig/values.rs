//! Values of parameters: bodies read from them, and written as them.

use super::body::{At, Basis, Body, Mapping, Possession, Proof, ProofMethod, Tag, Wishes, is_plain};
use super::endpoint::Endpoint;
use super::{ED25519, Fault, KeyHash, Kind, ParameterKey, RawKey, RejectedReason, parameter};
use crate::clock::UnixTime;
use crate::record::Name;

impl Body {
    /// Reads the values of parameters that are in order and complete.
    pub(super) fn parse(kind: Kind, parameters: &[(u16, &[u8])]) -> Result<Self, Fault> {
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
