//! Comma-separated values (RFC 4180), read with the place of each field.

use std::io::{self, BufRead};

use crate::zone::quote;

use super::row::{Fault, Field, LONGEST, Place, Row, column, read_line};

/// Reads rows; the first line names the columns.
pub(super) struct CsvReader<'r> {
    input: &'r mut dyn BufRead,
    columns: Option<Vec<Option<&'static str>>>,
    /// The first line names no columns: what follows means nothing.
    hopeless: bool,
    record: Vec<u8>,
    /// The line at which the next record begins.
    line: u32,
}

/// A field, and where it begins in the record.
type Split = (String, Place);

impl<'r> CsvReader<'r> {
    pub(super) fn new(input: &'r mut dyn BufRead) -> Self {
        Self { input, columns: None, hopeless: false, record: Vec::new(), line: 1 }
    }

    /// The next row; nothing at the end.
    ///
    /// # Errors
    /// The input can't be read.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Result<Row, Fault>>> {
        while !self.hopeless {
            let Some(at) = self.next_record()? else {
                self.hopeless = true;
                return Ok(self.columns.is_none().then(|| Err(no_columns(self.line))));
            };
            if self.record.trim_ascii().is_empty() {
                continue;
            }
            let fields = match split(&self.record, at) {
                Ok(fields) => fields,
                Err(fault) => {
                    self.hopeless = self.columns.is_none();
                    return Ok(Some(Err(fault)));
                }
            };
            let Some(columns) = &self.columns else {
                match names(&fields) {
                    Ok(columns) => self.columns = Some(columns),
                    Err(fault) => {
                        self.hopeless = true;
                        return Ok(Some(Err(fault)));
                    }
                }
                continue;
            };
            if fields.len() != columns.len() {
                let message =
                    format!("the row has {} fields, the first line {}", fields.len(), columns.len());
                let remedy = "write a comma for each empty field, and quotation marks around a comma";
                return Ok(Some(Err(Fault::new(at, "bad-row", message, remedy))));
            }
            let named = columns.iter().zip(fields).filter(|(_, (text, _))| !text.is_empty());
            let fields =
                named.filter_map(|(column, (text, at))| Some(Field { column: (*column)?, text, at }));
            return Ok(Some(Ok(Row { at, fields: fields.collect() })));
        }
        Ok(None)
    }

    /// The lines of one record: quotation marks come in pairs.
    fn next_record(&mut self) -> io::Result<Option<Place>> {
        self.record.clear();
        let at = Place { line: self.line, column: 1 };
        let mut open = false;
        loop {
            let from = self.record.len();
            if !read_line(self.input, &mut self.record)? {
                return Ok((from > 0).then_some(at));
            }
            self.line = self.line.saturating_add(1);
            let marks = self.record[from..].iter().filter(|&&octet| octet == b'"').count();
            open ^= marks % 2 == 1;
            if !open || self.record.len() > LONGEST {
                return Ok(Some(at));
            }
        }
    }
}

/// A dump that failed is a file of 0 octets.
fn no_columns(line: u32) -> Fault {
    let message = "the table is empty: not even a first line that names the columns";
    Fault::new(
        Place { line, column: 1 },
        "no-rows",
        message,
        "look why it is; a table without rows has that line",
    )
}

fn names(fields: &[Split]) -> Result<Vec<Option<&'static str>>, Fault> {
    if let [(line, at)] = fields
        && let Some(other) = [';', '\t'].into_iter().find(|&other| line.contains(other))
    {
        let message =
            format!("the columns are divided by {}, not by commas", quote(other.to_string().as_bytes()));
        return Err(Fault::new(*at, "unknown-column", message, "save the table with commas"));
    }
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    for (name, at) in fields {
        let column = column(name.trim(), *at)?;
        if column.is_some() && columns.contains(&column) {
            let message = format!("the column {name} stands twice");
            return Err(Fault::new(*at, "unknown-column", message, "name each column once"));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Divides a record into its fields.
fn split(record: &[u8], at: Place) -> Result<Vec<Split>, Fault> {
    let fault = |at, message: &str, remedy: &str| Err(Fault::new(at, "bad-row", message, remedy));
    if record.len() > LONGEST {
        return fault(at, "the row has more than 1 MiB", "look for a quotation mark that is not closed");
    }
    let Ok(text) = std::str::from_utf8(record) else {
        return fault(at, "the row is not UTF-8", "save the file as UTF-8");
    };
    let text = if at.line == 1 { text.trim_start_matches('\u{feff}') } else { text };
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut rest = text.strip_suffix('\r').unwrap_or(text);
    let (mut fields, mut place) = (Vec::new(), at);
    loop {
        let begin = place;
        let (field, after) = match rest.strip_prefix('"') {
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
            Some(inside) => {
                let mut end = 0;
                loop {
                    match inside[end..].find('"') {
                        None => {
                            return fault(
                                begin,
                                "the quotation mark is not closed",
                                "close it, and double those within",
                            );
                        }
                        Some(mark) if inside[end + mark + 1..].starts_with('"') => end += mark + 2,
                        Some(mark) => {
                            end += mark;
                            break;
                        }
                    }
                }
                rest.split_at(end + 2)
            }
        };
        for character in field.chars() {
            place.column += 1;
            if character == '\n' {
                place = Place { line: place.line + 1, column: 1 };
            }
        }
        let text = match field.strip_prefix('"').and_then(|field| field.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None if field.contains('"') => {
                return fault(
                    begin,
                    "a quotation mark stands within a field",
                    "put the field in quotation marks, and double those within",
                );
            }
            None => field.to_owned(),
        };
        fields.push((text, begin));
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None if after.is_empty() => return Ok(fields),
            None => {
                return fault(
                    place,
                    "after a closing quotation mark stands no comma",
                    "double quotation marks within a field",
                );
            }
        }
        place.column += 1;
    }
}

/// Appends one field.
pub(super) fn write(text: &str, out: &mut String) {
    if text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Column, text, line and column of the text.
    type Read = (&'static str, String, u32, u32);

    fn rows(text: &str) -> Vec<Result<Vec<Read>, String>> {
        let mut input = text.as_bytes();
        let mut reader = CsvReader::new(&mut input);
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row().unwrap() {
            let fields = |row: Row| {
                let fields = row.fields.into_iter();
                fields.map(|field| (field.column, field.text, field.at.line, field.at.column)).collect()
            };
            rows.push(
                row.map(fields)
                    .map_err(|fault| format!("{}:{}: {}", fault.at.line, fault.at.column, fault.message)),
            );
        }
        rows
    }

    #[test]
    fn fields_and_their_places() {
        let text = "\u{feff}identifier,_note,type,data\r\na,x,A,1\n\"b,\"\"c\"\"\",é,\"A\nB\",2\r\n\n,,,\nz,\"\",\"\",9";
        assert_eq!(
            rows(text),
            [
                Ok(vec![
                    ("identifier", "a".into(), 2, 1),
                    ("type", "A".into(), 2, 5),
                    ("data", "1".into(), 2, 7)
                ]),
                Ok(vec![
                    ("identifier", "b,\"c\"".into(), 3, 1),
                    ("type", "A\nB".into(), 3, 13),
                    ("data", "2".into(), 4, 4),
                ]),
                Ok(vec![]),
                Ok(vec![("identifier", "z".into(), 7, 1), ("data", "9".into(), 7, 9)]),
            ]
        );
    }

    #[test]
    fn what_is_no_row() {
        let said = |text: &str| rows(text).into_iter().filter_map(Result::err).collect::<Vec<_>>().join("|");
        assert_eq!(said("identifer\n"), "1:1: `identifer` is no column");
        assert_eq!(said("identifer\na\nb\n"), "1:1: `identifer` is no column", "and nothing of what follows");
        assert_eq!(said("type;data\na;b\n"), "1:1: the columns are divided by `;`, not by commas");
        assert_eq!(said("type,type\n"), "1:6: the column type stands twice");
        assert_eq!(said("type,data\na\nb,c\n"), "2:1: the row has 1 fields, the first line 2");
        assert_eq!(said("type,data\na,b\"c\"\n"), "2:3: a quotation mark stands within a field");
        assert_eq!(said("type,data\na,\"b\"c\n"), "2:6: after a closing quotation mark stands no comma");
        assert_eq!(said("type,data\na,\"b\n"), "2:3: the quotation mark is not closed");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(fields in proptest::collection::vec("[a, \"\r\nxé]{1,8}", 1..4)) {
            let mut text = ["identifier", "type", "data"][..fields.len().min(3)].join(",") + "\n";
            for (number, field) in fields.iter().take(3).enumerate() {
                if number > 0 { text.push(','); }
                write(field, &mut text);
            }
            text.push('\n');
            let rows = rows(&text);
            let read: Vec<_> = rows[0].as_ref().unwrap().iter().map(|field| field.1.clone()).collect();
            proptest::prop_assert_eq!(&read, &fields[..fields.len().min(3)]);
        }

        #[test]
        fn nothing_panics(text in "[a,\"\n\r_é]{0,40}") {
            rows(&text);
        }
    }
}
