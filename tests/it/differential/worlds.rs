//! Random zones that belong together: parents, children and siblings below one base name.

use mimi_dns::record::{MAX_NAME, Rtype};

use super::data;
use super::names::{Base, Draft, label};
use super::random::Random;
use super::records::DraftRecord;
use super::signing::Signing;

/// Zones that refer to one another and to nothing else that is served.
#[derive(Clone)]
pub(super) struct World {
    pub(super) base: Base,
    pub(super) zones: Vec<DraftZone>,
    /// How, where they are signed.
    pub(super) signing: Option<Signing>,
}

#[derive(Clone)]
pub(super) struct DraftZone {
    pub(super) apex: Draft,
    /// The SOA record is the first.
    pub(super) records: Vec<DraftRecord>,
}

impl World {
    /// Signed worlds are tidy: what is odd is odd in others' ways of signing too.
    pub(super) fn random(random: &mut Random, base: Base, signing: Option<Signing>) -> Self {
        let mut world = Self { base, zones: Vec::new(), signing };
        for apex in apexes(random) {
            world.zones.push(DraftZone { apex, records: Vec::new() });
        }
        let tidy = random.percent(95) || signing.is_some();
        let few = random.percent(30);
        for index in 0..world.zones.len() {
            world.fill(random, index, tidy, few);
        }
        world
    }

    /// Every name that the world mentions.
    pub(super) fn names(&self) -> impl Iterator<Item = &Draft> {
        self.zones
            .iter()
            .flat_map(|zone| &zone.records)
            .flat_map(|record| std::iter::once(&record.owner).chain(record.targets()))
    }

    /// A name that stands in the world or might.
    pub(super) fn random_name(&self, random: &mut Random) -> Draft {
        let zone = random.pick(&self.zones);
        let name = match random.below(100) {
            0..45 if !zone.records.is_empty() => random.pick(&zone.records).owner.clone(),
            45..60 if !zone.records.is_empty() => {
                let record = random.pick(&zone.records);
                record.targets().next().unwrap_or(&record.owner).clone()
            }
            60..95 => near(random, &zone.apex),
            _ => self.outside(random),
        };
        match random.below(100) {
            0..65 => name,
            65..80 => name.below(&label(random)),
            80..87 => name.below(b"*"),
            87..94 => name.parent().unwrap_or(name),
            94..99 => name.parent().unwrap_or(name).below(&label(random)),
            _ => name.filled(random, MAX_NAME),
        }
    }

    fn outside(&self, random: &mut Random) -> Draft {
        let labels = (0..random.below(2)).map(|_| label(random)).chain([b"elsewhere".to_vec()]).collect();
        Draft { labels, inside: self.base.0.is_none() }
    }

    fn fill(&mut self, random: &mut Random, index: usize, tidy: bool, few: bool) {
        let apex = self.zones[index].apex.clone();
        let soa = data::soa(random, &apex);
        let soa_ttl = ttl(random);
        self.zones[index].records.push(DraftRecord {
            owner: apex.clone(),
            ttl: soa_ttl,
            rtype: Rtype::SOA,
            data: soa,
        });
        for _ in 0..random.between(1, 2) {
            self.add(random, index, tidy, apex.clone(), Rtype::NS);
        }
        let children: Vec<Draft> = self
            .zones
            .iter()
            .map(|zone| &zone.apex)
            .filter(|other| other.is_at_or_below(&apex) && !other.is_same(&apex))
            .cloned()
            .collect();
        for child in children {
            // Now and then the parent does not know of its child.
            if random.percent(85) {
                self.delegate(random, index, tidy, child);
            }
        }
        for _ in 0..random.between(1, if few { 4 } else { 30 }) {
            let owner = self.random_owner(random, index, tidy);
            match random.below(100) {
                0..10 => self.delegate(random, index, tidy, owner),
                10..13 => self.add_many(random, index, tidy, &owner),
                _ => {
                    let rtype = *random.pick(&data::TYPES);
                    self.add(random, index, tidy, owner, rtype);
                }
            }
        }
    }

    fn random_owner(&self, random: &mut Random, index: usize, tidy: bool) -> Draft {
        let zone = &self.zones[index];
        let known = &random.pick(&zone.records).owner;
        let owner = match random.below(100) {
            0..25 => known.clone(),
            25..40 => known.below(&label(random)),
            40..48 => known.below(b"*"),
            48..54 => known.parent().unwrap_or_else(Draft::top).below(&label(random)),
            54..56 => near(random, &zone.apex).filled(random, MAX_NAME),
            56..64 => zone
                .records
                .iter()
                .flat_map(DraftRecord::targets)
                .nth(random.below(8))
                .unwrap_or(known)
                .clone(),
            _ => near(random, &zone.apex),
        };
        let inside = owner.is_at_or_below(&zone.apex) && owner.fits();
        if inside || (!tidy && owner.fits()) { owner } else { near(random, &zone.apex) }
    }

    /// NS records, and most of the glue that they need.
    fn delegate(&mut self, random: &mut Random, index: usize, tidy: bool, cut: Draft) {
        if cut.is_same(&self.zones[index].apex) {
            return;
        }
        let many = random.percent(5);
        for _ in 0..if many { random.between(8, 20) } else { random.between(1, 4) } {
            self.add(random, index, tidy, cut.clone(), Rtype::NS);
        }
        if random.percent(15) {
            self.add(random, index, tidy, cut, Rtype::DS);
        }
        let servers: Vec<Draft> = self.zones[index]
            .records
            .iter()
            .filter(|record| record.rtype == Rtype::NS)
            .flat_map(|record| record.targets().cloned())
            .collect();
        for server in servers.into_iter().rev().take(20) {
            let here = server.is_at_or_below(&self.zones[index].apex);
            for rtype in [Rtype::A, Rtype::AAAA] {
                if here && random.percent(35) {
                    self.add(random, index, tidy, server.clone(), rtype);
                }
            }
        }
    }

    fn add_many(&mut self, random: &mut Random, index: usize, tidy: bool, owner: &Draft) {
        let many = [Rtype::A, Rtype::TXT, Rtype::MX, Rtype::AAAA, Rtype::SRV, Rtype::NAPTR, Rtype::MIMISIG];
        let rtype = *random.pick(&many);
        for _ in 0..random.between(5, 60) {
            self.add(random, index, tidy, owner.clone(), rtype);
        }
    }

    fn add(&mut self, random: &mut Random, index: usize, tidy: bool, owner: Draft, rtype: Rtype) {
        let data = data::random(random, self, &self.zones[index].apex, &owner, rtype);
        let zone = &mut self.zones[index];
        // NSD 4.6 ends where a name of a zone with NSEC3 is so long that no asterisk fits below it.
        let is_too_long =
            self.signing.is_some_and(|signing| !signing.is_nsec()) && owner.len() + 2 > MAX_NAME;
        if (tidy && !zone.takes(&owner, rtype)) || is_too_long || !data::fits(&data) {
            return;
        }
        let set = zone.records.iter().find(|record| record.rtype == rtype && record.owner.is_same(&owner));
        // RFC 2181 §5.2 wants one TTL in a set.
        let ttl = set.filter(|_| tidy || random.percent(80)).map_or_else(|| ttl(random), |record| record.ttl);
        zone.records.push(DraftRecord { owner, ttl, rtype, data });
    }
}

impl DraftZone {
    /// Whether the zone stays one that every server loads.
    fn takes(&self, owner: &Draft, rtype: Rtype) -> bool {
        self.records.iter().all(|record| {
            let same = record.owner.is_same(owner);
            let single = matches!(rtype, Rtype::CNAME | Rtype::DNAME | Rtype::SOA) && record.rtype == rtype;
            let alias = (rtype == Rtype::CNAME) != (record.rtype == Rtype::CNAME);
            let hidden =
                matches!((rtype, record.rtype), (Rtype::NS, Rtype::DNAME) | (Rtype::DNAME, Rtype::NS))
                    && !owner.is_same(&self.apex);
            let below = (record.rtype == Rtype::DNAME && owner.is_at_or_below(&record.owner) && !same)
                || (rtype == Rtype::DNAME && record.owner.is_at_or_below(owner) && !same);
            !(below || (same && (single || alias || hidden)))
        })
    }

    /// The zone's file as servers get it.
    pub(super) fn file(&self, world: &World) -> String {
        let text = self.text(world.base);
        match world.signing {
            Some(signing) => signing.sign(&self.apex.text(world.base), &text),
            None => text,
        }
    }

    /// The zone as it was made.
    pub(super) fn text(&self, base: Base) -> String {
        self.records.iter().map(|record| record.text(base) + "\n").collect()
    }
}

fn apexes(random: &mut Random) -> Vec<Draft> {
    let top = Draft::top();
    let tame = |random: &mut Random| *random.pick::<&[u8]>(&[b"a", b"b", b"A", b"c", &[b'x'; 63]]);
    let child = top.below(tame(random));
    let mut apexes = match random.below(10) {
        0..5 => vec![top],
        5..8 => vec![top, child.clone()],
        8 => vec![child.clone()],
        _ => vec![top, child.below(b"b")],
    };
    if random.percent(15) {
        apexes.push(child.below(tame(random)));
    }
    if random.percent(15) {
        apexes.push(Draft::top().below(tame(random)));
    }
    let mut distinct: Vec<Draft> = Vec::new();
    for apex in apexes {
        if !distinct.iter().any(|other| other.is_same(&apex)) {
            distinct.push(apex);
        }
    }
    distinct
}

/// A name a few labels below another.
fn near(random: &mut Random, apex: &Draft) -> Draft {
    let depth = *random.pick(&[0, 1, 1, 1, 1, 2, 2, 2, 3, 4]);
    let name = (0..depth).fold(apex.clone(), |name, _| name.below(&label(random)));
    if name.fits() { name } else { apex.clone() }
}

fn ttl(random: &mut Random) -> u32 {
    *random.pick(&[0, 1, 60, 300, 300, 300, 3600, 86_400, 0x7fff_ffff])
}
