//! From an image to its zone.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use super::super::denial::{Chain, Denial, Order};
use super::super::octets::Octets;
use super::super::query_name::NameHash;
use super::super::snapshot::{Zone, negative_soa, soa_serial};
use super::super::spine::{Branch, Division, Spine};
use super::write::directory_sum;
use super::{Checked, ENTRY, Frame, Image, ImageError, MAGIC, Octet, TAIL, map};
use crate::record::dnssec::Nsec3Params;
use crate::record::{Class, Name, Rtype, rdata};

/// Octets of the length of a run.
const LENGTH: usize = size_of::<u32>();

/// What an image tells of its zone and of its sections.
pub(super) struct Directory {
    apex: Name,
    class: Class,
    discovery: bool,
    key: u64,
    names: u64,
    division: Division,
    chains: Vec<ChainHead>,
    has_order: bool,
    notes: Vec<u8>,
    pub(super) sections: Vec<Section>,
}

struct ChainHead {
    iterations: u16,
    salt: Vec<u8>,
    hashes: u64,
    division: Division,
}

pub(super) struct Section {
    runs: usize,
    pub(super) place: Range<usize>,
    sum: u64,
}

impl Image {
    /// Opens the image in a file that nobody writes to any more; a large one is mapped.
    ///
    /// # Errors
    /// There is none, or its directory is damaged.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        Self::of(map::octets_of(File::open(path)?)?)
    }

    /// The same from memory.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn read(octets: Vec<u8>) -> Result<Self, ImageError> {
        Self::of(octets.into())
    }

    fn of(octets: Bytes) -> Result<Self, ImageError> {
        if octets.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(ImageError::Foreign);
        }
        let cut = || ImageError::Damaged("it is cut");
        let (front, tail) = octets.split_last_chunk::<TAIL>().ok_or_else(cut)?;
        let mut tail = &tail[..];
        let (at, len, sum) = (number(&mut tail), number(&mut tail), tail.take_array());
        let sections = at.filter(|&at| at >= MAGIC.len()).and_then(|at| front.get(..at)).ok_or_else(cut)?;
        let directory = front.get(sections.len()..).filter(|rest| Some(rest.len()) == len).ok_or_else(cut)?;
        if sum.map(u64::from_le_bytes) != Some(directory_sum(directory)) {
            return Err(ImageError::Damaged("the sum of its directory is another"));
        }
        let directory = Directory::read(directory, sections.len());
        Ok(Self { directory: directory.ok_or(ImageError::Damaged("its directory"))?, octets })
    }

    /// What was noted when it was written.
    #[must_use]
    pub fn notes(&self) -> &[u8] {
        &self.directory.notes
    }

    /// The apex of its zone.
    #[must_use]
    pub fn apex(&self) -> &Name {
        &self.directory.apex
    }

    /// Its zone, without who proves absences online, once all of it was found to be as it was written. Goes through all
    /// octets, on all cores.
    ///
    /// # Errors
    /// [`ImageError::Damaged`]
    pub fn zone(&self) -> Result<Zone, ImageError> {
        let directory = &self.directory;
        let mut left = &directory.sections[..];
        let mut some =
            |count: usize| left.split_off(..count).ok_or(ImageError::Damaged("sections are missing"));
        let (spine, names) = self.spine(directory.division, some(directory.division.branches())?)?;
        let mut chains = Vec::new();
        for head in &directory.chains {
            let (spine, hashes) = self.spine(head.division, some(head.division.branches())?)?;
            check(hashes == head.hashes, "hashes are missing")?;
            let params = Nsec3Params { iterations: head.iterations, salt: &head.salt, ..Nsec3Params::BEST };
            chains.push(Chain::new(&params, spine, to_usize(hashes)));
        }
        check(names == directory.names, "names are missing")?;
        check(left.is_empty() != directory.has_order, "sections are missing")?;
        let order = match directory.has_order {
            true => Some(Order::of_branches(self.branches(left, None)?.0)),
            false => None,
        };
        let denial = Denial { order, chains: chains.into(), chain: None, signer: None };
        self.assemble(spine, names, denial)
    }

    fn assemble(&self, spine: Spine, names: u64, denial: Denial) -> Result<Zone, ImageError> {
        let Directory { apex, class, discovery, key, .. } = &self.directory;
        let hash = NameHash::with_key(*key);
        let no_soa = ImageError::Damaged("the SOA record");
        let Some(apex_node) = spine.find(hash.start(), b"") else { return Err(no_soa) };
        let Some(soa) = apex_node.rrset(Rtype::SOA) else { return Err(no_soa) };
        let serial = match soa.records().next() {
            Some(record) if soa.count() == 1 && rdata::check(Rtype::SOA, record.rdata()).is_ok() => {
                soa_serial(record.rdata())
            }
            _ => return Err(no_soa),
        };
        let chain = Denial::choose(&denial.chains, apex, apex_node);
        Ok(Zone {
            apex: apex.clone(),
            apex_labels: apex.label_count(),
            class: *class,
            serial,
            negative_soa: negative_soa(soa, *class),
            hash,
            names: to_usize(names),
            discovery: *discovery,
            denial: Denial { chain, ..denial },
            spine,
        })
    }

    /// A spine, and how many entries it has.
    fn spine<P: Checked + Send + Sync>(
        &self,
        division: Division,
        sections: &[Section],
    ) -> Result<(Spine<P>, u64), ImageError> {
        let (branches, entries) = self.branches(sections, Some(division.pages_of_branch()))?;
        Ok((division.spine(branches), entries))
    }

    /// Branches of so many runs, or of one at least, and how many entries they have.
    fn branches<P: Checked + Send + Sync>(
        &self,
        sections: &[Section],
        runs: Option<usize>,
    ) -> Result<(Vec<Branch<P>>, u64), ImageError> {
        let expected = |section: &Section| runs.map_or(section.runs > 0, |runs| section.runs == runs);
        check(sections.iter().all(expected), "a section has other pages")?;
        let (found, next) =
            (sections.iter().map(|_| OnceLock::new()).collect::<Vec<_>>(), AtomicUsize::new(0));
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(section) = sections.get(index) else { return };
                found[index].get_or_init(|| self.branch(section));
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(sections.len());
        thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        let (mut branches, mut entries) = (Vec::with_capacity(sections.len()), 0);
        for found in found {
            let (branch, count) =
                found.into_inner().unwrap_or(Err(ImageError::Damaged("sections are missing")))?;
            branches.push(branch);
            entries += count as u64;
        }
        Ok((branches, entries))
    }

    /// The runs of a section, when its octets are what was written and can be read.
    fn branch<P: Checked>(&self, section: &Section) -> Result<(Branch<P>, usize), ImageError> {
        let damaged = || ImageError::Damaged("a section's pages");
        let octets = self.octets.get(section.place.clone()).ok_or_else(damaged)?;
        check(xxh3_64(octets) == section.sum, "the sum of a section is another")?;
        let table = section.runs.checked_mul(LENGTH).ok_or_else(damaged)?;
        let (lengths, runs) = octets.split_at_checked(table).ok_or_else(damaged)?;
        let ends = || {
            let lengths = lengths.as_chunks().0.iter().map(|&length| u32::from_le_bytes(length) as usize);
            lengths.scan(0_usize, |end, length| {
                *end = end.saturating_add(length);
                Some(*end)
            })
        };
        check(ends().last().unwrap_or(0) == runs.len(), "a section's pages")?;
        let frame = Frame { class: self.directory.class, apex: self.directory.apex.as_wire().len() };
        let (mut start, mut entries) = (0, 0_usize);
        for end in ends() {
            entries += runs.get(start..end).and_then(|run| P::check(run, frame)).ok_or_else(damaged)?;
            start = end;
        }
        let runs = self.octets.slice(section.place.start + table..section.place.end);
        let runs = Octets::divide_shared(runs, ends()).map_err(|_| damaged())?;
        Ok((runs.into_iter().map(P::of).collect::<Arc<[P]>>(), entries))
    }
}

impl Directory {
    /// Of an image whose sections end at `end`.
    fn read(mut octets: &[u8], end: usize) -> Option<Self> {
        let octets = &mut octets;
        let apex = octets.take_octet()?;
        let apex = Name::from_wire(octets.take_some(apex.into())?).ok()?;
        let class = Class(u16::from_le_bytes(octets.take_array()?));
        let discovery = octets.take_octet()? != 0;
        let (key, names) = (number_u64(octets)?, number_u64(octets)?);
        let division = Division::of_bits(octets.take_octet()?)?;
        let chains = (0..octets.take_octet()?).map(|_| ChainHead::read(octets)).collect::<Option<_>>()?;
        let has_order = octets.take_octet()? != 0;
        let notes = usize::try_from(u32::from_le_bytes(octets.take_array()?)).ok()?;
        let notes = octets.take_some(notes)?.to_vec();
        let sections = usize::try_from(u32::from_le_bytes(octets.take_array()?)).ok()?;
        if Some(octets.len()) != sections.checked_mul(ENTRY) {
            return None;
        }
        let mut at = MAGIC.len();
        let section = |_| {
            let runs = usize::try_from(u32::from_le_bytes(octets.take_array()?)).ok()?;
            let place = at..at.checked_add(number(octets)?)?;
            at = place.end;
            Some(Section { runs, place, sum: number_u64(octets)? })
        };
        let sections = (0..sections).map(section).collect::<Option<_>>()?;
        let directory =
            Self { apex, class, discovery, key, names, division, chains, has_order, notes, sections };
        (at == end).then_some(directory)
    }
}

impl ChainHead {
    fn read(octets: &mut &[u8]) -> Option<Self> {
        let iterations = u16::from_le_bytes(octets.take_array()?);
        let salt = octets.take_octet()?;
        let salt = octets.take_some(salt.into())?.to_vec();
        let hashes = number_u64(octets)?;
        Some(Self { iterations, salt, hashes, division: Division::of_bits(octets.take_octet()?)? })
    }
}

fn number_u64(octets: &mut &[u8]) -> Option<u64> {
    octets.take_array().map(u64::from_le_bytes)
}

fn number(octets: &mut &[u8]) -> Option<usize> {
    usize::try_from(number_u64(octets)?).ok()
}

/// Counts of what is in memory.
fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn check(holds: bool, what: &'static str) -> Result<(), ImageError> {
    if holds { Ok(()) } else { Err(ImageError::Damaged(what)) }
}
