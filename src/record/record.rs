//! One resource record.

use std::fmt;

use super::rdata::Presentation;
use super::{Class, Name, Rdata, Rtype, Ttl};

/// A resource record; its data in wire form, every name in it uncompressed.
///
/// `Display` prints one line of a master file that any server reads, without the line's end.
/// Source: RFC 1035 §3.2.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Owner name.
    pub owner: Name,
    /// Class.
    pub class: Class,
    /// Time to live.
    pub ttl: Ttl,
    /// Type.
    pub rtype: Rtype,
    /// Record data, at most 65,535 octets.
    pub rdata: Rdata,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, class, ttl, rtype, rdata } = self;
        let data = Presentation::new(*rtype, rdata).to_string();
        write!(f, "{owner}\t{ttl}\t{class}\t")?;
        match data.starts_with("\\#") {
            // Who does not know the mnemonic knows the number.
            true => write!(f, "TYPE{}\t{data}", rtype.0),
            false => write!(f, "{rtype}\t{data}"),
        }
    }
}
