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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_string() -> impl Strategy<Value = CharString> {
        let octet = prop_oneof![Just(b'\\'), Just(b'"'), Just(b';'), any::<u8>()];
        prop::collection::vec(octet, 0..=255).prop_map(|octets| CharString::new(&octets).unwrap())
    }

    #[test]
    fn reads_what_zones_hold() {
        let rule: Naptr = r#"100 10 "u" "E2U+sip" "!^\\+44(.*)$!sip:\\1@a.example!i" ."#.parse().unwrap();
        assert_eq!((rule.order, rule.preference), (100, 10));
        assert_eq!(rule.regexp.as_bytes(), br"!^\+44(.*)$!sip:\1@a.example!i");
        assert!(rule.replacement.is_root());
        assert_eq!(rule.to_string(), r#"100 10 "u" "E2U+sip" "!^\\+44(.*)$!sip:\\1@a.example!i" ."#);
    }

    #[test]
    fn cut_octets_are_refused_at_the_field() {
        let wire = r#"100 10 "u" "s" "r" a."#.parse::<Naptr>().unwrap().to_wire();
        let fields = (0..wire.len()).map(|len| Naptr::from_wire(&wire[..len]).unwrap_err().what);
        let fields: Vec<_> =
            fields.collect::<Vec<_>>().chunk_by(|a, b| a == b).map(|chunk| chunk[0]).collect();
        assert_eq!(fields, ["order", "preference", "flags", "services", "regexp", "replacement"]);
        assert_eq!(Naptr::from_wire(&[&wire[..], &[0]].concat()).unwrap_err().fault, RdataFault::Leftover);
    }

    proptest! {
        #[test]
        fn every_octet_survives_text_and_wire(
            order: u16, preference: u16, flags in any_string(), services in any_string(), regexp in any_string(),
        ) {
            let replacement = "a\\000.example".parse().unwrap();
            let naptr = Naptr { order, preference, flags, services, regexp, replacement };
            prop_assert_eq!(&naptr.to_string().parse::<Naptr>().unwrap(), &naptr);
            prop_assert_eq!(&Naptr::from_wire(&naptr.to_wire()).unwrap(), &naptr);
        }

        #[test]
        fn what_is_read_is_written_back(wire in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(naptr) = Naptr::from_wire(&wire) {
                prop_assert_eq!(&naptr.to_wire()[..], &wire);
            }
        }
    }
}
