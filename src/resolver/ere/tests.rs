//! POSIX cases in a table, patterns refused, and the bound on steps.

use proptest::prelude::*;

use super::*;

fn find(pattern: &str, text: &str) -> String {
    let ere = Ere::parse(pattern.as_bytes(), Options::default()).expect(pattern);
    show(&ere.find(text.as_bytes()).expect("short text"), ere.groups())
}

/// `(0,2)(?,?)`, a pair for the match and each group; `NOMATCH`.
pub(super) fn show(captures: &Option<Captures>, groups: usize) -> String {
    let Some(captures) = captures else { return "NOMATCH".into() };
    let pair = |range: &Option<Range<usize>>| match range {
        Some(range) => format!("({},{})", range.start, range.end),
        None => "(?,?)".into(),
    };
    captures.iter().take(groups + 1).map(pair).collect()
}

#[track_caller]
fn check(cases: &[(&str, &str, &str)]) {
    for (pattern, text, expected) in cases {
        assert_eq!(find(pattern, text), *expected, "{pattern} on {text}");
    }
}

#[test]
fn overall_match_is_leftmost_then_longest() {
    check(&[
        ("abracadabra$", "abracadabracadabra", "(7,18)"),
        ("a...b", "abababbb", "(2,7)"),
        ("XXXXXX", "..XXXXXX", "(2,8)"),
        ("a|ab|abc", "xabc", "(1,4)"),
        ("abc|ab|a", "xabc", "(1,4)"),
        ("x*", "axx", "(0,0)"),
        ("a|b", "cba", "(1,2)"),
        ("xyz", "abc", "NOMATCH"),
        ("a.b", "a\nb", "(0,3)"),
    ]);
}

#[test]
fn anchors_stand_anywhere() {
    check(&[
        ("^abc$", "abc", "(0,3)"),
        ("^abc$", "abcd", "NOMATCH"),
        ("a^b", "a^b", "NOMATCH"),
        ("a$b", "a$b", "NOMATCH"),
        ("(^a)|b", "cb", "(1,2)(?,?)"),
        ("(^|x)a", "xa", "(0,2)(0,1)"),
        ("a($|b)", "ca", "(1,2)(2,2)"),
        ("^$", "", "(0,0)"),
        ("$^", "", "(0,0)"),
        ("x$*", "x", "(0,1)"),
    ]);
}

#[test]
fn sub_expressions_take_the_longest_from_left_to_right() {
    check(&[
        ("(a|ab)(c|bcd)(d*)", "abcd", "(0,4)(0,2)(2,3)(3,4)"),
        ("(a|ab)(bcd|c)(d*)", "abcd", "(0,4)(0,2)(2,3)(3,4)"),
        ("(ab|a)(c|bcd)(d*)", "abcd", "(0,4)(0,2)(2,3)(3,4)"),
        ("(a*)(b|abc)(c*)", "abc", "(0,3)(0,1)(1,2)(2,3)"),
        ("(a*)(abc|b)(c*)", "abc", "(0,3)(0,1)(1,2)(2,3)"),
        ("(a|ab)(bc|c)?", "abc", "(0,3)(0,2)(2,3)"),
        ("(ab|a)(bc)?", "abc", "(0,3)(0,1)(1,3)"),
        ("(a*)(a|aa)", "aaaa", "(0,4)(0,3)(3,4)"),
        ("(a*)(a*)", "aaa", "(0,3)(0,3)(3,3)"),
        ("(.)(.*)", "abc", "(0,3)(0,1)(1,3)"),
        ("(.*)(ab)*(b*)", "abc", "(0,3)(0,3)(?,?)(3,3)"),
        ("((a|a)|a)", "a", "(0,1)(0,1)(0,1)"),
        ("(a(b)?)+", "aba", "(0,3)(2,3)(?,?)"),
        ("((foo)|(bar))!bas", "foo!bas", "(0,7)(0,3)(0,3)(?,?)"),
        ("(([a-z]+)([0-9]*))", "abc123", "(0,6)(0,6)(0,3)(3,6)"),
        ("(wee|week)(knights|night)", "weeknights", "(0,10)(0,3)(3,10)"),
        ("X(.?){0,8}Y", "X1234567Y", "(0,9)(7,8)"),
        ("(a|ab)(c|bcd)?(d*)x", "abcdx", "(0,5)(0,2)(2,3)(3,4)"),
        ("(abc)*(abcd)", "abcabcd", "(0,7)(0,3)(3,7)"),
    ]);
}

#[test]
fn a_repeated_group_reports_its_last_iteration_only() {
    check(&[
        ("(ab|a|c|bcd)*(d*)", "ababcd", "(0,6)(3,6)(6,6)"),
        ("(ab|a|c|bcd){2,}(d*)", "ababcd", "(0,6)(3,6)(6,6)"),
        ("(ab|a|c|bcd){4,10}(d*)", "ababcd", "NOMATCH"),
        ("((z)+|a)*", "zabcde", "(0,2)(1,2)(?,?)"),
        ("((a)|(b))*", "ab", "(0,2)(1,2)(?,?)(1,2)"),
        ("(a|(b))*c", "bac", "(0,3)(1,2)(?,?)"),
        ("([ab]{2}){1,3}", "ababab", "(0,6)(4,6)"),
        ("(a{0}(b)){2}", "bb", "(0,2)(1,2)(1,2)"),
        ("(a){0}b", "b", "(0,1)(?,?)"),
        ("(a+){2}", "aaa", "(0,3)(2,3)"),
        ("(a|ab|c|bcd){3}(d*)", "ababcd", "(0,6)(3,6)(6,6)"),
    ]);
}

#[test]
fn an_iteration_is_empty_only_where_nothing_else_can_be() {
    check(&[
        ("(a*)*", "a", "(0,1)(0,1)"),
        ("(a*)*", "x", "(0,0)(0,0)"),
        ("(a*)+", "aaaaaax", "(0,6)(0,6)"),
        ("(a*)+", "x", "(0,0)(0,0)"),
        ("(a+)*", "x", "(0,0)(?,?)"),
        ("(a?)*", "aa", "(0,2)(1,2)"),
        ("([^b]*)*", "aaaaaab", "(0,6)(0,6)"),
        ("(a*)*(x)", "ax", "(0,2)(0,1)(1,2)"),
        ("(a*)*(x)", "x", "(0,1)(0,0)(0,1)"),
        ("(a*){2}(x)", "ax", "(0,2)(1,1)(1,2)"),
        ("(a*){2,3}(x)", "ax", "(0,2)(1,1)(1,2)"),
        ("(a*){0,1}(x)", "x", "(0,1)(0,0)(0,1)"),
        ("(^)*", "-", "(0,0)(0,0)"),
        ("((a*)*)*b", "aab", "(0,3)(0,2)(0,2)"),
    ]);
}

#[test]
fn bracket_expressions_follow_posix() {
    check(&[
        ("[]a]+", "]a]", "(0,3)"),
        ("[^]a]", "]ab", "(2,3)"),
        ("[a-]+", "-a-", "(0,3)"),
        ("[-a]+", "-a", "(0,2)"),
        ("[a-c]+", "xabcd", "(1,4)"),
        ("[%--]+", "+,-", "(0,3)"),
        ("[[:digit:]]+", "a123b", "(1,4)"),
        ("[^[:alpha:]]", "ab1", "(2,3)"),
        ("[[:alpha:]_-]+", "a_-1", "(0,3)"),
        ("[[.-.]-/]+", "-./0", "(0,3)"),
        ("[[=a=]b]+", "abc", "(0,2)"),
        ("[[.a.]]", "a", "(0,1)"),
        (r"[\]", r"\", "(0,1)"),
        (r"[\n]+", r"n\x", "(0,2)"),
        ("[.*]+", "a.*", "(1,3)"),
        ("[a[]+", "[a", "(0,2)"),
        ("[[:xdigit:]]{4}", "gBeEf", "(1,5)"),
        ("[[:space:]]", "a\tb", "(1,2)"),
        ("[$^]", "^", "(0,1)"),
    ]);
}

#[test]
fn what_stands_for_itself() {
    check(&[
        ("a)", "a)", "(0,2)"),
        ("a}b]", "a}b]", "(0,4)"),
        (r"\(\)\{\}\[\]\^\$\.\*\+\?\|\\", r"(){}[]^$.*+?|\", "(0,14)"),
        ("a,b-c", "a,b-c", "(0,5)"),
        (r"\+44", "+44", "(0,3)"),
    ]);
}

#[test]
fn intervals_count() {
    check(&[
        ("a{2}", "aaa", "(0,2)"),
        ("a{2,}", "aaaa", "(0,4)"),
        ("a{1,3}", "aaaa", "(0,3)"),
        ("a{0}b", "ab", "(1,2)"),
        ("(ab){2}", "abab", "(0,4)(2,4)"),
        ("[0-9]{4}", "123", "NOMATCH"),
        ("a{0,}", "aa", "(0,2)"),
        ("(a{2}){3}", "aaaaaaa", "(0,6)(4,6)"),
    ]);
}

#[test]
fn the_flag_for_case_reaches_sets_before_they_are_negated() {
    let cases = [
        ("abc", "xABC", "(1,4)"),
        ("[a-c]+", "AbC", "(0,3)"),
        ("[^a]", "Aab", "(2,3)"),
        ("[[:upper:]]+", "abC", "(0,3)"),
        (r"[\]", r"\", "(0,1)"),
    ];
    for (pattern, text, expected) in cases {
        let options = Options { ignore_case: true, ..Options::default() };
        let ere = Ere::parse(pattern.as_bytes(), options).expect(pattern);
        assert_eq!(show(&ere.find(text.as_bytes()).expect("short"), ere.groups()), expected, "{pattern}");
    }
}

#[test]
fn an_escaped_delimiter_is_that_octet() {
    let find = |pattern: &str, delimiter, text: &str| {
        let options = Options { ignore_case: false, delimiter: Some(delimiter) };
        Ere::parse(pattern.as_bytes(), options).map(|ere| show(&ere.find(text.as_bytes()).expect("short"), 0))
    };
    assert_eq!(find(r"a\!b", b'!', "a!b").as_deref(), Ok("(0,3)"));
    assert_eq!(find(r"[\!]", b'!', "!").as_deref(), Ok("(0,1)"));
    assert_eq!(find(r"[\!]", b'!', r"\").as_deref(), Ok("NOMATCH"));
    assert_eq!(find(r"a\|b", b'|', "a|b").as_deref(), Ok("(0,3)"));
    assert_eq!(find(r"[a\|]+", b'|', "|a").as_deref(), Ok("(0,2)"));
    assert!(find(r"a\!b", b'/', "a!b").is_err());
}

#[test]
fn octets_are_characters() {
    let ere = Ere::parse("^.{2}$".as_bytes(), Options::default()).expect("valid");
    assert!(ere.find("é".as_bytes()).expect("short").is_some(), "two octets in UTF-8");
    let range = Ere::parse(b"[\x80-\xff]", Options::default()).expect("valid");
    assert!(range.find(b"a\xe9").expect("short").is_some());
}

#[test]
fn what_posix_leaves_undefined_is_refused_with_its_place() {
    let cases = [
        (
            "",
            "nothing stands where an expression must: a pattern, group or alternative is empty (octet 1 of the pattern)",
        ),
        (
            "a||b",
            "nothing stands where an expression must: a pattern, group or alternative is empty (octet 3 of the pattern)",
        ),
        (
            "a|",
            "nothing stands where an expression must: a pattern, group or alternative is empty (octet 3 of the pattern)",
        ),
        (
            "a()",
            "nothing stands where an expression must: a pattern, group or alternative is empty (octet 3 of the pattern)",
        ),
        (
            "*a",
            "nothing is here that could be repeated; a literal `*`, `+`, `?` or `{` needs a backslash (octet 1 of the pattern)",
        ),
        (
            "^+44",
            "nothing is here that could be repeated; a literal `*`, `+`, `?` or `{` needs a backslash (octet 2 of the pattern)",
        ),
        (
            "a|*",
            "nothing is here that could be repeated; a literal `*`, `+`, `?` or `{` needs a backslash (octet 3 of the pattern)",
        ),
        (
            "({1}",
            "nothing is here that could be repeated; a literal `*`, `+`, `?` or `{` needs a backslash (octet 2 of the pattern)",
        ),
        ("a**", "a repetition is repeated, which POSIX does not define (octet 3 of the pattern)"),
        ("a+?", "a repetition is repeated, which POSIX does not define (octet 3 of the pattern)"),
        ("ab(c", "`(` has no `)` (octet 3 of the pattern)"),
        ("a[bc", "`[` has no `]` (octet 2 of the pattern)"),
        ("[]", "`[` has no `]` (octet 1 of the pattern)"),
        ("[[:digit:]", "`[` has no `]` (octet 1 of the pattern)"),
        ("[[:digit", "`[` has no `]` (octet 2 of the pattern)"),
        (
            r"\d",
            "a backslash must stand before one of `^.[]$()|*+?{}\\`, or before the delimiter (octet 1 of the pattern)",
        ),
        (
            r"a\",
            "a backslash must stand before one of `^.[]$()|*+?{}\\`, or before the delimiter (octet 2 of the pattern)",
        ),
        (
            r"(a)\1",
            "a backslash must stand before one of `^.[]$()|*+?{}\\`, or before the delimiter (octet 4 of the pattern)",
        ),
        ("a{2,1}", "an interval must be `{m}`, `{m,}` or `{m,n}` with m ≤ n ≤ 255 (octet 2 of the pattern)"),
        ("a{256}", "an interval must be `{m}`, `{m,}` or `{m,n}` with m ≤ n ≤ 255 (octet 2 of the pattern)"),
        ("a{x}", "an interval must be `{m}`, `{m,}` or `{m,n}` with m ≤ n ≤ 255 (octet 2 of the pattern)"),
        ("a{,3}", "an interval must be `{m}`, `{m,}` or `{m,n}` with m ≤ n ≤ 255 (octet 2 of the pattern)"),
        ("a{1", "an interval must be `{m}`, `{m,}` or `{m,n}` with m ≤ n ≤ 255 (octet 2 of the pattern)"),
        ("[b-a]", "a range must go upwards from one character to another (octet 2 of the pattern)"),
        ("[a-c-e]", "a range must go upwards from one character to another (octet 3 of the pattern)"),
        ("[a-[:digit:]]", "a range must go upwards from one character to another (octet 3 of the pattern)"),
        ("[[:nope:]]", "not a character class of POSIX (octet 2 of the pattern)"),
        ("[[.space.]]", "only one character can stand in `[. .]` and `[= =]` (octet 2 of the pattern)"),
    ];
    for (pattern, expected) in cases {
        let error = Ere::parse(pattern.as_bytes(), Options::default()).expect_err(pattern);
        assert_eq!(error.to_string(), expected, "{pattern}");
    }
}

#[test]
fn patterns_beyond_the_limits_are_refused() {
    let refused =
        |pattern: &str| Ere::parse(pattern.as_bytes(), Options::default()).expect_err(pattern).to_string();
    assert!(refused(&"a".repeat(256)).starts_with("the pattern is longer than 255 octets"));
    assert!(refused("((a{255}){255}){255}").starts_with("the pattern with its intervals"));
    assert!(refused("((((a{0}){255}){255}){255}){255}").starts_with("the pattern with its intervals"));
    assert!(refused("(((((((((a)))))))))").starts_with("groups are nested deeper than 8"));
    assert!(Ere::parse(b"((((((((a))))))))", Options::default()).is_ok());
    assert!(Ere::parse(b"a{255}", Options::default()).is_ok());
    let all = Ere::parse(b".*", Options::default()).expect("valid");
    assert!(all.find(&[b'1'; 255]).is_ok());
    assert_eq!(all.find(&[b'1'; 256]), Err(TextTooLong));
}

/// The bound that the module promises.
fn bound(ere: &Ere, text: &[u8]) -> u64 {
    let nesting = MAX_NESTING as u64 + 2;
    ere.program.states.len() as u64 * (text.len() as u64 + 1) * nesting * nesting
}

#[test]
fn patterns_that_blow_up_elsewhere_stay_below_the_bound() {
    let patterns = [
        "(a*)*b",
        "(a|aa)+$",
        "(a|a?)+b",
        "((((((((a*)*)*)*)*)*)*)*b)",
        "(a?){100}a{100}",
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
        "((a{1,30}){1,30})b",
        "(a*a*a*a*a*a*a*)*b",
        "(((((((a?){1,3}b?){1,3}){1,3}){1,3}){1,2}){1,2})",
    ];
    for pattern in patterns {
        let ere = Ere::parse(pattern.as_bytes(), Options::default()).expect(pattern);
        for text in [vec![b'a'; 16], vec![b'a'; 255], [vec![b'a'; 200], vec![b'b']].concat()] {
            let (_, steps) = ere.find_counted(&text).expect("not too long");
            assert!(steps <= bound(&ere, &text), "{pattern}: {steps} > {}", bound(&ere, &text));
        }
    }
}

#[test]
fn work_grows_with_the_text_no_faster_than_linearly() {
    let ere = Ere::parse(b"^(((a|b)*)(a+|b)*)*(c|$)", Options::default()).expect("valid");
    let steps = |len| ere.find_counted(&b"ab".repeat(len)).expect("short").1;
    assert!(steps(120) <= steps(60) * 21 / 10, "{} {}", steps(120), steps(60));
}

proptest! {
    #[test]
    fn hostile_patterns_end_within_the_bound(pattern in "[ab(){}|*+?^$.0-9,\\[\\]\\\\-]{0,60}", text in "[ab0-9]{0,80}") {
        if let Ok(ere) = Ere::parse(pattern.as_bytes(), Options::default()) {
            let (found, steps) = ere.find_counted(text.as_bytes()).expect("short");
            prop_assert!(steps <= bound(&ere, text.as_bytes()));
            for range in found.into_iter().flatten().flatten() {
                prop_assert!(range.start <= range.end && range.end <= text.len());
            }
        }
    }

    #[test]
    fn any_octets_are_parsed_or_refused(pattern in proptest::collection::vec(any::<u8>(), 0..300)) {
        let options = Options { ignore_case: true, delimiter: Some(b'!') };
        let _ = Ere::parse(&pattern, options);
    }
}
