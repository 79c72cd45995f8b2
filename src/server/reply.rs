//! Writing a reply: sections in order, never beyond the limit.
//!
//! Owner names need no search for compression: every owner stands in the message already, in the
//! question or in the data of a record that was written before, so it is one pointer. Data is
//! written as it is stored, but for replies that don't fit so (`compress.rs`). Work is bounded by the
//! size of the reply.

use super::compress;
use super::edns::ReplyOpt;
use super::outcome::Outcome;
use super::rcode::codes;
use super::request::HEADER;
use crate::record::{Class, MAX_NAME, Rtype, Ttl};
use crate::zone::{QueryName, Records, RrsetRef};

/// The largest offset that a compression pointer can hold. Source: RFC 1035 §4.1.4.
pub(super) const FARTHEST_POINTER: usize = 0x3fff;

/// A compression pointer.
const POINTER: usize = 2;
/// Octets of a record between its owner and its data.
const AFTER_OWNER: usize = 10;

/// The sections that records are written to, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Answer,
    Authority,
    Additional,
}

/// Where a name stands in the message that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place(pub(super) usize);

impl Place {
    /// Where an ancestor of the name at this place stands.
    pub(super) fn ancestor(self, name: &QueryName<'_>, labels: usize) -> Self {
        Self(self.0 + name.offset_of(labels))
    }
}

/// Where records were written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    start: usize,
    owner_len: usize,
}

impl Written {
    /// Where the data of the first record stands.
    pub(super) fn first_data(self) -> Place {
        Place(self.start + self.owner_len + AFTER_OWNER)
    }
}

/// The record or RRset does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// A reply that is being written.
pub(super) struct Reply<'o, 's> {
    out: &'o mut Vec<u8>,
    /// Octets that sections may fill; room for the OPT record is kept beyond.
    limit: usize,
    opt: Option<ReplyOpt<'s>>,
    counts: [u16; 3],
    /// Names in data are written as pointers where that is of use.
    compress: bool,
    /// Something did not fit.
    overflowed: bool,
    /// Data was written, or did not fit, that has names worth compressing.
    compressible: bool,
}

impl<'o, 's> Reply<'o, 's> {
    /// Begins a reply with the request's header and what it repeats of the question.
    pub(super) fn new(out: &'o mut Vec<u8>, head: &[u8], limit: usize, opt: Option<ReplyOpt<'s>>) -> Self {
        begin(out, head);
        let limit = limit.saturating_sub(opt.as_ref().map_or(0, ReplyOpt::len));
        Self { out, limit, opt, counts: [0; 3], compress: false, overflowed: false, compressible: false }
    }

    /// The same reply with nothing in it yet, which fits more: names in data become pointers.
    pub(super) fn begin_again(&mut self, head: &[u8]) {
        begin(self.out, head);
        self.counts = [0; 3];
        (self.compress, self.overflowed, self.compressible) = (true, false, false);
    }

    /// Whether something did not fit that may after [`Reply::begin_again`].
    pub(super) fn may_fit_compressed(&self) -> bool {
        self.overflowed && self.compressible && !self.compress
    }

    /// Sets AA.
    pub(super) fn set_authoritative(&mut self) {
        self.out[2] |= 0x04;
    }

    /// Sets TC.
    pub(super) fn set_truncated(&mut self) {
        self.out[2] |= 0x02;
    }

    /// Whether TC is set.
    pub(super) fn is_truncated(&self) -> bool {
        self.out[2] & 0x02 != 0
    }

    /// Writes the RRset, whole or not at all, with the signatures that cover it where `signed`.
    pub(super) fn push(
        &mut self,
        section: Section,
        owner: Place,
        rrset: &RrsetRef<'_>,
        signed: bool,
    ) -> Result<Written, Full> {
        let (octets, count) = sendable(rrset, signed);
        let names = compress::name_offset(rrset.rtype()).filter(|_| rrset.count() > 1);
        self.compressible |= names.is_some();
        let written = match names.filter(|_| self.compress && owner.0 <= FARTHEST_POINTER) {
            Some(offset) => self.push_with_pointers(section, owner, octets, count, offset),
            None => self.push_records(section, owner, octets, count),
        };
        self.overflowed |= written.is_err();
        written
    }

    fn push_with_pointers(
        &mut self,
        section: Section,
        owner: Place,
        octets: &[u8],
        count: u32,
        offset: usize,
    ) -> Result<Written, Full> {
        let start = self.out.len();
        let total = self.total(section, count)?;
        self.push_compressed(owner, octets, offset)?;
        self.counts[section as usize] = total;
        Ok(Written { start, owner_len: POINTER })
    }

    /// Writes these octets, all or none.
    pub(super) fn extend(&mut self, parts: &[&[u8]]) -> Result<(), Full> {
        if self.out.len() + parts.iter().map(|part| part.len()).sum::<usize>() > self.limit {
            return Err(Full);
        }
        for part in parts {
            self.out.extend_from_slice(part);
        }
        Ok(())
    }

    /// How many octets are written.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written after the first `len` octets.
    pub(super) fn cut(&mut self, len: usize) {
        self.out.truncate(len);
    }

    pub(super) fn octet(&self, at: usize) -> Option<u8> {
        self.out.get(at).copied()
    }

    /// Where the data of the record after the one whose data stands at `data` does.
    pub(super) fn next_data(&self, written: Written, data: Place) -> Place {
        let len = self.out.get(data.0 - 2..data.0).map_or(0, |len| u16::from_be_bytes([len[0], len[1]]));
        Place(data.0 + usize::from(len) + written.owner_len + AFTER_OWNER)
    }

    /// Writes the signatures that cover the RRset, whole or not at all.
    pub(super) fn push_signatures(
        &mut self,
        section: Section,
        owner: Place,
        rrset: &RrsetRef<'_>,
    ) -> Result<Written, Full> {
        self.push_records(section, owner, rrset.signature_octets(), rrset.signature_count())
    }

    fn push_records(
        &mut self,
        section: Section,
        owner: Place,
        octets: &[u8],
        count: u32,
    ) -> Result<Written, Full> {
        let start = self.out.len();
        let total = self.total(section, count)?;
        let owner_len = if owner.0 > FARTHEST_POINTER {
            self.push_with_whole_owner(owner, octets)?
        } else {
            if start + octets.len() > self.limit {
                return Err(Full);
            }
            self.out.extend_from_slice(octets);
            if owner.0 != HEADER {
                self.point_owners_at(start, owner);
            }
            POINTER
        };
        self.counts[section as usize] = total;
        Ok(Written { start, owner_len })
    }

    /// How many records the section has with `count` more.
    fn total(&self, section: Section, count: u32) -> Result<u16, Full> {
        u16::try_from(u32::from(self.counts[section as usize]) + count).map_err(|_| Full)
    }

    fn point_owners_at(&mut self, start: usize, owner: Place) {
        let pointer = pointer_to(owner);
        let mut at = start;
        while at < self.out.len() {
            self.out[at..at + 2].copy_from_slice(&pointer);
            at += 12 + usize::from(u16::from_be_bytes([self.out[at + 10], self.out[at + 11]]));
        }
    }

    /// As [`Reply::push`], for an owner that does not stand in the message yet; where it does then.
    pub(super) fn push_named(
        &mut self,
        section: Section,
        name: &[u8],
        rrset: &RrsetRef<'_>,
        signed: bool,
    ) -> Result<Place, Full> {
        let (octets, count) = sendable(rrset, signed);
        let total = self.total(section, count)?;
        let place = Place(self.out.len());
        self.push_whole_owners(name, octets).inspect_err(|Full| self.overflowed = true)?;
        self.counts[section as usize] = total;
        Ok(place)
    }

    /// As [`Reply::push`], for an owner that is `front`, labels in wire form,
    /// in front of the name at `end`.
    pub(super) fn push_below(
        &mut self,
        section: Section,
        front: &[u8],
        end: Place,
        rrset: &RrsetRef<'_>,
        signed: bool,
    ) -> Result<(), Full> {
        if front.is_empty() {
            return self.push(section, end, rrset, signed).map(drop);
        }
        if end.0 > FARTHEST_POINTER {
            let mut wire = [0; MAX_NAME];
            wire.get_mut(..front.len()).ok_or(Full)?.copy_from_slice(front);
            let name = self.name_at(end).ok_or(Full)?;
            let len = front.len() + name.len();
            wire.get_mut(front.len()..len).ok_or(Full)?.copy_from_slice(name);
            return self.push_named(section, &wire[..len], rrset, signed).map(drop);
        }
        let (octets, count) = sendable(rrset, signed);
        let total = self.total(section, count)?;
        let start = self.out.len();
        for record in Records::of(octets) {
            let is_first = self.out.len() == start || start > FARTHEST_POINTER;
            let (front, end) = if is_first { (front, end) } else { (&[][..], Place(start)) };
            let written = self.extend(&[front, &pointer_to(end), record.after_owner()]);
            if written.is_err() {
                self.out.truncate(start);
                self.overflowed = true;
                return Err(Full);
            }
        }
        self.counts[section as usize] = total;
        Ok(())
    }

    /// For owners that stand where no pointer reaches, in replies of more than 16 KiB.
    fn push_with_whole_owner(&mut self, owner: Place, octets: &[u8]) -> Result<usize, Full> {
        let mut wire = [0; MAX_NAME];
        let name = self.name_at(owner).ok_or(Full)?;
        let len = name.len();
        wire[..len].copy_from_slice(name);
        self.push_whole_owners(&wire[..len], octets)?;
        Ok(len)
    }

    fn push_whole_owners(&mut self, name: &[u8], octets: &[u8]) -> Result<(), Full> {
        let start = self.out.len();
        for record in Records::of(octets) {
            if self.out.len() + name.len() + record.after_owner().len() > self.limit {
                self.out.truncate(start);
                return Err(Full);
            }
            self.out.extend_from_slice(name);
            self.out.extend_from_slice(record.after_owner());
        }
        Ok(())
    }

    /// Writes a CNAME record whose target is `prefix` followed by `suffix`, the
    /// prefix of it uncompressed. The caller has checked the target's length.
    pub(super) fn push_cname(
        &mut self,
        owner: Place,
        class: Class,
        ttl: Ttl,
        prefix: &[u8],
        suffix: &[u8],
    ) -> Result<Written, Full> {
        let mut target = [0; MAX_NAME];
        let len = prefix.len() + suffix.len();
        target.get_mut(..prefix.len()).ok_or(Full)?.copy_from_slice(prefix);
        target.get_mut(prefix.len()..len).ok_or(Full)?.copy_from_slice(suffix);
        let mut record = [0; 12 + MAX_NAME];
        record[2..4].copy_from_slice(&Rtype::CNAME.0.to_be_bytes());
        record[4..6].copy_from_slice(&class.0.to_be_bytes());
        record[6..10].copy_from_slice(&ttl.as_secs().to_be_bytes());
        record[10..12].copy_from_slice(&u16::try_from(len).map_err(|_| Full)?.to_be_bytes());
        record[12..12 + len].copy_from_slice(&target[..len]);
        record[..2].copy_from_slice(&pointer_to(Place(HEADER)));
        self.push_records(Section::Answer, owner, &record[..12 + len], 1)
    }

    /// Writes an answer of one string, at most 255 octets, at the name of the question; not to be kept.
    pub(super) fn push_text(&mut self, class: Class, text: &[u8]) -> Result<(), Full> {
        let len = u8::try_from(text.len()).map_err(|_| Full)?;
        let total = self.total(Section::Answer, 1)?;
        self.extend(&[
            &pointer_to(Place(HEADER)),
            &Rtype::TXT.0.to_be_bytes(),
            &class.0.to_be_bytes(),
            &Ttl::ZERO.as_secs().to_be_bytes(),
            &(u16::from(len) + 1).to_be_bytes(),
            &[len],
            text,
        ])?;
        self.counts[Section::Answer as usize] = total;
        Ok(())
    }

    /// The name at `place`, which is uncompressed: the question's, or one in record data.
    pub(super) fn name_at(&self, place: Place) -> Option<&[u8]> {
        let octets = self.out.get(place.0..)?;
        octets.get(..crate::record::Name::wire_len(octets).ok()?)
    }

    /// Writes OPT record, counts and RCODE.
    pub(super) fn finish(mut self, outcome: Outcome) {
        let (rcode, error) = codes(outcome);
        if let Some(opt) = self.opt {
            opt.write(self.out, self.limit + opt.len(), rcode, error);
            self.counts[Section::Additional as usize] += 1;
        }
        self.out[3] |= (rcode as u16).to_be_bytes()[1] & 0x0f;
        for (count, at) in self.counts.iter().zip([6, 8, 10]) {
            self.out[at..at + 2].copy_from_slice(&count.to_be_bytes());
        }
    }
}

fn begin(out: &mut Vec<u8>, head: &[u8]) {
    out.clear();
    out.extend_from_slice(head);
    // QR; of the request's flags the opcode and RD stay. Source: RFC 1035 §4.1.1.
    out[2] = 0x80 | (head[2] & 0x79);
    // RA, Z, AD, CD and RCODE are 0: CD is cleared in authoritative replies (RFC 4035 §3.1.6).
    out[3] = 0;
    let questions = u8::from(head.len() > HEADER);
    out[4..HEADER].copy_from_slice(&[0, questions, 0, 0, 0, 0, 0, 0]);
}

/// The records of a set, ready to be sent, and how many.
fn sendable<'z>(rrset: &RrsetRef<'z>, signed: bool) -> (&'z [u8], u32) {
    if signed {
        (rrset.signed_octets(), rrset.count() + rrset.signature_count())
    } else {
        (rrset.octets(), rrset.count())
    }
}

pub(super) fn pointer_to(place: Place) -> [u8; 2] {
    let offset = u16::try_from(place.0).unwrap_or(0).to_be_bytes();
    [0xc0 | offset[0], offset[1]]
}
