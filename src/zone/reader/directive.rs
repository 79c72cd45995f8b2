//! Lines that begin with `$`.

use std::io;
use std::path::Path;

use super::super::finding::quote;
use super::super::generate::{GenerateError, Range, Template};
use super::super::suggest::nearest;
use super::super::ttl::parse_ttl;
use super::record::{parse_class, parse_type};
use super::{Anchor, Owner, Problem, Reader, Scope, Sink, Subject};
use crate::record::scan::{Scanner, Token};
use crate::record::{Name, NameError, Rtype, decode};

pub(in crate::zone) const DIRECTIVES: [&str; 5] = ["$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE", "$IDENTIFIER"];

impl<S: Sink> Reader<'_, S> {
    pub(super) fn directive(
        &mut self,
        text: &[u8],
        scope: &mut Scope,
        word: &Token<'_>,
        arguments: &[Token<'_>],
        anchor: Anchor,
    ) -> Result<(), Problem> {
        let known = DIRECTIVES.into_iter().find(|directive| word.is_word(directive));
        match known {
            Some("$ORIGIN") => self.origin(scope, word, arguments),
            Some("$TTL") => self.default_ttl(word, arguments),
            Some("$INCLUDE") => self.include(scope, word, arguments),
            Some("$GENERATE") => self.generate(scope, word, arguments, anchor),
            Some("$IDENTIFIER") => self.identifier(text, scope, word, arguments, anchor),
            _ => {
                let remedy = match nearest(word.raw, DIRECTIVES) {
                    Some(guess) => format!("did you mean `{guess}`?"),
                    None => format!("the directives are {}", DIRECTIVES.join(", ")),
                };
                let message = format!("{} is no directive", quote(word.raw));
                Err(Problem::new(word.offset, "unknown-directive", message, remedy))
            }
        }
    }

    fn origin(
        &mut self,
        scope: &mut Scope,
        word: &Token<'_>,
        arguments: &[Token<'_>],
    ) -> Result<(), Problem> {
        let [token] = exactly(word, arguments, "$ORIGIN NAME")?;
        match parse_origin(token, scope.origin.as_ref()) {
            Ok(origin) => {
                scope.set_origin(Some(origin));
                Ok(())
            }
            Err(problem) => {
                // What follows is completed as it may have been meant, so that it is judged too.
                scope.set_origin(Name::parse(token.raw, Some(&Name::root())).ok());
                self.reported_no_origin = true;
                Err(problem)
            }
        }
    }

    fn default_ttl(&mut self, word: &Token<'_>, arguments: &[Token<'_>]) -> Result<(), Problem> {
        let [token] = exactly(word, arguments, "$TTL TIME")?;
        let ttl = parse_ttl(token.raw).map_err(|error| {
            let message = format!("{} is no time to live: {error}", quote(token.raw));
            Problem::new(
                token.offset,
                "bad-ttl",
                message,
                "write seconds, or numbers with units as in `1h30m`",
            )
        })?;
        self.default_ttl = Some(ttl);
        Ok(())
    }

    fn include(&mut self, scope: &Scope, word: &Token<'_>, arguments: &[Token<'_>]) -> Result<(), Problem> {
        let (token, origin) = match arguments {
            [token] => (token, None),
            [token, origin] => (token, Some(parse_origin(origin, scope.origin.as_ref())?)),
            _ => return Err(wrong_count(word, arguments, 2, "$INCLUDE FILE [ORIGIN]")),
        };
        let fail = |code, message: String, remedy: &str| Problem::new(token.offset, code, message, remedy);
        let mut octets = Vec::new();
        decode(token, 4096, &mut octets)
            .map_err(|error| fail("bad-path", error.to_string(), error.remedy()))?;
        let path = String::from_utf8(octets).map_err(|_| {
            fail("bad-path", "the path is not UTF-8".to_owned(), "give the file another name")
        })?;
        if self.open.len() > self.limits.include_depth {
            let message = format!("files are included more than {} deep", self.limits.include_depth);
            return Err(fail(
                "include-depth",
                message,
                "look for a file that includes itself, or flatten them",
            ));
        }
        self.includes += 1;
        if self.includes > self.limits.includes {
            if self.includes > self.limits.includes + 1 {
                return Ok(());
            }
            let message = format!("more than {} files are included", self.limits.includes);
            return Err(fail(
                "too-many-includes",
                message,
                "look for files that include each other, or join them",
            ));
        }
        let opened = self
            .open(self.folder.join(Path::new(&path)))
            .map_err(|error| unreadable_file(token.offset, token.raw, &error))?;
        let (innermost, outer) =
            self.open.split_last().map_or((None, &[][..]), |(last, outer)| (Some(last), outer));
        if innermost.is_some_and(|path| outer.contains(path)) {
            self.open.pop();
            let message = format!("{} is being read already: it includes itself", quote(token.raw));
            return Err(fail("include-loop", message, "remove this directive"));
        }
        if self.sources.text(opened.file).is_some_and(|text| text.starts_with(b"-----BEGIN")) {
            self.open.pop();
            let message = format!("{} is a PEM file, not zone text", quote(token.raw));
            return Err(fail("include-key", message, "keys are named in drafts, as in `sign=FILE`"));
        }
        let mut inner = scope.clone();
        if origin.is_some() {
            inner.set_origin(origin);
        }
        self.text(opened, inner);
        Ok(())
    }

    fn generate(
        &mut self,
        scope: &Scope,
        word: &Token<'_>,
        arguments: &[Token<'_>],
        anchor: Anchor,
    ) -> Result<(), Problem> {
        const FORM: &str = "$GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE DATA";
        let [range_token, owner, rest @ ..] = arguments else {
            return Err(wrong_count(word, arguments, usize::MAX, FORM));
        };
        let wrong = |token: &Token<'_>, error: GenerateError| {
            Problem::new(token.offset, "bad-generate", format!("{}: {error}", quote(token.raw)), FORM)
        };
        let header = rest
            .iter()
            .position(|token| parse_type(token).is_some() && parse_class(token).is_none())
            .ok_or_else(|| {
                Problem::new(word.offset, "bad-generate", "there is no record type in it", FORM)
            })?;
        let (header, data) = rest.split_at(header + 1);
        if let Some(token) = header.iter().find(|token| parse_type(token) == Some(Rtype::SOA)) {
            return Err(Problem::new(
                token.offset,
                "bad-generate",
                "a zone has one SOA record",
                "write it once",
            ));
        }
        if data.is_empty() {
            return Err(wrong_count(word, arguments, usize::MAX, FORM));
        }
        let range = Range::parse(range_token.raw).map_err(|error| wrong(range_token, error))?;
        self.generated = self.generated.saturating_add(range.count());
        if self.generated > self.limits.generated {
            let message = format!("the zone has more than {} generated records", self.limits.generated);
            return Err(Problem::new(range_token.offset, "too-many-generated", message, "shorten the range"));
        }

        let fixed: Vec<u8> =
            header.iter().flat_map(|token| [b"\t", token.raw].concat()).chain(*b"\t").collect();
        let data_text = data_text(data);
        let owner_template = Template::parse(owner.raw).map_err(|error| wrong(owner, error))?;
        let data_template = Template::parse(&data_text)
            .map_err(|error| data.first().map_or_else(|| wrong(word, error), |token| wrong(token, error)))?;
        let here = Anchor::Generated(anchor.span(word.offset));
        // A blank owner after the directive is that of the record before it, as in BIND.
        let mut inner = scope.clone();
        let mut line = Vec::new();
        for number in range {
            line.clear();
            owner_template.write(number, &mut line).map_err(|error| wrong(owner, error))?;
            line.extend_from_slice(&fixed);
            data_template.write(number, &mut line).map_err(|error| wrong(owner, error))?;
            self.generated_octets += line.len() as u64;
            if self.generated_octets > self.limits.generated_octets {
                let message = format!(
                    "the zone has more than {} octets of generated text",
                    self.limits.generated_octets
                );
                return Err(Problem::new(
                    range_token.offset,
                    "too-many-generated",
                    message,
                    "shorten the range",
                ));
            }
            self.generated_line(&mut inner, &line, here).map_err(|problem| Problem {
                offset: word.offset,
                message: format!("for {number}: {}", problem.message),
                ..problem
            })?;
        }
        Ok(())
    }

    fn generated_line(&mut self, scope: &mut Scope, line: &[u8], anchor: Anchor) -> Result<(), Problem> {
        let (mut scanner, mut tokens) = (Scanner::new(line), Vec::new());
        match scanner.next_entry(&mut tokens) {
            Some(Ok(entry)) => self.record(scope, entry, &tokens, anchor),
            Some(Err(error)) => {
                Err(Problem::new(error.offset, "unreadable", error.fault.to_string(), error.fault.remedy()))
            }
            None => Ok(()),
        }
    }

    fn identifier(
        &mut self,
        text: &[u8],
        scope: &mut Scope,
        word: &Token<'_>,
        arguments: &[Token<'_>],
        anchor: Anchor,
    ) -> Result<(), Problem> {
        let subject = self.subject(text, word, arguments, anchor);
        // After a fault what follows must not belong to the identifier before.
        let owner = subject.as_ref().map_or(Owner::Unreadable, |&subject| Owner::Subject(subject));
        scope.section = Some(owner.clone());
        scope.owner = Some(owner);
        subject.map(|_| ())
    }

    fn subject(
        &mut self,
        text: &[u8],
        word: &Token<'_>,
        arguments: &[Token<'_>],
        anchor: Anchor,
    ) -> Result<Subject, Problem> {
        let [token] = exactly(word, arguments, "$IDENTIFIER tel:+442079460148")?;
        let span = anchor.span(token.offset);
        if !token.quoted && text.get(token.end()) == Some(&b';') {
            return Err(Problem::new(
                token.end(),
                "cut-identifier",
                "the identifier is cut by a `;`, which begins a comment",
                "put the identifier in quotation marks, or a blank before the comment",
            ));
        }
        self.sink.subject(token, span)
    }
}

/// What stands after the type, as one text to expand: a quoted string alone stands for what is in
/// it, as in BIND.
fn data_text(data: &[Token<'_>]) -> Vec<u8> {
    if let [Token { raw, quoted: true, .. }] = data {
        let mut text = Vec::with_capacity(raw.len());
        let mut rest = *raw;
        while let [octet, tail @ ..] = rest {
            rest = match (octet, tail) {
                (b'\\', [b'"', after @ ..]) => {
                    text.push(b'"');
                    after
                }
                (b'\\', [escaped, after @ ..]) => {
                    text.extend_from_slice(&[b'\\', *escaped]);
                    after
                }
                _ => {
                    text.push(*octet);
                    tail
                }
            };
        }
        return text;
    }
    let mut text = Vec::new();
    for token in data {
        let mark: &[u8] = if token.quoted { b"\"" } else { b"" };
        text.extend([mark, token.raw, mark, b" "].concat());
    }
    text
}

fn parse_origin(token: &Token<'_>, origin: Option<&Name>) -> Result<Name, Problem> {
    let fail = |message: String, remedy: &str| Err(Problem::new(token.offset, "bad-origin", message, remedy));
    if token.quoted {
        return fail("an origin must not stand in quotation marks".to_owned(), "remove them");
    }
    match Name::parse(token.raw, origin) {
        Ok(name) => Ok(name),
        Err(NameError::NoOrigin) => {
            fail(format!("the first origin, {}, is relative", quote(token.raw)), "end it with a dot")
        }
        Err(error) => fail(
            format!("{} is not a domain name: {error}", quote(token.raw)),
            "write labels of 1 to 63 octets with one dot between them",
        ),
    }
}

fn unreadable_file(offset: usize, path: &[u8], error: &io::Error) -> Problem {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => "move it into the zone's folder, or allow files outside of it",
        io::ErrorKind::NotFound => "paths are relative to the zone's folder",
        io::ErrorKind::FileTooLarge => "the zone's text is larger than its reader allows",
        _ => "a zone includes regular files that can be read",
    };
    Problem::new(offset, "unreadable-file", format!("{} can't be read: {error}", quote(path)), remedy)
}

fn exactly<'t, 'a, const N: usize>(
    word: &Token<'_>,
    arguments: &'t [Token<'a>],
    form: &str,
) -> Result<&'t [Token<'a>; N], Problem> {
    arguments.try_into().map_err(|_| wrong_count(word, arguments, N, form))
}

fn wrong_count(word: &Token<'_>, arguments: &[Token<'_>], most: usize, form: &str) -> Problem {
    let (offset, code, message) = match arguments.get(most) {
        Some(extra) => (extra.offset, "extra-words", format!("{} is one word too many", quote(extra.raw))),
        None => {
            let end = arguments.last().unwrap_or(word).end();
            (end, "missing-words", format!("{} needs more words", quote(word.raw)))
        }
    };
    Problem::new(offset, code, message, format!("write `{form}`"))
}
