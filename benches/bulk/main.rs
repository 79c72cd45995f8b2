//! Many identifiers at a time, beside what the signature alone costs: signing and building a zone of so many
//! mappings, and looking up an address book. How to run it and what is measured is in `docs/benchmarks.md`.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod book;
mod process;
#[path = "../report/mod.rs"]
mod report;
mod signing;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use mimi_dns::statement::SecretKey;

use self::report::Figures;

const USAGE: &str = "usage: cargo bench --bench bulk -- [options]
  --what signing,book    what is measured
  --identifiers N        in the zone [100000]
  --entries N            of the address book [10000]
  --peers                signs the zone with dnssec-signzone and ldns-signzone too, where they are installed
  --folder DIR           where files are made, and kept
  --write-docs           writes the results into docs/benchmarks.md, and the goals made of all runs
  --section NAME         under this heading, in the place of the run that has it [In bulk: signing,book]";

const APEX: &str = "discover.example";
const PROGRAM: &str = env!("CARGO_BIN_EXE_mimi-dns");
const PARAMETERS: &str =
    "v=mimi1; epoch=1; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; from=20260101000000";
/// Octets that are signed, as of one mapping statement.
const MESSAGE: usize = 250;

struct Options {
    what: String,
    identifiers: usize,
    entries: usize,
    peers: bool,
    folder: Option<PathBuf>,
    writes_docs: bool,
    section: Option<String>,
}

/// What is told: printed at once, and kept for the documents.
#[derive(Default)]
struct Page {
    text: String,
    figures: Figures,
}

impl Page {
    fn say(&mut self, line: &str) {
        println!("{line}");
        self.text.push_str(line);
        self.text.push('\n');
    }
}

fn main() {
    let mut options = Options {
        what: "signing,book".into(),
        identifiers: 100_000,
        entries: 10_000,
        peers: false,
        folder: None,
        writes_docs: false,
        section: None,
    };
    let all: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut arguments = all.iter().cloned();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--what" => options.what = value(),
            "--identifiers" => options.identifiers = value().parse().unwrap(),
            "--entries" => options.entries = value().parse().unwrap(),
            "--folder" => options.folder = Some(value().into()),
            "--write-docs" => options.writes_docs = true,
            "--section" => options.section = Some(value()),
            "--peers" => options.peers = true,
            _ => return println!("{USAGE}"),
        }
    }
    let made = tempfile::tempdir().unwrap();
    let folder = options.folder.clone().unwrap_or_else(|| made.path().to_owned());
    fs::create_dir_all(&folder).unwrap();
    for party in ["ap", "holder", "msp"] {
        let file = folder.join(format!("{party}.pem"));
        if !file.exists() {
            fs::write(file, SecretKey::generate().unwrap().to_pem().as_bytes()).unwrap();
        }
    }
    let mut page = Page::default();
    if options.what.contains("signing") {
        signing::signing(&options, &folder, &mut page);
    }
    if options.what.contains("book") {
        book::book(&options, &folder, &mut page);
    }
    if options.writes_docs {
        report::write(&report::Run {
            section: &options.section.unwrap_or_else(|| format!("In bulk: {}", options.what)),
            command: format!("cargo bench --bench bulk -- {}", all.join(" ")),
            tables: &page.text,
            figures: &page.figures,
            is_first: false,
        });
    }
}

pub fn number(at: usize) -> String {
    format!("tel:+442{at:09}")
}

/// The three statements of each identifier.
fn drafts(at: usize) -> [String; 3] {
    [
        "possession now-30d +700d issuer=ap.example. holder-key=@holder.pem proof=sms,now-30d sign=ap.pem"
            .into(),
        "wishes now-7d +300d holder=@holder.pem at=\"msp.example 0\" sign=holder.pem".into(),
        format!(
            "mapping now-1h +9d issuer=msp.example. holder=@holder.pem consent=now-7d \
             endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://msp.example/u/{at:09}!\\\" .\" sign=msp.pem"
        ),
    ]
}

pub fn source(count: usize, front: bool, statements: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    if front {
        write!(
            text,
            "$ORIGIN {APEX}.\n$TTL 300\n@ SOA ns host 1 4h 1h 2w 5m\n@ NS ns\nns A 127.0.0.1\n_mimi TXT \"{PARAMETERS}\"\n"
        )
        .unwrap();
    }
    for at in 0..count {
        writeln!(text, "$IDENTIFIER {}", number(at)).unwrap();
        for draft in &drafts(at)[statements.clone()] {
            writeln!(text, "@ MIMISIG {draft}").unwrap();
        }
    }
    text
}
