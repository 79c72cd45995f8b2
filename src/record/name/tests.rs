use super::*;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

#[test]
fn text_is_read_as_rfc1035_section_5_1_says() {
    let origin = name("example.org.");
    let read = |text: &[u8]| Name::parse(text, Some(&origin)).map(|name| name.as_wire().to_vec());
    assert_eq!(read(b"@"), Ok(b"\x07example\x03org\0".to_vec()));
    assert_eq!(read(b"www"), Ok(b"\x03www\x07example\x03org\0".to_vec()));
    assert_eq!(read(b"www."), Ok(b"\x03www\0".to_vec()));
    assert_eq!(read(b"."), Ok(b"\0".to_vec()));
    assert_eq!(read(br"a\.b.c."), Ok(b"\x03a.b\x01c\0".to_vec()));
    assert_eq!(read(br"\000\255."), Ok(b"\x02\0\xff\0".to_vec()));
    assert_eq!(read(b""), Err(NameError::Empty));
    assert_eq!(read(b"a..b"), Err(NameError::EmptyLabel));
    assert_eq!(read(b".a"), Err(NameError::EmptyLabel));
    assert_eq!(read(br"a\"), Err(NameError::BadEscape));
    assert_eq!(read(br"a\25"), Err(NameError::BadEscape));
    assert_eq!(read(br"a\256"), Err(NameError::BadEscape));
    assert_eq!(Name::parse(b"www", None), Err(NameError::NoOrigin));
}

#[test]
fn limits_are_63_and_255_octets() {
    let label = "a".repeat(63);
    assert!(Name::parse(format!("{label}.").as_bytes(), None).is_ok());
    assert_eq!(Name::parse(format!("{label}a.").as_bytes(), None), Err(NameError::LabelTooLong));
    let longest = format!("{label}.{label}.{label}.{}.", "b".repeat(61));
    assert_eq!(name(&longest).as_wire().len(), 255);
    let longer = format!("{label}.{label}.{label}.{}.", "b".repeat(62));
    assert_eq!(longer.parse::<Name>(), Err(NameError::TooLong));
    assert_eq!(name(&longest).with_label(b"c"), Err(NameError::TooLong));
    assert_eq!(Name::parse("a.".repeat(127).as_bytes(), None).unwrap().label_count(), 127);
    assert_eq!(Name::parse("a.".repeat(128).as_bytes(), None), Err(NameError::TooLong));
    assert_eq!(
        Name::parse("a.".repeat(127).trim_end_matches('.').as_bytes(), Some(&name("b."))),
        Err(NameError::TooLong)
    );
}

#[test]
fn wire_form_is_whole_and_uncompressed() {
    assert_eq!(Name::from_wire(b"\x01a\0"), Ok(name("a.")));
    for wire in [&b""[..], b"\x01", b"\x01a", b"\x01a\0\0", b"\xc0\x0c", b"\x40a\0"] {
        assert_eq!(Name::from_wire(wire), Err(NameError::BadWire), "{wire:?}");
    }
    assert_eq!(Name::from_wire(&[[1, b'a'].repeat(127), vec![1, b'a', 0]].concat()), Err(NameError::TooLong));
}

/// The order of the example in RFC 4034 §6.1.
#[test]
fn canonical_order() {
    let sorted = [
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        r"\001.z.example.",
        "*.z.example.",
        r"\200.z.example.",
    ];
    let mut names: Vec<_> = sorted.iter().rev().map(|text| name(text)).collect();
    names.sort();
    assert_eq!(names, sorted.map(name));
}

#[test]
fn descent_is_by_labels_and_blind_to_case() {
    assert!(name("a.Example.org.").is_at_or_below(&name("example.ORG.")));
    assert!(name("example.org.").is_at_or_below(&name("example.org.")));
    assert!(name("example.org.").is_at_or_below(&Name::root()));
    assert!(!name("anexample.org.").is_at_or_below(&name("example.org.")));
    // The octets of `example.org.` end this name too, but inside of a label.
    assert!(!name(r"x\007example.org.").is_at_or_below(&name("example.org.")));
    assert!(!name("org.").is_at_or_below(&name("example.org.")));
}

#[test]
fn relative_text() {
    let origin = name("example.org.");
    let text = |text: &str| name(text).relative_to(&origin).to_string();
    assert_eq!(text("example.org."), "@");
    assert_eq!(text("a.b.example.org."), "a.b");
    assert_eq!(text("a.example.net."), "a.example.net.");
    assert_eq!(name("org.").relative_to(&Name::root()).to_string(), "org.");
}

pub(crate) fn any_name() -> impl Strategy<Value = Name> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 1..=63), 0..=8)
        .prop_filter_map("at most 255 octets", |labels| {
            labels.iter().try_fold(Name::root(), |name, label| name.with_label(label)).ok()
        })
}

proptest! {
    #[test]
    fn every_octet_survives_print_and_parse(name in any_name(), origin in any_name()) {
        let absolute = Name::parse(name.to_string().as_bytes(), None).unwrap();
        prop_assert_eq!(absolute.as_wire(), name.as_wire());
        let relative = name.relative_to(&origin).to_string();
        let read = Name::parse(relative.as_bytes(), Some(&origin)).unwrap();
        prop_assert_eq!(read, name);
    }

    #[test]
    fn order_agrees_with_equality(a in any_name(), b in any_name()) {
        prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert!(a.cmp(&a.to_lowercase()) == Ordering::Equal);
    }

    #[test]
    fn any_octets_are_a_name_or_an_error(wire in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(name) = Name::from_wire(&wire) {
            prop_assert_eq!(name.as_wire(), &wire[..]);
        }
        let _ = Name::parse(&wire, None);
    }
}

#[test]
fn what_is_no_letter_is_printed_after_a_backslash() {
    let name: Name = "a!{b}.+x=y.-_*/.example.".parse().unwrap();
    assert_eq!(name.to_string(), r"a\!\{b\}.\+x\=y.-_*/.example.");
    assert_eq!(name.to_string().parse(), Ok(name));
}
