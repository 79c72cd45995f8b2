//! How zones are signed: `[[signing]]`.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use toml::Spanned;
use toml::de::DeValue;

use super::definition::File;
use super::fault::Faults;
use super::section::{Key, Section, Table, section};
use super::value::{At, Bounds, Period, Value, must_be, text, words};
use crate::dnssec::lifecycle::{KeyPolicy, Scheme};
use crate::dnssec::sign::{Denial, SigningOptions, ZonemdHash};
use crate::record::dnssec::Algorithm;
use crate::record::{Name, Ttl};
use crate::zone::{nearest, quote};

/// What a zone says that no policy signs.
pub(super) const NONE: &str = "none";
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// What a time in a policy may be: up to ten years.
const TIME: Bounds = 0..=3650 * DAY;
const SOME_TIME: Bounds = 1..=3650 * DAY;

section! {
    /// How zones are signed with DNSSEC, as often as there are zones that are signed differently. Keys are made, rolled
    /// and kept by the server; `mimi-dns key` shows them. Times are as "90s", "12h", "14d" or "1w2d".
    Signing = "signing" {
        /// What a [[zone]] or a [[template]] calls this policy. A policy with a name signs those that name it, and those
        /// under `zones`.
        name: Option<At<String>> = None, such as r#""split""#;
        /// The zones, by apex. Without any, and without a name: every zone that no other policy signs, and that its file
        /// does not hold signed.
        zones: Vec<At<Name>> = Vec::new(), such as r#"["example.net", "4.4.e164.example.net"]"#;
        /// What keys sign with. Where it is another than before, the zone is rolled to it: signatures first, then
        /// keys, then the parent's DS record.
        algorithm: SigningAlgorithm = SigningAlgorithm::Ed25519;
        /// One key that signs everything, or one for the keys and one for the data: that one is rolled without the
        /// parent.
        keys: SigningKeys = SigningKeys::Csk;
        /// How the zone proves what is not there: by a chain of names, which can be walked; by one of hashed names,
        /// which leaves out unsigned delegations or does not; or by proofs that are signed when they are asked for,
        /// so that there is no chain. The last only where no other server serves the zone.
        denial: SigningDenial = SigningDenial::Nsec;
        /// Put a digest of the whole zone into it (ZONEMD, RFC 8976).
        zonemd: bool = false;
        /// How long signatures count.
        validity: Period = Period(14 * DAY), within SOME_TIME;
        /// How long before its end a signature is made again.
        refresh: At<Period> = At::from(Period(7 * DAY)), within SOME_TIME;
        /// By how much signatures count shorter, each by its share, so that not all are made again at once.
        jitter: Period = Period(DAY / 2), within TIME;
        /// The TTL of DNSKEY, CDS and CDNSKEY records.
        dnskey_ttl: Period = Period(HOUR), within TIME;
        /// How long until every server of the zone has what this one has.
        propagation: Period = Period(HOUR), within TIME;
        /// The TTL of the DS records at the parent.
        parent_ttl: Period = Period(DAY), within TIME;
        /// How long until every server of the parent has what is seen at one.
        parent_propagation: Period = Period(HOUR), within TIME;
        /// Servers of the parent, which are asked over TCP for the DS records that a roll waits for: when all of them
        /// answer so, it goes on. Without any, `mimi-dns key ds-seen` and `key ds-gone` tell.
        parents: Vec<SocketAddr> = Vec::new(), such as r#"["192.0.2.1:53", "[2001:db8::1]:53"]"#;
        /// After how long a key is rolled that signs keys: the parent must change its DS record then.
        ksk_lifetime: Option<Period> = None, within SOME_TIME, such as r#""365d""#;
        /// After how long a key is rolled that signs the data alone.
        zsk_lifetime: Option<Period> = None, within SOME_TIME, such as r#""90d""#;
    }
}

words! {
    /// What keys sign with.
    pub(in crate::cli) enum SigningAlgorithm {
        /// 15.
        Ed25519 = "ed25519",
        /// 13.
        P256 = "ecdsap256sha256",
    }

    /// How the work is divided among keys.
    pub(in crate::cli) enum SigningKeys {
        /// One.
        Csk = "csk",
        /// Two.
        Split = "ksk-zsk",
    }

    /// How a zone proves what is not there.
    pub(in crate::cli) enum SigningDenial {
        /// RFC 4034.
        Nsec = "nsec",
        /// RFC 5155.
        Nsec3 = "nsec3",
        /// RFC 5155 §6.
        Nsec3OptOut = "nsec3-opt-out",
        /// RFC 4470 and 9824.
        Online = "online",
    }
}

/// How some zones are signed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct SigningPolicy {
    /// Those that it names, or that name it.
    pub(in crate::cli) zones: BTreeSet<Name>,
    /// Whether it signs all that no other does, and which of these say that they are not signed.
    pub(in crate::cli) others_but: Option<BTreeSet<Name>>,
    /// But for the longest TTL of the zone, which is its own.
    pub(in crate::cli) keys: KeyPolicy,
    /// But for the serial.
    pub(in crate::cli) options: SigningOptions,
    /// Who is asked for DS records.
    pub(in crate::cli) parents: Vec<SocketAddr>,
}

impl SigningPolicy {
    /// The policy that names a zone, or the one for all others: for those that their file does not hold signed.
    pub(in crate::cli) fn of<'p>(policies: &'p [Self], apex: &Name, held_signed: bool) -> Option<&'p Self> {
        let named = policies.iter().find(|policy| policy.zones.contains(apex));
        let signs = |policy: &&Self| policy.others_but.as_ref().is_some_and(|but| !but.contains(apex));
        named.or_else(|| policies.iter().find(signs).filter(|_| !held_signed))
    }
}

/// All policies, with the zones that name them.
pub(super) fn policies(file: &File) -> Vec<SigningPolicy> {
    let mut policies: Vec<_> = file.signing.iter().map(Signing::policy).collect();
    for zone in file.zone.iter().map(|zone| &zone.value) {
        let (Some(name), Some(signing)) = (&zone.name, &zone.signing) else { continue };
        for (policy, made) in file.signing.iter().zip(&mut policies) {
            if policy.name.as_ref() == Some(signing) {
                made.zones.insert(name.value.clone());
            }
            if let Some(but) = made.others_but.as_mut().filter(|_| signing.value == NONE) {
                but.insert(name.value.clone());
            }
        }
    }
    policies
}

impl Signing {
    /// Whether it is the one for all zones that no other policy signs.
    fn is_for_others(&self) -> bool {
        self.zones.is_empty() && self.name.is_none()
    }

    pub(super) fn policy(&self) -> SigningPolicy {
        let seconds = |period: Option<Period>| period.map(|period| period.0);
        SigningPolicy {
            zones: self.zones.iter().map(|zone| zone.value.clone()).collect(),
            others_but: self.is_for_others().then(BTreeSet::new),
            keys: KeyPolicy {
                algorithm: match self.algorithm {
                    SigningAlgorithm::Ed25519 => Algorithm::ED25519,
                    SigningAlgorithm::P256 => Algorithm::ECDSAP256SHA256,
                },
                scheme: match self.keys {
                    SigningKeys::Csk => Scheme::Csk,
                    SigningKeys::Split => Scheme::Split,
                },
                dnskey_ttl: self.dnskey_ttl.0,
                zone_ttl: 0,
                propagation: self.propagation.0,
                parent_ttl: self.parent_ttl.0,
                parent_propagation: self.parent_propagation.0,
                ksk_lifetime: seconds(self.ksk_lifetime),
                zsk_lifetime: seconds(self.zsk_lifetime),
            },
            options: SigningOptions {
                denial: match self.denial {
                    SigningDenial::Nsec => Denial::Nsec,
                    SigningDenial::Nsec3 => Denial::Nsec3 { opt_out: false },
                    SigningDenial::Nsec3OptOut => Denial::Nsec3 { opt_out: true },
                    SigningDenial::Online => Denial::Online,
                },
                validity: self.validity.0,
                jitter: self.jitter.0,
                refresh: self.refresh.value.0,
                key_ttl: Some(Ttl::from_secs(u32::try_from(self.dnskey_ttl.0).unwrap_or(Ttl::MAX.as_secs()))),
                zonemd: self.zonemd.then_some(ZonemdHash::Sha384),
                ..SigningOptions::default()
            },
            parents: self.parents.clone(),
        }
    }
}

/// Tells zones that two policies sign, and signatures that would be due when they are made.
pub(super) fn check(policies: &[Signing], faults: &mut Faults) {
    let mut named: Vec<&Name> = Vec::new();
    for zone in policies.iter().flat_map(|policy| &policy.zones) {
        if named.contains(&&zone.value) {
            let message = format!("{} is named already", zone.value);
            faults.error(zone.offset, "zone-twice", message, "a zone is signed by one policy");
        }
        named.push(&zone.value);
    }
    if policies.iter().filter(|policy| policy.is_for_others()).count() > 1 {
        let message = "two policies for all zones that no other names".to_owned();
        faults.error(None, "zone-twice", message, "name the zones of one under `zones`");
    }
    for Signing { refresh, validity, jitter, .. } in policies {
        if refresh.value.0.saturating_add(jitter.0) >= validity.0 {
            let message = "signatures would be due as soon as they are made".to_owned();
            faults.error(
                refresh.offset,
                "short-validity",
                message,
                "validity must be longer than refresh and jitter",
            );
        }
    }
}
