//! What may and what may not be proven: against a model of small zones, and case by case.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::dnssec::validate::testing::{NOW, Signer, name, rrset};
use crate::record::dnssec::{Nsec, Nsec3, Nsec3Params, nsec3_hash};

const APEX: &str = "example.";

/// The names of a zone and their types, empty non-terminals without any.
type Model = BTreeMap<Name, BTreeSet<Rtype>>;

/// Adds apex, empty non-terminals, and takes away what a cut or DNAME hides.
fn model(names: &[(Name, Vec<Rtype>)]) -> Model {
    let mut model = Model::new();
    for (name, rtypes) in names {
        model.entry(name.clone()).or_default().extend(rtypes);
    }
    let apex = name(APEX);
    model.entry(apex.clone()).or_default().extend([Rtype::SOA, Rtype::NS]);
    let hides = |rtypes: &BTreeSet<Rtype>| {
        rtypes.contains(&Rtype::DNAME) || (rtypes.contains(&Rtype::NS) && !rtypes.contains(&Rtype::SOA))
    };
    let tops: Vec<Name> =
        model.iter().filter(|(_, rtypes)| hides(rtypes)).map(|(name, _)| name.clone()).collect();
    model.retain(|name, _| !tops.iter().any(|top| name != top && name.is_at_or_below(top)));
    for below in model.keys().cloned().collect::<Vec<_>>() {
        let mut above = below.parent();
        while let Some(name) = above.filter(|name| name.is_at_or_below(&apex)) {
            model.entry(name.clone()).or_default();
            above = name.parent();
        }
    }
    model
}

/// The zone's NSEC records.
fn ordered(model: &Model) -> Vec<Rrset> {
    let owners: Vec<_> = model.iter().filter(|(_, rtypes)| !rtypes.is_empty()).collect();
    let next = owners.iter().cycle().skip(1);
    let links = owners.iter().zip(next).map(|((owner, rtypes), (next, _))| {
        let rtypes = rtypes.iter().copied().chain([Rtype::NSEC, Rtype::RRSIG]);
        with_data(owner, Rtype::NSEC, Nsec::rdata_of(next, rtypes))
    });
    links.collect()
}

/// The zone's NSEC3 records; with opt-out without delegations that have no DS.
fn hashed(model: &Model, params: &Nsec3Params<'_>) -> Vec<Rrset> {
    let opt_out = params.flags & Nsec3::OPT_OUT != 0;
    let left_out = |rtypes: &BTreeSet<Rtype>| {
        opt_out
            && rtypes.contains(&Rtype::NS)
            && !rtypes.contains(&Rtype::SOA)
            && !rtypes.contains(&Rtype::DS)
    };
    let signed: Vec<_> = model.iter().filter(|(_, rtypes)| !left_out(rtypes)).collect();
    // An empty non-terminal above such delegations alone is left out too (RFC 5155 §7.1).
    let is_needed =
        |owner: &Name| signed.iter().any(|(name, rtypes)| !rtypes.is_empty() && name.is_at_or_below(owner));
    let mut links: Vec<_> = signed
        .iter()
        .filter(|(owner, _)| is_needed(owner))
        .map(|(owner, rtypes)| (nsec3_hash(owner.as_wire(), params.iterations, params.salt), rtypes))
        .collect();
    links.sort();
    let next = links.iter().cycle().skip(1);
    let records = links.iter().zip(next).map(|((hash, rtypes), (next, _))| {
        let owner = Nsec3::owner(hash, &name(APEX)).unwrap();
        with_data(&owner, Rtype::NSEC3, Nsec3::rdata_of(params, next, rtypes.iter().copied()))
    });
    records.collect()
}

fn with_data(owner: &Name, rtype: Rtype, rdata: Vec<u8>) -> Rrset {
    Rrset { owner: owner.clone(), rtype, rdatas: vec![rdata.into()], ..rrset(APEX, rtype, &[]) }
}

/// As if the records had been verified.
fn proofs<'a>(zone: &'a Name, records: impl IntoIterator<Item = &'a Rrset>) -> Proofs<'a> {
    let mut proofs = Proofs::none(zone);
    for record in records {
        proofs.add(record).unwrap();
    }
    proofs
}

/// What RFC 1034 §4.3.2 and RFC 4592 make of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth<'a> {
    There(&'a BTreeSet<Rtype>),
    ByWildcard { labels: usize, types: &'a BTreeSet<Rtype> },
    Absent,
    Elsewhere,
}

fn truth<'a>(model: &'a Model, name: &Name) -> Truth<'a> {
    if let Some(rtypes) = model.get(name) {
        return Truth::There(rtypes);
    }
    let mut encloser = name.parent().unwrap();
    while !model.contains_key(&encloser) {
        encloser = encloser.parent().unwrap();
    }
    let rtypes = &model[&encloser];
    if rtypes.contains(&Rtype::DNAME) || (rtypes.contains(&Rtype::NS) && !rtypes.contains(&Rtype::SOA)) {
        return Truth::Elsewhere;
    }
    match model.get(&encloser.with_label(b"*").unwrap()) {
        Some(types) => Truth::ByWildcard { labels: encloser.label_count(), types },
        None => Truth::Absent,
    }
}

/// Compares what the proofs from the whole chain say with the truth: nothing that is there is ever denied, and
/// what is absent is proven to be, or in a span of opt-out.
fn compare(model: &Model, proofs: &Proofs<'_>, name: &Name, opt_out: bool) -> Result<(), TestCaseError> {
    let mut work = Work::default();
    let no_name = proofs.no_name(name, &mut work);
    let no_a = proofs.no_data(name, Rtype::A, &mut work);
    let no_ds = proofs.no_ds(name, &mut work);
    let lacks_a = |types: &BTreeSet<Rtype>| {
        !types.contains(&Rtype::A) && !types.contains(&Rtype::CNAME) && !is_cut(types)
    };
    match truth(model, name) {
        Truth::There(types) => {
            prop_assert!(no_name.is_err(), "{name} exists");
            // An empty non-terminal that is left out seems covered by a wildcard further up.
            let told = (no_a == Ok(Absence::Data)) == lacks_a(types) || (opt_out && no_a.is_err());
            prop_assert!(told, "{name} A {no_a:?}");
            let (found, wanted) = (no_ds.ok(), ds_absence(types));
            let told = found == wanted || (opt_out && found == Some(DsAbsence::OptOut));
            prop_assert!(told, "{name} DS {found:?}");
        }
        Truth::ByWildcard { labels, types } => {
            prop_assert!(no_name.is_err(), "a wildcard gives {name}");
            // A wildcard that is an empty non-terminal is left out like others.
            let told = (no_a == Ok(Absence::Data)) == lacks_a(types) || (opt_out && no_a.is_err());
            prop_assert!(told, "{name} A {no_a:?}");
            for depth in 1..name.label_count() {
                let expansion = proofs.expansion(name, u8::try_from(depth).unwrap(), &mut work);
                let told = expansion.is_ok() == (depth >= labels) || (opt_out && is_opt_out(&expansion));
                prop_assert!(told, "{name} from {depth}: {expansion:?}");
            }
        }
        Truth::Absent => {
            // Below an empty non-terminal that is left out, a wildcard further up seems to cover the name.
            prop_assert!(no_name.is_ok() || opt_out, "{name} {no_name:?}");
            prop_assert!(no_a == Ok(Absence::Name) || opt_out, "{name} {no_a:?}");
            let told = no_ds == Ok(DsAbsence::NotACut) || (opt_out && no_ds == Ok(DsAbsence::OptOut));
            prop_assert!(told, "{name} {no_ds:?}");
        }
        Truth::Elsewhere => {
            prop_assert!(no_name.is_err() && no_a.is_err());
            prop_assert!(opt_out || no_ds.is_err(), "{name} is elsewhere");
        }
    }
    Ok(())
}

fn is_cut(types: &BTreeSet<Rtype>) -> bool {
    types.contains(&Rtype::NS) && !types.contains(&Rtype::SOA)
}

fn ds_absence(types: &BTreeSet<Rtype>) -> Option<DsAbsence> {
    match () {
        () if types.contains(&Rtype::SOA) || types.contains(&Rtype::DS) => None,
        () if types.contains(&Rtype::NS) => Some(DsAbsence::Delegation),
        () => Some(DsAbsence::NotACut),
    }
}

fn is_opt_out<T>(result: &Result<T, Unproven>) -> bool {
    matches!(result, Err(Unproven::Insecure(InsecureReason::OptOut)))
}

fn owner() -> impl Strategy<Value = Name> {
    let label = prop_oneof![Just("a"), Just("b"), Just("c"), Just("*")];
    proptest::collection::vec(label, 0..4).prop_map(|labels| {
        let dotted: String = labels.iter().map(|label| format!("{label}.")).collect();
        name(&format!("{dotted}{APEX}"))
    })
}

fn types() -> impl Strategy<Value = Vec<Rtype>> {
    prop_oneof![
        4 => Just(vec![Rtype::A]),
        2 => Just(vec![Rtype::TXT]),
        1 => Just(vec![Rtype::CNAME]),
        1 => Just(vec![Rtype::NS]),
        1 => Just(vec![Rtype::NS, Rtype::DS]),
        1 => Just(vec![Rtype::DNAME]),
    ]
}

fn zone() -> impl Strategy<Value = Model> {
    let below = |(owner, types): &(Name, Vec<Rtype>)| {
        // At the apex, SOA and NS stand already; a cut is no wildcard.
        owner.label_count() > 1 && !(owner.is_wildcard() && types != &[Rtype::A] && types != &[Rtype::TXT])
    };
    proptest::collection::vec((owner(), types()), 0..8)
        .prop_map(move |names| model(&names.into_iter().filter(below).collect::<Vec<_>>()))
}

proptest! {
    #[test]
    fn the_whole_chain_proves_the_truth(model in zone(), asked in proptest::collection::vec(owner(), 1..12), flags in 0_u8..2) {
        let apex = name(APEX);
        let nsec = ordered(&model);
        let params = Nsec3Params { flags, iterations: 1, salt: &[7], ..Nsec3Params::BEST };
        let nsec3 = hashed(&model, &params);
        for asked in asked {
            compare(&model, &proofs(&apex, &nsec), &asked, false)?;
            compare(&model, &proofs(&apex, &nsec3), &asked, flags == 1)?;
        }
    }

    /// Whoever is on the way chooses which records of the zone arrive: any part of them proves no more.
    #[test]
    fn a_part_of_the_chain_proves_nothing_false(model in zone(), asked in owner(), kept in any::<u32>(), flags in 0_u8..2) {
        let apex = name(APEX);
        let params = Nsec3Params { flags, ..Nsec3Params::BEST };
        for records in [ordered(&model), hashed(&model, &params)] {
            let kept = records.iter().enumerate().filter(|(at, _)| kept >> (at % 32) & 1 == 1).map(|(_, kept)| kept);
            let proofs = proofs(&apex, kept);
            let mut work = Work::default();
            let no_name = proofs.no_name(&asked, &mut work).is_ok();
            let no_a = proofs.no_data(&asked, Rtype::A, &mut work).is_ok();
            let no_ds = proofs.no_ds(&asked, &mut work);
            match truth(&model, &asked) {
                Truth::There(types) | Truth::ByWildcard { types, .. } => {
                    prop_assert!(!no_name);
                    prop_assert!(!no_a || !(types.contains(&Rtype::A) || types.contains(&Rtype::CNAME)));
                    let is_there = matches!(truth(&model, &asked), Truth::There(_));
                    prop_assert!(!is_there || !types.contains(&Rtype::DS) || no_ds.is_err());
                    prop_assert!(!types.contains(&Rtype::NS) || no_ds != Ok(DsAbsence::NotACut));
                }
                Truth::Elsewhere => prop_assert!(!no_name && !no_a && no_ds != Ok(DsAbsence::Delegation)),
                Truth::Absent => prop_assert!(no_ds != Ok(DsAbsence::Delegation)),
            }
        }
    }
}

fn nsec(owner: &str, next: &str, types: &[Rtype]) -> Rrset {
    with_data(&name(owner), Rtype::NSEC, Nsec::rdata_of(&name(next), types.iter().copied()))
}

fn fault<T: std::fmt::Debug>(result: Result<T, Unproven>) -> Fault {
    match result.unwrap_err() {
        Unproven::Bogus(fault) => fault,
        Unproven::Insecure(reason) => panic!("{reason}"),
    }
}

#[test]
fn spans_that_leave_the_zone_are_refused() {
    let apex = name(APEX);
    for (owner, next) in [
        ("a.example.", "b.other."),
        ("a.example.", "."),
        ("b.example.", "a.example."),
        ("a.example.", "a.example."),
        ("a.other.", "b.example."),
    ] {
        let record = nsec(owner, next, &[Rtype::A]);
        assert_eq!(Proofs::none(&apex).add(&record), Err(Fault::NextOutOfZone), "{owner} {next}");
    }
    assert_eq!(Proofs::none(&apex).add(&nsec("b.example.", APEX, &[Rtype::A])), Ok(()));
}

#[test]
fn the_other_side_of_a_cut_denies_nothing() {
    let (apex, mut work) = (name(APEX), Work::default());
    let parents = [nsec("sub.example.", "t.example.", &[Rtype::NS])];
    let of_parent = proofs(&apex, &parents);
    assert_eq!(fault(of_parent.no_data(&name("sub.example."), Rtype::A, &mut work)), Fault::DenialAcrossCut);
    assert_eq!(fault(of_parent.no_name(&name("a.sub.example."), &mut work)), Fault::DenialAcrossCut);
    assert_eq!(fault(of_parent.expansion(&name("a.sub.example."), 1, &mut work)), Fault::DenialAcrossCut);
    assert_eq!(of_parent.no_data(&name("sub.example."), Rtype::DS, &mut work), Ok(Absence::Data));
    assert_eq!(of_parent.no_ds(&name("sub.example."), &mut work), Ok(DsAbsence::Delegation));
    let childs = [nsec(APEX, "z.example.", &[Rtype::NS, Rtype::SOA])];
    let of_child = proofs(&apex, &childs);
    assert_eq!(fault(of_child.no_ds(&apex, &mut work)), Fault::DenialAcrossCut);
    assert_eq!(fault(of_child.no_data(&apex, Rtype::DS, &mut work)), Fault::DenialAcrossCut);
    assert_eq!(of_child.no_data(&apex, Rtype::A, &mut work), Ok(Absence::Data));
    let alias = [nsec("d.example.", "z.example.", &[Rtype::DNAME])];
    assert_eq!(
        fault(proofs(&apex, &alias).no_name(&name("a.d.example."), &mut work)),
        Fault::DenialAcrossCut
    );
    let root = Name::root();
    let record = nsec(".", "a.", &[Rtype::NS, Rtype::SOA]);
    assert_eq!(proofs(&root, [&record]).no_data(&root, Rtype::DS, &mut work), Ok(Absence::Data), "no parent");
}

#[test]
fn nxname_is_absence() {
    let (apex, mut work) = (name(APEX), Work::default());
    let records = [nsec("a.example.", "\\000.a.example.", &[Rtype::RRSIG, Rtype::NSEC, Rtype::NXNAME])];
    let proofs = proofs(&apex, &records);
    assert_eq!(proofs.no_name(&name("a.example."), &mut work), Ok(()));
    assert_eq!(proofs.no_data(&name("a.example."), Rtype::A, &mut work), Ok(Absence::Name));
    assert_eq!(proofs.no_ds(&name("a.example."), &mut work), Ok(DsAbsence::NotACut));
    assert_eq!(fault(proofs.no_name(&name("b.example."), &mut work)), Fault::NameNotDenied);
}

#[test]
fn a_wildcard_with_names_below_it_exists() {
    let (apex, zone) = (name(APEX), model(&[(name("a.*.example."), vec![Rtype::A])]));
    for records in [ordered(&zone), hashed(&zone, &Nsec3Params::BEST)] {
        let (proofs, mut work) = (proofs(&apex, &records), Work::default());
        assert_eq!(fault(proofs.no_name(&name("b.example."), &mut work)), Fault::WildcardNotDenied);
        assert_eq!(proofs.no_data(&name("b.example."), Rtype::A, &mut work), Ok(Absence::Data));
    }
}

#[test]
fn any_is_absent_where_nothing_is() {
    let (apex, mut work) = (name(APEX), Work::default());
    let records = [nsec("a.example.", "b.example.", &[Rtype::RRSIG, Rtype::NSEC, Rtype::TXT])];
    let proofs = proofs(&apex, &records);
    assert_eq!(fault(proofs.no_data(&name("a.example."), Rtype::ANY, &mut work)), Fault::DenialContradicts);
    assert_eq!(proofs.no_data(&name("a.example."), Rtype::A, &mut work), Ok(Absence::Data));
}

#[test]
fn records_that_do_not_verify_prove_nothing_and_say_why() {
    let signer = Signer::new(APEX);
    let (keys, mut work) = (signer.keys(), Work::default());
    let record = nsec("a.example.", "c.example.", &[Rtype::A]);
    let made = Rrset { owner: name("x.w.example."), ..nsec("*.w.example.", "z.example.", &[Rtype::A]) };
    let good = signer.sign(&record);
    let late = signer.sign_as(&record, |head| head.expiration = head.inception + 1);
    let as_wildcard = signer.sign_as(&made, |head| head.labels = 2);
    for (record, signature, wanted) in [
        (&record, vec![], Fault::SignatureMissing),
        (&record, vec![late], Fault::SignatureExpired),
        (&made, vec![as_wildcard], Fault::DenialExpanded),
    ] {
        let proofs = Proofs::verify([(record, &signature[..])], &keys, NOW, &mut work);
        assert_eq!(fault(proofs.no_name(&name("b.example."), &mut work)), wanted);
        assert_eq!(proofs.lifetime(), None);
    }
    let (signatures, other) = ([good], rrset("a.example.", Rtype::A, &["192.0.2.1"]));
    let proofs = Proofs::verify([(&record, &signatures[..]), (&other, &[])], &keys, NOW, &mut work);
    assert_eq!(proofs.lifetime(), Some((record.ttl, NOW.plus(86_400))));
    assert_eq!(fault(proofs.no_name(&name("b.example."), &mut work)), Fault::WildcardNotDenied);
    assert_eq!(proofs.no_ds(&name("b.example."), &mut work), Ok(DsAbsence::NotACut));
    let none = Proofs::verify([], &keys, NOW, &mut work);
    assert_eq!(fault(none.no_name(&name("b.example."), &mut work)), Fault::DenialMissing);
}

#[test]
fn nsec3_of_unknown_form_proves_nothing() {
    let apex = name(APEX);
    let owner = Nsec3::owner(&[1; 20], &apex).unwrap();
    let with = |params: &Nsec3Params<'_>| Nsec3::rdata_of(params, &[2; 20], [Rtype::A]);
    let mut short = Nsec3Params::BEST.rdata();
    short.extend([1, 2]);
    for rdata in [
        with(&Nsec3Params { hash_algorithm: 2, ..Nsec3Params::BEST }),
        with(&Nsec3Params { flags: 2, ..Nsec3Params::BEST }),
        with(&Nsec3Params { flags: 0x81, ..Nsec3Params::BEST }),
        short,
        vec![1, 0],
    ] {
        let record = with_data(&owner, Rtype::NSEC3, rdata);
        assert_eq!(Proofs::none(&apex).add(&record), Err(Fault::Nsec3IllFormed));
    }
    let (fine, other) = (Nsec3Params::BEST, Nsec3Params { salt: &[1], ..Nsec3Params::BEST });
    let [fine, other] = [fine, other].map(|params| with_data(&owner, Rtype::NSEC3, with(&params)));
    let mut proofs = proofs(&apex, [&fine]);
    assert_eq!(proofs.add(&other), Err(Fault::Nsec3IllFormed), "another chain");
    let below = Rrset { owner: Nsec3::owner(&[1; 20], &name("a.example.")).unwrap(), ..fine.clone() };
    assert_eq!(Proofs::none(&apex).add(&below), Err(Fault::Nsec3IllFormed), "not at the apex");
}

#[test]
fn without_a_closest_encloser_nothing_is_proven() {
    let (apex, zone) = (name(APEX), model(&[(name("a.example."), vec![Rtype::A])]));
    let records = hashed(&zone, &Nsec3Params::BEST);
    let of_apex = Nsec3::owner(&nsec3_hash(apex.as_wire(), 0, &[]), &apex).unwrap();
    let (mut work, proofs) =
        (Work::default(), proofs(&apex, records.iter().filter(|set| set.owner != of_apex)));
    assert_eq!(fault(proofs.no_name(&name("b.example."), &mut work)), Fault::EncloserNotProven);
    assert_eq!(fault(proofs.no_ds(&name("b.example."), &mut work)), Fault::EncloserNotProven);
    assert_eq!(fault(proofs.no_name(&name("b.other."), &mut work)), Fault::OutOfZone);
}

#[test]
fn too_many_iterations_are_insecure() {
    let (apex, zone) = (name(APEX), model(&[(name("a.example."), vec![Rtype::A])]));
    for (iterations, wanted) in
        [(150, Ok(())), (151, Err(Unproven::Insecure(InsecureReason::Nsec3Iterations)))]
    {
        let mut work = Work::default();
        let records = hashed(&zone, &Nsec3Params { iterations, ..Nsec3Params::BEST });
        let proofs = proofs(&apex, &records);
        assert_eq!(proofs.no_name(&name("b.example."), &mut work), wanted);
        assert_eq!(proofs.expansion(&name("b.example."), 1, &mut work), wanted);
        assert!(wanted.is_ok() || work.spent().hash_blocks == 0, "nothing is hashed");
    }
}

/// CVE-2023-50868: a name of as many labels as there can be makes a validator hash each of its ancestors.
#[test]
fn deep_names_under_many_iterations_cost_little() {
    let (apex, zone) = (name(APEX), model(&[(name("a.example."), vec![Rtype::A])]));
    let deep = name(&format!("{}{APEX}", "b.".repeat(120)));
    let salt = [7; 255];
    let records = hashed(&zone, &Nsec3Params { iterations: 150, salt: &salt, ..Nsec3Params::BEST });
    let proofs = proofs(&apex, &records);
    let mut work = Work::default();
    for _ in 0..3 {
        assert_eq!(fault(proofs.no_name(&deep, &mut work)), Fault::TooMuchWork);
    }
    let limit = super::super::WorkLimits::default().hash_blocks;
    assert!(work.spent().hash_blocks <= limit, "{:?}", work.spent());
    // As deep with the parameters that are advised it is nothing.
    let (mut work, records) = (Work::default(), hashed(&zone, &Nsec3Params::BEST));
    assert_eq!(super::tests::proofs(&apex, &records).no_name(&deep, &mut work), Ok(()));
    assert!(work.spent().hash_blocks < 500, "{:?}", work.spent());
}
