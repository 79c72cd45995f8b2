//! Servers of the same zone beside each other and beside an echo: what an answer costs. How to run it and what
//! is measured is in `docs/benchmarks.md`.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

pub mod burst;
pub mod config;
mod cpu;
mod echo;
mod latency;
mod load;
pub mod options;
mod paced;
mod process;
pub mod queries;
mod reload;
#[path = "../report/mod.rs"]
pub mod report;
pub mod run;
pub mod server;
mod stream;
mod sys;
mod table;
pub mod workload;
pub mod zone_file;

fn main() {
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let arguments: Vec<String> = arguments.collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{}", options::USAGE);
        return;
    }
    let options = match options::Options::parse(arguments.iter().cloned()) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{}", options::USAGE);
            std::process::exit(2);
        }
    };
    let mut out = Copied { text: Vec::new() };
    let figures = run::run(&options, env!("CARGO_BIN_EXE_mimi-dns").as_ref(), &mut out);
    if options.writes_docs {
        report::write(&report::Run {
            section: &options.section,
            command: format!("cargo bench --bench peers -- {}", arguments.join(" ")),
            tables: &String::from_utf8_lossy(&out.text),
            figures: &figures,
            is_first: options.is_first_run,
        });
    }
}

/// Standard output, and what was written there.
struct Copied {
    text: Vec<u8>,
}

impl std::io::Write for Copied {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.text.extend(octets);
        std::io::stdout().write_all(octets)?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().flush()
    }
}
