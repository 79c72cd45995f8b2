//! A long text in pieces that can be worked on by themselves: each but the first begins at a `$IDENTIFIER` line.

use std::io::{self, Read};

use super::super::statement_text::is_identifier_line;
use crate::record::scan::{ScanFault, Scanner};

/// A piece has about so many octets; more where no `$IDENTIFIER` line comes.
const USUAL: usize = 1 << 18;

pub(super) struct Piece {
    pub(super) text: Vec<u8>,
    /// How many lines stand before it.
    pub(super) lines_before: usize,
}

/// Reads a text and cuts it; holds no more of it than a piece.
pub(super) struct Pieces<R> {
    input: R,
    buffer: Vec<u8>,
    lines: usize,
    has_ended: bool,
    usual: usize,
}

impl<R: Read> Pieces<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), lines: 0, has_ended: false, usual: USUAL }
    }

    /// The next piece; `None` at the end.
    pub(super) fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        let mut least = self.usual;
        let end = loop {
            self.fill(least)?;
            if self.has_ended && self.buffer.len() <= least {
                break self.buffer.len();
            }
            // What is cut off within a line is no entry yet.
            let whole = self.buffer.iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
            match last_cut(&self.buffer[..whole]) {
                0 if self.has_ended => break self.buffer.len(),
                0 => least *= 2,
                cut => break cut,
            }
        };
        if end == 0 {
            return Ok(None);
        }
        let rest = self.buffer.split_off(end);
        let text = std::mem::replace(&mut self.buffer, rest);
        let lines_before = self.lines;
        self.lines += text.iter().filter(|&&octet| octet == b'\n').count();
        Ok(Some(Piece { text, lines_before }))
    }

    fn fill(&mut self, least: usize) -> io::Result<()> {
        while !self.has_ended && self.buffer.len() <= least {
            let missing = least + 1 - self.buffer.len();
            let read = (&mut self.input).take(missing as u64).read_to_end(&mut self.buffer)?;
            self.has_ended = read < missing;
        }
        Ok(())
    }
}

/// Where the last `$IDENTIFIER` line of a text of whole lines begins; 0 where there is none. A text that has a
/// fault whatever follows it is not cut: who works on it will tell.
fn last_cut(text: &[u8]) -> usize {
    let (mut scanner, mut tokens, mut cut) = (Scanner::new(text), Vec::new(), 0);
    while let Some(entry) = scanner.next_entry(&mut tokens) {
        match entry {
            Ok(entry) if is_identifier_line(&tokens) => cut = entry.offset,
            Ok(_) => {}
            // It may be closed further on.
            Err(error) if error.fault == ScanFault::UnterminatedParenthesis => return cut,
            Err(_) => return text.len(),
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, usual: usize) -> Vec<(String, usize)> {
        let mut pieces = Pieces { usual, ..Pieces::new(text.as_bytes()) };
        let mut all = Vec::new();
        while let Some(Piece { text, lines_before }) = pieces.next_piece().unwrap() {
            all.push((String::from_utf8(text).unwrap(), lines_before));
        }
        assert_eq!(all.iter().map(|(text, _)| text.as_str()).collect::<String>(), text);
        all
    }

    #[test]
    fn pieces_begin_at_identifiers_and_are_the_whole_text() {
        let text = "; front\n$IDENTIFIER a\n@ TXT x\n$IDENTIFIER b\n@ TXT y\n$identifier c\n@ TXT z";
        for usual in 1..text.len() + 2 {
            let pieces = cut(text, usual);
            assert!(pieces[1..].iter().all(|(piece, _)| piece.to_lowercase().starts_with("$identifier")));
            for (at, (_, lines)) in pieces.iter().enumerate() {
                let before: String = pieces[..at].iter().map(|(piece, _)| piece.as_str()).collect();
                assert_eq!(*lines, before.matches('\n').count());
            }
        }
        assert_eq!(cut(text, 30).len(), 3);
        assert_eq!(cut("", 10).len(), 0);
    }

    #[test]
    fn nothing_is_cut_within_an_entry_of_several_lines() {
        let text = "$IDENTIFIER a\n@ TXT ( x\n$IDENTIFIER b\n) y\n@ TXT \"; (\"\n$IDENTIFIER c\n@ TXT z\n";
        let whole = text.find("$IDENTIFIER c").unwrap();
        for usual in 1..text.len() {
            let mut at = 0;
            for (piece, _) in cut(text, usual) {
                assert!([0, whole].contains(&at), "{usual}: {at}");
                at += piece.len();
            }
        }
    }

    #[test]
    fn a_text_with_a_fault_comes_with_it() {
        let pieces = cut("$IDENTIFIER a\n@ TXT \"x\n$IDENTIFIER b\n@ TXT y\n", 20);
        assert!(pieces[0].0.contains("\"x\n"));
    }
}
