use proptest::prelude::*;

use super::*;

const SALT: &str = "a3c1f2e4d5b6978890a1b2c3d4e5f607";
const TEXT: &str =
    "v=mimi1; epoch=2026b; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=0; from=20261101000000";
const ARGON2ID: &str = "v=mimi1; epoch=2027a; hash=argon2id; m=19456; t=2; p=1; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=2; from=20270101000000";

fn read(text: &str) -> Parameters {
    Parameters::parse(text.as_bytes()).expect(text)
}

fn refused(text: &str) -> String {
    Parameters::parse(text.as_bytes()).expect_err(text).to_string()
}

/// The text with one `tag=value` replaced, or left out where `value` is empty.
fn with(text: &str, tag: &str, value: &str) -> String {
    let pairs = text.split("; ").filter_map(|pair| match pair.strip_prefix(tag) {
        Some(rest) if rest.starts_with('=') => (!value.is_empty()).then(|| format!("{tag}={value}")),
        _ => Some(pair.to_owned()),
    });
    pairs.collect::<Vec<_>>().join("; ")
}

#[test]
fn the_specification_s_example() {
    let parameters = read(TEXT);
    assert_eq!(parameters.epoch().as_str(), "2026b");
    assert_eq!(parameters.from(), UnixTime(1_793_491_200));
    assert_eq!(parameters.shard(), 0);
    assert!(matches!(parameters.hash(), Hash::Sha256 { salt } if salt.len() == 16 && salt[0] == 0xA3));
    assert_eq!(parameters.to_string(), TEXT);

    let parameters = read(ARGON2ID);
    assert!(matches!(parameters.hash(), Hash::Argon2id { m_kib: 19456, t: 2, p: 1, .. }));
    assert_eq!(parameters.to_string(), ARGON2ID);
}

#[test]
fn what_the_form_leaves_open() {
    for text in [
        TEXT.replace("; ", ";"),
        TEXT.replace("; ", "   ;  "),
        with(TEXT, "shard", ""),
        format!("{TEXT}; note=a=b/c+d; empty="),
        format!("v=mimi1; from=20261101000000; salt={SALT}; hash=sha256; epoch=2026b"),
        format!("{TEXT}; m=x"),
    ] {
        assert_eq!(read(&text), read(TEXT), "{text}");
    }
}

#[test]
fn what_breaks_the_form() {
    for (text, words) in [
        (String::new(), "parameters begin with `v=mimi1`"),
        ("v=spf1 -all".into(), "parameters begin with `v=mimi1`"),
        (format!(" {TEXT}"), "parameters begin with `v=mimi1`"),
        (TEXT.replace("v=mimi1", "v=mimi2"), "parameters begin with `v=mimi1`"),
        (TEXT.replace("v=mimi1", "V=mimi1"), "parameters begin with `v=mimi1`"),
        (format!("epoch=a; {TEXT}"), "parameters begin with `v=mimi1`"),
        (format!("{TEXT};"), "parameters are `tag=value` joined by `;`, at octet 104"),
        (format!("{TEXT} "), "parameters are `tag=value` joined by `;`, at octet 84"),
        (TEXT.replace("; shard", ";; shard"), "parameters are `tag=value` joined by `;`, at octet 74"),
        (TEXT.replace("hash=", "hash ="), "parameters are `tag=value` joined by `;`, at octet 23"),
        (TEXT.replace("hash=", "HASH="), "parameters are `tag=value` joined by `;`, at octet 23"),
        (TEXT.replace("; ", ";\t"), "parameters are `tag=value` joined by `;`, at octet 9"),
        (format!("{TEXT}; note"), "parameters are `tag=value` joined by `;`, at octet 105"),
        (format!("{TEXT}; note=é"), "parameters are `tag=value` joined by `;`, at octet 105"),
        (format!("{TEXT}; =x"), "parameters are `tag=value` joined by `;`, at octet 105"),
        (format!("{TEXT}; v=mimi1"), "a tag stands twice, at octet 105"),
        (format!("{TEXT}; salt={SALT}"), "a tag stands twice, at octet 105"),
        (format!("{TEXT}; x=1; x=1"), "a tag stands twice, at octet 110"),
        (format!("{TEXT}; x={}", "x".repeat(152)), "parameters are at most 255 octets"),
        (with(TEXT, "epoch", ""), "`epoch` is missing"),
        (with(TEXT, "hash", ""), "`hash` is missing"),
        (with(TEXT, "salt", ""), "`salt` is missing"),
        (with(TEXT, "from", ""), "`from` is missing"),
        (with(ARGON2ID, "m", ""), "`m` is missing"),
        (with(ARGON2ID, "t", ""), "`t` is missing"),
        (with(ARGON2ID, "p", ""), "`p` is missing"),
        (with(ARGON2ID, "salt", ""), "`salt` is missing"),
        (with(TEXT, "epoch", "2026-b"), "`epoch` is 1 to 32 of a-z 0-9"),
        (with(TEXT, "epoch", "B"), "`epoch` is 1 to 32 of a-z 0-9"),
        (with(TEXT, "epoch", &"a".repeat(33)), "`epoch` is 1 to 32 of a-z 0-9"),
        (TEXT.replace("2026b", ""), "`epoch` is 1 to 32 of a-z 0-9"),
        (with(TEXT, "hash", "SHA256"), "`hash` is 1 to 32 of a-z 0-9 -"),
        (with(TEXT, "salt", &SALT[2..]), "`salt` is lower-case hexadecimal of 16 octets or more"),
        (with(TEXT, "salt", &SALT.to_uppercase()), "`salt` is lower-case hexadecimal of 16 octets or more"),
        (with(TEXT, "salt", &format!("{SALT}0")), "`salt` is lower-case hexadecimal of 16 octets or more"),
        (with(TEXT, "shard", "4"), "`shard` is 0, 1, 2 or 3"),
        (with(TEXT, "shard", "01"), "`shard` is 0, 1, 2 or 3"),
        (with(TEXT, "shard", "-1"), "`shard` is 0, 1, 2 or 3"),
        (with(TEXT, "from", "20261131000000"), "`from` is YYYYMMDDHHmmSS in UTC"),
        (with(TEXT, "from", "1793491200"), "`from` is YYYYMMDDHHmmSS in UTC"),
        (with(ARGON2ID, "m", "7"), "`m` is a number of KiB, at least 8 times p"),
        (with(ARGON2ID, "m", "019456"), "`m` is a number of KiB, at least 8 times p"),
        (with(ARGON2ID, "m", "4294967296"), "`m` is a number of KiB, at least 8 times p"),
        (with(ARGON2ID, "t", "0"), "`t` is a number of passes, at least 1"),
        (with(ARGON2ID, "t", "+2"), "`t` is a number of passes, at least 1"),
        (with(ARGON2ID, "p", "0"), "`p` is a number of lanes, 1 to 16777215"),
        (with(ARGON2ID, "p", "16777216"), "`p` is a number of lanes, 1 to 16777215"),
    ] {
        assert_eq!(refused(&text), words, "{text}");
    }
}

#[test]
fn an_unknown_hash_is_kept_to_be_judged() {
    let parameters = read("v=mimi1; epoch=2030a; hash=voprf; key=AAAA; from=20300101000000");
    assert_eq!(parameters.hash().name(), "voprf");
    assert_eq!(parameters.to_string(), "v=mimi1; epoch=2030a; hash=voprf; shard=0; from=20300101000000");
}

#[test]
fn record_data_is_one_string() {
    let length = u8::try_from(TEXT.len()).expect("short");
    let rdata = [&[length], TEXT.as_bytes()].concat();
    assert_eq!(Parameters::from_rdata(&rdata), Ok(read(TEXT)));
    for rdata in [
        &[][..],
        &[0],
        &rdata[..rdata.len() - 1],
        &[&rdata[..], &[0]].concat(),
        &[&rdata[..], &rdata[..]].concat(),
    ] {
        assert!(Parameters::from_rdata(rdata).is_err());
    }
    assert_eq!(Parameters::from_rdata(&[]), Err(ParametersError::NotOneString));
}

#[test]
fn the_newest_epoch_that_has_begun_is_in_force() {
    let epoch = |epoch: &str, from: &str| read(&with(&with(TEXT, "epoch", epoch), "from", from));
    let old = epoch("zz", "20260101000000");
    let new = epoch("b", "20260601000000");
    let twin = epoch("ba", "20260601000000");
    let next = epoch("c", "20270101000000");
    let all = [&next, &twin, &old, &new];
    let at = |now: UnixTime| in_force(all, now).map(|parameters| parameters.epoch().as_str());
    assert_eq!(at(old.from().minus(1)), None);
    assert_eq!(at(old.from()), Some("zz"));
    assert_eq!(at(new.from().minus(1)), Some("zz"));
    assert_eq!(at(new.from()), Some("ba"), "the largest text among those of one time");
    assert_eq!(at(next.from()), Some("c"));
    assert_eq!(in_force([&new, &twin], UnixTime(u64::MAX)), in_force([&twin, &new], UnixTime(u64::MAX)));
    // Chosen first and judged after: what the caller can't compute is not passed over.
    let unknown = read(&with(&with(TEXT, "hash", "voprf"), "from", "20270601000000"));
    assert_eq!(in_force([&next, &unknown], UnixTime(u64::MAX)), Some(&unknown));
}

#[test]
fn ceilings() {
    let ceiling = HashCeiling { m_kib: 19456, t: 2, p: 1 };
    assert!(read(ARGON2ID).hash().is_within(&ceiling));
    assert!(read(TEXT).hash().is_within(&HashCeiling { m_kib: 0, t: 0, p: 0 }));
    for (tag, value) in [("m", "19457"), ("t", "3"), ("p", "2")] {
        assert!(!read(&with(ARGON2ID, tag, value)).hash().is_within(&ceiling), "{tag}");
    }
}

#[test]
fn what_is_put_together_is_checked() {
    let epoch: Epoch = "a".parse().expect("epoch");
    let salt = |octets: usize| Hash::Sha256 { salt: vec![7; octets].into() };
    let make = |hash, shard, from| Parameters::new(epoch.clone(), hash, shard, from).map(drop);
    assert_eq!(make(salt(16), 3, UnixTime(0)), Ok(()));
    assert_eq!(make(salt(15), 0, UnixTime(0)), Err(text::SALT));
    assert_eq!(make(salt(16), 4, UnixTime(0)), Err(text::SHARD));
    assert_eq!(make(salt(16), 0, UnixTime(u64::MAX)), Err(text::FROM));
    assert_eq!(make(salt(100), 0, UnixTime(0)), Err(ParametersError::TooLong));
    let unknown = Hash::Unknown { name: "a; b=c".into() };
    assert_eq!(make(unknown, 0, UnixTime(0)), Err(text::HASH));
    assert!("a b".parse::<Epoch>().is_err());
}

#[test]
fn the_owner_of_parameters() {
    let apex = "example.net".parse().expect("name");
    assert_eq!(Parameters::owner(&apex).expect("fits").to_string(), "_mimi.example.net.");
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        epoch in "[a-z0-9]{1,32}", salt in proptest::collection::vec(any::<u8>(), 16..48), shard in 0..=3_u8,
        from in 0..253_402_300_800_u64, argon2id in any::<bool>(), t in 1..=u32::MAX, p in 1..=MAX_LANES, more in 0..1000_u32,
    ) {
        let salt = salt.into();
        let hash = if argon2id { Hash::Argon2id { salt, m_kib: 8 * p + more, t, p } } else { Hash::Sha256 { salt } };
        let epoch = epoch.parse().expect("epoch");
        let parameters = Parameters::new(epoch, hash, shard, UnixTime(from)).expect("in bounds");
        prop_assert_eq!(Parameters::parse(parameters.to_string().as_bytes()), Ok(parameters));
    }

    #[test]
    fn any_octets_are_parameters_or_not(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Parameters::parse(&tail);
        let _ = Parameters::from_rdata(&tail);
        let _ = Parameters::parse(&[b"v=mimi1;".as_slice(), &tail].concat());
    }
}
