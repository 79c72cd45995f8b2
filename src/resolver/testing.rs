//! A small world for tests: two APs, two MSPs, two holders, and what they sign.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::policy::{Grant, GrantKind, Policy, PolicyBuilder, Provider};
use super::transport::{Answer, Asking, Outcome, Proof as DnssecProof, Transport, TransportError};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::mimisig::{
    At, Basis, Body, Endpoint, Mapping, Possession, Proof, ProofMethod, Tag, Wishes,
};
use crate::record::parameters::Parameters;
use crate::record::{Class, Name, Rdata, Rrset, Rtype, Ttl};
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
        self.rdata_about(&Identifier::parse(self.about).unwrap())
    }

    pub(super) fn rdata_about(&self, identifier: &Identifier) -> Rdata {
        let draft = Draft::new(self.inception, self.expiration, &self.body).unwrap();
        draft.sign(identifier, &self.by.key()).unwrap().rdata().into()
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

/// Answers from a table; what is not in it does not exist, securely.
#[derive(Clone, Default)]
pub(super) struct Table {
    inner: Arc<Mutex<TableInner>>,
}

#[derive(Default)]
struct TableInner {
    replies: HashMap<(Name, Rtype), Reply>,
    asked: Vec<(Name, Rtype)>,
}

/// What a [`Table`] says to one question.
#[derive(Clone)]
pub(super) enum Reply {
    Answer(Answer),
    Error(TransportError),
    /// Answers after a second.
    Slow(Answer),
    /// Never answers.
    Silence,
}

impl Reply {
    pub(super) fn absence(proof: DnssecProof) -> Self {
        let (outcome, ttl) = (Outcome::NxDomain, Ttl::from_secs(60));
        Self::Answer(Answer::new(outcome, Vec::new(), ttl, proof))
    }

    pub(super) fn records(name: &Name, rtype: Rtype, rdatas: Vec<Rdata>, proof: DnssecProof) -> Self {
        let ttl = Ttl::from_secs(300);
        let rrset = Rrset { owner: name.clone(), class: Class::IN, rtype, ttl, rdatas };
        Self::Answer(Answer::new(Outcome::Records(rrset), Vec::new(), ttl, proof))
    }

    pub(super) fn with_ttl(mut self, seconds: u32) -> Self {
        if let Self::Answer(answer) = &mut self {
            answer.ttl = Ttl::from_secs(seconds);
        }
        self
    }
}

impl Table {
    pub(super) fn put(&self, name: &Name, rtype: Rtype, reply: Reply) {
        self.inner.lock().unwrap().replies.insert((name.clone(), rtype), reply);
    }

    /// Lets an answer that is there come late.
    pub(super) fn slow(&self, name: &Name, rtype: Rtype) {
        let mut inner = self.inner.lock().unwrap();
        let reply = inner.replies.get_mut(&(name.clone(), rtype)).unwrap();
        if let Reply::Answer(answer) = reply.clone() {
            *reply = Reply::Slow(answer);
        }
    }

    /// Statements about [`NUMBER`] in the zone at `apex`, under [`PARAMETERS`].
    pub(super) fn put_statements(&self, apex: &str, statements: &[Statement], proof: DnssecProof) {
        let owner = owner(apex, PARAMETERS);
        let rdatas = statements.iter().map(Statement::rdata).collect();
        self.put(&owner, Rtype::MIMISIG, Reply::records(&owner, Rtype::MIMISIG, rdatas, proof));
    }

    pub(super) fn put_parameters(&self, apex: &str, texts: &[&str], proof: DnssecProof, ttl: u32) {
        let name = Parameters::owner(&apex.parse().unwrap()).unwrap();
        let string = |text: &&str| -> Rdata {
            let length = u8::try_from(text.len()).unwrap();
            [&[length], text.as_bytes()].concat().into()
        };
        let rdatas = texts.iter().map(string).collect();
        self.put(&name, Rtype::TXT, Reply::records(&name, Rtype::TXT, rdatas, proof).with_ttl(ttl));
    }

    pub(super) fn asked(&self, rtype: Rtype) -> usize {
        self.inner.lock().unwrap().asked.iter().filter(|(_, asked)| *asked == rtype).count()
    }
}

/// The owner name of [`NUMBER`].
pub(super) fn owner(apex: &str, parameters: &str) -> Name {
    let parameters: Parameters = parameters.parse().unwrap();
    parameters.owner_name(&number(), &apex.parse().unwrap()).unwrap()
}

impl Transport for Table {
    fn ask<'a>(&'a self, name: &'a Name, rtype: Rtype) -> Asking<'a> {
        let mut inner = self.inner.lock().unwrap();
        inner.asked.push((name.clone(), rtype));
        let reply = inner.replies.get(&(name.clone(), rtype)).cloned();
        Box::pin(async move {
            match reply.unwrap_or_else(|| Reply::absence(DnssecProof::Secure)) {
                Reply::Answer(answer) => Ok(answer),
                Reply::Error(error) => Err(error),
                Reply::Slow(answer) => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Ok(answer)
                }
                Reply::Silence => std::future::pending().await,
            }
        })
    }
}
