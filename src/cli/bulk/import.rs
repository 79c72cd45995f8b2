//! Rows to zone text.

use std::io::{self, Write};

use super::fields::{endpoint, needed, quoted, ttl, word};
use super::repeats::Repeats;
use super::row::{Fault, Field, Place, Row};
use crate::identifier::Identifier;
use crate::record::Name;
use crate::record::digits::enum_name;
use crate::record::mimisig::Endpoint;
use crate::zone::{Severity, TextCheck, is_one_entry, quote};

/// So much text is checked and written at a time.
const BATCH: usize = 1 << 16;
/// More endpoints than fit a statement.
const MOST_ENDPOINTS: usize = 1000;

/// How rows are read.
pub(super) struct Options {
    /// What a column is where a row says nothing.
    pub(super) defaults: Vec<(&'static str, String)>,
    /// Numbers get names of the digit tree under this suffix, and rules in place of statements.
    pub(super) suffix: Option<Name>,
    /// The country in which national numbers are dialled.
    pub(super) region: Option<String>,
}

/// Takes rows and writes the text of a source, checked as the loader would; of rows that are done, memory holds 16
/// octets for each statement.
pub(super) struct Importer<'a> {
    options: &'a Options,
    check: &'a TextCheck<'a>,
    out: &'a mut dyn Write,
    text: String,
    /// Where the pieces of the text came from, by offset.
    marks: Vec<(usize, Place)>,
    /// Whose records stand at the end of the text.
    section: Option<Identifier>,
    /// A statement to which the next row may add.
    pending: Option<Draft>,
    repeats: Repeats,
    last: Option<Identifier>,
    /// Errors, and the first warnings.
    pub(super) faults: Vec<(Severity, Fault)>,
    most: usize,
    /// How many there are.
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) rows: u64,
    /// How often the identifier changed from row to row.
    pub(super) identifiers: u64,
}

/// A mapping statement that is to be signed.
struct Draft {
    identifier: Identifier,
    at: Place,
    issuer: String,
    from: String,
    /// What stands before its endpoints and after them.
    front: String,
    back: String,
    endpoints: Vec<(Place, Endpoint)>,
}

/// Whose a record is.
enum Subject {
    Identifier(Identifier),
    Owner(Name),
}

impl<'a> Importer<'a> {
    /// Keeps at most `most` warnings.
    pub(super) fn new(
        options: &'a Options,
        check: &'a TextCheck<'a>,
        out: &'a mut dyn Write,
        most: usize,
    ) -> Self {
        Self {
            options,
            check,
            out,
            text: String::new(),
            marks: Vec::new(),
            section: None,
            pending: None,
            repeats: Repeats::default(),
            last: None,
            faults: Vec::new(),
            most,
            errors: 0,
            warnings: 0,
            rows: 0,
            identifiers: 0,
        }
    }

    /// Errors are all kept: reading ends soon after `most`, and an earlier one may be found later.
    pub(super) fn tell(&mut self, severity: Severity, fault: Fault) {
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if severity == Severity::Error || *count <= self.most {
            self.faults.push((severity, fault));
        }
    }

    /// Takes a row, or why there is none.
    ///
    /// # Errors
    /// Those of the output.
    pub(super) fn take(&mut self, row: Result<Row, Fault>) -> io::Result<()> {
        self.rows += 1;
        if let Err(fault) = row.and_then(|row| self.row(row)) {
            self.tell(Severity::Error, fault);
        }
        if self.text.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Those of the output.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.end_draft();
        self.flush()?;
        self.tell_repeats();
        Ok(())
    }

    /// Statements of one provider for one identifier from the same time, of which none would count.
    fn tell_repeats(&mut self) {
        for (line, first) in std::mem::take(&mut self.repeats).found() {
            if self.errors >= self.most {
                // No more than these are listed.
                self.errors += 1;
                continue;
            }
            let message = format!(
                "a second statement of the provider of line {first} for its identifier, from the same time: neither counts"
            );
            let remedy =
                "put rows of one provider and identifier one after the other, alike in all but the endpoint";
            let at = Place { line, column: 1 };
            self.tell(Severity::Error, Fault::new(at, "repeated-statement", message, remedy));
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        for fault in self.check.faults(self.text.as_bytes()) {
            let mark = self.marks.partition_point(|(offset, _)| *offset <= fault.offset).checked_sub(1);
            let at = mark.map_or_else(Place::default, |mark| self.marks[mark].1);
            self.tell(fault.severity, Fault::new(at, fault.code, fault.message, fault.remedy));
        }
        self.out.write_all(self.text.as_bytes())?;
        self.text.clear();
        self.marks.clear();
        // What is checked next names its identifiers itself.
        self.section = None;
        Ok(())
    }

    fn row(&mut self, mut row: Row) -> Result<(), Fault> {
        let whole = row.field("data").is_some();
        if whole {
            let other = ["msp", "uri", "service", "regexp", "proof", "holder"];
            if let Some(field) = other.iter().find_map(|column| row.field(column)) {
                let message = format!("beside data stands {}", field.column);
                return Err(Fault::new(
                    field.at,
                    "bad-row",
                    message,
                    "data is all that a record says: leave the other out",
                ));
            }
        }
        for (column, text) in &self.options.defaults {
            if row.field(column).is_none() {
                row.fields.push(Field { column, text: text.clone(), at: row.at });
            }
        }
        if let Some(field) = row.fields.iter().find(|field| field.text.contains(['\n', '\r', '\0'])) {
            let message = format!("a line break stands in {}", field.column);
            return Err(Fault::new(field.at, "bad-row", message, "write the record on one line"));
        }
        let subject = self.subject(&row)?;
        if let Subject::Identifier(identifier) = &subject
            && self.last.as_ref() != Some(identifier)
        {
            self.identifiers += 1;
            self.last = Some(identifier.clone());
        }
        match (subject, &self.options.suffix) {
            (subject, _) if whole => self.record(&row, subject),
            _ if row.field("uri").is_none() && row.field("regexp").is_none() => {
                let remedy = "give type and data, or a uri";
                Err(Fault::new(row.at, "missing-field", "the row says no record", remedy))
            }
            (Subject::Identifier(Identifier::Telephone(number)), Some(suffix)) => {
                let owner = enum_name(&number, suffix).map_err(|error| {
                    Fault::new(row.place("identifier"), "bad-owner", error.to_string(), "shorten the suffix")
                })?;
                self.rule(&row, &owner)
            }
            (Subject::Identifier(_), Some(_)) => {
                let message = "the digit tree holds telephone numbers only";
                Err(Fault::new(row.place("identifier"), "bad-identifier", message, "leave --enum out"))
            }
            (Subject::Identifier(identifier), None) => self.mapping(&row, identifier),
            (Subject::Owner(_), _) => {
                let remedy = "give an identifier, or type and data";
                Err(Fault::new(
                    row.place("owner"),
                    "missing-field",
                    "an endpoint belongs to an identifier",
                    remedy,
                ))
            }
        }
    }

    fn subject(&self, row: &Row) -> Result<Subject, Fault> {
        match (row.field("identifier"), row.field("owner")) {
            (Some(field), None) => {
                let typed = Identifier::typed(&field.text);
                let typed = self.options.region.as_deref().map_or(typed, |region| typed.region(region));
                let identifier = typed.parse().map_err(|error| {
                    let message = error.at_terminal(&field.text).to_string();
                    Fault::new(
                        field.at,
                        "bad-identifier",
                        message,
                        "write it as in `tel:+442079460148` or `jo@example.org`",
                    )
                })?;
                Ok(Subject::Identifier(identifier))
            }
            (None, Some(field)) => {
                let owner = Name::parse(field.text.as_bytes(), None).map_err(|error| {
                    Fault::new(
                        field.at,
                        "bad-owner",
                        format!("{}: {error}", quote(field.text.as_bytes())),
                        "write the whole name with a final dot",
                    )
                })?;
                Ok(Subject::Owner(owner))
            }
            (Some(_), Some(owner)) => Err(Fault::new(
                owner.at,
                "bad-row",
                "the row has an identifier and an owner",
                "leave one out",
            )),
            (None, None) => {
                let remedy = "give an identifier, or the owner of a record that belongs to none";
                Err(Fault::new(row.at, "missing-field", "the row doesn't say whose it is", remedy))
            }
        }
    }

    /// A record as it stands.
    fn record(&mut self, row: &Row, subject: Subject) -> Result<(), Fault> {
        let rtype = needed(row, "type")?;
        word(rtype)?;
        let ttl = ttl(row)?;
        let data = needed(row, "data")?;
        let line = format!("@ {ttl}{} {}", rtype.text, data.text);
        if !is_one_entry(line.as_bytes()) {
            let message = "the data is no single record's: a quotation mark or a parenthesis is left open";
            return Err(Fault::new(data.at, "bad-data", message, "write a quotation mark within as `\\\"`"));
        }
        self.end_draft();
        match subject {
            Subject::Identifier(identifier) => {
                self.begin(&identifier, row.place("identifier"));
                self.push("@ ", row.at);
            }
            Subject::Owner(owner) => self.push(&format!("{owner} "), row.place("owner")),
        }
        self.push(&ttl, row.place("ttl"));
        self.push(&rtype.text, rtype.at);
        self.push(" ", data.at);
        self.push(&data.text, data.at);
        self.push("\n", data.at);
        Ok(())
    }

    /// A rule of the digit tree.
    fn rule(&mut self, row: &Row, owner: &Name) -> Result<(), Fault> {
        let (service, ttl) = (needed(row, "service")?, ttl(row)?);
        let number = |column, otherwise| row.text(column).unwrap_or(otherwise).to_owned();
        let regexp = match (row.field("regexp"), row.field("uri")) {
            (Some(regexp), None) => regexp.text.clone(),
            (None, Some(uri)) if !uri.text.contains(['!', '\\']) => format!("!^.*$!{}!", uri.text),
            (None, Some(uri)) => {
                let message = "a `!` or a backslash in the URI would end the regexp or refer to a group";
                return Err(Fault::new(
                    uri.at,
                    "bad-data",
                    message,
                    "write the whole regexp in the column regexp",
                ));
            }
            (Some(regexp), _) => {
                return Err(Fault::new(
                    regexp.at,
                    "bad-row",
                    "the row has a regexp and a uri",
                    "leave one out",
                ));
            }
            (None, None) => return Ok(()),
        };
        for column in ["order", "preference"] {
            row.field(column).map_or(Ok(()), word)?;
        }
        self.end_draft();
        self.push(&format!("{owner} "), row.place("identifier"));
        self.push(&ttl, row.place("ttl"));
        self.push("NAPTR ", row.at);
        self.push(&format!("{} ", number("order", "100")), row.place("order"));
        self.push(&format!("{} ", number("preference", "10")), row.place("preference"));
        self.push(&quoted(row.text("flags").unwrap_or("u")), row.place("flags"));
        self.push(&format!(" {} ", quoted(&service.text)), service.at);
        let at = if row.field("regexp").is_some() { row.place("regexp") } else { row.place("uri") };
        self.push(&format!("{} .\n", quoted(&regexp)), at);
        Ok(())
    }

    /// An endpoint of a statement that its provider is to sign.
    fn mapping(&mut self, row: &Row, identifier: Identifier) -> Result<(), Fault> {
        let (msp, uri, ttl) = (needed(row, "msp")?, needed(row, "uri")?, ttl(row)?);
        let issuer = Name::parse(msp.text.as_bytes(), Some(&Name::root())).map_err(|error| {
            Fault::new(
                msp.at,
                "bad-statement",
                format!("{}: {error}", quote(msp.text.as_bytes())),
                "write the provider's domain",
            )
        })?;
        let endpoint = endpoint(row, uri)?;
        for column in ["proof", "holder", "consent", "from", "until", "sign"] {
            row.field(column).map_or(Ok(()), word)?;
        }
        let basis: String = ["proof", "holder", "consent"]
            .iter()
            .filter_map(|column| row.text(column).map(|text| format!(" {column}={text}")))
            .collect();
        let text = |column, otherwise| row.text(column).unwrap_or(otherwise).to_owned();
        let (issuer, from) = (issuer.to_lowercase().to_string(), text("from", "now-1h"));
        let until = text("until", "+9d");
        let front = format!("@ {ttl}MIMISIG mapping {from} {until} issuer={issuer}{basis}");
        let back = format!(" sign={}\n", text("sign", "-"));
        match &mut self.pending {
            Some(draft) if draft.identifier == identifier && draft.front == front && draft.back == back => {
                if draft.endpoints.len() == MOST_ENDPOINTS {
                    let message = "more than 1000 endpoints of one provider for one identifier";
                    return Err(Fault::new(uri.at, "bad-statement", message, "leave some out"));
                }
                draft.endpoints.push((uri.at, endpoint));
            }
            _ => {
                self.end_draft();
                let endpoints = vec![(uri.at, endpoint)];
                self.pending = Some(Draft { identifier, at: row.at, issuer, from, front, back, endpoints });
            }
        }
        Ok(())
    }

    fn end_draft(&mut self) {
        let Some(draft) = self.pending.take() else { return };
        self.repeats.note([draft.identifier.as_str(), &draft.issuer, &draft.from], draft.at.line);
        self.begin(&draft.identifier, draft.at);
        self.push(&draft.front, draft.at);
        for (at, endpoint) in &draft.endpoints {
            self.push(&format!(" endpoint={}", quoted(&endpoint.to_string())), *at);
        }
        self.push(&draft.back, draft.at);
    }

    /// What follows belongs to this identifier.
    fn begin(&mut self, identifier: &Identifier, at: Place) {
        if self.section.as_ref() == Some(identifier) {
            return;
        }
        self.push("$IDENTIFIER ", at);
        let text = identifier.as_str();
        if text.contains([';', '(', ')', '"', '\\']) {
            self.push(&quoted(text), at);
        } else {
            self.push(text, at);
        }
        self.push("\n", at);
        self.section = Some(identifier.clone());
    }

    fn push(&mut self, piece: &str, from: Place) {
        self.marks.push((self.text.len(), from));
        self.text.push_str(piece);
    }
}
