//! Zone text laid out: the same tokens, comments and blank lines in the same order, in columns.
//!
//! Columns are those of a paragraph, which ends at a blank line or a directive: one long name moves only its
//! neighbours.

mod layout;
mod lines;

use std::path::Path;

use self::layout::Layout;
pub(super) use self::lines::{Line, Lines, is_directive_word};
use super::finding::{Finding, Location, Severity, Span, quote};
use super::reader::{DIRECTIVES, type_index};
use super::sources::{BYTE_ORDER_MARK, Sources};
use crate::record::scan::{Scanner, Token};

/// Lays out the text of the zone source at `path`, which is used for findings alone.
///
/// Laid out again it stays as it is. Line ends become those of the first line, and the last line gets one.
///
/// # Errors
/// Where the text can't be divided into records and directives, the first such place: its author's fault.
pub fn format_text(path: &Path, text: &[u8]) -> Result<Vec<u8>, Box<Finding>> {
    let fault = |offset: usize, code, message: String, remedy: &str| {
        Box::new(Finding {
            at: locate(path, text, offset),
            owner: None,
            severity: Severity::Error,
            code,
            message,
            remedy: remedy.to_owned(),
        })
    };
    if text.starts_with(b"-----BEGIN") {
        let message = "this is a PEM file, not zone text".to_owned();
        return Err(fault(0, "unreadable", message, "name files of zone text"));
    }
    let mut layout = Layout::new(text.starts_with(BYTE_ORDER_MARK).then_some(BYTE_ORDER_MARK));
    let mut lines = Lines::new(text);
    while let Some(entry) = lines.next_entry() {
        let entry = entry.map_err(|error| {
            fault(error.offset, "unreadable", error.fault.to_string(), error.fault.remedy())
        })?;
        if let Some(token) = no_record(&entry) {
            let (code, message) = match token.raw.first() {
                Some(b'$') => ("unknown-directive", format!("{} is no directive", quote(token.raw))),
                _ => ("unknown-type", format!("{} is no record type", quote(token.raw))),
            };
            return Err(fault(token.offset, code, message, "`mimi-dns zone check` tells more"));
        }
        layout.push(entry);
    }
    let formatted = layout.finish(uses_crlf(text));
    assert!(same_tokens(text, &formatted), "laying out must not change what is read");
    Ok(formatted)
}

fn locate(path: &Path, text: &[u8], offset: usize) -> Option<Location> {
    let mut sources = Sources::new();
    let file = sources.add(path.to_owned(), text).ok()?;
    sources.locate(Span { file, offset: u32::try_from(offset).ok()? })
}

/// Where an entry is neither a record nor a directive, the word that shows it: what is no zone text must
/// not be laid out as if it were.
fn no_record<'a>(entry: &[Line<'a>]) -> Option<Token<'a>> {
    let tokens: Vec<Token<'a>> = entry.iter().flat_map(Line::tokens).collect();
    let first = *tokens.first()?;
    let starts_blank = entry.first().is_some_and(|line| line.indented);
    if is_directive_word(&first) {
        let known = !starts_blank && DIRECTIVES.iter().any(|word| first.is_word(word));
        return (!known).then_some(first);
    }
    match type_index(&tokens, starts_blank) {
        Ok(_) => None,
        Err(at) => tokens.get(at).or(tokens.last()).copied(),
    }
}

fn uses_crlf(text: &[u8]) -> bool {
    let first = text.iter().position(|&octet| octet == b'\n');
    first.is_some_and(|at| text[..at].ends_with(b"\r"))
}

/// Whether both texts read the same, entry for entry.
fn same_tokens(one: &[u8], other: &[u8]) -> bool {
    let (mut ones, mut others) = (Scanner::new(one), Scanner::new(other));
    let (mut one, mut other) = (Vec::new(), Vec::new());
    loop {
        match (ones.next_entry(&mut one), others.next_entry(&mut other)) {
            (None, None) => return true,
            (Some(Ok(a)), Some(Ok(b))) => {
                let same = |(a, b): (&Token<'_>, &Token<'_>)| a.raw == b.raw && a.quoted == b.quoted;
                if a.starts_blank != b.starts_blank
                    || one.len() != other.len()
                    || !one.iter().zip(&other).all(same)
                {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
