use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::import::{Importer, Options};
use super::*;
use crate::statement::SecretKey;
use crate::zone::{LoadOptions, Loaded, MemoryFiles, SerialPolicy, load, write_zone};

const NOW: UnixTime = UnixTime(1_780_000_000);

fn files(text: &str) -> MemoryFiles {
    let key = SecretKey::from_seed(&[7; 32]).to_pem();
    MemoryFiles::new().with("a.zone", text).with("k.pem", key.as_bytes())
}

fn loaded(text: &str) -> Loaded {
    load(Path::new("a.zone"), &files(text), &LoadOptions { now: NOW, ..LoadOptions::default() })
}

fn imported(table: &str, format: TableFormat, options: &Options) -> (String, Vec<String>) {
    let files = files("");
    let check = TextCheck::new(&files, PathBuf::new(), Name::root(), NOW);
    let mut out = Vec::new();
    let mut importer = Importer::new(options, &check, &mut out, 100);
    let mut input = table.as_bytes();
    let mut rows = rows(format, &mut input);
    while let Some(row) = rows.next_row().unwrap() {
        importer.take(row).unwrap();
    }
    importer.finish().unwrap();
    let faults = std::mem::take(&mut importer.faults);
    let findings = findings(faults, Path::new("t"), usize::MAX, false);
    (String::from_utf8(out).unwrap(), findings.iter().map(ToString::to_string).collect())
}

#[test]
fn an_error_counts_however_many_warnings_come_before_it() {
    let (files, options, mut out) = (files(""), plain(), Vec::new());
    let check = TextCheck::new(&files, PathBuf::new(), Name::root(), NOW);
    let mut importer = Importer::new(&options, &check, &mut out, 2);
    for _ in 0..5 {
        importer.tell(Severity::Warning, Fault::new(Place::default(), "odd", "odd", ""));
    }
    importer.take(Err(Fault::new(Place::default(), "bad", "bad", ""))).unwrap();
    assert_eq!((importer.errors, importer.warnings), (1, 5));
    let codes: Vec<_> = importer.faults.iter().map(|(_, fault)| fault.code).collect();
    assert_eq!(codes, ["odd", "odd", "bad"]);
}

#[test]
fn the_largest_rows_cost_no_more_than_reading_them() {
    let row = "\"".to_owned() + &"\n".repeat(1 << 20) + "\"";
    let (_, findings) = imported(&format!("owner,data\n{row},x\n"), TableFormat::Csv, &plain());
    assert!(findings[0].contains("more than 1 MiB"), "{findings:?}");
    let others: String = (0..80_000).map(|number| format!("\"_{number:05}\":1,")).collect();
    let line = format!("{{{others}\"identifier\":\"\"}}\n");
    let (text, _) = imported(&line, TableFormat::Jsonl, &plain());
    assert_eq!(text, "");
}

#[test]
fn rows_of_one_provider_that_lie_apart_are_errors() {
    let options = with(&[("proof", "sms,now")]);
    let table =
        |rows: &str| imported(&format!("identifier,msp,from,uri\n{rows}"), TableFormat::Csv, &options);
    let (_, findings) = table(
        "+442079460148,a.example,,mimi://a.example/1\n\
         +442079460149,a.example,,mimi://a.example/2\n\
         +442079460148,A.example.,,mimi://a.example/3\n",
    );
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].starts_with("t:4:1: error[repeated-statement]: "), "{findings:?}");
    assert!(findings[0].contains("of line 2 "), "{findings:?}");
    // Another provider, and a statement that follows the first in time, are no conflict.
    let (_, findings) = table(
        "+442079460148,a.example,,mimi://a.example/1\n\
         +442079460148,b.example,,mimi://b.example/2\n\
         +442079460148,a.example,now,mimi://a.example/3\n",
    );
    assert_eq!(findings, [""; 0]);
}

fn plain() -> Options {
    Options { defaults: Vec::new(), suffix: None, region: None }
}

fn with(defaults: &[(&'static str, &str)]) -> Options {
    Options {
        defaults: defaults.iter().map(|(column, text)| (*column, (*text).to_owned())).collect(),
        ..plain()
    }
}

#[test]
fn endpoints_of_one_provider_become_one_statement() {
    let table = "identifier,msp,uri,type,preference\n\
                 +442079460148,amber.example,mimi://amber.example/u/1,,\n\
                 tel:+442079460148,amber.example,https://amber.example/x,URI,20\n\
                 tel:+442079460148,Birch.example.,sip:1@sip.birch.example,,5\n\
                 Jo@EXAMPLE.org,amber.example,mimi://amber.example/u/2,,\n";
    let (text, findings) = imported(table, TableFormat::Csv, &with(&[("proof", "sms,now"), ("ttl", "5m")]));
    assert_eq!(findings, [""; 0]);
    assert_eq!(
        text,
        "$IDENTIFIER tel:+442079460148\n\
         @ 5m MIMISIG mapping now-1h +9d issuer=amber.example. proof=sms,now \
         endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://amber.example/u/1!\\\" .\" \
         endpoint=\"URI 20 1 \\\"https://amber.example/x\\\"\" sign=-\n\
         @ 5m MIMISIG mapping now-1h +9d issuer=birch.example. proof=sms,now \
         endpoint=\"NAPTR 100 5 \\\"U\\\" \\\"x-mimi:sip\\\" \\\"!.*!sip:1@sip.birch.example!\\\" .\" sign=-\n\
         $IDENTIFIER mailto:jo@example.org\n\
         @ 5m MIMISIG mapping now-1h +9d issuer=amber.example. proof=sms,now \
         endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://amber.example/u/2!\\\" .\" sign=-\n"
    );
}

#[test]
fn numbers_become_rules_of_the_digit_tree() {
    let table = "{\"identifier\":\"+442079460148\",\"service\":\"E2U+sip\",\"uri\":\"sip:1@b.example\",\"ttl\":60}\n\
                 {\"identifier\":\"+442079460149\",\"service\":\"E2U+tel\",\"regexp\":\"!^(.*)$!tel:\\\\1!\",\"order\":5,\"preference\":6}\n";
    let options = Options { suffix: Some("e164.example.".parse().unwrap()), ..plain() };
    let (text, findings) = imported(table, TableFormat::Jsonl, &options);
    assert_eq!(findings, [""; 0]);
    assert_eq!(
        text,
        "8.4.1.0.6.4.9.7.0.2.4.4.e164.example. 60 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:1@b.example!\" .\n\
         9.4.1.0.6.4.9.7.0.2.4.4.e164.example. NAPTR 5 6 \"u\" \"E2U+tel\" \"!^(.*)$!tel:\\\\1!\" .\n"
    );
}

#[test]
fn faults_have_their_line_and_column() {
    let table = "identifier,ttl,type,data,msp,uri,proof\n\
                 020 7946,,A,1.2.3.4,,,\n\
                 +442079460148,5x,TXT,x,,,\n\
                 +442079460148,60,A,1.2.3,,,\n\
                 +442079460148,60,TXT,\"\"\"a\",,,\n\
                 +442079460148,60,,,amber.example,mimi://birch.example/u/1,\"sms,now\"\n\
                 +442079460148,60,,,amber.example,mimi://amber.example/u/1,\n\
                 +442079460148,60,,,amber.example,nonsense,\"sms,now\"\n\
                 +442079460148,60,SOA,. . 1 2 3 4 5,,,\n\
                 +442079460148,60,,,,,\n\
                 ,60,TXT,x,,,\n\
                 +442079460148,60,TXT,\"x\n$INCLUDE y\",,,\n\
                 +442079460148,60,TXT,x,amber.example,,\n";
    let (_, findings) = imported(table, TableFormat::Csv, &plain());
    let places: Vec<String> = findings
        .iter()
        .map(|finding| finding.split(": ").take(2).collect::<Vec<_>>().join(" ").replace("error", ""))
        .collect();
    assert_eq!(
        places,
        [
            "t:2:1 [bad-identifier]",
            "t:3:15 [bad-ttl]",
            "t:4:20 [bad-data]",
            "t:5:22 [bad-data]",
            "t:6:1 [bad-statement]",
            "t:7:1 [bad-statement]",
            "t:7:1 [repeated-statement]",
            "t:8:34 [bad-statement]",
            "t:9:18 [not-of-identifier]",
            "t:10:1 [missing-field]",
            "t:11:1 [missing-field]",
            "t:12:22 [bad-row]",
            "t:14:24 [bad-row]",
        ],
        "{findings:#?}"
    );
}

fn source() -> impl Strategy<Value = String> {
    let record = prop_oneof![
        Just("@ 300 TXT \"a, \\\"quoted\\\" ; one\" x\\010y".to_owned()),
        Just("@ NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://a.example/u/1!\" .".to_owned()),
        (1..9_u8, 1..4_u8).prop_map(|(path, count)| {
            let endpoints: String = (0..count)
                .map(|n| format!(" endpoint=\"NAPTR 100 {n} \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://a.example/u/{path}{n}!\\\" .\""))
                .collect();
            format!("@ MIMISIG mapping now-1h +9d issuer=a.example.{endpoints} proof=sms,now-{path}d sign=k.pem")
        }),
        Just("@ MIMISIG wishes now-1d +9d holder=@k.pem at=\"a.example 0\" sign=k.pem".to_owned()),
    ];
    let identifier = prop_oneof![
        (0..99_u8).prop_map(|n| format!("tel:+4420794601{n:02}")),
        Just("mailto:jo@example.org".to_owned()),
        Just("mailto:müller@example.org".to_owned()),
        Just("\"mimi://names.example/u/a;b(c)\"".to_owned()),
    ];
    let section = (identifier, proptest::collection::vec(record, 1..4))
        .prop_map(|(identifier, records)| format!("$IDENTIFIER {identifier}\n{}\n", records.join("\n")));
    let other = prop_oneof![
        Just("www 60 A 192.0.2.1\n".to_owned()),
        Just("a\\.b\\032c TXT \"\\200 \\\\ , ;\" \"\"\n".to_owned()),
        Just("8.4.1 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^(.*)$!sip:\\\\1@b!\" .\n".to_owned()),
        Just("sub NS ns.sub\nns.sub A 192.0.2.7\n".to_owned()),
        Just("x TYPE65300 \\# 3 010203\n".to_owned()),
    ];
    (proptest::collection::vec(other, 0..5), proptest::collection::vec(section, 0..6)).prop_map(|(others, sections)| {
        format!(
            "$ORIGIN a.example.\n$TTL 1h\n@ SOA ns h 7 1h 1h 1w 60\n@ NS ns\nns A 192.0.2.9\n\
             _mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000\"\n\
             _mimi TXT \"v=mimi1; epoch=2; hash=sha256; salt=ffeeddccbbaa99887766554433221100; from=20260201000000\"\n{}{}",
            others.concat(),
            sections.concat()
        )
    })
}

proptest! {
    #[test]
    fn a_zone_comes_back_from_its_rows(text in source()) {
        let before = loaded(&text);
        let zone = before.zone.as_ref().expect("it loads");
        let written = |zone: &crate::zone::Zone| {
            let mut out = Vec::new();
            write_zone(zone, SerialPolicy::Keep, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        for format in [TableFormat::Csv, TableFormat::Jsonl] {
            let mut table = Vec::new();
            export::export(&before, zone, format, false, &mut table).unwrap();
            let (again, findings) = imported(std::str::from_utf8(&table).unwrap(), format, &plain());
            prop_assert_eq!(findings, Vec::<String>::new());
            let after = loaded(&again);
            let after = after.zone.as_ref().expect("it loads again");
            prop_assert_eq!(written(zone), written(after));
        }
    }

    #[test]
    fn no_row_makes_more_than_its_records(fields in proptest::collection::vec("[a1 ;()\"\\\\@$\n]{0,6}", 5)) {
        let mut line = String::from("identifier,owner,ttl,type,data\n");
        for (number, field) in fields.iter().enumerate() {
            if number > 0 { line.push(','); }
            csv::write(field, &mut line);
        }
        line.push_str("\n+442079460148,,60,A,192.0.2.1\n");
        let (text, findings) = imported(&line, TableFormat::Csv, &plain());
        if findings.is_empty() {
            prop_assert!(text.lines().count() <= 4, "{}", text);
        }
    }
}
