//! What commands tell as JSON.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::zone::{Finding, Severity};

/// A finding as an object. It quotes what the zone's author wrote: treat it like the source.
#[derive(Serialize)]
pub(super) struct FindingJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    severity: &'static str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    remedy: &'a str,
}

impl<'a> From<&'a Finding> for FindingJson<'a> {
    fn from(finding: &'a Finding) -> Self {
        let at = finding.at.as_ref();
        Self {
            file: at.map(|at| &*at.file),
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: finding.code,
            owner: finding.owner.as_ref().map(ToString::to_string),
            message: &finding.message,
            remedy: &finding.remedy,
        }
    }
}

/// All findings of a list.
pub(super) fn findings(findings: &[Finding]) -> Vec<FindingJson<'_>> {
    findings.iter().map(FindingJson::from).collect()
}

/// Prints one value, for people to read too, and ends the line.
pub(super) fn print(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)
}
