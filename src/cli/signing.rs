//! Signing the drafts of a text with one party's key, everything else left as it is.
//!
//! The text is cut into pieces, which all cores sign and which are written in their order, so that it may be
//! longer than memory.

mod pieces;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, anyhow, bail};

use self::pieces::{Piece, Pieces};
use super::args::StatementSign;
use super::input::folder_of;
use super::progress::Progress;
use super::statement_text::{identifier_line, record_data};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::scan::{Scanner, Token, line_column};
use crate::statement::{Draft, DraftText, KeyFileError, Keys, PublicKey, SecretKey, Signer};
use crate::zone::{Folder, KeyFiles};

/// Pieces under way for each core: one is worked on, others wait to be written or worked on.
const UNDER_WAY: usize = 4;

/// Writes the text with each draft that names this party's key replaced by its signed statement; returns how many
/// these are. A draft names the key by its file, or by `-`.
pub(super) fn sign(
    text: impl Read,
    args: &StatementSign,
    now: UnixTime,
    progress: &mut Progress,
    out: &mut dyn Write,
) -> anyhow::Result<u64> {
    let party = Party::new(args)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (jobs, waiting) = channel::<(usize, Piece)>();
    let (done, results) = channel();
    let waiting = Mutex::new(waiting);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (done, waiting, party) = (done.clone(), &waiting, &party);
            scope.spawn(move || {
                while let Some((number, piece)) = next(waiting) {
                    // Handed on: the others would wait for jobs, and who writes for this one, for ever.
                    let signed = catch_unwind(AssertUnwindSafe(|| party.sign(&piece, now)));
                    if done.send((number, signed)).is_err() {
                        return;
                    }
                }
            });
        }
        let (mut pieces, mut taken, mut written, mut count) = (Pieces::new(text), 0, 0, 0);
        let (mut finished, mut has_ended) = (BTreeMap::new(), false);
        // Moved in, so that the threads end where this ends by an error.
        let jobs = jobs;
        drop(done);
        loop {
            while !has_ended && taken - written < threads * UNDER_WAY {
                let unreadable = || format!("{} can't be read", args.drafts.display());
                match pieces.next_piece().with_context(unreadable)? {
                    Some(piece) => {
                        let _ = jobs.send((taken, piece));
                        taken += 1;
                    }
                    None => has_ended = true,
                }
            }
            if taken == written {
                return Ok(count);
            }
            let (number, signed) = results.recv().context("a thread that signs has ended")?;
            finished.insert(number, signed);
            while let Some(signed) = finished.remove(&written) {
                let (text, signatures) = signed.unwrap_or_else(|panic| resume_unwind(panic))?;
                out.write_all(&text).context("what is signed can't be written")?;
                count += signatures;
                written += 1;
            }
            progress.show_now(count);
        }
    })
}

/// Only one thread waits at a time, the others for it.
fn next<T>(waiting: &Mutex<Receiver<T>>) -> Option<T> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// A draft of the party's.
struct Found {
    draft: Draft,
    /// By its place among those of the piece.
    identifier: usize,
    offset: usize,
    /// What stands in front of the statement.
    front: Vec<u8>,
    /// Where the text goes on as it was.
    end: usize,
}

impl Party {
    /// A piece with its drafts replaced, and how many.
    fn sign(&self, piece: &Piece, now: UnixTime) -> anyhow::Result<(Vec<u8>, u64)> {
        let text = &piece.text[..];
        let (mut found, mut identifiers) = (Vec::new(), Vec::new());
        let read = self.find(piece, now, &mut found, &mut identifiers);
        // A fault in the text is told only where none comes before it.
        let drafts: Vec<_> = found.iter().map(|one| (&one.draft, &identifiers[one.identifier])).collect();
        let signed = Draft::sign_batch(&drafts, &self.key);
        let (mut out, mut copied) = (Vec::with_capacity(text.len() * 2), 0);
        for (Found { offset, front, end, .. }, statement) in found.iter().zip(signed) {
            let statement = statement.map_err(|error| anyhow!("{}: {error}", self.at(piece, *offset)))?;
            out.extend_from_slice(&text[copied..*offset]);
            out.extend_from_slice(front);
            write!(out, "{statement}")?;
            copied = *end;
        }
        read?;
        out.extend_from_slice(&text[copied..]);
        Ok((out, found.len() as u64))
    }

    fn find(
        &self,
        piece: &Piece,
        now: UnixTime,
        found: &mut Vec<Found>,
        identifiers: &mut Vec<Identifier>,
    ) -> anyhow::Result<()> {
        let text = &piece.text[..];
        // The text is this party's own work, and its keys stand where it keeps them.
        let files = Folder::new(&self.folder)?.allowing_outside();
        let keys = PartyKeys { party: self, files: KeyFiles::new(&files, self.folder.clone()) };
        let mut names = HashMap::new();
        let (mut scanner, mut tokens) = (Scanner::new(text), Vec::new());
        while let Some(entry) = scanner.next_entry(&mut tokens) {
            let entry =
                entry.map_err(|error| anyhow!("{}: {}", self.at(piece, error.offset), error.fault))?;
            if let Some(read) = identifier_line(&tokens) {
                identifiers.push(read.with_context(|| self.at(piece, entry.offset))?);
                continue;
            }
            let Some((front, draft)) =
                record_data(&tokens, entry.starts_blank).map(|data| tokens.split_at(data))
            else {
                continue;
            };
            if !DraftText::is_draft(draft) {
                continue;
            }
            let read = DraftText::parse(draft, now, &keys).map_err(|error| {
                anyhow!("{}: {error}", self.at(piece, error.offset.unwrap_or(entry.offset)))
            })?;
            let file = read.key_file();
            let is_named = names.get(file).copied().unwrap_or_else(|| {
                let is_named = self.is_named(file);
                names.insert(file.to_owned(), is_named);
                is_named
            });
            if !is_named {
                continue;
            }
            let Some(identifier) = identifiers.len().checked_sub(1) else {
                bail!(
                    "{}: whose statement is this? A $IDENTIFIER line must stand above it",
                    self.at(piece, entry.offset)
                )
            };
            let end = rest_of_entry(text, draft.last().map_or(entry.offset, Token::end), scanner.offset());
            let mut words = Vec::new();
            write_front(&mut words, entry.starts_blank, front)?;
            let draft = read.into_draft();
            found.push(Found { draft, identifier, offset: entry.offset, front: words, end });
        }
        Ok(())
    }

    fn at(&self, piece: &Piece, offset: usize) -> String {
        let (line, column) = line_column(&piece.text, offset);
        format!("{}:{}:{column}", self.drafts.display(), piece.lines_before + line)
    }
}

/// Owner, TTL, class and type as they were; parentheses and comments between the words of an entry of
/// several lines are gone.
fn write_front(out: &mut Vec<u8>, starts_blank: bool, front: &[Token<'_>]) -> io::Result<()> {
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
    drafts: PathBuf,
    key: SecretKey,
    file: PathBuf,
    folder: PathBuf,
}

impl Party {
    fn new(args: &StatementSign) -> anyhow::Result<Self> {
        // That of standard input, `-`, is the working folder.
        let folder = folder_of(&args.drafts).to_owned();
        let unreadable = || format!("{} can't be read", args.key.display());
        let text = zeroize::Zeroizing::new(std::fs::read_to_string(&args.key).with_context(unreadable)?);
        let key = SecretKey::from_pem(text.trim()).with_context(|| args.key.display().to_string())?;
        let file = args.key.canonicalize().with_context(unreadable)?;
        Ok(Self { drafts: args.drafts.clone(), key, file, folder })
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
