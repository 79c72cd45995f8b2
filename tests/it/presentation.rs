//! Record data as others read it: the text and the generic form of every type are given to BIND and
//! ldns, which must take both for the same record, and what BIND prints must stand for our octets.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use mimi_dns::record::rdata::{self, Presentation};
use mimi_dns::record::scan::{Scanner, Token};
use mimi_dns::record::{Class, Name, Record, Rtype, Ttl};

/// A type and its data a line.
const SAMPLES: &str = include_str!("../data/record-data.txt");

fn samples() -> Vec<(Rtype, Vec<u8>)> {
    let (mut scanner, mut tokens, mut found) = (Scanner::new(SAMPLES.as_bytes()), Vec::new(), Vec::new());
    while let Some(entry) = scanner.next_entry(&mut tokens) {
        entry.unwrap();
        let (rtype, mut octets) = (word(&tokens[0]).parse().unwrap(), Vec::new());
        rdata::parse(rtype, &tokens[1..], &Name::root(), &mut octets)
            .unwrap_or_else(|error| panic!("{rtype}: {error}"));
        found.push((rtype, octets));
    }
    found
}

fn word(token: &Token<'_>) -> String {
    String::from_utf8_lossy(token.raw).into_owned()
}

/// Octets that look random and are the same in every run.
struct Noise(u64);

const CARE: &[u8] = b"\"\\;(),=@$ 09.!";

impl Noise {
    fn octets(&mut self, most: usize) -> Vec<u8> {
        let count = self.next() as usize % (most + 1);
        // Half of them are those that need care.
        (0..count)
            .map(|_| match self.next() {
                value if value & 1 == 0 => CARE[value as usize / 2 % CARE.len()],
                value => (value >> 8) as u8,
            })
            .collect()
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
}

fn counted(octets: &[u8]) -> Vec<u8> {
    [&[octets.len() as u8], octets].concat()
}

/// Record data around strings of any octets.
fn noisy() -> Vec<(Rtype, Vec<u8>)> {
    let mut noise = Noise(0x6d69_6d69_2d64_6e73);
    let mut found = Vec::new();
    for _ in 0..40 {
        let (a, b, c) = (noise.octets(255), noise.octets(255), noise.octets(60));
        let strings = [counted(&a), counted(&b), counted(&c)].concat();
        found.push((Rtype::TXT, strings.clone()));
        // BIND looks into regexp, and takes only what is one.
        found.push((Rtype::NAPTR, [&[0, 100, 0, 10][..], &counted(&a), &counted(&b), &[0, 0]].concat()));
        found.push((Rtype::HINFO, [counted(&a), counted(&c)].concat()));
        found.push((Rtype::URI, [&[0, 10, 0, 1][..], b"x", &a, &b].concat()));
        found.push((Rtype::CAA, [&[0][..], b"\x05issue", &a, &b].concat()));
        let value = [counted(&[&b"x"[..], &c].concat()), counted(b"h2")].concat();
        let parameter = |key: u16, value: &[u8]| {
            [&key.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
        };
        found.push((Rtype::SVCB, [&[0, 1, 0][..], &parameter(1, &value), &parameter(667, &a)].concat()));
        let label = noise.octets(62);
        found.push((Rtype::PTR, [counted(&[&b"x"[..], &label].concat()), vec![0]].concat()));
    }
    found
}

/// What a peer that reads zones prints, or `None` if it is not installed and may be left out.
fn peer(program: &str, arguments: &[&str], zone: &Path) -> Option<String> {
    let output = match Command::new(program).args(arguments).arg(zone).output() {
        Ok(output) => output,
        Err(error) => {
            crate::peers::leave_out(&format!("{program} can't be run: {error}"));
            return None;
        }
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}{}", String::from_utf8_lossy(&output.stdout));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The owners of a zone with a record a line, each with the text behind its type.
fn lines(text: &str) -> HashMap<&str, &str> {
    let mut found = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with(';')) {
        let (mut fields, mut rest) = (Vec::new(), line);
        for _ in ["owner", "TTL", "class", "type"] {
            let (field, tail) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            fields.push(field);
            rest = tail.trim_start();
        }
        found.insert(fields[0], rest);
    }
    found
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

/// Gives each record twice, as text and in the generic form.
fn compare(program: &str, arguments: &[&str], leave_out: fn(Rtype, &[u8]) -> bool, printing: Printing) {
    let records: Vec<_> =
        samples().into_iter().chain(noisy()).filter(|(rtype, rdata)| !leave_out(*rtype, rdata)).collect();
    let mut zone = String::from(
        "example. 300 IN SOA ns hm 1 2 3 4 5\nexample. 300 IN NS ns.example.\nns.example. 300 IN A 192.0.2.1\n",
    );
    for (index, (rtype, rdata)) in records.iter().enumerate() {
        let generic: String = rdata.iter().map(|octet| format!("{octet:02x}")).collect();
        let record = Record {
            owner: format!("t{index}.example.").parse().unwrap(),
            class: Class::IN,
            ttl: Ttl::from_secs(300),
            rtype: *rtype,
            rdata: rdata.clone().into(),
        };
        writeln!(zone, "{record}").unwrap();
        writeln!(zone, "g{index}.example. 300 IN TYPE{} \\# {} {generic}", rtype.0, rdata.len()).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("example.zone");
    std::fs::write(&path, zone).unwrap();
    let Some(output) = peer(program, arguments, &path) else { return };
    let found = lines(&output);
    for (index, (rtype, rdata)) in records.iter().enumerate() {
        let text = Presentation::new(*rtype, rdata);
        let theirs = found[&*format!("t{index}.example.")];
        let of_generic = found[&*format!("g{index}.example.")];
        assert_eq!(words(theirs), words(of_generic), "{program} reads {rtype} {text}");
        if printing == Printing::Exact {
            let read = rdata::from_text(*rtype, theirs);
            assert_eq!(read.as_ref(), Ok(rdata), "{program} prints {rtype} {text} as {theirs}");
        }
    }
}

/// Whether what a peer prints stands for the octets that it has.
#[derive(PartialEq)]
enum Printing {
    Exact,
    Faulty,
}

#[test]
fn bind_reads_and_prints_as_we_do() {
    let arguments = ["-D", "-s", "full", "-i", "none", "-k", "ignore", "-o", "-", "example."];
    compare("named-checkzone", &arguments, |_, _| false, Printing::Exact);
}

#[test]
fn ldns_reads_what_is_printed() {
    // ldns 1.8 can't read AVC in quotation marks, an empty value of CAA, or escapes in alpn; and it prints
    // names with a quotation mark so that they can't be read back.
    let cannot = |rtype, rdata: &[u8]| match rtype {
        Rtype::AVC => true,
        Rtype::CAA => rdata.ends_with(b"iodef"),
        Rtype::SVCB => rdata.contains(&b'\\') || rdata.contains(&b','),
        _ => false,
    };
    compare("ldns-read-zone", &[], cannot, Printing::Faulty);
}
