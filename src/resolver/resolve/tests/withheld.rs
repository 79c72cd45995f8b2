//! Statements that somebody on the way may have chosen from, where what would show it is kept back.

use super::*;
use crate::record::{Class, Rrset, Ttl};
use crate::resolver::transport::{Answer, Outcome};
use crate::resolver::{Provider, RrsetState, Why};

/// Indeterminate for these reasons.
fn unknown(owner: &Name, codes: &[&'static str]) -> Answer {
    let rdatas = good().iter().map(Statement::rdata).collect();
    let (ttl, rtype) = (Ttl::from_secs(300), Rtype::MIMISIG);
    let rrset = Rrset { owner: owner.clone(), class: Class::IN, rtype, ttl, rdatas };
    let mut answer = Answer::new(Outcome::Records(rrset), Vec::new(), ttl, Proof::Indeterminate);
    answer.states.extend(codes.iter().map(|&code| RrsetState {
        owner: owner.clone(),
        rtype,
        dnssec: Proof::Indeterminate,
        zone: None,
        why: Some(Why::new(code, "nothing is known")),
    }));
    answer
}

async fn result(provider: Provider, codes: &[&'static str]) -> Discovery {
    let table = Table::default();
    let owner = owner(APEX, PARAMETERS);
    table.put_parameters(APEX, &[PARAMETERS], Proof::Secure, 60);
    table.put(&owner, Rtype::MIMISIG, Reply::Answer(unknown(&owner, codes)));
    resolve(policy().provider(provider), &table).await
}

fn served() -> Provider {
    Provider::new(APEX.parse().unwrap(), ["+44".parse::<Scope>().unwrap()])
}

#[tokio::test]
async fn where_the_zone_is_proven_nobody_gains_by_keeping_back_what_would_prove_its_statements() {
    let cases: [(&[&'static str], &str); 8] = [
        (&["not-reached"], "unreachable"),
        (&["no-anchor", "not-reached"], "unreachable"),
        (&["not-served"], "not-believed"),
        (&["no-signatures"], "not-believed"),
        (&["too-many-questions"], "not-believed"),
        (&["no-anchor", "not-served"], "not-believed"),
        (&[], "not-believed"),
        // An alias that leads out of what the anchors are above.
        (&["no-anchor"], "mapped"),
    ];
    for (codes, expected) in cases {
        for provider in [served(), served().dangerous_insecure_absence()] {
            let discovery = result(provider, codes).await;
            assert_eq!(discovery.result.code(), expected, "{codes:?}");
            assert_eq!(discovery.statements.is_empty(), expected != "mapped", "{codes:?}");
        }
    }
}

/// Nothing says that the zone is signed: there may be no anchor, or a server that cuts signatures away.
#[tokio::test]
async fn with_pinned_parameters_statements_count_that_nothing_proves_unless_the_network_failed() {
    for code in ["no-anchor", "not-served", "no-signatures", "too-many-questions"] {
        assert_eq!(result(provider(APEX), &[code]).await.result.code(), "mapped", "{code}");
    }
    assert_eq!(result(provider(APEX), &["not-reached"]).await.result, DiscoveryResult::Unreachable);
}

#[tokio::test]
async fn what_is_proven_to_be_unsigned_counts_below_a_proven_zone() {
    let table = Table::default();
    table.put_parameters(APEX, &[PARAMETERS], Proof::Secure, 60);
    table.put_statements(APEX, &good(), Proof::Insecure);
    assert_eq!(resolve(policy().provider(served()), &table).await.mappings().len(), 2);
}
