use proptest::prelude::*;

use super::*;

/// What each entry of a text holds: `~` in front where it starts with a blank, quoted tokens in
/// quotation marks, or its fault and the offset of it.
fn entries(text: &str) -> Vec<String> {
    let (mut scanner, mut tokens, mut found) = (Scanner::new(text.as_bytes()), Vec::new(), Vec::new());
    while let Some(entry) = scanner.next_entry(&mut tokens) {
        found.push(match entry {
            Ok(entry) => {
                assert_eq!(entry.offset, tokens[0].offset);
                let words = tokens.iter().map(|token| {
                    assert_eq!(&text.as_bytes()[token.offset..token.end()], token.raw);
                    let raw = String::from_utf8_lossy(token.raw);
                    if token.quoted { format!("\"{raw}\"") } else { raw.into_owned() }
                });
                format!(
                    "{}{}",
                    if entry.starts_blank { "~" } else { "" },
                    words.collect::<Vec<_>>().join("|")
                )
            }
            Err(error) => format!("{:?} at {}", error.fault, error.offset),
        });
    }
    found
}

#[test]
fn blanks_divide_and_comments_are_dropped() {
    assert_eq!(entries("a b\tc \x0c d;e\n"), ["a|b|c|d"]);
    assert_eq!(entries(" a ; b\r\n\r\n;c\n\t\nd"), ["~a", "d"]);
    assert_eq!(entries(""), [""; 0]);
    assert_eq!(entries("\u{feff}a"), ["a"]);
}

#[test]
fn octets_are_special_where_their_class_says_so() {
    for octet in 0..=u8::MAX {
        assert_eq!(SPECIAL.holds(octet), class(octet) != ORDINARY, "{octet}");
    }
}

#[test]
fn parentheses_join_lines() {
    assert_eq!(entries("a (b ; x)\n c\n) d\ne"), ["a|b|c|d", "e"]);
    assert_eq!(entries("a(b)c"), ["a|b|c"]);
    assert_eq!(entries("(a\r\nb)\r\n"), ["a|b"]);
}

#[test]
fn quotes_and_escapes_keep_what_divides() {
    assert_eq!(entries(r#"a "b ; ( c" d"#), ["a|\"b ; ( c\"|d"]);
    assert_eq!(entries(r#""a\"b" "" "\\" c"#), [r#""a\"b"|""|"\\"|c"#]);
    assert_eq!(entries(r"a\;b\(c\ d\\ e"), [r"a\;b\(c\ d\\|e"]);
    assert_eq!(entries(r#"key="a \" b" k"#), [r#"key="a \" b"|k"#]);
    assert_eq!(entries(r#""a""b"c"#), [r#""a"|"b"|c"#]);
}

#[test]
fn an_escape_does_not_reach_over_the_end_of_a_line() {
    assert_eq!(entries("a\\\nb"), ["a\\", "b"]);
    assert_eq!(entries("a\\\r\nb"), ["a\\", "b"]);
    assert_eq!(entries("a\\"), ["a\\"]);
    assert_eq!(entries("\"a\\\nb"), ["UnterminatedQuote at 0", "b"]);
}

#[test]
fn faults_stand_where_they_began_and_the_next_line_goes_on() {
    assert_eq!(entries("a \"b\nc"), ["UnterminatedQuote at 2", "c"]);
    assert_eq!(entries("a k=\"b\nc"), ["UnterminatedQuote at 4", "c"]);
    assert_eq!(entries("a ) b\nc"), ["StrayParenthesis at 2", "c"]);
    assert_eq!(entries("a\0b\nc"), ["Nul at 1", "c"]);
    assert_eq!(entries("a \"\0\" (\nc"), ["Nul at 3", "c"]);
    assert_eq!(entries("a\rb\nc"), ["LoneCarriageReturn at 1", "c"]);
    assert_eq!(entries("a ("), ["UnterminatedParenthesis at 2"]);
}

#[test]
fn a_forgotten_parenthesis_hides_no_later_fault() {
    let text = "a ( b\n  c\nd e\nf ( g\n ) h\n\"i\n";
    let quote = text.find('"').unwrap();
    assert_eq!(
        entries(text),
        ["UnterminatedParenthesis at 2", "d|e", "f|g|h", &format!("UnterminatedQuote at {quote}")]
    );
    // The mark swallowed the `)`: one fault, not two.
    assert_eq!(entries("a ( \"b )\nc\n"), ["UnterminatedQuote at 4", "c"]);
    assert_eq!(entries("a (\n \"b )\nc (d)\n"), ["UnterminatedQuote at 5", "c|d"]);
}

#[test]
fn tokens_of_an_entry_are_bounded() {
    let text = format!("{}\nb", "a ".repeat(MAX_TOKENS + 1));
    assert_eq!(entries(&text), [format!("TooManyTokens at {}", 2 * MAX_TOKENS), "b".into()]);
}

#[test]
fn lines_and_columns_count_characters() {
    let text = "é b\nc\r\nd".as_bytes();
    assert_eq!(line_column(text, 0), (1, 1));
    assert_eq!(line_column(text, 3), (1, 3));
    assert_eq!(line_column(text, 5), (2, 1));
    assert_eq!(line_column(text, text.len() + 9), (3, 2));
}

/// Reading twice up to the next parenthesis must not become reading n times.
#[test]
fn hostile_parentheses_cost_linear_time() {
    for line in ["(\n", "(a\nb\n", "a ( \"\n", ")\n", "\"\n"] {
        let text = line.repeat(200_000);
        let (mut scanner, mut tokens, mut count) = (Scanner::new(text.as_bytes()), Vec::new(), 0u32);
        while scanner.next_entry(&mut tokens).is_some() {
            count += 1;
        }
        assert!(count >= 1);
    }
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        4 => prop::sample::select(b"ab \t\n\r;()\"\\\0".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(octet, 0..200)
}

proptest! {
    #[test]
    fn any_octets_end_and_tokens_lie_in_order(text in any_text()) {
        let (mut scanner, mut tokens, mut end, mut last) = (Scanner::new(&text), Vec::new(), 0, 0);
        while let Some(entry) = scanner.next_entry(&mut tokens) {
            prop_assert!(scanner.offset() > last);
            last = scanner.offset();
            match entry {
                Ok(entry) => {
                    prop_assert_eq!(entry.offset, tokens[0].offset);
                    for token in &tokens {
                        prop_assert!(token.offset >= end && token.end() <= text.len());
                        prop_assert_eq!(&text[token.offset..token.end()], token.raw);
                        end = token.end();
                    }
                }
                Err(error) => prop_assert!(error.offset < text.len()),
            }
        }
    }
}
