//! How long an HTTP cache may keep an answer.

use crate::record::Rtype;
use crate::server::reply::Section;
use crate::server::sections::Walk;

/// The `max-age` of a reply in seconds: the smallest time to live of its answer; with an SOA record
/// beside it, as absences have, no more than that allows. Without either the smallest of what is
/// there, such as a referral; `None` where nothing is, which is not to be kept.
/// Source: RFC 8484 §5.1, RFC 2308 §5.
pub(super) fn max_age(reply: &[u8]) -> Option<u32> {
    let (mut answer, mut others) = (None, None);
    let smaller = |of: Option<u32>, ttl: u32| Some(of.map_or(ttl, |of| of.min(ttl)));
    let mut walk = Walk::behind_question(reply)?;
    for (section, counted) in
        [(Section::Answer, 6..8), (Section::Authority, 8..10), (Section::Additional, 10..12)]
    {
        let &[high, low] = reply.get(counted)? else { return None };
        for _ in 0..u16::from_be_bytes([high, low]) {
            let record = walk.record()?;
            match (section, record.rtype, record.data.last_chunk()) {
                (_, Rtype::OPT, _) => {}
                (Section::Answer, ..) => answer = smaller(answer, record.ttl()),
                (Section::Authority, Rtype::SOA, Some(&minimum)) => {
                    answer = smaller(answer, record.ttl().min(u32::from_be_bytes(minimum)));
                }
                _ => others = smaller(others, record.ttl()),
            }
        }
    }
    answer.or(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section, type, time to live, data.
    type Row<'a> = (Section, Rtype, u32, &'a [u8]);

    fn reply(records: &[Row<'_>]) -> Vec<u8> {
        let count = |of| records.iter().filter(|record| record.0 == of).count() as u8;
        let mut message = vec![0, 0, 0x80, 0, 0, 0];
        for section in [Section::Answer, Section::Authority, Section::Additional] {
            message.extend([0, count(section)]);
        }
        for (_, rtype, ttl, data) in records {
            message.push(0);
            message.extend(rtype.0.to_be_bytes());
            message.extend([0, 1]);
            message.extend(ttl.to_be_bytes());
            message.extend((data.len() as u16).to_be_bytes());
            message.extend(*data);
        }
        message
    }

    #[test]
    fn section_5_1_the_smallest_that_holds() {
        use Section::{Additional, Answer, Authority};
        let soa = |minimum: u32| [&[0; 18], minimum.to_be_bytes().as_slice()].concat();
        let rows: [(&[Row<'_>], _); 8] = [
            (
                &[(Answer, Rtype::A, 300, &[]), (Answer, Rtype::A, 60, &[]), (Additional, Rtype::A, 5, &[])],
                Some(60),
            ),
            (&[(Authority, Rtype::SOA, 300, &soa(60))], Some(60)),
            (&[(Authority, Rtype::SOA, 30, &soa(60))], Some(30)),
            // An alias to what does not exist.
            (&[(Answer, Rtype::CNAME, 300, &[]), (Authority, Rtype::SOA, 300, &soa(20))], Some(20)),
            // A positive answer with its servers.
            (&[(Answer, Rtype::A, 300, &[]), (Authority, Rtype::NS, 60, &[])], Some(300)),
            // A referral.
            (&[(Authority, Rtype::NS, 900, &[]), (Additional, Rtype::A, 600, &[])], Some(600)),
            (&[(Additional, Rtype::OPT, 0, &[])], None),
            (&[], None),
        ];
        for (records, expected) in rows {
            assert_eq!(max_age(&reply(records)), expected);
        }
    }

    #[test]
    fn what_is_cut_is_not_kept() {
        let asked = b"\0\0\x80\0\0\x01\0\x01\0\0\0\x01\
            \x01a\0\0\x01\0\x01\
            \xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x01\
            \0\0\x29\x04\xd0\0\0\0\0\0\x04\0\x0b\0\0";
        assert_eq!(max_age(asked), Some(300));
        for len in 0..asked.len() {
            assert_eq!(max_age(&asked[..len]), None, "{len}");
        }
    }
}
