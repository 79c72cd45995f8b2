//! RFC 6116: from a number to URIs through the digit tree.

use mimi_dns::identifier::{Identifier, Telephone};
use mimi_dns::record::{Name, Naptr, Rdata, Rtype, Ttl};
use mimi_dns::resolver::{
    Budget, Conclusion, Considered, EnumOptions, EnumOutcome, Exhausted, Limits, MemoryTransport, Proof,
    Resource, TransportError, walk_enum,
};

const OWNER: &str = "8.4.3.0.6.9.4.6.1.1.4.4.e164.example";
const TTL: Ttl = Ttl::from_secs(300);

fn telephone() -> Telephone {
    match Identifier::parse("tel:+441164960348").expect("canonical") {
        Identifier::Telephone(telephone) => telephone,
        _ => unreachable!("a number"),
    }
}

fn name(text: &str) -> Name {
    text.parse().expect(text)
}

fn naptr(text: &str) -> Rdata {
    text.parse::<Naptr>().expect(text).to_wire()
}

/// A terminal rule with one URI.
fn to(order: u16, preference: u16, services: &str, uri: &str) -> Rdata {
    naptr(&format!(r#"{order} {preference} "u" "{services}" "!^.*$!{uri}!" ."#))
}

fn at(transport: MemoryTransport, owner: &str, records: impl IntoIterator<Item = Rdata>) -> MemoryTransport {
    transport.records(name(owner), Rtype::NAPTR, TTL, records)
}

fn holding(records: impl IntoIterator<Item = Rdata>) -> MemoryTransport {
    at(MemoryTransport::new(), OWNER, records)
}

async fn walk(transport: &MemoryTransport) -> EnumOutcome {
    walk_with(transport, &EnumOptions::default(), Limits::default()).await
}

async fn walk_with(transport: &MemoryTransport, options: &EnumOptions, limits: Limits) -> EnumOutcome {
    let budget = Budget::new(limits);
    walk_enum(transport, &budget, &telephone(), &name("e164.example"), options)
        .await
        .expect("the suffix is short")
}

fn uris(outcome: &EnumOutcome) -> Vec<&str> {
    outcome.matches.iter().map(|found| found.uri.as_str()).collect()
}

fn reasons(outcome: &EnumOutcome) -> Vec<String> {
    let unused = outcome.rules.iter().filter_map(|rule| match &rule.considered {
        Considered::Unused(why) => Some(why.to_string()),
        Considered::Used | Considered::Followed => None,
    });
    unused.collect()
}

/// What becomes of one record that is of no use.
async fn unused(record: &str) -> (String, Conclusion) {
    let outcome = walk(&holding([naptr(record)])).await;
    assert!(outcome.matches.is_empty(), "{record}");
    (reasons(&outcome).concat(), outcome.conclusion())
}

#[tokio::test]
async fn section_3_2_the_number_is_asked_for_digit_by_digit() {
    let transport = holding([to(100, 10, "E2U+sip", "sip:info@example.com")]);
    let outcome = walk(&transport).await;
    assert_eq!(transport.asked(), [(name(OWNER), Rtype::NAPTR)]);
    assert_eq!(uris(&outcome), ["sip:info@example.com"]);
    assert_eq!(outcome.conclusion(), Conclusion::Matched);
    assert_eq!((outcome.ttl(), outcome.proof()), (TTL, Some(Proof::Insecure)));
}

#[tokio::test]
async fn section_3_3_rules_apply_to_the_number_with_its_plus() {
    let record = r#"100 10 "u" "E2U+sip" "!^\\+44(.*)$!sip:0\\1@example.com!" ."#;
    assert_eq!(uris(&walk(&holding([naptr(record)])).await), ["sip:01164960348@example.com"]);
}

#[tokio::test]
async fn rfc_3403_section_4_1_order_then_preference_and_always_the_same() {
    let records = [
        to(100, 20, "E2U+sip", "sip:c@example"),
        to(100, 10, "E2U+sip", "sip:b@example"),
        to(100, 10, "E2U+sip", "sip:a@example"),
        to(100, 10, "E2U+email:mailto", "mailto:z@example"),
    ];
    let expected = ["sip:a@example", "sip:b@example", "mailto:z@example", "sip:c@example"];
    for turn in 0..records.len() {
        let mut records = records.to_vec();
        records.rotate_left(turn);
        assert_eq!(uris(&walk(&holding(records)).await), expected);
    }
}

#[tokio::test]
async fn rfc_3403_section_4_1_a_used_order_hides_larger_ones() {
    let outcome = walk(&holding([
        to(200, 1, "E2U+sip", "sip:later@example"),
        to(100, 50, "E2U+sip", "sip:first@example"),
        to(100, 60, "E2U+sip", "sip:second@example"),
    ]))
    .await;
    assert_eq!(uris(&outcome), ["sip:first@example", "sip:second@example"]);
    assert_eq!(reasons(&outcome), ["a rule of smaller order was used"]);
}

#[tokio::test]
async fn all_records_are_tried_not_only_the_first() {
    let outcome = walk(&holding([
        naptr(r#"10 1 "u" "E2U+sip" "!broken" ."#),
        naptr(r#"20 1 "u" "E2U+sip" "!^5!sip:a@example!" ."#),
        naptr(r#"30 1 "s" "E2U+sip" "" other.example."#),
        to(40, 1, "E2U+sip", "sip:good@example"),
    ]))
    .await;
    assert_eq!(uris(&outcome), ["sip:good@example"]);
    assert_eq!(
        reasons(&outcome),
        [
            "regexp: there must be three delimiters, and there are 1 (one in the text needs a backslash)",
            "regexp: the expression does not match",
            "the flags are neither `u` nor empty",
        ]
    );
}

#[tokio::test]
async fn section_3_4_3_compound_services_from_left_to_right() {
    let outcome = walk(&holding([to(100, 10, "E2U+sip+X-Mimi:https+voice:tel", "sip:a@example")])).await;
    let services: Vec<_> = outcome.matches.iter().map(|found| found.service.to_string()).collect();
    assert_eq!(services, ["sip", "x-mimi:https", "voice:tel"]);
    assert_eq!(uris(&outcome), ["sip:a@example"; 3]);
}

#[tokio::test]
async fn section_3_4_3_only_wanted_services_count_and_others_hide_nothing() {
    let transport = holding([
        to(100, 10, "E2U+sip", "sip:a@example"),
        to(200, 10, "E2U+email:mailto+x-mimi", "mimi://a.example/u/1"),
    ]);
    let mut options = EnumOptions::default();
    options.services = vec!["X-MIMI".into()];
    let outcome = walk_with(&transport, &options, Limits::default()).await;
    assert_eq!(uris(&outcome), ["mimi://a.example/u/1"]);
    assert_eq!(reasons(&outcome), ["none of its services is asked for"]);
    options.services = vec!["h323".into()];
    let outcome = walk_with(&transport, &options, Limits::default()).await;
    assert_eq!(outcome.conclusion(), Conclusion::Absent);
}

#[tokio::test]
async fn rfc_6117_section_4_1_private_types_need_policy() {
    let transport = holding([to(100, 10, "E2U+P-pager+P-fax", "tel:+1")]);
    let outcome = walk(&transport).await;
    assert_eq!(reasons(&outcome), ["its services are for a private network"]);
    assert_eq!(outcome.conclusion(), Conclusion::Absent);
    let mut options = EnumOptions::default();
    options.private_types = true;
    assert_eq!(uris(&walk_with(&transport, &options, Limits::default()).await), ["tel:+1"; 2]);
    let beside = walk(&holding([to(100, 10, "E2U+P-pager+sip", "sip:a@example")])).await;
    assert_eq!(beside.matches.iter().map(|found| found.service.to_string()).collect::<Vec<_>>(), ["sip"]);
}

#[tokio::test]
async fn records_of_no_use_say_why() {
    use Conclusion::{Absent, Broken};
    let cases = [
        (r#"1 1 "x" "E2U+sip" "!.*!sip:a@b!" ."#, "the flags are neither `u` nor empty", Absent),
        (r#"1 1 "uu" "E2U+sip" "!.*!sip:a@b!" ."#, "the flags are neither `u` nor empty", Absent),
        (r#"1 1 "u" "SIP+D2U" "!.*!sip:a@b!" ."#, "the services do not begin with `E2U+`", Absent),
        (r#"1 1 "u" "sip+E2U" "!.*!sip:a@b!" ."#, "`type+E2U` is obsolete: `E2U` comes first", Broken),
        (
            r#"1 1 "u" "E2U+" "!.*!sip:a@b!" ."#,
            "a type or subtype is not 1 to 32 letters, digits and hyphens",
            Broken,
        ),
        (r#"1 1 "u" "E2U+sip" "!.*!sip:a@b!" a."#, "it has both a regexp and a replacement", Broken),
        (r#"1 1 "" "" "!.*!a.b!" a."#, "it has both a regexp and a replacement", Broken),
        (r#"1 1 "u" "E2U+sip" "" ."#, "it has neither a regexp nor a replacement", Broken),
        (r#"1 1 "" "" "" ."#, "it has neither a regexp nor a replacement", Broken),
        (r#"1 1 "u" "E2U+sip" "" a."#, "it is terminal and has a replacement in place of a regexp", Broken),
        (r#"1 1 "u" "E2U+sip" "!.*!!" ."#, "its result is no URI: it is empty", Broken),
        (r#"1 1 "u" "E2U+sip" "!.*!a@b!" ."#, "its result is no URI: it has no scheme", Broken),
        (r#"1 1 "u" "E2U+sip" "!.*!sip:!" ."#, "its result is no URI: nothing follows its scheme", Broken),
        (
            r#"1 1 "u" "E2U+sip" "!.*!sip:a b!" ."#,
            "its result is no URI: it holds an octet that no URI may hold",
            Broken,
        ),
        (r#"1 1 "" "" "!.*!a..b!" ."#, "its result is no domain name", Broken),
        (r#"1 1 "" "" "!.*!.!" ."#, "its result is no domain name", Broken),
        (r#"1 1 "u" "E2U+sip" "!^\\+1!sip:a@b!" ."#, "regexp: the expression does not match", Absent),
    ];
    for (record, reason, conclusion) in cases {
        assert_eq!(unused(record).await, (reason.to_owned(), conclusion), "{record}");
    }
    let cut = walk(&holding([Rdata::from(*b"\0\x01\0\x01\x05u")])).await;
    assert_eq!((reasons(&cut).concat(), cut.conclusion()), ("the record's data is malformed".into(), Broken));
}

#[tokio::test]
async fn section_3_4_1_flags_are_blind_to_case() {
    let outcome = walk(&holding([naptr(r#"1 1 "U" "e2u+SIP" "!.*!sip:a@b!" ."#)])).await;
    assert_eq!(uris(&outcome), ["sip:a@b"]);
}

#[tokio::test]
async fn section_5_2_1_non_terminal_rules_lead_to_another_name() {
    let by_replacement = at(
        holding([naptr(r#"100 10 "" "" "" next.example."#)]),
        "next.example",
        [to(100, 10, "E2U+sip", "sip:a@example")],
    );
    let outcome = walk(&by_replacement).await;
    assert_eq!(uris(&outcome), ["sip:a@example"]);
    assert_eq!(outcome.questions.iter().map(|question| question.depth).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(outcome.rules[0].considered, Considered::Followed);

    let by_regexp = at(
        holding([naptr(r#"100 10 "" "E2U+whatever:" "!^\\+44(.*)$!\\1.block.example!" ."#)]),
        "1164960348.block.example",
        [to(100, 10, "E2U+sip", "sip:b@example")],
    );
    assert_eq!(uris(&walk(&by_regexp).await), ["sip:b@example"]);
}

#[tokio::test]
async fn section_5_2_1_matches_stand_in_the_place_of_the_rule_that_led_to_them() {
    let transport = holding([
        to(100, 10, "E2U+sip", "sip:1@example"),
        naptr(r#"100 20 "" "" "" next.example."#),
        to(100, 30, "E2U+sip", "sip:3@example"),
        to(200, 10, "E2U+sip", "sip:hidden@example"),
    ]);
    let transport = at(transport, "next.example", [to(900, 1, "E2U+sip", "sip:2@example")]);
    assert_eq!(uris(&walk(&transport).await), ["sip:1@example", "sip:2@example", "sip:3@example"]);
}

#[tokio::test]
async fn a_non_terminal_rule_that_leads_nowhere_hides_nothing() {
    let transport =
        holding([naptr(r#"100 10 "" "" "" nothing.example."#), to(200, 10, "E2U+sip", "sip:a@example")])
            .nx_domain(name("nothing.example"), Rtype::NAPTR, TTL);
    assert_eq!(uris(&walk(&transport).await), ["sip:a@example"]);

    let transport =
        holding([naptr(r#"100 10 "" "" "" there.example."#), to(200, 10, "E2U+sip", "sip:b@example")]);
    let transport = at(transport, "there.example", [to(100, 10, "E2U+sip", "sip:a@example")]);
    assert_eq!(uris(&walk(&transport).await), ["sip:a@example"]);
}

#[tokio::test]
async fn section_5_2_1_five_non_terminal_rules_and_no_more() {
    let chain = |length: usize| {
        let mut transport = MemoryTransport::new();
        for index in 0..length {
            let owner = if index == 0 { OWNER.to_owned() } else { format!("n{index}.example") };
            let next = naptr(&format!(r#"100 10 "" "" "" n{}.example."#, index + 1));
            transport = at(transport, &owner, [next]);
        }
        at(transport, &format!("n{length}.example"), [to(100, 10, "E2U+sip", "sip:a@example")])
    };
    assert_eq!(uris(&walk(&chain(5)).await), ["sip:a@example"]);
    let transport = chain(6);
    let outcome = walk(&transport).await;
    assert_eq!(reasons(&outcome), ["it continues a chain of more than 5 non-terminal rules"]);
    assert_eq!((outcome.conclusion(), transport.asked().len()), (Conclusion::Broken, 6));
}

#[tokio::test]
async fn loops_end_at_once() {
    let itself = holding([naptr(&format!(r#"100 10 "" "" "" {}."#, OWNER.to_uppercase()))]);
    let outcome = walk(&itself).await;
    assert_eq!(reasons(&outcome), ["it leads to a name that was asked before"]);
    assert_eq!((outcome.conclusion(), itself.asked().len()), (Conclusion::Broken, 1));

    let pair = at(
        holding([naptr(r#"100 10 "" "" "" a.example."#)]),
        "a.example",
        [naptr(&format!(r#"100 10 "" "" "" {OWNER}."#)), to(100, 20, "E2U+sip", "sip:a@example")],
    );
    assert_eq!(uris(&walk(&pair).await), ["sip:a@example"]);
    assert_eq!(pair.asked().len(), 2);
}

#[tokio::test]
async fn an_absence_is_no_error_and_an_error_no_absence() {
    let nothing = MemoryTransport::new().nx_domain(name(OWNER), Rtype::NAPTR, Ttl::from_secs(60));
    let outcome = walk(&nothing.proof(Proof::Secure)).await;
    assert_eq!((outcome.conclusion(), outcome.ttl()), (Conclusion::Absent, Ttl::from_secs(60)));
    assert_eq!((outcome.questions[0].exists, outcome.proof()), (false, Some(Proof::Secure)));

    let empty = MemoryTransport::new().no_data(name(OWNER), Rtype::NAPTR, TTL);
    let outcome = walk(&empty).await;
    assert_eq!((outcome.conclusion(), outcome.questions[0].exists), (Conclusion::Absent, true));

    for error in [
        TransportError::Timeout,
        TransportError::ServFail { extended_error: Some(6) },
        TransportError::Refused { extended_error: None },
    ] {
        let outcome = walk(&MemoryTransport::new().error(name(OWNER), Rtype::NAPTR, error)).await;
        assert_eq!(outcome.conclusion(), Conclusion::Failed(error));
        assert_eq!((outcome.ttl(), outcome.proof()), (Ttl::ZERO, None));
    }
}

#[tokio::test]
async fn a_branch_that_fails_does_not_take_the_others_along() {
    let transport =
        holding([naptr(r#"100 10 "" "" "" dead.example."#), to(100, 20, "E2U+sip", "sip:a@example")]).error(
            name("dead.example"),
            Rtype::NAPTR,
            TransportError::Timeout,
        );
    let outcome = walk(&transport).await;
    assert_eq!(uris(&outcome), ["sip:a@example"]);
    assert_eq!(outcome.questions[1].records, Err(TransportError::Timeout));

    let alone = holding([naptr(r#"100 10 "" "" "" dead.example."#)]).error(
        name("dead.example"),
        Rtype::NAPTR,
        TransportError::Timeout,
    );
    assert_eq!(walk(&alone).await.conclusion(), Conclusion::Failed(TransportError::Timeout));
}

#[tokio::test]
async fn the_weakest_proof_on_the_way_holds() {
    use mimi_dns::resolver::{Answer, Outcome};
    let insecure = at(MemoryTransport::new(), "next.example", [to(1, 1, "E2U+sip", "sip:a@example")]);
    let outcome = walk(
        &at(
            insecure.proof(Proof::Secure),
            OWNER,
            [naptr(r#"1 1 "" "" "" next.example."#), naptr(r#"1 2 "" "" "" bare.example."#)],
        )
        .answer(
            name("bare.example"),
            Rtype::NAPTR,
            Answer::new(Outcome::NoData, Vec::new(), TTL, Proof::Insecure),
        ),
    )
    .await;
    assert_eq!(outcome.matches[0].proof, Proof::Secure);
    assert_eq!(outcome.proof(), Some(Proof::Insecure));
}

#[tokio::test]
async fn the_budget_ends_a_walk() {
    let limits = |resource| {
        let mut limits = Limits::default();
        match resource {
            Resource::Queries => limits.queries = 1,
            Resource::Rules => limits.rules = 1,
            _ => limits.octets = 10,
        }
        limits
    };
    let transport = at(
        holding([naptr(r#"100 10 "" "" "" next.example."#)]),
        "next.example",
        [to(100, 10, "E2U+sip", "sip:a@example")],
    );
    for resource in [Resource::Queries, Resource::Rules, Resource::Octets] {
        let outcome = walk_with(&transport, &EnumOptions::default(), limits(resource)).await;
        assert_eq!(outcome.conclusion(), Conclusion::Exhausted(Exhausted(resource)));
    }
    let many = holding((0..1000).map(|index| to(1, index, "E2U+sip", "sip:a@example")));
    let outcome = walk_with(&many, &EnumOptions::default(), Limits::default()).await;
    assert_eq!(outcome.exhausted, Some(Exhausted(Resource::Rules)));
}

#[tokio::test]
async fn what_is_printed_for_debugging_does_not_tell_the_number() {
    let record = r#"100 10 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" ."#;
    let printed = format!("{:?}", walk(&holding([naptr(record)])).await);
    assert!(!printed.contains("441164960348") && !printed.contains("8.4.3.0"), "{printed}");
}
