//! A small world for tests: two APs, two MSPs, two holders, and what they sign.

use std::time::Duration;

use super::policy::{Grant, GrantKind, Policy, PolicyBuilder, Provider};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::Rdata;
use crate::record::mimisig::{
    At, Basis, Body, Endpoint, Mapping, Possession, Proof, ProofMethod, Tag, Wishes,
};
use crate::statement::{Draft, SecretKey, Signer as _};

/// What the time is.
pub(super) const NOW: UnixTime = UnixTime(1_800_000_000);
pub(super) const DAY: u64 = 86_400;
/// Whom everything is about, unless a test says otherwise.
pub(super) const NUMBER: &str = "tel:+442079460148";
pub(super) const PARAMETERS: &str =
    "v=mimi1; epoch=2026b; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; from=20260101000000";

pub(super) fn number() -> Identifier {
    Identifier::parse(NUMBER).unwrap()
}

/// Whoever signs; each has one key, made from a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Ap,
    OtherAp,
    Msp,
    OtherMsp,
    Holder,
    OtherHolder,
}

impl Party {
    pub(super) fn key(self) -> SecretKey {
        SecretKey::from_seed(&[self as u8 + 1; 32])
    }

    pub(super) fn domain(self) -> &'static str {
        match self {
            Self::Ap => "ap.example",
            Self::OtherAp => "other-ap.example",
            Self::Msp => "msp.example",
            Self::OtherMsp => "other-msp.example",
            Self::Holder | Self::OtherHolder => unreachable!("holders have no domain"),
        }
    }
}

/// Everybody is known, the APs may claim up to `voice` for +44, the other MSP may vouch by SMS.
pub(super) fn policy() -> PolicyBuilder {
    let mut policy = Policy::builder().deadline(Duration::from_secs(5));
    for party in [Party::Ap, Party::OtherAp, Party::Msp, Party::OtherMsp] {
        policy = policy.key(party.domain().parse().unwrap(), party.key().public_key());
    }
    for (party, kind, strongest) in [
        (Party::Ap, GrantKind::Possession, ProofMethod::Voice),
        (Party::OtherAp, GrantKind::Possession, ProofMethod::Voice),
        (Party::OtherMsp, GrantKind::LegacyMapping, ProofMethod::Sms),
    ] {
        policy = policy.grant(Grant {
            domain: party.domain().parse().unwrap(),
            kind,
            scope: vec!["+44".parse().unwrap()],
            strongest,
        });
    }
    policy
}

/// A provider of everything British, with pinned parameters.
pub(super) fn provider(apex: &str) -> Provider {
    Provider::new(apex.parse().unwrap(), ["+44".parse().unwrap()]).pinned([PARAMETERS.parse().unwrap()])
}

/// A statement that is about to be signed; by default in time, made an hour ago.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) by: Party,
    pub(super) body: Body,
    pub(super) inception: UnixTime,
    pub(super) expiration: UnixTime,
    pub(super) about: &'static str,
}

impl Statement {
    fn new(by: Party, body: Body) -> Self {
        Self { by, body, inception: NOW.minus(3600), expiration: NOW.plus(DAY), about: NUMBER }
    }

    pub(super) fn at(mut self, inception: UnixTime) -> Self {
        self.inception = inception;
        self
    }

    pub(super) fn until(mut self, expiration: UnixTime) -> Self {
        self.expiration = expiration;
        self
    }

    pub(super) fn about(mut self, identifier: &'static str) -> Self {
        self.about = identifier;
        self
    }

    pub(super) fn signed_by(mut self, party: Party) -> Self {
        self.by = party;
        self
    }

    pub(super) fn rdata(&self) -> Rdata {
        let draft = Draft::new(self.inception, self.expiration, &self.body).unwrap();
        let identifier = Identifier::parse(self.about).unwrap();
        draft.sign(&identifier, &self.by.key()).unwrap().rdata().into()
    }
}

pub(super) fn possession(ap: Party, holder: Party) -> Statement {
    claim(ap, Some(holder), ProofMethod::Sms, NOW.minus(DAY))
}

pub(super) fn claim(ap: Party, holder: Option<Party>, method: ProofMethod, time: UnixTime) -> Statement {
    Statement::new(
        ap,
        Body::Possession(Possession {
            issuer: ap.domain().parse().unwrap(),
            holder_key: holder.map(|holder| holder.key().public_key().to_raw()),
            proof: Proof { method, time },
        }),
    )
}

pub(super) fn wishes(holder: Party, msps: &[Party]) -> Statement {
    let at = |(rank, msp): (usize, &Party)| At {
        msp: msp.domain().parse().unwrap(),
        rank: u16::try_from(rank).unwrap(),
        tags: if rank == 0 { vec![Tag::parse(b"work").unwrap()] } else { Vec::new() },
        connection_key: None,
    };
    Statement::new(
        holder,
        Body::Wishes(Wishes {
            holder: holder.key().public_key().key_hash(),
            at: msps.iter().enumerate().map(at).collect(),
        }),
    )
}

/// A mapping for `holder`, which acts on wishes of an hour ago.
pub(super) fn mapping(msp: Party, holder: Party) -> Statement {
    let holder = holder.key().public_key().key_hash();
    mapping_on(msp, Basis::Holder { holder, consent: NOW.minus(3600) })
}

pub(super) fn legacy(msp: Party, method: ProofMethod) -> Statement {
    mapping_on(msp, Basis::Legacy(Proof { method, time: NOW.minus(DAY) }))
}

pub(super) fn mapping_on(msp: Party, basis: Basis) -> Statement {
    let domain = msp.domain();
    let endpoints = vec![
        Endpoint::naptr(10, "x-mimi", &format!("mimi://{domain}/u/7d1k9")).unwrap(),
        Endpoint::uri_record(10, 1, &format!("https://{domain}/directory")).unwrap(),
    ];
    Statement::new(msp, Body::Mapping(Mapping { issuer: domain.parse().unwrap(), endpoints, basis }))
}
