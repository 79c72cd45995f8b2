//! A whole address book through one resolver: many entries at a time, answers in the book's order.
//!
//! ```console
//! cargo run -- serve --config zones/mimi-dns.toml                 # in another terminal
//! cargo run --example resolve_address_book
//! cargo run --example resolve_address_book -- book.txt 127.0.0.1:5300 zones/policy.toml
//! ```
//!
//! A book is one entry a line, as people type them. What is no identifier, and what is not found,
//! stops nobody else. `mimi-dns lookup --file` does the same.

use std::error::Error;

use mimi_dns::identifier::Identifier;
use mimi_dns::resolver::{Discovery, DnsTransport, Policy, ResolveError, Resolver};

const BOOK: &str = "+44 20 7946 0148\n+44 7400 123456\n+1 201-555-0123\n+49 1512 3456789\n+31 6 12345678
+65 9876 5432\n+33 6 12 34 56 78\nnot a number\njo@example.org\n";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let book = arguments.next().map_or(Ok(BOOK.into()), std::fs::read_to_string)?;
    let server = arguments.next().unwrap_or_else(|| "127.0.0.1:5300".into()).parse()?;
    let policy = arguments.next().unwrap_or_else(|| "zones/policy.toml".into());

    let resolver = Resolver::builder()
        .policy(Policy::from_toml(&std::fs::read_to_string(policy)?)?)
        .transport(DnsTransport::builder().server(server).build()?)
        .build()?;
    let entries: Vec<_> = book.lines().map(|typed| (typed, Identifier::typed(typed).parse())).collect();
    let identifiers = entries.iter().filter_map(|(_, identifier)| identifier.as_ref().ok());
    let mut answers = resolver.resolve_all(identifiers);
    for (typed, identifier) in &entries {
        let found = match identifier {
            Ok(_) => answers.next().await.map_or_else(String::new, words),
            Err(error) => error.to_string(),
        };
        println!("{typed:<24} {found}");
    }
    Ok(())
}

fn words(answer: Result<Discovery, ResolveError>) -> String {
    match answer {
        Ok(discovery) => match discovery.mappings() {
            [] => discovery.result.code().into(),
            mappings => mappings.iter().map(|mapping| mapping.uri.as_str()).collect::<Vec<_>>().join("  "),
        },
        Err(error) => error.to_string(),
    }
}
