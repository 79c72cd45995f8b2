//! The records of a message, for what a transport has to know of them: types, times to live, data.

/// Octets in front of the question.
const HEADER: usize = 12;

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Answer,
    Authority,
    Additional,
}

/// A record without its owner name and class.
pub(super) struct Record<'a> {
    pub(super) section: Section,
    pub(super) rtype: u16,
    pub(super) ttl: u32,
    pub(super) data: &'a [u8],
}

/// The records of a message, up to the first that can't be read. No name is followed, so the work
/// is bounded by the message's length.
pub(super) fn records(message: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut rest = message.get(HEADER..).unwrap_or_default();
    let count = |at: usize| match message.get(at..at + 2) {
        Some(&[high, low]) => u16::from_be_bytes([high, low]),
        _ => 0,
    };
    let questions = (0..count(4)).try_for_each(|_| skip_question(&mut rest));
    let sections = if questions.is_some() {
        [(Section::Answer, count(6)), (Section::Authority, count(8)), (Section::Additional, count(10))]
    } else {
        [(Section::Answer, 0); 3]
    };
    sections
        .into_iter()
        .flat_map(|(section, count)| std::iter::repeat_n(section, count.into()))
        .map_while(move |section| take_record(&mut rest, section))
}

fn skip_question(rest: &mut &[u8]) -> Option<()> {
    skip_name(rest)?;
    *rest = rest.get(4..)?;
    Some(())
}

fn take_record<'a>(rest: &mut &'a [u8], section: Section) -> Option<Record<'a>> {
    skip_name(rest)?;
    let (&[type_high, type_low, _, _, a, b, c, d, len_high, len_low], behind) = rest.split_first_chunk()?;
    let (data, behind) = behind.split_at_checked(u16::from_be_bytes([len_high, len_low]).into())?;
    *rest = behind;
    let rtype = u16::from_be_bytes([type_high, type_low]);
    Some(Record { section, rtype, ttl: u32::from_be_bytes([a, b, c, d]), data })
}

/// A name ends with the root label or with a pointer. Source: RFC 1035 §4.1.4.
fn skip_name(rest: &mut &[u8]) -> Option<()> {
    loop {
        let (&len, behind) = rest.split_first()?;
        match len {
            0 => {
                *rest = behind;
                return Some(());
            }
            1..=63 => *rest = behind.get(usize::from(len)..)?,
            0xc0.. => {
                *rest = behind.get(1..)?;
                return Some(());
            }
            64..0xc0 => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a.` asked, an answer by pointer, an SOA-less authority, an OPT record.
    const MESSAGE: &[u8] = b"\0\0\x80\0\0\x01\0\x01\0\0\0\x01\
        \x01a\0\0\x01\0\x01\
        \xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x01\
        \0\0\x29\x04\xd0\0\0\0\0\0\x04\0\x0b\0\0";

    #[test]
    fn records_in_their_sections() {
        let found: Vec<_> =
            records(MESSAGE).map(|record| (record.section, record.rtype, record.ttl, record.data)).collect();
        let expected = [
            (Section::Answer, 1, 300, b"\xc0\0\x02\x01".as_slice()),
            (Section::Additional, 41, 0, b"\0\x0b\0\0".as_slice()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_cut_ends_the_records() {
        for len in 0..MESSAGE.len() {
            let found = records(&MESSAGE[..len]).count();
            assert_eq!(found, usize::from(len >= 35), "{len}");
        }
        assert_eq!(records(b"\0\0\0\0\0\x01\0\x01\0\0\0\0\x80\0\0\x01\0\x01").count(), 0);
    }
}
