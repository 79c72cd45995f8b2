//! A zone to rows.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;

use super::csv;
use crate::cli::args::TableFormat;
use crate::record::digits::enum_digits;
use crate::record::mimisig::{Body, Mimisig};
use crate::record::rdata::Presentation;
use crate::record::{Name, Rtype, calendar};
use crate::zone::{Loaded, RrsetRef, Zone};

/// A record. What begins with `_` is for people: it is passed over when it is read again.
#[derive(Default, Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    identifier: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    owner: String,
    ttl: u32,
    r#type: String,
    data: String,
    #[serde(flatten)]
    note: Note,
}

#[derive(Default, Serialize)]
struct Note {
    #[serde(rename = "_kind", skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(rename = "_party", skip_serializing_if = "String::is_empty")]
    party: String,
    #[serde(rename = "_uris", skip_serializing_if = "String::is_empty")]
    uris: String,
    #[serde(rename = "_until", skip_serializing_if = "String::is_empty")]
    until: String,
    #[serde(rename = "_number", skip_serializing_if = "String::is_empty")]
    number: String,
}

const HEAD: &str = "identifier,owner,ttl,type,data,_kind,_party,_uris,_until,_number\n";

/// Writes a row for each record, those that belong to no identifier first; returns how many.
///
/// # Errors
/// Those of `out`.
pub(super) fn export(
    loaded: &Loaded,
    zone: &Zone,
    format: TableFormat,
    identifiers_only: bool,
    out: &mut dyn Write,
) -> io::Result<u64> {
    let mut rows = Rows { format, out, text: String::new(), count: 0 };
    if format == TableFormat::Csv {
        rows.out.write_all(HEAD.as_bytes())?;
    }
    if !identifiers_only {
        let owners: HashSet<&Name> = loaded.identifiers.iter().flat_map(|source| &source.owners).collect();
        for (owner, rrset) in zone.rrsets().filter(|(owner, _)| !owners.contains(owner)) {
            let digits = enum_digits(&owner, zone.apex()).filter(|_| rrset.rtype() == Rtype::NAPTR);
            let star = if owner.is_wildcard() { "*" } else { "" };
            let number = digits.map(|digits| format!("+{digits}{star}")).unwrap_or_default();
            rows.rrset(&Whose::Owner(owner.to_string(), number), rrset, &HashSet::new())?;
        }
    }
    for source in &loaded.identifiers {
        // Under other epochs the same is said again.
        let Some(node) = source.owners.first().and_then(|owner| zone.node(owner)) else { continue };
        let signed = endpoints(source.statements.iter().map(|(_, rdata)| &**rdata));
        for rrset in node.rrsets() {
            rows.rrset(&Whose::Identifier(source.identifier.as_str()), rrset, &signed)?;
        }
    }
    Ok(rows.count)
}

enum Whose<'a> {
    Identifier(&'a str),
    Owner(String, String),
}

/// What the loader makes of statements by itself.
fn endpoints<'a>(statements: impl Iterator<Item = &'a [u8]>) -> HashSet<(Rtype, Box<[u8]>)> {
    let read = statements.filter_map(|rdata| Mimisig::parse(rdata).ok());
    let mappings = read.filter_map(|statement| match statement.body() {
        Body::Mapping(mapping) => Some(mapping.endpoints.clone()),
        Body::Possession(_) | Body::Wishes(_) => None,
    });
    mappings.flatten().map(|endpoint| (endpoint.rtype(), Box::from(endpoint.rdata()))).collect()
}

struct Rows<'o> {
    format: TableFormat,
    out: &'o mut dyn Write,
    text: String,
    count: u64,
}

impl Rows<'_> {
    fn rrset(
        &mut self,
        whose: &Whose<'_>,
        rrset: RrsetRef<'_>,
        signed: &HashSet<(Rtype, Box<[u8]>)>,
    ) -> io::Result<()> {
        let rtype = rrset.rtype();
        if matches!(rtype, Rtype::NSEC | Rtype::NSEC3 | Rtype::ZONEMD) {
            return Ok(());
        }
        for record in rrset.records() {
            if signed.contains(&(rtype, Box::from(record.rdata()))) {
                continue;
            }
            let mut line = Line {
                ttl: record.ttl().as_secs(),
                r#type: rtype.to_string(),
                data: Presentation::new(rtype, record.rdata()).to_string(),
                note: note(rtype, record.rdata()),
                ..Line::default()
            };
            match whose {
                Whose::Identifier(identifier) => line.identifier = identifier,
                Whose::Owner(owner, number) => {
                    line.owner.clone_from(owner);
                    line.note.number.clone_from(number);
                }
            }
            self.line(&line)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.count += 1;
        self.text.clear();
        match self.format {
            TableFormat::Jsonl => {
                self.text = serde_json::to_string(line).map_err(io::Error::from)?;
            }
            TableFormat::Csv => {
                let (ttl, note) = (line.ttl.to_string(), &line.note);
                let fields = [
                    line.identifier,
                    &line.owner,
                    &ttl,
                    &line.r#type,
                    &line.data,
                    &note.kind,
                    &note.party,
                    &note.uris,
                    &note.until,
                    &note.number,
                ];
                for (number, field) in fields.into_iter().enumerate() {
                    if number > 0 {
                        self.text.push(',');
                    }
                    csv::write(field, &mut self.text);
                }
            }
        }
        self.text.push('\n');
        self.out.write_all(self.text.as_bytes())
    }
}

fn note(rtype: Rtype, rdata: &[u8]) -> Note {
    let Some(statement) = (rtype == Rtype::MIMISIG).then(|| Mimisig::parse(rdata).ok()).flatten() else {
        return Note::default();
    };
    let (party, uris) = match statement.body() {
        Body::Possession(possession) => (possession.issuer.to_string(), String::new()),
        Body::Wishes(wishes) => (wishes.holder.to_string(), String::new()),
        Body::Mapping(mapping) => {
            let uris: Vec<&str> = mapping.endpoints.iter().map(|endpoint| endpoint.uri()).collect();
            (mapping.issuer.to_string(), uris.join(" "))
        }
    };
    Note {
        kind: statement.kind().to_string(),
        party,
        uris,
        until: calendar::print(statement.expiration()).unwrap_or_default(),
        number: String::new(),
    }
}
