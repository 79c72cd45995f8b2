//! One question to the servers and the whole of what one of them said: below aliases, caches and proofs.

use std::future::Future;
use std::pin::Pin;

use super::{TransportError, Unreachable};
use crate::record::{Name, Record, Rtype, Ttl};
use crate::resolver::upstream::Upstream;

/// A reply to come.
pub(in crate::resolver) type Exchanging<'a> =
    Pin<Box<dyn Future<Output = Result<Reply, TransportError>> + Send + 'a>>;

/// Whatever carries one question of class IN to a server and its reply back.
pub(in crate::resolver) trait Exchange: Send + Sync {
    /// Asks. Ends after a time of its own; dropping the future drops the question.
    fn exchange<'a>(&'a self, name: &'a Name, rtype: Rtype, wish: Wish) -> Exchanging<'a>;

    /// Asks others than those that were heard already; where there are none, nobody, and says [`Unreachable::NoServer`].
    fn elsewhere<'a>(
        &'a self,
        name: &'a Name,
        rtype: Rtype,
        wish: Wish,
        heard: &'a [Upstream],
    ) -> Exchanging<'a> {
        let _ = (name, rtype, wish, heard);
        Box::pin(std::future::ready(Err(TransportError::Unreachable(Unreachable::NoServer))))
    }
}

/// What a question asks for beside the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::resolver) enum Wish {
    /// Nothing.
    Records,
    /// That the server says whether it has validated (AD). Source: RFC 6840 §5.7.
    Validated,
    /// Signatures and proofs (DO), unchecked by the server (CD): they are checked here.
    /// Source: RFC 4035 §4.9.1 and RFC 6840 §5.9.
    Proofs,
}

/// What one server said: NOERROR or NXDOMAIN; any other RCODE is an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::resolver) struct Reply {
    /// NXDOMAIN, not NOERROR.
    pub(in crate::resolver) nx_domain: bool,
    /// AD: the server says that it has validated all of it.
    pub(in crate::resolver) authentic: bool,
    /// DO: the server knows of DNSSEC. Source: RFC 3225 §3.
    pub(in crate::resolver) dnssec_ok: bool,
    /// Which server it was, and how it was asked.
    pub(in crate::resolver) from: Option<Upstream>,
    /// The answer section.
    pub(in crate::resolver) answers: Vec<Record>,
    /// The authority section.
    pub(in crate::resolver) authority: Vec<Record>,
}

impl Reply {
    /// Owner and negative time to live of the SOA in the authority section. Source: RFC 2308 §5.
    pub(in crate::resolver) fn soa(&self) -> Option<(&Name, Ttl)> {
        let soa = self.authority.iter().find(|record| record.rtype == Rtype::SOA)?;
        let minimum = soa.rdata.last_chunk().map_or(0, |octets| u32::from_be_bytes(*octets));
        Some((&soa.owner, soa.ttl.min(Ttl::from_secs(minimum))))
    }

    /// Whether the authority section only names servers of a zone below. Source: RFC 2308 §2.2.
    pub(in crate::resolver) fn is_referral(&self) -> bool {
        let has = |rtype| self.authority.iter().any(|record| record.rtype == rtype);
        !self.nx_domain && has(Rtype::NS) && !has(Rtype::SOA)
    }
}
