//! NSEC3 records among those of a zone that is built.

use super::super::fault::{BuildFault, Kind};
use super::super::node::RrsetDraft;
use super::super::page::PageFull;
use super::super::pending::{Entry, Marks, Pending, is_at_or_below};
use super::super::spine::SpineWriter;
use super::chain::{Chain, leading_bits};
use super::hash_page::Hashed;
use crate::record::dnssec::{Nsec3, Nsec3Hash, Nsec3Params};
use crate::record::{Class, Name, Rtype};

use data_encoding::BASE32HEX_NOPAD;

/// Octets of a hash as a label, with the length octet.
const LABEL: usize = 33;
/// More sets of parameters than a zone ever has that changes from one to another.
const MOST_CHAINS: usize = 8;

/// The hash that a name's labels below the apex are, where they can be one.
pub(in crate::zone) fn chain_hash(below: &[u8]) -> Option<Nsec3Hash> {
    let (&[32, ref label @ ..], true) = (below.first_chunk::<LABEL>()?, below.len() == LABEL) else {
        return None;
    };
    let mut hash = Nsec3Hash::default();
    let label: [u8; LABEL - 1] = label.to_ascii_uppercase().try_into().ok()?;
    BASE32HEX_NOPAD.decode_mut(&label, &mut hash).ok()?;
    Some(hash)
}

/// Whether a record at the owner of a hash belongs to a chain: what hashes with SHA-1, and what covers such.
pub(in crate::zone) fn is_of_chain(rtype: Rtype, rdata: &[u8]) -> bool {
    match rtype {
        Rtype::NSEC3 => params(rdata).is_some(),
        Rtype::RRSIG => rdata.starts_with(&Rtype::NSEC3.0.to_be_bytes()),
        _ => false,
    }
}

/// How an NSEC3 record of ours hashes. The flags are none of the chain's.
pub(super) fn params(rdata: &[u8]) -> Option<Nsec3Params<'_>> {
    let nsec3 = Nsec3::parse(rdata)?;
    let is_known = nsec3.params.hash_algorithm == Nsec3Params::SHA1;
    (is_known && nsec3.next.len() == size_of::<Nsec3Hash>())
        .then_some(Nsec3Params { flags: 0, ..nsec3.params })
}

/// The owners of a zone's NSEC3 chains.
pub(in crate::zone) struct Gathered {
    /// In the order of the hashes; the owners are numbers of pending ones.
    owners: Vec<(Nsec3Hash, usize)>,
}

impl Gathered {
    pub(in crate::zone) fn of(records: &Pending, apex: &Name) -> Self {
        let hash = |number: usize| {
            let owner = records.owners[number];
            if !owner.marks.has(Marks::CHAIN) {
                return None;
            }
            let wire = records.wire(owner);
            let below = wire.get(..LABEL).filter(|_| wire.len() == LABEL + apex.as_wire().len())?;
            let hash = chain_hash(below).filter(|_| is_at_or_below(wire, apex))?;
            let mut records = records.of_owner(number).map(|record| (record.rtype, records.rdata(record)));
            records.any(|(rtype, rdata)| is_of_chain(rtype, rdata)).then_some(hash)
        };
        let mut owners: Vec<_> =
            (0..records.owners.len()).filter_map(|number| Some((hash(number)?, number))).collect();
        owners.sort_unstable();
        Self { owners }
    }

    /// Writes the chains, and tells what is wrong with their records.
    pub(in crate::zone) fn write(
        &self,
        records: &Pending,
        class: Class,
        mut rrset: impl FnMut(&[Entry], &mut dyn FnMut(Kind, super::super::Span)) -> RrsetDraft,
    ) -> (Result<Vec<Chain>, PageFull>, Vec<BuildFault>) {
        let mut faults = Vec::new();
        let mut chains: Vec<(Nsec3Params<'_>, usize)> = Vec::new();
        for entries in self.links(records) {
            let Some(params) = first_params(records, &entries) else { continue };
            match chains.iter().position(|(known, _)| known.hashes_as(&params)) {
                Some(chain) => chains[chain].1 += 1,
                None if chains.len() < MOST_CHAINS => chains.push((params, 1)),
                None => {
                    faults.push(Kind::ManyChains.at(entries[0].span, None));
                    return (Ok(Vec::new()), faults);
                }
            }
        }
        let mut writers: Vec<_> = chains.iter().map(|&(_, len)| SpineWriter::new(len)).collect();
        for (entries, hash) in self.links(records).zip(self.hashes()) {
            let owner = records.owner_of(&entries);
            let mut fault = |kind: Kind, span| faults.push(kind.at(span, owner.clone()));
            let Some(params) = first_params(records, &entries) else {
                fault(Kind::StraySignature(Rtype::NSEC3), entries[0].span);
                continue;
            };
            let split = entries.partition_point(|record| record.rtype == Rtype::NSEC3);
            let mut draft = rrset(&entries[..split], &mut fault);
            for signature in &entries[split..] {
                draft.push_signature(class.0, signature.ttl, records.rdata(*signature));
            }
            if draft.is_too_large() {
                fault(Kind::RrsetTooLarge(Rtype::NSEC3), entries[0].span);
            }
            let chain = chains.iter().position(|(known, _)| known.hashes_as(&params)).unwrap_or(0);
            let link = Hashed { hash, octets: draft.octets().to_vec() };
            if let Err(full) = writers[chain].push(leading_bits(&hash), link) {
                return (Err(full), faults);
            }
        }
        let chain = |((params, len), writer): (&(Nsec3Params<'_>, usize), SpineWriter<_>)| {
            Ok(Chain::new(params, writer.finish()?, *len))
        };
        (chains.iter().zip(writers).map(chain).collect(), faults)
    }

    /// The records of each hash, NSEC3 first.
    fn links<'r>(&'r self, records: &'r Pending) -> impl Iterator<Item = Vec<Entry>> + 'r {
        self.owners.chunk_by(|one, other| one.0 == other.0).map(move |owners| {
            let all = owners.iter().flat_map(|&(_, number)| records.of_owner(number));
            let mut entries: Vec<Entry> =
                all.filter(|record| is_of_chain(record.rtype, records.rdata(*record))).collect();
            entries.sort_by_key(|record| record.rtype != Rtype::NSEC3);
            entries
        })
    }

    fn hashes(&self) -> impl Iterator<Item = Nsec3Hash> + '_ {
        self.owners.chunk_by(|one, other| one.0 == other.0).map(|owners| owners[0].0)
    }
}

fn first_params<'r>(records: &'r Pending, entries: &[Entry]) -> Option<Nsec3Params<'r>> {
    let first = entries.first().filter(|record| record.rtype == Rtype::NSEC3)?;
    params(records.rdata(*first))
}
