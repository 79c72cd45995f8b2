//! Lines in columns: owner name, time to live and class, type, data, comment.

use super::lines::{Atom, Line, is_directive_word};
use crate::record::scan::Token;
use crate::zone::reader::type_index;

/// Owner names up to this width decide over their paragraph's columns; longer ones stand out of them.
const WIDEST_OWNER: usize = 39;
const LEAST_TYPE: usize = 6;
/// A field or line that is wider stands out of its column.
const WIDEST_FIELD: usize = 40;
const WIDEST_LINE: usize = 100;
/// Of lines that go on within parentheses, where no columns are.
const INDENT: usize = 4;

/// Takes entries in their order and writes them in columns.
pub(super) struct Layout<'a> {
    out: Vec<u8>,
    paragraph: Vec<Vec<Line<'a>>>,
    /// Since `$IDENTIFIER`: `@` is all that owner names are.
    of_identifier: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn new(front: Option<&[u8]>) -> Self {
        Self { out: front.unwrap_or_default().to_vec(), paragraph: Vec::new(), of_identifier: false }
    }

    pub(super) fn push(&mut self, entry: Vec<Line<'a>>) {
        if let Some(word) = first_word(&entry).filter(is_directive_word) {
            self.end_paragraph();
            self.of_identifier = match () {
                () if word.is_word("$IDENTIFIER") => true,
                () if word.is_word("$ORIGIN") => false,
                () => self.of_identifier,
            };
            self.paragraph.push(entry);
            self.end_paragraph();
        } else if entry.iter().all(Line::is_blank) {
            self.end_paragraph();
            self.out.push(b'\n');
        } else {
            self.paragraph.push(entry);
        }
    }

    pub(super) fn finish(mut self, crlf: bool) -> Vec<u8> {
        self.end_paragraph();
        if !crlf {
            return self.out;
        }
        // No line feed stands within a token.
        let mut out = Vec::with_capacity(self.out.len());
        for line in self.out.split_inclusive(|&octet| octet == b'\n') {
            match line.split_last() {
                Some((b'\n', line)) => out.extend([line, b"\r\n"].concat()),
                _ => out.extend_from_slice(line),
            }
        }
        out
    }

    fn end_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        let columns = Columns::of(&paragraph, self.of_identifier);
        let lines: Vec<Laid<'a>> = paragraph.iter().flat_map(|entry| columns.lay(entry)).collect();
        for run in lines.chunk_by(|one, other| one.is_commented() == other.is_commented()) {
            let widths = run.iter().map(|line| width(&line.code)).filter(|&width| width <= WIDEST_LINE);
            let column = widths.max().unwrap_or(0) + 2;
            for line in run {
                line.push_to(column, &mut self.out);
            }
        }
    }
}

/// A line as it will stand, its comment apart.
struct Laid<'a> {
    code: Vec<u8>,
    comment: Option<&'a [u8]>,
    /// The comment must not be moved.
    glued: bool,
}

impl Laid<'_> {
    fn is_commented(&self) -> bool {
        self.comment.is_some() && !self.code.trim_ascii().is_empty()
    }

    fn push_to(&self, column: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.comment.is_some() {
            &self.code
        } else {
            without_blanks_behind(&self.code)
        });
        if let Some(comment) = self.comment {
            if self.is_commented() && !self.glued {
                let gap = column.saturating_sub(width(&self.code)).max(2);
                out.resize(out.len() + gap, b' ');
            }
            out.extend_from_slice(comment);
        }
        out.push(b'\n');
    }
}

/// Without blanks at the end, but for one that a backslash makes part of a word.
fn without_blanks_behind(code: &[u8]) -> &[u8] {
    let words = code.trim_ascii_end();
    let backslashes = words.iter().rev().take_while(|&&octet| octet == b'\\').count();
    let end = words.len() + backslashes % 2;
    &code[..end.min(code.len())]
}

/// The front of a record, where it stands on one line before any parenthesis.
struct Head<'e, 'a> {
    owner: &'a [u8],
    /// Time to live and class, as they are written.
    between: Vec<u8>,
    rtype: Token<'a>,
    data: &'e [Atom<'a>],
}

impl<'e, 'a> Head<'e, 'a> {
    fn of(line: &'e Line<'a>) -> Option<Self> {
        let tokens: Vec<Token<'a>> = line.atoms.iter().map_while(Atom::token).collect();
        let at = type_index(&tokens, line.indented).ok()?;
        // Columns are for words: what is quoted there is a slip, and stays as it is.
        if tokens[..=at].iter().any(|token| token.quoted) {
            return None;
        }
        let stated = usize::from(!line.indented);
        let words: Vec<&[u8]> = tokens[stated..at].iter().map(|token| token.raw).collect();
        Some(Self {
            owner: if line.indented { b"" } else { tokens[0].raw },
            between: words.join(&b' '),
            rtype: tokens[at],
            data: &line.atoms[at + 1..],
        })
    }

    /// The six fields of a NAPTR record that stands on one line.
    fn naptr_fields(&self) -> Option<[Token<'a>; 6]> {
        if !self.rtype.is_word("NAPTR") || self.data.len() != 6 {
            return None;
        }
        let fields: Vec<Token<'a>> = self.data.iter().filter_map(Atom::token).collect();
        fields.try_into().ok()
    }
}

/// Where the fields of a paragraph's records stand.
struct Columns {
    of_identifier: bool,
    owner: usize,
    between: usize,
    rtype: usize,
    /// Order, preference, flags and service.
    naptr: [usize; 4],
}

impl Columns {
    fn of(paragraph: &[Vec<Line<'_>>], of_identifier: bool) -> Self {
        let (mut owner, mut between, mut rtype, mut naptr) = (0, 0, LEAST_TYPE, [0; 4]);
        let records = paragraph.iter().filter(|entry| !is_directive(entry));
        for head in records.filter_map(|entry| Head::of(entry.first()?)) {
            owner = owner.max(Some(width(head.owner)).filter(|&width| width <= WIDEST_OWNER).unwrap_or(0));
            if !head.between.is_empty() {
                between = between.max(width(&head.between) + 1);
            }
            rtype = rtype.max(width(head.rtype.raw) + 1);
            for (column, field) in naptr.iter_mut().zip(head.naptr_fields().iter().flatten()) {
                let width = width(field.raw) + 2 * usize::from(field.quoted);
                *column = (*column).max(if width <= WIDEST_FIELD { width } else { 0 });
            }
        }
        // To the next of the stops at every eighth column, with a blank before it.
        let owner = if of_identifier { 2 } else { (owner / 8 + 1) * 8 };
        Self { of_identifier, owner, between, rtype, naptr }
    }

    fn lay<'a>(&self, entry: &[Line<'a>]) -> Vec<Laid<'a>> {
        let directive = is_directive(entry);
        let mut laid = Vec::with_capacity(entry.len());
        for (number, line) in entry.iter().enumerate() {
            let code = match number {
                0 if directive => joined(Vec::new(), &line.atoms),
                0 => self.first(line),
                _ if line.is_blank() => Vec::new(),
                _ => joined(vec![b' '; self.indent(directive)], &line.atoms),
            };
            laid.push(Laid { code, comment: line.comment, glued: directive && line.glued });
        }
        laid
    }

    fn indent(&self, directive: bool) -> usize {
        if directive || self.of_identifier { INDENT } else { self.owner + self.between + self.rtype }
    }

    fn first(&self, line: &Line<'_>) -> Vec<u8> {
        let blank = if line.indented { self.owner } else { 0 };
        let Some(head) = Head::of(line) else { return joined(vec![b' '; blank], &line.atoms) };
        let mut code = head.owner.to_vec();
        pad(&mut code, 0, self.owner);
        for (field, column) in [(&head.between[..], self.between), (head.rtype.raw, self.rtype)] {
            let from = code.len();
            code.extend_from_slice(field);
            if !self.of_identifier {
                pad(&mut code, from, column);
            } else if !field.is_empty() {
                code.push(b' ');
            }
        }
        let Some(fields) = head.naptr_fields() else { return joined(code, head.data) };
        for (number, field) in fields.into_iter().enumerate() {
            let from = code.len();
            Atom::Token(field).push_to(&mut code);
            // The regexp is long, and the replacement after it is a dot.
            if number < 5 {
                pad(&mut code, from, self.naptr.get(number).map_or(1, |column| column + 1));
            }
        }
        code
    }
}

fn first_word<'a>(entry: &[Line<'a>]) -> Option<Token<'a>> {
    entry.iter().find_map(|line| line.tokens().next())
}

fn is_directive(entry: &[Line<'_>]) -> bool {
    first_word(entry).is_some_and(|word| is_directive_word(&word))
}

/// Fills up to a width, with one blank at least.
fn pad(code: &mut Vec<u8>, from: usize, column: usize) {
    if column == 0 {
        return;
    }
    let gap = column.saturating_sub(width(&code[from..])).max(1);
    code.resize(code.len() + gap, b' ');
}

fn joined(mut code: Vec<u8>, atoms: &[Atom<'_>]) -> Vec<u8> {
    for (number, atom) in atoms.iter().enumerate() {
        if number > 0 {
            code.push(b' ');
        }
        atom.push_to(&mut code);
    }
    code
}

/// In characters of UTF-8.
fn width(text: &[u8]) -> usize {
    text.iter().filter(|&&octet| octet & 0xc0 != 0x80).count()
}
