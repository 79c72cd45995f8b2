//! A small world of signed zones, and a server that has them all: it denies with every NSEC record of a zone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::super::Validator;
use crate::clock::UnixTime;
use crate::dnssec::SigningKey;
use crate::dnssec::sign::{SigningOptions, ZoneKey, ZoneKeys, sign_zone};
use crate::dnssec::validate::TrustAnchor;
use crate::record::dnssec::{Algorithm, DigestType, Dnskey, Ds};
use crate::record::{Class, Name, Record, Rtype, Ttl};
use crate::resolver::transport::{
    Answer, Exchange, Exchanging, Reply, TransportError, Unreachable, Wish, follow,
};
use crate::resolver::upstream::Upstream;
use crate::zone::{LookUp, QueryName, RrsetRef, Span, Zone, ZoneBuilder, fixture};

pub(super) const NOW: UnixTime = UnixTime(1_800_000_000);

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// What is done to a reply on its way.
type Tamper = Box<dyn Fn(&Name, Rtype, Reply) -> Result<Reply, TransportError> + Send + Sync>;

pub(super) struct World {
    zones: HashMap<Name, Zone>,
    keys: HashMap<Name, Arc<SigningKey>>,
    /// Of each server; the first is asked first.
    servers: Vec<Tamper>,
    pub(super) asked: Mutex<Vec<(Name, Rtype)>>,
}

/// Root, `example.`, `dp.example.` and `moved.example.` are signed, `plain.example.` is not.
const ZONES: [(&str, &[&str]); 5] = [
    (".", &["example. NS ns.other."]),
    ("example.", &["dp.example. NS ns.other.", "plain.example. NS ns.other.", "a.example. TXT above"]),
    (
        "dp.example.",
        &[
            "a.dp.example. TXT here",
            "deep.ent.dp.example. TXT deep",
            "*.wild.dp.example. TXT any",
            "c.dp.example. CNAME a.dp.example.",
            "p.dp.example. CNAME a.plain.example.",
            "d.dp.example. DNAME example.",
        ],
    ),
    ("plain.example.", &["a.plain.example. TXT unsigned"]),
    ("other.", &["a.other. TXT elsewhere"]),
];

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self {
            zones: HashMap::new(),
            keys: HashMap::new(),
            servers: vec![Box::new(|_, _, reply| Ok(reply))],
            asked: Mutex::default(),
        };
        for (apex, _) in ZONES {
            if !matches!(apex, "plain.example." | "other.") {
                world.keys.insert(name(apex), Arc::new(SigningKey::generate(Algorithm::ED25519).unwrap()));
            }
        }
        ZONES.iter().for_each(|(apex, _)| world.build(apex));
        world
    }

    pub(super) fn tampered(
        mut self,
        tamper: impl Fn(&Name, Rtype, Reply) -> Result<Reply, TransportError> + Send + Sync + 'static,
    ) -> Self {
        self.servers[0] = Box::new(tamper);
        self
    }

    /// With one more server, which is asked where those before it fail, or were heard.
    pub(super) fn and(
        mut self,
        tamper: impl Fn(&Name, Rtype, Reply) -> Result<Reply, TransportError> + Send + Sync + 'static,
    ) -> Self {
        self.servers.push(Box::new(tamper));
        self
    }

    fn ask_servers(&self, asked: &Name, rtype: Rtype, heard: &[Upstream]) -> Result<Reply, TransportError> {
        let mut last = Err(TransportError::Unreachable(Unreachable::NoServer));
        for (index, tamper) in self.servers.iter().enumerate() {
            let from = Upstream::Plain(([127, 0, 0, 1], u16::try_from(index).unwrap()).into());
            if last.is_ok() || heard.contains(&from) {
                continue;
            }
            self.asked.lock().unwrap().push((asked.clone(), rtype));
            last = tamper(asked, rtype, Reply { from: Some(from), ..self.reply(asked, rtype) });
        }
        last
    }

    /// Other keys for a zone, of which its parent knows at once.
    pub(super) fn replace_keys(&mut self, apex: &str) {
        self.keys.insert(name(apex), Arc::new(SigningKey::generate(Algorithm::ED25519).unwrap()));
        ZONES.iter().for_each(|(apex, _)| self.build(apex));
    }

    /// With so many signed zones one below the other, `z.` the highest; the name of the last.
    pub(super) fn with_cuts(mut self, cuts: usize) -> (Self, String) {
        let apexes: Vec<String> = (1..=cuts).map(|labels| "z.".repeat(labels)).collect();
        for apex in &apexes {
            self.keys.insert(name(apex), Arc::new(SigningKey::generate(Algorithm::ED25519).unwrap()));
        }
        self.build(".");
        apexes.iter().for_each(|apex| self.build(apex));
        (self, "z.".repeat(cuts))
    }

    fn build(&mut self, apex: &str) {
        let lines = ZONES.iter().find(|(zone, _)| *zone == apex).map_or(&[][..], |(_, lines)| lines);
        let mut builder = ZoneBuilder::new();
        let top = [format!("{apex} SOA"), format!("{apex} NS ns.other.")];
        for line in top.iter().map(String::as_str).chain(lines.iter().copied()) {
            builder.add(&fixture::record(line), Span::default());
        }
        let children = self.keys.keys().filter(|child| child.parent() == Some(name(apex)));
        for child in children {
            if !lines.iter().any(|line| line.starts_with(&format!("{child} NS "))) {
                builder.add(&fixture::record(&format!("{child} NS ns.other.")), Span::default());
            }
            let (owner, class, ttl) = (child.clone(), Class::IN, Ttl::from_secs(300));
            let rdata = self.ds(&child.to_string()).into();
            builder.add(&Record { owner, class, ttl, rtype: Rtype::DS, rdata }, Span::default());
        }
        let zone = builder.build().zone.expect("a sound zone");
        let zone = match self.keys.get(&name(apex)) {
            None => zone,
            Some(key) => {
                let keys = ZoneKeys { keys: vec![ZoneKey::csk(Arc::clone(key))], ..ZoneKeys::default() };
                sign_zone(&zone, &keys, &SigningOptions::default(), None, NOW).unwrap().0
            }
        };
        self.zones.insert(name(apex), zone);
    }

    pub(super) fn ds(&self, apex: &str) -> Vec<u8> {
        let flags = Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT;
        let dnskey = self.keys[&name(apex)].dnskey(flags);
        Ds::rdata_of(&name(apex), &Dnskey::parse(&dnskey).unwrap(), DigestType::SHA256).unwrap()
    }

    pub(super) fn anchor(&self, apex: &str) -> TrustAnchor {
        let data = crate::record::rdata::Presentation::new(Rtype::DS, &self.ds(apex)).to_string();
        TrustAnchor::parse(&format!("{apex} DS {data}")).unwrap().remove(0)
    }

    /// A validator with the anchors of these zones.
    pub(super) fn validator(&self, anchors: &[&str]) -> Validator {
        self.validator_at(anchors, NOW)
    }

    pub(super) fn validator_at(&self, anchors: &[&str], now: UnixTime) -> Validator {
        let anchors: Vec<_> = anchors.iter().map(|apex| self.anchor(apex)).collect();
        Validator::new(&anchors, Arc::new(move || now))
    }

    pub(super) async fn ask(&self, validator: &Validator, owner: &str, rtype: Rtype) -> Answer {
        let (owner, time) = (name(owner), std::time::Duration::from_secs(5));
        let followed = follow(self, &owner, rtype, Wish::Proofs).await.unwrap();
        validator.prove(self, followed, &owner, rtype, time).await
    }

    fn reply(&self, asked: &Name, rtype: Rtype) -> Reply {
        let from = match rtype {
            Rtype::DS => asked.parent().unwrap_or_else(Name::root),
            _ => asked.clone(),
        };
        let apexes = std::iter::successors(Some(from), Name::parent);
        let zone = apexes.filter_map(|apex| self.zones.get(&apex)).next().expect("the root is there");
        let mut reply = Reply { dnssec_ok: true, ..Reply::default() };
        let query = QueryName::from(asked);
        let mut alias = None;
        match zone.look_up(&query, rtype) {
            LookUp::Found(_, Some(rrset)) | LookUp::Cname(_, rrset) => push(&mut reply.answers, asked, rrset),
            LookUp::Dname { rrset, owner_labels } => {
                let owner = Name::from_wire(query.ancestor(owner_labels)).unwrap();
                push(&mut reply.answers, &owner, rrset);
                let mut target = Name::from_wire(rrset.records().next().unwrap().rdata()).unwrap();
                let front: Vec<_> = asked.labels().take(asked.label_count() - owner_labels).collect();
                for label in front.into_iter().rev() {
                    target = target.with_label(label).unwrap();
                }
                alias = Some((target, rrset.ttl()));
            }
            LookUp::NxDomain { .. } => reply.nx_domain = true,
            LookUp::Found(_, None) | LookUp::NoData(_) | LookUp::Delegation { .. } => {}
        }
        if let Some((target, ttl)) = alias {
            let rdata = target.as_wire().into();
            let record = Record { owner: asked.clone(), class: Class::IN, ttl, rtype: Rtype::CNAME, rdata };
            reply.answers.push(record);
        }
        for (owner, rrset) in zone.rrsets() {
            // An SOA record behind an alias would say that its target is not there. Source: RFC 2308 §2.2.
            if rrset.rtype() == Rtype::NSEC || (rrset.rtype() == Rtype::SOA && reply.answers.is_empty()) {
                push(&mut reply.authority, &owner, rrset);
            }
        }
        reply
    }
}

fn push(section: &mut Vec<Record>, owner: &Name, rrset: RrsetRef<'_>) {
    let record = |rtype, record: crate::zone::RecordRef<'_>| Record {
        owner: owner.clone(),
        class: Class::IN,
        ttl: rrset.ttl(),
        rtype,
        rdata: record.rdata().into(),
    };
    section.extend(rrset.records().map(|found| record(rrset.rtype(), found)));
    section.extend(rrset.signatures().map(|found| record(Rtype::RRSIG, found)));
}

impl Exchange for World {
    fn exchange<'a>(&'a self, asked: &'a Name, rtype: Rtype, _: Wish) -> Exchanging<'a> {
        self.elsewhere(asked, rtype, Wish::Proofs, &[])
    }

    fn elsewhere<'a>(
        &'a self,
        asked: &'a Name,
        rtype: Rtype,
        _: Wish,
        heard: &'a [Upstream],
    ) -> Exchanging<'a> {
        let reply = self.ask_servers(asked, rtype, heard);
        Box::pin(async move { reply })
    }
}
