//! Several servers, of which some are behind, or lie.

use super::*;

type Tamper = fn(&Name, Rtype, Reply) -> Result<Reply, TransportError>;

fn honest(_: &Name, _: Rtype, reply: Reply) -> Result<Reply, TransportError> {
    Ok(reply)
}

/// Cuts signatures away, and still says that it knows of DNSSEC.
fn strips(_: &Name, _: Rtype, mut reply: Reply) -> Result<Reply, TransportError> {
    reply.answers.retain(|record| record.rtype != Rtype::RRSIG);
    reply.authority.retain(|record| record.rtype != Rtype::RRSIG);
    Ok(reply)
}

fn knows_no_dnssec(asked: &Name, rtype: Rtype, reply: Reply) -> Result<Reply, TransportError> {
    let reply = strips(asked, rtype, reply)?;
    Ok(Reply { dnssec_ok: false, ..reply })
}

/// Has keys of another day.
fn is_behind(_: &Name, rtype: Rtype, mut reply: Reply) -> Result<Reply, TransportError> {
    let keys = reply.answers.iter_mut().filter(|record| rtype == Rtype::DNSKEY && record.rtype == rtype);
    keys.for_each(|key| *key.rdata.last_mut().unwrap() ^= 1);
    Ok(reply)
}

/// Refuses the chain, and so would make everything unknown.
fn refuses(_: &Name, rtype: Rtype, reply: Reply) -> Result<Reply, TransportError> {
    match rtype {
        Rtype::DS | Rtype::DNSKEY => Err(TransportError::Refused { extended_error: None }),
        _ => Ok(reply),
    }
}

fn silent(_: &Name, _: Rtype, _: Reply) -> Result<Reply, TransportError> {
    Err(TransportError::Timeout)
}

fn count(world: &World) -> usize {
    world.asked.lock().unwrap().len()
}

#[tokio::test]
async fn one_server_is_not_the_last_word() {
    for bad in [strips as Tamper, knows_no_dnssec, is_behind] {
        for others in [&[honest as Tamper][..], &[silent, honest]] {
            let world = others.iter().fold(World::new().tampered(bad), |world, other| world.and(*other));
            let validator = world.validator(&["."]);
            // The second where the chain is known.
            for owner in ["a.dp.example", "deep.ent.dp.example", "none.dp.example"] {
                assert_eq!(world.ask(&validator, owner, Rtype::TXT).await.proof, Proof::Secure, "{owner}");
            }
            let answer = world.ask(&validator, "a.plain.example", Rtype::TXT).await;
            assert_eq!(answer.proof, Proof::Insecure);
        }
    }
}

#[tokio::test]
async fn keys_that_were_replaced_are_asked_for_again_where_the_first_server_lies_too() {
    let mut world = World::new().tampered(strips).and(honest);
    let validator = world.validator(&["."]);
    assert_eq!(world.ask(&validator, "a.dp.example", Rtype::TXT).await.proof, Proof::Secure);
    world.replace_keys("dp.example.");
    assert_eq!(world.ask(&validator, "a.dp.example", Rtype::TXT).await.proof, Proof::Secure);
}

/// What was found wrong stays so where nobody says better; that somebody else refuses is no reason to know less.
#[tokio::test]
async fn who_proves_nothing_better_changes_nothing() {
    for other in [strips as Tamper, knows_no_dnssec, refuses, silent] {
        let world = World::new().tampered(strips).and(other);
        assert_eq!(ask(&world, "a.dp.example", Rtype::TXT).await.proof, BOGUS(Fault::SignatureMissing));
    }
}

#[tokio::test]
async fn others_are_asked_once_and_not_again_for_a_moment() {
    let world = World::new().tampered(strips).and(strips).and(strips);
    let validator = world.validator(&["."]);
    // The answer and the root's keys, by two of them; then the answer alone.
    for asked in [4, 5, 6] {
        let answer = world.ask(&validator, "a.dp.example", Rtype::TXT).await;
        assert_eq!(answer.proof, BOGUS(Fault::SignatureMissing));
        assert_eq!(count(&world), asked);
    }
}

/// A name of many labels that the first server makes up, below a chain that is known.
#[tokio::test]
async fn a_server_that_lies_costs_so_much_and_no_more() {
    let owner = format!("{}dp.example", "a.".repeat(100));
    let lies = |asked: &Name, rtype: Rtype, mut reply: Reply| {
        if asked.is_at_or_below(&name("a.dp.example")) {
            reply.nx_domain = false;
            reply.answers.clear();
            if rtype == Rtype::TXT {
                let (owner, class, ttl) = (asked.clone(), Class::IN, Ttl::from_secs(9));
                reply.answers.push(Record { owner, class, ttl, rtype, rdata: Box::from(*b"\x01x") });
            }
        }
        Ok(reply)
    };
    let world = World::new().tampered(lies).and(lies);
    let validator = world.validator(&["."]);
    assert_eq!(world.ask(&validator, "deep.ent.dp.example", Rtype::TXT).await.proof, Proof::Secure);
    let before = count(&world);
    let answer = world.ask(&validator, &owner, Rtype::TXT).await;
    assert!(matches!(answer.proof, Proof::Bogus(_)), "{answer:?}");
    assert!(count(&world) - before <= 2 * 64 + 2, "{}", count(&world) - before);
}
