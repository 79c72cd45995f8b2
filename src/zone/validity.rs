//! How long a zone's signatures are good.

use super::denial::ProofOwner;
use super::fault::{BuildFault, Kind};
use super::finding::Span;
use super::node::{Flags, RrsetRef};
use super::snapshot::Zone;
use crate::clock::UnixTime;
use crate::record::mimisig::Mimisig;
use crate::record::{Name, Rtype};

/// The share of its time that a signature should have left: an eighth.
const SHARE_LEFT: i64 = 8;

/// Times of the RRSIG records of a zone, as seen at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureTimes {
    /// How many signatures.
    pub count: usize,
    /// How many have expired.
    pub expired: usize,
    /// How many are not good yet.
    pub early: usize,
    /// When the first of them expires, or has.
    pub earliest_expiration: UnixTime,
    /// When the last of them is good.
    pub latest_inception: UnixTime,
    /// Whose the first to expire is.
    pub owner: Name,
    /// What that one covers.
    pub rtype: Rtype,
    /// Seconds until then, from its inception and from when it was looked at.
    lifetime: i64,
    left: i64,
}

impl SignatureTimes {
    /// When the signature that ends first should have been made anew: seven eighths of its time are over.
    #[must_use]
    pub fn worrying(&self) -> UnixTime {
        UnixTime(self.earliest_expiration.0.saturating_add_signed(-(self.lifetime / SHARE_LEFT)))
    }
}

impl Zone {
    /// The times of all signatures, as seen at `now`; `None` where there are none. Looks at each: cost O(n).
    #[must_use]
    pub fn signature_times(&self, now: UnixTime) -> Option<SignatureTimes> {
        let (mut count, mut expired, mut early, mut last_begin) = (0, 0, 0, i64::MIN);
        let mut first: Option<(i64, i64, Rtype, ProofOwner<'_>)> = None;
        let mut look = |rrset: RrsetRef<'_>, owner| {
            for record in rrset.signatures() {
                let Some((left, until_begin)) = seconds_until(record.rdata(), now) else { continue };
                count += 1;
                expired += usize::from(left < 0);
                early += usize::from(until_begin > 0);
                last_begin = last_begin.max(until_begin);
                if first.is_none_or(|(least, ..)| left < least) {
                    first = Some((left, left - until_begin, rrset.rtype(), owner));
                }
            }
        };
        let nodes = self.spine.pages().flat_map(|page| page.nodes());
        for (_, node) in nodes.filter(|(_, node)| !node.flags().has(Flags::OCCLUDED)) {
            node.entries().for_each(|rrset| look(rrset, ProofOwner::Name(node.below())));
        }
        self.links().for_each(|(hash, rrset)| look(rrset, ProofOwner::Hash(hash)));
        let (left, lifetime, rtype, owner) = first?;
        let earliest_expiration = UnixTime(now.0.saturating_add_signed(left));
        let latest_inception = UnixTime(now.0.saturating_add_signed(last_begin));
        let owner = owner.with_labels(|labels| self.name_below(labels));
        Some(SignatureTimes {
            count,
            expired,
            early,
            earliest_expiration,
            latest_inception,
            owner,
            rtype,
            lifetime,
            left,
        })
    }

    /// When the first statement ends that holds at `now`; `None` where none does. Looks at each: cost O(n).
    #[must_use]
    pub fn first_statement_end(&self, now: UnixTime) -> Option<UnixTime> {
        let nodes = self.spine.pages().flat_map(|page| page.nodes());
        let statements =
            nodes.flat_map(|(_, node)| node.rrset(Rtype::MIMISIG)).flat_map(|rrset| rrset.records());
        let ends =
            statements.filter_map(|record| Mimisig::parse(record.rdata()).ok()).map(|one| one.expiration());
        ends.filter(|&end| end > now).min()
    }

    /// What a zone's author should know of its signatures' times, as seen at `span`.
    pub(super) fn faults_of_time(&self, now: UnixTime, span: Span) -> Vec<BuildFault> {
        let Some(times) = self.signature_times(now) else { return Vec::new() };
        let mut kinds = Vec::new();
        if times.expired > 0 {
            kinds.push(Kind::SignaturesExpired(times.expired, times.rtype));
        } else if times.left < times.lifetime / SHARE_LEFT {
            kinds.push(Kind::SignaturesExpire(times.left, times.rtype));
        }
        if times.early > 0 {
            kinds.push(Kind::SignaturesEarly(times.early));
        }
        kinds.into_iter().map(|kind| kind.at(span, Some(times.owner.clone()))).collect()
    }
}

/// Seconds until a signature expires and until it is good. Times are compared modulo 2^32 (RFC 4034 §3.1.5).
fn seconds_until(rdata: &[u8], now: UnixTime) -> Option<(i64, i64)> {
    #[expect(clippy::cast_possible_truncation, reason = "times are compared modulo 2^32")]
    let now = now.0 as u32;
    let until = |at: usize| {
        let time = u32::from_be_bytes(*rdata.get(at..)?.first_chunk()?);
        Some(i64::from(time.wrapping_sub(now).cast_signed()))
    };
    Some((until(8)?, until(12)?))
}
