//! Names in record data as pointers, for replies that don't fit otherwise.
//!
//! Replies are written without this first, one copy for each RRset; most fit. It is for referrals and
//! mail exchanges whose servers share the end of their names, in what a requestor takes over UDP.
//! The end of a name takes the letters' case of where it points to, as in every server that compresses.
//! Source: RFC 1035 §4.1.4; RFC 3597 §4: no other types than those of RFC 1035.

use super::reply::{FARTHEST_POINTER, Full, Place, Reply, pointer_to};
use crate::record::{MAX_NAME, Rtype};
use crate::zone::{QueryName, RecordRef, Records};

/// No more names of an RRset than this are tried, so that work stays linear.
const MOST_CANDIDATES: usize = 8;

/// Where the name stands in the data of a type whose names are worth compressing: those of which
/// there are several at a name.
pub(super) fn name_offset(rtype: Rtype) -> Option<usize> {
    match rtype {
        Rtype::NS | Rtype::PTR => Some(0),
        Rtype::MX => Some(2),
        _ => None,
    }
}

/// A name that stands in the message, wholly or as labels and a pointer.
type Candidate<'n> = (QueryName<'n>, Place);

impl Reply<'_, '_> {
    /// Writes records of one owner, whole or not at all, the name `offset` octets into each one's data as
    /// labels and a pointer where it ends like the owner or like one before. Counts nothing.
    pub(super) fn push_compressed(&mut self, owner: Place, octets: &[u8], offset: usize) -> Result<(), Full> {
        let start = self.len();
        let mut wire = [0; MAX_NAME];
        let name = self.name_at(owner).ok_or(Full)?;
        let len = name.len();
        wire[..len].copy_from_slice(name);
        let owner_name = QueryName::parse(&wire[..len]).map_err(|_| Full)?;
        let mut candidates: [Option<Candidate<'_>>; MOST_CANDIDATES] = Default::default();
        candidates[0] = Some((owner_name, owner));
        for record in Records::of(octets) {
            let written = self.push_one(owner, record, offset, &candidates);
            let Ok(place) = written else {
                self.cut(start);
                return Err(Full);
            };
            let free = candidates.iter_mut().find(|candidate| candidate.is_none());
            let name = record.rdata().get(offset..).and_then(|name| QueryName::parse(name).ok());
            if let (Some(free), Some(name), Some(place)) = (free, name, place) {
                *free = Some((name, place));
            }
        }
        Ok(())
    }

    /// Writes one record; where the name in its data stands then. Signatures have none.
    fn push_one(
        &mut self,
        owner: Place,
        record: RecordRef<'_>,
        offset: usize,
        candidates: &[Option<Candidate<'_>>],
    ) -> Result<Option<Place>, Full> {
        let (head, rdata) = record.after_owner().split_at(10);
        let is_signature = head[..2] == Rtype::RRSIG.0.to_be_bytes();
        let name = rdata.get(offset..).and_then(|name| QueryName::parse(name).ok());
        let Some(name) = name.filter(|_| !is_signature) else {
            self.extend(&[&pointer_to(owner), record.after_owner()])?;
            return Ok(None);
        };
        let shared =
            candidates.iter().flatten().map(|candidate| (shared_labels(&name, &candidate.0), candidate));
        let best = shared.max_by_key(|&(labels, _)| labels).filter(|&(labels, _)| labels > 0);
        let end = best.and_then(|(labels, (other, place))| {
            let place = self.place_of_ancestor(*place, other.label_count() - labels)?;
            (place.0 <= FARTHEST_POINTER).then_some((labels, place))
        });
        let (labels, pointer) = match &end {
            Some((labels, place)) => (&name.as_wire()[..name.offset_of(*labels)], Some(pointer_to(*place))),
            None => (name.as_wire(), None),
        };
        let pointer = pointer.as_ref().map_or(&[][..], |pointer| pointer);
        let len = u16::try_from(offset + labels.len() + pointer.len()).map_err(|_| Full)?;
        let start = self.len();
        self.extend(&[
            &pointer_to(owner),
            &head[..8],
            &len.to_be_bytes(),
            &rdata[..offset],
            labels,
            pointer,
        ])?;
        Ok(Some(Place(start + 12 + offset)))
    }

    /// Where the name without its first `skipped` labels stands. The message is our own: its pointers
    /// lead back.
    fn place_of_ancestor(&self, place: Place, skipped: usize) -> Option<Place> {
        let (mut at, mut left) = (place.0, skipped);
        loop {
            match self.octet(at)? {
                high @ 192.. => at = usize::from(high & 0x3f) << 8 | usize::from(self.octet(at + 1)?),
                _ if left == 0 => return Some(Place(at)),
                len => {
                    at += 1 + usize::from(len);
                    left -= 1;
                }
            }
        }
    }
}

/// How many labels two names end alike in.
pub(super) fn shared_labels(one: &QueryName<'_>, other: &QueryName<'_>) -> usize {
    let most = one.label_count().min(other.label_count());
    let is_shared = |&labels: &usize| one.ancestor(labels).eq_ignore_ascii_case(other.ancestor(labels));
    (1..=most).take_while(is_shared).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Name;

    #[test]
    fn ends_are_compared_blind_to_case() {
        let shared = |one: &str, other: &str| {
            let (one, other): (Name, Name) = (one.parse().unwrap(), other.parse().unwrap());
            shared_labels(&QueryName::from(&one), &QueryName::from(&other))
        };
        assert_eq!(shared("a.example.net.", "b.EXAMPLE.net."), 2);
        assert_eq!(shared("a.example.net.", "example.net."), 2);
        assert_eq!(shared("xexample.net.", "example.net."), 1);
        assert_eq!(shared("net.", "com."), 0);
        assert_eq!(shared(".", "com."), 0);
    }
}
