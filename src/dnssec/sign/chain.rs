//! Chains that deny what is not there.

use std::collections::HashSet;

use super::SignError;
use super::options::Denial;
use super::plan::Planned;
use crate::record::dnssec::{Nsec3, Nsec3Hash, Nsec3Params, nsec3_hash};
use crate::record::{Name, Rtype};

/// The links of a chain, before they are records.
pub(super) enum Chain {
    /// For each planned name the one whose name its NSEC record tells next; none for names without one.
    Nsec(Vec<Option<usize>>),
    /// In the order of the hashes.
    Nsec3 {
        links: Vec<Link>,
        opt_out: bool,
    },
    None,
}

/// A hashed name, and which of the planned names it is; none for an empty non-terminal.
pub(super) struct Link {
    pub(super) hash: Nsec3Hash,
    pub(super) name: Option<usize>,
}

impl Chain {
    pub(super) fn new(denial: Denial, apex: &Name, names: &[Planned<'_>]) -> Result<Self, SignError> {
        match denial {
            Denial::Nsec => Ok(Self::Nsec(nsec(names))),
            Denial::Nsec3 { opt_out } => {
                let too_long = |error| SignError::ApexTooLong(apex.clone(), error);
                Nsec3::owner(&[0; 20], apex).map_err(too_long)?;
                Ok(Self::Nsec3 { links: nsec3(apex, names, opt_out)?, opt_out })
            }
            Denial::Online => Ok(Self::None),
        }
    }

    /// The NSEC3 records, which stand apart from the names.
    pub(super) fn links(&self) -> &[Link] {
        if let Self::Nsec3 { links, .. } = self { links } else { &[] }
    }

    /// The data of the NSEC3 record with this number. Source: RFC 5155 §7.1.
    pub(super) fn nsec3_rdata(&self, number: usize, types: impl IntoIterator<Item = Rtype>) -> Vec<u8> {
        let links = self.links();
        let next = &links[(number + 1) % links.len()].hash;
        let opt_out = matches!(self, Self::Nsec3 { opt_out: true, .. });
        let flags = if opt_out { Nsec3::OPT_OUT } else { 0 };
        Nsec3::rdata_of(&Nsec3Params { flags, ..Nsec3Params::BEST }, next, types)
    }
}

/// Source: RFC 4035 §2.3: all but what is occluded; after the last comes the apex, which is the first.
fn nsec(names: &[Planned<'_>]) -> Vec<Option<usize>> {
    let (mut next, mut nexts) = (0, vec![None; names.len()]);
    for (index, name) in names.iter().enumerate().rev() {
        if name.is_linked(false) {
            nexts[index] = Some(next);
            next = index;
        }
    }
    nexts
}

fn nsec3(apex: &Name, names: &[Planned<'_>], opt_out: bool) -> Result<Vec<Link>, SignError> {
    let mut links = Vec::with_capacity(names.len());
    let mut before = apex;
    for (index, name) in names.iter().enumerate().filter(|(_, name)| name.is_linked(opt_out)) {
        let owner = &name.owner;
        let empty = empty_above(owner, before).map(|wire| (wire, None));
        for (wire, name) in [(owner.as_wire(), Some(index))].into_iter().chain(empty) {
            links.push(Link { hash: nsec3_hash(wire, 0, &[]), name });
        }
        before = owner;
    }
    links.sort_unstable_by_key(|link| link.hash);
    if opt_out {
        let more = beside_wildcards(names);
        let is_new = |hash: &Nsec3Hash| links.binary_search_by_key(hash, |link| link.hash).is_err();
        let more: Vec<Nsec3Hash> = more.into_iter().filter(is_new).collect();
        links.extend(more.into_iter().map(|hash| Link { hash, name: None }));
        links.sort_unstable_by_key(|link| link.hash);
    }
    let twice = links.windows(2).any(|pair| pair[0].hash == pair[1].hash);
    if twice { Err(SignError::HashCollision) } else { Ok(links) }
}

/// The hashes of empty non-terminals that stand beside a wildcard and above a delegation that is left out.
///
/// One that has nothing else below it may be left out too (RFC 5155 §7.1). But then its parent is the closest encloser
/// that can be proven for the names below it that are not there, and a validator wants to see that the wildcard below
/// that is not there either (§8.4).
fn beside_wildcards(names: &[Planned<'_>]) -> HashSet<Nsec3Hash> {
    let linked = names.iter().filter(|name| name.is_linked(true));
    let wild: HashSet<Vec<u8>> = linked
        .flat_map(|name| suffixes(name.owner.as_wire()))
        .filter_map(|wire| wire.strip_prefix(b"\x01*").map(<[u8]>::to_ascii_lowercase))
        .collect();
    let mut hashes = HashSet::new();
    if wild.is_empty() {
        return hashes;
    }
    for name in names.iter().filter(|name| name.is_linked(false) && !name.is_linked(true)) {
        let above: Vec<&[u8]> = suffixes(name.owner.as_wire()).skip(1).collect();
        for pair in above.windows(2).filter(|pair| wild.contains(&pair[1].to_ascii_lowercase())) {
            hashes.insert(nsec3_hash(pair[0], 0, &[]));
        }
    }
    hashes
}

/// A name and all above it.
fn suffixes(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(wire), |wire| match wire {
        [0, ..] | [] => None,
        [len, rest @ ..] => rest.get(usize::from(*len)..),
    })
}

/// The empty non-terminals above a name, where `before` comes before it in canonical order: its ancestors that
/// are not above `before` too, for of those that exist one would stand between the two.
fn empty_above<'n>(name: &'n Name, before: &Name) -> impl Iterator<Item = &'n [u8]> + use<'n> {
    let (labels, common) = (name.label_count(), common_labels(name, before));
    let mut rest = name.as_wire();
    (common + 1..labels).map(move |_| {
        rest = &rest[1 + usize::from(rest[0])..];
        rest
    })
}

/// How many labels two names have in common at their ends.
fn common_labels(one: &Name, other: &Name) -> usize {
    let [one, other] = [one, other].map(|name| name.labels().collect::<Vec<_>>());
    one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}
