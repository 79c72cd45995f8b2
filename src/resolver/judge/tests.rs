//! One case for each rule and each way to break it.

mod holder;
mod newest;

use proptest::prelude::*;

use super::*;
use crate::record::Rdata;
use crate::record::mimisig::{Basis, Body, Endpoint, Mapping as MappingBody, ProofMethod};
use crate::resolver::budget::Limits;
use crate::resolver::policy::PolicyBuilder;
use crate::resolver::testing::Party::{Ap, Holder, Msp, OtherAp, OtherHolder, OtherMsp};
use crate::resolver::testing::{
    DAY, NOW, Statement, claim, legacy, mapping, mapping_on, number, policy, possession, wishes,
};
use crate::statement::Signer as _;

const BELIEVED: Verdict = Verdict::Believed;

fn rejected(reason: Rejected) -> Verdict {
    Verdict::Rejected(reason)
}

fn ignored(reason: Ignored) -> Verdict {
    Verdict::Ignored(reason)
}

/// Judges what each provider delivers; the verdicts are in the order of the first provider's list.
struct Court {
    policy: PolicyBuilder,
    memory: Option<RecentMemory>,
    signatures: u64,
    served: ServedKeys,
}

impl Default for Court {
    fn default() -> Self {
        Self { policy: policy(), memory: None, signatures: 64, served: ServedKeys::new() }
    }
}

impl Court {
    fn judge(self, providers: &[&[Rdata]]) -> (Judged, Option<RecentMemory>) {
        let policy = self.policy.build().unwrap();
        let identifier = number();
        let budget = Budget::new(Limits { signatures: self.signatures, ..Limits::default() });
        let memory = self.memory.as_ref().map(|memory| memory as &dyn Memory);
        let case = Case {
            identifier: &identifier,
            policy: &policy,
            now: NOW,
            budget: &budget,
            memory,
            served: &self.served,
            verdicts: &Verdicts::default(),
        };
        let delivered = providers
            .iter()
            .enumerate()
            .flat_map(|(provider, rdatas)| rdatas.iter().map(move |rdata| Delivered { provider, rdata }));
        (judge(case, delivered), self.memory)
    }

    fn verdicts(self, statements: &[Rdata]) -> Vec<Verdict> {
        let (judged, _) = self.judge(&[statements]);
        statements.iter().map(|rdata| verdict_of(&judged, rdata)).collect()
    }
}

fn verdict_of(judged: &Judged, rdata: &Rdata) -> Verdict {
    judged.statements.iter().find(|judgement| judgement.pooled.rdata == *rdata).unwrap().verdict
}

fn rdatas(statements: &[Statement]) -> Vec<Rdata> {
    statements.iter().map(Statement::rdata).collect()
}

/// Checks the verdict on each statement of a case.
#[track_caller]
fn expect(cases: &[(Statement, Verdict)]) {
    expect_with(Court::default(), cases);
}

#[track_caller]
fn expect_with(court: Court, cases: &[(Statement, Verdict)]) {
    let statements: Vec<_> = cases.iter().map(|(statement, _)| statement.rdata()).collect();
    let expected: Vec<_> = cases.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(court.verdicts(&statements), expected);
}

fn good() -> Vec<Statement> {
    vec![possession(Ap, Holder), wishes(Holder, &[Msp, OtherMsp]), mapping(Msp, Holder)]
}

#[test]
fn possession_wishes_and_mapping_together_are_believed() {
    let (judged, _) = Court::default().judge(&[&rdatas(&good())]);
    assert!(judged.statements.iter().all(|judgement| judgement.verdict == BELIEVED));
    assert_eq!(judged.holding, Holding::Holder(Holder.key().public_key().key_hash()));
    assert_eq!(judged.mappings.len(), 1);
    assert_eq!(judged.mappings[0].at.as_ref().unwrap().rank, 0);
    assert_eq!(judged.valid_until, Some(NOW.plus(DAY)));
    assert!(judged.contradiction.is_empty() && !judged.opted_out);
}

#[test]
fn none_of_the_three_counts_alone() {
    expect(&[
        (wishes(Holder, &[Msp]), rejected(Rejected::PossessionMissing)),
        (mapping(Msp, Holder), rejected(Rejected::PossessionMissing)),
    ]);
    expect(&[(possession(Ap, Holder), BELIEVED), (mapping(Msp, Holder), rejected(Rejected::WishesMissing))]);
    expect(&[
        (possession(Ap, OtherHolder), BELIEVED),
        (wishes(Holder, &[Msp]), rejected(Rejected::PossessionMissing)),
        (mapping(Msp, Holder), rejected(Rejected::PossessionMissing)),
    ]);
}

#[test]
fn nothing_counts_without_its_own_signature() {
    let other = "tel:+442079460149";
    expect(&[(possession(Ap, Holder).about(other), rejected(Rejected::BadSignature))]);
    expect(&[(possession(Ap, Holder).signed_by(OtherAp), rejected(Rejected::KeyUnknown))]);
    expect(&[
        (possession(Ap, Holder), BELIEVED),
        (wishes(Holder, &[Msp]).about(other), rejected(Rejected::BadSignature)),
    ]);
    expect(&[
        (possession(Ap, Holder), BELIEVED),
        (wishes(Holder, &[Msp, OtherMsp]), BELIEVED),
        (mapping(Msp, Holder).about(other), rejected(Rejected::BadSignature)),
        (mapping(OtherMsp, Holder).signed_by(Msp), rejected(Rejected::KeyUnknown)),
    ]);
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let statement = possession(Ap, Holder).rdata();
    for index in 0..statement.len() {
        let mut flipped = statement.clone();
        flipped[index] ^= 1;
        let verdicts = Court::default().verdicts(&[flipped]);
        assert_ne!(verdicts, [BELIEVED], "octet {index}");
    }
}

#[test]
fn a_kind_can_not_be_relabelled_nor_a_version() {
    let relabelled = |kind: u8| {
        let mut rdata = claim(Ap, None, ProofMethod::Sms, NOW).rdata();
        rdata[1] = kind;
        Court::default().verdicts(&[rdata])
    };
    assert_eq!(relabelled(1), [BELIEVED]);
    assert_eq!(relabelled(2), [rejected(Rejected::Malformed)]);
    assert_eq!(relabelled(3), [rejected(Rejected::Malformed)]);
    assert_eq!(relabelled(4), [ignored(Ignored::NotUnderstood)]);
    let mut version = possession(Ap, Holder).rdata();
    version[0] = 2;
    assert_eq!(Court::default().verdicts(&[version]), [ignored(Ignored::NotUnderstood)]);
}

#[test]
fn each_statement_has_its_time() {
    let good = possession(Ap, Holder);
    expect(&[(good.clone().at(NOW.plus(300)).until(NOW.plus(DAY)), BELIEVED)]);
    expect(&[(good.clone().at(NOW.plus(301)).until(NOW.plus(DAY)), rejected(Rejected::NotYetValid))]);
    expect(&[(good.clone().until(NOW.plus(1)), BELIEVED)]);
    expect(&[(good.clone().until(NOW), rejected(Rejected::Expired))]);
    let long = |days: u64| good.clone().until(good.inception.plus(days * DAY));
    expect(&[(long(800), BELIEVED)]);
    expect(&[(long(801), rejected(Rejected::LifetimeTooLong))]);
    let mapping = mapping(Msp, Holder);
    expect(&[
        (possession(Ap, Holder), BELIEVED),
        (wishes(Holder, &[Msp]), BELIEVED),
        (mapping.clone().until(mapping.inception.plus(11 * DAY)), rejected(Rejected::LifetimeTooLong)),
    ]);
}

#[test]
fn a_possession_needs_a_grant_for_identifier_and_strength() {
    let strong = claim(Ap, Some(Holder), ProofMethod::Voice, NOW);
    expect(&[(strong.clone(), BELIEVED)]);
    expect(&[(claim(Ap, Some(Holder), ProofMethod::Carrier, NOW), rejected(Rejected::ClaimsTooMuch))]);
    let ahead = |seconds| claim(Ap, Some(Holder), ProofMethod::Voice, NOW.plus(seconds));
    expect(&[(ahead(300), BELIEVED)]);
    expect(&[(ahead(301), rejected(Rejected::ProofInFuture))]);
    // An MSP's key is known, but it is no AP.
    expect(&[(claim(Msp, Some(Holder), ProofMethod::Sms, NOW), rejected(Rejected::NotGranted))]);
    let german = Court { policy: policy_for("+49"), ..Court::default() };
    expect_with(german, &[(strong, rejected(Rejected::OutOfScope))]);
}

fn policy_for(scope: &str) -> PolicyBuilder {
    Policy::builder().key("ap.example".parse().unwrap(), Ap.key().public_key()).grant(
        crate::resolver::policy::Grant {
            domain: "ap.example".parse().unwrap(),
            kind: crate::resolver::policy::GrantKind::Possession,
            scope: vec![scope.parse().unwrap()],
            strongest: ProofMethod::Carrier,
        },
    )
}

#[test]
fn revoked_keys_sign_nothing() {
    let (revoked, missing) = (rejected(Rejected::KeyRevoked), |reason| {
        [BELIEVED, rejected(Rejected::KeyRevoked), rejected(reason)]
    });
    let without_possession = rejected(Rejected::PossessionMissing);
    for (party, expected) in [
        (Ap, [revoked, without_possession, without_possession]),
        (Holder, missing(Rejected::WishesMissing)),
        (Msp, [BELIEVED, BELIEVED, revoked]),
    ] {
        let court = Court { policy: policy().revoke(party.key().public_key().key_id()), ..Court::default() };
        assert_eq!(court.verdicts(&rdatas(&good())), expected, "{party:?}");
    }
}

#[test]
fn of_two_keys_with_one_id_neither_counts_and_a_key_pinned_twice_does() {
    let statement = possession(Ap, Holder).rdata();
    let identifier = number();
    let budget = Budget::new(Limits::default());
    let domain: Name = Ap.domain().parse().unwrap();
    let key = Ap.key().public_key();
    let mut policy = policy().key(domain.clone(), key).build().unwrap();
    let judged = |policy: &Policy| {
        let case = Case {
            identifier: &identifier,
            policy,
            now: NOW,
            budget: &budget,
            memory: None,
            served: &ServedKeys::new(),
            verdicts: &Verdicts::default(),
        };
        judge(case, [Delivered { provider: 0, rdata: &statement }]).statements[0].verdict
    };
    assert_eq!(judged(&policy), BELIEVED);
    policy.keys.pin_colliding(domain, key.key_id(), OtherAp.key().public_key());
    assert_eq!(judged(&policy), rejected(Rejected::KeyCollision));
}

#[test]
fn only_listed_providers_with_the_holders_consent_count() {
    expect(&[
        (possession(Ap, Holder), BELIEVED),
        (wishes(Holder, &[Msp]), BELIEVED),
        (mapping(Msp, Holder), BELIEVED),
        (mapping(OtherMsp, Holder), ignored(Ignored::NotListed)),
    ]);
    let holder = Holder.key().public_key().key_hash();
    let consent = |consent| mapping_on(Msp, Basis::Holder { holder, consent });
    let inception = wishes(Holder, &[Msp]).inception;
    for (consent, verdict) in [
        (consent(inception.minus(1)), BELIEVED),
        (consent(inception), BELIEVED),
        (consent(inception.plus(1)), rejected(Rejected::ConsentTooNew)),
    ] {
        expect(&[(possession(Ap, Holder), BELIEVED), (wishes(Holder, &[Msp]), BELIEVED), (consent, verdict)]);
    }
}

#[test]
fn empty_wishes_opt_out() {
    let opted_out = vec![possession(Ap, Holder), wishes(Holder, &[]), mapping(Msp, Holder)];
    let (judged, _) = Court::default().judge(&[&rdatas(&opted_out)]);
    assert!(judged.opted_out && judged.mappings.is_empty());
    assert_eq!(verdict_of(&judged, &opted_out[2].rdata()), ignored(Ignored::NotListed));
}

#[test]
fn legacy_mappings_count_where_granted_and_nobody_is_known_to_hold_it() {
    let good = legacy(OtherMsp, ProofMethod::Sms);
    let (judged, _) = Court::default().judge(&[&rdatas(std::slice::from_ref(&good))]);
    assert_eq!(judged.mappings.len(), 1);
    assert_eq!(judged.mappings[0].at, None);
    expect(&[(legacy(OtherMsp, ProofMethod::Voice), rejected(Rejected::ClaimsTooMuch))]);
    expect(&[(legacy(Msp, ProofMethod::Sms), rejected(Rejected::NotGranted))]);
    let beside = ignored(Ignored::BesidePossession);
    expect(&[(possession(Ap, Holder), BELIEVED), (good.clone(), beside)]);
    let tombstone = claim(Ap, None, ProofMethod::Sms, NOW);
    expect(&[(tombstone, BELIEVED), (good, beside), (legacy(Msp, ProofMethod::Carrier), beside)]);
}

#[test]
fn the_budget_of_signatures_goes_to_what_matters_most() {
    let court = |signatures| Court { signatures, ..Court::default() };
    let over = ignored(Ignored::OverLimit);
    expect_with(
        court(1),
        &[
            (claim(OtherAp, Some(OtherHolder), ProofMethod::Sms, NOW), over),
            (claim(Ap, Some(Holder), ProofMethod::Voice, NOW), BELIEVED),
            (wishes(Holder, &[Msp]), over),
            (mapping(Msp, Holder), rejected(Rejected::WishesMissing)),
        ],
    );
    expect_with(
        court(3),
        &[
            (possession(Ap, Holder), BELIEVED),
            (wishes(Holder, &[OtherMsp, Msp]), BELIEVED),
            (mapping(Msp, Holder), over),
            (mapping(OtherMsp, Holder), BELIEVED),
        ],
    );
}

/// Each endpoint becomes a mapping with a copy of the holder's key and tags: 4,000 of them with a key
/// of 60,000 octets would be 300 MB.
#[test]
fn endpoints_are_rules_of_the_budget() {
    let many = |count: u16| {
        let Body::Mapping(mut body) = mapping(Msp, Holder).body else { panic!("a mapping") };
        let endpoint = |at| Endpoint::uri_record(at, 1, "https://msp.example/").unwrap();
        body.endpoints = (0..count).map(endpoint).collect();
        Statement { body: Body::Mapping(body), ..mapping(Msp, Holder) }
    };
    let rules = u16::try_from(Limits::default().rules).unwrap();
    for (count, verdict) in [(rules, BELIEVED), (rules + 1, ignored(Ignored::OverLimit))] {
        expect(&[
            (possession(Ap, Holder), BELIEVED),
            (wishes(Holder, &[Msp]), BELIEVED),
            (many(count), verdict),
        ]);
    }
}

#[test]
fn a_mapping_that_points_at_others_is_malformed() {
    // The statement is signed over foreign octets: put one together by hand from a good one.
    let good = mapping(Msp, Holder).rdata();
    let text = b"mimi://msp.example";
    let at = good.windows(text.len()).position(|window| window == text).unwrap();
    let mut foreign = good.clone();
    foreign[at + 7..at + 10].copy_from_slice(b"xyz");
    let verdicts = Court::default().verdicts(&[foreign]);
    assert_eq!(verdicts, [rejected(Rejected::Malformed)]);
    let body = Body::Mapping(MappingBody {
        issuer: "msp.example".parse().unwrap(),
        endpoints: vec![Endpoint::naptr(10, "x-mimi", "mimi://other.example/u").unwrap()],
        basis: Basis::Holder { holder: Holder.key().public_key().key_hash(), consent: NOW },
    });
    assert!(crate::statement::Draft::new(NOW, NOW.plus(1), &body).is_err());
}

/// Statements that agree, contradict, supersede, conflict, are forged, foreign, cut or unknown.
fn everything() -> Vec<Rdata> {
    let mut all = rdatas(&[
        possession(Ap, Holder),
        possession(Ap, Holder).at(NOW.minus(9)),
        possession(Ap, OtherHolder).at(NOW.minus(9)),
        claim(OtherAp, Some(Holder), ProofMethod::Voice, NOW),
        claim(OtherAp, None, ProofMethod::Sms, NOW).at(NOW.minus(5000)),
        wishes(Holder, &[Msp, OtherMsp]),
        wishes(Holder, &[Msp]).at(NOW.minus(7200)),
        wishes(OtherHolder, &[]),
        mapping(Msp, Holder),
        mapping(Msp, OtherHolder).at(NOW.minus(7200)),
        mapping(OtherMsp, Holder),
        legacy(OtherMsp, ProofMethod::Sms).at(NOW.minus(60)),
        possession(Ap, Holder).about("tel:+442079460149"),
    ]);
    all.push(all[0][..40].into());
    all.push(Box::new([9]));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_records_and_providers_changes_nothing(
        shuffled in Just(everything()).prop_shuffle(),
        cut in 0..15usize,
        signatures in 0..15u64,
    ) {
        let court = || Court { signatures, ..Court::default() };
        let (first, second) = shuffled.split_at(cut);
        let sorted = { let mut all = everything(); all.sort(); all };
        let of_first: Vec<_> = sorted.iter().filter(|rdata| first.contains(rdata)).cloned().collect();
        let of_second: Vec<_> = sorted.iter().filter(|rdata| second.contains(rdata)).cloned().collect();
        let (a, _) = court().judge(&[first, second]);
        let (b, _) = court().judge(&[&of_second, &of_first]);
        let told = |judged: &Judged| {
            let verdicts: Vec<_> = judged
                .statements
                .iter()
                .map(|judgement| (judgement.pooled.rdata.clone(), judgement.verdict))
                .collect();
            let mut mappings = judged.mappings.clone();
            mappings.sort_by(|a, b| a.mapping.issuer.cmp(&b.mapping.issuer));
            (verdicts, judged.holding, judged.opted_out, mappings, judged.contradiction.clone())
        };
        prop_assert_eq!(told(&a), told(&b));
    }
}
