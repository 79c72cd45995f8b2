//! RFC 3402 §3.2: substitution expressions, as NAPTR's REGEXP field holds them.

use mimi_dns::resolver::Rule;
use proptest::prelude::*;

const NUMBER: &str = "+441164960348";

fn apply(field: &str, text: &str) -> Result<String, String> {
    let rule = Rule::parse(field.as_bytes()).map_err(|error| error.to_string())?;
    let result = rule.apply(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(result).expect("the tests' results are text"))
}

#[track_caller]
fn yields(cases: &[(&str, &str)]) {
    for (field, expected) in cases {
        assert_eq!(apply(field, NUMBER).as_deref(), Ok(*expected), "{field}");
    }
}

#[track_caller]
fn fails(cases: &[(&str, &str)]) {
    for (field, expected) in cases {
        assert_eq!(apply(field, NUMBER), Err((*expected).to_owned()), "{field}");
    }
}

#[test]
fn section_3_2_back_references() {
    yields(&[
        ("!^.*$!sip:info@example.com!", "sip:info@example.com"),
        (r"!^\+(.*)$!sip:\1@example.com!", "sip:441164960348@example.com"),
        (r"!^\+44(.{4})(.*)$!sip:\2-\1@e.example!", "sip:960348-1164@e.example"),
        (r"!^(\+)(4)(4)(1)(1)(6)(4)(9)(6)!\9\8\7\6\5\4\3\2\1!", "69461144+"),
        (r"!^\+44116(496.*)$!tel:\10!", "tel:49603480"),
        (r"!((((((((.))))))))(4)!\9\8!", "4+"),
    ]);
}

#[test]
fn section_3_2_a_group_that_took_no_part_is_empty() {
    yields(&[(r"!(x)?(.*)!a:\1\2!", "a:+441164960348"), (r"!(\+44)|(\+1)!a:\1.\2!", "a:+44.")]);
}

#[test]
fn section_3_2_the_result_is_the_replacement_alone() {
    yields(&[(r"!4(4)1!a:\1!", "a:4"), ("!4!!", "")]);
}

#[test]
fn section_3_2_the_leftmost_longest_match_counts() {
    yields(&[
        (r"!(\+44|\+4411)(.*)!\1 \2!", "+4411 64960348"),
        (r"!([0-9]{2}|[0-9]{4}).*!\1!", "4411"),
        (r"!(1*)!<\1>!", "<>"),
    ]);
}

#[test]
fn section_3_2_any_delimiter() {
    yields(&[
        ("/^.*$/a:b/", "a:b"),
        ("|^.*$|a:b|", "a:b"),
        (r#""^.*$"a:b""#, "a:b"),
        ("0^.*$0a:b0", "a:b"),
        ("#^.*$#a:b#i", "a:b"),
        ("x^.*$xa:bx", "a:b"),
    ]);
    let delimiter = "the delimiter is not text, which does not matter";
    let field = [b"\xff.*\xffa:b\xff".as_slice()].concat();
    assert_eq!(Rule::parse(&field).expect(delimiter).apply(b"1").expect("matches"), b"a:b");
}

#[test]
fn section_3_2_an_escaped_delimiter_is_that_octet() {
    yields(&[(r"!^.*$!a:\!b!", "a:!b"), (r"/\/*.*/a:\/\/b/", "a://b"), (r"!.*!a:\\!", r"a:\")]);
    assert_eq!(apply(r"|a\|b|a:\||", "xa|b").as_deref(), Ok("a:|"));
    assert_eq!(apply(r"!^[\!]$!a:b!", "!").as_deref(), Ok("a:b"));
}

#[test]
fn section_3_2_the_flag_is_blind_to_case() {
    assert_eq!(apply("!^MAILTO:(.*)$!a:\\1!i", "mailto:Jo").as_deref(), Ok("a:Jo"));
    assert_eq!(apply("!^MAILTO:(.*)$!a:\\1!I", "mailto:Jo").as_deref(), Ok("a:Jo"));
    assert_eq!(apply("!^MAILTO:(.*)$!a:\\1!ii", "mailto:Jo").as_deref(), Ok("a:Jo"));
    assert_eq!(apply("!^MAILTO:!a:b!", "mailto:Jo"), Err("the expression does not match".into()));
}

#[test]
fn section_3_2_malformed_expressions_are_refused_with_the_reason() {
    let delimiter = "a delimiter must not be a backslash, a digit from 1 to 9, or the flag `i`";
    let count = |count| {
        format!("there must be three delimiters, and there are {count} (one in the text needs a backslash)")
    };
    fails(&[
        ("", "the expression is empty"),
        ("1a1b1", delimiter),
        ("iaibi", delimiter),
        ("Ia.IbI", delimiter),
        (r"\a\b\", delimiter),
        ("!", &count(1)),
        ("!a!", &count(2)),
        ("!^.*$!sip:a@b.example", &count(2)),
        ("!^.*$!sip:a!b@c.example!", &count(4)),
        (r"!^.*$!sip:a\!", &count(2)),
        ("!a!b!x", "the only flag after the expression is `i`"),
        ("!a!b! ", "the only flag after the expression is `i`"),
        ("!(a!b!", "`(` has no `)` (octet 1 of the pattern)"),
        (
            "!^+44!b!",
            "nothing is here that could be repeated; a literal `*`, `+`, `?` or `{` needs a backslash (octet 2 of the pattern)",
        ),
        (r"!(.*)!\0!", "in a replacement a backslash must stand before 1 to 9, the delimiter or a backslash"),
        (r"!(.*)!\n!", "in a replacement a backslash must stand before 1 to 9, the delimiter or a backslash"),
        (r"!(.*)!\2!", r"`\2` refers to a group that the expression does not have"),
        (
            "!!a:b!",
            "nothing stands where an expression must: a pattern, group or alternative is empty (octet 1 of the pattern)",
        ),
        ("!^5!a:b!", "the expression does not match"),
    ]);
}

#[test]
fn results_and_texts_are_bounded() {
    let field = format!("!(.*)!{}!", r"\1".repeat(120));
    assert_eq!(apply(&field, &"1".repeat(17)).map(|result| result.len()), Ok(2040));
    assert_eq!(apply(&field, &"1".repeat(18)), Err("the result is longer than 2048 octets".into()));
    assert_eq!(apply("!.*!a:b!", &"1".repeat(256)), Err("the string is longer than 255 octets".into()));
}

proptest! {
    #[test]
    fn any_field_is_refused_or_applied(field in proptest::collection::vec(any::<u8>(), 0..=255)) {
        if let Ok(rule) = Rule::parse(&field) {
            let _ = rule.apply(NUMBER.as_bytes());
        }
    }

    #[test]
    fn nearly_right_fields_are_refused_or_applied(field in r"![()a-z0-9+*?{},.^$\\|\[\]]{0,40}![a-z\\1-3!]{0,20}!i?") {
        if let Some(result) = Rule::parse(field.as_bytes()).ok().and_then(|rule| rule.apply(NUMBER.as_bytes()).ok()) {
            prop_assert!(result.len() <= mimi_dns::resolver::MAX_RESULT);
        }
    }
}
