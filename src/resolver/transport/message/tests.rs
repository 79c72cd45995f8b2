//! Questions and replies, octet by octet.

use super::*;

fn asked(wish: Wish) -> Asked {
    Asked::new(&"abcdefghijklmnop.example".parse().unwrap(), Rtype::TXT, wish, true).unwrap()
}

fn reply(asked: &Asked, flags: u16, records: [&[&[u8]]; 3]) -> Vec<u8> {
    let mut octets = asked.octets[..2].to_vec();
    octets.extend((0x8000 | flags).to_be_bytes());
    octets.extend([0, 1]);
    records.iter().for_each(|section| octets.extend(u16::try_from(section.len()).unwrap().to_be_bytes()));
    octets.extend(&asked.octets[HEADER..asked.end]);
    records.iter().flat_map(|section| section.iter()).for_each(|record| octets.extend(*record));
    octets
}

#[test]
fn a_question_says_what_it_wishes_for() {
    for (wish, flags, dnssec_ok) in
        [(Wish::Records, 0x0100, 0), (Wish::Validated, 0x0120, 0), (Wish::Proofs, 0x0110, 0x80)]
    {
        let asked = asked(wish);
        assert_eq!(asked.octets[2..4], u16::to_be_bytes(flags));
        assert_eq!(asked.octets[asked.end..], [0, 0, 41, 4, 208, 0, 0, dnssec_ok, 0, 0, 0]);
    }
    assert_ne!(asked(Wish::Records).octets, asked(Wish::Records).octets, "2^-40 that both are the same");
}

#[test]
fn names_in_front_and_in_data_are_uncompressed() {
    let asked = asked(Wish::Proofs);
    // CNAME at the question's name, with a pointer to `example` in its data.
    let cname = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, b'x', 0xc0, 29];
    let message = reply(&asked, 0, [&[&cname], &[], &[]]);
    let got = asked.take(&message, false).unwrap();
    assert_eq!(got.answers[0].owner.to_string(), "abcdefghijklmnop.example.");
    assert_eq!(*got.answers[0].rdata, b"\x01x\x07example\0"[..]);
}

#[test]
fn pointers_that_go_forward_or_round_end_at_once() {
    let asked = asked(Wish::Records);
    let here = u8::try_from(asked.end).unwrap();
    for target in [here, here + 2, 0xff] {
        let record = [0xc0, target, 0, 16, 0, 1, 0, 0, 0, 9, 0, 0];
        let message = reply(&asked, 0, [&[&record], &[], &[]]);
        let failed = Err(NotTaken::Failed(TransportError::Malformed));
        assert_eq!(asked.take(&message, false), failed, "{target}");
    }
}

#[test]
fn a_name_has_no_more_pointers_than_labels() {
    // The root, and then pointers each to the one before it.
    let chain = |pointers: usize| {
        let mut message = vec![0];
        for at in 0..pointers {
            let target = if at == 0 { 0 } else { 2 * at - 1 };
            message.extend((0xc000 | u16::try_from(target).unwrap()).to_be_bytes());
        }
        message
    };
    for (pointers, is_name) in [(1, true), (MOST_POINTERS, true), (MOST_POINTERS + 1, false), (8000, false)] {
        let message = chain(pointers);
        let mut at = message.len() - 2;
        assert_eq!(name(&message, &mut at).is_some(), is_name, "{pointers}");
    }
}

#[test]
fn data_that_breaks_its_types_form_spoils_nothing_else() {
    let asked = asked(Wish::Records);
    let naptr = [0, 0, 35, 0, 1, 0, 0, 0, 9, 0, 6, 0, 1, 0, 1, 9, b'!'];
    let text = [0, 0, 16, 0, 1, 0, 0, 0, 9, 0, 2, 1, b'a'];
    let message = reply(&asked, 0, [&[&naptr, &text], &[], &[]]);
    let got = asked.take(&message, false).unwrap();
    assert_eq!(*got.answers[0].rdata, [0, 1, 0, 1, 9, b'!']);
    assert_eq!(*got.answers[1].rdata, *b"\x01a");
}

#[test]
fn an_extended_error_is_told_and_an_extended_rcode() {
    let asked = asked(Wish::Records);
    let opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 11, 0, 3, 0, 1, 7, 0, 15, 0, 2, 0, 9];
    let message = reply(&asked, 2, [&[], &[], &[&opt]]);
    let failed = TransportError::ServFail { extended_error: Some(9) };
    assert_eq!(asked.take(&message, false), Err(NotTaken::Failed(failed)));
    let opt = [0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0];
    let message = reply(&asked, 0, [&[], &[], &[&opt]]);
    assert_eq!(asked.take(&message, false), Err(NotTaken::Failed(TransportError::Rcode(16))));
}

#[test]
fn only_the_reply_to_this_question_is_taken() {
    let asked = asked(Wish::Records);
    let message = reply(&asked, 3, [&[], &[], &[]]);
    assert!(asked.take(&message, false).unwrap().nx_domain);
    let mut other_id = message.clone();
    other_id[0] ^= 1;
    assert_eq!(asked.take(&other_id, true), Err(NotTaken::Foreign));
    let mut other_case = message.clone();
    other_case[13] ^= 0x20;
    assert_eq!(asked.take(&other_case, false), Err(NotTaken::OtherCase));
    assert!(asked.take(&other_case, true).is_ok());
    let mut other_type = message.clone();
    let last = other_type.len() - 3;
    other_type[last] ^= 1;
    assert_eq!(asked.take(&other_type, true), Err(NotTaken::Foreign));
    let mut cut = message.clone();
    cut[2] |= 2;
    assert_eq!(asked.take(&cut, false), Err(NotTaken::Truncated));
    assert_eq!(asked.take(&message[..message.len() - 1], false), Err(NotTaken::Foreign));
    for end in 0..message.len() {
        assert!(asked.take(&message[..end], true).is_err());
    }
}

#[test]
fn a_server_without_edns_is_known_by_its_error() {
    let asked = asked(Wish::Records);
    let mut bare = asked.octets[..HEADER].to_vec();
    bare[2..4].copy_from_slice(&[0x80, 1]);
    bare[4..].fill(0);
    assert_eq!(asked.take(&bare, false), Err(NotTaken::NoEdns));
}
