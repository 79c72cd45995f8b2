//! Record sets that contradict each other, which BIND refuses or warns of, and signatures that end before their records do.

use super::Odd;
use crate::clock::UnixTime;
use crate::record::dnssec::{Dnskey, Ds, Nsec3Params, Rrsig};
use crate::record::{Name, Rdata, Rtype};
use crate::zone::{RrsetRef, Zone};

/// What can be told here.
#[cfg(test)]
pub(super) const CODES: [&str; 5] =
    ["cds-mismatch", "deprecated-algorithm", "bad-nsec3param", "spf-without-txt", "ttl-beyond-validity"];

/// Those that BIND calls deprecated: RSAMD5, DSA, DSA-NSEC3-SHA1, ECC-GOST. Source: RFC 8624 §3.1.
const DEPRECATED: [u8; 4] = [1, 3, 6, 12];
/// Above it validators take the zone for insecure. Source: RFC 9276 §3.2; BIND 9.18 has this bound.
const MOST_ITERATIONS: u16 = 150;

pub(super) fn odd(zone: &Zone, now: UnixTime) -> Vec<Odd> {
    let mut odd = of_apex(zone);
    for (owner, node) in zone.nodes() {
        for rrset in node.rrsets() {
            odd.extend(outlives(&owner, rrset, now));
        }
        let is_spf = |rdata: &[u8]| rdata.get(1..).is_some_and(|text| text.starts_with(b"v=spf1"));
        let has_txt = |txt: RrsetRef<'_>| txt.records().any(|record| is_spf(record.rdata()));
        if node.rrset(Rtype::SPF).is_some() && !node.rrset(Rtype::TXT).is_some_and(has_txt) {
            let message = "mail servers read SPF policies from TXT records only (RFC 7208 §3.1)";
            let remedy = "write the policy as a TXT record, and remove the SPF record";
            odd.push(new(&owner, Rtype::SPF, None, "spf-without-txt", message.to_owned(), remedy));
        }
    }
    odd
}

fn of_apex(zone: &Zone) -> Vec<Odd> {
    let apex = zone.apex();
    let set = |rtype| -> Vec<Rdata> {
        let rrset = zone.node(apex).and_then(|node| node.rrset(rtype));
        rrset.into_iter().flat_map(|rrset| rrset.records()).map(|record| record.rdata().into()).collect()
    };
    let keys = set(Rtype::DNSKEY);
    let keys: Vec<Dnskey<'_>> = keys.iter().filter_map(|key| Dnskey::parse(key)).collect();
    let (cds, cdnskey) = (set(Rtype::CDS), set(Rtype::CDNSKEY));
    let mut odd = Vec::new();
    for (rtype, rdata, why) in mismatches(apex, &keys, &cds, &cdnskey) {
        let remedy = "publish what the zone's signer made of its DNSKEY records, or remove it";
        odd.push(new(apex, rtype, Some(rdata), "cds-mismatch", format!("the {rtype} record {why}"), remedy));
    }
    for key in keys.iter().filter(|key| DEPRECATED.contains(&key.algorithm.0)) {
        let message =
            format!("a key of the algorithm {}, which validators don't know any more", key.algorithm.0);
        let remedy = "sign with ECDSAP256SHA256 or ED25519";
        odd.push(new(apex, Rtype::DNSKEY, Some(key.rdata()), "deprecated-algorithm", message, remedy));
    }
    for param in set(Rtype::NSEC3PARAM) {
        let Some(Nsec3Params { hash_algorithm, iterations, .. }) = Nsec3Params::parse(&param) else {
            continue;
        };
        if hash_algorithm != Nsec3Params::SHA1 || iterations > MOST_ITERATIONS {
            let message = format!(
                "NSEC3PARAM tells of hash algorithm {hash_algorithm} and {iterations} iterations: BIND refuses or ignores them"
            );
            let remedy = "sign the zone with algorithm 1 and 0 iterations";
            odd.push(new(apex, Rtype::NSEC3PARAM, Some(&param), "bad-nsec3param", message, remedy));
        }
    }
    odd
}

/// Records that would lead the parent to a DS set by which nobody could validate the zone.
/// Source: RFC 7344 §4 and §4.1; for those that ask for no DS, RFC 8078 §4.
fn mismatches<'r>(
    apex: &Name,
    keys: &[Dnskey<'_>],
    cds: &'r [Rdata],
    cdnskey: &'r [Rdata],
) -> Vec<(Rtype, &'r [u8], &'static str)> {
    let deletes = |rdata: &[u8], algorithm: usize| rdata.get(algorithm) == Some(&0);
    let parsed: Vec<Ds<'_>> = cds.iter().filter_map(|rdata| Ds::parse(rdata)).collect();
    let mut found = Vec::new();
    for rdata in cds {
        let Some(ds) = Ds::parse(rdata) else { continue };
        // Digests that can't be made here are compared by tag and algorithm.
        let is_of = |key: &Dnskey<'_>| {
            ds.matches(apex, key)
                || ds.algorithm == key.algorithm
                    && ds.key_tag == key.key_tag()
                    && Ds::rdata_of(apex, key, ds.digest_type).is_none()
        };
        if deletes(rdata, 2) {
            if cds.len() > 1 {
                found.push((Rtype::CDS, &**rdata, "asks for no DS record, and others ask for some"));
            }
        } else if !keys.iter().any(is_of) {
            found.push((Rtype::CDS, &**rdata, "points to no DNSKEY record of the zone"));
        }
    }
    for rdata in cdnskey {
        if deletes(rdata, 3) {
            if cdnskey.len() > 1 {
                found.push((Rtype::CDNSKEY, &**rdata, "asks for no DS record, and others ask for some"));
            }
            continue;
        }
        let Some(key) = Dnskey::parse(rdata) else { continue };
        let is_told = |ds: &Ds<'_>| ds.algorithm == key.algorithm && ds.key_tag == key.key_tag();
        if !keys.iter().any(|one| one.rdata() == &**rdata) {
            found.push((Rtype::CDNSKEY, &**rdata, "is no DNSKEY record of the zone"));
        } else if !cds.is_empty() && !parsed.iter().any(is_told) {
            found.push((Rtype::CDNSKEY, &**rdata, "is of a key that no CDS record points to"));
        }
    }
    found
}

/// Whether resolvers may keep the records longer than their signature holds, though they should not.
/// Source: RFC 4035 §5.3.3.
fn outlives(owner: &Name, rrset: RrsetRef<'_>, now: UnixTime) -> Option<Odd> {
    let now = u32::try_from(now.0).ok()?;
    let left = rrset.signatures().filter_map(|record| {
        let expiration = Rrsig::parse(record.rdata())?.head.expiration;
        // Source: RFC 1982, as RFC 4034 §3.1.5 wants. What has expired is told by the loader.
        Some(expiration.wrapping_sub(now)).filter(|left| (1..1 << 31).contains(left))
    });
    let left = left.max()?;
    let ttl = rrset.ttl().as_secs();
    (ttl > left).then(|| {
        let message = format!(
            "{}: the time to live is {ttl} seconds, and its signature holds for {left} more",
            rrset.rtype()
        );
        let remedy = "sign the zone again, sooner or with a longer validity, or lower the time to live";
        new(owner, rrset.rtype(), None, "ttl-beyond-validity", message, remedy)
    })
}

fn new(
    owner: &Name,
    rtype: Rtype,
    rdata: Option<&[u8]>,
    code: &'static str,
    message: String,
    remedy: &'static str,
) -> Odd {
    let owner = Some((owner.clone(), rtype, rdata.map(Into::into)));
    Odd { code, span: None, owner, due_to: None, message, remedy }
}
