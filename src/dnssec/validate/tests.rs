//! Keys and signatures, fault by fault.

use proptest::prelude::*;

use super::testing::{NOW, Signer, TTL, name, rrset};
use super::*;
use crate::clock::UnixTime;
use crate::record::dnssec::{Algorithm, DigestType, Dnskey, Ds, RrsigHead};
use crate::record::{Rdata, Rrset, Rtype, Ttl};

fn keys_of(signer: &Signer, change: impl FnOnce(&mut Rrset)) -> Result<KeySet, Unproven> {
    let mut dnskeys = signer.dnskeys();
    change(&mut dnskeys);
    let signatures = [signer.sign(&dnskeys)];
    authenticate_keys(&signer.zone, &dnskeys, &signatures, &[signer.ds()], NOW, &mut Work::default())
}

fn verified(signer: &Signer, rrset: &Rrset, signatures: &[Rdata]) -> Result<Verified, Fault> {
    verify_rrset(rrset, signatures, &signer.keys(), NOW, &mut Work::default())
}

fn bogus(result: Result<KeySet, Unproven>) -> Fault {
    match result.unwrap_err() {
        Unproven::Bogus(fault) => fault,
        Unproven::Insecure(reason) => panic!("{reason}"),
    }
}

#[test]
fn a_zone_key_is_proven_by_ds_and_signs() {
    for zone in [".", "example.", "Sub.Example."] {
        let signer = Signer::new(zone);
        let keys = signer.keys();
        assert_eq!((keys.zone(), keys.ttl(), keys.expires()), (&name(zone), TTL, NOW.plus(86_400)));
        let records = rrset(zone, Rtype::TXT, &["b", "a"]);
        let verified = verified(&signer, &records, &[signer.sign(&records)]).unwrap();
        assert_eq!(
            (verified.expanded_from(), verified.ttl(), verified.expires()),
            (None, TTL, NOW.plus(86_400))
        );
    }
}

#[test]
fn keys_that_nobody_points_to() {
    let (signer, other) = (Signer::new("example."), Signer::new("example."));
    let dnskeys = signer.dnskeys();
    let signatures = [signer.sign(&dnskeys)];
    let with =
        |ds: &[Rdata]| authenticate_keys(&signer.zone, &dnskeys, &signatures, ds, NOW, &mut Work::default());
    assert_eq!(bogus(with(&[other.ds()])), Fault::NoKeyForDs);
    assert_eq!(bogus(with(&[])), Fault::NoKeyForDs);
    assert!(with(&[other.ds(), signer.ds()]).is_ok());
    let mut wrong = signer.ds();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(bogus(with(&[wrong])), Fault::NoKeyForDs);
    assert_eq!(bogus(keys_of(&signer, |dnskeys| dnskeys.rdatas.clear())), Fault::KeysMissing);
    assert_eq!(bogus(keys_of(&signer, |dnskeys| dnskeys.owner = name("sub.example."))), Fault::OutOfZone);
}

#[test]
fn keys_signed_by_another_key_of_the_zone_alone() {
    let (entry, other) = (Signer::new("example."), Signer::new("example."));
    let mut dnskeys = entry.dnskeys();
    dnskeys.rdatas.push(other.dnskey());
    let with = |signatures: &[Rdata]| {
        authenticate_keys(&entry.zone, &dnskeys, signatures, &[entry.ds()], NOW, &mut Work::default())
    };
    assert_eq!(bogus(with(&[other.sign(&dnskeys)])), Fault::SignatureKey);
    assert_eq!(bogus(with(&[])), Fault::SignatureMissing);
    let keys = with(&[other.sign(&dnskeys), entry.sign(&dnskeys)]).unwrap();
    let records = rrset("a.example.", Rtype::A, &["192.0.2.1"]);
    let by_other = [other.sign(&records)];
    assert!(
        verify_rrset(&records, &by_other, &keys, NOW, &mut Work::default()).is_ok(),
        "a zone signing key"
    );
}

#[test]
fn keys_that_may_not_sign() {
    for (flags, fault) in [
        (Dnskey::SECURE_ENTRY_POINT, Fault::NotZoneKey),
        (Dnskey::ZONE | Dnskey::REVOKE, Fault::KeyRevoked),
        (Dnskey::ZONE | Dnskey::REVOKE | Dnskey::SECURE_ENTRY_POINT, Fault::KeyRevoked),
    ] {
        let signer = Signer { flags, ..Signer::new("example.") };
        assert_eq!(bogus(keys_of(&signer, |_| {})), fault);
        // Nor the zone's records, as one of several keys.
        let entry = Signer::new("example.");
        let mut dnskeys = entry.dnskeys();
        dnskeys.rdatas.push(signer.dnskey());
        let signatures = [entry.sign(&dnskeys)];
        let mut work = Work::default();
        let keys =
            authenticate_keys(&entry.zone, &dnskeys, &signatures, &[entry.ds()], NOW, &mut work).unwrap();
        let records = rrset("a.example.", Rtype::A, &["192.0.2.1"]);
        assert_eq!(verify_rrset(&records, &[signer.sign(&records)], &keys, NOW, &mut work), Err(fault));
    }
    let signer = Signer::new("example.");
    let mut dnskeys = signer.dnskeys();
    dnskeys.rdatas[0][2] = 2;
    let ds = Ds::rdata_of(&signer.zone, &Dnskey::parse(&dnskeys.rdatas[0]).unwrap(), DigestType::SHA256);
    let signatures = [signer.sign(&dnskeys)];
    let work = &mut Work::default();
    let with = authenticate_keys(&signer.zone, &dnskeys, &signatures, &[ds.unwrap().into()], NOW, work);
    assert_eq!(bogus(with), Fault::NotZoneKey, "protocol 2");
}

#[test]
fn what_is_not_supported_is_insecure_only_alone() {
    let signer = Signer::new("example.");
    let with = |numbers: &[(u8, u8)]| {
        let change = |&(algorithm, digest): &(u8, u8)| {
            let mut ds = signer.ds();
            (ds[2], ds[3]) = (algorithm, digest);
            ds
        };
        let ds: Vec<_> = numbers.iter().map(change).collect();
        usable_ds(&ds).map(|usable| usable.len())
    };
    let insecure = |reason| Err(Unproven::Insecure(reason));
    for algorithm in [0, 1, 3, 5, 6, 7, 12, 16, 17, 23, 253, 254, 255] {
        assert_eq!(
            with(&[(algorithm, 2), (algorithm, 1)]),
            insecure(InsecureReason::Algorithm),
            "{algorithm}"
        );
        assert_eq!(with(&[(algorithm, 2), (15, 2)]), Ok(1), "RFC 6840 §5.11");
    }
    for digest in [0, 1, 3, 5, 6, 255] {
        assert_eq!(with(&[(15, digest)]), insecure(InsecureReason::Digest), "{digest}");
        assert_eq!(with(&[(15, digest), (8, 4)]), Ok(1));
    }
    assert_eq!(with(&[(5, 2), (15, 1)]), insecure(InsecureReason::Digest));
    assert_eq!(usable_ds(&[vec![0, 1].into()]), Err(Fault::NoKeyForDs.into()), "ill formed");
}

#[test]
fn signatures_fault_by_fault() {
    let signer = Signer::new("example.");
    let records = rrset("www.example.", Rtype::A, &["192.0.2.1", "192.0.2.2"]);
    let now = u32::try_from(NOW.0).unwrap();
    let with =
        |change: &dyn Fn(&mut RrsigHead)| verified(&signer, &records, &[signer.sign_as(&records, change)]);
    assert!(with(&|_| {}).is_ok());
    type Change = fn(&mut RrsigHead, u32);
    let cases: [(Change, Fault); 9] = [
        (|head, now| head.expiration = now - 1, Fault::SignatureExpired),
        (|head, now| head.inception = now + 1, Fault::SignatureNotYetValid),
        (|head, now| (head.inception, head.expiration) = (now + 9, now + 8), Fault::SignatureTimes),
        (|head, _| head.labels = 3, Fault::LabelsTooMany),
        (|head, _| head.labels = 0, Fault::NotExpandable),
        (|head, _| head.signer = name("other."), Fault::SignerNotZone),
        (|head, _| head.signer = name("www.example."), Fault::SignerNotZone),
        (|head, _| head.key_tag ^= 1, Fault::SignatureKey),
        (|head, _| head.algorithm = Algorithm::ED448, Fault::SignatureAlgorithm),
    ];
    for (change, fault) in cases {
        assert_eq!(with(&|head| change(head, now)), Err(fault));
        // A good one beside it is enough, wherever it stands.
        let (bad, good) = (signer.sign_as(&records, |head| change(head, now)), signer.sign(&records));
        assert!(verified(&signer, &records, &[bad.clone(), good.clone()]).is_ok());
        assert!(verified(&signer, &records, &[good, bad]).is_ok());
    }
    assert!(with(&|head| (head.inception, head.expiration) = (now, now)).is_ok(), "to the second");
}

#[test]
fn records_that_are_not_what_was_signed() {
    let signer = Signer::new("example.");
    let records = rrset("www.example.", Rtype::A, &["192.0.2.1", "192.0.2.2"]);
    let signature = [signer.sign(&records)];
    let one = rrset("www.example.", Rtype::A, &["192.0.2.1"]);
    let other = rrset("web.example.", Rtype::A, &["192.0.2.1", "192.0.2.2"]);
    for changed in [one, other] {
        assert_eq!(verified(&signer, &changed, &signature), Err(Fault::SignatureWrong));
    }
    let outside = rrset("www.example.net.", Rtype::A, &["192.0.2.1"]);
    assert_eq!(verified(&signer, &outside, &[signer.sign(&outside)]), Err(Fault::OutOfZone));
    let aaaa = rrset("www.example.", Rtype::AAAA, &["2001:db8::1"]);
    assert_eq!(verified(&signer, &aaaa, &signature), Err(Fault::SignatureMissing), "it covers another type");
    assert_eq!(verified(&signer, &records, &[]), Err(Fault::SignatureMissing));
    assert_eq!(verified(&signer, &records, &[vec![0; 17].into()]), Err(Fault::SignatureIllFormed));
    let mut shuffled = rrset("WWW.Example.", Rtype::A, &["192.0.2.2", "192.0.2.1"]);
    shuffled.ttl = Ttl::from_secs(5);
    assert_eq!(
        verified(&signer, &shuffled, &signature).map(|verified| verified.ttl()),
        Ok(Ttl::from_secs(5))
    );
}

#[test]
fn a_zone_says_nothing_of_its_own_ds() {
    let signer = Signer::new("example.");
    let ds = rrset(
        "example.",
        Rtype::DS,
        &["1 15 2 0000000000000000000000000000000000000000000000000000000000000000"],
    );
    assert_eq!(verified(&signer, &ds, &[signer.sign(&ds)]), Err(Fault::OutOfZone));
    let below = Rrset { owner: name("sub.example."), ..ds };
    assert!(verified(&signer, &below, &[signer.sign(&below)]).is_ok());
    let of_wildcard = [signer.sign_as(&below, |head| head.labels = 1)];
    assert_eq!(verified(&signer, &below, &of_wildcard), Err(Fault::NotExpandable));
}

#[test]
fn what_is_kept_is_kept_no_longer_than_anything_allows() {
    let signer = Signer::new("example.");
    let records = rrset("www.example.", Rtype::A, &["192.0.2.1"]);
    let now = u32::try_from(NOW.0).unwrap();
    for (original, left, wanted) in [(60, 90_000, 60), (90_000, 90_000, 3600), (90_000, 7, 7), (90_000, 0, 0)]
    {
        let signature = signer.sign_as(&records, |head| {
            (head.original_ttl, head.expiration) = (original, now + left);
        });
        let verified = verified(&signer, &records, &[signature]).unwrap();
        assert_eq!(verified.ttl(), Ttl::from_secs(wanted));
        assert_eq!(verified.expires(), NOW.plus(left.into()));
    }
}

#[test]
fn times_beyond_2106_go_round() {
    let signer = Signer::new("example.");
    let records = rrset("www.example.", Rtype::A, &["192.0.2.1"]);
    let now = UnixTime((1 << 32) + 5);
    let keys = signer.keys();
    let with = |inception, expiration| {
        let signature =
            [signer.sign_as(&records, |head| (head.inception, head.expiration) = (inception, expiration))];
        verify_rrset(&records, &signature, &keys, now, &mut Work::default())
            .map(|verified| verified.expires())
    };
    assert_eq!(with(u32::MAX - 9, 10), Ok(now.plus(5)));
    assert_eq!(with(u32::MAX - 9, 4), Err(Fault::SignatureExpired));
    assert_eq!(with(6, 10), Err(Fault::SignatureNotYetValid));
}

#[test]
fn what_a_wildcard_gave_is_marked() {
    let signer = Signer::new("example.");
    let wildcard = rrset("*.w.example.", Rtype::TXT, &["x"]);
    let signature = [signer.sign(&wildcard)];
    let given = Rrset { owner: name("a.b.w.example."), ..wildcard.clone() };
    assert_eq!(verified(&signer, &given, &signature).map(|verified| verified.expanded_from()), Ok(Some(2)));
    assert_eq!(verified(&signer, &wildcard, &signature).map(|verified| verified.expanded_from()), Ok(None));
    let elsewhere = Rrset { owner: name("a.v.example."), ..wildcard };
    assert_eq!(verified(&signer, &elsewhere, &signature), Err(Fault::SignatureWrong));
}

/// A key of the same tag: two octets of even places change places in the sum.
fn of_same_tag(dnskey: &Rdata, step: u8) -> Rdata {
    let mut other = dnskey.clone();
    let (one, two) = (5 + 2 * usize::from(step % 7), 21 + 2 * usize::from(step / 7 % 7));
    if other[one] < 255 && other[two] > 0 {
        other[one] += 1;
        other[two] -= 1;
    } else {
        other.swap(one, two);
    }
    other
}

/// KeyTrap, CVE-2023-50387: each of many signatures fits the tag of each of many keys.
#[test]
fn many_keys_and_signatures_of_one_tag_cost_little() {
    let signer = Signer::new("example.");
    let mut dnskeys = signer.dnskeys();
    let alike: Vec<_> = (0..49).map(|step| of_same_tag(&signer.dnskey(), step)).collect();
    dnskeys.rdatas.extend(alike.into_iter().filter(|key| *key != signer.dnskey()));
    dnskeys.rdatas.dedup();
    let tag = signer.key.key_tag(signer.flags);
    let same = dnskeys.rdatas.iter().filter(|key| Dnskey::parse(key).unwrap().key_tag() == tag).count();
    assert!(same > 30, "{same} keys of one tag");
    let broken = |rrset: &Rrset, count: u8| -> Vec<Rdata> {
        let break_one = |number| {
            let mut signature = signer.sign(rrset);
            let last = signature.len() - 1;
            signature[last - 40] ^= number + 1;
            signature
        };
        (0..count).map(break_one).collect()
    };
    // The keys' own RRset: the DS points to one key, which alone is tried.
    let mut work = Work::default();
    let proven =
        authenticate_keys(&signer.zone, &dnskeys, &broken(&dnskeys, 200), &[signer.ds()], NOW, &mut work);
    assert_eq!(bogus(proven), Fault::TooMuchWork);
    assert!(work.spent().signatures <= 8 && work.spent().digests <= 17, "{:?}", work.spent());
    // Any other RRset: each key of the tag is tried with each signature, up to the bound.
    let (mut work, signatures) = (Work::default(), [signer.sign(&dnskeys)]);
    let mut honest_first = dnskeys.clone();
    honest_first.rdatas.truncate(40);
    let signatures_of = [signer.sign(&honest_first)];
    let keys = authenticate_keys(&signer.zone, &honest_first, &signatures_of, &[signer.ds()], NOW, &mut work)
        .unwrap();
    let before = work.spent().signatures;
    let records = rrset("www.example.", Rtype::A, &["192.0.2.1"]);
    let tried = verify_rrset(&records, &broken(&records, 200), &keys, NOW, &mut work);
    assert_eq!(tried, Err(Fault::TooMuchWork));
    assert_eq!(work.spent().signatures - before, 8);
    drop(signatures);
    // And all RRsets of a look-up together, up to the budget.
    while verify_rrset(&records, &broken(&records, 9), &keys, NOW, &mut work).is_err()
        && work.spent().signatures < WorkLimits::default().signatures
    {}
    let fits = [signer.sign(&records)];
    assert_eq!(verify_rrset(&records, &fits, &keys, NOW, &mut work), Err(Fault::TooMuchWork));
    assert_eq!(work.spent().signatures, WorkLimits::default().signatures);
}

/// Many DS records and many keys of one tag: each pair would be a digest.
#[test]
fn many_ds_and_keys_of_one_tag_cost_little() {
    let signer = Signer::new("example.");
    let mut dnskeys = signer.dnskeys();
    dnskeys.rdatas = (0..49).map(|step| of_same_tag(&signer.dnskey(), step)).collect();
    let wrong = |number: u8| {
        let mut ds = signer.ds();
        *ds.last_mut().unwrap() ^= number + 1;
        ds
    };
    let ds: Vec<_> = (0..100).map(wrong).collect();
    let mut work = Work::default();
    let proven = authenticate_keys(&signer.zone, &dnskeys, &[signer.sign(&dnskeys)], &ds, NOW, &mut work);
    assert_eq!(bogus(proven), Fault::TooMuchWork);
    assert_eq!(work.spent(), Spent { digests: 16, ..Spent::default() });
}

/// Keys that have nothing in common with any DS record cost as well: they are read and copied.
#[test]
fn more_keys_than_anybody_needs_are_not_read() {
    let signer = Signer::new("example.");
    for (others, proven) in [(63, true), (64, false)] {
        let mut dnskeys = signer.dnskeys();
        dnskeys.rdatas.extend((0..others).map(|step| of_same_tag(&signer.dnskey(), step)));
        let signatures = [signer.sign(&dnskeys)];
        let mut work = Work::default();
        let keys = authenticate_keys(&signer.zone, &dnskeys, &signatures, &[signer.ds()], NOW, &mut work);
        assert_eq!(keys.is_ok(), proven, "{others}");
        if let Err(unproven) = keys {
            assert_eq!((unproven, work.spent()), (Fault::TooMuchWork.into(), Spent::default()));
        }
    }
}

/// Record data of a hostile zone, and what it may be signed as.
fn octets() -> impl Strategy<Value = Rdata> {
    proptest::collection::vec(any::<u8>(), 0..80).prop_map(Into::into)
}

proptest! {
    #[test]
    fn any_octets_are_judged(
        dnskeys in proptest::collection::vec(octets(), 0..4),
        signatures in proptest::collection::vec(octets(), 0..4),
        ds in proptest::collection::vec(octets(), 0..4),
        rtype in any::<u16>(),
        now in any::<u64>(),
    ) {
        let signer = Signer::new("example.");
        let records = |rtype| Rrset { rtype, rdatas: dnskeys.clone(), ..signer.dnskeys() };
        let (mut work, now) = (Work::default(), UnixTime(now));
        let _ = authenticate_keys(&signer.zone, &records(Rtype::DNSKEY), &signatures, &ds, now, &mut work);
        let keys = signer.keys();
        let _ = verify_rrset(&records(Rtype(rtype)), &signatures, &keys, now, &mut work);
        // Signed as they are, whatever they are.
        for rtype in [Rtype::NSEC, Rtype::NSEC3, Rtype(rtype)] {
            let records = records(rtype);
            let signatures = [signer.sign(&records)];
            let proofs = Proofs::verify([(&records, &signatures[..])], &keys, NOW, &mut work);
            let _ = proofs.no_name(&name("a.example."), &mut work);
            let _ = proofs.no_data(&name("example."), Rtype::A, &mut work);
            let _ = proofs.no_ds(&name("a.b.example."), &mut work);
            let _ = proofs.expansion(&name("a.b.example."), 1, &mut work);
        }
    }
}
