//! Which parameters are believed, and for how long.

use super::*;

#[tokio::test]
async fn served_parameters_are_believed_only_if_secure() {
    for (proof, trust) in [
        (Proof::Secure, ParametersTrust::Secure),
        (Proof::Insecure, ParametersTrust::Refused(ParametersFault::NotSecure)),
        (Proof::Bogus(Fault::SignatureWrong), ParametersTrust::Refused(ParametersFault::Bogus)),
    ] {
        let table = Table::default();
        table.put_parameters(APEX, &[PARAMETERS], proof, 60);
        table.put_statements(APEX, &good(), Proof::Insecure);
        // Daring to believe an absence makes no parameters believed.
        let provider = served().dangerous_insecure_absence();
        let discovery = resolve(policy().provider(provider), &table).await;
        assert_eq!(discovery.providers[0].parameters.as_ref().unwrap().trust, trust);
        let mapped = matches!(discovery.result, DiscoveryResult::Mapped(_));
        assert_eq!(mapped, proof == Proof::Secure);
        assert!(mapped || discovery.result == DiscoveryResult::NotBelieved);
        assert_eq!(discovery.valid_until, if mapped { NOW.plus(60) } else { NOW });
    }
}

fn served() -> crate::resolver::Provider {
    crate::resolver::Provider::new(APEX.parse().unwrap(), ["+44".parse::<Scope>().unwrap()])
}

#[tokio::test]
async fn the_epoch_is_chosen_first_and_judged_after() {
    const OLD: &str =
        "v=mimi1; epoch=a; hash=sha256; salt=00000000000000000000000000000000; from=20200101000000";
    let new = |hash: &str| {
        format!("v=mimi1; epoch=b; {hash}; salt=11111111111111111111111111111111; from=20260101000000")
    };
    let (small, dear) = ("hash=argon2id; m=16; t=1; p=1", "hash=argon2id; m=99999; t=1; p=1");
    let base = || policy().hash_ceiling(HashCeiling { m_kib: 64, t: 2, p: 1 });
    for (hash, policy, fault) in [
        ("hash=voprf", base(), Some(ParametersFault::UnknownHash)),
        ("hash=sha256", base().hash_floor(HashFloor::Argon2id), Some(ParametersFault::BelowFloor)),
        (dear, base(), Some(ParametersFault::AboveCeiling)),
        (small, base().hash_floor(HashFloor::Argon2id), None),
    ] {
        let text = new(hash);
        let table = Table::default();
        table.put_parameters(APEX, &[OLD, "v=other", &text], Proof::Secure, 60);
        if let Some(owner) = fault.is_none().then(|| owner(APEX, &text)) {
            let rdatas = good().iter().map(Statement::rdata).collect();
            table.put(
                &owner,
                Rtype::MIMISIG,
                Reply::records(&owner, Rtype::MIMISIG, rdatas, Proof::Insecure),
            );
        }
        let discovery = resolve(policy.provider(served()), &table).await;
        let trust = fault.map_or(ParametersTrust::Secure, ParametersTrust::Refused);
        assert_eq!(discovery.providers[0].parameters.as_ref().unwrap().trust, trust, "{hash}");
        assert_eq!(table.asked(Rtype::MIMISIG), usize::from(fault.is_none()));
        let expected = if fault.is_some() { "not-believed" } else { "mapped" };
        assert_eq!(discovery.result.code(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_is_not_polled_any_more_keeps_nobody_from_hashing() {
    let text = "v=mimi1; epoch=b; hash=argon2id; m=16; t=1; p=1; salt=11111111111111111111111111111111; from=20200101000000";
    let (table, owner) = (Table::default(), owner(APEX, text));
    table.put_parameters(APEX, &[text], Proof::Secure, 60);
    let rdatas = good().iter().map(Statement::rdata).collect();
    table.put(&owner, Rtype::MIMISIG, Reply::records(&owner, Rtype::MIMISIG, rdatas, Proof::Insecure));
    let ceiling = HashCeiling { m_kib: 64, t: 2, p: 1 };
    let resolver = resolver(policy().hash_ceiling(ceiling).provider(served()), &table);
    let (hashing, number) = (&resolver.inner.hashing, number());
    let turns = hashing.available_permits();
    let busy = hashing.acquire_many(turns.try_into().unwrap()).await.unwrap();
    let mut kept: Vec<_> = (0..turns).map(|_| Box::pin(resolver.resolve(&number).into_future())).collect();
    let waiting = tokio::time::timeout(Duration::from_millis(10), futures_util::future::join_all(&mut kept));
    assert!(waiting.await.is_err());
    // Now it is the turn of those that are not polled.
    drop(busy);
    assert_eq!(resolver.resolve(&number).await.unwrap().result.code(), "mapped");
    drop(kept);
}

#[tokio::test]
async fn a_zone_without_parameters_is_no_discovery_zone() {
    let discovery = resolve(policy().provider(served()), &Table::default()).await;
    let trust = discovery.providers[0].parameters.as_ref().unwrap().trust;
    assert_eq!(trust, ParametersTrust::Refused(ParametersFault::NoneInForce));
    assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
}

#[tokio::test]
async fn pinned_parameters_are_never_asked_for_and_served_ones_once() {
    let table = Table::default();
    table.put_parameters(APEX, &[PARAMETERS], Proof::Secure, 60);
    resolve(policy().provider(provider(APEX)), &table).await;
    assert_eq!(table.asked(Rtype::TXT), 0);
    let resolver = resolver(policy().provider(served()), &table);
    resolver.resolve(&number()).await.unwrap();
    resolver.clone().resolve(&number()).await.unwrap();
    assert_eq!(table.asked(Rtype::TXT), 1);
}

#[tokio::test]
async fn stale_parameters_are_asked_for_again_before_an_absence_is_believed() {
    const NEXT: &str =
        "v=mimi1; epoch=c; hash=sha256; salt=22222222222222222222222222222222; from=20260201000000";
    let table = Table::default();
    table.put_parameters(APEX, &[PARAMETERS], Proof::Secure, 5);
    let next = owner(APEX, NEXT);
    let rdatas = good().iter().map(Statement::rdata).collect();
    table.put(&next, Rtype::MIMISIG, Reply::records(&next, Rtype::MIMISIG, rdatas, Proof::Insecure));
    // The zone moves to the next epoch while the old owner name is asked, which takes ten seconds.
    let switching = {
        let table = table.clone();
        let reads = AtomicU64::new(0);
        move || {
            if table.asked(Rtype::MIMISIG) == 0 {
                return NOW;
            }
            if reads.fetch_add(1, Ordering::Relaxed) == 0 {
                table.put_parameters(APEX, &[PARAMETERS, NEXT], Proof::Secure, 5);
            }
            NOW.plus(10)
        }
    };
    let resolver = Resolver::builder()
        .policy(policy().provider(served()).build().unwrap())
        .transport(table.clone())
        .clock(switching)
        .build()
        .unwrap();
    let discovery = resolver.resolve(&number()).await.unwrap();
    assert_eq!(discovery.result.code(), "mapped");
    assert_eq!(discovery.providers[0].questions.len(), 4);
    assert_eq!(discovery.providers[0].owner.as_ref(), Some(&next));
}
