use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::record::scan::Scanner;
use crate::record::{Name, Rtype};

/// Record data of a body under a signature that nobody made.
fn rdata(inception: u64, expiration: u64, body: &Body) -> Vec<u8> {
    let unsigned = unsigned_octets(UnixTime(inception), UnixTime(expiration), body).expect("it fits");
    signed_octets(&unsigned, KeyId([7; 8]), &[9; SIGNATURE_LEN])
}

fn parse_text(text: &str) -> Result<Mimisig, TextError> {
    let mut tokens = Vec::new();
    if let Some(entry) = Scanner::new(text.as_bytes()).next_entry(&mut tokens) {
        entry.expect("the tests' text scans");
    }
    Mimisig::parse_text(&tokens)
}

fn error(text: &str) -> (Option<usize>, String) {
    let error = parse_text(text).expect_err(text);
    (error.offset, error.to_string())
}

fn mapping() -> Mapping {
    Mapping {
        issuer: "msp.example".parse().expect("a name"),
        endpoints: vec![
            Endpoint::uri_record(10, 1, "https://msp.example/x").expect("an endpoint"),
            Endpoint::naptr(10, "x-mimi", "mimi://msp.example/u/7").expect("an endpoint"),
        ],
        basis: Basis::Holder { holder: KeyHash([3; 32]), consent: UnixTime(1_793_491_200) },
    }
}

#[test]
fn presentation_form_is_this() {
    let statement = Mimisig::parse(&rdata(1_793_491_200, 1_794_355_200, &Body::Mapping(mapping())))
        .expect("a mapping without a fault");
    let text = concat!(
        "mapping 20261101000000 20261111000000 issuer=msp.example. ",
        "holder=0303030303030303030303030303030303030303030303030303030303030303 ",
        r#"endpoint="NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp.example/u/7!\" ." "#,
        r#"endpoint="URI 10 1 \"https://msp.example/x\"" consent=20261101000000 "#,
        "15 0707070707070707 ",
        "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQ==",
    );
    assert_eq!(statement.to_string(), text);
    assert_eq!(parse_text(text), Ok(statement.clone()));
    let in_other_words = text
        .replacen(" issuer=msp.example.", "", 1)
        .replacen(
            " consent=",
            " \"issuer=msp.example\" consent=\"1793491200\" (\n;\n) param40000=\"\" consent=",
            1,
        )
        .replacen(" consent=20261101000000", "", 1)
        .replace("CQkJCQ==", "CQk JCQ==");
    let other = parse_text(&in_other_words).expect("another order, and a parameter more");
    assert_eq!(other.body(), statement.body());
}

#[test]
fn faults_in_text_say_what_and_where() {
    let good = "wishes 20261101000000 20261102000000 holder=";
    let holder = "03".repeat(32);
    let signature = data_encoding::BASE64.encode(&[9; 64]);
    let end = format!("15 0707070707070707 {signature}");
    let whole = |parameters: &str| format!("{good}{holder} {parameters}{end}");
    assert!(parse_text(&whole("")).is_ok());
    for (text, offset, words) in [
        (String::new(), None, "the kind is missing"),
        ("wishes".into(), Some(6), "the inception is missing"),
        ("wishes now".into(), Some(10), "the expiration is missing"),
        ("Wishes 1 2".into(), Some(0), "a statement is a possession, a mapping or wishes"),
        ("wishes now 2".into(), Some(7), "not a time"),
        ("wishes 1 20261301000000".into(), Some(9), "not a time"),
        ("wishes 1 99999999999999999999".into(), Some(9), "not a time"),
        ("wishes 1 \"2\"".into(), Some(10), "not a time"),
        (format!("{good}{holder}"), Some(108), "the algorithm is missing"),
        (format!("{good}{holder} 15"), Some(111), "the key id is missing"),
        (format!("{good}{holder} 15 0707070707070707"), Some(128), "the signature is missing"),
        (format!("{good}0303 {end}"), Some(37), "the value of holder is not in its form"),
        (format!("{good}@key.pem {end}"), Some(37), "the value of holder is not in its form"),
        (whole("color=red "), Some(109), "no parameter has this name"),
        (whole("param7=00 "), Some(109), "no parameter has this name"),
        (whole("param040000=00 "), Some(109), "no parameter has this name"),
        (whole("param70000=00 "), Some(109), "no parameter has this name"),
        (whole("param40000=0 "), Some(109), "the parameter is not the hexadecimal form of its octets"),
        (whole("param40000=0A "), Some(109), "the parameter is not the hexadecimal form of its octets"),
        (whole("param9=00 "), Some(0), "not understood: parameter 9 must be understood and is unknown"),
        (whole("at=\"msp.example\" "), Some(109), "the value of at is not in its form"),
        (whole("at=\"msp.example 70000\" "), Some(109), "the value of at is not in its form"),
        (whole("at=\"msp.example 1 Home\" "), Some(109), "the value of at is not in its form"),
        (whole("at=\"msp.example 1 a b\" "), Some(109), "the value of at is not in its form"),
        (whole("at=\"a..b 1\" "), Some(109), "not a name: a label is empty"),
        (
            whole("at=\"a\\1 1\" "),
            Some(109),
            "`\\` must be followed by one character or by three digits up to 255",
        ),
        (
            whole("at=\"MSP.example 1\" "),
            Some(0),
            "malformed: the name in at has other characters than a-z, 0-9 and hyphen, or is the root",
        ),
        (whole("consent=now "), Some(109), "not a time"),
        (whole("consent=1 "), Some(0), "malformed: consent does not belong in wishes"),
        (whole("endpoint=\"MX 1 a.\" "), Some(109), "the value of endpoint is not in its form"),
        (
            whole("endpoint=\"URI 1 one \\\"https://x.example\\\"\" "),
            Some(109),
            "the endpoint's weight is not a decimal number up to 65535",
        ),
        (format!("{good}{holder} 16 0707070707070707 {signature}"), Some(109), "the algorithm is not 15"),
        (
            format!("{good}{holder} 15 07 {signature}"),
            Some(112),
            "the key id is not the hexadecimal form of its octets",
        ),
        (
            format!("{good}{holder} 15 0707070707070707 CQk="),
            Some(129),
            "the signature is not the base64 form of 64 octets",
        ),
    ] {
        let (found_offset, found_words) = error(&text);
        assert_eq!((found_offset, found_words.as_str()), (offset, words), "{text}");
    }
}

#[test]
fn times_survive_at_every_length() {
    let body = Body::Wishes(Wishes { holder: KeyHash([3; 32]), at: Vec::new() });
    // 14 digits of seconds would read as a date.
    for time in [0, 253_402_300_799, 253_402_300_800, 20_261_101_000_000, 99_999_999_999_999, u64::MAX] {
        let statement = Mimisig::parse(&rdata(time, u64::MAX, &body)).expect("wishes");
        assert_eq!(parse_text(&statement.to_string()), Ok(statement));
    }
}

#[test]
fn endpoints_are_made_as_they_are_read() {
    let endpoint = Endpoint::naptr(7, "sip", "sip:x@a.msp.example:5060;lr").expect("an endpoint");
    assert_eq!(endpoint.rtype(), Rtype::NAPTR);
    assert_eq!(endpoint.rank(), EndpointRank::Naptr { preference: 7 });
    assert_eq!(
        (endpoint.protocol(), endpoint.host(), endpoint.uri()),
        ("sip", "a.msp.example", "sip:x@a.msp.example:5060;lr")
    );
    assert_eq!(Endpoint::parse(Rtype::NAPTR, endpoint.rdata()), Ok(endpoint));
    let endpoint = Endpoint::uri_record(1, 2, "https://msp.example").expect("an endpoint");
    assert_eq!(endpoint.rank(), EndpointRank::Uri { priority: 1, weight: 2 });
    assert_eq!((endpoint.protocol(), endpoint.host()), ("https", "msp.example"));
    assert_eq!(Endpoint::naptr(1, "Sip", "sip:x@y.example"), Err(EndpointFault::Service));
    assert_eq!(Endpoint::naptr(1, "sip", "sip:x!@y.example"), Err(EndpointFault::Regexp));
    assert_eq!(Endpoint::naptr(1, "sip", &"x".repeat(300)), Err(EndpointFault::Uri));
    let long = format!("https://msp.example/{}", "x".repeat(600));
    assert_eq!(Endpoint::uri_record(1, 1, &long).expect("an endpoint").uri(), long);
    assert_eq!(Endpoint::parse(Rtype::A, &[1, 2, 3, 4]), Err(EndpointFault::Type(1)));
}

/// What is put together by hand in any order has the order of the wire afterwards.
#[test]
fn bodies_are_put_in_order() {
    let mut reversed = mapping();
    reversed.endpoints.reverse();
    assert_eq!(rdata(1, 2, &Body::Mapping(mapping())), rdata(1, 2, &Body::Mapping(reversed)));
    let tags = ["work", "home"].map(|tag| Tag::parse(tag.as_bytes()).expect("a tag"));
    let at = At {
        msp: "msp.example".parse().expect("a name"),
        rank: 1,
        tags: tags.to_vec(),
        connection_key: None,
    };
    let wishes = Wishes { holder: KeyHash([0; 32]), at: vec![at] };
    let statement = Mimisig::parse(&rdata(1, 2, &Body::Wishes(wishes))).expect("wishes");
    let Body::Wishes(wishes) = statement.body() else { panic!("not wishes") };
    assert_eq!(wishes.at[0].tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["home", "work"]);
}

#[test]
fn the_largest_record_costs_no_more_than_its_octets() {
    // 16,383 parameters that may be ignored: the most that fit.
    let parameters: Vec<u8> =
        (32_768..49_151u16).flat_map(|key| [key.to_be_bytes(), [0, 0]].concat()).collect();
    let mut octets = vec![VERSION, 1];
    octets.extend_from_slice(&[0; 16]);
    octets.extend_from_slice(&u16::try_from(parameters.len()).expect("it fits").to_be_bytes());
    octets.extend(parameters);
    let octets = signed_octets(&octets, KeyId([0; 8]), &[0; 64]);
    assert_eq!(Mimisig::parse(&octets), Err(Fault::Rejected(RejectedReason::Missing(ParameterKey::Issuer))));
}

fn names() -> impl Strategy<Value = Name> {
    "[a-z0-9][a-z0-9-]{0,20}(\\.[a-z0-9-]{1,30}){0,3}\\.[a-z]{2,8}"
        .prop_map(|text| text.parse().expect("a name"))
}

fn keys() -> impl Strategy<Value = RawKey> {
    prop_oneof![
        vec(any::<u8>(), 32).prop_map(|octets| RawKey { algorithm: ED25519, octets: octets.into() }),
        (16u8.., vec(any::<u8>(), 1..60))
            .prop_map(|(algorithm, octets)| RawKey { algorithm, octets: octets.into() }),
    ]
}

fn proofs() -> impl Strategy<Value = Proof> {
    (0..5usize, any::<u64>())
        .prop_map(|(method, time)| Proof { method: ProofMethod::ALL[method], time: UnixTime(time) })
}

fn all_at() -> impl Strategy<Value = At> {
    (names(), any::<u16>(), vec("[a-z0-9-]{1,32}", 0..4), option::of(keys())).prop_map(
        |(msp, rank, mut tags, connection_key)| {
            tags.sort();
            tags.dedup();
            let tags = tags.iter().map(|tag| Tag::parse(tag.as_bytes()).expect("a tag")).collect();
            At { msp, rank, tags, connection_key }
        },
    )
}

fn mappings() -> impl Strategy<Value = Mapping> {
    let endpoint = (any::<bool>(), any::<u16>(), any::<u16>(), "[a-zA-Z0-9/._~&'()*,;=-]{0,40}");
    let basis = prop_oneof![
        (any::<[u8; 32]>(), any::<u64>()).prop_map(|(holder, consent)| Basis::Holder {
            holder: KeyHash(holder),
            consent: UnixTime(consent)
        }),
        proofs().prop_map(Basis::Legacy),
    ];
    (names(), vec(endpoint, 1..5), basis).prop_map(|(issuer, endpoints, basis)| {
        let host = issuer.to_string();
        let host = host.trim_end_matches('.');
        let mut endpoints: Vec<Endpoint> = endpoints
            .into_iter()
            .filter_map(|(naptr, first, second, path)| {
                let uri = format!("https://{host}/{path}");
                // A NAPTR's regexp has room for 251 octets of URI only.
                if naptr {
                    Endpoint::naptr(first, "https", &uri)
                } else {
                    Endpoint::uri_record(first, second, &uri)
                }
                .ok()
            })
            .collect();
        endpoints.push(Endpoint::uri_record(0, 0, &format!("https://{host}")).expect("an endpoint"));
        endpoints.sort_by(|a, b| a.value().cmp(b.value()));
        endpoints.dedup();
        Mapping { issuer, endpoints, basis }
    })
}

fn bodies() -> impl Strategy<Value = Body> {
    prop_oneof![
        (names(), option::of(keys()), proofs()).prop_map(|(issuer, holder_key, proof)| Body::Possession(
            Possession { issuer, holder_key, proof }
        )),
        mappings().prop_map(Body::Mapping),
        (any::<[u8; 32]>(), vec(all_at(), 0..6)).prop_map(|(holder, mut at)| {
            at.sort_by(|a, b| a.msp.as_wire().cmp(b.msp.as_wire()));
            at.dedup_by(|a, b| a.msp == b.msp);
            Body::Wishes(Wishes { holder: KeyHash(holder), at })
        }),
    ]
}

proptest! {
    #[test]
    fn every_body_survives_wire_and_text(body in bodies(), inception: u64, expiration: u64) {
        let octets = rdata(inception, expiration, &body);
        let statement = Mimisig::parse(&octets).expect("a body without a fault");
        prop_assert_eq!(statement.body(), &body);
        prop_assert_eq!((statement.inception().0, statement.expiration().0), (inception, expiration));
        prop_assert_eq!(statement.rdata(), &octets[..]);
        let again = parse_text(&statement.to_string());
        prop_assert_eq!(again, Ok(statement));
    }

    #[test]
    fn no_octets_panic(octets in vec(any::<u8>(), 0..300)) {
        let _ = Mimisig::parse(&octets);
    }

    /// Behind a good header, where most octets are reached.
    #[test]
    fn no_parameters_panic(kind in 1u8..=3, key in 0u16..9, octets in vec(any::<u8>(), 0..60), more in vec(any::<u8>(), 0..60)) {
        let values = [(1, b"\x03msp\0".to_vec()), (key, octets), (key + 1, more)];
        let parameters = parameter::concat(&values).expect("short");
        let kind = Kind::from_number(kind).expect("a kind");
        let unsigned = wire::unsigned(kind, UnixTime(0), UnixTime(1), &parameters).expect("short");
        if let Ok(statement) = Mimisig::parse(&signed_octets(&unsigned, KeyId([0; 8]), &[0; 64])) {
            let text = statement.to_string();
            prop_assert_eq!(parse_text(&text), Ok(statement));
        }
    }

    #[test]
    fn no_text_panics(text in "(wishes|mapping|possession) [0-9now+-]{0,16} [0-9]{1,15}( [a-z-]{1,10}=[ -~]{0,30}){0,4}") {
        let mut tokens = Vec::new();
        if let Some(Ok(_)) = Scanner::new(text.as_bytes()).next_entry(&mut tokens) {
            let _ = Mimisig::parse_text(&tokens);
        }
    }

    #[test]
    fn no_endpoint_panics(uri in "(https|sip|xmpp|mimi):(//)?[ -~]{0,30}") {
        if let Ok(endpoint) = Endpoint::uri_record(1, 1, &uri) {
            prop_assert!(uri.contains(endpoint.host()));
            prop_assert_eq!(endpoint.uri(), uri);
        }
    }
}
