//! A row of a table of records, whatever form it came in.

use crate::zone::{Finding, Location, Severity};
use std::path::Path;

/// The columns there are, in the order in which they are written.
pub(super) const COLUMNS: [&str; 19] = [
    "identifier",
    "owner",
    "ttl",
    "type",
    "data",
    "msp",
    "uri",
    "service",
    "order",
    "preference",
    "weight",
    "flags",
    "regexp",
    "proof",
    "holder",
    "consent",
    "from",
    "until",
    "sign",
];

/// Text of one column, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) column: &'static str,
    pub(super) text: String,
    pub(super) at: Place,
}

/// Line and column, from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The fields that are not empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) at: Place,
    pub(super) fields: Vec<Field>,
}

/// What is wrong with a row.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Place,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Fault {
    pub(super) fn new(
        at: Place,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { at, code, message: message.into(), remedy: remedy.into() }
    }

    pub(super) fn in_file(self, file: &Path, severity: Severity) -> Finding {
        let Self { at: Place { line, column }, code, message, remedy } = self;
        let at = Some(Location { file: file.to_owned(), line, column });
        Finding { at, owner: None, severity, code, message, remedy }
    }
}

impl Row {
    pub(super) fn field(&self, column: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.column == column)
    }

    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.field(column).map(|field| field.text.as_str())
    }

    /// Where the column stands, or the row where it is not there.
    pub(super) fn place(&self, column: &str) -> Place {
        self.field(column).map_or(self.at, |field| field.at)
    }
}

/// The column of this name; `None` for those that only people read, whose names begin with `_`.
pub(super) fn column(name: &str, at: Place) -> Result<Option<&'static str>, Fault> {
    if name.starts_with('_') {
        return Ok(None);
    }
    if let Some(known) = COLUMNS.into_iter().find(|known| *known == name) {
        return Ok(Some(known));
    }
    let remedy = match crate::zone::nearest(name.as_bytes(), COLUMNS) {
        Some(guess) => format!("did you mean `{guess}`? A name that begins with `_` is passed over"),
        None => format!("the columns are {}; a name that begins with `_` is passed over", COLUMNS.join(", ")),
    };
    let message = format!("{} is no column", crate::zone::quote(name.as_bytes()));
    Err(Fault::new(at, "unknown-column", message, remedy))
}

/// Lines that are longer are no rows.
pub(super) const LONGEST: usize = 1 << 20;

/// A line of at most [`LONGEST`] octets, with its end; nothing at the end of the input. What is longer is
/// read to its end, and cut.
pub(super) fn read_line(input: &mut dyn std::io::BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let from = line.len();
    loop {
        let piece = input.fill_buf()?;
        if piece.is_empty() {
            return Ok(line.len() > from);
        }
        let end = piece.iter().position(|&octet| octet == b'\n').map(|at| at + 1);
        let used = end.unwrap_or(piece.len());
        let room = (LONGEST + 1).saturating_sub(line.len());
        line.extend_from_slice(&piece[..used.min(room)]);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}
