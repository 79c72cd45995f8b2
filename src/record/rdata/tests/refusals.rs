//! What is wrong, where, and in which words.

use super::*;
use crate::record::CharStringError;

/// The text begins with the token at fault behind `>`.
fn refused(rtype: Rtype, text: &str) -> String {
    let at = text.find('>').unwrap();
    let error = hex(rtype, &text.replacen('>', "", 1)).unwrap_err();
    assert_eq!(error.offset, Some(at), "{rtype} {text}: {error}");
    assert!(!error.fault.remedy().is_empty());
    error.to_string()
}

#[test]
fn words_and_places() {
    for (rtype, text, words) in [
        (Rtype::MX, ">ten mail", "preference is not a decimal number up to 65535"),
        (Rtype::MX, ">65536 mail", "preference is not a decimal number up to 65535"),
        (Rtype::MX, ">+1 mail", "preference is not a decimal number up to 65535"),
        (Rtype::MX, "10>", "exchange is missing"),
        (Rtype::MX, "10 mail >extra", "record data goes on after its last field"),
        (Rtype::MX, "10 >a..b", "exchange is not a domain name: a label is empty"),
        (Rtype::SOA, "a b 1 2 3 >1x 5", "expire is not a number of seconds, nor a sum such as `1h30m`"),
        (Rtype::A, ">192.0.2", "address is not an IPv4 address"),
        (Rtype::A, ">192.0.2.01", "address is not an IPv4 address"),
        (Rtype::AAAA, ">fe80::1%eth0", "address is not an IPv6 address"),
        (Rtype::TXT, r#"a >b"c""#, "text cannot be read: a quotation mark stands inside a word"),
        (
            Rtype::NAPTR,
            r#"1 2 "u" "E2U+sip" >"\300" ."#,
            "regexp cannot be read: `\\` must be followed by one character or by three digits up to 255",
        ),
        (Rtype::URI, r#"10 1 >"""#, "target must not be empty"),
        (Rtype::CAA, "0 >is-sue x", "tag must consist of letters and digits"),
        (Rtype::DS, "1 8 2 >AB", "digest must have exactly the length of its digest type"),
        (Rtype::DS, "1 8 9 >ABC", "digest is not pairs of hexadecimal digits"),
        (Rtype::TLSA, "3 1 1>", "certificate association data is missing"),
        (Rtype::DNSKEY, "257 3 >RSA AQ==", "algorithm is neither a known mnemonic nor a number up to 255"),
        (Rtype::DNSKEY, "257 3 8 >AQI", "public key is not base64"),
        (Rtype::DNSKEY, "257 3 8 >AR==", "public key is not base64"),
        (Rtype::NSEC, "a>", "types must hold at least one type"),
        (Rtype::NSEC, "a A >NONE", "types is not a record type"),
        (Rtype::NSEC3, "1 0 0 - >vvvz MX", "next hashed owner name is not base32hex"),
        (Rtype::NSEC3PARAM, "1 0 0 >abc", "salt is not pairs of hexadecimal digits"),
        (Rtype::LOC, ">91 N 0 E 0", "latitude"),
        (Rtype::LOC, "0 N 0 >60 E 0", "longitude"),
        (Rtype::LOC, "0 N 0 E >-100000.01m", "altitude must be metres from -100000.00 to 42849672.95"),
        (Rtype::LOC, "0 N 0 E 0 >90000000.01m", "size must be metres from 0 to 90000000.00"),
        (Rtype::APL, "1:10.0.0.0/8 >3:10.0.0.0/8", "address prefixes must be written as in"),
        (Rtype::IPSECKEY, "10 4 2 >. AQ==", "gateway"),
        (Rtype::IPSECKEY, "10 1 2 >a. AQ==", "gateway is not an IPv4 address"),
        (Rtype::SVCB, "1 . port=53 >port=54", "service parameters"),
        (Rtype::SVCB, "1 . >mandatory=port", "service parameters must have every key that mandatory lists"),
        (Rtype::SVCB, "1 . port=1 >mandatory=port,port", "service parameters must list keys in mandatory"),
        (Rtype::SVCB, "1 . >no-default-alpn", "service parameters must have alpn beside no-default-alpn"),
        (Rtype::SVCB, "1 . >alpn=h2,,h3", "service parameters must have protocols of 1 to 255 octets"),
        (Rtype::SVCB, "1 . >key01=a", "service parameters must begin with a known key"),
        (Rtype::SVCB, "1 . >port=65536", "service parameters is not a decimal number"),
        (Rtype::SVCB, r#"1 . >alpn="a"b"#, "service parameters cannot be read"),
        (Rtype::SVCB, "1 . >ipv4hint=1.2.3.4,", "service parameters is not an IPv4 address"),
        (Rtype::A, ">\"192.0.2.1\"", "address must not stand in quotation marks"),
        (Rtype(4711), ">abc", "record data has no text form for this type"),
        (Rtype::NULL, ">abc", "record data has no text form for this type"),
        (Rtype::A, r"\# >3 0A000001", "record data has 4 octets, but `\\#` announces 3"),
        (Rtype::A, r"\# >65536 00", "length after `\\#` is not a decimal number"),
        (Rtype::A, r">\# 3 0A0000", "address is cut short"),
        (Rtype::A, r">\# 5 0A00000102", "record data goes on after its last field"),
        (Rtype(4711), r"\# 1 >0", "record data is not pairs of hexadecimal digits"),
        (Rtype(4711), r"\# 1 >0x", "record data is not pairs of hexadecimal digits"),
        (Rtype(4711), r"\#>", "length after `\\#` is missing"),
    ] {
        let said = refused(rtype, text);
        assert!(said.starts_with(words), "{rtype} {text}: {said}");
    }
}

#[test]
fn nothing_at_all_has_no_place() {
    for rtype in [Rtype::A, Rtype::MX, Rtype::TXT, Rtype(4711)] {
        let error = hex(rtype, "").unwrap_err();
        assert_eq!((error.offset, error.fault), (None, RdataFault::Missing));
    }
}

#[test]
fn what_is_too_long() {
    let fault = |rtype, text: &str| hex(rtype, text).unwrap_err().fault;
    assert_eq!(fault(Rtype::TXT, &"x".repeat(256)), RdataFault::String(CharStringError::TooLong));
    let strings = format!("{} ", "x".repeat(255)).repeat(256);
    let fitting = &strings[..strings.len() - 2];
    assert_eq!(hex(Rtype::TXT, fitting).map(|hex| hex.len()), Ok(2 * MAX_RDATA));
    assert_eq!(fault(Rtype::TXT, &format!("{strings} y")), RdataFault::TooLong);
    assert_eq!(fault(Rtype::OPENPGPKEY, &"AAAA".repeat(21_846)), RdataFault::TooLong);
    assert_eq!(fault(Rtype(4711), &format!("\\# 65535 {}", "00".repeat(65_536))), RdataFault::TooLong);
    assert_eq!(fault(Rtype::URI, &format!("1 1 {}", "x".repeat(65_532))), RdataFault::TooLong);
    assert_eq!(fault(Rtype::HIP, &format!("1 01 AQ== {}", "a. ".repeat(22_000))), RdataFault::TooLong);
}

#[test]
fn ill_formed_octets_show_in_the_generic_form() {
    for (rtype, wire, words) in [
        (Rtype::A, "0a0000", "address is cut short"),
        (Rtype::A, "0a00000102", "record data goes on after its last field"),
        (Rtype::NS, "c00c", "name is not a domain name"),
        (Rtype::MX, "000a0161", "exchange is not a domain name"),
        (Rtype::TXT, "", "text is cut short"),
        (Rtype::TXT, "0561", "text is cut short"),
        (Rtype::NAPTR, "0064000a0155ff", "services is cut short"),
        (Rtype::URI, "000a0001", "target must not be empty"),
        (Rtype::NSEC, "00 0002 0100", "types must have 1 to 32 octets"),
        (Rtype::NSEC, "00 0000", "types must have 1 to 32 octets"),
        (Rtype::NSEC, "00 0101 40 0001 40", "types must have its windows in ascending order"),
        (Rtype::LOC, "00a01613 80000000 80000000 00989680", "location must have sizes"),
        (Rtype::LOC, "00011613 80000000 80000000 00989680", "location must have sizes"),
        (Rtype::LOC, "00121613 ffffffff 80000000 00989680", "location must have a latitude"),
        (Rtype::APL, "0001 21 01 0a", "address prefixes must not have a prefix longer"),
        (Rtype::APL, "0001 08 02 0a00", "address prefixes must be without octets 0"),
        (Rtype::SVCB, "0001 00 0003 0001 35", "service parameters must have a number up to 65535 as port"),
        (Rtype::SVCB, "0001 00 0004 0000 0003 0002 0035", "service parameters must have IPv4 addresses"),
        (
            Rtype::SVCB,
            "0001 00 0003 0002 0035 0003 0002 0035",
            "service parameters must have their keys in ascending",
        ),
        (Rtype::SVCB, "0001 00 0003 0002 00", "service parameters is cut short"),
        (Rtype::IPSECKEY, "0a 04 02 01", "gateway must be of type"),
        (Rtype::HIP, "00 02 0001 01", "host identity must have"),
        (Rtype::WKS, "0a000001 06 00", "services must have at most 8192 octets"),
    ] {
        let wire = octets(wire);
        let error = check(rtype, &wire).unwrap_err();
        assert!(error.to_string().starts_with(words), "{rtype}: {error}");
        assert!(print(rtype, &wire).starts_with(r"\# "), "{rtype}");
    }
}

#[test]
fn lines_and_leftovers_of_one_text() {
    assert!(matches!(from_text(Rtype::A, "\"").unwrap_err().fault, RdataFault::Scan(_)));
    assert_eq!(from_text(Rtype::A, "192.0.2.1\n192.0.2.2").unwrap_err().fault, RdataFault::Leftover);
    assert_eq!(from_text(Rtype::A, "(192.0.2.1\n) ; comment\n").unwrap(), [192, 0, 2, 1]);
}
