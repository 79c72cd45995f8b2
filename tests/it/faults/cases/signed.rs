//! Faults of signatures, keys and what points to them.

use mimi_dns::dnssec::SigningKey;
use mimi_dns::record::dnssec::{Algorithm, DigestType, Dnskey, RrsigHead};
use mimi_dns::record::{Name, Rdata, Rtype};
use sha1::{Digest, Sha1};

use super::{Case, WWW, ZONE_KEY, case, lapse, other_key};
use crate::faults::draft::{Chain, Draft, ds_of};

pub(super) fn all() -> Vec<Case> {
    [signatures(), keys(), pointers()].into_iter().flatten().collect()
}

fn signatures() -> Vec<Case> {
    let resign = |zone, what, ours, spoil| case(zone, what, WWW, ours, spoil);
    vec![
        resign("expired", "the signature has expired", "bogus: signature-expired", |draft| {
            draft.resign("www", Rtype::A, lapse);
        }),
        resign("early", "the signature is not valid yet", "bogus: signature-not-yet-valid", |draft| {
            draft.resign("www", Rtype::A, |head| head.inception = head.expiration - 60);
        }),
        resign(
            "reversed",
            "the signature expires before it becomes valid",
            "bogus: signature-times",
            |draft| {
                draft.resign("www", Rtype::A, |head| {
                    std::mem::swap(&mut head.inception, &mut head.expiration);
                });
            },
        ),
        resign("unsigned", "RRSIG missing", "bogus: signature-missing", |draft| {
            draft.signatures.remove(&(draft.name("www"), Rtype::A));
        }),
        resign("altered", "the record changed after it was signed", "bogus: signature-wrong", |draft| {
            draft.sets.get_mut(&(draft.name("www"), Rtype::A)).unwrap()[0][3] ^= 8;
        }),
        resign("forged", "signed by another key with this one's tag", "bogus: signature-wrong", |draft| {
            let (key, tag) = (other_key(), draft.key.key_tag(ZONE_KEY));
            by(draft, &key, |head| head.key_tag = tag);
        }),
        resign(
            "foreign",
            "signed by a key that the zone does not have",
            "bogus: no-key-for-signature",
            |draft| {
                by(draft, &other_key(), |_| {});
            },
        ),
        resign("labels", "Labels field more than the owner's", "bogus: labels-too-many", |draft| {
            draft.resign("www", Rtype::A, |head| head.labels += 1);
        }),
        resign("fewer", "Labels field less, the name not a wildcard's", "bogus: signature-wrong", |draft| {
            let owner = draft.name("www");
            let mut rrsig = draft.signature(&owner, Rtype::A, &draft.key, ZONE_KEY, |_| {}).to_vec();
            rrsig[3] -= 1;
            draft.signatures.insert((owner, Rtype::A), vec![rrsig.into()]);
        }),
        resign("parents", "signer's name is the parent's", "bogus: signer-not-zone", |draft| {
            let parent = draft.apex.parent().unwrap();
            draft.resign("www", Rtype::A, |head| head.signer = parent);
        }),
        resign("strangers", "signer's name is another zone's", "bogus: signer-not-zone", |draft| {
            draft.resign("www", Rtype::A, |head| head.signer = "sound.tld.".parse().unwrap());
        }),
        resign(
            "number",
            "RRSIG of an unknown algorithm, in a zone of a known one",
            "bogus: signature-algorithm",
            |draft| {
                draft.resign("www", Rtype::A, |head| head.algorithm = Algorithm(200));
            },
        ),
        resign("second", "a signature that fits beside ones that don't", "secure", |draft| {
            let owner = draft.name("www");
            let bad = [Algorithm(200), Algorithm::ED25519].map(|algorithm| {
                draft.signature(&owner, Rtype::A, &other_key(), ZONE_KEY, |head| head.algorithm = algorithm)
            });
            draft.signatures.get_mut(&(owner, Rtype::A)).unwrap().extend(bad);
        }),
    ]
}

fn keys() -> Vec<Case> {
    vec![
        case("no-dnskey", "DNSKEY missing, DS there", WWW, "bogus: dnskey-missing", |draft| {
            draft.remove(&draft.apex.clone(), Rtype::DNSKEY);
        }),
        case("no-dnskey-rrsig", "DNSKEY not signed", WWW, "bogus: signature-missing", |draft| {
            draft.signatures.remove(&(draft.apex.clone(), Rtype::DNSKEY));
        }),
        case(
            "self-made",
            "DNSKEY signed by a key that DS does not point to",
            WWW,
            "bogus: no-key-for-signature",
            |draft| {
                let key = other_key();
                let keys = vec![draft.key.dnskey(ZONE_KEY).into(), key.dnskey(ZONE_KEY).into()];
                draft.publish(keys);
                let apex = draft.apex.clone();
                let signature = draft.signature(&apex, Rtype::DNSKEY, &key, ZONE_KEY, |_| {});
                draft.signatures.insert((apex, Rtype::DNSKEY), vec![signature]);
            },
        ),
        case("expired-dnskey", "DNSKEY's signature has expired", WWW, "bogus: signature-expired", |draft| {
            draft.resign("@", Rtype::DNSKEY, lapse);
        }),
        case("no-zone-bit", "the key's zone flag is not set", WWW, "bogus: not-a-zone-key", |draft| {
            draft.sign_all(Dnskey::SECURE_ENTRY_POINT, Chain::Nsec);
        }),
        case("revoked", "the key is revoked, DS points to it as it is", WWW, "bogus: key-revoked", |draft| {
            draft.sign_all(ZONE_KEY | Dnskey::REVOKE, Chain::Nsec);
        })
        .why("RFC 5011 §2.1: revoked is revoked; Unbound minds the flag in trust anchors alone"),
        case("revoked-signer", "records signed by a revoked key", WWW, "bogus: key-revoked", |draft| {
            let key = other_key();
            let flags = ZONE_KEY | Dnskey::REVOKE;
            draft.publish(vec![draft.key.dnskey(ZONE_KEY).into(), key.dnskey(flags).into()]);
            draft.resign("@", Rtype::DNSKEY, |_| {});
            let owner = draft.name("www");
            let signature = draft.signature(&owner, Rtype::A, &key, flags, |_| {});
            draft.signatures.insert((owner, Rtype::A), vec![signature]);
        })
        .why("as before"),
        case("protocol", "the key's protocol is not 3", WWW, "bogus: not-a-zone-key", |draft| {
            let mut dnskey: Rdata = draft.key.dnskey(ZONE_KEY).into();
            dnskey[2] = 4;
            draft.publish(vec![dnskey.clone()]);
            let tag = Dnskey::parse(&dnskey).unwrap().key_tag();
            draft.resign("@", Rtype::DNSKEY, |head| head.key_tag = tag);
            draft.resign("www", Rtype::A, |head| head.key_tag = tag);
        }),
        case(
            "unknown-algorithm",
            "algorithm unknown in DNSKEY and DS",
            WWW,
            "insecure: algorithm-unsupported",
            |draft| {
                let mut dnskey: Rdata = draft.key.dnskey(ZONE_KEY).into();
                dnskey[3] = 200;
                draft.publish(vec![dnskey]);
            },
        ),
    ]
}

fn pointers() -> Vec<Case> {
    vec![
        case("other-ds", "DS of another key", WWW, "bogus: no-key-for-ds", |draft| {
            draft.ds = vec![ds_of(&draft.apex, &other_key().dnskey(ZONE_KEY).into())];
        }),
        case("wrong-ds", "DS with the key's tag and a wrong digest", WWW, "bogus: no-key-for-ds", |draft| {
            *draft.ds[0].last_mut().unwrap() ^= 1;
        }),
        case("stale-ds", "DS of another key beside the right one", WWW, "secure", |draft| {
            let other = ds_of(&draft.apex, &other_key().dnskey(ZONE_KEY).into());
            draft.ds.insert(0, other);
        }),
        case("no-ds", "DS missing, and denied", WWW, "insecure: no-ds", |draft| draft.ds.clear()),
        case("ds-not-denied", "DS missing, and not denied", WWW, "bogus: name-not-denied", |draft| {
            draft.ds.clear()
        })
        .in_parent(|parent, label| parent.remove(&parent.name(label), Rtype::NSEC)),
        case(
            "ds-stripped",
            "DS missing, and NSEC says that it is there",
            WWW,
            "bogus: denial-contradicts",
            |draft| {
                draft.ds.clear();
            },
        )
        .in_parent(|parent, label| parent.change_nsec(label, |_, types| types.push(Rtype::DS))),
        case("ds-of-child", "DS denied by the child's own NSEC", WWW, "bogus: denial-across-cut", |draft| {
            draft.ds.clear();
        })
        .in_parent(|parent, label| parent.change_nsec(label, |_, types| types.push(Rtype::SOA))),
        case("ds-unsigned", "DS not signed", WWW, "bogus: signature-missing", |_| {}).in_parent(
            |parent, label| {
                parent.signatures.remove(&(parent.name(label), Rtype::DS));
            },
        ),
        case("ds-expired", "DS's signature has expired", WWW, "bogus: signature-expired", |_| {})
            .in_parent(|parent, label| parent.resign(label, Rtype::DS, lapse)),
        case(
            "unknown-digest",
            "DS of an unknown digest alone",
            WWW,
            "insecure: digest-unsupported",
            |draft| {
                draft.ds[0][3] = 200;
            },
        ),
        case("sha1", "DS by SHA-1 alone", WWW, "insecure: digest-unsupported", |draft| {
            let digest = sha1(&draft.apex, &draft.key.dnskey(ZONE_KEY));
            let mut ds = draft.ds[0][..4].to_vec();
            ds[3] = DigestType::SHA1.0;
            ds.extend(digest);
            draft.ds = vec![ds.into()];
        })
        .why("RFC 9905 §2: SHA-1 is not to be trusted; they still take it"),
        case("two-algorithms", "DS of a second algorithm that signs nothing", WWW, "secure", |draft| {
            let mut second: Rdata = other_key().dnskey(ZONE_KEY).into();
            second[3] = Algorithm::ECDSAP256SHA256.0;
            draft.ds.push(ds_of(&draft.apex, &second));
        }),
        case("one-unknown", "DS of an unknown algorithm beside a known one", WWW, "secure", |draft| {
            let mut unknown = draft.ds[0].clone();
            unknown[2] = 200;
            draft.ds.push(unknown);
        }),
    ]
}

fn by(draft: &mut Draft, key: &SigningKey, change: impl FnOnce(&mut RrsigHead)) {
    let owner = draft.name("www");
    let signature = draft.signature(&owner, Rtype::A, key, ZONE_KEY, change);
    draft.signatures.insert((owner, Rtype::A), vec![signature]);
}

fn sha1(apex: &Name, dnskey: &[u8]) -> [u8; 20] {
    Sha1::digest([apex.to_lowercase().as_wire(), dnskey].concat()).into()
}
