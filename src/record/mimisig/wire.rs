//! Record data: read in the order of checks that the protocol prescribes, and written.

use super::{
    Body, ED25519, Fault, HEADER_LEN, IgnoredReason, KeyId, Kind, Mimisig, RejectedReason, SIGNATURE_LEN,
    VERSION, rules,
};
use crate::clock::UnixTime;

const KEY_ID_LEN: usize = 8;

pub(super) fn parse(rdata: &[u8]) -> Result<Mimisig, Fault> {
    let kind = version_and_kind(rdata)?;
    let header: &[u8; HEADER_LEN] = rdata.first_chunk().ok_or(RejectedReason::Cut)?;
    let parameters_end = HEADER_LEN + usize::from(u16::from_be_bytes([header[18], header[19]]));
    let parameters = rdata.get(HEADER_LEN..parameters_end).ok_or(RejectedReason::Cut)?;
    let parameters = rules::collect(parameters)?;
    let (&algorithm, rest) = rdata[parameters_end..].split_first().ok_or(RejectedReason::Cut)?;
    if algorithm != ED25519 {
        return Err(IgnoredReason::UnknownAlgorithm(algorithm).into());
    }
    if rest.len() != KEY_ID_LEN + SIGNATURE_LEN {
        return Err(RejectedReason::SignatureLength(rest.len()).into());
    }
    rules::check_order(&parameters)?;
    rules::check_presence(kind, &parameters)?;
    Ok(Mimisig {
        body: Body::parse(kind, &parameters)?,
        inception: time(header, 2),
        expiration: time(header, 10),
        parameters_end,
        rdata: rdata.into(),
    })
}

fn version_and_kind(rdata: &[u8]) -> Result<Kind, Fault> {
    match rdata {
        [] | [VERSION] => Err(RejectedReason::Cut.into()),
        [VERSION, kind, ..] => {
            Kind::from_number(*kind).ok_or_else(|| IgnoredReason::UnknownKind(*kind).into())
        }
        [version, ..] => Err(IgnoredReason::UnknownVersion(*version).into()),
    }
}

fn time(header: &[u8; HEADER_LEN], at: usize) -> UnixTime {
    let mut octets = [0; 8];
    octets.copy_from_slice(&header[at..at + 8]);
    UnixTime(u64::from_be_bytes(octets))
}

/// Version through parameters of a statement that is still to be signed; `None` where the
/// parameters are longer than their length field can say.
pub(crate) fn unsigned_octets(inception: UnixTime, expiration: UnixTime, body: &Body) -> Option<Vec<u8>> {
    unsigned(body.kind(), inception, expiration, &body.to_parameters()?)
}

pub(super) fn unsigned(
    kind: Kind,
    inception: UnixTime,
    expiration: UnixTime,
    parameters: &[u8],
) -> Option<Vec<u8>> {
    let len = u16::try_from(parameters.len()).ok()?;
    Some(
        [
            &[VERSION, kind.number()][..],
            &inception.0.to_be_bytes(),
            &expiration.0.to_be_bytes(),
            &len.to_be_bytes(),
            parameters,
        ]
        .concat(),
    )
}

/// Record data of a signed statement.
pub(crate) fn signed_octets(unsigned: &[u8], key_id: KeyId, signature: &[u8; SIGNATURE_LEN]) -> Vec<u8> {
    [unsigned, &[ED25519], &key_id.0, signature].concat()
}
