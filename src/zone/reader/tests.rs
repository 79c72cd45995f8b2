use super::super::files::MemoryFiles;
use super::*;
use crate::record::rdata::Presentation;

mod faults_and_remedies;
mod includes;

/// Keeps what is read; every identifier is refused but `tel:+442079460148`.
#[derive(Default)]
struct Collected {
    records: Vec<Record>,
    of_subject: Vec<String>,
    drafts: Vec<String>,
}

impl Sink for Collected {
    fn record(&mut self, record: Record, _: Span) {
        self.records.push(record);
    }

    fn run(&mut self, records: Pending) {
        self.records.extend((0..records.owners.len()).flat_map(|number| {
            let owner = records.name(records.owners[number]);
            let records = &records;
            records.of_owner(number).map(move |entry| {
                let (class, ttl, rtype) = (entry.class, entry.ttl, entry.rtype);
                Record { owner: owner.clone(), class, ttl, rtype, rdata: records.rdata(entry).into() }
            })
        }));
    }

    fn subject(&mut self, identifier: &Token<'_>, _: Span) -> Result<Subject, Problem> {
        match identifier.raw {
            b"tel:+442079460148" => Ok(Subject(7)),
            _ => Err(Problem::new(identifier.offset, "bad-identifier", "no", "")),
        }
    }

    fn sign(&mut self, Subject(number): Subject, draft: &[Token<'_>]) -> Result<Rdata, Problem> {
        self.drafts.push(format!("{number}: {} tokens", draft.len()));
        Ok(Box::from(*b"signed"))
    }

    fn subject_record(&mut self, Subject(number): Subject, record: RecordBody, _: Span) {
        let text = Presentation::new(record.rtype, &record.rdata);
        self.of_subject.push(format!("{number} {} {} {text}", record.ttl, record.rtype));
    }
}

struct Outcome {
    sink: Collected,
    findings: Vec<String>,
}

fn read_files(files: &MemoryFiles, limits: &ReadLimits) -> Outcome {
    let (mut sources, mut findings, mut sink) = (Sources::new(), Findings::default(), Collected::default());
    Reader::new(files, limits, &mut sources, &mut findings, &mut sink)
        .read(Path::new("zones/a.zone"), None)
        .expect("the file is there");
    let findings = findings.locate(&sources, files).iter().map(ToString::to_string).collect();
    Outcome { sink, findings }
}

fn read(text: impl Into<Vec<u8>>) -> Outcome {
    read_files(&MemoryFiles::new().with("zones/a.zone", text), &ReadLimits::default())
}

/// The records as text, of a zone text that must be free of faults.
fn records(text: impl Into<Vec<u8>>) -> Vec<String> {
    let Outcome { sink, findings } = read(text);
    assert_eq!(findings, Vec::<String>::new());
    sink.records.iter().map(|record| record.to_string().replace('\t', " ")).collect()
}

const HEAD: &str = "$ORIGIN example.\n$TTL 60\n";

fn under_head(text: &str) -> Vec<String> {
    records(format!("{HEAD}{text}"))
}

/// What is found in text that follows two lines of head.
fn faults(text: &str) -> Vec<String> {
    read(format!("{HEAD}{text}")).findings
}

mod entries {
    use super::*;

    #[test]
    fn owner_time_class_and_type() {
        let expected = ["www.example. 60 IN A 192.0.2.1"];
        assert_eq!(under_head("www A 192.0.2.1"), expected);
        assert_eq!(under_head("www IN A 192.0.2.1\n"), expected);
        assert_eq!(under_head("www.example. 60 IN A 192.0.2.1\r\n"), expected);
        assert_eq!(under_head("www in 1m a 192.0.2.1 ; comment"), expected);
        assert_eq!(under_head("www ( IN\n 60 A ; first\n 192.0.2.1 )\n"), expected);
        assert_eq!(under_head("www CLASS1 TYPE1 \\# 4 c0 00 02 01"), expected);
        assert_eq!(under_head("\\119ww A 192.0.2.1"), expected);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(
            records("\u{feff}$ORIGIN example.\n$TTL 60\n@ A 192.0.2.1"),
            ["example. 60 IN A 192.0.2.1"]
        );
    }

    #[test]
    fn a_blank_owner_is_the_one_before() {
        assert_eq!(
            under_head("a A 192.0.2.1\n\n; comment\n  A 192.0.2.2\n@ A 192.0.2.3\n\tA 192.0.2.4"),
            [
                "a.example. 60 IN A 192.0.2.1",
                "a.example. 60 IN A 192.0.2.2",
                "example. 60 IN A 192.0.2.3",
                "example. 60 IN A 192.0.2.4",
            ]
        );
    }

    #[test]
    fn an_origin_changes_names_and_not_the_owner() {
        assert_eq!(
            under_head("a A 192.0.2.1\n$ORIGIN sub\n A 192.0.2.2\nb NS c\n$origin OTHER.\n@ NS @"),
            [
                "a.example. 60 IN A 192.0.2.1",
                "a.example. 60 IN A 192.0.2.2",
                "b.sub.example. 60 IN NS c.sub.example.",
                "OTHER. 60 IN NS OTHER.",
            ]
        );
    }

    #[test]
    fn types_of_real_zones() {
        for line in [
            "a.example. 60 IN NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:\\\\1@example.net!\" .",
            "a.example. 60 IN URI 10 1 \"https://example.net/\"",
            "a.example. 60 IN TXT \"a;b\" \"\" \"\\200\"",
            "a.example. 60 IN TYPE65280 \\# 3 010203",
            "a.example. 60 CH TXT \"chaos\"",
        ] {
            assert_eq!(under_head(line), [line]);
        }
    }

    #[test]
    fn the_soa_records_absolute_owner_is_the_first_origin() {
        assert_eq!(
            records("example. 60 SOA ns mail 1 2 3 4 5\n 60 NS ns\nns 60 A 192.0.2.1"),
            [
                "example. 60 IN SOA ns.example. mail.example. 1 2 3 4 5",
                "example. 60 IN NS ns.example.",
                "ns.example. 60 IN A 192.0.2.1",
            ]
        );
    }

    #[test]
    fn without_an_origin_relative_names_are_refused_once() {
        let outcome = read("$TTL 60\n@ SOA ns mail 1 2 3 4 5\nns A 192.0.2.1\n A 192.0.2.2\n");
        assert_eq!(outcome.findings.len(), 1);
        assert!(outcome.findings[0].starts_with("zones/a.zone:2:1: error[no-origin]: a relative name"));
        assert!(outcome.sink.records.is_empty());
    }
}

mod time_to_live {
    use super::*;

    fn ttls(text: &str) -> Vec<u32> {
        let outcome = read(format!("$ORIGIN example.\n{text}"));
        outcome.sink.records.iter().map(|record| record.ttl.as_secs()).collect()
    }

    #[test]
    fn the_default_holds_for_what_follows() {
        assert_eq!(
            ttls("$TTL 1h\na A 192.0.2.1\na 5 A 192.0.2.2\na A 192.0.2.3\n$TTL 2h\na A 192.0.2.4"),
            [3600, 5, 3600, 7200]
        );
    }

    #[test]
    fn without_a_default_the_last_one_stated_holds() {
        assert_eq!(ttls("a 5 A 192.0.2.1\na A 192.0.2.2\na 6 A 192.0.2.3\na A 192.0.2.4"), [5, 5, 6, 6]);
    }

    #[test]
    fn without_any_the_minimum_of_the_soa_record_holds() {
        let text = "@ SOA ns mail 1 2 3 4 77\na A 192.0.2.1\na 5 A 192.0.2.2\na A 192.0.2.3";
        assert_eq!(ttls(text), [77, 77, 5, 77]);
        let findings = read(format!("$ORIGIN example.\n{text}")).findings;
        assert_eq!(
            findings,
            [
                "zones/a.zone:2:3: warning[implicit-ttl]: no $TTL is set, so the SOA record's MINIMUM is the time to live; put a line such as `$TTL 1h` in front"
            ]
        );
    }

    #[test]
    fn none_at_all_is_told_once() {
        let findings = read("$ORIGIN example.\na A 192.0.2.1\na A 192.0.2.2").findings;
        assert_eq!(
            findings,
            [
                "zones/a.zone:2:3: error[no-ttl]: a.example.: no time to live is stated, here or before; put a line such as `$TTL 1h` at the beginning of the file"
            ]
        );
    }
}

mod generate {
    use super::*;

    #[test]
    fn as_bind_expands_it() {
        // named-compilezone 9.18 makes the same of these lines.
        assert_eq!(
            under_head(
                "$GENERATE 0-1 ${0,4,n}x TXT \"a \\\"$\\\" $$ \\$ ${0,0,o} b\"\n\
                 $GENERATE 10-12/2 ${0,3,N}y A 10.0.0.${-1}\n\
                 $GENERATE 1-2 z$ 300 IN SRV \"0 0 80 a$\"\n\
                 $GENERATE 1-1 q$ IN 300 CNAME q$.r ; comment\n"
            ),
            [
                "0.0.x.example. 60 IN TXT \"a\" \"0\" \"$\" \"$\" \"0\" \"b\"",
                "1.0.x.example. 60 IN TXT \"a\" \"1\" \"$\" \"$\" \"1\" \"b\"",
                "A.0y.example. 60 IN A 10.0.0.9",
                "C.0y.example. 60 IN A 10.0.0.11",
                "z1.example. 300 IN SRV 0 0 80 a1.example.",
                "z2.example. 300 IN SRV 0 0 80 a2.example.",
                "q1.example. 300 IN CNAME q1.r.example.",
            ]
        );
    }

    #[test]
    fn several_words_of_data_need_no_quotation_marks() {
        assert_eq!(
            under_head("$GENERATE 1-1 *.$ NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*\\$!sip:$@example.net!\" ."),
            ["*.1.example. 60 IN NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:1@example.net!\" ."]
        );
    }

    #[test]
    fn one_fault_for_the_directive() {
        for (line, expected) in [
            (
                "$GENERATE 1-300 a$ A 10.0.0.$",
                "zones/a.zone:3:1: error[bad-data]: a256.example.: for 256: A: `10.0.0.256`: address is not an IPv4 address; write four numbers up to 255 with dots, as in 192.0.2.1",
            ),
            (
                "$GENERATE 3-1 a$ A 10.0.0.$",
                "zones/a.zone:3:11: error[bad-generate]: `3-1`: the range's start is larger than its stop; $GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE DATA",
            ),
            (
                "$GENERATE 1-3 a${0,1,q} A 10.0.0.$",
                "zones/a.zone:3:15: error[bad-generate]: `a${0,1,q}`: a modifier is written `${offset,width,base}` with base d, o, x, X, n or N; $GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE DATA",
            ),
            (
                "$GENERATE 1-3 a$ A",
                "zones/a.zone:3:19: error[missing-words]: `$GENERATE` needs more words; write `$GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE DATA`",
            ),
            (
                "$GENERATE 1-3 a$ SOA a b 1 2 3 4 5",
                "zones/a.zone:3:18: error[bad-generate]: a zone has one SOA record; write it once",
            ),
            (
                "$GENERATE 0-2147483647 a$ A 10.0.0.1",
                "zones/a.zone:3:11: error[too-many-generated]: the zone has more than 10000000 generated records; shorten the range",
            ),
        ] {
            assert_eq!(faults(line), [expected]);
        }
    }
}

mod identifiers {
    use super::*;

    #[test]
    fn blank_and_at_owners_belong_to_the_identifier() {
        let outcome = read(format!(
            "{HEAD}$IDENTIFIER tel:+442079460148\n TXT \"a\"\n@ 5 TXT \"b\"\nx TXT \"c\"\n TXT \"d\"\n@ TXT \"e\"\n\
             $ORIGIN example.\n@ TXT \"f\"\n"
        ));
        assert_eq!(outcome.findings, Vec::<String>::new());
        assert_eq!(outcome.sink.of_subject, ["7 60 TXT \"a\"", "7 5 TXT \"b\"", "7 60 TXT \"e\""]);
        let names: Vec<_> = outcome.sink.records.iter().map(|record| record.to_string()).collect();
        assert_eq!(
            names,
            [
                "x.example.\t60\tIN\tTXT\t\"c\"",
                "x.example.\t60\tIN\tTXT\t\"d\"",
                "example.\t60\tIN\tTXT\t\"f\"",
            ]
        );
    }

    #[test]
    fn drafts_are_signed_under_an_identifier_only() {
        let outcome =
            read(format!("{HEAD}$IDENTIFIER tel:+442079460148\n@ MIMISIG wishes now +1d holder=@k sign=k\n"));
        assert_eq!(outcome.findings, Vec::<String>::new());
        assert_eq!(outcome.sink.drafts, ["7: 5 tokens"]);
        assert_eq!(outcome.sink.of_subject, ["7 60 MIMISIG \\# 6 7369676E6564"]);
        assert_eq!(
            faults("@ MIMISIG wishes now +1d holder=@k sign=k"),
            [
                "zones/a.zone:3:3: error[draft-of-nobody]: example.: a statement can't be signed here: it is not said for which identifier; put a line such as `$IDENTIFIER tel:+442079460148` in front, and write `@` as the owner name"
            ]
        );
    }

    #[test]
    fn after_a_refused_identifier_nothing_belongs_to_the_one_before() {
        let outcome = read(format!(
            "{HEAD}$IDENTIFIER tel:+442079460148\n@ TXT \"a\"\n$IDENTIFIER tel:0\n@ TXT \"b\"\n TXT \"c\"\n@ MIMISIG wishes sign=k\n"
        ));
        assert_eq!(outcome.findings, ["zones/a.zone:5:13: error[bad-identifier]: no"]);
        assert_eq!(outcome.sink.of_subject, ["7 60 TXT \"a\""]);
        assert!(outcome.sink.records.is_empty());
    }

    #[test]
    fn a_comment_must_not_cut_an_identifier() {
        let findings = faults("$IDENTIFIER tel:+442079460148;x\n$IDENTIFIER tel:+442079460148 ;x\n");
        assert_eq!(
            findings,
            [
                "zones/a.zone:3:30: error[cut-identifier]: the identifier is cut by a `;`, which begins a comment; put the identifier in quotation marks, or a blank before the comment"
            ]
        );
    }

    #[test]
    fn what_divides_zones_is_refused_under_an_identifier() {
        let findings = faults("$IDENTIFIER tel:+442079460148\n@ NS ns\n");
        assert_eq!(
            findings,
            [
                "zones/a.zone:4:3: error[not-of-identifier]: the NS record would belong to the identifier of the $IDENTIFIER above; write it before, or set $ORIGIN in front of it: that ends the identifier's records"
            ]
        );
    }
}
