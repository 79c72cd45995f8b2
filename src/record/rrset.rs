//! Resource records that share owner name, class and type.

use super::{Class, Name, Rtype, Ttl};

/// Record data in wire form, every name in it uncompressed. At most 65,535 octets.
pub type Rdata = Box<[u8]>;

/// All records of one owner name, class and type. Source: RFC 2181 §5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rrset {
    /// Owner name.
    pub owner: Name,
    /// Class.
    pub class: Class,
    /// Type.
    pub rtype: Rtype,
    /// One time to live for all (RFC 2181 §5.2).
    pub ttl: Ttl,
    /// Record data, none twice, in the order in which they came.
    pub rdatas: Vec<Rdata>,
}
