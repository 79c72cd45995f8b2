//! Every type: known texts with their octets, refusals, and properties over the whole table.

mod forms;
mod refusals;
mod well_formed;

use super::*;
use crate::record::Class;

/// The octets that a text stands for, in hexadecimal; names are relative to `example.`.
fn hex(rtype: Rtype, text: &str) -> Result<String, RdataError> {
    let origin: Name = "example".parse().unwrap();
    let (mut scanner, mut tokens, mut out) = (Scanner::new(text.as_bytes()), Vec::new(), vec![0xee]);
    if let Some(entry) = scanner.next_entry(&mut tokens) {
        entry.unwrap();
    }
    match parse(rtype, &tokens, &origin, &mut out) {
        Ok(()) => Ok(data_encoding::HEXLOWER.encode(&out[1..])),
        Err(error) => {
            assert_eq!(out, [0xee], "an error leaves what was there");
            Err(error)
        }
    }
}

fn octets(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(hex.replace(' ', "").as_bytes()).unwrap()
}

fn print(rtype: Rtype, rdata: &[u8]) -> String {
    Presentation::new(rtype, rdata).to_string()
}

#[test]
fn a_record_is_one_line() {
    let record = super::super::Record {
        owner: "a.example".parse().unwrap(),
        class: Class::IN,
        ttl: super::super::Ttl::from_secs(300),
        rtype: Rtype::MX,
        rdata: from_text(Rtype::MX, "10 mail.example").unwrap().into(),
    };
    assert_eq!(record.to_string(), "a.example.\t300\tIN\tMX\t10 mail.example.");
}

#[test]
fn names_are_found() {
    let find = |rtype, text| {
        let rdata = from_text(rtype, text).unwrap();
        names(rtype, &rdata)
            .map(|range| Name::from_wire(&rdata[range]).unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(find(Rtype::SOA, "a. b. 1 2 3 4 5"), ["a.", "b."]);
    assert_eq!(find(Rtype::NAPTR, r#"1 2 "a" "b" "c" d."#), ["d."]);
    assert_eq!(find(Rtype::IPSECKEY, "1 3 2 a.b. AQ=="), ["a.b."]);
    assert_eq!(find(Rtype::IPSECKEY, "1 1 2 192.0.2.1 AQ=="), [""; 0]);
    assert_eq!(find(Rtype::HIP, "2 01 AQ== a. b. c."), ["a.", "b.", "c."]);
    assert_eq!(find(Rtype::SVCB, "1 a. port=53"), ["a."]);
    assert_eq!(find(Rtype::RRSIG, "A 8 2 3 4 5 6 a. AQ=="), ["a."]);
    assert_eq!(find(Rtype::TXT, r#""\001a\000""#), [""; 0]);
    assert_eq!(names(Rtype::MX, &[0]).count(), 0);
    let cut: Vec<_> = names(Rtype::SOA, &[0, 1]).map(|range| (range.start, range.end)).collect();
    assert_eq!(cut, [(0, 1)]);
}

#[test]
fn mimisig_and_unknown_types_are_opaque() {
    for rtype in [Rtype(4711), Rtype::NULL, Rtype::MIMISIG] {
        assert_eq!(check(rtype, &[1, 2, 3]), Ok(()));
        assert_eq!(print(rtype, &[1, 2, 0xab]), r"\# 3 0102AB");
        assert_eq!(print(rtype, &[]), r"\# 0");
    }
}
