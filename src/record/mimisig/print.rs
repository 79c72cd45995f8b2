//! The presentation form, printed.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};

use super::body::{Basis, Body, Proof, Tag};
use super::parameter::Parameters;
use super::{At, Endpoint, HEADER_LEN, Mimisig, ParameterKey};
use crate::clock::UnixTime;
use crate::record::calendar;
use crate::record::rdata::Presentation;
use crate::record::text::print_quoted;

/// The presentation form, which [`Mimisig::parse_text`] reads back to the same octets:
/// `<kind> <inception> <expiration> [parameter=value]… <algorithm> <key id> <signature>`.
///
/// Times are `YYYYMMDDHHmmSS`, or seconds in 20 digits from the year 10000 on; the key id is
/// hexadecimal, the signature base64. Names end in a dot.
impl fmt::Display for Mimisig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind(), Time(self.inception()), Time(self.expiration()))?;
        print_body(self.body(), f)?;
        let parameters = Parameters::new(&self.unsigned()[HEADER_LEN..]).flatten();
        for (key, value) in parameters.filter(|(key, _)| ParameterKey::from_number(*key).is_none()) {
            write!(f, " param{key}={}", HEXLOWER.encode(value))?;
        }
        write!(f, " {} {} {}", self.algorithm(), self.key_id(), BASE64.encode(self.signature()))
    }
}

fn print_body(body: &Body, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match body {
        Body::Possession(possession) => {
            write!(f, " issuer={}", possession.issuer)?;
            if let Some(key) = &possession.holder_key {
                write!(f, " holder-key={key}")?;
            }
            print_proof(possession.proof, f)
        }
        Body::Mapping(mapping) => {
            write!(f, " issuer={}", mapping.issuer)?;
            match mapping.basis {
                Basis::Holder { holder, .. } => write!(f, " holder={holder}")?,
                Basis::Legacy(proof) => print_proof(proof, f)?,
            }
            for endpoint in &mapping.endpoints {
                f.write_str(" endpoint=")?;
                print_quoted(endpoint.to_string().as_bytes(), f)?;
            }
            match mapping.basis {
                Basis::Holder { consent, .. } => write!(f, " consent={}", Time(consent)),
                Basis::Legacy(_) => Ok(()),
            }
        }
        Body::Wishes(wishes) => {
            write!(f, " holder={}", wishes.holder)?;
            wishes.at.iter().try_for_each(|at| write!(f, " at=\"{at}\""))
        }
    }
}

fn print_proof(proof: Proof, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, " proof={},{}", proof.method, Time(proof.time))
}

/// `<msp> <rank> [tag,tag…] [algorithm:base64]`: without a character that needs quoting.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.msp, self.rank)?;
        if !self.tags.is_empty() {
            let tags: Vec<_> = self.tags.iter().map(Tag::as_str).collect();
            write!(f, " {}", tags.join(","))?;
        }
        match &self.connection_key {
            Some(key) => write!(f, " {key}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rtype(), Presentation::new(self.rtype(), self.rdata()))
    }
}

/// A time of the presentation form.
struct Time(UnixTime);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match calendar::print(self.0) {
            Some(text) => f.write_str(&text),
            // Never 14 digits, which would read as a date.
            None => write!(f, "{:020}", self.0.0),
        }
    }
}
