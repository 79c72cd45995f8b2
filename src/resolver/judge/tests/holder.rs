//! Who has the identifier, where several APs speak.

use super::*;

#[test]
fn contradictions_are_decided_by_proof_time_inception_and_holder() {
    use ProofMethod::{Sms, Voice};
    let (early, late) = (NOW.minus(2 * DAY), NOW.minus(DAY));
    let lost = rejected(Rejected::Contradicted);
    let mine = |method, time| claim(Ap, Some(Holder), method, time);
    let theirs = |method, time| claim(OtherAp, Some(OtherHolder), method, time);
    expect(&[(mine(Voice, early), BELIEVED), (theirs(Sms, late).at(NOW), lost)]);
    expect(&[(mine(Sms, late), BELIEVED), (theirs(Sms, early).at(NOW), lost)]);
    expect(&[(mine(Sms, late).at(NOW), BELIEVED), (theirs(Sms, late).at(NOW.minus(1)), lost)]);
    let smaller = Holder.key().public_key().key_hash() < OtherHolder.key().public_key().key_hash();
    let (first, second) = if smaller { (BELIEVED, lost) } else { (lost, BELIEVED) };
    expect(&[(mine(Sms, late), first), (theirs(Sms, late), second)]);
}

#[test]
fn a_tombstone_competes_as_an_empty_hash() {
    use ProofMethod::{Sms, Voice};
    let lost = rejected(Rejected::Contradicted);
    let tombstone = |method| claim(OtherAp, None, method, NOW.minus(DAY));
    let holder = |method| claim(Ap, Some(Holder), method, NOW.minus(DAY));
    expect(&[(holder(Sms), lost), (tombstone(Voice), BELIEVED)]);
    expect(&[(holder(Voice), BELIEVED), (tombstone(Sms), lost)]);
    expect(&[(holder(Sms), lost), (tombstone(Sms), BELIEVED)]);
    let (judged, _) = Court::default().judge(&[&rdatas(&[holder(Sms), tombstone(Voice)])]);
    assert_eq!(judged.holding, Holding::Nobody);
    assert_eq!(judged.contradiction.len(), 2);
    assert_eq!(judged.contradiction[0].holder, None);
}

#[test]
fn two_providers_that_name_one_holder_are_no_contradiction() {
    let both = [possession(Ap, Holder), possession(OtherAp, Holder)];
    let (judged, _) = Court::default().judge(&[&rdatas(&both)]);
    assert!(judged.contradiction.is_empty());
    assert!(judged.statements.iter().all(|judgement| judgement.verdict == BELIEVED));
}

#[test]
fn the_losers_wishes_and_mappings_count_no_more() {
    let winner = claim(Ap, Some(Holder), ProofMethod::Voice, NOW);
    expect(&[
        (winner, BELIEVED),
        (possession(OtherAp, OtherHolder), rejected(Rejected::Contradicted)),
        (wishes(OtherHolder, &[Msp]), rejected(Rejected::PossessionMissing)),
        (wishes(Holder, &[Msp]), BELIEVED),
        (mapping(Msp, OtherHolder), rejected(Rejected::PossessionMissing)),
    ]);
}
