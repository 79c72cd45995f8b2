//! Supersession, conflict and rollback.

use super::*;

#[test]
fn the_newest_that_verifies_supersedes() {
    expect(&[
        (possession(Ap, Holder).at(NOW.minus(20)), ignored(Ignored::Superseded)),
        (possession(Ap, OtherHolder).at(NOW.minus(10)), BELIEVED),
    ]);
    // A forged newer one does not.
    let other = "tel:+442079460149";
    expect(&[
        (possession(Ap, Holder).at(NOW.minus(20)), BELIEVED),
        (possession(Ap, OtherHolder).at(NOW.minus(10)).about(other), rejected(Rejected::BadSignature)),
    ]);
    // Nor does one that is no longer in time.
    expect(&[
        (possession(Ap, Holder).at(NOW.minus(20)), BELIEVED),
        (possession(Ap, OtherHolder).at(NOW.minus(10)).until(NOW.minus(1)), rejected(Rejected::Expired)),
    ]);
}

#[test]
fn two_newest_of_each_provider_are_verified() {
    let forged = |seconds| possession(Ap, OtherHolder).at(NOW.minus(seconds)).about("tel:+442079460149");
    let honest = possession(Ap, Holder).at(NOW.minus(30));
    expect(&[
        (forged(10), rejected(Rejected::BadSignature)),
        (forged(20), rejected(Rejected::BadSignature)),
        (honest.clone(), ignored(Ignored::NotNewest)),
    ]);
    // Another provider's forgeries do not displace what an honest one delivers.
    let (hostile, honest) = (rdatas(&[forged(10), forged(20)]), honest.rdata());
    let (judged, _) = Court::default().judge(&[&hostile, std::slice::from_ref(&honest)]);
    assert_eq!(verdict_of(&judged, &honest), BELIEVED);
}

#[test]
fn two_statements_of_one_inception_cancel_each_other_and_older_ones() {
    let (first, second) = (possession(Ap, Holder), possession(Ap, OtherHolder));
    expect(&[(first.clone(), rejected(Rejected::Conflict)), (second.clone(), rejected(Rejected::Conflict))]);
    let older = rdatas(&[first.clone(), second, possession(Ap, Holder).at(NOW.minus(9999))]);
    let (judged, _) = Court::default().judge(&[&older[..2], &older[2..]]);
    assert_eq!(verdict_of(&judged, &older[2]), ignored(Ignored::Superseded));
    assert_eq!(judged.holding, Holding::Unknown);
    // The same octets from two providers are one statement.
    let once = rdatas(&[first]);
    let (judged, _) = Court::default().judge(&[&once, &once]);
    assert_eq!(judged.statements.len(), 1);
    assert_eq!(verdict_of(&judged, &once[0]), BELIEVED);
}

#[test]
fn what_was_replaced_does_not_come_back() {
    let newer = rdatas(&[possession(Ap, Holder).at(NOW.minus(10))]);
    let older = rdatas(&[possession(Ap, Holder).at(NOW.minus(20))]);
    let remember = |judged: Judged, memory: Option<RecentMemory>| {
        let memory = memory.unwrap();
        for (subject, inception) in judged.seen {
            memory.remember(subject, inception);
        }
        Some(memory)
    };
    let court = |memory| Court { memory, ..Court::default() };
    let (judged, memory) = court(Some(RecentMemory::new(9))).judge(&[&newer]);
    let memory = remember(judged, memory);
    let (judged, memory) = court(memory).judge(&[&older]);
    assert_eq!(verdict_of(&judged, &older[0]), rejected(Rejected::Rollback));
    // Where the newer one is to be had, the older one is only superseded.
    let memory = remember(judged, memory);
    let (judged, memory) = court(memory).judge(&[&older, &newer]);
    assert_eq!(verdict_of(&judged, &older[0]), ignored(Ignored::Superseded));
    assert_eq!(verdict_of(&judged, &newer[0]), BELIEVED);
    // What does not verify is not remembered.
    let memory = remember(judged, memory);
    let forged = rdatas(&[possession(Ap, Holder).at(NOW).about("tel:+442079460149")]);
    let (judged, memory) = court(memory).judge(&[&forged]);
    let memory = remember(judged, memory);
    let (judged, _) = court(memory).judge(&[&newer]);
    assert_eq!(verdict_of(&judged, &newer[0]), BELIEVED);
}

#[test]
fn an_older_mapping_does_not_stand_in_for_a_newer_one_that_fails() {
    let holder = Holder.key().public_key().key_hash();
    let fails = mapping_on(Msp, Basis::Holder { holder, consent: NOW }).at(NOW.minus(5));
    expect(&[
        (possession(Ap, Holder), BELIEVED),
        (wishes(Holder, &[Msp]), BELIEVED),
        (mapping(Msp, Holder), ignored(Ignored::Superseded)),
        (fails, rejected(Rejected::ConsentTooNew)),
    ]);
}
