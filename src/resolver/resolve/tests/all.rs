//! Many identifiers at a time: as one by one, with no more questions than that takes.

use super::*;
use crate::record::parameters::Parameters;
use crate::record::{Name, Rdata};

const BOOK: usize = 150;

fn book() -> Vec<Identifier> {
    (0..BOOK).map(|number| Identifier::parse(&format!("tel:+4420794{number:05}")).unwrap()).collect()
}

fn owner_of(identifier: &Identifier) -> Name {
    let parameters: Parameters = PARAMETERS.parse().unwrap();
    parameters.owner_name(identifier, &APEX.parse().unwrap()).unwrap()
}

/// Of every kind: mapped, absent, with signatures that are another's, with one octet changed.
fn table(book: &[Identifier]) -> Table {
    let table = Table::default();
    table.put_parameters(APEX, &[PARAMETERS], Proof::Secure, 3600);
    for (number, identifier) in book.iter().enumerate() {
        let mut rdatas: Vec<Rdata> = match number % 5 {
            1 => continue,
            2 => good().iter().map(Statement::rdata).collect(),
            _ => good().iter().map(|statement| statement.rdata_about(identifier)).collect(),
        };
        if number % 5 == 3 {
            *rdatas[number % 3].last_mut().unwrap() ^= 1;
        }
        let owner = owner_of(identifier);
        table.put(&owner, Rtype::MIMISIG, Reply::records(&owner, Rtype::MIMISIG, rdatas, Proof::Secure));
    }
    table
}

fn asking() -> PolicyBuilder {
    policy().provider(crate::resolver::Provider::new(APEX.parse().unwrap(), ["+44".parse().unwrap()]))
}

async fn all(resolver: &Resolver, book: &[Identifier], at_once: usize) -> Vec<Discovery> {
    let mut asked = resolver.resolve_all(book).at_once(at_once);
    let mut found = Vec::new();
    while let Some(answer) = asked.next().await {
        found.push(answer.unwrap());
    }
    found
}

#[tokio::test]
async fn an_address_book_is_answered_as_its_entries_are_one_by_one() {
    let book = book();
    let one_by_one = {
        let (table, mut found) = (table(&book), Vec::new());
        let resolver = resolver(asking(), &table);
        for identifier in &book {
            found.push(resolver.resolve(identifier).await.unwrap());
        }
        found
    };
    let results: Vec<_> = one_by_one.iter().take(5).map(|discovery| discovery.result.code()).collect();
    assert_eq!(results, ["mapped", "no-mapping", "not-believed", "not-believed", "mapped"]);
    for at_once in [1, 7, 64, 1000] {
        let table = table(&book);
        let mut found = all(&resolver(asking(), &table), &book, at_once).await;
        assert_eq!(found.len(), BOOK);
        for (together, alone) in found.iter_mut().zip(&one_by_one) {
            // Who is asked about first asks for the parameters.
            together.providers[0].questions.retain(|question| question.rtype == Rtype::MIMISIG);
            let mut alone = alone.clone();
            alone.providers[0].questions.retain(|question| question.rtype == Rtype::MIMISIG);
            (together.spent.queries, alone.spent.queries) = (0, 0);
            (together.spent.octets, alone.spent.octets) = (0, 0);
            assert_eq!(*together, alone, "{at_once} at once");
        }
        assert_eq!([table.asked(Rtype::TXT), table.asked(Rtype::MIMISIG)], [1, BOOK], "{at_once} at once");
    }
}

/// The keys of APs and MSPs stand in the DNS: each domain is asked about once or twice, not for each entry.
#[tokio::test]
async fn keys_of_the_dns_are_judged_with_for_all() {
    let book: Vec<_> = book()
        .into_iter()
        .filter(|identifier| !identifier.as_str().ends_with(['1', '6', '2', '7', '3', '8']))
        .collect();
    let table = table(&super::all::book());
    let mut policy = Policy::builder().deadline(Duration::from_secs(5));
    for party in [Ap, Msp] {
        served_keys::put_keys(&table, party);
    }
    policy = policy.grant(crate::resolver::Grant {
        domain: Ap.domain().parse().unwrap(),
        kind: crate::resolver::GrantKind::Possession,
        scope: vec!["+44".parse().unwrap()],
        strongest: ProofMethod::Voice,
    });
    let policy =
        policy.provider(crate::resolver::Provider::new(APEX.parse().unwrap(), ["+44".parse().unwrap()]));
    let found = all(&resolver(policy, &table), &book, 64).await;
    assert!(found.iter().all(|discovery| discovery.result.code() == "mapped"));
    assert!(found.iter().all(|discovery| discovery.keys.len() == 2));
}

#[tokio::test]
async fn who_is_in_nobody_s_scope_stops_nobody_else() {
    let mut book = book();
    book.insert(1, Identifier::parse("mailto:jo@example.org").unwrap());
    let table = table(&book[..1]);
    let resolver = resolver(asking(), &table);
    let mut asked = resolver.resolve_all(book[..3].iter().cloned());
    assert_eq!(asked.next().await.unwrap().unwrap().result.code(), "mapped");
    asked.next().await.unwrap().unwrap_err();
    assert_eq!(asked.next().await.unwrap().unwrap().result.code(), "no-mapping");
    assert!(asked.next().await.is_none() && asked.next().await.is_none());
}
