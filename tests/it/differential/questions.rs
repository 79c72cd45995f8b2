//! Random questions about a world.

use std::fmt;

use mimi_dns::record::{MAX_NAME, Name, Rtype};
use mimi_dns::server::Transport;

use super::names::{Base, Draft, label};
use super::random::Random;
use super::records::DraftRecord;
use super::worlds::World;
use crate::wire;

/// A question, apart from the base of the world that it is put to.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) name: Draft,
    pub(super) rtype: Rtype,
    pub(super) class: u16,
    /// Flags of the header beside QR.
    pub(super) flags: u16,
    /// Payload size and DO.
    pub(super) edns: Option<(u16, bool)>,
    pub(super) transport: Transport,
}

pub(super) const RD: u16 = 0x0100;
pub(super) const AD: u16 = 0x0020;
pub(super) const CD: u16 = 0x0010;

const ASKED: [Rtype; 16] = [
    Rtype::A,
    Rtype::AAAA,
    Rtype::TXT,
    Rtype::MX,
    Rtype::SRV,
    Rtype::NS,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::NAPTR,
    Rtype::URI,
    Rtype::PTR,
    Rtype::DS,
    Rtype::SOA,
    Rtype::MIMISIG,
    Rtype(1234),
    Rtype::ANY,
];
const SELDOM: [Rtype; 8] = [
    Rtype::RRSIG,
    Rtype::NSEC,
    Rtype::NSEC3,
    Rtype::DNSKEY,
    Rtype::MAILB,
    Rtype::MAILA,
    Rtype(200),
    Rtype(0),
];

/// More of those where there are some.
const OF_SIGNED: [Rtype; 6] =
    [Rtype::DS, Rtype::NSEC, Rtype::RRSIG, Rtype::DNSKEY, Rtype::NSEC3PARAM, Rtype::NSEC3];

impl Question {
    pub(super) fn random(random: &mut Random, world: &World) -> Self {
        let zone = random.pick(&world.zones);
        let record = random.pick(&zone.records);
        let name = Self::random_name(random, world, record);
        let is_signed = world.signing.is_some();
        let rtype = match random.below(100) {
            0..40 => record.rtype,
            40..45 if is_signed => *random.pick(&OF_SIGNED),
            40..97 => *random.pick(&ASKED),
            _ => *random.pick(&SELDOM),
        };
        let mut flags = 0;
        for (flag, chance) in [(RD, 30), (AD, 2), (CD, 2)] {
            flags |= if random.percent(chance) { flag } else { 0 };
        }
        let edns = random.percent(70).then(|| {
            (*random.pick(&[0, 512, 600, 1232, 1232, 1232, 1232, 4096, 4096, 65_535]), random.percent(25))
        });
        let edns = if is_signed && random.percent(95) { Some((1232, true)) } else { edns };
        let class = if random.percent(1) { *random.pick(&[3, 4, 254, 255, 7]) } else { 1 };
        let transport =
            if random.percent(if is_signed { 60 } else { 15 }) { Transport::Tcp } else { Transport::Udp };
        Self { name, rtype, class, flags, edns, transport }
    }

    fn random_name(random: &mut Random, world: &World, record: &DraftRecord) -> Draft {
        let owner = record.owner.clone();
        let name = match random.below(100) {
            0..40 => owner,
            40..55 => owner.below(&label(random)),
            55..60 => owner.below(&label(random)).below(&label(random)),
            60..67 => owner.parent().unwrap_or(owner),
            67..75 => owner.parent().unwrap_or(owner).below(&label(random)),
            75..82 => record.targets().next().unwrap_or(&owner).clone(),
            82..83 => owner.filled(random, MAX_NAME),
            _ => world.random_name(random),
        };
        let mut name = if name.fits() { name } else { record.owner.clone() };
        // A name that a wildcard covers rather than the wildcard itself.
        if name.labels.first().is_some_and(|first| first == b"*") && random.percent(60) {
            name.labels[0] = label(random);
        }
        if random.percent(10) {
            for octet in name.labels.iter_mut().flatten() {
                if octet.is_ascii_alphabetic() && random.percent(50) {
                    *octet ^= 0x20;
                }
            }
        }
        if name.fits() { name } else { record.owner.clone() }
    }

    /// Octets that the reply may have.
    pub(super) fn limit(&self) -> usize {
        match (self.transport, self.edns) {
            (Transport::Udp, None) => 512,
            (Transport::Udp, Some((payload, _))) => usize::from(payload.clamp(512, 1232)),
            _ => 65_535,
        }
    }

    pub(super) fn octets(&self, base: Base, id: u16) -> Vec<u8> {
        let mut octets = wire::question(&self.name.wire(base), self.rtype.0, self.class);
        octets[..2].copy_from_slice(&id.to_be_bytes());
        octets[2..4].copy_from_slice(&self.flags.to_be_bytes());
        match self.edns {
            Some((payload, dnssec_ok)) => wire::with_opt(octets, payload, dnssec_ok),
            None => octets,
        }
    }
}

/// For a report.
pub(super) struct Asked<'a>(pub(super) &'a Question, pub(super) Base);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question { name, rtype, class, flags, edns, transport } = self.0;
        let name = Name::from_wire(&name.wire(self.1)).unwrap();
        write!(f, "{name} {rtype} class {class} flags {flags:04x} {transport:?}")?;
        match edns {
            Some((payload, dnssec_ok)) => write!(f, " EDNS {payload}{}", if *dnssec_ok { " DO" } else { "" }),
            None => Ok(()),
        }
    }
}
