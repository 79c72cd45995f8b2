//! How long an HTTP cache may keep an answer.

use super::records::{Section, records};

const SOA: u16 = 6;
const OPT: u16 = 41;

/// The `max-age` of a reply in seconds: the smallest time to live of its answer; with an SOA record
/// beside it, as absences have, no more than that allows. Without either the smallest of what is
/// there, such as a referral; `None` where nothing is, which is not to be kept.
/// Source: RFC 8484 §5.1, RFC 2308 §5.
pub(super) fn max_age(reply: &[u8]) -> Option<u32> {
    let (mut answer, mut others) = (None, None);
    let smaller = |of: Option<u32>, ttl: u32| Some(of.map_or(ttl, |of| of.min(ttl)));
    for record in records(reply).filter(|record| record.rtype != OPT) {
        match (record.section, record.rtype, record.data.last_chunk()) {
            (Section::Answer, ..) => answer = smaller(answer, record.ttl),
            (Section::Authority, SOA, Some(&minimum)) => {
                answer = smaller(answer, record.ttl.min(u32::from_be_bytes(minimum)));
            }
            _ => others = smaller(others, record.ttl),
        }
    }
    answer.or(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section, type, time to live, data.
    type Row<'a> = (Section, u16, u32, &'a [u8]);

    fn reply(records: &[Row<'_>]) -> Vec<u8> {
        let count = |of| records.iter().filter(|record| record.0 == of).count() as u8;
        let mut message = vec![0, 0, 0x80, 0, 0, 0];
        for section in [Section::Answer, Section::Authority, Section::Additional] {
            message.extend([0, count(section)]);
        }
        for (_, rtype, ttl, data) in records {
            message.push(0);
            message.extend(rtype.to_be_bytes());
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
            (&[(Answer, 1, 300, &[]), (Answer, 1, 60, &[]), (Additional, 1, 5, &[])], Some(60)),
            (&[(Authority, SOA, 300, &soa(60))], Some(60)),
            (&[(Authority, SOA, 30, &soa(60))], Some(30)),
            // An alias to what does not exist.
            (&[(Answer, 5, 300, &[]), (Authority, SOA, 300, &soa(20))], Some(20)),
            // A positive answer with its servers.
            (&[(Answer, 1, 300, &[]), (Authority, 2, 60, &[])], Some(300)),
            // A referral.
            (&[(Authority, 2, 900, &[]), (Additional, 1, 600, &[])], Some(600)),
            (&[(Additional, OPT, 0, &[])], None),
            (&[], None),
        ];
        for (records, expected) in rows {
            assert_eq!(max_age(&reply(records)), expected);
        }
        assert_eq!(max_age(&[]), None);
    }
}
