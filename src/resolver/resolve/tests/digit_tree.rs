//! ENUM beside and without statements.

use super::*;

const SUFFIX: &str = "e164.example";

/// The tree, and a table that holds these rules for the number.
fn tree(rules: &[&str], proof: Proof) -> (EnumTree, Table) {
    let suffix: Name = SUFFIX.parse().unwrap();
    let Identifier::Telephone(telephone) = number() else { panic!("a telephone number") };
    let name = crate::record::digits::enum_name(&telephone, &suffix).unwrap();
    let rdatas = rules.iter().map(|rule| rule.parse::<Naptr>().unwrap().to_wire()).collect();
    let table = Table::default();
    table.put(&name, Rtype::NAPTR, Reply::records(&name, Rtype::NAPTR, rdatas, proof));
    (EnumTree::new(suffix, ["+44".parse::<Scope>().unwrap()]), table)
}

const SIP: &str = r#"100 20 "u" "E2U+sip" "!^.*$!sip:switch@carrier.example!" ."#;
const MIMI: &str = r#"100 10 "u" "E2U+x-mimi:mimi" "!^.*$!mimi://carrier.example/u/1!" ."#;

#[tokio::test]
async fn a_digit_tree_is_believed_where_proven_or_where_policy_dares() {
    for (proof, dare, expected) in [
        (Proof::Secure, false, "mapped"),
        (Proof::Insecure, true, "mapped"),
        (Proof::Insecure, false, "not-believed"),
        (Proof::Bogus(Fault::SignatureWrong), true, "not-believed"),
    ] {
        let (tree, table) = tree(&[SIP, MIMI], proof);
        let tree = if dare { tree.dangerous_insecure() } else { tree };
        let discovery = resolve(policy().enum_tree(tree), &table).await;
        assert_eq!(discovery.result.code(), expected, "{proof:?} {dare}");
        if expected == "mapped" {
            let uris: Vec<_> = discovery.mappings().iter().map(|mapping| mapping.uri.as_str()).collect();
            assert_eq!(uris, ["mimi://carrier.example/u/1", "sip:switch@carrier.example"]);
            let suffix = SUFFIX.parse().unwrap();
            assert_eq!(discovery.mappings()[0].basis, MappingBasis::Enum { suffix, dnssec: proof });
        }
        // The tree's owner names would spell the number.
        let json = serde_json::to_string(&discovery).unwrap();
        assert!(!json.contains("8.4.1.0") && !json.contains("2079460148"));
        assert_eq!(serde_json::from_str::<Discovery>(&json).unwrap(), discovery);
    }
}

#[tokio::test]
async fn a_digit_tree_does_not_speak_over_the_holder() {
    for statements in [
        vec![possession(Ap, Holder), wishes(Holder, &[])],
        vec![claim(Ap, None, ProofMethod::Sms, NOW)],
        good().to_vec(),
    ] {
        let (tree, table) = tree(&[SIP], Proof::Secure);
        table.put_statements(APEX, &statements, Proof::Secure);
        let discovery = resolve(policy().enum_tree(tree).provider(provider(APEX)), &table).await;
        assert!(discovery.mappings().iter().all(|mapping| mapping.msp.is_some()));
        assert_eq!(discovery.enum_trees[0].ignored, Some(Ignored::BesidePossession));
    }
}

#[tokio::test]
async fn a_digit_tree_does_not_speak_where_a_possession_was_left_unread() {
    let (tree, table) = tree(&[SIP], Proof::Secure);
    table.put_statements(APEX, &good(), Proof::Secure);
    let limits = Limits { signatures: 0, ..Limits::default() };
    let policy = policy().enum_tree(tree).provider(provider(APEX)).limits(limits);
    let discovery = resolve(policy, &table).await;
    assert_eq!(discovery.enum_trees[0].ignored, Some(Ignored::OverLimit));
    assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
}

#[tokio::test]
async fn what_a_holder_signed_comes_before_what_a_tree_says_where_neither_excludes_the_other() {
    let (tree, table) = tree(&[SIP], Proof::Secure);
    table.put_statements(APEX, &[legacy(OtherMsp, ProofMethod::Sms)], Proof::Secure);
    let discovery = resolve(policy().enum_tree(tree).provider(provider(APEX)), &table).await;
    let msps: Vec<_> = discovery.mappings().iter().map(|mapping| mapping.msp.is_some()).collect();
    assert_eq!(msps, [true, true, false]);
}

#[tokio::test]
async fn a_digit_tree_that_is_broken_absent_or_dead_is_told_apart() {
    let (broken, table) = tree(&[r#"100 10 "u" "E2U+sip" "!^.*$!no uri!" ."#], Proof::Secure);
    let discovery = resolve(policy().enum_tree(broken), &table).await;
    assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
    assert!(!discovery.enum_trees[0].rules[0].used);
    let (absent, _) = tree(&[], Proof::Secure);
    let discovery = resolve(policy().enum_tree(absent.clone()), &Table::default()).await;
    assert_eq!(discovery.result, DiscoveryResult::NoMapping);
    let name = discovery.enum_trees[0].questions[0].answer;
    assert_eq!(name, AnswerEvidence::NxDomain);
    let dead = crate::resolver::MemoryTransport::new();
    let policy = policy().enum_tree(absent).build().unwrap();
    let resolver = Resolver::builder().policy(policy).transport(dead).clock(|| NOW).build().unwrap();
    assert_eq!(resolver.resolve(&number()).await.unwrap().result, DiscoveryResult::Unreachable);
}

#[tokio::test]
async fn an_email_address_is_never_asked_in_a_digit_tree() {
    let (tree, table) = tree(&[SIP], Proof::Secure);
    let resolver = resolver(policy().enum_tree(tree), &table);
    let email = Identifier::parse("mailto:jo@example.org").unwrap();
    assert!(resolver.resolve(&email).await.is_err());
    assert_eq!(table.asked(Rtype::NAPTR), 0);
}

/// After its own URI a hostile tree leads to name after name.
#[tokio::test(start_paused = true)]
async fn a_digit_tree_can_not_use_up_what_a_slow_provider_needs() {
    let names: Vec<_> = (0..70).map(|index| format!("n{index}.{SUFFIX}")).collect();
    let follow: Vec<_> = names.iter().map(|name| format!(r#"100 30 "" "" "" {name}."#)).collect();
    let rules: Vec<_> = std::iter::once(SIP).chain(follow.iter().map(String::as_str)).collect();
    let (tree, table) = tree(&rules, Proof::Secure);
    for name in names {
        let (name, large) = (name.parse().unwrap(), vec![vec![0; 4_000].into()]);
        table.put(&name, Rtype::NAPTR, Reply::records(&name, Rtype::NAPTR, large, Proof::Secure));
    }
    table.put_statements(APEX, &good(), Proof::Secure);
    table.put_parameters(APEX, &[PARAMETERS], Proof::Secure, 60);
    table.slow(&crate::record::parameters::Parameters::owner(&APEX.parse().unwrap()).unwrap(), Rtype::TXT);
    let provider = crate::resolver::Provider::new(APEX.parse().unwrap(), ["+44".parse::<Scope>().unwrap()]);
    let discovery = resolve(policy().enum_tree(tree).provider(provider), &table).await;
    assert_eq!(discovery.providers[0].outlook, Outlook::Answered { absence_believed: true });
    assert_eq!(discovery.mappings().len(), 2);
    assert!(discovery.mappings().iter().all(|mapping| mapping.msp.is_some()));
    let (spent, limits) = (discovery.spent, Limits::default());
    assert!(spent.queries <= limits.queries && spent.octets <= limits.octets);
}

#[tokio::test]
async fn what_is_printed_of_a_discovery_does_not_spell_the_number() {
    let (tree, table) =
        tree(&[r#"100 10 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@carrier.example!" ."#], Proof::Secure);
    let discovery = resolve(policy().enum_tree(tree), &table).await;
    assert_eq!(discovery.mappings()[0].uri, "sip:442079460148@carrier.example");
    assert!(!format!("{discovery:?}").contains("2079460148"));
}

#[tokio::test]
async fn dear_expressions_end_at_the_deadline() {
    // Some 300,000 steps each.
    let rules: Vec<_> = (0..200)
        .map(|index| {
            format!(r#"100 {index} "u" "E2U+sip" "!((.*)+){{250}}((.*)+){{250}}x!sip:a@b.example!" ."#)
        })
        .collect();
    let rules: Vec<_> = rules.iter().map(String::as_str).collect();
    let (tree, table) = tree(&rules, Proof::Secure);
    let policy = policy().enum_tree(tree).deadline(Duration::from_millis(1));
    let discovery = resolve(policy, &table).await;
    assert_eq!(discovery.result, DiscoveryResult::Unreachable);
    assert!(discovery.spent.rules < 100, "{} rules", discovery.spent.rules);
}
