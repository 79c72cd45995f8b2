//! The whole road over `zones/` without a socket: the sources as they are, signed when they are
//! loaded, judged by a policy that pins everything.

use std::time::Duration;

use mimi_dns::identifier::Identifier;
use mimi_dns::resolver::{Discovery, MemoryTransport, MustAct, Resolver, Verdict};
use mimi_dns::zone::Catalog;

use crate::zones::{NOW, loaded, pinned_policy};

fn resolver() -> Resolver {
    let catalog: Catalog = loaded().into_iter().filter_map(|loaded| loaded.zone).collect();
    let transport = MemoryTransport::new().zones(catalog).delay(Duration::from_millis(1));
    Resolver::builder()
        .policy(pinned_policy())
        .transport(transport)
        .clock(|| NOW)
        .build()
        .expect("nothing is missing")
}

async fn resolve(resolver: &Resolver, number: &str) -> Discovery {
    let identifier = Identifier::parse(&format!("tel:{number}")).expect("a number");
    resolver.resolve(&identifier).await.expect("in scope")
}

/// Number, result, MSPs in order, codes of statements that are not believed.
const CASES: &[(&str, &str, &[&str], &[&str])] = &[
    ("+442079460148", "mapped", &["amber", "birch", "cedar"], &[]),
    ("+447400123456", "mapped", &["amber"], &[]),
    ("+12015550123", "mapped", &["dahlia"], &[]),
    ("+34612345678", "mapped", &["amber"], &["not-listed"]),
    ("+46701234567", "mapped", &["birch"], &["beside-possession"]),
    ("+48512345678", "mapped", &["cedar"], &["contradicted", "not-listed", "possession-missing"]),
    ("+41781234567", "mapped", &["amber"], &[]),
    ("+31612345678", "no-mapping", &[], &["contradicted", "possession-missing"]),
    ("+6598765432", "no-mapping", &[], &[]),
    ("+4915123456789", "opted-out", &[], &[]),
    ("+33612345678", "not-believed", &[], &["key-revoked", "possession-missing"]),
    ("+393123456789", "not-believed", &[], &["expired"]),
    ("+5511961234567", "not-believed", &[], &["claims-too-much", "possession-missing"]),
    ("+819012345678", "not-believed", &[], &["expired", "wishes-missing"]),
    ("+61412345678", "not-believed", &[], &["consent-too-new"]),
    ("+27711234567", "not-believed", &[], &["not-granted", "possession-missing"]),
];

#[tokio::test]
async fn every_case_of_the_example_gives_what_its_readme_says() {
    let resolver = resolver();
    for (number, result, msps, codes) in CASES {
        let discovery = resolve(&resolver, number).await;
        assert_eq!(discovery.result.code(), *result, "{number}: {discovery:#?}");
        let mut found: Vec<String> = Vec::new();
        for mapping in discovery.mappings() {
            let msp = mapping.msp.as_ref().unwrap().to_string().replace(".example.", "");
            if found.last() != Some(&msp) {
                found.push(msp);
            }
        }
        assert_eq!(found, *msps, "{number}");
        let unbelieved = discovery.statements.iter().filter_map(|statement| match statement.verdict {
            Verdict::Believed => None,
            Verdict::Ignored(reason) => Some(reason.code()),
            Verdict::Rejected(reason) => Some(reason.code()),
        });
        let mut unbelieved: Vec<_> = unbelieved.collect();
        unbelieved.sort_unstable();
        unbelieved.dedup();
        assert_eq!(unbelieved, *codes, "{number}");
        let mends = ["+393123456789", "+819012345678", "+61412345678"];
        let expected = match *result {
            "not-believed" if mends.contains(number) => Some(MustAct::PublisherMustMend),
            "not-believed" => Some(MustAct::NotToBeTrusted),
            _ => None,
        };
        assert_eq!(discovery.must_act(), expected, "{number}");
        let json = serde_json::to_string(&discovery).unwrap();
        assert_eq!(serde_json::from_str::<Discovery>(&json).unwrap(), discovery);
        assert!(!json.contains(&number[1..]), "{number}: the number is in its own evidence");
    }
}
