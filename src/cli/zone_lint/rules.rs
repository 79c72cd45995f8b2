//! Rules of the digit tree: each is run against its own number.

use std::collections::{HashMap, HashSet};

use super::Odd;
use crate::record::digits::enum_digits;
use crate::record::{Name, Rtype};
use crate::resolver::{ApplyError, ServiceError, Unused, judge_rule};
use crate::zone::Zone;

/// What can be told here.
#[cfg(test)]
pub(super) const CODES: [&str; 14] = [
    "naptr-no-match",
    "naptr-no-uri",
    "naptr-no-name",
    "naptr-pattern",
    "naptr-both",
    "naptr-neither",
    "naptr-terminal-replacement",
    "naptr-flag",
    "private-service",
    "unknown-service",
    "bad-service",
    "shadowed-block",
    "many-types",
    "not-listed",
];

/// Types of Enumservices. Source: IANA, Enumservice Registrations. Those that begin with `x-` are experimental.
const KNOWN: [&str; 26] = [
    "acct",
    "email",
    "ems",
    "fax",
    "ft",
    "h323",
    "http",
    "https",
    "iax",
    "ical-access",
    "ical-sched",
    "ifax",
    "im",
    "mms",
    "pres",
    "pstn",
    "sip",
    "sms",
    "unifmsg",
    "vcard",
    "videomsg",
    "voice",
    "voicemsg",
    "vpim",
    "web",
    "xmpp",
];

/// A number has at most so many digits. Source: E.164.
const DIGITS: usize = 15;
/// BIND's `max-types-per-name`.
const MOST_TYPES: usize = 100;

pub(super) fn odd(zone: &Zone) -> Vec<Odd> {
    let suffix = suffix(zone.apex());
    let (mut odd, mut blocks, mut parents, mut children, mut numbers) =
        (Vec::new(), HashSet::new(), HashSet::new(), HashMap::new(), Vec::new());
    for (owner, node) in zone.nodes() {
        let types = node.rrsets().count();
        if types > MOST_TYPES
            && let Some(first) = node.rrsets().next()
        {
            odd.push(Odd {
                code: "many-types",
                span: None,
                message: format!(
                    "the name has {types} types of records: BIND refuses more than 100 unless told otherwise"
                ),
                remedy: "publish fewer, or raise max-types-per-name where BIND serves the zone",
                owner: Some((owner.clone(), first.rtype(), None)),
                due_to: None,
            });
        }
        let Some(digits) = enum_digits(&owner, &suffix) else { continue };
        if let Some(rules) = node.rrset(Rtype::NAPTR) {
            odd.extend(rules.records().filter_map(|record| of_rule(&owner, &digits, record.rdata())));
            if owner.is_wildcard() {
                blocks.extend(owner.parent());
            }
        }
        if let Some(parent) = owner.parent() {
            let child = (owner.clone(), node.rrsets().next().map(|first| first.rtype()));
            let first = children.entry(parent).or_insert_with(|| child.clone());
            if child.0 < first.0 {
                *first = child;
            }
        }
        if !owner.is_wildcard() {
            parents.extend(owner.parent());
            numbers.push((owner, digits));
        }
    }
    if !blocks.is_empty() {
        let in_block = |owner: &Name| {
            std::iter::successors(owner.parent(), Name::parent).any(|above| blocks.contains(&above))
        };
        let hidden = numbers.into_iter().filter(|(owner, _)| {
            // What stands here alone is a number of its own; only what stands further below makes of it
            // a name that hides the block, unless the block is said again.
            parents.contains(owner)
                && in_block(owner)
                && owner.with_label(b"*").is_ok_and(|again| zone.node(&again).is_none())
        });
        odd.extend(hidden.map(|(owner, digits)| {
            let due_to = first_below(&owner, &children);
            Odd { due_to, ..shadowed(owner, &digits) }
        }));
    }
    odd
}

/// The nearest name below that has records, in the order of names, and the type of one.
fn first_below(owner: &Name, children: &HashMap<Name, (Name, Option<Rtype>)>) -> Option<(Name, Rtype)> {
    let mut here = owner;
    loop {
        match children.get(here)? {
            (child, Some(rtype)) => return Some((child.clone(), *rtype)),
            (child, None) => here = child,
        }
    }
}

/// The zone may begin within the tree.
fn suffix(apex: &Name) -> Name {
    let mut suffix = apex.clone();
    while let Some(parent) = suffix.parent()
        && suffix.labels().next().is_some_and(|label| matches!(label, [b'0'..=b'9']))
    {
        suffix = parent;
    }
    suffix
}

fn shadowed(owner: Name, digits: &str) -> Odd {
    Odd {
        code: "shadowed-block",
        span: None,
        due_to: None,
        message: format!(
            "a number below it makes this name exist, so the number block around it no longer covers the other numbers \
             that begin with +{digits} (RFC 4592 §3.3.1)"
        ),
        remedy: "write the block's rules at the wildcard below this name too",
        owner: Some((owner, Rtype::NAPTR, None)),
    }
}

fn of_rule(owner: &Name, digits: &str, rdata: &[u8]) -> Option<Odd> {
    let odd = |code, message: String, remedy| {
        let owner = Some((owner.clone(), Rtype::NAPTR, Some(rdata.into())));
        Some(Odd { code, span: None, owner, due_to: None, message, remedy })
    };
    let judged =
        if owner.is_wildcard() { of_block(digits, rdata) } else { judge_rule(rdata, &format!("+{digits}")) };
    let why = match judged {
        Ok(services) => {
            let unknown =
                services.iter().find(|kind| !KNOWN.contains(&kind.as_str()) && !kind.starts_with("x-"))?;
            let message =
                format!("`{unknown}` is no registered type of an Enumservice: few clients will use it");
            return odd("unknown-service", message, "see IANA's Enumservice Registrations");
        }
        Err(why) => why,
    };
    let message = format!("clients ignore the rule: {why}");
    match why {
        Unused::NoResult(ApplyError::NoMatch) => {
            let number = if owner.is_wildcard() {
                format!("no number of the block +{digits}")
            } else {
                format!("not +{digits}, its own number")
            };
            let message = format!("clients ignore the rule: its regexp matches {number}");
            odd("naptr-no-match", message, "`mimi-dns enum apply` tries it; a plus sign is written `\\\\+`")
        }
        Unused::NoResult(_) | Unused::Uri(_) => {
            odd("naptr-no-uri", message, "let the replacement in the regexp make a URI")
        }
        Unused::Name => odd("naptr-no-name", message, "let a non-terminal rule lead to a domain name"),
        Unused::Regexp(_) => odd("naptr-pattern", message, "write a POSIX extended regular expression"),
        Unused::RegexpAndReplacement => {
            odd("naptr-both", message, "leave one out: the regexp empty, or the replacement a dot")
        }
        Unused::NoRegexpNorReplacement => odd("naptr-neither", message, "write one of them"),
        Unused::TerminalReplacement => odd(
            "naptr-terminal-replacement",
            message,
            "write the URI in a regexp, as `!^.*$!sip:a@example.net!`",
        ),
        Unused::UnknownFlag => {
            odd("naptr-flag", message, "write the flag `u`, or none for a rule that leads to another")
        }
        Unused::Private => odd(
            "private-service",
            message,
            "types that begin with P- are for private networks (RFC 6117 §4.1)",
        ),
        Unused::Service(ServiceError::NotEnum) => odd("bad-service", message, "write `E2U+` and a type"),
        Unused::Service(_) => {
            odd("bad-service", message, "write `E2U+` and types of letters, digits and hyphens")
        }
        Unused::Malformed | Unused::Unwanted | Unused::TooDeep | Unused::Repeated | Unused::LargerOrder => {
            None
        }
    }
}

/// What becomes of some number of a block. One that none of many samples matches matches none, as rules are
/// written.
fn of_block(digits: &str, rdata: &[u8]) -> Result<Vec<String>, Unused> {
    let mut last = Err(Unused::NoResult(ApplyError::NoMatch));
    for more in 1..=DIGITS.saturating_sub(digits.len()).max(1) {
        for filler in "0123456789".chars() {
            let number: String =
                "+".chars().chain(digits.chars()).chain(std::iter::repeat_n(filler, more)).collect();
            last = judge_rule(rdata, &number);
            if last != Err(Unused::NoResult(ApplyError::NoMatch)) {
                return last;
            }
        }
    }
    last
}
