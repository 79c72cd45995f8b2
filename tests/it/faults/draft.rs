//! A zone signed in a few lines, with every step open to be done wrongly. It shares nothing with what signs zones
//! for operators but the primitive.

use std::collections::BTreeMap;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::SigningKey;
use mimi_dns::record::dnssec::{
    Algorithm, DigestType, Dnskey, Ds, Nsec, Nsec3, Nsec3Params, Rrsig, RrsigHead, nsec3_hash, signed_data,
};
use mimi_dns::record::{Class, Name, Rdata, Record, Rrset, Rtype, Ttl, rdata};

pub(super) const TTL: Ttl = Ttl::from_secs(300);
const HOUR: u64 = 3600;
const KEY_FLAGS: u16 = Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT;

/// What denies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Chain {
    Nsec,
    Nsec3(Nsec3Params<'static>),
}

/// A signed zone that can still be changed.
pub(super) struct Draft {
    pub(super) apex: Name,
    pub(super) sets: BTreeMap<(Name, Rtype), Vec<Rdata>>,
    /// RRSIG records by what they cover.
    pub(super) signatures: BTreeMap<(Name, Rtype), Vec<Rdata>>,
    /// What the parent says.
    pub(super) ds: Vec<Rdata>,
    pub(super) key: SigningKey,
    flags: u16,
    now: UnixTime,
}

impl Draft {
    /// Lines of `owner type data`, relative to the apex, signed honestly with one key.
    pub(super) fn new(apex: &str, lines: &str, chain: Chain) -> Self {
        let key = SigningKey::generate(Algorithm::ED25519).unwrap();
        let mut draft = Self {
            apex: apex.parse().unwrap(),
            sets: BTreeMap::new(),
            signatures: BTreeMap::new(),
            ds: Vec::new(),
            key,
            flags: KEY_FLAGS,
            now: UnixTime::now(),
        };
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let (owner, rest) = line.split_once(' ').unwrap();
            let (rtype, data) = rest.split_once(' ').unwrap();
            draft.add(owner, rtype.parse().unwrap(), data);
        }
        draft.sign_all(KEY_FLAGS, chain);
        draft
    }

    /// A name relative to the apex.
    pub(super) fn name(&self, text: &str) -> Name {
        Name::parse(text.as_bytes(), Some(&self.apex)).unwrap()
    }

    /// A record; data as in a master file, names in it absolute.
    pub(super) fn add(&mut self, owner: &str, rtype: Rtype, data: &str) {
        let owner = self.name(owner);
        let data = rdata::from_text(rtype, data).unwrap_or_else(|error| panic!("{data}: {error}"));
        self.sets.entry((owner, rtype)).or_default().push(data.into());
    }

    /// Publishes the key with these flags, points to it, denies, and signs everything.
    pub(super) fn sign_all(&mut self, flags: u16, chain: Chain) {
        self.flags = flags;
        let is_made = |rtype: Rtype| matches!(rtype, Rtype::NSEC | Rtype::NSEC3 | Rtype::NSEC3PARAM);
        self.sets.retain(|(_, rtype), _| !is_made(*rtype));
        self.publish(vec![self.key.dnskey(flags).into()]);
        match chain {
            Chain::Nsec => self.make_nsec(),
            Chain::Nsec3(params) => self.make_nsec3(&params),
        }
        self.signatures.clear();
        let signed: Vec<_> =
            self.sets.keys().filter(|(owner, rtype)| self.is_signed(owner, *rtype)).cloned().collect();
        for (owner, rtype) in signed {
            self.sign(&owner, rtype, |_| {});
        }
    }

    /// Sets the DNSKEY records, and the DS record that points to the first of them.
    pub(super) fn publish(&mut self, dnskeys: Vec<Rdata>) {
        self.ds = vec![ds_of(&self.apex, &dnskeys[0])];
        self.sets.insert((self.apex.clone(), Rtype::DNSKEY), dnskeys);
    }

    /// Signs an RRset as it is now, with something changed in front of the signature; no other signature is
    /// kept.
    pub(super) fn sign(&mut self, owner: &Name, rtype: Rtype, change: impl FnOnce(&mut RrsigHead)) {
        let signature = self.signature(owner, rtype, &self.key, self.flags, change);
        self.signatures.insert((owner.clone(), rtype), vec![signature]);
    }

    /// As [`Draft::sign`], of a name relative to the apex.
    pub(super) fn resign(&mut self, owner: &str, rtype: Rtype, change: impl FnOnce(&mut RrsigHead)) {
        self.sign(&self.name(owner), rtype, change);
    }

    pub(super) fn signature(
        &self,
        owner: &Name,
        rtype: Rtype,
        key: &SigningKey,
        flags: u16,
        change: impl FnOnce(&mut RrsigHead),
    ) -> Rdata {
        let [inception, expiration] = [self.now.minus(HOUR), self.now.plus(24 * HOUR)];
        let times = [inception, expiration].map(|time| u32::try_from(time.0).unwrap());
        let by = (key.algorithm(), key.key_tag(flags), &self.apex);
        let mut head = RrsigHead::new(owner, rtype, TTL, by, times.into());
        change(&mut head);
        let rdatas = self.sets[&(owner.clone(), rtype)].iter().map(|rdata| &**rdata);
        let octets = signed_data(&head, owner, Class::IN, rdatas).unwrap_or_default();
        head.rdata(&key.sign(&octets)).into()
    }

    /// Changes the one NSEC record of a name, and signs it.
    pub(super) fn change_nsec(&mut self, owner: &str, change: impl FnOnce(&mut Name, &mut Vec<Rtype>)) {
        let set = self.sets.get_mut(&(Name::parse(owner.as_bytes(), Some(&self.apex)).unwrap(), Rtype::NSEC));
        let set = set.unwrap();
        let nsec = Nsec::parse(&set[0]).unwrap();
        let (mut next, mut types) = (nsec.next, nsec.types.iter().collect());
        change(&mut next, &mut types);
        set[0] = Nsec::rdata_of(&next, types).into();
        self.resign(owner, Rtype::NSEC, |_| {});
    }

    /// Changes the NSEC3 record of a name: flags, next hash and types; and signs it.
    pub(super) fn change_nsec3(
        &mut self,
        owner: &str,
        change: impl FnOnce(&mut u8, &mut [u8; 20], &mut Vec<Rtype>),
    ) {
        let owner = self.hashed(owner);
        let set = self.sets.get_mut(&(owner.clone(), Rtype::NSEC3)).unwrap();
        let old = set[0].clone();
        let nsec3 = Nsec3::parse(&old).unwrap();
        let (mut params, mut next) = (nsec3.params, nsec3.next.try_into().unwrap());
        let mut types = nsec3.types.iter().collect();
        change(&mut params.flags, &mut next, &mut types);
        set[0] = Nsec3::rdata_of(&params, &next, types).into();
        self.sign(&owner, Rtype::NSEC3, |_| {});
    }

    /// The owner of the NSEC3 record of a name.
    pub(super) fn hashed(&self, owner: &str) -> Name {
        let rdata = &self.sets[&(self.apex.clone(), Rtype::NSEC3PARAM)][0];
        let params = Nsec3Params::parse(rdata).unwrap();
        let hash = nsec3_hash(self.name(owner).as_wire(), params.iterations, params.salt);
        Nsec3::owner(&hash, &self.apex).unwrap()
    }

    /// Takes an RRset and its signatures out.
    pub(super) fn remove(&mut self, owner: &Name, rtype: Rtype) {
        let key = (owner.clone(), rtype);
        self.sets.remove(&key).unwrap();
        self.signatures.remove(&key);
    }

    /// Everything, apex first.
    pub(super) fn records(&self) -> Vec<Record> {
        let record = |owner: &Name, rtype, rdata: &Rdata| {
            let (owner, rdata) = (owner.clone(), rdata.clone());
            Record { owner, class: Class::IN, ttl: TTL, rtype, rdata }
        };
        let soa = (self.apex.clone(), Rtype::SOA);
        let first = self.sets[&soa].iter().map(|rdata| record(&self.apex, Rtype::SOA, rdata));
        let others = self.sets.iter().filter(|(key, _)| **key != soa);
        let others =
            others.flat_map(|((owner, rtype), set)| set.iter().map(|rdata| record(owner, *rtype, rdata)));
        let signatures = self
            .signatures
            .iter()
            .flat_map(|((owner, _), set)| set.iter().map(|rdata| record(owner, Rtype::RRSIG, rdata)));
        first.chain(others).chain(signatures).collect()
    }

    fn is_cut(&self, name: &Name) -> bool {
        *name != self.apex && self.sets.contains_key(&(name.clone(), Rtype::NS))
    }

    fn is_below_cut(&self, name: &Name) -> bool {
        let mut above = name.parent();
        while let Some(name) = above.filter(|name| name.is_at_or_below(&self.apex)) {
            if self.is_cut(&name) {
                return true;
            }
            above = name.parent();
        }
        false
    }

    fn is_signed(&self, owner: &Name, rtype: Rtype) -> bool {
        let of_the_parent = matches!(rtype, Rtype::DS | Rtype::NSEC);
        !self.is_below_cut(owner) && (!self.is_cut(owner) || of_the_parent)
    }

    /// The names that the zone speaks for, and their types.
    fn names(&self) -> BTreeMap<Name, Vec<Rtype>> {
        let mut names: BTreeMap<Name, Vec<Rtype>> = BTreeMap::new();
        for (owner, rtype) in self.sets.keys().filter(|(owner, _)| !self.is_below_cut(owner)) {
            let is_glue = self.is_cut(owner) && !matches!(*rtype, Rtype::NS | Rtype::DS);
            names.entry(owner.clone()).or_default().extend((!is_glue).then_some(*rtype));
        }
        names
    }

    fn make_nsec(&mut self) {
        let names: Vec<_> = self.names().into_iter().collect();
        for (at, (owner, types)) in names.iter().enumerate() {
            let (next, _) = &names[(at + 1) % names.len()];
            let types = types.iter().copied().chain([Rtype::NSEC, Rtype::RRSIG]);
            self.sets.insert((owner.clone(), Rtype::NSEC), vec![Nsec::rdata_of(next, types).into()]);
        }
    }

    fn make_nsec3(&mut self, params: &Nsec3Params<'_>) {
        let apex = self.apex.clone();
        self.sets.insert(
            (apex.clone(), Rtype::NSEC3PARAM),
            vec![Nsec3Params { flags: 0, ..*params }.rdata().into()],
        );
        let mut names = self.names();
        if params.flags & Nsec3::OPT_OUT != 0 {
            names.retain(|owner, types| !self.is_cut(owner) || types.contains(&Rtype::DS));
        }
        for below in names.keys().cloned().collect::<Vec<_>>() {
            let mut above = below.parent();
            while let Some(name) = above.filter(|name| name.is_at_or_below(&apex)) {
                names.entry(name.clone()).or_default();
                above = name.parent();
            }
        }
        let hash = |name: &Name| nsec3_hash(name.as_wire(), params.iterations, params.salt);
        let mut links: Vec<_> =
            names.iter().map(|(name, types)| (hash(name), self.is_cut(name), types)).collect();
        links.sort();
        let mut made = Vec::new();
        for (at, (hash, is_cut, types)) in links.iter().enumerate() {
            let (next, ..) = &links[(at + 1) % links.len()];
            let is_signed = !types.is_empty() && (!is_cut || types.contains(&Rtype::DS));
            let types = types.iter().copied().chain(is_signed.then_some(Rtype::RRSIG));
            made.push((Nsec3::owner(hash, &apex).unwrap(), Nsec3::rdata_of(params, next, types)));
        }
        for (owner, rdata) in made {
            self.sets.insert((owner, Rtype::NSEC3), vec![rdata.into()]);
        }
    }
}

/// A DS record that points to a key.
pub(super) fn ds_of(apex: &Name, dnskey: &Rdata) -> Rdata {
    Ds::rdata_of(apex, &Dnskey::parse(dnskey).unwrap(), DigestType::SHA256).unwrap().into()
}

/// Records as RRsets, and the signatures by what they cover.
pub(super) fn rrsets(records: impl IntoIterator<Item = Record>) -> Vec<(Rrset, Vec<Rdata>)> {
    let mut sets: Vec<(Rrset, Vec<Rdata>)> = Vec::new();
    let (signatures, others): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record| record.rtype == Rtype::RRSIG);
    for Record { owner, class, ttl, rtype, rdata } in others {
        match sets.iter_mut().find(|(set, _)| set.owner == owner && set.rtype == rtype) {
            Some((set, _)) => set.rdatas.push(rdata),
            None => sets.push((Rrset { owner, class, rtype, ttl, rdatas: vec![rdata] }, Vec::new())),
        }
    }
    for record in signatures {
        let covered = Rrsig::parse(&record.rdata).map(|rrsig| rrsig.head.type_covered);
        let set = sets.iter_mut().find(|(set, _)| set.owner == record.owner && Some(set.rtype) == covered);
        if let Some((_, signatures)) = set {
            signatures.push(record.rdata);
        }
    }
    sets
}
