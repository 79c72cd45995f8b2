//! NAPTR: rules of the Dynamic Delegation Discovery System.

use std::fmt;
use std::str::FromStr;

use super::rdata::{self, Presentation, RdataError, RdataFault, Wire};
use super::{CharString, Name, Rdata, Rtype};

/// The data of a NAPTR record.
///
/// Wire form: order and preference as u16, then flags, services and regexp as character-strings,
/// then the replacement, uncompressed. `Display` and `FromStr` are exact: every octet of every string
/// survives. Whether the flags, the regexp or both together make sense is for the application to say.
/// Source: RFC 3403 §4.1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Naptr {
    /// Lower first; a client that has used one order ignores the higher ones.
    pub order: u16,
    /// Lower first, among records of one order.
    pub preference: u16,
    /// `U`, `S`, `A`, `P`, or empty for a non-terminal rule.
    pub flags: CharString,
    /// What the rule leads to, in the application's words.
    pub services: CharString,
    /// A substitution expression, or empty.
    pub regexp: CharString,
    /// The next name, or the root.
    pub replacement: Name,
}

impl Naptr {
    /// Reads wire form.
    ///
    /// # Errors
    /// What is wrong with the octets: the sender's fault.
    pub fn from_wire(rdata: &[u8]) -> Result<Self, RdataError> {
        let mut wire = Wire::new(rdata);
        wire.what = "order";
        let order = wire.u16()?;
        wire.what = "preference";
        let preference = wire.u16()?;
        let mut string = |what| {
            wire.what = what;
            let at = wire.at();
            CharString::new(wire.char_string()?).map_err(|error| RdataFault::from(error).at(what, at))
        };
        let (flags, services, regexp) = (string("flags")?, string("services")?, string("regexp")?);
        wire.what = "replacement";
        let replacement = wire.name()?;
        wire.end()?;
        Ok(Self { order, preference, flags, services, regexp, replacement })
    }

    /// The wire form.
    #[must_use]
    pub fn to_wire(&self) -> Rdata {
        let mut wire = Vec::with_capacity(64);
        wire.extend_from_slice(&self.order.to_be_bytes());
        wire.extend_from_slice(&self.preference.to_be_bytes());
        for string in [&self.flags, &self.services, &self.regexp] {
            string.append_to(&mut wire);
        }
        wire.extend_from_slice(self.replacement.as_wire());
        wire.into()
    }
}

impl fmt::Display for Naptr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Presentation::new(Rtype::NAPTR, &self.to_wire()).fmt(f)
    }
}

impl FromStr for Naptr {
    type Err = RdataError;

    /// Reads presentation form; a replacement without a final dot is absolute.
    fn from_str(text: &str) -> Result<Self, RdataError> {
        Self::from_wire(&rdata::from_text(Rtype::NAPTR, text)?)
    }
}
