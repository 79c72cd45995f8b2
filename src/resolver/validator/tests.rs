//! Chains of trust through a small world, whole and broken.

mod cache;
mod elsewhere;
mod together;
mod world;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use world::{NOW, World, name};

use crate::dnssec::validate::Fault;
use crate::record::{Class, Name, Record, Rtype, Ttl};
use crate::resolver::transport::{Answer, Outcome, Proof, Reply, TransportError, Wish, follow};
use crate::zone::fixture;

const BOGUS: fn(Fault) -> Proof = Proof::Bogus;

/// What is asked in a world with the root's anchor.
async fn ask(world: &World, owner: &str, rtype: Rtype) -> Answer {
    world.ask(&world.validator(&["."]), owner, rtype).await
}

fn reason(answer: &Answer) -> &str {
    answer.why().map_or("", |why| &why.code)
}

#[tokio::test]
async fn what_is_signed_is_secure_by_its_zone_and_keys_are_asked_for_once() {
    let world = World::new();
    let validator = world.validator(&["."]);
    let answer = world.ask(&validator, "a.dp.example", Rtype::TXT).await;
    assert_eq!((answer.proof, answer.states.len()), (Proof::Secure, 1));
    assert_eq!(answer.states[0].zone, Some(name("dp.example")));
    assert_eq!(answer.ttl, Ttl::from_secs(300));
    let asked = world.asked.lock().unwrap().clone();
    let expected = [
        ("a.dp.example", Rtype::TXT),
        (".", Rtype::DNSKEY),
        ("example", Rtype::DS),
        ("example", Rtype::DNSKEY),
        ("dp.example", Rtype::DS),
        ("dp.example", Rtype::DNSKEY),
    ];
    assert_eq!(asked, expected.map(|(owner, rtype)| (name(owner), rtype)));
    assert_eq!(world.ask(&validator, "deep.ent.dp.example", Rtype::TXT).await.proof, Proof::Secure);
    assert_eq!(world.asked.lock().unwrap().len(), expected.len() + 1);
}

#[tokio::test]
async fn absences_are_proven_too() {
    let world = World::new();
    for (owner, rtype, outcome) in [
        ("none.dp.example", Rtype::TXT, Outcome::NxDomain),
        ("x.none.dp.example", Rtype::TXT, Outcome::NxDomain),
        ("a.dp.example", Rtype::URI, Outcome::NoData),
        ("ent.dp.example", Rtype::TXT, Outcome::NoData),
        ("x.wild.dp.example", Rtype::URI, Outcome::NoData),
        ("plain.example", Rtype::DS, Outcome::NoData),
    ] {
        let answer = ask(&world, owner, rtype).await;
        assert_eq!((answer.proof, answer.outcome), (Proof::Secure, outcome), "{owner}");
        assert!((1..=300).contains(&answer.ttl.as_secs()), "{owner}: {}", answer.ttl);
    }
}

#[tokio::test]
async fn where_a_signed_zone_delegates_without_ds_everything_is_insecure() {
    let world = World::new();
    for owner in ["a.plain.example", "none.plain.example", "x.y.z.plain.example"] {
        let answer = ask(&world, owner, Rtype::TXT).await;
        assert_eq!((answer.proof, reason(&answer)), (Proof::Insecure, "no-ds"), "{owner}");
    }
}

#[tokio::test]
async fn each_alias_is_proven_by_its_own_zone() {
    let world = World::new();
    let answer = ask(&world, "c.dp.example", Rtype::TXT).await;
    assert_eq!((answer.proof, answer.states.len()), (Proof::Secure, 2));
    let answer = ask(&world, "p.dp.example", Rtype::TXT).await;
    let states: Vec<_> = answer.states.iter().map(|state| state.dnssec).collect();
    assert_eq!((answer.proof, states), (Proof::Insecure, vec![Proof::Secure, Proof::Insecure]));
    let answer = ask(&world, "a.d.dp.example", Rtype::TXT).await;
    let types: Vec<_> = answer.states.iter().map(|state| state.rtype).collect();
    assert_eq!((answer.proof, types), (Proof::Secure, vec![Rtype::DNAME, Rtype::CNAME, Rtype::TXT]));
}

#[tokio::test]
async fn an_alias_that_does_not_follow_from_the_dname_is_bogus() {
    let world = World::new().tampered(|_, _, mut reply| {
        for record in &mut reply.answers {
            if record.rtype == Rtype::CNAME && record.owner == name("a.d.dp.example") {
                record.rdata = name("a.dp.example").as_wire().into();
            }
        }
        Ok(reply)
    });
    let answer = ask(&world, "a.d.dp.example", Rtype::TXT).await;
    assert_eq!(answer.proof, BOGUS(Fault::SignatureMissing));
}

#[tokio::test]
async fn a_wildcard_counts_only_with_the_proof_that_no_nearer_name_exists() {
    let world = World::new();
    assert_eq!(ask(&world, "x.wild.dp.example", Rtype::TXT).await.proof, Proof::Secure);
    let world = World::new().tampered(|_, rtype, mut reply| {
        if rtype == Rtype::TXT {
            reply.authority.clear();
        }
        Ok(reply)
    });
    let Proof::Bogus(fault) = ask(&world, "x.wild.dp.example", Rtype::TXT).await.proof else {
        panic!("bogus")
    };
    assert_eq!(fault.extended_error(), 12, "{fault}");
}

#[tokio::test]
async fn what_is_changed_on_its_way_is_bogus_and_why_is_told() {
    type Change = fn(&mut Vec<crate::record::Record>);
    let unsigned: Change = |section| section.retain(|record| record.rtype != Rtype::RRSIG);
    let other: Change = |section| {
        section
            .iter_mut()
            .filter(|record| record.rtype == Rtype::TXT)
            .for_each(|record| record.rdata[1] ^= 1);
    };
    let none: Change = Vec::clear;
    let cases: [(&str, Rtype, &str, Change, Change, u16); 7] = [
        ("a.dp.example", Rtype::TXT, "a.dp.example", unsigned, none, 10),
        ("a.dp.example", Rtype::TXT, "a.dp.example", other, none, 6),
        ("a.dp.example", Rtype::TXT, "a.dp.example", none, none, 12),
        ("none.dp.example", Rtype::TXT, "none.dp.example", none, none, 12),
        ("none.dp.example", Rtype::TXT, "none.dp.example", none, unsigned, 10),
        ("dp.example", Rtype::DS, "a.dp.example", none, none, 12),
        ("dp.example", Rtype::DNSKEY, "a.dp.example", unsigned, none, 10),
    ];
    for (at, rtype, owner, answers, authority, extended_error) in cases {
        let world = World::new().tampered(move |asked, of, mut reply| {
            if *asked == name(at) && of == rtype {
                answers(&mut reply.answers);
                authority(&mut reply.authority);
            }
            Ok(reply)
        });
        let answer = ask(&world, owner, Rtype::TXT).await;
        let Proof::Bogus(fault) = answer.proof else { panic!("{at} {rtype}: {answer:?}") };
        assert_eq!(fault.extended_error(), extended_error, "{at} {rtype}: {fault}");
    }
}

#[tokio::test]
async fn signatures_count_in_their_time_only() {
    let world = World::new();
    for (now, fault) in
        [(NOW.plus(20 * 86_400), Fault::SignatureExpired), (NOW.minus(86_400), Fault::SignatureNotYetValid)]
    {
        let validator = world.validator_at(&["."], now);
        assert_eq!(world.ask(&validator, "a.dp.example", Rtype::TXT).await.proof, BOGUS(fault));
    }
    let late = world.validator_at(&["."], NOW.plus(14 * 86_400 - 86_400 / 2 - 100));
    let answer = world.ask(&late, "a.dp.example", Rtype::TXT).await;
    assert_eq!(answer.proof, Proof::Secure);
}

#[tokio::test]
async fn the_nearest_anchor_counts_and_an_island_needs_nobody_above() {
    let world = World::new().tampered(|asked, _, reply| match asked.is_at_or_below(&name("dp.example")) {
        true => Ok(reply),
        false => Err(TransportError::Refused { extended_error: Some(20) }),
    });
    let island = world.validator(&["dp.example."]);
    for owner in ["a.dp.example", "none.dp.example"] {
        assert_eq!(world.ask(&island, owner, Rtype::TXT).await.proof, Proof::Secure);
    }
    assert_eq!(world.asked.lock().unwrap().iter().filter(|(_, rtype)| *rtype == Rtype::DS).count(), 0);

    let world = World::new();
    let elsewhere = World::new();
    let anchors = [world.anchor("."), elsewhere.anchor("dp.example.")];
    let validator = super::Validator::new(&anchors, std::sync::Arc::new(|| NOW));
    assert_eq!(world.ask(&validator, "a.example", Rtype::TXT).await.proof, Proof::Secure);
    assert_eq!(world.ask(&validator, "a.dp.example", Rtype::TXT).await.proof, BOGUS(Fault::NoKeyForDs));
}

#[tokio::test]
async fn what_no_anchor_is_above_is_indeterminate() {
    let world = World::new();
    let island = world.validator(&["dp.example."]);
    let answer = world.ask(&island, "a.example", Rtype::TXT).await;
    assert_eq!((answer.proof, reason(&answer)), (Proof::Indeterminate, "no-anchor"));
    let none = world.validator(&[]);
    assert_eq!(world.ask(&none, "a.dp.example", Rtype::TXT).await.proof, Proof::Indeterminate);
}

/// Where nobody is asked to prove the DNAME record, whoever is on the way could add one.
#[tokio::test]
async fn an_alias_from_above_an_anchor_says_nothing_of_what_is_below_it() {
    let world = World::new().tampered(|asked, rtype, mut reply| {
        if rtype == Rtype::TXT && *asked == name("a.dp.example") {
            let record = |owner: &str, rtype, rdata: &[u8]| {
                let (owner, class, ttl) = (name(owner), Class::IN, Ttl::from_secs(60));
                Record { owner, class, ttl, rtype, rdata: rdata.into() }
            };
            reply.answers = vec![
                record("example", Rtype::DNAME, name("other").as_wire()),
                record("a.dp.example", Rtype::CNAME, name("a.dp.other").as_wire()),
                record("a.dp.other", Rtype::TXT, b"\x06forged"),
            ];
        }
        Ok(reply)
    });
    let answer = world.ask(&world.validator(&["dp.example."]), "a.dp.example", Rtype::TXT).await;
    assert_eq!(answer.states.len(), 3);
    assert_eq!(answer.proof, BOGUS(Fault::SignatureMissing));
}

#[tokio::test]
async fn a_network_that_fails_makes_nothing_bogus() {
    for (at, rtype) in [(".", Rtype::DNSKEY), ("example", Rtype::DS), ("dp.example", Rtype::DNSKEY)] {
        for (error, code) in [
            (TransportError::Timeout, "not-reached"),
            (TransportError::ServFail { extended_error: None }, "not-reached"),
            (TransportError::Refused { extended_error: None }, "not-served"),
        ] {
            let world =
                World::new().tampered(move |asked, of, reply| match *asked == name(at) && of == rtype {
                    true => Err(error),
                    false => Ok(reply),
                });
            for owner in ["a.dp.example", "none.dp.example"] {
                let answer = ask(&world, owner, Rtype::TXT).await;
                assert_eq!((answer.proof, reason(&answer)), (Proof::Indeterminate, code), "{at} {rtype}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_validating_server_calls_bogus_is_bogus_in_the_chain_too() {
    for (at, rtype) in [(".", Rtype::DNSKEY), ("example", Rtype::DS), ("dp.example", Rtype::DNSKEY)] {
        for (code, proof) in [(6, BOGUS(Fault::BogusUpstream)), (22, Proof::Indeterminate)] {
            let world =
                World::new().tampered(move |asked, of, reply| match *asked == name(at) && of == rtype {
                    true => Err(TransportError::ServFail { extended_error: Some(code) }),
                    false => Ok(reply),
                });
            assert_eq!(ask(&world, "a.dp.example", Rtype::TXT).await.proof, proof, "{at} {rtype} {code}");
        }
    }
}

#[tokio::test]
async fn a_zone_that_denies_its_own_delegation_is_not_the_one_above() {
    let child = |asked: &Name, rtype, mut reply: Reply| {
        if *asked == name("dp.example") && rtype == Rtype::DS {
            reply.answers.clear();
            reply.authority = vec![fixture::record("dp.example. SOA")];
        }
        Ok(reply)
    };
    let answer = ask(&World::new().tampered(child), "a.dp.example", Rtype::TXT).await;
    assert_eq!((answer.proof, reason(&answer)), (Proof::Indeterminate, "not-served"));
    let world = World::new().tampered(child).and(child).and(|_, _, reply| Ok(reply));
    assert_eq!(ask(&world, "a.dp.example", Rtype::TXT).await.proof, Proof::Secure);
    let asked = world.asked.lock().unwrap();
    assert_eq!(asked.iter().filter(|question| **question == (name("dp.example"), Rtype::DS)).count(), 3);
}

#[tokio::test]
async fn behind_a_server_without_dnssec_nothing_is_known() {
    let world = World::new().tampered(|_, _, mut reply| {
        reply.dnssec_ok = false;
        reply.answers.retain(|record| record.rtype != Rtype::RRSIG);
        reply.authority.retain(|record| !matches!(record.rtype, Rtype::RRSIG | Rtype::NSEC));
        Ok(reply)
    });
    let answer = ask(&world, "a.dp.example", Rtype::TXT).await;
    assert_eq!((answer.proof, reason(&answer)), (Proof::Indeterminate, "no-signatures"));
}

#[tokio::test]
async fn keys_that_were_replaced_in_a_hurry_are_asked_for_again() {
    let mut world = World::new();
    let validator = world.validator(&["."]);
    assert_eq!(world.ask(&validator, "a.dp.example", Rtype::TXT).await.proof, Proof::Secure);
    world.replace_keys("dp.example.");
    assert_eq!(world.ask(&validator, "a.dp.example", Rtype::TXT).await.proof, Proof::Secure);
}

#[tokio::test]
async fn what_is_bogus_is_not_asked_for_again_at_once() {
    let world = World::new().tampered(|_, rtype, mut reply| {
        if rtype == Rtype::DNSKEY {
            reply.answers.retain(|record| record.rtype != Rtype::RRSIG);
        }
        Ok(reply)
    });
    let validator = world.validator(&["."]);
    for asked in [2, 3, 4] {
        let answer = world.ask(&validator, "a.dp.example", Rtype::TXT).await;
        assert_eq!(answer.proof, BOGUS(Fault::SignatureMissing));
        assert_eq!(world.asked.lock().unwrap().len(), asked);
    }
}

#[tokio::test]
async fn where_the_time_was_spent_nothing_is_kept_of_the_zone() {
    static IS_UP: AtomicBool = AtomicBool::new(true);
    let world = World::new().tampered(|_, _, reply| {
        if IS_UP.load(Ordering::Relaxed) { Ok(reply) } else { Err(TransportError::Timeout) }
    });
    let validator = world.validator(&["."]);
    let (owner, rtype) = (name("a.dp.example"), Rtype::TXT);
    for (left, after) in [(0, Proof::Secure), (60, Proof::Indeterminate)] {
        let followed = follow(&world, &owner, rtype, Wish::Proofs).await.unwrap();
        IS_UP.store(false, Ordering::Relaxed);
        let hurried = validator.prove(&world, followed, &owner, rtype, Duration::from_secs(left)).await;
        IS_UP.store(true, Ordering::Relaxed);
        assert_eq!((hurried.proof, reason(&hurried)), (Proof::Indeterminate, "not-reached"));
        assert_eq!(world.ask(&validator, "a.dp.example", rtype).await.proof, after, "{left} seconds");
        validator.zones.forget(&name("."));
        validator.zones.forget(&owner);
    }
}

#[tokio::test]
async fn a_zone_that_is_too_much_work_by_itself_is_not_asked_for_again_at_once() {
    let world = World::new().tampered(|asked, rtype, mut reply| {
        if rtype == Rtype::DNSKEY && *asked == name("dp.example") {
            let key = reply.answers.iter().find(|record| record.rtype == Rtype::DNSKEY).unwrap().clone();
            reply.answers.extend((0..64).map(|number| {
                let mut other = key.clone();
                *other.rdata.last_mut().unwrap() ^= number + 1;
                other
            }));
        }
        Ok(reply)
    });
    let validator = world.validator(&["."]);
    for asked in [6, 7, 8] {
        let answer = world.ask(&validator, "a.dp.example", Rtype::TXT).await;
        assert_eq!(answer.proof, BOGUS(Fault::TooMuchWork));
        assert_eq!(world.asked.lock().unwrap().len(), asked);
    }
}

#[tokio::test]
async fn names_of_many_labels_cost_so_many_messages_and_no_more() {
    let deep = format!("{}dp.example", "a.".repeat(100));
    // The server says that every name exists, and signs nothing.
    let owner = name(&deep);
    let world = World::new().tampered(move |asked, rtype, mut reply| {
        if asked.is_at_or_below(&name("a.dp.example")) {
            reply.nx_domain = false;
            reply.answers.clear();
            if rtype == Rtype::TXT {
                let rdata = Box::from(*b"\x01x");
                let (owner, ttl) = (owner.clone(), Ttl::from_secs(9));
                let class = crate::record::Class::IN;
                reply.answers.push(crate::record::Record { owner, class, ttl, rtype, rdata });
            }
        }
        Ok(reply)
    });
    let answer = ask(&world, &deep, Rtype::TXT).await;
    assert!(matches!(answer.proof, Proof::Bogus(_)), "{answer:?}");
    assert!(world.asked.lock().unwrap().len() <= 100, "{}", world.asked.lock().unwrap().len());
}

/// A digit tree with a zone for each digit, and more than anybody has: nothing is wrong with it, and what was proven is
/// kept for who asks again.
#[tokio::test]
async fn many_honest_zones_are_secure_and_too_many_at_once_are_not_bogus() {
    let (world, last) = World::new().with_cuts(25);
    let answer = ask(&world, &last, Rtype::NS).await;
    assert_eq!(answer.proof, Proof::Secure, "{answer:?}");
    let (world, last) = World::new().with_cuts(45);
    let validator = world.validator(&["."]);
    let answer = world.ask(&validator, &last, Rtype::NS).await;
    assert_eq!((answer.proof, reason(&answer)), (Proof::Indeterminate, "too-many-questions"));
    assert_eq!(world.ask(&validator, &last, Rtype::NS).await.proof, Proof::Secure);
}
