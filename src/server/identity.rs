//! Names by which a server is asked who it is, in class CH. Source: RFC 4892 §3; `hostname.bind` is BIND's.

use super::request::Query;
use crate::record::{Class, Rtype};

const NAMES: [&[u8]; 2] = [b"\x02id\x06server\0", b"\x08hostname\x04bind\0"];

/// Whether the query asks who this server is. Nobody is told its version.
pub(super) fn is_asked(query: &Query<'_>) -> bool {
    query.class == Class::CH
        && matches!(query.rtype, Rtype::TXT | Rtype::ANY)
        && NAMES.iter().any(|name| name.eq_ignore_ascii_case(query.name.as_wire()))
}
