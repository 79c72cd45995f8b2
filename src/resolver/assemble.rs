//! From judgements and answers to the one result, its order and its evidence.

use super::budget::Limits;
use super::digit_tree::TreeAsked;
use super::discovery::{
    ConnectionKey, Discovery, DiscoveryResult, Mapping, MappingBasis, Outlook, PossessionClaim,
    RecordEvidence, RecordRank, StatementEvidence, StatementSigner,
};
use super::domain_keys::KeysAsked;
use super::judge::{BelievedMapping, Claim, Holding, Ignored, Judged, Judgement, Rejected, Verdict};
use super::order::{Wanted, choose};
use super::provider::Asked;
use crate::clock::UnixTime;
use crate::record::Rtype;
use crate::record::mimisig::{Basis, Body, Endpoint, EndpointRank, Kind};
use crate::record::rdata::Presentation;

/// NAPTR's order in the hashed tree.
const ORDER: u16 = 100;
/// No answer is kept longer, in seconds, whatever its time to live says: 68 years are possible.
/// Source: RFC 2308 §5, RFC 8767 §4.
const LONGEST: u64 = 86_400;

/// All that is known at the end.
pub(super) struct Gathered {
    pub(super) now: UnixTime,
    pub(super) judged: Judged,
    pub(super) providers: Vec<Asked>,
    pub(super) trees: Vec<TreeAsked>,
    pub(super) keys: KeysAsked,
    pub(super) spent: Limits,
}

/// Puts a [`Discovery`] together.
pub(super) fn assemble(mut gathered: Gathered, wanted: &Wanted) -> Discovery {
    // Nobody asked the holder for what a digit tree says, as for a legacy mapping. Where a possession
    // was left unread there may be one: whoever uses up the budget must not make the tree count.
    let beside = match gathered.judged.holding {
        Holding::Unknown if gathered.judged.statements.iter().any(is_unread_possession) => {
            Some(Ignored::OverLimit)
        }
        Holding::Unknown if gathered.judged.statements.iter().any(is_unread_for_its_key) => {
            Some(Ignored::PossessionUnread)
        }
        Holding::Unknown => None,
        Holding::Nobody | Holding::Holder(_) => Some(Ignored::BesidePossession),
    };
    if beside.is_some() {
        for tree in gathered.trees.iter_mut().filter(|tree| !tree.mappings.is_empty()) {
            tree.mappings.clear();
            tree.evidence.ignored = beside;
        }
    }
    let Gathered { now, judged, providers, trees, keys, spent } = gathered;
    let keep_until = providers
        .iter()
        .map(|asked| asked.keep_until)
        .chain(trees.iter().map(|tree| tree.keep_until))
        .flatten()
        .chain(judged.valid_until)
        .chain(keys.keep_until)
        .min()
        .map(|until| until.min(now.plus(LONGEST)));
    let statements_hold = judged.mappings.iter().flat_map(mappings_of);
    let tree_says = trees.iter().flat_map(|tree| tree.mappings.iter().cloned());
    let kept = |mut mapping: Mapping| {
        mapping.valid_until = keep_until.map_or(mapping.valid_until, |until| until.min(mapping.valid_until));
        mapping
    };
    let (chosen, set_aside) =
        choose(statements_hold.map(kept).collect(), tree_says.map(kept).collect(), wanted);
    let outlooks: Vec<&Outlook> = providers
        .iter()
        .map(|asked| &asked.evidence.outlook)
        .chain(trees.iter().map(|tree| &tree.evidence.outlook))
        .collect();
    let result = result(chosen, &judged, &outlooks);
    let valid_until = match &result {
        // What could not be reached a moment ago may be there now.
        DiscoveryResult::Unreachable => now,
        _ => keep_until.unwrap_or(now).max(now),
    };
    let statements = judged.statements.iter().map(|judgement| evidence(judgement, &providers)).collect();
    let held: Vec<&Endpoint> =
        judged.mappings.iter().flat_map(|believed| &believed.mapping.endpoints).collect();
    let providers = providers
        .into_iter()
        .map(|mut asked| {
            asked.evidence.unsigned_records = unsigned(&asked, &held);
            asked.evidence
        })
        .collect();
    Discovery {
        result,
        judged_at: now,
        valid_until,
        set_aside,
        contradiction: judged.contradiction.into_iter().map(claim).collect(),
        statements,
        providers,
        enum_trees: trees.into_iter().map(|tree| tree.evidence).collect(),
        keys: keys.evidence,
        spent,
    }
}

fn is_unread_for_its_key(judgement: &Judgement) -> bool {
    let statement = judgement.pooled.statement.as_ref();
    judgement.verdict == Verdict::Rejected(Rejected::KeyUnreached)
        && statement.is_ok_and(|statement| statement.kind() == Kind::Possession)
}

fn is_unread_possession(judgement: &Judgement) -> bool {
    let statement = judgement.pooled.statement.as_ref();
    judgement.verdict == Verdict::Ignored(Ignored::OverLimit)
        && statement.is_ok_and(|statement| statement.kind() == Kind::Possession)
}

/// The first that fits, in the protocol's order. An absence is shown only where every statement was
/// looked at: otherwise whoever uses up the budget could make an identifier disappear.
fn result(chosen: Vec<Mapping>, judged: &Judged, outlooks: &[&Outlook]) -> DiscoveryResult {
    let verdicts = || judged.statements.iter().map(|judgement| judgement.verdict);
    let keyless = verdicts().any(|verdict| verdict == Verdict::Rejected(Rejected::KeyUnreached));
    let rejected = verdicts().any(|verdict| match verdict {
        Verdict::Rejected(Rejected::KeyUnreached) => false,
        // What it rests on may be there, signed with a key that could not be had.
        Verdict::Rejected(Rejected::PossessionMissing | Rejected::WishesMissing) => !keyless,
        Verdict::Rejected(_) => true,
        Verdict::Believed | Verdict::Ignored(_) => false,
    });
    let left_over = Verdict::Ignored(Ignored::OverLimit);
    let complete = judged.statements.iter().all(|judgement| judgement.verdict != left_over);
    let not_believed = |outlook: &&Outlook| matches!(outlook, Outlook::NotBelieved { .. });
    let unreachable = |outlook: &&Outlook| matches!(outlook, Outlook::Unreachable { .. });
    let absent = |outlook: &&Outlook| matches!(outlook, Outlook::Answered { absence_believed: true });
    if !chosen.is_empty() {
        DiscoveryResult::Mapped(chosen)
    } else if judged.opted_out {
        DiscoveryResult::OptedOut
    } else if judged.holding == Holding::Nobody {
        DiscoveryResult::NoMapping
    } else if rejected || outlooks.iter().any(not_believed) {
        DiscoveryResult::NotBelieved
    } else if keyless || outlooks.iter().any(unreachable) {
        DiscoveryResult::Unreachable
    } else if complete && outlooks.iter().all(absent) {
        DiscoveryResult::NoMapping
    } else {
        DiscoveryResult::NotBelieved
    }
}

fn mappings_of(believed: &BelievedMapping) -> impl Iterator<Item = Mapping> + '_ {
    let at = believed.at.as_ref();
    let (proof, proof_time) = (believed.proof.method, believed.proof.time);
    let basis = match believed.mapping.basis {
        Basis::Holder { .. } => MappingBasis::Wishes { proof, proof_time },
        Basis::Legacy(_) => MappingBasis::Legacy { proof, proof_time },
    };
    believed.mapping.endpoints.iter().map(move |endpoint| Mapping {
        uri: endpoint.uri().to_owned(),
        service: endpoint.protocol().to_owned(),
        msp: Some(believed.mapping.issuer.clone()),
        rank: at.map_or(0, |at| at.rank),
        tags: at.map(|at| at.tags.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        connection_key: at.and_then(|at| at.connection_key.as_ref()).map(|key| ConnectionKey {
            algorithm: key.algorithm,
            key: data_encoding::BASE64.encode(&key.octets),
        }),
        record: match endpoint.rank() {
            EndpointRank::Naptr { preference } => RecordRank::Naptr { order: ORDER, preference },
            EndpointRank::Uri { priority, weight } => RecordRank::Uri { priority, weight },
        },
        basis: basis.clone(),
        valid_until: believed.valid_until,
    })
}

fn evidence(judgement: &Judgement, providers: &[Asked]) -> StatementEvidence {
    let pooled = &judgement.pooled;
    let statement = pooled.statement.as_ref().ok();
    let reason = match (&pooled.statement, judgement.verdict) {
        (_, Verdict::Believed) => None,
        (Err(fault), _) => Some(fault.to_string()),
        (Ok(_), Verdict::Ignored(reason)) => Some(reason.to_string()),
        (Ok(_), Verdict::Rejected(reason)) => Some(reason.to_string()),
    };
    StatementEvidence {
        kind: statement.map(|statement| statement.kind().to_string()),
        signer: statement.map(|statement| match statement.body() {
            Body::Possession(possession) => StatementSigner::Domain(possession.issuer.clone()),
            Body::Mapping(mapping) => StatementSigner::Domain(mapping.issuer.clone()),
            Body::Wishes(wishes) => StatementSigner::Holder(wishes.holder),
        }),
        key_id: statement.map(|statement| statement.key_id()),
        inception: statement.map(|statement| statement.inception()),
        expiration: statement.map(|statement| statement.expiration()),
        providers: pooled
            .providers
            .iter()
            .filter_map(|&provider| providers.get(provider))
            .map(|asked| asked.evidence.apex.to_string())
            .collect(),
        verdict: judgement.verdict,
        reason,
        record: Presentation::new(Rtype::MIMISIG, &pooled.rdata).readable().to_string(),
    }
}

/// The records beside the statements that no believed statement holds.
fn unsigned(asked: &Asked, held: &[&Endpoint]) -> Vec<RecordEvidence> {
    let is_held = |rtype: Rtype, rdata: &[u8]| {
        held.iter().any(|endpoint| endpoint.rtype() == rtype && endpoint.rdata() == rdata)
    };
    asked
        .beside
        .iter()
        .filter(|(rtype, rdata)| !is_held(*rtype, rdata))
        .map(|(rtype, rdata)| RecordEvidence {
            rtype: *rtype,
            data: Presentation::new(*rtype, rdata).to_string(),
        })
        .collect()
}

fn claim(claim: Claim) -> PossessionClaim {
    PossessionClaim {
        issuer: claim.issuer,
        holder: claim.holder,
        proof: claim.proof.method,
        proof_time: claim.proof.time,
        inception: claim.inception,
    }
}
