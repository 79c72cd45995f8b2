//! All zones that are served together.

use std::sync::Arc;

use super::query_name::{MOST_LABELS, NameHash, PathHashes, QueryName};
use super::snapshot::Zone;
use crate::record::{Class, Name, Rtype};

/// Apexes of less labels are found a little faster.
const FEW_LABELS: usize = 8;
/// How many top bits of an apex's hash choose its shard.
const SHARD_BITS: u32 = 8;

/// Zones by apex, one of each, whatever its class; and apexes of zones that should be here and are not.
/// Immutable: a changed catalog shares all zones, and all but one of the shards they stand in, with the
/// one that it was derived from.
#[derive(Clone)]
pub struct Catalog {
    hash: NameHash,
    shards: Arc<[Arc<Shard>]>,
    len: usize,
    /// Labels of the deepest apex there ever was: no longer suffix need be tried.
    deepest: usize,
}

/// In the order of their hashes.
type Shard = Vec<(u64, Entry)>;

/// What stands at an apex.
#[derive(Clone)]
enum Entry {
    Zone(Arc<Zone>),
    Awaited(Name),
}

/// Who answers for a name.
#[derive(Clone, Copy)]
pub enum Authority<'c> {
    /// This zone.
    Zone(&'c Arc<Zone>),
    /// A zone that should be here and is not: nobody here knows what it has.
    Awaited,
}

impl Catalog {
    /// No zones.
    #[must_use]
    pub fn new() -> Self {
        let empty = Arc::new(Shard::new());
        let shards = std::iter::repeat_n(empty, 1 << SHARD_BITS).collect();
        Self { hash: NameHash::new(), shards, len: 0, deepest: 0 }
    }

    /// The catalog with this zone, in the place of one of the same apex where there was one.
    #[must_use]
    pub fn with(&self, zone: Zone) -> Self {
        let mut next = self.clone();
        next.put(Entry::Zone(Arc::new(zone)));
        next
    }

    /// The catalog without the zone of this apex.
    #[must_use]
    pub fn without(&self, apex: &Name) -> Self {
        let mut next = self.clone();
        let (hash, at) = self.place(apex);
        if let Ok(at) = at {
            let (_, removed) = Arc::make_mut(next.shard_mut(hash)).remove(at);
            next.len -= usize::from(removed.zone().is_some());
        }
        next
    }

    /// The catalog in which zones of these apexes should be, and are not: they could not be loaded.
    /// Replaces what was awaited before; a zone that is here is not awaited.
    #[must_use]
    pub fn awaiting(&self, apexes: impl IntoIterator<Item = Name>) -> Self {
        let mut next = self.clone();
        for shard in Arc::make_mut(&mut next.shards) {
            if shard.iter().any(|(_, entry)| entry.zone().is_none()) {
                Arc::make_mut(shard).retain(|(_, entry)| entry.zone().is_some());
            }
        }
        for apex in apexes.into_iter().filter(|apex| self.zone(apex).is_none()) {
            next.put(Entry::Awaited(apex));
        }
        next
    }

    fn put(&mut self, entry: Entry) {
        self.deepest = self.deepest.max(entry.apex().label_count());
        let (hash, at) = self.place(entry.apex());
        self.len += usize::from(entry.zone().is_some());
        let shard = Arc::make_mut(self.shard_mut(hash));
        match at {
            Ok(at) => {
                let (_, former) = std::mem::replace(&mut shard[at], (hash, entry));
                self.len -= usize::from(former.zone().is_some());
            }
            Err(at) => shard.insert(at, (hash, entry)),
        }
    }

    /// Who answers for this name, type and class (ANY: whichever it is): the zone with the longest
    /// apex at or above the name; but the parent's for DS at a zone's apex, where it is here too (RFC
    /// 4035 §3.1.4.1). Nobody knows the class of a zone that is awaited.
    #[must_use]
    pub fn find(&self, name: &QueryName<'_>, rtype: Rtype, class: Class) -> Option<Authority<'_>> {
        let longest = name.label_count().min(self.deepest);
        // Hardly any apex is deeper, and what is not hashed costs nothing.
        if longest < FEW_LABELS {
            self.find_in(name, rtype, class, &self.hash.path_to::<FEW_LABELS>(name, 0, longest))
        } else {
            self.find_in(name, rtype, class, &self.hash.path_to::<MOST_LABELS>(name, 0, longest))
        }
    }

    fn find_in<const N: usize>(
        &self,
        name: &QueryName<'_>,
        rtype: Rtype,
        class: Class,
        hashes: &PathHashes<N>,
    ) -> Option<Authority<'_>> {
        let at = |labels: usize| {
            let hash = hashes.of(labels);
            let shard = self.shard(hash);
            match &shard[position(shard, hash, name.ancestor(labels)).ok()?].1 {
                Entry::Awaited(_) => Some(Authority::Awaited),
                Entry::Zone(zone) => {
                    (class == Class::ANY || zone.class() == class).then_some(Authority::Zone(zone))
                }
            }
        };
        let longest = name.label_count().min(self.deepest);
        let own = (0..=longest).rev().find_map(at);
        if rtype == Rtype::DS && longest == name.label_count() {
            return (0..longest).rev().find_map(at).or(own);
        }
        own
    }

    /// The zone of exactly this apex.
    #[must_use]
    pub fn zone(&self, apex: &Name) -> Option<&Arc<Zone>> {
        let (hash, at) = self.place(apex);
        self.shard(hash)[at.ok()?].1.zone()
    }

    /// The hash of an apex, and where in its shard it stands, or would.
    fn place(&self, apex: &Name) -> (u64, Result<usize, usize>) {
        let apex = QueryName::from(apex);
        let hash = self.hash.path(&apex, 0).of(apex.label_count());
        (hash, position(self.shard(hash), hash, apex.as_wire()))
    }

    /// All zones, in no particular order.
    pub fn zones(&self) -> impl Iterator<Item = &Arc<Zone>> {
        self.shards.iter().flat_map(|shard| shard.iter().filter_map(|(_, entry)| entry.zone()))
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

impl Entry {
    fn apex(&self) -> &Name {
        match self {
            Self::Zone(zone) => zone.apex(),
            Self::Awaited(apex) => apex,
        }
    }

    fn zone(&self) -> Option<&Arc<Zone>> {
        match self {
            Self::Zone(zone) => Some(zone),
            Self::Awaited(_) => None,
        }
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
        .find(|((_, entry), _)| entry.apex().as_wire().eq_ignore_ascii_case(apex))
        .map(|(_, at)| at)
        .ok_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::fixture::zone;

    fn apex(authority: Authority<'_>) -> String {
        match authority {
            Authority::Zone(zone) => zone.apex().to_string(),
            Authority::Awaited => "awaited".to_owned(),
        }
    }

    fn found(catalog: &Catalog, name: &str, rtype: Rtype) -> Option<String> {
        let name: Name = name.parse().unwrap();
        catalog.find(&(&name).into(), rtype, Class::IN).map(apex)
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
        let of = |class| catalog.find(&(&name).into(), Rtype::A, class).map(apex);
        assert_eq!(of(Class::IN).as_deref(), Some("example."));
        assert_eq!(of(Class::CH).as_deref(), Some("a.example."));
        assert_eq!(of(Class::ANY).as_deref(), Some("a.example."));
        assert_eq!(of(Class::HS), None);
    }

    #[test]
    fn a_zone_that_is_awaited_stands_in_the_way_of_those_above() {
        let names =
            |names: &[&str]| names.iter().map(|name| name.parse::<Name>().unwrap()).collect::<Vec<_>>();
        let catalog: Catalog = [zone("example.", &[]), zone("c.b.example.", &[])].into_iter().collect();
        let catalog = catalog.awaiting(names(&["b.example.", "other."]));
        let is_awaited = |name: &str, rtype| found(&catalog, name, rtype).as_deref() == Some("awaited");
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
        let lengths = |catalog: &Catalog| (catalog.len(), catalog.zones().count());
        assert_eq!(lengths(&catalog), (2, 2));
        let other = names(&["other."]).remove(0);
        assert!(catalog.zone(&other).is_none());
        for (without, what) in [(catalog.awaiting([]), "replaced"), (catalog.without(&other), "given up")] {
            assert_eq!(found(&without, "other.", Rtype::A), None, "{what}");
            assert_eq!(lengths(&without), (2, 2), "{what}");
        }
        let here = catalog.with(zone("other.", &[]));
        assert_eq!(found(&here, "other.", Rtype::A).as_deref(), Some("other."));
        assert_eq!(lengths(&here), (3, 3));
        let still = here.awaiting(names(&["other."]));
        assert_eq!(found(&still, "other.", Rtype::A).as_deref(), Some("other."), "it is here");
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
