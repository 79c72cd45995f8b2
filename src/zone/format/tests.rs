use proptest::prelude::*;

use super::*;
use crate::zone::{LoadOptions, MemoryFiles, load, write_zone};

fn format(text: &str) -> String {
    let formatted = format_text(Path::new("a.zone"), text.as_bytes()).map_err(|finding| finding.to_string());
    String::from_utf8(formatted.unwrap()).unwrap()
}

fn refused(text: &str) -> String {
    format_text(Path::new("a.zone"), text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn columns_comments_and_blank_lines() {
    let text = "$ORIGIN  example.net.  ; where\n$TTL 1h\n\
                @ SOA ns hostmaster (\n 2026112201 ; serial\n4h 1h 2w ; times\n\t300 )\n NS ns;the server\n\
                ns\t300 IN A 192.0.2.1\n\n\n; alone\n  ; with the record below\n\
                a-name-that-is-longer 60 IN NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .\n\
                b NAPTR 1 1 \"u\" \"E2U+email:mailto\" \"!^.*$!mailto:a@b!\" .";
    let expected = "\
$ORIGIN example.net.  ; where
$TTL 1h
@              SOA   ns hostmaster (
                     2026112201  ; serial
                     4h 1h 2w    ; times
                     300 )
               NS    ns  ;the server
ns      300 IN A     192.0.2.1


; alone
                        ; with the record below
a-name-that-is-longer   60 IN NAPTR 100 10 \"u\" \"E2U+sip\"          \"!^.*$!sip:a@b!\" .
b                             NAPTR 1   1  \"u\" \"E2U+email:mailto\" \"!^.*$!mailto:a@b!\" .
";
    assert_eq!(format(text), expected);
}

#[test]
fn records_of_identifiers_stand_close() {
    let text = "$IDENTIFIER tel:+442079460148;no\n$IDENTIFIER   tel:+442079460148\n\
                @      MIMISIG   wishes now +1d (\n  holder=@k.pem ; the holder\n sign=k.pem )\n\
                \t300 NAPTR 100 10 \"U\" \"x\" \"\" .\n$ORIGIN a.\nb NS c\n";
    let expected = "$IDENTIFIER tel:+442079460148;no\n$IDENTIFIER tel:+442079460148\n\
                    @ MIMISIG wishes now +1d (\n    holder=@k.pem  ; the holder\n    sign=k.pem )\n\
                    \x20 300 NAPTR 100 10 \"U\" \"x\" \"\" .\n$ORIGIN a.\nb       NS    c\n";
    assert_eq!(format(text), expected);
}

#[test]
fn line_ends_byte_order_mark_and_odd_parentheses() {
    assert_eq!(
        format("\u{feff}a A 1.2.3.4\r\n\r\nb A 1.2.3.4"),
        "\u{feff}a       A     1.2.3.4\r\n\r\nb       A     1.2.3.4\r\n"
    );
    assert_eq!(
        format("( a A\n\n 1.2.3.4 )\n ( ; x\n)\n"),
        "( a A\n\n              1.2.3.4 )\n        (  ; x\n              )\n"
    );
    assert_eq!(format("a\"\"b A \"c;d\"e\"\\\" f\"\n"), "a\"\"b    A     \"c;d\" e\"\\\" f\"\n");
}

#[test]
fn what_is_no_zone_text_is_refused() {
    assert!(refused("-----BEGIN PRIVATE KEY-----\n").contains("a.zone:1:1: error[unreadable]"));
    assert!(refused("# Some page\n\nof text\n").contains("a.zone:1:3: error[unknown-type]"));
    assert!(refused("a A 1.2.3.4\nb A ( 1\n").contains("a.zone:2:5: error[unreadable]"));
    assert!(refused("$ORGIN a.\n").contains("error[unknown-directive]"));
    assert!(refused(" $ORIGIN a.\n").contains("error[unknown-directive]"));
}

/// Pieces of zone text in which blanks and lines may be anything.
fn text() -> impl Strategy<Value = String> {
    let blank = prop_oneof![Just(" "), Just("\t"), Just("   "), Just(" \t ")];
    let end = prop_oneof![
        4 => Just("\n".to_owned()), 1 => Just("\r\n".to_owned()), 1 => Just(" ; a ( \" comment\n".to_owned()),
        1 => Just("\n\n; between\n".to_owned()), 1 => Just(";x\n   \n\t;indented\n".to_owned()),
    ];
    let record = prop_oneof![
        Just(vec!["www", "A", "192.0.2.1"]),
        Just(vec!["@", "300", "IN", "TXT", "\"a ; b\"", "\"c\\\"d\"", "x\"y z\""]),
        Just(vec!["", "IN", "1h", "MX", "10", "mail"]),
        Just(vec!["mail", "AAAA", "2001:db8::1"]),
        Just(vec!["a.very.long.owner.name.that.stands.out.of.its.column", "TXT", "(", "x", "\n", "y", ")"]),
        Just(vec!["1.2", "NAPTR", "100", "10", "\"u\"", "\"E2U+sip\"", "\"!^.*$!sip:a@b!\"", "."]),
        Just(vec!["1.3", "NAPTR", "(", "\n", "1", "1", "\"\"", "\"\"", "; c\n", "\"\"", "b", "\n", ")"]),
        Just(vec!["$ORIGIN", "example.net."]),
        Just(vec!["$TTL", "(", "\n", "300", ")"]),
        Just(vec!["$GENERATE", "1-3", "h$", "A", "192.0.2.$"]),
        Just(vec!["$IDENTIFIER", "tel:+442079460148"]),
        Just(vec!["@", "URI", "10", "1", "\"https://a.example/\""]),
    ];
    proptest::collection::vec((record, blank, end), 0..24).prop_map(|lines| {
        let mut text = String::from("$ORIGIN example.net.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n");
        text.push_str("_mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000\"\n");
        for (words, blank, end) in lines {
            text.push_str(&words.join(blank));
            text.push_str(&end);
        }
        text
    })
}

fn built(text: &str) -> (Vec<u8>, Vec<&'static str>) {
    let files = MemoryFiles::new().with("a.zone", text);
    let loaded = load(Path::new("a.zone"), &files, &LoadOptions::default());
    let mut built = Vec::new();
    if let Some(zone) = &loaded.zone {
        write_zone(zone, crate::zone::SerialPolicy::Keep, &mut built).unwrap();
    }
    (built, loaded.findings.iter().map(|finding| finding.code).collect())
}

#[test]
fn a_blank_that_a_backslash_escapes_stays_at_the_end() {
    for text in ["a TXT b\\ \n", "1(a)\\ \n", "a TXT b\\\t\n"] {
        assert!(format(text).trim_end_matches('\n').ends_with(['\u{20}', '\t']), "{text:?}");
    }
    assert!(format("a TXT b\\\\  \n").ends_with("b\\\\\n"));
}

proptest! {
    #[test]
    fn the_zone_stays_the_same_and_twice_is_once(text in text()) {
        let once = format(&text);
        prop_assert_eq!(built(&text), built(&once));
        prop_assert_eq!(&format(&once), &once);
        let comments = |text: &str| text.matches(';').count();
        prop_assert_eq!(comments(&text), comments(&once));
        for line in once.lines() {
            prop_assert_eq!(line.trim_end(), line);
        }
    }

    #[test]
    fn any_octets_are_laid_out_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(once) = format_text(Path::new("a"), &text) {
            prop_assert_eq!(&format_text(Path::new("a"), &once).unwrap(), &once);
        }
    }

    #[test]
    fn any_marks_are_laid_out_or_refused(text in "[a \\t\\n\\r();\"\\\\$A@1]{0,40}") {
        if let Ok(once) = format_text(Path::new("a"), text.as_bytes()) {
            prop_assert_eq!(&format_text(Path::new("a"), &once).unwrap(), &once);
        }
    }
}
