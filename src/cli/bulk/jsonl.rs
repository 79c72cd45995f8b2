//! JSON Lines: an object on each line, a member for each column.

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use super::row::{Fault, Field, LONGEST, Place, Row, column, read_line};

pub(super) struct JsonReader<'r> {
    input: &'r mut dyn BufRead,
    line: Vec<u8>,
    number: u32,
}

impl<'r> JsonReader<'r> {
    pub(super) fn new(input: &'r mut dyn BufRead) -> Self {
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The next row; nothing at the end.
    ///
    /// # Errors
    /// The input can't be read.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Result<Row, Fault>>> {
        loop {
            self.line.clear();
            if !read_line(self.input, &mut self.line)? {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(row(&self.line, self.number)));
            }
        }
    }
}

fn row(line: &[u8], number: u32) -> Result<Row, Fault> {
    let place =
        |column: usize| Place { line: number, column: u32::try_from(column).unwrap_or(u32::MAX).max(1) };
    let fault = |column, message: String, remedy: &str| Fault::new(place(column), "bad-row", message, remedy);
    if line.len() > LONGEST {
        return Err(fault(1, "the row has more than 1 MiB".to_owned(), "write one object a line"));
    }
    let members: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
        let message = format!("the line is no JSON object: {}", what(&error));
        fault(
            error.column(),
            message,
            "write an object such as {\"identifier\":\"tel:+442079460148\"} on each line",
        )
    })?;
    let mut fields = Vec::new();
    for (name, value) in members {
        // Where a member stands is not told; its name is found again, of known columns only: a line may have any
        // number of others.
        let at = || {
            let key = Value::from(name.as_str()).to_string();
            let found = line.windows(key.len()).position(|window| window == key.as_bytes()).unwrap_or(0);
            place(1 + String::from_utf8_lossy(&line[..found]).chars().count())
        };
        let found = column(&name, Place::default()).map_err(|fault| Fault { at: at(), ..fault })?;
        let Some(column) = found else { continue };
        let at = at();
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => {
                let message = format!("{column} is neither a string nor a number");
                return Err(Fault::new(at, "bad-row", message, "write its text in quotation marks"));
            }
        };
        if !text.is_empty() {
            fields.push(Field { column, text, at });
        }
    }
    Ok(Row { at: place(1), fields })
}

/// The error without its place, which is another in the file.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_faults() {
        let text = "{\"identifier\":\"a\",\"ttl\":300,\"_x\":[1],\"type\":null,\"data\":\"\"}\n\n{\"ttl\":true}\n{\"tll\":1}\n[1]\n{";
        let mut input = text.as_bytes();
        let mut reader = JsonReader::new(&mut input);
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row().unwrap() {
            rows.push(match row {
                Ok(row) => row
                    .fields
                    .iter()
                    .map(|field| {
                        format!("{}={}@{}:{}", field.column, field.text, field.at.line, field.at.column)
                    })
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(fault) => format!("{}:{} {}", fault.at.line, fault.at.column, fault.code),
            });
        }
        assert_eq!(
            rows,
            [
                "identifier=a@1:2 ttl=300@1:19",
                "3:2 bad-row",
                "4:2 unknown-column",
                "5:1 bad-row",
                "6:1 bad-row"
            ]
        );
    }
}
