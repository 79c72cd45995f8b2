//! A zone's key and what it signs, for the tests.

use super::{KeySet, Work, authenticate_keys};
use crate::clock::UnixTime;
use crate::dnssec::SigningKey;
use crate::record::dnssec::{Algorithm, DigestType, Dnskey, Ds, RrsigHead, signed_data};
use crate::record::{Class, Name, Rdata, Rrset, Rtype, Ttl, rdata};

pub(super) const NOW: UnixTime = UnixTime(1_800_000_000);
pub(super) const TTL: Ttl = Ttl::from_secs(3600);

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// Records of one owner and type, each in presentation form.
pub(super) fn rrset(owner: &str, rtype: Rtype, datas: &[&str]) -> Rrset {
    let rdatas = datas.iter().map(|data| rdata::from_text(rtype, data).unwrap().into()).collect();
    Rrset { owner: name(owner), class: Class::IN, rtype, ttl: TTL, rdatas }
}

pub(super) struct Signer {
    pub(super) zone: Name,
    pub(super) key: SigningKey,
    pub(super) flags: u16,
}

impl Signer {
    pub(super) fn new(zone: &str) -> Self {
        let key = SigningKey::generate(Algorithm::ED25519).unwrap();
        Self { zone: name(zone), key, flags: Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT }
    }

    pub(super) fn dnskey(&self) -> Rdata {
        self.key.dnskey(self.flags).into()
    }

    pub(super) fn ds(&self) -> Rdata {
        let dnskey = self.dnskey();
        Ds::rdata_of(&self.zone, &Dnskey::parse(&dnskey).unwrap(), DigestType::SHA256).unwrap().into()
    }

    pub(super) fn dnskeys(&self) -> Rrset {
        let (owner, rdatas) = (self.zone.clone(), vec![self.dnskey()]);
        Rrset { owner, class: Class::IN, rtype: Rtype::DNSKEY, ttl: TTL, rdatas }
    }

    /// From an hour ago for a day.
    pub(super) fn head(&self, rrset: &Rrset) -> RrsigHead {
        let key = (self.key.algorithm(), self.key.key_tag(self.flags), &self.zone);
        let [inception, expiration] =
            [NOW.minus(3600), NOW.plus(86_400)].map(|time| u32::try_from(time.0).unwrap());
        RrsigHead::new(&rrset.owner, rrset.rtype, rrset.ttl, key, (inception, expiration))
    }

    pub(super) fn sign(&self, rrset: &Rrset) -> Rdata {
        self.sign_as(rrset, |_| {})
    }

    /// With something changed in front of the signature, which is made over it.
    pub(super) fn sign_as(&self, rrset: &Rrset, change: impl FnOnce(&mut RrsigHead)) -> Rdata {
        let mut head = self.head(rrset);
        change(&mut head);
        let rdatas = rrset.rdatas.iter().map(|rdata| &**rdata);
        let octets = signed_data(&head, &rrset.owner, rrset.class, rdatas).unwrap_or_default();
        head.rdata(&self.key.sign(&octets)).into()
    }

    pub(super) fn keys(&self) -> KeySet {
        let dnskeys = self.dnskeys();
        let signatures = [self.sign(&dnskeys)];
        authenticate_keys(&self.zone, &dnskeys, &signatures, &[self.ds()], NOW, &mut Work::default()).unwrap()
    }
}
