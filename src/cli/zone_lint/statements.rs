//! Statements that will soon be of no use, or already are, and parameters that nobody can use.

use super::Odd;
use crate::clock::UnixTime;
use crate::record::Rtype;
use crate::record::mimisig::{Basis, Body, Mimisig};
use crate::record::parameters::{Parameters, in_force};
use crate::statement::CLOCK_SKEW;
use crate::zone::{Loaded, Span, Zone};

/// What can be told here.
#[cfg(test)]
pub(super) const CODES: [&str; 5] = [
    "statement-expires",
    "ttl-beyond-validity",
    "mapping-not-wished",
    "conflicting-statements",
    "no-epoch-in-force",
];

/// The share of its time that a statement should have left, as a signature: an eighth.
const SHARE_LEFT: u64 = 8;

pub(super) fn odd(loaded: &Loaded, zone: &Zone, now: UnixTime) -> Vec<Odd> {
    let mut odd = Vec::new();
    for source in &loaded.identifiers {
        let node = source.owners.first().and_then(|owner| zone.node(owner));
        let ttl = node.and_then(|node| node.rrset(Rtype::MIMISIG)).map_or(0, |rrset| rrset.ttl().as_secs());
        let read =
            source.statements.iter().filter_map(|(span, rdata)| Some((*span, Mimisig::parse(rdata).ok()?)));
        let statements: Vec<(Span, Mimisig)> = read.collect();
        for (span, statement) in &statements {
            odd.extend(of_time(statement, ttl, now).into_iter().map(|one| Odd { span: Some(*span), ..one }));
            odd.extend(not_wished(statement, &statements, now).map(|one| Odd { span: Some(*span), ..one }));
            let others = statements.iter().map(|(_, statement)| statement);
            odd.extend(in_conflict(statement, others, now).map(|one| Odd { span: Some(*span), ..one }));
        }
    }
    if loaded.identifiers.is_empty() {
        for (owner, rrset) in zone.rrsets().filter(|(_, rrset)| rrset.rtype() == Rtype::MIMISIG) {
            let statements: Vec<Mimisig> =
                rrset.records().filter_map(|record| Mimisig::parse(record.rdata()).ok()).collect();
            for statement in &statements {
                let found = of_time(statement, rrset.ttl().as_secs(), now);
                let found = found.into_iter().chain(in_conflict(statement, statements.iter(), now));
                odd.extend(
                    found.map(|one| Odd { owner: Some((owner.clone(), Rtype::MIMISIG, None)), ..one }),
                );
            }
        }
        odd.extend(not_in_force(zone, now));
    }
    odd
}

fn new(code: &'static str, message: String, remedy: &'static str) -> Odd {
    Odd { code, span: None, owner: None, due_to: None, message, remedy }
}

fn of_time(statement: &Mimisig, ttl: u32, now: UnixTime) -> Vec<Odd> {
    let (from, until) = (statement.inception().0, statement.expiration().0);
    let left = until.saturating_sub(now.0);
    let mut odd = Vec::new();
    if left == 0 {
        // The loader tells that it has expired.
        return odd;
    }
    let kind = statement.kind();
    if left < until.saturating_sub(from) / SHARE_LEFT {
        let message = format!("the {kind} statement expires in {}", span(left));
        odd.push(new("statement-expires", message, "ask its signer for a new one"));
    }
    if u64::from(ttl) > left {
        let message =
            format!("the TTL is {}, and the {kind} statement expires in {}", span(ttl.into()), span(left));
        odd.push(new("ttl-beyond-validity", message, "ask its signer for a new one, or write a smaller TTL"));
    }
    odd
}

fn span(seconds: u64) -> String {
    match seconds {
        0..=7199 => format!("{} min", seconds.div_ceil(60)),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A mapping that rests on wishes which this zone does not have.
fn not_wished(statement: &Mimisig, all: &[(Span, Mimisig)], now: UnixTime) -> Option<Odd> {
    let Body::Mapping(mapping) = statement.body() else { return None };
    let Basis::Holder { holder, consent } = mapping.basis else { return None };
    let listed = all.iter().any(|(_, other)| match other.body() {
        Body::Wishes(wishes) => {
            wishes.holder == holder
                && other.inception() >= consent
                && wishes.at.iter().any(|at| at.msp == mapping.issuer)
        }
        Body::Possession(_) | Body::Mapping(_) => false,
    });
    let told = listed || statement.expiration() <= now;
    (!told).then(|| {
        let message = format!(
            "the mapping of {} rests on wishes of its holder that list it and are not older than its consent; this zone \
             has none",
            mapping.issuer
        );
        new("mapping-not-wished", message, "publish them, or ask the provider for a mapping that rests on those there are")
    })
}

/// The newest of its signer, which another contradicts from the same time. Source: docs/protocol.md §7.3.
fn in_conflict<'m>(
    statement: &Mimisig,
    all: impl Iterator<Item = &'m Mimisig> + Clone,
    now: UnixTime,
) -> Option<Odd> {
    let counts = |one: &Mimisig| one.inception() <= now.plus(CLOCK_SKEW) && one.expiration() > now;
    let mut alike = all.filter(|other| counts(other) && is_by_signer_of(statement, other));
    let is_newest = !alike.clone().any(|other| other.inception() > statement.inception());
    let other = alike
        .find(|other| other.inception() == statement.inception() && other.unsigned() != statement.unsigned());
    other.filter(|_| is_newest && counts(statement)).map(|_| {
        let message = format!(
            "another {} statement of the same signer, from the same second, says something else",
            statement.kind()
        );
        let remedy = "resolvers count neither, nor an older one of this signer: have it sign one newer statement, and \
                      publish that alone";
        new("conflicting-statements", message, remedy)
    })
}

/// Whether both are of one kind, and one domain or key has signed both.
fn is_by_signer_of(one: &Mimisig, other: &Mimisig) -> bool {
    match (one.body(), other.body()) {
        (Body::Wishes(one), Body::Wishes(other)) => one.holder == other.holder,
        (one, other) => one.kind() == other.kind() && one.issuer() == other.issuer(),
    }
}

/// The loader tells it where the source names identifiers.
fn not_in_force(zone: &Zone, now: UnixTime) -> Option<Odd> {
    let owner = Parameters::owner(zone.apex()).ok()?;
    let texts = zone.node(&owner)?.rrset(Rtype::TXT)?;
    let all: Vec<Parameters> =
        texts.records().filter_map(|record| Parameters::from_rdata(record.rdata()).ok()).collect();
    if all.is_empty() || in_force(&all, now).is_some() {
        return None;
    }
    let message = "the zone's parameters hold later only: nobody can look up its identifiers now".to_owned();
    let odd = new("no-epoch-in-force", message, "publish parameters whose `from` has passed");
    Some(Odd { owner: Some((owner, Rtype::TXT, None)), ..odd })
}
