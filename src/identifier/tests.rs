use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> String {
    Identifier::parse(text).expect_err(text).to_string()
}

fn typed(text: &str) -> String {
    Identifier::typed(text).parse().expect(text).as_str().to_owned()
}

fn typed_refused(text: &str) -> String {
    Identifier::typed(text).parse().expect_err(text).to_string()
}

#[test]
fn canonical_forms_are_read_as_they_are() {
    for (text, kind) in [
        ("tel:+442079460148", IdentifierKind::Telephone),
        ("tel:+1234567", IdentifierKind::Telephone),
        ("tel:+123456789012345", IdentifierKind::Telephone),
        ("mailto:jo@example.org", IdentifierKind::Email),
        ("mailto:jörg+x.y@xn--bcher-kva.example", IdentifierKind::Email),
        ("mailto:!#$%&'*+-/=?^_`{|}~@example.org", IdentifierKind::Email),
        ("mailto:50%25@example.org", IdentifierKind::Email),
        ("mailto:用户@xn--fsqu00a.example", IdentifierKind::Email),
        ("mimi://names.example/u/jo", IdentifierKind::Mimi),
        ("mimi://names.example/-._~!$&'()*+,;=:@/%2F%C3%A9%25", IdentifierKind::Mimi),
        ("mimi://names.example/...", IdentifierKind::Mimi),
    ] {
        let identifier = Identifier::parse(text).expect(text);
        assert_eq!((identifier.as_str(), identifier.kind()), (text, kind));
    }
}

#[test]
fn parts_of_identifiers() {
    let Ok(Identifier::Telephone(number)) = Identifier::parse("tel:+442079460148") else { panic!() };
    assert_eq!(number.digits(), "442079460148");
    let Ok(Identifier::Email(email)) = Identifier::typed(" Jörg@Bücher.EXAMPLE ").parse() else { panic!() };
    assert_eq!((email.local(), email.domain()), ("jörg", "xn--bcher-kva.example"));
    let Ok(Identifier::Mimi(name)) = Identifier::typed("MIMI://Names.Example/u/%6Ao").parse() else {
        panic!()
    };
    assert_eq!((name.host(), name.path()), ("names.example", "/u/jo"));
}

#[test]
fn debug_shows_kind_and_length_only() {
    for (text, shown) in [
        ("tel:+442079460148", "Telephone(17 octets)"),
        ("mailto:jo@example.org", "Email(21 octets)"),
        ("mimi://names.example/u/jo", "MimiName(25 octets)"),
    ] {
        assert_eq!(format!("{:?}", Identifier::parse(text).expect(text)), shown);
        assert!(!format!("{:?}", Identifier::typed(text)).contains("example"));
    }
    let text = "tel:+44x";
    let error = Identifier::parse(text).expect_err(text);
    assert!(!format!("{error:?} {error} {:?}", error.at_terminal(text)).contains("44x"));
}

#[test]
fn canonical_telephones_are_exact() {
    for (text, words) in [
        ("", "there is no identifier"),
        ("442079460148", "a canonical identifier begins with `tel:+`, `mailto:` or `mimi://`, at octet 1"),
        (
            "tel:442079460148",
            "a canonical identifier begins with `tel:+`, `mailto:` or `mimi://`, at octet 1",
        ),
        (
            "TEL:+442079460148",
            "a canonical identifier begins with `tel:+`, `mailto:` or `mimi://`, at octet 1",
        ),
        (
            " tel:+442079460148",
            "a canonical identifier begins with `tel:+`, `mailto:` or `mimi://`, at octet 1",
        ),
        (
            "tel:+44-2079460148",
            "a canonical telephone number is `tel:+` and digits, nothing else, at octet 8",
        ),
        (
            "tel:+442079460148\n",
            "a canonical telephone number is `tel:+` and digits, nothing else, at octet 18",
        ),
        ("tel:+44２", "a canonical telephone number is `tel:+` and digits, nothing else, at octet 8"),
        ("tel:+0442079460", "no country code begins with 0, at octet 6"),
        ("tel:+", "an international number has at least 7 digits"),
        ("tel:+123456", "an international number has at least 7 digits"),
        ("tel:+1234567890123456", "an international number has at most 15 digits"),
    ] {
        assert_eq!(refused(text), words, "{text}");
    }
}

#[test]
fn canonical_emails_are_exact() {
    const QUOTED: &str = "this character can't stand before the `@` without quotes, and quotes are not used";
    const MAPPED: &str =
        "the part before the `@` is not canonical: lower case, normal width, NFC (RFC 8265 §3.3)";
    const DOT: &str = "before the `@` a dot stands between other characters only";
    const DOMAIN: &str = "this is no domain: letters, digits, inner hyphens and dots (UTS 46, STD3)";
    for (text, words, octet) in [
        ("mailto:@a.example", "the part before the `@` is empty", 8),
        ("mailto:\"jo\"@a.example", QUOTED, 8),
        ("mailto:jo x@a.example", QUOTED, 10),
        ("mailto:jo\0@a.example", QUOTED, 10),
        ("mailto:(jo)@a.example", QUOTED, 8),
        ("mailto:.jo@a.example", DOT, 8),
        ("mailto:jo.@a.example", DOT, 10),
        ("mailto:jo..x@a.example", DOT, 11),
        ("mailto:jO@a.example", MAPPED, 9),
        ("mailto:ｊｏ@a.example", MAPPED, 8),
        ("mailto:jo\u{308}rg@a.example", MAPPED, 9),
        ("mailto:jo\u{A0}@a.example", "this character can't stand in a user's name (RFC 8264 §9)", 10),
        ("mailto:jö\u{202E}@a.example", "this character can't stand in a user's name (RFC 8264 §9)", 11),
        ("mailto:אa@a.example", "this user's name has no canonical form (RFC 8265 §3.3)", 8),
        ("mailto:jo@", "the domain is empty", 11),
        ("mailto:jo@[192.0.2.1]", "an address literal is no domain", 11),
        ("mailto:jo@192.0.2.1", "an address literal is no domain", 11),
        ("mailto:jo@a@b", DOMAIN, 11),
        ("mailto:jo@a.b_c.example", DOMAIN, 13),
        ("mailto:jo@-a.example", DOMAIN, 11),
        ("mailto:jo@a.example:25", DOMAIN, 13),
        ("mailto:jo@xn--a.example", DOMAIN, 11),
        ("mailto:jo@a..example", "a label of the domain is empty", 13),
        ("mailto:jo@a.example.", "a label of the domain is empty", 21),
        ("mailto:jo@A.example", "the domain is not canonical: lower-case A-labels", 11),
        ("mailto:jo@a.bücher.example", "the domain is not canonical: lower-case A-labels", 13),
        ("mailto:jo@a.xn--BCHER-kva.example", "the domain is not canonical: lower-case A-labels", 17),
    ] {
        assert_eq!(refused(text), format!("{words}, at octet {octet}"), "{text}");
    }
    assert_eq!(refused("mailto:jo"), "an email address needs an `@`");
}

#[test]
fn lengths_are_bounded() {
    let email = |local: usize, domain: &str| format!("mailto:{}@{domain}", "j".repeat(local));
    let label = "a".repeat(63);
    let long = [label.as_str(); 4].join(".");
    assert!(Identifier::parse(&email(64, "a.example")).is_ok());
    assert_eq!(
        refused(&email(65, "a.example")),
        "the part before the `@` is longer than 64 octets, at octet 8"
    );
    assert!(Identifier::parse(&email(1, &long[2..])).is_ok());
    assert_eq!(refused(&email(1, &long[1..])), "the domain is longer than 253 octets, at octet 10");
    assert_eq!(
        refused(&email(1, &format!("a.{label}a.example"))),
        "a label of the domain is longer than 63 octets, at octet 12"
    );
    let mimi = |path: usize| format!("mimi://a/{}", "j".repeat(path));
    assert!(Identifier::parse(&mimi(MAX_IDENTIFIER - 9)).is_ok());
    assert_eq!(refused(&mimi(MAX_IDENTIFIER - 8)), "the text is longer than 1024 octets");
    assert_eq!(typed_refused(&mimi(MAX_IDENTIFIER - 8)), "the text is longer than 1024 octets");
    // Percent-encoding makes what was typed longer.
    assert_eq!(
        typed_refused(&format!("mimi://a/{}", "é".repeat(400))),
        "the text is longer than 1024 octets"
    );
    assert_eq!(typed_refused(&"1".repeat(33)), "an international number has at most 15 digits");
}

#[test]
fn canonical_mimi_identifiers_are_exact() {
    for (text, words, octet) in [
        ("mimi:///u/jo", "a MIMI identifier is `mimi://`, a host and a path", 8),
        ("mimi://jo@a.example/u", "a MIMI identifier has no user before its host", 10),
        ("mimi://a.example:443/u", "a MIMI identifier has no port", 17),
        ("mimi://[2001:db8::1]/u", "an address literal is no domain", 8),
        ("mimi://A.example/u", "the domain is not canonical: lower-case A-labels", 8),
        ("mimi://a.example./u", "a label of the domain is empty", 18),
        ("mimi://a.example", "a MIMI identifier needs a path after its host", 17),
        ("mimi://a.example/", "a MIMI identifier needs a path after its host", 17),
        ("mimi://a.example//u", "a segment of the path is empty", 18),
        ("mimi://a.example/u/", "a segment of the path is empty", 20),
        ("mimi://a.example/u/../jo", "a segment of the path is `.` or `..`", 20),
        ("mimi://a.example/.", "a segment of the path is `.` or `..`", 18),
        ("mimi://a.example/u?x", "a MIMI identifier has neither query nor fragment", 19),
        ("mimi://a.example/u#x", "a MIMI identifier has neither query nor fragment", 19),
        ("mimi://a.example/u jo", "this character stands in a canonical path as `%XX` only", 19),
        ("mimi://a.example/é", "this character stands in a canonical path as `%XX` only", 18),
        ("mimi://a.example/[", "this character stands in a canonical path as `%XX` only", 18),
        ("mimi://a.example/u%", "`%` is followed by two hexadecimal digits", 19),
        ("mimi://a.example/u%G0", "`%` is followed by two hexadecimal digits", 19),
        ("mimi://a.example/%c3%a9", "canonical percent-encoding is in upper case", 18),
        ("mimi://a.example/%41", "this character is not percent-encoded in a canonical path", 18),
        ("mimi://a.example/%2E%2e", "this character is not percent-encoded in a canonical path", 18),
    ] {
        assert_eq!(refused(text), format!("{words}, at octet {octet}"), "{text}");
    }
}

#[test]
fn typed_emails_and_mimi_identifiers() {
    for (text, canonical) in [
        ("  Jo@Example.ORG\n", "mailto:jo@example.org"),
        ("MailTo:Jo@Example.ORG", "mailto:jo@example.org"),
        ("jo\u{308}rg@BÜCHER.example", "mailto:jörg@xn--bcher-kva.example"),
        ("ＪＯ@ｅｘａｍｐｌｅ。org", "mailto:jo@example.org"),
        ("ẞ@faß.example", "mailto:ß@xn--fa-hia.example"),
        ("İ@a.example", "mailto:i\u{307}@a.example"),
        ("jo%2Bx@example.org", "mailto:jo%2bx@example.org"),
        ("jo@xn--BCHER-kva.example", "mailto:jo@xn--bcher-kva.example"),
        ("MIMI://Names.EXAMPLE/u/J%6F%2f%c3%a9é", "mimi://names.example/u/Jo%2F%C3%A9%C3%A9"),
        ("mimi://bücher.example/u/a|b", "mimi://xn--bcher-kva.example/u/a%7Cb"),
    ] {
        assert_eq!(typed(text), canonical);
    }
    for (text, words) in [
        (" \t ", "there is no identifier"),
        ("hello", "this is no telephone number, no email address and no `mimi:` URI, at octet 1"),
        ("  jo@", "the domain is empty, at octet 6"),
        (
            "Jo <jo@a.example>",
            "this character can't stand before the `@` without quotes, and quotes are not used, at octet 3",
        ),
        (
            "jo＠x@a.example",
            "this character can't stand before the `@` without quotes, and quotes are not used, at octet 1",
        ),
        ("ﬁ@a.example", "this character can't stand in a user's name (RFC 8264 §9), at octet 1"),
        (
            "mailto:jo%2Bx@a.example",
            "a percent-encoded `mailto:` has two readings; type the address alone, at octet 10",
        ),
        ("mimi:u/jo", "a MIMI identifier is `mimi://`, a host and a path, at octet 6"),
        ("mimi://a.example/%2e%2E/b", "a segment of the path is `.` or `..`, at octet 17"),
        ("mimi://a.example/a b", "a path has no spaces, at octet 19"),
        ("mimi://a.example/%zz", "`%` is followed by two hexadecimal digits, at octet 18"),
    ] {
        assert_eq!(typed_refused(text), words, "{text}");
    }
}

#[test]
fn typed_numbers_of_every_build() {
    for text in [
        "+442079460148",
        "tel:+442079460148",
        "TEL:+44-20-7946-0148",
        "tel:+44(20)7946.0148",
        " (+44) 20 7946 0148 ",
        "0044 20 7946 0148",
        "+44\u{A0}20\u{2011}7946\u{2011}0148",
        "\u{202A}+44 20 7946 0148\u{202C}",
        "＋４４（２０）７９４６－０１４８",
        "+٤٤٢٠٧٩٤٦٠١٤٨",
        "+44 20/79460148",
    ] {
        assert_eq!(typed(text), "tel:+442079460148", "{text}");
    }
    for (text, words) in [
        ("+1 800 FLOWERS", "letters are no part of a telephone number, at octet 8"),
        ("+44 2O 7946 0148", "letters are no part of a telephone number, at octet 6"),
        (
            "tel:+442079460148;ext=12",
            "an extension can't be looked up; type the number without it, at octet 18",
        ),
        (
            "+44 20 7946 0148 EXT. 12",
            "an extension can't be looked up; type the number without it, at octet 18",
        ),
        ("+44 20 7946 0148 x12", "an extension can't be looked up; type the number without it, at octet 18"),
        ("+44 20 7946 0148#12", "an extension can't be looked up; type the number without it, at octet 17"),
        ("+44 20 7946 0148,,12", "an extension can't be looked up; type the number without it, at octet 17"),
        (
            "tel:7946-0148;phone-context=+4420",
            "a telephone number with parameters can't be looked up; type it in full with `+`, at octet 14",
        ),
        ("+44 20 +7946 0148", "`+` stands only in front of a telephone number, at octet 8"),
        ("++442079460148", "`+` stands only in front of a telephone number, at octet 2"),
        ("*31#+442079460148", "this character is no part of a telephone number, at octet 1"),
        ("+44 20) 7946 0148", "this character is no part of a telephone number, at octet 7"),
        ("+44 20 7946\n0148", "this character is no part of a telephone number, at octet 12"),
        ("+44 20 7946 0148/9", "these are two telephone numbers; type one of them, at octet 17"),
        ("tel:", "this is no telephone number, no email address and no `mimi:` URI, at octet 5"),
    ] {
        assert_eq!(typed_refused(text), words, "{text}");
    }
}

#[cfg(not(feature = "numbers"))]
#[test]
fn typed_numbers_without_metadata() {
    for (text, words) in [
        ("+44 (0)20 7946 0148", "`(0)` is not dialled from abroad; type the number without it, at octet 5"),
        (
            "+44 （０）20 7946 0148",
            "`(0)` is not dialled from abroad; type the number without it, at octet 5",
        ),
        ("020 7946 0148", "this build reads international numbers only; type it with `+` and country code"),
    ] {
        assert_eq!(typed_refused(text), words, "{text}");
    }
}

#[cfg(feature = "numbers")]
mod numbers {
    use super::*;

    fn in_region(text: &str, region: &str) -> Result<String, String> {
        let read = Identifier::typed(text).region(region).parse();
        read.map(|identifier| identifier.as_str().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn national_and_international_forms() {
        for (text, region, canonical) in [
            ("020 7946 0148", "GB", "tel:+442079460148"),
            ("020 7946 0148", "gb", "tel:+442079460148"),
            ("(020) 7946-0148", "GB", "tel:+442079460148"),
            ("00 44 20 7946 0148", "GB", "tel:+442079460148"),
            ("+44 (0)20 7946 0148", "US", "tel:+442079460148"),
            ("+44 （０）20 7946 0148", "US", "tel:+442079460148"),
            ("+44 020 7946 0148", "GB", "tel:+442079460148"),
            ("011 44 20 7946 0148", "US", "tel:+442079460148"),
            ("٠٢٠٧٩٤٦٠١٤٨", "GB", "tel:+442079460148"),
            ("(202) 555-0148", "US", "tel:+12025550148"),
            ("1-202-555-0148", "US", "tel:+12025550148"),
            ("030/1234567", "DE", "tel:+49301234567"),
            ("06 6982 0148", "IT", "tel:+390669820148"),
            ("+39 (0)6 6982 0148", "IT", "tel:+390669820148"),
            ("8 (912) 345-67-89", "RU", "tel:+79123456789"),
            ("010 44 20 7946 0148", "JP", "tel:+442079460148"),
        ] {
            assert_eq!(in_region(text, region).as_deref(), Ok(canonical), "{text} {region}");
        }
        assert_eq!(typed("+44 (0)20 7946 0148"), "tel:+442079460148");
    }

    #[test]
    fn refused_with_the_reason() {
        for (text, region, words) in [
            ("999", "GB", "the number is shorter than any in its country"),
            ("7946 0148", "GB", "the number lacks its area code"),
            ("020 7946 01489", "GB", "the number is longer than any in its country"),
            ("0044 20 7946 0148", "US", "the number is longer than any in its country"),
            ("+34 (0)91 123 4567", "ES", "the number is longer than any in its country"),
            ("+999 12345678", "GB", "no country code fits this number"),
            ("+49 12345678901234", "DE", "an international number has at most 15 digits"),
            ("1-800-FLOWERS", "US", "letters are no part of a telephone number, at octet 7"),
            ("020 7946 0148", "ZZ", "the region is not known; it is two letters of ISO 3166, such as GB"),
            (
                "020 7946 0148",
                "G\u{df}",
                "the region is not known; it is two letters of ISO 3166, such as GB",
            ),
            ("020 7946 0148", "001", "the region is not known; it is two letters of ISO 3166, such as GB"),
            ("020 7946 0148", "", "the region is not known; it is two letters of ISO 3166, such as GB"),
        ] {
            assert_eq!(in_region(text, region), Err(words.to_owned()), "{text} {region}");
        }
        assert_eq!(
            typed_refused("020 7946 0148"),
            "a national number needs a region, such as GB; or type it with `+` and country code"
        );
    }

    #[test]
    fn a_canonical_number_is_never_changed() {
        assert_eq!(
            typed_refused("tel:+4402079460148"),
            "the number has a national prefix after its country code; leave it out"
        );
    }
}

#[test]
fn at_a_terminal_the_text_is_quoted_escaped_and_cut() {
    let show = |text: &str| Identifier::typed(text).parse().expect_err(text).at_terminal(text).to_string();
    assert_eq!(
        show("+1 800 FLOWERS"),
        "`+1 800 FLOWERS`: letters are no part of a telephone number, at `FLOWERS`"
    );
    assert_eq!(show("jo@"), "`jo@`: the domain is empty, at its end");
    assert_eq!(
        show("1\u{1b}[2J\u{7}"),
        "`1\\u{1b}[2J\\u{7}`: this character is no part of a telephone number, at `\\u{1b}[2J\\u{7}`"
    );
    assert_eq!(
        show(&"1".repeat(50)),
        format!("`{}…`: an international number has at most 15 digits", "1".repeat(40))
    );
}

#[test]
fn every_character_has_one_canonical_form_or_none() {
    // Ideographs, Hangul syllables and private use are many and alike.
    let many =
        |c: &char| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{E000}'..='\u{F8FF}');
    let mut accepted = 0;
    for character in ('\0'..='\u{1FFFF}').filter(|character| !many(character)) {
        if let Ok(identifier) = Identifier::typed(&format!("x{character}1@a.example")).parse() {
            assert_eq!(Identifier::parse(identifier.as_str()), Ok(identifier), "{character:?}");
            accepted += 1;
        }
    }
    assert!(accepted > 10_000, "{accepted}");
}

proptest! {
    #[test]
    fn what_is_parsed_is_unchanged(text in "(tel:\\+|mailto:|mimi://)?\\PC{0,40}") {
        if let Ok(identifier) = Identifier::parse(&text) {
            prop_assert_eq!(identifier.as_str(), text);
        }
    }

    #[test]
    fn what_is_typed_becomes_canonical(
        text in "(tel:|mailto:|mimi://)?[\\PC@./%+\u{130}\u{3a3}\u{1e9e}ｊİ\u{345}\u{301}א٣]{1,24}(@[a-zA-Zßü.。\u{5d0}-]{1,12})?(/\\PC{0,12})?"
    ) {
        if let Ok(identifier) = Identifier::typed(&text).parse() {
            prop_assert_eq!(Identifier::parse(identifier.as_str()), Ok(identifier.clone()));
            match Identifier::typed(identifier.as_str()).parse() {
                Ok(again) => prop_assert_eq!(again, identifier),
                Err(error) => prop_assert_eq!(error.fault(), IdentifierFault::LocalPercent),
            }
        }
    }

    #[test]
    fn emails_of_letters_become_canonical(local in "[\\p{L}\\p{M}\\p{Nd}]{1,8}", domain in "[\\p{L}\\p{Nd}]{1,8}\\.[a-z]{2,6}") {
        if let Ok(identifier) = Identifier::typed(&format!("{local}@{domain}")).parse() {
            prop_assert_eq!(Identifier::parse(identifier.as_str()), Ok(identifier.clone()));
            prop_assert_eq!(Identifier::typed(identifier.as_str()).parse(), Ok(identifier));
        }
    }

    #[test]
    fn every_canonical_number_is_read(digits in "[1-9][0-9]{6,14}") {
        let text = format!("tel:+{digits}");
        prop_assert!(Identifier::parse(&text).is_ok());
        if let Ok(identifier) = Identifier::typed(&text).parse() {
            prop_assert_eq!(identifier.as_str(), &text);
        }
    }

    #[test]
    fn faults_point_into_the_text(text in "(tel:|mailto:|mimi://)?\\PC{0,40}") {
        for error in [Identifier::parse(&text).err(), Identifier::typed(&text).parse().err()] {
            if let Some(at) = error.and_then(|error| error.at()) {
                prop_assert!(text.is_char_boundary(at));
            }
        }
    }
}
