mod all;
mod digit_tree;
mod parameters;
mod served_keys;
mod withheld;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::dnssec::validate::Fault;
use crate::record::mimisig::{Body, ProofMethod};
use crate::record::parameters::HashCeiling;
use crate::record::{Name, Naptr, Rtype};
use crate::resolver::testing::Party::{Ap, Holder, Msp, OtherAp, OtherMsp};
use crate::resolver::testing::{
    DAY, NOW, PARAMETERS, Reply, Statement, Table, claim, legacy, mapping, number, owner, policy, possession,
    provider, wishes,
};
use crate::resolver::{
    AnswerEvidence, DiscoveryResult, EnumTree, HashFloor, Ignored, Limits, MappingBasis, Outlook,
    ParametersFault, ParametersTrust, PolicyBuilder, Proof, RecordRank, Rejected, Scope, TransportError,
    Unreachable, Verdict,
};

const APEX: &str = "dp.example";
const OTHER_APEX: &str = "other-dp.example";

fn good() -> [Statement; 3] {
    [possession(Ap, Holder), wishes(Holder, &[Msp]), mapping(Msp, Holder)]
}

fn resolver(policy: PolicyBuilder, table: &Table) -> Resolver {
    let policy = policy.build().unwrap();
    Resolver::builder().policy(policy).transport(table.clone()).clock(|| NOW).build().unwrap()
}

async fn resolve(policy: PolicyBuilder, table: &Table) -> Discovery {
    resolver(policy, table).resolve(&number()).await.unwrap()
}

/// The result where one provider with pinned parameters answers as given.
async fn result_of(statements: &[Statement], proof: Proof) -> DiscoveryResult {
    let table = Table::default();
    table.put_statements(APEX, statements, proof);
    resolve(policy().provider(provider(APEX)), &table).await.result
}

#[tokio::test]
async fn a_number_is_mapped_in_order_and_the_discovery_survives_json_without_the_number() {
    let table = Table::default();
    table.put_statements(APEX, &good(), Proof::Insecure);
    let discovery = resolve(policy().provider(provider(APEX)), &table).await;
    let uris: Vec<_> = discovery.mappings().iter().map(|mapping| mapping.uri.as_str()).collect();
    assert_eq!(uris, ["mimi://msp.example/u/7d1k9", "https://msp.example/directory"]);
    assert_eq!(discovery.mappings()[0].record, RecordRank::Naptr { order: 100, preference: 10 });
    assert_eq!(discovery.mappings()[0].tags, ["work"]);
    assert_eq!(discovery.valid_until, NOW.plus(300));
    assert_eq!(discovery.spent.signatures, 3);
    let json = serde_json::to_string(&discovery).unwrap();
    assert_eq!(serde_json::from_str::<Discovery>(&json).unwrap(), discovery);
    assert!(json.contains(r#""result":"mapped""#) && json.contains(r#""verdict":"believed""#));
    assert!(!json.contains("2079460148") && !format!("{discovery:?}").contains("2079460148"));
}

#[tokio::test]
async fn the_kinds_of_none_are_told_apart() {
    use DiscoveryResult::{NoMapping, NotBelieved, OptedOut};
    let opted_out = [possession(Ap, Holder), wishes(Holder, &[])];
    assert_eq!(result_of(&opted_out, Proof::Insecure).await, OptedOut);
    let tombstone = claim(Ap, None, ProofMethod::Sms, NOW);
    assert_eq!(result_of(std::slice::from_ref(&tombstone), Proof::Insecure).await, NoMapping);
    // A tombstone and an opt-out stand although something else is rejected.
    let expired = mapping(Msp, Holder).until(NOW);
    assert_eq!(result_of(&[tombstone, mapping(Msp, Holder)], Proof::Insecure).await, NoMapping);
    let [possession, _, mapping] = good();
    assert_eq!(result_of(&[possession.clone(), mapping], Proof::Secure).await, NotBelieved);
    let wishes = wishes(Holder, &[Msp]);
    let listed = [possession.clone(), wishes.clone()];
    assert_eq!(result_of(&listed, Proof::Secure).await, NoMapping);
    assert_eq!(result_of(&listed, Proof::Insecure).await, NotBelieved);
    assert_eq!(result_of(&[possession, wishes, expired], Proof::Secure).await, NotBelieved);
}

#[tokio::test]
async fn absence_is_believed_where_proven_or_where_policy_dares() {
    for (proof, dare, expected) in [
        (Proof::Secure, false, DiscoveryResult::NoMapping),
        (Proof::Insecure, false, DiscoveryResult::NotBelieved),
        (Proof::Indeterminate, false, DiscoveryResult::NotBelieved),
        (Proof::Insecure, true, DiscoveryResult::NoMapping),
        (Proof::Bogus(Fault::SignatureWrong), true, DiscoveryResult::NotBelieved),
    ] {
        let table = Table::default();
        table.put(&owner(APEX, PARAMETERS), Rtype::MIMISIG, Reply::absence(proof));
        let provider = provider(APEX);
        let provider = if dare { provider.dangerous_insecure_absence() } else { provider };
        let discovery = resolve(policy().provider(provider), &table).await;
        assert_eq!(discovery.result, expected, "{proof:?} {dare}");
        assert_eq!(discovery.providers[0].questions[0].answer, AnswerEvidence::NxDomain);
        assert_eq!(discovery.providers[0].questions[0].dnssec, Some(proof));
    }
}

#[tokio::test]
async fn a_bogus_answers_statements_are_not_even_read() {
    assert_eq!(result_of(&good(), Proof::Bogus(Fault::SignatureWrong)).await, DiscoveryResult::NotBelieved);
    let table = Table::default();
    let error = TransportError::ServFail { extended_error: Some(9) };
    table.put(&owner(APEX, PARAMETERS), Rtype::MIMISIG, Reply::Error(error));
    let discovery = resolve(policy().provider(provider(APEX)), &table).await;
    assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
}

#[tokio::test(start_paused = true)]
async fn a_dead_or_slow_provider_does_not_hold_the_others() {
    let dead = Reply::Error(TransportError::Unreachable(Unreachable::ConnectionRefused));
    for (reply, late) in [(dead, false), (Reply::Silence, true)] {
        let table = Table::default();
        table.put(&owner(OTHER_APEX, PARAMETERS), Rtype::MIMISIG, reply);
        let asking = || {
            let policy = policy().provider(provider(APEX)).provider(provider(OTHER_APEX));
            resolve(policy.deadline(Duration::from_secs(2)), &table)
        };
        let began = Instant::now();
        let discovery = asking().await;
        assert_eq!(discovery.result, DiscoveryResult::Unreachable);
        assert_eq!(discovery.valid_until, NOW);
        let expected = if late { Duration::from_secs(2) } else { Duration::ZERO };
        assert_eq!(began.elapsed(), expected);
        assert_eq!(discovery.providers[1].questions[0].answer == AnswerEvidence::Late, late);
        assert!(matches!(discovery.providers[1].outlook, Outlook::Unreachable { .. }));

        table.put_statements(APEX, &good(), Proof::Insecure);
        assert_eq!(asking().await.mappings().len(), 2);
    }
}

#[tokio::test]
async fn parts_of_one_answer_may_come_from_different_providers() {
    let table = Table::default();
    let [possession, wishes, mapping] = good();
    table.put_statements(APEX, &[possession, mapping.clone()], Proof::Insecure);
    table.put_statements(OTHER_APEX, &[wishes, mapping], Proof::Insecure);
    let policy = policy().provider(provider(APEX)).provider(provider(OTHER_APEX));
    let discovery = resolve(policy, &table).await;
    assert_eq!(discovery.mappings().len(), 2);
    assert_eq!(discovery.statements.len(), 3);
    let twice = discovery.statements.iter().find(|statement| statement.kind.as_deref() == Some("mapping"));
    assert_eq!(twice.unwrap().providers, ["dp.example.", "other-dp.example."]);
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_never_an_absence() {
    let table = Table::default();
    table.put_statements(APEX, &good(), Proof::Secure);
    for limits in [Limits { queries: 0, ..Limits::default() }, Limits { octets: 100, ..Limits::default() }] {
        let discovery = resolve(policy().provider(provider(APEX)).limits(limits), &table).await;
        assert_eq!(discovery.result, DiscoveryResult::Unreachable);
        let answer = discovery.providers[0].questions[0].answer;
        assert!(matches!(answer, AnswerEvidence::OverLimit { .. }));
    }
    let limits = Limits { signatures: 2, ..Limits::default() };
    let discovery = resolve(policy().provider(provider(APEX)).limits(limits), &table).await;
    assert_eq!(discovery.spent.signatures, 2);
    assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
}

#[tokio::test]
async fn a_sender_gets_what_it_asks_for_and_sees_what_was_set_aside() {
    let table = Table::default();
    let statements = [
        possession(Ap, Holder),
        wishes(Holder, &[Msp, OtherMsp]),
        mapping(Msp, Holder),
        mapping(OtherMsp, Holder),
    ];
    table.put_statements(APEX, &statements, Proof::Secure);
    let resolver = resolver(policy().provider(provider(APEX)), &table);
    let number = number();
    let narrowed = resolver.resolve(&number).service("x-mimi").tag("work").await.unwrap();
    let uris: Vec<_> = narrowed.mappings().iter().map(|mapping| mapping.uri.as_str()).collect();
    assert_eq!(uris, ["mimi://msp.example/u/7d1k9"]);
    assert_eq!(narrowed.set_aside.len(), 3);
    let nothing = resolver.resolve(&number).service("xmpp").await.unwrap();
    assert_eq!((nothing.result, nothing.set_aside.len()), (DiscoveryResult::NoMapping, 4));
}

#[tokio::test]
async fn records_beside_are_shown_and_never_believed() {
    let table = Table::default();
    table.put_statements(APEX, &good(), Proof::Insecure);
    let owner = owner(APEX, PARAMETERS);
    let Body::Mapping(mapping) = mapping(Msp, Holder).body else { panic!("a mapping") };
    let signed = mapping.endpoints[1].rdata();
    let unsigned = [&[0, 10, 0, 1][..], b"https://evil.example/"].concat();
    let rdatas = vec![signed.into(), unsigned.into()];
    table.put(&owner, Rtype::URI, Reply::records(&owner, Rtype::URI, rdatas, Proof::Secure));
    let resolver = resolver(policy().provider(provider(APEX)), &table);
    let number = number();
    let plain = resolver.resolve(&number).await.unwrap();
    assert_eq!(table.asked(Rtype::URI), 0);
    let discovery = resolver.resolve(&number).records_beside().await.unwrap();
    assert_eq!(discovery.result, plain.result);
    let told = &discovery.providers[0].unsigned_records;
    assert_eq!(told.len(), 1);
    assert!(told[0].rtype == Rtype::URI && told[0].data.contains("https://evil.example/"));
}

#[tokio::test]
async fn nothing_is_kept_past_what_it_rests_on() {
    let table = Table::default();
    let [possession, wishes, mapping] = good();
    let statements = [possession, wishes.until(NOW.plus(40)), mapping.until(NOW.plus(50))];
    table.put_statements(APEX, &statements, Proof::Insecure);
    let discovery = resolve(policy().provider(provider(APEX)), &table).await;
    assert_eq!(discovery.valid_until, NOW.plus(40));
    assert!(discovery.mappings().iter().all(|mapping| mapping.valid_until == NOW.plus(40)));
}

#[tokio::test]
async fn a_contradiction_is_part_of_the_result() {
    let table = Table::default();
    let late = claim(OtherAp, None, ProofMethod::Sms, NOW.minus(2 * DAY));
    let statements = [&good()[..], &[late]].concat();
    table.put_statements(APEX, &statements, Proof::Insecure);
    let discovery = resolve(policy().provider(provider(APEX)), &table).await;
    assert_eq!(discovery.result.code(), "mapped");
    let claims: Vec<_> = discovery.contradiction.iter().map(|claim| claim.issuer.to_string()).collect();
    assert_eq!(claims, ["ap.example.", "other-ap.example."]);
    let lost = discovery
        .statements
        .iter()
        .find(|statement| statement.verdict == Verdict::Rejected(Rejected::Contradicted));
    assert!(lost.unwrap().reason.as_ref().unwrap().contains("another holder"));
}

#[tokio::test]
async fn legacy_mappings_say_that_they_are() {
    let table = Table::default();
    table.put_statements(APEX, &[legacy(OtherMsp, ProofMethod::Sms)], Proof::Insecure);
    let discovery = resolve(policy().provider(provider(APEX)), &table).await;
    let json = serde_json::to_value(&discovery).unwrap();
    assert_eq!(json["mappings"][0]["basis"]["kind"], "legacy");
    assert_eq!(json["mappings"][0]["rank"], 0);
}

#[tokio::test]
async fn a_memory_notices_what_a_provider_brings_back() {
    let table = Table::default();
    let resolver = Resolver::builder()
        .policy(policy().provider(provider(APEX)).build().unwrap())
        .transport(table.clone())
        .memory(crate::resolver::RecentMemory::new(100))
        .clock(|| NOW)
        .build()
        .unwrap();
    let number = number();
    let [possession, old, mapping] = good();
    let opted_out = wishes(Holder, &[]).at(NOW.minus(60));
    table.put_statements(APEX, &[possession.clone(), opted_out], Proof::Insecure);
    assert_eq!(resolver.resolve(&number).await.unwrap().result, DiscoveryResult::OptedOut);
    table.put_statements(APEX, &[possession, old, mapping], Proof::Insecure);
    assert_eq!(resolver.resolve(&number).await.unwrap().result, DiscoveryResult::NotBelieved);
}

#[tokio::test]
async fn what_nobody_has_in_scope_is_the_callers_fault() {
    let resolver = resolver(policy().provider(provider(APEX)), &Table::default());
    let german = Identifier::parse("tel:+4930123456").unwrap();
    let error = resolver.resolve(&german).await.unwrap_err();
    assert_eq!(error.to_string(), "the policy names nobody to ask about this telephone number");
    let mimi = Identifier::parse("mimi://names.example/u/jo").unwrap();
    let text = resolver.resolve(&mimi).await.unwrap_err().to_string();
    assert!(text.ends_with("ask the provider that it names directly") && !text.contains("names.example"));
}

#[test]
fn a_resolver_is_cheap_to_share() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Resolver>();
    fn sent<T: Send>(_: &T) {}
    let resolver = resolver(policy(), &Table::default());
    let number = number();
    sent(&resolver.resolve(&number).into_future());
    assert!(Resolver::builder().build().is_err());
}

#[tokio::test]
async fn nothing_is_kept_longer_than_a_day_whatever_its_time_to_live() {
    let table = Table::default();
    let owner = owner(APEX, PARAMETERS);
    table.put(&owner, Rtype::MIMISIG, Reply::absence(Proof::Secure).with_ttl(0x7FFF_FFFF));
    let discovery = resolve(policy().provider(provider(APEX)), &table).await;
    assert_eq!(discovery.result, DiscoveryResult::NoMapping);
    assert_eq!(discovery.valid_until, NOW.plus(DAY));
}

#[test]
fn what_is_printed_of_a_narrowed_policy_does_not_spell_the_number() {
    let policy = policy().build().unwrap().asking_only(&number(), &[APEX.parse().unwrap()], &[]);
    assert!(!format!("{policy:?}").contains("2079460148"));
    assert_eq!(policy.providers_for(&number()).count(), 1);
}
