//! Records of a world and their text.

use std::fmt::Write as _;

use mimi_dns::record::Rtype;

use super::names::{Base, Draft, escaped};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DraftRecord {
    pub(super) owner: Draft,
    pub(super) ttl: u32,
    pub(super) rtype: Rtype,
    pub(super) data: Vec<Field>,
}

/// What record data is put together from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Number(u32),
    Name(Draft),
    /// A character string; in URI the whole target.
    Quoted(Vec<u8>),
    /// As it stands in text.
    Raw(String),
    /// The whole data, in the form for unknown types.
    Octets(Vec<u8>),
}

impl DraftRecord {
    /// Names that stand in the data.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Draft> {
        self.data.iter().filter_map(|field| match field {
            Field::Name(name) => Some(name),
            _ => None,
        })
    }

    /// One line of a zone file.
    pub(super) fn text(&self, base: Base) -> String {
        let rtype = match self.rtype {
            // The peers have no name for it.
            Rtype::MIMISIG => format!("TYPE{}", self.rtype.0),
            rtype => rtype.to_string(),
        };
        let mut text = format!("{} {} IN {rtype}", self.owner.text(base), self.ttl);
        for field in &self.data {
            match field {
                Field::Number(number) => write!(text, " {number}").unwrap(),
                Field::Name(name) => write!(text, " {}", name.text(base)).unwrap(),
                Field::Quoted(octets) => {
                    let inner: String = octets.iter().map(|&octet| escaped(octet)).collect();
                    write!(text, " \"{inner}\"").unwrap();
                }
                Field::Raw(raw) => write!(text, " {raw}").unwrap(),
                Field::Octets(octets) => {
                    write!(text, " \\# {} ", octets.len()).unwrap();
                    octets.iter().for_each(|octet| write!(text, "{octet:02x}").unwrap());
                }
            }
        }
        text
    }
}
