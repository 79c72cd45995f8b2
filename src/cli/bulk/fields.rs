//! Columns of a row as words of zone text.

use super::row::{Fault, Field, Row};
use crate::record::mimisig::Endpoint;
use crate::record::print_quoted;
use crate::zone::quote;

pub(super) fn needed<'r>(row: &'r Row, column: &str) -> Result<&'r Field, Fault> {
    row.field(column).ok_or_else(|| {
        let remedy = format!("fill the column {column}, or give `--set {column}=…`");
        Fault::new(row.at, "missing-field", format!("the row has no {column}"), remedy)
    })
}

/// What is put between blanks as it is must be one word.
pub(super) fn word(field: &Field) -> Result<(), Fault> {
    let odd = |character: char| {
        character.is_whitespace() || character.is_control() || "\"();\\".contains(character)
    };
    if field.text.contains(odd) {
        let message = format!("{} {} is not one word", field.column, quote(field.text.as_bytes()));
        return Err(Fault::new(
            field.at,
            "bad-row",
            message,
            "leave out blanks, quotation marks and parentheses",
        ));
    }
    Ok(())
}

/// The time to live and a blank, or nothing.
pub(super) fn ttl(row: &Row) -> Result<String, Fault> {
    let Some(field) = row.field("ttl") else { return Ok(String::new()) };
    word(field)?;
    Ok(format!("{} ", field.text))
}

pub(super) fn endpoint(row: &Row, uri: &Field) -> Result<Endpoint, Fault> {
    let number = |column: &str, otherwise: u16| {
        row.field(column).map_or(Ok(otherwise), |field| {
            let wrong = || format!("{column} {} is no number", quote(field.text.as_bytes()));
            field.text.parse().map_err(|_| Fault::new(field.at, "bad-row", wrong(), "write 0 to 65535"))
        })
    };
    let made = match row.text("type").unwrap_or("NAPTR") {
        "URI" => Endpoint::uri_record(number("preference", 10)?, number("weight", 1)?, &uri.text),
        "NAPTR" => {
            let scheme = uri.text.split(':').next().unwrap_or_default();
            let protocol = row.text("service").unwrap_or(if scheme == "mimi" { "x-mimi" } else { scheme });
            let protocol = protocol.strip_prefix("x-mimi:").unwrap_or(protocol);
            Endpoint::naptr(number("preference", 10)?, protocol, &uri.text)
        }
        other => {
            let message = format!("{} is no type of an endpoint", quote(other.as_bytes()));
            return Err(Fault::new(row.place("type"), "bad-row", message, "write NAPTR or URI"));
        }
    };
    made.map_err(|error| {
        let message = format!("{}: {error}", quote(uri.text.as_bytes()));
        Fault::new(uri.at, "bad-statement", message, "see what an endpoint may be: protocol.md, section 6")
    })
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = print_quoted(text.as_bytes(), &mut out);
    out
}
