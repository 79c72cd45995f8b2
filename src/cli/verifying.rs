//! Verifying the statements of a source, where the source says whose they are.

use super::stock::Stocked;
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::mimisig::{Body, Fault, Mimisig};
use crate::record::{Name, Rtype};
use crate::resolver::Policy;
use crate::statement::{Lifetimes, PublicKey, in_time, verify};
use crate::zone::{Finding, Loaded, Severity, Zone};

/// What can be said about one statement.
pub(super) enum Checked {
    /// It verifies, and is in time.
    Good,
    /// It is not understood by this version.
    Opaque(String),
    /// Nobody says which key its signer has.
    NoKey,
    /// It must not be believed, and why.
    Bad(String),
}

/// The keys to verify with.
#[derive(Default)]
pub(super) struct KeyRing<'a> {
    pub(super) policy: Option<&'a Policy>,
    /// Keys given without a domain: for whoever's statement names their key id.
    pub(super) given: Vec<PublicKey>,
    pub(super) lifetimes: Lifetimes,
}

impl<'a> KeyRing<'a> {
    pub(super) fn of(policy: Option<&'a Policy>) -> Self {
        let lifetimes = policy.map_or_else(Lifetimes::default, Policy::lifetimes);
        Self { policy, given: Vec::new(), lifetimes }
    }

    /// The keys that may have signed: the issuer's pinned one, or a holder's that is known from the
    /// possession statements beside the wishes; and those given.
    fn candidates(&self, statement: &Mimisig, holders: &[PublicKey]) -> Vec<PublicKey> {
        let id = statement.key_id();
        let issuer = statement.body().issuer();
        let pinned = self.policy.zip(issuer).into_iter().flat_map(|(policy, issuer)| policy.keys_of(issuer));
        let holders = if issuer.is_none() { holders } else { &[] };
        pinned.chain(holders).chain(&self.given).filter(|key| key.key_id() == id).copied().collect()
    }

    /// Checks the statements about one identifier together.
    pub(super) fn check(&self, identifier: &Identifier, rdatas: &[&[u8]], now: UnixTime) -> Vec<Checked> {
        let parsed: Vec<_> = rdatas.iter().map(|rdata| Mimisig::parse(rdata)).collect();
        let holders: Vec<PublicKey> = parsed
            .iter()
            .filter_map(|statement| match statement.as_ref().ok()?.body() {
                Body::Possession(possession) => PublicKey::from_raw(possession.holder_key.as_ref()?).ok(),
                Body::Mapping(_) | Body::Wishes(_) => None,
            })
            .collect();
        parsed
            .iter()
            .map(|statement| match statement {
                Ok(statement) => self.check_one(identifier, statement, &holders, now),
                Err(Fault::Ignored(reason)) => Checked::Opaque(reason.to_string()),
                Err(Fault::Rejected(reason)) => Checked::Bad(reason.to_string()),
            })
            .collect()
    }

    fn check_one(
        &self,
        identifier: &Identifier,
        statement: &Mimisig,
        holders: &[PublicKey],
        now: UnixTime,
    ) -> Checked {
        let mut outcome = Checked::NoKey;
        for key in self.candidates(statement, holders) {
            match verify(statement, identifier, &key) {
                Err(error) => outcome = Checked::Bad(error.to_string()),
                Ok(_) => {
                    return match in_time(statement, now, &self.lifetimes) {
                        Ok(()) => Checked::Good,
                        Err(fault) => Checked::Bad(fault.to_string()),
                    };
                }
            }
        }
        outcome
    }
}

/// The keys of APs and MSPs that the zones hold at `_mimikey`.
pub(super) fn served_keys(stock: &[Stocked]) -> Vec<(Name, PublicKey)> {
    let rrsets = stock.iter().filter_map(|stocked| stocked.loaded.zone.as_ref()).flat_map(Zone::rrsets);
    let of_keys = rrsets.filter(|(owner, rrset)| {
        rrset.rtype() == Rtype::TXT
            && owner.labels().next().is_some_and(|label| label.eq_ignore_ascii_case(b"_mimikey"))
    });
    of_keys
        .flat_map(|(owner, rrset)| {
            let keys = rrset.records().filter_map(|record| {
                let (&len, text) = record.rdata().split_first()?;
                (text.len() == usize::from(len)).then(|| PublicKey::parse_txt(text).ok()).flatten()
            });
            let domain = owner.parent();
            domain
                .into_iter()
                .flat_map(|domain| keys.clone().map(move |key| (domain.clone(), key)))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// No more than this is told; the rest is counted, as the loader does.
const MOST: usize = 100;

/// What `zone check` adds to the loader's findings.
pub(super) fn findings(loaded: &Loaded, policy: Option<&Policy>, now: UnixTime) -> Vec<Finding> {
    let ring = KeyRing::of(policy);
    let (mut findings, mut more) = (Vec::new(), 0_usize);
    for source in &loaded.identifiers {
        let rdatas: Vec<&[u8]> = source.statements.iter().map(|(_, rdata)| &**rdata).collect();
        let checked = ring.check(&source.identifier, &rdatas, now);
        for ((span, _), checked) in source.statements.iter().zip(checked) {
            let (code, message, remedy) = match checked {
                Checked::Good | Checked::Opaque(_) => continue,
                // Without a policy nobody has said which keys there are.
                Checked::NoKey if policy.is_none() => continue,
                // To say where each stands would read the text again for each.
                _ if findings.len() == MOST => {
                    more += 1;
                    continue;
                }
                Checked::NoKey => (
                    "no-key",
                    "neither the policy nor these zones have a key of this statement's signer with its key id, or the policy revokes it"
                        .to_owned(),
                    "pin or publish the signer's key, or let the signer sign again with its present key",
                ),
                Checked::Bad(why) => (
                    "bad-statement",
                    format!("resolvers do not believe this statement: {why}"),
                    "let its signer sign it again",
                ),
            };
            findings.push(Finding {
                at: loaded.sources.locate(*span),
                owner: None,
                severity: Severity::Warning,
                code,
                message,
                remedy: remedy.to_owned(),
            });
        }
    }
    if more > 0 {
        findings.push(Finding {
            at: None,
            owner: None,
            severity: Severity::Warning,
            code: "not-listed",
            message: format!("and {more} more statements are not believed"),
            remedy: "mend these first".to_owned(),
        });
    }
    findings
}
