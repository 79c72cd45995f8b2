//! Signing the drafts of a text with one party's key, everything else left as it is.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::args::StatementSign;
use super::statement_text::{identifier_line, record_data};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::scan::{Scanner, Token, line_column};
use crate::statement::{DraftText, KeyFileError, Keys, PublicKey, SecretKey, Signer};
use crate::zone::{Folder, KeyFiles};

/// The text with each draft that names this party's key replaced by its signed statement, and how
/// many these are. A draft names the key by its file, or by `-`.
pub(super) fn sign(text: &[u8], args: &StatementSign, now: UnixTime) -> anyhow::Result<(Vec<u8>, usize)> {
    let folder = match args.drafts.parent() {
        _ if args.drafts == Path::new("-") => PathBuf::from("."),
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    // The text is this party's own work, and its keys stand where it keeps them.
    let files = Folder::new(&folder)?.allowing_outside();
    let party = Party::new(&args.key, &folder)?;
    let keys = PartyKeys { party: &party, files: KeyFiles::new(&files, folder) };
    let (mut scanner, mut tokens) = (Scanner::new(text), Vec::new());
    let (mut out, mut copied, mut count) = (Vec::with_capacity(text.len()), 0, 0);
    let mut identifier: Option<Identifier> = None;
    let at = |offset: usize| {
        let (line, column) = line_column(text, offset);
        format!("{}:{line}:{column}", args.drafts.display())
    };
    while let Some(entry) = scanner.next_entry(&mut tokens) {
        let entry = entry.map_err(|error| anyhow::anyhow!("{}: {}", at(error.offset), error.fault))?;
        if let Some(read) = identifier_line(&tokens) {
            identifier = Some(read.with_context(|| at(entry.offset))?);
            continue;
        }
        let Some(data) = record_data(&tokens, entry.starts_blank).map(|data| tokens.split_at(data)) else {
            continue;
        };
        let (front, draft) = data;
        if !DraftText::is_draft(draft) {
            continue;
        }
        let read = DraftText::parse(draft, now, &keys)
            .map_err(|error| anyhow::anyhow!("{}: {error}", at(error.offset.unwrap_or(entry.offset))))?;
        if !party.is_named(read.key_file()) {
            continue;
        }
        let Some(identifier) = &identifier else {
            bail!("{}: whose statement is this? A $IDENTIFIER line must stand above it", at(entry.offset))
        };
        let statement = read
            .draft()
            .sign(identifier, &party.key)
            .map_err(|error| anyhow::anyhow!("{}: {error}", at(entry.offset)))?;
        out.extend_from_slice(&text[copied..entry.offset]);
        write_front(&mut out, entry.starts_blank, front)?;
        write!(out, "{statement}")?;
        copied = rest_of_entry(text, draft.last().map_or(entry.offset, Token::end), scanner.offset());
        count += 1;
    }
    out.extend_from_slice(&text[copied..]);
    Ok((out, count))
}

/// Owner, TTL, class and type as they were; parentheses and comments between the words of an entry of
/// several lines are gone.
fn write_front(out: &mut Vec<u8>, starts_blank: bool, front: &[Token<'_>]) -> std::io::Result<()> {
    if starts_blank {
        out.push(b' ');
    }
    for token in front {
        out.write_all(token.raw)?;
        out.push(b' ');
    }
    Ok(())
}

/// What stays behind a draft that ends at `end`, up to the next line: the line's end, and a comment
/// after the last word of a line.
fn rest_of_entry(text: &[u8], end: usize, next: usize) -> usize {
    let line_end = match &text[..next] {
        [.., b'\r', b'\n'] => next - 2,
        [.., b'\n'] => next - 1,
        _ => next,
    };
    let rest = &text[end..line_end];
    let comment = rest.trim_ascii_start().first() == Some(&b';') && !rest.contains(&b'\n');
    if comment { end } else { line_end }
}

/// The party that signs: its key, and the names that drafts may give to it.
struct Party {
    key: SecretKey,
    file: PathBuf,
    folder: PathBuf,
}

impl Party {
    fn new(file: &Path, folder: &Path) -> anyhow::Result<Self> {
        let unreadable = || format!("{} can't be read", file.display());
        let text = zeroize::Zeroizing::new(std::fs::read_to_string(file).with_context(unreadable)?);
        let key = SecretKey::from_pem(text.trim()).with_context(|| file.display().to_string())?;
        let file = file.canonicalize().with_context(unreadable)?;
        Ok(Self { key, file, folder: folder.to_owned() })
    }

    fn is_named(&self, name: &str) -> bool {
        name == "-" || self.folder.join(name).canonicalize().is_ok_and(|file| file == self.file)
    }
}

/// Keys of files, and this party's own as `-`.
struct PartyKeys<'a> {
    party: &'a Party,
    files: KeyFiles<'a>,
}

impl Keys for PartyKeys<'_> {
    fn public_key(&self, file: &str) -> Result<PublicKey, KeyFileError> {
        if file == "-" { Ok(self.party.key.public_key()) } else { self.files.public_key(file) }
    }

    fn signer(&self, file: &str) -> Result<Arc<dyn Signer + Send + Sync>, KeyFileError> {
        self.files.signer(file)
    }
}
