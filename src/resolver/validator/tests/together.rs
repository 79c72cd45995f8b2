//! Signatures of answers that come at the same time.

use futures_util::future::{join, join_all, poll_immediate};
use tokio::time::{Duration, Instant, timeout};

use super::world::{NOW, World, name};
use super::*;
use crate::dnssec::validate::Foreseen;
use crate::resolver::transport::Signed;
use crate::resolver::validator::Validator;

/// What is to be checked of an answer of `dp.example`.
async fn foreseen(world: &World, validator: &Validator, owner: &str) -> Foreseen {
    let owner = name(owner);
    let followed = follow(world, &owner, Rtype::TXT, Wish::Proofs).await.unwrap();
    let signed = Signed::at(&followed.replies[0].answers, &owner, Rtype::TXT).unwrap();
    let mut run = validator.run(world, Instant::now() + Duration::from_secs(5));
    let keys = run.zone(&owner).await.unwrap();
    Foreseen::new(&signed.rrset, &signed.signatures, &keys, NOW).unwrap()
}

const GOOD: [&str; 3] = ["a.dp.example", "deep.ent.dp.example", "some.wild.dp.example"];

fn with_a_bad_one() -> World {
    World::new().tampered(|asked, rtype, mut reply| {
        if *asked == name("bad.wild.dp.example") && rtype == Rtype::TXT {
            let txt = reply.answers.iter_mut().find(|record| record.rtype == Rtype::TXT).unwrap();
            txt.rdata[1] ^= 1;
        }
        Ok(reply)
    })
}

#[tokio::test]
async fn what_does_not_hold_harms_nobody_beside_it() {
    let world = with_a_bad_one();
    let validator = world.validator(&["."]);
    let owners = ["bad.wild.dp.example", GOOD[0], GOOD[1], GOOD[2], "bad.wild.dp.example"];
    let answers = join_all(owners.map(|owner| world.ask(&validator, owner, Rtype::TXT))).await;
    let proofs: Vec<_> = answers.iter().map(|answer| answer.proof).collect();
    let bad = BOGUS(Fault::SignatureWrong);
    assert_eq!(proofs, [bad, Proof::Secure, Proof::Secure, Proof::Secure, bad]);
}

#[tokio::test]
async fn those_that_come_together_are_checked_together() {
    let world = with_a_bad_one();
    let validator = world.validator(&["."]);
    let mut all = Vec::new();
    for owner in GOOD.into_iter().chain(["bad.wild.dp.example"]) {
        all.push(foreseen(&world, &validator, owner).await);
    }
    let together = &validator.together;
    let held = join_all(all.iter().map(|one| together.hold(one.clone()))).await;
    let held: Vec<_> = held.iter().map(Option::is_some).collect();
    assert_eq!(held, [true, true, true, false]);
    // Of one alone nothing is said.
    assert!(together.hold(all[0].clone()).await.is_none());
}

#[tokio::test]
async fn nobody_waits_for_one_that_has_gone() {
    let world = World::new();
    let validator = world.validator(&["."]);
    let [one, other] =
        [foreseen(&world, &validator, GOOD[0]).await, foreseen(&world, &validator, GOOD[1]).await];
    let together = &validator.together;
    let mut first = Box::pin(together.hold(one));
    assert!(poll_immediate(&mut first).await.is_none());
    let second = together.hold(other);
    let (held, ()) = join(second, async { drop(first) }).await;
    assert!(held.is_some());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_one_that_is_not_polled_any_more() {
    let world = World::new();
    let validator = world.validator(&["."]);
    let mut all = Vec::new();
    for owner in GOOD {
        all.push(foreseen(&world, &validator, owner).await);
    }
    let together = &validator.together;
    let mut kept = Box::pin(together.hold(all[0].clone()));
    assert!(poll_immediate(&mut kept).await.is_none());
    let soon = Duration::from_millis(100);
    let others = join_all(all[1..].iter().map(|one| timeout(soon, together.hold(one.clone())))).await;
    assert!(others.into_iter().all(|held| held.unwrap().is_some()));
    assert!(kept.await.is_some());
}
