//! Servers of the same zone beside each other and beside an echo: what an answer costs. How to run it and what
//! is measured is in `docs/benchmarks.md`.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod burst;
mod config;
mod cpu;
mod echo;
mod load;
mod options;
mod process;
mod queries;
mod run;
mod server;
mod sys;
mod table;
mod workload;
mod zone_file;

fn main() {
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let arguments: Vec<String> = arguments.collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{}", options::USAGE);
        return;
    }
    match options::Options::parse(arguments.into_iter()) {
        Ok(options) => run::run(&options, env!("CARGO_BIN_EXE_mimi-dns").as_ref(), &mut std::io::stdout()),
        Err(message) => {
            eprintln!("{message}\n\n{}", options::USAGE);
            std::process::exit(2);
        }
    }
}
