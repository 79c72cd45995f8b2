//! Keys of APs and MSPs from the DNS.

use super::*;
use crate::record::mimisig::ProofMethod;
use crate::record::{Name, Rdata};
use crate::resolver::testing::Party;
use crate::resolver::{Dnssec, Grant, GrantKind, Policy, Validation};
use crate::statement::Signer as _;

/// As [`policy`], with no key pinned.
fn keyless() -> PolicyBuilder {
    let mut policy = Policy::builder().provider(provider(APEX));
    for party in [Ap, OtherAp] {
        policy = policy.grant(Grant {
            domain: party.domain().parse().unwrap(),
            kind: GrantKind::Possession,
            scope: vec!["+44".parse().unwrap()],
            strongest: ProofMethod::Voice,
        });
    }
    policy
}

fn key_name(party: Party) -> Name {
    format!("_mimikey.{}", party.domain()).parse().unwrap()
}

fn text(party: Party) -> Rdata {
    let text = party.key().public_key().to_txt();
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat().into()
}

/// The key of a party, where it belongs and proven.
pub(super) fn put_keys(table: &Table, party: Party) {
    let name = key_name(party);
    table.put(&name, Rtype::TXT, Reply::records(&name, Rtype::TXT, vec![text(party)], Proof::Secure));
}

/// Statements of [`good`], and these records for the keys of AP and MSP.
fn table(keys: [Vec<Rdata>; 2], proof: Proof) -> Table {
    let table = Table::default();
    table.put_statements(APEX, &good(), Proof::Insecure);
    for (party, rdatas) in [Ap, Msp].into_iter().zip(keys) {
        table.put(&key_name(party), Rtype::TXT, Reply::records(&key_name(party), Rtype::TXT, rdatas, proof));
    }
    table
}

fn rejections(discovery: &Discovery) -> Vec<Rejected> {
    let reasons = discovery.statements.iter().filter_map(|statement| match statement.verdict {
        Verdict::Rejected(reason) => Some(reason),
        Verdict::Believed | Verdict::Ignored(_) => None,
    });
    reasons.filter(|reason| !matches!(reason, Rejected::PossessionMissing)).collect()
}

#[tokio::test]
async fn secure_keys_count_and_each_domain_is_asked_about_once() {
    // The same key twice is one key; what is no key is passed over.
    let ap = vec![text(Ap), text(Ap), Box::from(*b"\x07v=other")];
    let table = table([ap, vec![text(OtherMsp), text(Msp)]], Proof::Secure);
    let discovery = resolve(keyless(), &table).await;
    assert_eq!(discovery.mappings().len(), 2, "{:?}", discovery.statements);
    assert_eq!(table.asked(Rtype::TXT), 2);
    let asked: Vec<_> = discovery.keys.iter().map(|keys| (keys.domain.to_string(), keys.keys)).collect();
    assert_eq!(asked, [("ap.example.".to_owned(), 1), ("msp.example.".to_owned(), 2)]);
    assert_eq!(discovery.spent.queries, 3);
    let json = serde_json::to_string(&discovery).unwrap();
    assert_eq!(serde_json::from_str::<Discovery>(&json).unwrap(), discovery);
}

#[tokio::test]
async fn keys_that_nothing_proves_do_not_count() {
    for proof in [Proof::Insecure, Proof::Indeterminate, Proof::Bogus(Fault::SignatureExpired)] {
        let discovery = resolve(keyless(), &table([vec![text(Ap)], vec![text(Msp)]], proof)).await;
        assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
        assert_eq!(rejections(&discovery), [Rejected::KeyNotProven]);
    }
}

#[tokio::test]
async fn a_domain_without_such_a_key_signs_nothing() {
    let other = [vec![text(OtherAp)], vec![text(Msp)]];
    let many = [vec![text(Ap); 9], vec![text(Msp)]];
    for keys in [other, many, [Vec::new(), Vec::new()]] {
        let discovery = resolve(keyless(), &table(keys, Proof::Secure)).await;
        assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
        assert_eq!(rejections(&discovery), [Rejected::KeyUnknown]);
    }
    let revoked = keyless().revoke(Ap.key().public_key().key_id());
    let discovery = resolve(revoked, &table([vec![text(Ap)], vec![text(Msp)]], Proof::Secure)).await;
    assert_eq!(rejections(&discovery), [Rejected::KeyRevoked]);
}

#[tokio::test(start_paused = true)]
async fn keys_that_could_not_be_had_make_nothing_unbelievable() {
    for party in [Ap, Msp] {
        for reply in [Reply::Error(TransportError::Timeout), Reply::Silence] {
            let table = table([vec![text(Ap)], vec![text(Msp)]], Proof::Secure);
            table.put(&key_name(party), Rtype::TXT, reply);
            let discovery = resolve(keyless(), &table).await;
            assert_eq!(discovery.result, DiscoveryResult::Unreachable, "{party:?}");
            assert!(rejections(&discovery).contains(&Rejected::KeyUnreached));
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_about_who_does_not_matter() {
    // Pinned; not granted; not listed by the wishes; or not wanted at all.
    let statements =
        [possession(Ap, Holder), wishes(Holder, &[Msp]), mapping(OtherMsp, Holder), mapping(Msp, Holder)];
    let pinned = || {
        [Ap, Msp].into_iter().fold(keyless(), |policy, party| {
            policy.key(party.domain().parse().unwrap(), party.key().public_key())
        })
    };
    let table = Table::default();
    table.put_statements(APEX, &statements, Proof::Insecure);
    assert_eq!(resolve(pinned(), &table).await.mappings().len(), 2);
    table.put_statements(APEX, &[possession(OtherMsp, Holder)], Proof::Insecure);
    assert_eq!(resolve(pinned(), &table).await.result, DiscoveryResult::NotBelieved);
    table.put_statements(APEX, &good(), Proof::Insecure);
    for dnssec in [Dnssec::default().pinned_keys_only(), Dnssec::default().with_validation(Validation::Off)] {
        let discovery = resolve(keyless().dnssec(dnssec), &table).await;
        assert_eq!(rejections(&discovery), [Rejected::KeyUnknown]);
    }
    assert_eq!(table.asked(Rtype::TXT), 0);
}

#[tokio::test]
async fn a_budget_that_is_used_up_leaves_keys_unasked() {
    let limits = Limits { queries: 2, ..Limits::default() };
    let discovery =
        resolve(keyless().limits(limits), &table([vec![text(Ap)], vec![text(Msp)]], Proof::Secure)).await;
    assert_eq!((discovery.result.code(), discovery.spent.queries), ("unreachable", 2));
}
