//! TSIG, as far as a server without keys goes: no key is known here. Source: RFC 8945.

use crate::record::{MAX_NAME, Name, Rtype};

/// Class ANY and TTL 0. Source: RFC 8945 §4.2.
const CLASS_AND_TTL: [u8; 6] = [0, 255, 0, 0, 0, 0];
const BADKEY: u16 = 17;
/// Time signed and fudge.
const TIMES: usize = 8;

/// The TSIG record of a request.
#[derive(Clone, Copy)]
pub(super) struct Tsig<'a> {
    message: &'a [u8],
    /// Where the key's name stands.
    key: usize,
    algorithm: &'a [u8],
    times: [u8; TIMES],
    original_id: [u8; 2],
}

impl<'a> Tsig<'a> {
    /// Reads the record whose owner stands at `key`. `None` where it is no TSIG record as it must be.
    pub(super) fn read(
        message: &'a [u8],
        key: usize,
        class_and_ttl: [u8; 6],
        data: &'a [u8],
    ) -> Option<Self> {
        let (algorithm, rest) = data.split_at_checked(Name::wire_len(data).ok()?)?;
        let (&times, rest) = rest.split_first_chunk::<TIMES>()?;
        let (_mac, rest) = sized(rest)?;
        let (&[id_high, id_low, _error_high, _error_low], rest) = rest.split_first_chunk()?;
        let (_other, rest) = sized(rest)?;
        (class_and_ttl == CLASS_AND_TTL && rest.is_empty()).then_some(Self {
            message,
            key,
            algorithm,
            times,
            original_id: [id_high, id_low],
        })
    }

    /// Adds to a reply that is whole but for this, of no more than `limit` octets, that the key is not
    /// known: unsigned, for there is nothing to sign with. Left out where it does not fit.
    /// Source: RFC 8945 §5.2.1, §5.3.2.
    pub(super) fn refuse(&self, out: &mut Vec<u8>, limit: usize) {
        let start = out.len();
        if self.push_key(out).is_none() {
            return out.truncate(start);
        }
        out.extend(Rtype::TSIG.0.to_be_bytes());
        out.extend(CLASS_AND_TTL);
        // The algorithm; times, MAC size, original id, error, other length.
        let len = self.algorithm.len() + TIMES + 8;
        out.extend(u16::try_from(len).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(self.algorithm);
        out.extend(self.times);
        out.extend([0, 0]);
        out.extend(self.original_id);
        out.extend(BADKEY.to_be_bytes());
        out.extend([0, 0]);
        if out.len() > limit {
            return out.truncate(start);
        }
        let count = u16::from_be_bytes([out[10], out[11]]) + 1;
        out[10..12].copy_from_slice(&count.to_be_bytes());
    }

    /// The key's name without pointers; `None` where it is none. Pointers must lead back, so there is
    /// an end to them.
    fn push_key(&self, out: &mut Vec<u8>) -> Option<()> {
        let (mut at, mut lowest, mut len) = (self.key, self.key, 0);
        loop {
            let octet = *self.message.get(at)?;
            match octet {
                192.. => {
                    at = usize::from(u16::from_be_bytes([octet & 0x3f, *self.message.get(at + 1)?]));
                    lowest = Some(at).filter(|at| *at < lowest)?;
                }
                64..=191 => return None,
                label => {
                    let end = at + 1 + usize::from(label);
                    len += end - at;
                    if len > MAX_NAME {
                        return None;
                    }
                    out.extend_from_slice(self.message.get(at..end)?);
                    if label == 0 {
                        return Some(());
                    }
                    at = end;
                }
            }
        }
    }
}

/// Octets behind their length.
fn sized(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[high, low], rest) = octets.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(message: &[u8], at: usize) -> Option<Vec<u8>> {
        let tsig = Tsig { message, key: at, algorithm: b"\0", times: [0; TIMES], original_id: [0; 2] };
        let mut out = Vec::new();
        tsig.push_key(&mut out).map(|()| out)
    }

    #[test]
    fn a_key_that_is_written_with_pointers_is_read_to_its_end() {
        assert_eq!(key(b"\x01b\0\x01a\xc0\0", 3).as_deref(), Some(b"\x01a\x01b\0".as_slice()));
        assert_eq!(key(b"\x01b\0\xc0\0\x01a\xc0\x03", 5).as_deref(), Some(b"\x01a\x01b\0".as_slice()));
    }

    #[test]
    fn a_key_without_end_is_none() {
        for (message, at) in [
            (b"\xc0\0".as_slice(), 0),
            (b"\x01a\xc0\0", 0),
            (b"\xc0\x02\xc0\0", 2),
            (b"\x01a\xc0\0", 2),
            (b"\x01a", 0),
            (b"\x40\0", 0),
            (&[1; 400], 0),
        ] {
            assert_eq!(key(message, at), None, "{message:?}");
        }
    }
}
