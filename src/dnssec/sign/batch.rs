//! The work of one thread: the records of some names, signed.

use super::chain::Chain;
use super::options::SigningOptions;
use super::plan::{Kind, Planned};
use super::reuse::{Former, Set};
use crate::clock::UnixTime;
use crate::dnssec::key::SigningKey;
use crate::record::dnssec::{Algorithm, Nsec, Nsec3, RrsigHead, signed_data};
use crate::record::{Class, Name, Rdata, Record, Rtype, Ttl};

/// A key at work.
pub(super) struct Signer<'a> {
    pub(super) key: &'a SigningKey,
    pub(super) algorithm: Algorithm,
    pub(super) tag: u16,
    pub(super) signs_keys: bool,
    pub(super) signs_zone: bool,
    /// Whether signatures of the former zone may be this key's.
    pub(super) reuses: bool,
}

/// All that signing needs to know, for all threads.
pub(super) struct Job<'a> {
    pub(super) apex: &'a Name,
    pub(super) class: Class,
    pub(super) names: &'a [Planned<'a>],
    pub(super) chain: &'a Chain,
    /// RRsets of the apex that signing makes.
    pub(super) at_apex: &'a [(Rtype, Ttl, Vec<Rdata>)],
    /// Types of the apex that come later.
    pub(super) announced: &'a [Rtype],
    pub(super) denial_ttl: Ttl,
    pub(super) signers: &'a [Signer<'a>],
    pub(super) former: Option<&'a Former<'a>>,
    pub(super) options: &'a SigningOptions,
    pub(super) now: UnixTime,
}

/// When a signature counts, in seconds since 1970 modulo 2^32.
pub(super) struct Times {
    pub(super) inception: u32,
    pub(super) expiration: u32,
}

/// What came of some names.
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    pub(super) made: usize,
    pub(super) reused: usize,
    pub(super) earliest_expiration: UnixTime,
    pub(super) latest_inception: UnixTime,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            records: Vec::new(),
            made: 0,
            reused: 0,
            earliest_expiration: UnixTime(u64::MAX),
            latest_inception: UnixTime(0),
        }
    }
}

impl Job<'_> {
    /// How many steps there are: names, then NSEC3 records.
    pub(super) fn steps(&self) -> usize {
        self.names.len() + self.chain.links().len()
    }

    /// One of them.
    pub(super) fn step(&self, number: usize, out: &mut Batch) {
        match number.checked_sub(self.names.len()) {
            None => self.name(number, out),
            Some(link) => self.nsec3(link, out),
        }
    }

    fn name(&self, index: usize, out: &mut Batch) {
        let name = &self.names[index];
        let at_apex = name.kind == Kind::Apex;
        for rrset in name.rrsets().filter(|rrset| !at_apex || rrset.rtype() != Rtype::SOA) {
            let rdatas: Vec<_> = rrset.records().map(|record| record.rdata()).collect();
            let (rtype, ttl) = (rrset.rtype(), rrset.ttl());
            let set = Set { owner: &name.owner, rtype, ttl, rdatas: &rdatas };
            self.put(&set, name.signs(rtype), out);
        }
        if at_apex {
            for (rtype, ttl, rdatas) in self.at_apex {
                let rdatas: Vec<_> = rdatas.iter().map(|rdata| &**rdata).collect();
                self.put(&Set { owner: &name.owner, rtype: *rtype, ttl: *ttl, rdatas: &rdatas }, true, out);
            }
        }
        if let Chain::Nsec(nexts) = self.chain
            && let Some(next) = nexts[index]
        {
            let types = self.shown(name).chain([Rtype::RRSIG, Rtype::NSEC]);
            let rdata = Nsec::rdata_of(&self.names[next].owner, types);
            self.put_denial(&name.owner, Rtype::NSEC, &rdata, out);
        }
    }

    fn nsec3(&self, number: usize, out: &mut Batch) {
        let link = &self.chain.links()[number];
        let name = link.name.map(|index| &self.names[index]);
        let shown = name.into_iter().flat_map(|name| self.shown(name));
        let signed = name.is_some_and(|name| name.kind != Kind::Cut { secure: false });
        let rdata = self.chain.nsec3_rdata(number, shown.chain(signed.then_some(Rtype::RRSIG)));
        let owner = Nsec3::owner(&link.hash, self.apex).expect("a chain is made only where its owners fit");
        self.put_denial(&owner, Rtype::NSEC3, &rdata, out);
    }

    fn put_denial(&self, owner: &Name, rtype: Rtype, rdata: &[u8], out: &mut Batch) {
        self.put(&Set { owner, rtype, ttl: self.denial_ttl, rdatas: &[rdata] }, true, out);
    }

    fn shown(&self, name: &Planned<'_>) -> impl Iterator<Item = Rtype> {
        let at_apex = name.kind == Kind::Apex;
        let made = self.at_apex.iter().map(|(rtype, ..)| rtype).chain(self.announced);
        name.shown().chain(made.copied().filter(move |_| at_apex))
    }

    /// Puts the records of a set and their signatures to what is there.
    pub(super) fn put(&self, set: &Set<'_>, signed: bool, out: &mut Batch) {
        let record = |rtype, rdata: &[u8]| Record {
            owner: set.owner.clone(),
            class: self.class,
            ttl: set.ttl,
            rtype,
            rdata: rdata.into(),
        };
        out.records.extend(set.rdatas.iter().map(|rdata| record(set.rtype, rdata)));
        if signed {
            for signature in self.signatures(set, out) {
                out.records.push(record(Rtype::RRSIG, &signature));
            }
        }
    }

    /// The data of the RRSIG records of a set.
    pub(super) fn signatures(&self, set: &Set<'_>, out: &mut Batch) -> Vec<Rdata> {
        let of_keys =
            matches!(set.rtype, Rtype::DNSKEY | Rtype::CDS | Rtype::CDNSKEY) && set.owner == self.apex;
        let signs = |signer: &&Signer<'_>| if of_keys { signer.signs_keys } else { signer.signs_zone };
        let former = self.former.and_then(|former| Some((former, former.same(set)?)));
        let signature = |signer: &Signer<'_>| {
            let reused = former
                .filter(|_| signer.reuses)
                .and_then(|(former, same)| former.signature(same, set, signer));
            let (rdata, times) = if let Some((rdata, times)) = reused {
                out.reused += 1;
                (rdata.into(), times)
            } else {
                out.made += 1;
                self.sign(set, signer)
            };
            let now = wrapped(self.now);
            let (age, left) = (now.wrapping_sub(times.inception), times.expiration.wrapping_sub(now));
            out.latest_inception = out.latest_inception.max(self.now.minus(age.into()));
            out.earliest_expiration = out.earliest_expiration.min(self.now.plus(left.into()));
            rdata
        };
        self.signers.iter().filter(signs).map(signature).collect()
    }

    fn sign(&self, set: &Set<'_>, signer: &Signer<'_>) -> (Rdata, Times) {
        // Times are compared modulo 2^32: what lies further ahead than half of that lies behind.
        let validity = self.options.validity.min((1 << 31) - 1);
        let jitter = share(set.owner, set.rtype) % (self.options.jitter.min(validity / 2) + 1);
        let expiration = wrapped(self.now.plus(validity - jitter));
        let inception = wrapped(self.now.minus(self.options.backdate));
        let key = (signer.algorithm, signer.tag, self.apex);
        let head = RrsigHead::new(set.owner, set.rtype, set.ttl, key, (inception, expiration));
        let octets = signed_data(&head, set.owner, self.class, set.rdatas.iter().copied());
        let octets = octets.expect("the head tells as many labels as the owner has");
        (head.rdata(&signer.key.sign(&octets)).into(), Times { inception, expiration })
    }
}

/// Seconds since 1970 modulo 2^32. Source: RFC 4034 §3.1.5.
#[expect(clippy::cast_possible_truncation, reason = "times are told modulo 2^32")]
pub(super) const fn wrapped(time: UnixTime) -> u32 {
    time.0 as u32
}

/// A number that an RRset always has, spread evenly: FNV-1a.
fn share(owner: &Name, rtype: Rtype) -> u64 {
    let rtype = rtype.0.to_be_bytes();
    let octets = owner.as_wire().iter().map(u8::to_ascii_lowercase).chain(rtype);
    let hash = octets
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3));
    hash ^ hash >> 32
}
