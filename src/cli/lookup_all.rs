//! `lookup --file`: an address book, looked up as it is read.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::args::Lookup;
use super::exit::Exit;
use super::lookup::printable;
use super::network;
use crate::identifier::Identifier;
use crate::resolver::{Discovery, DiscoveryResult, ResolveError};

/// One line of the book, in its order.
struct Line {
    typed: String,
    /// Why it is no identifier.
    fault: Option<String>,
}

/// What was read and is not told yet, and why reading ended.
#[derive(Default)]
struct Book {
    lines: VecDeque<Line>,
    broken: Option<io::Error>,
}

pub(super) fn run(args: &Lookup, file: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let unreadable = || format!("{} can't be read", file.display());
    let lines: Box<dyn Iterator<Item = io::Result<String>>> = if file == Path::new("-") {
        // Read first: who waits for the next line answers nobody.
        Box::new(all(io::stdin().lines()).into_iter())
    } else {
        Box::new(BufReader::new(File::open(file).with_context(unreadable)?).lines())
    };
    // Written by the reader, as identifiers are asked for, and read as answers come.
    let book = RefCell::new(Book::default());
    let mut tally = Tally::default();
    let identifiers = lines.map_while(|line| read(line, args, &book)).flatten();
    network::resolve_all(&args.ask, identifiers, &mut |answer| {
        faults(&book, args, &mut tally, out)?;
        let line = book.borrow_mut().lines.pop_front().context("an answer to a line that was read")?;
        tally.count(&answer);
        tell(&line.typed, answer, args, out)?;
        // Whoever reads along sees what is known.
        Ok(out.flush()?)
    })?;
    faults(&book, args, &mut tally, out)?;
    if let Some(error) = book.into_inner().broken {
        return Err(error).with_context(unreadable);
    }
    Ok(tally.exit())
}

/// The lines up to the first that can't be read: the next try might fail like it, for ever.
fn all(lines: impl Iterator<Item = io::Result<String>>) -> Vec<io::Result<String>> {
    let mut read = Vec::new();
    for line in lines {
        let failed = line.is_err();
        read.push(line);
        if failed {
            break;
        }
    }
    read
}

/// Takes a line into the book; its identifier, where it is one. `None`: there are no more.
fn read(line: io::Result<String>, args: &Lookup, book: &RefCell<Book>) -> Option<Option<Identifier>> {
    let typed = match line {
        Ok(line) => line.trim().to_owned(),
        Err(error) => {
            book.borrow_mut().broken = Some(error);
            return None;
        }
    };
    if typed.is_empty() {
        return Some(None);
    }
    let (identifier, fault) = match super::identifier(&typed, args.ask.region.as_deref()) {
        Ok(identifier) => (Some(identifier), None),
        Err(error) => (None, Some(error.to_string())),
    };
    book.borrow_mut().lines.push_back(Line { typed, fault });
    Some(identifier)
}

/// Tells those at the front that are no identifiers.
fn faults(book: &RefCell<Book>, args: &Lookup, tally: &mut Tally, out: &mut dyn Write) -> anyhow::Result<()> {
    loop {
        let mut book = book.borrow_mut();
        let Some(Line { fault: Some(_), .. }) = book.lines.front() else { return Ok(()) };
        let Some(Line { typed, fault: Some(fault) }) = book.lines.pop_front() else { return Ok(()) };
        tally.no_identifiers += 1;
        if args.json {
            writeln!(out, "{}", json!({ "typed": typed, "error": fault }))?;
        } else {
            writeln!(out, "{}\tno-identifier\t{}", printable(&typed), printable(&fault))?;
        }
    }
}

fn tell(
    typed: &str,
    answer: Result<Discovery, ResolveError>,
    args: &Lookup,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match answer {
        Ok(discovery) if args.json => {
            let mut value = serde_json::to_value(&discovery)?;
            if let Value::Object(fields) = &mut value {
                fields.insert("typed".to_owned(), typed.into());
            }
            writeln!(out, "{value}")?;
        }
        Err(error) if args.json => {
            writeln!(out, "{}", json!({ "typed": typed, "error": error.to_string() }))?
        }
        Ok(discovery) => {
            let uris: Vec<_> = discovery.mappings().iter().map(|mapping| printable(&mapping.uri)).collect();
            writeln!(out, "{}\t{}\t{}", printable(typed), discovery.result.code(), uris.join(" "))?;
        }
        Err(error) => writeln!(out, "{}\tnobody-to-ask\t{error}", printable(typed))?,
    }
    Ok(())
}

/// What the command ends with.
#[derive(Default)]
struct Tally {
    no_identifiers: u64,
    unreachable: u64,
    not_believed: u64,
}

impl Tally {
    fn count(&mut self, answer: &Result<Discovery, ResolveError>) {
        match answer {
            Ok(Discovery { result: DiscoveryResult::Unreachable, .. }) => self.unreachable += 1,
            Ok(Discovery { result: DiscoveryResult::NotBelieved, .. }) => self.not_believed += 1,
            Ok(_) => {}
            Err(_) => self.no_identifiers += 1,
        }
    }

    /// Nothing found is an answer too. Of several failures the one that says that something is wrong with the file.
    fn exit(&self) -> Exit {
        match self {
            Self { no_identifiers: 1.., .. } => Exit::Failed,
            Self { unreachable: 1.., .. } => Exit::Unreachable,
            Self { not_believed: 1.., .. } => Exit::NotBelieved,
            _ => Exit::Done,
        }
    }
}
