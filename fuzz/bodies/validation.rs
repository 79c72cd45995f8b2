// Any octets as what a zone says of itself: its keys, their DS, signatures, denials. The first octet chooses a
// type; records follow, each after its length, to be taken as keys, as DS, as signatures and as records of that
// type in turn. Called by the fuzz target and, with its seeds, by the tests.

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::SigningKey;
use mimi_dns::dnssec::validate::{
    KeySet, Proofs, TrustAnchor, Work, WorkLimits, authenticate_keys, usable_ds, verify_rrset,
};
use mimi_dns::record::dnssec::{Algorithm, DigestType, Dnskey, Ds, RrsigHead, signed_data};
use mimi_dns::record::{Class, Name, Rdata, Rrset, Rtype, Ttl};

const NOW: UnixTime = UnixTime(1_800_000_000);
const TYPES: [Rtype; 5] = [Rtype::NSEC, Rtype::NSEC3, Rtype::A, Rtype::SOA, Rtype::DS];

/// Panics where something is proven that must not be, or more work is done than there is budget for.
pub(crate) fn validation(octets: &[u8]) {
    if let Ok(text) = std::str::from_utf8(octets) {
        let _ = TrustAnchor::parse(text);
    }
    let Some((&kind, mut rest)) = octets.split_first() else { return };
    let mut datas: Vec<Rdata> = Vec::new();
    while let [len, tail @ ..] = rest {
        let (data, tail) = tail.split_at(usize::from(*len).min(tail.len()));
        datas.push(data.into());
        rest = tail;
    }
    let (zone, rtype) = (name("example."), TYPES[usize::from(kind) % TYPES.len()]);
    let mut work = Work::default();
    // Nobody signs these keys: what is made up proves nothing.
    let strangers = rrset(&zone, Rtype::DNSKEY, &datas);
    let _ = usable_ds(&datas);
    assert!(authenticate_keys(&zone, &strangers, &datas, &datas, NOW, &mut work).is_err());
    // Signed as it is, whatever it is: by a zone that is hostile and real.
    let key = SigningKey::from_secret(Algorithm::ED25519, &[7; 32], &PUBLIC).expect("they are a pair");
    let keys = keys(&zone, &key);
    let owner =
        if kind & 0x80 == 0 { zone.clone() } else { name("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.") };
    let records = rrset(&owner, rtype, &datas);
    assert!(verify_rrset(&records, &datas, &keys, NOW, &mut work).is_err());
    let signatures = [signed(&records, &zone, &key)];
    let proofs = Proofs::verify([(&records, &signatures[..])], &keys, NOW, &mut work);
    for asked in ["example.", "a.example.", "*.example.", "c.b.a.example.", "other."].map(name) {
        let there = proofs.no_name(&asked, &mut work);
        assert!(there.is_err() || asked.is_at_or_below(&zone), "{asked} is in another zone");
        let _ = proofs.no_data(&asked, Rtype::A, &mut work);
        let _ = proofs.no_ds(&asked, &mut work);
        let _ = proofs.expansion(&asked, kind & 3, &mut work);
    }
    let (spent, limits) = (work.spent(), WorkLimits::default());
    assert!(spent.signatures <= limits.signatures && spent.hash_blocks <= limits.hash_blocks);
}

/// That of the seed 7, 7, 7 …
const PUBLIC: [u8; 32] = [
    234, 74, 108, 99, 226, 156, 82, 10, 190, 245, 80, 123, 19, 46, 197, 249, 149, 71, 118, 174, 190, 190,
    123, 146, 66, 30, 234, 105, 20, 70, 210, 44,
];

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn rrset(owner: &Name, rtype: Rtype, datas: &[Rdata]) -> Rrset {
    let (owner, rdatas) = (owner.clone(), datas.to_vec());
    Rrset { owner, class: Class::IN, rtype, ttl: Ttl::from_secs(60), rdatas }
}

fn signed(records: &Rrset, zone: &Name, key: &SigningKey) -> Rdata {
    let by = (Algorithm::ED25519, key.key_tag(Dnskey::ZONE), zone);
    let head = RrsigHead::new(&records.owner, records.rtype, records.ttl, by, (1_799_999_000, 1_800_001_000));
    let rdatas = records.rdatas.iter().map(|rdata| &**rdata);
    let octets =
        signed_data(&head, &records.owner, records.class, rdatas).expect("the labels are the owner's");
    head.rdata(&key.sign(&octets)).into()
}

fn keys(zone: &Name, key: &SigningKey) -> KeySet {
    let dnskey: Rdata = key.dnskey(Dnskey::ZONE).into();
    let ds = Ds::rdata_of(zone, &Dnskey::parse(&dnskey).expect("a key"), DigestType::SHA256);
    let dnskeys = rrset(zone, Rtype::DNSKEY, &[dnskey]);
    let (signatures, ds) = ([signed(&dnskeys, zone, key)], [ds.expect("a digest").into()]);
    authenticate_keys(zone, &dnskeys, &signatures, &ds, NOW, &mut Work::default()).expect("an honest key")
}
