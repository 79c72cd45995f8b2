//! Finding statements in text: zone files, sources, and what dig prints.

use anyhow::Context;

use crate::identifier::{Identifier, MAX_IDENTIFIER};
use crate::record::scan::{Scanner, Token, line_column};
use crate::record::{Class, Name, Rdata, Rtype, decode, rdata};

/// A statement in a text.
pub(super) struct Found {
    /// Its owner name, where the text says it.
    pub(super) owner: Option<String>,
    /// The identifier of the `$IDENTIFIER` line above it.
    pub(super) identifier: Option<Identifier>,
    pub(super) rdata: Rdata,
}

/// Every MIMISIG record in `text`: in master file form with `TYPE65400` or `MIMISIG`, or its record
/// data alone (`\# 133 01…`), as `dig +short` prints it. Other records are passed over.
///
/// # Errors
/// A MIMISIG record that can't be read, or a draft, and where it stands.
pub(super) fn find(text: &[u8]) -> anyhow::Result<Vec<Found>> {
    let (mut scanner, mut tokens, mut found) = (Scanner::new(text), Vec::new(), Vec::new());
    let mut identifier = None;
    let at = |offset: usize| {
        let (line, column) = line_column(text, offset);
        format!("line {line}, column {column}")
    };
    while let Some(entry) = scanner.next_entry(&mut tokens) {
        let entry = entry.map_err(|error| anyhow::anyhow!("{}: {}", at(error.offset), error.fault))?;
        if let Some(read) = identifier_line(&tokens) {
            identifier = Some(read.with_context(|| at(entry.offset))?);
            continue;
        }
        let Some(data) = record_data(&tokens, entry.starts_blank) else { continue };
        let mut octets = Vec::new();
        rdata::parse(Rtype::MIMISIG, &tokens[data..], &Name::root(), &mut octets).map_err(|error| {
            anyhow::anyhow!("{}: {error}", at(tokens.get(data).map_or(entry.offset, |token| token.offset)))
        })?;
        let owner = (data > 1 && !entry.starts_blank)
            .then(|| String::from_utf8_lossy(tokens[0].raw).into_owned())
            .filter(|owner| owner != "@");
        found.push(Found { owner, identifier: identifier.clone(), rdata: octets.into() });
    }
    Ok(found)
}

/// Whether this is a `$IDENTIFIER` line, well formed or not.
pub(super) fn is_identifier_line(tokens: &[Token<'_>]) -> bool {
    tokens.first().is_some_and(|directive| directive.is_word("$IDENTIFIER"))
}

/// The identifier of a `$IDENTIFIER` line; `None` for any other line.
pub(super) fn identifier_line(tokens: &[Token<'_>]) -> Option<anyhow::Result<Identifier>> {
    if !is_identifier_line(tokens) {
        return None;
    }
    let [_, token] = tokens else { return Some(Err(anyhow::anyhow!("$IDENTIFIER takes one identifier"))) };
    let mut octets = Vec::new();
    let read = decode(token, MAX_IDENTIFIER, &mut octets).map_err(anyhow::Error::from).and_then(|()| {
        let text = str::from_utf8(&octets).context("the identifier is not UTF-8")?;
        Ok(Identifier::parse(text)?)
    });
    Some(read)
}

/// Where a MIMISIG record's data begins among the tokens of an entry; `starts_blank`: it has no owner
/// name of its own.
pub(super) fn record_data(tokens: &[Token<'_>], starts_blank: bool) -> Option<usize> {
    if tokens.first()?.is_word(r"\#") {
        return Some(0);
    }
    let front = |token: &Token<'_>| {
        let class = str::from_utf8(token.raw).is_ok_and(|text| text.parse::<Class>().is_ok());
        !token.quoted && (class || token.raw.first().is_some_and(u8::is_ascii_digit))
    };
    let stated = usize::from(!starts_blank);
    // TTL and class may stand before the type, in this order or with the two swapped.
    let at = stated + tokens.get(stated..)?.iter().take(2).take_while(|token| front(token)).count();
    // Somebody may have cut the owner name off.
    let at = [at, 0].into_iter().find(|&at| {
        tokens.get(at).is_some_and(|token| token.is_word("MIMISIG") || token.is_word("TYPE65400"))
    });
    at.map(|at| at + 1)
}
