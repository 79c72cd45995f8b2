//! Faults of what denies, by NSEC and by NSEC3.

use mimi_dns::record::Rtype;
use mimi_dns::record::dnssec::{Nsec, Nsec3, Nsec3Hash, nsec3_hash};

use super::{Case, NO_DATA, NONE, OPT_OUT, WILD, case, lapse};
use crate::faults::draft::Draft;

pub(super) fn all() -> Vec<Case> {
    [wildcards(), denials(), hashed()].into_iter().flatten().collect()
}

fn wildcards() -> Vec<Case> {
    vec![
        case(
            "wild-no-proof",
            "a wildcard's answer without a proof",
            WILD,
            "bogus: denial-missing",
            |draft| {
                drop_all(draft, Rtype::NSEC);
            },
        ),
        case(
            "wild-nearer",
            "a wildcard's answer for a name that exists",
            ("a.w", Rtype::TXT),
            "bogus: denial-missing",
            |draft| {
                given(draft, "a.w");
                // As if the name were not there: the span before it, and its proof, cover another name.
                let span = draft.name("b.w");
                draft.change_nsec("*.w", |next, _| *next = span);
                add_nsec(draft, "a.w", "www", &[Rtype::TXT, Rtype::NSEC, Rtype::RRSIG]);
            },
        ),
        case(
            "wild-other",
            "a wildcard's answer outside of the wildcard",
            ("x.a", Rtype::TXT),
            "bogus: signature-wrong",
            |draft| {
                given(draft, "x.a");
                draft.signatures.insert(
                    (draft.name("x.a"), Rtype::TXT),
                    vec![draft.signatures[&(draft.name("*.w"), Rtype::TXT)][0].clone()],
                );
            },
        ),
        case(
            "wild-no-proof3",
            "a wildcard's answer without a proof by NSEC3",
            WILD,
            "bogus: expansion-not-proven",
            |draft| {
                let hash = nsec3_hash(draft.name("x.w").as_wire(), 0, &[]);
                cut_spans(draft, &hash);
            },
        )
        .nsec3(0, 0),
    ]
}

fn denials() -> Vec<Case> {
    vec![
        case("nsec-missing", "NSEC missing: NXDOMAIN", NONE, "bogus: denial-missing", |draft| drop_all(draft, Rtype::NSEC)),
        case("nsec-missing2", "NSEC missing: NODATA", NO_DATA, "bogus: denial-missing", |draft| drop_all(draft, Rtype::NSEC)),
        case("nsec-unsigned", "NSEC not signed", NONE, "bogus: signature-missing", |draft| {
            draft.signatures.retain(|(_, rtype), _| *rtype != Rtype::NSEC);
        }),
        case("nsec-expired", "NSEC's signature has expired", NONE, "bogus: signature-expired", |draft| {
            draft.resign("m", Rtype::NSEC, lapse);
        }),
        case("nsec-short", "NSEC ends before the name", NONE, "bogus: name-not-denied", |draft| {
            let end = draft.name("n");
            draft.change_nsec("m", |next, _| *next = end);
        }),
        case("nsec-out", "NSEC's next name is not in the zone", NONE, "bogus: next-out-of-zone", |draft| {
            draft.change_nsec("m", |next, _| *next = "zzz.".parse().unwrap());
        }),
        case("nsec-back", "NSEC's next name comes before its owner", NONE, "bogus: next-out-of-zone", |draft| {
            let back = draft.name("b");
            draft.change_nsec("m", |next, _| *next = back);
        }),
        case("nsec-wild", "the wildcard not denied", NONE, "bogus: wildcard-not-denied", |draft| {
            // `!` comes before `*`.
            let end = draft.name("!");
            draft.change_nsec("@", |next, _| *next = end);
        }),
        case("nsec-type", "NSEC says that the type is there", NO_DATA, "bogus: denial-contradicts", |draft| {
            draft.change_nsec("www", |_, types| types.push(Rtype::MX));
        }),
        case("nsec-cname", "NSEC says that an alias is there", NO_DATA, "bogus: denial-contradicts", |draft| {
            draft.change_nsec("www", |_, types| types.push(Rtype::CNAME));
        }),
        case("nsec-cut", "NODATA by the parent's side of a cut", NO_DATA, "bogus: denial-across-cut", |draft| {
            draft.change_nsec("www", |_, types| types.push(Rtype::NS));
        })
        .why("the NSEC record also says that a zone which is not signed begins there: they take the answer for that zone's"),
        case("nsec-above", "NXDOMAIN by the NSEC of a cut above", ("x.m", Rtype::A), "bogus: denial-across-cut", |draft| {
            draft.change_nsec("m", |_, types| types.push(Rtype::NS));
        })
        .why("the NSEC record also says that a zone which is not signed begins there: they take the answer for that zone's"),
        case("nsec-dname", "NXDOMAIN by the NSEC of a DNAME above", ("x.m", Rtype::A), "bogus: denial-across-cut", |draft| {
            draft.change_nsec("m", |_, types| types.push(Rtype::DNAME));
        }),
        case("nsec-made", "NSEC made from a wildcard", NONE, "bogus: denial-expanded", |draft| {
            draft.resign("m", Rtype::NSEC, |head| head.labels -= 1);
        })
        .why("Unbound takes the record for the wildcard's own, which covers the name too"),
        case("nxname", "nothing: NXNAME at the name (RFC 9824)", NONE, "secure: no such name", |draft| {
            add_nsec(draft, "none", "\\000.none", &[Rtype::RRSIG, Rtype::NSEC, Rtype::NXNAME]);
        }),
    ]
}

fn hashed() -> Vec<Case> {
    vec![
        case("iterations", "150 iterations", NONE, "secure", |_| {}).nsec3(0, 150),
        case("iterations2", "151 iterations", NONE, "insecure: nsec3-iterations", |_| {}).nsec3(0, 151),
        case("iterations3", "2500 iterations", NONE, "insecure: nsec3-iterations", |_| {}).nsec3(0, 2500),
        case("nsec3-missing", "NSEC3 missing", NONE, "bogus: denial-missing", |draft| drop_all(draft, Rtype::NSEC3)).nsec3(0, 0),
        case("nsec3-flag", "an unknown flag in NSEC3", NO_DATA, "bogus: nsec3-ill-formed", |draft| {
            draft.change_nsec3("www", |flags, _, _| *flags |= 2);
        })
        .why("RFC 5155 §8.2: records with unknown flags are to be ignored; delv does not")
        .nsec3(0, 0),
        case("nsec3-type", "NSEC3 says that the type is there", NO_DATA, "bogus: denial-contradicts", |draft| {
            draft.change_nsec3("www", |_, _, types| types.push(Rtype::MX));
        })
        .nsec3(0, 0),
        case("nsec3-cut", "NODATA by the parent's side of a cut, NSEC3", NO_DATA, "bogus: denial-across-cut", |draft| {
            draft.change_nsec3("www", |_, _, types| types.push(Rtype::NS));
        })
        .why("the NSEC record also says that a zone which is not signed begins there: they take the answer for that zone's")
        .nsec3(0, 0),
        case("nsec3-encloser", "the NSEC3 record of the closest encloser missing", ("x.m", Rtype::A), "bogus: name-not-denied", |draft| {
            let owner = draft.hashed("m");
            draft.remove(&owner, Rtype::NSEC3);
        })
        .nsec3(0, 0),
        case("nsec3-span", "NSEC3 ends before the name", NONE, "bogus: name-not-denied", |draft| {
            let hash = nsec3_hash(draft.name("none").as_wire(), 0, &[]);
            cut_spans(draft, &hash);
        })
        .nsec3(0, 0),
        case("opt-out", "NXDOMAIN in a span of opt-out", NONE, "insecure: opt-out", |_| {})
        .why("RFC 5155 §9.2: no AD in a span of opt-out; delv tells of the records, which are secure").nsec3(OPT_OUT, 0),
        case("opt-out-wild", "a wildcard's answer in a span of opt-out", WILD, "insecure: opt-out", |_| {}).nsec3(OPT_OUT, 0),
    ]
}

/// Zones with a delegation of their own, which is not signed.
fn drop_all(draft: &mut Draft, dropped: Rtype) {
    draft.sets.retain(|(_, rtype), _| *rtype != dropped);
    draft.signatures.retain(|(_, rtype), _| *rtype != dropped);
}

fn given(draft: &mut Draft, owner: &str) {
    let (wildcard, owner) = ((draft.name("*.w"), Rtype::TXT), (draft.name(owner), Rtype::TXT));
    draft.sets.insert(owner.clone(), draft.sets[&wildcard].clone());
    draft.signatures.insert(owner, draft.signatures[&wildcard].clone());
}

fn add_nsec(draft: &mut Draft, owner: &str, next: &str, types: &[Rtype]) {
    let (name, next) = (draft.name(owner), draft.name(next));
    let rdata = Nsec::rdata_of(&next, types.iter().copied());
    draft.sets.insert((name, Rtype::NSEC), vec![rdata.into()]);
    draft.resign(owner, Rtype::NSEC, |_| {});
}

fn cut_spans(draft: &mut Draft, hash: &Nsec3Hash) {
    let owners: Vec<_> = draft.sets.keys().filter(|(_, rtype)| *rtype == Rtype::NSEC3).cloned().collect();
    for (owner, rtype) in owners {
        let rdata = draft.sets[&(owner.clone(), rtype)][0].clone();
        let nsec3 = Nsec3::parse(&rdata).unwrap();
        let own = Nsec3::owner_hash(&owner).unwrap();
        if nsec3.covers(&own, hash) {
            let mut next = own;
            *next.last_mut().unwrap() ^= 1;
            let short = Nsec3::rdata_of(&nsec3.params, &next, nsec3.types.iter());
            draft.sets.insert((owner.clone(), rtype), vec![short.into()]);
            draft.sign(&owner, rtype, |_| {});
        }
    }
}
