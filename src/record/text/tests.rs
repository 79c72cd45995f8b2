use proptest::prelude::*;

use super::*;

#[test]
fn every_octet_survives() {
    let all: Vec<u8> = (0..=254).collect();
    for octets in
        [&all[..], b"\xff", b"", b"\\", b"\"", b"\\\"", b";", b"!^.*$!mimi://a.example/\\\\1!", b"\\065"]
    {
        let string = CharString::new(octets).unwrap();
        assert_eq!(string.to_string().parse::<CharString>().unwrap(), string);
    }
}

#[test]
fn printed_as_people_write_it() {
    let print = |octets: &[u8]| CharString::new(octets).unwrap().to_string();
    assert_eq!(print(b"E2U+sip"), r#""E2U+sip""#);
    assert_eq!(print(b"a;b (c) \\1 \"d\""), r#""a;b (c) \\1 \"d\"""#);
    assert_eq!(print("\té\0".as_bytes()), r#""\009\195\169\000""#);
}

#[test]
fn words_and_quoted_strings_are_read() {
    let parse = |text: &str| text.parse::<CharString>().map(|string| string.as_bytes().to_vec());
    assert_eq!(parse(r#""a b""#), Ok(b"a b".to_vec()));
    assert_eq!(parse(r"a\ b\;\065\\"), Ok(br"a b;A\".to_vec()));
    assert_eq!(parse("\"é\""), Ok("é".into()));
    assert_eq!(parse(r#""a" "b""#), Err(CharStringError::NotOne));
    assert_eq!(parse("\"a\"\nb"), Err(CharStringError::NotOne));
    assert_eq!(parse(""), Err(CharStringError::NotOne));
    assert_eq!(parse("\"a"), Err(CharStringError::NotOne));
    assert_eq!(parse("a\"b\""), Err(CharStringError::StrayQuote));
    assert_eq!(parse(r#""\256""#), Err(CharStringError::BadEscape));
    assert_eq!(parse(r#""\2""#), Err(CharStringError::BadEscape));
    assert_eq!(parse("a\\"), Err(CharStringError::BadEscape));
    assert_eq!(parse(&"a".repeat(256)), Err(CharStringError::TooLong));
    assert_eq!(parse(&r"\255".repeat(255)), Ok(vec![255; 255]));
    assert_eq!(CharString::new(&[0; 256]), Err(CharStringError::TooLong));
}

#[test]
fn periods() {
    for (text, seconds) in [
        ("0", Some(0)),
        ("4294967295", Some(u32::MAX)),
        ("4294967296", None),
        ("1w2d3h4m5s", Some(788_645)),
        ("1H30M", Some(5400)),
        ("1h30", None),
        ("1m1h", None),
        ("1h1h", None),
        ("h", None),
        ("", None),
        ("-1", None),
        ("7102w", None),
        ("99999999999999999999999w", None),
    ] {
        assert_eq!(parse_period(text.as_bytes()), seconds, "{text}");
    }
}

proptest! {
    #[test]
    fn print_then_parse_gives_back_the_octets(octets in prop::collection::vec(any::<u8>(), 0..=255)) {
        let string = CharString::new(&octets).unwrap();
        let printed = string.to_string();
        prop_assert!(printed.is_ascii());
        prop_assert_eq!(printed.parse::<CharString>().unwrap(), string);
    }

    #[test]
    fn parse_then_print_then_parse_agrees(text in r#""?[ -~é\\"]{0,40}"?"#) {
        if let Ok(string) = text.parse::<CharString>() {
            prop_assert_eq!(string.to_string().parse::<CharString>().unwrap(), string);
        }
    }
}
