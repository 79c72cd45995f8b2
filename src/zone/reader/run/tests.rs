use std::path::Path;

use proptest::prelude::*;

use super::super::{ReadLimits, RecordBody, Subject};
use super::*;
use crate::record::{Rdata, Record};
use crate::zone::files::MemoryFiles;
use crate::zone::finding::{Findings, Span};
use crate::zone::reader::{Problem, Windows};
use crate::zone::sources::Sources;

/// Everything that is read, in its order.
#[derive(Default, PartialEq, Debug)]
struct Everything(Vec<(Span, String)>);

impl Sink for Everything {
    fn record(&mut self, record: Record, span: Span) {
        self.0.push((span, record.to_string().to_ascii_lowercase()));
    }

    fn run(&mut self, records: Pending) {
        for (number, owner) in records.owners.iter().enumerate() {
            for entry in records.of_owner(number) {
                assert!(entry.rtype != Rtype::SOA, "the SOA record is the reader's own");
                let rdata = records.rdata(entry).into();
                let (class, ttl, rtype) = (entry.class, entry.ttl, entry.rtype);
                self.record(Record { owner: records.name(*owner), class, ttl, rtype, rdata }, entry.span);
            }
        }
    }

    fn subject(&mut self, identifier: &Token<'_>, _: Span) -> Result<Subject, Problem> {
        match identifier.raw {
            b"tel:+442079460148" => Ok(Subject(7)),
            _ => Err(Problem::new(identifier.offset, "bad-identifier", "no", "")),
        }
    }

    fn sign(&mut self, _: Subject, _: &[Token<'_>]) -> Result<Rdata, Problem> {
        Ok(Box::from(*b"signed"))
    }

    fn subject_record(&mut self, _: Subject, record: RecordBody, span: Span) {
        self.0.push((span, format!("{} {:?}", record.rtype, record.rdata)));
    }
}

/// What is read, what is found, and whether an SOA record was met.
fn read(text: &str, cut: Cut) -> (Everything, Vec<String>, bool) {
    read_in(text, cut, None)
}

fn read_in(text: &str, cut: Cut, windows: Option<Windows>) -> (Everything, Vec<String>, bool) {
    let files =
        MemoryFiles::new().with("a.zone", text).with("b.zone", "b A 192.0.2.7\n A 192.0.2.8\nc A x\n");
    let (mut sources, mut findings, mut sink) = (Sources::new(), Findings::default(), Everything::default());
    let limits = ReadLimits { generated: 100, ..ReadLimits::default() };
    let mut reader = Reader::new(&files, &limits, &mut sources, &mut findings, &mut sink);
    (reader.cut, reader.windows) = (cut, windows);
    reader.read(Path::new("a.zone"), None).expect("the file is there");
    let met_soa = reader.met_soa;
    (sink, findings.locate(&sources, &files).iter().map(ToString::to_string).collect(), met_soa)
}

/// Nothing is read as a run.
fn alone() -> Cut {
    Cut { threads: 0, ..Cut::default() }
}

const LINES: [&str; 44] = [
    "a A 192.0.2.1",
    "b 60 IN A 192.0.2.2",
    "B IN 60 AAAA ::1",
    "\tA 192.0.2.3",
    "  60 TXT \"a;b\" c ; comment",
    "c.other. A 192.0.2.4",
    "d TYPE65400 \\# 3 010203",
    "d TYPE65400 \\# 3 0102",
    "e NAPTR 100 10 \"U\" \"x\" \"!.*!mimi://x/\\\\1!\" .",
    "e NAPTR 100 10 \"U\" \"x\" \"!.*\" .",
    "f URI 10 1 \"mimi://x\"",
    "f URI 10 1 \"\"",
    "g RRSIG NAPTR 15 2 60 20270101000000 20260101000000 1 example. AAAA",
    "g NSEC h A RRSIG NSEC",
    "h MX 10 i",
    "* CNAME x",
    "x.y.z TXT x",
    "",
    "; a comment",
    "   ",
    "   ; another",
    "@ A 192.0.2.5",
    "@ SOA ns mail 1 2 3 4 60",
    "_mimi TXT \"v=mimi1\"",
    "$ORIGIN sub",
    "$ORIGIN example.",
    "$TTL 1h",
    "$TTL x",
    "$INCLUDE b.zone",
    "$GENERATE 1-3 g$ A 192.0.2.$",
    "$IDENTIFIER tel:+442079460148",
    "$IDENTIFIER tel:0",
    "@ MIMISIG wishes now +1d holder=@k sign=k",
    "i ( A",
    "j A 192.0.2.6 )",
    "k TXT ( \"x\"",
    "l TXT \"open",
    "m CH TXT x",
    "n 5x A 192.0.2.1",
    "o NAPTER 1",
    "p",
    "q A 192.0.2.300",
    "\\200.r TXT \\001",
    "s TXT \0",
];

fn any_text() -> impl Strategy<Value = String> {
    let line = (0..LINES.len()).prop_map(|index| LINES[index]);
    // Plain lines mostly, or no run is ever long.
    let plain = (0..7_usize).prop_map(|index| LINES[index]);
    let lines = prop::collection::vec(prop_oneof![1 => line, 4 => plain], 0..60);
    let head = prop_oneof![
        4 => Just("$ORIGIN example.\n$TTL 60\n@ SOA ns mail 1 2 3 4 60\n"),
        1 => Just("$ORIGIN example.\n"),
        1 => Just("")
    ];
    (head, lines, prop_oneof![Just("\n"), Just("\r\n")], any::<bool>()).prop_map(
        |(head, lines, end, is_closed)| {
            let text = format!("{head}{}", lines.join(end));
            if is_closed { text + end } else { text }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// One thread or several, in pieces of whatever size: records, places, findings and their order are those
    /// of the reader that reads one entry after the other.
    #[test]
    fn runs_change_nothing(text in any_text(), threads in 1..4_usize, first in 1..400_usize, piece in 1..200_usize) {
        let cut = Cut { threads, first, worthwhile: 64, piece };
        prop_assert_eq!(read(&text, cut), read(&text, alone()));
    }

    /// In windows of whatever size, on one thread or several: the same too.
    #[test]
    fn windows_change_nothing(text in any_text(), threads in 0..3_usize, octets in 1..300_usize, piece in 1..200_usize) {
        let cut = Cut { threads, first: 40, worthwhile: 64, piece };
        let windows = |part| Some(Windows { octets, part });
        let whole = read(&text, alone());
        prop_assert_eq!(&read_in(&text, cut, windows(usize::MAX)), &whole);
        // Parts that are counted anew have numbers of their own, and findings the order of these.
        let (records, mut findings, met_soa) = read_in(&text, cut, windows(100));
        let without_places = |of: &Everything| of.0.iter().map(|(_, record)| record.clone()).collect::<Vec<_>>();
        prop_assert_eq!(without_places(&records), without_places(&whole.0));
        let mut expected = whole.1;
        findings.sort();
        expected.sort();
        prop_assert_eq!((findings, met_soa), (expected, whole.2));
    }
}

#[test]
fn a_piece_that_begins_in_parentheses_is_read_again() {
    let text = format!("$ORIGIN example.\n$TTL 60\n{}", "a TXT ( \"x\"\nb\nc )\nd A 192.0.2.1\n".repeat(50));
    let cut = Cut { threads: 3, first: 1 << 12, worthwhile: 64, piece: 30 };
    let (everything, findings, _) = read(&text, cut);
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(everything.0.len(), 100);
    assert_eq!(everything, read(&text, alone()).0);
}

#[test]
fn most_of_a_plain_text_is_a_run() {
    /// Counts what does not come in runs.
    struct Counting(usize, Everything);
    impl Sink for Counting {
        fn record(&mut self, _: Record, _: Span) {
            self.0 += 1;
        }
        fn run(&mut self, records: Pending) {
            self.1.run(records);
        }
        fn subject(&mut self, token: &Token<'_>, span: Span) -> Result<Subject, Problem> {
            self.1.subject(token, span)
        }
        fn sign(&mut self, subject: Subject, draft: &[Token<'_>]) -> Result<Rdata, Problem> {
            self.1.sign(subject, draft)
        }
        fn subject_record(&mut self, _: Subject, _: RecordBody, _: Span) {}
    }
    let text =
        format!("$ORIGIN example.\n$TTL 60\n@ SOA ns mail 1 2 3 4 60\n{}", "a A 192.0.2.1\n".repeat(5000));
    let files = MemoryFiles::new().with("a.zone", text);
    let (mut sources, mut findings) = (Sources::new(), Findings::default());
    let mut sink = Counting(0, Everything::default());
    let limits = ReadLimits::default();
    Reader::new(&files, &limits, &mut sources, &mut findings, &mut sink)
        .read(Path::new("a.zone"), None)
        .expect("the file is there");
    assert_eq!((sink.0, sink.1.0.len()), (1, 5000));
}
