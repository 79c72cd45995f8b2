//! Texts and their octets, by hand or from the RFCs.

use super::*;

/// A text, its octets, and the text as it is printed, where that differs.
fn stands_for(rtype: Rtype, text: &str, wire: &str, printed: Option<&str>) {
    let wire = octets(wire);
    assert_eq!(hex(rtype, text).map(|hex| octets(&hex)), Ok(wire.clone()), "{rtype} {text}");
    assert_eq!(print(rtype, &wire), printed.unwrap_or(text), "{rtype}");
}

#[test]
fn names_are_relative_to_the_origin() {
    stands_for(Rtype::NS, "ns", "026e73 076578616d706c65 00", Some("ns.example."));
    stands_for(Rtype::NS, "@", "076578616d706c65 00", Some("example."));
    stands_for(Rtype::NS, r"a\.b\\.c.", "04612e625c 0163 00", Some(r"a\.b\092.c."));
    stands_for(
        Rtype::SOA,
        "ns hm ( 4294967295 1h 15M 1w2d 300 )",
        "026e73076578616d706c6500 02686d076578616d706c6500 ffffffff 00000e10 00000384 000bdd80 0000012c",
        Some("ns.example. hm.example. 4294967295 3600 900 777600 300"),
    );
}

#[test]
fn naptr_and_uri() {
    stands_for(
        Rtype::NAPTR,
        r#"100 10 "U" "x-mimi:x-mimi" "!.*!mimi://a.example!" ."#,
        "0064 000a 0155 0d782d6d696d693a782d6d696d69 15212e2a216d696d693a2f2f612e6578616d706c6521 00",
        None,
    );
    stands_for(
        Rtype::NAPTR,
        r#"1 2 u E2U+sip "!^(.*)$!sip:\\1\;x\"!" @"#,
        "0001 0002 0175 07 4532552b736970 12 215e282e2a2924217369703a5c313b782221 076578616d706c6500",
        Some(r#"1 2 "u" "E2U+sip" "!^(.*)$!sip:\\1;x\"!" example."#),
    );
    // RFC 7553 §4.5.
    stands_for(
        Rtype::URI,
        r#"10 1 "ftp://ftp1.example.com/public""#,
        "000a0001 6674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963",
        None,
    );
}

#[test]
fn uri_targets_and_values_of_caa_have_no_length() {
    let long = "x".repeat(1000);
    for (rtype, front) in [(Rtype::URI, "10 1"), (Rtype::CAA, "0 issue")] {
        let text = format!("{front} \"{long}\"");
        assert_eq!(print(rtype, &from_text(rtype, &text).unwrap()), text);
    }
    stands_for(Rtype::CAA, "128 tbs Unknown", "80 03746273 556e6b6e6f776e", Some(r#"128 tbs "Unknown""#));
    stands_for(Rtype::CAA, r#"0 issue """#, "00 056973737565", None);
}

#[test]
fn location() {
    stands_for(
        Rtype::LOC,
        "42 21 54 N 71 06 18 W -24m 30m",
        "00 33 16 13 89172dd0 70be15f0 00988d20",
        Some("42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"),
    );
    stands_for(
        Rtype::LOC,
        "90 S 180 E 42849672.95 0 90000000.00 0.01m",
        "00 00 99 10 6cb02700 a69fb200 ffffffff",
        Some("90 0 0.000 S 180 0 0.000 E 42849672.95m 0.00m 90000000.00m 0.01m"),
    );
    // A later version is opaque.
    assert_eq!(print(Rtype::LOC, &[1, 2]), r"\# 2 0102");
}

#[test]
fn dnssec() {
    // RFC 4034 §4.3.
    stands_for(
        Rtype::NSEC,
        "host A MX RRSIG NSEC TYPE1234",
        "04686f7374076578616d706c6500 0006400100000003 041b 000000000000000000000000000000000000000000000000000020",
        Some("host.example. A MX RRSIG NSEC TYPE1234"),
    );
    stands_for(Rtype::CSYNC, "66 3 AAAA NS A NS", "00000042 0003 0004 60000008", Some("66 3 A NS AAAA"));
    stands_for(
        Rtype::NSEC,
        ". TYPE0 TYPE128 MIMISIG",
        "00 0011 80000000000000000000000000000000 80 ff10 00000000000000000000000000000080",
        Some(". TYPE0 TYPE128 TYPE65400"),
    );
    // RFC 5155 App. A.
    stands_for(
        Rtype::NSEC3,
        "1 1 12 aabbccdd ( 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX )",
        "01 01 000c 04aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 0002 0001",
        Some("1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR MX"),
    );
    stands_for(Rtype::NSEC3PARAM, "1 0 0 -", "01 00 0000 00", None);
    stands_for(Rtype::CDS, "0 0 0 00", "0000 00 00 00", None);
    stands_for(Rtype::DNSKEY, "257 3 ED25519 AQ ID", "0101 03 0f 010203", Some("257 3 15 AQID"));
}

#[test]
fn times_are_dates_or_seconds_modulo_two_to_the_32nd() {
    let time = |text: &str| {
        let rdata = from_text(Rtype::RRSIG, &format!("A 8 2 3 {text} 0 5 . AQ=="))?;
        Ok::<_, RdataError>((
            u32::from_be_bytes(rdata[8..12].try_into().unwrap()),
            print(Rtype::RRSIG, &rdata),
        ))
    };
    for (text, seconds, printed) in [
        ("19700101000000", 0, "19700101000000"),
        ("20040509183619", 1_084_127_779, "20040509183619"),
        ("1084127779", 1_084_127_779, "20040509183619"),
        ("20380119031408", 1 << 31, "20380119031408"),
        ("21060207062815", u32::MAX, "21060207062815"),
        ("4294967295", u32::MAX, "21060207062815"),
        ("21060207062816", 0, "19700101000000"),
    ] {
        let (read, text) = time(text).unwrap();
        assert_eq!((read, text), (seconds, format!("A 8 2 3 {printed} 19700101000000 5 . AQ==")));
    }
    for text in ["4294967296", "20260231000000", "2026010100000", "-1", "now", "19691231235959"] {
        assert_eq!(time(text).unwrap_err().fault, RdataFault::Time, "{text}");
    }
}

/// RFC 9460 App. D.2.
#[test]
fn service_parameters() {
    const FOO: &str = "03666f6f 076578616d706c65 03636f6d 00";
    let svcb = |text: &str, wire: &str, printed: Option<&str>| {
        let name = |text: &str| text.replace("FOO", "foo.example.com.");
        let printed = name(printed.unwrap_or(text));
        stands_for(Rtype::SVCB, &name(text), &wire.replace("FOO", FOO), Some(&printed));
    };
    svcb("0 FOO", "0000 FOO", None);
    svcb("1 .", "0001 00", None);
    svcb("16 FOO port=53", "0010 FOO 0003 0002 0035", None);
    svcb("1 FOO key667=hello", "0001 FOO 029b 0005 68656c6c6f", Some(r#"1 FOO key667="hello""#));
    svcb(r#"1 FOO key667="hello\210qoo""#, "0001 FOO 029b 0009 68656c6c6fd2716f6f", None);
    svcb(
        r#"1 FOO ipv6hint="2001:db8::1,2001:db8::53:1""#,
        "0001 FOO 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001",
        Some("1 FOO ipv6hint=2001:db8::1,2001:db8::53:1"),
    );
    svcb(
        "16 FOO alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
        "0010 FOO 0000 0004 0001 0004 0001 0009 02683205 68332d3139 0004 0004 c0000201",
        Some(r#"16 FOO mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1"#),
    );
    let escaped = "0010 FOO 0001 000c 08665c6f6f2c626172 026832";
    svcb(r#"16 FOO alpn="f\\\\oo\\,bar,h2""#, escaped, None);
    svcb(r"16 FOO alpn=f\\\092oo\092,bar,h2", escaped, Some(r#"16 FOO alpn="f\\\\oo\\,bar,h2""#));
    svcb("1 FOO key5=AB key65535", "0001 FOO 0005 0002 4142 ffff 0000", Some("1 FOO ech=QUI= key65535"));
    svcb("1 FOO key3=\\000\\053", "0001 FOO 0003 0002 0035", Some("1 FOO port=53"));
}

#[test]
fn the_rest() {
    stands_for(Rtype::TXT, r#"a "b c" "" "#, "0161 03622063 00", Some(r#""a" "b c" """#));
    stands_for(Rtype::TXT, r##""\#" 1"##, "0123 0131", Some(r##""#" "1""##));
    stands_for(
        Rtype::APL,
        "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8 1:0.0.0.0/0",
        "0001 15 03 c0a820 0001 1c 83 c0a826 0002 08 01 ff 0001 00 00",
        None,
    );
    assert_eq!(hex(Rtype::APL, ""), Ok(String::new()));
    stands_for(Rtype::IPSECKEY, "10 0 2 .", "0a 00 02", None);
    stands_for(
        Rtype::IPSECKEY,
        "10 3 2 a AQ==",
        "0a 03 02 0161076578616d706c6500 01",
        Some("10 3 2 a.example. AQ=="),
    );
    stands_for(Rtype::HIP, "2 2001 AQID a. b.", "02 02 0003 2001 010203 016100 016200", None);
    stands_for(Rtype::NID, "10 14:4FFF:ff20:0", "000a 00144fffff200000", Some("10 0014:4fff:ff20:0000"));
    stands_for(Rtype::EUI48, "00-00-5E-00-53-2a", "00005e00532a", Some("00-00-5e-00-53-2a"));
    stands_for(Rtype::NSAP, "0x47.0005.80", "47000580", Some("0x47000580"));
    stands_for(
        Rtype::WKS,
        "10.0.0.1 TCP smtp 80 0",
        "0a000001 06 80000040 000000000000 80",
        Some("10.0.0.1 6 0 25 80"),
    );
    stands_for(Rtype::CERT, "pkix 1 RSASHA256 AQID", "0001 0001 08 010203", Some("1 1 8 AQID"));
    stands_for(Rtype::ISDN, r#""1" "2""#, "0131 0132", None);
    stands_for(Rtype::ISDN, r#""1""#, "0131", None);
}

#[test]
fn the_generic_form_serves_every_type() {
    stands_for(Rtype::A, r"\# 4 0A 00 ( 0 001 )", "0a000001", Some("10.0.0.1"));
    stands_for(Rtype(4711), r"\# 3 ABcdEF", "abcdef", Some(r"\# 3 ABCDEF"));
    stands_for(Rtype(4711), r"\# 0", "", None);
}
