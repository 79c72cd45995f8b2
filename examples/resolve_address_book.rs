//! A whole address book, a few entries at a time, through one resolver.
//!
//! ```console
//! cargo run -- serve --config zones/mimi-dns.toml                 # in another terminal
//! cargo run --example resolve_address_book
//! cargo run --example resolve_address_book -- book.txt 127.0.0.1:5300 zones/policy.toml
//! ```
//!
//! A book is one entry a line, as people type them. What is no identifier, and what is not found,
//! stops nobody else.

use std::error::Error;

use mimi_dns::identifier::Identifier;
use mimi_dns::resolver::{DnsTransport, Policy, Resolver};
use tokio::task::JoinSet;

/// How many are resolved at the same time: enough to hide the network, not enough to flood it.
const AT_ONCE: usize = 8;
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
    let entries: Vec<String> = book.lines().map(Into::into).collect();
    let mut found = vec![String::new(); entries.len()];
    let mut running = JoinSet::new();
    for (index, typed) in entries.iter().cloned().enumerate() {
        if running.len() == AT_ONCE
            && let Some(done) = running.join_next().await
        {
            let (index, line): (usize, String) = done?;
            found[index] = line;
        }
        let resolver = resolver.clone();
        running.spawn(async move { (index, look_up(&resolver, &typed).await) });
    }
    while let Some(done) = running.join_next().await {
        let (index, line) = done?;
        found[index] = line;
    }
    for (typed, found) in entries.iter().zip(found) {
        println!("{typed:<24} {found}");
    }
    Ok(())
}

async fn look_up(resolver: &Resolver, typed: &str) -> String {
    let identifier = match Identifier::typed(typed).parse() {
        Ok(identifier) => identifier,
        Err(error) => return error.to_string(),
    };
    match resolver.resolve(&identifier).await {
        Ok(discovery) => match discovery.mappings() {
            [] => discovery.result.code().into(),
            mappings => mappings.iter().map(|mapping| mapping.uri.as_str()).collect::<Vec<_>>().join("  "),
        },
        Err(error) => error.to_string(),
    }
}
