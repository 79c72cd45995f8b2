//! All zones that are served together.

use std::sync::Arc;

use super::query_name::{NameHash, QueryName};
use super::snapshot::Zone;
use crate::record::{Class, Name, Rtype};

/// How many top bits of an apex's hash choose its shard.
const SHARD_BITS: u32 = 8;

/// Zones by apex, one of each, whatever its class. Immutable: a changed catalog shares all zones, and all but one of the shards
/// they stand in, with the one that it was derived from.
#[derive(Clone)]
pub struct Catalog {
    hash: NameHash,
    shards: Arc<[Arc<Shard>]>,
    len: usize,
    /// Labels of the deepest apex there ever was: no longer suffix need be tried.
    deepest: usize,
    /// Apexes of zones that should be here and are not.
    awaited: Arc<[Name]>,
}

/// In the order of their hashes.
type Shard = Vec<(u64, Arc<Zone>)>;

impl Catalog {
    /// No zones.
    #[must_use]
    pub fn new() -> Self {
        let empty = Arc::new(Shard::new());
        let shards = std::iter::repeat_n(empty, 1 << SHARD_BITS).collect();
        Self { hash: NameHash::new(), shards, len: 0, deepest: 0, awaited: Arc::default() }
    }

    /// The catalog with this zone, in the place of one of the same apex where there was one.
    #[must_use]
    pub fn with(&self, zone: Zone) -> Self {
        let mut next = self.clone();
        let zone = Arc::new(zone);
        let apex = QueryName::from(zone.apex());
        next.deepest = next.deepest.max(apex.label_count());
        let hash = self.hash.path(&apex, 0).of(apex.label_count());
        let shard = Arc::make_mut(next.shard_mut(hash));
        match position(shard, hash, apex.as_wire()) {
            Ok(at) => shard[at].1 = Arc::clone(&zone),
            Err(at) => {
                shard.insert(at, (hash, Arc::clone(&zone)));
                next.len += 1;
            }
        }
        next
    }

    /// The catalog without the zone of this apex.
    #[must_use]
    pub fn without(&self, apex: &Name) -> Self {
        let mut next = self.clone();
        let apex = QueryName::from(apex);
        let hash = self.hash.path(&apex, 0).of(apex.label_count());
        if let Ok(at) = position(self.shard(hash), hash, apex.as_wire()) {
            Arc::make_mut(next.shard_mut(hash)).remove(at);
            next.len -= 1;
        }
        next
    }

    /// The zone that answers for this name, type and class (ANY: whichever it is): the one with the
    /// longest apex at or above the name; but the parent's for DS at a zone's apex, where it is here
    /// too (RFC 4035 §3.1.4.1).
    #[must_use]
    pub fn find(&self, name: &QueryName<'_>, rtype: Rtype, class: Class) -> Option<&Arc<Zone>> {
        let hashes = self.hash.path(name, 0);
        let at = |labels: usize| {
            let hash = hashes.of(labels);
            let shard = self.shard(hash);
            let zone = position(shard, hash, name.ancestor(labels)).ok().map(|at| &shard[at].1);
            zone.filter(|zone| class == Class::ANY || zone.class() == class)
        };
        let longest = name.label_count().min(self.deepest);
        let own = (0..=longest).rev().find_map(at);
        if rtype == Rtype::DS && longest == name.label_count() {
            return (0..longest).rev().find_map(at).or(own);
        }
        own
    }

    /// The catalog in which zones of these apexes should be, and are not: they could not be loaded.
    /// Replaces what was awaited before.
    #[must_use]
    pub fn awaiting(&self, apexes: impl IntoIterator<Item = Name>) -> Self {
        Self { awaited: apexes.into_iter().collect(), ..self.clone() }
    }

    /// Whether a zone that should be here, and is not, would answer for this name and type in the place
    /// of `zone`, which [`Catalog::find`] found. Cost O(zones that are awaited).
    #[must_use]
    pub fn is_awaited(&self, name: &QueryName<'_>, rtype: Rtype, zone: Option<&Zone>) -> bool {
        self.awaited.iter().any(|apex| {
            let labels = apex.label_count();
            let covers =
                labels <= name.label_count() && name.ancestor(labels).eq_ignore_ascii_case(apex.as_wire());
            // DS at its apex is the parent's, where that is here.
            let of_parent = rtype == Rtype::DS && labels == name.label_count() && zone.is_some();
            covers && !of_parent && zone.is_none_or(|zone| zone.apex().label_count() < labels)
        })
    }

    /// The zone of exactly this apex.
    #[must_use]
    pub fn zone(&self, apex: &Name) -> Option<&Arc<Zone>> {
        let apex = QueryName::from(apex);
        let hash = self.hash.path(&apex, 0).of(apex.label_count());
        let shard = self.shard(hash);
        position(shard, hash, apex.as_wire()).ok().map(|at| &shard[at].1)
    }

    /// All zones, in no particular order.
    pub fn zones(&self) -> impl Iterator<Item = &Arc<Zone>> {
        self.shards.iter().flat_map(|shard| shard.iter().map(|(_, zone)| zone))
    }

    /// How many zones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no zone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn shard(&self, hash: u64) -> &Shard {
        &self.shards[shard_number(hash)]
    }

    fn shard_mut(&mut self, hash: u64) -> &mut Arc<Shard> {
        &mut Arc::make_mut(&mut self.shards)[shard_number(hash)]
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<Zone> for Catalog {
    fn from_iter<I: IntoIterator<Item = Zone>>(zones: I) -> Self {
        zones.into_iter().fold(Self::new(), |catalog, zone| catalog.with(zone))
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Catalog({} zones)", self.len)
    }
}

fn shard_number(hash: u64) -> usize {
    usize::from(hash.to_be_bytes()[0])
}

fn position(shard: &Shard, hash: u64, apex: &[u8]) -> Result<usize, usize> {
    let first = shard.partition_point(|(other, _)| *other < hash);
    let same = shard[first..].iter().take_while(|(other, _)| *other == hash);
    same.zip(first..)
        .find(|((_, zone), _)| zone.apex().as_wire().eq_ignore_ascii_case(apex))
        .map(|(_, at)| at)
        .ok_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::fixture::zone;

    fn found(catalog: &Catalog, name: &str, rtype: Rtype) -> Option<String> {
        let name: Name = name.parse().unwrap();
        catalog.find(&(&name).into(), rtype, Class::IN).map(|zone| zone.apex().to_string())
    }

    #[test]
    fn the_longest_apex_wins() {
        let catalog: Catalog = [zone("example.", &[]), zone("b.a.example.", &[])].into_iter().collect();
        assert_eq!(found(&catalog, "x.B.a.Example.", Rtype::A).as_deref(), Some("b.a.example."));
        assert_eq!(found(&catalog, "xb.a.example.", Rtype::A).as_deref(), Some("example."));
        assert_eq!(found(&catalog, "other.", Rtype::A), None);
        assert_eq!(found(&catalog, ".", Rtype::A), None);
    }

    #[test]
    fn ds_is_the_parents() {
        let catalog: Catalog = [zone("example.", &[]), zone("a.example.", &[])].into_iter().collect();
        assert_eq!(found(&catalog, "a.example.", Rtype::DS).as_deref(), Some("example."));
        assert_eq!(found(&catalog, "example.", Rtype::DS).as_deref(), Some("example."));
        assert_eq!(found(&catalog, "a.example.", Rtype::NS).as_deref(), Some("a.example."));
    }

    #[test]
    fn a_zone_of_another_class_hides_nothing() {
        let mut builder = crate::zone::ZoneBuilder::new();
        let soa = crate::zone::fixture::record("a.example. SOA");
        builder.add(&crate::record::Record { class: Class::CH, ..soa }, crate::zone::Span::default());
        let catalog: Catalog = [zone("example.", &[]), builder.build().zone.unwrap()].into_iter().collect();
        let name: Name = "x.a.example.".parse().unwrap();
        let apex = |class| {
            let zone = catalog.find(&(&name).into(), Rtype::A, class);
            zone.map(|zone| zone.apex().to_string())
        };
        assert_eq!(apex(Class::IN).as_deref(), Some("example."));
        assert_eq!(apex(Class::CH).as_deref(), Some("a.example."));
        assert_eq!(apex(Class::ANY).as_deref(), Some("a.example."));
        assert_eq!(apex(Class::HS), None);
    }

    #[test]
    fn a_zone_that_is_awaited_stands_in_the_way_of_those_above() {
        let names =
            |names: &[&str]| names.iter().map(|name| name.parse::<Name>().unwrap()).collect::<Vec<_>>();
        let catalog: Catalog = [zone("example.", &[]), zone("c.b.example.", &[])].into_iter().collect();
        let catalog = catalog.awaiting(names(&["b.example.", "other."]));
        let is_awaited = |name: &str, rtype| {
            let name: Name = name.parse().unwrap();
            let name = QueryName::from(&name);
            catalog.is_awaited(&name, rtype, catalog.find(&name, rtype, Class::IN).map(|zone| &**zone))
        };
        for (name, rtype, expected) in [
            ("a.example.", Rtype::A, false),
            ("B.example.", Rtype::A, true),
            ("x.b.example.", Rtype::A, true),
            ("b.example.", Rtype::DS, false),
            ("x.b.example.", Rtype::DS, true),
            ("c.b.example.", Rtype::A, false),
            ("xb.example.", Rtype::A, false),
            ("other.", Rtype::SOA, true),
            ("other.", Rtype::DS, true),
            ("another.", Rtype::A, false),
        ] {
            assert_eq!(is_awaited(name, rtype), expected, "{name} {rtype}");
        }
        assert!(!catalog.awaiting([]).is_awaited(&(&names(&["other."])[0]).into(), Rtype::A, None));
    }

    #[test]
    fn a_changed_catalog_shares_the_rest() {
        let before: Catalog = [zone("a.", &[]), zone("b.", &[])].into_iter().collect();
        let after = before.with(zone("a.", &["a. A 1"]));
        let apex: Name = "b.".parse().unwrap();
        assert!(Arc::ptr_eq(before.zone(&apex).unwrap(), after.zone(&apex).unwrap()));
        assert_eq!((before.len(), after.len(), after.without(&apex).len()), (2, 2, 1));
        let shared = before.shards.iter().zip(after.shards.iter()).filter(|(a, b)| Arc::ptr_eq(a, b));
        assert_eq!(shared.count(), (1 << SHARD_BITS) - 1);
    }

    #[test]
    fn the_root_zone_has_everything() {
        let catalog: Catalog = [zone(".", &[])].into_iter().collect();
        assert_eq!(found(&catalog, "a.b.c.", Rtype::A).as_deref(), Some("."));
        assert_eq!(found(&catalog, ".", Rtype::DS).as_deref(), Some("."));
    }
}
