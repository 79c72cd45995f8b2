//! Where the records of one identifier stand in a text, so that they can be changed there and nothing else.

use std::ops::Range;

use super::format::{Line, Lines, is_directive_word};
use super::reader::type_index;
use crate::identifier::{Identifier, MAX_IDENTIFIER};
use crate::record::scan::Token;
use crate::record::{Name, Rdata, Rtype, decode, rdata};

/// Whole lines of a text, their ends included, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) lines: Range<usize>,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// The `$IDENTIFIER` line.
    Section,
    /// A record of the identifier, or of the name.
    Record {
        rtype: Rtype,
        /// Its data, where it is written out: none of a draft.
        rdata: Option<Rdata>,
        /// Where its type stands.
        at: usize,
    },
    /// The SOA record, whosever; where its serial number stands.
    Soa { serial: Range<usize> },
}

/// Whose records are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    Identifier(&'a Identifier),
    Owner(&'a Name),
}

#[derive(Clone, Copy, PartialEq)]
enum Owner {
    Wanted,
    Other,
}

struct Scope<'a> {
    wanted: Wanted<'a>,
    origin: Option<Name>,
    /// Since `$IDENTIFIER`: whose.
    section: Option<Owner>,
    owner: Owner,
}

/// What of a record stays when another takes its place: all that its author wrote besides the data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// As it is written, where it is.
    pub(crate) ttl: Option<String>,
    /// Of lines within, without their ends.
    within: Vec<String>,
    /// At the end.
    after: Option<String>,
}

impl Kept {
    /// Of the lines of one record.
    pub(crate) fn of(text: &[u8]) -> Self {
        let Some(Ok(entry)) = Lines::new(text).next_entry() else { return Self::default() };
        let tokens: Vec<Token<'_>> = entry.iter().flat_map(Line::tokens).collect();
        let starts_blank = entry.first().is_some_and(|line| line.indented);
        let front =
            type_index(&tokens, starts_blank).map_or(&[][..], |at| &tokens[usize::from(!starts_blank)..at]);
        let ttl = front.iter().find(|token| token.raw.first().is_some_and(u8::is_ascii_digit));
        let readable = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let mut comments = entry.iter().map(|line| line.comment.map(readable));
        let after = comments.next_back().flatten();
        Self { ttl: ttl.map(|ttl| readable(ttl.raw)), within: comments.flatten().collect(), after }
    }

    /// The line of another record with the comments: those from within stand above it.
    pub(crate) fn around(&self, record: &str) -> String {
        let mut text: String = self.within.iter().map(|comment| format!("{comment}\n")).collect();
        text.push_str(record);
        if let (Some(comment), true) = (&self.after, text.ends_with('\n')) {
            text.truncate(text.len() - 1);
            text.push_str(&format!(" {comment}\n"));
        }
        text
    }
}

/// The places in a text that can be divided into entries; those after a fault are left out. Names are
/// completed by `origin` up to the first `$ORIGIN`.
pub(crate) fn places(text: &[u8], wanted: Wanted<'_>, origin: Option<Name>) -> Vec<Place> {
    let mut scope = Scope { wanted, origin, section: None, owner: Owner::Other };
    let (mut lines, mut places) = (Lines::new(text), Vec::new());
    loop {
        let from = lines.offset();
        let Some(Ok(entry)) = lines.next_entry() else { return places };
        let tokens: Vec<Token<'_>> = entry.iter().flat_map(Line::tokens).collect();
        let starts_blank = entry.first().is_some_and(|line| line.indented);
        if let Some(what) = scope.look(&tokens, starts_blank) {
            places.push(Place { lines: from..lines.offset(), what });
        }
    }
}

impl Scope<'_> {
    fn look(&mut self, tokens: &[Token<'_>], starts_blank: bool) -> Option<What> {
        let (first, rest) = tokens.split_first()?;
        if is_directive_word(first) {
            return self.directive(first, rest);
        }
        if !starts_blank {
            self.owner = match self.section {
                Some(owner) if first.is_word("@") => owner,
                _ => match (Name::parse(first.raw, self.origin.as_ref()), self.wanted) {
                    (Ok(name), Wanted::Owner(wanted)) if name == *wanted => Owner::Wanted,
                    _ => Owner::Other,
                },
            };
        }
        let at = type_index(tokens, starts_blank).ok()?;
        let rtype: Rtype = std::str::from_utf8(tokens[at].raw).ok()?.parse().ok()?;
        if rtype == Rtype::SOA {
            if self.origin.is_none() && !starts_blank {
                self.origin = Name::parse(first.raw, None).ok();
            }
            let serial = tokens.get(at + 3)?;
            return Some(What::Soa { serial: serial.offset..serial.end() });
        }
        if self.owner == Owner::Other {
            return None;
        }
        let mut octets = Vec::new();
        let origin = self.origin.clone().unwrap_or_else(Name::root);
        let read = rdata::parse(rtype, &tokens[at + 1..], &origin, &mut octets);
        Some(What::Record { rtype, rdata: read.ok().map(|()| octets.into()), at: tokens[at].offset })
    }

    fn directive(&mut self, word: &Token<'_>, arguments: &[Token<'_>]) -> Option<What> {
        let argument = arguments.first()?;
        if word.is_word("$ORIGIN") {
            self.section = None;
            self.owner = Owner::Other;
            self.origin = Name::parse(argument.raw, self.origin.as_ref()).ok();
        } else if word.is_word("$IDENTIFIER") {
            let wanted = match self.wanted {
                Wanted::Identifier(wanted) => names(argument, wanted),
                Wanted::Owner(_) => false,
            };
            self.owner = if wanted { Owner::Wanted } else { Owner::Other };
            self.section = Some(self.owner);
            return wanted.then_some(What::Section);
        }
        None
    }
}

fn names(token: &Token<'_>, wanted: &Identifier) -> bool {
    let mut octets = Vec::new();
    decode(token, MAX_IDENTIFIER, &mut octets).is_ok() && octets == wanted.as_str().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, wanted: Wanted<'_>) -> Vec<String> {
        let places = places(text.as_bytes(), wanted, None);
        let shown = places.into_iter().map(|place| match place.what {
            What::Soa { serial } => format!("serial {}", &text[serial]),
            What::Section => format!("section {:?}", &text[place.lines]),
            What::Record { rtype, rdata, at } => {
                assert!(text[at..].starts_with(&rtype.to_string()));
                format!("{rtype} {} {:?}", rdata.is_some(), &text[place.lines])
            }
        });
        shown.collect()
    }

    const TEXT: &str = "a.example. SOA ns h ( ; x\n 17 1h\n 1h 1w 60 )\nwww A 1.2.3.4 ; c\n AAAA ::1\n\
                        $IDENTIFIER tel:+442079460148\n@ TXT a\n; between\n  MIMISIG mapping sign=k (\n)\n\
                        www.a.example. TXT b\n TXT c\n@ TXT d\n$IDENTIFIER tel:+442079460149\n@ TXT e\n\
                        $IDENTIFIER \"tel:\\+442079460148\"\n$ORIGIN www\n@ TXT f\n";

    #[test]
    fn of_an_identifier() {
        let identifier = Identifier::parse("tel:+442079460148").unwrap();
        assert_eq!(
            found(TEXT, Wanted::Identifier(&identifier)),
            [
                "serial 17",
                "section \"$IDENTIFIER tel:+442079460148\\n\"",
                "TXT true \"@ TXT a\\n\"",
                "MIMISIG false \"  MIMISIG mapping sign=k (\\n)\\n\"",
                "TXT true \"@ TXT d\\n\"",
                "section \"$IDENTIFIER \\\"tel:\\\\+442079460148\\\"\\n\"",
            ]
        );
    }

    #[test]
    fn what_stays_of_a_record() {
        let kept = |text: &str| {
            let kept = Kept::of(text.as_bytes());
            (kept.ttl.clone().unwrap_or_default(), kept.around("new\n"))
        };
        assert_eq!(kept("@ TXT 60 ; a\r\n"), (String::new(), "new ; a\n".to_owned()));
        assert_eq!(kept("@ IN 1h TXT 60\n"), ("1h".to_owned(), "new\n".to_owned()));
        assert_eq!(
            kept(" 60 TXT ( ; a\n ; b\n\n \"; c\" ) ; d"),
            ("60".to_owned(), "; a\n; b\nnew ; d\n".to_owned())
        );
        assert_eq!(kept("@ TXT ( ; a\n x )\n"), (String::new(), "; a\nnew\n".to_owned()));
    }

    #[test]
    fn of_a_name() {
        let name: Name = "www.a.example.".parse().unwrap();
        assert_eq!(
            found(TEXT, Wanted::Owner(&name)),
            [
                "serial 17",
                "A true \"www A 1.2.3.4 ; c\\n\"",
                "AAAA true \" AAAA ::1\\n\"",
                "TXT true \"www.a.example. TXT b\\n\"",
                "TXT true \" TXT c\\n\"",
                "TXT true \"@ TXT f\\n\"",
            ]
        );
    }
}
