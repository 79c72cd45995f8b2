//! When a certificate ends, read from its DER without the rest of X.509.

use crate::clock::UnixTime;
use crate::record::calendar;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT`, the version.
const VERSION: u8 = 0xa0;

/// The `notAfter` of a certificate. Source: RFC 5280 §4.1.
pub(super) fn not_after(certificate: &[u8]) -> Option<UnixTime> {
    let mut outer = certificate;
    let mut certificate = take(&mut outer, SEQUENCE)?;
    let mut to_be_signed = take(&mut certificate, SEQUENCE)?;
    if to_be_signed.first() == Some(&VERSION) {
        take(&mut to_be_signed, VERSION)?;
    }
    let _serial = take(&mut to_be_signed, INTEGER)?;
    let _algorithm = take(&mut to_be_signed, SEQUENCE)?;
    let _issuer = take(&mut to_be_signed, SEQUENCE)?;
    let mut validity = take(&mut to_be_signed, SEQUENCE)?;
    let _not_before = time(&mut validity)?;
    time(&mut validity)
}

/// `YYMMDDHHMMSSZ` from 1950 to 2049, `YYYYMMDDHHMMSSZ` from 2050 on. Source: RFC 5280 §4.1.2.5.
fn time(input: &mut &[u8]) -> Option<UnixTime> {
    match *input.first()? {
        UTC_TIME => {
            let digits = take(input, UTC_TIME)?.strip_suffix(b"Z")?;
            let century: &[u8] = if *digits.first()? < b'5' { b"20" } else { b"19" };
            calendar::parse(&[century, digits].concat())
        }
        GENERALIZED_TIME => calendar::parse(take(input, GENERALIZED_TIME)?.strip_suffix(b"Z")?),
        _ => None,
    }
}

/// The contents of the element at the front, which has this tag; `input` goes on behind it.
fn take<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (&[found, length], mut rest) = input.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let length = match length {
        0..=0x7f => usize::from(length),
        // So many octets of length follow; three are more than any certificate needs.
        0x81..=0x83 => {
            let (octets, behind) = rest.split_at_checked(usize::from(length & 0x7f))?;
            rest = behind;
            octets.iter().fold(0, |length, &octet| length << 8 | usize::from(octet))
        }
        _ => return None,
    };
    let (contents, behind) = rest.split_at_checked(length)?;
    *input = behind;
    Some(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut wanted = rcgen::CertificateParams::new(["dns.example".to_owned()]).unwrap();
        wanted.not_before = rcgen::date_time_ymd(1999, 12, 31);
        wanted.not_after = rcgen::date_time_ymd(year, 6, 30);
        wanted.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_time() {
        for year in [2000, 2026, 2049, 2050, 2399] {
            let expected = calendar::parse(format!("{year}0630000000").as_bytes());
            assert!(expected.is_some());
            assert_eq!(not_after(&certificate(year)), expected, "{year}");
        }
    }

    #[test]
    fn cut_and_changed_octets_are_no_reason_to_panic() {
        let whole = certificate(2030);
        for len in 0..whole.len() {
            assert_eq!(not_after(&whole[..len]), None);
        }
        for at in 0..whole.len() {
            for octet in [0, 0x7f, 0x80, 0x83, 0xff] {
                let mut changed = whole.clone();
                changed[at] = octet;
                not_after(&changed);
            }
        }
    }
}
