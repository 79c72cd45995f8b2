//! EDNS: the options of requests that are understood, and the OPT record of replies.
//! Source: RFC 6891.

use super::cookie;
use super::rcode::{ExtendedError, Rcode};
use super::settings::Nsid;
use crate::record::Rtype;

/// The least that a requestor's UDP payload size counts for. Source: RFC 6891 §6.2.3.
const LEAST_PAYLOAD: u16 = 512;
/// An OPT record without options. Source: RFC 6891 §6.1.2.
const EMPTY_OPT: usize = 11;
/// Code and length in front of an option's data.
const OPTION_HEAD: usize = 4;
/// INFO-CODE of an extended error.
const INFO_CODE: usize = 2;
/// Replies fill a multiple of this many octets where they are padded. Source: RFC 8467 §4.1.
const PADDED_TO: usize = 468;

const NSID: u16 = 3;
const COOKIE: u16 = 10;
const TCP_KEEPALIVE: u16 = 11;
const PADDING: u16 = 12;
const EXTENDED_ERROR: u16 = 15;

/// What a request's OPT record says. Of an option that is there twice the first counts (RFC 7873
/// §5.2 for cookies); options that are not understood are ignored (RFC 6891 §6.1.2).
#[derive(Clone, Copy)]
pub(super) struct Edns<'a> {
    pub(super) version: u8,
    /// The requestor's UDP payload size, 512 or more.
    pub(super) payload: u16,
    /// DNSSEC OK. Source: RFC 3225 §3.
    pub(super) dnssec_ok: bool,
    /// Compact Answers OK: absent names may be told by NXDOMAIN. Source: RFC 9824 §5.1.
    pub(super) compact_ok: bool,
    /// Whether the server is asked for its identifier. Source: RFC 5001 §2.1.
    pub(super) nsid: bool,
    /// Data of the COOKIE option.
    pub(super) cookie: Option<&'a [u8]>,
    /// Data of the edns-tcp-keepalive option. Source: RFC 7828.
    pub(super) keepalive: Option<&'a [u8]>,
    /// Whether the request is padded. Source: RFC 7830.
    pub(super) padded: bool,
}

impl<'a> Edns<'a> {
    /// The least that an OPT record can say.
    pub(super) const LEAST: Self = Self {
        version: 0,
        payload: LEAST_PAYLOAD,
        dnssec_ok: false,
        compact_ok: false,
        nsid: false,
        cookie: None,
        keepalive: None,
        padded: false,
    };

    /// Reads what stands in the places of class and TTL, and the data; `None` where the options are
    /// cut short.
    pub(super) fn parse(fixed: [u8; 6], mut data: &'a [u8]) -> Option<Self> {
        let [payload_high, payload_low, _extended_rcode, version, flags, _] = fixed;
        let payload = u16::from_be_bytes([payload_high, payload_low]).max(LEAST_PAYLOAD);
        let mut edns = Self {
            version,
            payload,
            dnssec_ok: flags & 0x80 != 0,
            compact_ok: flags & 0x40 != 0,
            ..Self::LEAST
        };
        while !data.is_empty() {
            let (&[code_high, code_low, high, low], rest) = data.split_first_chunk()?;
            let (option, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
            match u16::from_be_bytes([code_high, code_low]) {
                NSID => edns.nsid = true,
                COOKIE => edns.cookie = edns.cookie.or(Some(option)),
                TCP_KEEPALIVE => edns.keepalive = edns.keepalive.or(Some(option)),
                PADDING => edns.padded = true,
                _ => {}
            }
            data = rest;
        }
        Some(edns)
    }
}

/// The OPT record of a reply, without what only the outcome tells.
#[derive(Clone, Copy)]
pub(super) struct ReplyOpt<'s> {
    pub(super) payload: u16,
    pub(super) dnssec_ok: bool,
    pub(super) nsid: Option<&'s Nsid>,
    pub(super) cookie: Option<cookie::Replied>,
    /// How long a connection may be idle, in tenths of a second.
    pub(super) keepalive: Option<u16>,
    pub(super) padded: bool,
}

impl ReplyOpt<'_> {
    /// Octets that it fills, without padding and extended error.
    pub(super) fn len(&self) -> usize {
        let option = |len: Option<usize>| len.map_or(0, |len| OPTION_HEAD + len);
        EMPTY_OPT
            + option(self.nsid.map(|nsid| nsid.as_octets().len()))
            + option(self.cookie.map(|cookie| cookie.len()))
            + option(self.keepalive.map(|_| 2))
    }

    /// Writes the record at the message's end: the extended error, which replies without records
    /// have, as far as `limit` allows; and last the padding, of the whole message.
    pub(super) fn write(&self, out: &mut Vec<u8>, limit: usize, rcode: Rcode, error: Option<ExtendedError>) {
        let [rtype_high, rtype_low] = Rtype::OPT.0.to_be_bytes();
        let [payload_high, payload_low] = self.payload.to_be_bytes();
        let [_, extended] = (rcode as u16 >> 4).to_be_bytes();
        let flags = if self.dnssec_ok { 0x80 } else { 0 };
        out.extend_from_slice(&[0, rtype_high, rtype_low, payload_high, payload_low, extended, 0, flags, 0]);
        let length_at = out.len();
        out.extend_from_slice(&[0, 0]);
        if let Some(nsid) = self.nsid {
            push(out, NSID, &[nsid.as_octets()]);
        }
        if let Some(cookie) = &self.cookie {
            push(out, COOKIE, &[cookie]);
        }
        if let Some(tenths) = self.keepalive {
            push(out, TCP_KEEPALIVE, &[&tenths.to_be_bytes()]);
        }
        if let Some(error) = error
            && out.len() + OPTION_HEAD + INFO_CODE + error.text.len() <= limit
        {
            push(out, EXTENDED_ERROR, &[&error.code.to_be_bytes(), error.text.as_bytes()]);
        }
        if self.padded {
            pad(out, limit);
        }
        let length = u16::try_from(out.len() - length_at - 2).unwrap_or(u16::MAX);
        out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    }
}

fn push(out: &mut Vec<u8>, code: u16, data: &[&[u8]]) {
    let len = data.iter().map(|part| part.len()).sum::<usize>();
    let [code_high, code_low] = code.to_be_bytes();
    let [high, low] = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
    out.extend_from_slice(&[code_high, code_low, high, low]);
    for part in data {
        out.extend_from_slice(part);
    }
}

/// Fills the message to a multiple of the block, or the limit. Source: RFC 7830 §3, RFC 8467 §4.1.
fn pad(out: &mut Vec<u8>, limit: usize) {
    let bare = out.len() + OPTION_HEAD;
    if bare > limit {
        return;
    }
    let len = bare.next_multiple_of(PADDED_TO).min(limit) - bare;
    push(out, PADDING, &[]);
    let [high, low] = u16::try_from(len).unwrap_or(0).to_be_bytes();
    out[bare - 2..].copy_from_slice(&[high, low]);
    out.resize(bare + len, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXED: [u8; 6] = [4, 208, 0, 0, 0x80, 0];

    fn opt() -> ReplyOpt<'static> {
        ReplyOpt { payload: 1232, dnssec_ok: false, nsid: None, cookie: None, keepalive: None, padded: false }
    }

    #[test]
    fn the_first_of_two_counts_and_the_unknown_is_ignored() {
        let data = [
            [0, 3, 0, 0].as_slice(),
            &[0xff, 0xfe, 0, 2, 9, 9],
            &[0, 10, 0, 1, 7],
            &[0, 10, 0, 1, 8],
            &[0, 11, 0, 0],
            &[0, 12, 0, 3, 0, 0, 0],
        ]
        .concat();
        let edns = Edns::parse(FIXED, &data).unwrap();
        assert!(edns.dnssec_ok && edns.nsid && edns.padded);
        assert_eq!((edns.payload, edns.version), (1232, 0));
        assert_eq!((edns.cookie, edns.keepalive), (Some([7].as_slice()), Some([].as_slice())));
    }

    #[test]
    fn cut_options_are_none() {
        let data = [0, 3, 0, 0, 0, 10, 0, 2, 1, 1];
        for cut in [1, 2, 3, 5, 6, 7, 8, 9] {
            assert!(Edns::parse(FIXED, &data[..cut]).is_none(), "{cut}");
        }
    }

    #[test]
    fn what_is_written_has_the_length_that_was_kept_free() {
        let nsid = Nsid::new(&[5; Nsid::MOST]).unwrap();
        let full = ReplyOpt { nsid: Some(&nsid), cookie: Some([6; 24]), keepalive: Some(100), ..opt() };
        for opt in [opt(), full] {
            let mut out = vec![0; 20];
            opt.write(&mut out, 65_535, Rcode::BadCookie, None);
            assert_eq!(out.len(), 20 + opt.len());
            assert_eq!(usize::from(u16::from_be_bytes([out[29], out[30]])), out.len() - 31);
            assert_eq!(out[25], 1, "the upper part of the RCODE");
        }
    }

    #[test]
    fn padding_fills_blocks_and_never_passes_the_limit() {
        let padded = ReplyOpt { padded: true, ..opt() };
        for before in (0..1000).chain(65_400..65_521) {
            let mut out = vec![0; before];
            padded.write(&mut out, 65_535, Rcode::NoError, None);
            let whole = out.len() % PADDED_TO == 0 || out.len() == 65_535;
            assert!(whole || before + EMPTY_OPT + OPTION_HEAD > 65_535, "{before} {}", out.len());
            assert!(out.len() <= 65_535);
            let length = u16::from_be_bytes([out[before + 9], out[before + 10]]);
            assert_eq!(usize::from(length), out.len() - before - EMPTY_OPT);
            if let Some(option) = out.get(before + EMPTY_OPT..).filter(|rest| !rest.is_empty()) {
                assert_eq!(option[..2], [0, 12]);
                assert_eq!(usize::from(u16::from_be_bytes([option[2], option[3]])), option.len() - 4);
            }
        }
    }

    #[test]
    fn an_extended_error_is_left_out_where_it_does_not_fit() {
        let error = ExtendedError { code: 20, text: "abc" };
        let mut out = Vec::new();
        opt().write(&mut out, EMPTY_OPT + 9, Rcode::Refused, Some(error));
        assert_eq!(out[EMPTY_OPT..], [0, 15, 0, 5, 0, 20, b'a', b'b', b'c']);
        out.clear();
        opt().write(&mut out, EMPTY_OPT + 8, Rcode::Refused, Some(error));
        assert_eq!(out.len(), EMPTY_OPT);
    }
}
