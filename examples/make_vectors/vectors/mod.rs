//! The vectors, as the example writes them and the tests compare them.

mod endpoints;
mod form;
mod good;
mod names;
pub(crate) mod raw;
mod signatures;

use serde_json::{Value, json};

use mimi_dns::record::mimisig::Mimisig;
use raw::Case;

/// All statements, good ones first.
pub(crate) fn cases() -> Vec<Case> {
    [good::cases(), form::cases(), endpoints::cases(), signatures::cases()].concat()
}

/// Each file's name and text.
pub(crate) fn files() -> [(&'static str, String); 2] {
    let statements: Vec<Value> = cases().iter().map(statement).collect();
    [("statements.json", lines(&statements)), ("names.json", lines(&names::names()))]
}

fn statement(case: &Case) -> Value {
    let parsed = Mimisig::parse(&case.rdata).ok();
    json!({
        "name": case.name,
        "identifier": case.identifier,
        "public_key": hex(&case.public_key),
        "now": case.now,
        "rdata": hex(&case.rdata),
        "presentation": parsed.as_ref().map(ToString::to_string),
        "to_be_signed": parsed.map(|parsed| {
            hex(&raw::to_be_signed(case.identifier, &case.public_key, parsed.unsigned()))
        }),
        "verdict": case.verdict,
    })
}

/// One vector a line, so that a change shows as that vector's.
fn lines(values: &[Value]) -> String {
    let lines: Vec<String> = values.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

fn hex(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(octets)
}
