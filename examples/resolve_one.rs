//! Where is this number reached, and why is that believed?
//!
//! ```console
//! cargo run -- serve --config zones/mimi-dns.toml                 # in another terminal
//! cargo run --example resolve_one
//! cargo run --example resolve_one -- "+49 1512 3456789" 127.0.0.1:5300 zones/policy.toml
//! ```

use std::error::Error;

use mimi_dns::identifier::Identifier;
use mimi_dns::resolver::{DiscoveryResult, DnsTransport, Policy, Resolver};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: &str| arguments.next().unwrap_or_else(|| default.into());
    let typed = argument("+44 20 7946 0148");
    let server = argument("127.0.0.1:5300").parse()?;
    let policy = std::fs::read_to_string(argument("zones/policy.toml"))?;

    let resolver = Resolver::builder()
        .policy(Policy::from_toml(&policy)?)
        .transport(DnsTransport::builder().server(server).build()?)
        .build()?;
    let identifier = Identifier::typed(&typed).parse()?;
    let discovery = resolver.resolve(&identifier).service("x-mimi").await?;

    match &discovery.result {
        DiscoveryResult::Mapped(mappings) => {
            for mapping in mappings {
                let msp = mapping.msp.as_ref().map_or("ENUM".into(), ToString::to_string);
                println!("{}  rank {} by {msp}", mapping.uri, mapping.rank);
            }
        }
        none => println!("{}", none.code()),
    }
    for statement in &discovery.statements {
        let kind = statement.kind.as_deref().unwrap_or("record");
        println!("  {kind} of {}: {}", statement.providers.join(", "), statement.verdict);
    }
    Ok(())
}
