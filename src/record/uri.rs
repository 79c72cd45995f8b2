//! URI records.

use std::fmt;
use std::str::FromStr;

use super::rdata::{self, Presentation, RdataError, RdataFault, Wire};
use super::{Rdata, Rtype};

/// The data of a URI record.
///
/// Wire form: priority and weight as u16, then the target, which has no octet of length, is not empty,
/// and may be longer than 255 octets. `Display` prints the target in quotation marks; `FromStr` reads
/// that, exactly. Source: RFC 7553 §4.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    /// Lower first.
    pub priority: u16,
    /// The share among records of one priority.
    pub weight: u16,
    /// The octets of the URI.
    target: Box<[u8]>,
}

impl Uri {
    /// The record data of these values.
    ///
    /// # Errors
    /// A target that is empty, or longer than 65,531 octets.
    pub fn new(priority: u16, weight: u16, target: &[u8]) -> Result<Self, RdataError> {
        match target.len() {
            0 => Err(RdataFault::Rule("must not be empty").at("target", 4)),
            1..=MAX_TARGET => Ok(Self { priority, weight, target: target.into() }),
            _ => Err(RdataFault::TooLong.at("target", 4)),
        }
    }

    /// The octets of the URI, at least one.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        &self.target
    }

    /// Reads wire form.
    ///
    /// # Errors
    /// What is wrong with the octets: the sender's fault.
    pub fn from_wire(rdata: &[u8]) -> Result<Self, RdataError> {
        let mut wire = Wire::new(rdata);
        wire.what = "priority";
        let priority = wire.u16()?;
        wire.what = "weight";
        let weight = wire.u16()?;
        Self::new(priority, weight, wire.rest())
    }

    /// The wire form.
    #[must_use]
    pub fn to_wire(&self) -> Rdata {
        [&self.priority.to_be_bytes(), &self.weight.to_be_bytes(), &self.target[..]].concat().into()
    }
}

/// What record data leaves for the target.
const MAX_TARGET: usize = rdata::MAX_RDATA - 4;

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Presentation::new(Rtype::URI, &self.to_wire()).fmt(f)
    }
}

impl FromStr for Uri {
    type Err = RdataError;

    fn from_str(text: &str) -> Result<Self, RdataError> {
        Self::from_wire(&rdata::from_text(Rtype::URI, text)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn targets_are_not_empty_and_fit_a_record() {
        assert_eq!(Uri::new(1, 1, b"").unwrap_err().to_string(), "target must not be empty");
        assert_eq!(Uri::from_wire(&[0, 1, 0, 1]).unwrap_err().to_string(), "target must not be empty");
        assert_eq!(Uri::from_wire(&[0, 1, 0]).unwrap_err().to_string(), "weight is cut short");
        assert_eq!(Uri::new(1, 1, &vec![b'x'; MAX_TARGET]).unwrap().to_wire().len(), rdata::MAX_RDATA);
        assert_eq!(Uri::new(1, 1, &vec![b'x'; MAX_TARGET + 1]).unwrap_err().fault, RdataFault::TooLong);
    }

    #[test]
    fn a_target_may_stand_without_quotation_marks() {
        let uri: Uri = "10 1 https://a.example/".parse().unwrap();
        assert_eq!(uri.target(), b"https://a.example/");
        assert_eq!(uri.to_string(), r#"10 1 "https://a.example/""#);
    }

    proptest! {
        #[test]
        fn every_octet_survives_text_and_wire(
            priority: u16, weight: u16, target in prop::collection::vec(any::<u8>(), 1..1000),
        ) {
            let uri = Uri::new(priority, weight, &target).unwrap();
            prop_assert_eq!(&uri.to_string().parse::<Uri>().unwrap(), &uri);
            prop_assert_eq!(&Uri::from_wire(&uri.to_wire()).unwrap(), &uri);
        }
    }
}
