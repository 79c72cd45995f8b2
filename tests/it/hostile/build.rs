//! Messages that no library would write.

use mimi_dns::record::Rtype;

use super::reply::Wanted;
use crate::wire;

/// One kind of message, or several that must be treated alike.
pub(crate) struct Case {
    /// What is wrong with it.
    pub(crate) what: &'static str,
    /// Which clause says what is to be done.
    pub(crate) source: &'static str,
    pub(crate) wanted: Wanted,
    pub(crate) messages: Vec<Vec<u8>>,
}

/// Where the counts stand in a header.
pub(crate) const QDCOUNT: usize = 4;
pub(crate) const ANCOUNT: usize = 6;
pub(crate) const NSCOUNT: usize = 8;
pub(crate) const ARCOUNT: usize = 10;

pub(crate) const HEADER: usize = 12;
/// `www.example.` in wire form, which has an A record.
pub(crate) const WWW: &[u8] = b"\x03www\x07example\0";

/// A query that is answered.
pub(crate) fn www() -> Vec<u8> {
    wire::question(WWW, Rtype::A.0, 1)
}

/// As [`www`], with an OPT record.
pub(crate) fn www_with_opt() -> Vec<u8> {
    with(www(), ARCOUNT, &opt(&[]))
}

/// A header that counts one question, and what stands in its place.
pub(crate) fn asking(question: &[u8]) -> Vec<u8> {
    [&www()[..HEADER], question].concat()
}

/// The message with other octets from `at` on.
pub(crate) fn put(mut message: Vec<u8>, at: usize, octets: &[u8]) -> Vec<u8> {
    message[at..at + octets.len()].copy_from_slice(octets);
    message
}

pub(crate) fn count(message: Vec<u8>, at: usize, number: u16) -> Vec<u8> {
    put(message, at, &number.to_be_bytes())
}

/// The message with a record after all others, which the count at `count_at` counts.
pub(crate) fn with(message: Vec<u8>, count_at: usize, record: &[u8]) -> Vec<u8> {
    wire::with_record(message, count_at, record)
}

/// The message with octets behind it that nothing counts.
pub(crate) fn and(mut message: Vec<u8>, octets: &[u8]) -> Vec<u8> {
    message.extend_from_slice(octets);
    message
}

/// A record of class IN and TTL 0.
pub(crate) fn record(owner: &[u8], rtype: u16, data: &[u8]) -> Vec<u8> {
    record_of_length(owner, rtype, u16::try_from(data.len()).unwrap(), data)
}

/// As [`record`], with an RDLENGTH that may be wrong.
pub(crate) fn record_of_length(owner: &[u8], rtype: u16, length: u16, data: &[u8]) -> Vec<u8> {
    [owner, &rtype.to_be_bytes(), &[0, 1, 0, 0, 0, 0], &length.to_be_bytes(), data].concat()
}

/// An OPT record with room for 1232 octets.
pub(crate) fn opt(options: &[u8]) -> Vec<u8> {
    opt_saying(1232, [0; 4], options)
}

/// An OPT record; of its `ttl` the octets are extended RCODE, version and flags.
pub(crate) fn opt_saying(payload: u16, ttl: [u8; 4], options: &[u8]) -> Vec<u8> {
    let length = u16::try_from(options.len()).unwrap().to_be_bytes();
    [&[0, 0, 41], &payload.to_be_bytes()[..], &ttl, &length, options].concat()
}

/// An EDNS option.
pub(crate) fn option(code: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&code.to_be_bytes()[..], &length, data].concat()
}

/// A TSIG record that names a key which nobody has. Source: RFC 8945 §4.2.
pub(crate) fn tsig() -> Vec<u8> {
    let data = [
        b"\x0bhmac-sha256\0".as_slice(),
        &[0, 0, 0x6b, 0x49, 0xd2, 0],
        &[1, 44],
        &[0, 32],
        &[7; 32],
        &[0x12, 0x34, 0, 0, 0, 0],
    ]
    .concat();
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [b"\x03key\0".as_slice(), &250_u16.to_be_bytes(), &255_u16.to_be_bytes(), &[0; 4], &length, &data]
        .concat()
}
