//! The NAPTR and URI records beside mapping statements: for dig, and for clients that know no
//! statements.

use std::collections::HashSet;

use super::super::fault::BuildFault;
use super::super::finding::{Findings, Severity, Span};
use super::super::reader::RecordBody;
use crate::clock::UnixTime;
use crate::record::Rtype;
use crate::record::mimisig::{Body, Mimisig};

/// Adds the endpoints of an identifier's mapping statements that are not there yet, and warns of
/// what resolvers won't believe.
pub(super) fn project(records: &mut Vec<(RecordBody, Span)>, now: UnixTime, findings: &mut Findings) {
    let (mut signed, mut projected) = (HashSet::new(), Vec::new());
    for (record, span) in records.iter().filter(|(record, _)| record.rtype == Rtype::MIMISIG) {
        let statement = match Mimisig::parse(&record.rdata) {
            Ok(statement) => statement,
            Err(fault) => {
                let message = format!("resolvers won't believe the statement: {fault}");
                findings.push(warning(*span, "bad-statement", message, "ask its signer for another"));
                continue;
            }
        };
        let expired = statement.expiration() <= now;
        if expired {
            let message = format!("the {} statement has expired", statement.kind());
            findings.push(warning(
                *span,
                "expired-statement",
                message,
                "ask its signer for a new one, or remove it",
            ));
        }
        let Body::Mapping(mapping) = statement.body() else { continue };
        for endpoint in &mapping.endpoints {
            let (rtype, rdata) = (endpoint.rtype(), endpoint.rdata());
            let first = signed.insert((rtype, Box::from(rdata)));
            // What has expired would lead clients astray that know no statements.
            if first && !expired {
                projected.push((RecordBody { rtype, rdata: rdata.into(), ..record.clone() }, *span));
            }
        }
    }
    let mut written = HashSet::new();
    for (record, span) in records.iter() {
        if matches!(record.rtype, Rtype::NAPTR | Rtype::URI) {
            let key = (record.rtype, record.rdata.clone());
            if !signed.contains(&key) {
                let message = format!("no statement of the identifier holds this {} record", record.rtype);
                let remedy = "name it as an endpoint of a mapping statement, or resolvers won't believe it";
                findings.push(warning(*span, "unsigned-endpoint", message, remedy));
            }
            written.insert(key);
        }
    }
    projected.retain(|(record, _)| !written.contains(&(record.rtype, record.rdata.clone())));
    records.append(&mut projected);
}

fn warning(span: Span, code: &'static str, message: String, remedy: &str) -> BuildFault {
    BuildFault { span, owner: None, severity: Severity::Warning, code, message, remedy: remedy.to_owned() }
}
