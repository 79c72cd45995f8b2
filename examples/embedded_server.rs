//! A server inside of a program: a zone in memory, served on a port that the system picks, asked by the
//! resolver of the same program, changed while it runs.
//!
//! ```console
//! cargo run --example embedded_server
//! ```

use mimi_dns::clock::UnixTime;
use mimi_dns::identifier::Identifier;
use mimi_dns::record::Name;
use mimi_dns::resolver::{DnsTransport, EnumTree, Policy, Resolver};
use mimi_dns::server::Server;
use mimi_dns::zone::{Catalog, LoadOptions, MemoryFiles, Zone, load};

const ZONE: &str = r#"
$ORIGIN e164.example.
$TTL 0
@ SOA ns hostmaster SERIAL 4h 1h 2w 5m
@ NS  ns
ns A  127.0.0.1
8.4.1.0.6.4.9.7.0.2.4.4 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:USER@sip.example!" .
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let catalog = Catalog::new().with(zone(1, "desk")?);
    let server = Server::builder().listen("127.0.0.1:0".parse()?).catalog(catalog).bind().await?;
    let (address, handle) = (server.local_addrs()[0], server.handle());
    let serving = tokio::spawn(server.run());

    let suffix: Name = "e164.example.".parse()?;
    // The zone is this program's own and never leaves it, so that DNSSEC is not asked for.
    let tree = EnumTree::new(suffix, vec!["+44".parse()?]).dangerous_insecure();
    let resolver = Resolver::builder()
        .policy(Policy::builder().enum_tree(tree).build()?)
        .transport(DnsTransport::builder().server(address).build()?)
        .build()?;
    let number = Identifier::parse("tel:+442079460148")?;
    let found = resolver.resolve(&number).await?;
    println!("at first: {}", found.mappings()[0].uri);

    let catalog = handle.catalog().with(zone(2, "reception")?);
    handle.replace(catalog);
    let found = resolver.resolve(&number).await?;
    println!("then:     {}", found.mappings()[0].uri);

    handle.shutdown();
    serving.await?;
    println!("answered: {} queries", handle.counts().total());
    Ok(())
}

fn zone(serial: u32, user: &str) -> Result<Zone, String> {
    let text = ZONE.replace("SERIAL", &serial.to_string()).replace("USER", user);
    let files = MemoryFiles::new().with("e164.example.zone", text);
    let options = LoadOptions { now: UnixTime::now(), ..LoadOptions::default() };
    let loaded = load("e164.example.zone".as_ref(), &files, &options);
    loaded.zone.ok_or_else(|| loaded.findings.iter().map(|finding| format!("{finding}\n")).collect())
}
